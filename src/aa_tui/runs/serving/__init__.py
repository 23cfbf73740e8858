"""Reaching servers: which are meant, with which key, through which tunnel, and whether they serve the same."""
