"""How the kit speaks to an ERP: ports, errors, the adapter registry, and one module per adapter."""
