"""Whether a speed is unreliable is asked of the catalog and of figures that were read: both say the same."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tests.support.noted import a_file

from aa_tui.catalog import files, library, runs
from aa_tui.charts.here import reliability


@pytest.mark.parametrize(
    ("settings", "stdev", "flagged"),
    [
        ({"n_threads": 4}, 1.0, False),
        ({"n_threads": 4}, 10.1, True),
        ({"n_threads": 4, "load_1m_before": 1.9}, None, False),
        ({"n_threads": 4, "load_1m_before": 2.1}, None, True),
        ({"load_1m_before": 9.0}, 0.0, False),
        ({"n_threads": 4, "cautions": ["it ran hot"]}, 0.0, True),
        ({"n_threads": 4, "cautions": []}, 0.0, False),
    ],
)
def test_sql_and_values_say_the_same(
    conn: sqlite3.Connection, tmp_path: Path, settings: dict[str, Any], stdev: float | None, flagged: bool
) -> None:
    model_id = files.add_local_model(
        conn, name="Own", creator="me", total_params_b=1.0, context_tokens=None, license_name=None, reasoning=False,
        source_url="x", as_of="2026-11-28",
    )  # fmt: skip
    run_id = runs.create(conn, kind="speed", file=a_file(conn, tmp_path / "own.gguf", model_id), settings=settings)
    box = {"fingerprint": "f", "name": "box", "cpu": "A CPU", "cores_physical": 4, "cores_logical": 8}
    runs.set_machine(conn, run_id, {**box, "memory_bytes": 1, "os": "Linux", "arch": "x86_64"}, {})
    runs.put_measurement(conn, runs.get(conn, run_id), "tg128", 100.0, "tokens/s", stdev=stdev, n=5)
    (speed,) = library.measured_tg(conn, "f")
    assert (speed.tps, speed.run_id, speed.is_unreliable) == (100.0, run_id, flagged)
    result = runs.result_of(conn, runs.get(conn, run_id))
    assert bool(reliability.reasons(result) or reliability.is_unsteady(result.measurements["tg128"])) == flagged
