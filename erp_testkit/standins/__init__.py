"""What the kit starts in place of the real thing, as processes or in containers.

The reference ERP, a real Tryton, partner systems, any interface of which there is a contract, the PostgreSQL they stand on, and links
between them that can be made bad.
"""
