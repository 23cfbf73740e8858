"""Whether this terminal can show the app, and in what colours and characters. Imports nothing heavy."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

MIN_COLUMNS = 60
MIN_ROWS = 16
"""Below this the app shows a sentence instead of itself."""

_PLAIN = "`aa-tui models` prints the list and `aa-tui show MODEL` a page"


def refusal() -> str | None:
    """One sentence on why the app cannot be drawn here and what to use instead; None where it can."""
    if os.environ.get("TERM", "").lower() in ("dumb", "unknown"):
        return f"This terminal (TERM={os.environ['TERM']}) cannot draw the app; {_PLAIN}."
    for stream in (sys.stdin, sys.stdout):
        if stream is None or stream.closed or not stream.isatty():
            return f"The app needs a terminal to draw on; {_PLAIN}."
    return None


def wants_ascii(environ: Mapping[str, str]) -> bool:
    """Whether to draw with ASCII alone: asked for by AA_TUI_ASCII, or the locale is not UTF-8.

    Python itself sets LC_CTYPE to C.UTF-8 where LANG is C (PEP 538); that says nothing about the terminal. No
    locale at all, as in most containers, is taken for UTF-8.
    """
    asked = environ.get("AA_TUI_ASCII", "")
    if asked:
        return asked != "0"
    names = [environ.get("LC_ALL", ""), environ.get("LC_CTYPE", ""), environ.get("LANG", "")]
    if not names[0] and names[1] == "C.UTF-8" and names[2] in ("C", "POSIX"):
        return True
    locale = next(filter(None, names), "")
    return bool(locale) and "utf" not in locale.lower()


def is_remote(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is at the other end of an SSH connection."""
    return bool(environ.get("SSH_CONNECTION"))


def theme_for(environ: Mapping[str, str]) -> str:
    """The theme that suits the terminal: its own 16 colours where it has no more or none are wanted.

    COLORFGBG is what some terminals tell of their background; the others are taken for dark.
    """
    asked = environ.get("TEXTUAL_THEME")
    if asked:
        return asked
    background = environ.get("COLORFGBG", "").rpartition(";")[2]
    light = background in ("7", "15")
    few = environ.get("COLORTERM", "").lower() not in ("truecolor", "24bit") and not environ.get(
        "TERM", ""
    ).lower().endswith(("256color", "direct", "kitty"))
    if "NO_COLOR" in environ or few:
        return "ansi-light" if light else "ansi-dark"
    return "aa-light" if light else "aa-dark"
