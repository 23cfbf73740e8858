"""A run as a file: everything that was journalled, for other programs."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from typing import Any

from aa_tui.catalog import labels, life, runs, samples, telemetry
from aa_tui.catalog.rows import RunRow, ScoredSample
from aa_tui.export.errors import ExportError


def export_run(conn: sqlite3.Connection, run: RunRow, kind: str) -> str:
    """A run as "json" (all of it), "jsonl" (a sample a line), "csv" (without texts), "labels" or "llama-bench".

    Raises ExportError where the kind does not go with the run.
    """
    if kind == "llama-bench":
        return _llama_bench(conn, run)
    if kind == "labels":
        from aa_tui.export.labelled import labelled_cases

        return labelled_cases(conn, run)
    if kind == "json":
        return json.dumps(_whole(conn, run), ensure_ascii=False, indent=2) + "\n"
    rows = _eval_rows(conn, run) if run.kind == "eval" else [row._asdict() for row in runs.samples(conn, run.id)]
    if kind == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return _csv(rows)


def _whole(conn: sqlite3.Connection, run: RunRow) -> dict[str, Any]:
    from aa_tui.pages import as_json, evaluation

    if run.kind == "eval":
        found = evaluation.as_json(evaluation.load(conn, run))
        found["samples"] = _eval_rows(conn, run)
    else:
        found = as_json.bench(runs.result_of(conn, run), runs.samples(conn, run.id))
    found["identity"], found["identity_parts"] = run.identity, run.identity_parts
    found["events"] = [event._asdict() for event in life.events(conn, run.id)]
    found["machine_states"] = [state._asdict() for state in telemetry.of_run(conn, run.id)]
    return found


def _eval_rows(conn: sqlite3.Connection, run: RunRow) -> list[dict[str, Any]]:
    return [sample_json(conn, row) for row in samples.scored(conn, run.id)]


def sample_json(conn: sqlite3.Connection, row: ScoredSample) -> dict[str, Any]:
    """One sample with its texts and all of its verdicts."""
    texts = samples.get(conn, row.id)._asdict()
    verdicts = [score._asdict() for score in samples.scores(conn, row.id)]
    label = labels.get(conn, row.id) if row.label else None
    return {
        "run_id": row.run_id,
        **texts,
        "outcome": row.outcome,
        "extracted": row.extracted,
        "label": row.label,
        "label_note": label.note if label else None,
        "label_blind": label.blind if label else None,
        "verdicts": verdicts,
    }


def _csv(rows: list[dict[str, Any]]) -> str:
    left_out = {"prompt", "thinking", "answer", "verdicts"}
    names = [name for name in rows[0] if name not in left_out] if rows else []
    text = io.StringIO()
    writer = csv.DictWriter(text, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _llama_bench(conn: sqlite3.Connection, run: RunRow) -> str:
    if run.kind != "speed":
        raise ExportError(f"Run {run.id} is an evaluation: llama-bench's format is for speed runs.")
    from aa_tui.pages import llama_bench

    return llama_bench.export(runs.result_of(conn, run), runs.samples(conn, run.id))
