"""Had it, lost it, in words."""

from __future__ import annotations

from aa_tui.analysis.budget_advice import LEAST_ITEMS, Advice, Choice
from aa_tui.analysis.lost import HAD_IT, LOST, WORDS, Fate, Lost, Tally
from aa_tui.pages.lost import LostReport
from aa_tui.pages.text.scores import score_words

_GOES_ON = " " * 15


def lines(report: LostReport) -> list[str]:
    """The section "lost answers" of a run, as lines of its report; none where there is nothing to tell."""
    out = [*_classes(report), *_tax(report.all), *_advice(report.advice)]
    return [f"  {label:<12} {words}" if label else f"{_GOES_ON}{words}" for label, words in out]


def had_it(told: Tally) -> str:
    """How many failures had the right answer: "5 of 12 failures had the right answer"."""
    failures = "failure" if told.n_told == 1 else "failures"
    return f"{told.n_had_it:,} of {told.n_told:,} {failures} had the right answer"


def classes(told: Tally) -> str:
    """The classes that occur, of those that can be told: "3 reached and left · 4 never reached"."""
    known = (one for one in LOST if one is not Lost.UNTOLD and told.classes.get(one))
    return " · ".join(f"{told.classes[one]:,} {WORDS[one]}" for one in known)


def _classes(report: LostReport) -> list[tuple[str, str]]:
    told = report.all
    if not told.n_failed:
        return []
    out = []
    if told.n_told:
        by = ", ".join(f"{n:,} by {name}" for name, n in sorted(told.evidence.items(), key=lambda one: -one[1]))
        failures = "failure" if told.n_told == 1 else "failures"
        out = [("lost answers", had_it(told)), ("", classes(told)), ("", f"told of {told.n_told:,} {failures}: {by}")]
    if n := told.classes.get(Lost.UNTOLD, 0):
        why = ", ".join(f"{count:,}: {reason}" for reason, count in sorted(report.why_untold.items()))
        failures = "failure" if told.n_failed == 1 else "failures"
        words = f"cannot be told for {n:,} of {told.n_failed:,} {failures} ({why})"
        out.append(("" if out else "lost answers", words))
    return out


def _tax(told: Tally) -> list[tuple[str, str]]:
    if told.tax is None:
        return []
    of = f"{told.after:,} of {told.useful + told.after:,} tokens of thinking of right answers"
    return [
        ("after it", f"{told.tax:.0%} of the thinking came after the right answer stood: {of}".replace("%", " %")),
        ("", f"of {told.n_placed:,} of {told.n_right:,} right answers it is known where; the share is a lower bound"),
    ]


def _advice(advice: Advice | None) -> list[tuple[str, str]]:
    if advice is None:
        return []
    if advice.first is None or advice.second is None:
        items = "item has" if advice.n_items == 1 else "items have"
        return [
            (
                "budget",
                f"none is advised: {advice.n_items:,} {items} an outcome at every budget, and each half needs "
                f"{LEAST_ITEMS}",
            )
        ]
    first, second = advice.first, advice.second
    out = [("budget", f"{budget_words(first)}, chosen on one half of {advice.n_items:,} items")]
    out.append(("", f"on the other half {choice_words(first)}"))
    if second.budget_tokens != first.budget_tokens:
        out.append(("", f"the other half would choose {budget_words(second)}: it is not settled"))
    if advice.crossed is not None:
        was = f"as it was {score_words(advice.crossed_as_it_was)}"
        out.append(("", f"crossed over, all items: {score_words(advice.crossed)}, {was}"))
    return out


def budget_words(choice: Choice) -> str:
    """The budget of a choice: "1,024 tokens of thinking"."""
    if choice.budget_tokens is None:
        return "no budget: thinking as it was"
    return f"{choice.budget_tokens:,} tokens of thinking"


def choice_words(choice: Choice) -> str:
    """What a choice gave: "61.0 % (48.1–72.5) with 412 tokens on average, as it was 63.0 % (50.0–74.2) with 1,300"."""
    return (
        f"{score_words(choice.score)} with {choice.mean_tokens:,.0f} tokens on average, as it was "
        f"{score_words(choice.as_it_was)} with {choice.mean_tokens_as_it_was:,.0f}"
    )


def fate_words(one: Fate) -> str:
    """What became of a sample, where, and on what it rests: "right answer: reached and left after about 1,204 tokens,
    by text". Empty where there is nothing to tell."""
    if one.lost is None and one.tokens_after is None:
        return ""
    stood = "stood for good" if one.lost is None else WORDS[one.lost]
    by = f", by {one.evidence}" if one.evidence else ""
    if one.reached_tokens is None or (one.lost is not None and one.lost not in HAD_IT):
        return f"right answer: {stood}{by}"
    place = f"after about {_tokens(one.reached_tokens)}"
    if one.in_answer:
        place = "in the answer"
    elif one.evidence == "forks":
        place = f"within {_tokens(one.reached_tokens)}"
    after = f"; {_tokens(one.tokens_after)} of thinking came after it" if one.tokens_after else ""
    return f"right answer: {stood}, {place}{by}{after}"


def _tokens(n: int) -> str:
    return f"{n:,} {'token' if n == 1 else 'tokens'}"
