"""A grammar at work: what it allows next. One sequence's, over llama.cpp's own grammar sampler.

To ask about one token takes microseconds, about 166,144 of them some 40 ms. All are asked about with a sieve: a token
whose first byte the grammar refuses is refused, and every byte is a token of most vocabularies.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

from aa_tui.engine.errors import EngineError

if TYPE_CHECKING:
    from numpy import bool_, int32
    from numpy.typing import NDArray

    from aa_tui.engine.vocabulary import Vocabulary

_TOKEN_DATA = [("id", "i4"), ("logit", "f4"), ("p", "f4")]  # struct llama_token_data


class Gate:
    """Asks the grammar `gbnf`, whose root is "root". Raises EngineError where it does not parse.

    One must have been tried by `aa_tui.engine.grammars` before it gets into a process that is to live on.
    """

    def __init__(self, low: Any, words: Vocabulary, gbnf: str) -> None:
        self._low = low
        self._words = words
        self._pointer: int | None = low.llama_sampler_init_grammar(words.pointer, gbnf.encode(), b"root")
        if not self._pointer or not gbnf.strip():
            self.close()
            raise EngineError("it is no grammar that llama.cpp can parse, without left recursion")
        self._data = (low.llama_token_data * 1)()
        self._one = low.llama_token_data_array(self._data, 1, -1, False)
        self._one_pointer = ctypes.byref(self._one)

    def allows(self, token: int) -> bool:
        """Whether the grammar allows this token next; an end of generation only where it may be over."""
        entry = self._data[0]
        entry.id, entry.logit = token, 0.0
        self._low.llama_sampler_apply(self._pointer, self._one_pointer)
        return bool(entry.logit == 0.0)

    def allowed(self, tokens: NDArray[int32]) -> NDArray[bool_]:
        """The same for many."""
        import numpy as np

        entries = np.zeros(len(tokens), _TOKEN_DATA)
        entries["id"] = tokens
        low = self._low
        data = entries.ctypes.data_as(ctypes.POINTER(low.llama_token_data))
        array = low.llama_token_data_array(data, len(entries), -1, False)
        low.llama_sampler_apply(self._pointer, ctypes.byref(array))
        found: NDArray[bool_] = entries["logit"] == 0.0
        return found

    def all_allowed(self) -> NDArray[int32]:
        """Every token that the grammar allows next, by number."""
        import numpy as np

        sieve = self._words.sieve()
        passes = self.allowed(sieve.firsts)
        groups = [group for group, is_allowed in zip(sieve.groups, passes, strict=True) if is_allowed]
        tokens = np.sort(np.concatenate([sieve.others, *groups]))
        return tokens[self.allowed(tokens)]

    def accept(self, token: int) -> None:
        """Go on behind a token, which must be allowed: of any other llama.cpp dies."""
        self._low.llama_sampler_accept(self._pointer, token)

    def close(self) -> None:
        """Free it; calling it again does nothing."""
        if self._pointer:
            self._low.llama_sampler_free(self._pointer)
            self._pointer = None
