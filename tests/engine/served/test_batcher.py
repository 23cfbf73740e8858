"""Servers as one engine: the promises of an engine in process, kept over HTTP."""

from __future__ import annotations

import gc
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from random import Random
from typing import Any

import pytest
from tests.support.served import NONE, Asked, Fault, ModelServer, Reply

from aa_tui.engine.chat import Message
from aa_tui.engine.errors import EngineError
from aa_tui.engine.protocol import Batcher
from aa_tui.engine.requests import Dropped, Event, Finished, Piece, Request
from aa_tui.engine.served.batcher import FORMAT, ServedBatcher, open_served
from aa_tui.engine.served.probing import probe
from aa_tui.engine.served.values import ServerKind, Target
from aa_tui.engine.settings import EngineSettings

pytestmark = pytest.mark.usefixtures("home")

MINUTE_S = 60.0
LONG = Reply(" ".join(f"word{number}" for number in range(300)))


def opened(*servers: ModelServer, n_parallel: int = 4, key: str = "", **options: Any) -> ServedBatcher:
    """An engine of these servers."""
    known = [(target := Target(one.url, one.models[0], key), probe(target)) for one in servers]
    return open_served(known, EngineSettings(n_ctx=8_192, n_parallel=n_parallel), **options)


def request(batcher: Batcher, question: str, name: str = "a", max_tokens: int = 500, **options: Any) -> Request:
    """A request for a question."""
    prompt = batcher.prompt([Message("user", question)])
    return Request(name, prompt.tokens, max_tokens, messages=prompt.messages, counted=prompt.counted, **options)


def results(events: Iterable[Event]) -> dict[str, Finished]:
    """What each request came to: once."""
    found: dict[str, Finished] = {}
    for event in events:
        if isinstance(event, Finished):
            assert event.id not in found
            found[event.id] = event
    return found


def answer(
    server: ModelServer, question: str = "why?", *, opening: dict[str, Any] | None = None, **options: Any
) -> Finished:
    """What one request comes to."""
    with opened(server, **(opening or {})) as batcher:
        return results(batcher.run([request(batcher, question, **options)]))["a"]


def steps_until(batcher: ServedBatcher, is_so: Callable[[list[Event]], bool]) -> list[Event]:
    """Step until something is so, with a minute's patience."""
    found: list[Event] = []
    end = time.monotonic() + MINUTE_S
    while not is_so(found):
        assert time.monotonic() < end, "it did not come"
        found += batcher.step()
    return found


THOUGHT = Reply("The answer is 42.", "Let me think about it.")


def test_it_is_a_batcher_and_tells_what_it_is() -> None:
    with ModelServer("llama-server", n_slots=3) as one, ModelServer("vllm", context_tokens=4_096) as two:
        with opened(one, two, n_parallel=5) as served:
            batcher: Batcher = served
            assert (batcher.n_slots, batcher.n_ctx, batcher.settings.n_parallel) == (3 + 5, 4_096, 8)
            assert (batcher.devices_used, batcher.system_turn, batcher.closing_tag()) == ((), "", ())
            assert batcher.reasoning_format == FORMAT
            assert "im_start" in batcher.template
            assert batcher.step() == []
            assert not batcher.is_busy
            with pytest.raises(EngineError):
                batcher.fork("a", (1,), 3)
            assert [one.url for one in served.standing()] == [one.url, two.url]
        batcher.close()  # once more


