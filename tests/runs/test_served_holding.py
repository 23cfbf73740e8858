"""Evaluations through servers that are to hold answers, that take no functions, and that fail at single questions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.support import toy_talk
from tests.support.disturbing import ended
from tests.support.evaluating import write_pack
from tests.support.evaluating_served import N_ITEMS, QUESTIONS, here_and_now, pack_of_sums, planned_served, serving
from tests.support.served import Fault, ModelServer, Reply
from tests.support.toy_talk import question, sums_pack, total

from aa_tui import runs
from aa_tui.catalog import life, samples, turns
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.run_notes import HeldNote
from aa_tui.engine.errors import EngineError
from aa_tui.engine.served.values import ServerKind
from aa_tui.pages import evaluation
from aa_tui.pages.text import evaluation as evaluation_text
from aa_tui.pages.text import how
from aa_tui.runs import launch
from aa_tui.runs.errors import RunError
from aa_tui.runs.evaluation.from_servers import FromServers
from aa_tui.runs.evaluation.work import job_of
from aa_tui.runs.reporter import Reporter

SCHEMA = {"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]}


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What is closed when the test ends."""
    with ExitStack() as opened:
        yield opened


def added(last: str) -> Reply:
    """What a model says that adds with the function on offer: `toy_talk.Sayings` as a server's."""
    for n in range(4):
        if last == question(n):
            return Reply("", calls=[("add", {"a": n, "b": 10})])
        if last == str(n + 10):
            return Reply("And now", calls=[("add", {"a": n + 10, "b": 1000})])
        if last == str(total(n)):
            return Reply(f"The sum is {total(n)}.")
    return Reply("What?")


def report(conn: sqlite3.Connection, run_id: int) -> str:
    """What is said of a run."""
    return "\n".join(evaluation_text.lines(evaluation.load(conn, catalog_runs.get(conn, run_id))))


def test_answers_are_held_by_a_server_and_one_that_does_not_is_told_of(
    conn: sqlite3.Connection, stack: ExitStack, tmp_path: Path
) -> None:
    pack = write_pack(tmp_path / "pack", {"one": "2", "two": "3", "three": "4"}, extra={"schema": SCHEMA})
    said = {"one": '{"sum": 2}', "two": '{"sum": 3}', "three": "Answer: 4"}
    server = stack.enter_context(ModelServer("vllm", lambda asked: Reply(said[asked])))
    free, held = (planned_served(conn, [server], pack, grammar=grammar) for grammar in (False, True))
    for run_id in (free, held):
        assert here_and_now(conn, run_id).state == "finished"
    assert ["response_format" in asked.body for asked in server.asked] == [False] * 3 + [True] * 3
    setup = catalog_runs.get(conn, held).setup
    assert setup.held == HeldNote(("response_format",), n_held=3, n_free=0, n_checked=3, n_broken=1)
    assert "grammar      on: asked of the server (response_format) for 3 questions" in report(conn, held)
    assert "1 of 3 answers are not in the form" in report(conn, held)
    assert "it did not hold them" in report(conn, held)
    assert "response_format" in dict(how.facts(catalog_runs.get(conn, held)))["Grammar"]
    assert "did not hold" not in report(conn, free)
    parts = [catalog_runs.get(conn, run_id).identity_parts["settings"] for run_id in (free, held)]
    assert ["grammar" in one for one in parts] == [False, True]


def test_calls_are_held_by_llama_server_itself(
    conn: sqlite3.Connection, stack: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy_talk.register(monkeypatch)
    server = stack.enter_context(ModelServer("llama-server", added))
    run_id = planned_served(conn, [server], sums_pack(tmp_path / "sums"), grammar=True)
    assert here_and_now(conn, run_id).state == "finished"
    assert [row.outcome for row in samples.scored(conn, run_id)] == ["correct"] * 4
    assert not any({"grammar", "response_format", "tool_choice"} & set(asked.body) for asked in server.asked)
    assert dict(how.facts(catalog_runs.get(conn, run_id)))["Grammar"] == "on: calls are held by the server itself"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("vllm", "has nothing to hold answers to"),
        ("ollama", "not known to hold answers to other forms than JSON"),
        ("sglang", "only where it demands one in every turn"),
    ],
)
def test_what_a_server_cannot_hold_is_said_before_anything_is_queued(
    conn: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: ServerKind, words: str
) -> None:
    csv = {"extra": {"format": "csv", "columns": ["a", "b"]}} if kind == "ollama" else {}
    pack = write_pack(tmp_path / "pack", {"one": "2"}, grader="contains", **csv)
    if kind == "sglang":
        toy_talk.register(monkeypatch)
    with ModelServer(kind) as server, pytest.raises(RunError, match=words):
        planned_served(conn, [server], pack, grammar=True)
    assert not catalog_runs.list_runs(conn)


