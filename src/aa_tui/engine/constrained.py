"""Choosing tokens that a grammar allows, as if all others had been left out before anything else: exactly, and mostly
at the cost of asking about one token.

The likeliest token (greedy), or one drawn without truncation, is what it would be among the allowed ones if it is
allowed itself. With top_k, top_p or min_p the likeliest tokens are asked about, as many as decide what is kept: what
top_p keeps depends on the mass of all that is allowed, of which those not asked about are the uncertain part. Only
where that may matter, or nothing of those is allowed, the whole vocabulary is asked about.
"""

from __future__ import annotations

from itertools import chain
from math import isfinite, log
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

from aa_tui.engine.errors import EngineError
from aa_tui.engine.gate import Gate
from aa_tui.engine.gbnf import behind
from aa_tui.engine.logits import NotANumberError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import bool_, float32, int32
    from numpy.typing import NDArray

    from aa_tui.engine.logits import Logits
    from aa_tui.engine.sampling import Sampler
    from aa_tui.engine.settings import SamplerSettings
    from aa_tui.engine.vocabulary import Vocabulary

NEAR = 8.0
"""Logits below the highest within which tokens are asked about first: e^-8 is 0.03 %."""

MOST_NEAR = 1_024
WIDTHS = (512, 8_192)
"""Tokens that are asked about thereafter, before all are."""

MOST_BLANKS = 2
"""Tokens of white space that a model may write between its thinking and its answer."""

MOST_TRIES = 64
"""Tokens tried where one completes a trigger and goes on as the grammar does not."""


class DeadEndError(EngineError):
    """The grammar allows no token of this vocabulary."""

    def __init__(self) -> None:
        super().__init__("the grammar allows nothing that this vocabulary can write next")


class Written(Protocol):
    """What has been written so far, as `aa_tui.engine.output` tells it."""

    @property
    def in_thinking(self) -> bool: ...

    @property
    def has_thought(self) -> bool: ...

    @property
    def is_before_answer(self) -> bool: ...

    def is_mark(self, token: int) -> bool: ...


