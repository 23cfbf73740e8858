"""A file's vocabulary: texts to tokens and back, also without its weights, and where two differ."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aa_tui.engine import native, phases
from aa_tui.engine.errors import EngineError
from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.kinds import check_writes_text
from aa_tui.gguf.parts import read_parts
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from numpy import int32
    from numpy.typing import NDArray

LONGEST_PIECE_BYTES = 1_024
"""Of a token's text; the longest of real vocabularies, runs of white space, have some 300. More is cut off."""

LONGEST_TEXT_BYTES = 16 << 20
"""Of a text to be turned into tokens, which takes llama.cpp some hundred bytes for each: 2 GB."""

_SHOWN = 24  # characters of a text that a message shows


@dataclass(frozen=True, slots=True)
class Sieve:
    """A vocabulary by first bytes: each token of `firsts` is one byte, those in its group all begin with it. `others`
    are the rest: ends of a generation, and those whose first byte is no token."""

    firsts: NDArray[int32]
    groups: tuple[NDArray[int32], ...]
    others: NDArray[int32]


class Vocabulary:
    """The vocabulary of a loaded model. `bos` is the token that begins a text, None where the model wants none; `first`
    is that token whether or not it is wanted."""

    def __init__(self, low: Any, vocab: int) -> None:
        self._low = low
        self._vocab = self.pointer = vocab
        self._sieve: Sieve | None = None
        self._ends: dict[int, bool] = {}
        self._spellings: dict[int, tuple[int, ...]] = {}
        self._marks: frozenset[str] | None = None
        self._piece = ctypes.create_string_buffer(64)
        self.n_tokens: int = low.llama_vocab_n_tokens(vocab)
        self.bos: int | None = low.llama_vocab_bos(vocab) if low.llama_vocab_get_add_bos(vocab) else None
        first = low.llama_vocab_bos(vocab)
        self.first: int | None = first if first >= 0 else None
        self.eos: int | None = low.llama_vocab_eos(vocab) if low.llama_vocab_eos(vocab) >= 0 else None

    def tokenize(self, text: str, *, add_special: bool = True, parse_special: bool = False) -> list[int]:
        """The tokens of a text. `parse_special` reads control tokens in the text as such: never for data.

        Many files declare their thinking tags as words of the user's, which llama.cpp reads as such in any text:
        without `parse_special` they are spelled out too.
        """
        tokens = self._tokenize(text, add_special=add_special, parse_special=parse_special)
        return tokens if parse_special else [part for token in tokens for part in self._spelled(token)]

    def _spelled(self, token: int) -> tuple[int, ...]:
        """A token of data as it is, or the tokens that spell the tag that it stands for."""
        found = self._spellings.get(token)
        if found is None:
            found = (token,)
            if self._low.llama_vocab_get_attr(self._vocab, token) & self._low.LLAMA_TOKEN_ATTR_USER_DEFINED:
                text = self.piece(token).decode("utf-8", "replace")
                if _is_tag(text):
                    halves = (text[:1], text[1:])
                    found = tuple(
                        part for half in halves for part in self._tokenize(half, add_special=False, parse_special=False)
                    )
            self._spellings[token] = found
        return found

    def _tokenize(self, text: str, *, add_special: bool, parse_special: bool) -> list[int]:
        data = text.encode()
        if len(data) > LONGEST_TEXT_BYTES:
            raise EngineError(
                f"A text of {len(data) / 1e6:,.0f} MB is too long to be turned into tokens: no context holds it."
            )
        room = len(data) + 8
        while True:
            tokens = (ctypes.c_int32 * room)()
            count = self._low.llama_tokenize(self._vocab, data, len(data), tokens, room, add_special, parse_special)
            if count >= 0:
                return list(tokens[:count])
            if -count <= room:
                raise EngineError("The text cannot be turned into tokens: it is too long.")
            room = -count

    def is_mark(self, token: int) -> bool:
        """Whether a token is more than its text: a control token, one of the vocabulary's own words, the unknown."""
        low = self._low
        marks = low.LLAMA_TOKEN_ATTR_CONTROL | low.LLAMA_TOKEN_ATTR_USER_DEFINED | low.LLAMA_TOKEN_ATTR_UNKNOWN
        return bool(low.llama_vocab_get_attr(self._vocab, token) & marks)

    def marks(self) -> frozenset[str]:
        """The texts that are read as control tokens where they are looked for, and the tags that are always read."""
        if self._marks is None:
            own = self._low.LLAMA_TOKEN_ATTR_USER_DEFINED
            found: set[str] = set()
            for token in filter(self.is_mark, range(self.n_tokens)):
                text = self.piece(token).decode("utf-8", "replace")
                if not self._low.llama_vocab_get_attr(self._vocab, token) & own or _is_tag(text):
                    found.add(text)
            self._marks = frozenset(one for one in found if one.strip())
        return self._marks

    def piece(self, token: int) -> bytes:
        """The bytes of one token (a character may span several); control tokens are written out."""
        while True:
            room = len(self._piece)
            count = self._low.llama_token_to_piece(self._vocab, token, self._piece, room, 0, True)
            if count >= 0:
                return self._piece.raw[: min(count, LONGEST_PIECE_BYTES)]
            self._piece = ctypes.create_string_buffer(-count)

    def is_end(self, token: int) -> bool:
        """Whether the token ends a generation (end of text, of turn, ...)."""
        found = self._ends.get(token)
        if found is None:
            found = self._ends[token] = bool(self._low.llama_vocab_is_eog(self._vocab, token))
        return found

    def sieve(self) -> Sieve:
        """The tokens by their first bytes: half a second for 166,144 of them, once."""
        if self._sieve is None:
            self._sieve = self._sifted()
        return self._sieve

    def _sifted(self) -> Sieve:
        import numpy as np

        by_byte: dict[int, list[int]] = {}
        single: dict[int, int] = {}
        others: list[int] = []
        for token in range(self.n_tokens):
            piece = self.piece(token)
            if not piece or self._low.llama_vocab_is_eog(self._vocab, token):
                others.append(token)
                continue
            by_byte.setdefault(piece[0], []).append(token)
            if len(piece) == 1:
                single[piece[0]] = token
        others += [token for byte, tokens in by_byte.items() if byte not in single for token in tokens]
        groups = tuple(np.array(by_byte[byte], np.int32) for byte in single)
        return Sieve(np.array(list(single.values()), np.int32), groups, np.array(others, np.int32))


