"""Read from the catalog what the charts of a page draw, for a choice of models."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable

from aa_tui.analysis import PRICE_CLASSES, SIZE_CLASSES, band_of
from aa_tui.catalog import models, offers, ranking, runs, turns
from aa_tui.catalog.metric_names import CLAIMED, PUBLISHED
from aa_tui.catalog.offers import OPENNESS_PARTS, FigureRow
from aa_tui.catalog.ranking import Among
from aa_tui.catalog.rows import LocalResult, ModelFilter, ModelRow, RunRow
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.evaluated import Evaluated
from aa_tui.charts.here.evaluations import current
from aa_tui.charts.reading import Alone
from aa_tui.charts.scene import ALL, CLASS, Scene, Selection
from aa_tui.pages import chart_models, evaluation, lost
from aa_tui.pages.bands import band_conditions
from aa_tui.pages.classes import members_filter

DEFAULT = Selection()
"""The comparison class of the page's model; every model where there is none."""

NEWEST_RUNS = 200
"""So many runs are looked at for what was measured of all models."""

NEWEST_EVALUATIONS = 40
"""So many evaluations are read with their samples."""

NEWEST_TEXTS = 6
"""Of so many the texts are read."""

MEASURED = "Measured here"
WATCH, DIVERGENCE, CACHE, SPECULATION = "watch", "divergence", "cache", "speculation"

_BAND_TITLES = {band.key: band.title for band in (*SIZE_CLASSES, *PRICE_CLASSES)}


_RUN = re.compile(r"run:([0-9]{1,18})")


def run_of(target: str | None) -> int | None:
    """The number of a run that is named instead of a model, as "run:3"."""
    match = _RUN.fullmatch(target or "")
    return int(match[1]) if match else None


def scene_of(
    conn: sqlite3.Connection,
    target: str | None,
    selection: Selection = DEFAULT,
    kind: Kind | None = None,
    *,
    texts: bool | None = None,
) -> Scene:
    """What the charts of a model, of a run ("run:3") or of neither draw. Raises as the two functions below do."""
    run_id = run_of(target)
    if run_id is not None:
        return load_run_scene(conn, run_id, texts=kind is None or kind.texts if texts is None else texts)
    return load_scene(conn, target, selection, kind, texts=texts)


def load_scene(
    conn: sqlite3.Connection,
    slug_or_name: str | None,
    selection: Selection = DEFAULT,
    kind: Kind | None = None,
    *,
    texts: bool | None = None,
) -> Scene:
    """What the charts draw.

    Args:
        conn: the catalog.
        slug_or_name: the page's model, or None for charts without one.
        selection: which models are drawn beside it, and the pack of evaluations made here.
        kind: the one chart that it is read for: of very many models only those are read that a screen can show.
        texts: whether to read what samples' texts tell; None as `kind` needs it, with none yes.

    Raises:
        UnknownModelError: nothing is called so.
        UnknownClassError: the selection names a class that there is not.
    """
    model = models.resolve(conn, slug_or_name) if slug_or_name is not None else None
    where, among = _band(conn, model, selection)
    always = [model] if model is not None else []
    # A remembered choice can name what another catalog had.
    always += [row for slug in sorted(selection.pinned) if (row := models.by_slug(conn, slug)) is not None]
    needs = kind.needs if kind is not None else None
    drawn, tally = always, None
    if not isinstance(needs, Alone):
        also = tuple(dict.fromkeys(row.id for row in always))
        drawn, tally = chart_models.read(conn, Among(where, also), model, needs)
    ids = [row.id for row in drawn]
    slugs = {row.id: row.slug for row in drawn}
    local = _local(conn, model)
    return Scene(
        model=model,
        models=tuple(drawn),
        among=_title(among, selection),
        offers=tuple(offers.offers_of(conn, model.id)) if model is not None else (),
        evaluations=_evaluations(offers.evaluations(conn, ids), slugs),
        claimed=_evaluations(offers.claimed_evaluations(conn, ids), slugs, CLAIMED),
        openness_parts=_openness(offers.openness_parts(conn, ids), slugs),
        local=tuple(local),
        tally=tally,
        evaluated=_evaluated(conn, local, texts=kind is None or kind.texts if texts is None else texts)
        if kind is None or kind.section == MEASURED
        else (),
        pack=selection.pack,
        probes=_finished(conn, WATCH, model) if kind is None or kind.section == MEASURED else (),
        divergences=_finished(conn, DIVERGENCE, model) if kind is None or kind.section == MEASURED else (),
        caches=_finished(conn, CACHE, model) if kind is None or kind.section == MEASURED else (),
        speculations=_finished(conn, SPECULATION, model) if kind is None or kind.section == MEASURED else (),
    )


def published_scene(conn: sqlite3.Connection, where: ModelFilter, among: str) -> Scene:
    """What charts of published figures draw of all models that pass a filter, with none of them highlighted."""
    drawn = models.rows_by_id(conn, ranking.all_ids(conn, Among(where)))
    slugs = {row.id: row.slug for row in drawn}
    parts = _openness(offers.openness_parts(conn, list(slugs)), slugs)
    return Scene(None, tuple(drawn), among, openness_parts=parts)


def class_title(model: ModelRow) -> str | None:
    """What the members of a model's class have in common; None where it is in none."""
    own = band_of(model)
    return None if own is None else own.title if model.reasoning else f"{own.title}, non-reasoning"


