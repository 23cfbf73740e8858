"""Greedy decoding with drafts, on the bundled model with the real llama.cpp."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.support.tiny import OPEN_SCRIPT, SCRIPT
from tests.support.tiny import write as write_tiny

from aa_tui.analysis.speculating import Round, replay_hits, replay_ngrams
from aa_tui.engine.errors import EngineError, GivenUpError
from aa_tui.engine.llama import EngineSettings, LlamaEngine, open_model
from aa_tui.engine.speculation import (
    Ask,
    ModelDrafter,
    NgramDrafter,
    Sequences,
    check_rewinds,
    check_vocabularies,
    logit_gap,
    shape_noise,
    would_hit,
    write,
)
from aa_tui.gguf.bundled import bundled_model

SETTINGS = EngineSettings(n_ctx=512, n_parallel=2, kv_unified=True, n_threads=1, n_gpu_layers=0)
QUESTIONS = ("What is 12 + 30?", "What is 7 + 58?")


@pytest.fixture(scope="module")
def model() -> Iterator[Sequences]:
    with open_model(bundled_model(), SETTINGS) as engine, Sequences(engine) as found:
        yield found


@pytest.fixture(scope="module")
def small() -> Iterator[Sequences]:
    """The same model in fewer bits."""
    path = bundled_model().with_name("aa-nano-Q4_0.gguf")
    with open_model(path, SETTINGS) as engine, Sequences(engine) as found:
        yield found


@pytest.fixture(scope="module")
def itself() -> Iterator[Sequences]:
    with open_model(bundled_model(), SETTINGS) as engine, Sequences(engine) as found:
        yield found


def prompt(engine: LlamaEngine, question: str = QUESTIONS[0]) -> list[int]:
    text = f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n"
    return engine.tokenize(text, add_special=False, parse_special=True)


class Wrong:
    """Drafts what is never right."""

    def begin(self, seq_id: int, prompt: Sequence[int]) -> None:
        """Nothing to do."""

    def draft(self, asks: Sequence[Ask]) -> list[list[int]]:
        """A token that no text has."""
        return [[0] * ask.n for ask in asks]


@pytest.mark.parametrize("n_draft", [1, 3, 16])
def test_a_draft_model_changes_no_token(model: Sequences, small: Sequences, n_draft: int) -> None:
    asked = prompt(model.engine)
    plain = write(model, [asked], 36)
    drafted = write(model, [asked], 36, ModelDrafter(small, model.engine.n_vocab), n_draft)
    assert drafted.outputs == plain.outputs
    assert len(plain.rounds) == plain.n_tokens
    assert 1 <= len(drafted.rounds) < plain.n_tokens
    assert sum(one.n_accepted + 1 for one in drafted.rounds) == plain.n_tokens


def test_wrong_drafts_cost_time_and_no_token(model: Sequences) -> None:
    asked = prompt(model.engine)
    plain, wrong = write(model, [asked], 24), write(model, [asked], 24, Wrong(), 4)
    assert wrong.outputs == plain.outputs
    assert [one.n_accepted for one in wrong.rounds] == [0] * plain.n_tokens


def test_a_model_that_drafts_for_itself_is_always_right(model: Sequences, itself: Sequences) -> None:
    asked = prompt(model.engine)
    drafted = write(model, [asked], 25, ModelDrafter(itself, model.engine.n_vocab), 4)
    assert drafted.rounds == (Round(4, 4),) * 5


def test_what_would_be_accepted_is_known_before(model: Sequences, small: Sequences) -> None:
    asked = prompt(model.engine)
    plain = write(model, [asked], 40).outputs[0]
    hits = would_hit(small, asked, plain)
    for n_draft in (1, 2, 5):
        drafted = write(model, [asked], 40, ModelDrafter(small, model.engine.n_vocab), n_draft)
        assert [one.n_accepted for one in drafted.rounds] == [one.n_accepted for one in replay_hits(hits, n_draft, 40)]


def test_repetition_is_found_by_lookup(model: Sequences) -> None:
    asked = prompt(model.engine) + model.engine.tokenize("abc abc abc abc abc abc abc", add_special=False)
    plain = write(model, [asked], 24)
    drafted = write(model, [asked], 24, NgramDrafter(3), 4)
    assert drafted.outputs == plain.outputs
    assert list(drafted.rounds) == replay_ngrams(asked, plain.outputs[0], 3, 4, 24)


def test_two_texts_at_once_stay_apart(model: Sequences, small: Sequences) -> None:
    asked = [prompt(model.engine, one) for one in QUESTIONS]
    alone = [write(model, [one], 40).outputs[0] for one in asked]
    assert alone[0] != alone[1]
    assert list(write(model, asked, 40).outputs) == alone
    assert list(write(model, asked, 40, ModelDrafter(small, model.engine.n_vocab), 3).outputs) == alone


def test_a_prompt_is_not_processed_twice(model: Sequences) -> None:
    asked = prompt(model.engine)
    first = write(model, [asked], 24)
    assert model.held[0][: len(asked)] == asked
    assert write(model, [asked], 24).outputs == first.outputs


def test_writing_can_be_given_up(model: Sequences, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aa_tui.engine.speculation.ASK_EVERY_S", 0.0)
    with pytest.raises(GivenUpError):
        write(model, [prompt(model.engine)], 24, should_stop=lambda: True)
    assert write(model, [prompt(model.engine)], 8).n_tokens == 8


def test_what_does_not_fit_is_refused(model: Sequences) -> None:
    with pytest.raises(EngineError, match="512 tokens"):
        write(model, [[1] * 500], 48)


def test_gaps_and_noise_are_those_of_the_logits(model: Sequences) -> None:
    asked = prompt(model.engine)
    output = write(model, [asked], 20).outputs[0]
    gap, shift = logit_gap(model, model, asked, output, at=4, other=output[4])
    assert (gap, shift < 0.5) == (0.0, True)
    assert logit_gap(model, model, asked, output, at=4, other=0)[0] > 1.0
    assert 0.0 <= shape_noise(model, model, asked, output, (2, 8)) < 0.5


def test_one_vocabulary_fits_itself(model: Sequences, small: Sequences) -> None:
    assert check_vocabularies(model.engine, small.engine) == 0
    check_rewinds(model)


def opened(path: Path, script: dict[str, str]) -> LlamaEngine:
    return open_model(write_tiny(path, script, None), SETTINGS)


def test_the_first_difference_between_vocabularies_is_named(tmp_path: Path) -> None:
    other = {**SCRIPT, "\n": "▁eleven", "▁eleven": "▁five"}
    with (
        opened(tmp_path / "model.gguf", SCRIPT) as engine,
        opened(tmp_path / "draft.gguf", other) as draft,
        pytest.raises(EngineError, match=r"draft\.gguf cannot draft for model\.gguf.* “eleven” there and “five” here"),
    ):
        check_vocabularies(engine, draft)


def test_padding_at_the_end_is_allowed_and_never_drafted(tmp_path: Path) -> None:
    longer = {**SCRIPT, "▁two": "▁☃☃"}  # sorted behind all others
    with opened(tmp_path / "model.gguf", OPEN_SCRIPT) as engine, opened(tmp_path / "draft.gguf", longer) as draft:
        assert draft.n_vocab == engine.n_vocab + 1
        assert check_vocabularies(engine, draft) == 1
        asked = engine.tokenize("a\n", add_special=False)
        with Sequences(engine) as model, Sequences(draft) as second:
            plain = write(model, [asked], 12)
            assert write(model, [asked], 12, ModelDrafter(second, engine.n_vocab), 4).outputs == plain.outputs
