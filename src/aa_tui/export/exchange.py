"""A run in other programs' formats: the user's own measurements, and nothing of what others published."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aa_tui import __version__
from aa_tui.catalog import logs, runs, samples
from aa_tui.catalog.metric_names import category_of, of_evaluation, within
from aa_tui.catalog.rows import RunRow, ScoredSample
from aa_tui.export.conversations import columns, talk_of
from aa_tui.export.errors import ExportError
from aa_tui.export.files import Format
from aa_tui.export.labelled import pack_of
from aa_tui.formats.log import STRICT, Log, LogFigure, LogSample, digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aa_tui.evals.items import Item, Pack

EVALUATIONS: Final[tuple[Format, ...]] = (
    Format("inspect", "inspect log", "eval"),
    Format("lm-eval", "lm-eval results", ""),
    Format("every-eval-ever", "Every Eval Ever", ""),
    Format("hub-yaml", "Hub .eval_results", "yaml"),
    Format("parquet", "Parquet", "parquet"),
)
"""Formats of evaluations. One without a suffix is several files, in a folder."""

SPEEDS: Final[tuple[Format, ...]] = (
    Format("llama-bench", "llama-bench JSON", "json"),
    Format("llama-bench-jsonl", "llama-bench JSONL", "jsonl"),
    Format("llama-bench-md", "llama-bench Markdown", "md"),
    Format("llama-bench-sql", "llama-bench SQL", "sql"),
    Format("localscore", "LocalScore", "json"),
    Format("parquet", "Parquet", "parquet"),
)
KEYS: Final = tuple(dict.fromkeys(one.key for one in (*EVALUATIONS, *SPEEDS)))

_WITHHELD: Final = "(left out: its authors ask that it be shown nowhere; digest {0})"
_SPEED_KEYS: Final = frozenset(one.key for one in SPEEDS)
_EVALUATION_KEYS: Final = frozenset(one.key for one in EVALUATIONS)


def formats_of(run: RunRow) -> tuple[Format, ...]:
    """The formats that a run can be written in."""
    if run.kind == "eval":
        return EVALUATIONS
    return SPEEDS if run.kind == "speed" and not run.file.is_served else ()


def is_folder(key: str) -> bool:
    """Whether a format is several files."""
    return any(one.key == key and not one.suffix for one in EVALUATIONS)


def files_of(conn: sqlite3.Connection, run: RunRow, key: str) -> dict[str, bytes]:
    """The files of a run in a format, by their paths below a folder.

    Raises ExportError where run and format do not go together.
    """
    if key not in {one.key for one in formats_of(run)}:
        raise ExportError(_does_not_go(run, key))
    if key == "parquet":
        from aa_tui.export import parquet

        return {f"run-{run.id}.parquet": parquet.table(_rows(conn, run))}
    if run.kind == "speed":
        from aa_tui.export import speeds

        return speeds.files_of(conn, run, key)
    log = log_of(conn, run)
    if key == "hub-yaml":
        from aa_tui.gguf.eval_results import as_yaml

        return {f"{log.task}.yaml": as_yaml(_entries(log))}
    if not log.figures and not run.n_done:
        raise ExportError(f"Run {run.id} has no samples yet: there is nothing to write.")
    if key == "inspect":
        from aa_tui.formats import inspect_write

        return inspect_write.write(log, log.samples())
    if key == "lm-eval":
        from aa_tui.formats import lm_eval_write

        return lm_eval_write.write(log, log.samples())
    from aa_tui.formats import every_eval_write

    return every_eval_write.write(log, log.samples())


def _rows(conn: sqlite3.Connection, run: RunRow) -> list[dict[str, Any]]:
    """A row for each sample, with its texts; for each repetition of a speed run."""
    if run.kind == "speed":
        return [{"run_id": run.id, **row._asdict()} for row in runs.samples(conn, run.id)]
    names = [name for name in LogSample.__slots__ if name != "talk"]
    return [
        {"run_id": run.id, **{name: getattr(one, name) for name in names}, **columns(one.talk)}
        for one in log_of(conn, run).samples()
    ]


def _does_not_go(run: RunRow, key: str) -> str:
    if run.kind in ("ask", "study"):
        what = "conversation" if run.kind == "ask" else "study"
        return f"Run {run.id} is a {what}: no other program's format has a place for it; export it as json."
    if run.kind == "speed" and run.file.is_served:
        return f"Run {run.id} measured a server, which {key} has no place for: export it as json."
    what, others = ("an evaluation", EVALUATIONS) if run.kind == "eval" else ("a speed run", SPEEDS)
    return f"Run {run.id} is {what}: {key} is not for it; there are {', '.join(one.key for one in others)}."


def log_of(conn: sqlite3.Connection, run: RunRow) -> Log:
    """An evaluation as a log: its scores with their intervals, how it was made, and its samples, read one by one."""
    result = runs.result_of(conn, run)
    settings = _settings(run)
    keys = _Keys.of(conn, run)
    return Log(
        program="inspect",
        program_version="",
        log_id=run.uid,
        task=run.pack or "unnamed",
        task_version=run.pack_version or "",
        model=run.target,
        developer=_developer(conn, run),
        made_by="aa-tui",
        made_by_version=__version__,
        state=run.state if run.state in ("stopped", "failed") else "finished",
        reason=run.reason or "",
        created_at=run.created_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        engine=_engine(run)[0],
        engine_version=_engine(run)[1],
        machine=run.machine.name if run.machine is not None else "",
        settings=settings,
        model_facts=_model_facts(run),
        figures=tuple(_figures(run, result.measurements)),
        run_uid=run.uid,
        n_wanted=run.n_items,
        samples=partial(_samples, conn, run, keys),
    )


def _engine(run: RunRow) -> tuple[str, str]:
    if run.origin == "log":
        return str(run.origin_facts.get("engine") or ""), ""
    if run.file.is_served:
        served = run.setup.served
        return (served[0].kind, served[0].version) if served else ("a server", "")
    return "llama.cpp", str(run.engine.get("llama_cpp") or "")


def _developer(conn: sqlite3.Connection, run: RunRow) -> str:
    from aa_tui.catalog import models

    pages = models.by_model_id(conn, run.file.model_id) if run.file.model_id is not None else []
    creator = pages[0].creator if pages else ""
    return "" if creator == "unknown creator" else creator


_ADDRESSES: Final = frozenset({"servers", "served", "rpc"})


def _settings(run: RunRow) -> dict[str, Any]:
    """How it was asked, the sampler's values beside the others; addresses of servers stay here."""
    found = {name: value for name, value in run.settings.items() if name not in _ADDRESSES and value is not None}
    sampler = found.pop("sampler", None)
    told = {name: value for name, value in sampler.items() if name != "seed"} if isinstance(sampler, dict) else {}
    return {**told, **{name: value for name, value in found.items() if name not in told or name != "temperature"}}


