"""What a merge brought, in words."""

from __future__ import annotations

from aa_tui.catalog.merging.merge import Merged, MergedRun
from aa_tui.textsafe import clean_line

MOST_LISTED = 20


def lines(one: Merged, *, dry_run: bool = False) -> list[str]:
    """A sentence about each thing that came in from one catalog, or would; then the runs."""
    new, more = one.of("new"), one.of("more")
    would = "would come" if dry_run else "came"
    source = clean_line(one.source)
    if one.is_nothing:
        n_same, n_there = len(one.of("same")), len(one.runs)
        same = f": {'all ' if n_same == n_there else f'{n_same:,} of the '}{n_there:,} runs there are here"
        found = [f"Nothing new {would} from {source}{same if n_same else ''}."]
    else:
        rows = ", ".join(
            words
            for words in (
                _count(one.n_samples, "sample"),
                _count(one.n_scores, "verdict"),
                _count(one.n_labels, "label"),
                _count(one.n_speeds_elsewhere, "imported speed"),
            )
            if words
        )
        runs = _count(len(new), "new run") or "no new run"
        also = f", and more of {_count(len(more), 'run')} that {_are(len(more))} here" if more else ""
        found = [f"{runs[:1].upper()}{runs[1:]} {would} from {source}{also}{f' ({rows})' if rows else ''}."]
    listed = [*new, *more]
    found += [_run(run) for run in listed[:MOST_LISTED]]
    if len(listed) > MOST_LISTED:
        found.append(f"  … and {len(listed) - MOST_LISTED:,} more; `aa-tui runs` lists them.")
    return [*found, *_left_out(one)]


def pushed(n_runs: int | None) -> list[str]:
    """How many runs the other machine was given; nothing where none was to be."""
    if n_runs is None:
        return []
    return [f"{_count(n_runs, 'run') or 'No run'} of here {_are(n_runs)} new there, or has more there now."]


def _left_out(one: Merged) -> list[str]:
    found = []
    if deleted := one.of("deleted"):
        n = len(deleted)
        found.append(f"{_count(n, 'run')} {_were(n)} deleted here and stayed away; --again lets {_them(n)} come.")
    if live := one.of("live"):
        names = ", ".join(str(run.run_id) for run in live)
        found.append(f"Run {names} has not ended here and was left alone: merge again once it has.")
    for run in one.of("apart"):
        found.append(
            f"The conversation of run {run.run_id} went on differently there: it stays as it is here, and there."
        )
    if one.n_replaced:
        found.append(f"{_count(one.n_replaced, 'answer')} of before gave way to later ones of the same items.")
    return found


def _run(run: MergedRun) -> str:
    number = f"run {run.run_id}" if run.run_id is not None else "a run"
    where = f", {clean_line(run.machine)}" if run.machine else ""
    return f"  {number}: {clean_line(run.what)} of {clean_line(run.target)}{where}"


def _count(n: int, what: str) -> str:
    return "" if not n else f"1 {what}" if n == 1 else f"{n:,} {what}s"


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def _were(n: int) -> str:
    return "was" if n == 1 else "were"


def _them(n: int) -> str:
    return "it" if n == 1 else "them"
