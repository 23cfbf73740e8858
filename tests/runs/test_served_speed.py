"""Speed through a server, as a run: real HTTP on the loopback, a real catalog, and the program from outside."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.support.program import Answer, Program
from tests.support.served import Asked, Fault, ModelServer
from tests.support.serving_speed import EVERY_S, done_here, measured_here, small, speedy

from aa_tui import runs
from aa_tui.catalog import models, telemetry
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.metric_names import SERVED
from aa_tui.engine.errors import EngineError
from aa_tui.export import exchange, markdown
from aa_tui.export.errors import ExportError
from aa_tui.export.run_report import run_report
from aa_tui.gguf.bundled import bundled_manifest
from aa_tui.pages import load, page
from aa_tui.pages.text import load as load_text
from aa_tui.pages.text import page as page_text
from aa_tui.runs.errors import RunError
from aa_tui.speed.errors import SpeedError

KEY = "sk-a-key-that-nobody-may-see"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What is closed when the test ends."""
    with ExitStack() as opened:
        yield opened


def loaded(conn: sqlite3.Connection, run_id: int) -> load.Load:
    found = load.of_result(catalog_runs.result_of(conn, catalog_runs.get(conn, run_id)))
    assert found is not None
    return found


def names(conn: sqlite3.Connection, run_id: int) -> list[str]:
    return [f"{stage.kind} {stage.value:g}" for stage in loaded(conn, run_id).stages]


def test_depths_and_levels_are_journalled_and_none_is_a_speed_of_this_machine(
    conn: sqlite3.Connection, stack: ExitStack
) -> None:
    server = stack.enter_context(speedy(n_slots=2))
    run_id, ending = measured_here(conn, server.url, small(depths=(0,), parallel=(1, 2)))
    assert ending.state == "finished"
    run = catalog_runs.get(conn, run_id)
    result = catalog_runs.result_of(conn, run)
    assert names(conn, run_id) == ["depth 0", "level 1", "level 2"]
    assert all(metric.startswith(SERVED) for metric in result.measurements)
    assert run.machine is None
    assert run.peak_memory_bytes is None
    assert not telemetry.of_run(conn, run_id)
    assert models.resolve(conn, "tiny").here_tg_tps is None

    timed = [one for one in catalog_runs.samples(conn, run_id) if not one.warmup]
    assert [one.test for one in timed] == ["served.d0"] * 2 + ["served.c1"] * 2 + ["served.c2"] * 4
    assert all(one.n_gen == 8 for one in timed)
    depth = loaded(conn, run_id).stages[0]
    speed = depth.value_of("tg_tps")
    assert speed is not None
    assert 0 < speed <= 1.2 / EVERY_S  # a token comes no sooner than the server lets it
    assert depth.value_of("prompt_tokens") == pytest.approx(512, rel=0.03)


def test_no_prompt_comes_from_a_cache(conn: sqlite3.Connection, stack: ExitStack) -> None:
    ours, others = (stack.enter_context(speedy(kind)) for kind in ("llama-server", "vllm"))
    for server in (ours, others):
        measured_here(conn, server.url, small(parallel=(2,)))
    assert {one.body["cache_prompt"] for one in ours.asked} == {False}
    assert all(one.body["ignore_eos"] for one in (*ours.asked, *others.asked))
    beginnings = [one.body["messages"][0]["content"][:18] for one in others.asked]
    assert len(set(beginnings)) == len(others.asked)  # digits of chance come first


def test_what_is_cached_all_the_same_is_told_and_not_counted_as_computed(
    conn: sqlite3.Connection, stack: ExitStack
) -> None:
    usage = {"prompt_tokens": 500, "completion_tokens": 8, "prompt_tokens_details": {"cached_tokens": 400}}
    server = stack.enter_context(speedy(plan=lambda _: Fault(after_s=0.2, every_s=EVERY_S, usage=usage)))
    run_id, _ = measured_here(conn, server.url, small(depths=(0,)))
    found = loaded(conn, run_id)
    assert found.stages[0].value_of("cached_tokens") == 400
    speed, first = (found.stages[0].value_of(name) for name in ("pp_tps", "ttft_s"))
    assert speed is not None
    assert first is not None
    assert speed < 500 / 0.2  # of 100 tokens, not of 500
    assert any("had 80 % of the prompts' tokens in its cache" in note for note in found.notes)


