"""Endless training data: rows of whole problems, one after the other like turns of a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from nano import tasks, vocabulary

# The hardest level is rare, so that it stays hard.
LEVEL_WEIGHTS = (0.42, 0.46, 0.12)
_INSTRUCTED = 0.5  # prompts that ask for the answer's line in words
_WITHOUT_BOS = 0.1  # rows, so that a runner that leaves it out does no harm
_WITH_SYSTEM = 0.05  # rows that begin with a system message
_SYSTEMS = ("You are a helpful assistant.", "You are aa-nano.", "Think first, then answer.")
_POOL = 256  # problems to choose from when a row is filled up
_LONGEST = 170  # about the longest problem, in tokens
IGNORED = -100


def sample(source: Random, family_weights: Mapping[str, float]) -> tuple[list[int], list[int]]:
    """One training problem as tokens of prompt and reply."""
    family = source.choices(list(family_weights), list(family_weights.values()))[0]
    level = source.choices(tasks.LEVELS, LEVEL_WEIGHTS)[0]
    task = tasks.make(family, level, source, evaluation=False)
    prompt = vocabulary.prompt(task.question, instruction=source.random() < _INSTRUCTED)
    return vocabulary.encode(prompt), vocabulary.encode(vocabulary.reply(task))


class Rows:
    """Rows of `length` tokens filled with whole problems, the best fitting first, hardly any padding."""

    def __init__(self, seed: int) -> None:
        self._source = Random(seed)
        self._pool: list[tuple[list[int], list[int]]] = []
        self._newline = vocabulary.encode("\n")

    def row(self, length: int, family_weights: Mapping[str, float]) -> tuple[list[int], list[int]]:
        """Tokens of one row and their targets: only what the model writes is learned.

        `family_weights` say how often each family is seen, from the next new problem on.
        """
        tokens = [] if self._source.random() < _WITHOUT_BOS else [vocabulary.BOS_ID]
        if self._source.random() < _WITH_SYSTEM:
            tokens += vocabulary.encode(vocabulary.system(self._source.choice(_SYSTEMS)))
        targets = [IGNORED] * len(tokens)
        turns = 0
        while True:
            while len(self._pool) < _POOL:
                self._pool.append(sample(self._source, family_weights))
            between = self._newline if turns else []
            room = length - len(tokens) - len(between)
            chosen = self._choose(room)
            if chosen is None:
                break
            prompt, reply = chosen
            turns += 1
            tokens += between + prompt + reply
            targets += [IGNORED] * len(between + prompt) + reply
        padding = length - len(tokens)
        return tokens + [0] * padding, targets + [IGNORED] * padding

    def _choose(self, room: int) -> tuple[list[int], list[int]] | None:
        """Any problem while there is much room, at the end the longest that fits."""
        if room > 2 * _LONGEST:
            return self._pool.pop()
        sizes = [(len(prompt) + len(reply), place) for place, (prompt, reply) in enumerate(self._pool)]
        fitting = [one for one in sizes if one[0] <= room]
        if not fitting:
            return None
        # two that fill the rest together would be better still; the longest one is good enough
        place = max(fitting)[1] if room < _LONGEST else self._source.choice(fitting)[1]
        return self._pool.pop(place)

    def state(self) -> tuple[object, list[tuple[list[int], list[int]]]]:
        """What `restore` needs to go on from here."""
        return self._source.getstate(), list(self._pool)

    def restore(self, state: tuple[Any, list[tuple[list[int], list[int]]]]) -> None:
        """Go on from what `state` gave."""
        self._source.setstate(state[0])
        self._pool = list(state[1])
