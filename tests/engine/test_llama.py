"""The engine's primitives on the bundled model, with the real llama.cpp."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest

from aa_tui.engine.errors import EngineError
from aa_tui.engine.llama import EngineSettings, LlamaEngine, Prefill, SamplerSettings, Token, open_model
from aa_tui.gguf.bundled import bundled_model

if TYPE_CHECKING:
    from collections.abc import Iterator

PROMPT = [1, *range(70, 130)]


@pytest.fixture(scope="module")
def engine() -> Iterator[LlamaEngine]:
    with open_model(bundled_model(), EngineSettings(n_ctx=512, n_batch=32, n_ubatch=32)) as opened:
        yield opened


def ids(engine: LlamaEngine, sampler: SamplerSettings, n_tokens: int = 40) -> list[int]:
    events = engine.generate(PROMPT, n_tokens, sampler, ignore_eos=True)
    return [event.id for event in events if isinstance(event, Token)]


def test_greedy_gives_the_same_tokens_every_time(engine: LlamaEngine) -> None:
    first = ids(engine, SamplerSettings())
    assert len(first) == 40
    assert all(0 <= token < engine.n_vocab for token in first)
    assert ids(engine, SamplerSettings()) == first
    assert ids(engine, SamplerSettings(seed=7)) == first


def test_batches_do_not_change_the_greedy_choice(engine: LlamaEngine) -> None:
    first = ids(engine, SamplerSettings(), 1)
    sampler = engine.sampler(SamplerSettings())
    engine.clear()
    for token in PROMPT:
        engine.step(token)
    assert engine.sample(sampler) == first[0]
    sampler.close()
    sampler.close()


def test_sampler_settings_reach_the_chain(engine: LlamaEngine) -> None:
    hot = SamplerSettings(temperature=2.0, seed=1)
    assert ids(engine, hot) == ids(engine, hot)
    assert ids(engine, hot) != ids(engine, SamplerSettings(temperature=2.0, seed=2))
    greedy = ids(engine, SamplerSettings())
    assert ids(engine, SamplerSettings(temperature=2.0, top_k=1)) == greedy
    assert ids(engine, SamplerSettings(temperature=2.0, top_p=1e-6)) == greedy
    assert ids(engine, SamplerSettings(temperature=0.6, min_p=1.0)) == greedy
    penalised = ids(engine, SamplerSettings(repeat_penalty=1e6))
    assert len(set(penalised)) > len(set(greedy))
    assert set(SamplerSettings().to_dict()) == set(SamplerSettings.__dataclass_fields__)


def test_events_and_clocks(engine: LlamaEngine) -> None:
    events = list(engine.generate(PROMPT, 20, ignore_eos=True))
    assert events[0] == Prefill(32, 61, events[0].at_s)
    tokens = [event for event in events if isinstance(event, Token)]
    assert [token.index for token in tokens] == list(range(20))
    clocks = [event.at_s for event in events]
    assert clocks == sorted(clocks)
    assert clocks[0] > 0


def test_clocks_stand_still_while_the_caller_holds_an_event(engine: LlamaEngine) -> None:
    held = last = 0.0
    start = time.perf_counter()
    for event in engine.generate(PROMPT, 20, ignore_eos=True):
        pause = time.perf_counter()
        time.sleep(0.01)
        held += time.perf_counter() - pause
        last = event.at_s
    assert held > 0.2
    assert 0 < last <= time.perf_counter() - start - held


def test_generation_ends_at_an_end_token_unless_told_otherwise(engine: LlamaEngine) -> None:
    for seed in range(60):  # hot sampling: an end token comes by chance
        events = list(engine.generate(PROMPT, 100, SamplerSettings(temperature=9.0, seed=seed)))
        last = events[-1]
        assert isinstance(last, Token)
        if last.is_eog:
            break
    assert isinstance(last, Token)
    assert last.is_eog
    assert len(events) <= 100
    assert engine.is_eog(last.id)
    assert sum(isinstance(event, Token) and event.is_eog for event in events) == 1
    going_on = engine.generate(PROMPT, 100, SamplerSettings(temperature=9.0, seed=seed), ignore_eos=True)
    assert sum(isinstance(event, Token) for event in going_on) == 100


def test_lengths_that_do_not_fit_are_said_before_anything_runs(engine: LlamaEngine) -> None:
    with pytest.raises(EngineError, match="A prompt of 500 tokens and 13 to generate do not fit"):
        next(engine.generate([3] * 500, 13))
    with pytest.raises(EngineError, match="no tokens"):
        next(engine.generate([], 13))
    with pytest.raises(EngineError, match="no tokens"):
        next(engine.generate([3], 0))
    with pytest.raises(EngineError, match="A batch of 33 tokens does not fit n_batch 32"):
        engine.decode([3] * 33)


def test_a_full_context_is_one_sentence(engine: LlamaEngine) -> None:
    engine.clear()
    for _ in range(engine.n_ctx):
        engine.step(5)
    with pytest.raises(EngineError, match="The context of 512 tokens is full"):
        engine.step(5)
    engine.clear()
    engine.step(5)


def test_a_token_that_is_none_is_one_sentence(engine: LlamaEngine) -> None:
    engine.clear()
    with pytest.raises(EngineError, match=r"llama\.cpp failed while computing"):
        engine.step(engine.n_vocab + 5)
    engine.clear()
    engine.step(5)


def test_tokenize_and_pieces(engine: LlamaEngine) -> None:
    text = "Hello, wörld! 你好 " * 20
    tokens = engine.tokenize(text, add_special=False)
    assert b"".join(engine.piece(token) for token in tokens).decode().strip() == text.strip()
    assert engine.tokenize("a")[0] == engine.bos
    assert engine.tokenize("") == [engine.bos]
    end = engine.tokenize("<|im_end|>", add_special=False, parse_special=True)
    assert [engine.is_eog(token) for token in end] == [True]
    as_data = engine.tokenize("<|im_end|>", add_special=False)
    assert len(as_data) > 5
    assert not any(engine.is_eog(token) for token in as_data)


def test_random_prompts(engine: LlamaEngine) -> None:
    first = engine.random_prompt(300, random.Random(1))
    assert first == engine.random_prompt(300, random.Random(1))
    assert first != engine.random_prompt(300, random.Random(2))
    assert len(first) == 300
    assert first[0] == engine.bos
    plain = engine.random_prompt(300, random.Random(1), plain=True)
    assert not any(engine.is_eog(token) for token in plain)
    assert plain.count(1) == 1  # BOS, a control token, is at the start only
    assert engine.random_prompt(1, random.Random(1)) == [engine.bos]
