"""The files as the files view lists them: those on this machine, then known models that can be pulled."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from aa_tui.analysis import MISSING, display
from aa_tui.gguf.kinds import kinds
from aa_tui.library import fits, pullable, scan
from aa_tui.library.pullable import Pullable
from aa_tui.library.room import Room, room_here
from aa_tui.library.scan import LibraryFile
from aa_tui.tui.widgets.columns import Column, Part

WHERE = {
    "own": "own folder",
    "bundled": "bundled",
    "hub": "Hub's cache",
    "added": "your folder",
    "llama.cpp": "llama.cpp",
    "lm-studio": "LM Studio",
    "ollama": "Ollama",
    "jan": "Jan",
    "gpt4all": "GPT4All",
    "package": "Python package",
}
OWNERS = {
    "own": "is elsewhere",
    "bundled": "comes with aa-tui",
    "hub": "is elsewhere",
    "added": "is in a folder of yours",
    "llama.cpp": "belongs to llama.cpp",
    "lm-studio": "belongs to LM Studio",
    "ollama": "belongs to Ollama",
    "jan": "belongs to Jan",
    "gpt4all": "belongs to GPT4All",
    "package": "belongs to a Python package",
}
MARKS = {"fits": ("✓ fits", "here"), "tight": ("~ tight", "warn"), "no": ("✗ no", "bad")}


@dataclass(frozen=True, slots=True)
class Entry:
    """A file here, or a known model (`offers`) that is not. `plans` are its fits by context, one slot."""

    file: LibraryFile | None
    offers: tuple[Pullable, ...]
    plans: tuple[fits.Fit, ...]

    @property
    def key(self) -> str:
        """What tells it apart."""
        return self.file.path if self.file else self.offers[0].slug

    @property
    def slug(self) -> str | None:
        """The model's page."""
        return self.file.slug if self.file else self.offers[0].slug

    @property
    def name(self) -> str:
        """How it is called."""
        return self.file.name if self.file else self.offers[0].model


@dataclass(frozen=True, slots=True)
class Files:
    """All that the view shows, read at once."""

    entries: tuple[Entry, ...]
    problems: tuple[str, ...]
    room: Room


def read(conn: sqlite3.Connection) -> Files:
    """In a thread: look through this machine's places. Bandwidth is not measured here: a run may be going on."""
    library = scan.scan(conn)
    room = room_here(conn, measure=False)
    entries = [_of_file(file, room) for file in library.files]
    by_model: dict[str, list[Pullable]] = {}
    for one in pullable.matching(conn, library.files, ""):
        by_model.setdefault(one.slug, []).append(one)
    entries += [Entry(None, tuple(offers), ()) for offers in by_model.values()]
    return Files(tuple(entries), library.problems, room)


def _of_file(file: LibraryFile, room: Room) -> Entry:
    if not file.digest.is_model:
        return Entry(file, (), ())
    plans = fits.fits([fits.of_file(file, room)], room, fits.CONTEXTS, (1,), ("f16", "f16"))
    return Entry(file, (), tuple(plans))


class FileList:
    """A source of rows for the table."""

    def __init__(self) -> None:
        self.entries: tuple[Entry, ...] = ()

    def __len__(self) -> int:
        return len(self.entries)

    def row(self, index: int) -> Entry | None:
        """The entry at a place in the list."""
        return self.entries[index] if index < len(self.entries) else None

    def index_of(self, key: str | None) -> int | None:
        """Where an entry is in the list."""
        return next((place for place, entry in enumerate(self.entries) if entry.key == key), None)


def _name(entry: Entry, _: int) -> Sequence[Part]:
    return ((entry.name, "strong" if entry.file else "dim"),)


def _quant(entry: Entry, _: int) -> Sequence[Part]:
    if entry.file is None:
        quants = [one.quant for one in entry.offers if one.quant]
        kinds = "1 quant" if len(quants) == 1 else f"{len(quants)} quants"
        return ((kinds if quants else "?", "dim"),)
    return ((entry.file.quant or MISSING, ""),)


def _size(entry: Entry, _: int) -> Sequence[Part]:
    if entry.file is not None:
        return ((display.size_bytes(entry.file.size_bytes), ""),)
    sizes = [one.size_bytes for one in entry.offers if one.size_bytes]
    return ((f"from {display.size_bytes(min(sizes))}" if sizes else MISSING, "dim"),)


def _fit(entry: Entry, _: int) -> Sequence[Part]:
    if entry.file is not None and entry.file.digest.problem:
        return (("unusable", "bad"),)
    if entry.file is not None and entry.file.digest.kind:
        return ((kinds().by_name[entry.file.digest.kind].word[:8], "dim"),)
    return (MARKS[entry.plans[0].mark],) if entry.plans else ((MISSING, "faint"),)


def _speed(entry: Entry, _: int) -> Sequence[Part]:
    speed = entry.plans[0].speed if entry.plans else None
    if speed is None:
        return ((MISSING, "faint"),)
    return ((speed.words, "dim" if speed.run_id is None else "warn" if speed.is_unreliable else "here"),)


def _bytes(entry: Entry) -> int | None:
    if entry.file is not None:
        return entry.file.size_bytes
    return min((one.size_bytes for one in entry.offers if one.size_bytes), default=None)


def _needed(entry: Entry) -> int | None:
    return entry.plans[0].memory.needed if entry.plans else None


def _tps(entry: Entry) -> float | None:
    speed = entry.plans[0].speed if entry.plans else None
    return speed.tokens_per_s if speed else None


def _where(entry: Entry, _: int) -> Sequence[Part]:
    return ((WHERE[entry.file.kind], "") if entry.file else ("available", "accent"),)


FIXED: tuple[Column[Entry], ...] = (
    Column("name", "File", 26, _name, right=False, flexible=True, most=52, middle=True),
    Column("quant", "Quant", 9, _quant, right=False),
    Column("size", "Size", 11, _size, order=_bytes),
    Column("fit", "Fits", 8, _fit, right=False, order=_needed),
)
MOVING: tuple[Column[Entry], ...] = (
    Column("where", "Where", 11, _where, right=False),
    Column("speed", "Tok/s", 8, _speed, order=_tps),
    Column("model", "Model", 22, lambda entry, _: ((entry.slug or MISSING, "dim"),), right=False),
)
