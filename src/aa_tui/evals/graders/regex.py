"""Grader "regex": whether the item's regular expression matches somewhere in the answer."""

from __future__ import annotations

import re

from aa_tui.evals.extraction import by_patterns, readable, shown
from aa_tui.evals.items import Item, Pack, PackError, Verdict
from aa_tui.outcomes import Outcome


class Regex:
    """Searches what the pack's patterns take, else the whole answer (its last 100,000 characters), for the item's
    answer: Python's syntax, anchored only where it says so. It runs where it can be killed, since it may never end."""

    name = "regex"
    version = 1

    def grade(self, pack: Pack, item: Item, answer: str) -> Verdict:
        """Correct or wrong; no answer where the answer is empty. Raises PackError for a broken expression."""
        label = f"{self.name}/{self.version}"
        try:
            wanted = re.compile(str(item.answer))
        except re.error as error:
            raise PackError(f"Item {item.id}: its answer is not a regular expression: {error}.") from None
        whole = readable(answer)
        text = by_patterns(pack.extraction, whole) or whole
        if not text.strip():
            return Verdict(Outcome.NO_ANSWER, None, label, "the answer is empty")
        match = wanted.search(text)
        if match is None:
            return Verdict(Outcome.WRONG, shown(text), label, "the expression matches nowhere")
        return Verdict(Outcome.CORRECT, shown(match.group()), label)


GRADER = Regex()