def test_a_server_that_takes_no_functions_ends_the_run_and_leaves_every_question_to_a_resume(
    conn: sqlite3.Connection, stack: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy_talk.register(monkeypatch)
    server = stack.enter_context(ModelServer("other", added))
    server.refuses_tools = 501
    run_id = planned_served(conn, [server], sums_pack(tmp_path / "sums"))
    with pytest.raises(EngineError, match=r"refuses a request that offers functions .501"):
        here_and_now(conn, run_id)
    assert not samples.scored(conn, run_id)
    life.end(conn, run_id, "failed", "as the worker says")
    server.refuses_tools = 0
    assert here_and_now(conn, run_id).state == "finished"
    assert [row.outcome for row in samples.scored(conn, run_id)] == ["correct"] * 4


def test_a_finished_run_is_resumed_for_what_came_to_nothing(
    conn: sqlite3.Connection, catalog_path: Path, stack: ExitStack, tmp_path: Path
) -> None:
    (server,) = serving(stack)
    lost = list(QUESTIONS)[3]
    server.plan = lambda asked: Fault(status=400) if asked.question == lost else Fault()
    run_id = planned_served(conn, [server], pack_of_sums(tmp_path))
    runs.start(catalog_path, conn, run_id)
    run = ended(conn, run_id)
    assert (run.state, run.n_done, run.setup.n_failed) == ("finished", N_ITEMS, 1)
    assert not launch.why_not_resume(run)
    assert f"1 came to nothing (errors): `aa-tui runs resume {run_id}` asks it again" in report(conn, run_id)

    server.plan = lambda _asked: Fault()
    n_asked = len(server.asked)
    runs.resume(catalog_path, conn, run_id)
    run = ended(conn, run_id)
    assert (run.state, run.n_done, run.setup.n_failed) == ("finished", N_ITEMS, 0)
    assert [asked.question for asked in server.asked[n_asked:]] == [lost]
    assert {row.outcome for row in samples.scored(conn, run_id)} == {"correct"}
    assert "came to nothing" not in report(conn, run_id)
    with pytest.raises(RunError, match="nothing left to do"):
        runs.resume(catalog_path, conn, run_id)


def test_what_a_conversation_has_cost_before_a_resume_counts_for_the_limit(
    conn: sqlite3.Connection, stack: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy_talk.register(monkeypatch)
    server = stack.enter_context(ModelServer("openrouter", added))
    run_id = planned_served(conn, [server], sums_pack(tmp_path / "sums"), max_usd=1.0, n_parallel=1)
    assert here_and_now(conn, run_id).state == "finished"
    (first, *_) = samples.scored(conn, run_id)
    told = turns.of_sample(conn, run_id, first.item_id, 1)
    conn.execute("DELETE FROM eval_samples WHERE id = ?", (first.id,))
    conn.execute("DELETE FROM sample_turns WHERE run_id = ? AND item_id = ? AND number = 2", (run_id, first.item_id))
    of_two = sum(0.2 * row.n_prompt + 1.0 * (row.n_thinking + row.n_answer) for row in told[:2]) / 1e6

    run = catalog_runs.get(conn, run_id)
    source = FromServers(conn, run, Reporter(Path("nowhere"), run.id))
    try:
        opened = source.open(job_of(conn, run))
        spent = source.around(opened.engine).spent_usd()
        opened.engine.close()
    finally:
        source.close()
    assert spent == pytest.approx(3 * 3 * 0.001 + of_two)
    life.requeue(conn, run_id)
    assert here_and_now(conn, run_id).state == "finished"
    again = samples.get(conn, samples.find(conn, run_id, first.item_id) or 0)
    assert again.cost_usd == pytest.approx(of_two + 0.001)
