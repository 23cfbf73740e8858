"""What goes wrong with a source."""

from aa_tui.errors import AATuiError, UsageError


class SourceError(AATuiError):
    """A source does not give what was asked for; the catalog is as it was. `retry_after_s` is how long it says that
    one is to wait, None where it says nothing; `is_gone` that there is nothing at the address any more."""

    def __init__(self, sentence: str, *, retry_after_s: float | None = None, is_gone: bool = False) -> None:
        super().__init__(sentence)
        self.retry_after_s, self.is_gone = retry_after_s, is_gone


class UnknownSourceError(UsageError):
    """No source is called so."""
