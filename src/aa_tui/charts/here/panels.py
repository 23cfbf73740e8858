"""Bars of several runs: a small chart for each in one panel; a single one fills the room alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from aa_tui.charts.spec import Bar, BarChart, PanelChart

T = TypeVar("T")

Making = Callable[[T, str, str, str], BarChart]
"""Makes a run's chart from what is known of it, the chart's name, its title and its note."""


def panels(
    name: str,
    title: str,
    known: Sequence[tuple[str, int, T]],
    one: Making[T],
    *,
    note: str,
    note_of_several: str,
    missing: str,
) -> BarChart | PanelChart:
    """The chart of what is known: label, run and what is drawn of it. `note_of_several` replaces the note of one."""
    if not known:
        return BarChart(name, title, "", None, (), 0, missing=missing)
    if len(known) == 1:
        label, _, drawn = known[0]
        return one(drawn, name, f"{title} · {label}", note)
    charts = tuple(one(drawn, f"run-{run_id}", label, "") for label, run_id, drawn in known)
    return PanelChart(name=name, title=title, charts=charts, note=note_of_several)


def by_category(bars: Sequence[Bar], *, name: str, title: str, unit: str, note: str, parts: Sequence[str]) -> BarChart:
    """Stacked bars of one run, its categories below the whole: none is better for being longer."""
    return BarChart(
        name=name,
        title=title,
        unit=unit,
        better=None,
        bars=tuple(bars),
        total=len(bars),
        noun="categories" if len(bars) > 1 else "bar",
        note=note,
        parts=tuple(parts),
    )
