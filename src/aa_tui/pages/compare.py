"""Two to six models or local runs side by side, put together once for the app, the shell and JSON.

Published figures and those measured here are in sections of their own and are never marked against each other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from aa_tui.analysis import METRICS, MISSING, Standing, band_of, display, licence, metric_value, standing
from aa_tui.catalog import models, runs
from aa_tui.catalog.rows import ModelRow
from aa_tui.pages import measured
from aa_tui.pages.classes import Classes
from aa_tui.pages.compare_here import local_rows, setup, without_score
from aa_tui.pages.compare_parts import Better, Cell, Row, Subject

LEAST, MOST = 2, 6
RUN = "run:"
UNEVEN_NOTE = "The index versions differ ({versions}): index, tokens and cost of two versions are not compared."
APART_NOTE = (
    "≈ not distinguishable: the two means ± 2 standard deviations of their repetitions overlap. A figure of a single "
    "repetition is not marked."
)
MACHINES_NOTE = "The runs are of different machines or settings: what differs is not the file alone."


class CompareError(Exception):
    """These cannot be compared. The text says what can."""


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under a title."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """One metric of the overview: shares of the best among the compared, 0 to 1; None where there is no value."""

    label: str
    shares: tuple[float | None, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that the comparison shows."""

    subjects: tuple[Subject, ...]
    overview: tuple[Bars, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]


def load(conn: sqlite3.Connection, targets: Sequence[str]) -> Comparison:
    """Compare models (slugs or names) and runs (`run:3`, or the number alone where no model has it as its slug).

    Raises:
        CompareError: fewer than two different ones, or more than six.
        UnknownModelError: no model goes by that name.
        UnknownRunError: there is no run with that number.
    """
    subjects: list[Subject] = []
    for target in targets:
        subject = _subject(conn, target)
        if subject.target not in {other.target for other in subjects}:
            subjects.append(subject)
    if not LEAST <= len(subjects) <= MOST:
        raise CompareError(f"{LEAST} to {MOST} different models or runs can be compared, not {len(subjects)}.")
    return _compare(conn, tuple(subjects))


def _subject(conn: sqlite3.Connection, target: str) -> Subject:
    target = target.strip()
    is_number = target.isdecimal() and models.by_slug(conn, target) is None  # a file can be called 7.gguf
    if is_number or target.lower().startswith(RUN):
        number = target.rpartition(":")[2].strip()
        if not number.isdecimal():
            raise CompareError(f"“{target}” names no run; run:3 names run 3.")
        run = runs.get(conn, int(number))
        result = runs.result_of(conn, run)
        return Subject(
            f"{RUN}{run.id}", f"run {run.id} {run.target}", None, result, tuple(runs.samples(conn, run.id)), ""
        )
    model = models.resolve(conn, target)
    newest = next(iter(runs.results_of_model(conn, model.model_id)), None)
    samples = tuple(runs.samples(conn, newest.run.id)) if newest else ()
    band = band_of(model)
    return Subject(model.slug, model.name, model, newest, samples, band.name if band and not model.is_local else "")


def _compare(conn: sqlite3.Connection, subjects: tuple[Subject, ...]) -> Comparison:
    versions = sorted({s.model.index_version for s in subjects if s.model is not None and s.model.index_version})
    classes = Classes()
    standings = [_standings(conn, subject.model, classes) for subject in subjects]
    uneven = len(versions) > 1
    notes: list[str] = []
    if uneven:
        notes.append(UNEVEN_NOTE.format(versions=", ".join(versions)))

    def figures(*metrics: str) -> list[Row]:
        return [_figure(metric, subjects, standings, uneven) for metric in metrics]

    def facts(key: str, label: str, read: Callable[[ModelRow], str | None]) -> Row:
        return _fact(key, label, subjects, read)

    sections: list[Section] = []
    if any(subject.model is not None for subject in subjects):
        sections += [
            Section(
                "Published",
                (
                    *figures("intelligence_index", "index_output_tokens_m"),
                    _plain_figure("reasoning_tokens_m", "Reasoning tokens", "M tokens", subjects, display.tokens_m),
                    *figures("price_in_usd_per_m", "price_out_usd_per_m", "blended_price_usd_per_m"),
                    *figures("cost_to_run_usd", "output_tps", "ttft_s", "ttfat_s", "e2e_s", "openness_index"),
                ),
            ),
            Section("Facts", _facts(subjects, facts)),
        ]
    if any(subject.result is not None for subject in subjects):
        local = local_rows(subjects)
        sections.append(Section("Measured here ⌂", local))
        notes += [measured.METHOD_NOTE, *without_score(subjects)]
        if any(cell.mark == "tied" for row in local for cell in row.cells):
            notes.append(APART_NOTE)
        if len({setup(subject.result) for subject in subjects if subject.result is not None}) > 1:
            notes.append(MACHINES_NOTE)
    return Comparison(subjects, _overview(subjects, sections, uneven), tuple(sections), tuple(notes))


# -- published figures


def _standings(conn: sqlite3.Connection, model: ModelRow | None, classes: Classes) -> dict[str, Standing]:
    cls = classes.of(conn, model) if model is not None and not model.is_local else None
    if model is None or cls is None:
        return {}
    return {metric: standing(model, metric, cls) for metric in METRICS}


