"""Whose fault failures are, counted: the classes that graders of calls and of structured answers tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from aa_tui.outcomes import Outcome

MODEL, TEMPLATE, PARSER, FORMAT, UNTOLD = "model", "template", "parser", "format", "untold"
WHOSE = (MODEL, TEMPLATE, PARSER, FORMAT, UNTOLD)
WORDS: Mapping[str, str] = {
    MODEL: "the model",
    TEMPLATE: "the template",
    PARSER: "the parser",
    FORMAT: "broken format",
    UNTOLD: "not told",
}
"""How the classes read."""


class Sample(Protocol):
    """What is needed of a sample."""

    @property
    def category(self) -> str: ...
    @property
    def outcome(self) -> str | None: ...
    @property
    def fault(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Faults:
    """Failures of some samples: `by_class` counts each class of WHOSE, `by_fault` each fault by its whole name.

    `n` counts the samples that were graded, `n_failed` those that are not right; errors are in neither.
    """

    n: int
    n_failed: int
    by_class: Mapping[str, int]
    by_fault: Mapping[str, int]

    @property
    def is_told(self) -> bool:
        """Whether a grader told of any failure whose fault it is."""
        return any(self.by_class.get(name) for name in WHOSE[:-1])

    @property
    def n_valid(self) -> int:
        """Samples whose output could be read: all but those with a broken format."""
        return self.n - self.by_class.get(FORMAT, 0)


def count(samples: Iterable[Sample]) -> Faults:
    """Count the failures. What is not graded, or an error of ours, is left out."""
    told = [one for one in samples if one.outcome not in (None, Outcome.ERROR)]
    failed = [one for one in told if one.outcome != Outcome.CORRECT]
    return Faults(
        len(told),
        len(failed),
        Counter(_class(one.fault) for one in failed),
        Counter(one.fault for one in failed if one.fault),
    )


def by_kind(samples: Iterable[Sample]) -> dict[str, Faults]:
    """The same of each kind of question (category), in the order of their names."""
    parts: dict[str, list[Sample]] = {}
    for one in samples:
        parts.setdefault(one.category, []).append(one)
    return {name: count(part) for name, part in sorted(parts.items())}


def _class(fault: str | None) -> str:
    whose = (fault or "").partition(":")[0]
    return whose if whose in WHOSE else UNTOLD
