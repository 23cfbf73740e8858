"""What goes wrong in llama.cpp, said in one sentence."""

from __future__ import annotations

from aa_tui.errors import AATuiError


class EngineError(AATuiError):
    """llama.cpp cannot do what was asked; `str()` is one sentence saying what is wrong and what to do."""


class GivenUpError(EngineError):
    """Loading was given up because the caller wished so."""


class NotLoadedError(EngineError):
    """llama.cpp's library cannot be loaded, whatever is done with it. `reason` is what the system says."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"llama.cpp cannot be loaded ({reason}): `aa-tui doctor` says how to install it again.")
        self.reason = reason


class TemplateError(EngineError):
    """A chat template does not do. `what` is what is wrong with it, the sentence without its beginning."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The model's chat template {what}")
        self.what = what
