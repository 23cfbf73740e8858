"""Sources and syncs in words, for the shell and the app."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from aa_tui.analysis import MISSING
from aa_tui.catalog.clock import local
from aa_tui.catalog.syncs import SyncOffer, SyncRow, Undone
from aa_tui.sources.outcome import Done, SourceState
from aa_tui.sources.planning import Change, Plan, Unmatched

FEW = 8
"""So many of each kind are named where not all are wanted."""


def source_table(states: Sequence[SourceState]) -> tuple[Sequence[str], list[Sequence[str]]]:
    """Head and rows of the list of sources."""
    head = ("Source", "Brings", "Key", "Last sync", "Asked today", "Terms")
    rows: list[Sequence[str]] = []
    for one in states:
        last = local(one.last.ended_at) if one.last is not None else MISSING
        rows.append((one.source.name, one.source.brings, key(one), last, asked(one), one.source.terms))
    return head, rows


def key(one: SourceState) -> str:
    """Where a source's key is, or which it wants."""
    if one.key_name:
        return f"in {one.key_name}"
    if one.source.needs_key:
        return f"wanted: {one.source.key_names[0]}"
    return f"none ({one.source.key_names[0]})" if one.source.key_names else "none needed"


def asked(one: SourceState) -> str:
    """How often it was asked today, of how often it may be."""
    if one.requests.remaining is not None:
        return f"{one.requests.n:,}, {one.requests.remaining:,} left"
    return f"{one.requests.n:,} of {one.source.daily:,}" if one.source.daily is not None else f"{one.requests.n:,}"


def sync_table(history: Sequence[SyncRow]) -> tuple[Sequence[str], list[Sequence[str]]]:
    """Head and rows of the list of syncs."""
    head = ("Sync", "When", "Source", "Index", "What came")
    rows = [(str(one.id), when(one), one.source, one.index_version or MISSING, what(one)) for one in history]
    return head, [*rows]


def when(row: SyncRow) -> str:
    """When a sync was."""
    return local(row.ended_at)


def what(row: SyncRow) -> str:
    """What a sync brought, in a few words."""
    words = summary(row.counts) or "nothing"
    return f"{words} (taken back {local(row.undone_at)})" if row.undone_at else words


def summary(counts: dict[str, int]) -> str:
    """Counts in words, those of 0 left out: "432 new models, 246 changed figures"."""
    kinds = (
        ("new_models", "new model", "new models"),
        ("new_figures", "new figure", "new figures"),
        ("changed_figures", "changed figure", "changed figures"),
        ("new_offers", "new offer", "new offers"),
        ("changed_offers", "changed offer", "changed offers"),
        ("gone_offers", "offer gone", "offers gone"),
        ("opened", "model with open weights", "models with open weights"),
    )
    told = ((counts.get(key, 0), one, many) for key, one, many in kinds)
    return ", ".join(f"{n:,} {one if n == 1 else many}" for n, one, many in told if isinstance(n, int) and n)


def done(one: Done, *, dry: bool, most: int | None = FEW, unmatched: bool = False) -> list[str]:
    """What came of a source, a line each; `most` of each kind, None for all."""
    if one.plan is None:
        return [f"{one.source.title}: {one.why_not}"]
    plan = one.plan
    if plan.is_same:
        head = f"{one.source.title}: nothing new; the catalog is as it was."
    else:
        verb = "would bring" if dry else "brings"
        head = f"{one.source.title} {verb} {summary(plan.counts) or 'the same figures anew'} ({_of(plan)})."
    lines = [head, *(f"  {note}" for note in plan.notes)]
    if not plan.is_same:
        lines += _details(plan, most)
    lines += _left_out(plan, unmatched=unmatched)
    if one.sync_id is not None:
        lines.append(f"  `aa-tui sync --undo` takes it back (sync {one.sync_id}).")
    return lines


def undone(found: Undone) -> list[str]:
    """What was taken back."""
    lines = [
        f"Sync {found.sync.id} of {found.sync.source} is taken back: {found.n_figures:,} figures, "
        f"{found.n_offers:,} offers, {len(found.removed):,} models."
    ]
    if found.kept:
        lines.append(f"  {', '.join(found.kept)} stay, since something of yours or of another sync hangs on them.")
    return lines


def _of(plan: Plan) -> str:
    version = f"index {plan.index_version}, " if plan.index_version else ""
    return f"{version}as of {plan.as_of}"


def _details(plan: Plan, most: int | None) -> Iterator[str]:
    yield from _listed("new", (f"{one.name} ({one.creator})" for one in plan.new), len(plan.new), most)
    yield from _listed("changed", map(_change, plan.changed), len(plan.changed), most)
    yield from _listed("offer", map(_offer, plan.new_offers), len(plan.new_offers), most)
    changed = (f"{_offer(old)} → {_price(new)}" for old, new in plan.changed_offers)
    yield from _listed("changed", changed, len(plan.changed_offers), most)
    yield from _listed("gone", map(_offer, plan.gone_offers), len(plan.gone_offers), most)
    yield from _listed("open", plan.opened, len(plan.opened), most)


def _listed(mark: str, words: Iterable[str], n: int, most: int | None) -> Iterator[str]:
    for one in islice(words, most):
        yield f"  {mark:8}{one}"
    if most is not None and n > most:
        yield f"  {'':8}and {n - most:,} more; --changes lists all"


def _change(one: Change) -> str:
    old = MISSING if one.old is None else f"{one.old:,.6g}"
    return f"{one.slug}: {one.metric} {old} → {one.new:,.6g} {one.unit}"


def _offer(one: SyncOffer) -> str:
    return f"{one.slug} at {one.provider}: {_price(one)}"


def _price(one: SyncOffer) -> str:
    return f"${one.price_in_usd_per_m:,.6g} in, ${one.price_out_usd_per_m:,.6g} out"


def _left_out(plan: Plan, *, unmatched: bool) -> Iterator[str]:
    for why, n in plan.skipped.items():
        yield f"  left out: {why}{f', {n:,} times' if n > 1 else ''}"
    if not plan.unmatched:
        return
    names = f"{len(plan.unmatched):,} {'name is' if len(plan.unmatched) == 1 else 'names are'} no model of the catalog"
    if not unmatched:
        yield f"  {names}; --unmatched lists them"
        return
    yield f"  {names}:"
    for one in plan.unmatched:
        yield f"    {_unmatched(one)}"


def _unmatched(one: Unmatched) -> str:
    called = " · ".join(filter(None, (one.provider, one.id, one.name if one.name != one.id else "")))
    may_be = f" It may be {' or '.join(one.candidates[:4])}." if one.candidates else ""
    return f"{called}: {one.reason}{may_be}"
