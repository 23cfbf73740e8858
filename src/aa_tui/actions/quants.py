"""Measure what is missing of a model's quantizations, nothing twice: speeds, divergences, answers."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aa_tui.actions import runs as run_actions
from aa_tui.actions import start
from aa_tui.catalog.clock import seconds_between
from aa_tui.catalog.db import path_of
from aa_tui.catalog.rows import FileRow, RunRow
from aa_tui.runs import launch, quants
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.quants import DIVERGENCE, LadderRuns, Told
from aa_tui.runs.speed.options import SpeedOptions

if TYPE_CHECKING:
    from aa_tui.runs.studies.divergence_plan import DivergenceOptions

SPEED, EVALUATION = "speed", "eval"

QUICK_REPETITIONS = 2
"""Of each speed test, where it is to be quick: two have a spread, one has none."""

QUICK_BLOCKS = 8
"""Of text: enough for an interval, and for each kind of text to have its share."""

SPEED_TESTS = ("pp512", "tg128")


@dataclass(frozen=True, slots=True)
class LadderOptions:
    """What is to be measured. Without a `pack` nothing is evaluated; `until_width` as `EvalOptions` has it.

    `limit` of None is as far as the reference went, else the whole pack. `text` None is the bundled one. `quick` takes
    fewer repetitions and less text, `exact` compares all tokens of the vocabulary, none by a sample.
    """

    pack: str | None = None
    limit: int | None = None
    until_width: float | None = None
    text: Path | None = None
    quick: bool = False
    exact: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A run that is to be made: `begun` is one to go on with, which is under way where it is live."""

    kind: str
    file: FileRow
    begun: RunRow | None = None

    @property
    def words(self) -> str:
        """What it is: "speed of Q4_0"."""
        what = "answers" if self.kind == EVALUATION else self.kind
        return f"{what} of {self.file.quant or self.file.shown_name}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is missing, in the order in which it is made; `n_known` runs are there already.

    `pack` is its own name, where `options` may have a folder.
    `seconds` is about how long it takes, by what runs of the same kind took; None where none tells of some step.
    `room` says in a sentence what it takes on disk, where that is much.
    """

    files: tuple[FileRow, ...]
    reference: FileRow
    options: LadderOptions
    pack: str | None
    steps: tuple[Step, ...]
    n_known: int
    seconds: float | None
    room: str = ""


def plan(
    conn: sqlite3.Connection, files: Sequence[FileRow], reference: FileRow, options: LadderOptions | None = None
) -> Plan:
    """What is missing of these files. Nothing is queued.

    Raises PackError for a pack that there is not, RunError for a text that is none, an aim that cannot be reached, and
    too little room on the disk to be exact.
    """
    options = options or LadderOptions()
    check(options)
    pack = pack_name(conn, options.pack) if options.pack is not None else None
    found = quants.ladder_runs(
        conn, files, reference, pack=pack, text_sha256=text_sha256(options.text), exact=options.exact
    )
    in_turn = sorted(found.files, key=lambda one: one.sha256 != reference.sha256)  # the others are asked as it was
    steps: list[Step] = []
    n_known = 0
    for kind in (SPEED, DIVERGENCE, EVALUATION):
        for file in in_turn:
            wanted = _step(kind, file, found, options)
            if wanted is not None:
                steps.append(wanted)
            elif _of_kind(found.of(file), kind) is not None:
                n_known += 1
    room = ""
    if any(one.kind == DIVERGENCE for one in steps):
        _check_length(reference, options)
        room = _room(conn, reference, options) if options.exact else ""
    return Plan(found.files, reference, options, pack, tuple(steps), n_known, _seconds(found, steps), room)


def _room(conn: sqlite3.Connection, reference: FileRow, options: LadderOptions) -> str:
    """What being exact takes on disk. Raises RunError where there is too little room."""
    from aa_tui.runs.studies.divergence_plan import DivergenceOptions, exact_bytes
    from aa_tui.runs.studies.divergence_room import check_room, room_words
    from aa_tui.runs.studies.divergence_text import text_to_study

    wanted = _of_divergence(options)
    needed = exact_bytes(reference, text_to_study(options.text, DivergenceOptions().n_ctx), wanted)
    check_room(path_of(conn), needed)
    return room_words(path_of(conn), needed)


def _check_length(reference: FileRow, options: LadderOptions) -> None:
    """Raises RunError for a text that is too short in the reference's tokens, before speeds are measured in vain."""
    from aa_tui.runs.studies.divergence_plan import DivergenceOptions
    from aa_tui.runs.studies.divergence_text import check_fills_block

    if options.text is not None:
        check_fills_block(options.text, DivergenceOptions().n_ctx, reference.path)


