"""What is asked of a cache at a depth, with the real llama.cpp and the bundled model."""

from __future__ import annotations

from aa_tui.engine.branch import Branch
from aa_tui.engine.llama import open_model
from aa_tui.engine.settings import EngineSettings
from aa_tui.gguf.bundled import bundled_model
from aa_tui.speed.cache_probe import probe
from aa_tui.speed.cache_text import depth_text


def test_progress_goes_on_while_a_depth_is_asked() -> None:
    told: list[tuple[float, str]] = []
    settings = EngineSettings(n_ctx=256, forks=True, kv_unified=True, n_threads=1, flash_attn="on")
    with open_model(bundled_model(), settings) as engine:
        start = [] if engine.bos is None else [engine.bos]
        text = depth_text(lambda words: engine.tokenize(words, add_special=False), start, (0,), engine.n_ctx, 0)
        with Branch(engine) as branch:
            probe(
                *(engine, branch, text, 0),
                reference=None,
                stop=lambda: False,
                tell=lambda part, what: told.append((part, what)),
            )
    parts = [part for part, _ in told]
    assert parts == sorted(set(parts))
    assert parts[0] == 0
    assert parts[-1] < 1
    assert len(parts) > 20
    stages = list(dict.fromkeys(what for _, what in told))
    assert stages == ["distributions", "facts", "speed of reading", "speed of writing"]
