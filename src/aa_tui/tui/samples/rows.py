"""The samples of one run, and of two runs side by side, as sources of rows with their filters."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aa_tui.analysis import MISSING
from aa_tui.analysis.agreement import JUDGED, disagree
from aa_tui.analysis.lost import LOST, WORDS
from aa_tui.outcomes import OUTCOMES, UNKNOWN, outcome_words
from aa_tui.textsafe import clean_line
from aa_tui.tui.samples.text import HIDDEN, LABEL_MARKS, name_of, outcome_part
from aa_tui.tui.widgets.columns import Column, Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from aa_tui.analysis.lost import Fate
    from aa_tui.catalog.rows import ScoredSample
    from aa_tui.export.labelled import Expected

NOT_GRADED = outcome_words(None)
LABEL_FILTERS = ("not labelled", "labelled", "disagrees")


class SampleList:
    """A run's finished samples: all, or those of one outcome, one category, and labelled in one way or not.

    While one labels `blind`, the verdicts of samples without a label are hidden: from `rows`, and from the filters.
    """

    def __init__(self) -> None:
        self.all: list[ScoredSample] = []
        self.rows: list[ScoredSample] = []
        self.outcome: str | None = None
        self.category: str | None = None
        self.labelled: str | None = None
        self.lost: str | None = None
        self.fates: Mapping[int, Fate] = {}
        self.blind = False

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, index: int) -> ScoredSample | None:
        """The sample at a place in the list."""
        return self.rows[index] if index < len(self.rows) else None

    def index_of(self, sample_id: int | None) -> int | None:
        """Where a sample is in the list."""
        return next((place for place, row in enumerate(self.rows) if row.id == sample_id), None)

    def take(self, rows: Iterable[ScoredSample]) -> None:
        """Other samples, under the same filters as far as they still let anything through."""
        self.all = list(rows)
        if self.outcome not in self.outcomes():
            self.outcome = None
        if self.category not in self.categories():
            self.category = None
        self.filter()

    def filter(self) -> None:
        """List what the filters let through."""
        self.rows = [
            row
            for row in self._shown()
            if self.outcome in (None, row.outcome or NOT_GRADED)
            and self.category in (None, row.category)
            and self.labelled in (None, *_labelled(row))
            and self.lost in (None, self.lost_of(row))
        ]

    def _shown(self) -> list[ScoredSample]:
        return [_hidden(row) for row in self.all] if self.blind else self.all

    @property
    def has_labels(self) -> bool:
        """Whether any sample is labelled."""
        return any(row.label for row in self.all)

    def know(self, fates: Mapping[int, Fate]) -> None:
        """What became of each sample, by its id."""
        self.fates = fates
        if self.lost not in self.losts():
            self.lost = None
        self.filter()

    def fate_of(self, row: ScoredSample) -> Fate | None:
        """What became of a sample; not of one whose verdict is hidden, which it would tell."""
        return None if row.outcome == HIDDEN else self.fates.get(row.id)

    def lost_of(self, row: ScoredSample) -> str | None:
        """The class of a failure, None of other samples."""
        one = self.fate_of(row)
        return None if one is None or one.lost is None else str(one.lost)

    def losts(self) -> dict[str, int]:
        """How many failures of each class there are."""
        found = Counter(self.lost_of(row) for row in self._shown())
        return {str(name): found[name] for name in LOST if found[name]}

    def next_lost(self) -> None:
        """Only the failures that had the right answer and left it, then those of the other classes, in the end all."""
        self.lost = _next(self.lost, list(self.losts()), 1)
        self.filter()

    def outcomes(self) -> dict[str, int]:
        """How many samples of each outcome there are, those that there are."""
        found = Counter(row.outcome or NOT_GRADED for row in self._shown())
        return {name: found[name] for name in (*OUTCOMES, NOT_GRADED, HIDDEN) if found[name]}

    def categories(self) -> dict[str, int]:
        """How many samples of each category there are."""
        return dict(sorted(Counter(row.category for row in self.all).items()))

    def next_outcome(self) -> None:
        """Only the wrong ones, then those of the other outcomes, the right ones last, in the end all again."""
        order = sorted(self.outcomes(), key=lambda name: (name != "wrong", name == "correct"))
        self.outcome = _next(self.outcome, order, 1)
        self.filter()

    def next_category(self, step: int = 1) -> None:
        """Only those of the next category, in the end all again."""
        self.category = _next(self.category, list(self.categories()), step)
        self.filter()

    def next_labelled(self) -> None:
        """Only those that nobody has labelled, then those that somebody has, those on which grader and person disagree,
        in the end all again."""
        self.labelled = _next(self.labelled, list(LABEL_FILTERS), 1)
        self.filter()

    def toggle_blind(self) -> None:
        """Hide the verdicts of what is not labelled, or show them again."""
        self.blind = not self.blind
        self.take(self.all)

    def clear(self) -> None:
        """All samples."""
        self.outcome = self.category = self.labelled = self.lost = None
        self.filter()


def _labelled(row: ScoredSample) -> tuple[str, ...]:
    """Which of the label filters let a sample through."""
    if row.label is None:
        return ("not labelled",)
    return ("labelled", "disagrees") if disagree(row.outcome, row.label) else ("labelled",)


def _hidden(row: ScoredSample) -> ScoredSample:
    """A sample without its verdict, if it is a grader's and nobody has labelled it."""
    if row.label is not None or row.outcome not in JUDGED:
        return row
    return row._replace(outcome=HIDDEN, extracted=None, detail=None, grader=None)


