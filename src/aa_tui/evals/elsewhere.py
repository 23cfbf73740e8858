"""Grade answers that were written elsewhere, with the graders and processes of a run. No model is needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from aa_tui.evals import finish
from aa_tui.evals.cases import Answer
from aa_tui.evals.grading import Grading
from aa_tui.evals.items import Verdict

MOST_PROCESSES = 4


@dataclass(frozen=True, slots=True)
class Graded:
    """An answer and its verdict. Lengths are in characters, since nobody knows the tokens of its model."""

    answer: Answer
    verdict: Verdict

    @property
    def item_id(self) -> str:
        """The id of the item, or of the case."""
        return self.answer.item.id

    @property
    def epoch(self) -> int:
        """Which attempt at its item it is, from 1."""
        return self.answer.epoch

    @property
    def position(self) -> int:
        """Its place among the answers, from 0."""
        return self.answer.position

    @property
    def category(self) -> str:
        """That of its item."""
        return self.answer.item.category

    @property
    def level(self) -> int | None:
        """That of its item."""
        return self.answer.item.level

    @property
    def outcome(self) -> str:
        """What became of it."""
        return self.verdict.outcome

    @property
    def n_thinking(self) -> int:
        """Characters of thinking."""
        return self.answer.n_thinking_chars

    @property
    def n_answer(self) -> int:
        """Characters after the thinking."""
        return len(self.answer.text)


def grade_all(
    answers: Sequence[Answer], *, unsafe_code: bool = False, on_done: Callable[[int], object] | None = None
) -> list[Graded]:
    """Grade answers, in their order; `on_done` is told how many are. What interrupts it ends the graders at once.

    `unsafe_code` lets model-written code run where nothing isolates it.
    """
    processes = max(1, min(MOST_PROCESSES, os.cpu_count() or 1))
    found: list[Graded] = []
    with Grading(processes, unsafe_code=unsafe_code) as grading, ThreadPoolExecutor(processes) as pool:
        try:
            for graded in pool.map(lambda answer: Graded(answer, _verdict(grading, answer)), answers):
                found.append(graded)
                if on_done is not None:
                    on_done(len(found))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            grading.kill()
            raise
    return found


def _verdict(grading: Grading, answer: Answer) -> Verdict:
    return finish.verdict_of(
        grading,
        answer.pack,
        answer.item,
        answer.text,
        finish_reason=answer.finish_reason,
        has_thought=answer.n_thinking_chars > 0,
    )
