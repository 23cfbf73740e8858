"""Write the trained weights as GGUF for llama.cpp, quantized by the `gguf` package."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import gguf
from gguf import GGMLQuantizationType as Kind
from gguf import quants
from nano import vocabulary
from nano.shape import NORM_EPSILON, ROPE_BASE, Shape

NAME = "aa-nano"
DESCRIPTION = (
    "A very small model that does a few kinds of made-up exercises (sums, comparisons, letters) and thinks "
    "before it answers. It shows the whole way of an evaluation offline; it knows nothing else."
)
# Quantization of the matrices, and of the two that touch the vocabulary; norms stay in F32.
QUANTS: dict[str, tuple[Kind, Kind, gguf.LlamaFileType]] = {
    "Q8_0": (Kind.Q8_0, Kind.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
    "Q4_0": (Kind.Q4_0, Kind.Q8_0, gguf.LlamaFileType.MOSTLY_Q4_0),
}
FULL = "F16"
"""The precision from which others can be made truly, by llama-quantize; not bundled."""
_FULL = (Kind.F16, Kind.F16, gguf.LlamaFileType.MOSTLY_F16)
_OF_VOCABULARY = ("token_embd.weight", "output.weight")


def write_model(path: Path, weights: Mapping[str, Any], shape: Shape, quant: str) -> int:
    """Write one GGUF from float arrays by name; returns the number of parameters."""
    matrices, of_vocabulary, file_type = _FULL if quant == FULL else QUANTS[quant]
    writer = gguf.GGUFWriter(path, "llama")
    _add_facts(writer, shape, file_type)
    n_params = 0
    for name, array in weights.items():
        values = np.ascontiguousarray(_in_pairs(name, array, shape), np.float32)
        n_params += values.size
        if values.ndim == 1:
            writer.add_tensor(name, values)
            continue
        kind = of_vocabulary if name in _OF_VOCABULARY else matrices
        writer.add_tensor(name, quants.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return n_params


def _in_pairs(name: str, array: Any, shape: Shape) -> Any:
    """Rows of queries and keys in llama.cpp's order: it turns neighbours, the network turns the two halves."""
    heads = {"attn_q": shape.n_heads, "attn_k": shape.n_kv_heads}.get(name.split(".")[-2])
    if heads is None:
        return array
    rows, columns = array.shape
    return array.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def _add_facts(writer: Any, shape: Shape, file_type: gguf.LlamaFileType) -> None:
    """Everything but the tensors."""
    pieces = vocabulary.pieces()
    writer.add_name(NAME)
    writer.add_description(DESCRIPTION)
    writer.add_license("MIT")
    writer.add_file_type(file_type)
    writer.add_context_length(shape.n_context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.n_layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.n_heads)
    writer.add_head_count_kv(shape.n_kv_heads)
    writer.add_rope_dimension_count(shape.head)
    writer.add_rope_freq_base(ROPE_BASE)
    writer.add_layer_norm_rms_eps(NORM_EPSILON)
    writer.add_vocab_size(shape.n_vocab)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([piece.encode() for piece, _ in pieces])
    writer.add_token_scores([0.0] * len(pieces))
    writer.add_token_types([kind for _, kind in pieces])
    writer.add_bos_token_id(vocabulary.BOS_ID)
    writer.add_eos_token_id(vocabulary.END_ID)
    writer.add_unk_token_id(vocabulary.UNKNOWN_ID)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(vocabulary.TEMPLATE)


def write_manifest(path: Path, files: Mapping[str, Path], n_params: int, n_context: int) -> None:
    """Write the manifest of the files just written, the default quant first."""
    text = f'''# Written by train_nano.py.
slug = "{NAME}"
name = "{NAME}"
creator = "aa-tui"
license = "MIT"
reasoning = true
open_weights = true
context_tokens = {n_context}
total_params = {n_params}
'''
    for quant, file in files.items():
        data = file.read_bytes()
        text += f'''
[[files]]
file = "{file.name}"
quant = "{quant}"
size_bytes = {len(data)}
sha256 = "{hashlib.sha256(data).hexdigest()}"
'''
    path.write_text(text, encoding="utf-8")
