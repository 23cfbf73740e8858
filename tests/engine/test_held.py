"""Conversations whose turns stay in their slots, on the real llama.cpp with the bundled model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support import tiny

from aa_tui.engine.llama import EngineSettings, LlamaEngine, open_model
from aa_tui.engine.requests import Event, Finished, Request
from aa_tui.engine.slots import SlotEngine
from aa_tui.gguf.bundled import bundled_model

N_SLOTS, N_CTX = 4, 512


@pytest.fixture(scope="module", params=[False, True], ids=["own buffers", "one buffer"])
def model(request: pytest.FixtureRequest) -> Iterator[LlamaEngine]:
    settings = EngineSettings(
        n_ctx=N_CTX, n_parallel=N_SLOTS, shares_prefix=True, n_threads=1, kv_unified=request.param
    )
    with open_model(bundled_model(), settings) as engine:
        yield engine


@pytest.fixture
def slots(model: LlamaEngine) -> Iterator[SlotEngine]:
    with SlotEngine(model) as engine:
        yield engine


def turn(engine: LlamaEngine, number: int) -> tuple[int, ...]:
    """A question in marks, as the model knows them."""
    text = f"<|im_end|>\n<|im_start|>user\nAdd {100 + number} and 385.<|im_end|>\n<|im_start|>assistant\n"
    return tuple(engine.tokenize(text, add_special=False, parse_special=True))


def finished(events: Iterator[Event]) -> list[Finished]:
    """What requests came to, in the order in which they ended."""
    return [event for event in events if isinstance(event, Finished)]


def talk(slots: SlotEngine, model: LlamaEngine, n_talks: int, n_turns: int, *, holds: bool) -> dict[str, Finished]:
    """Conversations side by side, each turn asked as soon as the one before it has ended."""
    said: dict[str, tuple[int, ...]] = {}
    ends: dict[str, Finished] = {}

    def ask(number: int, at: int) -> None:
        before = f"{number}.{at - 1}" if at and holds else ""
        said[str(number)] = (*said.get(str(number), ()), *turn(model, 10 * number + at))
        prompt = said[str(number)]
        slots.submit(Request(f"{number}.{at}", prompt, 12, n_shared=3, holds=holds, continues=before))

    for number in range(n_talks):
        ask(number, 0)
    while slots.is_busy:
        for event in slots.step():
            assert slots.n_running + slots.n_held <= N_SLOTS
            if isinstance(event, Finished):
                ends[event.id] = event
                number, at = map(int, event.id.split("."))
                said[str(number)] += event.tokens
                if at + 1 < n_turns:
                    ask(number, at + 1)
                else:
                    slots.release(event.id)
    return ends


def test_conversations_write_the_same_with_their_turns_kept(slots: SlotEngine, model: LlamaEngine) -> None:
    apart = talk(slots, model, 6, 3, holds=False)
    n_apart = slots.n_decoded
    kept = talk(slots, model, 6, 3, holds=True)
    assert {key: one.tokens for key, one in kept.items()} == {key: one.tokens for key, one in apart.items()}
    assert slots.n_decoded - n_apart < 0.7 * n_apart
    for number in range(6):
        for at in (1, 2):
            before, here = kept[f"{number}.{at - 1}"], kept[f"{number}.{at}"]
            assert here.n_cached == before.n_prompt + len(before.tokens) - 1, "the last token was never processed"
    assert slots.n_held == 0


def test_a_turn_that_parts_from_what_was_written_keeps_what_both_have(slots: SlotEngine, model: LlamaEngine) -> None:
    first = turn(model, 1)
    finished(slots.run([Request("a", first, 10, holds=True)]))
    other = (*first[:-3], *turn(model, 2))
    found = finished(slots.run([Request("b", other, 10, continues="a")]))[0]
    fresh = finished(slots.run([Request("c", other, 10)]))[0]
    common = next(at for at, (one, two) in enumerate(zip((*first, -1), other, strict=False)) if one != two)
    assert found.n_cached == common
    assert found.tokens == fresh.tokens


def test_who_finds_no_free_slot_takes_the_one_held_longest(slots: SlotEngine, model: LlamaEngine) -> None:
    first = [turn(model, n) for n in range(N_SLOTS)]
    for n in range(N_SLOTS):
        finished(slots.run([Request(f"a{n}", first[n], 4, holds=True)]))
    assert slots.n_held == N_SLOTS
    assert finished(slots.run([Request("other", turn(model, 9), 4)]))[0].reason == "length"
    again = finished(
        slots.run(Request(f"b{n}", (*first[n], *turn(model, n)), 4, continues=f"a{n}") for n in range(N_SLOTS))
    )
    cached = {one.id: one.n_cached for one in again}
    assert cached["b0"] == 0
    assert min(cached["b1"], cached["b2"]) >= len(first[1])
    assert slots.n_held == 0


def test_what_is_cancelled_stays_until_it_is_released(slots: SlotEngine, model: LlamaEngine) -> None:
    tokens = turn(model, 4)
    slots.submit(Request("a", tokens, 200, holds=True))
    for _ in range(5):
        slots.step()
    slots.cancel("a")
    assert finished(slots.run())[0].reason == "cancelled"
    assert slots.n_held == 1
    slots.release("a")
    slots.release("nobody")
    assert slots.n_held == 0
    assert finished(slots.run([Request("b", (*tokens, *tokens), 3, continues="a")]))[0].n_cached == 0


def test_what_is_released_while_it_waits_or_writes_leaves_nothing(slots: SlotEngine, model: LlamaEngine) -> None:
    for n in range(N_SLOTS + 1):
        slots.submit(Request(str(n), turn(model, n), 5, holds=True))
    slots.step()
    slots.release("0")
    slots.release(str(N_SLOTS))
    assert len(finished(slots.run())) == N_SLOTS + 1
    assert slots.n_held == N_SLOTS - 1


def test_a_name_used_again_holds_the_last_one_alone(slots: SlotEngine, model: LlamaEngine) -> None:
    for n in range(5):
        finished(slots.run([Request("same", turn(model, n), 4, holds=True)]))
    assert slots.n_held == 1


def test_sequences_held_between_those_at_work_make_way(model: LlamaEngine) -> None:
    """No gap among those at work, and what is held is still what it was."""
    batches: list[list[int]] = []
    with SlotEngine(model) as slots:
        decode = slots._decode

        def watched(count: int) -> None:
            batches.append(sorted({slots._seq_id[row][0] for row in range(count)}))
            decode(count)

        first = turn(model, 1)
        slots.submit(Request("0", turn(model, 0), 60, ignore_eos=True))
        slots.submit(Request("1", first, 4, holds=True, ignore_eos=True))
        slots.submit(Request("2", turn(model, 2), 60, ignore_eos=True))
        slots.submit(Request("3", turn(model, 3), 12, ignore_eos=True))
        slots.step()
        while slots.n_running > 2:
            slots.step()
        assert slots.n_held == 1
        slots._decode = watched  # type: ignore[method-assign]
        finished(slots.run())
        if not model.settings.kv_unified:
            assert [0, 1] in batches
            assert all(batch == list(range(batch[0], batch[-1] + 1)) for batch in batches)
        longer = (*first, *turn(model, 5))
        kept = finished(slots.run([Request("4", longer, 8, continues="1")]))[0]
        fresh = finished(slots.run([Request("5", longer, 8)]))[0]
    assert kept.n_cached >= len(first)
    assert kept.tokens == fresh.tokens


def test_where_the_computation_failed_nothing_is_held(tmp_path: Path) -> None:
    path = tiny.write(tmp_path / "nan.gguf", tiny.PLAIN_SCRIPT, tiny.NANBEIGE, poison="▁five")
    with open_model(path, EngineSettings(n_ctx=256, n_threads=1)) as engine, SlotEngine(engine) as slots:
        prompt = tuple(engine.tokenize("\n", add_special=False))
        assert finished(slots.run([Request("a", prompt, 9, holds=True)]))[0].reason == "error"
        assert slots.n_held == 0


def test_the_whole_output_is_told_with_its_marks_where_one_asks(tmp_path: Path) -> None:
    script = {"\n": "[TOOL_CALLS]", "[TOOL_CALLS]": "▁five", "▁five": "<|eom_id|>"}
    path = tiny.write(tmp_path / "calls.gguf", script, tiny.NANBEIGE, control=("[TOOL_CALLS]", "<|eom_id|>"))
    with open_model(path, EngineSettings(n_ctx=256, n_threads=1)) as engine, SlotEngine(engine) as slots:
        prompt = tuple(engine.tokenize("\n", add_special=False))
        raw = finished(slots.run([Request("a", prompt, 9, holds=True)]))[0]
        assert raw.reason == "stop"
        assert raw.raw == "[TOOL_CALLS] five<|eom_id|>"
        assert finished(slots.run([Request("b", prompt, 9)]))[0].raw == ""
