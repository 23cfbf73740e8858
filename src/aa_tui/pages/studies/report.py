"""What a study found, as one value: sentences, tables, and the same as plain values for JSON."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from aa_tui.catalog.rows import RunRow


@dataclass(frozen=True, slots=True)
class StudyTable:
    """A table: `right` are the columns (from 0) of numbers; `note` is said below it."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    note: str = ""


@dataclass(frozen=True, slots=True)
class StudyReport:
    """What came of a study so far.

    `few_words` stands in lists of runs, `sentences` are the findings, the first of them the answer, `values` is all of
    it with stable keys and units in their names.
    """

    title: str
    few_words: str
    sentences: tuple[str, ...] = ()
    tables: tuple[StudyTable, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)


REPORTS: dict[str, str] = {
    "cache": "aa_tui.pages.studies.cache",
    "divergence": "aa_tui.pages.studies.divergence",
    "speculation": "aa_tui.pages.studies.speculation",
    "watch": "aa_tui.pages.studies.watch",
}
"""The module that tells of each study, by the study's name; its function `report` makes the value."""


def study_report(conn: sqlite3.Connection, run: RunRow) -> StudyReport | None:
    """What came of a study so far; None for a run of another kind, or a study that this version does not know."""
    name = run.setup.study
    if run.kind != "study" or name not in REPORTS:
        return None
    make: Callable[[sqlite3.Connection, RunRow], StudyReport] = import_module(REPORTS[name]).report
    return make(conn, run)
