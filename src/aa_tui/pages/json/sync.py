"""Sources and syncs as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aa_tui.catalog.syncs import NewVariant, SyncOffer, SyncRow, Undone
from aa_tui.sources.outcome import Done, SourceState
from aa_tui.sources.planning import Change, Plan


def listing(states: Sequence[SourceState], history: Sequence[SyncRow]) -> dict[str, Any]:
    """All sources and all syncs."""
    return {"sources": [_state(one) for one in states], "syncs": [sync(one) for one in history]}


def sync(row: SyncRow) -> dict[str, Any]:
    """One sync that was written."""
    return {**row._asdict(), "index_version": row.index_version or None}


def undone(found: Undone) -> dict[str, Any]:
    """What was taken back."""
    return {
        "sync": sync(found.sync),
        "figures": found.n_figures,
        "offers": found.n_offers,
        "removed_models": list(found.removed),
        "kept_models": list(found.kept),
    }


def done(found: Sequence[Done], *, dry: bool) -> list[dict[str, Any]]:
    """What came of each source."""
    return [_done(one, dry=dry) for one in found]


def _done(one: Done, *, dry: bool) -> dict[str, Any]:
    head = {
        "source": one.source.name,
        "sync_id": one.sync_id,
        "dry_run": dry,
        "error": one.why_not or None,
    }
    return {**head, **(_plan(one.plan) if one.plan is not None else {})}


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "nothing_new": plan.is_same,
        "index_version": plan.index_version or None,
        "as_of": plan.as_of,
        "counts": plan.counts,
        "new_models": [_new(one) for one in plan.new],
        "new_figures": [_change(one) for one in plan.added],
        "changed_figures": [_change(one) for one in plan.changed],
        "new_offers": [_offer(one) for one in plan.new_offers],
        "changed_offers": [{"old": _offer(old), "new": _offer(new)} for old, new in plan.changed_offers],
        "gone_offers": [_offer(one) for one in plan.gone_offers],
        "opened": list(plan.opened),
        "unmatched": [
            {
                "id": one.id,
                "name": one.name,
                "provider": one.provider,
                "reason": one.reason,
                "candidates": list(one.candidates),
            }
            for one in plan.unmatched
        ],
        "skipped": dict(plan.skipped),
        "notes": list(plan.notes),
    }


def _new(one: NewVariant) -> dict[str, Any]:
    return {
        "slug": one.slug,
        "name": one.name,
        "creator": one.creator,
        "release_date": one.release_date,
        "reasoning": None if "reasoning" in one.untold else one.reasoning,
        "open_weights": None if "open_weights" in one.untold else one.open_weights,
    }


def _change(one: Change) -> dict[str, Any]:
    return {
        "slug": one.slug,
        "metric": one.metric,
        "old": one.old,
        "new": one.new,
        "unit": one.unit,
        "old_source": one.old_source or None,
    }


def _offer(one: SyncOffer) -> dict[str, Any]:
    return {
        "slug": one.slug,
        "provider": one.provider,
        "price_in_usd_per_m": one.price_in_usd_per_m,
        "price_out_usd_per_m": one.price_out_usd_per_m,
        "context_tokens": one.context_tokens,
    }


def _state(one: SourceState) -> dict[str, Any]:
    return {
        "name": one.source.name,
        "title": one.source.title,
        "brings": one.source.brings,
        "url": one.url,
        "terms": one.source.terms,
        "restricted": one.source.is_restricted,
        "needs_key": one.source.needs_key,
        "key_names": list(one.source.key_names),
        "key_in": one.key_name or None,
        "requests_today": one.requests.n,
        "requests_left": one.requests.remaining,
        "requests_a_day": one.source.daily,
        "not_before": one.requests.not_before or None,
        "last_sync": sync(one.last) if one.last is not None else None,
    }