def _next(now: str | None, names: list[str], step: int) -> str | None:
    choices = [None, *names]
    return choices[(choices.index(now) + step) % len(choices)] if now in choices else None


@dataclass(frozen=True, slots=True)
class Pair:
    """The same item in two runs."""

    a: ScoredSample
    b: ScoredSample


PAIR_KINDS = ("only a right", "only b right", "other outcome")
"""Where one of the outcomes is neither right nor wrong, the other is no advantage."""


def kind_of(pair: Pair) -> str | None:
    """How the two differ; None where they do not."""
    if pair.a.outcome == pair.b.outcome:
        return None
    if {pair.a.outcome, pair.b.outcome} & {None, *UNKNOWN}:
        return PAIR_KINDS[2]
    if pair.a.outcome == "correct":
        return PAIR_KINDS[0]
    return PAIR_KINDS[1] if pair.b.outcome == "correct" else PAIR_KINDS[2]


class PairList:
    """The items on which two runs differ. Only items that both have finished can differ."""

    def __init__(self) -> None:
        self.differing: list[Pair] = []
        self.rows: list[Pair] = []
        self.kind: str | None = None
        self.n_common = 0

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, index: int) -> Pair | None:
        """The pair at a place in the list."""
        return self.rows[index] if index < len(self.rows) else None

    def take(self, a: Iterable[ScoredSample], b: Iterable[ScoredSample]) -> None:
        """The samples of both runs."""
        others = {(row.item_id, row.epoch): row for row in b}
        pairs = [Pair(row, others[row.item_id, row.epoch]) for row in a if (row.item_id, row.epoch) in others]
        self.n_common = len(pairs)
        self.differing = [pair for pair in pairs if kind_of(pair) is not None]
        self.filter()

    def filter(self) -> None:
        """List what the filter lets through."""
        self.rows = [pair for pair in self.differing if self.kind in (None, kind_of(pair))]

    def counts(self) -> dict[str, int]:
        """How many items differ in each way."""
        found = Counter(kind_of(pair) for pair in self.differing)
        return {name: found[name] for name in PAIR_KINDS}

    def next_kind(self) -> None:
        """Only those that differ in the next way, in the end all again."""
        self.kind = _next(self.kind, [name for name, count in self.counts().items() if count], 1)
        self.filter()


def _tokens(row: ScoredSample) -> int:
    return row.n_thinking + row.n_answer


