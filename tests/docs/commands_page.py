"""Make `docs/commands.md` from the parser: `python -m tests.docs.commands_page`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from aa_tui.cli.main import parser

PAGE = Path(__file__).resolve().parents[2] / "docs" / "commands.md"

_HEAD = """\
# Commands

Made from the parser by `python -m tests.docs.commands_page`; a test compares. `aa-tui COMMAND --help` prints the same.

Every command takes `--catalog PATH`, to use another catalog file. Every listing takes `--json`: its keys are on
[their own page](json.md). Exit codes: 0 done, 1 failure, 2 wrong usage, 130 interrupted.
"""
_EVERYWHERE = frozenset({"help", "catalog"})


def page() -> str:
    """The whole page."""
    top = parser()
    parts = [_HEAD, f"## aa-tui\n\n{top.epilog}\n"]
    for name, help_words, one in commands(top):
        parts.append(_command(f"aa-tui {name}", help_words, one, depth=2))
        for below, its_words, two in commands(one):
            parts.append(_command(f"aa-tui {name} {below}", its_words, two, depth=3))
    return "\n".join(parts)


def commands(one: argparse.ArgumentParser) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """Names, help and parsers of the commands below; an alias stands beside its command's name."""
    for action in one._actions:
        if isinstance(action, argparse._SubParsersAction):
            for shown in action._choices_actions:
                name = str(shown.dest)
                yield name, shown.help or "", action.choices[name]


def _command(name: str, help_words: str, one: argparse.ArgumentParser, depth: int) -> str:
    has_commands = any(isinstance(action, argparse._SubParsersAction) for action in one._actions)
    lines = [f"{'#' * depth} {name}", "", f"{help_words[:1].upper()}{help_words[1:]}."]
    if has_commands:
        return "\n".join([*lines, ""])
    shown = [action for action in one._actions if action.dest not in _EVERYWHERE]
    places = [action for action in shown if not action.option_strings]
    lines += ["", "    " + " ".join([name, *map(_place, places), "[options]"])]
    if shown:
        lines += ["", "| argument | meaning |", "|---|---|"]
        lines += [f"| {_cell(_name(action))} | {_meaning(action)} |" for action in shown]
    if one.epilog:
        lines += ["", one.epilog]
    return "\n".join([*lines, ""])


def _word(action: argparse.Action) -> str:
    """What a value is called; choices stand for themselves."""
    if isinstance(action.metavar, str):
        return action.metavar
    if action.choices is not None:
        return "{" + ",".join(map(str, action.choices)) + "}"
    return action.dest.upper()


def _place(action: argparse.Action) -> str:
    word = _word(action)
    if action.nargs == "?":
        return f"[{word}]"
    return {"*": f"[{word} …]", "+": f"{word} …"}.get(str(action.nargs), word)


def _name(action: argparse.Action) -> str:
    if not action.option_strings:
        return _place(action)
    names = ", ".join(action.option_strings)
    return names if action.nargs == 0 else f"{names} {_place(action)}"


def _cell(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"


def _meaning(action: argparse.Action) -> str:
    words = (action.help or "").replace("%%", "%").replace("|", "\\|")
    return f"{words} (required)" if action.required and action.option_strings else words


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
