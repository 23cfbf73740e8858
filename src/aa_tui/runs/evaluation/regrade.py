"""Grade a run's samples again with the graders of today, without running the model: first look, then keep."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aa_tui.analysis.evaluation import Summary, summarise
from aa_tui.catalog import life, runs, samples
from aa_tui.catalog.db import path_of
from aa_tui.catalog.rows import BudgetProbe, RunRow, ScoredSample, ScoreRow
from aa_tui.runs.errors import RunError
from aa_tui.runs.evaluation.figures import figures_of
from aa_tui.runs.evaluation.journal import answer_of, probe_verdict, score_row, verdict_of
from aa_tui.runs.evaluation.spending import spent_of
from aa_tui.runs.identity import identity_of
from aa_tui.runs.page import put_figures

if TYPE_CHECKING:
    from aa_tui.evals.items import Pack


@dataclass(frozen=True, slots=True)
class Told:
    """What one version of a grader says of a sample: the outcome, what it took as the answer, and why."""

    outcome: str | None
    extracted: str | None
    detail: str | None
    grader: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """A sample whose outcome is another one now."""

    item_id: str
    epoch: int
    before: Told
    after: Told


@dataclass(frozen=True, slots=True)
class Transition:
    """How many samples went from one outcome by one grader's version to another, or stayed as they were."""

    grader_before: str | None
    grader_after: str | None
    before: str | None
    after: str | None
    n: int


@dataclass(frozen=True, slots=True)
class Regraded:
    """Old and new scores of a run, and the samples that changed.

    `verdicts` are the new ones by sample, `probes` those of answers to closed thinking; `is_kept` tells whether they
    count from now on. `extraction_before` and `extraction` are how answers were taken out of texts, then and now.
    """

    run: RunRow
    before: Summary
    after: Summary
    changes: tuple[Change, ...]
    transitions: tuple[Transition, ...]
    n_graded: int
    extraction_before: str
    extraction: str
    verdicts: tuple[tuple[int, ScoreRow], ...]
    probes: tuple[BudgetProbe, ...]
    pack: Pack
    is_kept: bool = False


def regrade(conn: sqlite3.Connection, run_id: int, on_progress: Callable[[float], object] | None = None) -> Regraded:
    """Grade every sample again and keep it; old verdicts stay in the catalog. Raises RunError, PackError."""
    return keep(conn, grade_again(conn, run_id, on_progress))


def grade_again(
    conn: sqlite3.Connection, run_id: int, on_progress: Callable[[float], object] | None = None
) -> Regraded:
    """What grading again would change; nothing is written. Raises RunError, PackError."""
    from aa_tui.evals.extraction import VERSION
    from aa_tui.evals.grading import Grading
    from aa_tui.evals.packs import load

    run = _gradable(conn, run_id)
    pack = load(run.setup.pack or run.pack or "", path_of(conn).parent)
    _check_pack(run, pack)
    items = {item.id: item for item in pack.items}
    before, after = samples.scored(conn, run_id), []
    verdicts: list[tuple[int, ScoreRow]] = []
    probes: list[BudgetProbe] = []
    item_of = {row.id: items.get(row.item_id) for row in before}
    with Grading(unsafe_code=run.setup.unsafe_code) as grading:
        for number, row in enumerate(before):
            item, sample = item_of[row.id], samples.get(conn, row.id)
            answer = answer_of(conn, run_id, pack, item, sample)
            new = score_row(verdict_of(grading, pack, item, sample, answer))
            verdicts.append((row.id, new))
            told = {name: getattr(new, name) for name in ("outcome", "extracted", "detail", "grader", "jail", "fault")}
            after.append(row._replace(**told))
            if on_progress is not None:
                on_progress((number + 1) / len(before))
        uncertain = {row.id for row in before if row.finish_reason == samples.CHANGED}
        for probe in samples.probes(conn, run_id):
            item = item_of[probe.sample_id]
            if item is not None and probe.sample_id not in uncertain:
                probes.append(probe_verdict(grading, pack, item, probe))
    any_time = run.ended_by_score
    summaries = [
        summarise(
            rows,
            categories={item.category for item in pack.items},
            in_turn_only=run.state in ("stopped", "failed"),
            any_time=any_time,
            is_chosen=run.setup.is_chosen,
        )
        for rows in (before, after)
    ]
    return Regraded(
        run=run,
        before=summaries[0],
        after=summaries[1],
        changes=tuple(_changes(before, after)),
        transitions=_transitions(before, after),
        n_graded=len(after),
        extraction_before=extraction_of(run),
        extraction=VERSION,
        verdicts=tuple(verdicts),
        probes=tuple(probes),
        pack=pack,
    )


