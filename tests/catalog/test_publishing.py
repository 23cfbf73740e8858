"""A copy of the catalog to hand on: nothing restricted or private is in it, and the catalog itself stays as it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from tests.support.sites import SECRETS, make_catalog
from tests.support.talked_run import talked_run

from aa_tui.catalog import models, runs, samples, turns
from aa_tui.catalog.publishing import copy_to_publish, publishable_sources


def every_text(conn: sqlite3.Connection) -> str:
    """All texts of all tables, in one."""
    tables = [row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = []
    for table in tables:
        if not table.startswith(("variants_fts", "sqlite_")):
            found += [str(tuple(row)) for row in conn.execute(f"SELECT * FROM {table}")]  # noqa: S608
    return "\n".join(found)


def test_no_table_of_it_holds_a_secret(conn: sqlite3.Connection) -> None:
    make_catalog(conn)
    before = every_text(conn)
    assert all(secret in before for secret in SECRETS), "else this tests nothing"
    copy, _ = copy_to_publish(conn)
    with closing(copy):
        told = every_text(copy)
    assert [secret for secret in SECRETS if secret in told] == []
    assert every_text(conn) == before, "the catalog itself is as it was"


def test_of_conversations_counts_are_handed_on_and_no_words(conn: sqlite3.Connection) -> None:
    run_id = talked_run(conn, thinking="Secretly.")
    copy, _ = copy_to_publish(conn)
    with closing(copy):
        assert turns.totals(copy, run_id) == turns.totals(conn, run_id)
        assert turns.first_prompts(copy, run_id) == turns.first_prompts(conn, run_id)
        told = [turn for row in samples.scored(copy, run_id) for turn in turns.of_sample(copy, run_id, row.item_id, 1)]
    assert {(one.thinking, one.answer, one.raw, one.calls, one.given) for one in told} == {("", "", "", (), ())}
    copy, _ = copy_to_publish(conn, texts=True)
    with closing(copy):
        assert turns.of_sample(copy, run_id, told[0].item_id, 1)[0].thinking == "Secretly."


def test_figures_keep_their_runs_and_machines_their_processors(conn: sqlite3.Connection) -> None:
    make_catalog(conn)
    other = conn.execute("SELECT machine_id FROM runs WHERE kind = 'eval' ORDER BY id").fetchone()[0]
    conn.execute("UPDATE machines SET cpu = 'Another CPU' WHERE id = ?", (other,))
    copy, _ = copy_to_publish(conn)
    with closing(copy):
        known = {run.id: run for run in runs.list_runs(conn)}
        shown = runs.list_runs(copy)
        assert {run.id for run in shown} == {
            number for number, run in known.items() if run.kind != "ask" and run.state != "failed"
        }
        for run in shown:
            assert runs.result_of(copy, run).measurements == runs.result_of(conn, known[run.id]).measurements
            if run.machine is not None:
                assert run.made_on == run.machine.cpu
        assert {run.made_on for run in shown if run.kind == "eval"} == {"Another CPU"}
        served = next(run for run in shown if run.file.is_served)
        assert served.made_on == "through llama-server at server 1"
        assert served.file.shown_name == "big-model"


def test_two_machines_of_one_processor_stay_two(conn: sqlite3.Connection) -> None:
    make_catalog(conn)
    assert conn.execute("SELECT count(*) FROM machines").fetchone()[0] == 2
    copy, _ = copy_to_publish(conn)
    with closing(copy):
        names = {row[0] for row in copy.execute("SELECT name FROM machines")}
    assert names == {"A CPU (machine 1)", "A CPU (machine 2)"}


def test_restricted_sources_are_not_published(conn: sqlite3.Connection) -> None:
    make_catalog(conn)
    free = publishable_sources(conn)
    names = {row[0]: row[1] for row in conn.execute("SELECT id, name FROM sources")}
    assert set(names.values()) - {names[one] for one in free} == {"Test table", "Old table"}
    copy, withheld = copy_to_publish(conn)
    with closing(copy):
        assert withheld.sources == ("Test table", "Old table")
        assert withheld.n_figures > 20
        assert models.by_slug(copy, "gamma") is None
        assert models.resolve(copy, "nanbeige4-1-3b") == models.resolve(conn, "nanbeige4-1-3b")
    copy, withheld = copy_to_publish(conn, restricted=True)
    with closing(copy):
        assert withheld.n_figures == 0
        assert models.resolve(copy, "gamma") == models.resolve(conn, "gamma")


def test_the_mark_on_sources_decides(conn: sqlite3.Connection) -> None:
    make_catalog(conn)
    conn.execute("UPDATE sources SET is_restricted = (name = 'Artificial Analysis')")
    copy, withheld = copy_to_publish(conn)
    with closing(copy):
        assert withheld.sources == ("Artificial Analysis",)
        assert models.resolve(copy, "gamma").intelligence_index == 10
        assert models.resolve(copy, "nanbeige4-1-3b").intelligence_index is None


def test_the_copy_cannot_be_written(conn: sqlite3.Connection) -> None:
    copy, _ = copy_to_publish(conn)
    with closing(copy), pytest.raises(sqlite3.OperationalError):
        copy.execute("DELETE FROM runs")
