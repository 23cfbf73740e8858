"""What charts of the figures measured on this machine have in common."""
