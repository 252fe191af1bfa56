"""What every adapter promises, port by port. ``erp-testkit adapter check`` runs it against any adapter, ours and a user's.

It tests the adapter, not the laws of the trade: what it says the ERP holds must be what was written, what the ERP refuses must come back as
the right reason, and reading must change nothing. One module per port, named after it.
"""
