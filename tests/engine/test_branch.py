"""A copy of the text in the context: it says what the text itself would, and leaves no trace in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.support.tiny import PLAIN_SCRIPT, write

from aa_tui.engine.branch import Branch
from aa_tui.engine.errors import EngineError
from aa_tui.engine.llama import LlamaEngine, open_model
from aa_tui.engine.logits import NotANumberError
from aa_tui.engine.settings import EngineSettings
from aa_tui.gguf.bundled import bundled_model

SETTINGS = EngineSettings(n_ctx=128, forks=True, kv_unified=True, n_threads=1, flash_attn="on")


@pytest.fixture(scope="module")
def engine() -> Iterator[LlamaEngine]:
    with open_model(bundled_model(), SETTINGS) as one:
        yield one


def test_a_copy_goes_on_as_the_text_would(engine: LlamaEngine) -> None:
    engine.clear()
    text, more = engine.tokenize("The ferryman waited"), engine.tokenize(" for rain", add_special=False)
    engine.decode(text)
    with Branch(engine) as branch:
        branch.begin()
        first = branch.log_probabilities(more)
        branch.begin()
        branch.decode(engine.tokenize("12345", add_special=False))
        branch.begin()
        again = branch.log_probabilities(more)
    assert (first == again).all(), "what was decoded on a copy is gone"
    assert np.exp(first).sum(axis=1) == pytest.approx(np.ones(len(more)), abs=1e-4)
    engine.clear()
    with Branch(engine) as branch:
        branch.begin()
        whole = branch.log_probabilities([*text, *more])[len(text) :]
    assert whole.argmax(axis=1).tolist() == first.argmax(axis=1).tolist()
    assert np.abs(np.exp(whole) - np.exp(first)).max() < 0.02, "pieces of other sizes differ in the last digits alone"


def test_an_engine_without_room_for_a_copy_is_refused() -> None:
    with (
        open_model(bundled_model(), EngineSettings(n_ctx=64, n_threads=1)) as one,
        pytest.raises(EngineError, match="without room for a copy"),
    ):
        Branch(one)


def test_logits_that_are_no_numbers_are_told(tmp_path: Path) -> None:
    path = write(tmp_path / "tiny.gguf", PLAIN_SCRIPT, None, poison="x")
    with open_model(path, SETTINGS) as one, Branch(one) as branch:
        branch.begin()
        with pytest.raises(NotANumberError):
            branch.log_probabilities(one.tokenize("x", add_special=False))
