"""Grader "math": whether two mathematical answers mean the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from aa_tui.evals.extraction import readable, shown
from aa_tui.evals.final import Candidate, body, candidates
from aa_tui.evals.graders.equality import same
from aa_tui.evals.graders.expressions import DEEPEST, MOST_TOKENS
from aa_tui.evals.graders.latex import LONGEST, spelled
from aa_tui.evals.graders.math_phrase import Statement, bare_formula, closing, quantities, stated
from aa_tui.evals.graders.sameness import Sameness
from aa_tui.evals.graders.verified import verified
from aa_tui.evals.items import Item, Outcome, Pack, PackError, Verdict
from aa_tui.evals.phrases import is_refusal

BY_MATH_VERIFY = "by Math-Verify"


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one candidate: its outcome, the piece that was compared, and one line that says why."""

    outcome: Outcome
    extracted: str | None
    detail: str = ""


class Math:
    """Takes the candidates of `evals.final` in their order; the first that states an expression decides.

    Most answers are decided by `equality.same`, the same on every machine; what that cannot read goes to Math-Verify,
    and what neither can tell is "undecided". Runs where it can be killed.
    """

    name = "math"
    version = 2

    def grade(self, pack: Pack, item: Item, answer: str) -> Verdict:
        """The verdict on a text after the thinking. Raises PackError for an empty key."""
        label = f"{self.name}/{self.version}"
        keys = [str(key) for key in (item.answer if isinstance(item.answer, list | tuple) else [item.answer])]
        if not keys or not all(key.strip() for key in keys):
            raise PackError(f"Item {item.id}: math needs an answer to compare with.")
        text = body(readable(answer))
        if not text.strip():
            return Verdict(Outcome.NO_ANSWER, None, label, "the answer is empty")
        for candidate in candidates(text, pack.extraction):
            phrase = _phrase(candidate, text)
            if phrase and not candidate.boxes and is_refusal(phrase):
                return Verdict(Outcome.NO_ANSWER, None, label, "it says that there is no answer")
            found = decide(keys, phrase) if phrase else None
            if found is not None and found.outcome != Outcome.NO_ANSWER:
                return Verdict(found.outcome, shown(found.extracted), label, found.detail)
        return Verdict(Outcome.NO_ANSWER, None, label, "nothing was found")


def _phrase(candidate: Candidate, text: str) -> str | None:
    """What of a candidate is read: of the last lines their statement, of rows of a formula all of them."""
    if candidate.place == "line":
        return closing(text[: candidate.end])
    if candidate.place == "first line":
        return None
    return candidate.block if "\\begin" in candidate.block else candidate.text


def decide(keys: Sequence[str], phrase: str) -> Decision:
    """Whether one candidate, a formula with or without words around it, states one of the keys.

    Several boxes in one phrase are one answer of several parts. "18 or 20" is no single answer where no key asks for
    both. What is no expression at all is wrong; what nobody can read, or what may be meant in two ways, is undecided.
    """
    direct = bare_formula(phrase)
    if "\\boxed" not in phrase and any(same(key, direct) == "same" for key in keys):
        return Decision(Outcome.CORRECT, direct)
    statement = stated(phrase)
    if statement is None:
        return _unstated(keys, phrase)
    if statement.denied:
        return Decision(Outcome.NO_SINGLE_ANSWER, statement.text, "it says what is not the answer")
    found = _best([_decided(key, statement) for key in keys])
    if found.outcome == Outcome.WRONG and "\\boxed" not in phrase and phrase.rstrip(" *").endswith("!"):
        calm = decide(keys, phrase.rstrip(" *").removesuffix("!"))
        if calm.outcome != Outcome.WRONG:
            return replace(calm, outcome=Outcome.UNDECIDED, detail="a factorial, or a cry?")
    return found


def _best(decisions: Sequence[Decision]) -> Decision:
    """The one that is best for the answer: any of several keys will do."""
    order: tuple[Outcome, ...] = (Outcome.CORRECT, Outcome.NO_SINGLE_ANSWER, Outcome.UNDECIDED, Outcome.WRONG)
    return min(decisions, key=lambda decision: order.index(decision.outcome))


def _decided(key: str, statement: Statement) -> Decision:
    found, by = _compared(key, statement.text)
    if found == "same":
        return Decision(Outcome.CORRECT, statement.text, by)
    if statement.alternatives:
        each = [_compared(key, one)[0] for one in statement.alternatives]
        if all(one == "same" for one in each):
            return Decision(Outcome.CORRECT, statement.text)
        first, *others = statement.alternatives
        if "same" in each or found != "different" or not all(same(first, one) == "same" for one in others):
            return Decision(Outcome.NO_SINGLE_ANSWER, statement.text, "it gives two different answers")
    if found == "different":
        return Decision(Outcome.WRONG, statement.text, f"expected {shown(key)}" + (f", {by}" if by else ""))
    if _is_hopeless(statement.text) and not _is_hopeless(key):
        return Decision(Outcome.WRONG, statement.text, "no expression")
    why = "it can be meant in two ways" if found == "unclear" else "it cannot be read"
    return Decision(Outcome.UNDECIDED, statement.text, f"{why}: {shown(key)}?")


def _compared(key: str, said: str) -> tuple[Sameness, str]:
    found = same(key, said)
    if found != "unread" or _is_hopeless(said):
        return found, ""
    word = verified(spelled(key), spelled(said))
    return (found, "") if word is None else ("same" if word else "different", BY_MATH_VERIFY)


def _unstated(keys: Sequence[str], phrase: str) -> Decision:
    """A sentence that says of nothing that it is the answer: undecided if the key is in it all the same."""
    found = quantities(phrase)
    if not found:
        return Decision(Outcome.NO_ANSWER, None, "no answer is stated")
    if not is_refusal(phrase) and any(same(key, one) == "same" for key in keys for one in found):
        return Decision(Outcome.UNDECIDED, phrase, "it does not say which is the answer")
    return Decision(Outcome.NO_ANSWER, phrase, "no answer is stated")


def _is_hopeless(text: str) -> bool:
    """Whether a text is no answer to anything: no letter or digit in it, or longer and deeper than any."""
    if len(text) > LONGEST or not re.search(r"\w|[∅∞]|\\\{", re.sub(r"\\[a-z]*(?:dots|quad|text|space)", "", text)):
        return True
    depth = deepest = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    return deepest > DEEPEST or len(re.findall(r"\w+|[-+*/^]", text)) > MOST_TOKENS


GRADER = Math()