def test_text_thinking_counts_and_clocks() -> None:
    with ModelServer("llama-server", lambda _: THOUGHT) as server:
        server.plan = lambda _: Fault(every_s=0.005)
        with opened(server) as batcher:
            events = list(batcher.run([request(batcher, "why is it so?")]))
    done = results(events)["a"]
    assert (done.reason, done.thinking, done.answer) == ("stop", THOUGHT.thinking, THOUGHT.text)
    assert (done.n_thinking, done.n_answer, done.n_prompt, done.n_cached) == (5, 4, 4, 1)
    pieces = [event for event in events if isinstance(event, Piece)]
    assert "".join(one.text for one in pieces if one.thinking) == THOUGHT.thinking
    assert "".join(one.text for one in pieces if not one.thinking) == THOUGHT.text
    clocks, said = done.clocks, done.answered_by
    assert said is not None
    assert clocks.ttft_s is not None
    assert clocks.ttfat_s is not None
    assert dict(said.timings)["first_byte_s"] <= clocks.ttft_s < clocks.ttfat_s < clocks.e2e_s
    assert done.output_tps == pytest.approx((9 + 1 - 1) / (clocks.e2e_s - clocks.ttft_s))  # with the token that ends it
    assert (said.server, said.tokens_from, said.n_tries, said.cost_usd) == (server.url, "usage", 1, None)


