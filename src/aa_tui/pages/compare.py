"""Two to six models or local runs side by side, put together once for the app, the shell and JSON.

Published figures and those measured here are in sections of their own and are never marked against each other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from aa_tui.analysis import METRICS, MISSING, Standing, band_of, display, licence, metric_value, standing, untold
from aa_tui.catalog import models, runs
from aa_tui.catalog.rows import ModelRow, RunRow
from aa_tui.charts.here import reliability
from aa_tui.errors import UsageError
from aa_tui.pages import compare_grammar, measured, paired, run_names
from aa_tui.pages.classes import Classes, placed
from aa_tui.pages.compare_here import evaluations, headline_bars, local_rows, setup, titled, without_score
from aa_tui.pages.compare_parts import Bars, Better, Cell, Row, Section, Subject, with_best
from aa_tui.pages.control import Control, with_control

LEAST, MOST = 2, 6
RUN = "run:"
UNEVEN_NOTE = "The index versions differ ({versions}): index, tokens and cost of two versions are not compared."
APART_NOTE = (
    "≈ not distinguishable: the two means ± 2 standard deviations of their repetitions overlap. A figure of a single "
    "repetition is not marked."
)
SCORES_APART_NOTE = (
    "≈ not distinguishable, of scores: their intervals overlap; where two runs answered the same items, the paired "
    "comparison decides."
)
MACHINES_NOTE = "The runs are of different machines or settings: what differs is not the file alone."


class CompareError(UsageError):
    """These cannot be compared. The text says what can."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that the comparison shows. `pairs`: each further evaluation of a pack against the first one, item by item."""

    subjects: tuple[Subject, ...]
    overview: tuple[Bars, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
    pairs: tuple[paired.Pair, ...] = ()
    controls: tuple[Control, ...] = ()
    """Where one of two evaluations has answered a part, its score with the other, which has more, as its control."""

    @property
    def two_runs(self) -> paired.Pair | None:
        """The paired comparison, where two runs are compared and nothing else."""
        return self.pairs[0] if len(self.subjects) == 2 and self.pairs else None


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
    return _compare(conn, _named(subjects))


def _named(subjects: Sequence[Subject]) -> tuple[Subject, ...]:
    """Runs get their names once it is known which others they stand beside."""
    runs_alone = [subject.result.run for subject in subjects if subject.model is None and subject.result]
    names = iter(run_names.heads(runs_alone))
    return tuple(replace(one, name=next(names)) if one.model is None else one for one in subjects)


def _pairs(conn: sqlite3.Connection, subjects: Sequence[Subject]) -> tuple[paired.Pair, ...]:
    """Each further evaluation of a pack in a version against the first one of it; of a log against any other."""
    firsts: dict[tuple[str | None, str | None], RunRow] = {}
    found = []
    for subject in subjects:
        if subject.model is not None or subject.result is None or subject.result.run.kind != "eval":
            continue
        run = subject.result.run
        first = firsts.setdefault((run.pack, run.pack_version), run)
        others = [first] if first is not run else _of_other_packs(run, firsts.values())
        pair = next((pair for one in others if (pair := paired.load(conn, one, run)) is not None), None)
        found += [pair] if pair is not None else []
    return tuple(found)


def _controls(conn: sqlite3.Connection, pairs: Sequence[paired.Pair]) -> tuple[Control, ...]:
    """Of each pair the run with fewer items, where it can be estimated with the other."""
    found = []
    for pair in pairs:
        few, many = sorted((pair.a, pair.b), key=lambda run: run.n_done)
        if few.n_done < many.n_done and (one := with_control(conn, few, many)).result is not None:
            found.append(one)
    return tuple(found)


def _of_other_packs(run: RunRow, firsts: Iterable[RunRow]) -> list[RunRow]:
    """The evaluations with which the first one of a pack may share questions: where either was read from a log."""
    return [one for one in firsts if one is not run and "log" in (one.origin, run.origin)]


def _subject(conn: sqlite3.Connection, target: str) -> Subject:
    target = target.strip()
    is_number = target.isdecimal() and models.by_slug(conn, target) is None  # a file can be called 7.gguf
    if is_number or target.lower().startswith(RUN):
        number = target.rpartition(":")[2].strip()
        if not number.isdecimal():
            raise CompareError(f"“{target}” names no run; run:3 names run 3.")
        run = runs.get(conn, int(number))
        if run.kind == "ask":
            raise CompareError(f"Run {run.id} is a conversation: it has no figures to compare.")
        result = runs.result_of(conn, run)
        return Subject(f"{RUN}{run.id}", f"run {run.id}", None, result, tuple(runs.samples(conn, run.id)), "")
    model = models.resolve(conn, target)
    here = runs.results_of_model(conn, model.model_id)
    newest = max(here, key=lambda one: (one.run.created_at, one.run.id), default=None)
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
    pairs = _pairs(conn, subjects)
    if any(subject.result is not None for subject in subjects):
        local, graded = local_rows(subjects), evaluations(subjects, pairs)
        sections += [
            *graded,
            *compare_grammar.sections(conn, subjects),
            Section(titled("Measured", [subject.result for subject in subjects]), local),
        ]
        if any(subject.result is not None and subject.result.run.kind == "speed" for subject in subjects):
            notes.append(measured.METHOD_NOTE)
        notes += without_score(subjects)
        if _has_ties(local):
            notes.append(APART_NOTE)
        known = [subject.result for subject in subjects if subject.result is not None]
        if any(reliability.flag(result, row.key) for row in local for result in known):
            notes.append(f"{reliability.NOTE}.")
        if any(_has_ties(section.rows) for section in graded):
            notes.append(SCORES_APART_NOTE)
        if len({setup(subject.result) for subject in subjects if subject.result is not None}) > 1:
            notes.append(MACHINES_NOTE)
    return Comparison(subjects, _overview(sections), tuple(sections), tuple(notes), pairs, _controls(conn, pairs))


def _has_ties(rows: Sequence[Row]) -> bool:
    return any(cell.mark == "tied" for row in rows for cell in row.cells)


# -- published figures


def _standings(conn: sqlite3.Connection, model: ModelRow | None, classes: Classes) -> dict[str, Standing]:
    within = placed(conn, model) if model is not None and not model.is_local else None
    cls = classes.of(conn, within) if within is not None else None
    if within is None or cls is None:
        return {}
    return {metric: standing(within, metric, cls) for metric in METRICS}


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
    return Row(metric, about.label, about.unit, better, with_best(cells, better))


def _plain_figure(
    name: str,
    label: str,
    unit: str,
    subjects: Sequence[Subject],
    show: Callable[[float | None], str],
) -> Row:
    values = [getattr(subject.model, name) if subject.model else None for subject in subjects]
    return Row(name, label, unit, None, tuple(Cell(show(value), value) for value in values))


def _fact(key: str, label: str, subjects: Sequence[Subject], read: Callable[[ModelRow], str | None]) -> Row:
    texts = [(read(subject.model) if subject.model else None) for subject in subjects]
    return Row(key, label, "", None, tuple(Cell(text or MISSING, text) for text in texts))


def _facts(subjects: Sequence[Subject], fact: Callable[..., Row]) -> tuple[Row, ...]:
    contexts = [subject.model.context_tokens if subject.model else None for subject in subjects]
    context = with_best([Cell(display.context(value), value) for value in contexts], "higher")
    return (
        fact("creator", "Creator", lambda model: model.creator),
        fact("class", "Comparison class", lambda model: band.name if (band := band_of(model)) else None),
        fact("reasoning", "Reasoning", untold.answers),
        fact("open_weights", "Weights", untold.weights_mark),
        fact("license", "Licence", lambda model: model.license),
        fact("commercial_use", "Commercial use", _commercial),
        Row("context_tokens", "Context window", "tokens", "higher", context),
        _plain_figure("total_params_b", "Total parameters", "B", subjects, display.params_b),
        _plain_figure("active_params_b", "Active parameters", "B", subjects, display.params_b),
        fact("input_modalities", "Input", lambda model: ", ".join(model.input_modalities)),
        fact("output_modalities", "Output", lambda model: ", ".join(model.output_modalities)),
        fact("release_date", "Released", lambda model: model.release_date),
        fact("index_version", "Index version", lambda model: model.index_version),
        fact("as_of", "Data as of", lambda model: model.as_of),
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


def _overview(sections: Sequence[Section]) -> tuple[Bars, ...]:
    rows = {row.key: row for section in sections for row in section.rows}
    found = []
    for key, label in (*_OVERVIEW, *headline_bars(sections)):
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
            return 0.0 if better == "higher" and best <= 0 else 1.0  # where nobody has anything, no bar is full
        above, below = (value, best) if better == "higher" else (best, value)
        return max(0.0, min(1.0, above / below)) if below > 0 else 0.0

    return tuple(None if value is None else share(value) for value in values)
