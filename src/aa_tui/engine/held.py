"""What requests leave in their sequences for those that continue them: the turns of a conversation.

A sequence that is held belongs to no running request and is not free either. There are never more of both than slots:
whoever needs a place and finds none takes that of the sequence held longest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(slots=True)
class Kept:
    """A sequence of llama.cpp and the tokens that have been processed in it."""

    number: int
    tokens: tuple[int, ...]


class Held:
    """Sequences by the request that left them, the oldest first."""

    def __init__(self, low: Any, memory: int) -> None:
        self._low = low
        self._memory = memory
        self._all: dict[str, Kept] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __contains__(self, key: str) -> bool:
        return key in self._all

    def put(self, key: str, number: int, tokens: tuple[int, ...]) -> int | None:
        """Hold a sequence; the number of the one that was held under this name before, which is empty and free now."""
        before = self.drop(key)
        self._all[key] = Kept(number, tokens)
        return before

    def take(self, key: str) -> Kept:
        """A sequence to go on with: it is held no more."""
        return self._all.pop(key)

    def drop(self, key: str) -> int | None:
        """Forget a sequence: its number, which is empty and free now; None where there is none."""
        found = self._all.pop(key, None)
        if found is None:
            return None
        self._low.llama_memory_seq_rm(self._memory, found.number, -1, -1)
        return found.number

    def drop_oldest(self) -> int:
        """The number of the sequence held longest, which is empty and free now."""
        number = self.drop(next(iter(self._all)))
        assert number is not None
        return number

    def clear(self) -> None:
        """Forget that there is any; their tokens stay where they are."""
        self._all.clear()

    def rewind(self, held: Kept, prompt: Sequence[int]) -> int:
        """Leave of a sequence what the prompt begins with, at most all but its last token; how many tokens that are.

        A prompt that begins with all of it needs no rewinding. A memory that has let go of its first tokens, or is a
        state of all of them, cannot be rewound: it is emptied.
        """
        low, number, most = self._low, held.number, min(len(held.tokens), len(prompt) - 1)
        pairs = zip(held.tokens[:most], prompt, strict=False)
        common = next((at for at, (one, other) in enumerate(pairs) if one != other), most)
        if common and common == len(held.tokens):
            return common
        is_whole = low.llama_memory_seq_pos_min(self._memory, number) == 0
        if common and is_whole and low.llama_memory_seq_rm(self._memory, number, common, -1):
            return common
        low.llama_memory_seq_rm(self._memory, number, -1, -1)
        return 0

    def make_way(self, running: Iterable[int], free: list[int]) -> bool:
        """Move one held sequence from between the running ones behind them; whether there was one, and room for it."""
        first, last = min(running), max(running)
        behind = max(free, default=-1)
        between = [one for one in self._all.values() if first < one.number < last]
        if not between or behind < last:
            return False
        move(self._low, self._memory, between[0].number, behind)
        free.remove(behind)
        free.append(between[0].number)
        between[0].number = behind
        return True


def move(low: Any, memory: int, number: int, to: int) -> None:
    """Give a sequence another number, which is free."""
    low.llama_memory_seq_cp(memory, number, to, -1, -1)
    low.llama_memory_seq_rm(memory, number, -1, -1)
