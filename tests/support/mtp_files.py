"""Tiny GGUF files with layers for multi-token prediction, whose drafts are right as often as the test wants.

The network knows a table from each token to the next one, and `noise` is how much its attention disturbs that. A head
takes nothing but the model's hidden state of the token before: of that it makes the next token's, by the same table. So
its drafts are right only where it is handed the right states, and with noise only where its memory is in order too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from tests.support.tiny import CHARACTERS

import gguf

Array: TypeAlias = NDArray[np.float32]
Architecture = Literal["step35", "qwen35", "exaone4"]

WIDTH, HEAD, FEED, STATE = 384, 64, 32, 32
TEXTS = ("<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)))


def write(
    path: Path,
    *,
    architecture: Architecture = "step35",
    n_heads: int = 1,
    stated: int | None = None,
    noise: float = 0.0,
    seed: int = 0,
) -> Path:
    """Write the file: two layers and `n_heads` for multi-token prediction, of which its header tells `stated`."""
    source = np.random.default_rng(seed)
    normal = ["▁" if one == " " else one for one in CHARACTERS]
    texts = [*TEXTS, *normal]
    told = n_heads if stated is None else stated
    writer = gguf.GGUFWriter(str(path), architecture)
    writer.add_name("tiny with heads")
    writer.add_context_length(4096)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(2 + told)
    writer.add_nextn_predict_layers(told)
    writer.add_feed_forward_length(FEED)
    writer.add_head_count(WIDTH // HEAD)
    writer.add_head_count_kv(1)
    writer.add_key_length(HEAD)
    writer.add_value_length(HEAD)
    writer.add_rope_dimension_count(HEAD)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(texts))
    if architecture == "qwen35":
        writer.add_rope_dimension_sections([8, 8, 8, 8])
        writer.add_uint32("qwen35.full_attention_interval", 2)
        writer.add_ssm_conv_kernel(4)
        writer.add_ssm_inner_size(2 * STATE)
        writer.add_ssm_state_size(STATE)
        writer.add_ssm_time_step_rank(2)
        writer.add_ssm_group_count(2)
    else:
        writer.add_sliding_window(512)
        writer.add_sliding_window_pattern([False, True, *[True] * told])
        writer.add_expert_feed_forward_length(FEED)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([text.encode() for text in texts])
    writer.add_token_scores([0.0] * len(texts))
    writer.add_token_types([2, 3, 3, *[6] * 256, *[1] * len(normal)])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    after = _table(len(texts), source)
    embedding, output, onwards = (np.zeros((rows, WIDTH), np.float32) for rows in (len(texts), len(texts), WIDTH))
    embedding[np.arange(len(texts)), np.arange(len(texts))] = 1.0
    output[after, np.arange(len(texts))] = 1.0
    onwards[after, np.arange(len(texts))] = 1.0
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output.weight", output)
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    for layer in range(2 + n_heads):
        kind = architecture if architecture != "qwen35" or layer else "recurrent"
        for name, values in _layer(kind, source, noise):
            writer.add_tensor(f"blk.{layer}.{name}", values)
    for layer in range(2, 2 + n_heads):
        both = np.concatenate((np.zeros((WIDTH, WIDTH), np.float32), onwards), axis=1)
        writer.add_tensor(f"blk.{layer}.nextn.eh_proj.weight", both)
        for name in ("enorm", "hnorm", "shared_head_norm"):
            writer.add_tensor(f"blk.{layer}.nextn.{name}.weight", np.ones(WIDTH, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _table(n_tokens: int, source: np.random.Generator) -> NDArray[np.int64]:
    """What follows each token: one long round through all tokens of the text, into which the others lead."""
    first = len(TEXTS)
    order = first + source.permutation(n_tokens - first)
    after = np.full(n_tokens, order[0])
    after[order] = np.roll(order, -1)
    return after


def _layer(kind: str, source: np.random.Generator, noise: float) -> Iterator[tuple[str, Array]]:
    """A layer's weights: what it adds is noise."""

    def some(*shape: int, scale: float = 0.05) -> Array:
        return (source.standard_normal(shape) * scale).astype(np.float32)

    ones = np.ones(WIDTH, np.float32)
    yield "attn_norm.weight", ones
    if kind == "recurrent":
        yield from _recurrent(some, noise)
    else:
        yield "attn_q.weight", some(WIDTH * (2 if kind == "qwen35" else 1), WIDTH)
        yield "attn_k.weight", some(HEAD, WIDTH)
        yield "attn_v.weight", some(HEAD, WIDTH)
        yield "attn_output.weight", some(WIDTH, WIDTH, scale=noise)
        yield "attn_q_norm.weight", np.ones(HEAD, np.float32)
        yield "attn_k_norm.weight", np.ones(HEAD, np.float32)
    yield "post_attention_norm.weight" if kind in ("qwen35", "recurrent") else "ffn_norm.weight", ones
    yield "ffn_gate.weight", some(FEED, WIDTH)
    yield "ffn_up.weight", some(FEED, WIDTH)
    yield "ffn_down.weight", some(WIDTH, FEED, scale=noise)


def _recurrent(some: object, noise: float) -> Iterator[tuple[str, Array]]:
    """A gated delta net with two heads."""
    assert callable(some)
    inner = 2 * STATE
    yield "attn_qkv.weight", some(3 * inner, WIDTH)
    yield "attn_gate.weight", some(inner, WIDTH)
    yield "ssm_conv1d.weight", some(3 * inner, 4, scale=0.5)
    yield "ssm_dt.bias", np.ones(2, np.float32)
    yield "ssm_a", np.full(2, -0.1, np.float32)
    yield "ssm_beta.weight", some(2, WIDTH)
    yield "ssm_alpha.weight", some(2, WIDTH)
    yield "ssm_norm.weight", np.ones(STATE, np.float32)
    yield "ssm_out.weight", some(WIDTH, inner, scale=noise)
