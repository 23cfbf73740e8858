"""The words of a page for a model that only a file on this machine tells of.

Nobody was asked about such a model, so nothing may be said of its price, its hosting or its score: this catalog has
no published facts of it, which is not the same as their not being published.
"""

from __future__ import annotations

from dataclasses import replace

from aa_tui.analysis import Question, display, faq
from aa_tui.analysis.questions import Key
from aa_tui.catalog.rows import ModelRow

UNKNOWN = "not in this catalog"
"""In fact tables, where other pages say "not published"."""

NO_FACTS = "This catalog has no published facts of it: it is known from a file on this machine only."


def summary(model: ModelRow) -> list[str]:
    """What can be said: nothing is compared."""
    size = f" It has {display.params_b(model.total_params_b)} parameters." if model.total_params_b else ""
    context = ""
    if model.context_tokens:
        tokens = display.context(model.context_tokens)
        context = f" Its context window holds {tokens} tokens, {display.pages(model.context_tokens)}."
    return [
        f"{model.name} is known from a file on this machine ({model.source_url}); no published figures of it are in "
        f"this catalog, so it has no rank.{size}{context} What was measured here is under “Measured here”."
    ]


def explanation(model: ModelRow, title: str | None) -> str:
    """What stands where other pages say what the model is compared with."""
    if title is None:
        return f"{model.name} is compared with no other model: {NO_FACTS[0].lower()}{NO_FACTS[1:]}"
    lower = title[0].lower() + title[1:] if title.startswith("Models") else title
    return f"{NO_FACTS} It has no rank; the averages shown are those of the {lower} of its size."


def questions(model: ModelRow) -> list[Question]:
    """The questions of every page; those that a file cannot answer say so."""
    answers: dict[Key, str] = {
        "released": NO_FACTS,
        "creator": _creator(model),
        "intelligence": f"{NO_FACTS} It has no score.",
        "tokens": NO_FACTS,
        "reasoning": _reasoning(model),
        "input": _text_only("takes"),
        "output": _text_only("produces"),
        "images": "Its file does not say; aa-tui runs it on text.",
        "multimodal": "Its file does not say; aa-tui runs it on text.",
        "weights": (
            "Its weights are on this machine, in the file that it is known from. "
            "Whether they are published anywhere is not in this catalog."
        ),
        "licence": _licence(model),
        "meaning": f"{NO_FACTS} It has no score.",
        "providers": NO_FACTS,
        "hosting": ("aa-tui can run its file on this machine. Who else hosts or sells it is not in this catalog."),
    }
    told = [replace(one, answer=answers.get(one.key, one.answer)) for one in faq(model, None)]
    return [one for one in told if one.answer != NO_FACTS]  # said once, with the score


def _creator(model: ModelRow) -> str:
    if not model.creator or model.creator == "unknown creator":
        return "Its file names no creator, and this catalog has no published facts of it."
    return f"By its file, it was created by {model.creator}."


def _reasoning(model: ModelRow) -> str:
    if model.reasoning:
        return "Yes, by its file: its chat template has a place for thoughts."
    return "Not by its file: its chat template has no place for thoughts."


def _text_only(verb: str) -> str:
    return f"aa-tui runs it on text, which it {verb}; what else it {verb} is not in this catalog."


def _licence(model: ModelRow) -> str:
    if not model.license:
        return "Its file names none, and this catalog has no published facts of it."
    published = faq(model, None)
    own = next(one.answer for one in published if one.key == "licence")
    return f"By its file: {own[0].lower()}{own[1:]}"
