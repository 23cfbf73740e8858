"""From a pack's items to requests: which, in which order, with which prompt, seed, limit and cue."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol, cast

from aa_tui.engine.calling import Grammar, Tool
from aa_tui.engine.chat import ChatPrompt, ChatTemplate, Message
from aa_tui.engine.errors import TemplateError
from aa_tui.engine.requests import Request
from aa_tui.engine.settings import SamplerSettings
from aa_tui.evals.items import Item, Pack
from aa_tui.runs.errors import RunError
from aa_tui.runs.evaluation.conversing import Beginning
from aa_tui.runs.evaluation.loop import Task
from aa_tui.runs.evaluation.needs import LEAST_OUTPUT
from aa_tui.runs.evaluation.options import PromptStyle
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.evals.conversation.turns import Talk

CUE_LEAD = "Answer:"
"""What a sample whose thinking is closed early is made to begin its answer with."""

NO_PROBE = frozenset({"code", "instructions", "contains", "regex", "structure", "tools"})
"""Graders whose answers are long: no 64 tokens could hold one, so there is no point of the curve."""

LEAST_SHARED = 16
"""A shorter common beginning is not worth a sequence of its own."""


class Prompter(Protocol):
    """What makes prompts: the engine, with the model's template and tokens."""

    @property
    def template(self) -> str: ...
    def prompt(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> ChatPrompt: ...
    def tokenize(self, text: str) -> Sequence[int]: ...
    def closing_tag(self) -> Sequence[int]: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """An item with its prompt: of one that is a conversation that of its first turn, and what makes it."""

    item: Item
    text: str
    prompt: ChatPrompt
    stop: tuple[str, ...] = ()
    is_plain: bool = False
    talk: Callable[[], Talk] | None = None


def ask(engine: Prompter, pack: Pack, items: Sequence[Item], style: PromptStyle = "chat") -> list[Asked]:
    """The prompts of items. Raises EngineError where the model's template fails, and RunError for conversations
    without one."""
    from aa_tui.evals.conversation.talks import is_talk
    from aa_tui.evals.plain import plain
    from aa_tui.evals.prompts import messages

    if style == "plain":
        check_no_talks(pack)
        return [
            Asked(item, one.text, engine.prompt([Message("user", one.text)]), one.stop, is_plain=True)
            for item, one in zip(items, plain(pack, items), strict=True)
        ]
    asked = []
    for item in items:
        if is_talk(pack, item):
            asked.append(_first_turn(engine, pack, item))
            continue
        turns = messages(pack, item)
        text = "\n\n".join(turn.content for turn in turns)
        asked.append(Asked(item, text, engine.prompt(turns)))
    return asked


def check_no_talks(pack: Pack) -> None:
    """Raises RunError for a pack of conversations, which nothing but a chat template can ask."""
    from aa_tui.evals.conversation.talks import is_talk

    if any(is_talk(pack, item) for item in pack.items):
        raise RunError(
            f"The items of {clean_line(pack.name)} are conversations, which take a chat template: leave out --prompt "
            "plain, or take another pack."
        )


def _first_turn(engine: Prompter, pack: Pack, item: Item) -> Asked:
    """The beginning of a conversation: its text is what the user asks, behind the exchanges before that it may have."""
    from aa_tui.evals.conversation.talks import talk_of

    make = cast("Callable[[], Talk]", partial(talk_of, pack, item, calls_format(engine.template)))
    talk = make()
    text = next((one.content for one in reversed(talk.messages) if one.role == "user"), "")
    return Asked(item, text, engine.prompt(talk.messages, talk.tools), talk=make)


def check_template(template: Mapping[str, str], pack: Pack) -> None:
    """Try another chat template on the pack's prompts. Raises as `check_renders`."""
    from aa_tui.evals.conversation.talks import is_talk, talk_of
    from aa_tui.evals.prompts import messages

    form = calls_format(template["text"])

    def begun() -> Iterator[tuple[Sequence[Message], Sequence[Tool]]]:
        for item in pack.items:
            talk = talk_of(pack, item, form) if is_talk(pack, item) else None
            yield (messages(pack, item), ()) if talk is None else (talk.messages, talk.tools)

    check_renders(template, begun())


def check_renders(
    template: Mapping[str, str], conversations: Iterable[tuple[Sequence[Message], Sequence[Tool]]]
) -> None:
    """Try another chat template on conversations with functions on offer, once for each order of roles. Raises RunError
    in one sentence where it is none, fails, or leaves out a message."""
    tried = ChatTemplate(template["text"])
    seen: set[tuple[str, ...]] = set()
    try:
        for turns, tools in conversations:
            roles = ("tools" if tools else "", *(turn.role for turn in turns))
            if roles not in seen:
                seen.add(roles)
                tried.rendered(turns, tools)
    except TemplateError as error:
        raise RunError(f"The chat template {clean_line(template['name'])} {error.what}") from error
    finally:
        tried.close()


def calls_format(template: str) -> str:
    """In which format a model is taken to write its calls."""
    from aa_tui.evals.calls.reading import recognise

    return recognise(template)


def longest(asked: Sequence[Asked]) -> int:
    """Tokens of the longest prompt."""
    return max((one.prompt.n_tokens for one in asked), default=0)


def fitting(asked: Sequence[Asked], n_ctx: int) -> tuple[list[Asked], list[Item]]:
    """Those whose prompts leave room for an answer in the context, and the items of the others.

    Raises RunError, before anything is run, where there are no others.
    """
    fit = [one for one in asked if one.prompt.n_tokens + LEAST_OUTPUT <= n_ctx]
    if asked and not fit:
        raise RunError(
            f"No prompt fits a context of {n_ctx:,} tokens with {LEAST_OUTPUT} more for an answer: take a model with a "
            "longer one, a pack with shorter items, or more than the model was trained for with --context."
        )
    kept = {one.item.id for one in fit}
    return fit, [one.item for one in asked if one.item.id not in kept]


def shared_prefix(asked: Sequence[Asked]) -> int:
    """How many tokens all prompts begin with in common; 0 where that is too little to gain from."""
    if len(asked) < 2:
        return 0
    prompts = [one.prompt.tokens for one in asked]
    first, last = min(prompts), max(prompts)  # what these two begin with, all between them do
    count = next((at for at, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first))
    return count if count >= LEAST_SHARED else 0


def tasks(
    engine: Prompter,
    pack: Pack,
    asked: Sequence[Asked],
    sampler: SamplerSettings,
    *,
    n_ctx: int,
    max_output_tokens: int,
    epochs: int = 1,
    seed: int = 0,
    max_s: float | None = None,
    held: Callable[[Asked], Grammar | None] = lambda _: None,
) -> list[Task]:
    """Every sample that is wanted, in the run's order: all items once, then all again for the next epoch. `held` says
    what the answers of an item are held to."""
    n_shared = shared_prefix(asked)
    closing, form = tuple(engine.closing_tag()), calls_format(engine.template)
    cue = (*closing, *engine.tokenize(f"\n\n{CUE_LEAD}")) if closing else ()
    found: list[Task] = []
    for epoch in range(1, epochs + 1):
        for one in asked:
            request = Request(
                id=one.item.id if epoch == 1 else f"{one.item.id} #{epoch}",
                prompt=one.prompt.tokens,
                max_tokens=min(max_output_tokens, n_ctx - one.prompt.n_tokens),
                sampler=replace(sampler, seed=sample_seed(seed, one.item.id, epoch)),
                n_shared=n_shared,
                stop=(*pack.stop, *one.stop),
                max_s=max_s,
                opens_thinking=one.prompt.opens_thinking,
                messages=one.prompt.messages,
                counted=one.prompt.counted,
                grammar=held(one),
                tools=one.prompt.tools,
                holds=one.talk is not None,
            )
            beginning = Beginning(one.talk, form, max_output_tokens, one.prompt.shows_tools) if one.talk else None
            wants_cue = pack.grader_of(one.item) not in NO_PROBE and not one.is_plain and beginning is None
            cue_of_it = cue if wants_cue else ()
            found.append(Task(one.item, epoch, len(found), request, one.text, cue_of_it, CUE_LEAD, beginning))
    return found


def sample_seed(seed: int, item_id: str, epoch: int) -> int:
    """A sample's own seed (32 bits): the same whatever else runs beside it, and in whatever order."""
    digest = hashlib.sha256(f"{seed}\0{item_id}\0{epoch}".encode()).digest()
    return int.from_bytes(digest[:4], "big")
