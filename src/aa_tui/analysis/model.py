"""What analysis needs to know of a model, and the metrics it can be measured by."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from types import MappingProxyType
from typing import Final, Protocol

from aa_tui.analysis.derived import blended_price_usd_per_m


class Model(Protocol):
    """Published facts of one model variant; None stands for "not published".

    Reasoning and non-reasoning variants of one model are two of these.
    """

    @property
    def slug(self) -> str:
        """Unique among the models that are compared."""

    @property
    def name(self) -> str: ...
    @property
    def creator(self) -> str: ...
    @property
    def release_date(self) -> str | None: ...
    @property
    def reasoning(self) -> bool: ...
    @property
    def open_weights(self) -> bool: ...
    @property
    def untold(self) -> tuple[str, ...]:
        """Of "reasoning" and "open_weights" what no source has told: then the value says nothing."""

    @property
    def total_params_b(self) -> float | None:
        """All weights, in billions."""

    @property
    def active_params_b(self) -> float | None:
        """Weights used per token, in billions; below the total for mixture-of-experts models only."""

    @property
    def context_tokens(self) -> int | None: ...
    @property
    def input_modalities(self) -> tuple[str, ...]:
        """Such as ("text", "image"); empty where not published."""

    @property
    def output_modalities(self) -> tuple[str, ...]: ...
    @property
    def license(self) -> str | None: ...
    @property
    def weights_url(self) -> str | None: ...
    @property
    def intelligence_index(self) -> float | None: ...
    @property
    def index_version(self) -> str | None:
        """Version of the index, such as "v4.0"; scores of two versions are never compared."""

    @property
    def index_is_estimate(self) -> bool: ...
    @property
    def index_output_tokens_m(self) -> float | None:
        """Reasoning and answer tokens of one pass over the index, in millions."""

    @property
    def reasoning_tokens_m(self) -> float | None: ...
    @property
    def answer_tokens_m(self) -> float | None: ...
    @property
    def price_in_usd_per_m(self) -> float | None:
        """Price of 1M input tokens; 0 for an open model that no API sells."""

    @property
    def price_out_usd_per_m(self) -> float | None: ...
    @property
    def output_tps(self) -> float | None:
        """Output tokens per second after the first token."""

    @property
    def ttft_s(self) -> float | None: ...
    @property
    def ttfat_s(self) -> float | None: ...
    @property
    def e2e_s(self) -> float | None: ...
    @property
    def cost_to_run_usd(self) -> float | None:
        """Cost of one pass over the index."""

    @property
    def cost_input_usd(self) -> float | None: ...
    @property
    def cost_reasoning_usd(self) -> float | None: ...
    @property
    def cost_answer_usd(self) -> float | None: ...
    @property
    def openness_index(self) -> float | None: ...
    @property
    def as_of(self) -> str | None:
        """ISO date of the table that the figures come from."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure that models are ranked by.

    `higher_is_better` is None where neither direction is: such a metric is ranked highest first.
    `per_index_version` marks figures that depend on the evaluations of one index version.
    """

    name: str
    label: str
    unit: str
    higher_is_better: bool | None
    short: str
    per_index_version: bool = False


_METRICS: Final = (
    Metric("intelligence_index", "Intelligence Index", "0-100", True, "Index", per_index_version=True),
    Metric("index_output_tokens_m", "Output tokens on the index", "M tokens", None, "Tokens", True),
    Metric("price_in_usd_per_m", "Input price", "USD per 1M tokens", False, "In $/M"),
    Metric("price_out_usd_per_m", "Output price", "USD per 1M tokens", False, "Out $/M"),
    Metric("blended_price_usd_per_m", "Blended price (3:1)", "USD per 1M tokens", False, "Blend $/M"),
    Metric("output_tps", "Output speed", "tokens/s", True, "tok/s"),
    Metric("ttft_s", "Time to first token", "s", False, "TTFT s"),
    Metric("ttfat_s", "Time to first answer token", "s", False, "TTFAT s"),
    Metric("e2e_s", "End-to-end response time", "s per 500-token answer", False, "E2E s"),
    Metric("cost_to_run_usd", "Cost to run the index", "USD", False, "Cost $", per_index_version=True),
    Metric("openness_index", "Openness Index", "0-100", True, "Open"),
)

METRICS: Final[Mapping[str, Metric]] = MappingProxyType({metric.name: metric for metric in _METRICS})
"""Every metric by its name, in the order in which pages show them."""

PRICE_METRICS: Final = frozenset({"price_in_usd_per_m", "price_out_usd_per_m", "blended_price_usd_per_m"})


def counted_value(model: Model, metric: str) -> float | None:
    """What the model adds to averages and ranks of its class, in the metric's unit; None where that is nothing.

    There a missing price of an open model counts as 0, as published (artificialanalysis.ai/methodology); the model
    itself has no price for that. Raises KeyError for a name that is not in METRICS.
    """
    missing = 0.0 if model.open_weights and metric in PRICE_METRICS else None
    if METRICS[metric].name == "blended_price_usd_per_m":
        return _blended(*(counted_value(model, name) for name in ("price_in_usd_per_m", "price_out_usd_per_m")))
    value = metric_value(model, metric)
    return missing if value is None else value


def metric_value(model: Model, metric: str) -> float | None:
    """The model's value as published, in the metric's unit; None where it is not.

    Raises KeyError for a name that is not in METRICS.
    """
    if METRICS[metric].name == "blended_price_usd_per_m":
        return _blended(*(metric_value(model, name) for name in ("price_in_usd_per_m", "price_out_usd_per_m")))
    value: float | None = getattr(model, metric)
    return value if value is not None and isfinite(value) else None


def _blended(price_in: float | None, price_out: float | None) -> float | None:
    return None if price_in is None or price_out is None else blended_price_usd_per_m(price_in, price_out)
