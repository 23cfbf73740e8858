"""How our own comparison of mathematical answers, Math-Verify, and both together agree with a reader.

Usage: python tests/bench/math_grading.py [CASES.jsonl]
Each case has `key`, `answer` and `right` ("correct" or "wrong"). Prints the table of docs/grading-mathematics.md.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from aa_tui.evals.graders import math as grading
from aa_tui.evals.items import Item, Pack

OURS = Path(__file__).parents[1] / "evals" / "math_cases.jsonl"
PACK = Pack(
    name="cases",
    version="1",
    license="MIT",
    source="here",
    description="",
    citation="",
    items=(),
    items_sha256="0" * 64,
    graders={"*": "math"},
    template="{prompt}",
)
PATIENCE_S = 5
COLUMNS = ("right", "wrong accept", "wrong reject", "undecided")


Case = Mapping[str, str]


def together(cases: Sequence[Case]) -> list[str]:
    """What the grader says."""
    return [
        grading.GRADER.grade(PACK, Item("case", "any", "What?", case["key"]), case["answer"]).outcome for case in cases
    ]


def ours(cases: Sequence[Case]) -> list[str]:
    """What the grader says without Math-Verify."""
    with patch.object(grading, "verified", return_value=None):
        return together(cases)


def math_verify(cases: Sequence[Case], **options: Any) -> list[str]:
    """What Math-Verify says of the whole answers, which it reads by itself; undecided where it does not end."""
    outcomes: list[str] = []
    while len(outcomes) < len(cases):
        with multiprocessing.Pool(1) as process:
            for case in cases[len(outcomes) :]:
                try:
                    outcomes.append(
                        process.apply_async(_verified, (case["key"], case["answer"], options)).get(PATIENCE_S)
                    )
                except multiprocessing.TimeoutError:
                    outcomes.append("undecided")
                    break
    return outcomes


def _verified(key: str, answer: str, options: Mapping[str, Any]) -> str:
    from math_verify import parse, verify

    gold, said = (parse(text, parsing_timeout=None) for text in (f"${key.strip('$')}$", answer))
    return "correct" if verify(gold, said, timeout_seconds=None, **options) else "wrong"


def with_options(cases: Sequence[Case]) -> list[str]:
    """Math-Verify as we ask it, but for every case and believed in all."""
    return math_verify(cases, float_rounding=12, strict=True, allow_set_relation_comp=True)


WAYS: Mapping[str, Callable[[Sequence[Case]], list[str]]] = {
    "our comparison alone": ours,
    "Math-Verify alone, its defaults": math_verify,
    "Math-Verify alone, our options": with_options,
    "both, as the grader does": together,
}


def agreement(outcomes: Sequence[str], cases: Sequence[Case]) -> Counter[str]:
    """How often each of `COLUMNS` holds; an answer that is not correct counts as refused, whatever it is called."""
    counts: Counter[str] = Counter()
    for outcome, case in zip(outcomes, cases, strict=True):
        is_right = case["right"] == "correct"
        if outcome == "undecided":
            counts["undecided"] += 1
        elif (outcome == "correct") == is_right:
            counts["right"] += 1
        else:
            counts["wrong reject" if is_right else "wrong accept"] += 1
    return counts


def main(path: Path) -> None:
    """Print the table as Markdown."""
    logging.disable(logging.WARNING)
    import math_verify  # noqa: F401  # once, before the processes that are forked from this one

    cases = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    cases = [case for case in cases if case.get("area", "math").startswith("math")]
    print(f"{len(cases)} cases\n\n| | {' | '.join(COLUMNS)} |\n|---|{'---:|' * len(COLUMNS)}")
    for name, decide in WAYS.items():
        counts = agreement(decide(cases), cases)
        print(f"| {name} | {' | '.join(str(counts[column]) for column in COLUMNS)} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else OURS)
