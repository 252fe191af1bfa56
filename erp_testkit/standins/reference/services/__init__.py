"""Everything the reference ERP does, as small functions; each can be replaced by a defect under its name in `registry`."""
