"""Prompts that people try: answered in a worker, kept as samples, and in no figure of anything."""

from __future__ import annotations

import os
import signal
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support import tiny
from tests.support.asking import answered, endless_file, on_mock, prepared, writing
from tests.support.disturbing import ended, until

from aa_tui import runs
from aa_tui.actions import ask
from aa_tui.actions import runs as run_actions
from aa_tui.catalog import asked, life, models, samples
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.asked import Asked, Turn
from aa_tui.catalog.rows import EvalSample
from aa_tui.engine.mock import MockEngine, Reply, by_question
from aa_tui.errors import UsageError
from aa_tui.pages import conversation
from aa_tui.pages.text import conversation as words
from aa_tui.runs.ask.conversation import messages
from aa_tui.runs.ask.options import AS_CARD, AskOptions
from aa_tui.runs.errors import RunError

STAYS = AskOptions(stays_s=120.0)
GREEDY = AskOptions(how=replace(AS_CARD, sampling="greedy", n_threads=1))


def with_how(**changes: object) -> AskOptions:
    return AskOptions(how=replace(AS_CARD, **changes))  # type: ignore[arg-type]


def test_an_answer_is_kept_as_a_sample_with_its_clocks_and_is_in_no_figure(conn: sqlite3.Connection) -> None:
    run_id = ask.begin(conn, "aa-nano", "Add 31 and 46.", options=GREEDY)
    run = ended(conn, run_id)
    assert (run.kind, run.state, run.reason, run.n_done, run.n_items) == ("ask", "finished", None, 1, 1)
    sample = answered(conn, run_id, 1).sample
    assert sample is not None
    assert (sample.finish_reason, sample.prompt, sample.answer.strip()) == ("stop", "Add 31 and 46.", "Answer: 77")
    assert sample.thinking
    assert sample.ttft_s is not None
    assert sample.ttfat_s is not None
    assert sample.n_prompt > 5 < sample.n_thinking
    assert run.load_s is not None
    assert run.setup.sampler["temperature"] == 0
    assert run.setup.n_ctx_used == 4_096
    assert catalog_runs.result_of(conn, run).measurements == {}
    model = models.by_slug(conn, run.slug or "")
    assert model is not None
    assert (model.here_pp_tps, model.here_tg_tps, model.here_index) == (None, None, None)
    assert catalog_runs.results_of_model(conn, model.model_id) == []
    assert conn.execute("SELECT count(*) FROM measurements WHERE run_id IS NOT NULL").fetchone()[0] == 0


def test_a_conversation_goes_on_in_the_process_that_has_the_model(conn: sqlite3.Connection) -> None:
    run_id = ask.begin(conn, "aa-nano", "Add 31 and 46.", options=replace(GREEDY, stays_s=120.0))
    first = answered(conn, run_id, 1).sample
    worker = until(conn, run_id, lambda run: run.state == "paused")
    assert worker.reason == "waiting for the next prompt"
    ask.go_on(conn, run_id, "Add 12 and 23.")
    second = answered(conn, run_id, 2).sample
    assert first is not None
    assert second is not None
    assert 10 < second.n_cached < second.n_prompt
    assert second.n_prompt > first.n_prompt + first.n_answer
    assert catalog_runs.get(conn, run_id).pid == worker.pid
    ask.leave(conn, run_id)
    assert ended(conn, run_id).state == "finished"


def test_what_is_asked_after_the_end_goes_to_a_new_worker(conn: sqlite3.Connection) -> None:
    run_id = ask.begin(conn, "aa-nano", "Add 31 and 46.", options=GREEDY)
    before = ended(conn, run_id)
    with pytest.raises(RunError, match="All that was asked in run 1 is answered: `aa-tui ask run:1 PROMPT` asks more"):
        run_actions.resume(conn, run_id)
    ask.go_on(conn, run_id, "Add 12 and 23.")
    run = ended(conn, run_id)
    assert (run.state, run.n_done, run.n_items) == ("finished", 2, 2)
    assert run.pid != before.pid
    assert [turn.asked.prompt for turn in asked.turns(conn, run_id)] == ["Add 31 and 46.", "Add 12 and 23."]


