"""Calls of functions in what models write, each in the format that its chat template teaches."""
