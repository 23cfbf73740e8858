"""How models mark their thinking off from their answers: formats as data, and which of them a file's is.

The data lies beside the manifests, in `gguf_models/reasoning_formats.toml`; `docs/reasoning-formats.md` explains it.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from aa_tui.gguf.errors import GGUFError
from aa_tui.resources import data_folder

if TYPE_CHECKING:
    from collections.abc import Callable

_FILE = "reasoning_formats.toml"

TAG = re.compile(r"<[^<>\s]+>|\[[^\[\]\s]+\]|◁[^◁▷\s]+▷")
"""What in a mark may be a token of its own: <think>, <|channel|>, [THINK], ◁think▷."""


@dataclass(frozen=True, slots=True)
class Channels:
    """Messages whose heads name a channel, between `opening` and `closing`: answers come in some, thinking in all
    others."""

    opening: str
    closing: str
    answer: tuple[str, ...]

    def is_answer(self, head: str) -> bool:
        """Whether a head ("final", "commentary to=functions.f") is that of an answer."""
        return next(iter(head.split()), "") in self.answer


@dataclass(frozen=True, slots=True)
class Format:
    """One way of marking thinking. `pairs` are the texts that open and close it.

    `answer_opening` and `answer_closing` are around the answer where it has marks of its own. With `only_inside`
    nothing beside them is the answer; with `again` a model may go back to thinking. `dropped` are tokens within answers
    that are none of their text. `to_answer` is what one writes to
    end the thinking and begin the answer. `signs` tell the format by.
    """

    name: str
    pairs: tuple[tuple[str, str], ...]
    signs: tuple[str, ...] | None = None
    answer_opening: tuple[str, ...] = ()
    answer_closing: tuple[str, ...] = ()
    channels: Channels | None = None
    only_inside: bool = False
    again: bool = False
    dropped: tuple[str, ...] = ()
    to_answer: str = ""
    used_by: tuple[str, ...] = ()

    def closings(self, opening: str | None = None) -> tuple[str, ...]:
        """What ends the thinking that `opening` began; without it, any thinking."""
        return tuple(dict.fromkeys(last for first, last in self.pairs if opening in (None, first)))

    def tags(self) -> set[str]:
        """Every tag in its marks that may be a token of its own."""
        texts = [text for pair in self.pairs for text in pair] + [*self.answer_opening, *self.answer_closing]
        texts += self.dropped
        if self.channels is not None:
            texts += [self.channels.opening, self.channels.closing]
        return set(TAG.findall("".join(f"{text}\n" for text in texts)))

    def is_open(self, prompt: str) -> bool:
        """Whether a prompt with this end leaves the model within its thinking."""
        end = prompt.rstrip()
        if any(end.endswith(opening.rstrip()) for opening, _ in self.pairs):
            return True
        if self.channels is None or not end.endswith(self.channels.closing):
            return False
        _, found, head = end.removesuffix(self.channels.closing).rpartition(self.channels.opening)
        return bool(found) and not self.channels.is_answer(head)

    def is_spoken_of(self, template: str, is_token: Callable[[str], bool] = lambda _: False) -> bool:
        """Whether a chat template shows its signs, or some of them where the others are tokens of the vocabulary."""
        if self.signs is None:
            return any(text in template for pair in self.pairs for text in pair)
        return any(sign in template for sign in self.signs) and all(
            sign in template or (TAG.fullmatch(sign) and is_token(sign)) for sign in self.signs
        )

    def is_in(self, is_token: Callable[[str], bool]) -> bool:
        """Whether a vocabulary has its signs as tokens."""
        signs = self.closings() if self.signs is None else self.signs
        return bool(signs) and all(TAG.fullmatch(sign) and is_token(sign) for sign in signs)


@dataclass(frozen=True, slots=True)
class Formats:
    """All formats, in the order in which they are looked for. The last is that of files that say nothing.

    `version` is raised with every change by which the same output would be split in another way.
    """

    version: int
    all: tuple[Format, ...]

    def named(self, name: str) -> Format:
        """The format of a name. Raises KeyError where there is none."""
        return {one.name: one for one in self.all}[name]

    def recognise(self, template: str, is_token: Callable[[str], bool]) -> Format:
        """The format that a chat template speaks of; else one that the vocabulary has tokens for; else the last."""
        spoken = (one for one in self.all if one.is_spoken_of(template, is_token))
        known = (one for one in self.all if one.is_in(is_token))
        return next(spoken, None) or next(known, self.all[-1])

    def thinks(self, template: str) -> bool:
        """Whether a chat template shows that its model thinks."""
        return any(one.is_spoken_of(template) for one in self.all)


@cache
def formats() -> Formats:
    """The formats that ship with the program. Raises GGUFError where their file cannot be used."""
    try:
        data = tomllib.loads((data_folder("gguf_models") / _FILE).read_text(encoding="utf-8"))
        return Formats(int(data["version"]), tuple(_format(one) for one in data["formats"]))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise GGUFError(f"The list of reasoning formats cannot be read ({error}): install aa-tui again.") from error


def _format(data: dict[str, Any]) -> Format:
    pairs = tuple((str(first), str(last)) for first, last in data["pairs"])
    channels = data.get("channels")
    return Format(
        name=str(data["name"]),
        pairs=pairs,
        signs=tuple(data["signs"]) if "signs" in data else None,
        answer_opening=tuple(data.get("answer_opening", ())),
        answer_closing=tuple(data.get("answer_closing", ())),
        channels=Channels(channels["opening"], channels["closing"], tuple(channels["answer"])) if channels else None,
        only_inside=bool(data.get("only_inside", False)),
        again=bool(data.get("again", False)),
        dropped=tuple(data.get("dropped", ())),
        to_answer=str(data.get("to_answer", pairs[0][1])),
        used_by=tuple(data.get("used_by", ())),
    )
