"""What a control would have saved, replayed on stored runs: `python -m tests.bench.control_replay CATALOG DEAR CHEAP`.

Both runs have answered all of a pack, so the dear one's score is known. For each number of items so many are drawn,
by category, and it is counted how often the estimate's interval holds that score, and how many items would do as much.
"""

from __future__ import annotations

import random
import sqlite3
import sys
from collections.abc import Mapping

from aa_tui.analysis.control_variate import cells_of, controlled
from aa_tui.analysis.intervals import of_population
from aa_tui.outcomes import Outcome

SIZES = (20, 40, 60, 100)
TIMES = 400


def hits(conn: sqlite3.Connection, run_id: int) -> tuple[dict[str, bool], dict[str, str]]:
    """Of each item whether it was right, and its category."""
    rows = conn.execute("SELECT item_id, outcome, category FROM samples_now WHERE run_id = ?", (run_id,)).fetchall()
    return {row[0]: row[1] == Outcome.CORRECT for row in rows}, {row[0]: row[2] for row in rows}


def drawn(rng: random.Random, categories: Mapping[str, str], n: int) -> list[str]:
    """So many items, each category by its share."""
    members: dict[str, list[str]] = {}
    for item, category in categories.items():
        members.setdefault(category, []).append(item)
    places = [
        ((place + rng.random()) / len(items), item)
        for items in members.values()
        for place, item in enumerate(rng.sample(items, len(items)))
    ]
    return [item for _, item in sorted(places)[:n]]


def main(path: str, dear: int, control: int) -> None:
    """A line for each number of items."""
    conn = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    right, categories = hits(conn, dear)
    others, _ = hits(conn, control)
    truth, rng = sum(right.values()) / len(right), random.Random(0)
    same = sum(right[item] == others[item] for item in right) / len(right)
    sys.stdout.write(f"{len(right)} items, score {truth:.3f}, the runs agree on {100 * same:.1f} %\n")
    for n in (size for size in SIZES if 2 * size <= len(right)):
        held = plain_held = 0
        width = plain_width = worth = 0.0
        for _ in range(TIMES):
            few = {item: right[item] for item in drawn(rng, categories, n)}
            found = controlled(cells_of(few, others, categories), estimand="these items")
            plain = of_population(sum(few.values()), n, len(right))
            held, plain_held = held + found.interval.contains(truth), plain_held + plain.contains(truth)
            width, plain_width = width + found.interval.half_width / TIMES, plain_width + plain.half_width / TIMES
            worth += found.n_worth / TIMES
        sys.stdout.write(
            f"{n:>4} items: ± {100 * width:.1f}, plain ± {100 * plain_width:.1f}; worth {worth:.0f}; "
            f"held {100 * held / TIMES:.1f} %, plain {100 * plain_held / TIMES:.1f} %\n"
        )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
