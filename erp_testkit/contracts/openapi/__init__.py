"""OpenAPI contracts: the interface of a system, checked against the system while it runs."""
