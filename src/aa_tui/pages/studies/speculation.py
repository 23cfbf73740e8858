"""What a study of speculation has found: whether it helps here, with which setting, on which kind of text."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

from aa_tui.analysis import MISSING, speculated
from aa_tui.analysis.speculated import Pair, Row
from aa_tui.analysis.speculating import Setting, SpeedUp
from aa_tui.catalog import studies
from aa_tui.catalog.rows import RunRow
from aa_tui.pages.studies.report import StudyReport, StudyTable
from aa_tui.textsafe import clean_line

_NOTE = (
    "Times as fast as plain decoding, measured one right after the other. The 95 % interval is of the measurement on "
    "these very texts; other texts differ by more."
)
_PREDICTED_NOTE = (
    "From which drafted tokens of the plain outputs would be accepted, and what batches and drafts take here; what was "
    "measured is above."
)
_MOST_PARTINGS = 5
FAILED_BY = 1.25
"""A prediction that is off by so many times, and outside the measured interval, has failed. What was measured once has
no interval, and proves none wrong."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What the settings and the journal hold, as far as the study has come."""

    asked: Mapping[str, Any]
    noted: Mapping[str, Any]
    costs: Mapping[str, Any]
    chosen: Mapping[str, Any]
    pairs: Sequence[Pair]
    overall: Sequence[Row]
    rows: Sequence[Row]
    partings: Sequence[Pair]
    at_once: Mapping[int, Row]


def _found(conn: sqlite3.Connection, run: RunRow) -> _Found:
    by_part: dict[str, list[dict[str, Any]]] = {}
    for point in studies.points(conn, run.id):
        by_part.setdefault(point.part, []).append(point.facts)
    pairs = [Pair.from_facts(facts) for facts in by_part.get("pairs", [])]
    return _Found(
        asked=dict(run.settings.get("speculation") or {}),
        noted=dict(run.settings.get("found") or {}),
        costs=next(iter(by_part.get("costs", [])), {}),
        chosen=next(iter(by_part.get("chosen", [])), {}),
        pairs=pairs,
        overall=speculated.overall(pairs),
        rows=speculated.rows(pairs),
        partings=speculated.first_divergences(pairs),
        at_once=_at_once(by_part.get("slots", [])),
    )


def _at_once(facts: Sequence[Mapping[str, Any]]) -> dict[int, Row]:
    """The best setting by how many texts were written at once."""
    by_slots: dict[int, list[Pair]] = {}
    for one in facts:
        by_slots.setdefault(int(one["slots"]), []).append(Pair.from_facts(one))
    rows = {n: speculated.row_of(pairs[0].setting, None, pairs) for n, pairs in sorted(by_slots.items())}
    return {n: row for n, row in rows.items() if row is not None}


def report(conn: sqlite3.Connection, run: RunRow) -> StudyReport:
    """The study so far."""
    found = _found(conn, run)
    sentences = (
        *_answer(found.overall, found.rows, found.asked),
        *_failures(found),
        *_remarks(run, found.asked, found.noted),
    )
    tables = [_measured(found.overall, found.rows)] if found.rows else []
    if found.at_once:
        tables.append(_slots(found.at_once))
    if found.partings:
        tables.append(_partings(found.partings, found.costs))
    if found.costs:
        tables.append(_costs(found.costs))
    if found.chosen:
        tables.append(_predicted(found.chosen["predicted"], found.overall))
    return StudyReport(
        title="Speculation",
        few_words=_few_words(found.overall),
        sentences=tuple(clean_line(one) for one in (*sentences, *_same(found.pairs, found.costs))),
        tables=tuple(tables),
        values=_values(found),
    )


def _few_words(overall: Sequence[Row]) -> str:
    """For lists: no more than the first sentence claims."""
    if not overall:
        return ""
    best, factor = overall[0], overall[0].speed_up
    if not best.was_drafted:
        return "nothing was drafted"
    words = f"{_factor(factor)} times as fast"
    if factor.verdict == "unclear":
        return f"{words} with {_short(best.setting)}, measured once"
    if factor.verdict == "same":
        return f"no difference found: {words} {_interval(factor)}"
    return f"{words} {_interval(factor)} with {_short(best.setting)}"


