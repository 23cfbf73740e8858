"""Many requests at once, on the real llama.cpp with the bundled model."""

from __future__ import annotations

import random
from collections.abc import Iterator

import psutil
import pytest

from aa_tui.engine.errors import EngineError
from aa_tui.engine.llama import EngineSettings, LlamaEngine, SamplerSettings, Token, open_model
from aa_tui.engine.requests import Event, Finished, Piece, Request
from aa_tui.engine.slots import SlotEngine
from aa_tui.gguf.bundled import bundled_model

N_CTX = 256


def prompt(engine: LlamaEngine, seed: int, length: int) -> tuple[int, ...]:
    """Random tokens, the same for the same seed."""
    return tuple(engine.random_prompt(length, random.Random(seed), plain=True))


def exercise(engine: LlamaEngine, number: int) -> tuple[int, ...]:
    """A question that the model knows how to answer, in some 60 tokens: it does not end after a few."""
    turn = f"<|im_start|>user\nAdd {100 + number} and 385.<|im_end|>\n<|im_start|>assistant\n"
    return tuple(engine.tokenize(turn, parse_special=True))


def finished(events: Iterator[Event]) -> dict[str, Finished]:
    """What each request came to."""
    return {event.id: event for event in events if isinstance(event, Finished)}


@pytest.fixture(scope="module")
def single() -> Iterator[LlamaEngine]:
    with open_model(bundled_model(), EngineSettings(n_ctx=N_CTX, n_threads=1)) as engine:
        yield engine


@pytest.fixture(scope="module")
def model() -> Iterator[LlamaEngine]:
    settings = EngineSettings(n_ctx=N_CTX, n_parallel=4, shares_prefix=True, forks=True, n_threads=1)
    with open_model(bundled_model(), settings) as engine:
        yield engine


@pytest.fixture
def slots(model: LlamaEngine) -> Iterator[SlotEngine]:
    with SlotEngine(model) as engine:
        yield engine


def alone(engine: LlamaEngine, tokens: tuple[int, ...], count: int) -> tuple[int, ...]:
    """What the plain engine writes, one request at a time."""
    events = engine.generate(tokens, count)
    return tuple(event.id for event in events if isinstance(event, Token) and not event.is_eog)


def test_one_slot_writes_what_the_plain_engine_writes(single: LlamaEngine) -> None:
    prompts = [prompt(single, seed, 20 + seed) for seed in range(3)]
    expected = [alone(single, tokens, 40) for tokens in prompts]
    with SlotEngine(single) as engine:
        for _ in range(2):  # and the same every time
            found = finished(engine.run(Request(str(n), tokens, 40) for n, tokens in enumerate(prompts)))
            assert [found[str(n)].tokens for n in range(3)] == expected


def test_more_requests_than_slots_all_end_with_their_own_counts_and_clocks(
    model: LlamaEngine, slots: SlotEngine
) -> None:
    wanted = {str(n): 5 + n for n in range(10)}
    requests = [Request(key, prompt(model, n, 30), count) for n, (key, count) in enumerate(wanted.items())]
    found = finished(slots.run(requests))
    assert {key: one.n_output for key, one in found.items() if one.reason == "length"} == {
        key: count for key, count in wanted.items() if found[key].reason == "length"
    }
    assert found.keys() == wanted.keys()
    for one in found.values():
        clocks = one.clocks
        assert clocks.ttft_s is not None
        assert 0 < clocks.ttft_s <= clocks.e2e_s
    assert found["9"].clocks.queued_s > found["0"].clocks.queued_s


