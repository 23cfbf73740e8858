"""What goes wrong in llama.cpp, said in one sentence."""

from __future__ import annotations


class EngineError(Exception):
    """llama.cpp cannot do what was asked; `str()` is one sentence saying what is wrong and what to do."""


class GivenUpError(EngineError):
    """Loading was given up because the caller wished so."""
