"""Take in what other programs wrote: evaluations become runs that were made elsewhere, speeds stand apart as such.

A log that comes again changes nothing. What it does not tell stays unknown: no clock, no count of tokens is made up.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from aa_tui.analysis.evaluation import summarise
from aa_tui.catalog import elsewhere, logs, models, runs
from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.elsewhere import Elsewhere
from aa_tui.catalog.metric_names import LOGGED, of_evaluation
from aa_tui.catalog.rows import EvalSample, Figure, ScoreRow
from aa_tui.formats import recognise
from aa_tui.formats.errors import FormatError
from aa_tui.formats.log import STRICT, Log, LogFigure, LogSample, digest
from aa_tui.formats.reading import shown_path
from aa_tui.textsafe import clean, clean_line

Outcome = Literal["new", "there already", "would be new"]

MOST_SAMPLES: Final = 500_000
"""Of one log: what it adds up to is held in memory."""

_EARLY: Final = "1970-01-01T00:00:00+00:00"
_TOKENS_UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one evaluation or of the speeds of one file. `run_id` is None for speeds, and in a dry run.

    `slug` is the page that it belongs to, None where no model of the catalog is certainly meant.
    """

    file_name: str
    program: str
    what: str
    model: str
    outcome: Outcome
    n_samples: int
    run_id: int | None = None
    slug: str | None = None
    figures: tuple[Figure, ...] = ()


class _Row(NamedTuple):
    """What figures need of a sample."""

    item_id: str
    epoch: int
    position: int
    category: str
    level: int | None
    outcome: str | None
    n_thinking: int
    n_answer: int
    ttft_s: float | None
    ttfat_s: float | None
    e2e_s: float | None
    output_tps: float | None


