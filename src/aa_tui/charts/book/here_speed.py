"""Speed as llama.cpp's own protocol measures it here: prompt processing and text generation."""

from __future__ import annotations

import re

from aa_tui.charts.book.kind import Kind
from aa_tui.charts.here.speed import NOTHING, here_chart, subject
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import BarChart, PanelChart

_TEST = re.compile(r"(pp|tg)(\d+)")
_TITLES = {"pp": "Prompt processing", "tg": "Text generation"}


def _build(scene: Scene) -> PanelChart:
    """Prompt processing is many times as fast as generation, so each has an axis of its own."""
    tests = {name for result in scene.local for name in result.measurements if _TEST.fullmatch(name)}
    return PanelChart(
        name=CHART.name,
        title=f"{CHART.title} · {subject(scene)}",
        charts=tuple(_one(scene, test) for test in sorted(tests, key=_order)),
        note="the model's own tokens, newest run of each file",
        missing=NOTHING,
    )


def _order(test: str) -> tuple[str, int]:
    found = _TEST.fullmatch(test)
    return (found[1], int(found[2])) if found else (test, 0)


def _one(scene: Scene, test: str) -> BarChart:
    return here_chart(
        scene,
        test,
        name=test,
        title=f"{_TITLES[test[:2]]} ({test})",
        unit="tokens/s ± standard deviation",
        better="higher",
        decimals=1,
    )


CHART = Kind("here-speed", "Speed", "Measured here", "pp and tg by file, quantization and machine", _build)
