"""Charts of servers: figures known by heart, named after their server, apart from those of this machine."""

from __future__ import annotations

import sqlite3

import pytest

from aa_tui.catalog import files, runs
from aa_tui.catalog.metric_names import of_server
from aa_tui.charts import book
from aa_tui.charts.draw.render import draw
from aa_tui.charts.line_spec import LineChart
from aa_tui.pages.scene import load_scene

NAMES = ("served-load", "served-latency", "served-rate")
FIGURES = {
    of_server("c1", "output_tps"): 50.0,
    of_server("c4", "output_tps"): 160.0,
    of_server("c1", "itl_p50_s"): 0.02,
    of_server("c4", "itl_p50_s"): 0.025,
    **{
        of_server(f"c{level}", f"ttft_p{percent}_s"): level * percent / 1000
        for level in (1, 4)
        for percent in (50, 90, 99)
    },
    **{
        of_server(f"r{rate}", f"ttft_p{percent}_s"): rate * percent / 1000
        for rate in (0.5, 2)
        for percent in (50, 90, 99)
    },
    of_server("r0.5", "goodput_share"): 1.0,
    of_server("r2", "goodput_share"): 0.75,
    of_server("d0", "tg_tps"): 51.0,
}


def measure(conn: sqlite3.Connection, url: str, *, digest: str = "served:1") -> None:
    """A run through a server, with every figure, of a model with a page."""
    model_id = conn.execute("SELECT model_id FROM variants WHERE slug = 'nanbeige4-1-3b'").fetchone()[0]
    file = files.put_served(
        conn, url=url, model="tiny", digest=digest, size_bytes=None, quant="Q4_K_M", n_params=None,
        context_tokens=4_096, name="tiny", facts={},
    )  # fmt: skip
    conn.execute("UPDATE gguf_files SET model_id = ? WHERE id = ?", (model_id, file.id))
    served = [{"url": url, "kind": "vllm", "version": "1", "model": "tiny"}]
    run_id = runs.create(conn, kind="speed", file=file, settings={"servers": [url], "served": served, "slo": "ttft<1s"})
    for metric, value in FIGURES.items():
        runs.put_measurement(conn, runs.get(conn, run_id), metric, value, "")


def chart(conn: sqlite3.Connection, name: str, model: str | None = "nanbeige4.1-3b") -> LineChart:
    spec = book.kind(name).build(load_scene(conn, model))
    assert isinstance(spec, LineChart)
    return spec


def points(spec: LineChart) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = {}
    for dot in spec.dots:
        found.setdefault(dot.group, []).append((dot.x, round(dot.y, 9)))
    return found


def test_throughput_is_drawn_in_total_and_for_each_request(conn: sqlite3.Connection) -> None:
    measure(conn, "http://box:8000")
    spec = chart(conn, "served-load")
    assert points(spec) == {"in total": [(1, 50), (4, 160)], "each request": [(1, 50), (4, 40)]}
    assert spec.title == "Throughput of a server · Nanbeige4.1-3B · through vllm at box:8000"


def test_latency_is_drawn_by_percentile(conn: sqlite3.Connection) -> None:
    measure(conn, "http://box:8000")
    assert points(chart(conn, "served-latency")) == {
        "p50": [(1, 0.05), (4, 0.2)], "p90": [(1, 0.09), (4, 0.36)], "p99": [(1, 0.099), (4, 0.396)],
    }  # fmt: skip


def test_goodput_has_an_axis_of_its_own_that_names_the_limits(conn: sqlite3.Connection) -> None:
    measure(conn, "http://box:8000")
    spec = chart(conn, "served-rate")
    assert points(spec)["goodput"] == [(0.5, 100), (2, 75)]
    assert spec.right is not None
    assert spec.right.unit == "% that keep ttft<1s"
    assert spec.on_right == "goodput"


def test_each_server_has_a_line_even_where_both_serve_the_same(conn: sqlite3.Connection) -> None:
    measure(conn, "http://box:8000")
    measure(conn, "http://attic:8000")
    spec = chart(conn, "served-load")
    assert set(points(spec)) == {"vllm at box:8000", "vllm at attic:8000"}
    assert spec.title.endswith("through servers")
    everything = chart(conn, "served-load", None)
    assert set(points(everything)) == {"Nanbeige4.1-3B · vllm at box:8000", "Nanbeige4.1-3B · vllm at attic:8000"}


def test_no_chart_of_this_machine_has_them(conn: sqlite3.Connection) -> None:
    measure(conn, "http://box:8000")
    scene = load_scene(conn, "nanbeige4.1-3b")
    for name in ("here-speed", "here-ttft", "here-depth", "here-load", "here-latency"):
        spec = book.kind(name).build(scene)
        assert not (spec.dots if isinstance(spec, LineChart) else getattr(spec, "bars", ())), name


@pytest.mark.parametrize("name", NAMES)
def test_without_figures_the_chart_names_the_command(conn: sqlite3.Connection, name: str) -> None:
    spec = chart(conn, name)
    assert spec.dots == ()
    assert "`aa-tui bench http://HOST:PORT" in spec.missing


@pytest.mark.parametrize("name", NAMES)
def test_they_are_drawn_where_there_is_little_room(conn: sqlite3.Connection, name: str) -> None:
    measure(conn, "http://box:8000")
    for width, height in ((40, 10), (90, 18)):
        lines = draw(chart(conn, name), width, height).lines
        assert len(lines) <= height
