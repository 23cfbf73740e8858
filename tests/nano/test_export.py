"""The export: weights in, a GGUF that llama.cpp runs out, the same bytes every time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aa_tui.engine.llama import EngineSettings, Token, open_model
from aa_tui.gguf.bundled import read_manifest
from aa_tui.gguf.files import describe
from nano import vocabulary
from nano.export import FULL, QUANTS, write_manifest, write_model
from nano.shape import Shape

SHAPE = Shape(vocabulary.N_VOCAB, n_layers=2, width=64, n_heads=4, n_kv_heads=2, hidden=96, n_context=512)


def random_weights(seed: int) -> dict[str, Any]:
    source = np.random.default_rng(seed)
    kv_width = SHAPE.n_kv_heads * SHAPE.head
    sizes: dict[str, tuple[int, ...]] = {"token_embd.weight": (SHAPE.n_vocab, SHAPE.width)}
    for layer in range(SHAPE.n_layers):
        block = f"blk.{layer}."
        sizes |= {
            block + "attn_norm.weight": (SHAPE.width,),
            block + "attn_q.weight": (SHAPE.width, SHAPE.width),
            block + "attn_k.weight": (kv_width, SHAPE.width),
            block + "attn_v.weight": (kv_width, SHAPE.width),
            block + "attn_output.weight": (SHAPE.width, SHAPE.width),
            block + "ffn_norm.weight": (SHAPE.width,),
            block + "ffn_gate.weight": (SHAPE.hidden, SHAPE.width),
            block + "ffn_up.weight": (SHAPE.hidden, SHAPE.width),
            block + "ffn_down.weight": (SHAPE.width, SHAPE.hidden),
        }
    sizes |= {"output_norm.weight": (SHAPE.width,), "output.weight": (SHAPE.n_vocab, SHAPE.width)}
    return {name: source.standard_normal(size).astype(np.float32) / size[-1] ** 0.5 for name, size in sizes.items()}


@pytest.mark.parametrize("quant", [*QUANTS, FULL])
def test_exported_weights_run_and_are_the_same_bytes_every_time(tmp_path: Path, quant: str) -> None:
    paths = [tmp_path / f"{name}-{quant}.gguf" for name in ("one", "two")]
    n_params = [write_model(path, random_weights(5), SHAPE, quant) for path in paths]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with open_model(paths[0], EngineSettings(n_ctx=128)) as engine:
        tokens = engine.tokenize(vocabulary.prompt("Add 2 and 3.", instruction=True), parse_special=True)
        written = [event for event in engine.generate(tokens, 8, ignore_eos=True) if isinstance(event, Token)]
        assert len(written) == 8
        assert engine.n_ctx_train == SHAPE.n_context
        assert engine.is_eog(vocabulary.END_ID)
    write_manifest(tmp_path / "made.toml", {quant: paths[0]}, n_params[0], SHAPE.n_context)
    stated, file = read_manifest(tmp_path / "made.toml").files[0], describe(paths[0])
    assert (stated.quant, stated.sha256, stated.size_bytes) == (file.header.quant, file.sha256, file.size_bytes)


def test_queries_and_keys_are_reordered_to_neighbouring_pairs(tmp_path: Path) -> None:
    gguf = pytest.importorskip("gguf")
    weights = random_weights(9)
    write_model(tmp_path / "made.gguf", weights, SHAPE, "Q8_0")
    tensors = {one.name: one for one in gguf.GGUFReader(tmp_path / "made.gguf").tensors}
    half = SHAPE.head // 2
    for name in ("blk.1.attn_q.weight", "blk.1.attn_k.weight"):
        written = gguf.quants.dequantize(tensors[name].data, tensors[name].tensor_type)
        trained = weights[name]
        assert np.allclose(written[0], trained[0], atol=0.01)
        assert np.allclose(written[1], trained[half], atol=0.01)
        assert np.allclose(written[SHAPE.head + 2], trained[SHAPE.head + 1], atol=0.01)