def files_of(paths: Sequence[Path]) -> list[Path]:
    """The files to be read: each one named, and in folders all that may be logs. Raises FormatError for none."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = list(recognise.in_folder(path))
            if not inside:
                raise FormatError(f"{shown_path(path)} has no .eval, .json or .jsonl file in it.")
            found += inside
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def read_all(paths: Sequence[Path]) -> list[recognise.Logs | recognise.Speeds]:
    """What the files hold. Samples that belong to a file beside them are no file of their own.

    In a folder what is no log is passed over, as long as there is one. Raises FormatError.
    """
    named = set(paths)
    found: list[recognise.Logs | recognise.Speeds] = []
    first: FormatError | None = None
    for path in files_of(paths):
        try:
            one = recognise.read(path)
        except FormatError as error:
            if path in named:
                raise
            first = first or error
            continue
        if isinstance(one, recognise.Companion):
            if path in named and len(paths) == 1:
                raise FormatError(
                    f"{shown_path(path)} holds samples of {one.what} alone: name the file of results beside it, which "
                    "says of which model they are."
                )
            continue
        found.append(one)
    if not found:
        raise first or FormatError("These files hold no evaluation and no speed: there is nothing to import.")
    return found


def take_in(
    conn: sqlite3.Connection,
    found: Sequence[recognise.Logs | recognise.Speeds],
    *,
    model: str | None = None,
    dry_run: bool = False,
    on_progress: Callable[[str, int], object] = lambda _name, _n: None,
) -> list[Imported]:
    """Write down all of it; each evaluation is written whole or not at all.

    All is read once before anything is written, so that a bad file among good ones leaves the catalog as it was.
    `model` is the catalog's model that they are of. Raises FormatError, UnknownModelError.
    """
    model_id = models.resolve(conn, model).model_id if model is not None else None
    told = [(one, log) for one in found if isinstance(one, recognise.Logs) for log in one.logs]
    for _, log in told if len(told) > 1 and not dry_run else ():
        if logs.run_of(conn, _uid(log)) is None:
            for n, _ in enumerate(log.samples(), start=1):
                on_progress(_name(log), n)
    taking = _Taking(conn, model_id, dry_run, on_progress)
    imported = [taking.evaluation(one, log) for one, log in told]
    for one in found:
        if isinstance(one, recognise.Speeds):
            imported += _speeds(conn, one, model_id, dry_run)
    return imported


def _name(log: Log) -> str:
    return shown_path(log.path) if log.path is not None else clean_line(log.task)


def _uid(log: Log) -> str:
    key = f"{log.program}\0{log.log_id}"
    return f"log:{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:32]}"


@dataclass(frozen=True, slots=True)
class _Taking:
    """How logs are taken in: into which catalog, of which model, and whether anything is written."""

    conn: sqlite3.Connection
    model_id: int | None
    dry_run: bool
    on_progress: Callable[[str, int], object]

    def evaluation(self, file: recognise.Logs, log: Log) -> Imported:
        conn = self.conn
        there = logs.run_of(conn, _uid(log)) or (logs.run_of(conn, log.run_uid) if log.run_uid else None)
        if there is not None:
            run = runs.get(conn, there)
            return Imported(_name(log), log.program, run.what, run.target, "there already", run.n_done, there, run.slug)
        pack = clean_line(log.task)[:120] or "unnamed"
        rows: list[_Row] = []
        samples = _samples(log, rows, self.on_progress)
        n = sum(1 for _ in samples) if self.dry_run else logs.stage(conn, samples)
        figures = _figures(log, pack, rows)
        meant = _model(conn, log) if self.model_id is None else self.model_id
        pages = models.by_model_id(conn, meant) if meant is not None else []
        slug = pages[0].slug if pages else None
        shown = clean_line(log.model)[:200] or "unnamed model"
        result = Imported(_name(log), log.program, pack, shown, "would be new", n, None, slug, figures)
        if self.dry_run:
            return result
        run_id = logs.add(conn, _logged_model(log, meant, shown), _logged_run(log, file, pack, n), n, figures)
        return replace(result, outcome="new", run_id=run_id)


def _logged_model(log: Log, model_id: int | None, shown: str) -> logs.LoggedModel:
    facts = log.model_facts
    key = f"{log.program}\0{log.model}\0{facts.get('sha256', '')}"
    size, n_params = facts.get("size_bytes"), facts.get("n_params")
    quant = facts.get("quant")
    return logs.LoggedModel(
        path=f"{log.program}#{shown}",
        digest=f"log:{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()}",
        name=shown,
        quant=clean_line(quant)[:40] if isinstance(quant, str) and quant else None,
        n_params=_count(n_params),
        size_bytes=_count(size),
        facts=_plain(facts),
        model_id=model_id,
    )


def _count(value: object) -> int | None:
    words = str(value)
    return int(words) if words.isdecimal() and len(words) < 19 and int(words) > 0 else None


def _logged_run(log: Log, file: recognise.Logs, pack: str, n: int) -> logs.LoggedRun:
    facts = {
        "program": log.program,
        "program_version": clean_line(log.program_version)[:80],
        "made_by": clean_line(log.made_by)[:80],
        "made_by_version": clean_line(log.made_by_version)[:80],
        "log_id": clean_line(log.log_id)[:300],
        "file_name": shown_path(file.path),
        "sha256": file.sha256,
        "machine": clean_line(log.machine)[:200],
        "engine": clean_line(f"{log.engine} {log.engine_version}")[:200],
    }
    return logs.LoggedRun(
        uid=_uid(log),
        facts=facts,
        state=log.state,
        reason=clean_line(log.reason)[:1_000] or None,
        settings=_plain({name: value for name, value in log.settings.items() if name not in _NOT_TRUE_HERE}),
        engine={},
        pack=pack,
        pack_version=clean_line(log.task_version)[:40],
        n_items=max(n, log.n_wanted or n),
        created_at=_moment(log.created_at) or _moment(log.started_at) or utc_now(),
        started_at=_moment(log.started_at),
        ended_at=_moment(log.ended_at),
    )


_NOT_TRUE_HERE: Final = frozenset({"devices_used", "served", "servers", "budgets", "too_long", "machine_before"})
"""Settings of a run of ours that speak of the machine it was made on."""


def _moment(words: str | None) -> str | None:
    """A moment as the catalog writes it, in UTC."""
    from datetime import UTC, datetime

    try:
        found = datetime.fromisoformat(words or "")
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found.isoformat(timespec="milliseconds")


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values for the catalog, their texts safe to show."""
    return {clean_line(str(name))[:100]: _safe(value) for name, value in values.items()}


def _safe(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)[:10_000]
    if isinstance(value, list | tuple):
        return [_safe(one) for one in value[:1_000]]
    return _plain(value) if isinstance(value, dict) else value


def _samples(
    log: Log, rows: list[_Row], on_progress: Callable[[str, int], object]
) -> Iterator[tuple[EvalSample, ScoreRow | None, logs.Told]]:
    """A log's samples as the catalog keeps them; what figures need of them goes into `rows`."""
    seen: set[tuple[str, int]] = set()
    for sample in log.samples():
        item = clean_line(sample.item_id)[:300] or "unnamed"
        if (item, sample.epoch) in seen:
            continue
        position = len(seen)
        if position >= MOST_SAMPLES:
            raise FormatError(f"{_name(log)} has more than {MOST_SAMPLES:,} samples, which is too many to be taken in.")
        seen.add((item, sample.epoch))
        row = _eval_sample(sample, item, position)
        rows.append(
            _Row(
                item_id=item,
                epoch=row.epoch,
                position=position,
                category=row.category,
                level=row.level,
                outcome=sample.outcome,
                n_thinking=row.n_thinking,
                n_answer=row.n_answer,
                ttft_s=row.ttft_s,
                ttfat_s=row.ttfat_s,
                e2e_s=row.e2e_s,
                output_tps=row.output_tps,
            )
        )
        on_progress(_name(log), position + 1)
        yield row, _verdict(log, sample), _told(sample)


