"""From messages to prompt tokens, through the model's own chat template.

Templates are programs from a file that anybody may have made: they run in Jinja's sandbox, in a process of its own
with little time and memory. And the text of a message is data: whatever tags it contains, it never becomes a control
token. For that the template is rendered with stand-ins for the messages' texts; what is around them is tokenised with
control tokens, the texts themselves without. So what is rendered depends on the messages' roles alone, and is kept.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from aa_tui.engine.calling import Call, Tool
from aa_tui.engine.errors import EngineError
from aa_tui.gguf.reasoning import Format
from aa_tui.host import children
from aa_tui.textsafe import clean, clean_line

if TYPE_CHECKING:
    from aa_tui.engine.llama import LlamaEngine

Role = Literal["system", "user", "assistant", "tool"]

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""What many templates derive from. No file gets it that does not bring it: a base model knows no such marks."""

PATIENCE_S = 20.0
"""A template takes milliseconds and its process some 0.2 s; on a machine under load both may wait."""

LONGEST_TEMPLATE = 1 << 20
"""Characters; real ones have some tens of thousands."""

LONGEST_RENDERING_BYTES = 2 << 20
"""What the renderer's process may say: as much text as a template may write, each character as JSON escapes it."""

MOST_OWN_WORDS = 4_000
"""Characters of what a template says by itself that are worth recording."""

LONGEST_MARK = 40
"""Characters of a tag, at most."""

_TAG = r"<+[^<>\s]+>+|\[[^\[\]\s]+\]"
_ROLE = r"(?:system|developer|user|human|instruction)(?=\s*[:\n<\[]|$):?"
_MARKS_BEFORE = re.compile(rf"(?:{_TAG}|\s+|#+ |{_ROLE})+", re.IGNORECASE)
_MARKS_WITHIN = re.compile(rf"(?:<\|[^<>\s]*(?:>|$)\s*(?:{_ROLE}\s*)?)+", re.IGNORECASE)
_MARK_AFTER = re.compile(rf"(?:{_TAG})$")

_TOO_MUCH = "The model's chat template takes too much time or memory: take another file."


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation: the assistant's may have `calls`, a tool's is the result of the call `call_id` of the
    function `name`."""

    role: Role
    content: str
    calls: tuple[Call, ...] = ()
    name: str = ""
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a rendered prompt; `is_data` marks a message's text, in which no control token is meant."""

    text: str
    is_data: bool


@dataclass(frozen=True, slots=True)
class ChatPrompt:
    """A prompt ready to be processed. `opens_thinking`: it ends with an open thinking tag.

    For a server it is the `messages` and `tools`, of which no tokens are known but, `counted`, how many. `shows_tools`:
    whether the functions on offer stand in it, None where none are or nobody can tell.
    """

    tokens: tuple[int, ...]
    opens_thinking: bool
    messages: tuple[Message, ...] = ()
    counted: int | None = None
    tools: tuple[Tool, ...] = ()
    shows_tools: bool | None = None

    @property
    def n_tokens(self) -> int:
        """Tokens of the prompt."""
        return len(self.tokens) if self.counted is None else self.counted


NO_THINKING = MappingProxyType({"enable_thinking": False, "thinking": False})
"""What templates call the switch of models that think only where they are asked to."""


def can_leave_out_thinking(template: str) -> bool:
    """Whether a template has such a switch. Raises EngineError where it fails."""
    turns = [Message("user", "x")]
    return ChatTemplate(template, switches=NO_THINKING).render(turns) != ChatTemplate(template).render(turns)


