"""How many times as fast speculation makes a file here, by kind of text, with what was accepted of the drafts."""

from __future__ import annotations

from collections.abc import Iterator

from aa_tui.catalog.rows import LocalResult, MeasurementRow
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.here.lines import named, newest
from aa_tui.charts.here.panels import panels
from aa_tui.charts.here.speed import subject
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Bar, BarChart, PanelChart

_SPEED_UP, _ACCEPTED = "speculation.speed_up", "speculation.acceptance"
_OF_KIND = f"{_SPEED_UP}."
_OF_DRAFTER = {"draft": "with the draft model", "mtp": "with MTP", "ngram": "with n-grams"}
_WHAT = "1 is plain decoding; each kind and way to draft with its best setting"


def _build(scene: Scene) -> BarChart | PanelChart:
    """One chart for each file, by its newest study."""
    results = newest(scene, lambda result: any(_speed_ups(result)), scene.speculations)
    known = [(label, result.run.id, result) for label, result in named(scene, results)]
    dates = sorted((result.run.ended_at or result.run.created_at)[:10] for result in results)
    words = f"{_WHAT}, {dates[-1]}" if dates else ""
    return panels(
        CHART.name,
        f"{CHART.title} · {subject(scene)}",
        known,
        _one,
        note=words,
        note_of_several=words,
        missing="Speculation was not measured here yet, or drafted nothing: `aa-tui speculate FILE` does it.",
    )


def _speed_ups(result: LocalResult) -> Iterator[tuple[str, MeasurementRow]]:
    """The kinds of text with a speed-up, all texts together first."""
    whole = result.measurements.get(_SPEED_UP)
    if whole is not None:
        yield "all", whole
    for metric, figure in sorted(result.measurements.items()):
        if metric.startswith(_OF_KIND):
            yield metric.removeprefix(_OF_KIND), figure


def _one(result: LocalResult, name: str, title: str, words: str) -> BarChart:
    kinds = [_bar(result, kind, figure) for kind, figure in _speed_ups(result)]
    ways = [
        _bar(result, label, result.measurements[f"{_SPEED_UP}_with.{drafter}"], f"_with.{drafter}")
        for drafter, label in _OF_DRAFTER.items()
        if f"{_SPEED_UP}_with.{drafter}" in result.measurements
    ]
    return BarChart(
        name=name,
        title=title,
        unit="times as fast as plain decoding (95 % interval)",
        better="higher",
        bars=(*kinds, *ways),
        total=len(kinds) + len(ways),
        noun="kinds of text and ways to draft" if ways else "kinds of text",
        note=words,
    )


def _bar(result: LocalResult, kind: str, figure: MeasurementRow, end: str | None = None) -> Bar:
    """The bar of a kind of text, or of a way to draft, of whose figures `end` is the end of the names."""
    low, high = figure.interval_low, figure.interval_high
    interval = (low, high) if low is not None and high is not None else None
    ends = f" ({interval[0]:.2f}–{interval[1]:.2f})" if interval else " measured once"
    if end is None:
        end = "" if kind == "all" else f".{kind}"
    accepted = result.measurements.get(f"{_ACCEPTED}{end}")
    share = f", {100 * accepted.value:.0f} % accepted" if accepted is not None else ""
    return Bar(f"{result.run.id}/{kind}", kind, figure.value, f"{figure.value:.2f}{ends}{share}", interval=interval)


CHART = Kind("here-speculation", "Speculation", "Measured here", "speed-up by kind of text, what was accepted", _build)
