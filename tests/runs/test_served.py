"""Evaluations of what servers serve: real HTTP on the loopback, real catalog, real workers where they are killed."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.support.disturbing import ended, kill, until
from tests.support.evaluating_served import (
    N_ITEMS,
    QUESTIONS,
    here_and_now,
    pack_of_sums,
    planned_served,
    serving,
    sums,
)
from tests.support.served import Asked, Fault, ModelServer

import aa_tui
from aa_tui import runs
from aa_tui.catalog import files, models, samples, telemetry
from aa_tui.catalog import runs as catalog_runs
from aa_tui.engine.errors import EngineError
from aa_tui.errors import AATuiError
from aa_tui.export.run import export_run
from aa_tui.pages import local_evaluations
from aa_tui.runs import locks
from aa_tui.runs.errors import RunError
from aa_tui.runs.evaluation.earlier import like

KEY = "sk-a-key-that-nobody-may-see"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What is closed when the test ends."""
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack of sums."""
    return pack_of_sums(tmp_path)


def props(server: ModelServer, **changes: object) -> dict[str, object]:
    """What llama-server says of itself, but for some of it."""
    return {**server._of_llama_server("/props", {}), **changes}


def asked_once(conn: sqlite3.Connection, run_id: int, servers: list[ModelServer]) -> None:
    """Each item has one sample, and no answer that was written to its end was asked for again."""
    rows = samples.scored(conn, run_id)
    assert sorted(row.item_id for row in rows) == [f"item-{number:03}" for number in range(N_ITEMS)]
    finished = Counter(question for server in servers for question in server.finished())
    assert finished == Counter(QUESTIONS.keys())


def test_a_server_answers_a_pack_and_is_named(conn: sqlite3.Connection, stack: ExitStack, pack: Path) -> None:
    (server,) = serving(stack)
    run_id = planned_served(conn, [server], pack)
    assert here_and_now(conn, run_id).state == "finished"
    asked_once(conn, run_id, [server])

    run = catalog_runs.get(conn, run_id)
    assert {row.outcome for row in samples.scored(conn, run_id)} == {"correct"}
    assert run.file.is_served
    assert run.machine is None
    assert not telemetry.of_run(conn, run_id)
    assert run.setup.servers == (server.url,)
    assert run.made_on == f"through llama-server at 127.0.0.1:{server.port}"

    first = samples.get(conn, samples.scored(conn, run_id)[0].id)
    assert (first.server, first.tokens_from, first.n_tries) == (server.url, "usage", 1)
    assert dict(first.timings)["predicted_per_second"] == 50.0
    assert (first.n_thinking, first.n_answer) == (6, 5)

    model = models.resolve(conn, "tiny")
    (row,) = local_evaluations.rows(catalog_runs.results_of_model(conn, model.model_id))
    assert row.machine == run.made_on
    assert row.strict.startswith("100.0 %")
    assert model.here_tg_tps is None
    assert like(conn, run.file, "sums", None) is not None


def test_the_python_interface_takes_servers_too(home: Path, stack: ExitStack, pack: Path) -> None:
    servers = serving(stack, 2)
    with aa_tui.open_catalog() as catalog:
        run = catalog.evaluate([server.url for server in servers], pack=str(pack), limit=4)
        assert run.wait().state == "finished"
    assert sum(len(server.finished()) for server in servers) == 4


def test_two_servers_that_serve_the_same_are_one_model(conn: sqlite3.Connection, stack: ExitStack, pack: Path) -> None:
    one, other = serving(stack, 2)
    first, second = planned_served(conn, [one], pack), planned_served(conn, [other], pack)
    assert catalog_runs.get(conn, first).file == catalog_runs.get(conn, second).file
    assert len([file for file in files.list_files(conn) if file.is_served]) == 1


def test_three_servers_share_the_questions_and_one_that_dies_leaves_its_own_to_the_others(
    conn: sqlite3.Connection, stack: ExitStack, pack: Path
) -> None:
    servers = serving(stack, 3, n_slots=2)

    def dies(asked: Asked) -> Fault:
        return Fault(cut_after=2) if asked.number else Fault()

    servers[0].plan = dies  # it answers one question, and cuts all others off
    run_id = planned_served(conn, servers, pack)
    assert here_and_now(conn, run_id).state == "finished"
    asked_once(conn, run_id, servers)
    answered = Counter(samples.get(conn, row.id).server for row in samples.scored(conn, run_id))
    assert answered[servers[1].url] + answered[servers[2].url] >= N_ITEMS - 1
    assert min(answered[servers[1].url], answered[servers[2].url]) > 0
    assert any((samples.get(conn, row.id).n_tries or 0) > 1 for row in samples.scored(conn, run_id))


def test_a_killed_worker_asks_nothing_again_that_was_answered(
    conn: sqlite3.Connection, catalog_path: Path, stack: ExitStack, pack: Path
) -> None:
    (server,) = serving(stack, n_slots=2)
    server.plan = lambda _asked: Fault(every_s=0.02)
    run_id = planned_served(conn, [server], pack)
    runs.start(catalog_path, conn, run_id)
    run = until(conn, run_id, lambda run: run.n_done >= 3 or not run.is_live)
    assert kill(run)
    assert ended(conn, run_id).state == "failed"
    kept = {row.item_id for row in samples.scored(conn, run_id)}
    n_asked = len(server.asked)

    runs.resume(catalog_path, conn, run_id)
    assert ended(conn, run_id).state == "finished"
    rows = samples.scored(conn, run_id)
    assert sorted(row.item_id for row in rows) == [f"item-{number:03}" for number in range(N_ITEMS)]
    questions = list(QUESTIONS)
    again = {one.question for one in server.asked[n_asked:]}
    assert not again & {questions[int(item.removeprefix("item-"))] for item in kept}


def test_a_server_that_serves_something_else_by_now_is_not_asked_on(
    conn: sqlite3.Connection, stack: ExitStack, pack: Path
) -> None:
    (server,) = serving(stack)
    run_id = planned_served(conn, [server], pack)
    server.says["/props"] = props(server, build_info="b1-new")
    with pytest.raises(RunError, match="has changed since run 1 was begun: the version was b9999-abcdef, is b1-new"):
        here_and_now(conn, run_id)
    assert not server.asked


def test_a_run_goes_on_without_a_server_that_is_gone(conn: sqlite3.Connection, stack: ExitStack, pack: Path) -> None:
    gone, other = serving(stack, 2)
    run_id = planned_served(conn, [gone, other], pack)
    gone.stop()
    assert here_and_now(conn, run_id).state == "finished"
    asked_once(conn, run_id, [other])
    assert {samples.get(conn, row.id).server for row in samples.scored(conn, run_id)} == {other.url}
    assert catalog_runs.get(conn, run_id).setup.servers == (gone.url, other.url)


def test_without_any_server_nothing_goes_on(conn: sqlite3.Connection, stack: ExitStack, pack: Path) -> None:
    servers = serving(stack, 2)
    run_id = planned_served(conn, servers, pack)
    for server in servers:
        server.stop()
    with pytest.raises(EngineError, match="cannot be reached"):
        here_and_now(conn, run_id)


def test_servers_that_differ_are_refused_before_the_run(conn: sqlite3.Connection, stack: ExitStack, pack: Path) -> None:
    one, other = serving(stack, 2)
    other.says["/props"] = props(one, chat_template="another")
    with pytest.raises(RunError, match=r"do not serve the same.*the chat template is [0-9a-f]{12}… at the first"):
        planned_served(conn, [one, other], pack)
    assert not catalog_runs.list_runs(conn)


def test_versions_may_be_mixed_where_one_says_so(conn: sqlite3.Connection, stack: ExitStack, pack: Path) -> None:
    one, other = serving(stack, 2, kind="vllm")
    other.says["/version"] = {"version": "0.12.0"}
    with pytest.raises(RunError, match="--mixed"):
        planned_served(conn, [one, other], pack)
    run_id = planned_served(conn, [one, other], pack, mixed=True)
    assert here_and_now(conn, run_id).state == "finished"
    parts = catalog_runs.get(conn, run_id).identity_parts
    assert parts["served"]["version"] == "0.11.0 and 0.12.0"


@pytest.mark.parametrize(
    "case",
    [
        ({"context_tokens": 128}, {}, "gives a request 128 tokens"),
        ({"models": ("one", "two")}, {}, "one, two"),
        ({"models": ("one", "two")}, {"model": "three"}, "three"),
        ({"key": KEY}, {}, "key"),
        ({"kind": "openrouter"}, {}, "--max-usd"),
        ({}, {"max_usd": 1.0}, "says no prices"),
        ({}, {"prompt": "plain"}, "--prompt plain"),
        ({}, {"n_gpu_layers": 3}, "-ngl"),
        ({}, {"budgets": (100,)}, "budget"),
        ({}, {"key_env": "NO_SUCH_KEY"}, "NO_SUCH_KEY"),
    ],
)
def test_what_cannot_come_to_a_score_is_refused_before_the_run(
    conn: sqlite3.Connection,
    stack: ExitStack,
    pack: Path,
    case: tuple[dict[str, object], dict[str, object], str],
) -> None:
    options, wanted, words = case
    servers = serving(stack, 1, **options)
    with pytest.raises(AATuiError) as caught:
        planned_served(conn, servers, pack, **wanted)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not catalog_runs.list_runs(conn)


def test_a_web_page_and_a_file_among_servers_are_refused(
    conn: sqlite3.Connection, stack: ExitStack, pack: Path
) -> None:
    (server,) = serving(stack)
    server.says |= dict.fromkeys(("/v1/models", "/props", "/health"), b"<html>hello</html>")
    with pytest.raises(EngineError):
        planned_served(conn, [server], pack)
    with pytest.raises(AATuiError, match="runs of their own"):
        planned_served(conn, [server.url, "model.gguf"], pack)
    assert not catalog_runs.list_runs(conn)


def test_a_key_reaches_its_server_and_nothing_else(
    conn: sqlite3.Connection,
    catalog_path: Path,
    stack: ExitStack,
    pack: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (server,) = serving(stack, key=KEY)
    monkeypatch.setenv("THE_KEY", KEY)
    run_id = planned_served(conn, [server], pack, key_env="THE_KEY")
    runs.start(catalog_path, conn, run_id)
    assert ended(conn, run_id).state == "finished"
    assert set(server.authorizations) == {f"Bearer {KEY}"}

    exported = [export_run(conn, catalog_runs.get(conn, run_id), kind) for kind in ("json", "jsonl", "csv")]
    assert all(KEY not in text for text in exported)
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    written = [path for path in catalog_path.parent.rglob("*") if path.is_file()]
    assert any(path.name == f"run-{run_id}.log" for path in written)
    assert not [path for path in written if KEY.encode() in path.read_bytes()]

    monkeypatch.delenv("THE_KEY")
    with pytest.raises(RunError, match="THE_KEY"):
        runs.resume(catalog_path, conn, run_id, changes={"limit": 5})
    assert catalog_runs.get(conn, run_id).state == "finished"


def test_a_run_ends_when_it_has_cost_what_it_may_and_goes_on_for_more(
    conn: sqlite3.Connection, stack: ExitStack, pack: Path
) -> None:
    (server,) = serving(stack, kind="openrouter")  # $0.001 an answer
    run_id = planned_served(conn, [server], pack, max_usd=0.004, n_parallel=1)
    ending = here_and_now(conn, run_id)
    assert ending.state in ("stopped", "failed")
    assert "0.004" in (ending.reason or "")
    done = catalog_runs.get(conn, run_id).n_done
    assert 4 <= done < N_ITEMS
    assert samples.cost_usd(conn, run_id) == pytest.approx(0.001 * done)

    conn.execute("UPDATE runs SET settings = json_set(settings, '$.max_usd', 1.0) WHERE id = ?", (run_id,))
    assert here_and_now(conn, run_id).state == "finished"
    asked_once(conn, run_id, [server])


def test_two_runs_never_ask_one_server_at_once(catalog_path: Path) -> None:
    both = locks.servers_lock(catalog_path, 1, ["http://a:1", "http://b:1"])
    other = locks.servers_lock(catalog_path, 2, ["http://b:1", "http://c:1"])
    elsewhere = locks.servers_lock(catalog_path, 3, ["http://c:1"])
    here = locks.turn_lock(catalog_path, 4)
    assert both.take()
    assert not other.take()
    assert "run 1" in other.holder()
    assert elsewhere.take(), "what could not be taken whole is let go"
    assert here.take(), "this machine is nobody's then"
    both.release()
    elsewhere.release()
    assert other.take()
    other.release()
    here.release()


def test_a_run_waits_for_one_that_has_its_server(
    conn: sqlite3.Connection, catalog_path: Path, stack: ExitStack, pack: Path
) -> None:
    (server,) = serving(stack)
    holder = locks.servers_lock(catalog_path, 99, [server.url])
    assert holder.take()
    run_id = planned_served(conn, [server], pack)
    runs.start(catalog_path, conn, run_id)
    run = until(conn, run_id, lambda run: "run 99" in run.progress_text or not run.is_live)
    assert run.state == "queued"
    assert not server.asked
    holder.release()
    assert ended(conn, run_id).state == "finished"


def test_the_live_row_tells_how_each_server_stands(conn: sqlite3.Connection, stack: ExitStack, pack: Path) -> None:
    from aa_tui.runs.evaluation.from_servers import FromServers
    from aa_tui.runs.evaluation.work import job_of
    from aa_tui.runs.reporter import Reporter

    servers = serving(stack, 2)
    run = catalog_runs.get(conn, planned_served(conn, servers, pack))
    source = FromServers(conn, run, Reporter(Path("nowhere"), run.id))
    try:
        opened = source.open(job_of(conn, run))
        told = source.around(opened.engine).figures()
        opened.engine.close()
    finally:
        source.close()
    assert [one["url"] for one in told["servers"]] == [server.url for server in servers]
    assert told["spent_usd"] is None
    assert sums("What is 1 + 1?").text.endswith("2")
