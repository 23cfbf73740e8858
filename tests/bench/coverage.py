"""How often estimates hold the truth, and what they save: `python -m tests.bench.coverage [short] [TIMES]`."""

from __future__ import annotations

import random
import sys

from tests.analysis import test_short_pack as short
from tests.analysis.test_control_variate import draw

from aa_tui.analysis.control_variate import cells_of, controlled
from aa_tui.analysis.intervals import of_population

CASES = [
    (n, population, agree, ease)
    for n, population in ((20, 100), (60, 280), (140, 280), (60, 1_000))
    for agree in (0.0, 0.9, 0.97)
    for ease in (0.0, 2.0)
]


def main(times: int) -> None:
    """A line for each case: items, of how many, agreement, ease, share held, mean worth in items, plain share held."""
    sys.stdout.write("items  of     agree  ease   held    worth   plain held\n")
    for n, population, agree, ease in CASES:
        rng = random.Random(f"bench {n} {population} {agree} {ease}")
        held = plain = 0
        worth = 0.0
        for _ in range(times):
            truth, right, control, categories = draw(rng, n, population, agree, ease)
            found = controlled(cells_of(right, control, categories), estimand="these items")
            held += found.interval.contains(truth)
            plain += of_population(sum(right.values()), n, population).contains(truth)
            worth += found.n_worth / times
        shares = f"{100 * held / times:5.1f} %  {worth:6.0f}  {100 * plain / times:5.1f} %"
        sys.stdout.write(f"{n:>5}  {population:>5}  {agree:5.2f}  {ease:4.1f}  {shares}\n")
        sys.stdout.flush()


SHORT = [
    (n, population, kind, ability, new)
    for n, population in ((20, 100), (60, 280), (60, 1_000))
    for kind, ability, new in (
        *((kind, 0.5, 0.5) for kind in short.KINDS),
        ("rasch", 0.5, 3.0),
        ("rasch", 3.0, 4.0),
        ("noise", 3.0, 3.0),
    )
]


def short_packs(times: int) -> None:
    """The same for chosen items: how answers come about, abilities, mean score, bias, and half widths in points."""
    sys.stdout.write("items  of     answers    known  new   score   bias    held    ±     worth  plain held  ±\n")
    for n, population, kind, ability, new in SHORT:
        rng = random.Random(f"bench {n} {population} {kind} {ability} {new}")
        held = plain_held = 0
        score = bias = width = worth = plain_width = 0.0
        for _ in range(times):
            known, answers, categories = short.draw(rng, population, kind, ability, new)
            truth = sum(answers.values()) / population
            found = short.estimated(rng, known, answers, categories, n)
            plain = of_population(sum(answers[item] for item in rng.sample(sorted(answers), n)), n, population)
            held, plain_held = held + found.interval.contains(truth), plain_held + plain.contains(truth)
            score, bias, worth = (
                score + truth / times,
                bias + (found.value - truth) / times,
                worth + found.n_worth / times,
            )
            width += 100 * found.interval.half_width / times
            plain_width += 100 * plain.half_width / times
        sys.stdout.write(
            f"{n:>5}  {population:>5}  {kind:<9}  {ability:4.1f}  {new:4.1f}  {100 * score:5.1f}  {100 * bias:+5.2f}  "
            f"{100 * held / times:5.1f} %  {width:4.1f}  {worth:5.0f}  {100 * plain_held / times:5.1f} %  "
            f"{plain_width:4.1f}\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1:2] == ["short"]:
        short_packs(int(sys.argv[2]) if len(sys.argv) > 2 else 1_000)
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
