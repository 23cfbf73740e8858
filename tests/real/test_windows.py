"""A model some of whose layers look at a window of the text only."""

from __future__ import annotations

from pathlib import Path

from aa_tui.engine.branch import Branch
from aa_tui.engine.llama import EngineSettings, open_model


def test_questions_can_be_put_after_a_text_longer_than_the_window(gemma: Path) -> None:
    settings = EngineSettings(n_ctx=1_024, forks=True, kv_unified=True, n_threads=2)
    with open_model(gemma, settings) as engine:
        text = engine.tokenize("The ferryman waited for rain, and the river waited with him. " * 90)[:1_400]
        for start in range(0, len(text), 512):
            engine.decode(text[start : start + 512])
        with Branch(engine) as branch:
            branch.begin()
            first = branch.log_probabilities(text[100:600])
            branch.begin()
            assert (branch.log_probabilities(text[100:600]) == first).all(), "the text is as it was"
