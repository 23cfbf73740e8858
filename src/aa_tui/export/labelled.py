"""A run's labelled answers as cases: what `aa-tui grade` reads, for trying graders and for telling of their faults."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, NamedTuple

from aa_tui.catalog import labels, logs, samples
from aa_tui.catalog.db import path_of
from aa_tui.catalog.rows import LabelRow, RunRow, ScoredSample
from aa_tui.export.errors import ExportError
from aa_tui.jsontext import dumps
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.evals.items import Item, Pack

LONGEST_KEY = 300
"""Characters that are shown of a key; tests of code may be long."""


class Expected(NamedTuple):
    """An item's key: for a column of a list, and whole."""

    short: str
    whole: str


_RIGHT = {"right": "correct", "wrong": "wrong", "unclear": "unclear"}


def labelled_cases(conn: sqlite3.Connection, run: RunRow) -> str:
    """Lines of JSON, a labelled answer each. `right` is what the person says, `today` what the grader says.

    Where a pack's authors ask that its items be shown nowhere in plain text, all texts are left out.
    Raises ExportError without labels, or where the run's pack is not here in its version.
    """
    if run.kind != "eval":
        raise ExportError(f"Run {run.id} is no evaluation: it has no answers to label.")
    told = labels.of_run(conn, run.id)
    if not told:
        raise ExportError(f"Run {run.id} has no labels; `aa-tui samples {run.id} --label` goes through its answers.")
    pack = pack_of(conn, run)
    items = {item.id: item for item in pack.items}
    lines = []
    for row in samples.scored(conn, run.id):
        if row.id in told and row.item_id in items:
            case = _case(conn, pack, items[row.item_id], row, told[row.id])
            lines.append(dumps(case) + "\n")
    return "".join(lines)


def expected(conn: sqlite3.Connection, run: RunRow) -> dict[str, Expected]:
    """The key of each of a run's items, of a log as it tells them; none where its pack is not here in its version."""
    if run.origin == "log":
        return _logged_keys(conn, run)
    from aa_tui.evals.as_case import key_in_short, key_lines

    try:
        pack = pack_of(conn, run)
    except ExportError:
        return {}
    return {
        item.id: Expected(
            clean_line(key_in_short(pack, item)), clean_line(" · ".join(key_lines(pack, item)))[:LONGEST_KEY]
        )
        for item in pack.items
    }


def _logged_keys(conn: sqlite3.Connection, run: RunRow) -> dict[str, Expected]:
    told = logs.told(conn, run.id)
    keys = {row.item_id: told[row.id].targets for row in samples.scored(conn, run.id) if row.id in told}
    return {
        item: Expected(clean_line(targets[0])[:LONGEST_KEY], clean_line(" · ".join(targets))[:LONGEST_KEY])
        for item, targets in keys.items()
        if targets
    }


def pack_of(conn: sqlite3.Connection, run: RunRow) -> Pack:
    """The pack that a run's items are of, with their keys. Raises ExportError where it is not here in that version."""
    from aa_tui.evals.items import PackError
    from aa_tui.evals.packs import load

    try:
        pack = load(run.setup.pack or run.pack or "", path_of(conn).parent)
    except PackError as error:
        raise ExportError(str(error)) from error
    if run.pack_version not in (None, pack.version):
        raise ExportError(
            f"Run {run.id} answered version {run.pack_version} of {pack.name}, and here is version {pack.version}: "
            "the keys of its items are not known."
        )
    return pack


def _case(conn: sqlite3.Connection, pack: Pack, item: Item, row: ScoredSample, label: LabelRow) -> dict[str, Any]:
    from aa_tui.evals.as_case import as_case

    case = as_case(pack, item)
    found = {
        "id": row.item_id if row.epoch == 1 else f"{row.item_id} #{row.epoch}",
        "area": case["grader"],
        "kind": row.category,
        **({"grader": case["grader"]} if pack.private_items else case),
        "finish_reason": row.finish_reason,
        "right": _RIGHT[label.label],
        "today": row.outcome,
        "graded_by": row.grader,
        "note": label.note,
        "blind": label.blind,
        "labelled_at": label.labelled_at,
    }
    if not pack.private_items:
        from aa_tui.runs.evaluation.journal import answer_of

        answer = answer_of(conn, row.run_id, pack, item, samples.get(conn, row.id))
        found |= {"answer": answer, "extracted": row.extracted}
    return found
