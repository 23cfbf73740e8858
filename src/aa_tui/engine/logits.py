"""The logits of llama.cpp's last batch as NumPy arrays over its own memory: nothing is copied."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

from aa_tui.engine.errors import EngineError

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

BLOCK = 512
"""Tokens whose weights are summed together: finding one takes a look at the blocks, then at one of them."""


class NotANumberError(EngineError):
    """The logits are no numbers: nothing can be chosen from them."""

    def __init__(self) -> None:
        super().__init__("llama.cpp computed no number (NaN): the file may be damaged.")


class Logits:
    """The rows of a context's last result, and room to compute with one of them.

    `distances`, `likelier` and `weights` have `n_vocab` elements; `weights` is filled up to whole blocks with zeros.
    They are made once: memory of such a size is slower to get than to fill.
    """

    def __init__(self, low: Any, context: int, n_vocab: int) -> None:
        import numpy as np

        self.low = low
        self.context = context
        self.n_vocab = n_vocab
        self.distances: NDArray[float32] = np.zeros(n_vocab, np.float32)
        self.likelier: NDArray[float32] = np.zeros(n_vocab, np.float32)
        self.blocks: NDArray[float32] = np.zeros((-(-n_vocab // BLOCK), BLOCK), np.float32)
        self.weights: NDArray[float32] = self.blocks.reshape(-1)[:n_vocab]
        self._rows: dict[int, NDArray[float32]] = {}

    def row(self, index: int) -> NDArray[float32]:
        """The logits of one row of the batch (-1: the last); valid until the next batch is decoded."""
        pointer = self.low.llama_get_logits_ith(self.context, index)
        if not pointer:
            raise EngineError("llama.cpp kept no logits of this token.")
        address = ctypes.addressof(pointer.contents)
        found = self._rows.get(address)
        if found is None:
            import numpy as np

            # llama.cpp reuses one buffer: as many addresses as there are rows, until the buffer grows
            found = self._rows[address] = np.ctypeslib.as_array(pointer, (self.n_vocab,))
        return found
