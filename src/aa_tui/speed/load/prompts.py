"""Prompts of so many tokens: seeded words, as many as the server's own counts say that it takes."""

from __future__ import annotations

import random

from aa_tui.speed.load.values import Question

_TEXT = (
    "time year people way day man thing woman life child world school state family student group country problem hand "
    "part place case week company system program question work government number night point home water room mother "
    "area money story fact month lot right study book eye job word business issue side kind head house service friend "
    "father power hour game line end member law car city community name president team minute idea body information "
    "back parent face level office door health person art war history party result change morning reason research "
    "girl guy moment air teacher force education foot boy age policy music market sense nation plan college interest "
    "death experience effect use class control field development role effort rate heart drug show leader light voice "
    "wife police mind price report decision son view town road arm season paper space ground form event table court "
    "industry model rest film garden river stone bread winter summer island bridge window forest"
)
_WORDS = tuple(_TEXT.split())

_ASKS = "\n\nGo on with a very long list of such words. Write nothing else, and do not stop."

TOKENS_PER_WORD, OVERHEAD_TOKENS = 1.15, 16.0
"""A first guess, until a server has counted something."""

LEAST_WORDS = 1


class Prompts:
    """Makes prompts from a seed, each another one; learns from counts how many tokens a word takes."""

    def __init__(self, seed: int) -> None:
        self._source = random.Random(seed)
        self._overhead, self._per_word = OVERHEAD_TOKENS, TOKENS_PER_WORD
        self.is_counted = False

    def question(self, n_prompt: int, n_gen: int) -> Question:
        """A prompt of about so many tokens, template included."""
        return self.of_words(max(LEAST_WORDS, round((n_prompt - self._overhead) / self._per_word)), n_prompt, n_gen)

    def of_words(self, n_words: int, n_prompt: int, n_gen: int) -> Question:
        """A prompt of so many words."""
        return Question(" ".join(self._source.choices(_WORDS, k=n_words)) + _ASKS, n_words, n_prompt, n_gen)

    def learn_both(self, few: tuple[int, int], many: tuple[int, int]) -> None:
        """Two counts (words, tokens): what a word takes, and what is there without any."""
        per_word = (many[1] - few[1]) / (many[0] - few[0])
        if per_word > 0:
            self._per_word, self._overhead = per_word, max(0.0, few[1] - per_word * few[0])
            self.is_counted = True

    def learn(self, question: Question, n_prompt: int | None) -> None:
        """One count more, which holds for prompts of its length; None says nothing."""
        per_word = ((n_prompt or 0) - self._overhead) / question.n_words
        if n_prompt is not None and per_word > 0:
            self._per_word, self.is_counted = per_word, True
