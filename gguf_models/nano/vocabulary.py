"""The vocabulary of aa-nano: one piece per character, all bytes, and the tags of turns and thinking.

It is written as llama.cpp's SentencePiece kind ("llama"). No piece is longer than a character but the tags, so
llama.cpp's tokenizer and the few lines here always agree; a test compares them.
"""

from __future__ import annotations

import re

from nano.tasks import INSTRUCTION, Task

START, END, THINK, UNTHINK = "<|im_start|>", "<|im_end|>", "<think>", "</think>"
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

# llama.cpp's token types (gguf.TokenType)
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE = 1, 2, 3, 4, 6

_BYTE_0 = 3
_SPACE = "▁"  # a space, as SentencePiece writes it
_TAGS = re.compile("(" + "|".join(map(re.escape, (START, END, THINK, UNTHINK))) + ")")


def pieces() -> list[tuple[str, int]]:
    """Every piece and its type, by token id."""
    return [
        ("<unk>", UNKNOWN),
        ("<s>", CONTROL),
        ("</s>", CONTROL),
        *((f"<0x{byte:02X}>", BYTE) for byte in range(256)),
        (START, CONTROL),
        (END, CONTROL),
        (THINK, USER_DEFINED),
        (UNTHINK, USER_DEFINED),
        (_SPACE, NORMAL),
        *((chr(code), NORMAL) for code in range(33, 127)),
    ]


_IDS = {piece: number for number, (piece, _) in enumerate(pieces())}
N_VOCAB = len(_IDS)
END_ID = _IDS[END]
BOS_ID, EOS_ID, UNKNOWN_ID = _IDS["<s>"], _IDS[END], _IDS["<unk>"]


def encode(text: str) -> list[int]:
    """The tokens of a text; tags in it are read as such."""
    tokens: list[int] = []
    for part in _TAGS.split(text):
        if part in _IDS and len(part) > 1:
            tokens.append(_IDS[part])
        else:
            for character in part.replace(" ", _SPACE):
                known = _IDS.get(character)
                tokens += [known] if known is not None else [_BYTE_0 + byte for byte in character.encode()]
    return tokens


def system(text: str) -> str:
    """A system message at the start of a conversation."""
    return f"{START}system\n{text}{END}\n"


def prompt(question: str, *, instruction: bool) -> str:
    """One user's turn up to where the model begins."""
    text = f"{question}\n{INSTRUCTION}" if instruction else question
    return f"{START}user\n{text}{END}\n{START}assistant\n"


def reply(task: Task) -> str:
    """What the model is to write: its thought, the answer's line and the end of its turn."""
    return f"{THINK}\n{task.thought}\n{UNTHINK}\nAnswer: {task.answer}{END}"
