"""Probes of watched files, read and compared: each with its baseline, against the noise that earlier ones showed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Any, Final

from aa_tui.analysis import watch
from aa_tui.catalog import studies
from aa_tui.catalog.rows import RunRow
from aa_tui.runs.studies.probe_facts import speeds_of_run
from aa_tui.runs.studies.probe_plan import AGAINST, CONDITIONS, PINNED, baseline_of, finished_on
from aa_tui.textsafe import clean_line

WATCHED: Final = ("tokens", "answers")

_WORDS: Final = {
    "file": "file",
    "build": "llama.cpp",
    "llama_cpp_python": "llama-cpp-python",
    "backend": "backend",
    "devices": "devices",
    "driver": "driver or kernel",
    "template": "chat template",
    "machine": "machine",
    "settings": "settings",
    "aa_tui": "aa-tui",
}
_HASHES: Final = frozenset({"file", "template", "machine"})
_HASH_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is no longer as it was: its key, its name, and both states, in words and as values."""

    key: str
    name: str
    before: str
    now: str
    before_value: Any
    now_value: Any


@dataclass(frozen=True, slots=True)
class Probe:
    """A probe and what it is compared with. `against` has what differs, by "tokens" and "answers".

    `reference_ids` are the runs that its speeds are compared with: the baseline, and later ones made like it.
    `between_sd` is how much whole runs are taken to differ, a share.
    """

    run: RunRow
    is_pinned: bool
    speeds: Mapping[str, watch.Speed]
    baseline: RunRow | None = None
    reference_ids: tuple[int, ...] = ()
    changes: tuple[Change, ...] = ()
    against: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    comparison: watch.Comparison | None = None
    n_learnt: int = 0
    between_sd: float = 0.0


def load(conn: sqlite3.Connection, run: RunRow) -> Probe:
    """A probe, compared as far as it has come. Only probes of its machine that were made before it count."""
    pinned, speeds = bool(run.settings.get(PINNED)), speeds_of_run(conn, run.id)
    baseline = baseline_of(conn, run)
    if baseline is None or run.machine is None:
        return Probe(run, pinned, speeds)
    earlier = [one for one in finished_on(conn, run.machine.fingerprint) if one.id < run.id]
    alike = [one for one in earlier if _key(one) == _key(baseline)]
    against = _against(conn, run)
    changed = _changes(baseline, run)
    if run.state != "finished" and not against:
        return Probe(run, pinned, speeds, baseline, changes=changed)
    known = {one.id: speeds_of_run(conn, one.id) for one in earlier}
    groups = _groups(earlier)
    changes, learnt, sd = {}, 0, 0.0
    for name, now in speeds.items():
        reference = [known[one.id][name] for one in alike if name in known[one.id]]
        if not reference:
            continue
        rates = [[known[one.id][name] for one in group if name in known[one.id]] for group in groups]
        between = watch.between_runs(rates, [*reference, now])
        changes[name] = watch.speed_change(reference, now, between)
        learnt, sd = max(learnt, between.n_learnt), max(sd, sqrt(between.variance))
    return Probe(
        run=run,
        is_pinned=pinned,
        speeds=speeds,
        baseline=baseline,
        reference_ids=tuple(one.id for one in alike),
        changes=changed,
        against=against,
        comparison=watch.compare(changes, _flips(conn, baseline, earlier, against)),
        n_learnt=learnt,
        between_sd=sd,
    )


def _flips(
    conn: sqlite3.Connection, baseline: RunRow, earlier: Sequence[RunRow], against: Mapping[str, Mapping[str, Any]]
) -> dict[str, watch.Flips]:
    """Flips that rounding does not explain, against those of earlier probes of the file which nothing explains."""
    without_cause = []
    for one in earlier:
        other = baseline_of(conn, one) if one.file.sha256 == baseline.file.sha256 else None
        if other is not None and _key(other) == _key(one):
            without_cause.append(_against(conn, one))
    found = {}
    for name, part in against.items():
        before = [(_told(one[name]), one[name]["n"]) for one in without_cause if name in one]
        found[name] = watch.flips_of(_told(part), part["n"], before)
    return found


def _told(part: Mapping[str, Any]) -> int:
    return int(part["n_flips"]) - int(part["n_close"])


def _against(conn: sqlite3.Connection, run: RunRow) -> dict[str, Mapping[str, Any]]:
    points = studies.points(conn, run.id, AGAINST)
    facts = points[0].facts if points else {}
    return {name: facts[name] for name in WATCHED if facts.get(name) and facts[name]["n"]}


def _groups(found: Sequence[RunRow]) -> list[list[RunRow]]:
    """Probes between which nothing has changed."""
    groups: dict[str, list[RunRow]] = {}
    for one in found:
        groups.setdefault(_key(one), []).append(one)
    return list(groups.values())


def _key(run: RunRow) -> str:
    return json.dumps(run.settings.get(CONDITIONS), sort_keys=True)


def _changes(before: RunRow, now: RunRow) -> tuple[Change, ...]:
    old, new = before.settings.get(CONDITIONS) or {}, now.settings.get(CONDITIONS) or {}
    found = []
    for key in _WORDS:
        if not old or not new or old.get(key) == new.get(key):
            continue
        if key == "settings":
            found += _changed_settings(old[key], new[key])
        else:
            found.append(_change(key, before, now))
    return tuple(found)


def _changed_settings(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    return [
        Change(name, clean_line(name), _short(old.get(name)), _short(new.get(name)), old.get(name), new.get(name))
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]


def _change(key: str, before: RunRow, now: RunRow) -> Change:
    both = [(run, (run.settings.get(CONDITIONS) or {}).get(key)) for run in (before, now)]
    words = [_short(value)[:_HASH_SHOWN] if key in _HASHES else _short(value) for _, value in both]
    if key == "file":
        words = [f"{run.file.shown_name} ({word})" for (run, _), word in zip(both, words, strict=True)]
    return Change(key, _WORDS[key], words[0], words[1], both[0][1], both[1][1])


def _short(value: Any) -> str:
    if value is None or value == []:
        return "none"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return clean_line(text)[:80]
