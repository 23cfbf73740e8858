"""Write the bundled stand-in model: a small llama with random weights, for trying the program.

Usage: python gguf_models/make_standin.py [FOLDER]
Writes aa-nano-standin-Q8_0.gguf and its manifest aa-nano-standin.toml, the same bytes on every run and
machine: the weights are raw bits of PCG64 (numpy promises never to change them), not computed numbers.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import numpy as np

import gguf

FILE = "aa-nano-standin-Q8_0.gguf"
NAME = "aa-nano stand-in (random weights)"
DESCRIPTION = (
    "A stand-in with random weights: it shows that llama.cpp and aa-tui work and how they measure. "
    "It was never trained, it does not answer, and its text means nothing."
)
SEED = 20260615
N_CTX, D, FF, N_LAYER, N_HEAD, N_HEAD_KV = 4096, 256, 704, 4, 4, 2
HEAD = D // N_HEAD
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
BLOCK = 32  # weights in a block of Q8_0: a scale in f16 and 32 signed bytes
SPREAD = 73.9  # standard deviation of a uniform signed byte


def vocabulary() -> tuple[list[bytes], list[int], list[float]]:
    """Pieces, their types and scores: all bytes, printable ASCII, ChatML's and thinking's tags."""
    kinds = gguf.TokenType
    pieces = [(b"<unk>", kinds.UNKNOWN), (b"<s>", kinds.CONTROL), (b"</s>", kinds.CONTROL)]
    pieces += [(f"<0x{byte:02X}>".encode(), kinds.BYTE) for byte in range(256)]
    pieces += [(tag, kinds.CONTROL) for tag in (b"<|im_start|>", b"<|im_end|>")]
    pieces += [(tag, kinds.USER_DEFINED) for tag in (b"<think>", b"</think>")]
    pieces += [("▁".encode(), kinds.NORMAL)]  # a space, as SentencePiece writes it
    pieces += [(bytes([code]), kinds.NORMAL) for code in range(33, 127)]
    return [piece for piece, _ in pieces], [int(kind) for _, kind in pieces], [0.0] * len(pieces)


class Weights:
    """Random tensors, in the order in which they are asked for."""

    def __init__(self) -> None:
        self._bits = np.random.PCG64(SEED)

    def matrix(self, rows: int, columns: int) -> Any:
        """A matrix in Q8_0 whose weights have the standard deviation 1/sqrt(columns)."""
        n_blocks = rows * columns // BLOCK
        raw = self._bits.random_raw(n_blocks * BLOCK // 8).astype("<u8").view(np.int8)
        scale = np.array([columns**-0.5 / SPREAD], dtype="<f2").view(np.uint8)
        blocks = np.empty((n_blocks, 2 + BLOCK), np.uint8)
        blocks[:, :2] = scale
        blocks[:, 2:] = np.maximum(raw, -127).reshape(n_blocks, BLOCK).view(np.uint8)
        return blocks.reshape(rows, columns // BLOCK * (2 + BLOCK))


def write_model(path: Path) -> int:
    """Write the GGUF to `path`; returns the number of parameters."""
    writer = gguf.GGUFWriter(path, "llama")
    add_facts(writer)
    n_params = 0

    def add(name: str, rows: int, columns: int) -> None:
        nonlocal n_params
        n_params += rows * columns
        writer.add_tensor(name, weights.matrix(rows, columns), raw_dtype=gguf.GGMLQuantizationType.Q8_0)

    def add_norm(name: str) -> None:
        nonlocal n_params
        n_params += D
        writer.add_tensor(name, np.ones(D, np.float32))

    weights = Weights()
    n_vocab = len(vocabulary()[0])
    add("token_embd.weight", n_vocab, D)
    add_norm("output_norm.weight")
    add("output.weight", n_vocab, D)
    for layer in range(N_LAYER):
        block = f"blk.{layer}."
        add_norm(block + "attn_norm.weight")
        add(block + "attn_q.weight", N_HEAD * HEAD, D)
        add(block + "attn_k.weight", N_HEAD_KV * HEAD, D)
        add(block + "attn_v.weight", N_HEAD_KV * HEAD, D)
        add(block + "attn_output.weight", D, N_HEAD * HEAD)
        add_norm(block + "ffn_norm.weight")
        add(block + "ffn_gate.weight", FF, D)
        add(block + "ffn_up.weight", FF, D)
        add(block + "ffn_down.weight", D, FF)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return n_params


def add_facts(writer: Any) -> None:
    """Everything but the tensors."""
    pieces, kinds, scores = vocabulary()
    writer.add_name(NAME)
    writer.add_description(DESCRIPTION)
    writer.add_license("MIT")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_context_length(N_CTX)
    writer.add_embedding_length(D)
    writer.add_block_count(N_LAYER)
    writer.add_feed_forward_length(FF)
    writer.add_head_count(N_HEAD)
    writer.add_head_count_kv(N_HEAD_KV)
    writer.add_rope_dimension_count(HEAD)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(pieces))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(pieces)
    writer.add_token_scores(scores)
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(pieces.index(b"<|im_end|>"))
    writer.add_add_bos_token(True)
    writer.add_chat_template(TEMPLATE)


def write_manifest(path: Path, model: Path, n_params: int) -> None:
    """Write the manifest of the model just written."""
    data = model.read_bytes()
    path.write_text(
        f'''# Written by make_standin.py.
slug = "aa-nano-standin"
name = "{NAME}"
creator = "aa-tui"
license = "MIT"
reasoning = false
open_weights = true
stand_in = true
context_tokens = {N_CTX}
total_params = {n_params}

[[files]]
file = "{model.name}"
quant = "Q8_0"
size_bytes = {len(data)}
sha256 = "{hashlib.sha256(data).hexdigest()}"
''',
        encoding="utf-8",
    )


def main(folder: Path) -> None:
    """Write model and manifest into `folder`."""
    model = folder / FILE
    n_params = write_model(model)
    write_manifest(folder / "aa-nano-standin.toml", model, n_params)
    print(f"{model}: {n_params:,} parameters, {model.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent)
