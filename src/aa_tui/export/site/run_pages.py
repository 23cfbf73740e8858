"""The pages of runs: each run's own report, and a list of all."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from aa_tui.analysis import MISSING, display
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.metric_names import of_evaluation
from aa_tui.export import html
from aa_tui.export.document import Paragraph
from aa_tui.export.run_report import date_of, run_report
from aa_tui.export.site.frame import line
from aa_tui.pages import load, measured
from aa_tui.pages.studies.report import study_report
from aa_tui.pages.text import load as load_text

if TYPE_CHECKING:
    from aa_tui.catalog.rows import RunRow

_ELSEWHERE = {"here": "", "machine": "another machine", "log": "another program's log"}


def path_of(run_id: int) -> str:
    """Where a run's page is."""
    return f"runs/{run_id}.html"


def title(run: RunRow) -> str:
    """A run's page in the browser's tab."""
    return f"Run {run.id}: {run.target} {run.file.quant or ''} · {run.what}"


def body(conn: sqlite3.Connection, run: RunRow, names: Mapping[str, str], answers: int) -> str:
    """A run's page: its report with at most so many answers, and the way to its model's page."""
    head, parts = html.parts_of(run_report(conn, run.id, answers=answers))
    name = names.get(run.slug or "")
    link = f'<p><a href="../models/{name}.html">{line(run.target)}</a></p>' if name else ""
    return html.layout(f"{head}{link}", parts)


def listing(conn: sqlite3.Connection, known: Sequence[RunRow], names: Mapping[str, str]) -> str:
    """All runs, newest first."""
    told = Paragraph(
        "What was measured by whoever made this site, on the machines named. Scores have their 95 % intervals, speeds "
        "the standard deviation of their repetitions."
    )
    rows = "\n".join(_row(conn, run, names) for run in known)
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Run", "Model", "Quant", "What", "Result", "On", "Date"))
    return (
        f"<header><h1>Runs</h1>{html.blocks([told])}</header><main>"
        '<div class="scroll" tabindex="0" role="group" aria-label="Runs">'
        f'<table class="runs"><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table></div></main>'
    )


def _row(conn: sqlite3.Connection, run: RunRow, names: Mapping[str, str]) -> str:
    name = names.get(run.slug or "")
    model = f'<a href="models/{name}.html">{line(run.target)}</a>' if name else line(run.target)
    where = " · ".join(filter(None, (run.made_on, _ELSEWHERE.get(run.origin, ""))))
    cells = (
        f'<a href="{path_of(run.id)}">{run.id}</a>',
        model,
        line(run.file.quant or MISSING),
        line(run.what),
        line(result_words(conn, run)),
        line(where),
        line(date_of(run)),
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def result_words(conn: sqlite3.Connection, run: RunRow) -> str:
    """What came of a run, in a few words."""
    if run.kind == "study":
        found = study_report(conn, run) if run.n_done else None
        return found.few_words if found is not None else MISSING
    result = catalog_runs.result_of(conn, run)
    if run.kind == "eval":
        score = result.measurements.get(of_evaluation(run.pack, "score_strict"))
        if result.no_headline is not None or score is None:
            return result.no_headline or MISSING
        n = f", n {score.n}" if score.n else ""
        return f"{display.score(score.value, score.interval_low, score.interval_high)}{n}"
    if run.file.is_served:
        through = load.of_result(result)
        return "" if through is None else load_text.few_words(through)
    return f"{measured.speeds_in_words(result)} tok/s"
