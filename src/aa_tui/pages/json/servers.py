"""Saved servers as plain values. No key is among them: only the name of what holds it."""

from __future__ import annotations

from typing import Any

from aa_tui.catalog.run_notes import text, whole
from aa_tui.catalog.servers import ServerRow


def server(row: ServerRow, *, is_there: bool | None = None, why_not: str = "") -> dict[str, Any]:
    """A server with what it said of itself when it was last asked; `reachable` is None where it was not asked now."""
    facts = row.facts
    return {
        "name": row.name,
        "url": row.url,
        "kind": row.kind if row.probed_at else None,
        "version": row.version or None,
        "model": row.model or text(facts.get("model")),
        "quant": text(facts.get("quant")),
        "n_params": whole(facts.get("n_params")),
        "context_tokens": whole(facts.get("context_tokens")),
        "n_slots": whole(facts.get("n_slots")),
        "price_in_usd_per_m": row.price_in_usd_per_m,
        "price_out_usd_per_m": row.price_out_usd_per_m,
        "key_env": row.key_env or None,
        "reachable": is_there,
        "why_not_reachable": why_not or None,
        "added_at": row.added_at,
        "probed_at": row.probed_at,
    }
