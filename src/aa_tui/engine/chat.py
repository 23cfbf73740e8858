"""From messages to prompt tokens, through the model's own chat template.

Templates are programs from a file that anybody may have made: they run in Jinja's sandbox, in a process of its own
with little time and memory. And the text of a message is data: whatever tags it contains, it never becomes a control
token. For that the template is rendered with stand-ins for the messages' texts; what is around them is tokenised with
control tokens, the texts themselves without. So what is rendered depends on the messages' roles alone, and is kept.

With functions on offer, or called, a template writes their descriptions and arguments into its own text, turn by turn:
there they are broken up wherever a control token could come of them (`aa_tui.engine.spelling`), and rendered in a
process that goes on living (`aa_tui.engine.renderer`).
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from aa_tui.engine.call_formats import formats
from aa_tui.engine.calling import Call, Tool
from aa_tui.engine.errors import EngineError, TemplateError
from aa_tui.engine.renderer import PATIENCE_S, TOO_MUCH, Renderer, cannot_run, check_length, text_of
from aa_tui.engine.spelling import Breaker, arguments, unused
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

LONGEST_RENDERING_BYTES = 2 << 20
"""What the renderer's process may say: as much text as a template may write, each character as JSON escapes it."""

MOST_CHARS = 100_000
"""Of what a template writes around the messages, beside the functions and calls, as often as it may repeat those."""

MOST_REPEATS = 6

MOST_OWN_WORDS = 4_000
"""Characters of what a template says by itself that are worth recording."""

LONGEST_MARK = 40
"""Characters of a tag, at most."""

_TAG = r"<+[^<>\s]+>+|\[[^\[\]\s]+\]"
_ROLE = r"(?:system|developer|user|human|instruction)(?=\s*[:\n<\[]|$):?"
_MARKS_BEFORE = re.compile(rf"(?:{_TAG}|\s+|#+ |{_ROLE})+", re.IGNORECASE)
_MARKS_WITHIN = re.compile(rf"(?:<\|[^<>\s]*(?:>|$)\s*(?:{_ROLE}\s*)?)+", re.IGNORECASE)
_MARK_AFTER = re.compile(rf"(?:{_TAG})$")


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
    whether the functions on offer stand in it, None where none are or nobody can tell. `notes` say what had to be
    changed of the messages so that the template takes them.
    """

    tokens: tuple[int, ...]
    opens_thinking: bool
    messages: tuple[Message, ...] = ()
    counted: int | None = None
    tools: tuple[Tool, ...] = ()
    shows_tools: bool | None = None
    notes: tuple[str, ...] = ()

    @property
    def n_tokens(self) -> int:
        """Tokens of the prompt."""
        return len(self.tokens) if self.counted is None else self.counted


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a template makes of a conversation; `shows_tools` and `notes` are those of `ChatPrompt`.

    Two parts beside each other that are no data are to be made tokens of one by one.
    """

    parts: tuple[Part, ...]
    shows_tools: bool | None = None
    notes: tuple[str, ...] = ()

    @property
    def end(self) -> str:
        """What stands behind the last message's text."""
        found = ""
        for part in reversed(self.parts):
            if part.is_data:
                break
            found = part.text + found
        return found


NO_THINKING = MappingProxyType({"enable_thinking": False, "thinking": False})
"""What templates call the switch of models that think only where they are asked to."""


def can_leave_out_thinking(template: str) -> bool:
    """Whether a template has such a switch. Raises EngineError where it fails."""
    turns = [Message("user", "x")]
    return ChatTemplate(template, switches=NO_THINKING).render(turns) != ChatTemplate(template).render(turns)


