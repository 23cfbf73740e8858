"""What was evaluated on this machine, in words."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from aa_tui.catalog.rows import LocalResult, ModelRow
from aa_tui.pages.local_evaluations import beside, figures, groups, method_note, rows

_LABEL_CELLS, _VALUE_CELLS = 14, 24


def lines(results: Sequence[LocalResult], model: ModelRow, width: int) -> list[str]:
    """The evaluations as text for the shell, in at most so many columns; empty where there are none."""
    out: list[str] = []
    shown = rows(results)
    for group in groups(shown):
        first = group[0]
        out += _wrapped(f"⌂ {first.file} · {first.quant} · {first.size} · {first.machine}", width, 2)
        for row in group:
            out += _wrapped(row.head, width, 4)
            told = list(figures(row))
            cells = max(_LABEL_CELLS, *(len(label) + 1 for label, _, _ in told))
            for label, value, meaning in told:
                words = f"{label:<{cells}}{value:<{_VALUE_CELLS}} {meaning}".rstrip()
                out += _wrapped(words, width, 6, 7 + cells + _VALUE_CELLS)
    if not out:
        return []
    for one in beside(results, model):
        out += ["", *_wrapped(f"{one.label}: {one.words}: {one.difference}.", width, 2)]
    return [*out, "", *_wrapped(method_note(shown), width, 2)]


def _wrapped(words: str, width: int, indent: int, later: int | None = None) -> list[str]:
    """The words in lines; those after the first begin in the column `later`, so that values stay in their own."""
    after = " " * (indent if later is None else min(later, width // 2))
    return textwrap.wrap(words, width, initial_indent=" " * indent, subsequent_indent=after, break_on_hyphens=False)
