"""Grader "choice": one letter, or the chosen option's full text."""

from __future__ import annotations

from aa_tui.evals import words
from aa_tui.evals.extraction import readable, shown
from aa_tui.evals.final import Candidate, body, candidates
from aa_tui.evals.graders.letters import Options, letters_in, letters_said, mentions_one_text
from aa_tui.evals.items import Item, Pack, PackError, Verdict
from aa_tui.evals.phrases import is_refusal
from aa_tui.outcomes import Outcome


class Choice:
    """Takes the candidates of `evals.final` in their order; the first that names an option decides.

    Letters are those of the options in the order shown (`prompts.shuffled`); items without options have their letter
    as answer. An option's full text counts as its letter. Two options named ("A or B", two boxes, "B. Mars" where Mars
    is D) are no single answer.
    """

    name = "choice"
    version = 2

    def grade(self, pack: Pack, item: Item, answer: str) -> Verdict:
        """The verdict, undecided where one option's text stands among words that may mean anything. Raises PackError
        for a key that is no option."""
        label = f"{self.name}/{self.version}"
        options, key = options_of(pack, item)
        text = body(readable(answer))
        if not text.strip():
            return Verdict(Outcome.NO_ANSWER, None, label, "the answer is empty")
        found: list[Candidate] = []
        for candidate in candidates(text, pack.extraction):
            found.append(candidate)
            named = _named(candidate, text, options)
            if len(named) > 1:
                several = f"names several options: {', '.join(sorted(named))}"
                return Verdict(Outcome.NO_SINGLE_ANSWER, shown(candidate.text), label, several)
            if named:
                (letter,) = named
                right = letter == key
                return Verdict(
                    Outcome.CORRECT if right else Outcome.WRONG, letter, label, "" if right else f"expected {key}"
                )
        return _unnamed(found, options, label)


def options_of(pack: Pack, item: Item) -> tuple[Options, str]:
    """The options as they were shown, and the letter of the right one. Raises PackError for a key that is none."""
    if item.choices:
        from aa_tui.evals.prompts import shuffled

        choices, letter = shuffled(pack, item)
        return Options(tuple(choices)), letter
    key = letter_of(str(item.answer))
    if key is None:
        raise PackError(f"Item {item.id}: it has no choices, so its answer must be a letter, not {item.answer!r}.")
    return Options(), key


def letter_of(phrase: str) -> str | None:
    """The one letter that a short phrase states, in upper case: "(B)", "**B.** Paris", "B) Paris"; none in "A cat"."""
    named = letters_in(phrase, Options(), is_stated=True)
    return next(iter(named)) if len(named) == 1 else None


def _named(candidate: Candidate, text: str, options: Options) -> frozenset[str]:
    """The options that a candidate names."""
    if len(candidate.boxes) > 1:
        return frozenset().union(*(letters_in(box, options, is_stated=True) for box in candidate.boxes))
    if candidate.is_stated or candidate.place == "saying":
        corrected = words.last("correction", candidate.text)
        if corrected is not None:
            later = letters_in(candidate.text[corrected[1] :].lstrip(" :,."), options, is_stated=candidate.is_stated)
            if later:
                return later
        return letters_in(candidate.text, options, is_stated=candidate.is_stated)
    # The first line is looked at with the others, since it may begin a list.
    return frozenset() if candidate.place == "first line" else letters_said(text[: candidate.end], options)


def _unnamed(found: list[Candidate], options: Options, label: str) -> Verdict:
    stated = next((one for one in found if one.is_stated), None)
    if stated is None or is_refusal(stated.text):
        return Verdict(Outcome.NO_ANSWER, None, label, "no option was named")
    if mentions_one_text(stated.text, options):
        return Verdict(Outcome.UNDECIDED, shown(stated.text), label, "one option's text is in it, among other words")
    return Verdict(Outcome.WRONG, shown(stated.text), label, "neither one letter nor one option's text")


GRADER = Choice()
