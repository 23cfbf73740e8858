"""Lines of what was measured here: depth, load, latency and heat, on figures known by heart."""

from __future__ import annotations

import sqlite3

import pytest

from aa_tui.catalog import files, life, runs, telemetry
from aa_tui.catalog.rows import Figure, SampleRow
from aa_tui.catalog.telemetry import MachineState
from aa_tui.charts import book
from aa_tui.charts.book import as_json
from aa_tui.charts.draw.cells import cell_width
from aa_tui.charts.draw.render import draw
from aa_tui.charts.line_spec import LineChart, axis_of
from aa_tui.charts.scene import Scene
from aa_tui.pages.scene import load_scene
from aa_tui.tui.charts.words import of_dot

MODEL = "nanbeige4.1-3b"
NAMES = ("here-depth", "here-load", "here-latency", "here-sustained")

FIGURES = {
    "tg128": 18.0,
    "tg128@d4096": 15.0,
    "tg128@d16384": 10.0,
    "tg64@d16": 17.0,
    "load-sweep@1": 17.5,
    "load-sweep@2": 22.0,
    "load-sweep@4": 24.8,
    "load-sweep@1/request.output_tps": 18.0,
    "load-sweep@2/request.output_tps": 11.5,
    "load-sweep@4/request.output_tps": 6.4,
    "load-sweep@1/request.e2e_s": 57.0,
    "load-sweep@2/request.e2e_s": 91.0,
    "load-sweep@4/request.e2e_s": 161.0,
    "load-sweep@1/request.ttft_s": 1.5,
    "load-sweep@2/request.ttft_s": 3.0,
    "load-sweep@4/request.ttft_s": 6.0,
    "sustained.burst_tps": 18.0,
    "sustained.sustained_tps": 14.0,
}


@pytest.fixture
def catalog(conn: sqlite3.Connection) -> sqlite3.Connection:
    measure(conn, "Q4_K_M")
    return conn


def measure(conn: sqlite3.Connection, quant: str, *, hot: bool = True) -> None:
    """A run of a file of Nanbeige4.1-3B with every figure, 5 minutes of it sustained."""
    model_id = conn.execute("SELECT model_id FROM variants WHERE slug = 'nanbeige4-1-3b'").fetchone()[0]
    file = files.put(
        conn,
        path=f"/models/{quant}.gguf",
        sha256=quant,
        size_bytes=1,
        mtime_ns=1,
        quant=quant,
        architecture="llama",
        n_params=3_930_000_000,
        context_tokens=262_144,
        name="Nanbeige4.1-3B",
        metadata={},
    )
    conn.execute("UPDATE gguf_files SET model_id = ? WHERE id = ?", (model_id, file.id))
    run_id = runs.create(conn, kind="speed", file=file, settings={})
    machine = {"fingerprint": "f", "name": "box", "cpu": "A CPU", "cores_physical": 4, "cores_logical": 8}
    runs.set_machine(conn, run_id, {**machine, "memory_bytes": 1, "os": "Linux", "arch": "x86_64"}, {})
    run = runs.get(conn, run_id)
    for metric, value in FIGURES.items():
        runs.put_measurement(conn, run, metric, value, "s" if metric.endswith("_s") else "tokens/s")
    for number in range(60):
        at = f"2026-01-01T00:{number * 5 // 60:02d}:{number * 5 % 60:02d}.000+00:00"
        rate = 18.0 - number / 15
        sample = SampleRow("sustained", number + 1, False, 0, 90, 5.0, rate, None, None, None, at)
        runs.add_sample(conn, run_id, sample)
        if hot and number % 2 == 0:
            blank = MachineState(at, *[None] * 11)
            telemetry.add(conn, run_id, blank._replace(temperature_c=50.0 + number / 2))


def test_cache_types_have_a_line_each_with_their_intervals(catalog: sqlite3.Connection) -> None:
    run = runs.get(catalog, 1)
    figures = [
        Figure(f"cache.kld.{types}@{depth}", value, "nats", interval_low=value / 2, interval_high=value * 2)
        for types, depth, value in (
            ("q8_0-q8_0", 16_384, 0.0009),
            ("q8_0-q8_0", 0, 0.0004),
            ("q8_0-q4_0", 0, 0.02),
            ("q8_0-q4_0", 4096, 0.04),
        )
    ]
    more = [Figure("cache.tg.q8_0-q8_0@0", 18.0, "tokens/s"), Figure("cache.kld.q8_0@0", 5.0, "nats")]
    runs.put_figures(catalog, run, [*figures, *more])
    chart = lines(load_scene(catalog, MODEL), "here-cache")
    assert chart.groups == ("q8_0/q4_0", "q8_0/q8_0")
    assert [(dot.group, dot.x, dot.y) for dot in chart.dots] == [
        ("q8_0/q4_0", 0, 0.02),
        ("q8_0/q4_0", 4096, 0.04),
        ("q8_0/q8_0", 0, 0.0004),
        ("q8_0/q8_0", 16_384, 0.0009),
    ]
    assert chart.dots[3].interval == (0.00045, 0.0018)
    assert chart.y.log
    assert "q8_0/q8_0" in draw(chart, 100, 30).plain()


def test_without_a_study_of_cache_types_the_chart_says_how_to_make_one(catalog: sqlite3.Connection) -> None:
    assert "aa-tui cache FILE" in draw(lines(load_scene(catalog, MODEL), "here-cache"), 100, 30).plain()


def lines(scene: Scene, name: str) -> LineChart:
    spec = book.kind(name).build(scene)
    assert isinstance(spec, LineChart)
    return spec