class ChatTemplate:
    """A model's template; `bos` and `eos` are how the model writes begin and end of a text.

    `switches` are the template's own: one that is not named stays as the template itself has it.
    """

    def __init__(
        self, source: str, bos: str = "", eos: str = "", *, switches: Mapping[str, bool] = MappingProxyType({})
    ) -> None:
        self.source = source
        self._constants: dict[str, str | bool] = {"bos_token": bos, "eos_token": eos, **switches}
        self._frames: dict[tuple[Role, ...], tuple[str | int, ...]] = {}

    def render(self, messages: Sequence[Message]) -> list[Part]:
        """The prompt up to where the model is to write. Raises EngineError where the template is invalid or fails."""
        frame = self._known_frame(tuple(message.role for message in messages))
        parts = [
            Part(piece, is_data=False) if isinstance(piece, str) else Part(messages[piece].content, is_data=True)
            for piece in frame
        ]
        return [part for part in parts if part.text]

    def own_words(self, roles: tuple[Role, ...]) -> str:
        """What it says before the first message, marks left out: a system turn that it adds of its own accord."""
        before = self._known_frame(roles)[0]
        text = before if isinstance(before, str) else ""
        if roles[0] == "user":
            text = _without_common_end(text, self._before_later_users())
        start = _MARKS_BEFORE.match(text)
        text = _MARKS_WITHIN.sub("\n", text[start.end() if start else 0 :]).rstrip()
        while mark := _MARK_AFTER.search(text, len(text) - LONGEST_MARK):
            text = text[: mark.start()].rstrip()
        return clean(text)[:MOST_OWN_WORDS]

    def _before_later_users(self) -> str:
        """How a user's turn begins after another one; empty where the template takes one turn alone."""
        try:
            frame = self._known_frame(("user", "assistant", "user"))
        except EngineError:
            return ""
        between = frame[frame.index(2) - 1]
        return between if isinstance(between, str) else ""

    def _known_frame(self, roles: tuple[Role, ...]) -> tuple[str | int, ...]:
        frame = self._frames.get(roles)
        if frame is None:
            frame = self._frames[roles] = self._frame(roles)
        return frame

    def _frame(self, roles: tuple[Role, ...]) -> tuple[str | int, ...]:
        """What is around the messages: texts, and the numbers of the messages between them."""
        nonce = secrets.token_hex(8)
        turns = [{"role": role, "content": f"\ue000{nonce}-{number}\ue001"} for number, role in enumerate(roles)]
        text = _render(self.source, turns, self._constants)
        pieces = re.split(f"\ue000{nonce}-([0-9]+)\ue001", text)
        frame = tuple(int(piece) if at % 2 else piece for at, piece in enumerate(pieces))
        left_out = [role for number, role in enumerate(roles) if number not in frame]
        if left_out:
            raise EngineError(f"The model's chat template leaves out the {left_out[0]} message.")
        return frame


def _without_common_end(text: str, other: str) -> str:
    """The text without the longest end that another has too."""
    length = 0
    for one, two in zip(reversed(text), reversed(other), strict=False):
        if one != two:
            break
        length += 1
    return text[: len(text) - length]


def _render(source: str, turns: list[dict[str, str]], constants: Mapping[str, str | bool]) -> str:
    if len(source) > LONGEST_TEMPLATE:
        raise EngineError(
            f"The model's chat template has {len(source):,} characters, more than any that is one: take another file."
        )
    asked = json.dumps({"template": source, "messages": turns, "constants": dict(constants)}).encode("ascii")
    command = children.python("aa_tui.engine.rendering")
    try:
        done = children.run(command, given=asked, timeout_s=PATIENCE_S, most_bytes=LONGEST_RENDERING_BYTES)
    except children.ChildError as error:
        raise EngineError(_TOO_MUCH) from error
    except OSError as error:
        raise EngineError(
            f"The model's chat template cannot be run ({clean_line(str(error))}): close other programs, or raise the "
            "limits that `ulimit -a` shows."
        ) from error
    if done.code < 0:
        raise EngineError(_TOO_MUCH)
    try:
        answer = json.loads(done.said)
    except ValueError as error:
        last = clean_line(done.last_line)[:200] or "it says nothing"
        raise EngineError(f"The model's chat template fails ({last}).") from error
    if "text" in answer:
        return str(answer["text"])
    if "invalid" in answer:
        raise EngineError(f"The model's chat template is not valid ({clean_line(answer['invalid'])[:200]}).")
    raise EngineError(f"The model's chat template fails ({clean_line(answer['fails'])[:200]}).")


def chat_prompt(
    engine: LlamaEngine, template: ChatTemplate, messages: Sequence[Message], reasoning: Format
) -> ChatPrompt:
    """The tokens of a conversation. Raises EngineError where the template fails."""
    parts = template.render(messages)
    tokens: list[int] = []
    for part in parts:
        # the template writes BOS itself where the model wants one
        tokens += engine.tokenize(part.text, add_special=False, parse_special=not part.is_data)
    last = parts[-1].text if parts and not parts[-1].is_data else ""
    return ChatPrompt(tuple(tokens), reasoning.is_open(last))