def test_the_servers_own_clocks_stand_beside_ours(conn: sqlite3.Connection, stack: ExitStack) -> None:
    server = stack.enter_context(speedy("llama-server"))  # it says 50 tokens/s, whatever it does
    run_id, _ = measured_here(conn, server.url, small(depths=(0,)))
    found = loaded(conn, run_id)
    assert found.stages[0].value_of("server_tg_tps") == 50
    assert any("the server's own clock says 50.0 tokens/s for output" in note for note in found.notes)


def test_without_usage_pieces_are_counted_and_it_is_said(conn: sqlite3.Connection, stack: ExitStack) -> None:
    server = stack.enter_context(speedy("other", plan=lambda _: Fault(every_s=EVERY_S, usage={})))
    run_id, ending = measured_here(conn, server.url, small(parallel=(1,)))
    assert ending.state == "finished"
    assert {one.n_gen for one in catalog_runs.samples(conn, run_id) if not one.warmup} == {8}
    assert any("does not count its tokens" in note for note in loaded(conn, run_id).notes)


def test_rates_have_goodput(conn: sqlite3.Connection, stack: ExitStack) -> None:
    server = stack.enter_context(speedy())
    options = small(rates=(20.0,), for_s=0.6, slo="ttft<30s,itl<10s")
    run_id, ending = measured_here(conn, server.url, options)
    assert ending.state == "finished"
    (stage,) = loaded(conn, run_id).stages
    assert (stage.kind, stage.value) == ("rate", 20)
    share = stage.value_of("goodput_share")
    assert stage.n_answered
    assert share == stage.n_answered / (stage.value_of("requests") or 0)  # what is not answered in time keeps no limit
    assert f"{100 * share:.1f} %" in "\n".join(load_text.lines(loaded(conn, run_id)))


def test_a_server_that_takes_no_more_ends_the_sweep(conn: sqlite3.Connection, stack: ExitStack) -> None:
    server = stack.enter_context(speedy(most_at_once=2))
    run_id, ending = measured_here(conn, server.url, small(parallel=(1, 2, 4, 8)))
    assert ending.state == "finished"
    assert names(conn, run_id) == ["level 1", "level 2", "level 4"]
    assert loaded(conn, run_id).stages[-1].is_saturated
    assert any("requests failed, the first with this" in note for note in loaded(conn, run_id).notes)


def test_a_server_that_goes_away_fails_the_run_which_then_goes_on_where_it_was(
    conn: sqlite3.Connection, stack: ExitStack
) -> None:
    def plan(asked: Asked) -> Fault:
        timed = sum(one.body["max_tokens"] == 9 for one in server.asked)  # this one among them
        return Fault(cut_after=1) if gone and timed > 2 else Fault(every_s=0.05)

    gone = [True]
    server = stack.enter_context(speedy(plan=plan))
    run_id = runs.prepare(conn, server.url, options=small(parallel=(1, 2, 3), output_tokens=9))
    with pytest.raises(EngineError):
        done_here(conn, run_id)
    assert names(conn, run_id) == ["level 1"]
    gone.clear()
    before = len(server.asked)
    catalog_runs_state(conn, run_id)
    assert done_here(conn, run_id).state == "finished"
    assert names(conn, run_id) == ["level 1", "level 2", "level 3"]
    # for each lane of the two levels a warm-up and its requests; one lane's were answered before
    assert len(server.asked) - before == (2 + 4) + (3 + 6)
    tests = [one.test for one in catalog_runs.samples(conn, run_id) if not one.warmup]
    assert tests == ["served.c1"] * 2 + ["served.c2"] * 4 + ["served.c3"] * 6


def catalog_runs_state(conn: sqlite3.Connection, run_id: int) -> None:
    """As its worker would have noted it."""
    conn.execute("UPDATE runs SET state = 'failed' WHERE id = ?", (run_id,))


def test_a_server_that_serves_something_else_is_not_measured_on(conn: sqlite3.Connection, stack: ExitStack) -> None:
    server = stack.enter_context(speedy())
    run_id = runs.prepare(conn, server.url, options=small(parallel=(1,)))
    server.says["/version"] = {"version": "0.12.0"}
    with pytest.raises(RunError, match=r"has changed since run 1 was begun: the version was 0.11.0, is 0.12.0"):
        done_here(conn, run_id)


