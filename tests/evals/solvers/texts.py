"""Questions about long texts, answered by reading every sentence."""

from __future__ import annotations

import re
from typing import Any

from tests.evals.solvers.reading import asked, only, parts

_FORM = r"Read this text\. A question about it follows at its end\.\n\n(.*)\n\nQuestion: "
_FILLER = r"The (?!code of )[a-z' ]+\."


def _facts(text: str, form: str) -> list[tuple[Any, ...]]:
    """The words and numbers of the sentences of this form; all others must be about something else."""
    found = []
    for sentence in re.split(r"(?<=\.)\s+", text):
        if not re.fullmatch(_FILLER, sentence):
            found.append(parts(sentence, form))
    return found


def code(text: str) -> str:
    """The code of one thing, whether others have codes too or not."""
    story, name = parts(asked(text), _FORM + r"What is the code of the ([\w ]+)\?")
    return str(
        only(number for thing, number in _facts(story, r"The code of the (\w+ \w+) is (\d+)\.") if thing == name)
    )


def trace(text: str) -> str:
    """The number that a card shows, or the card whose number it shows."""
    story, card = parts(asked(text), _FORM + r"Which number does card (\w+) show\?")
    facts = _facts(story, r"Card (\w+) shows (?:the number|the same number as card) (\w+)\.")
    while isinstance(card, str):
        card = only(shown for name, shown in facts if name == card)
    return str(card)


def count(text: str) -> str:
    """How often a heron landed, among gulls."""
    (story,) = parts(asked(text), _FORM + r"How many times does the text say that a heron landed somewhere\?")
    return str(sum(bird == "heron" for (bird,) in _facts(story, r"A (heron|gull) landed on [a-z' ]+\.")))


def total(text: str) -> str:
    """The sum of one person's coins."""
    story, person = parts(asked(text), _FORM + r"How many coins did (\w+) put into the box in all\?")
    facts = _facts(story, r"(\w+) put (\d+) coins into the box\.")
    return str(sum(coins for name, coins in facts if name == person))
