"""Probes of real files: pinned, compared, cut short and gone on with, refused."""

from __future__ import annotations

import os
import signal
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.disturbing import ended, until
from tests.support.probing import Q4, Q8, SHORT, StoppedError, probe, work_on

from aa_tui.actions import studies as starting
from aa_tui.catalog import runs, studies
from aa_tui.pages.studies import watch_list
from aa_tui.pages.studies.report import study_report
from aa_tui.pages.studies.watch import answers_table, verdict
from aa_tui.runs import resume
from aa_tui.runs.errors import RunError
from aa_tui.runs.studies.probe_compared import load
from aa_tui.runs.studies.probe_plan import BLOCKS, ITEMS, SPEED, WatchOptions, baseline_of, prepare_watch


def test_the_first_probe_is_pinned_and_the_second_writes_the_same(conn: sqlite3.Connection) -> None:
    first = probe(conn)
    assert verdict(load(conn, first)) == "pinned"
    second = probe(conn)
    assert baseline_of(conn, second) == first
    found = load(conn, second)
    assert {name: part["n_flips"] for name, part in found.against.items()} == {"tokens": 0, "answers": 0}
    assert found.against["answers"]["n"] == SHORT["N_ITEMS"]
    assert found.changes == ()
    told = study_report(conn, second)
    assert told is not None
    assert "as they were then" in " ".join(told.sentences)
    figures = runs.result_of(conn, second).measurements
    assert figures["watch.tokens_flipped"].value == 0
    assert (figures["watch.tg32"].interval_low or 0) < figures["watch.tg32"].value


def test_another_quantization_is_found_by_its_tokens(conn: sqlite3.Connection) -> None:
    first = probe(conn)
    second = probe(conn, Q4, against=Q8)
    assert baseline_of(conn, second) == first
    found = load(conn, second)
    assert found.comparison is not None
    assert "tokens" in found.comparison.flipped
    assert verdict(found) == "different", "another file has not become worse"
    told = study_report(conn, second)
    assert told is not None
    assert any("top tokens differ" in words for words in told.sentences)
    assert any("file aa-nano-Q8_0.gguf" in words and "aa-nano-Q4_0.gguf" in words for words in told.sentences)
    assert told.values["tokens"]["kld_at_least_nats"] > 0
    assert (told.values["compared_file"], told.values["baseline_run_id"]) == ("aa-nano-Q8_0.gguf", first.id)
    assert told.few_words.startswith("vs aa-nano-Q8_0.gguf: ")
    assert len(told.few_words) < 60
    assert not any("since" in words for words in told.sentences)
    assert any(words.startswith("Compared with aa-nano-Q8_0.gguf: ") for words in told.sentences)
    assert told.tables[0].head[1:3] == ("aa-nano-Q8_0.gguf", "aa-nano-Q4_0.gguf")


def test_files_compared_on_purpose_say_nothing_of_how_one_stands(conn: sqlite3.Connection) -> None:
    probe(conn)
    probe(conn, Q4, against=Q8)
    (row,) = watch_list.files_json(conn)
    assert (row["file"], row["verdict"], row["n_probes"]) == ("aa-nano-Q8_0.gguf", "pinned", 1)
    assert watch_list.trouble([row]) == []