def test_an_answer_that_is_ended_is_kept_as_far_as_it_was_written(conn: sqlite3.Connection, tmp_path: Path) -> None:
    path = endless_file(tmp_path / "endless.gguf")
    run_id = ask.begin(conn, str(path), "go", options=replace(with_how(loop_guard=False, n_threads=1), stays_s=60.0))
    begun = writing(conn, run_id)
    ask.end_answer(conn, run_id)
    turn = answered(conn, run_id, 1)
    assert turn.sample is not None
    assert turn.sample.finish_reason == "cancelled"
    assert turn.sample.answer.strip().startswith(begun.strip())
    assert words.end_words(catalog_runs.get(conn, run_id), turn.sample).startswith("ended by the user")
    ask.leave(conn, run_id)
    assert ended(conn, run_id).state == "finished"


def test_a_run_that_is_stopped_keeps_what_was_written(conn: sqlite3.Connection, tmp_path: Path) -> None:
    path = endless_file(tmp_path / "endless.gguf")
    run_id = ask.begin(conn, str(path), "go", options=with_how(loop_guard=False, n_threads=1))
    writing(conn, run_id)
    assert run_actions.stop(conn, run_id)
    run = ended(conn, run_id)
    assert (run.state, run.n_done) == ("stopped", 1)
    assert run.reason == "stopped by the user; what was written until then is kept"
    turn = answered(conn, run_id, 1)
    assert turn.sample is not None
    assert turn.sample.answer.strip()


def test_a_worker_that_is_killed_leaves_a_run_that_can_be_resumed(conn: sqlite3.Connection, tmp_path: Path) -> None:
    path = endless_file(tmp_path / "endless.gguf")
    run_id = ask.begin(conn, str(path), "go", options=with_how(loop_guard=False, n_threads=1))
    writing(conn, run_id)
    os.kill(catalog_runs.get(conn, run_id).pid or 0, signal.SIGKILL)
    run = ended(conn, run_id)
    assert (run.state, run.interrupted, run.n_done) == ("failed", True, 0)
    assert "was killed while generating (SIGKILL" in (run.reason or "")
    assert catalog_runs.result_of(conn, run).measurements == {}
    assert runs.start_waiting(conn_path(conn), conn) == [run_id]
    writing(conn, run_id)
    ask.end_answer(conn, run_id)
    assert ended(conn, run_id).n_done == 1


def conn_path(conn: sqlite3.Connection) -> Path:
    from aa_tui.catalog.db import path_of

    return path_of(conn)


def test_a_model_that_waits_makes_room_for_a_run_that_wants_to_measure(conn: sqlite3.Connection) -> None:
    run_id = ask.begin(conn, "aa-nano", "Add 31 and 46.", options=replace(GREEDY, stays_s=600.0))
    until(conn, run_id, lambda run: run.state == "paused")
    options = runs.SpeedOptions(tests=("tg8",), repetitions=1, n_threads=1)
    bench_id = runs.prepare(conn, "aa-nano", options=options)
    runs.start(conn_path(conn), conn, bench_id)
    assert ended(conn, run_id).state == "finished"
    assert ended(conn, bench_id).state == "finished"


def test_what_was_stopped_before_it_was_answered_is_not_answered_with_the_next(conn: sqlite3.Connection) -> None:
    run_id = prepared(conn, "Add 31 and 46.", GREEDY)
    ask.end_answer(conn, run_id)
    assert catalog_runs.get(conn, run_id).state == "stopped"
    ask.go_on(conn, run_id, "Add 12 and 23.")
    assert ended(conn, run_id).state == "finished"
    assert [turn.asked.prompt for turn in asked.turns(conn, run_id)] == ["Add 12 and 23."]


