"""Make `docs/keys.md` from the app's commands: `python -m tests.docs.keys_page`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import aa_tui.tui
from aa_tui.tui.core.command import Command, every, help_rows
from aa_tui.tui.core.view import View
from aa_tui.tui.shell.commands import EVERYWHERE
from aa_tui.tui.shell.registry import REGISTRY

PAGE = Path(__file__).resolve().parents[2] / "docs" / "keys.md"

_HEAD = """\
# Keys

Made from the app's commands by `python -m tests.docs.keys_page`; a test compares. `?` shows those of the view on
screen, `:` finds a command by its name.
"""

_NAMES = """\
## Names for keys of your own

`[keys]` in [config.toml](settings.md) gives a command other keys, in every view that has it: `runs = "f2"`,
`filter = ["f4", "alt+f"]`, `measure = []` for none. Keys are written as here, or as `ctrl+r`, `alt+x`, `f5`. Of a key
that something else has in the same view, and of a name that no command has, one is told at the start; the command keeps
its own.

| name | keys | in |
|---|---|---|"""


def page() -> str:
    """The whole page: what is the same everywhere, then each view."""
    classes = view_classes()
    parts = [_HEAD, _section("Everywhere", EVERYWHERE, named=True)]
    parts += [_section(classes[name].TITLE, classes[name].COMMANDS) for name in REGISTRY]
    return "\n".join([*parts, _NAMES, *_names(classes), ""])


def view_classes() -> dict[str, type[View]]:
    """The class of each registered view."""
    for module in walk_packages(aa_tui.tui.__path__, "aa_tui.tui."):
        import_module(module.name)
    found, classes = [View], {}
    while found:
        found += (one := found.pop()).__subclasses__()
        if "NAME" in one.__dict__:
            classes[one.NAME] = one
    return classes


def _names(classes: dict[str, type[View]]) -> list[str]:
    """The commands whose keys can be chosen."""
    keys: dict[str, dict[str, None]] = {}
    places: dict[str, dict[str, None]] = {}
    fixed = set()
    scopes = [("everywhere", EVERYWHERE), *((classes[name].TITLE, classes[name].COMMANDS) for name in REGISTRY)]
    for title, commands in scopes:
        for one in every(commands):
            if not one.can_be_bound:
                fixed.add(one.id)
            keys.setdefault(one.id, {}).update(dict.fromkeys(one.keys_alone.split()))
            places.setdefault(one.id, {})[title] = None
    return [
        f"| `{name}` | {_keys(' '.join(keys[name]))} | {', '.join(places[name])} |"
        for name in keys
        if name not in fixed
    ]


def _section(title: str, commands: tuple[Command, ...], *, named: bool = False) -> str:
    rows = [f"| {_keys(keys)} | {words} |" for keys, words in help_rows(commands, named=named)]
    return "\n".join([f"## {title}", "", "| key | what it does |", "|---|---|", *rows, ""])


def _keys(text: str) -> str:
    return " ".join(f"`{key}`" for key in text.replace("|", "\\|").split())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
