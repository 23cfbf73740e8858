"""A small lab whose models and measurements are known by heart."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from aa_tui.catalog import facts, files, runs
from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.rows import ModelRow
from aa_tui.charts.scene import Selection

LAB = Selection(band="all", creator="Testlab")
"""The small lab's models alone."""

_COLUMNS = (*ModelRow._fields, "source_name", "source_url")

_COMMON = {
    "creator": "Testlab",
    "release_date": "2026-01-01",
    "reasoning": "no",
    "open_weights": "yes",
    "index_version": "v4.0",
    "index_is_estimate": "no",
    "as_of": "2026-06-01",
    "source_name": "Test table",
    "source_url": "https://example.org/table",
}
_LAB_MODELS: tuple[Mapping[str, str], ...] = (
    {
        **{"slug": "alpha", "name": "Alpha (Reasoning)", "reasoning": "yes", "total_params_b": "30"},
        **{"active_params_b": "3", "context_tokens": "128000", "intelligence_index": "40"},
        **{"index_output_tokens_m": "100", "reasoning_tokens_m": "75", "answer_tokens_m": "25"},
        **{"price_in_usd_per_m": "1", "price_out_usd_per_m": "3", "output_tps": "200"},
        **{"ttft_s": "0.5", "ttfat_s": "10.5", "e2e_s": "13", "openness_index": "60"},
        **{"cost_to_run_usd": "40", "cost_input_usd": "10", "cost_reasoning_usd": "20", "cost_answer_usd": "10"},
    },
    {
        **{"slug": "beta", "name": "Beta", "open_weights": "no", "intelligence_index": "20"},
        **{"index_is_estimate": "yes", "context_tokens": "1000000", "index_output_tokens_m": "50"},
        **{"price_in_usd_per_m": "0.1", "price_out_usd_per_m": "0.1", "output_tps": "100"},
        **{"ttft_s": "1", "ttfat_s": "1", "e2e_s": "6", "cost_to_run_usd": "20"},
    },
    {
        **{"slug": "gamma", "name": "Gamma", "intelligence_index": "10", "total_params_b": "4"},
        **{"active_params_b": "4", "context_tokens": "32000", "cost_to_run_usd": "0"},
        **{"price_in_usd_per_m": "0", "price_out_usd_per_m": "0"},
    },
    {"slug": "delta", "name": "Delta", "intelligence_index": "99", "index_version": "v3.0", "total_params_b": "8"},
)


def publish(conn: sqlite3.Connection) -> None:
    """Its models beside the published facts, and what was measured of them."""
    facts.load_rows(conn, [{**dict.fromkeys(_COLUMNS, ""), **_COMMON, **row} for row in _LAB_MODELS])
    _publish_more(conn)
    _measure(conn)


def _publish_more(conn: sqlite3.Connection) -> None:
    """What the leaderboard has no column for: offers, evaluations, parts of the openness index."""
    ids = {row["slug"]: row["id"] for row in conn.execute("SELECT slug, id FROM variants")}
    source = conn.execute("SELECT id FROM sources WHERE name = 'Test table' ORDER BY id").fetchone()[0]
    older = conn.execute(
        "INSERT INTO sources (name, url, as_of) VALUES ('Old table', 'https://example.org/old', '2025-01-01') "
        "RETURNING id"
    ).fetchone()[0]
    figures = [
        ("alpha", "openness_availability", 33.0, "index", source),
        ("alpha", "openness_transparency", 27.0, "index", source),
        ("alpha", "published.mmlu_pro", 81.5, "%", source),
        ("alpha", "published.mmlu_pro", 12.0, "%", older),
        ("beta", "published.mmlu_pro", 0.705, "share", source),
        ("beta", "published.gpqa", 55.0, "%", source),
    ]
    conn.executemany(
        "INSERT INTO measurements (variant_id, metric, value, unit, source_id, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        [(ids[slug], metric, value, unit, origin, utc_now()) for slug, metric, value, unit, origin in figures],
    )
    conn.executemany(
        "INSERT INTO offers (variant_id, provider, price_in_usd_per_m, price_out_usd_per_m, source_id) "
        "VALUES (?, ?, ?, ?, ?)",
        [
            (ids["alpha"], "Dear Cloud", 2.0, 6.0, source),
            (ids["alpha"], "Cheap Cloud", 0.5, 1.5, source),
            (ids["alpha"], "Cheap Cloud", 9.0, 9.0, older),
            (ids["alpha"], "Secret Cloud", None, None, source),
        ],
    )


def _measure(conn: sqlite3.Connection) -> None:
    """Two files of Alpha on one machine, one of them measured twice."""
    model_id = conn.execute("SELECT model_id FROM variants WHERE slug = 'alpha'").fetchone()[0]
    for name, quant, figures in (
        ("alpha-q4.gguf", "Q4_K_M", {"pp512": (100.0, 9.0), "tg128": (10.0, 0.9)}),
        ("alpha-q8.gguf", "Q8_0", {"pp512": (800.0, 8.0), "tg128": (30.0, 0.5), "short.ttft_s": (0.75, None)}),
        ("alpha-q4.gguf", "Q4_K_M", {"pp512": (900.0, 4.5), "tg128": (50.0, 0.25)}),
    ):
        file = files.put(
            conn,
            path=f"/models/{name}",
            sha256=name,
            size_bytes=1,
            mtime_ns=1,
            quant=quant,
            architecture="llama",
            n_params=1,
            context_tokens=1,
            name="Alpha",
            metadata={},
        )
        conn.execute("UPDATE gguf_files SET model_id = ? WHERE id = ?", (model_id, file.id))
        run_id = runs.create(conn, kind="speed", file=file, settings={})
        machine = {"fingerprint": "f", "name": "bench-box", "cpu": "A CPU", "cores_physical": 4, "cores_logical": 8}
        runs.set_machine(conn, run_id, {**machine, "memory_bytes": 1, "os": "Linux", "arch": "x86_64"}, {})
        run = runs.get(conn, run_id)
        for metric, (value, stdev) in figures.items():
            runs.put_measurement(conn, run, metric, value, "tokens/s", stdev=stdev, n=5)
