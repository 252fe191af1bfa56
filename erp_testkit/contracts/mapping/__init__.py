"""Field mappings: which field of one system feeds which field of another."""
