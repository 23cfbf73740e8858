"""Runs: the list, one on the whole screen, its plan."""
