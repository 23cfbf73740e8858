"""What goes wrong with a GGUF file, said in one sentence."""

from __future__ import annotations

from aa_tui.errors import AATuiError


class GGUFError(AATuiError):
    """A file cannot be used as a GGUF; `str()` is one sentence saying what is wrong and what to do."""