def test_a_shared_prefix_is_processed_once(model: LlamaEngine, slots: SlotEngine) -> None:
    prefix = prompt(model, 99, 100)
    requests = [Request(str(n), prefix + prompt(model, n, 11)[1:], 5, n_shared=100) for n in range(8)]
    shared = finished(slots.run(requests))
    # the prefix once, 10 tokens of each prompt, and all but the last token that each wrote
    written = sum(one.n_output - 1 for one in shared.values())
    assert slots.n_decoded == 100 + 8 * 10 + written
    assert [shared[str(n)].n_cached for n in range(8)] == [0] + 7 * [100]
    # the copy is what processing would have made; sums in another order may turn a near tie of this model's
    apart = finished(slots.run(Request(one.id, one.prompt, 5) for one in requests))
    assert sum(apart[key].tokens[0] == shared[key].tokens[0] for key in apart) >= 7


def test_a_running_slot_writes_while_a_long_prompt_is_processed(model: LlamaEngine) -> None:
    with SlotEngine(model) as slots:
        slots.submit(Request("short", prompt(model, 1, 5), 60))
        slots.step()
        slots.submit(Request("long", prompt(model, 2, 240), 5))
        order = [event.id for event in slots.run() if isinstance(event, Piece)]
        assert order[: order.index("long")].count("short") >= 1


def test_a_fork_leaves_its_request_as_it_was(model: LlamaEngine, slots: SlotEngine) -> None:
    tokens, cue = exercise(model, 3), model.tokenize("\n", add_special=False)
    undisturbed = finished(slots.run([Request("a", tokens, 40)]))["a"]
    slots.submit(Request("b", tokens, 40))
    forks: list[tuple[int, ...]] = []
    ends: dict[str, Finished] = {}
    while slots.is_busy:
        for event in slots.step():
            if isinstance(event, Finished):
                ends[event.id] = event
            elif len(forks) < 3:
                forks.append(slots.fork("b", cue, 6))
    assert ends["b"].tokens == undisturbed.tokens
    assert len(forks) == 3
    # a fork writes what a request would whose prompt is all that was written, then the cue
    first = Request("c", (*tokens, undisturbed.tokens[0], *cue), 6)
    assert finished(slots.run([first]))["c"].tokens[0] == forks[0][0]
    with pytest.raises(EngineError, match="nothing to fork"):
        slots.fork("b", cue, 6)


def test_cancelling_keeps_what_was_written_and_frees_the_slot(model: LlamaEngine, slots: SlotEngine) -> None:
    for n in range(6):
        slots.submit(Request(str(n), exercise(model, n), 200))
    for _ in range(4):
        slots.step()
    slots.cancel("0")  # running
    slots.cancel("5")  # waiting
    slots.cancel("nobody")
    found = finished(slots.run())
    assert found["0"].reason == found["5"].reason == "cancelled"
    assert found["0"].n_output > 0
    assert found["5"].n_output == 0
    assert len(found) == 6


def test_sampling_repeats_itself_with_its_seed(model: LlamaEngine, slots: SlotEngine) -> None:
    def write(seed: int) -> tuple[int, ...]:
        card = SamplerSettings(temperature=0.6, top_p=0.95, seed=seed)
        return finished(slots.run([Request("a", prompt(model, 5, 30), 40, card)]))["a"].tokens

    assert write(1) == write(1)
    assert write(1) != write(2)


def test_a_stop_text_ends_the_answer_before_it(model: LlamaEngine, slots: SlotEngine) -> None:
    tokens = exercise(model, 7)
    whole = finished(slots.run([Request("a", tokens, 60)]))["a"].answer
    stop = next(whole[at : at + 2] for at in range(len(whole) // 2, len(whole)) if whole[at : at + 2].isprintable())
    cut = finished(slots.run([Request("b", tokens, 60, stop=(stop,))]))["b"]
    assert cut.reason == "stop"
    assert cut.answer == whole[: whole.index(stop)]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Request("a", (), 5), "nothing to generate"),
        (Request("a", (1, 2), 0), "nothing to generate"),
        (Request("a", (1,) * N_CTX, 1), "do not fit"),
    ],
)
def test_what_cannot_be_done_is_said_before(slots: SlotEngine, request_: Request, words: str) -> None:
    with pytest.raises(EngineError, match=words):
        slots.submit(request_)


