"""What a run leaves: recorder, redaction, run folder, Allure bridge."""
