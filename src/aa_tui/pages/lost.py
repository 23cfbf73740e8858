"""Had it, lost it: what became of the answers of an evaluation that are not right, put together once for every face.

It is derived: nothing is stored. Texts are read where they can tell, with the graders of today and the keys of the
run's pack; of another program's log the targets stand for the keys, and what they look like for the grader.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Self

from aa_tui.analysis.budget_advice import Advice, advise
from aa_tui.analysis.lost import Fate, Lost, Tallies, Tally, Text, Trace, fate, tally
from aa_tui.catalog import logs, samples
from aa_tui.catalog.db import path_of
from aa_tui.catalog.rows import BudgetProbe, EvalSample, RunRow, ScoredSample
from aa_tui.outcomes import UNKNOWN, Outcome

if TYPE_CHECKING:
    from aa_tui.evals.grading import Grading
    from aa_tui.evals.items import Item, Pack, Verdict

JUDGED_S = 2.0
"""A sentence whose grader takes longer states nothing."""

Known = MutableMapping[tuple[object, ...], Fate]
"""Fates that were found before, by sample and verdict, for a face that asks again."""

_LETTER = re.compile(r"\(?([A-Z])\)?\.?")
_NUMBER = re.compile(r"[-+]?[\d.,]+\s?%?|[-+]?\d+\s?/\s?\d+")


@dataclass(frozen=True, slots=True)
class LostReport:
    """What became of an evaluation's samples: of each by its id, in all, and by category.

    `why_untold` counts the failures of which nothing tells, by why. `advice` is None where the run has no forks.
    """

    run: RunRow
    fates: Mapping[int, Fate]
    all: Tally
    by_category: Mapping[str, Tally]
    why_untold: Mapping[str, int]
    advice: Advice | None

    @property
    def tallies(self) -> Tallies:
        """What a chart of it needs."""
        return Tallies(self.all, self.by_category)


NO_KEYS = "the keys of its items are not here"
NOT_STORED = "its thinking is not stored"
NO_TEXT = "answers of this kind cannot be looked for in a text, and there are no forks"


def load(
    conn: sqlite3.Connection,
    run: RunRow,
    *,
    on_progress: Callable[[float], object] | None = None,
    known: Known | None = None,
) -> LostReport:
    """The report of an evaluation. Texts that must be read take about 5 ms for 15,000 tokens; `on_progress` hears the
    part that is done, 0 to 1."""
    rows = samples.scored(conn, run.id)
    probes = samples.probes(conn, run.id)
    forks = _decided(probes)
    found: dict[int, Fate] = {}
    why: Counter[str] = Counter()
    known = {} if known is None else known
    with _Reader(conn, run) as reader:
        for number, row in enumerate(rows):
            key = (row.id, row.outcome, row.ended_at, row.n_thinking)
            if key not in known:
                known[key] = reader.fate(row, forks.get(row.id, ()))
            found[row.id] = known[key]
            if found[row.id].lost is Lost.UNTOLD:
                why[reader.why(row)] += 1
            if on_progress is not None:
                on_progress((number + 1) / len(rows))
    pairs = [(row, found[row.id]) for row in rows]
    categories = sorted({row.category for row in rows})
    return LostReport(
        run=run,
        fates=found,
        all=tally("all", [(row.n_thinking, one) for row, one in pairs]),
        by_category={
            name: tally(name, [(row.n_thinking, one) for row, one in pairs if row.category == name])
            for name in categories
        },
        why_untold=dict(why),
        advice=advise(rows, probes, seed=run.setup.seed or 0),
    )


def fate_of(conn: sqlite3.Connection, run: RunRow, row: ScoredSample) -> Fate:
    """What became of one sample."""
    probes = [one for one in samples.probes(conn, run.id) if one.sample_id == row.id]
    with _Reader(conn, run) as reader:
        return reader.fate(row, _decided(probes).get(row.id, ()))


def _decided(probes: Iterable[BudgetProbe]) -> dict[int, tuple[tuple[int, bool], ...]]:
    """The forks of each sample whose outcome says something, in the order of their budgets."""
    found: dict[int, tuple[tuple[int, bool], ...]] = {}
    for one in probes:
        if one.outcome is not None and one.outcome not in UNKNOWN:
            right = one.outcome == Outcome.CORRECT
            found[one.sample_id] = (*found.get(one.sample_id, ()), (one.budget_tokens, right))
    return found


class _Reader:
    """Reads the texts of a run's samples; a context manager, at whose end its grader's process ends."""

    def __init__(self, conn: sqlite3.Connection, run: RunRow) -> None:
        self._conn, self._run = conn, run
        self._stack = contextlib.ExitStack()
        self._grading: Grading | None = None
        self._pack: Pack | None = None
        self._items: Mapping[str, Item] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    def fate(self, row: ScoredSample, forks: tuple[tuple[int, bool], ...]) -> Fate:
        """What became of a sample; its texts are read only where they may tell."""
        if row.outcome is None or row.outcome in UNKNOWN:
            return fate(Trace(row.outcome, row.n_thinking))
        is_right = row.outcome == Outcome.CORRECT
        may_circle = row.outcome in (Outcome.TRUNCATED, Outcome.TIMEOUT)
        item = self._readable(row)
        if item is None and not (may_circle and forks):
            return fate(Trace(row.outcome, row.n_thinking, forks=forks))
        whole = samples.get(self._conn, row.id)
        thinking, answer = self._texts(item, row, whole, is_right=is_right)
        return fate(Trace(row.outcome, row.n_thinking, thinking, answer, forks, may_circle and _circles(whole)))

    def why(self, row: ScoredSample) -> str:
        """Why nothing tells of a sample."""
        from aa_tui.evals.reached import can_be_read

        item = self._item(row)
        if item is None or self._pack is None:
            return NO_KEYS
        return NOT_STORED if can_be_read(self._pack, item) else NO_TEXT

    def _texts(
        self, item: Item | None, row: ScoredSample, whole: EvalSample, *, is_right: bool
    ) -> tuple[Text | None, Text | None]:
        """What thinking and answer state. Without the thinking that there was an answer tells nothing either."""
        if item is None or (not whole.thinking and (whole.n_thinking_chars or row.n_thinking)):
            return None, None
        thinking = self._text(item, whole, whole.thinking, row.n_thinking, 0) if whole.thinking else None
        if is_right or not whole.answer:
            return thinking, None
        return thinking, self._text(item, whole, whole.answer, row.n_answer, row.n_thinking)

    def _text(self, item: Item, whole: EvalSample, text: str, n_tokens: int, n_before: int) -> Text | None:
        from aa_tui.evals.items import PackError
        from aa_tui.evals.reached import statements

        assert self._pack is not None
        try:
            stated = statements(self._pack, item, text, asked=whole.prompt, apart=self._apart)
        except PackError:
            return None
        return Text(len(text), n_tokens, stated, n_before)

    def _apart(self, pack: Pack, item: Item, answer: str) -> Verdict:
        """A verdict from a process of its own, which is started when one is first needed."""
        if self._grading is None:
            from aa_tui.evals.grading import Grading

            self._grading = self._stack.enter_context(Grading(processes=1))
        return self._grading.grade(pack, item, answer, JUDGED_S)

    def _readable(self, row: ScoredSample) -> Item | None:
        """The sample's item, where a text can tell that it has reached its answer."""
        from aa_tui.evals.reached import can_be_read

        item = self._item(row)
        return item if item is not None and self._pack is not None and can_be_read(self._pack, item) else None

    def _item(self, row: ScoredSample) -> Item | None:
        if self._items is None:
            self._pack, self._items = _keys(self._conn, self._run)
        return self._items.get(row.item_id)


