"""The measures of a network that decide how much memory its context takes: from a header, or from a manifest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aa_tui.gguf.header import Header

_DEFAULT_PATTERN = {
    "cohere2": 4,
    "exaone4": 4,
    "gemma2": 2,
    "gemma3": 6,
    "gemma3n": 5,
    "gpt-oss": 2,
    "olmo2": 4,
    "plamo3": 8,
}
"""Every how many layers one looks at the whole context, the others at a window: llama.cpp's `set_swa_pattern`."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A network. `kv_heads` has a number for each layer, 0 where a layer keeps no keys and values (recurrent ones).

    `key_length` and `value_length` are elements per head; `window_tokens` is how far the layers in `windowed` look
    back. `experts_used` of `experts` compute for a token; both 0 where there are none.
    """

    kv_heads: tuple[int, ...]
    key_length: int
    value_length: int
    embedding_length: int
    feed_forward_length: int
    n_vocab: int
    window_tokens: int = 0
    windowed: tuple[bool, ...] = ()
    experts: int = 0
    experts_used: int = 0

    @property
    def n_layers(self) -> int:
        """Layers of the network."""
        return len(self.kv_heads)


def shape_of(header: Header) -> Shape | None:
    """The shape that a header tells, None where it tells too little (an unknown architecture, a projector)."""
    layers, embedding = header.block_count, header.embedding_length
    if not layers or not embedding or layers > 4096:
        return None
    heads = _number(header, "attention.head_count") or max(_numbers(header, "attention.head_count"), default=0)
    kv_heads = _kv_heads(header, layers, heads)
    if kv_heads is None:
        return None
    head_length = embedding // heads if heads else 0
    window = _number(header, "attention.sliding_window") or 0
    feed_forward = _number(header, "feed_forward_length") or max(_numbers(header, "feed_forward_length"), default=0)
    return Shape(
        kv_heads=kv_heads,
        key_length=_number(header, "attention.key_length") or head_length,
        value_length=_number(header, "attention.value_length") or head_length,
        embedding_length=embedding,
        feed_forward_length=feed_forward or 4 * embedding,
        n_vocab=header.n_vocab or 0,
        window_tokens=window,
        windowed=_windowed(header, layers) if window else (),
        experts=_number(header, "expert_count") or 0,
        experts_used=_number(header, "expert_used_count") or 0,
    )


def _kv_heads(header: Header, layers: int, heads: int) -> tuple[int, ...] | None:
    by_layer = _numbers(header, "attention.head_count_kv")
    if by_layer:
        return tuple(by_layer[:layers]) if len(by_layer) >= layers else None
    one = _number(header, "attention.head_count_kv")
    if one is None:
        return (heads,) * layers  # no grouping: as many as there are heads; 0 for a recurrent network
    every = _number(header, "full_attention_interval") or 1  # hybrid networks: the other layers are recurrent
    return tuple(one if (layer + 1) % every == 0 else 0 for layer in range(layers))


def _windowed(header: Header, layers: int) -> tuple[bool, ...]:
    stated = _numbers(header, "attention.sliding_window_pattern")
    if len(stated) >= layers:
        return tuple(bool(one) for one in stated[:layers])
    every = _number(header, "attention.sliding_window_pattern") or _DEFAULT_PATTERN.get(header.architecture)
    if every is None:
        return ()  # llama.cpp uses no window for it
    return tuple((layer + 1) % every != 0 for layer in range(layers))


def _number(header: Header, key: str) -> int | None:
    value = header.metadata.get(f"{header.architecture}.{key}")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 40:
        return None
    return value


def _numbers(header: Header, key: str) -> tuple[int, ...]:
    found = header.lists.get(f"{header.architecture}.{key}", ())
    return tuple(int(one) for one in found if 0 <= one < 1 << 40)
