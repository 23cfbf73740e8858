"""A command, defined once: its binding, its place in the last line, its line in the help and in the palette."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from textual.binding import Binding

NAMES = {
    "escape": "Esc",
    "enter": "Enter",
    "space": "Space",
    "tab": "Tab",
    "delete": "Delete",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "slash": "/",
    "colon": ":",
    "question_mark": "?",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "asterisk": "*",
    "plus": "+",
    "equals_sign": "=",
    "vertical_line": "|",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "exclamation_mark": "!",
}
"""How keys are written where Textual's own name is no word for them."""

UNSAID = ("backspace", "home", "end", "shift+tab", "ctrl+f", "ctrl+b", "ctrl+d", "ctrl+u")
"""Second keys that many programs have; the help does not name them."""

NO_KEY = "no-key"
"""Stands for the key of a command that has none, so that one can be chosen: no key is called so."""

_WORD = re.compile(r"[a-z0-9]+")

MOVES = frozenset({"left", "right", "up", "down", "home", "end"})
"""What stands beside one of these goes that way, whatever is there."""


class Command(NamedTuple):
    """What keys do. Without an action a widget inside the view takes them; without keys only the palette has it.

    Args:
        keys: as Textual calls them, with commas between them.
        action: of the view or, with "app." before it, of the app.
        name: what it is called in the palette, and what its keys stand for wherever they are used.
        help: what it does; empty where another command tells it `also`.
        bar: its word in the last line, empty where it is not named there.
        label: how its keys are written, where that is not one after the other.
        bar_label: the same for the last line.
        also: commands that share this one's line in the help.
        priority: whether it comes before what has the focus.
        words: other words that the palette finds it by.
    """

    keys: str
    action: str
    name: str
    help: str = ""
    bar: str = ""
    label: str = ""
    bar_label: str = ""
    also: tuple[Command, ...] = ()
    priority: bool = False
    words: str = ""

    @property
    def every_key(self) -> tuple[str, ...]:
        """Its keys by Textual's names."""
        return tuple(key for key in self.keys.split(",") if key)

    @property
    def id(self) -> str:
        """What the settings call it: its name in small letters, with dashes."""
        return "-".join(_WORD.findall(self.name.lower().replace("'", "")))

    @property
    def can_be_bound(self) -> bool:
        """Whether other keys can be chosen for it: not where a widget takes them, nor for what must always work."""
        return bool(self.action) and not self.priority

    @property
    def with_also(self) -> tuple[Command, ...]:
        """It and those that it tells of."""
        return (self, *self.also)

    @property
    def shown_keys(self) -> str:
        """Its keys, and those of what it tells of, for the help."""
        written = (" ".join(_written(one.every_key)) for one in self.with_also)
        return self.label or "  ".join(filter(None, written))

    @property
    def keys_alone(self) -> str:
        """Its own keys, for the palette."""
        return " ".join(_written(self.every_key))

    @property
    def bar_keys(self) -> str:
        """Its keys for the last line: one is enough."""
        return self.bar_label or _written(self.every_key)[0]

    @property
    def click(self) -> str:
        """The action of a click on it in the last line; empty where that names several keys."""
        return "" if self.bar_label else self.action or f"app.press({self.every_key[0]!r})"


def _written(keys: Iterable[str]) -> list[str]:
    return [NAMES.get(key, key) for key in keys if key not in UNSAID]


def every(commands: Iterable[Command]) -> Iterator[Command]:
    """The commands, each with those that it tells of."""
    return (one for command in commands for one in command.with_also)


def bindings(commands: Iterable[Command]) -> list[Binding]:
    """The commands as Textual binds them."""
    return [
        Binding(one.keys or NO_KEY, one.action, one.name, show=False, priority=one.priority, id=one.id)
        for one in every(commands)
        if one.action
    ]


def help_rows(commands: Iterable[Command], taken: Iterable[str] = (), *, named: bool = False) -> list[tuple[str, str]]:
    """Keys and what they do, but for those that are `taken` by something else; `named` with the commands' names."""
    gone = set(taken)
    return [
        (command.shown_keys, f"{command.name.lower()}: {command.help}" if named else command.help)
        for command in commands
        if command.help and command.shown_keys and not set(command.every_key) <= gone
    ]


BACK = Command("escape,backspace", "back", "Back", "back", bar="back")
ROWS = Command("up,k,down,j", "", "Move", "move", label="↑ ↓  j k")
"""What every list takes by itself, as the three below."""
ENDS = Command(
    "pageup,ctrl+b,ctrl+u,pagedown,ctrl+f,ctrl+d,home,g,end,G",
    "",
    "Far",
    "by the page, to the ends",
    label="PgUp PgDn  g G",
)
SEARCH = Command(
    "slash", "search", "Search", "search the list as you type; Enter keeps the search, Esc clears it", bar="search"
)
"""What a view with a list answers by `widgets.sorting.Sorts`, as the next one."""
SORT = Command(
    "s",
    "sort",
    "Sort",
    "sort by a column, reverse the order; so does a click on a title",
    also=(Command("S", "reverse", "Reverse the order"),),
)
SIDES = Command("left,h,right,l", "", "Columns", "other columns", label="← →  h l")
DETAILS = Command("tab", "", "Details", "to the details, to scroll them")
READ = Command("tab,enter", "other_part", "Read", "to the text, to scroll it, and back", bar="read", label="Tab  Enter")
