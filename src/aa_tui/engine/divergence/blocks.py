"""A text as blocks of tokens: what is decoded in one go, and which of its tokens are scored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aa_tui.engine.errors import EngineError


@dataclass(frozen=True, slots=True)
class Block:
    """Tokens that are decoded from an empty context, of a `kind` of text.

    What is expected after the tokens `first` to the last but one is scored, the next token of the text with it; those
    before are context only.
    """

    tokens: tuple[int, ...]
    first: int
    kind: str = "text"

    def __post_init__(self) -> None:
        if not 0 <= self.first < len(self.tokens) - 1:
            raise ValueError(f"a block of {len(self.tokens)} tokens cannot be scored from token {self.first}")

    @property
    def n_scored(self) -> int:
        """How many tokens are scored."""
        return len(self.tokens) - 1 - self.first


def blocks_of(tokens: Sequence[int], n_ctx: int, bos: int | None, kind: str = "text") -> list[Block]:
    """A text's tokens as blocks of `n_ctx`, the second half of each scored; what is left over at the end is left out.

    As llama-perplexity cuts them: where the model wants a token for the beginning (`bos`) it takes the place of each
    block's first.
    """
    found = []
    for start in range(0, len(tokens) - n_ctx + 1, n_ctx):
        piece = list(tokens[start : start + n_ctx])
        if bos is not None:
            piece[0] = bos
        found.append(Block(tuple(piece), n_ctx // 2, kind))
    return found


def spread(by_kind: Mapping[str, Sequence[Block]]) -> list[Block]:
    """Blocks of several kinds in an order in which each kind's lie evenly: any beginning of it has its share of all."""
    placed = [
        ((number + 0.5) / len(blocks), rank, block)
        for rank, blocks in enumerate(by_kind.values())
        for number, block in enumerate(blocks)
    ]
    return [block for _, _, block in sorted(placed, key=lambda one: one[:2])]


def check_ids(blocks: Iterable[Block], n_vocab: int) -> None:
    """Raises EngineError for a token that the vocabulary does not have: llama.cpp would refuse the batch."""
    for block in blocks:
        if not all(0 <= token < n_vocab for token in block.tokens):
            raise EngineError("The text has tokens that this file's vocabulary does not have: use files of one model.")
