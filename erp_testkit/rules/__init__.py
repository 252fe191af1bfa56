"""The laws of the trade: one SELECT over the ledger per file, and the engines that run them."""
