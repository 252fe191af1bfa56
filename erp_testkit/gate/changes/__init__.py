"""What changed between two runs, or between before and after an upgrade."""
