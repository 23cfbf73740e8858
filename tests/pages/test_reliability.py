"""A speed that says more about the machine's other work than about the file is marked wherever it stands."""

from __future__ import annotations

import sqlite3

from tests.support.noted import SLUG, measure

from aa_tui.catalog import models, runs
from aa_tui.charts import book
from aa_tui.charts.here.reliability import NOTE
from aa_tui.charts.spec import BarChart, PanelChart
from aa_tui.pages import compare, measured
from aa_tui.pages.scene import load_scene


def is_marked(conn: sqlite3.Connection) -> bool:
    model = models.by_slug(conn, SLUG)
    assert model is not None
    return model.here_unreliable


def test_repetitions_that_differ_and_a_busy_machine_mark_a_speed_everywhere(conn: sqlite3.Connection) -> None:
    steady, shaky = measure(conn, tg=20.0), measure(conn, tg=18.0)
    assert not is_marked(conn)
    runs.put_measurement(conn, runs.get(conn, shaky), "tg128", 18.0, "tokens/s", stdev=5.0, n=5)
    assert is_marked(conn), "the newest run is the one that is shown"
    result = runs.result_of(conn, runs.get(conn, shaky))
    assert measured.rate(result, "tg128") == "18.0 ± 5.0!"
    assert measured.row_of(result).caution.startswith("Unreliable: measure again when idle.")
    found = compare.load(conn, (f"run:{steady}", f"run:{shaky}"))
    rates = next(row for row in found.sections[0].rows if row.key == "tg128")
    assert [cell.text for cell in rates.cells] == ["20.0 ± 0.1", "18.0 ± 5.0!"]
    assert f"{NOTE}." in found.notes
    panels = book.kind("here-speed").build(load_scene(conn, None))
    assert isinstance(panels, PanelChart)
    drawn = [chart for chart in panels.charts if isinstance(chart, BarChart)]
    assert [bar.text for chart in drawn for bar in chart.bars] == ["18.0 ± 5.0!"]
    assert NOTE in drawn[0].note


def test_what_a_run_noted_of_the_machine_at_its_end_marks_its_speeds(conn: sqlite3.Connection) -> None:
    run_id = measure(conn)
    assert not is_marked(conn)
    runs.set_settings(conn, run_id, {"n_threads": 2, "cautions": ["the machine ran on its battery"]})
    assert is_marked(conn)
    runs.set_settings(conn, run_id, {"n_threads": 2, "cautions": "no list"})
    assert not is_marked(conn)
