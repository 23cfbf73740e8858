"""What was measured on other machines and came with their catalogs, in words: never as figures of this one."""

from __future__ import annotations

from collections.abc import Sequence

from aa_tui.analysis import display
from aa_tui.catalog.clock import local
from aa_tui.catalog.metric_names import of_evaluation
from aa_tui.catalog.rows import LocalResult, RunRow
from aa_tui.pages import measured
from aa_tui.textsafe import clean_line

TITLE = "Measured on other machines"


def lines(results: Sequence[LocalResult]) -> list[str]:
    """A line for each run, newest first: its number, when and where, and its first figures."""
    found = []
    for result in sorted(results, key=lambda one: one.run.created_at, reverse=True):
        run = result.run
        state = "" if run.state == "finished" else f", {run.state}"
        head = f"run {run.id}, {(run.ended_at or run.created_at)[:10]}, {run.made_on_whole or 'unknown machine'}{state}"
        found.append(f"{head} · {run.file.shown_name}: {_figures(result)}")
    return found


def _figures(result: LocalResult) -> str:
    run = result.run
    if run.kind != "eval":
        return f"{measured.speeds_in_words(result)} tokens/s"
    score = result.measurements.get(of_evaluation(run.pack, "score_strict"))
    if score is None:
        return f"{run.pack}, {result.no_headline or 'no score'}"
    words = display.score(score.value, score.interval_low, score.interval_high)
    return f"{run.pack} {words}, {run.n_done} of {run.n_items}"


def origin(run: RunRow) -> str:
    """Where a run came from, as one sentence; empty for one that was made here."""
    if run.origin != "machine":
        return ""
    facts = run.origin_facts
    machine = clean_line(str(facts.get("machine") or "")) or (run.machine.name if run.machine else "another machine")
    at = facts.get("merged_at")
    when = f" on {local(at)[:10]}" if isinstance(at, str) else ""
    source = clean_line(str(facts.get("catalog") or ""))
    came = f"; it came from {source}{when}" if source else ""
    return f"Made on {machine}{came}: none of its figures is of this machine."