def _tokens_part(row: ScoredSample, _: int) -> Sequence[Part]:
    return ((f"{_tokens(row):,}", "") if row.is_counted else (MISSING, "faint"),)


def _seconds(row: ScoredSample, _: int) -> Sequence[Part]:
    return ((f"{row.e2e_s:,.1f}", "") if row.e2e_s is not None else (MISSING, "faint"),)


def _label(row: ScoredSample, _: int) -> Sequence[Part]:
    """A label, with a sign where the verdict says otherwise."""
    if row.label is None:
        return ((MISSING, "faint"),)
    return (LABEL_MARKS[row.label], (" ≠" if disagree(row.outcome, row.label) else "", "accent"))


SAMPLES_FIXED: tuple[Column[ScoredSample], ...] = (
    Column("item", "Item", 18, lambda row, _: ((name_of(row), "strong"),), right=False, flexible=True, most=26),
    Column("outcome", "Outcome", 12, lambda row, _: (outcome_part(row.outcome),), right=False, flexible=True, most=18),
)
SAMPLES_MOVING: tuple[Column[ScoredSample], ...] = (
    Column("category", "Category", 11, lambda row, _: ((row.category, ""),), right=False, flexible=True, most=16),
    Column("level", "Lvl", 3, lambda row, _: ((str(row.level or MISSING), "dim"),)),
    Column("tokens", "Tokens", 7, _tokens_part, order=_tokens),
    Column("seconds", "s", 7, _seconds, order=lambda row: row.e2e_s, name="Seconds"),
)


def answer_columns(keys: Mapping[str, Expected]) -> tuple[Column[ScoredSample], ...]:
    """What was expected beside what was extracted; without keys, where the pack is not here, the latter alone."""

    def key_of(row: ScoredSample, _: int) -> Sequence[Part]:
        key = keys.get(row.item_id)
        return ((key.short, "") if key is not None and key.short else (MISSING, "faint"),)

    def extracted(row: ScoredSample, _: int) -> Sequence[Part]:
        kind = "bad" if row.outcome == "wrong" else "dim"
        return ((clean_line(row.extracted), kind) if row.extracted else (MISSING, "faint"),)

    asked = (Column("expected", "Expected", 9, key_of, right=False, flexible=True, most=20),) if keys else ()
    return (*asked, Column("extracted", "Extracted", 9, extracted, right=False, flexible=True, most=20))


def lost_column(fate_of: Callable[[ScoredSample], Fate | None]) -> Column[ScoredSample]:
    """What became of the right answer in failures."""

    def became(row: ScoredSample, _: int) -> Sequence[Part]:
        one = fate_of(row)
        return ((MISSING, "faint") if one is None or one.lost is None else (WORDS[one.lost], "dim"),)

    return Column("lost", "Right answer", 16, became, right=False, flexible=True, most=18)


SAMPLES_LABEL: Column[ScoredSample] = Column("label", "By eye", 9, _label, right=False)
"""Shown as soon as there is a label."""

PAIRS_FIXED: tuple[Column[Pair], ...] = (
    Column("item", "Item", 18, lambda pair, _: ((name_of(pair.a), "strong"),), right=False, flexible=True, most=26),
    Column("a", "a", 12, lambda pair, _: (outcome_part(pair.a.outcome),), right=False, flexible=True, most=18),
    Column("b", "b", 12, lambda pair, _: (outcome_part(pair.b.outcome),), right=False, flexible=True, most=18),
)
PAIRS_MOVING: tuple[Column[Pair], ...] = (
    Column("category", "Category", 11, lambda pair, _: ((pair.a.category, ""),), right=False, flexible=True, most=16),
    Column(
        "tokens_a",
        "Tokens a",
        8,
        lambda pair, _: ((f"{_tokens(pair.a):,}", "dim"),),
        order=lambda pair: _tokens(pair.a),
    ),
    Column(
        "tokens_b",
        "Tokens b",
        8,
        lambda pair, _: ((f"{_tokens(pair.b):,}", "dim"),),
        order=lambda pair: _tokens(pair.b),
    ),
)