def test_what_costs_money_needs_a_limit_and_ends_at_it(conn: sqlite3.Connection, stack: ExitStack) -> None:
    def plan(asked: Asked) -> Fault:
        return Fault(every_s=0.02)

    server = stack.enter_context(speedy("openrouter", plan=plan))  # each answer costs $0.001
    with pytest.raises(RunError, match="say how much the run may cost with --max-usd"):
        runs.prepare(conn, server.url, options=small(parallel=(1,)))
    run_id, ending = measured_here(conn, server.url, small(parallel=(1, 2, 4), repetitions=200, max_usd=0.01))
    assert (ending.state, ending.by) == ("stopped", "cost")
    assert "$0.01 that it may cost are spent" in str(ending.reason)
    assert catalog_runs.get(conn, run_id).settings["spent_usd"] >= 0.01
    assert len(server.asked) < 200


def test_an_answer_without_a_token_is_no_measurement(conn: sqlite3.Connection, stack: ExitStack) -> None:
    server = stack.enter_context(speedy(plan=lambda _: Fault(no_choices=True)))
    with pytest.raises(EngineError):
        measured_here(conn, server.url, small(parallel=(1,)))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (small(tests=("pp512",)), "--tests is for models that run on this machine"),
        (small(n_threads=4), "-t is for models that run on this machine"),
        (small(sustained_s=0.0), "--sustained is for models"),
        (small(slo="ttft<1"), "is no limit for requests"),
        (small(depths=(100_000,)), "takes a prompt of 100,512 tokens"),
        (small(parallel=(0,)), "0 requests at once cannot be kept"),
    ],
)
def test_what_cannot_be_measured_is_refused_before_the_run(
    conn: sqlite3.Connection, stack: ExitStack, options: runs.SpeedOptions, words: str
) -> None:
    server = stack.enter_context(speedy())
    with pytest.raises((RunError, SpeedError), match=words):
        runs.prepare(conn, server.url, options=options)
    assert catalog_runs.list_runs(conn) == []
    assert server.asked == []


@pytest.mark.parametrize("options", [{"parallel": ()}, {"rates": (1.0,)}, {"slo": "ttft<1s"}, {"for_s": 3.0}])
def test_what_is_for_servers_is_refused_for_a_file(conn: sqlite3.Connection, options: dict[str, object]) -> None:
    with pytest.raises(RunError, match=r"is for servers \(`aa-tui bench http://HOST:PORT`\)"):
        runs.prepare(conn, bundled_manifest().slug, options=runs.SpeedOptions(**options))  # type: ignore[arg-type]


def test_the_page_says_through_what_it_was_measured(conn: sqlite3.Connection, stack: ExitStack) -> None:
    server = stack.enter_context(speedy("llama-server"))
    measured_here(conn, server.url, small(depths=(0,), parallel=(1, 2)))
    text = " ".join(page_text.drawing(page.load(conn, "tiny"), 120).plain().split())
    assert f"run 1, {catalog_runs.get(conn, 1).created_at[:10]}, finished · through llama-server at 127.0.0.1" in text
    assert "depth 0: " in text
    assert "no speed of this machine" in text
    assert "pp512" not in text
    report = markdown.render(run_report(conn, 1))
    assert "at once" in report
    assert "not comparable with llama.cpp's own protocol" in report
    with pytest.raises(ExportError, match="measured a server"):
        exchange.files_of(conn, catalog_runs.get(conn, 1), "llama-bench")


@pytest.mark.long
def test_from_the_shell_with_a_key(
    program: Program, answer: Answer, stack: ExitStack, conn: sqlite3.Connection
) -> None:
    server: ModelServer = stack.enter_context(speedy("llama-server", key=KEY, n_slots=1))
    common = ("--output-tokens", "8", "--prompt-tokens", "64", "-r", "2")
    refused = program("bench", server.url, *common)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "wants a key" in refused.stderr
    done = program("bench", server.url, *common, "--key-env", "BOX_KEY", BOX_KEY=KEY)
    assert done.returncode == 0, done.stderr
    assert "round trip" in done.stdout
    assert "at once" in done.stdout
    assert "through llama-server at 127.0.0.1" in done.stdout
    told = answer("runs", "show", "1")
    assert [(one["kind"], one["value"]) for one in told["load"]["stages"]] == [("depth", 0), ("level", 1), ("level", 2)]
    assert told["load"]["stages"][1]["figures"]["ttft_p90_s"]["n"] == 2
    assert told["machine"] is None
    assert KEY not in "\n".join(conn.iterdump())
