"""Two evaluations on the same items: the paired comparison, and the items on which they differ."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from aa_tui.analysis.intervals import Interval
from aa_tui.analysis.paired import Ended, MeansComparison, PairedComparison, compare, compare_means
from aa_tui.catalog import samples, scores
from aa_tui.catalog.rows import RunRow, ScoredSample
from aa_tui.outcomes import UNKNOWN, Outcome
from aa_tui.pages.same_items import by_content


@dataclass(frozen=True, slots=True)
class Difference:
    """An item that one run got right and the other did not (or has no right answer for)."""

    item_id: str
    category: str
    outcome_a: str
    outcome_b: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two runs on the same pack and version, or on the same questions.

    `result` is of single answers, `means` of repeated ones.

    `n_undecided` and `n_errors` samples of both runs are in no comparison, since they say nothing of right or wrong:
    their items, or attempts, are left out of both. `why_not` says why nothing is compared, `caution` why the intervals
    are wider than usual, or missing. `by_content`: they are of two programs, and items are the same whose texts are.
    """

    a: RunRow
    b: RunRow
    result: PairedComparison | None
    means: MeansComparison | None
    differences: tuple[Difference, ...]
    n_undecided: int = 0
    n_errors: int = 0
    why_not: str = ""
    caution: str = ""
    by_content: bool = False

    @property
    def interval(self) -> Interval | None:
        """Of the difference a - b; None where none holds, or nothing is compared."""
        compared = self.result or self.means
        return None if compared is None else compared.interval


_CAUTIONS: dict[Ended, str] = {
    "as planned": "",
    "by score": "a run ended because of its score: interval and p-value hold at any stopping time",
    "both by score": "both ended because of their scores, in different orders: no interval holds then",
}


def load(conn: sqlite3.Connection, a: RunRow, b: RunRow) -> Pair | None:
    """The paired comparison; None where the runs are no evaluations of one pack in one version.

    A run that was read from a log is compared with any other by the texts of its questions.
    """
    is_content = "log" in (a.origin, b.origin)
    if a.kind != "eval" or b.kind != "eval":
        return None
    if not is_content and (a.pack, a.pack_version) != (b.pack, b.pack_version):
        return None
    left, right, n_same = aligned(conn, a, b)
    if is_content and not n_same and (a.pack, a.pack_version) != (b.pack, b.pack_version):
        return None
    unknown = [row for row in (*left, *right) if row.outcome in UNKNOWN]
    n_undecided = sum(row.outcome == Outcome.UNDECIDED for row in unknown)
    n_errors = len(unknown) - n_undecided
    no_headline = [f"run {run.id} has {why}" for run in (a, b) if (why := scores.no_headline(conn, run)) is not None]
    if no_headline:
        why = " and ".join(no_headline)
        return Pair(a, b, None, None, (), n_undecided, n_errors, why_not=why, by_content=is_content)
    apart = {(row.item_id, row.epoch) for row in unknown}
    left, right = ([row for row in rows if _counts(row, apart)] for rows in (left, right))
    repeats = any(row.epoch > 1 for row in (*left, *right))
    ended = _ended(a, b, left, right)
    result = None if repeats else compare(_hits(left), _hits(right), ended=ended)
    means = compare_means(_shares(left), _shares(right), ended=ended) if repeats else None
    caution = _CAUTIONS[ended]
    if repeats and caution:
        caution = "a run ended because of its score: no interval of repeated answers holds then"
    differences = _differences(left, right)
    return Pair(a, b, result, means, differences, n_undecided, n_errors, caution=caution, by_content=is_content)


def aligned(conn: sqlite3.Connection, a: RunRow, b: RunRow) -> tuple[list[ScoredSample], list[ScoredSample], int]:
    """The samples of both, items that are the same under the same name, and how many items have been found so.

    Where neither was read from a log an item's own name tells, and nothing is to be found.
    """
    left, right = samples.scored(conn, a.id), samples.scored(conn, b.id)
    if "log" not in (a.origin, b.origin):
        return left, right, 0
    same = by_content(conn, a, b)
    named = [row._replace(item_id=same.get(row.item_id, f"{b.uid}/{row.item_id}")) for row in right]
    return left, named, len(same)


def _counts(row: ScoredSample, apart: set[tuple[str, int]]) -> bool:
    return row.outcome is not None and (row.item_id, row.epoch) not in apart


def _ended(a: RunRow, b: RunRow, left: list[ScoredSample], right: list[ScoredSample]) -> Ended:
    """Why the runs have as many items as they have.

    With one order for both, or where one of them ended by its score, the common items are the first ones of an order,
    and what is valid for any number of them is valid for theirs. Of two orders cut off by two scores nothing is.
    """
    by_score = [run for run in (a, b) if run.ended_by_score]
    if not by_score:
        return "as planned"
    places = {row.item_id: row.position for row in left}
    same_order = all(places.get(row.item_id, row.position) == row.position for row in right)
    return "by score" if len(by_score) == 1 or same_order else "both by score"


def _hits(rows: list[ScoredSample]) -> dict[str, bool]:
    return {row.item_id: row.outcome == Outcome.CORRECT for row in rows}


def _shares(rows: list[ScoredSample]) -> dict[str, float]:
    found: dict[str, list[bool]] = {}
    for row in rows:
        found.setdefault(row.item_id, []).append(row.outcome == Outcome.CORRECT)
    return {item_id: sum(hits) / len(hits) for item_id, hits in found.items()}


def _differences(left: list[ScoredSample], right: list[ScoredSample]) -> tuple[Difference, ...]:
    others = {(row.item_id, row.epoch): row for row in right}
    found = []
    for row in left:
        other = others.get((row.item_id, row.epoch))
        if other is not None and (row.outcome == Outcome.CORRECT) != (other.outcome == Outcome.CORRECT):
            found.append(Difference(row.item_id, row.category, row.outcome or "", other.outcome or ""))
    return tuple(found)