def check(options: LadderOptions) -> None:
    """Raises RunError for what can be known to fail before anything is read or measured."""
    from aa_tui.runs.evaluation.plan import check_aims
    from aa_tui.runs.studies.divergence_plan import DivergenceOptions
    from aa_tui.runs.studies.divergence_text import text_to_study

    check_aims(EvalOptions(until_width=options.until_width))
    if options.text is not None:
        text_to_study(options.text, DivergenceOptions().n_ctx)


def measure(conn: sqlite3.Connection, planned: Plan) -> list[int]:
    """Queue what is planned, or go on with what had begun. Returns the runs' numbers, in their order.

    Raises RunError for files that do not cut texts alike before anything is queued. Else raises as `prepare`,
    `prepare_evals` and `launch.resume`; what was queued before that stays queued.
    """
    for one in planned.steps:
        if one.kind == DIVERGENCE and one.begun is None:
            _check_vocabularies(one.file, planned.reference)
    return [_started(conn, one, planned) for one in planned.steps]


def _check_vocabularies(file: FileRow, reference: FileRow) -> None:
    """Raises RunError with the first difference: what the headers tell alike may still differ token by token."""
    from aa_tui.engine.differing import first_difference
    from aa_tui.runs.studies.divergence_plan import other_vocabulary

    why = first_difference(file.path, reference.path)
    if why is not None:
        raise other_vocabulary(reference, file, why)


def _started(conn: sqlite3.Connection, one: Step, planned: Plan) -> int:
    if one.begun is not None:
        if not one.begun.is_live:
            run_actions.resume(conn, one.begun.id, _changes(one, planned.options) or None)
        return one.begun.id
    options, target = planned.options, one.file.path
    if one.kind == SPEED:
        wanted = SpeedOptions(
            tests=SPEED_TESTS, repetitions=QUICK_REPETITIONS if options.quick else None, force=options.force
        )
        return start.bench(conn, target, options=wanted)
    if one.kind == DIVERGENCE:
        return _start_divergence(conn, one, planned)
    return start.evaluate(conn, [target], _pack_to_ask(conn, planned), options=_eval_options(conn, planned))[0]


def _start_divergence(conn: sqlite3.Connection, one: Step, planned: Plan) -> int:
    from aa_tui.runs.studies.divergence_plan import prepare_divergence

    wanted = _of_divergence(planned.options)
    run_id = prepare_divergence(conn, one.file.path, planned.reference.path, options=wanted)
    launch.start(path_of(conn), conn, run_id)
    return run_id


def _of_divergence(options: LadderOptions) -> DivergenceOptions:
    from aa_tui.runs.studies.divergence_plan import DivergenceOptions

    most = QUICK_BLOCKS if options.quick else None
    return DivergenceOptions(text=options.text, max_blocks=most, force=options.force, exact=options.exact)


def _step(kind: str, file: FileRow, found: LadderRuns, options: LadderOptions) -> Step | None:
    """What is to be done of this kind; None where nothing is missing, or wanted."""
    told = found.of(file)
    if kind == DIVERGENCE and file.sha256 == found.reference.sha256:
        return None
    if kind == EVALUATION and options.pack is None:
        return None
    known, begun = _of_kind(told, kind), told.unfinished.get(kind)
    if kind == EVALUATION and known is not None:
        return Step(kind, file, known) if _is_short(known, options) else None
    if known is not None and (kind != DIVERGENCE or _is_enough_text(known, options)):
        return None
    if begun is not None and kind == DIVERGENCE and not _aims_far_enough(begun, options):
        begun = None
    return Step(kind, file, begun if begun is not None and _worth_resuming(begun) else None)