def _eval_sample(sample: LogSample, item: str, position: int) -> EvalSample:
    """Counts that nobody told are 0, which no sample has, and said to be unknown."""
    thinking, answer = clean(sample.thinking), clean(sample.answer)
    is_counted = sample.n_answer is not None
    return EvalSample(
        item_id=item,
        epoch=sample.epoch,
        position=position,
        category=clean_line(sample.category)[:120] or "all",
        level=sample.level,
        finish_reason=clean_line(sample.finish_reason)[:40] or "stop",
        prompt=clean(sample.prompt),
        thinking=thinking,
        answer=answer,
        message=clean_line(sample.message)[:2_000],
        n_prompt=sample.n_prompt or 0,
        n_cached=sample.n_cached or 0,
        n_thinking=sample.n_thinking or 0,
        n_answer=sample.n_answer or 0,
        n_thinking_chars=len(thinking),
        n_answer_chars=len(answer),
        queued_s=sample.queued_s,
        ttft_s=sample.ttft_s,
        ttfat_s=sample.ttfat_s,
        e2e_s=sample.e2e_s,
        output_tps=sample.output_tps,
        seed=sample.seed or 0,
        ended_at=_moment(sample.ended_at) or _EARLY,
        tokens_from=None if is_counted else _TOKENS_UNKNOWN,
    )


def _verdict(log: Log, sample: LogSample) -> ScoreRow | None:
    if sample.outcome is None:
        return None
    grader = clean_line(sample.grader)[:120] or log.program
    extracted = None if sample.extracted is None else clean(sample.extracted)[:2_000]
    at = _moment(sample.ended_at) or _moment(log.ended_at) or utc_now()
    return ScoreRow(grader, sample.outcome, extracted, clean_line(sample.detail)[:500], None, (), at, sample.fault)


def _told(sample: LogSample) -> logs.Told:
    question = sample.question or sample.prompt
    return logs.Told(
        targets=tuple(clean(one)[:10_000] for one in sample.targets[:100]),
        question=clean(sample.question),
        question_digest=digest(question),
        prompt_digest=digest(sample.prompt),
        score=sample.score,
    )


def _figures(log: Log, pack: str, rows: Sequence[_Row]) -> tuple[Figure, ...]:
    """What the samples add up to, as of a run made here, and what the log itself states beside that.

    Of a log of ours these are figures of the same names: those that samples cannot give, or all where it has none.
    """
    from aa_tui.runs.evaluation.figures import figures_of

    version = clean_line(log.task_version)[:40]
    found: list[Figure] = []
    if any(row.outcome is not None for row in rows):
        found += figures_of(pack, version, summarise(rows), rows)
    is_ours = any(one.metric == STRICT for one in log.figures)
    known = {one.metric for one in found}
    for one in log.figures:
        metric, category = clean_line(one.metric)[:120], clean_line(one.category)[:120] or None
        name = of_evaluation(pack, metric, category) if is_ours else f"{LOGGED}{metric}"
        if name not in known:
            known.add(name)
            found.append(_stated(one, name, version))
    return tuple(found)


def _stated(one: LogFigure, name: str, version: str) -> Figure:
    has_interval = one.low is not None and one.high is not None
    return Figure(
        name,
        one.value,
        clean_line(one.unit)[:40],
        stdev=one.stderr,
        n=one.n,
        interval_low=one.low if has_interval else None,
        interval_high=one.high if has_interval else None,
        interval_method=clean_line(one.method or "")[:80] or None,
        interval_kind="fixed" if has_interval else None,
        pack_version=version,
    )


def _model(conn: sqlite3.Connection, log: Log) -> int | None:
    """The catalog's model that a log certainly means: by the content of its file, or by its very name."""
    from aa_tui.gguf.naming import without_quant
    from aa_tui.library.naming import find_model

    sha256 = log.model_facts.get("sha256")
    known = logs.model_of_content(conn, sha256) if isinstance(sha256, str) else None
    if known is not None:
        return known
    last = log.model.rpartition("/")[2]
    return find_model(conn, (log.model, last, without_quant(last)), _count(log.model_facts.get("n_params")))


def _speeds(conn: sqlite3.Connection, found: recognise.Speeds, model_id: int | None, dry_run: bool) -> list[Imported]:
    rows = _rows_of(conn, found, model_id)
    added = 0 if dry_run else elsewhere.add(conn, rows)
    program = rows[0].program if rows else "llama-bench"
    outcome: Outcome = "would be new" if dry_run else "new" if added else "there already"
    return [
        Imported(
            shown_path(found.path),
            program,
            "speed",
            rows[0].model_file if rows else "",
            outcome,
            len(rows),
            slug=rows[0].slug if rows else None,
        )
    ]


def _rows_of(conn: sqlite3.Connection, found: recognise.Speeds, model_id: int | None) -> list[Elsewhere]:
    from aa_tui.actions import speeds_elsewhere

    if found.data:
        return speeds_elsewhere.of_llama_bench(conn, found.data, model_id)
    return [row for score in found.scores for row in speeds_elsewhere.of_local_score(conn, score, model_id)]