def _model_facts(run: RunRow) -> dict[str, Any]:
    file = run.file
    found = {
        "file_name": file.shown_name,
        "quant": file.quant,
        "architecture": file.architecture,
        "n_params": file.n_params,
        "size_bytes": file.size_bytes or None,
        "context_tokens": file.context_tokens,
        "sha256": file.sha256 if file.kind == "file" else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _figures(run: RunRow, measured: Mapping[str, Any]) -> Iterator[LogFigure]:
    """The run's figures, the strict score first."""
    first = of_evaluation(run.pack, STRICT)
    for metric in sorted(measured, key=lambda name: (name != first, name)):
        row = measured[metric]
        name = within(metric, run.pack)
        if name == metric:
            continue  # of another program's log
        category = category_of(metric, run.pack, STRICT) or ""
        yield LogFigure(
            metric=STRICT if category else name,
            value=row.value,
            unit=row.unit,
            category=category,
            n=row.n,
            stderr=row.stdev,
            low=row.interval_low,
            high=row.interval_high,
            method=row.interval_method,
        )


@dataclass(frozen=True, slots=True)
class _Keys:
    """What a run's items ask and expect. `is_hidden`: their authors ask that they be shown nowhere. `pack` is the
    run's, where it is here in its version and may be shown."""

    questions: Mapping[str, str]
    targets: Mapping[str, tuple[str, ...]]
    is_hidden: bool = False
    pack: Pack | None = None

    @classmethod
    def of(cls, conn: sqlite3.Connection, run: RunRow) -> _Keys:
        """From the run's pack, where it is here in its version."""
        if run.origin == "log":
            return cls({}, {})
        from aa_tui.evals import prompts

        try:
            pack = pack_of(conn, run)
        except ExportError:
            return cls({}, {}, is_hidden=_is_private(conn, run))
        if pack.private_items:
            return cls({}, {}, is_hidden=True)
        return cls(
            {item.id: prompts.question(pack, item).strip() for item in pack.items},
            {item.id: _targets(pack, item) for item in pack.items},
            pack=pack,
        )


def _is_private(conn: sqlite3.Connection, run: RunRow) -> bool:
    """Whether the pack is one whose texts are not to be shown, in another version than the run's or not here."""
    from aa_tui.export.answers import keys_of

    return bool(keys_of(conn, run).hidden)


def _targets(pack: Pack, item: Item) -> tuple[str, ...]:
    """The key of an item, as texts any of which is right; none of what only a program can check."""
    from aa_tui.evals.items import PackError
    from aa_tui.evals.prompts import shuffled

    if item.choices:
        try:
            shown, letter = shuffled(pack, item)
        except PackError:
            return ()
        return letter, shown[ord(letter) - ord("A")]
    if isinstance(item.answer, str | int | float) and not isinstance(item.answer, bool):
        return (str(item.answer),)
    told: Sequence[object] = item.answer if isinstance(item.answer, list | tuple) else ()
    return tuple(str(one) for one in told if isinstance(one, str | int | float))


def _samples(conn: sqlite3.Connection, run: RunRow, keys: _Keys) -> Iterator[LogSample]:
    told = logs.told(conn, run.id)
    items = {item.id: item for item in keys.pack.items} if keys.pack is not None else {}
    for row in samples.scored(conn, run.id):
        sample = _sample(conn, row, keys, told.get(row.id))
        item = items.get(row.item_id)
        talk = None if keys.is_hidden else talk_of(conn, row, sample.prompt, keys.pack, item)
        yield sample if talk is None else replace(sample, talk=talk)


def _sample(conn: sqlite3.Connection, row: ScoredSample, keys: _Keys, told: logs.Told | None) -> LogSample:
    whole = samples.get(conn, row.id)
    is_counted = whole.tokens_from != "unknown"
    question = told.question if told is not None else keys.questions.get(row.item_id, "")
    texts: dict[str, Any] = {"prompt": whole.prompt, "answer": whole.answer, "thinking": whole.thinking}
    extracted = row.extracted
    if keys.is_hidden:
        withheld = _WITHHELD.format(digest(whole.prompt))
        texts, question, extracted = {"prompt": withheld, "answer": withheld, "thinking": ""}, "", None
    return LogSample(
        item_id=row.item_id,
        epoch=row.epoch,
        **texts,
        question="" if question == texts["prompt"] else question,
        targets=told.targets if told is not None else keys.targets.get(row.item_id, ()),
        outcome=row.outcome,
        score=told.score if told is not None else None,
        extracted=extracted,
        detail="" if keys.is_hidden else row.detail or "",
        grader=row.grader or "",
        category=row.category,
        level=row.level,
        finish_reason=row.finish_reason,
        message=whole.message,
        n_prompt=row.n_prompt if is_counted else None,
        n_cached=row.n_cached if is_counted else None,
        n_thinking=row.n_thinking if is_counted else None,
        n_answer=row.n_answer if is_counted else None,
        queued_s=whole.queued_s,
        ttft_s=row.ttft_s,
        ttfat_s=row.ttfat_s,
        e2e_s=row.e2e_s,
        output_tps=row.output_tps,
        seed=whole.seed,
        ended_at=row.ended_at,
        fault=row.fault,
    )


def _entries(log: Log) -> list[dict[str, Any]]:
    """The run's headline, as the Hub's repositories keep it. The pack stands where a benchmark's name belongs."""
    strict = next((one for one in log.figures if one.metric == STRICT and not one.category), None)
    if strict is None:
        raise ExportError("The run has no score, which is all that the Hub's .eval_results hold.")
    interval = ""
    if strict.low is not None and strict.high is not None:
        interval = f", 95 % interval {100 * strict.low:.1f} to {100 * strict.high:.1f} ({strict.method})"
    quant = log.model_facts.get("quant")
    notes = f"strict score in percent of n {strict.n}{interval}; aa-tui {log.made_by_version}"
    return [
        {
            "dataset_id": log.task,
            "task_id": log.task_version or "default",
            "value": round(100 * strict.value, 4),
            "date": (log.ended_at or log.created_at or "")[:10] or None,
            "notes": f"{notes}, {log.engine} {log.engine_version}{f', {quant}' if quant else ''}".rstrip(),
        }
    ]
