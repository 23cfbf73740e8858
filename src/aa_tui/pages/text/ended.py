"""The end of a run in a sentence: for a toast, a notification, and scripts that wait."""

from __future__ import annotations

from aa_tui.catalog.rows import RunRow

_WORDS = {"finished": "finished", "stopped": "was stopped", "failed": "failed", "planned": "is ready to be started"}


def words(run: RunRow) -> str:
    """ "Run 5 of aa-nano Q8_0 finished.", with the reason where it is more than that."""
    what = " ".join(filter(None, (run.target, run.file.quant)))
    if run.state == "planned" and run.n_done:
        return f"Run {run.id} of {what}: the pilot is done, {run.n_done:,} of {run.n_items or run.n_done:,} items."
    told = f"Run {run.id} of {what} {_WORDS.get(run.state, run.state)}"
    return f"{told}: {run.reason}" if run.reason and run.state != "planned" else f"{told}."
