"""The logits after each scored token of a block, a few rows at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.engine import native, phases
from aa_tui.engine.errors import EngineError
from aa_tui.engine.logits import Logits
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy import float32
    from numpy.typing import NDArray

    from aa_tui.engine.divergence.blocks import Block
    from aa_tui.engine.llama import LlamaEngine

LOGITS_BYTES = 192 << 20
"""Of the rows that llama.cpp holds at once: of a vocabulary of 166,000 tokens some 300."""


class Decoder:
    """Decodes blocks with one engine, whose file is called `name`; use as a context manager."""

    def __init__(self, engine: LlamaEngine) -> None:
        self._low = native.library()
        self._engine = engine
        self.name = clean_line(engine.path.name)
        self._logits = Logits(self._low, engine.context, engine.n_vocab)
        n_batch = engine.settings.n_batch
        self._most_rows = max(16, min(n_batch, LOGITS_BYTES // (4 * engine.n_vocab)))
        self._batch = self._low.llama_batch_init(n_batch, 0, 1)

    def __enter__(self) -> Decoder:
        return self

    def __exit__(self, *_: object) -> None:
        self._low.llama_batch_free(self._batch)

    def rows(self, block: Block) -> Iterator[tuple[int, NDArray[float32]]]:
        """The logits after each token that is scored, with that token's place; valid until the next is asked for.

        Raises EngineError where the block does not fit the context, or llama.cpp fails.
        """
        engine, last = self._engine, len(block.tokens) - 1
        if last > engine.n_ctx:
            raise EngineError(
                f"A block of {len(block.tokens):,} tokens does not fit the context of {engine.n_ctx:,}: raise n_ctx."
            )
        engine.clear()
        for start, end in self._pieces(block):
            self._decode(block, start, end)
            for place in range(max(start, block.first), end):
                yield place, self._logits.row(place - start)

    def _pieces(self, block: Block) -> Iterator[tuple[int, int]]:
        """From where to where in one batch: no more than `n_batch` tokens, and no more rows than may be held."""
        n_batch, end_of_all = self._engine.settings.n_batch, len(block.tokens) - 1
        start = 0
        while start < end_of_all:
            end = min(start + n_batch, max(start, block.first) + self._most_rows, end_of_all)
            yield start, end
            start = end

    def _decode(self, block: Block, start: int, end: int) -> None:
        phases.enter("prompt")
        batch = self._batch
        batch.n_tokens = end - start
        for index, place in enumerate(range(start, end)):
            batch.token[index] = block.tokens[place]
            batch.pos[index] = place
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = 0
            batch.logits[index] = place >= block.first
        self._engine.check(self._low.llama_decode(self._engine.context, batch))
        self._engine.synchronize()
