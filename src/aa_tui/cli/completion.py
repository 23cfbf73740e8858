"""`aa-tui completion`: a script that completes commands, options and names, made from the parser by shtab."""

from __future__ import annotations

import argparse
import os
import re
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aa_tui.cli import output
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.cli.completion_arguments import SHELLS
from aa_tui.config.settings import CLASSES
from aa_tui.errors import AATuiError, UsageError

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+:-]*", re.ASCII)
"""What a shell takes for one word and nothing more: bash expands what it is given to complete with."""

_FIRST_WORD = {
    "bash": """
_shtab_aa_tui_first_word() {
  [[ -n "$1" ]] && compgen -W "$(aa-tui completion --names models 2>/dev/null)" -- "$1"
}
_shtab_aa_tui_pos_0_COMPGEN=_shtab_aa_tui_first_word
""",
    "zsh": """
functions[_shtab_aa_tui_commands_alone]=$functions[_shtab_aa_tui_commands]
_shtab_aa_tui_commands() {
  local found=1
  _shtab_aa_tui_commands_alone && found=0
  [[ -n $PREFIX ]] && compadd -- ${(f)"$(aa-tui completion --names models 2>/dev/null)"} && found=0
  return found
}
""",
}
_FIRST_WORD_IN_FISH = """
function _shtab_aa_tui_first_word
  _shtab_aa_tui_using; and test $_shtab_aa_tui_npos -eq 0; and string length -q -- (commandline -ct)
end
complete -c aa-tui -n _shtab_aa_tui_first_word -a "(aa-tui completion --names models 2>/dev/null)"
"""
"""A model alone opens its page, so its name may be the first word: after a letter, or hundreds would be listed."""

_OF_MODELS = frozenset({"model", "target", "targets", "place", "pin", "remove"})
_OF_FILES = frozenset({"catalog", "file", "output", "new"})
_OF_FOLDERS = frozenset({"add", "remove_folder"})


def run(options: argparse.Namespace) -> int:
    """Print the script, or the names that it asks for."""
    if options.names:
        output.write_lines(names(options.names, catalog_path(options)))
        return 0
    shell = options.shell or Path(os.environ.get("SHELL", "")).name
    if shell not in SHELLS:
        raise UsageError(f"Name the shell: `aa-tui completion {'`, `aa-tui completion '.join(SHELLS)}`.")
    output.print_document(script(shell))
    return 0


def script(shell: str) -> str:
    """The script for a shell."""
    import shtab

    from aa_tui.cli.main import parser

    top = parser()
    _mark(top)
    made = str(shtab.complete(top, shell=shell, preamble=_FIRST_WORD.get(shell, ""))).rstrip() + "\n"
    return made + _FIRST_WORD_IN_FISH if shell == "fish" else made  # where a preamble is forgotten again


def _mark(one: argparse.ArgumentParser) -> None:
    """Say of each argument what completes it."""
    import shtab

    for action in one._actions:  # noqa: SLF001 (argparse has no other way to them)
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for two in action.choices.values():
                _mark(two)
        elif action.nargs != 0 and action.choices is None:
            wanted = _completed_by(action, shtab)
            if wanted is not None:
                action.complete = wanted  # type: ignore[attr-defined]
            elif action.dest == "band":
                action.choices = CLASSES


def _completed_by(action: argparse.Action, shtab: Any) -> Any:
    ask = "aa-tui completion --names {} 2>/dev/null"
    if action.dest in _OF_MODELS:
        return shtab.cmd(ask.format("models"))
    if action.dest == "run_id":
        return shtab.cmd(ask.format("runs"))
    if action.dest == "pack":
        return shtab.cmd(ask.format("packs"))
    if action.dest in ("name", "chart"):
        return shtab.cmd(ask.format("charts"))
    if action.dest in _OF_FILES:
        return shtab.FILE
    return shtab.DIRECTORY if action.dest in _OF_FOLDERS else None


def names(kind: str, path: Path) -> list[str]:
    """What may be typed where such a name is wanted. A catalog that is not there yet has none, and stays so."""
    return [name for name in _every(kind, path) if _PLAIN.fullmatch(name)]


def _every(kind: str, path: Path) -> Iterable[str]:
    if kind == "charts":
        from aa_tui.charts import book

        return [one.name for one in book.ALL]
    if kind == "packs":
        from aa_tui.catalog.db import data_folder
        from aa_tui.evals import packs

        return [one.name for one in packs.list_packs(data_folder())]
    if not path.is_file():
        return []
    from aa_tui.catalog import db, models, runs

    try:
        with db.reading(path) as conn:
            if kind == "runs":
                return [str(one.id) for one in runs.list_runs(conn)]
            return models.every_slug(conn)
    except (AATuiError, sqlite3.Error):  # nobody wants an error for a Tab
        return []
