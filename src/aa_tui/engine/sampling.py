"""Choosing the next token, from explicit settings; greedy and nucleus sampling at a small part of llama.cpp's cost.

llama.cpp's chain writes an array of candidates for every token of the vocabulary and sorts them where no top_k bounds
them: with 166,144 tokens that takes milliseconds for each choice, a tenth of a decode step of 16 sequences. What is
here gives the same distribution (see `Nucleus`) without sorting.
"""

from __future__ import annotations

from math import exp, inf, isfinite, log
from random import Random
from typing import TYPE_CHECKING, Protocol

from aa_tui.engine.logits import BLOCK, Logits, NotANumberError

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

    from aa_tui.engine.settings import SamplerSettings

TRIES = 24
"""Draws before the nucleus is sorted out. At the usual settings two are rarely needed."""


class Sampler(Protocol):
    """Chooses tokens for one sequence, with a state of its own (random numbers, last tokens)."""

    def choose(self, row: int = -1) -> int:
        """The next token from a row of the last batch. Raises NotANumberError where the logits are none."""
        ...

    def close(self) -> None:
        """Free what it holds; it cannot be used after."""
        ...


def sampler(logits: Logits, settings: SamplerSettings) -> Sampler:
    """A sampler of its own for one sequence."""
    if settings.top_k > 0 or (settings.repeat_penalty != 1.0 and settings.repeat_last_n != 0):
        return Chain(logits, settings)
    return Greedy(logits) if settings.temperature <= 0.0 else Nucleus(logits, settings)


class Greedy:
    """The likeliest token, of equals the first: as llama.cpp's greedy sampler."""

    def __init__(self, logits: Logits) -> None:
        self._logits = logits

    def choose(self, row: int = -1) -> int:
        """The next token."""
        values = self._logits.row(row)
        found = int(values.argmax())  # NaN counts as the largest
        if not isfinite(values[found]):
            raise NotANumberError
        return found

    def close(self) -> None:
        """Nothing to free."""


