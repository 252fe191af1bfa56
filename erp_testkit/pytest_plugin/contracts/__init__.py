"""Contract files as tests, and the live world their checks work in."""