def _figure(metric: str, subjects: Sequence[Subject], standings: Sequence[dict[str, Standing]], uneven: bool) -> Row:
    about = METRICS[metric]
    cells = []
    for subject, places in zip(subjects, standings, strict=True):
        model = subject.model
        value = metric_value(model, metric) if model is not None and not model.is_local else None
        place = places.get(metric)
        rank = f"#{place.rank}/{place.of}" if place is not None and place.rank and value is not None else ""
        estimate = "~" if metric == "intelligence_index" and model is not None and model.index_is_estimate else ""
        text = display.metric(metric, value)
        cells.append(Cell(text + estimate if value is not None else text, value, rank))
    better: Better | None = None
    if about.higher_is_better is not None and not (uneven and about.per_index_version):
        better = "higher" if about.higher_is_better else "lower"
    return Row(metric, about.label, about.unit, better, _with_best(cells, better))


def _plain_figure(
    name: str,
    label: str,
    unit: str,
    subjects: Sequence[Subject],
    show: Callable[[float | None], str],
) -> Row:
    values = [getattr(subject.model, name) if subject.model else None for subject in subjects]
    return Row(name, label, unit, None, tuple(Cell(show(value), value) for value in values))


def _with_best(cells: Sequence[Cell], better: Better | None) -> tuple[Cell, ...]:
    """The best value marked, and those that read the same; nothing where all do or only one has a value."""
    values = {cell.value: cell.text for cell in cells if isinstance(cell.value, int | float)}
    if better is None or sum(cell.value is not None for cell in cells) < 2 or len(set(values.values())) == 1:
        return tuple(cells)
    best = values[max(values) if better == "higher" else min(values)]
    return tuple(replace(cell, mark="best") if cell.text == best else cell for cell in cells)


def _fact(key: str, label: str, subjects: Sequence[Subject], read: Callable[[ModelRow], str | None]) -> Row:
    texts = [(read(subject.model) if subject.model else None) for subject in subjects]
    return Row(key, label, "", None, tuple(Cell(text or MISSING, text) for text in texts))


def _facts(subjects: Sequence[Subject], fact: Callable[..., Row]) -> tuple[Row, ...]:
    contexts = [subject.model.context_tokens if subject.model else None for subject in subjects]
    context = _with_best([Cell(display.context(value), value) for value in contexts], "higher")
    return (
        fact("creator", "Creator", lambda model: model.creator),
        fact("class", "Comparison class", lambda model: band.name if (band := band_of(model)) else None),
        fact("reasoning", "Reasoning", lambda model: "◆ yes" if model.reasoning else "◇ no"),
        fact("open_weights", "Weights", lambda model: "○ open" if model.open_weights else "● proprietary"),
        fact("license", "Licence", lambda model: model.license),
        fact("commercial_use", "Commercial use", _commercial),
        Row("context_tokens", "Context window", "tokens", "higher", context),
        _plain_figure("total_params_b", "Total parameters", "B", subjects, display.params_b),
        _plain_figure("active_params_b", "Active parameters", "B", subjects, display.params_b),
        fact("input_modalities", "Input", lambda model: ", ".join(model.input_modalities)),
        fact("output_modalities", "Output", lambda model: ", ".join(model.output_modalities)),
        fact("release_date", "Released", lambda model: model.release_date),
        fact("index_version", "Index version", lambda model: model.index_version),
        fact("as_of", "Table of", lambda model: model.as_of),
        fact("source_name", "Source", lambda model: model.source_name),
        fact("source_url", "Read at", lambda model: model.source_url),
    )


def _commercial(model: ModelRow) -> str | None:
    return licence(model.license).commercial_use if model.license else None


# -- the overview

_OVERVIEW = (
    ("intelligence_index", "Intelligence"),
    ("openness_index", "Openness"),
    ("output_tps", "Output speed"),
    ("ttfat_s", "First answer token"),
    ("e2e_s", "End to end"),
    ("blended_price_usd_per_m", "Blended price"),
    ("cost_to_run_usd", "Cost to run"),
    ("context_tokens", "Context"),
    ("pp512", "⌂ pp512"),
    ("tg128", "⌂ tg128"),
)


def _overview(subjects: Sequence[Subject], sections: Sequence[Section], uneven: bool) -> tuple[Bars, ...]:
    rows = {row.key: row for section in sections for row in section.rows}
    found = []
    for key, label in _OVERVIEW:
        row = rows.get(key)
        if row is None or row.better is None or sum(cell.value is not None for cell in row.cells) < 2:
            continue
        values = [cell.value if isinstance(cell.value, int | float) else None for cell in row.cells]
        found.append(Bars(label, _shares(values, row.better), tuple(cell.text for cell in row.cells)))
    return tuple(found)


def _shares(values: Sequence[float | None], better: Better) -> tuple[float | None, ...]:
    """Each value's share of the best: value / best where more is better, best / value where less is."""
    known = [value for value in values if value is not None]
    best = max(known) if better == "higher" else min(known)

    def share(value: float) -> float:
        if value == best:
            return 1.0
        above, below = (value, best) if better == "higher" else (best, value)
        return max(0.0, min(1.0, above / below)) if below > 0 else 0.0

    return tuple(None if value is None else share(value) for value in values)
