"""One item of a pack that grades with one grader: what a grader is tried on."""

from __future__ import annotations

from typing import Any

from aa_tui.evals.grading import judge
from aa_tui.evals.items import Extraction, Item, Pack, Verdict


def pack_with(grader: str, *patterns: str) -> Pack:
    """A pack without items whose answers this grader judges."""
    return Pack(
        name="test",
        version="1",
        license="MIT",
        source="here",
        description="",
        citation="",
        items=(),
        items_sha256="0" * 64,
        graders={"*": grader},
        template="{prompt}",
        extraction=Extraction(patterns),
    )


def graded(grader: str, key: Any, answer: str, *patterns: str, choices: tuple[str, ...] = (), **extra: Any) -> Verdict:
    """The verdict on an answer to one item."""
    item = Item("i1", "any", "What?", key, choices=choices, extra=extra)
    return judge(pack_with(grader, *patterns), item, answer)
