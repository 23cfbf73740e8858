"""Whole distributions of a reference, on disk: one file for each block, of which a row is in memory at a time.

A file has the counts of its block's tokens, of the rows and of the vocabulary as int32, the tokens as int32, row after
row the log-probability of every token as float32, that of the text's next token after each row as float64, and the
sha256 of all that; little-endian.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aa_tui.engine.divergence.rows import KeptRow
from aa_tui.engine.divergence.store import Store

if TYPE_CHECKING:
    from numpy import float32, float64
    from numpy.typing import NDArray

    from aa_tui.engine.divergence.blocks import Block

_HEAD_BYTES, _DIGEST_BYTES = 12, 32
_CHUNK_BYTES = 1 << 20


def whole_bytes(n_rows: int, n_vocab: int) -> int:
    """What so many whole distributions take on disk, but for some kilobytes."""
    return n_rows * (4 * n_vocab + 8)


@dataclass(frozen=True, slots=True)
class WholeBlock:
    """The rows of a block. `log_p` is of the file, which is read as it is asked for."""

    log_p: NDArray[float32]
    next_log_p: NDArray[float64]

    def rows(self) -> list[KeptRow]:
        """Each of them, all tokens in their own order."""
        import numpy as np

        ids = np.arange(self.log_p.shape[1], dtype=np.int64)
        nothing = np.empty(0, np.int64), np.empty(0, np.float32)
        return [
            KeptRow(ids, row, 0.0, *nothing, float(next_log_p), top=int(row.argmax()))
            for row, next_log_p in zip(self.log_p, self.next_log_p, strict=True)
        ]


class WholeStore(Store):
    """A folder of whole blocks. A root has one at a time: another one takes its place."""

    N_KEPT = 1

    def write_rows(
        self, number: int, block: Block, n_vocab: int, rows: Iterable[tuple[NDArray[float32], float]]
    ) -> None:
        """Keep a block, each row of it as it comes with the next token's: all, or nothing where that ends early.

        Raises OSError, and what `rows` raises.
        """
        import numpy as np

        digest = hashlib.sha256()
        told: list[float] = []
        with self.whole_or_nothing(number) as file:

            def put(data: bytes) -> None:
                digest.update(data)
                file.write(data)

            put(np.asarray([len(block.tokens), block.n_scored, n_vocab], "<i4").tobytes())
            put(np.asarray(block.tokens, "<i4").tobytes())
            for log_p, next_log_p in rows:
                put(log_p.astype("<f4").tobytes())
                told.append(next_log_p)
            put(np.asarray(told, "<f8").tobytes())
            file.write(digest.digest())

    def read(self, number: int, tokens: Sequence[int]) -> WholeBlock | None:
        """A block of these tokens; None where it is not there, is damaged, or is of other tokens."""
        try:
            return _read(self.path(number), tokens)
        except (OSError, ValueError):
            return None


def _read(path: Path, tokens: Sequence[int]) -> WholeBlock | None:
    """As `read`. Raises OSError, and ValueError where it is shorter than it says."""
    import numpy as np

    if not _is_whole(path):
        return None
    with path.open("rb") as file:
        n_tokens, n_rows, n_vocab = np.frombuffer(file.read(_HEAD_BYTES), "<i4").tolist()
        own = np.frombuffer(file.read(4 * n_tokens), "<i4").tolist()
    start = _HEAD_BYTES + 4 * n_tokens
    end = start + 4 * n_rows * n_vocab
    if own != list(tokens) or path.stat().st_size != end + 8 * n_rows + _DIGEST_BYTES:
        return None
    log_p = np.memmap(path, "<f4", "r", offset=start, shape=(n_rows, n_vocab))
    return WholeBlock(log_p, np.fromfile(path, "<f8", n_rows, offset=end))


def _is_whole(path: Path) -> bool:
    """Whether the file ends with the sha256 of what comes before."""
    digest = hashlib.sha256()
    left = path.stat().st_size - _DIGEST_BYTES
    if left < _HEAD_BYTES:
        return False
    with path.open("rb") as file:
        while left > 0 and (chunk := file.read(min(left, _CHUNK_BYTES))):
            digest.update(chunk)
            left -= len(chunk)
        return left == 0 and file.read() == digest.digest()
