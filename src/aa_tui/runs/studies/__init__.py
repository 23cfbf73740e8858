"""Runs that study one thing about a file: a file against its reference, cache types, speculation."""
