"""What a file's header says, in words: rows of facts, shares of tensor types, and the chat template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.analysis import MISSING, display
from aa_tui.textsafe import clean_line, cut

if TYPE_CHECKING:
    from aa_tui.gguf.inspection import Inspection

TEMPLATE_LINES = 8
WORDS_CHARS = 500
"""So much is said of each fact; JSON has all of it."""


def rows(one: Inspection) -> list[tuple[str, str]]:
    """Labels and words."""
    header = one.header
    more = f" and {len(one.files) - 1} more" if len(one.files) > 1 else ""
    found = [
        ("File", clean_line(one.files[0]) + more),
        ("Name", header.name or MISSING),
        ("Size", f"{display.size_bytes(one.size_bytes)} ({one.size_bytes:,} bytes), GGUF version {header.version}"),
        *([("Kind", one.kind.what)] if one.kind else []),
        ("Model", f"{header.architecture}, {header.n_params:,} parameters in {header.n_tensors:,} tensors"),
        ("Quant", header.quant + (f", {one.bits_per_weight} bits a weight" if one.bits_per_weight else "")),
        ("Context", f"{header.context_tokens:,} tokens" if header.context_tokens else MISSING),
        *_network(one),
        ("Rope", _flat(one.rope())),
        ("Vocabulary", f"{header.n_vocab:,} tokens" if header.n_vocab else MISSING),
        ("Tokenizer", _flat(one.tokenizer())),
        ("Special", ", ".join(f"{token.role} {token.id} {token.text or '?'}" for token in header.special_tokens)),
        ("Licence", str(header.metadata.get("general.license") or "")),
    ]
    if one.fetched_bytes is not None:
        found.append(("Fetched", f"{display.size_bytes(one.fetched_bytes)} of it, by ranges"))
    return [(label, cut(words, WORDS_CHARS) or MISSING) for label, words in found]


def shares(one: Inspection) -> list[tuple[str, str, str, str]]:
    """Tensor type, number of tensors, bytes and share of all bytes."""
    return [
        (name, f"{count:,}", display.size_bytes(n_bytes), f"{share:.1%}")
        for name, count, n_bytes, share in one.tensor_shares()
    ]


def template(one: Inspection, *, whole: bool, how: str = "") -> list[str]:
    """The chat template's first lines, or all of them; `how` says how all of it is to be had."""
    text = one.header.chat_template
    if not text:
        return ["It has no chat template."]
    lines = text.splitlines()
    is_cut = not whole and len(lines) > TEMPLATE_LINES
    note = f" ({how})" if is_cut and how else ""
    return [f"Chat template, {len(text):,} characters{note}:", *(lines[:TEMPLATE_LINES] if is_cut else lines)]


def _network(one: Inspection) -> list[tuple[str, str]]:
    shape = one.shape
    if shape is None:
        return []
    heads = sorted(set(shape.kv_heads))
    shown = f"{heads[0]}" if len(heads) == 1 else f"{heads[0]} to {heads[-1]}"
    words = (
        f"{shape.n_layers} layers of width {shape.embedding_length:,}, feed-forward {shape.feed_forward_length:,}, "
        f"{shown} KV heads of {shape.key_length}"
    )
    found = [("Network", words)]
    if shape.experts:
        found.append(("Experts", f"{shape.experts}, of which a token uses {shape.experts_used}"))
    if shape.window_tokens and any(shape.windowed):
        found.append(("Window", f"{shape.window_tokens:,} tokens in {sum(shape.windowed)} of the layers"))
    return found


def _flat(values: dict[str, object]) -> str:
    return ", ".join(f"{key} {value}" for key, value in values.items())
