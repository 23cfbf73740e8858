"""What holding answers to a grammar did, where runs of one pack differ in it: valid answers, tokens, tokens/s."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from aa_tui.analysis import MISSING
from aa_tui.catalog import metric_names, samples
from aa_tui.catalog.rows import LocalResult
from aa_tui.catalog.samples import Forms
from aa_tui.pages import eval_labels
from aa_tui.pages.compare_parts import Cell, Row, Section, Subject

BROKEN = "format: broken"
"""The fault of an answer that is not in the form that was asked for."""


def sections(conn: sqlite3.Connection, subjects: Sequence[Subject]) -> list[Section]:
    """A section for each pack in a version of which some runs were held to a grammar and some were not."""
    found = []
    results = [one.result for one in subjects]
    for pack, version in dict.fromkeys((one.run.pack, one.run.pack_version) for one in results if one is not None):
        mine = [one if one is not None and _is_of(one, pack, version) else None for one in results]
        if pack and len({one.run.setup.grammar for one in mine if one is not None}) > 1:
            found.append(Section(f"With and without a grammar: {pack}", _rows(conn, pack, mine)))
    return found


def _is_of(result: LocalResult, pack: str | None, version: str | None) -> bool:
    run = result.run
    return run.kind == "eval" and (run.pack, run.pack_version) == (pack, version)


def _rows(conn: sqlite3.Connection, pack: str, results: Sequence[LocalResult | None]) -> tuple[Row, ...]:
    forms = [None if one is None else samples.forms(conn, one.run.id, BROKEN) for one in results]
    score = metric_names.of_evaluation(pack, "score_strict")
    scores = [None if one is None else one.measurements.get(score) for one in results]
    held = [None if one is None else "on" if one.run.setup.grammar else "off" for one in results]
    return (
        Row("grammar", "Grammar", "", None, tuple(Cell(one or MISSING, one) for one in held)),
        Row(
            "grammar_accuracy",
            "Score, strict",
            "",
            None,
            tuple(Cell(MISSING) if one is None else Cell(eval_labels.words(one), one.value) for one in scores),
        ),
        Row("grammar_valid", "Valid answers", "", None, tuple(map(_valid, forms))),
        Row("grammar_tokens", "Mean answer", "tokens", None, tuple(_mean(one, "output_tokens") for one in forms)),
        Row("grammar_tps", "Speed", "tokens/s", None, tuple(_mean(one, "output_tps") for one in forms)),
    )


def _valid(forms: Forms | None) -> Cell:
    if forms is None or not forms.n:
        return Cell(MISSING)
    share = 1 - forms.n_with_fault / forms.n
    return Cell(f"{100 * share:.1f} %", share)


def _mean(forms: Forms | None, name: str) -> Cell:
    value = None if forms is None else getattr(forms, name)
    return Cell(MISSING) if value is None else Cell(f"{value:,.1f}", value)