@pytest.mark.long
def test_a_worker_that_is_killed_leaves_what_it_noted(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run_id = starting.watch(conn, Q8, options=WatchOptions(n_threads=1))
    until(conn, run_id, lambda run: run.n_done > 2)
    os.kill(runs.get(conn, run_id).pid or 0, signal.SIGKILL)
    assert ended(conn, run_id).state == "failed"
    before = {(one.part, one.number): one.made_at for one in studies.points(conn, run_id)}
    assert len(before) > 2
    resume(catalog_path, conn, run_id)
    assert ended(conn, run_id).state == "finished"
    after = {(one.part, one.number): one.made_at for one in studies.points(conn, run_id)}
    assert before.items() <= after.items()
    assert verdict(load(conn, runs.get(conn, run_id))) == "pinned"


def test_another_quantization_has_a_baseline_of_its_own(conn: sqlite3.Connection) -> None:
    probe(conn)
    assert verdict(load(conn, probe(conn, Q4))) == "pinned"


def test_a_probe_that_was_cut_short_goes_on_where_it_was(conn: sqlite3.Connection) -> None:
    run_id = prepare_watch(conn, Q8, options=WatchOptions(n_threads=1))
    with pytest.raises(StoppedError):
        work_on(conn, run_id, dies_after=5)
    before = {(one.part, one.number): one.made_at for one in studies.points(conn, run_id)}
    assert len(before) == 5
    conn.execute("UPDATE runs SET state = 'queued', pid = NULL WHERE id = ?", (run_id,))
    conn.commit()
    assert work_on(conn, run_id).state == "finished"
    after = studies.points(conn, run_id)
    assert before.items() <= {(one.part, one.number): one.made_at for one in after}.items()
    parts = [one.part for one in after]
    assert [parts.count(part) for part in (SPEED, BLOCKS, ITEMS)] == [2, 2, SHORT["N_ITEMS"]]


def test_what_cannot_be_compared_is_said_in_a_sentence(conn: sqlite3.Connection, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no baseline of aa-nano-Q4_0"):
        prepare_watch(conn, Q8, options=WatchOptions(against=Q4))
    with pytest.raises(RunError, match=r"There is no file .*gone\.gguf"):
        prepare_watch(conn, str(tmp_path / "gone.gguf"))
    with pytest.raises(RunError, match="leave out --baseline"):
        prepare_watch(conn, Q8, options=WatchOptions(pin=True, against=Q4))
    unfinished = prepare_watch(conn, Q8)
    with pytest.raises(RunError, match="no finished probe of this machine"):
        prepare_watch(conn, Q8, options=WatchOptions(baseline=unfinished))


def test_a_change_says_which_mean_it_is_against(conn: sqlite3.Connection) -> None:
    first = probe(conn)
    probe(conn)
    third = probe(conn)
    told = study_report(conn, third)
    assert told is not None
    speed = told.values["speeds"]["tg32"]
    assert speed["n_reference"] == 2
    assert speed["tokens_per_s"] / speed["reference_tokens_per_s"] - 1 == pytest.approx(speed["change"])
    mean = f"{speed['reference_tokens_per_s']:,.1f}"
    words = f"tg32 against the mean of 2 probes since run {first.id}, {mean} tokens/s"
    assert words in told.tables[0].note
    head, rows, _ = watch_list.history_table(watch_list.history_json(conn))
    assert [row[head.index("Against")] for row in rows] == ["–", f"run {first.id}", f"mean of 2 since run {first.id}"]
    assert f"% on {mean})" in rows[2][head.index("tg32")]


def test_the_answers_that_are_not_listed_are_counted(conn: sqlite3.Connection) -> None:
    probe(conn)
    found = load(conn, probe(conn))
    part = dict(found.against["answers"])
    one = {"item": "i", "before": "a", "now": "b", "outcome_before": None, "outcome_now": None, "close": False}
    part |= {"n": 40, "n_flips": 17, "flipped": [{**one, "item": f"i{number}"} for number in range(17)]}
    changed = replace(found, against={**found.against, "answers": part})
    table = answers_table(changed)
    assert len(table.rows) == 12
    assert "And 5 more" in table.note


def test_another_vocabulary_is_refused(conn: sqlite3.Connection) -> None:
    first = probe(conn)
    conn.execute(
        "UPDATE runs SET settings = json_set(settings, '$.conditions.text', 'of other tokens') WHERE id = ?",
        (first.id,),
    )
    conn.commit()
    with pytest.raises(RunError, match="splits texts into other tokens than aa-nano-Q8_0"):
        probe(conn)


def test_pinning_anew_makes_another_baseline(conn: sqlite3.Connection) -> None:
    first, second = probe(conn), probe(conn, pin=True)
    assert verdict(load(conn, second)) == "pinned"
    assert baseline_of(conn, runs.get(conn, prepare_watch(conn, Q8))) == second
    assert baseline_of(conn, runs.get(conn, prepare_watch(conn, Q8, options=WatchOptions(baseline=first.id)))) == first
