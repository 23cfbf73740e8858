"""The sources there are: what each brings, where it is asked, which key it takes, and on what terms."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass

from aa_tui.host.keyring import in_ring
from aa_tui.sources.errors import UnknownSourceError
from aa_tui.textsafe import clean_line


@dataclass(frozen=True, slots=True)
class Source:
    """A source. `key_names` are environment variables or entries of the keyring, the first that is there counts.

    `is_restricted` is whether its terms forbid handing its figures on without its consent, so that exports leave them
    out. `daily` is how often a day it may be asked where it does not say itself; None: as often as one likes.
    """

    name: str
    title: str
    brings: str
    url: str
    url_variable: str
    terms: str
    key_names: tuple[str, ...] = ()
    needs_key: bool = False
    is_restricted: bool = False
    daily: int | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A key and where it was found. It is never shown or written."""

    value: str
    name: str


SOURCES = (
    Source(
        "artificial-analysis",
        "Artificial Analysis",
        "models, index, evaluations, prices, speeds",
        "https://artificialanalysis.ai",
        "AA_TUI_SOURCE_ARTIFICIAL_ANALYSIS",
        "your own key; every figure names https://artificialanalysis.ai/; not exported unless you say so",
        ("AA_API_KEY", "ARTIFICIAL_ANALYSIS_API_KEY"),
        needs_key=True,
        is_restricted=True,
        daily=25,
    ),
    Source(
        "models.dev",
        "models.dev",
        "providers' offers, open weights, labs' claims",
        "https://models.dev",
        "AA_TUI_SOURCE_MODELS_DEV",
        "MIT licence",
    ),
    Source(
        "openrouter",
        "OpenRouter",
        "its offers; with a key its benchmarks",
        "https://openrouter.ai",
        "AA_TUI_SOURCE_OPENROUTER",
        "CC BY 4.0",
        ("OPENROUTER_API_KEY",),
        daily=500,
    ),
    Source(
        "huggingface",
        "Hugging Face",
        "evaluation results of models' repositories",
        "https://huggingface.co",
        "HF_ENDPOINT",
        "as each repository says",
        ("HF_TOKEN",),
    ),
)
BY_NAME = {one.name: one for one in SOURCES}

USUAL = ("models.dev", "openrouter")
"""What `aa-tui sync` alone asks, beside those with a key: they want none."""


def source(name: str) -> Source:
    """The source of this name. Raises UnknownSourceError."""
    found = BY_NAME.get(name.strip().lower())
    if found is None:
        close = difflib.get_close_matches(name.lower(), BY_NAME, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(BY_NAME)}."
        raise UnknownSourceError(f"There is no source “{clean_line(name)[:60]}”; {hint}")
    return found


def key_of(one: Source, environ: Mapping[str, str] | None = None) -> Key | None:
    """The user's key for a source, from the environment or the keyring; None where there is none."""
    env = os.environ if environ is None else environ
    for name in one.key_names:
        if value := env.get(name, "").strip():
            return Key(value, name)
    for name in one.key_names:
        if value := in_ring(name).strip():
            return Key(value, name)
    return None


def address(one: Source, environ: Mapping[str, str] | None = None) -> str:
    """Where a source is asked: what its variable says, or its own address."""
    env = os.environ if environ is None else environ
    return (env.get(one.url_variable, "").strip() or one.url).rstrip("/")
