"""A file's control tokens and the tokens of texts, asked in a process of its own: llama.cpp may abort over a file."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aa_tui.engine.errors import EngineError
from aa_tui.host import children
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.engine.vocabulary import Vocabulary

PATIENCE_S = 120.0
"""A vocabulary takes a second at most; a slow disk or a busy machine, longer."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a file's vocabulary says: how begin and end of a text are written, whether a text is to begin with the
    first, which texts are control tokens, and of each text that was asked its tokens: id, text, whether it is one."""

    bos: str
    eos: str
    adds_bos: bool
    marks: frozenset[str]
    tokens: tuple[tuple[tuple[int, str, bool], ...], ...] = ()


def words_of(path: Path, texts: Sequence[tuple[str, bool]] = ()) -> Words:
    """Ask a file. A text goes with whether it is data. Raises EngineError with one sentence."""
    asked = json.dumps({"path": str(path.absolute()), "texts": list(texts)}).encode("ascii")
    command = children.python("aa_tui.engine.vocabulary_child")
    trouble = f"The vocabulary of {clean_line(path.name)} cannot be read"
    try:
        done = children.run(command, given=asked, timeout_s=PATIENCE_S, env=children.environment(computes=True))
    except (children.ChildError, OSError) as error:
        raise EngineError(f"{trouble} ({clean_line(str(error))}): try again when the machine is less busy.") from error
    try:
        answer = json.loads(done.said)
    except ValueError as error:
        raise EngineError(f"{trouble}: download the file again, or run `aa-tui doctor`.") from error
    if "error" in answer:
        raise EngineError(str(answer["error"]))
    tokens = tuple(tuple((int(one), str(text), bool(mark)) for one, text, mark in row) for row in answer["tokens"])
    return Words(answer["bos"], answer["eos"], answer["adds_bos"], frozenset(answer["marks"]), tokens)


def main() -> None:
    """Answer what standard input asks."""
    asked = json.load(sys.stdin)
    try:
        answer = _answer(asked)
    except EngineError as error:
        answer = {"error": str(error)}
    json.dump(answer, sys.stdout)


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    from aa_tui.engine.vocabulary import open_vocabulary

    with open_vocabulary(asked["path"]) as words:

        def text(token: int | None) -> str:
            return "" if token is None else words.piece(token).decode("utf-8", "replace")

        return {
            "bos": text(words.first),
            "eos": text(words.eos),
            "adds_bos": words.bos is not None,
            "marks": sorted(words.marks()),
            "tokens": [
                _told(words, words.tokenize(one, add_special=False, parse_special=not is_data))
                for one, is_data in asked["texts"]
            ],
        }


def _told(words: Vocabulary, tokens: Sequence[int]) -> list[tuple[int, str, bool]]:
    """Each token with its text; of a character that several make, all of it is the last one's."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    last = len(tokens) - 1
    return [
        (token, decoder.decode(words.piece(token), final=number == last), words.is_mark(token))
        for number, token in enumerate(tokens)
    ]
