"""The questions that a model page answers, each from the data; what is not published is said to be so."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aa_tui.analysis import display, untold, words
from aa_tui.analysis.classes import ComparisonClass
from aa_tui.analysis.licences import licence
from aa_tui.analysis.model import Model, metric_value

Key = Literal[
    "released",
    "creator",
    "intelligence",
    "tokens",
    "reasoning",
    "input",
    "output",
    "images",
    "multimodal",
    "context",
    "weights",
    "parameters",
    "licence",
    "meaning",
    "providers",
    "hosting",
]
"""Which question it is, whatever its words."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question that readers ask of a model, and its answer in one to three sentences. `key` is the same for all."""

    key: Key
    question: str
    answer: str


MOST_NAMED = 8
"""So many API providers are named in a sentence."""


def faq(model: Model, cls: ComparisonClass | None, providers: Sequence[str] = ()) -> list[Question]:
    """Questions and answers about a model; `providers` names the APIs that sell it, the cheapest first, where known."""
    name = model.name
    return [
        Question("released", f"When was {name} released?", _released(model)),
        Question("creator", f"Who created {name}?", _creator(model)),
        Question("intelligence", f"How intelligent is {name}?", _intelligence(model, cls)),
        Question("tokens", f"How many tokens does {name} use on the Intelligence Index?", _tokens(model, cls)),
        Question("reasoning", f"Is {name} a reasoning model?", _reasoning(model)),
        Question("input", f"What input does {name} take?", _modalities(model.input_modalities, "input", "takes")),
        Question(
            "output", f"What output does {name} produce?", _modalities(model.output_modalities, "output", "produces")
        ),
        Question("images", f"Does {name} take images?", _images(model)),
        Question("multimodal", f"Is {name} multimodal?", _multimodal(model)),
        Question("context", f"What is the context window of {name}?", _context(model)),
        Question("weights", f"Are the weights of {name} open?", _weights(model)),
        Question("parameters", f"How many parameters does {name} have?", _parameters(model)),
        Question("licence", f"Which licence does {name} have, and does it allow commercial use?", _licence(model)),
        Question("meaning", f"What does the score of {name} mean?", _meaning(model, cls)),
        Question("providers", f"Which API providers sell {name}?", _providers(model, providers)),
        Question("hosting", f"Where can {name} be hosted or run?", _hosting(model, providers)),
    ]


def _released(model: Model) -> str:
    if model.release_date is None:
        return "Its release date is not published."
    return f"It was released on {display.long_date(model.release_date)}."


def _creator(model: Model) -> str:
    return f"It was created by {model.creator}." if model.creator else "Its creator is not published."


def _intelligence(model: Model, cls: ComparisonClass | None) -> str:
    score = metric_value(model, "intelligence_index")
    if score is None:
        return f"Its {words.index_name(model)} score is not published."
    remark = words.remark(model, "intelligence_index", cls)
    estimate = " That score is an estimate." if model.index_is_estimate else ""
    return f"It scores {display.index(score)} on the {words.index_name(model)}{remark}.{estimate}"


def _tokens(model: Model, cls: ComparisonClass | None) -> str:
    tokens = metric_value(model, "index_output_tokens_m")
    if tokens is None:
        return "The number of tokens it uses on the index is not published."
    remark = words.remark(model, "index_output_tokens_m", cls)
    total = f"It used {display.tokens_m(tokens)} output tokens on one pass over the index{remark}."
    exact = f"Before rounding that is {display.tokens_m_exact(tokens)}"
    if model.reasoning_tokens_m is None or model.answer_tokens_m is None:
        return f"{total} {exact}."
    parts = (
        f"{display.tokens_m_exact(model.reasoning_tokens_m)} of reasoning"
        f" and {display.tokens_m_exact(model.answer_tokens_m)} of answers"
    )
    return f"{total} {exact}: {parts}."


