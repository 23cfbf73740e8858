"""The leaderboard table: one flat row for each variant, made anew from the tables that hold the facts."""

from __future__ import annotations

import sqlite3

from aa_tui.catalog import index_versions, metric_names
from aa_tui.catalog.reliability import unreliable
from aa_tui.catalog.scores import TOO_MANY_ERRORS
from aa_tui.catalog.transaction import transaction

PUBLISHED = (
    "intelligence_index",
    "index_output_tokens_m",
    "reasoning_tokens_m",
    "answer_tokens_m",
    "price_in_usd_per_m",
    "price_out_usd_per_m",
    "output_tps",
    "ttft_s",
    "ttfat_s",
    "e2e_s",
    "cost_to_run_usd",
    "cost_input_usd",
    "cost_reasoning_usd",
    "cost_answer_usd",
    "openness_index",
)
HERE = {"here_pp_tps": "pp512", "here_tg_tps": "tg128"}

INDEX_PACKS = ("local-index", "quick")
"""The packs whose index the leaderboard shows, the first before the second: quick is a part of the local index."""

RULES = 5
"""Rises whenever the same figures make another leaderboard, so that one that was made before is made anew."""

LEAST_ITEMS = 40
"""An index over fewer questions, as of a pilot, says too little to stand in a list: its interval is above ± 15."""


def rebuild(conn: sqlite3.Connection) -> None:
    """Make every row anew, of the version of the index that is then shown. The caller holds the transaction."""
    index_versions.settle(conn)
    conn.execute("DELETE FROM leaderboard")
    _insert(conn, "", ())


def refresh_model(conn: sqlite3.Connection, model_id: int) -> None:
    """Make the rows of one model anew, after something was measured. The caller holds the transaction."""
    conn.execute("DELETE FROM leaderboard WHERE model_id = ?", (model_id,))
    _insert(conn, "WHERE v.model_id = ?", (model_id,))


def choose_version(conn: sqlite3.Connection, name: str | None) -> str | None:
    """Show this version of the index from now on, or with None the usual one. Returns what is shown now.

    Raises:
        UnknownVersionError: no model has an index of it.
    """
    with transaction(conn):
        index_versions.note_choice(conn, None if name is None else index_versions.known(conn, name))
        rebuild(conn)
    return index_versions.shown(conn)


def show_version_here(conn: sqlite3.Connection, name: str) -> None:
    """Show this version of the index on this connection alone: the catalog itself stays as it is.

    The connection gets a leaderboard of its own, which stands before the catalog's.

    Raises:
        UnknownVersionError: no model has an index of it.
    """
    wanted = index_versions.known(conn, name)
    if wanted == index_versions.shown(conn):
        return
    view = conn.execute("SELECT sql FROM sqlite_master WHERE type = 'view' AND name = 'published_now'").fetchone()[0]
    read_only = conn.execute("PRAGMA query_only").fetchone()[0]
    conn.execute("PRAGMA query_only = OFF")  # nothing is written but what is this connection's own
    conn.execute("CREATE TEMP TABLE meta AS SELECT * FROM main.meta")
    conn.execute("CREATE UNIQUE INDEX temp.meta_key ON meta(key)")
    conn.execute(view.replace("CREATE VIEW", "CREATE TEMP VIEW", 1))
    conn.execute("CREATE TEMP TABLE leaderboard AS SELECT * FROM main.leaderboard WHERE 0")
    conn.execute("CREATE UNIQUE INDEX temp.leaderboard_id ON leaderboard(id)")
    index_versions.note_choice(conn, wanted)
    rebuild(conn)
    conn.execute(f"PRAGMA query_only = {'ON' if read_only else 'OFF'}")


def _here_index() -> str:
    """SQL for the newest index made here of a variant's model; NULL where there is none."""
    newest = (
        "(SELECT h.value FROM gguf_files f JOIN measurements h ON h.file_id = f.id JOIN runs r ON r.id = h.run_id "
        "WHERE f.model_id = v.model_id AND r.origin = 'here' AND h.metric = '{metric}' AND h.n >= {least} "
        f"AND NOT coalesce({TOO_MANY_ERRORS.format(run_id='h.run_id')}, 0) "
        "ORDER BY r.created_at DESC, r.id DESC LIMIT 1)"
    )
    metrics = (metric_names.of_evaluation(pack, "index") for pack in INDEX_PACKS)
    return f"coalesce({', '.join(newest.format(metric=metric, least=LEAST_ITEMS) for metric in metrics)})"


def _here_unreliable() -> str:
    """SQL for whether a speed made here is flagged."""
    metrics = ", ".join(f"'{metric}'" for metric in HERE.values())
    return (
        "EXISTS (SELECT 1 FROM measured_here_now h JOIN runs r ON r.id = h.run_id WHERE h.model_id = v.model_id "
        f"AND h.metric IN ({metrics}) AND {unreliable('r', 'h')})"
    )


def _of_index(column: str) -> str:
    """SQL for what is known of the index's source; of a model without an index, of the source of its facts."""
    return f"coalesce(max(CASE WHEN p.metric = 'intelligence_index' THEN ps.{column} END), s.{column})"


def _insert(conn: sqlite3.Connection, where: str, values: tuple[int, ...]) -> None:
    published = ", ".join(f"max(CASE WHEN p.metric = '{name}' THEN p.value END) AS {name}" for name in PUBLISHED)
    here = ", ".join(
        f"(SELECT h.value FROM measured_here_now h WHERE h.model_id = v.model_id AND h.metric = '{metric}') AS {name}"
        for name, metric in HERE.items()
    )
    columns = (
        "id, model_id, slug, name, creator, release_date, reasoning, open_weights, total_params_b, active_params_b, "
        "context_tokens, input_modalities, output_modalities, license, weights_url, index_version, "
        "index_is_estimate, as_of, source_name, source_url, is_local, untold, here_index, here_unreliable, "
        f"{', '.join(PUBLISHED)}, {', '.join(HERE)}"
    )
    # Blended price (3 x input + output) / 4; none where one of the two is not published.
    conn.execute(
        f"""INSERT INTO leaderboard ({columns}, blended_price_usd_per_m)
        SELECT flat.*, (3 * price_in_usd_per_m + price_out_usd_per_m) / 4
        FROM (
          SELECT v.id, v.model_id, v.slug, v.name, c.name AS creator, v.release_date, v.reasoning, v.open_weights,
            v.total_params_b, v.active_params_b, v.context_tokens, v.input_modalities, v.output_modalities,
            v.license, nullif(m.weights_url, ''),
            nullif(max(CASE WHEN p.metric = 'intelligence_index' THEN ps.index_version END), ''),
            coalesce(max(CASE WHEN p.metric = 'intelligence_index' THEN p.is_estimate END), 0),
            {", ".join(map(_of_index, ("as_of", "name", "url")))}, v.is_local, v.untold, {_here_index()} AS here_index,
            {_here_unreliable()} AS here_unreliable, {published}, {here}
          FROM variants v
          JOIN models m ON m.id = v.model_id
          JOIN creators c ON c.id = m.creator_id
          LEFT JOIN sources s ON s.id = v.source_id
          LEFT JOIN published_now p ON p.variant_id = v.id
          LEFT JOIN sources ps ON ps.id = p.source_id
          {where}
          GROUP BY v.id
        ) AS flat""",
        values,
    )
