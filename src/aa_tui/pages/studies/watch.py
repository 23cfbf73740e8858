"""What a probe of a watched file says: what has changed since its baseline, and what of it shows."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aa_tui.analysis.watch import POWER, WORTH_FINDING, Comparison, SpeedChange
from aa_tui.catalog.rows import RunRow
from aa_tui.pages.studies.report import StudyReport, StudyTable
from aa_tui.runs.studies.probe_compared import Probe, load
from aa_tui.runs.studies.probe_plan import CHOSEN
from aa_tui.textsafe import clean_line

_TEST_WORDS: Final = {"tokens": "top tokens", "answers": "answers"}
_FEW: Final = 59
"""Characters that the few words have at most, and those of them that the other file's name has."""
_FEW_OF_NAME: Final = 24
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
    """In a word that is kept: pinned, unfinished, regression, faster, same; "no baseline" where that was deleted.

    Of a comparison with another file, which is no regression: different or same.
    """
    if probe.is_pinned:
        return "pinned"
    if probe.baseline is None:
        return "no baseline"
    if probe.run.state != "finished" or probe.comparison is None:
        return "unfinished"
    if other_file(probe) is not None:
        return "different" if probe.comparison.is_regression or probe.comparison.faster else "same"
    if probe.comparison.is_regression:
        return "regression"
    return "faster" if probe.comparison.faster else "same"


def few_words(probe: Probe) -> str:
    """For lists: "tg32 4.1 % slower, 31 top tokens differ", after the other file's name where that is another."""
    found = probe.comparison
    if found is None:
        speeds = " · ".join(f"{name} {one.tokens_per_s:,.1f} tok/s" for name, one in probe.speeds.items())
        return f"{'baseline: ' if probe.is_pinned else ''}{speeds}"
    flips = [f"{probe.against[name]['n_flips']:,} {_TEST_WORDS[name]} differ" for name in found.flipped]
    speeds_found = [_change_words(name, found.speeds[name]) for name in (*found.slower, *found.faster)]
    other = other_file(probe)
    if other is None:
        return _fitted("", [*speeds_found, *flips]) or "no change found"
    return _fitted(f"vs {_cut(other, _FEW_OF_NAME)}: ", [*flips, *speeds_found] or ["no difference found"])


def other_file(probe: Probe) -> str | None:
    """The name of the file that a probe's was compared with on purpose; None where both stand for the same file."""
    before, now = probe.baseline, probe.run
    if before is None or not now.settings.get(CHOSEN):
        return None
    is_same = before.file.sha256 == now.file.sha256 or before.file.path == now.file.path
    return None if is_same else before.file.shown_name


def _fitted(head: str, parts: Sequence[str]) -> str:
    """As many of the parts as the few words have room for, the first at any rate."""
    more = ", and more"
    for n in range(len(parts), 0, -1):
        words = f"{head}{', '.join(parts[:n])}{more if n < len(parts) else ''}"
        if len(words) <= _FEW or n == 1:
            return words
    return ""


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
    other = other_file(probe)
    since = f"since run {probe.baseline.id} of {probe.baseline.created_at[:10]}" if other is None else ""
    finding = [_change_sentence(probe, name, found.speeds[name]) for name in (*found.slower, *found.faster)]
    finding += [_flip_sentence(probe, name, since) for name in found.flipped]
    nothing = f"No change was found {since}." if other is None else f"Compared with {other}: no difference was found."
    sentences = finding or [nothing, *_would_have(found)]
    sentences += _unproven(probe, found)
    what = changes(probe)
    if what:
        told = "Changed since then" if other is None else f"What else differs between {other} and this file's probe"
        sentences.append(f"{told}: {'; '.join(what)}.")
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


def _change_sentence(probe: Probe, name: str, one: SpeedChange) -> str:
    ends = sorted((abs(one.low), abs(one.high)))
    low, high = f"{ends[0] * 100:.1f}", f"{ends[1] * 100:.1f}"
    way = "slower" if one.change < 0 else "faster"
    words = f"{name} is {abs(one.change) * 100:.1f} % {way} ({low} to {high} %) {reference_words(probe, name)}"
    other = other_file(probe)
    return f"{words}." if other is None else f"Compared with {other}: {words}."


