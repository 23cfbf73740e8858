"""A copy of what is in the context, continued with other tokens and dropped again: the text before stays as it is.

Many questions can so be put after one long text, which is processed once. The copy is a second sequence over the same
cells of the KV cache, so that it costs no memory but that of its own tokens; unlike rewinding, it also works where
layers keep a window or a state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from aa_tui.engine import native, phases
from aa_tui.engine.errors import EngineError
from aa_tui.engine.logits import Logits, NotANumberError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from aa_tui.engine.llama import LlamaEngine

TEXT, COPY = 0, 1
"""The two sequences."""


class Branch:
    """The copy. The engine must have been opened with `forks` and `kv_unified`; use as a context manager."""

    def __init__(self, engine: LlamaEngine) -> None:
        if engine.settings.n_seq_max != COPY + 1 or not engine.settings.kv_unified:
            raise EngineError("This engine was made without room for a copy of its text.")
        self._low = low = native.library()
        self._engine = engine
        self._room = engine.settings.n_batch
        self._logits = Logits(low, engine.context, engine.n_vocab)
        self._batch: Any = low.llama_batch_init(self._room, 0, 1)
        self._at = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()
        self._low.llama_batch_free(self._batch)

    def begin(self) -> None:
        """Be at the end of the text, whatever was decoded here before."""
        self.drop()
        low, memory = self._low, self._engine.memory
        low.llama_memory_seq_cp(memory, TEXT, COPY, -1, -1)
        self._at = low.llama_memory_seq_pos_max(memory, TEXT) + 1

    def drop(self) -> None:
        """Forget what was decoded here."""
        self._low.llama_memory_seq_rm(self._engine.memory, COPY, -1, -1)

    def decode(self, tokens: Sequence[int], *, every_row: bool = False) -> None:
        """Go on with up to n_batch tokens, and wait. With `every_row` the result after each of them is kept."""
        count = len(tokens)
        if not 0 < count <= self._room:
            raise EngineError(f"A batch of {count} tokens does not fit n_batch {self._room}.")
        batch = self._batch
        phases.enter("prompt" if count > 1 else "generating")
        for row, token in enumerate(tokens):
            batch.token[row] = token
            batch.pos[row] = self._at + row
            batch.n_seq_id[row] = 1
            batch.seq_id[row][0] = COPY
            batch.logits[row] = every_row or row + 1 == count
        batch.n_tokens = count
        self._engine.check(self._low.llama_decode(self._engine.context, batch))
        self._engine.synchronize()
        self._at += count

    def log_probabilities(self, tokens: Sequence[int]) -> NDArray[float32]:
        """Go on with tokens; what follows each of them, as natural logarithms: a row a token, a column an entry.

        Raises NotANumberError where llama.cpp computed none.
        """
        import numpy as np

        self.decode(tokens, every_row=True)
        found = np.empty((len(tokens), self._engine.n_vocab), np.float32)
        for row in range(len(tokens)):
            logits = self._logits.row(row)
            top = float(logits.max())
            np.subtract(logits, top, out=found[row])
            total = float(np.exp(found[row]).sum(dtype=np.float64))
            if not (np.isfinite(top) and np.isfinite(total)):
                raise NotANumberError
            found[row] -= np.float32(np.log(total))
        return found
