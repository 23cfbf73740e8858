"""What the samples of a test are called: the test itself, its single requests, its cached prompts, its levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aa_tui.speed.plan import Test

REQUEST = "/request"
"""Added to a test's name for the samples of its single requests."""

CACHED = "/cached"
"""Added to the name of a time to first token whose prompt the KV cache held already."""


def level_name(test: Test, level: int) -> str:
    """A load sweep's test with so many requests at once."""
    return f"{test.name}@{level}"


def belongs_to(name: str, test: Test) -> bool:
    """Whether samples with this name are a part of the test."""
    own = name.partition("/")[0]
    return own == test.name or (test.kind == "load" and own.startswith(f"{test.name}@"))
