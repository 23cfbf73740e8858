"""The settings there are: what each is for, of which kind, and how its value is read from TOML and from typed words."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

KEYS = "keys"
"""The table of commands and their keys: `keys.COMMAND` names one of its entries."""

CLASSES = ("all", "tiny", "small", "medium", "large", "price_low", "price_mid", "price_high", "fits")
"""By the names that `analysis.classes` has for them; "fits" is what fits this machine."""

_SWITCH = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}


class NotThatError(Exception):
    """A value is not of its setting's kind. `str()` is the end of a sentence: what it must be."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `read` takes a value of TOML, `typed` what was typed: both give the value or raise NotThatError.

    `written` is a value as TOML has it. `environment` is the variable that comes before the file.
    """

    key: str
    meaning: str
    default: Any
    read: Callable[[object], Any]
    typed: Callable[[Sequence[str]], Any]
    environment: str


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise NotThatError("a text")
    return value.strip()


def _one_of_classes(value: object) -> str:
    if value not in CLASSES:
        raise NotThatError(f"one of {', '.join(CLASSES)}")
    return str(value)


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise NotThatError("true or false")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one.isprintable() for one in value):
        raise NotThatError('a list of texts, such as ["…", "…"]')
    return tuple(value)


def keys_of_command(value: object) -> tuple[str, ...]:
    """The keys of one command: a list, or a text with commas between them; none where it is to have none."""
    if isinstance(value, str):
        value = [one.strip() for one in value.split(",") if one.strip()]
    try:
        return _texts(value)
    except NotThatError:
        raise NotThatError('keys, such as "R" or ["R", "f2"]') from None


def _table(value: object) -> MappingProxyType[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise NotThatError('a table of commands and their keys, such as runs = "R"')
    found = {}
    for name, keys in value.items():
        try:
            found[name] = keys_of_command(keys)
        except NotThatError as error:
            raise NotThatError(f"a table in which {name} is {error}") from None
    return MappingProxyType(found)


def _words(read: Callable[[object], Any]) -> Callable[[Sequence[str]], Any]:
    """Typed words as one text."""
    return lambda words: read(" ".join(words))


def _typed_switch(words: Sequence[str]) -> bool:
    found = _SWITCH.get(" ".join(words).strip().lower())
    if found is None:
        raise NotThatError("on or off")
    return found


def _typed_folders(words: Sequence[str]) -> tuple[str, ...]:
    """Each word a folder; by its whole path, since the next command may be given elsewhere."""
    return tuple(os.path.abspath(os.path.expanduser(one)) for one in words if one)  # noqa: PTH100, PTH111


SETTINGS = (
    Setting("theme", "the app's theme; without it the one chosen last", "", _text, _words(_text), "TEXTUAL_THEME"),
    Setting("class", "the class that the leaderboard opens with", "", _one_of_classes, _words(_one_of_classes), ""),
    Setting("index_version", "the version of the Intelligence Index that is shown", "", _text, _words(_text), ""),
    Setting("folders", "more folders to look for GGUF files in", (), _texts, _typed_folders, ""),
    Setting("tariff", 'the price of a kWh, such as "0.30 EUR"', "", _text, _words(_text), "AA_TUI_TARIFF"),
    Setting("notifications", "notify when a run ends", True, _switch, _typed_switch, "AA_TUI_NOTIFICATIONS"),
    Setting("catalog", "the catalog's file", "", _text, _words(_text), "AA_TUI_CATALOG"),
    Setting("offline", "no remote calls", False, _switch, _typed_switch, "AA_TUI_OFFLINE"),
    Setting(KEYS, "the app's commands and their keys", MappingProxyType({}), _table, _words(_table), ""),
)
BY_KEY = {one.key: one for one in SETTINGS}
