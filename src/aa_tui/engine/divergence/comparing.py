"""A reference, kept, and how far another engine is from it, block by block."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from aa_tui.engine.divergence.blocks import Block, check_ids
from aa_tui.engine.divergence.decoding import Decoder
from aa_tui.engine.divergence.rows import RowDistance, Spread, distance, keep
from aa_tui.engine.divergence.store import HasRows, KeptBlock, Shape, Store, shape_of
from aa_tui.engine.divergence.whole import WholeStore
from aa_tui.engine.errors import EngineError
from aa_tui.engine.logits import NotANumberError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy import float32
    from numpy.typing import NDArray

    from aa_tui.engine.divergence.rows import KeptRow
    from aa_tui.engine.llama import LlamaEngine

OnBlock = Callable[[int, int], object]
"""Called with how many blocks are done and how many there are; False gives up."""


@dataclass(frozen=True, slots=True)
class BlockDistance:
    """How far an engine is from the reference on one block: the `number`-th, row by row. Times in seconds.

    `counting_s` of the `all_s` was spent on our own counting; the rest is llama.cpp's.
    """

    number: int
    kind: str
    rows: tuple[RowDistance, ...]
    counting_s: float
    all_s: float

    def facts(self) -> dict[str, Any]:
        """The block in plain values for a journal: sums over its rows, and every divergence as base64 of float32.

        Divergences in nats, `nll` in nats, `dp` squared in shares of 1.
        """
        import numpy as np

        rows = self.rows
        klds = np.asarray([row.kld for row in rows], "<f4")
        return {
            "kind": self.kind,
            "n": len(rows),
            "sum_kld": sum(row.kld for row in rows),
            "sum_kld_least": sum(row.kld_least for row in rows),
            "sum_tail": sum(row.tail for row in rows),
            "tail_variance": sum(row.tail_variance for row in rows),
            "sum_nll": -sum(row.next_log_q for row in rows),
            "sum_reference_nll": -sum(row.next_log_p for row in rows),
            "n_same_top": sum(row.same_top for row in rows),
            "sum_top_dp2": sum(row.top_dp**2 for row in rows),
            "sum_next_dp2": sum(row.next_dp**2 for row in rows),
            "max_kld": max(row.kld for row in rows),
            "klds": base64.b64encode(klds.tobytes()).decode("ascii"),
            "counting_s": round(self.counting_s, 4),
            "all_s": round(self.all_s, 4),
        }


class Reference:
    """What one engine expects of each block. With a store it lies on disk, without one in memory.

    A `WholeStore` keeps all of each distribution, any other the likeliest tokens and a sample.
    """

    def __init__(self, blocks: Sequence[Block], n_vocab: int, store: Store | None = None) -> None:
        self.blocks = tuple(blocks)
        self.n_vocab = n_vocab
        self.store = store
        self._held: dict[int, HasRows] = {}

    @classmethod
    def of(
        cls,
        engine: LlamaEngine,
        blocks: Sequence[Block],
        *,
        store: Store | None = None,
        n_planned: int | None = None,
        on_block: OnBlock | None = None,
    ) -> Reference:
        """What `engine` expects of these blocks; those that the store has already are not made again.

        `n_planned` is how many rows there will be in all, where these blocks are only the first of them.
        Raises EngineError (no numbers, a token out of the vocabulary, given up) and OSError.
        """
        check_ids(blocks, engine.n_vocab)
        found = cls(blocks, engine.n_vocab, store)
        shape = shape_of(n_planned or sum(block.n_scored for block in blocks), engine.n_vocab)
        spread = Spread(engine.n_vocab)
        with Decoder(engine) as decoder:
            for number in found.missing():
                if on_block is not None and on_block(number, len(blocks)) is False:
                    break
                block = found.blocks[number]
                if isinstance(store, WholeStore):
                    store.write_rows(number, block, engine.n_vocab, _whole_rows(decoder, spread, block, number))
                else:
                    found.put(number, _kept(decoder, spread, block, number, shape))
        return found

    def missing(self) -> list[int]:
        """The blocks that are not there yet, or are damaged."""
        return [
            number
            for number, block in enumerate(self.blocks)
            if number not in self._held and not (self.store and self.store.has(number, block.tokens))
        ]

    def put(self, number: int, kept: HasRows) -> None:
        """Keep a block; a store takes those that are not whole."""
        if isinstance(kept, KeptBlock) and self.store is not None:
            self.store.write(number, kept)
        else:
            self._held[number] = kept

    def rows(self, number: int) -> list[KeptRow]:
        """The kept rows of a block. Raises EngineError where it is not there or damaged."""
        held: HasRows | None = self._held.get(number)
        if held is None and self.store is not None:
            held = self.store.read(number, self.blocks[number].tokens)
        if held is None:
            raise EngineError(
                f"What was kept of the reference's block {number + 1} is gone or damaged: resume the run, which makes "
                "it again."
            )
        return held.rows()


def compare(engine: LlamaEngine, reference: Reference, numbers: Iterable[int] | None = None) -> Iterator[BlockDistance]:
    """How far `engine` is from the reference on each block, or on the blocks `numbers`.

    Raises EngineError: another vocabulary, no numbers, a block of the reference that is not there.
    """
    if engine.n_vocab != reference.n_vocab:
        raise EngineError(
            f"The reference's vocabulary has {reference.n_vocab:,} tokens and this file's {engine.n_vocab:,}: "
            "what they expect can only be compared within one vocabulary."
        )
    spread = Spread(engine.n_vocab)
    with Decoder(engine) as decoder:
        for number in range(len(reference.blocks)) if numbers is None else numbers:
            yield _compared(decoder, spread, reference, number)


def _kept(decoder: Decoder, spread: Spread, block: Block, number: int, shape: Shape) -> KeptBlock:
    import numpy as np

    chance = np.random.default_rng((number, *shape))  # a block that is made again is the same again
    rows = []
    for place, logits in decoder.rows(block):
        _take(spread, logits, place, number, decoder.name)
        rows.append(keep(spread, block.tokens[place + 1], shape.most, chance, shape.n_sampled))
    return KeptBlock.of(block.tokens, rows, spread.n_vocab)


def _whole_rows(
    decoder: Decoder, spread: Spread, block: Block, number: int
) -> Iterator[tuple[NDArray[float32], float]]:
    """All of each distribution, and the log-probability of the token that comes next."""
    for place, logits in decoder.rows(block):
        _take(spread, logits, place, number, decoder.name)
        yield spread.all_log_p(), spread.log_p_of(block.tokens[place + 1])


def _compared(decoder: Decoder, spread: Spread, reference: Reference, number: int) -> BlockDistance:
    block, start, counting_s = reference.blocks[number], perf_counter(), 0.0
    kept = reference.rows(number)
    rows = []
    for place, logits in decoder.rows(block):
        began = perf_counter()
        _take(spread, logits, place, number, decoder.name)
        rows.append(distance(kept[place - block.first], spread, block.tokens[place + 1]))
        counting_s += perf_counter() - began
    return BlockDistance(number, block.kind, tuple(rows), counting_s, perf_counter() - start)


def _take(spread: Spread, logits: NDArray[float32], place: int, number: int, name: str) -> None:
    try:
        spread.take(logits)
    except NotANumberError as error:
        raise EngineError(
            f"{name} gives no number (NaN) after token {place + 1} of block {number + 1}: the file may be damaged, "
            "download it again."
        ) from error
