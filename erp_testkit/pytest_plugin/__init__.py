"""Collection of .feature files, fixtures, and the rules after each scenario; `plugin` only delegates."""
