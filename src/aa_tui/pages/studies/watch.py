"""What a probe of a watched file says: what has changed since its baseline, and what of it shows."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aa_tui.analysis.watch import POWER, WORTH_FINDING, Comparison, SpeedChange
from aa_tui.catalog.rows import RunRow
from aa_tui.pages.studies.report import StudyReport, StudyTable
from aa_tui.runs.studies.probe_compared import Probe, load
from aa_tui.textsafe import clean_line

_TEST_WORDS: Final = {"tokens": "top tokens", "answers": "answers"}
_NAMED_ITEMS: Final = 3
_SHOWN_FLIPS: Final = 12
_SHOWN_CHARACTERS: Final = 40


def report(conn: sqlite3.Connection, run: RunRow) -> StudyReport:
    """What came of a probe so far."""
    probe = load(conn, run)
    return StudyReport(
        title="Regression watch",
        few_words=few_words(probe),
        sentences=tuple(_sentences(probe)),
        tables=tuple(_tables(probe)),
        values=values(probe),
    )


def verdict(probe: Probe) -> str:
    """In a word that is kept: pinned, unfinished, regression, faster, same; "no baseline" where that was deleted."""
    if probe.is_pinned:
        return "pinned"
    if probe.baseline is None:
        return "no baseline"
    if probe.run.state != "finished" or probe.comparison is None:
        return "unfinished"
    if probe.comparison.is_regression:
        return "regression"
    return "faster" if probe.comparison.faster else "same"


def few_words(probe: Probe) -> str:
    """For lists: "tg32 4.1 % slower, 31 of 1,792 top tokens differ"."""
    found = probe.comparison
    if found is None:
        speeds = " · ".join(f"{name} {one.tokens_per_s:,.1f} tok/s" for name, one in probe.speeds.items())
        return f"{'baseline: ' if probe.is_pinned else ''}{speeds}"
    words = [_change_words(name, found.speeds[name]) for name in (*found.slower, *found.faster)]
    words += [_flip_words(probe, name) for name in found.flipped]
    return ", ".join(words) or "no change found"


def changes(probe: Probe) -> list[str]:
    """What was otherwise when the baseline was probed: "llama.cpp a → b"."""
    return [f"{one.name} {one.before} → {one.now}" for one in probe.changes]


def _sentences(probe: Probe) -> list[str]:
    if probe.is_pinned:
        return [_pinned_words(probe)] if probe.speeds else []
    if probe.baseline is None:
        return ["The probe that this one was to be compared with was deleted: `aa-tui watch FILE --pin` makes another."]
    found = probe.comparison
    if found is None:
        return []
    since = f"since run {probe.baseline.id} of {probe.baseline.created_at[:10]}"
    finding = [_change_sentence(name, found.speeds[name], since) for name in (*found.slower, *found.faster)]
    finding += [f"{_capital(_flip_words(probe, name))} {since}." for name in found.flipped]
    sentences = finding or [f"No change was found {since}. {_would_have(found)}."]
    sentences += _unproven(probe, found)
    what = changes(probe)
    if what:
        sentences.append(f"Changed since then: {'; '.join(what)}.")
    else:
        sentences.append("File, build, driver, template, settings and machine are as they were then.")
    if finding and found.speeds:
        sentences.append(f"It would have found {_found_from(found)} in {POWER * 100:.0f} of 100 cases.")
    return sentences


def _pinned_words(probe: Probe) -> str:
    speeds = ", ".join(f"{name} {one.tokens_per_s:,.1f} tokens/s" for name, one in probe.speeds.items())
    return f"This probe is the baseline that later ones of the file are compared with: {speeds}."


def _change_words(name: str, one: SpeedChange) -> str:
    return f"{name} {abs(one.change) * 100:.1f} % {'slower' if one.change < 0 else 'faster'}"


def _change_sentence(name: str, one: SpeedChange, since: str) -> str:
    ends = sorted((abs(one.low), abs(one.high)))
    low, high = f"{ends[0] * 100:.1f}", f"{ends[1] * 100:.1f}"
    way = "slower" if one.change < 0 else "faster"
    return f"{name} is {abs(one.change) * 100:.1f} % {way} ({low} to {high} %) {since}."


def _flip_words(probe: Probe, name: str) -> str:
    part = probe.against[name]
    share = part["n_flips"] / part["n"] * 100
    words = f"{part['n_flips']:,} of {part['n']:,} {_TEST_WORDS[name]} differ ({share:.1f} %)"
    if part["n_close"]:
        words += f", {part['n_close']:,} of them where two tokens were all but equally likely"
    if name == "answers":
        items = [clean_line(str(one["item"])) for one in part["flipped"]]
        more = f" and {len(items) - _NAMED_ITEMS} more" if len(items) > _NAMED_ITEMS else ""
        words += f" ({', '.join(items[:_NAMED_ITEMS])}{more})" if items else ""
    return words


def _unproven(probe: Probe, found: Comparison) -> list[str]:
    """Flips that were seen but are no more than rounding or the allowance explain."""
    return [
        f"{_capital(_flip_words(probe, name))}: no more than chance and rounding explain."
        for name in found.flips
        if probe.against[name]["n_flips"] and name not in found.flipped
    ]


def _would_have(found: Comparison) -> str:
    """What this probe could have found, where it found nothing."""
    parts = []
    if found.speeds:
        parts.append(f"{_found_from(found)} in {POWER * 100:.0f} of 100 cases")
    one = found.flips.get("tokens")
    if one is not None:
        parts.append(f"{one.found_from:,} of {one.n:,} tokens that differ without being close always")
    return f"What would have been: {', and '.join(parts)}" if parts else "Nothing could have been"


def _found_from(found: Comparison) -> str:
    parts = [f"of {name} by {one.found_from * 100:.1f} %" for name, one in found.speeds.items()]
    return f"a slowdown {' or '.join(parts)}"


def _tables(probe: Probe) -> list[StudyTable]:
    found = probe.comparison
    if found is None:
        return []
    rows = [_speed_row(probe, name, one) for name, one in found.speeds.items()]
    rows += [_flip_row(probe, name) for name in found.flips]
    note = f"p is Holm's, of {len(found.p_values)} tests together: below 0.05 something has changed. "
    if probe.n_learnt:
        note += f"How much runs differ here was learnt from {probe.n_learnt} probes between which nothing had changed."
    else:
        note += (
            f"How much runs differ here is not learnt yet and guessed to be {probe.between_sd * 100:.1f} %: a second "
            "probe with nothing changed begins to tell."
        )
    answers = found.flips.get("answers")
    if answers is not None:
        note += (
            f" {answers.n} answers alone find flips of {WORTH_FINDING * 100:.0f} % in {answers.power * 100:.0f} of 100 "
            "cases; the tokens carry it."
        )
    head = ("Test", "Before", "Now", "Change", "95 % interval", "p", "Found from")
    tables = [StudyTable("", head, tuple(rows), frozenset({1, 2, 3, 4, 5, 6}), note)]
    flipped = probe.against.get("answers", {}).get("flipped") or []
    if flipped:
        lines = tuple(_flip_line(one) for one in flipped[:_SHOWN_FLIPS])
        tables.append(StudyTable("Answers that differ", ("Item", "Before", "Now"), lines))
    return tables


def _speed_row(probe: Probe, name: str, one: SpeedChange) -> tuple[str, ...]:
    now = probe.speeds[name].tokens_per_s
    return (
        f"{name}, tok/s",
        f"{now / (1 + one.change):,.1f}",
        f"{now:,.1f}",
        f"{one.change * 100:+.1f} %",
        f"{one.low * 100:+.1f} to {one.high * 100:+.1f}",
        f"{_p_value(probe, name)}",
        f"-{one.found_from * 100:.1f} %",
    )


def _flip_row(probe: Probe, name: str) -> tuple[str, ...]:
    part = probe.against[name]
    flips = (probe.comparison.flips if probe.comparison is not None else {})[name]
    return (
        _TEST_WORDS[name],
        f"{part['n']:,}",
        f"{part['n'] - part['n_flips']:,} same",
        f"{part['n_flips'] / part['n'] * 100:.1f} % differ",
        f"{part['n_close']:,} close",
        _p_value(probe, name),
        f"{flips.found_from:,} not close",
    )


def _p_value(probe: Probe, name: str) -> str:
    value = probe.comparison.p_values[name] if probe.comparison is not None else 1.0
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _flip_line(one: Mapping[str, Any]) -> tuple[str, str, str]:
    return clean_line(str(one["item"])), _shown(one["before"], one), _shown(one["now"], one, now=True)


def _shown(text: object, one: Mapping[str, Any], *, now: bool = False) -> str:
    words = clean_line(str(text))
    outcome = one.get("outcome_now" if now else "outcome_before")
    cut = words if len(words) <= _SHOWN_CHARACTERS else f"{words[: _SHOWN_CHARACTERS - 1]}…"
    return f"{cut} ({clean_line(str(outcome)).replace('_', ' ')})" if outcome else cut


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def values(probe: Probe) -> dict[str, Any]:
    """All of it as plain values."""
    found = probe.comparison
    return {
        "verdict": verdict(probe),
        "is_baseline": probe.is_pinned,
        "baseline_run_id": probe.baseline.id if probe.baseline is not None else None,
        "reference_run_ids": list(probe.reference_ids),
        "changed": [{"what": one.key, "before": one.before_value, "now": one.now_value} for one in probe.changes],
        "speeds": {name: _speed_values(probe, name) for name in probe.speeds},
        "tokens": _flip_values(probe, "tokens"),
        "answers": _flip_values(probe, "answers"),
        "n_probes_learnt_from": probe.n_learnt,
        "between_runs_sd": probe.between_sd if found is not None else None,
    }


def _speed_values(probe: Probe, name: str) -> dict[str, Any]:
    one = probe.speeds[name]
    told: dict[str, Any] = {"tokens_per_s": one.tokens_per_s, "n": one.n}
    found = probe.comparison
    if found is not None and name in found.speeds:
        change = found.speeds[name]
        told |= {
            "change": change.change,
            "change_low": change.low,
            "change_high": change.high,
            "p_value": found.p_values[name],
            "is_found": found.found(name),
            "slowdown_found_from": change.found_from,
        }
    return told


def _flip_values(probe: Probe, name: str) -> dict[str, Any] | None:
    found = probe.comparison
    if found is None or name not in found.flips:
        return None
    part, flips = probe.against[name], found.flips[name]
    told = {
        "n": part["n"],
        "n_flips": part["n_flips"],
        "n_close": part["n_close"],
        "expected_share": flips.allowance,
        "p_value": found.p_values[name],
        "is_found": found.found(name),
        "found_from": flips.found_from,
        "power": flips.power,
    }
    if name == "tokens":
        return {**told, "kld_at_least_nats": part["kld_at_least"]}
    return {**told, "flipped": _plain(part["flipped"])}


def _plain(flipped: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {key: clean_line(value) if isinstance(value, str) else value for key, value in one.items()} for one in flipped
    ]