def test_something_asked_in_the_last_moment_is_not_lost(conn: sqlite3.Connection) -> None:
    run_id = prepared(conn, "one")
    assert life.claim(conn, run_id, 1, 1.0)
    assert asked.add(conn, run_id, "two")  # a worker has it
    assert not life.end(conn, run_id, "finished", while_answered=True)
    assert catalog_runs.get(conn, run_id).is_live
    assert life.end(conn, run_id, "finished")
    assert not asked.add(conn, run_id, "three")  # nobody has it any more: who asks resumes it


def test_a_prompt_that_does_not_fit_the_model_is_said_before_anything_is_written(conn: sqlite3.Connection) -> None:
    run_id = ask.begin(conn, "aa-nano", "number " * 5_000, options=GREEDY)
    run = ended(conn, run_id)
    assert run.state == "failed"
    assert "The prompt has " in (run.reason or "")
    assert (run.reason or "").endswith("do not fit the context of 4,096: shorten it.")
    ask.go_on(conn, run_id, "Add 12 and 23.")  # the next one may do, and is not told of that one
    assert ended(conn, run_id).state == "finished"
    last = asked.turns(conn, run_id)[-1].sample
    assert last is not None
    assert last.n_prompt < 50


def test_a_context_that_is_asked_for_bounds_prompt_and_answer(conn: sqlite3.Connection) -> None:
    run_id = ask.begin(conn, "aa-nano", "number " * 500, options=replace(GREEDY, n_ctx=256))
    run = ended(conn, run_id)
    assert run.state == "failed"
    assert (run.reason or "").endswith("shorten it, or ask for a longer context with --n-ctx.")


def test_a_model_that_never_stops_is_cut_short_and_that_is_said(conn: sqlite3.Connection) -> None:
    run_id = prepared(conn, "go", with_how(max_output_tokens=40))
    assert on_mock(conn, run_id, by_question({"go": Reply("x", fault="length")})).state == "finished"
    run = catalog_runs.get(conn, run_id)
    sample = answered(conn, run_id, 1).sample
    assert sample is not None
    assert (sample.finish_reason, sample.n_answer) == ("length", 40)
    assert words.end_words(run, sample) == "cut short at its limit of 40 tokens, thinking and answer together"
    looping = prepared(conn, "go")
    on_mock(conn, looping, by_question({"go": Reply("x", fault="loop")}))
    sample = answered(conn, looping, 1).sample
    assert sample is not None
    assert "went in circles" in words.end_words(run, sample)


def test_a_conversation_that_outgrows_its_context_gets_a_longer_one(conn: sqlite3.Connection) -> None:
    made: list[MockEngine] = []
    run_id = prepared(conn, "one", with_how(max_output_tokens=100))
    conn.execute("UPDATE gguf_files SET context_tokens = 100000")
    on_mock(conn, run_id, by_question({}, "fine"), made.append)
    asked.add(conn, run_id, "x" * 20_000)
    on_mock(conn, run_id, by_question({}, "fine"), made.append)
    assert [engine.n_ctx for engine in made] == [8_192, 8_448, 20_224]  # one guess, then what its tokens take
    assert [turn.answer for turn in asked.turns(conn, run_id)] == ["fine", "fine"]


def test_a_file_without_a_template_is_given_the_text_as_it_is(conn: sqlite3.Connection, tmp_path: Path) -> None:
    path = tiny.write(tmp_path / "base.gguf", {"o": "▁five", "▁five": "▁two", "▁two": "<|im_end|>"}, None)
    run_id = ask.begin(conn, str(path), "hello")
    run = ended(conn, run_id)
    assert run.state == "finished", run.reason
    sample = answered(conn, run_id, 1).sample
    assert sample is not None
    assert (sample.answer, sample.n_prompt) == (" five two", len("hello"))
    assert "without a chat template" in words.settings_words(run)
    with pytest.raises(RunError, match="has no chat template, so it takes no system message"):
        ask.begin(conn, str(path), "hello", options=AskOptions(system="be kind"))


