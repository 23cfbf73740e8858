"""Two evaluations compared item by item, in words."""

from __future__ import annotations

from aa_tui.analysis.intervals import Interval
from aa_tui.analysis.paired import PairedComparison
from aa_tui.charts.here.evaluations import prompt_style
from aa_tui.outcomes import outcome_words
from aa_tui.pages import run_names
from aa_tui.pages.paired import Pair
from aa_tui.textsafe import clean_line

_ITEM_CELLS = 24


def verdict(pair: Pair) -> str:
    """Which is better and by how much, or how much it can be at most: "Q8_0 is 3.6 points better (0.7 to 7.0), …"."""
    a, b = run_names.apart([pair.a, pair.b])
    compared, interval = pair.result or pair.means, pair.interval
    if pair.why_not:
        return f"{a} and {b} are not compared: {pair.why_not}"
    if compared is None:
        return f"{a} and {b} have no items in common yet"
    if interval is None:
        return f"{a} against {b}: {100 * compared.difference:+.1f} points, without an interval"
    p_value = _p_words(pair.result) if pair.result is not None else ""
    if interval.contains(0.0):
        most = 100 * max(abs(interval.low), abs(interval.high))
        return f"{a} against {b}: no difference seen, at most {most:.1f} points either way{p_value}"
    better, low, high = (
        (a, interval.low, interval.high) if compared.difference > 0 else (b, -interval.high, -interval.low)
    )
    gain = 100 * abs(compared.difference)
    return f"{better} is {gain:.1f} points better ({100 * low:.1f} to {100 * high:.1f}){p_value}"


def lines(pair: Pair) -> list[str]:
    """As text."""
    out, told = summary(pair), () if pair.why_not else pair.differences
    names = [clean_line(one.item_id) for one in told]
    cells = min(max([_ITEM_CELLS, *map(len, names)]), 2 * _ITEM_CELLS)
    for name, one in zip(names, told, strict=True):
        words = f"{outcome_words(one.outcome_a)} / {outcome_words(one.outcome_b)}"
        out.append(f"    {name:<{cells}} {clean_line(one.category):<16} {words}")
    return out


def summary(pair: Pair) -> list[str]:
    """As text, without the items on which they differ."""
    a, b = f"run {pair.a.id}", f"run {pair.b.id}"
    out = [f"{a} against {b} on {_items(pair)}"]
    if pair.why_not:
        return [*out, *_styles(pair), f"  not compared: {pair.why_not}"]
    if pair.interval is not None:
        out.append(f"  {verdict(pair)}")
    if pair.result is not None:
        one = pair.result
        out += [
            f"  both right {one.n_both}, only {a} {one.n_only_a}, only {b} {one.n_only_b}, neither {one.n_neither}",
            f"  difference {a} less {b}: {_difference_words(one.difference, one.interval)}",
        ]
    elif pair.means is not None:
        means = pair.means
        out.append(
            f"  difference {a} less {b}: {_difference_words(means.difference, means.interval)} over {means.n} items"
        )
    else:
        out.append("  they have no items in common yet")
    return [*out, *reservations(pair)]


def _items(pair: Pair) -> str:
    """What both answered."""
    one, other = (f"{run.pack} {run.pack_version or ''}".rstrip() for run in (pair.a, pair.b))
    if not pair.by_content:
        return f"the same items of {one}"
    return f"questions with the same text, of {one}" + (f" and of {other}" if other != one else "")


def reservations(pair: Pair) -> list[str]:
    """What must be said beside a verdict: how the runs were asked in different ways, and what is left out."""
    out, one = _styles(pair), pair.result
    missing = ((pair.a, one.n_missing_a), (pair.b, one.n_missing_b)) if one is not None else ()
    lacks = [f"{n} that run {run.id} lacks" for run, n in missing if n]
    if lacks:
        out.append(f"  items left out: {', '.join(lacks)}")
    if pair.caution:
        out.append(f"  {pair.caution}")
    if pair.n_undecided or pair.n_errors:
        out.append(f"  left out in both: {pair.n_undecided} undecided samples and {pair.n_errors} errors of either")
    return out


def _styles(pair: Pair) -> list[str]:
    one, other = prompt_style(pair.a), prompt_style(pair.b)
    if pair.a.setup.grammar != pair.b.setup.grammar:
        held = pair.a if pair.a.setup.grammar else pair.b
        return [f"  asked in different ways: the answers of run {held.id} were held to a grammar"]
    if one == other:
        return []
    return [f"  asked in different ways: run {pair.a.id} with {one} prompts, run {pair.b.id} with {other} ones"]


def _difference_words(difference: float, interval: Interval | None) -> str:
    if interval is None:
        return f"{100 * difference:+.1f} points, without an interval"
    ends = f"{100 * interval.low:+.1f} to {100 * interval.high:+.1f}, {interval.method}"
    return f"{100 * difference:+.1f} points ({ends})"


def _p_words(one: PairedComparison) -> str:
    if one.p_value is not None:
        return f", McNemar mid-p {one.p_value:.3f}"
    return f", p {one.p_value_any_time:.3f} at any stopping time" if one.p_value_any_time is not None else ""
