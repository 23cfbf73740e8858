"""What goes wrong with a source."""

from aa_tui.errors import AATuiError, UsageError


class SourceError(AATuiError):
    """A source does not give what was asked for; the catalog is as it was. `retry_after_s` is how long it says that
    one is to wait, None where it says nothing."""

    def __init__(self, sentence: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s


class UnknownSourceError(UsageError):
    """No source is called so."""
