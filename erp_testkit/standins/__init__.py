"""What the kit starts in place of the real thing: the reference ERP, a real Tryton, and the PostgreSQL both stand on."""