class Nucleus:
    """Temperature with top_p and min_p, exactly and without sorting, by rejection.

    The distribution is that of llama.cpp's order (common/sampling.cpp): of the softmax at temperature 1 the likeliest
    tokens whose mass reaches top_p are kept, of these the ones with at least min_p times the likeliest's probability,
    and from what is left one is drawn with weights exp(logit / temperature). Here a token is drawn from the whole
    vocabulary with weights q, and taken if the mass of the likelier ones is below top_p (which is when it is kept), its
    probability is at least min_p's, and with probability exp(logit / temperature) / q up to a constant; else another
    is drawn. With q = exp(logit) below temperature 1, one exponential for each token of the vocabulary is all it takes.
    Tokens equal to the least likely one that is kept are kept too.
    """

    def __init__(self, logits: Logits, settings: SamplerSettings) -> None:
        self._logits = logits
        self._random = Random(settings.seed)
        self._temperature = settings.temperature
        self._top_p = settings.top_p
        self._least = log(settings.min_p) if settings.min_p > 0.0 else -inf
        self._is_cold = settings.temperature < 1.0

    def choose(self, row: int = -1) -> int:
        """The next token."""
        import numpy as np

        logits = self._logits
        values, distances, weights = logits.row(row), logits.distances, logits.weights
        highest = values.max()
        if not isfinite(highest):
            raise NotANumberError
        np.subtract(values, highest, out=distances)
        if self._is_cold:
            np.exp(distances, out=weights)
        else:
            np.multiply(distances, 1.0 / self._temperature, out=weights)
            np.exp(weights, out=weights)
        ends = np.einsum("ij->i", logits.blocks).cumsum(dtype=np.float64)
        for _ in range(TRIES):
            token = self._draw(ends)
            if token is not None and self._takes(token, float(ends[-1])):
                return token
        return self._sorted_out()

    def _draw(self, ends: NDArray[float64]) -> int | None:
        """A token by the weights; None where rounding leads beside one."""
        target = self._random.random() * float(ends[-1])
        block = min(int(ends.searchsorted(target, "right")), len(ends) - 1)
        before = float(ends[block - 1]) if block else 0.0
        inside = self._logits.blocks[block].cumsum(dtype="float64")
        token = block * BLOCK + int(inside.searchsorted(target - before, "right"))
        is_one = token < min((block + 1) * BLOCK, self._logits.n_vocab) and self._logits.weights[token] > 0.0
        return token if is_one else None

    def _takes(self, token: int, total: float) -> bool:
        distance = float(self._logits.distances[token])
        if distance == 0.0:  # none is likelier
            return True
        if distance < self._least:
            return False
        if self._is_cold and self._random.random() >= exp(distance * (1.0 / self._temperature - 1.0)):
            return False
        return self._top_p >= 1.0 or self._is_kept(distance, total)

    def _is_kept(self, distance: float, total: float) -> bool:
        """Whether the tokens likelier than this have less than top_p of the mass."""
        import numpy as np

        distances, weights, likelier = self._logits.distances, self._logits.weights, self._logits.likelier
        if not self._is_cold and self._temperature != 1.0:
            weights = np.exp(distances)
            total = float(weights.sum())
        np.greater(distances, distance, out=likelier)  # ones and zeros: a sum over a mask takes ten times as long
        return float(np.einsum("i,i->", weights, likelier)) < self._top_p * total

    def _sorted_out(self) -> int:
        """Where draws keep being refused (hot, or a cold draw of a flat distribution): from what is kept alone."""
        import numpy as np

        distances = self._logits.distances
        mass = np.exp(distances.astype(np.float64))
        least = self._least
        if self._top_p < 1.0:
            falling = np.sort(distances)[::-1]
            reached = np.exp(falling.astype(np.float64)).cumsum()
            last = min(int(reached.searchsorted(self._top_p * mass.sum())), len(falling) - 1)
            least = max(least, float(falling[last]))
        kept = np.flatnonzero(distances >= least)
        reached = np.exp(distances[kept].astype(np.float64) / self._temperature).cumsum()
        place = int(reached.searchsorted(self._random.random() * reached[-1], "right"))
        return int(kept[min(place, len(kept) - 1)])

    def close(self) -> None:
        """Nothing to free."""


class Chain:
    """llama.cpp's own chain, for what it alone has (penalties) or is quick at (top_k).

    The order is llama.cpp's own (common/sampling.cpp): penalties, top_k, top_p, min_p, temperature, choice.
    """

    def __init__(self, logits: Logits, settings: SamplerSettings) -> None:
        self._logits = logits
        self._low = low = logits.low
        self._pointer: int | None = low.llama_sampler_chain_init(low.llama_sampler_chain_default_params())

        def add(link: int) -> None:
            low.llama_sampler_chain_add(self._pointer, link)

        if settings.repeat_penalty != 1.0 and settings.repeat_last_n != 0:
            penalty = settings.repeat_penalty
            add(low.llama_sampler_init_penalties(logits.n_vocab, settings.repeat_last_n, penalty, 0.0, 0.0))
        if settings.temperature <= 0.0:  # the likeliest token survives every filter
            add(low.llama_sampler_init_greedy())
            return
        if settings.top_k > 0:
            add(low.llama_sampler_init_top_k(settings.top_k))
        if settings.top_p < 1.0:
            add(low.llama_sampler_init_top_p(settings.top_p, 1))
        if settings.min_p > 0.0:
            add(low.llama_sampler_init_min_p(settings.min_p, 1))
        add(low.llama_sampler_init_temp(settings.temperature))
        add(low.llama_sampler_init_dist(settings.seed & 0xFFFFFFFF))

    def choose(self, row: int = -1) -> int:
        """The next token."""
        if not isfinite(self._logits.row(row).max()):  # llama.cpp would choose something
            raise NotANumberError
        return int(self._low.llama_sampler_sample(self._pointer, self._logits.context, row))

    def close(self) -> None:
        """Free the chain."""
        if self._pointer is not None:
            self._low.llama_sampler_free(self._pointer)
            self._pointer = None