def _answer(overall: Sequence[Row], rows: Sequence[Row], asked: Mapping[str, Any]) -> Iterator[str]:
    """The first sentence is the answer to whether speculation helps here."""
    if not overall:
        yield "Nothing has been compared yet."
        return
    best = overall[0]
    how, factor = _how(best.setting, asked), best.speed_up
    by_kind = _by_kind(best.setting, rows)
    which = "the one setting measured" if len(overall) == 1 else f"the best of the {len(overall)} settings measured"
    if not best.was_drafted and factor.verdict != "same":  # the same was done twice
        yield (
            f"Nothing can be said of speculation here: with {how}, {which}, nothing was drafted, so that "
            f"{_factor(factor)} times as fast {_interval(factor)} is what the machine's other work made of it; measure "
            "again when it is idle."
        )
        return
    if factor.verdict == "slower":
        yield (
            f"Speculation slows you down here: {which}, {how}, is {_factor(factor)} times as fast as plain "
            f"decoding {_interval(factor)}{by_kind}."
        )
    elif factor.verdict == "same":
        yield (
            f"Speculation makes no difference here that could be measured: {which}, {how}, is "
            f"{_factor(factor)} times as fast as plain decoding {_interval(factor)}{by_kind}."
        )
    elif factor.verdict == "faster":
        yield (
            f"Speculation helps here: with {how}, {which}, it is {_factor(factor)} times as fast as plain decoding "
            f"{_interval(factor)}{by_kind}."
        )
    else:
        yield (
            f"With {how}, {which}, it was {_factor(factor)} times as fast as plain decoding{by_kind}; measured once, "
            "which does not tell how certain that is: --repetitions 3 does."
        )
    yield from _better_for_kinds(best.setting, rows)


def _failures(found: _Found) -> Iterator[str]:
    """Whether what was measured is far from what was predicted: then what was only predicted is not to be trusted."""
    predicted = {
        Setting.from_facts(one): float(one["speed_up"])
        for one in found.chosen.get("predicted", [])
        if one["kind"] is None
    }
    failed = [
        (abs(log(predicted[row.setting] / row.speed_up.value)), row)
        for row in found.overall
        if row.was_drafted and row.setting in predicted and _has_failed(predicted[row.setting], row.speed_up)
    ]
    if not failed:
        return
    worst = max(failed, key=lambda one: one[0])[1]
    n_unmeasured = len(predicted.keys() - {row.setting for row in found.overall})
    rest = (
        f"; so do not trust those of the {n_unmeasured} "
        f"{'setting that was' if n_unmeasured == 1 else 'settings that were'} not measured (--exhaustive measures all)"
        if n_unmeasured
        else ""
    )
    yield (
        f"Predictions failed here: {_short(worst.setting)} was predicted to be {predicted[worst.setting]:.2f} times as "
        f"fast and measured {_factor(worst.speed_up)}{rest}."
    )


def _has_failed(predicted: float, measured: SpeedUp) -> bool:
    if measured.low is None or measured.high is None:
        return False
    inside = measured.low <= predicted <= measured.high
    return not inside and predicted > 0 and abs(log(predicted / measured.value)) > log(FAILED_BY)


def _by_kind(setting: Setting, rows: Sequence[Row]) -> str:
    found = [
        f"{_factor(row.speed_up) if row.was_drafted else 'nothing drafted'} on {row.kind}"
        for row in rows
        if row.setting == setting and row.kind
    ]
    return f": {', '.join(found)}" if len(found) > 1 else ""


def _better_for_kinds(setting: Setting, rows: Sequence[Row]) -> Iterator[str]:
    """Kinds for which another setting is surely better."""
    usual = {row.kind: row for row in rows if row.setting == setting}
    for kind, best in sorted(speculated.best_by_kind(rows).items()):
        row = usual.get(kind)
        low = best.speed_up.low
        if (
            row is None
            or not best.was_drafted
            or best.setting == setting
            or low is None
            or row.speed_up.high is None
            or low <= row.speed_up.high
        ):
            continue
        yield (
            f"For {kind} alone {_short(best.setting)} is better: {_factor(best.speed_up)} times as fast "
            f"{_interval(best.speed_up)}."
        )


