"""The summary of a model page: a few short paragraphs made from figures and their standing in the class."""

from aa_tui.analysis import display, untold, words
from aa_tui.analysis.classes import ComparisonClass
from aa_tui.analysis.licences import licence
from aa_tui.analysis.model import Model, metric_value
from aa_tui.analysis.stats import standing

# By quarter of the class, lowest first, as for the phrases of a standing.
_INTELLIGENCE_LEAD = (
    "at the lower end in intelligence",
    "below average in intelligence",
    "above average in intelligence",
    "amongst the leading models in intelligence",
)
_PRICE_LEAD = ("well priced", "moderately priced", "somewhat expensive", "expensive")


def summary(model: Model, cls: ComparisonClass | None, n_providers: int = 0) -> list[str]:
    """Two to five paragraphs about the model; without a class (None) the figures stand without comparison.

    `n_providers` is how many APIs are known to sell it, whatever its published price says.
    """
    paragraphs = (
        _intelligence(model, cls),
        _tokens_and_price(model, cls, n_providers),
        _speed(model, cls),
        _facts(model),
        _class(model, cls),
    )
    return [paragraph for paragraph in paragraphs if paragraph]


def _intelligence(model: Model, cls: ComparisonClass | None) -> str:
    lead = _lead(model, cls)
    score = metric_value(model, "intelligence_index")
    if score is None:
        return f"{lead} Its {words.index_name(model)} score is not published."
    estimate = ", an estimate," if model.index_is_estimate else ""
    remark = words.remark(model, "intelligence_index", cls)
    rank = words.rank(model, "intelligence_index", cls)
    place = f" and ranks {rank}" if rank else ""
    return f"{lead} It scores {display.index(score)}{estimate} on the {words.index_name(model)}{remark}{place}."


def _lead(model: Model, cls: ComparisonClass | None) -> str:
    """Intelligence and price in one sentence; without either, or alone in its class, what the model is."""
    claims = _claims(model, cls) if cls and cls.count > 1 else ""
    if not claims:
        weights = {True: "an open-weights", False: "a proprietary", None: "a"}[untold.open_weights(model)]
        return f"{model.name} is {weights} model{f' by {model.creator}' if model.creator else ''}."
    others = "open-weights models of similar size" if model.open_weights else "models of similar price"
    return f"{model.name} is {claims}, compared with other {others}."


def _claims(model: Model, cls: ComparisonClass) -> str:
    intelligence = standing(model, "intelligence_index", cls).meter
    price = standing(model, "blended_price_usd_per_m", cls).meter
    claims = []
    if intelligence:
        claims.append(_INTELLIGENCE_LEAD[intelligence - 1])
    if price:
        claims.append(_PRICE_LEAD[price - 1])
    both_good_or_both_bad = intelligence and price and (intelligence > 2) == (price <= 2)
    return (" and " if both_good_or_both_bad else " but ").join(claims)


def _tokens_and_price(model: Model, cls: ComparisonClass | None, n_providers: int) -> str:
    sentences = []
    tokens = metric_value(model, "index_output_tokens_m")
    if tokens is not None:
        remark = words.remark(model, "index_output_tokens_m", cls)
        sentences.append(f"It used {display.tokens_m(tokens)} output tokens on one pass over the index{remark}.")
    price_in = metric_value(model, "price_in_usd_per_m")
    price_out = metric_value(model, "price_out_usd_per_m")
    if price_in is None or price_out is None:
        sentences.append("Its price is not published.")
        return " ".join(sentences)
    remark_in = words.remark(model, "price_in_usd_per_m", cls)
    remark_out = words.remark(model, "price_out_usd_per_m", cls)
    evaluated = metric_value(model, "cost_to_run_usd")
    sentences.append(
        f"It costs {display.usd(price_in)} per 1M input tokens{remark_in}"
        f" and {display.usd(price_out)} per 1M output tokens{remark_out}"
        + (f"; it cost {display.usd(evaluated)} to evaluate." if evaluated is not None else ".")
    )
    if words.is_unsold(model):
        others = f", though others list {'one' if n_providers == 1 else n_providers}" if n_providers else ""
        knows = "the table of its figures knows no API that sells it" if n_providers else "no API is known to sell it"
        sentences.append(f"A price of $0.00 means that {knows}{others}.")
    return " ".join(sentences)


def _speed(model: Model, cls: ComparisonClass | None) -> str:
    sentences = []
    tps = metric_value(model, "output_tps")
    if tps is not None:
        remark = words.remark(model, "output_tps", cls)
        sentences.append(f"Served by an API, it writes {display.speed(tps)} tokens per second{remark}.")
    ttft_s = metric_value(model, "ttft_s")
    if ttft_s is not None:
        remark = words.remark(model, "ttft_s", cls)
        sentences.append(f"Its first token arrives after {display.seconds(ttft_s)}{remark}.")
    e2e_s = metric_value(model, "e2e_s")
    if e2e_s is not None:
        remark = words.remark(model, "e2e_s", cls)
        sentences.append(f"An answer of 500 tokens is complete after {display.seconds(e2e_s)}{remark}.")
    return " ".join(sentences)


def _facts(model: Model) -> str:
    kind = {True: "a reasoning model", False: "a non-reasoning model", None: "a model"}[untold.reasoning(model)]
    about = _modalities(model)
    sentences = [f"It is {kind}{about}."] if about or untold.is_told(model, "reasoning") else []
    if context := words.context_size(model):
        sentences.append(f"Its context window holds {context}.")
    if parameters := words.parameters(model):
        sentences.append(f"It has {parameters}.")
    if model.release_date:
        by = f" by {model.creator}" if model.creator else ""
        sentences.append(f"It was released on {display.long_date(model.release_date)}{by}.")
    if model.license:
        sentences.append(f"Its licence is {licence(model.license).name}.")
    return " ".join(sentences)


def _modalities(model: Model) -> str:
    takes = f"takes {words.kinds(model.input_modalities)}" if model.input_modalities else ""
    produces = f"produces {words.kinds(model.output_modalities)}" if model.output_modalities else ""
    does = " and ".join(filter(None, (takes, produces)))
    return f" that {does}" if does else ""


def _class(model: Model, cls: ComparisonClass | None) -> str:
    table = f" The figures are from the table of {display.long_date(model.as_of)}." if model.as_of else ""
    if cls is None:
        missing = "the number of its parameters" if model.open_weights else "its price"
        return f"It is compared with no other model, because {missing} is not published.{table}"
    return f"{cls.explanation} Averages are class medians.{table}"
