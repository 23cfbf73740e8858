"""What is asked of a cache at a depth, with the real llama.cpp and the bundled model."""

from __future__ import annotations

from aa_tui.engine.branch import Branch
from aa_tui.engine.divergence.store import KeptBlock
from aa_tui.engine.llama import open_model
from aa_tui.engine.settings import EngineSettings
from aa_tui.gguf.bundled import bundled_model
from aa_tui.speed.cache_probe import probe
from aa_tui.speed.cache_text import depth_text, windows


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


def test_a_cache_is_no_distance_from_itself_as_kept_and_read_again() -> None:
    settings = EngineSettings(n_ctx=256, forks=True, kv_unified=True, n_threads=1, flash_attn="on")
    with open_model(bundled_model(), settings) as engine:

        def tokenize(words: str) -> list[int]:
            return engine.tokenize(words, add_special=False)

        start = [] if engine.bos is None else [engine.bos]
        text = depth_text(tokenize, start, (0,), engine.n_ctx, 0)
        with Branch(engine) as branch:
            first = probe(engine, branch, text, 0, reference=None, stop=lambda: False)
            packed = [one.packed() for one in first.kept]
            again = [KeptBlock.unpacked(one, words) for one, words in zip(packed, windows(tokenize), strict=True)]
            whole = [one for one in again if one is not None]
            own = probe(engine, branch, text, 0, reference=whole, stop=lambda: False)
            moved = probe(engine, branch, text, 0, reference=[*whole[1:], whole[0]], stop=lambda: False)
    assert set(own.kld) == set(own.kld_floor) == {0.0}
    assert set(own.same_top) == {1.0}
    assert own.n_positions == sum(len(one.tokens) - 1 for one in whole)
    assert min(moved.kld) > 1, "what is expected in another text is far away"
    assert all(low <= kld for low, kld in zip(moved.kld_floor, moved.kld, strict=True))
    assert KeptBlock.unpacked(packed[0][:-9] + bytes(9), first.kept[0].tokens.tolist()) is None, "damaged"
    assert KeptBlock.unpacked(packed[0], first.kept[1].tokens.tolist()) is None, "of another text"
