"""Who may sign, who has signed, and what may be deployed."""
