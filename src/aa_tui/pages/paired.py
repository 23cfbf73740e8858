"""Two evaluations on the same items: the paired comparison, and the items on which they differ."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from aa_tui.analysis.paired import MeansComparison, PairedComparison, compare, compare_means
from aa_tui.catalog import samples
from aa_tui.catalog.rows import RunRow, ScoredSample
from aa_tui.charts.here_eval import prompt_style
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
    """Two runs on the same pack and version. `result` is of single answers, `means` of repeated ones."""

    a: RunRow
    b: RunRow
    result: PairedComparison | None
    means: MeansComparison | None
    differences: tuple[Difference, ...]


def load(conn: sqlite3.Connection, a: RunRow, b: RunRow) -> Pair | None:
    """The paired comparison; None where the runs are no evaluations of one pack in one version.

    A sample that an error of the engine or grader ended says nothing, so its item is left out.
    """
    if a.kind != "eval" or b.kind != "eval" or (a.pack, a.pack_version) != (b.pack, b.pack_version):
        return None
    left, right = _told(conn, a), _told(conn, b)
    repeats = any(row.epoch > 1 for row in (*left, *right))
    result = None if repeats else compare(_hits(left), _hits(right))
    means = compare_means(_shares(left), _shares(right)) if repeats else None
    return Pair(a, b, result, means, _differences(left, right))


def _told(conn: sqlite3.Connection, run: RunRow) -> list[ScoredSample]:
    return [row for row in samples.scored(conn, run.id) if row.outcome not in (None, "error")]


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
    found: dict[str, Any] = {"run_a": pair.a.id, "run_b": pair.b.id, "pack": pair.a.pack}
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
            "interval": {"low": one.interval.low, "high": one.interval.high, "method": one.interval.method},
            "bootstrap": {"low": one.bootstrap.low, "high": one.bootstrap.high},
            "p_value_mcnemar_mid_p": one.p_value,
            "p_value_mcnemar_exact": one.p_value_exact,
        }
    if pair.means is not None:
        means = pair.means
        found |= {
            "n": means.n,
            "difference": means.difference,
            "interval": {"low": means.interval.low, "high": means.interval.high, "method": means.interval.method},
        }
    found["differing_items"] = [
        {"item_id": one.item_id, "category": one.category, "outcome_a": one.outcome_a, "outcome_b": one.outcome_b}
        for one in pair.differences
    ]
    return found


def lines(pair: Pair) -> list[str]:
    """As text."""
    a, b = f"run {pair.a.id}", f"run {pair.b.id}"
    out = [f"{a} against {b} on the same items of {pair.a.pack} {pair.a.pack_version}"]
    styles = [prompt_style(run) for run in (pair.a, pair.b)]
    if styles[0] != styles[1]:
        out.append(f"  asked in different ways: {a} with {styles[0]} prompts, {b} with {styles[1]} ones")
    if pair.result is not None:
        one = pair.result
        out += [
            f"  both right {one.n_both}, only {a} {one.n_only_a}, only {b} {one.n_only_b}, neither {one.n_neither}",
            f"  difference {100 * one.difference:+.1f} points ({100 * one.interval.low:+.1f} to "
            f"{100 * one.interval.high:+.1f}, {one.interval.method}), McNemar mid-p {one.p_value:.3f}: "
            + ("not distinguishable" if one.interval.contains(0.0) else "different"),
        ]
        if one.n_missing_a or one.n_missing_b:
            out.append(f"  left out: {one.n_missing_a} items that {a} lacks, {one.n_missing_b} that {b} lacks")
    elif pair.means is not None:
        means = pair.means
        out.append(
            f"  difference {100 * means.difference:+.1f} points ({100 * means.interval.low:+.1f} to "
            f"{100 * means.interval.high:+.1f}, {means.interval.method}) over {means.n} items"
        )
    else:
        out.append("  they have no items in common yet")
    for one_item in pair.differences:
        words = f"{one_item.outcome_a.replace('_', ' ')} / {one_item.outcome_b.replace('_', ' ')}"
        out.append(f"    {clean_line(one_item.item_id):<24} {clean_line(one_item.category):<16} {words}")
    return out