class Constrained:
    """A sampler that holds the answer to a grammar, from the first trigger text on where there are any.

    `output` tells whether a token would be the answer's; `inner` chooses all that is not. `gbnf` must have been tried.
    """

    def __init__(
        self, inner: Sampler, logits: Logits, settings: SamplerSettings, *, words: Vocabulary, output: Written,
        gbnf: str, triggers: Sequence[str],
    ) -> None:  # fmt: skip
        self._inner = inner
        self._logits = logits
        self._settings = settings
        self._words = words
        self._output = output
        self._gbnf = gbnf
        self._triggers = tuple(one.encode() for one in triggers)
        self._longest = max(map(len, self._triggers), default=0)
        self._recent: list[tuple[int, bytes]] = []  # of the answer, as long as a trigger may begin in it
        self._random = Random(settings.seed)
        self._gate: Gate | None = None if triggers else self._new(gbnf)
        self._has_begun = False
        self._n_blanks = 0
        self._has_penalty = settings.repeat_penalty != 1.0 and settings.repeat_last_n != 0

    def choose(self, row: int = -1) -> int:
        """The next token. Raises NotANumberError, and DeadEndError where the grammar allows none."""
        output = self._output
        if output.in_thinking:
            return self._inner.choose(row)
        if self._gate is None:
            return self._until_trigger(row)
        if not self._has_begun and output.is_before_answer:
            token = self._inner.choose(row)
            if output.is_mark(token) or self._is_blank(token):
                return token
        self._has_begun = True
        token = self._allowed(row)
        while output.is_mark(token):  # of text it may be the same, but it would end the answer
            self._logits.row(row)[token] = float("-inf")
            token = self._allowed(row)
        if not self._words.is_end(token):
            self._gate.accept(token)
        return token

    def close(self) -> None:
        """Free what it holds."""
        self._inner.close()
        if self._gate is not None:
            self._gate.close()

    def _new(self, gbnf: str) -> Gate:
        return Gate(self._logits.low, self._words, gbnf)

    def _is_blank(self, token: int) -> bool:
        """Whether a token is the white space that follows a thinking, of which there is little."""
        if self._output.has_thought and self._n_blanks < MOST_BLANKS and self._words.piece(token).isspace():
            self._n_blanks += 1
            return True
        return False

    # -- before a trigger

    def _until_trigger(self, row: int) -> int:
        for _ in range(MOST_TRIES):
            token = self._inner.choose(row)
            piece = b"" if self._words.is_end(token) else self._words.piece(token)
            begins = self._found(b"".join(data for _, data in self._recent) + piece)
            if begins is None:
                self._recent.append((token, piece))
                while len(self._recent) > 1 and sum(len(data) for _, data in self._recent[1:]) >= self._longest:
                    del self._recent[0]
                return token
            if self._begin([*self._recent, (token, piece)], begins):
                self._recent.clear()
                return token
            self._logits.row(row)[token] = float("-inf")
        raise DeadEndError

    def _found(self, text: bytes) -> int | None:
        """Where in the text the first trigger begins."""
        places = [at for one in self._triggers if (at := text.find(one)) >= 0]
        return min(places, default=None)

    def _begin(self, tokens: list[tuple[int, bytes]], begins: int) -> bool:
        """Have the grammar begin there, amidst a token or not; whether it allows what has been written since."""
        while begins >= len(tokens[0][1]):
            begins -= len(tokens.pop(0)[1])
        head = tokens[0][1][:begins].decode("utf-8", "ignore")
        gate = self._new(behind(head, self._gbnf) if head else self._gbnf)
        for token, _ in tokens:
            if not gate.allows(token):
                gate.close()
                return False
            gate.accept(token)
        self._gate, self._has_begun = gate, True
        return True

    # -- what the grammar allows

    def _allowed(self, row: int) -> int:
        gate, settings = self._gate, self._settings
        assert gate is not None
        values = self._logits.row(row)
        likeliest = int(values.argmax())
        if not isfinite(values[likeliest]):
            raise NotANumberError
        if self._has_penalty:
            return self._penalised(gate, values, row)
        if settings.temperature <= 0.0:
            return likeliest if gate.allows(likeliest) else self._likeliest(gate, values)
        if not settings.top_k and settings.top_p >= 1.0 and settings.min_p <= 0.0:
            token = self._inner.choose(row)
            return token if gate.allows(token) else self._drawn_of_all(gate, values)
        return self._truncated(gate, values, likeliest)

    def _likeliest(self, gate: Gate, values: NDArray[float32]) -> int:
        import numpy as np

        near = self._near(values)
        found = near[gate.allowed(near)]
        if not len(found):
            found = _some(gate.all_allowed())
            found = found[np.argmax(values[found])][None]  # by number: of equals the first
        return int(found[0])

    def _penalised(self, gate: Gate, values: NDArray[float32], row: int) -> int:
        """With penalties llama.cpp's chain chooses, from what is left of the row."""
        import numpy as np

        refused = np.ones(len(values), bool)
        refused[_some(gate.all_allowed())] = False
        values[refused] = -np.inf
        return self._inner.choose(row)

    def _drawn_of_all(self, gate: Gate, values: NDArray[float32]) -> int:
        found = self._decided(self._sorted(values, _some(gate.all_allowed())), values)
        assert found is not None
        return found

    def _truncated(self, gate: Gate, values: NDArray[float32], likeliest: int) -> int:
        import numpy as np

        settings, logits = self._settings, self._logits
        highest = values[likeliest]
        np.subtract(values, highest, out=logits.distances)
        np.exp(logits.distances, out=logits.weights)
        total = float(np.einsum("i->", logits.weights))
        is_alone = settings.top_k == 1 or (settings.top_p < 1.0 and total * settings.top_p <= 1.0)
        if is_alone and gate.allows(likeliest):
            return likeliest
        for asked in chain([self._near(values)], (self._nearest(values, width) for width in WIDTHS)):
            mass = float(logits.weights[asked].sum(dtype=np.float64))
            found = self._decided(
                asked,
                values,
                gate.allowed(asked),
                lowest=float(values[asked[-1]]),
                unknown=max(total - mass, 0.0),
                highest=float(highest),
            )
            if found is not None:
                return found
        return self._drawn_of_all(gate, values)

    def _decided(
        self, tokens: NDArray[int32], values: NDArray[float32], allowed: NDArray[bool_] | None = None, *,
        lowest: float = float("-inf"), unknown: float = 0.0, highest: float | None = None,
    ) -> int | None:  # fmt: skip
        """A token drawn from what the settings keep of the allowed ones; None where that is not certain.

        `tokens` fall in their logits, and none of the others has one above `lowest`; with `allowed` None they are all
        that are allowed. `unknown` is the mass of the others, in the unit of exp(`highest`).
        """
        import numpy as np

        settings = self._settings
        is_whole = allowed is None
        tokens = tokens if allowed is None else tokens[allowed]
        if not len(tokens):
            return None
        if settings.top_k:
            if len(tokens) < settings.top_k and not is_whole:
                return None
            tokens, unknown, is_whole = tokens[: settings.top_k], 0.0, True
        logits = values[tokens].astype(np.float64)
        first = float(logits[0])
        least = first + log(settings.min_p) if settings.min_p > 0.0 else float("-inf")
        above = int((logits >= least).sum())
        n_kept, is_certain = above, is_whole or lowest <= least
        if settings.top_p < 1.0:
            weights = np.exp(logits - (first if highest is None else highest))
            reached = weights.cumsum()
            likelier, mass = reached - weights, float(reached[-1])
            n_kept = min(int((likelier < settings.top_p * (mass + unknown)).sum()), above)
            n_least = min(int((likelier < settings.top_p * mass).sum()), above)
            is_certain = n_kept == n_least and (is_certain or mass >= settings.top_p * (mass + unknown))
        if not is_certain:
            return None
        shares = np.exp((logits[: max(n_kept, 1)] - first) / settings.temperature).cumsum()
        place = int(shares.searchsorted(self._random.random() * shares[-1], "right"))
        return int(tokens[min(place, len(shares) - 1)])

    def _near(self, values: NDArray[float32]) -> NDArray[int32]:
        """The tokens near the likeliest one, falling; of a flat distribution some of them."""
        import numpy as np

        near = np.flatnonzero(values >= values.max() - NEAR)
        return self._sorted(values, near) if len(near) <= MOST_NEAR else self._nearest(values, WIDTHS[0])

    def _nearest(self, values: NDArray[float32], width: int) -> NDArray[int32]:
        """So many of the likeliest tokens, falling."""
        import numpy as np

        width = min(width, len(values))
        return self._sorted(values, np.sort(np.argpartition(-values, width - 1)[:width]))

    def _sorted(self, values: NDArray[float32], tokens: NDArray[Any]) -> NDArray[int32]:
        found: NDArray[int32] = tokens[(-values[tokens]).argsort(kind="stable")].astype("int32")
        return found


def _some(tokens: NDArray[int32]) -> NDArray[int32]:
    if not len(tokens):
        raise DeadEndError
    return tokens
