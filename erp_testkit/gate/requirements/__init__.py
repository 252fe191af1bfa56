"""Requirements traced to evidence, and what a change asks to be tested."""
