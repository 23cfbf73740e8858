"""Keys that the user has chosen for commands: which of them can be used, and the commands as they are then."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from textual.binding import Binding
from textual.keys import Keys

from aa_tui.textsafe import clean_line
from aa_tui.tui.core.command import NAMES, NO_KEY, Command, every

_BY_WRITING = {writing.lower(): name for name, writing in NAMES.items()}
_KNOWN = frozenset(key.value for key in Keys if not key.value.startswith("<"))
_WITH_MODIFIERS = re.compile(r"(ctrl\+|alt\+|shift\+)+([a-z0-9]|f\d+|[a-z]{2,})")
_NAMED = re.compile(r"<([a-z-]+):([^<>:]+)>")


@dataclass(frozen=True, slots=True)
class Keymap:
    """Keys by the ids of commands; one that is not named keeps its own."""

    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, command: Command) -> Command:
        """A command as it is with these keys."""
        also = tuple(self.of(one) for one in command.also)
        chosen = self.keys.get(command.id)
        if chosen is None and also == command.also:
            return command
        keys = command.keys if chosen is None else ",".join(chosen)
        return command._replace(keys=keys, also=also, label="", bar_label="")

    def told(self, sentence: str) -> str:
        """A sentence with the keys that are meant: "<pull:p> pulls one" names the command and its usual key.

        A command that has no key any more is found by its name in the palette. What is foreign, such as a model's
        name, is put in afterwards.
        """
        return _NAMED.sub(self._said, sentence)

    def _said(self, named: re.Match[str]) -> str:
        command_id, usual = named.groups()
        keys = self.keys.get(command_id)
        if keys is None:
            return usual
        return NAMES.get(keys[0], keys[0]) if keys else f"“{command_id}” in the palette"

    def bindings(self) -> dict[str, str]:
        """As Textual takes them."""
        return {command_id: ",".join(keys) or NO_KEY for command_id, keys in self.keys.items()}


USUAL = Keymap()


@dataclass(frozen=True, slots=True)
class Scope:
    """Where keys must not clash: a view's commands, and those of everywhere."""

    title: str
    commands: Sequence[Command]


def chosen(wanted: Mapping[str, Sequence[str]], scopes: Iterable[Scope]) -> tuple[Keymap, list[str]]:
    """The keys that can be used, and a sentence for each command that keeps its own instead."""
    scopes = list(scopes)
    commands = {one.id: one for scope in scopes for one in every(scope.commands)}
    fixed = {one.id for scope in scopes for one in every(scope.commands) if not one.can_be_bound}
    keys: dict[str, tuple[str, ...]] = {}
    problems = []
    for command_id, names in wanted.items():
        found = [key_of(name) for name in names]
        if command_id not in commands:
            problems.append(f"No command is called “{clean_line(command_id)[:60]}”{_meant(command_id, commands)}")
        elif command_id in fixed:
            problems.append(f"The keys of {command_id} cannot be changed.")
        elif None in found:
            no_key = names[found.index(None)]
            problems.append(f"“{clean_line(no_key)[:20]}” is no key; {_keeps(commands[command_id])}.")
        else:
            keys[command_id] = tuple(dict.fromkeys(key for key in found if key is not None))
    while (clash := _clash(Keymap(keys), scopes)) is not None:
        command_id, key, other, title = clash
        del keys[command_id]
        written = NAMES.get(key, key)
        problems.append(f"{written} is the key of {other} ({title}) already; {_keeps(commands[command_id])}.")
    return Keymap(keys), problems


def key_of(name: str) -> str | None:
    """Textual's name of a key as people write it: `R`, `*`, `Esc`, `PgUp`, `f2`, `ctrl+r`; None for what is no key."""
    name = name.strip()
    if name in _BY_WRITING:
        return _BY_WRITING[name]
    if len(name) == 1 and name.isprintable() and name != ",":
        return next(iter(Binding.make_bindings([Binding(name, "")]))).key
    small = name.lower().replace(" ", "")
    if small in _BY_WRITING:
        return _BY_WRITING[small]
    if small in NAMES or small in _KNOWN or _WITH_MODIFIERS.fullmatch(small):
        return small
    return None


def _clash(keymap: Keymap, scopes: Sequence[Scope]) -> tuple[str, str, str, str] | None:
    """The last chosen command whose key another one has, with that key, the other one, and where."""
    found = []
    order = list(keymap.keys)
    for scope in scopes:
        owners: dict[str, list[str]] = {}
        for command in every(keymap.of(one) for one in scope.commands):
            for key in command.every_key:
                owners.setdefault(key, []).append(command.id)
        for key, ids in owners.items():
            mine = [one for one in dict.fromkeys(ids) if one in keymap.keys]
            if mine and len(set(ids)) > 1:
                last = max(mine, key=order.index)
                other = next(one for one in ids if one != last)
                found.append((last, key, other, scope.title))
    return max(found, key=lambda clash: order.index(clash[0]), default=None)


def _keeps(command: Command) -> str:
    return f"{command.id} keeps {command.keys_alone}" if command.keys else f"{command.id} stays without a key"


def _meant(command_id: str, commands: Iterable[str]) -> str:
    close = difflib.get_close_matches(command_id, list(commands), n=1)
    return f"; did you mean {close[0]}?" if close else "; docs/keys.md lists them."
