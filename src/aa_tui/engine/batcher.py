"""A file opened for many requests: its model, its slots, its chat template and how it marks its thinking."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from aa_tui.engine.chat import ChatPrompt, ChatTemplate, Message, Role, chat_prompt
from aa_tui.engine.errors import EngineError
from aa_tui.engine.llama import LlamaEngine, open_model
from aa_tui.engine.requests import Event, Finished, Request
from aa_tui.engine.slots import SlotEngine
from aa_tui.engine.spelling import as_held, n_common
from aa_tui.engine.thinking import Marks, Splitter
from aa_tui.gguf.reasoning import formats

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from aa_tui.engine.calling import Tool
    from aa_tui.engine.settings import EngineSettings

MOST_HELD = 64
"""Conversations whose tokens are remembered, so that their next prompts begin with them."""


def open_batcher(
    path: str | os.PathLike[str],
    settings: EngineSettings,
    on_progress: Callable[[float], object] | None = None,
    *,
    template: str | None = None,
    plain: bool = False,
    loop_guard: bool = True,
    keeps: bool = False,
    switches: Mapping[str, bool] | None = None,
) -> OpenBatcher:
    """Load a GGUF and make slots for it; use the result as a context manager.

    The chat template is `template`, else the file's own. With `plain` there is none: messages are texts to continue.
    `keeps` is that of `SlotEngine`; `switches` are the template's own, such as `enable_thinking`.
    Raises EngineError where the file cannot be loaded (see `open_model`), or it has no template or one that fails.
    """
    engine = open_model(path, settings, on_progress)
    try:
        batcher = OpenBatcher(
            engine, template, plain=plain, loop_guard=loop_guard, keeps=keeps, switches=switches or {}
        )
        batcher.prompt([Message("user", "x")])  # a template that does not work is said before anything is run
    except BaseException:
        engine.close()
        raise
    return batcher


class OpenBatcher(SlotEngine):
    """A `Batcher` (`aa_tui.engine.protocol`) over llama.cpp. Closing it frees the model too."""

    def __init__(
        self,
        engine: LlamaEngine,
        template: str | None = None,
        *,
        plain: bool = False,
        loop_guard: bool = True,
        keeps: bool = False,
        switches: Mapping[str, bool] = MappingProxyType({}),
    ) -> None:
        source = "" if plain else template or engine.chat_template or ""
        if not source and not plain:
            raise EngineError("The file has no chat template: it is a base model, to be asked with --prompt plain.")
        self.reasoning = formats().recognise(source, lambda tag: engine.control_token(tag) is not None)
        super().__init__(engine, Marks(self.reasoning, engine.control_token), loop_guard=loop_guard, keeps=keeps)
        self.engine = engine
        self.template = source
        self._chat = ChatTemplate(source, *engine.end_texts(), switches=switches, marks=engine.marks)
        self._asked: dict[str, tuple[int, ...]] = {}
        self._written: deque[tuple[int, ...]] = deque(maxlen=MOST_HELD)
        self._roles: tuple[Role, ...] = ("user",)

    @property
    def reasoning_format(self) -> str:
        """How the model marks its thinking: a name of `aa_tui.gguf.reasoning`."""
        return self.reasoning.name

    @property
    def system_turn(self) -> str:
        """What the template says of its own accord before the messages of the last prompt."""
        return self._chat.own_words(self._roles) if self.template else ""

    def close(self) -> None:
        """Free slots, context and model."""
        super().close()
        self._chat.close()
        self.engine.close()

    def submit(self, request: Request) -> None:
        """Queue a request; see `SlotEngine`."""
        super().submit(request)
        if request.holds:
            self._asked[request.id] = request.prompt

    def step(self) -> list[Event]:
        """Compute the next tokens; see `SlotEngine`. What a conversation has come to is remembered."""
        events = super().step()
        for event in events if self._asked else ():
            if isinstance(event, Finished) and (prompt := self._asked.pop(event.id, None)) is not None:
                self._written.append((*prompt, *event.tokens))
        return events

    def prompt(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> ChatPrompt:
        """The tokens of a conversation, through the model's chat template; without one, of the texts as they are.

        A conversation that goes on begins with the tokens that it had, as far as its text is the same.
        """
        if not self.template:
            text = "\n\n".join(message.content for message in messages)
            tokens = tuple(self.engine.tokenize(text))
            return ChatPrompt(tokens, opens_thinking=False, tools=tuple(tools), shows_tools=False if tools else None)
        spoken = next((at for at, one in enumerate(messages) if one.role == "tool" or one.calls), len(messages))
        self._roles = tuple(message.role for message in messages[:spoken]) or ("user",)
        prompt = chat_prompt(self.engine, self._chat, messages, self.reasoning, tools)
        if not self._written or len(messages) < 2:  # nothing goes on
            return prompt
        held = max(self._written, key=lambda one: n_common(prompt.tokens, one))
        return replace(prompt, tokens=as_held(prompt.tokens, held, self.engine.piece, self.engine.is_mark))

    def tokenize(self, text: str) -> tuple[int, ...]:
        """The tokens of a text as data: no control token comes of it."""
        return tuple(self.engine.tokenize(text, add_special=False))

    def closing_tag(self) -> tuple[int, ...]:
        """The tokens that end the thinking and begin the answer."""
        return tuple(self.engine.tokenize(self.reasoning.to_answer, add_special=False, parse_special=True))

    def answer(self, tokens: Sequence[int]) -> str:
        """The text of what a copy wrote after `closing_tag`, marks left out."""
        splitter = Splitter(self._marks, opens_thinking=True)
        for token in (*self.closing_tag(), *tokens):
            splitter.feed(token, self.engine.piece(token))
        splitter.end()
        return splitter.answer

    def text(self, tokens: Sequence[int]) -> str:
        """The text of tokens; a character that is cut off becomes a replacement character."""
        return b"".join(map(self.engine.piece, tokens)).decode("utf-8", "replace")
