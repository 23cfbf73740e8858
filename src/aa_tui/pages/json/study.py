"""What a study found, as plain values with stable keys."""

from __future__ import annotations

from typing import Any

from aa_tui.catalog.rows import RunRow
from aa_tui.pages.json import run as run_json
from aa_tui.pages.studies.report import StudyReport


def as_json(run: RunRow, report: StudyReport | None) -> dict[str, Any]:
    """A run that studies, with what it found so far; `found` is None where this version does not know the study."""
    told = None
    if report is not None:
        told = {"title": report.title, "sentences": list(report.sentences), **report.values}
    return {
        **run_json.run(run),
        "study": run.setup.study,
        "file": run_json.file(run),
        "machine": run_json.machine(run),
        "settings": run.settings,
        "load_s": run.load_s,
        "found": told,
    }
