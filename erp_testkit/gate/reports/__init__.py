"""What people and pipelines read of a verdict: sheet, matrix, protocol, summary, JUnit, SARIF."""
