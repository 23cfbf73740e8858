"""What a probe noted, read again: its speeds, and how its tokens and answers differ from its baseline's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, Final

from aa_tui.analysis.intervals import wilson
from aa_tui.analysis.next_tokens import CLOSE, Drift, NextTokens, drift, next_tokens_of
from aa_tui.analysis.watch import Comparison, Speed, half_width, speed_of
from aa_tui.catalog import studies
from aa_tui.catalog.rows import Figure, RunRow
from aa_tui.runs.studies.probe_plan import BLOCKS, ITEMS, SPEED

TESTS: Final = ("pp128", "tg32")


def speeds_of(rounds: Mapping[int, Mapping[str, Any]]) -> dict[str, Speed]:
    """Each test's speed from what was noted of the rounds; a test that was not clocked is left out."""
    found = {name: [rounds[number].get(name) or [] for number in sorted(rounds)] for name in TESTS}
    return {name: speed_of(rates) for name, rates in found.items() if any(rates)}


def speeds_of_run(conn: sqlite3.Connection, run_id: int) -> dict[str, Speed]:
    """The same of a run."""
    return speeds_of({point.number: point.facts for point in studies.points(conn, run_id, SPEED)})


def against(conn: sqlite3.Connection, run_id: int, baseline: RunRow) -> dict[str, Any] | None:
    """How the run's tokens and answers differ from the baseline's; None where they share none.

    `n_close` are flips at places where the baseline's two likeliest tokens were all but equal. An answer's flip is of
    that kind where it is so at the first token that differs.
    """
    found = drift(_blocks(conn, baseline.id, run_id))
    old, new = (_answers(conn, one) for one in (baseline.id, run_id))
    flipped = [_flip(old[item], new[item]) for item in old if item in new]
    if found is None and not flipped:
        return None
    different = [one for one in flipped if one is not None]
    return {
        "baseline": baseline.uid,
        "tokens": _of_drift(found),
        "answers": {
            "n": len(flipped),
            "n_flips": len(different),
            "n_close": sum(one["close"] for one in different),
            "flipped": different,
        },
    }


def figures(speeds: Mapping[str, Speed], compared: Mapping[str, Any] | None, found: Comparison | None) -> list[Figure]:
    """A probe's own figures, and how they differ from the baseline's. Changes and flips are shares."""
    told = []
    for name, one in speeds.items():
        half = half_width(one)
        low, high = one.tokens_per_s / (1 + half), one.tokens_per_s * (1 + half)
        told.append(_figure(name, one.tokens_per_s, "tokens/s", one.n, (low, high, "Student, of the median")))
    for name, change in (found.speeds if found is not None else {}).items():
        ends = change.low, change.high, "Student, runs as random effects"
        told.append(_figure(f"{name}_change", change.change, "share", speeds[name].n, ends))
    for name in ("tokens", "answers"):
        part = (compared or {}).get(name)
        if part and part["n"]:
            interval = wilson(part["n_flips"], part["n"])
            share = part["n_flips"] / part["n"]
            ends = interval.low, interval.high, interval.method
            told.append(_figure(f"{name}_flipped", share, "share", part["n"], ends))
    if compared and compared.get("tokens"):
        told.append(Figure("watch.kld_at_least", compared["tokens"]["kld_at_least"], "nats"))
    return told


def _figure(name: str, value: float, unit: str, n: int, interval: tuple[float, float, str]) -> Figure:
    return Figure(
        f"watch.{name}",
        value,
        unit,
        n=n,
        interval_low=interval[0],
        interval_high=interval[1],
        interval_method=interval[2],
        interval_kind="fixed",
    )


def _of_drift(found: Drift | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"n": found.n, "n_flips": found.n_flips, "n_close": found.n_close, "kld_at_least": found.kld}


def _blocks(conn: sqlite3.Connection, before: int, now: int) -> Iterator[tuple[NextTokens, NextTokens]]:
    old, new = ({one.number: one.facts for one in studies.points(conn, run_id, BLOCKS)} for run_id in (before, now))
    for number in sorted(old.keys() & new.keys()):
        yield next_tokens_of(old[number]), next_tokens_of(new[number])


def _answers(conn: sqlite3.Connection, run_id: int) -> dict[str, dict[str, Any]]:
    return {one.facts["item"]: one.facts for one in studies.points(conn, run_id, ITEMS)}


def _flip(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any] | None:
    """How an answer differs; None where it does not."""
    if old["tokens"] == new["tokens"]:
        return None
    pairs = zip(old["tokens"], new["tokens"], strict=False)
    place = next((at for at, (before, now) in enumerate(pairs) if before != now), None)
    margin = old["margins"][place] if place is not None else None
    return {
        "item": old["item"],
        "before": old["text"],
        "now": new["text"],
        "outcome_before": old["outcome"],
        "outcome_now": new["outcome"],
        "close": margin is not None and margin < CLOSE,
    }
