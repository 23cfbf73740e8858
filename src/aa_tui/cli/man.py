"""`aa-tui man`: the manual page, made from the parser."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from aa_tui import __version__
from aa_tui.cli import output

_ENVIRONMENT = (
    ("AA_TUI_HOME", "the folder for the catalog, logs, packs, downloaded files and config.toml"),
    ("AA_TUI_CONFIG", "the file of settings"),
    ("AA_TUI_ASCII", "1 draws with ASCII alone"),
    ("NO_COLOR", "no colours"),
    ("HF_HOME, HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE", "the Hub's own: cache, mirror, token, no network"),
)
_STATUS = (("0", "done"), ("1", "failure"), ("2", "wrong usage"), ("130", "interrupted"))
_LONG = 50
_TICKED = re.compile(r"`([^`]+)`")


def run(options: argparse.Namespace) -> int:
    """Print it."""
    from aa_tui.cli.main import parser

    output.print_document(page(parser()))
    return 0


def page(top: argparse.ArgumentParser) -> str:
    """The whole page, in the language of man pages."""
    lines = [
        f'.TH AA\\-TUI 1 "" "aa\\-tui {__version__}" "User Commands"',
        ".SH NAME",
        "aa\\-tui \\- explore language models, and measure GGUF files on this machine",
        ".SH SYNOPSIS",
        ".B aa\\-tui",
        "[\\fIMODEL\\fR]",
        ".br",
        ".B aa\\-tui",
        "\\fICOMMAND\\fR [\\fIargument\\fR ...]",
        ".SH DESCRIPTION",
        _text(f"{top.description} {top.epilog}"),
        ".SH COMMANDS",
        *(line for name, one in _commands(top, "aa-tui") for line in _command(name, one)),
        ".SH EXIT STATUS",
        *(line for status, words in _STATUS for line in _item(_bold(status), words)),
        ".SH ENVIRONMENT",
        *(line for name, words in _ENVIRONMENT for line in _item(_bold(name), words)),
    ]
    return "\n".join(lines) + "\n"


def _commands(one: argparse.ArgumentParser, before: str) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command below, those with commands of their own left out for these."""
    for action in one._actions:  # noqa: SLF001 (argparse has no other way to them)
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for shown in action._choices_actions:  # noqa: SLF001
                two = action.choices[shown.dest]
                below = list(_commands(two, f"{before} {shown.dest}"))
                yield from below or [(f"{before} {shown.dest}", two)]


def _command(name: str, one: argparse.ArgumentParser) -> Iterator[str]:
    shown = [action for action in one._actions if action.dest not in ("help", "catalog")]  # noqa: SLF001
    places = [_place(action) for action in shown if not action.option_strings]
    yield f".SS {_escaped(name)} {' '.join(places)}".rstrip()
    yield _text(one.description or "")
    for action in shown:
        label = ", ".join(map(_bold, action.option_strings)) or _place(action)
        if action.option_strings and action.nargs != 0:
            label += f" {_place(action)}"
        yield from _item(label, (action.help or "").replace("%%", "%"))
    if one.epilog:
        yield ".PP"
        yield _text(one.epilog)


def _place(action: argparse.Action) -> str:
    if isinstance(action.metavar, str):
        words = [action.metavar]
    else:
        words = [action.dest.upper()] if action.choices is None else list(map(str, action.choices))
    between = "|" if sum(map(len, words)) < _LONG else " | "  # a line must end somewhere
    word = f"\\fI{between.join(map(_escaped, words))}\\fR"
    if action.nargs == "?":
        return f"[{word}]"
    return {"*": f"[{word} ...]", "+": f"{word} ..."}.get(str(action.nargs), word)


def _item(label: str, words: str) -> Iterator[str]:
    yield from (".TP", label, _text(words))


def _bold(text: str) -> str:
    return f"\\fB{_escaped(text)}\\fR"


def _text(words: str) -> str:
    """A paragraph; what stands in backticks is bold."""
    text = _TICKED.sub(lambda found: f"\\fB{found[1]}\\fR", _escaped(words))
    return text if text[:1] not in (".", "'") else f"\\&{text}"


def _escaped(text: str) -> str:
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    return "".join(one if one.isascii() else f"\\[u{ord(one):04X}]" for one in plain)
