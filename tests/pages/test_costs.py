"""What right answers cost, as each face tells it: seconds, joules above idle, electricity, and an API's price."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.support.evaluated import MODEL, SEVEN, evaluate_here

from aa_tui.analysis.evaluation import summarise
from aa_tui.catalog import runs, samples, telemetry
from aa_tui.catalog.telemetry import MachineState
from aa_tui.host import energy
from aa_tui.pages import evaluation, local_evaluations
from aa_tui.pages.json import evaluation as evaluation_json
from aa_tui.pages.json import local_evaluations as local_json
from aa_tui.pages.page import load
from aa_tui.pages.text import evaluation as evaluation_text
from aa_tui.pages.text import page as plain
from aa_tui.runs.evaluation.figures import figures_of
from aa_tui.runs.evaluation.spending import spent_of
from aa_tui.runs.machine_state import idle_power_w
from aa_tui.tui.page.text import measured_text


def tell_power(conn: sqlite3.Connection, run_id: int, watts: float) -> None:
    """The seven answers of two seconds each all ended with the year's first second."""
    for second in ("2025-12-31T23:59:55+00:00", "2026-01-01T00:00:00+00:00"):
        nothing = dict.fromkeys(MachineState._fields)
        telemetry.add(conn, run_id, MachineState(**{**nothing, "at": second, "power_w": watts}))  # type: ignore[arg-type]


def words(conn: sqlite3.Connection, run_id: int) -> str:
    return "\n".join(evaluation_text.lines(evaluation.load(conn, runs.get(conn, run_id))))


def test_joules_above_idle_a_right_answer(conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AA_TUI_TARIFF", "0.36 EUR")
    run_id = evaluate_here(conn, "Q4_K_M", SEVEN, more_settings={"idle_power_w": 10.0})
    tell_power(conn, run_id, 40.0)
    value = evaluation_json.as_json(evaluation.load(conn, runs.get(conn, run_id)))["costs"]
    # Seven at once for 2 s, of which the first half second is prefill: 60 J above idle, three are right.
    assert (value["prefill_j"], value["decode_j"]) == pytest.approx((15, 45))
    assert value["joules_per_right"]["value"] == pytest.approx(20)
    assert value["seconds_per_right"]["value"] == pytest.approx(2 / 3)
    assert (value["power_w"], value["idle_power_w"]) == pytest.approx((40, 10))
    assert value["electricity"]["per_right"] == pytest.approx(20 / 3.6e6 * 0.36)
    text = words(conn, run_id)
    assert "20 J each" in text
    assert "at 40.0 W, of which 10.0 W idle, measured when the run started, are taken off" in text
    low, high = (value["joules_per_right"]["interval"][end] / 3600 * 0.36 for end in ("low", "high"))
    assert f"electricity 0.002 EUR for 1,000 of them ({low:.3g}–{high:.3g}), at 0.36 EUR/kWh" in text


def test_without_power_readings_energy_is_not_measured(conn: sqlite3.Connection) -> None:
    run_id = evaluate_here(conn, "Q4_K_M", SEVEN)
    text = words(conn, run_id)
    assert "right answer 0.667 s each (" in text
    assert "energy not measured" in text
    value = evaluation_json.as_json(evaluation.load(conn, runs.get(conn, run_id)))["costs"]
    assert value["joules_per_right"] is None
    assert value["electricity"] is None


def test_one_right_answer_says_why_it_has_no_interval(conn: sqlite3.Connection) -> None:
    one = next(sample for sample in SEVEN if sample.outcome == "correct")
    text = words(conn, evaluate_here(conn, "Q4_K_M", [one]))
    assert " s each, too few of them for an interval; of the time" in text


def test_without_an_idle_power_nothing_is_taken_off(conn: sqlite3.Connection) -> None:
    run_id = evaluate_here(conn, "Q4_K_M", SEVEN)
    tell_power(conn, run_id, 40.0)
    text = words(conn, run_id)
    assert "idle power is not known, so nothing is taken off" in text
    assert 'aa-tui config set tariff "0.30 EUR"' in text


def test_an_apis_price_is_told_with_its_source(conn: sqlite3.Connection) -> None:
    run_id = evaluate_here(conn, "Q4_K_M", SEVEN)
    variant, source = (
        conn.execute(query).fetchone()[0]
        for query in ("SELECT id FROM variants WHERE slug = 'nanbeige4-1-3b'", "SELECT max(id) FROM sources")
    )
    conn.execute("DELETE FROM offers WHERE variant_id = ?", (variant,))
    for provider, price in (("Dear", 30.0), ("Cheap", 3.0), ("Middle", 6.0)):
        conn.execute(
            "INSERT INTO offers (variant_id, source_id, provider, price_in_usd_per_m, price_out_usd_per_m) "
            "VALUES (?, ?, ?, 0, ?)",
            (variant, source, provider, price),
        )
    api = evaluation_json.as_json(evaluation.load(conn, runs.get(conn, run_id)))["costs"]["api"]
    n_output = sum(one.n_thinking + one.n_answer for one in SEVEN)
    assert api["provider"] == "Cheap"
    assert api["total_usd"] == pytest.approx(3 * n_output / 1e6)
    assert api["median_total_usd"] == pytest.approx(6 * n_output / 1e6)
    assert api["source_name"]
    assert api["as_of"]
    assert "USD each (Cheap; median of 3 offers" in words(conn, run_id)


def test_the_models_page_has_it_beside_the_score(conn: sqlite3.Connection) -> None:
    run_id = evaluate_here(conn, "Q4_K_M", SEVEN, more_settings={"idle_power_w": 10.0})
    tell_power(conn, run_id, 40.0)
    run, rows = runs.get(conn, run_id), samples.scored(conn, run_id)
    runs.put_figures(conn, run, figures_of("quick", "1.0", summarise(rows), rows, spent=spent_of(conn, run, rows)))
    page = load(conn, MODEL)
    (row,) = local_evaluations.rows(page.measured_here)
    assert row.right_answer.startswith("0.667 s (")
    assert ", 20 J (" in row.right_answer
    assert row.right_answer in measured_text(page, 120).plain
    assert row.right_answer in plain.drawing(page, 120).plain()
    (value,) = local_json.as_json(page.measured_here)
    assert value["joules_per_right"]["value"] == pytest.approx(20)


def test_nothing_right_says_so(conn: sqlite3.Connection) -> None:
    run_id = evaluate_here(conn, "Q4_K_M", [one._replace(outcome="wrong") for one in SEVEN])
    assert "right answer none, in 2.0 s" in words(conn, run_id)


def test_idle_power_is_measured_where_the_machine_tells_it(tmp_path: Path) -> None:
    counter = tmp_path / "intel-rapl:0" / "energy_uj"
    counter.parent.mkdir()
    for name, text in (("name", "package-0"), ("energy_uj", "1000000"), ("max_energy_range_uj", "262143328850")):
        (counter.parent / name).write_text(text)
    meter = energy.find_meter(tmp_path, gpu=False)
    assert meter is not None
    counted = 1_000_000

    def used() -> bool:
        """Each look at whether to stop is also the next 0.5 J of the counter."""
        nonlocal counted
        counted += 500_000
        counter.write_text(str(counted))
        return False

    found = idle_power_w(meter, used, over_s=0.05)
    assert found is not None
    assert found > 0
    assert idle_power_w(meter, lambda: True, over_s=0.05) is None
    assert idle_power_w(None, lambda: False) is None
