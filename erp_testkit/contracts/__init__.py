"""Interface contracts: what an interface promises, and the checks that say whether the promise is kept."""
