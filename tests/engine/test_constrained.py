"""Answers held to a grammar, on the real llama.cpp: what is drawn is what leaving out all else first would draw."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.support import tiny

from aa_tui.engine import native
from aa_tui.engine.calling import Grammar
from aa_tui.engine.errors import EngineError
from aa_tui.engine.gate import Gate
from aa_tui.engine.llama import EngineSettings, LlamaEngine, SamplerSettings, open_model
from aa_tui.engine.output import Output
from aa_tui.engine.requests import Event, Finished, Request
from aa_tui.engine.settings import GREEDY
from aa_tui.engine.slots import SlotEngine
from aa_tui.engine.thinking import Marks
from aa_tui.gguf.bundled import bundled_model
from aa_tui.gguf.reasoning import formats

SCHEMA = {
    "type": "object",
    "properties": {"colour": {"enum": ["red", "green", "blue"]}, "sure": {"type": "boolean"}},
    "required": ["colour", "sure"],
}
DIGITS = r'root ::= "x" [0-9a-f]+ "." ("<" [^<>"]* ">" | [ \t]+)? [A-Zé-ü]*'


@pytest.fixture(scope="module")
def model() -> Iterator[LlamaEngine]:
    with open_model(bundled_model(), EngineSettings(n_ctx=256, n_parallel=4, n_threads=1)) as engine:
        yield engine


def finished(events: Iterator[Event]) -> dict[str, Finished]:
    """What each request came to."""
    return {event.id: event for event in events if isinstance(event, Finished)}


def question(engine: LlamaEngine, number: int) -> tuple[int, ...]:
    text = f"<|im_start|>user\nAdd {100 + number} and 385.<|im_end|>\n<|im_start|>assistant\n"
    return tuple(engine.tokenize(text, parse_special=True))


def everything(engine: LlamaEngine) -> np.ndarray:
    return np.arange(engine.n_vocab, dtype=np.int32)


def kept(values: np.ndarray, allowed: np.ndarray, settings: SamplerSettings) -> dict[int, float]:
    """Each token's probability where the grammar is asked about all of them first; llama.cpp's order of filters."""
    tokens = np.flatnonzero(allowed)
    tokens = tokens[np.argsort(-values[tokens], kind="stable")]
    if settings.top_k:
        tokens = tokens[: settings.top_k]
    p = np.exp(values[tokens].astype(float) - values[tokens[0]])
    p /= p.sum()
    n_kept = int((np.cumsum(p) - p < settings.top_p).sum()) if settings.top_p < 1 else len(p)
    n_kept = min(n_kept, int((p >= settings.min_p * p[0]).sum()))
    weights = np.exp((values[tokens[:n_kept]].astype(float) - values[tokens[0]]) / settings.temperature)
    return dict(zip(map(int, tokens), weights / weights.sum(), strict=False))


def test_greedy_answers_are_those_of_leaving_out_all_else_first(model: LlamaEngine) -> None:
    tokens, written = question(model, 1), list[int]()
    gate = Gate(native.library(), model._words, DIGITS)
    model.clear()
    model.decode(tokens)
    while len(written) < 40:
        values = model.row(-1)
        allowed = gate.allowed(everything(model))
        token = int(np.where(allowed, values, -np.inf).argmax())
        if model.is_eog(token):
            break
        gate.accept(token)
        written.append(token)
        model.step(token)
    gate.close()
    with SlotEngine(model) as slots:
        found = finished(slots.run([Request("a", tokens, 40, grammar=Grammar(DIGITS))]))["a"]
        free = finished(slots.run([Request("a", tokens, 40)]))["a"]
    assert list(found.tokens) == written
    assert found.tokens != free.tokens


@pytest.mark.parametrize(
    "settings",
    [
        SamplerSettings(temperature=1.5),
        SamplerSettings(temperature=1.5, top_p=0.6),
        SamplerSettings(temperature=0.7, top_p=0.9, min_p=0.02),
        SamplerSettings(temperature=2.0, top_k=5),
        SamplerSettings(temperature=2.0, top_k=12, top_p=0.8),
    ],
    ids=["hot", "top_p", "min_p", "top_k", "all"],
)
def test_what_is_drawn_is_distributed_as_if_all_else_was_left_out_first(
    model: LlamaEngine, settings: SamplerSettings
) -> None:
    gbnf, n_draws = r"root ::= [0-9A-Ma-m]+", 800
    model.clear()
    model.decode((*question(model, 2), *model.tokenize("The sum is", add_special=False)))
    values = model.row(-1).copy()
    gate = Gate(native.library(), model._words, gbnf)
    expected = kept(values, gate.allowed(everything(model)), settings)
    gate.close()
    drawn: Counter[int] = Counter()
    marks = Marks()
    for seed in range(n_draws):
        request = Request("a", (1,), 5)
        output = Output(request, marks, queued_s=0.0, started=0.0, loop_guard=False)
        one = SamplerSettings(**{**settings.to_dict(), "seed": seed})  # type: ignore[arg-type]
        sampler = model.constrained(one, output, gbnf, Grammar(gbnf))
        drawn[sampler.choose(-1)] += 1
        sampler.close()
    assert drawn.keys() <= expected.keys()
    for token, share in expected.items():
        spread = (share * (1 - share) / n_draws) ** 0.5
        assert abs(drawn[token] / n_draws - share) <= 4.5 * spread + 1e-9, (token, share)
    assert len(expected) > 1


def test_asking_with_the_sieve_is_asking_about_all(model: LlamaEngine) -> None:
    gate = Gate(native.library(), model._words, DIGITS)
    for token in model.tokenize("x0f.<é", add_special=False):
        allowed = gate.all_allowed()
        assert (allowed == np.flatnonzero(gate.allowed(everything(model)))).all()
        if token not in allowed:
            break
        gate.accept(token)
    gate.close()


@pytest.mark.parametrize(
    "settings", [GREEDY, SamplerSettings(temperature=1.0, top_p=0.95), SamplerSettings(repeat_penalty=1.3)]
)
def test_many_slots_write_what_the_schema_wants(model: LlamaEngine, settings: SamplerSettings) -> None:
    with SlotEngine(model) as slots:
        requests = [
            Request(str(n), question(model, n), 120, settings, grammar=Grammar(schema=SCHEMA)) for n in range(6)
        ]
        requests.append(Request("free", question(model, 9), 20))
        found = finished(slots.run(requests))
    for n in range(6):
        one = found[str(n)]
        assert one.reason == "stop", one
        value = json.loads(one.answer)
        assert value["colour"] in {"red", "green", "blue"}
        assert isinstance(value["sure"], bool)
    assert not found["free"].answer.startswith("{")


def tiny_engine(path: Path, script: dict[str, str], control: Sequence[str] = ()) -> LlamaEngine:
    return open_model(tiny.write(path, script, tiny.NANBEIGE, control=control), EngineSettings(n_ctx=256, n_threads=1))


def ask(engine: LlamaEngine, grammar: Grammar, max_tokens: int = 40) -> Finished:
    marks = Marks(
        formats().recognise("<think> </think>", lambda tag: engine.control_token(tag) is not None), engine.control_token
    )
    prompt = tuple(engine.tokenize("\n", add_special=False))
    with SlotEngine(engine, marks, loop_guard=False) as slots:
        return finished(slots.run([Request("a", prompt, max_tokens, grammar=grammar)]))["a"]


def test_the_thinking_is_free_and_the_answer_is_held(tmp_path: Path) -> None:
    with tiny_engine(tmp_path / "t.gguf", tiny.SCRIPT) as engine:
        found = ask(engine, Grammar('root ::= "abc"'))
        assert found.thinking.split() == ["two", "and", "three"]
        assert (found.answer, found.reason) == ("abc", "stop")


def test_the_grammar_begins_at_a_trigger_amidst_a_token(tmp_path: Path) -> None:
    script = {"\n": "▁so", "▁so": "▁<ca", "▁<ca": "ll>", "ll>": "z", "z": "<|im_end|>"}
    grammar = Grammar('root ::= "<call>" [0-9]{2} "</call>"', triggers=("<call>",))
    with tiny_engine(tmp_path / "t.gguf", script) as engine:
        found = ask(engine, grammar)
        assert re.fullmatch(r" so <call>\d\d</call>", found.answer), found.answer
        assert found.reason == "stop"


def test_without_its_trigger_nothing_is_held(tmp_path: Path) -> None:
    script = {"\n": "▁so", "▁so": "▁<ca", "▁<ca": "<|im_end|>"}
    with tiny_engine(tmp_path / "t.gguf", script) as engine:
        found = ask(engine, Grammar('root ::= "<call>" [0-9]+', triggers=("<call>",)))
        assert (found.answer, found.reason) == (" so <ca", "stop")


def test_a_trigger_whose_token_goes_on_otherwise_is_written_in_another(tmp_path: Path) -> None:
    script = {"\n": "<call>z", "<call>": "z", "z": "<|im_end|>"}
    with tiny_engine(tmp_path / "t.gguf", script) as engine:
        found = ask(engine, Grammar('root ::= "<call>" [0-9]{2}', triggers=("<call>",)), max_tokens=20)
        assert "<call>z" not in found.answer


def test_a_grammar_without_end_runs_to_the_length_and_a_dead_end_is_told(tmp_path: Path) -> None:
    with tiny_engine(tmp_path / "t.gguf", {"\n": "a", "a": "a"}) as engine:
        endless = ask(engine, Grammar('root ::= "a" root'), 30)
        assert (endless.reason, endless.answer) == ("length", "a" * 30)
        dead = ask(engine, Grammar(r'root ::= [b-z]+ | "aaaaaaaaaa" [\U7FFFFFFF]'))
        assert dead.reason == "error"
        assert "the grammar allows nothing" in dead.message
        assert dead.answer == "a" * 10


def test_a_bad_grammar_is_refused_before_anything_is_run(model: LlamaEngine) -> None:
    with SlotEngine(model) as slots:
        with pytest.raises(EngineError, match="left recursion"):
            slots.submit(Request("a", question(model, 1), 5, grammar=Grammar('root ::= root "a"')))
        assert not slots.is_busy
