"""Whether this terminal can show the app, in what colours and characters, and how it is told of something.

Imports nothing heavy.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from aa_tui.shellwords import quoted
from aa_tui.textsafe import clean_line

MIN_COLUMNS = 60
MIN_ROWS = 16
"""Below this the app shows a sentence instead of itself."""

MOST_TOLD = 200
"""Characters of a notification; desktops cut what is longer."""

_COLOUR_SYSTEMS = ("auto", "standard", "256", "truecolor", "windows")  # what Rich knows; it fails at others
_PLAIN = "`aa-tui models` prints the list and `aa-tui show MODEL` a page"


def refusal() -> str | None:
    """One sentence on why the app cannot be drawn here and what to use instead; None where it can."""
    if os.environ.get("TERM", "").lower() in ("dumb", "unknown"):
        return f"This terminal (TERM={os.environ['TERM']}) cannot draw the app; {_PLAIN}."
    for stream in (sys.stdin, sys.stdout):
        if stream is None or stream.closed or not stream.isatty():
            return f"The app needs a terminal to draw on; {_PLAIN}."
    colours = os.environ.get("TEXTUAL_COLOR_SYSTEM", _COLOUR_SYSTEMS[0])
    if colours not in _COLOUR_SYSTEMS:
        return f"TEXTUAL_COLOR_SYSTEM is {quoted(colours)}; it must be one of {', '.join(_COLOUR_SYSTEMS)}."
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


def has_desktop(environ: Mapping[str, str]) -> bool:
    """Whether a browser opened from here would be seen: a desktop, and not at the other end of an SSH connection."""
    if is_remote(environ):
        return False
    return sys.platform in ("darwin", "win32") or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


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


def notification(words: str, environ: Mapping[str, str]) -> str:
    """A bell, and what lets the terminal tell the desktop: OSC 9, or OSC 777 where only that is known.

    No terminal understands both without telling twice. One that knows neither drops it; Linux's own console would show
    it, so that it gets the bell alone. tmux passes it on to the terminal outside where `allow-passthrough` is on.
    """
    term = environ.get("TERM", "").lower()
    if term in ("", "dumb", "unknown"):
        return ""
    if term == "linux":
        return "\a"
    said = clean_line(words)[:MOST_TOLD]
    knows_777 = "VTE_VERSION" in environ or term.startswith("rxvt")
    told = f"\x1b]777;notify;aa-tui;{said}\x1b\\" if knows_777 else f"\x1b]9;aa-tui: {said}\x1b\\"
    if environ.get("TMUX"):
        escaped = told.replace("\x1b", "\x1b\x1b")
        told = f"\x1bPtmux;{escaped}\x1b\\"
    return f"\a{told}"
