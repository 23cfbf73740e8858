"""Screens kept as files: the text, and under it each line's look, as so many cells of a named style, one after another.

A style is named by the theme's roles, so that one file holds for the dark and the light theme: `muted`, `primary+bold`,
`foreground/cursor` on the cursor's ground. `faint~` is what is left of it behind a dialog, `panel^` the ground of a
field that has the focus, `hint` what stands in an empty field; a colour that is none of these keeps its number. Blank
cells show only their ground, so they belong to what stands before them.

A changed screen fails with the difference. Look at it, and when it is what was meant run the tests once with
AA_TUI_UPDATE_SNAPSHOTS=1 and look at the change of the files.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, groupby, repeat
from pathlib import Path

from rich.cells import cell_len
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.strip import Strip

FOLDER = Path(__file__).with_name("snapshots")

ROLES = (
    "background",
    "surface",
    "panel",
    "cursor",
    "foreground",
    "muted",
    "faint",
    "primary",
    "secondary",
    "success",
    "warning",
    "error",
    "part-2",
    "part-3",
    "scrollbar",
)
"""The theme's variables that give styles their names; of two with one colour the first."""

MARKS = ("bold", "dim", "italic", "underline", "reverse")
UNVEILED, TINT, HINT = 0.4, 0.05, 0.38
"""How much is left of a colour behind a dialog; how much of the text's is in a field's ground with the focus, and of
black or white in a hint. The last two are Textual's own."""

ROUNDING = 1


def dump(app: App[None]) -> str:
    """The screen as the last frame drew it."""
    names = Names(app)
    texts, looks = [], []
    for strip in app.screen._compositor.render_strips():
        texts.append("".join(segment.text for segment in strip if not segment.control).rstrip())
        looks.append("  ".join(f"{len(list(cells))} {look}" for look, cells in groupby(names.looks(strip))))
    return "\n".join([*texts, "-" * app.size.width, *looks, ""])


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


@dataclass(frozen=True, slots=True)
class Look:
    """How a cell looks."""

    words: str
    ground: str
    marks: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Its name; the page's own ground is left out where there are words."""
        colors = [self.words] if self.words and self.ground == "background" else [self.words, self.ground]
        return "+".join(["/".join(filter(None, colors)), *self.marks])

    @property
    def shows_blanks(self) -> bool:
        """Whether more than its ground is seen of a blank cell."""
        return "underline" in self.marks or "reverse" in self.marks


class Names:
    """The names of an app's styles in its theme of now."""

    def __init__(self, app: App[None]) -> None:
        variables = app.get_css_variables()
        self._roles = {role: Color.parse(variables[role]) for role in ROLES}

    def looks(self, strip: Strip) -> Iterator[Look]:
        """Each cell's look."""
        before = Look("", "")
        for segment in strip:
            if segment.control:
                continue
            look = self._look(segment.style)
            for is_blank, characters in groupby(segment.text, str.isspace):
                before = _of_blanks(look, before) if is_blank else look
                yield from repeat(before, cell_len("".join(characters)))

    def _look(self, style: Style | None) -> Look:
        style = style or Style()
        words, ground = (color.name if color else "" for color in (style.color, style.bgcolor))
        is_hint = words and ground and _alike(_hint_on(Color.parse(ground)), Color.parse(words))
        marks = tuple(mark for mark in MARKS if getattr(style, mark))
        return Look("hint" if is_hint else self._name(words), self._name(ground), marks)

    def _name(self, color: str) -> str:
        """The role that has this colour, as it is or mixed; else the colour."""
        if not color:
            return ""
        seen, ground, text = Color.parse(color), self._roles["background"], self._roles["foreground"]
        own = (role for role, its in self._roles.items() if _alike(its, seen))
        veiled = (f"{role}~" for role, its in self._roles.items() if _alike(ground.blend(its, UNVEILED), seen))
        tinted = (f"{role}^" for role, its in self._roles.items() if _alike(its.blend(text, TINT), seen))
        return next(chain(own, veiled, tinted), color)


def _of_blanks(look: Look, before: Look) -> Look:
    if look.shows_blanks:
        return look
    return before if before.ground == look.ground and not before.shows_blanks else Look("", look.ground)


def _hint_on(ground: Color) -> Color:
    return ground.blend(ground.get_contrast_text(), HINT)


def _alike(one: Color, other: Color) -> bool:
    """Whether two colours are one, but for what mixing them rounds off."""
    return all(abs(a - b) <= ROUNDING for a, b in zip(one.rgb, other.rgb, strict=True))
