"""A choice of a pack's items as a file and a run's settings keep it: which, with what chances, and what it rests on.

It may come from anywhere: what is not wholly as it should be is none at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import fsum, isfinite
from typing import Any, Final, NamedTuple

from aa_tui.textsafe import clean_line

FORMAT: Final = "aa-tui short pack 1"
"""What a file begins with."""

_MOST_LOGITS = 50.0
_MOST_ITEMS = 1_000_000


class KnownRun(NamedTuple):
    """A run that difficulties were fitted to: its number in the catalog where that was done, its file, its answers."""

    run_id: int
    file: str
    quant: str
    sha256: str
    n: int
    n_right: int


class ChosenItem(NamedTuple):
    """An item, the chance that it had to be chosen (0 to 1), and its predicted difficulty in logits."""

    id: str
    category: str
    chance: float
    difficulty: float


class ShortNote(NamedTuple):
    """A choice of items, in the order in which they are asked.

    `ability` in logits was expected of a run. `population` has all items of the pack: difficulties, and how many items
    have each.
    """

    pack: str
    pack_version: str
    pack_sha256: str
    seed: int
    ability: float
    calibrated_on: tuple[KnownRun, ...]
    population: tuple[tuple[float, int], ...]
    items: tuple[ChosenItem, ...]

    @property
    def n_population(self) -> int:
        """How many items the pack has."""
        return sum(n for _, n in self.population)


def as_json(note: ShortNote) -> dict[str, Any]:
    """The choice as plain values with stable keys; `read` takes them."""
    return {
        "format": FORMAT,
        "pack": note.pack,
        "pack_version": note.pack_version,
        "pack_sha256": note.pack_sha256,
        "seed": note.seed,
        "ability": note.ability,
        "calibrated_on": [one._asdict() for one in note.calibrated_on],
        "population": [{"difficulty": difficulty, "n": n} for difficulty, n in note.population],
        "items": [one._asdict() for one in note.items],
    }


def read(value: object) -> ShortNote | None:
    """The choice that these values are; None where they are none, or contradict each other."""
    if not isinstance(value, Mapping) or value.get("format") != FORMAT:
        return None
    try:
        found = ShortNote(
            pack=_text(value["pack"]),
            pack_version=_text(value["pack_version"]),
            pack_sha256=_text(value["pack_sha256"]),
            seed=_whole(value["seed"], -(2**53)),
            ability=_logit(value["ability"]),
            calibrated_on=tuple(
                KnownRun(
                    _whole(one["run_id"], 1),
                    clean_line(_text(one["file"])),
                    clean_line(_text(one["quant"])),
                    clean_line(_text(one["sha256"])),
                    _whole(one["n"], 1),
                    _whole(one["n_right"]),
                )
                for one in _list(value["calibrated_on"])
            ),
            population=tuple((_logit(one["difficulty"]), _whole(one["n"], 1)) for one in _list(value["population"])),
            items=tuple(
                ChosenItem(_text(one["id"]), _text(one["category"]), _share(one["chance"]), _logit(one["difficulty"]))
                for one in _list(value["items"])
            ),
        )
    except (KeyError, TypeError, ValueError):
        return None
    return found if _agrees(found) else None


def _agrees(note: ShortNote) -> bool:
    """Whether the items are different ones of the pack, as many as their chances say."""
    counts = dict(note.population)
    n = len(note.items)
    return (
        0 < n <= note.n_population <= _MOST_ITEMS
        and len({one.id for one in note.items}) == n
        and len(counts) == len(note.population)
        and all(one.difficulty in counts for one in note.items)
        and fsum(one.chance for one in note.items) <= n
        and fsum(1 / one.chance for one in note.items) <= 2 * note.n_population
    )


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("no list")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _whole(value: object, least: int = 0) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= 2**53:
        raise ValueError("no such number")
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not isfinite(value):
        raise ValueError("no number")
    return float(value)


def _logit(value: object) -> float:
    found = _number(value)
    if abs(found) > _MOST_LOGITS:
        raise ValueError("no logit")
    return found


def _share(value: object) -> float:
    found = _number(value)
    if not 0 < found <= 1:
        raise ValueError("no chance")
    return found
