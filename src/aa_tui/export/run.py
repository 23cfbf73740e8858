"""A run as a file: everything that was journalled, for other programs."""

from __future__ import annotations

import sqlite3
from typing import Any

from aa_tui.catalog import labels, life, runs, samples, studies, telemetry, turns
from aa_tui.catalog.rows import RunRow, ScoredSample
from aa_tui.export.rows_csv import as_csv
from aa_tui.jsontext import dumps


def export_run(conn: sqlite3.Connection, run: RunRow, kind: str) -> str:
    """A run as "json" (all of it), "jsonl" (a sample a line), "csv" (without texts) or "labels".

    Raises ExportError where the kind does not go with the run.
    """
    if kind == "labels":
        from aa_tui.export.labelled import labelled_cases

        return labelled_cases(conn, run)
    if kind == "json":
        return dumps(_whole(conn, run), indent=2) + "\n"
    if run.kind == "study":
        rows = [one._asdict() for one in studies.points(conn, run.id)]
    else:
        rows = [row._asdict() for row in runs.samples(conn, run.id)] if run.kind == "speed" else _eval_rows(conn, run)
    if kind == "jsonl":
        return "".join(dumps(row) + "\n" for row in rows)
    return _csv(rows)


def _whole(conn: sqlite3.Connection, run: RunRow) -> dict[str, Any]:
    from aa_tui.pages import conversation, evaluation, lost
    from aa_tui.pages.json import conversation as conversation_json
    from aa_tui.pages.json import evaluation as evaluation_json
    from aa_tui.pages.json import lost as lost_json
    from aa_tui.pages.json import run as run_json
    from aa_tui.pages.json import study as study_json
    from aa_tui.pages.studies.report import study_report

    if run.kind == "eval":
        found = evaluation_json.as_json(evaluation.load(conn, run))
        found["lost"] = lost_json.as_json(lost.load(conn, run))
        found["samples"] = _eval_rows(conn, run)
    elif run.kind == "ask":
        found = conversation_json.as_json(conversation.load(conn, run))
        found["samples"] = _eval_rows(conn, run)
    elif run.kind == "study":
        found = study_json.as_json(run, study_report(conn, run))
        found["points"] = [one._asdict() for one in studies.points(conn, run.id)]
    else:
        found = run_json.bench(runs.result_of(conn, run), runs.samples(conn, run.id))
    found["identity"], found["identity_parts"] = run.identity, run.identity_parts
    found["events"] = [event._asdict() for event in life.events(conn, run.id)]
    found["machine_states"] = [state._asdict() for state in telemetry.of_run(conn, run.id)]
    return found


def _eval_rows(conn: sqlite3.Connection, run: RunRow) -> list[dict[str, Any]]:
    return [sample_json(conn, row) for row in samples.scored(conn, run.id)]


def sample_json(conn: sqlite3.Connection, row: ScoredSample) -> dict[str, Any]:
    """One sample with its texts, all of its verdicts, and the turns of one that is a conversation."""
    from aa_tui.pages.json.talked import turn_json

    texts = samples.get(conn, row.id)._asdict()
    told = turns.of_sample(conn, row.run_id, row.item_id, row.epoch)
    verdicts = [score._asdict() for score in samples.scores(conn, row.id)]
    label = labels.get(conn, row.id) if row.label else None
    return {
        "run_id": row.run_id,
        **texts,
        "timings": dict(texts["timings"]),
        "outcome": row.outcome,
        "extracted": row.extracted,
        "fault": row.fault,
        "label": row.label,
        "label_note": label.note if label else None,
        "label_blind": label.blind if label else None,
        "verdicts": verdicts,
        "n_turns": len(told) or None,
        "n_calls": sum(len(one.calls) for one in told) if told else None,
        "turns": [turn_json(one) for one in told],
    }


def _csv(rows: list[dict[str, Any]]) -> str:
    left_out = {"prompt", "thinking", "answer", "verdicts", "timings", "turns"}
    return as_csv([{name: value for name, value in row.items() if name not in left_out} for row in rows])
