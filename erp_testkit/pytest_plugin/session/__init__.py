"""One run: what was asked for, the ERP under test, the hooks around each test, counting, and the summary."""
