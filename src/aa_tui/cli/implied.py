"""What may be left out of a command line: a model alone opens its page, a group of commands alone lists."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

TAKES_A_VALUE = ("--catalog",)
"""Options that may stand before a command, with a word of their own."""

ENDS = ("-h", "--help", "--version", "--")
"""After these there is nothing to be filled in."""

OPEN = "open"


def completed(argv: Sequence[str], commands: Collection[str], usual: Mapping[str, str]) -> list[str]:
    """The command line with what was left out.

    Args:
        argv: as typed.
        commands: the names of all commands; any other word that comes first is a model's.
        usual: groups of commands, with the action that is meant where none is named. Options that stand before an
            action are taken behind it.
    """
    first = _first_word(argv, 0)
    if first is None:
        return list(argv)
    word = argv[first]
    if word not in commands:
        return [*argv[:first], OPEN, *argv[first:]]
    if word not in usual or any(one in ("-h", "--help") for one in argv[first + 1 :]):
        return list(argv)
    action = _first_word(argv, first + 1)
    if action is None:
        return [*argv[: first + 1], usual[word], *argv[first + 1 :]]
    return [*argv[: first + 1], argv[action], *argv[first + 1 : action], *argv[action + 1 :]]


def _first_word(argv: Sequence[str], start: int) -> int | None:
    """The place of the first word that is no option, nor an option's own."""
    place = start
    while place < len(argv):
        one = argv[place]
        if one in ENDS:
            return None
        if not one.startswith("-"):
            return place
        place += 2 if one in TAKES_A_VALUE else 1
    return None
