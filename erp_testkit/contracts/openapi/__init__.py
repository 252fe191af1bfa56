"""OpenAPI contracts, run against a system that answers."""
