"""A short pack in words: what was chosen, and the score on all items that was estimated from it."""

from __future__ import annotations

from aa_tui.analysis import display
from aa_tui.pages.short import Choice, Shortened
from aa_tui.shellwords import quoted
from aa_tui.textsafe import clean_line

SHOWN_ITEMS = 12
"""Items of a choice that are named; the file and --json have all."""


def lines(one: Shortened | None) -> list[str]:
    """Below a run of chosen items: the estimate, what it rests on, and the plain mean; nothing for other runs."""
    if one is None:
        return []
    if one.result is None:
        return [f"  estimated    {display.MISSING} on all items: {one.why_not}"]
    found = one.result
    value = display.score(found.value, found.interval.low, found.interval.high)
    return [
        f"  estimated    {value:<24} on all {found.population:,} items, from {found.n:,} chosen ones; not measured",
        f"               calibrated on {_runs(one.known)}; {_worth(found.n, found.n_worth)}",
        f"               plain mean of the chosen {found.n:,}: {100 * found.plain:.1f}, not representative of all",
    ]


def choice(one: Choice, path: str = "") -> list[str]:
    """A choice of items: what it rests on, which they are, and what to expect; where it was written, "" for nowhere."""
    note = one.note
    n = len(note.items)
    shown = ", ".join(clean_line(item.id) for item in note.items[:SHOWN_ITEMS])
    more = f", and {n - SHOWN_ITEMS:,} more" if n > SHOWN_ITEMS else ""
    pack = f"{clean_line(note.pack)} {clean_line(note.pack_version)}"
    found = [
        f"{pack}: {n:,} of {note.n_population:,} items, seed {note.seed}",
        f"  calibrated on {_runs(tuple(str(known.run_id) for known in note.calibrated_on))}",
        f"  items        {shown}{more}",
        f"  to expect    ± {100 * one.half_width:.1f} on all items, against ± {100 * one.half_width_random:.1f} "
        f"from {n:,} at random; {_worth(n, one.n_worth)}",
        "               found by choosing for each of these runs from what the others tell",
    ]
    if not path:
        return [*found, "  --output FILE writes the choice, for `aa-tui eval FILE --pack PACK --short FILE`."]
    asking = f"aa-tui eval FILE --pack {quoted(clean_line(note.pack))} --short {quoted(clean_line(path))}"
    return [*found, f"  Written: {clean_line(path)}; `{asking}` asks these items."]


def _runs(names: tuple[str, ...]) -> str:
    return f"run{'' if len(names) == 1 else 's'} {', '.join(names)}"


def _worth(n: int, n_worth: float) -> str:
    if int(n_worth) == n:
        return "as much as so many at random tell"
    if n_worth < n:
        return f"no more than {int(n_worth):,} at random tell: choosing saves nothing here"
    return f"as much as {int(n_worth):,} at random tell"