def _is_enough_text(run: RunRow, options: LadderOptions) -> bool:
    """Whether a divergence was found on as much of its text as is asked for now, and as exactly."""
    if options.exact and not run.setup.is_exact:
        return False
    return quants.on_whole_text(run) or (options.quick and run.n_done >= QUICK_BLOCKS)


def _aims_far_enough(run: RunRow, options: LadderOptions) -> bool:
    """Whether a divergence that has begun would be, once it is finished."""
    most = run.settings.get("max_blocks")
    is_quick = options.quick and isinstance(most, int) and most >= QUICK_BLOCKS
    return is_quick or quants.aims_at_whole_text(run)


def _of_kind(told: Told, kind: str) -> RunRow | None:
    return {SPEED: told.speed, DIVERGENCE: told.divergence, EVALUATION: told.evaluation}[kind]


def _worth_resuming(run: RunRow) -> bool:
    """Not one that failed before it had anything: it would fail again."""
    return run.is_live or run.state == "stopped" or run.interrupted or run.n_done > 0


def _is_short(run: RunRow, options: LadderOptions) -> bool:
    """Whether an evaluation has not gone as far as is asked for now."""
    if options.until_width is not None and run.ended_by == "aim":
        return False
    if options.limit is not None:
        return run.n_done < min(options.limit, run.setup.n_items_of_pack or options.limit) * run.setup.epochs
    return run.state != "finished"


def _changes(one: Step, options: LadderOptions) -> dict[str, Any]:
    """How much further an evaluation is to go than it was asked to."""
    if one.kind != EVALUATION or one.begun is None:
        return {}
    changes: dict[str, Any] = {}
    if options.limit is not None and (one.begun.setup.limit or 0) < options.limit:
        changes["limit"] = options.limit
    if options.until_width is not None and one.begun.setup.until_width != options.until_width:
        changes["until_width"] = options.until_width
    return changes


def _model_evaluation(conn: sqlite3.Connection, planned: Plan) -> RunRow | None:
    """The reference's evaluation, begun or only queued: the others are asked in its way."""
    found = quants.ladder_runs(conn, planned.files, planned.reference, pack=planned.pack)
    told = found.of(planned.reference)
    return told.evaluation or told.unfinished.get(EVALUATION)


def _eval_options(conn: sqlite3.Connection, planned: Plan) -> EvalOptions:
    options, model = planned.options, _model_evaluation(conn, planned)
    base = EvalOptions() if model is None else EvalOptions.from_settings(model.settings)
    return replace(
        base,
        limit=options.limit if options.limit is not None else base.limit,
        until_width=options.until_width,
        until_above=None,
        budget_s=None,
        pilot=None,
        force=options.force,
    )


def _pack_to_ask(conn: sqlite3.Connection, planned: Plan) -> str:
    """The pack as the reference's run has it, since one may be a folder."""
    model = _model_evaluation(conn, planned)
    return (model.setup.pack if model is not None else None) or planned.options.pack or ""


def pack_name(conn: sqlite3.Connection, pack: str) -> str:
    """A pack's own name, of a folder too."""
    from aa_tui.runs.evaluation.queueing import found_pack

    return found_pack(conn, pack)[1].name


def text_sha256(path: Path | None) -> str | None:
    """Which text is meant, by its content; None for none in particular. Raises RunError for what is no text."""
    from aa_tui.runs.studies.divergence_text import own_text

    return None if path is None else own_text(path).sha256


def _seconds(found: LadderRuns, steps: Sequence[Step]) -> float | None:
    """About how long the steps take: each as long as the runs of its kind took for each byte of their files."""
    total = 0.0
    for step in steps:
        known = [run for told in found.told.values() if (run := _of_kind(told, step.kind)) is not None]
        paces = [spent / run.file.size_bytes for run in known if (spent := _spent_s(run)) and run.file.size_bytes]
        if not paces:
            return None
        total += step.file.size_bytes * sum(paces) / len(paces)
    return total


def _spent_s(run: RunRow) -> float | None:
    """Seconds that a run took."""
    if run.worked_s > 0:
        return run.worked_s
    return seconds_between(run.started_at, run.ended_at) if run.started_at and run.ended_at else None


def with_steps(planned: Plan, steps: Sequence[Step]) -> Plan:
    """The same plan with some of its steps only."""
    return replace(planned, steps=tuple(steps))
