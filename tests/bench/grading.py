"""How many answers a second each grader takes: a Markdown table.

Usage: uv run python tests/bench/grading.py [--peer PYTHON]

PYTHON is the interpreter of another installation of aa-tui, such as that of an older commit: both are measured in
turns, and the ratio is of the medians.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from aa_tui.evals.grading import judge
from aa_tui.evals.items import Item, Pack

ROUNDS = 5
REASONING = "Let us look at what is asked, one thing after the other, and see what follows from it. " * 12


def answers() -> Iterator[tuple[str, str, str, str, dict[str, str]]]:
    """Name, grader, key, answer and what the item's extra holds: answers of the kinds that models write."""
    for n in range(200):
        said = f"{REASONING}\n\nThat makes {n} + 4 = {n + 4}, and {n + 4} * 2 = {2 * n + 8}."
        yield "number behind a mark", "numeric", str(2 * n + 8), f"{said}\n\nAnswer: {2 * n + 8 + n % 2}", {}
        yield "number in a sentence", "numeric", str(2 * n + 8), f"{said}\nSo she has {2 * n + 8} apples.", {}
        yield "letter behind a mark", "choice", "B", f"{REASONING}\n\nAnswer: {'ABCD'[n % 4]}", {}
        yield "letter in a sentence", "choice", "B", f"{REASONING}\n\nThe correct answer is ({'ABCD'[n % 4]}).", {}
        yield "no letter", "choice", "B", f"{REASONING}\n\n{REASONING}", {}
        yield "text", "exact", "Leo", f"{REASONING}\n\n**Answer:** {('Leo', 'Mona')[n % 2]}", {}
        yield "Python value", "exact", "[1, 2]", f"{REASONING}\n\nAnswer: [1, {n % 3}]", {"compare": "python"}
        yield "formula, a number", "math", str(n), f"{REASONING}\n\n\\boxed{{{n + n % 2}}}", {}
        yield "formula, a fraction", "math", f"\\frac{{{n}}}{{7}}", f"{REASONING}\n\n\\boxed{{\\frac{{{n}}}{{7}}}}", {}


def rates() -> dict[str, float]:
    """Answers a second by name."""
    rows: dict[str, list[tuple[Pack, Item, str]]] = {}
    for name, grader, key, answer, extra in answers():
        pack = Pack("bench", "1", "MIT", "", "", "", (), "", {"*": grader}, "{prompt}")
        rows.setdefault(name, []).append((pack, Item("i", "c", "q", answer=key, extra=extra), answer))
    found = {}
    for name, work in rows.items():
        judge(*work[0])  # imports
        started = time.process_time()
        for pack, item, answer in work:
            judge(pack, item, answer)
        found[name] = len(work) / (time.process_time() - started)
    return found


def measured(python: str) -> dict[str, float]:
    """The rates in a process of an interpreter."""
    done = subprocess.run([python, __file__, "--rates"], stdout=subprocess.PIPE, check=True, text=True)
    return dict(json.loads(done.stdout))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer")
    parser.add_argument("--rates", action="store_true")
    options = parser.parse_args()
    if options.rates:
        print(json.dumps(rates()))
        return
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(measured(sys.executable))
        theirs += [measured(options.peer)] if options.peer else []
    print("| answers | a second |" + (" peer | ratio |" if theirs else ""))
    print("|---|---|" + ("---|---|" if theirs else ""))
    for name in ours[0]:
        here = statistics.median(one[name] for one in ours)
        row = f"| {name} | {here:,.0f} |"
        if theirs:
            there = statistics.median(one[name] for one in theirs)
            row += f" {there:,.0f} | {here / there:.2f} |"
        print(row)


if __name__ == "__main__":
    main()
