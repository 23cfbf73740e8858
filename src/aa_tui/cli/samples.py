"""`aa-tui samples`: look at the samples of an evaluation."""

from __future__ import annotations

import argparse
import sqlite3
from typing import TYPE_CHECKING, Any

from aa_tui.catalog import db, labels, samples, turns
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.rows import EvalSample, LabelRow, RunRow, ScoredSample
from aa_tui.catalog.turns import TurnRow
from aa_tui.cli import output
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.cli.run_arguments import ANY
from aa_tui.cli.sample_filters import wanted
from aa_tui.errors import UsageError
from aa_tui.outcomes import outcome_words
from aa_tui.pages.text import served
from aa_tui.textsafe import clean, clean_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aa_tui.analysis.lost import Fate
    from aa_tui.export.labelled import Expected


def run(options: argparse.Namespace) -> int:
    """List samples, or show one whole."""
    opened = db.reading if options.label is None else db.writing
    with opened(catalog_path(options)) as conn:
        one = catalog_runs.get(conn, options.run_id)
        if one.kind in ("speed", "study") or (one.kind == "ask" and options.lost is not None):
            from aa_tui.pages.evaluation import NoEvaluationError

            raise NoEvaluationError(one)
        if options.label is not None:
            if one.kind == "ask":
                raise UsageError(f"Run {one.id} is a conversation: labels are for the answers of evaluations.")
            from aa_tui.cli.labelling import run as label

            return label(conn, one, options)
        if options.note or options.show_verdict or options.yes:
            raise UsageError("--note, --show-verdict and --yes go with --label.")
        if options.item:
            return _show(conn, one, options)
        from aa_tui.export.labelled import expected

        rows = wanted(conn, one, options)
        fates = _fates(conn, one, options)
        if fates is not None:
            rows = [row for row in rows if _is_wanted(fates[row.id], options.lost)]
        if not output.print_rows(_rows_json(conn, one, rows, fates), options):
            output.write_lines(_table(one, rows, expected(conn, one), fates))
        return 0


