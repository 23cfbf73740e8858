"""`aa-tui config`: what is set and where that comes from; set it, unset it, open the file."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aa_tui.cli import output
from aa_tui.config import writing
from aa_tui.config.place import VARIABLE
from aa_tui.config.reading import Config, load
from aa_tui.config.settings import BY_KEY, KEYS, SETTINGS
from aa_tui.errors import FAILURE, UsageError


def run(options: argparse.Namespace) -> int:
    """Do what the action says; without one, list."""
    if options.action == "set":
        return _set(options)
    if options.action == "unset":
        return _unset(options)
    if options.action == "path":
        output.write_lines([str(_path())])
        return 0
    if options.action == "edit":
        return _edit()
    return _list(options)


def _list(options: argparse.Namespace) -> int:
    config = load({"catalog": options.catalog} if options.catalog else None)
    if options.json:
        output.print_json(as_json(config))
        return 0
    shown = [("Setting", "Value", "From", "Meaning")]
    shown += [(one.key, _words(config.value(one.key)), config.source(one.key), one.meaning) for one in SETTINGS]
    is_there = config.path is not None and config.path.is_file()
    output.write_lines(output.table(shown[0], shown[1:], left=frozenset(range(4))))
    output.write_lines(["", f"{config.path or 'No file'}{'' if is_there else ' (not there yet)'}"])
    return 0


def as_json(config: Config) -> dict[str, Any]:
    """What is set, for programs."""
    return {
        "path": str(config.path) if config.path else None,
        "problems": list(config.problems),
        "settings": {one.key: _plain(config.value(one.key)) for one in SETTINGS},
        "sources": {one.key: config.source(one.key) for one in SETTINGS},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Mapping):
        return {key: list(keys) for key, keys in value.items()}
    return value


def _words(value: Any) -> str:
    """A value as `config set` takes it; a dash where nothing is set."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return " ".join(map(shlex.quote, value)) or "–"
    if isinstance(value, Mapping):
        return ", ".join(f"{command} = {','.join(keys) or 'none'}" for command, keys in value.items()) or "–"
    return str(value or "–")


def _set(options: argparse.Namespace) -> int:
    if options.key == "tariff":
        from aa_tui.speed.electricity import parse_tariff

        parse_tariff(" ".join(options.value))
    writing.put(_path(), options.key, options.value)
    return _said(options.key)


def _unset(options: argparse.Namespace) -> int:
    if not writing.remove(_path(), options.key):
        output.say(f"{options.key} is not set in {_path()}.")
    return _said(options.key)


def _said(key: str) -> int:
    """What holds now, which need not be what was just set: the environment comes before the file."""
    config = load()
    name, _, command = key.partition(".")
    if name == KEYS:
        keys = config.keys.get(command)
        held = "its own keys" if keys is None else ", ".join(keys) or "no keys"
        output.write_lines([f"{command}: {held}"])
        return 0
    setting = BY_KEY.get(name)
    if setting is not None:  # else it was in the file all the same
        source = config.source(name)
        output.write_lines(
            [f"{name}: {_words(config.value(name))} ({setting.environment if source == 'environment' else source})"]
        )
    return 0


def _edit() -> int:
    """Open the file in the user's editor, and say afterwards what in it cannot be used."""
    from aa_tui.host import children

    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    path = _path()
    writing.make(path)
    try:
        words = shlex.split(editor)
    except ValueError:
        words = [editor]
    found = children.find(words[0]) if words else None
    if found is None or not sys.stdin.isatty():
        raise UsageError(f"No editor can be opened here: set EDITOR, or change {path} yourself.")
    code = children.at_terminal([found, *words[1:], str(path)])
    problems = load().problems
    for one in problems:
        output.say(f"aa-tui: {one}")
    return FAILURE if code or problems else 0


def _path() -> Path:
    path = load().path
    if path is None:
        raise UsageError(f"This user has no home folder: set {VARIABLE} to the file.")
    return path