class ChatTemplate:
    """A model's template; `bos` and `eos` are how the model writes begin and end of a text.

    `switches` are the template's own: one that is not named stays as the template itself has it. `marks` gives the
    texts of the vocabulary's control tokens; without it, whatever looks like one is taken for one.
    """

    def __init__(
        self,
        source: str,
        bos: str = "",
        eos: str = "",
        *,
        switches: Mapping[str, bool] = MappingProxyType({}),
        marks: Callable[[], Collection[str]] | None = None,
    ) -> None:
        self.source = source
        self._constants: dict[str, str | bool] = {"bos_token": bos, "eos_token": eos, **switches}
        self._frames: dict[tuple[Role, ...], tuple[str | int, ...]] = {}
        self._marks = marks
        self._breaker: Breaker | None = None
        self._renderer: Renderer | None = None
        self._shown: dict[str, bool] = {}

    def close(self) -> None:
        """End the process that renders functions, where there is one. What comes later starts another."""
        if self._renderer is not None:
            self._renderer.close()

    def render(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> list[Part]:
        """The prompt up to where the model is to write. Raises EngineError where the template is invalid or fails."""
        return list(self.rendered(messages, tools).parts)

    def rendered(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> Rendered:
        """The same with what is to be known about it."""
        if tools or any(message.calls or message.role == "tool" for message in messages):
            return self._with_tools(messages, tools)
        frame = self._known_frame(tuple(message.role for message in messages))
        parts = [
            Part(piece, is_data=False) if isinstance(piece, str) else Part(messages[piece].content, is_data=True)
            for piece in frame
        ]
        return Rendered(tuple(part for part in parts if part.text))

    def _with_tools(self, messages: Sequence[Message], tools: Sequence[Tool]) -> Rendered:
        if self._breaker is None:
            self._breaker = Breaker(None if self._marks is None else self._marks())
        taught = formats().named(formats().recognise(self.source))
        around = None if taught is None else taught.around_python
        said = _Said(self._breaker, messages, tools, around_python=around)
        text, notes = self._turns(said)
        shows = self._shows(messages, tools, said, text) if tools else None
        return Rendered(tuple(said.parts(text)), shows, notes)

    def _turns(self, said: _Said) -> tuple[str, tuple[str, ...]]:
        if self._renderer is None:
            self._renderer = Renderer(self.source, self._constants)
        answer = self._renderer.ask(said.asked())
        return text_of(answer), tuple(map(str, answer.get("notes", ())))

    def _shows(self, messages: Sequence[Message], tools: Sequence[Tool], said: _Said, text: str) -> bool:
        """Whether all functions are named in the prompt before anything was called, which names them, too."""
        key = json.dumps([tool.to_dict() for tool in tools])
        if key not in self._shown:
            first = next((at for at, one in enumerate(messages) if one.calls or one.role == "tool"), None)
            if first is not None:
                opening = [one for one in messages[:first] if one.role != "assistant"] or [Message("user", "x")]
                said = _Said(said.breaker, opening, tools)
                text = self._turns(said)[0]
            own = text.replace(said.mark, "")
            self._shown[key] = all(re.search(rf"(?<!\w){re.escape(tool.name)}(?!\w)", own) for tool in tools)
        return self._shown[key]

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
            raise TemplateError(f"leaves out the {left_out[0]} message.")
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
    check_length(source)
    asked = json.dumps({"template": source, "messages": turns, "constants": dict(constants)}).encode("ascii")
    command = children.python("aa_tui.engine.rendering")
    try:
        done = children.run(command, given=asked, timeout_s=PATIENCE_S, most_bytes=LONGEST_RENDERING_BYTES)
    except children.ChildError as error:
        raise TemplateError(TOO_MUCH) from error
    except OSError as error:
        raise cannot_run(error) from error
    if done.code < 0:
        raise TemplateError(TOO_MUCH)
    try:
        answer = json.loads(done.said)
    except ValueError as error:
        last = clean_line(done.last_line)[:200] or "it says nothing"
        raise TemplateError(f"fails ({last}).") from error
    return text_of(answer)


@dataclass(slots=True)
class _Said:
    """A conversation with functions on its way to the template and back.

    Contents stand there as stand-ins that end with a quotation mark, by which one sees how often JSON escaped them;
    descriptions, names and arguments stand there themselves, with marks where a control token could come of them.
    """

    breaker: Breaker
    messages: Sequence[Message]
    tools: Sequence[Tool]
    around_python: tuple[str, str] | None = None
    nonce: str = field(default_factory=lambda: secrets.token_hex(8))
    mark: str = ""
    contents: list[str] = field(default_factory=list)

    def asked(self) -> dict[str, Any]:
        """What the renderer is asked."""
        tools = [tool.to_dict() for tool in self.tools]
        called = [[call.name, call.arguments, call.id] for message in self.messages for call in message.calls]
        names = [[message.name, message.call_id] for message in self.messages]
        written = json.dumps([tools, called, names], ensure_ascii=False)
        self.mark = unused([written])
        turns = self._turns()
        return {
            "turns": turns,
            "tools": self.breaker.value(tools, self.mark) or None,
            "unescaped": f"{self.mark}\ue000\ue001",
            "most_chars": MOST_CHARS + MOST_REPEATS * len(written),
        }

    def _turns(self) -> list[dict[str, Any]]:
        turns: list[dict[str, Any]] = []
        open_calls: list[str] = []
        n_calls = 0
        for message in self.messages:
            turn: dict[str, Any] = {"role": message.role, "content": self._stand_in(message.content)}
            if message.calls:
                turn["tool_calls"] = []
                for call in message.calls:
                    known = call.id or f"call{n_calls:05}"
                    n_calls += 1
                    open_calls.append(known)
                    turn["tool_calls"].append(self._call(call, known))
                turn["flat"] = self._stand_in("\n".join(map(_as_text, message.calls)))
                if self.around_python is not None:
                    before, after = self.around_python
                    turn["own"] = f"{before}{self._broken(', '.join(map(_as_python, message.calls)))}{after}"
            if message.role == "tool":
                known = message.call_id or next(iter(open_calls), "call00000")
                if known in open_calls:
                    open_calls.remove(known)
                turn["name"] = self._broken(message.name)
                turn["tool_call_id"] = self._broken(known)
                turn["flat"] = self._stand_in(f"<tool_response>\n{message.content}\n</tool_response>")
            turns.append(turn)
        return turns

    def _call(self, call: Call, known: str) -> dict[str, Any]:
        given = arguments(call.arguments)
        function = {
            "name": self._broken(call.name),
            "arguments": self._broken(call.arguments) if given is None else self.breaker.value(given, self.mark),
        }
        return {"id": self._broken(known), "type": "function", "function": function}

    def _broken(self, text: str) -> str:
        return self.breaker.broken(text, self.mark)

    def _stand_in(self, text: str) -> str:
        """What stands for a text; nothing for an empty one, since templates look whether there is any."""
        if not text:
            return ""
        self.contents.append(text.encode("utf-8", "replace").decode())
        return f'\ue000{self.nonce}-{len(self.contents) - 1}"\ue001'

    def parts(self, text: str) -> list[Part]:
        """What was rendered, with the contents in their places."""
        found: list[Part] = []
        pieces = re.split(rf'\ue000{self.nonce}-([0-9]+)(\\*)"\ue001', text)
        for own, number, escapes in zip(pieces[::3], [*pieces[1::3], None], [*pieces[2::3], ""], strict=True):
            found += [Part(piece, is_data=False) for piece in own.split(self.mark) if piece]
            if number is not None:
                content = self.contents[int(number)]
                for _ in range(len(escapes).bit_length()):  # once 1 backslash, twice 3, three times 7
                    content = json.dumps(content, ensure_ascii=False)[1:-1]
                found.append(Part(content, is_data=True))
        return found


def _as_text(call: Call) -> str:
    """A call in words, for templates that know of none."""
    given = arguments(call.arguments)
    told = json.dumps({"name": call.name, "arguments": call.arguments if given is None else given}, ensure_ascii=False)
    return f"<tool_call>\n{told}\n</tool_call>"


def _as_python(call: Call) -> str:
    """A call as Python writes it."""
    given = arguments(call.arguments)
    if given is None:
        return f"{call.name}({call.arguments})"
    return f"{call.name}({', '.join(f'{name}={_literal(value)}' for name, value in given.items())})"


def _literal(value: Any) -> str:
    """A value of JSON as Python writes it, texts between double quotes."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(name)}: {_literal(one)}" for name, one in value.items()) + "}"
    return f"[{', '.join(map(_literal, value))}]" if isinstance(value, list) else repr(value)


def chat_prompt(
    engine: LlamaEngine,
    template: ChatTemplate,
    messages: Sequence[Message],
    reasoning: Format,
    tools: Sequence[Tool] = (),
) -> ChatPrompt:
    """The tokens of a conversation. Raises EngineError where the template fails."""
    found = template.rendered(messages, tools)
    tokens: list[int] = []
    for part in found.parts:
        # the template writes BOS itself where the model wants one
        tokens += engine.tokenize(part.text, add_special=False, parse_special=not part.is_data)
    return ChatPrompt(
        tuple(tokens),
        reasoning.is_open(found.end),
        tools=tuple(tools),
        shows_tools=found.shows_tools,
        notes=found.notes,
    )