def test_what_cannot_be_meant_is_refused_before_a_run_is_made(conn: sqlite3.Connection) -> None:
    for prompt in ("", " \n"):
        with pytest.raises(UsageError, match="the prompt is empty"):
            ask.begin(conn, "aa-nano", prompt)
    with pytest.raises(RunError, match="has no switch that turns thinking off: leave out --no-think"):
        ask.begin(conn, "aa-nano", "hi", options=AskOptions(thinks=False))
    with pytest.raises(RunError, match="A temperature of 9 is no use"):
        ask.begin(conn, "aa-nano", "hi", options=with_how(temperature=9.0))
    with pytest.raises(UsageError, match="a system message needs the chat template"):
        ask.begin(conn, "aa-nano", "hi", options=replace(with_how(prompt="plain"), system="x"))
    assert catalog_runs.list_runs(conn) == []


def test_other_kinds_of_runs_cannot_be_asked_on(conn: sqlite3.Connection) -> None:
    bench_id = runs.prepare(conn, "aa-nano")
    with pytest.raises(UsageError, match="Run 1 is no conversation"):
        ask.go_on(conn, bench_id, "hi")
    with pytest.raises(conversation.NoConversationError):
        conversation.load(conn, catalog_runs.get(conn, bench_id))


def test_a_conversation_is_deleted_with_all_that_was_said(conn: sqlite3.Connection) -> None:
    run_id = prepared(conn, "one")
    on_mock(conn, run_id, by_question({}, "fine"))
    assert len(samples.scored(conn, run_id)) == 1
    run_actions.delete(conn, run_id)
    left = "SELECT (SELECT count(*) FROM asked) + (SELECT count(*) FROM eval_samples)"
    assert conn.execute(left).fetchone()[0] == 0


@pytest.mark.parametrize("action", ["pause", "plan", "regrade"])
def test_what_makes_no_sense_of_a_conversation_is_refused(conn: sqlite3.Connection, action: str) -> None:
    run = catalog_runs.get(conn, prepared(conn, "one"))
    why = run_actions.why_not(action, run)  # type: ignore[arg-type]
    assert why.startswith("Run 1 ")
    assert "speed" not in why


def turn(number: int, prompt: str, answer: str | None, finish: str = "stop") -> Turn:
    given = dict.fromkeys(EvalSample._fields, None) | {"finish_reason": finish, "answer": answer}
    return Turn(Asked(number, prompt, "now"), None if answer is None else EvalSample(**given))  # type: ignore[arg-type]


def test_the_model_is_told_what_was_said_but_for_what_nobody_could_answer() -> None:
    turns = [turn(1, "a", "A"), turn(2, "b", "", "error"), turn(3, "c", "C", "cancelled"), turn(4, "d", None)]
    told = [(one.role, one.content) for one in messages(turns, AskOptions(system="be kind"))]
    assert told == [
        ("system", "be kind"),
        ("user", "a"),
        ("assistant", "A"),
        ("user", "c"),
        ("assistant", "C"),
        ("user", "d"),
    ]
    raw = messages(turns, AskOptions(how=replace(AS_CARD, prompt="plain")))
    assert [(one.role, one.content) for one in raw] == [("user", "aA\n\ncC\n\nd")]


def test_options_survive_the_catalog() -> None:
    options = AskOptions(
        how=replace(AS_CARD, temperature=0.3, seed=7, prompt="plain", max_output_tokens=9, type_k="q8_0"),
        system="be kind",
        thinks=False,
        n_ctx=512,
        stays_s=3.0,
    )
    assert AskOptions.from_settings(options.to_settings()) == options
    assert AskOptions.from_settings({"system": 3, "n_ctx": -1, "stays_s": "x"}) == AskOptions()