def points(spec: LineChart) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = {}
    for dot in spec.dots:
        found.setdefault(dot.group, []).append((dot.x, dot.y))
    return found


def test_depth_is_one_line_for_each_test_and_file(catalog: sqlite3.Connection) -> None:
    scene = load_scene(catalog, MODEL)
    assert points(lines(scene, "here-depth")) == {"Q4_K_M · box": [(0, 18), (4096, 15), (16384, 10)]}
    measure(catalog, "Q8_0")
    both = points(lines(load_scene(catalog, None), "here-depth"))
    assert list(both) == ["Nanbeige4.1-3B Q8_0 · box", "Nanbeige4.1-3B Q4_K_M · box"]


def test_load_has_the_total_and_each_request(catalog: sqlite3.Connection) -> None:
    scene = load_scene(catalog, MODEL)
    assert points(lines(scene, "here-load")) == {
        "Q4_K_M · box in total": [(1, 17.5), (2, 22), (4, 24.8)],
        "each request": [(1, 18), (2, 11.5), (4, 6.4)],
    }
    latency = lines(scene, "here-latency")
    assert points(latency) == {
        "Q4_K_M · box, whole response": [(1, 57), (2, 91), (4, 161)],
        "first token": [(1, 1.5), (2, 3), (4, 6)],
    }
    assert (latency.x.log, latency.y.better) == (True, "lower")


def test_heat_has_an_axis_of_its_own(catalog: sqlite3.Connection) -> None:
    spec = lines(load_scene(catalog, MODEL), "here-sustained")
    drawn = points(spec)
    assert drawn["Q4_K_M · box"][0] == (2.5, 18.0)
    assert len(drawn["Q4_K_M · box"]) == 60
    assert drawn["temperature"][0] == (2.5, 50.0)
    hot = next(dot for dot in spec.dots if dot.group == "temperature")
    assert axis_of(spec, hot).unit == "°C"
    words = of_dot(spec, hot, load_scene(catalog, MODEL))
    assert "Temperature 50 °C" in words
    assert "tokens/s" not in words
    text = draw(spec, 100, 24).plain()
    assert "temperature (right)" in text
    right = [row[-5:] for row in text.splitlines() if "├" in row]
    assert any("60" in row for row in right)
    assert any("70" in row for row in right)
    assert not any("├" in row for row in draw(lines(load_scene(catalog, MODEL), "here-depth"), 100, 24).plain())


def test_a_machine_without_a_thermometer_has_one_axis(conn: sqlite3.Connection) -> None:
    measure(conn, "Q4_K_M", hot=False)
    spec = lines(load_scene(conn, MODEL), "here-sustained")
    assert (spec.right, len(spec.dots)) == (None, 60)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("width", "height"), [(30, 6), (80, 24), (200, 50)])
@pytest.mark.repeats
def test_lines_keep_to_their_room_and_join_their_points(
    catalog: sqlite3.Connection, name: str, width: int, height: int
) -> None:
    spec = lines(load_scene(catalog, MODEL), name)
    text = draw(spec, width, height).plain()
    assert max(map(cell_width, text.splitlines())) <= width
    assert len(text.splitlines()) <= height
    assert any("\u2801" <= character <= "\u28ff" for character in text), "strokes"
    assert draw(spec, width, height, ascii=True).plain().isascii()
    shown = as_json.chart(spec)
    assert shown["form"] == "lines"
    assert len(shown["dots"]) == len(spec.dots)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_measured_says_how_to(conn: sqlite3.Connection, name: str) -> None:
    spec = lines(load_scene(conn, MODEL), name)
    assert spec.dots == ()
    assert "aa-tui bench FILE --" in draw(spec, 80, 24).plain()


def test_imported_speeds_are_in_no_chart_of_here(conn: sqlite3.Connection) -> None:
    from aa_tui.catalog import elsewhere, models

    row = elsewhere.Elsewhere(
        *("tg128", 20.0, 0.1, 5, "llama-bench", "abc", "Another CPU", "", "CPU", 8, 0, "x.gguf", "llama 3B", None),
        *("2026-01-01T00:00:00Z", {"a": 1}, models.resolve(conn, MODEL).model_id),
    )
    assert elsewhere.add(conn, [row, row]) == 1
    assert elsewhere.add(conn, [row]) == 0
    assert [one.cpu for one in elsewhere.listing(conn)] == ["Another CPU"]
    assert elsewhere.listing(conn)[0].slug == "nanbeige4-1-3b"
    assert load_scene(conn, MODEL).local == ()
    assert models.resolve(conn, MODEL).here_tg_tps is None


@pytest.mark.parametrize("model", [MODEL, None])
def test_a_study_of_cache_types_at_an_empty_context_only_is_drawn(
    catalog: sqlite3.Connection, model: str | None
) -> None:
    file = runs.get(catalog, 1).file
    run = runs.get(catalog, runs.create(catalog, kind="study", file=file, settings={"study": "cache"}))
    figures = [Figure("cache.kld.q8_0-q8_0@0", 0.0004, "nats"), Figure("cache.kld.q4_0-q4_0@0", 0.02, "nats")]
    runs.put_figures(catalog, run, figures)
    assert "No types" in draw(lines(load_scene(catalog, model), "here-cache"), 100, 30).plain()
    life.end(catalog, run.id, "finished")
    shown = draw(lines(load_scene(catalog, model), "here-cache"), 100, 30).plain()
    assert "q4_0/q4_0" in shown
    assert "q8_0/q8_0" in shown
