"""Bars of what was measured here: one for each file on each machine, by its newest run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from aa_tui.catalog.rows import LocalResult, MeasurementRow, RunRow
from aa_tui.charts.here.reliability import NOTE, flag
from aa_tui.charts.of_models import short_name
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Bar, BarChart, Better

NOTHING = "Nothing was measured here yet: `aa-tui bench FILE` does it."


def here_chart(
    scene: Scene, metric: str, *, name: str, title: str, unit: str, better: Better, decimals: int
) -> BarChart:
    """A bar for each file and machine that has this figure. The total counts all files measured on a machine."""
    newest = newest_by_file(scene.local, metric)
    names = labels(scene, list(newest))
    bars = [
        Bar(
            key=str(result.run.id),
            label=label,
            value=result.measurements[metric].value,
            text=_text(result.measurements[metric], decimals) + flag(result, metric),
            interval=_spread(result.measurements[metric]),
        )
        for label, result in zip(names, newest, strict=True)
    ]

    def flagged(result: LocalResult) -> bool:
        return bool(flag(result, metric))

    sign = -1.0 if better == "higher" else 1.0
    bars.sort(key=lambda bar: (sign * bar.value, bar.label.casefold()))
    dates = sorted((result.run.ended_at or result.run.created_at)[:10] for result in newest)
    return BarChart(
        name=name,
        title=title,
        unit=unit,
        better=better,
        bars=tuple(bars),
        total=len({place(one) for one in scene.local if not one.run.file.is_served or metric in one.measurements}),
        noun="files measured here",
        note=", ".join(filter(None, (dates[-1] if dates else "", NOTE if any(map(flagged, newest)) else ""))),
        missing=NOTHING,
    )


def newest_by_file(results: tuple[LocalResult, ...], metric: str) -> list[LocalResult]:
    """The newest result of each file on each machine that has this figure."""
    found: dict[tuple[str, int], LocalResult] = {}
    for result in sorted(results, key=lambda one: -one.run.id):
        if metric in result.measurements:
            found.setdefault(place(result), result)
    return list(found.values())


def subject(scene: Scene) -> str:
    """What the title says was measured."""
    others = {one.run.made_on for one in scene.local if one.run.origin != "here"}
    where = f"measured on {others.pop() or 'another machine'}" if others else "measured here"
    return f"{short_name(scene.model)}, {where}" if scene.model is not None else where


def place(result: LocalResult) -> tuple[str, int]:
    """What a bar or line is of: a file's content on a machine."""
    machine = result.run.machine
    return result.run.file.sha256, machine.id if machine else 0


def labels(scene: Scene, results: list[LocalResult], mark: Callable[[RunRow], str] = lambda _run: "") -> list[str]:
    """Quantization and machine; the model's name on a chart of several, the file's where that is not enough. `mark` is
    what is said behind them of a run."""
    names = []
    for result in results:
        words = [] if scene.model is not None else [result.run.target]
        words.append(result.run.file.quant or result.run.file.shown_name)
        if result.run.made_on:
            words.append(f"· {result.run.made_on}")
        names.append(f"{' '.join(words)}{mark(result.run)}")
    twice = {label for label, count in Counter(names).items() if count > 1}
    return [
        f"{label} · {result.run.file.shown_name}" if label in twice else label
        for label, result in zip(names, results, strict=True)
    ]


def _spread(figure: MeasurementRow) -> tuple[float, float] | None:
    """The mean less and plus a standard deviation; of a single repetition nothing."""
    return (figure.value - figure.stdev, figure.value + figure.stdev) if figure.stdev else None


def _text(figure: MeasurementRow, decimals: int) -> str:
    spread = f" ± {figure.stdev:,.{decimals}f}" if figure.stdev is not None else ""
    return f"{figure.value:,.{decimals}f}{spread}"
