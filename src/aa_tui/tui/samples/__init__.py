"""The samples of an evaluation, and where two differ."""
