"""What Datasette (datasette.io) is told of a catalog: views to show, what columns mean, facets to begin with.

Tables stay out of its lists: they hold keys to each other and compressed texts, the views the same in words.
"""

from __future__ import annotations

import sqlite3
from typing import Any

_SOURCE = {"source_name": "Whose figure it is", "as_of": "The day of the source's table", "source_url": "Its address"}
_PRICES = {
    "price_in_usd_per_m": "USD for 1M input tokens; 0 of an open model that no API sells",
    "price_out_usd_per_m": "USD for 1M output tokens",
}
_RUN = {
    "model": "The weights by name",
    "quant": "The file's quantization",
    "what": "A file on a machine, or a model that a server serves",
    "processor": "What it was measured on",
    "origin": "here: by this catalog; machine: by another one's; log: by another program",
}

VIEWS: dict[str, dict[str, Any]] = {
    "model_figures": {
        "description": "Every model in one reasoning mode, with its newest published figures, and apart from them in "
        "the columns here_… what was measured on a machine of yours.",
        "sort_desc": "intelligence_index",
        "facets": ["creator", "open_weights", "size_class", "reasoning"],
        "columns": {
            "size_class": "Of open weights: tiny (≤4B), small (4–40B), medium (40–150B), large (>150B)",
            "price_class": "By the blended price of 1M tokens: below $0.15, up to $1, above",
            "intelligence_index": "0 to 100; scores of two versions of the index do not compare",
            **_PRICES,
            "blended_price_usd_per_m": "(3 × input + output) / 4",
            "output_tps": "Published output tokens per second of hosted services",
            "here_tg_tps": "Tokens per second as measured here (tg128)",
            **_SOURCE,
        },
    },
    "published_figures": {
        "description": "Every newest published figure with its own source; single evaluations too.",
        "facets": ["metric", "source_name", "as_of"],
        "columns": _SOURCE,
    },
    "provider_offers": {
        "description": "What API providers ask for models.",
        "facets": ["provider", "as_of"],
        "columns": {**_PRICES, **_SOURCE},
    },
    "run_list": {
        "description": "Runs: what was measured, on what, and how it ended.",
        "sort_desc": "id",
        "facets": ["kind", "state", "quant", "processor"],
        "columns": _RUN,
    },
    "measured_figures": {
        "description": "Figures of runs, with the standard deviation or the 95 % interval.",
        "sort_desc": "run_id",
        "facets": ["metric", "model", "quant", "processor"],
        "columns": {**_RUN, "interval_low": "Of the 95 % interval", "interval_high": "Of the 95 % interval"},
    },
    "samples_now": {
        "description": "Samples of evaluations with the verdict that counts, without their texts.",
        "facets": ["outcome", "category", "run_id"],
        "columns": {
            "outcome": "correct, wrong, or why there is no verdict",
            "e2e_s": "Seconds to the end of the answer",
        },
    },
}

_QUERIES: dict[str, dict[str, str]] = {
    "best_of_each_class": {
        "title": "The most intelligent model of each class",
        "sql": "SELECT size_class, name, creator, max(intelligence_index) AS intelligence_index, index_version, as_of "
        "FROM model_figures WHERE size_class IS NOT NULL GROUP BY size_class, index_version "
        "ORDER BY intelligence_index DESC",
    },
    "speed_of_files": {
        "title": "How fast files generate",
        "sql": "SELECT model, quant, processor, round(value, 1) AS tokens_per_s, round(stdev, 2) AS stdev, n, ended_at "
        "FROM measured_figures WHERE metric = 'tg128' AND origin = 'here' ORDER BY value DESC",
    },
    "outcomes_by_category": {
        "title": "Outcomes of a run by category",
        "sql": "SELECT category, outcome, count(*) AS n FROM samples_now WHERE run_id = :run_id "
        "GROUP BY category, outcome ORDER BY category, n DESC",
    },
}

_SHOWN_BEFORE = frozenset({"published_now", "measured_here_now"})
"""Views that the program needs; those above say the same in words."""


def metadata(conn: sqlite3.Connection, database: str) -> dict[str, Any]:
    """The metadata of a catalog that Datasette calls so, which is its file's name without suffix."""
    tables = [row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    hidden = {name: {"hidden": True} for name in (*tables, *sorted(_SHOWN_BEFORE))}
    return {
        "title": "Language models",
        "description": "Published figures of language models with their sources, and what was measured with aa-tui.",
        "databases": {database: {"tables": {**hidden, **VIEWS}, "queries": _QUERIES}},
    }
