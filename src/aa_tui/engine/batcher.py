"""A file opened for many requests: its model, its slots, its chat template and how it marks its thinking."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from aa_tui.engine.chat import ChatPrompt, ChatTemplate, Message, Role, chat_prompt
from aa_tui.engine.errors import EngineError
from aa_tui.engine.llama import LlamaEngine, open_model
from aa_tui.engine.slots import SlotEngine
from aa_tui.engine.thinking import Marks, Splitter
from aa_tui.gguf.reasoning import formats

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from aa_tui.engine.calling import Tool
    from aa_tui.engine.settings import EngineSettings


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
        self._chat = ChatTemplate(source, *engine.end_texts(), switches=switches)
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
        self.engine.close()

    def prompt(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> ChatPrompt:
        """The tokens of a conversation, through the model's chat template; without one, of the texts as they are."""
        if not self.template:
            text = "\n\n".join(message.content for message in messages)
            return ChatPrompt(tuple(self.engine.tokenize(text)), opens_thinking=False)
        self._roles = tuple(message.role for message in messages)
        return chat_prompt(self.engine, self._chat, messages, self.reasoning)

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
