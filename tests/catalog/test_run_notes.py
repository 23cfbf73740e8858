"""What a run's row keeps as JSON may be anything, from strangers or other versions: it is read, or as never noted."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from typing import Any

import pytest
from tests.support.evaluated import SEVEN, evaluate_here
from tests.support.noted import measure
from tests.support.program import Program

from aa_tui.catalog import db, run_notes, runs
from aa_tui.catalog.rows import RunRow
from aa_tui.pages import evaluation, local_evaluations, measured, plan
from aa_tui.pages.json import evaluation as evaluation_json
from aa_tui.pages.json import local_evaluations as evaluations_json
from aa_tui.pages.json import plan as plan_json
from aa_tui.pages.json import run as run_json
from aa_tui.pages.text import crash as crash_text
from aa_tui.pages.text import evaluation as evaluation_text
from aa_tui.pages.text import live as live_text
from aa_tui.pages.text import plan as plan_text
from aa_tui.pages.text import speed as speed_text
from aa_tui.runs import conditions
from aa_tui.runs.evaluation.options import EvalOptions

STRANGE: list[Any] = [
    "a text",
    "",
    -7,
    0,
    2.5,
    1e300,
    True,
    None,
    [],
    ["x", 1, None],
    {},
    {"x": "a text"},
    {"maths": 1},
]
SETTINGS = (*run_notes.RunSetup._fields, "repetitions", *(one.name for one in fields(EvalOptions)))
HOURS = tuple(one.name for one in fields(conditions.Conditions))


@pytest.fixture(scope="module")
def noted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """A catalog with an evaluation, number 1, and a speed run, number 2."""
    folder = tmp_path_factory.mktemp("noted")
    with pytest.MonkeyPatch.context() as patch, closing(db.open_catalog(folder / "catalog.db")) as conn:
        patch.setenv("AA_TUI_HOME", str(folder))
        evaluate_here(conn, "Q4_K_M", SEVEN)
        measure(conn)
        yield conn


def told(conn: sqlite3.Connection, run: RunRow) -> str:
    """All that the shell and JSON tell of a run."""
    result = runs.result_of(conn, run)
    found = [live_text.words(run), *map(str, measured.rows([result])), *measured.devices(run)]
    if run.kind == "eval":
        report, planned = evaluation.load(conn, run), plan.of_run(conn, run)
        found += [
            *evaluation_text.lines(report),
            *plan_text.lines(planned),
            *map(str, local_evaluations.rows([result])),
        ]
        found += map(json.dumps, (evaluation_json.as_json(report), plan_json.as_json(planned)))
        found.append(json.dumps(evaluations_json.as_json([result])))
    else:
        samples = runs.samples(conn, run.id)
        found += [*speed_text.lines(result, samples), json.dumps(run_json.bench(result, samples))]
    return "\n".join(found)


@pytest.mark.repeats
@pytest.mark.parametrize("name", dict.fromkeys(SETTINGS))
def test_a_setting_of_a_wrong_kind_is_as_if_it_had_not_been_noted(noted: sqlite3.Connection, name: str) -> None:
    for run_id in (1, 2):
        run = runs.get(noted, run_id)
        for value in STRANGE:
            strange = run._replace(settings={**run.settings, "these_items": True, name: value})
            assert "score" in told(noted, strange) or run_id == 2
            EvalOptions.from_settings(strange.settings)


def test_a_time_that_is_known_well_has_no_range_of_one_value(noted: sqlite3.Connection) -> None:
    run = runs.list_runs(noted)[0]._replace(state="running", heartbeat_at=None)
    close = {"left_s": 5.0, "left_low_s": 4.9, "left_high_s": 5.2}
    assert live_text.words(run._replace(live=close)) == "running · left 5 s"
    assert live_text.words(run._replace(live=close | {"left_high_s": 7.0})) == "running · left 5 s (5 s–7 s)"


@pytest.mark.parametrize("name", run_notes.LiveFigures._fields)
def test_live_figures_of_a_wrong_kind_are_not_told(noted: sqlite3.Connection, name: str) -> None:
    run = runs.get(noted, 1)._replace(state="running", progress_text="3 of 7")
    for value in STRANGE:
        words = live_text.words(run._replace(live={"left_s": 60.0, name: value}))
        assert words.startswith("3 of 7")
        run_notes.live_figures_of({name: value})


@pytest.mark.parametrize("name", HOURS)
def test_a_condition_of_a_wrong_kind_holds_nothing_up(name: str) -> None:
    for value in STRANGE:
        noted = {name: value}
        assert not conditions.is_over(noted, conditions.now())
        assert conditions.why_wait(noted, conditions.now(), None) is None
        conditions.check(noted, conditions.now())
        conditions.still_to_come(noted)


def test_a_death_of_a_wrong_kind_is_told_as_far_as_it_is_known() -> None:
    for value in STRANGE:
        for name in run_notes.Crash._fields:
            assert crash_text.lines({"signal": "SIGSEGV", name: value})


def test_options_keep_what_is_sound_and_take_the_usual_for_the_rest() -> None:
    noted = EvalOptions(limit=20, budgets=(512,), sampling="greedy", until_width=0.05).to_settings()
    assert EvalOptions.from_settings({**noted, "a later one": 1}) == EvalOptions.from_settings(noted)
    read = EvalOptions.from_settings({**noted, "limit": "many", "budgets": [512, "x"], "flash_attn": "perhaps"})
    assert (read.limit, read.budgets, read.flash_attn) == (None, EvalOptions().budgets, "auto")
    assert (read.sampling, read.until_width) == ("greedy", 0.05)


def test_counts_with_a_wrong_one_among_them_are_no_counts() -> None:
    """The rest would be taken for the whole pack."""
    assert run_notes.setup_of({"n_items_by_category": {"maths": 20, "code": "ten"}}).n_items_by_category == {}
    assert run_notes.setup_of({"n_items_by_category": {"maths": 20}}).n_items_by_category == {"maths": 20}


def test_the_shell_shows_and_follows_a_run_with_strange_settings(conn: sqlite3.Connection, program: Program) -> None:
    run_id = evaluate_here(conn, "Q4_K_M", SEVEN)
    settings = json.dumps({"n_items_by_category": {"x": "a text"}, "these_items": True, "budgets": "all"})
    conn.execute("UPDATE runs SET settings = ?", (settings,))
    for command in ("show", "follow"):
        done = program("runs", command, str(run_id))
        assert (done.returncode, done.stderr) == (0, "")
        assert "strict" in done.stdout
