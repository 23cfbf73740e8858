"""Small pieces of English that the summary and the questions share."""

from collections.abc import Sequence

from aa_tui.analysis import display
from aa_tui.analysis.classes import ComparisonClass
from aa_tui.analysis.model import Model, metric_value
from aa_tui.analysis.stats import standing


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 21st and so on."""
    if 11 <= number % 100 <= 13:
        return f"{number}th"
    return str(number) + {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def join(words: Sequence[str]) -> str:
    """A list in a sentence: "text", "text and image", "text, image and video"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def kinds(modalities: Sequence[str]) -> str:
    """Modalities in a sentence: "text, images and video"."""
    return join([{"image": "images"}.get(kind, kind) for kind in modalities])


def is_unsold(model: Model) -> bool:
    """Whether no API is known to sell or serve the model: its price is 0 and its speed unknown.

    A speed without a price is that of an API which serves the model free of charge or at an unknown price.
    """
    return not metric_value(model, "blended_price_usd_per_m") and metric_value(model, "output_tps") is None


def remark(model: Model, metric: str, cls: ComparisonClass | None) -> str:
    """How a value compares, to stand behind it: " (well above average; class average 8)".

    Empty where there is no class, or no value.
    """
    if cls is None:
        return ""
    place = standing(model, metric, cls)
    if place.value is None:
        return ""
    if place.of == 1:
        return " (the only published figure in its class)"
    phrase = f"{place.phrase}; " if place.phrase else ""
    return f" ({phrase}class average {display.metric(metric, place.class_median)})"


def rank(model: Model, metric: str, cls: ComparisonClass | None) -> str | None:
    """ "5th of 43"; None without a class, a value, or another model to compare with."""
    if cls is None:
        return None
    place = standing(model, metric, cls)
    if place.rank is None or place.of == 1:
        return None
    return f"{ordinal(place.rank)} of {place.of}"


def index_name(model: Model) -> str:
    """The index with its version, because scores of two versions must not be compared."""
    return f"Intelligence Index {model.index_version}" if model.index_version else "Intelligence Index"


def parameters(model: Model) -> str | None:
    """ "3.93 billion parameters", with the active ones where they differ; None where not published."""
    if model.total_params_b is None:
        return None
    total = display.params_words(model.total_params_b)
    if model.active_params_b is None or model.active_params_b == model.total_params_b:
        return f"{total} parameters"
    return f"{total} parameters in total, {display.params_words(model.active_params_b)} of them active per token"


def context_size(model: Model) -> str | None:
    """ "256k tokens, ~384 A4 pages"; None where not published."""
    if model.context_tokens is None:
        return None
    return f"{display.context(model.context_tokens)} tokens, {display.pages(model.context_tokens)}"
