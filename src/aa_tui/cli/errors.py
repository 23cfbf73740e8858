"""What the user typed cannot be meant."""


class UsageError(Exception):
    """Wrong usage: one sentence, exit code 2."""
