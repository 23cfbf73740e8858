"""Two evaluations on the same items: the paired comparison, and the items on which they differ."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from aa_tui.analysis.intervals import Interval
from aa_tui.analysis.paired import Ended, MeansComparison, PairedComparison, compare, compare_means
from aa_tui.catalog import samples, scores
from aa_tui.catalog.rows import RunRow, ScoredSample
from aa_tui.charts.here_eval import prompt_style
from aa_tui.outcomes import UNKNOWN, outcome_words
from aa_tui.runs.figures import stopped_by_results
from aa_tui.textsafe import clean_line


@dataclass(frozen=True, slots=True)
class Difference:
    """An item that one run got right and the other did not (or has no right answer for)."""

    item_id: str
    category: str
    outcome_a: str
    outcome_b: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two runs on the same pack and version. `result` is of single answers, `means` of repeated ones.

    `n_undecided` and `n_errors` samples of both runs are in no comparison, since they say nothing of right or wrong:
    their items, or attempts, are left out of both. `why_not` says why nothing is compared, `caution` why the intervals
    are wider than usual, or missing.
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


_CAUTIONS: dict[Ended, str] = {
    "as planned": "",
    "by score": "a run ended because of its score: interval and p-value hold at any stopping time",
    "both by score": "both ended because of their scores, in different orders: no interval holds then",
}


def load(conn: sqlite3.Connection, a: RunRow, b: RunRow) -> Pair | None:
    """The paired comparison; None where the runs are no evaluations of one pack in one version."""
    if a.kind != "eval" or b.kind != "eval" or (a.pack, a.pack_version) != (b.pack, b.pack_version):
        return None
    left, right = samples.scored(conn, a.id), samples.scored(conn, b.id)
    unknown = [row for row in (*left, *right) if row.outcome in UNKNOWN]
    n_undecided = sum(row.outcome == "undecided" for row in unknown)
    n_errors = len(unknown) - n_undecided
    no_headline = [f"run {run.id} has {why}" for run in (a, b) if (why := scores.no_headline(conn, run)) is not None]
    if no_headline:
        return Pair(a, b, None, None, (), n_undecided, n_errors, why_not=" and ".join(no_headline))
    apart = {(row.item_id, row.epoch) for row in unknown}
    left, right = ([row for row in rows if _counts(row, apart)] for rows in (left, right))
    repeats = any(row.epoch > 1 for row in (*left, *right))
    ended = _ended(a, b, left, right)
    result = None if repeats else compare(_hits(left), _hits(right), ended=ended)
    means = compare_means(_shares(left), _shares(right), ended=ended) if repeats else None
    caution = _CAUTIONS[ended]
    if repeats and caution:
        caution = "a run ended because of its score: no interval of repeated answers holds then"
    return Pair(a, b, result, means, _differences(left, right), n_undecided, n_errors, caution=caution)


def _counts(row: ScoredSample, apart: set[tuple[str, int]]) -> bool:
    return row.outcome is not None and (row.item_id, row.epoch) not in apart


def _ended(a: RunRow, b: RunRow, left: list[ScoredSample], right: list[ScoredSample]) -> Ended:
    """Why the runs have as many items as they have.

    With one order for both, or where one of them ended by its score, the common items are the first ones of an order,
    and what is valid for any number of them is valid for theirs. Of two orders cut off by two scores nothing is.
    """
    by_score = [run for run in (a, b) if stopped_by_results(run.state, run.reason)]
    if not by_score:
        return "as planned"
    places = {row.item_id: row.position for row in left}
    same_order = all(places.get(row.item_id, row.position) == row.position for row in right)
    return "by score" if len(by_score) == 1 or same_order else "both by score"


def _hits(rows: list[ScoredSample]) -> dict[str, bool]:
    return {row.item_id: row.outcome == "correct" for row in rows}


def _shares(rows: list[ScoredSample]) -> dict[str, float]:
    found: dict[str, list[bool]] = {}
    for row in rows:
        found.setdefault(row.item_id, []).append(row.outcome == "correct")
    return {item_id: sum(hits) / len(hits) for item_id, hits in found.items()}


def _differences(left: list[ScoredSample], right: list[ScoredSample]) -> tuple[Difference, ...]:
    others = {(row.item_id, row.epoch): row for row in right}
    found = []
    for row in left:
        other = others.get((row.item_id, row.epoch))
        if other is not None and (row.outcome == "correct") != (other.outcome == "correct"):
            found.append(Difference(row.item_id, row.category, row.outcome or "", other.outcome or ""))
    return tuple(found)


def as_json(pair: Pair) -> dict[str, Any]:
    """As plain values with stable keys; differences are a - b."""
    found: dict[str, Any] = {
        "run_a": pair.a.id,
        "run_b": pair.b.id,
        "pack": pair.a.pack,
        "n_undecided": pair.n_undecided,
        "n_errors": pair.n_errors,
        "why_not": pair.why_not or None,
        "caution": pair.caution or None,
    }
    if pair.result is not None:
        one = pair.result
        found |= {
            "n_both_right": one.n_both,
            "n_only_a_right": one.n_only_a,
            "n_only_b_right": one.n_only_b,
            "n_neither_right": one.n_neither,
            "n_missing_a": one.n_missing_a,
            "n_missing_b": one.n_missing_b,
            "difference": one.difference,
            "interval": _interval(one.interval),
            "bootstrap": {"low": one.bootstrap.low, "high": one.bootstrap.high} if one.bootstrap else None,
            "p_value_mcnemar_mid_p": one.p_value,
            "p_value_mcnemar_exact": one.p_value_exact,
            "p_value_any_time": one.p_value_any_time,
        }
    if pair.means is not None:
        means = pair.means
        found |= {"n": means.n, "difference": means.difference, "interval": _interval(means.interval)}
    found["differing_items"] = [
        {"item_id": one.item_id, "category": one.category, "outcome_a": one.outcome_a, "outcome_b": one.outcome_b}
        for one in pair.differences
    ]
    return found


def _interval(one: Interval | None) -> dict[str, Any] | None:
    return None if one is None else {"low": one.low, "high": one.high, "method": one.method}


def lines(pair: Pair) -> list[str]:
    """As text."""
    a, b = f"run {pair.a.id}", f"run {pair.b.id}"
    out = [f"{a} against {b} on the same items of {pair.a.pack} {pair.a.pack_version}"]
    styles = [prompt_style(run) for run in (pair.a, pair.b)]
    if styles[0] != styles[1]:
        out.append(f"  asked in different ways: {a} with {styles[0]} prompts, {b} with {styles[1]} ones")
    if pair.why_not:
        return [*out, f"  not compared: {pair.why_not}"]
    if pair.result is not None:
        one = pair.result
        out += [
            f"  both right {one.n_both}, only {a} {one.n_only_a}, only {b} {one.n_only_b}, neither {one.n_neither}",
            f"  difference {_difference_words(one.difference, one.interval)}{_p_words(one)}",
        ]
        if one.n_missing_a or one.n_missing_b:
            out.append(f"  left out: {one.n_missing_a} items that {a} lacks, {one.n_missing_b} that {b} lacks")
    elif pair.means is not None:
        means = pair.means
        out.append(f"  difference {_difference_words(means.difference, means.interval)} over {means.n} items")
    else:
        out.append("  they have no items in common yet")
    if pair.caution:
        out.append(f"  {pair.caution}")
    if pair.n_undecided or pair.n_errors:
        out.append(f"  left out in both: {pair.n_undecided} undecided samples and {pair.n_errors} errors of either")
    for one_item in pair.differences:
        words = f"{outcome_words(one_item.outcome_a)} / {outcome_words(one_item.outcome_b)}"
        out.append(f"    {clean_line(one_item.item_id):<24} {clean_line(one_item.category):<16} {words}")
    return out


def _difference_words(difference: float, interval: Interval | None) -> str:
    if interval is None:
        return f"{100 * difference:+.1f} points, without an interval"
    ends = f"{100 * interval.low:+.1f} to {100 * interval.high:+.1f}, {interval.method}"
    return f"{100 * difference:+.1f} points ({ends})"


def _p_words(one: PairedComparison) -> str:
    if one.interval is None:
        return ""
    verdict = "not distinguishable" if one.interval.contains(0.0) else "different"
    if one.p_value is not None:
        return f", McNemar mid-p {one.p_value:.3f}: {verdict}"
    return f", p {one.p_value_any_time:.3f} at any stopping time: {verdict}"
