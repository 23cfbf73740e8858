"""What cannot be exported, in one sentence for the user."""


class ExportError(Exception):
    """The file cannot be made or written. The text says why and what to do instead."""