def load_run_scene(conn: sqlite3.Connection, run_id: int, *, texts: bool = True) -> Scene:
    """What the charts of one run draw: its model beside it, nothing of other runs. Raises `UnknownRunError`."""
    run = runs.get(conn, run_id)
    result = runs.result_of(conn, run)
    model = models.by_slug(conn, run.slug) if run.slug is not None else None
    shown = (model,) if model is not None else ()
    local = (result,) if run.origin == "here" else ()  # charts are of this machine's figures
    finished = _finished(conn, WATCH, None) if local and run.setup.study == WATCH else ()
    own = [one for one in finished if one.run.file.sha256 == run.file.sha256]
    baselines = {one.run.settings.get("baseline") for one in own}  # of another file, where it was compared with one
    return Scene(
        model,
        shown,
        "",
        local=local,
        evaluated=_evaluated(conn, local, texts=texts),
        run_id=run_id,
        probes=tuple(one for one in finished if one in own or one.run.uid in baselines),
        divergences=local if run.setup.study == DIVERGENCE and run.state == "finished" else (),
    )


def serves(scene: Scene, read_for: Kind, kind: Kind) -> bool:
    """Whether a chart can be built from the scene that was read for another one."""
    if kind.section == MEASURED and read_for.section != MEASURED:
        return False
    if kind.texts and not read_for.texts:
        return False
    return read_for.needs == kind.needs or (scene.tally is None and not isinstance(read_for.needs, Alone))


def _band(conn: sqlite3.Connection, model: ModelRow | None, selection: Selection) -> tuple[ModelFilter | None, str]:
    """What the models of the selection pass, None where none can, and what they have in common."""
    band = selection.band or CLASS
    if band == CLASS and model is not None:
        members, own = members_filter(model), band_of(model)
        if members is not None and own is not None and (not model.is_local or ranking.count(conn, Among(members))):
            return _narrowed(members, selection), class_title(model) or ""
    conditions = {} if band in (CLASS, ALL) else band_conditions(band)
    where = _narrowed(ModelFilter(**conditions), selection)  # type: ignore[arg-type]
    return where, _BAND_TITLES.get(band, "All models")


def _narrowed(where: ModelFilter, selection: Selection) -> ModelFilter | None:
    """The band's filter and the selection's conditions; None where they exclude each other."""
    for name in ("open_weights", "reasoning"):
        wanted, given = getattr(selection, name), getattr(where, name)
        if wanted is not None and given not in (None, wanted):
            return None
        if wanted is not None:
            where = where._replace(**{name: wanted})
    return where if selection.creator is None else where._replace(creator=selection.creator)


def _title(among: str, selection: Selection) -> str:
    words = [among]
    if selection.open_weights is not None:
        words.append("open weights" if selection.open_weights else "proprietary")
    if selection.reasoning is not None:
        words.append("reasoning" if selection.reasoning else "non-reasoning")
    if selection.creator is not None:
        words.append(f"of {selection.creator}")
    if selection.pinned:
        words.append(f"and {len(selection.pinned)} pinned")
    return ", ".join(dict.fromkeys(words))


def _evaluations(
    rows: Iterable[FigureRow], slugs: dict[int, str], prefix: str = PUBLISHED
) -> dict[str, dict[str, FigureRow]]:
    found: dict[str, dict[str, FigureRow]] = {}
    for row in rows:
        found.setdefault(row.metric.removeprefix(prefix), {})[slugs[row.variant_id]] = row
    return found


def _openness(rows: Iterable[FigureRow], slugs: dict[int, str]) -> dict[str, tuple[float, float]]:
    """Both parts of each model that has both."""
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        found.setdefault(slugs[row.variant_id], {})[row.metric] = row.value
    first, second = OPENNESS_PARTS
    return {slug: (parts[first], parts[second]) for slug, parts in found.items() if len(parts) == len(OPENNESS_PARTS)}


def _evaluated(conn: sqlite3.Connection, local: Iterable[LocalResult], *, texts: bool) -> tuple[Evaluated, ...]:
    """The evaluations that count, with their samples; of very many the newest, and texts of fewer still."""
    found = []
    for number, result in enumerate(current(local)[:NEWEST_EVALUATIONS]):
        report = evaluation.load(conn, result.run, these_items=False)  # intervals that can be compared
        became = lost.load(conn, result.run).tallies if texts and number < NEWEST_TEXTS else None
        first = turns.first_prompts(conn, result.run.id)
        found.append(Evaluated(result, report.summary, tuple(report.curve), tuple(report.samples), became, first))
    return tuple(found)


def _finished(conn: sqlite3.Connection, study: str, model: ModelRow | None) -> tuple[LocalResult, ...]:
    """The finished studies of this name that were made here, of the model or of all, oldest first."""
    found = [one for one in runs.studies_called(conn, study) if one.origin == "here" and one.state == "finished"]
    own = [one for one in found if model is None or one.file.model_id == model.model_id]
    return tuple(runs.result_of(conn, one) for one in own[-NEWEST_RUNS:])


def _local(conn: sqlite3.Connection, model: ModelRow | None) -> list[LocalResult]:
    """What was measured here: figures of other machines are in no chart with them (`load_run_scene` draws one run)."""
    if model is not None:
        return runs.results_of_model(conn, model.model_id)
    results = (runs.result_of(conn, run) for run in runs.list_runs(conn, NEWEST_RUNS) if _is_of_charts(run))
    return [result for result in results if result.measurements]


def _is_of_charts(run: RunRow) -> bool:
    return run.origin == "here" and run.kind != "study"
