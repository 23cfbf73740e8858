"""The words of a page for a model that only a file on this machine tells of, or a server that serves it.

Nobody was asked about such a model, so nothing may be said of its price, its hosting or its score: this catalog has
no published facts of it, which is not the same as their not being published.
"""

from __future__ import annotations

from dataclasses import replace

from aa_tui.analysis import Question, display, faq, untold
from aa_tui.analysis.questions import Key
from aa_tui.catalog.rows import FILE_ELSEWHERE, SERVER_ITSELF, ModelRow

UNKNOWN = "not in this catalog"
"""In fact tables, where other pages say "not published"."""

NO_FACTS = "This catalog has no published facts of it: it is known from a file on this machine only."
NO_FACTS_ELSEWHERE = "This catalog has no published facts of it: it is known from a file on another machine only."
NO_FACTS_SERVED = "This catalog has no published facts of it: it is known from a server only."


def teller(model: ModelRow) -> str:
    """What tells of it: its "file" or its "server"."""
    return "server" if model.source_name == SERVER_ITSELF else "file"


def is_elsewhere(model: ModelRow) -> bool:
    """Whether only another machine's runs tell of it, and nothing was measured here."""
    here = (model.here_pp_tps, model.here_tg_tps, model.here_index)
    return model.source_name == FILE_ELSEWHERE and all(one is None for one in here)


def mark(model: ModelRow) -> str:
    """What there is of any model, for the head of its page."""
    if model.is_local:
        there = "⌂ a file elsewhere" if is_elsewhere(model) else "⌂ a file here"
        return "⌂ on a server" if teller(model) == "server" else there
    return {True: "○ open weights", False: "● proprietary", None: "? weights not told"}[untold.open_weights(model)]


def weights(model: ModelRow) -> str:
    """Where its weights are."""
    there = "on another machine" if is_elsewhere(model) else "on this machine"
    return "on a server" if teller(model) == "server" else there


def no_facts(model: ModelRow) -> str:
    """What stands where other pages tell what is published."""
    if teller(model) == "server":
        return NO_FACTS_SERVED
    return NO_FACTS_ELSEWHERE if is_elsewhere(model) else NO_FACTS


def summary(model: ModelRow) -> list[str]:
    """What can be said: nothing is compared."""
    size = f" It has {display.params_b(model.total_params_b)} parameters." if model.total_params_b else ""
    known = "server" if teller(model) == "server" else f"file {weights(model)}"
    context = ""
    if model.context_tokens:
        tokens = display.context(model.context_tokens)
        context = f" Its context window holds {tokens} tokens, {display.pages(model.context_tokens)}."
    return [
        f"{model.name} is known from a {known} ({model.source_url}); no published figures of it are in "
        f"this catalog, so it has no rank.{size}{context} What was measured here is under “Measured here”."
    ]


def explanation(model: ModelRow, title: str | None) -> str:
    """What stands where other pages say what the model is compared with."""
    none = no_facts(model)
    if title is None:
        return f"{model.name} is compared with no other model: {none[0].lower()}{none[1:]}"
    lower = title[0].lower() + title[1:] if title.startswith("Models") else title
    return f"{none} It has no rank; the averages shown are those of the {lower} of its size."


def questions(model: ModelRow) -> list[Question]:
    """The questions of every page; those that a file cannot answer say so."""
    none, its = no_facts(model), teller(model)
    answers: dict[Key, str] = {
        "released": none,
        "creator": _creator(model),
        "intelligence": f"{none} It has no score.",
        "tokens": none,
        "reasoning": _reasoning(model),
        "input": _text_only("takes"),
        "output": _text_only("produces"),
        "images": f"Its {its} does not say; aa-tui runs it on text.",
        "multimodal": f"Its {its} does not say; aa-tui runs it on text.",
        "weights": (
            f"Its weights are {weights(model)}, in the file that it is known from. "
            "Whether they are published anywhere is not in this catalog."
            if its == "file"
            else "Its weights are where its server is. Whether they are published anywhere is not in this catalog."
        ),
        "licence": _licence(model),
        "meaning": f"{none} It has no score.",
        "providers": none,
        "hosting": (
            "aa-tui can run its file on this machine. Who else hosts or sells it is not in this catalog."
            if its == "file"
            else f"It is served at {model.source_url}. Who else hosts or sells it is not in this catalog."
        ),
    }
    told = [replace(one, answer=answers.get(one.key, one.answer)) for one in faq(model, None)]
    return [one for one in told if one.answer != none]  # said once, with the score


def _creator(model: ModelRow) -> str:
    if not model.creator or model.creator == "unknown creator":
        return f"Its {teller(model)} names no creator, and this catalog has no published facts of it."
    return f"By its {teller(model)}, it was created by {model.creator}."


def _reasoning(model: ModelRow) -> str:
    if model.reasoning:
        return f"Yes, by its {teller(model)}: its chat template has a place for thoughts."
    return f"Not by its {teller(model)}: its chat template has no place for thoughts."


def _text_only(verb: str) -> str:
    return f"aa-tui runs it on text, which it {verb}; what else it {verb} is not in this catalog."


def _licence(model: ModelRow) -> str:
    if not model.license:
        return f"Its {teller(model)} names none, and this catalog has no published facts of it."
    published = faq(model, None)
    own = next(one.answer for one in published if one.key == "licence")
    return f"By its {teller(model)}: {own[0].lower()}{own[1:]}"
