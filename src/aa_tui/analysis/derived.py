"""Figures computed from other figures, one formula a function.

The definitions are those of artificialanalysis.ai/methodology/performance-benchmarking unless a function
names another page. Every argument and result carries its unit in its name.
"""

from dataclasses import dataclass
from typing import Final

DEFAULT_REASONING_TOKENS: Final = 2_000
"""Reasoning tokens assumed per query where a model's own mean has not been measured."""

ANSWER_TOKENS: Final = 500
"""Length of the answer that the end-to-end response time is quoted for."""

PAGES_PER_1000_TOKENS: Final = 1.5
"""A4 pages of 12-point Arial that 1,000 tokens fill."""


def blended_price_usd_per_m(price_in_usd_per_m: float, price_out_usd_per_m: float) -> float:
    """Price per 1M tokens at three input tokens to one output token: (3 × input + output) / 4."""
    return (3 * price_in_usd_per_m + price_out_usd_per_m) / 4


def thinking_time_s(
    output_tps: float, *, reasoning: bool, mean_reasoning_tokens: float = DEFAULT_REASONING_TOKENS
) -> float:
    """Seconds between the first token and the first answer token: reasoning tokens / output speed.

    A non-reasoning model thinks for 0 s, whatever its speed.
    Raises ValueError for a reasoning model whose speed is not positive.
    """
    if not reasoning:
        return 0.0
    return _seconds_for(mean_reasoning_tokens, output_tps)


def ttfat_s(ttft_s: float, thinking_s: float) -> float:
    """Time to first answer token: time to first token + thinking time."""
    return ttft_s + thinking_s


def e2e_s(ttfat_s: float, output_tps: float) -> float:
    """End-to-end response time of a 500-token answer: TTFAT + 500 / output speed.

    Raises ValueError where the speed is not positive.
    """
    return ttfat_s + _seconds_for(ANSWER_TOKENS, output_tps)


def cost_to_run_usd(
    *,
    input_tokens_m: float,
    reasoning_tokens_m: float,
    answer_tokens_m: float,
    price_in_usd_per_m: float,
    price_out_usd_per_m: float,
) -> float:
    """Cost of one pass over the index; reasoning tokens are billed as output.

    Source: artificialanalysis.ai/methodology/intelligence-benchmarking.
    """
    output_tokens_m = reasoning_tokens_m + answer_tokens_m
    return input_tokens_m * price_in_usd_per_m + output_tokens_m * price_out_usd_per_m


def context_pages(context_tokens: int) -> int:
    """A4 pages of 12-point Arial that fill a context window, to the nearest page: 256,000 tokens are 384."""
    return int(context_tokens * PAGES_PER_1000_TOKENS / 1_000 + 0.5)


@dataclass(frozen=True, slots=True)
class OpennessPoints:
    """Points of the openness index, 0 to 3 each; pre- and post-training data count as one by their mean.

    Source: artificialanalysis.ai/methodology/openness-index.
    """

    weights_access: float
    weights_licence: float
    pretraining_data_access: float
    posttraining_data_access: float
    pretraining_data_licence: float
    posttraining_data_licence: float
    methodology_disclosure: float
    methodology_licence: float

    def __post_init__(self) -> None:
        """Raise ValueError for points outside 0 to 3."""
        for name in self.__slots__:
            if not 0 <= getattr(self, name) <= 3:
                raise ValueError(f"{name} must lie between 0 and 3, not {getattr(self, name)}")

    @property
    def availability(self) -> float:
        """Points for the weights, of 6."""
        return self.weights_access + self.weights_licence

    @property
    def transparency(self) -> float:
        """Points for data and methodology, of 12."""
        data_access = (self.pretraining_data_access + self.posttraining_data_access) / 2
        data_licence = (self.pretraining_data_licence + self.posttraining_data_licence) / 2
        return data_access + data_licence + self.methodology_disclosure + self.methodology_licence


def openness_index(points: OpennessPoints) -> float:
    """Openness on a scale of 0 to 100: the points' share of the 18 possible ones."""
    return (points.availability + points.transparency) / 18 * 100


def _seconds_for(tokens: float, output_tps: float) -> float:
    if not output_tps > 0:
        raise ValueError(f"output speed must be positive, not {output_tps} tokens/s")
    return tokens / output_tps
