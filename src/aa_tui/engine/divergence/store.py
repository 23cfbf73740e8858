"""What was kept of a reference, on disk: one file for each block, whole and checked or not there at all."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, NamedTuple, Protocol, Self

from aa_tui.engine.divergence.rows import LEAST_KEPT, LEAST_SAMPLED, MOST_KEPT, N_SAMPLED, TAIL_MASS, KeptRow

if TYPE_CHECKING:
    from numpy import float32, float64, int32, uint16
    from numpy.typing import NDArray

FORMAT = 2
"""Of the files; what another version wrote is made again."""

MOST_BYTES = 100_000_000
"""What the kept rows of a text may take. `shape_of` makes it so, but of a text of very many rows."""

STORES_KEPT, STORES_BYTES = 6, 600_000_000
"""Of references that were asked for last; older ones are removed."""

_META = "reference.json"
_BYTES_BESIDE = 32  # of a row, beside its tokens
_SAMPLED_SHARE = 0.25  # of a row's bytes


class Shape(NamedTuple):
    """Of a row how many tokens are kept exactly at most, and how many of the others are drawn."""

    most: int
    n_sampled: int


class HasRows(Protocol):
    """A kept block."""

    def rows(self) -> list[KeptRow]:
        """Its rows, in their order."""


@dataclass(frozen=True, slots=True)
class KeptBlock:
    """The kept rows of a block, row after row in flat arrays: `counts` tokens of each in `ids` and `log_p`.

    Rows without a tail have a `tail_mass` of 0 and nothing sensible in `tail_ids`.
    """

    tokens: NDArray[int32]
    counts: NDArray[uint16]
    ids: NDArray[Any]
    log_p: NDArray[float32]
    tail_mass: NDArray[float64]
    tail_ids: NDArray[Any]
    tail_log_p: NDArray[float32]
    next_log_p: NDArray[float64]

    @classmethod
    def of(cls, tokens: Sequence[int], rows: Sequence[KeptRow], n_vocab: int) -> KeptBlock:
        """The rows, made flat."""
        import numpy as np

        id_type = np.uint16 if n_vocab <= 1 << 16 else np.uint32
        n_sampled = max((len(row.tail_ids) for row in rows), default=0)
        tail_ids = np.zeros((len(rows), n_sampled), id_type)
        tail_log_p = np.zeros((len(rows), n_sampled), np.float32)
        for number, row in enumerate(rows):
            if row.tail_mass > 0.0:
                tail_ids[number], tail_log_p[number] = row.tail_ids, row.tail_log_p
        return cls(
            np.asarray(tokens, np.int32),
            np.asarray([len(row.ids) for row in rows], np.uint16),
            np.concatenate([row.ids for row in rows]).astype(id_type),
            np.concatenate([row.log_p for row in rows]),
            np.asarray([row.tail_mass for row in rows], np.float64),
            tail_ids,
            tail_log_p,
            np.asarray([row.next_log_p for row in rows], np.float64),
        )

    def rows(self) -> list[KeptRow]:
        """The rows again."""
        import numpy as np

        found, start = [], 0
        for number, count in enumerate(self.counts.tolist()):
            end, has_tail = start + count, bool(self.tail_mass[number] > 0.0)
            found.append(
                KeptRow(
                    self.ids[start:end].astype(np.int64),
                    self.log_p[start:end],
                    float(self.tail_mass[number]),
                    self.tail_ids[number].astype(np.int64) if has_tail else np.empty(0, np.int64),
                    self.tail_log_p[number] if has_tail else np.empty(0, np.float32),
                    float(self.next_log_p[number]),
                )
            )
            start = end
        return found

    def packed(self) -> bytes:
        """As bytes, with their sha256 in front."""
        import numpy as np

        held = io.BytesIO()
        np.savez(held, **{name: getattr(self, name) for name in _ARRAYS})
        data = held.getvalue()
        return hashlib.sha256(data).digest() + data

    @classmethod
    def unpacked(cls, packed: bytes, tokens: Sequence[int]) -> KeptBlock | None:
        """A block of these tokens; None where the bytes are damaged or of other tokens."""
        import numpy as np

        digest, data = packed[:32], packed[32:]
        if hashlib.sha256(data).digest() != digest:
            return None
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                block = cls(**{name: arrays[name] for name in _ARRAYS})
        except (ValueError, KeyError, zipfile.BadZipFile):  # written whole, but by another version
            return None
        return block if block.tokens.tolist() == list(tokens) else None


_ARRAYS = tuple(KeptBlock.__dataclass_fields__)


def shape_of(n_scored: int, n_vocab: int) -> Shape:
    """What may be kept of each of so many rows, so that all take no more than `MOST_BYTES`."""
    entry = 6 if n_vocab <= 1 << 16 else 8
    room = MOST_BYTES // max(1, n_scored) - _BYTES_BESIDE
    n_sampled = max(LEAST_SAMPLED, min(N_SAMPLED, int(_SAMPLED_SHARE * room) // entry))
    most = max(LEAST_KEPT, min(MOST_KEPT, room // entry - n_sampled))
    return Shape(min(n_vocab, most), n_sampled)


class Store:
    """A folder of kept blocks. What is read from it was written whole by this format; anything else is not there."""

    N_KEPT: ClassVar[int] = STORES_KEPT

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def at(cls, root: Path, key: Mapping[str, Any]) -> Self:
        """The store of what `key` says, made where it is not there; older ones of the same root are removed.

        All that decides what is kept belongs into the key: the reference's and the text's sha256, the settings, the
        build of llama.cpp. Raises OSError.
        """
        told = json.dumps(
            {**key, "format": FORMAT, "tail_mass": TAIL_MASS, "n_sampled": N_SAMPLED}, sort_keys=True, indent=1
        )
        folder = root / hashlib.sha256(told.encode()).hexdigest()[:32]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _META).write_text(told, encoding="utf-8")  # its time says when it was used last
        _remove_older(root, folder, cls.N_KEPT)
        return cls(folder)

    def path(self, number: int) -> Path:
        """The file of a block."""
        return self.folder / f"block-{number:06}.kept"

    def write(self, number: int, block: KeptBlock) -> None:
        """Keep a block: all of it, or nothing when the machine dies meanwhile. Raises OSError."""
        with self.whole_or_nothing(number) as file:
            file.write(block.packed())

    @contextmanager
    def whole_or_nothing(self, number: int) -> Iterator[BinaryIO]:
        """What is written becomes the file of a block, unless that ends early. Raises OSError."""
        path = self.path(number)
        beside = path.with_suffix(".part")
        try:
            with beside.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except BaseException:  # also what ends the program: half a whole block may be a hundred megabytes
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            raise

    def read(self, number: int, tokens: Sequence[int]) -> HasRows | None:
        """A block of these tokens; None where it is not there, is damaged, or is of other tokens."""
        try:
            return KeptBlock.unpacked(self.path(number).read_bytes(), tokens)
        except OSError:
            return None

    def has(self, number: int, tokens: Sequence[int]) -> bool:
        """Whether a block is there, whole and of these tokens."""
        return self.read(number, tokens) is not None

    def remove(self) -> None:
        """Remove all of it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def size_bytes(self) -> int:
        """What the store takes on disk."""
        return _size_bytes(self.folder)


def _size_bytes(folder: Path) -> int:
    return sum(one.stat().st_size for one in folder.iterdir())


def _remove_older(root: Path, kept: Path, n_kept: int) -> None:
    """Remove the stores that were used longest ago, but never the one that is asked for."""
    others = []
    for folder in root.iterdir():
        meta = folder / _META
        if folder != kept and meta.is_file():
            with suppress(OSError):  # another program may be removing it as well
                others.append((meta.stat().st_mtime, folder, _size_bytes(folder)))
    room = STORES_BYTES - MOST_BYTES
    for rank, (_, folder, size_bytes) in enumerate(sorted(others, reverse=True), start=1):
        room -= size_bytes
        if rank >= n_kept or room < 0:
            shutil.rmtree(folder, ignore_errors=True)
