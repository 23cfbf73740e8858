"""Vocabularies open without the weights, and what differs first is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import tiny

from aa_tui.engine.errors import EngineError
from aa_tui.engine.llama import EngineSettings, open_model
from aa_tui.engine.vocabulary import difference, open_vocabulary
from aa_tui.gguf.bundled import bundled_model

TEXT = "A fox & a bear: 3 + 4 = 7.\n<think>ä 日本</think>"


def told(one: Path, other: Path) -> str | None:
    with open_vocabulary(one) as first, open_vocabulary(other) as second:
        return difference(first, second, [TEXT])


def test_a_vocabulary_cuts_as_the_whole_model_does() -> None:
    with open_model(bundled_model(), EngineSettings(n_ctx=64, n_threads=1)) as engine:
        whole = engine.tokenize(TEXT), engine.bos, engine.n_vocab, [engine.piece(one) for one in range(50)]
    with open_vocabulary(bundled_model()) as words:
        alone = words.tokenize(TEXT), words.bos, words.n_tokens, [words.piece(one) for one in range(50)]
    assert alone == whole


def test_quantizations_of_one_model_do_not_differ() -> None:
    assert told(bundled_model(), bundled_model().with_name("aa-nano-Q4_0.gguf")) is None


def test_the_first_difference_is_named(tmp_path: Path) -> None:
    base = tiny.write(tmp_path / "base.gguf", {"a": "▁one"}, None)
    more = tiny.write(tmp_path / "more.gguf", {"a": "▁one", "b": "▁two"}, None)
    other = tiny.write(tmp_path / "other.gguf", {"a": "▁six"}, None)
    assert "tokens" in (told(base, more) or "")
    words = told(base, other) or ""
    assert "“one”" in words
    assert "“six”" in words


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(b"no model at all")
    with pytest.raises(EngineError, match="not a GGUF"), open_vocabulary(path):
        pass
