"""The terminal: what it sends, and that it is left as it was."""
