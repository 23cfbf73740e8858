"""Evaluations whose answers are held to the schemas of their questions, on the real engine."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from tests.support.evaluating import write_pack
from tests.support.mocked import worked

from aa_tui.catalog import runs, samples
from aa_tui.catalog.db import path_of
from aa_tui.charts import book
from aa_tui.charts.spec import BarChart
from aa_tui.errors import AATuiError
from aa_tui.gguf.bundled import bundled_model
from aa_tui.pages import compare, local_evaluations
from aa_tui.pages.scene import load_scene
from aa_tui.pages.text import how, paired
from aa_tui.runs import locks
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.evaluation.plan import prepare_eval
from aa_tui.runs.evaluation.work import evaluate

SCHEMA = {
    "type": "object",
    "properties": {"sum": {"enum": [1, 2, 3]}},
    "required": ["sum"],
    "additionalProperties": False,
}
ANSWERS = {"Add 1 and 1.": "2", "Add 1 and 2.": "3"}


def evaluated(conn: sqlite3.Connection, pack: Path, *, grammar: bool) -> int:
    """A finished run of the bundled model."""
    options = EvalOptions(n_parallel=2, n_threads=1, budgets=(), max_output_tokens=200, grammar=grammar)
    run_id = prepare_eval(conn, str(bundled_model()), str(pack), options=options)
    turn = locks.turn_lock(path_of(conn))
    assert worked(conn, run_id, lambda run, reporter: evaluate(conn, run, reporter, turn)).state == "finished"
    return run_id


def answers(conn: sqlite3.Connection, run_id: int) -> list[str]:
    """What was answered."""
    texts = (samples.get(conn, one.id) for one in samples.scored(conn, run_id))
    return [one.answer for one in texts]


def compared(conn: sqlite3.Connection, free: int, held: int) -> dict[str, list[str]]:
    """What is said of the two, by row."""
    shown = compare.load(conn, [f"run:{free}", f"run:{held}"])
    section = next(one for one in shown.sections if one.title.startswith("With and without a grammar"))
    return {row.key: [cell.text for cell in row.cells] for row in section.rows}


def test_answers_are_held_to_the_schemas_of_their_questions(conn: sqlite3.Connection, tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack", ANSWERS, extra={"schema": SCHEMA})
    free, held = (evaluated(conn, pack, grammar=grammar) for grammar in (False, True))
    assert [json.loads(text)["sum"] in {1, 2, 3} for text in answers(conn, held)] == [True, True]
    assert not any(text.startswith("{") for text in answers(conn, free))
    ones = [runs.get(conn, run_id) for run_id in (free, held)]
    assert ones[0].identity != ones[1].identity
    assert "grammar" not in ones[0].identity_parts["settings"], "runs of before stay what they are"
    assert [dict(how.facts(one)).get("Grammar", "")[:3] for one in ones] == ["", "on:"]
    assert "all else is free" in dict(how.facts(ones[1]))["Grammar"], "YAML, and calls in most formats"

    conn.execute(
        "UPDATE sample_scores SET fault = 'format: broken' WHERE sample_id IN "
        "(SELECT id FROM eval_samples WHERE run_id = ? LIMIT 1)",
        (free,),
    )
    cells = compared(conn, free, held)
    assert cells["grammar"] == ["off", "on"]
    assert cells["grammar_valid"] == ["50.0 %", "100.0 %"]
    asked = f"the answers of run {held} were held to a grammar"
    (pair,) = compare.load(conn, [f"run:{free}", f"run:{held}"]).pairs
    assert asked in " ".join(paired.reservations(pair))
    told = [row.pack for row in local_evaluations.rows([runs.result_of(conn, one) for one in reversed(ones)])]
    assert told == ["small 1, grammar", "small 1"], "neither hides the other"
    chart = book.kind("here-scores").build(load_scene(conn, None))
    assert isinstance(chart, BarChart)
    assert sorted(bar.label.rpartition(", ")[2] == "grammar" for bar in chart.bars) == [False, True]
    cut = (
        "UPDATE sample_scores SET outcome = 'truncated' WHERE fault IS NULL AND sample_id IN "
        "(SELECT id FROM eval_samples WHERE run_id = ?)"
    )
    conn.execute(cut, (free,))
    assert compared(conn, free, held)["grammar_valid"] == ["0.0 %", "100.0 %"], "what is cut short is not valid for it"
    conn.execute(cut, (held,))
    assert compared(conn, free, held)["grammar_valid"] == ["0.0 %", "–"], "and where all is, nobody knows"
    again = compare.load(conn, [f"run:{held}", f"run:{evaluated(conn, pack, grammar=True)}"])
    assert not any(one.title.startswith("With and without") for one in again.sections)


@pytest.mark.parametrize(
    ("extra", "words"),
    [({}, "nothing to hold answers to"), ({"schema": {"type": "colour"}}, "cannot be held to this grammar")],
)
def test_what_cannot_be_held_is_said_before_a_run_is_made(
    conn: sqlite3.Connection, tmp_path: Path, extra: dict[str, object], words: str
) -> None:
    pack = write_pack(tmp_path / "pack", ANSWERS, extra=extra)
    with pytest.raises(AATuiError, match=words):
        prepare_eval(conn, str(bundled_model()), str(pack), options=EvalOptions(grammar=True))
    assert runs.list_runs(conn) == []
