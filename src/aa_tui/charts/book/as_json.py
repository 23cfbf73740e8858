"""Charts as plain values with stable keys: what `aa-tui chart --json` prints. docs/json.md documents them."""

from __future__ import annotations

from typing import Any

from aa_tui.charts.book.kind import Kind
from aa_tui.charts.line_spec import LineChart
from aa_tui.charts.spec import Axis, Bar, BarChart, Chart, Dot, PanelChart, ScatterChart


def chart(spec: Chart) -> dict[str, Any]:
    """A chart of any form. `form` says which: "bars", "scatter", "lines" or "panels"."""
    if isinstance(spec, PanelChart):
        return {
            "name": spec.name,
            "form": "panels",
            "title": spec.title,
            "note": spec.note,
            "charts": [chart(one) for one in spec.charts],
            "missing": "" if spec.charts else spec.missing,
        }
    common = {
        "name": spec.name,
        "form": "bars" if isinstance(spec, BarChart) else "scatter",
        "title": spec.title,
        "note": spec.note,
        "total": spec.total,
        "noun": spec.noun,
        "groups": list(spec.groups),
    }
    if isinstance(spec, ScatterChart):
        lines: dict[str, Any] = {}
        if isinstance(spec, LineChart):
            lines = {"form": "lines", "right": _axis(spec.right) if spec.right else None, "on_right": spec.on_right}
        return {
            **common,
            **lines,
            "x": _axis(spec.x),
            "y": _axis(spec.y),
            "attractive": spec.attractive,
            "dots": [_dot(dot) for dot in spec.dots],
            "missing": "" if spec.dots else spec.missing,
        }
    return {
        **common,
        "unit": spec.unit,
        "better": spec.better,
        "parts": list(spec.parts),
        "stacked": spec.stacked,
        "bars": [_bar(bar) for bar in spec.bars],
        "missing": "" if spec.bars else spec.missing,
    }


def kind(one: Kind) -> dict[str, Any]:
    """A chart as a list names it."""
    return {"name": one.name, "title": one.title, "section": one.section, "shows": one.shows}


def _bar(bar: Bar) -> dict[str, Any]:
    return {
        "key": bar.key,
        "label": bar.label,
        "value": bar.value,
        "text": bar.text,
        "parts": list(bar.parts),
        "group": bar.group,
        "highlighted": bar.highlighted,
        "reasoning": bar.reasoning,
        "estimate": bar.estimate,
        "origin": bar.origin,
        "interval": _interval(bar.interval),
    }


def _dot(dot: Dot) -> dict[str, Any]:
    return {
        "key": dot.key,
        "label": dot.label,
        "x": dot.x,
        "y": dot.y,
        "x_text": dot.x_text,
        "y_text": dot.y_text,
        "group": dot.group,
        "highlighted": dot.highlighted,
        "reasoning": dot.reasoning,
        "estimate": dot.estimate,
        "interval": _interval(dot.interval),
    }


def _axis(axis: Axis) -> dict[str, Any]:
    return {"label": axis.label, "unit": axis.unit, "better": axis.better, "log": axis.log}


def _interval(one: tuple[float, float] | None) -> dict[str, Any] | None:
    """As every interval is; a chart is not told how it was made."""
    if one is None:
        return None
    return {"low": one[0], "high": one[1], "method": None, "level": None, "estimand": None}
