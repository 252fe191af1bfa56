"""The Allure report of a run, and the pinned Allure CLI it is built with."""
