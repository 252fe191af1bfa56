"""The words of the trade as frozen types: no input or output, no pytest."""
