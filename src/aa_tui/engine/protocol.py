"""What runs need of an engine that answers many requests at once, whichever it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from aa_tui.engine.calling import Grammar, Tool
    from aa_tui.engine.chat import ChatPrompt, Message
    from aa_tui.engine.requests import Event, Request
    from aa_tui.engine.settings import EngineSettings


class Batcher(Protocol):
    """An engine with slots for one model. Not safe to share between threads.

    `n_ctx` is each slot's context in tokens. Every method raises EngineError with one sentence where it cannot do
    what is asked; `aa_tui.engine.requests.check_request` tells beforehand whether a request can be run.
    """

    @property
    def settings(self) -> EngineSettings:
        """The resolved settings: part of a run's identity."""
        ...

    @property
    def devices_used(self) -> tuple[dict[str, Any], ...]:
        """What holds the model, with the bytes on each."""
        ...

    @property
    def template(self) -> str:
        """The source of the chat template that makes prompts, empty for none: part of a run's identity."""
        ...

    @property
    def reasoning_format(self) -> str:
        """How the model marks its thinking: a name of `aa_tui.gguf.reasoning`, part of a run's identity."""
        ...

    @property
    def system_turn(self) -> str:
        """What the template says to the model of its own accord, before the first message; empty where nothing."""
        ...

    @property
    def n_ctx(self) -> int: ...

    @property
    def n_slots(self) -> int: ...

    @property
    def n_running(self) -> int:
        """Requests that have a slot."""
        ...

    @property
    def is_busy(self) -> bool:
        """Whether anything is running or waiting, or an event has not been told yet."""
        ...

    def prompt(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> ChatPrompt:
        """The tokens of a conversation and of the functions on offer in it, through the model's chat template."""
        ...

    def tokenize(self, text: str) -> tuple[int, ...]:
        """The tokens of a text as data: no control token comes of it, whatever it contains."""
        ...

    def closing_tag(self) -> tuple[int, ...]:
        """The tokens that end the thinking and begin the answer, for forks that are to answer at once."""
        ...

    def answer(self, tokens: Sequence[int]) -> str:
        """The text of what a fork wrote after `closing_tag`, the format's marks left out."""
        ...

    def text(self, tokens: Sequence[int]) -> str:
        """The text of tokens."""
        ...

    def submit(self, request: Request) -> None:
        """Queue a request."""
        ...

    def held_by(self, grammar: Grammar) -> str:
        """What would hold an answer to it; empty where nothing is known to."""
        ...

    def check_grammars(self, grammars: Iterable[Grammar]) -> None:
        """Try all grammars that are to come, before anything is run."""
        ...

    def step(self) -> list[Event]:
        """Compute the next token of every running request and tell what it brought."""
        ...

    def run(self, requests: Iterable[Request] = ()) -> Iterator[Event]:
        """Submit requests and give every event until nothing is left to do."""
        ...

    def cancel(self, request_id: str) -> None:
        """End a request now; its Finished event comes with the next step. An unknown one is none of ours."""
        ...

    def release(self, request_id: str) -> None:
        """Free what a request with `holds` has left or would leave. An unknown one is none of ours."""
        ...

    def fork(self, request_id: str, cue: Sequence[int], max_tokens: int) -> tuple[int, ...]:
        """Continue a copy of a running request with other tokens, greedily, and drop the copy: its tokens."""
        ...

    def close(self) -> None:
        """Free everything. Calling it again does nothing."""
        ...
