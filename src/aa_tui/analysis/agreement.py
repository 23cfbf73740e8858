"""Whether graders and people agree: how often, and in which ways they do not. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from aa_tui.analysis.intervals import Score, Tally, clustered
from aa_tui.outcomes import Outcome

Label = Literal["right", "wrong", "unclear"]
"""What a person says of an answer."""

LABELS: tuple[Label, ...] = get_args(Label)

Kind = Literal["agree", "wrong_accept", "wrong_reject", "undecided", "unclear", "not_compared"]
"""How an outcome stands to a label.

wrong_accept: graded correct, labelled wrong. wrong_reject: graded as no right answer, labelled right. undecided: the
grader could not tell. unclear: the person could not. not_compared: no grader judged it, or it failed.
"""

REJECTED = frozenset({Outcome.WRONG, Outcome.NO_ANSWER, Outcome.NO_SINGLE_ANSWER})
"""Outcomes by which a grader says that there is no right answer."""

JUDGED = REJECTED | {Outcome.CORRECT, Outcome.UNDECIDED}
"""Outcomes that are a grader's. The others say how a text ended, which nobody need look at."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many labelled answers there are of each kind. `score` is the share of those compared that agree."""

    n: int
    agree: int
    wrong_accepts: int
    wrong_rejects: int
    undecided: int
    unclear: int
    not_compared: int
    score: Score | None

    @property
    def n_compared(self) -> int:
        """Answers that both the grader and the person found right or wrong."""
        return self.agree + self.wrong_accepts + self.wrong_rejects


def kind_of(outcome: str | None, label: Label) -> Kind:
    """How the outcome of an answer stands to its label."""
    if label == "unclear":
        return "unclear"
    if outcome == Outcome.UNDECIDED:
        return "undecided"
    if outcome == Outcome.CORRECT:
        return "agree" if label == "right" else "wrong_accept"
    if outcome in REJECTED:
        return "agree" if label == "wrong" else "wrong_reject"
    return "not_compared"


def disagree(outcome: str | None, label: str | None) -> bool:
    """Whether a grader accepts what a person rejects, or the other way round. No label, no disagreement."""
    return label in LABELS and kind_of(outcome, label) in ("wrong_accept", "wrong_reject")


def agreement(labelled: Iterable[tuple[str, str | None, Label]]) -> Agreement:
    """Add up items' ids, outcomes and labels. The interval is Wilson's, repeats of an item being one cluster."""
    kinds: Counter[Kind] = Counter()
    tallies: dict[str, list[bool]] = {}
    for item_id, outcome, label in labelled:
        kind = kind_of(outcome, label)
        kinds[kind] += 1
        if kind in ("agree", "wrong_accept", "wrong_reject"):
            tallies.setdefault(item_id, []).append(kind == "agree")
    return Agreement(
        n=kinds.total(),
        agree=kinds["agree"],
        wrong_accepts=kinds["wrong_accept"],
        wrong_rejects=kinds["wrong_reject"],
        undecided=kinds["undecided"],
        unclear=kinds["unclear"],
        not_compared=kinds["not_compared"],
        score=clustered([Tally(sum(hits), len(hits)) for hits in tallies.values()]) if tallies else None,
    )