def _is_tag(text: str) -> bool:
    return text[:1] in ("<", "[") and text[-1:] in (">", "]")


@contextmanager
def open_vocabulary(path: str | os.PathLike[str]) -> Iterator[Vocabulary]:
    """A file's vocabulary, loaded without its weights: a second at most. Raises EngineError."""
    path = Path(path)
    try:
        header, parts = read_parts(path)
        check_writes_text(header, path.name)
    except GGUFError as error:
        raise EngineError(str(error)) from error
    low = native.library()
    phases.enter("loading")
    native.fresh_log()
    params = low.llama_model_default_params()
    params.vocab_only = True
    paths = (ctypes.c_char_p * len(parts))(*map(os.fsencode, parts))
    if len(parts) > 1:
        model = low.llama_model_load_from_splits(paths, len(parts), params)
    else:
        model = low.llama_model_load_from_file(paths[0], params)
    if not model:
        reason = native.log.reason() or "no reason given"
        raise EngineError(f"llama.cpp cannot load {clean_line(str(path))} ({reason}): download it again.")
    try:
        yield Vocabulary(low, low.llama_model_get_vocab(model))
    finally:
        low.llama_model_free(model)


def difference(one: Vocabulary, other: Vocabulary, texts: Sequence[str] = ()) -> str | None:
    """The first thing in which two vocabularies differ, as the end of a sentence; None where they are alike.

    Looked at are the number of tokens, the text of each, those that begin and end a text, and how `texts` are cut.
    """
    if one.n_tokens != other.n_tokens:
        return f"the vocabularies have {one.n_tokens:,} and {other.n_tokens:,} tokens"
    for token in range(one.n_tokens):
        if one.piece(token) != other.piece(token):
            return f"token {token:,} is {_shown(one.piece(token))} in one and {_shown(other.piece(token))} in the other"
    for role, first, second in (("begins", one.bos, other.bos), ("ends", one.eos, other.eos)):
        if first != second:
            return f"a text {role} with {_token(first)} in one and with {_token(second)} in the other"
    for text in texts:
        first_cut, second_cut = one.tokenize(text), other.tokenize(text)
        if first_cut != second_cut:
            return _first_cut(one, first_cut, second_cut)
    return None


def _first_cut(words: Vocabulary, one: Sequence[int], other: Sequence[int]) -> str:
    """Where two ways to cut a text part, in words."""
    same = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        same += 1
    before = b"".join(words.piece(token) for token in one[max(0, same - 4) : same])
    pieces = (words.piece(cut[same]) if same < len(cut) else b"" for cut in (one, other))
    first_piece, second_piece = map(_shown, pieces)
    where = f"after {_shown(before)}, at token {same + 1:,} of a text"
    return f"{where}, one cuts off {first_piece} and the other {second_piece}"


def _token(token: int | None) -> str:
    return "no token" if token is None else f"token {token:,}"


def _shown(data: bytes) -> str:
    text = clean_line(data.decode("utf-8", "replace"))
    return f"“{text[: _SHOWN - 1]}…”" if len(text) > _SHOWN else f"“{text}”"
