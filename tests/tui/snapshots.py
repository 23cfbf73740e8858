"""Screens kept as files: the text, and under it a letter for the look of each cell with what each letter means.

A changed screen fails with the difference. Look at it, and when it is what was meant run the tests once with
AA_TUI_UPDATE_SNAPSHOTS=1 and look at the change of the files.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from string import ascii_letters, digits
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.style import Style
    from textual.app import App

FOLDER = Path(__file__).with_name("snapshots")
_LETTERS = ascii_letters + digits


def dump(app: App[None]) -> str:
    """The screen as the last frame drew it."""
    letters: dict[str, str] = {}
    texts, looks = [], []
    for strip in app.screen._compositor.render_strips():
        text = look = ""
        for segment in strip:
            if segment.control:
                continue
            letter = letters.setdefault(_look(segment.style), _LETTERS[len(letters) % len(_LETTERS)])
            text += segment.text
            look += letter * segment.cell_length
        texts.append(text.rstrip())
        looks.append(look)
    legend = [f"{letter} {look}" for look, letter in letters.items()]
    return "\n".join([*texts, "-" * app.size.width, *looks, "-" * app.size.width, *legend, ""])


def check(app: App[None], name: str) -> None:
    """Compare the screen with the one that is kept. Raises AssertionError with the difference."""
    now = dump(app)
    file = FOLDER / f"{name}.txt"
    if os.environ.get("AA_TUI_UPDATE_SNAPSHOTS") == "1":
        FOLDER.mkdir(exist_ok=True)
        file.write_text(now, encoding="utf-8")
        return
    assert file.exists(), f"there is no {file.name} yet: run the tests once with AA_TUI_UPDATE_SNAPSHOTS=1"
    before = file.read_text(encoding="utf-8")
    if now != before:
        lines = difflib.unified_diff(before.splitlines(), now.splitlines(), "kept", "now", lineterm="", n=1)
        raise AssertionError(f"the screen {name} has changed:\n" + "\n".join(lines))


def _look(style: Style | None) -> str:
    if style is None:
        return "plain"
    colours = [colour.name if colour else "-" for colour in (style.color, style.bgcolor)]
    marks = [mark for mark in ("bold", "dim", "italic", "underline", "reverse") if getattr(style, mark)]
    return " ".join([f"{colours[0]} on {colours[1]}", *marks])