def _remarks(run: RunRow, asked: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    """What one should know of the files."""
    name = asked.get("draft_name") or ""
    if name and int(asked.get("draft_size_bytes") or 0) > (run.file.size_bytes or 0):
        yield f"The draft model {name} is larger than the model itself."
    if n := found.get("tokens_different"):
        yield (
            f"The two vocabularies differ in {n} {'token' if n == 1 else 'tokens'}, padding or one of the first few, "
            "which does no harm."
        )
    if memory := found.get("draft_memory_bytes"):
        yield f"The draft model takes {memory / 1e6:,.0f} MB more memory."
    if n := found.get("texts_left_out"):
        yield f"The context is too short for {n} of the texts, which {'was' if n == 1 else 'were'} left out."
    if memory := found.get("mtp_memory_bytes"):
        yield f"The layers for multi-token prediction take {memory / 1e6:,.0f} MB of memory beside their weights."
    yield from _untried(asked, found)


def _untried(asked: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    """Why the file's layers for multi-token prediction did not draft, or drafted little at a time."""
    n = int(asked.get("mtp_layers") or 0)
    why_not = found.get("mtp_why_not") or asked.get("mtp_why_not") or ""
    if why_not:
        yield f"Multi-token prediction was not measured: {why_not}."
    elif n and not asked.get("mtp"):
        what = "layer" if n == 1 else f"{n} layers"
        yield f"The file's {what} for multi-token prediction did not draft in this run."
    elif n > 1 and max(asked.get("n_draft") or [0]) > n:
        yield f"The file's {n} layers for multi-token prediction draft a token each: {n} at a time at most."


def _same(pairs: Sequence[Pair], costs: Mapping[str, Any]) -> Iterator[str]:
    """Whether what was written is what plain decoding writes."""
    if not pairs:
        return
    partings = speculated.first_divergences(pairs)
    n = len({(one.text, one.setting) for one in pairs})
    if not partings:
        outputs = "output" if n == 1 else "outputs"
        yield f"Every output is the same as with plain decoding, token for token ({n} {outputs})."
        return
    noise = costs.get("noise")
    faults = [one for one in partings if not speculated.is_tie(one, noise)]
    n_same, n_ties = n - len(partings), len(partings) - len(faults)
    yield (
        f"{n_same} of {n} outputs {'is' if n_same == 1 else 'are'} the same as with plain decoding; "
        f"{_part(n_ties)} at a tie, two tokens so close that a batch of another shape changes their order."
    )
    if faults:
        yield (
            f"{_part(len(faults))} where plain decoding was sure, by more than batches of other shapes explain: that "
            "is a fault of aa-tui or llama.cpp; please report it."
        )


def _part(n: int) -> str:
    return f"{n} {'parts' if n == 1 else 'part'}"


def _measured(overall: Sequence[Row], rows: Sequence[Row]) -> StudyTable:
    head = (
        "Texts",
        "Setting",
        "Times as fast",
        "95 % interval",
        "tokens/s",
        "Plain",
        "Accepted",
        "Tokens a batch",
        "J a token",
    )
    order = sorted(rows, key=lambda row: (row.kind or "", row.rank))
    return StudyTable(
        "Measured against plain decoding",
        head,
        tuple(_line(row) for row in (*overall, *order)),
        frozenset(range(2, len(head))),
        _NOTE,
    )


def _line(row: Row) -> tuple[str, ...]:
    return (
        row.kind or "all",
        _short(row.setting),
        _factor(row.speed_up) if row.was_drafted else MISSING,
        (_interval(row.speed_up).strip("()") if row.was_drafted else "") or MISSING,
        f"{row.tokens_per_s:,.1f}",
        f"{row.plain_tokens_per_s:,.1f}",
        MISSING if row.acceptance is None else f"{100 * row.acceptance:.0f} %",
        f"{row.per_round:.2f}",
        MISSING if row.joules_per_token is None else f"{row.joules_per_token:.2f}",
    )


def _slots(at_once: Mapping[int, Row]) -> StudyTable:
    head = ("Texts at once", "Setting", "Times as fast", "95 % interval", "tokens/s", "Plain", "Accepted")
    rows = tuple((str(n), *_line(row)[1:7]) for n, row in at_once.items())
    return StudyTable(
        "Several texts at once", head, rows, frozenset({0, *range(2, len(head))}), "Speeds are of all texts together."
    )


def _partings(partings: Sequence[Pair], costs: Mapping[str, Any]) -> StudyTable:
    rows = tuple(
        (
            clean_line(one.text),
            _short(one.setting),
            str((one.diverges_at or 0) + 1),
            f"“{clean_line(one.plain_token)}”",
            f"“{clean_line(one.token)}”",
            MISSING if one.gap is None else f"{one.gap:.4f}",
            "tie" if speculated.is_tie(one, costs.get("noise")) else "fault",
        )
        for one in partings[:_MOST_PARTINGS]
    )
    more = len(partings) - len(rows)
    return StudyTable(
        "Where outputs part from plain decoding",
        ("Text", "Setting", "Token", "Plain", "Speculation", "Gap in logits", "What it is"),
        rows,
        frozenset({2, 5}),
        f"And {more} more." if more > 0 else "",
    )


def _costs(costs: Mapping[str, Any]) -> StudyTable:
    verify, draft, mtp = costs["verify_s"], costs["draft_s"], costs.get("mtp_s") or {}
    drafts = [("Draft, ms", draft), ("MTP, ms", mtp)] if mtp else [("Draft, ms", draft)]
    sizes = sorted({*map(int, verify), *map(int, draft), *map(int, mtp)})
    one = float(verify["1"])
    rows = tuple(
        (
            str(size),
            f"{1000 * verify[str(size)]:.2f}" if str(size) in verify else MISSING,
            f"{verify[str(size)] / one:.2f}" if str(size) in verify else MISSING,
            *(f"{1000 * known[str(size)]:.2f}" if str(size) in known else MISSING for _, known in drafts),
        )
        for size in sizes
    )
    head = ("Tokens", "Batch, ms", "Of one token's", *(name for name, _ in drafts))
    return StudyTable("What batches and drafts take", head, rows, frozenset(range(len(head))))


def _predicted(predicted: Sequence[Mapping[str, Any]], overall: Sequence[Row]) -> StudyTable:
    measured = {row.setting for row in overall}
    kinds = sorted({one["kind"] for one in predicted if one["kind"]})
    found = {(Setting.from_facts(one), one["kind"]): float(one["speed_up"]) for one in predicted}
    settings = sorted({setting for setting, _ in found}, key=lambda one: (one.ngram, one.mtp, one.n_draft))
    rows = tuple(
        (
            f"{_short(one)}{' *' if one in measured else ''}",
            *(f"{found[one, kind]:.2f}" for kind in (None, *kinds)),
        )
        for one in settings
    )
    head = ("Setting", "All", *(f"{kind[:1].upper()}{kind[1:]}" for kind in kinds))
    return StudyTable(
        "Predicted times as fast", head, rows, frozenset(range(1, len(head))), f"* was measured. {_PREDICTED_NOTE}"
    )


def _how(setting: Setting, asked: Mapping[str, Any]) -> str:
    tokens = f"{setting.n_draft} {'token' if setting.n_draft == 1 else 'tokens'} drafted at a time"
    if setting.ngram:
        return f"n-gram lookup of {setting.ngram} tokens and {tokens}"
    if setting.mtp:
        return f"the file's own multi-token prediction (MTP) and {tokens}"
    return f"the draft model {asked.get('draft_name') or ''} and {tokens}"


def _short(setting: Setting) -> str:
    if setting.ngram:
        return f"{setting.ngram}-gram, {setting.n_draft}"
    return f"{'MTP' if setting.mtp else 'draft model'}, {setting.n_draft}"


def _factor(factor: SpeedUp) -> str:
    return f"{factor.value:.2f}"


def _interval(factor: SpeedUp) -> str:
    return "" if factor.low is None or factor.high is None else f"({factor.low:.2f}–{factor.high:.2f})"


def _values(found: _Found) -> dict[str, Any]:
    best = found.overall[0] if found.overall else None
    return {
        "verdict": _verdict(best) if best else None,
        "best": _row_values(best) if best else None,
        "rows": [_row_values(row) for row in (*found.overall, *found.rows)],
        "predicted": [
            {**_setting_values(Setting.from_facts(one)), "kind": one["kind"], "speed_up": one["speed_up"]}
            for one in found.chosen.get("predicted", [])
        ],
        "at_once": [{"slots": n, **_row_values(row)} for n, row in found.at_once.items()],
        "divergences": [
            {
                **_setting_values(one.setting),
                "text": one.text,
                "token_number": (one.diverges_at or 0) + 1,
                "plain_token": one.plain_token,
                "token": one.token,
                "logit_gap": one.gap,
                "is_tie": speculated.is_tie(one, found.costs.get("noise")),
            }
            for one in found.partings
        ],
        "batch_s": found.costs.get("verify_s", {}),
        "draft_s": found.costs.get("draft_s", {}),
        "mtp_s": found.costs.get("mtp_s", {}),
        "logit_noise": found.costs.get("noise"),
        "draft": found.asked.get("draft_name") or None,
        "draft_memory_bytes": found.noted.get("draft_memory_bytes"),
        "mtp_layers": found.asked.get("mtp_layers") or 0,
        "mtp_why_not": found.noted.get("mtp_why_not") or found.asked.get("mtp_why_not") or None,
        "mtp_memory_bytes": found.noted.get("mtp_memory_bytes"),
        "exhaustive": bool(found.asked.get("exhaustive")),
    }


def _verdict(row: Row) -> str:
    return row.speed_up.verdict if row.was_drafted else "nothing drafted"


def _setting_values(setting: Setting) -> dict[str, Any]:
    return {"drafter": setting.kind, "ngram_size": setting.ngram or None, "n_draft": setting.n_draft}


def _row_values(row: Row) -> dict[str, Any]:
    return {
        **_setting_values(row.setting),
        "kind": row.kind,
        "speed_up": row.speed_up.value if row.was_drafted else None,
        "interval_low": row.speed_up.low if row.was_drafted else None,
        "interval_high": row.speed_up.high if row.was_drafted else None,
        "n_pairs": row.speed_up.n,
        "verdict": _verdict(row),
        "tokens_per_s": row.tokens_per_s,
        "plain_tokens_per_s": row.plain_tokens_per_s,
        "acceptance": row.acceptance,
        "tokens_per_batch": row.per_round,
        "joules_per_token": row.joules_per_token,
        "plain_joules_per_token": row.plain_joules_per_token,
    }