@pytest.mark.parametrize(("kind", "usage", "tokens_from", "thinking_from", "counts"), [
    ("vllm", None, "usage", "usage", (5, 4)),
    ("ollama", None, "usage", "pieces", (5, 4)),
    ("sglang", None, "usage", "usage", (5, 4)),
    ("llama-server", None, "usage", "usage", (5, 4)),
    ("other", {"completion_tokens": 18}, "usage", "pieces", (10, 8)),
    ("llama-server", {}, "tokenizer", "tokenizer", (5, 4)),
    ("llama-cpp-python", None, "tokenizer", "tokenizer", (5, 4)),
    ("other", {}, "pieces", "pieces", (5, 4)),
    ("other", {"completion_tokens": 0}, "pieces", "pieces", (5, 4)),
    ("other", {"completion_tokens": 10**9}, "pieces", "pieces", (5, 4)),
    ("other", {"completion_tokens": "many", "prompt_tokens": -4}, "pieces", "pieces", (5, 4)),
    ("vllm", {"completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 90}}, "usage", "pieces",
     (5, 4)),
])  # fmt: skip
@pytest.mark.repeats
def test_who_counted(
    kind: ServerKind, usage: Any, tokens_from: str, thinking_from: str, counts: tuple[int, int]
) -> None:
    with ModelServer(kind, lambda _: THOUGHT) as server:
        server.plan = lambda _: Fault(usage=usage)
        done = answer(server)
    assert done.answered_by is not None
    assert (done.answered_by.tokens_from, done.answered_by.thinking_from) == (tokens_from, thinking_from)
    assert (done.n_thinking, done.n_answer) == counts


@pytest.mark.parametrize(("kind", "counted", "source"), [
    ("llama-server", 3, "tokenizer"), ("vllm", 3, "tokenizer"), ("other", 5 + 8, "characters"),
])  # fmt: skip
def test_prompts_are_counted_by_the_server_or_guessed(kind: ServerKind, counted: int, source: str) -> None:
    with ModelServer(kind) as server, opened(server) as batcher:
        prompt = batcher.prompt([Message("user", "is it so, you")])
        assert (prompt.n_tokens, batcher.prompt_tokens_from) == (counted + (kind != "other"), source)
        assert prompt.messages == (Message("user", "is it so, you"),)


def test_only_prompts_that_may_not_fit_are_counted_beforehand() -> None:
    with ModelServer("llama-server") as server, opened(server, longest_output=100) as batcher:
        short = batcher.prompt([Message("user", "why?")])
        assert (short.n_tokens, batcher.prompt_tokens_from) == (2 + 8, "usage")
        assert "/tokenize" not in server.paths
        long = batcher.prompt([Message("user", "why? " * batcher.n_ctx)])
        assert (long.n_tokens, batcher.prompt_tokens_from) == (batcher.n_ctx + 1, "tokenizer")


def test_a_server_that_does_not_count_is_not_asked_for_ever() -> None:
    with ModelServer("vllm") as server, opened(server) as batcher:
        server.statuses["/tokenize"] = 404
        counts = [batcher.prompt([Message("user", "why?")]).n_tokens for _ in range(9)]
        assert counts == [2 + 8] * 9
        assert (server.paths.count("/tokenize"), batcher.prompt_tokens_from) == (3, "characters")


@pytest.mark.parametrize("split", [0, 1])
def test_tags_within_the_text_are_told_apart_too(split: int) -> None:
    with ModelServer("other", lambda _: Reply("42, ☃", "Ha! Nun ja.", tagged=True)) as server:
        server.plan = lambda _: Fault(split=split)
        done = answer(server)
    assert (done.thinking.strip(), done.answer.strip()) == ("Ha! Nun ja.", "42, ☃")
    assert done.clocks.ttfat_s is not None


def test_a_tag_in_an_answer_is_a_quote_where_the_server_tells_thinking_apart() -> None:
    with ModelServer("vllm", lambda _: Reply("<think> is a tag, </think> ends it", "Hm.")) as server:
        done = answer(server)
    assert (done.thinking, done.answer) == ("Hm.", "<think> is a tag, </think> ends it")


def test_hostile_text_arrives_as_it_is_and_no_half_characters() -> None:
    hostile = "\x1b[31mred\x07 \u202e \x00 \ud83d x"
    with ModelServer("other", lambda _: Reply(hostile)) as server:
        server.plan = lambda _: Fault(line=b'data: {"choices":[{"delta":{"content":"\\ud83d"}}]}\n\n')
        done = answer(server)
    assert done.answer.startswith("\ufffd\x1b[31mred\x07 \u202e \x00")
    assert done.answer.encode()


def test_ends() -> None:
    with ModelServer("llama-server", lambda _: LONG) as server:
        assert answer(server, max_tokens=7).reason == "length"
        assert answer(server, max_tokens=7).n_answer == 7
        stopped = answer(server, stop=("word5 ",))
        assert (stopped.reason, stopped.answer) == ("stop", "word0 word1 word2 word3 word4 ")
        server.plan = lambda _: Fault(ignores_limit=True)
        cut = answer(server, max_tokens=7)
        assert (cut.reason, cut.n_answer < 40) == ("length", True)
        server.plan = lambda _: Fault(endless=True)
        assert answer(server, max_tokens=100).reason == "length"
        server.plan = lambda _: Fault(hangs_after=3)
        late = answer(server, max_s=0.3)
        assert (late.reason, late.answer) == ("timeout", "word0 word1 word2")
        server.plan = lambda _: Fault(ends_with="content_filter")
        assert "filter" in answer(server).message


def test_an_answer_in_circles_is_ended_unless_that_is_wished() -> None:
    with ModelServer("llama-server", lambda _: Reply("and so on " * 300)) as server:
        assert answer(server, max_tokens=5_000).reason == "loop"
        assert answer(server, max_tokens=5_000, opening={"loop_guard": False}).reason == "stop"


def test_cancelling_what_runs_and_what_waits() -> None:
    with ModelServer("llama-server", n_slots=1) as server:
        server.plan = lambda _: Fault(endless=True, every_s=0.005)
        with opened(server) as batcher:
            for name in "ab":
                batcher.submit(request(batcher, "go", name, max_tokens=5_000))
            with pytest.raises(EngineError, match="already"):
                batcher.submit(request(batcher, "go", "b"))
            events = steps_until(batcher, lambda found: len(found) > 3)
            assert batcher.n_running == 1
            for name in ("b", "a", "nobody"):
                batcher.cancel(name)
            done = results(events + steps_until(batcher, lambda _: not batcher.is_busy))
    assert {name: one.reason for name, one in done.items()} == {"a": "cancelled", "b": "cancelled"}
    assert done["a"].answer
    assert done["b"].answer == ""


def test_closing_amidst_answers_ends_at_once() -> None:
    before = threading.active_count()
    with ModelServer("llama-server", n_slots=8) as server:
        server.plan = lambda asked: Fault(hangs_after=1) if asked.number % 2 else Fault(after_s=3_000)
        batcher = opened(server, n_parallel=8)
        for number in range(12):
            batcher.submit(request(batcher, "go", str(number)))
        steps_until(batcher, lambda found: len(found) >= 4)
        batcher.close()
        assert threading.active_count() == before + 1  # the server's own
        with pytest.raises(EngineError, match="closed"):
            batcher.submit(request(batcher, "go"))


def test_what_cannot_be_asked_is_refused_beforehand() -> None:
    with ModelServer("llama-server") as server, opened(server) as batcher:
        with pytest.raises(EngineError, match="do not fit"):
            batcher.submit(request(batcher, "go", max_tokens=8_192))
        with pytest.raises(EngineError, match="messages"):
            batcher.submit(Request("a", (1, 2), 5))
    with pytest.raises(EngineError):
        open_served([], EngineSettings(n_ctx=10))


def first_then(*faults: Fault) -> Callable[[Asked], Fault]:
    """These faults for the first requests, none for others."""
    return lambda asked: faults[asked.number] if asked.number < len(faults) else NONE


@pytest.mark.parametrize("fault", [
    Fault(status=500), Fault(status=503), Fault(status=429, headers={"Retry-After": "0"}), Fault(cut_after=2),
    Fault(no_choices=True),
    Fault(line=b'data: {"error": {"message": "out of memory", "code": 500}}\n\n'),
])  # fmt: skip
def test_what_came_to_no_end_is_asked_again(fault: Fault) -> None:
    with ModelServer("llama-server", lambda _: THOUGHT) as server:
        server.plan = first_then(fault)
        done = answer(server)
    assert (done.reason, done.answer, done.thinking) == ("stop", THOUGHT.text, THOUGHT.thinking)
    assert done.answered_by is not None
    assert done.answered_by.n_tries == len(server.asked) == 2
    assert done.clocks.queued_s > 0


def test_text_that_broke_off_is_told_to_have_come_to_nothing() -> None:
    with ModelServer("other", lambda _: THOUGHT) as server:
        server.plan = first_then(Fault(cut_after=2))
        with opened(server) as batcher:
            events = list(batcher.run([request(batcher, "hi")]))
    at = next(number for number, event in enumerate(events) if isinstance(event, Dropped))
    assert any(isinstance(event, Piece) for event in events[:at])
    again = [event for event in events[at:] if isinstance(event, Piece)]
    assert "".join(piece.text for piece in again if not piece.thinking).strip() == THOUGHT.text


def test_what_has_ended_is_not_asked_again() -> None:
    with ModelServer("other", lambda _: THOUGHT) as server:
        server.plan = lambda _: Fault(cut_at_end=True)
        done = answer(server)
    assert (done.reason, done.answer, len(server.asked)) == ("stop", THOUGHT.text, 1)


def test_a_request_that_always_breaks_off_becomes_an_error_and_others_go_on() -> None:
    with ModelServer("llama-server", n_slots=2) as server:
        server.plan = lambda asked: Fault(status=500) if asked.question == "bad" else NONE
        with opened(server) as batcher:
            done = results(
                batcher.run([request(batcher, "bad", "bad"), *(request(batcher, "ok", str(n)) for n in range(20))])
            )
    assert done["bad"].reason == "error"
    assert "fails (500" in done["bad"].message
    assert all(one.reason == "stop" for name, one in done.items() if name != "bad")


@pytest.mark.parametrize("status", [400, 403, 404, 413, 422])
def test_a_refused_request_is_an_error_and_not_asked_again(status: int) -> None:
    with ModelServer("llama-server") as server:
        server.plan = lambda asked: Fault(status=status) if asked.question == "bad" else NONE
        with opened(server, n_parallel=1) as batcher:
            done = results(batcher.run(request(batcher, word, word) for word in ("ok", "bad", "fine")))
    assert [one.question for one in server.asked] == ["ok", "bad", "fine"]
    assert done["bad"].reason == "error"
    assert f"({status}: as planned)" in done["bad"].message


@pytest.mark.parametrize(
    "fault",
    [Fault(status=401), Fault(body=b"<html>hi</html>"), Fault(status=307, headers={"Location": "http://evil.example"})],
)
def test_a_server_that_lets_nobody_in_ends_it_with_nothing_lost(fault: Fault) -> None:
    with ModelServer("llama-server") as server:
        server.plan = lambda _: fault
        with opened(server) as batcher:
            batcher.submit(request(batcher, "go"))
            with pytest.raises(EngineError, match=r"127\.0\.0\.1"):
                steps_until(batcher, bool)
            assert batcher.standing()[0].why_down


def test_waits_that_a_server_asks_for_are_kept() -> None:
    with ModelServer("llama-server") as server:
        server.plan = first_then(Fault(status=429, headers={"Retry-After": "1"}))
        started = time.monotonic()
        assert answer(server).reason == "stop"
        assert time.monotonic() - started >= 1.0


def test_a_dead_server_ends_the_run_after_its_patience() -> None:
    server = ModelServer("llama-server")
    with opened(server, patience_s=0.5) as batcher:
        batcher.submit(request(batcher, "go"))
        server.close()
        with pytest.raises(EngineError, match="cannot be reached"):
            steps_until(batcher, bool)


def test_a_server_that_comes_back_is_given_the_rest() -> None:
    with ModelServer("llama-server") as server, opened(server, n_parallel=1) as batcher:
        for number in range(6):
            batcher.submit(request(batcher, f"go {number}", str(number)))
        events = steps_until(batcher, lambda found: len(results(found)) >= 2)
        server.stop()
        events += steps_until(batcher, lambda _: bool(batcher.standing()[0].why_down))
        assert batcher.standing()[0].limit == 0
        server.start()
        done = results(events + steps_until(batcher, lambda _: not batcher.is_busy))
    assert len(done) == 6
    assert {one.reason for one in done.values()} == {"stop"}


def test_a_server_that_comes_back_with_another_model_gets_nothing() -> None:
    with (
        ModelServer("llama-server", models=["tiny"]) as server,
        opened(server, n_parallel=1) as batcher,
    ):
        batcher.submit(request(batcher, "go"))
        server.plan = lambda _: Fault(cut_after=0)
        server.says["/props"] = {"build_info": "another", "total_slots": 1}
        with pytest.raises(EngineError, match="something else"):
            steps_until(batcher, bool)


def test_servers_share_one_queue_and_the_living_do_the_work_of_the_dead() -> None:
    with ExitStack() as stack:
        servers = [stack.enter_context(ModelServer("llama-server", n_slots=2)) for _ in range(3)]
        for server in servers:
            server.plan = lambda _: Fault(after_s=0.005)
        batcher = stack.enter_context(opened(*servers))
        requests = [request(batcher, f"question {number}", str(number)) for number in range(90)]
        events: list[Event] = []
        for number, event in enumerate(batcher.run(requests)):
            events.append(event)
            if number == 60:
                servers[1].stop()
        done = results(events)
        standing = batcher.standing()
    assert len(done) == 90
    assert all(one.reason == "stop" and one.answer == f"You said: question {name}" for name, one in done.items())
    assert standing[1].why_down
    assert sum(one.n_done for one in standing) == 90
    assert all(one.n_done > 10 for number, one in enumerate(standing) if number != 1)


FAULTS = (
    Fault(status=429, headers={"Retry-After": "0"}), Fault(status=500), Fault(status=503, headers={"Retry-After": "0"}),
    Fault(cut_after=0), Fault(cut_after=2), Fault(cut_at_end=True), Fault(no_choices=True), Fault(split=3),
    Fault(usage={}), Fault(pings=True), Fault(crlf=True), Fault(status=502), Fault(line=b"data: nonsense\n\n"),
)  # fmt: skip


@pytest.mark.long
def test_two_hundred_requests_through_random_faults_are_each_answered_once() -> None:
    chance, n_asked = Random(7), Counter[str]()

    def plan(asked: Asked) -> Fault:
        n_asked[asked.question] += 1  # a request that breaks off five times is given up, which is another test
        return chance.choice(FAULTS) if n_asked[asked.question] < 4 and chance.random() < 0.3 else NONE

    with ModelServer("llama-server", n_slots=8) as one, ModelServer("vllm") as two:
        one.plan = two.plan = plan
        with opened(one, two, n_parallel=8) as batcher:
            done = results(batcher.run(request(batcher, f"question {n}", str(n)) for n in range(200)))
        finished = one.finished() + two.finished()
    assert len(done) == 200
    for name, result in done.items():
        assert (result.reason, result.answer) == ("stop", f"You said: question {name}")
    assert sorted(finished) == sorted(f"question {n}" for n in range(200))


def test_an_unknown_server_is_not_overrun() -> None:
    with ModelServer("other", most_at_once=3) as server:
        server.plan = lambda _: Fault(after_s=0.002)
        with opened(server, n_parallel=64) as batcher:
            done = results(batcher.run(request(batcher, "go", str(n)) for n in range(150)))
            limit = batcher.standing()[0].limit
    assert {one.reason for one in done.values()} == {"stop"}
    assert limit < 16


def test_money_is_kept_to() -> None:
    with ModelServer("openrouter") as server, opened(server, n_parallel=2, max_usd=0.01) as batcher:
        events: list[Event] = []
        requests = [request(batcher, "go", str(number)) for number in range(50)]
        with pytest.raises(EngineError, match=r"\$0\.01 are spent"):
            events.extend(batcher.run(requests))  # which keeps what came before
        assert batcher.spent_usd == pytest.approx(0.01)
        assert len(results(events)) == len(server.asked) == 10


def test_a_limit_that_cannot_be_kept_is_said() -> None:
    with ModelServer("other") as server, opened(server, n_parallel=1, max_usd=1.0) as batcher:
        for number in range(5):
            batcher.submit(request(batcher, "go", str(number)))
        with pytest.raises(EngineError, match="says neither what an answer costs"):
            steps_until(batcher, lambda found: len(results(found)) == 5)
        assert len(server.asked) == 1


def test_prompts_are_computed_anew_where_that_is_wished() -> None:
    with ModelServer("llama-server") as one, ModelServer("vllm") as two:
        answer(one, opening={"caches_prompts": False})
        answer(two, opening={"caches_prompts": False})
        assert one.asked[0].body["cache_prompt"] is False
        assert two.asked[0].question.endswith("\nwhy?")


def test_the_key_is_sent_and_is_in_nothing_else() -> None:
    with ModelServer("llama-server", key="sk-hunter2") as server:
        server.plan = lambda _: Fault(status=400, body=b'{"error": "Bearer sk-hunter2 is odd"}')
        with opened(server, key="sk-hunter2") as batcher:
            done = results(batcher.run([request(batcher, "go")]))["a"]
            assert "hunter2" not in repr(done) + repr(batcher.standing())
    assert server.asked[0].authorization == "Bearer sk-hunter2"


@pytest.mark.long
def test_nothing_is_kept_of_what_has_ended() -> None:
    with ModelServer("llama-server", n_slots=8) as server, opened(server, n_parallel=8) as batcher:
        first = request(batcher, "go")

        def n_objects_after(names: range) -> int:
            requests = (Request(str(n), (), 50, messages=first.messages, counted=first.counted) for n in names)
            assert len(results(batcher.run(requests))) == len(names)
            for record in (server.asked, server.paths, server.authorizations):
                record.clear()
            gc.collect()
            return len(gc.get_objects())

        n_objects_after(range(30))
        few, many = n_objects_after(range(30, 60)), n_objects_after(range(60, 260))
    assert many - few < 200
