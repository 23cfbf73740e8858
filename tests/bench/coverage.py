"""How often the intervals of estimates hold the truth, and what they save: `python -m tests.bench.coverage [TIMES]`."""

from __future__ import annotations

import random
import sys

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


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