def _flip_sentence(probe: Probe, name: str, since: str) -> str:
    other = other_file(probe)
    if other is None:
        return f"{_capital(_flip_words(probe, name))} {since}."
    return f"Compared with {other}: {_flip_words(probe, name)}."


def reference_rate(probe: Probe, name: str) -> float | None:
    """What a probe's speed is compared with, tokens/s: the mean of the probes that count as before; None without."""
    one = probe.comparison.speeds.get(name) if probe.comparison is not None else None
    return None if one is None else probe.speeds[name].tokens_per_s / (1 + one.change)


def reference_words(probe: Probe, name: str) -> str:
    """What a speed is compared with: "against the mean of 4 probes since run 9, 474.0 tokens/s"."""
    one = probe.comparison.speeds[name] if probe.comparison is not None else None
    rate = reference_rate(probe, name)
    if one is None or rate is None or not probe.reference_ids:
        return ""
    first = min(probe.reference_ids)
    which = f"run {first}" if one.n_reference == 1 else f"the mean of {one.n_reference} probes since run {first}"
    return f"against {which}, {rate:,.1f} tokens/s"


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
    other = other_file(probe)
    whom = "" if other is None else f"Compared with {other}: "
    return [
        f"{whom}{_flip_words(probe, name) if whom else _capital(_flip_words(probe, name))}: "
        "no more than chance and rounding explain."
        for name in found.flips
        if probe.against[name]["n_flips"] and name not in found.flipped
    ]


def _would_have(found: Comparison) -> list[str]:
    """What this probe could have found, where it found nothing."""
    sentences = []
    if found.speeds:
        sentences.append(f"It would have found {_found_from(found)} in {POWER * 100:.0f} of 100 cases.")
    one = found.flips.get("tokens")
    if one is not None:
        what = "1 top token" if one.found_from == 1 else f"{one.found_from:,} top tokens"
        sentences.append(f"A change would also have been found if {what} of {one.n:,} had clearly differed.")
    return sentences


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
    before, now = _sides(probe)
    if found.speeds:
        told = "; ".join(f"{name} {reference_words(probe, name)}" for name in found.speeds)
        note = f"Changes of speed are told so: {told}. {note}"
    head = (
        "Test",
        before,
        now,
        "Change" if other_file(probe) is None else "Difference",
        "95 % interval",
        "p",
        "Found from",
    )
    tables = [StudyTable("", head, tuple(rows), frozenset({1, 2, 3, 4, 5, 6}), note)]
    flipped = answers_table(probe)
    return [*tables, flipped] if flipped.rows else tables


def answers_table(probe: Probe) -> StudyTable:
    """The first of the answers that differ, and how many more do."""
    before, now = _sides(probe)
    flipped = probe.against.get("answers", {}).get("flipped") or []
    lines = tuple(_flip_line(one) for one in flipped[:_SHOWN_FLIPS])
    left = len(flipped) - len(lines)
    rest = f"And {left:,} more: `aa-tui runs show {probe.run.id} --json` has all." if left else ""
    return StudyTable("Answers that differ", ("Item", before, now), lines, note=rest)


def _sides(probe: Probe) -> tuple[str, str]:
    """The heads of both columns."""
    other = other_file(probe)
    return ("Before", "Now") if other is None else (other, probe.run.file.shown_name)


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
    cut = _cut(words, _SHOWN_CHARACTERS)
    return f"{cut} ({clean_line(str(outcome)).replace('_', ' ')})" if outcome else cut


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def values(probe: Probe) -> dict[str, Any]:
    """All of it as plain values."""
    found = probe.comparison
    return {
        "verdict": verdict(probe),
        "is_baseline": probe.is_pinned,
        "baseline_run_id": probe.baseline.id if probe.baseline is not None else None,
        "compared_file": other_file(probe),
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
            "reference_tokens_per_s": reference_rate(probe, name),
            "n_reference": change.n_reference,
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
