"""Saved servers as rows: what each is, what it serves, whether it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.analysis import MISSING, display
from aa_tui.catalog.clock import local
from aa_tui.catalog.run_notes import text, whole
from aa_tui.textsafe import clean_line
from aa_tui.tui.widgets.columns import Column, Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aa_tui.actions.servers import Seen


def model_of(seen: Seen) -> str:
    """The model that is meant there; empty where nobody knows yet."""
    return seen.row.model or text(seen.row.facts.get("model")) or ""


def _file_or_model(seen: Seen) -> str:
    """Of a path the file's name: a column's width shows that and not the folder."""
    named = model_of(seen)
    return named.rpartition("/")[2] if named.endswith(".gguf") else named


def what_of(seen: Seen) -> str:
    """The kind of server with its version; empty where it was never asked."""
    return f"{seen.row.kind} {seen.row.version}".strip() if seen.row.probed_at else ""


def _there(seen: Seen, _: int) -> Sequence[Part]:
    if seen.is_there is None:
        return (("…", "faint"),)
    return (("● there", "here"),) if seen.is_there else (("○ not there", "bad"),)


def _count(name: str) -> Column[Seen]:
    title = {"context_tokens": "Context", "n_slots": "Slots"}[name]

    def value(seen: Seen) -> int | None:
        return whole(seen.row.facts.get(name))

    def shown(seen: Seen, _: int) -> Sequence[Part]:
        found = value(seen)
        return ((MISSING, "faint"),) if found is None else ((f"{found:,}", ""),)

    return Column(name, title, 9, shown, order=value)


FIXED: tuple[Column[Seen], ...] = (
    Column("name", "Server", 16, lambda seen, _: ((clean_line(seen.row.name), "strong"),), right=False),
    Column("there", "Now", 12, _there, right=False),
)
MOVING: tuple[Column[Seen], ...] = (
    Column("model", "Model", 24, lambda seen, _: ((_file_or_model(seen) or MISSING, ""),), right=False),
    Column("what", "What", 20, lambda seen, _: ((what_of(seen) or MISSING, "dim"),), right=False),
    _count("context_tokens"),
    _count("n_slots"),
    Column("url", "Address", 28, lambda seen, _: ((clean_line(seen.row.url), "dim"),), right=False),
)


def detail(seen: Seen) -> list[tuple[str, str]]:
    """Label and words of all that is known of a server; of a key only where it is kept."""
    row, facts = seen.row, seen.row.facts
    prices = (row.price_in_usd_per_m, row.price_out_usd_per_m)
    n_params = whole(facts.get("n_params"))
    found = [
        ("Address", clean_line(row.url)),
        ("Not there", seen.why_not),  # before what may be cut off
        ("What", what_of(seen) or "not asked yet"),
        ("Model", " · ".join(filter(None, (model_of(seen), text(facts.get("quant")) or "")))),
        ("Parameters", display.params_b(n_params / 1e9) if n_params else ""),
        ("Key", f"in {clean_line(row.key_env)}" if row.key_env else ""),
        ("Price", f"{display.usd(prices[0])} in, {display.usd(prices[1])} out, 1M tokens" if any(prices) else ""),
        ("Asked", local(row.probed_at) if row.probed_at else ""),
    ]
    return [(label, words) for label, words in found if words]