def _fates(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> Mapping[int, Fate] | None:
    """What became of each sample, where that is asked for."""
    if options.lost is None or one.kind != "eval":
        return None
    from aa_tui.pages import lost

    bar = output.ProgressLine()
    try:
        return lost.load(conn, one, on_progress=lambda part: bar.show(part, "reading what was thought")).fates
    finally:
        bar.clear()


def _is_wanted(one: Fate, classes: list[str]) -> bool:
    """Whether a sample is a failure of one of these classes, or of any."""
    return one.lost is not None and (ANY in classes or one.lost in classes)


def _rows_json(
    conn: sqlite3.Connection, one: RunRow, rows: list[ScoredSample], fates: Mapping[int, Fate] | None
) -> list[dict[str, Any]]:
    counts = turns.counts(conn, one.id)
    found = []
    for row in rows:
        n_turns, n_calls = counts.get((row.item_id, row.epoch), (None, None))
        found.append(_json(row, fates) | {"n_turns": n_turns, "n_calls": n_calls})
    return found


def _json(row: ScoredSample, fates: Mapping[int, Fate] | None = None) -> dict[str, Any]:
    found = {name: value for name, value in row._asdict().items() if name != "id"}
    if fates is not None:
        from aa_tui.pages.json.lost import fate_json

        found |= fate_json(fates[row.id])
    return found if row.is_counted else found | dict.fromkeys(("n_prompt", "n_cached", "n_thinking", "n_answer"))


def _table(
    one: RunRow, rows: list[ScoredSample], keys: Mapping[str, Expected], fates: Mapping[int, Fate] | None
) -> list[str]:
    if not rows:
        return [f"Run {one.id} has no such samples."]
    labelled = any(row.label for row in rows)
    body = [
        (
            clean_line(row.item_id) + (f" #{row.epoch}" if row.epoch > 1 else ""),
            clean_line(row.category),
            str(row.level or "–"),
            outcome_words(row.outcome),
            *((row.label or "–",) if labelled else ()),
            *(_fate_cells(fates[row.id]) if fates is not None else ()),
            f"{row.n_thinking:,}" if row.is_counted else "–",
            f"{row.n_answer:,}" if row.is_counted else "–",
            f"{row.e2e_s:,.1f}" if row.e2e_s is not None else "–",
            *((output.fit(key.short if (key := keys.get(row.item_id)) else "–", 20),) if keys else ()),
            output.fit(clean_line(row.extracted or row.detail or ""), 40),
        )
        for row in rows
    ]
    head = ["Item", "Category", "Level", "Outcome", "Thinking", "Answer", "Seconds", "Extracted"]
    if keys:
        head.insert(-1, "Expected")
    if fates is not None:
        head[4:4] = ["What became of it", "By", "Had it after"]
    if labelled:
        head.insert(4, "By eye")
    left = {"Item", "Category", "Outcome", "By eye", "What became of it", "By", "Expected", "Extracted"}
    return output.table(head, body, left=frozenset(place for place, title in enumerate(head) if title in left))


def _fate_cells(one: Fate) -> tuple[str, str, str]:
    """The class, what it rests on, and after how many tokens the right answer stood."""
    from aa_tui.analysis.lost import WORDS

    tokens = f"{one.reached_tokens:,} tokens" if one.reached_tokens is not None else "–"
    return ("–" if one.lost is None else WORDS[one.lost], one.evidence or "–", tokens)


def _show(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    sample_id = samples.find(conn, one.id, options.item, options.epoch)
    if sample_id is None:
        raise UsageError(
            f"Run {one.id} has no finished sample of {clean_line(options.item)}; `aa-tui samples {one.id}` lists them."
        )
    row = next(row for row in samples.scored(conn, one.id) if row.id == sample_id)
    if options.json:
        from aa_tui.export.run import sample_json

        output.print_json(sample_json(conn, row))
        return 0
    from aa_tui.export.labelled import expected

    key = expected(conn, one).get(row.item_id)
    expected_words = f", expected: {key.whole}" if key is not None else ""
    whole = samples.get(conn, sample_id)
    lines = [
        f"{clean_line(row.item_id)} · {clean_line(row.category)} · level {row.level or '–'} · "
        f"{outcome_words(row.outcome)} · stop reason: {row.finish_reason}",
        f"  tokens: prompt {row.n_prompt:,}, thinking {row.n_thinking:,}, answer {row.n_answer:,}; "
        f"first token after {_s(row.ttft_s)}, first answer token {_s(row.ttfat_s)}, all {_s(row.e2e_s)}",
        f"  extracted: {clean_line(row.extracted or '–')}{expected_words}",
        *(f"  {line}" for line in served.sample_lines(whole)),
    ]
    for score in samples.scores(conn, sample_id):
        jail = f" · {score.jail}" if score.jail else ""
        fault = f" · fault: {clean_line(score.fault)}" if score.fault else ""
        lines.append(f"  {score.grader}: {outcome_words(score.outcome)} {clean_line(score.detail)}{fault}{jail}")
    if one.kind == "eval" and (became := _became(conn, one, row)):
        lines.append(f"  {became}")
    label = labels.get(conn, sample_id)
    if label is not None:
        lines.append(f"  {label_words(label)}")
    if told := turns.of_sample(conn, one.id, row.item_id, row.epoch):
        output.write_lines([*lines, "", *_conversation(whole, told, thinking=options.thinking, raw=options.raw)])
        return 0
    for title, text in (("Prompt", whole.prompt), ("Thinking", whole.thinking), ("Answer", whole.answer)):
        if title == "Thinking" and not text:
            if whole.n_thinking_chars:
                lines += ["", f"{title} ({whole.n_thinking_chars:,} characters, dropped to keep the catalog small)"]
            continue
        if title == "Thinking" and not options.thinking:
            lines += ["", f"{title} ({len(text):,} characters; --thinking shows them)"]
            continue
        lines += ["", title, *clean(text).splitlines()]
    output.write_lines(lines)
    return 0


def _conversation(whole: EvalSample, told: Sequence[TurnRow], *, thinking: bool, raw: bool) -> Iterator[str]:
    """A conversation line by line; `raw`: what the model wrote as it wrote it."""
    from aa_tui.pages.text import talked

    if raw:
        for turn in told:
            yield from (f"Turn {turn.number + 1}, raw", *talked.raw_text(turn).splitlines(), "")
        return
    for piece in talked.pieces(whole, told):
        note = f" {piece.note}" if piece.note else ""
        head = f"{piece.title}{note}:" if piece.title else "Ended:"
        if piece.kind == "thinking" and not thinking:
            yield f"{piece.title} ({len(piece.text):,} characters; --thinking shows them)"
            continue
        first, *rest = piece.text.splitlines() or [""]
        yield f"{head} {first}".rstrip()
        yield from (f"  {line}" for line in rest)


def _became(conn: sqlite3.Connection, one: RunRow, row: ScoredSample) -> str:
    """What became of one sample, in words."""
    from aa_tui.pages import lost
    from aa_tui.pages.text.lost import fate_words

    return fate_words(lost.fate_of(conn, one, row))


def label_words(label: LabelRow) -> str:
    """A label, when it was given, and whether the verdict was in view."""
    view = "" if label.blind else ", with the verdict in view"
    note = f": {clean_line(label.note)}" if label.note else ""
    return f"by eye: {label.label} ({label.labelled_at[:10]}{view}){note}"


def _s(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.2f} s"
