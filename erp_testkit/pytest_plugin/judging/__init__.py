"""What a test came to: the rules after it, known findings, and its outcome."""
