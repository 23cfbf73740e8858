"""Tiny GGUF files with a vocabulary and a template of one's own, that write what the test wants.

The network has a single layer that adds nothing: the logits are those of the last token alone, so that the weights
are a table from each token to the next one. llama.cpp loads, prefills, batches and samples it like any other file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

import gguf

SPECIAL = ("<|im_start|>", "<|im_end|>", "<think>", "</think>")
CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,;:?!\n'\"()[]{}+-*/=<>_%&#@$^|~`\\"

NANBEIGE_SYSTEM = "你是南北阁，一款由BOSS直聘自主研发并训练的专业大语言模型。"
NANBEIGE = (
    "{%- if messages[0].role == 'system' %}{{ '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}"
    "{%- else %}{{ '<|im_start|>system\\n" + NANBEIGE_SYSTEM + "<|im_end|>\\n' }}{%- endif %}"
    "{%- for message in messages %}{%- if message.role != 'system' %}"
    "{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}{%- endif %}{%- endfor %}"
    "{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{%- endif %}"
    "{#- the model writes <think> and </think> itself #}"
)
"""Behaves like Nanbeige4.1-3B's: ChatML, a system text of its own where none is given, no open tag at the end."""

OPEN = NANBEIGE.replace("'<|im_start|>assistant\\n'", "'<|im_start|>assistant\\n<think>\\n'")
"""As Nanbeige4.2's: the prompt ends with an open tag, so that the model writes the closing one alone."""

THINKS = {"\n": "<think>", "<think>": "▁two", "▁two": "▁and", "▁and": "▁three", "▁three": "</think>"}
ANSWERS = {"</think>": "▁five", "▁five": "▁☃", "▁☃": "<|im_end|>"}
SCRIPT = {**THINKS, **ANSWERS}
"""From the end of the prompt: thinking, closing tag, answer, end of the turn."""

OPEN_SCRIPT = {**SCRIPT, "\n": "▁two"}
HARMONY_TOKENS = ("<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|return|>", "<|call|>")
HARMONY = (
    "<|start|>system<|message|>Be kind.<|end|>{% for m in messages %}<|start|>{{ m.role }}<|message|>{{ m.content }}"
    "<|end|>{% endfor %}<|start|>assistant\n{# <|channel|> #}"
)
HARMONY_SCRIPT = dict(
    zip(
        ("\n", "<|channel|>", "▁analysis", "<|message|>", "▁two", "▁and", "▁three", "<|end|>", "<|start|>",
         "assistant<|channel|>final<|message|>", "▁five"),
        ("<|channel|>", "▁analysis", "<|message|>", "▁two", "▁and", "▁three", "<|end|>", "<|start|>",
         "assistant<|channel|>final<|message|>", "▁five", "<|im_end|>"),
        strict=True,
    )
)  # fmt: skip
"""Behaves like gpt-oss's: channels, with what begins the answer's in one token, since each has one successor alone."""

PLAIN_SCRIPT = {"\n": "▁five", "▁five": "▁☃", "▁☃": "<|im_end|>"}


def write(
    path: Path,
    script: Mapping[str, str],
    template: str | None,
    *,
    poison: str | None = None,
    control: Sequence[str] = (),
) -> Path:
    """Write the file. After the token `poison` its logits are no numbers; `control` are further control tokens."""
    texts = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *SPECIAL, *control]
    kinds = [2, 3, 3, *[6] * 256, 3, 3, 4, 4, *[3] * len(control)]
    normal = ["▁" if one == " " else one for one in CHARACTERS]
    normal += sorted({*script, *script.values()} - {*SPECIAL, *control, *normal})
    texts += normal
    kinds += [1] * len(normal)
    numbers = {text: number for number, text in enumerate(texts)}
    width = -(-len(texts) // 64) * 64
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name("tiny")
    writer.add_context_length(4096)
    writer.add_embedding_length(width)
    writer.add_block_count(1)
    writer.add_feed_forward_length(32)
    writer.add_head_count(width // 64)
    writer.add_head_count_kv(1)
    writer.add_rope_dimension_count(64)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(texts))
    writer.add_tokenizer_model("llama")
    writer.add_token_list([text.encode() for text in texts])
    writer.add_token_scores([0.0] * len(texts))
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(numbers["<|im_end|>"])
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    if template is not None:
        writer.add_chat_template(template)
    embedding = np.zeros((len(texts), width), np.float32)
    embedding[np.arange(len(texts)), np.arange(len(texts))] = 1.0
    output = np.zeros((len(texts), width), np.float32)
    for before, after in script.items():
        output[numbers[after], numbers[before]] = 1.0
    if poison is not None:
        embedding[numbers[poison]] = np.nan
    kv = 64
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output.weight", output)
    writer.add_tensor("output_norm.weight", np.ones(width, np.float32))
    for name, shape in {
        "attn_q": (width, width),
        "attn_k": (kv, width),
        "attn_v": (kv, width),
        "attn_output": (width, width),
        "ffn_gate": (32, width),
        "ffn_up": (32, width),
        "ffn_down": (width, 32),
    }.items():
        writer.add_tensor(f"blk.0.{name}.weight", np.zeros(shape, np.float32))
    for name in ("attn_norm", "ffn_norm"):
        writer.add_tensor(f"blk.0.{name}.weight", np.ones(width, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