def _circles(whole: EvalSample) -> bool:
    from aa_tui.evals.reached import goes_in_circles

    return goes_in_circles(whole.answer or whole.thinking)


def _keys(conn: sqlite3.Connection, run: RunRow) -> tuple[Pack | None, dict[str, Item]]:
    """The pack with its items by their ids; of a log those that its targets make. Nothing where the pack is not here in
    the run's version."""
    from aa_tui.evals.items import PackError
    from aa_tui.evals.packs import load as load_pack

    if run.origin == "log":
        return _logged(conn, run)
    try:
        pack = load_pack(run.setup.pack or run.pack or "", path_of(conn).parent)
    except PackError:
        return None, {}
    if run.pack_version not in (None, pack.version):
        return None, {}
    return pack, {item.id: item for item in pack.items}


def _logged(conn: sqlite3.Connection, run: RunRow) -> tuple[Pack | None, dict[str, Item]]:
    """Items of a log: a target that is a letter is a choice's, one that is a number a number's, LaTeX is mathematics,
    and anything else a text."""
    from aa_tui.evals.items import Item, Pack

    told = logs.told(conn, run.id)
    items = {}
    for row in samples.scored(conn, run.id):
        targets = told[row.id].targets if row.id in told else ()
        if targets:
            kind, answer = _kind_of(targets)
            extra = MappingProxyType({"grader": kind})
            items[row.item_id] = Item(row.item_id, row.category, told[row.id].question, answer, extra=extra)
    pack = Pack(
        name=run.pack or "log",
        version="",
        license="",
        source="",
        description="",
        citation="",
        items=(),
        items_sha256="",
        graders=MappingProxyType({"*": "exact"}),
        template="{prompt}",
    )
    return pack, items


def _kind_of(targets: tuple[str, ...]) -> tuple[str, object]:
    """The grader that a log's target is for, and the key."""
    first = targets[0].strip()
    letter = _LETTER.fullmatch(first)
    if len(targets) == 1 and letter is not None:
        return "choice", letter[1]
    if len(targets) == 1 and _NUMBER.fullmatch(first) and any(one.isdigit() for one in first):
        return "numeric", first
    if len(targets) == 1 and "\\" in first:
        return "math", first
    return "exact", list(targets)