def test_two_requests_of_one_name_are_refused(model: LlamaEngine, slots: SlotEngine) -> None:
    slots.submit(Request("a", prompt(model, 1, 5), 3))
    with pytest.raises(EngineError, match="already"):
        slots.submit(Request("a", prompt(model, 1, 5), 3))


def test_memory_does_not_grow_with_the_requests(model: LlamaEngine) -> None:
    """A short form of the bench's 2,000 requests: what a request leaves behind would show after a few hundred."""
    common = prompt(model, 98, 20)

    def ask(first: int, slots: SlotEngine) -> int:
        for number in range(first, first + 150):
            card = SamplerSettings(temperature=0.8, top_p=0.95, top_k=20 * (number % 2), seed=number)
            slots.submit(Request(str(number), common + prompt(model, number, 6), 3, card, n_shared=20, stop=("zz",)))
        assert sum(isinstance(event, Finished) for event in slots.run()) == 150
        return int(psutil.Process().memory_info().rss)

    with SlotEngine(model) as slots:
        ask(0, slots)
        before = ask(150, slots)
        assert ask(300, slots) - before < 2_000_000


def test_sequences_at_work_are_numbered_without_a_gap(model: LlamaEngine, slots: SlotEngine) -> None:
    """Each gap would make llama.cpp read the weights once more: see `SlotEngine._close_ranks`."""
    batches: list[list[int]] = []
    decode = slots._decode

    def watched(count: int) -> None:
        batches.append([slots._seq_id[row][0] for row in range(count)])
        decode(count)

    slots._decode = watched  # type: ignore[method-assign]
    lengths = [40, 3, 25, 9, 30, 5, 18, 4, 33, 12]
    requests = [
        Request(str(n), prompt(model, n, 150 if n % 3 else 20), count, ignore_eos=True)
        for n, count in enumerate(lengths)
    ]
    found = finished(slots.run(requests))
    assert [found[str(n)].n_output for n in range(10)] == lengths
    assert all(batch == sorted(batch) for batch in batches)
    assert all(set(batch) == set(range(batch[0], batch[-1] + 1)) for batch in batches)
    assert all(batch[0] == 0 for batch in batches)
    # a slot that was moved writes what it would have written alone
    for n in (0, 4, 8):
        whole = finished(slots.run([requests[n]]))[str(n)]
        assert whole.tokens[:8] == found[str(n)].tokens[:8]


def test_what_a_prompt_has_in_common_with_the_one_before_it_is_not_processed_again(single: LlamaEngine) -> None:
    first = exercise(single, 1)
    with SlotEngine(single, keeps=True) as engine:
        one = finished(engine.run([Request("1", first, 30)]))["1"]
        assert one.n_cached == 0
        longer = (*first, *one.tokens, *exercise(single, 2))
        two = finished(engine.run([Request("2", longer, 30)]))["2"]
        assert two.n_cached == len(first) + len(one.tokens) - 1  # the last token was chosen, but never processed
        other = finished(engine.run([Request("3", exercise(single, 3), 30)]))["3"]
        same = finished(engine.run([Request("4", exercise(single, 3), 30)]))["4"]
        assert same.n_cached == len(exercise(single, 3)) - 1  # the last one's result is wanted
    assert two.tokens == alone(single, longer, 30)[: len(two.tokens)]
    assert other.tokens == same.tokens == alone(single, exercise(single, 3), 30)[: len(other.tokens)]


def test_what_was_cancelled_in_its_prompt_is_kept_as_far_as_it_was_processed(single: LlamaEngine) -> None:
    tokens = prompt(single, 5, 200)
    with SlotEngine(single, keeps=True) as engine:
        engine._prefill = 50
        engine.submit(Request("1", tokens, 5))
        engine.step()
        engine.cancel("1")
        assert finished(engine.run())["1"].reason == "cancelled"
        again = finished(engine.run([Request("2", tokens, 5)]))["2"]
        assert again.n_cached == 50
    assert again.tokens == alone(single, tokens, 5)[: len(again.tokens)]
