"""How a solver reads: one form for each way of saying a thing, and nothing that no form says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

Solver = Callable[[str], str]
"""From the text that is sent for an item to the answer that it asks for. Raises AssertionError for unknown wording."""

Rule = Callable[..., Any]
T = TypeVar("T")

_ENDING = re.compile(r'\n\nEnd with a line of its own, "Answer: [^\n]*')


def asked(text: str) -> str:
    """The question without the paragraph on how to end the answer."""
    question, endings = _ENDING.subn("", text)
    assert endings == 1, text
    return question


def parts(text: str, form: str) -> tuple[Any, ...]:
    """The words (str) and whole numbers (int) in the places of the form, which the whole text must have."""
    match = re.fullmatch(form, text, re.DOTALL)
    assert match is not None, f"not of the form {form}: {text}"
    return tuple(int(part) if re.fullmatch(r"-?\d+", part) else part for part in match.groups())


def form_of(text: str, forms: Iterable[str]) -> str:
    """The one form that the whole text has."""
    found = [form for form in forms if re.fullmatch(form, text, re.DOTALL)]
    assert len(found) == 1, f"{len(found)} forms say: {text}"
    return found[0]


def read(text: str, forms: Mapping[str, Rule]) -> Any:
    """What the rule of the one form that the whole text has makes of the words and numbers in it."""
    form = form_of(text, forms)
    return forms[form](*parts(text, form))


def by_form(forms: Mapping[str, Rule]) -> Solver:
    """A solver for questions of these forms."""
    return lambda text: str(read(asked(text), forms))


def only(found: Iterable[T]) -> T:
    """The one thing found."""
    things = list(found)
    assert len(things) == 1, f"{len(things)} found"
    return things[0]


def listed(text: str, form: str = r"- (.*)") -> list[tuple[Any, ...]]:
    """The words and numbers in the places of the form, which each line must have."""
    return [parts(line, form) for line in text.split("\n")]


@dataclass(frozen=True, slots=True)
class Clue:
    """A sentence about where things are."""

    rule: Rule
    parts: tuple[str | int, ...]

    @classmethod
    def said(cls, text: str, forms: Mapping[str, Rule]) -> Clue:
        form = form_of(text, forms)
        return cls(forms[form], parts(text, form))

    def decided(self, places: Mapping[str, int]) -> bool:
        """Whether the places of all things in it are known."""
        return all(part in places for part in self.parts if isinstance(part, str))

    def holds(self, places: Mapping[str, int]) -> bool:
        return bool(self.rule(*(places[part] if isinstance(part, str) else part for part in self.parts)))