def _reasoning(model: Model) -> str:
    if not untold.is_told(model, "reasoning"):
        return "Its source does not tell."
    if model.reasoning:
        return "Yes. It thinks before it answers, and its reasoning tokens count as output."
    return "No. It answers at once, without reasoning tokens."


def _modalities(modalities: tuple[str, ...], side: str, verb: str) -> str:
    if not modalities:
        return f"Its {side} is not published."
    return f"It {verb} {words.kinds(modalities)}."


def _images(model: Model) -> str:
    if not model.input_modalities:
        return "Its input is not published."
    if "image" in model.input_modalities:
        return "Yes, it takes images as input."
    return f"No, it takes {words.kinds(model.input_modalities)} only."


def _multimodal(model: Model) -> str:
    kinds = tuple(dict.fromkeys(model.input_modalities + model.output_modalities))
    if len(kinds) > 1:
        return f"Yes, it works with {words.kinds(kinds)}."
    if not model.input_modalities or not model.output_modalities:
        return "What it takes and produces is not published in full."
    return f"No, it works with {words.kinds(kinds)} only."


def _context(model: Model) -> str:
    size = words.context_size(model)
    if size is None or model.context_tokens is None:
        return "Its context window is not published."
    return f"Its context window holds {size} of 12-point Arial ({model.context_tokens:,} tokens exactly)."


def _weights(model: Model) -> str:
    if not untold.is_told(model, "open_weights"):
        return "Its source does not tell."
    if not model.open_weights:
        return "No, it is proprietary."
    return f"Yes. They are at {model.weights_url}." if model.weights_url else "Yes. No link to them is published."


def _parameters(model: Model) -> str:
    parameters = words.parameters(model)
    return f"It has {parameters}." if parameters else "The number of its parameters is not published."


def _licence(model: Model) -> str:
    if not model.license:
        if model.open_weights or not untold.is_told(model, "open_weights"):
            return "Its licence is not published."
        return "Its weights are not licensed to the public; the terms of the API that sells it apply."
    known = licence(model.license)
    note = f": {known.note}" if known.note else ""
    answer = {
        "yes": f"Yes, it allows commercial use{note}.",
        "no": "No, it does not allow commercial use.",
        "with conditions": f"It allows commercial use with conditions{note}.",
        "unknown": "Whether it allows commercial use is not known here: read its text.",
    }[known.commercial_use]
    return f"The licence is {known.name}. {answer}"


def _meaning(model: Model, cls: ComparisonClass | None) -> str:
    meaning = (
        f"The {words.index_name(model)} is the weighted mean of the evaluations of one index version,"
        " from 0 to 100; more is better, and scores of different versions cannot be compared."
    )
    score = metric_value(model, "intelligence_index")
    rank = words.rank(model, "intelligence_index", cls)
    if cls is None or rank is None:
        return meaning
    return f"{meaning} A score of {display.index(score)} ranks {rank} in its class ({cls.name})."


def _providers(model: Model, providers: Sequence[str]) -> str:
    if providers:
        count = "One API sells" if len(providers) == 1 else f"{len(providers)} APIs sell"
        if len(providers) > MOST_NAMED:
            return f"{count} it; the cheapest are {words.join(providers[:MOST_NAMED])}."
        return f"{count} it: {words.join(providers)}."
    if words.is_unsold(model):
        return "No API is known to sell it."
    return "An API serves it; this catalog does not say which."


def _hosting(model: Model, providers: Sequence[str]) -> str:
    sentences = [_providers(model, providers)]
    if not untold.is_told(model, "open_weights"):
        sentences.append("Its source does not tell whether its weights are open.")
    elif not model.open_weights:
        sentences.append("Its weights are not open, so it cannot be run on a machine of your own.")
    elif model.weights_url:
        sentences.append(f"Its weights are at {model.weights_url}, to be hosted anywhere.")
        sentences.append("aa-tui can run a GGUF file of it on this machine.")
    else:
        sentences.append("aa-tui can run a GGUF file of it on this machine; no link to its weights is published.")
    return " ".join(sentences)