def keep(conn: sqlite3.Connection, found: Regraded) -> Regraded:
    """Let the new verdicts count. Raises RunError where the run has begun to go on since."""
    run = _gradable(conn, found.run.id)
    for sample_id, row in found.verdicts:
        samples.add_score(conn, sample_id, row)
    for probe in found.probes:
        samples.set_probe(conn, probe)
    rows = samples.scored(conn, run.id)
    took = spent_of(conn, run, rows, in_turn_only=run.state in ("stopped", "failed"))
    put_figures(conn, run, figures_of(found.pack.name, found.pack.version, found.after, rows, spent=took))
    life.set_settings_value(conn, run.id, "extraction", found.extraction)
    _note_graders(conn, run, found.extraction)
    return replace(found, is_kept=True)


def extraction_of(run: RunRow) -> str:
    """By which version of taking answers out of texts a run was graded; the first one was not noted."""
    return run.setup.extraction


def why_not(run: RunRow) -> str:
    """Why a run's samples cannot be graded again, in one sentence; empty where they can."""
    if run.kind != "eval":
        did = "is a conversation" if run.kind == "ask" else "measured speed"
        return f"Run {run.id} {did}: there is nothing to grade."
    if run.origin == "log":
        return f"Run {run.id} was {run.read_from}: its verdicts are those of the program that made it."
    if run.is_live:
        return f"Run {run.id} is running and grades by itself: stop it first, or wait for its end."
    return ""


def _gradable(conn: sqlite3.Connection, run_id: int) -> RunRow:
    run = runs.get(conn, run_id)
    if why := why_not(run):
        raise RunError(why)
    return run


def _check_pack(run: RunRow, pack: Pack) -> None:
    if run.pack_version not in (None, pack.version):
        raise RunError(
            f"Run {run.id} answered version {run.pack_version} of {pack.name}, and here is version {pack.version}: "
            "verdicts of one on answers to the other would mean nothing."
        )


def _note_graders(conn: sqlite3.Connection, run: RunRow, extraction: str) -> None:
    """All its samples have the verdicts of today's graders now, so it can go on with these."""
    from aa_tui.evals.grading import grader

    before = run.identity_parts.get("graders")
    if before:
        graders = {name: grader(name).version for name in before}
        parts = {**run.identity_parts, "graders": graders, "extraction": extraction}
        life.set_identity(conn, run.id, identity_of(parts), parts)


def _told(row: ScoredSample) -> Told:
    return Told(row.outcome, row.extracted, row.detail, row.grader)


def _changes(before: Sequence[ScoredSample], after: Sequence[ScoredSample]) -> list[Change]:
    pairs = zip(before, after, strict=True)
    return [Change(old.item_id, old.epoch, _told(old), _told(new)) for old, new in pairs if new.outcome != old.outcome]


def _transitions(before: Sequence[ScoredSample], after: Sequence[ScoredSample]) -> tuple[Transition, ...]:
    """Those that change first, the many before the few."""
    pairs = zip(before, after, strict=True)
    counts = Counter((old.grader, new.grader, old.outcome, new.outcome) for old, new in pairs)
    found = [Transition(*kinds, n) for kinds, n in counts.items()]
    return tuple(sorted(found, key=lambda one: (one.before == one.after, -one.n, str(one))))
