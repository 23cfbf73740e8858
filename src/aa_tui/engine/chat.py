"""From messages to prompt tokens, through the model's own chat template.

Templates are programs from a file that anybody may have made: they run in Jinja's sandbox. And the text of a message
is data: whatever tags it contains, it never becomes a control token. For that the template is rendered with stand-ins
for the messages' texts; what is around them is tokenised with control tokens, the texts themselves without.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from aa_tui.engine.errors import EngineError
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.engine.llama import LlamaEngine

Role = Literal["system", "user", "assistant"]

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""For files without a template: llama.cpp's own fallback is the same format."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a rendered prompt; `is_data` marks a message's text, in which no control token is meant."""

    text: str
    is_data: bool


@dataclass(frozen=True, slots=True)
class ChatPrompt:
    """A prompt ready to be processed. `opens_thinking`: it ends with an open thinking tag."""

    tokens: tuple[int, ...]
    opens_thinking: bool


class ChatTemplate:
    """A model's template, compiled. Raises EngineError where it is no valid one."""

    def __init__(self, source: str, bos: str = "", eos: str = "") -> None:
        from jinja2 import TemplateError
        from jinja2.ext import loopcontrols
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
        environment.globals["raise_exception"] = _refuse
        environment.globals["strftime_now"] = _now
        environment.filters["tojson"] = _to_json
        try:
            self._template = environment.from_string(source)
        except TemplateError as error:
            raise EngineError(f"The model's chat template is not valid ({clean_line(str(error))}).") from error
        self._constants = {"bos_token": bos, "eos_token": eos}

    def render(self, messages: Sequence[Message]) -> list[Part]:
        """The prompt up to where the model is to write. Raises EngineError where the template fails."""
        nonce = secrets.token_hex(8)
        marks = [f"\ue000{nonce}-{number}\ue001" for number in range(len(messages))]
        turns = [{"role": one.role, "content": mark} for one, mark in zip(messages, marks, strict=True)]
        try:
            text = self._template.render(messages=turns, add_generation_prompt=True, **self._constants)
        except Exception as error:  # a template is a program of others: anything may happen in it
            raise EngineError(f"The model's chat template fails ({clean_line(str(error))[:200]}).") from error
        contents = dict(zip(marks, messages, strict=True))
        pieces = re.split(f"(\ue000{nonce}-[0-9]+\ue001)", text)
        left_out = [message.role for mark, message in contents.items() if mark not in pieces]
        if left_out:
            raise EngineError(f"The model's chat template leaves out the {left_out[0]} message.")
        parts = [
            Part(contents[piece].content, is_data=True) if piece in contents else Part(piece, is_data=False)
            for piece in pieces
        ]
        return [part for part in parts if part.text]


def chat_prompt(engine: LlamaEngine, template: ChatTemplate, messages: Sequence[Message]) -> ChatPrompt:
    """The tokens of a conversation. Raises EngineError where the template fails."""
    parts = template.render(messages)
    tokens: list[int] = []
    for part in parts:
        # the template writes BOS itself where the model wants one
        tokens += engine.tokenize(part.text, add_special=False, parse_special=not part.is_data)
    last = parts[-1].text.rstrip() if parts and not parts[-1].is_data else ""
    return ChatPrompt(tuple(tokens), last.endswith("<think>"))


def _refuse(message: str) -> None:
    raise ValueError(message)


def _now(pattern: str) -> str:
    from datetime import datetime

    return datetime.now().strftime(pattern)


def _to_json(value: Any, indent: int | None = None, **_: object) -> str:
    """Without the escapes for HTML that Jinja's own filter adds."""
    import json

    return json.dumps(value, ensure_ascii=False, indent=indent)
