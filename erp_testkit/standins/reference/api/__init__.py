"""The reference ERP's REST interface, one module per business area."""
