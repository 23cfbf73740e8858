"""A short pack: items chosen by what earlier runs of the pack tell, and the score on all items that few of them give.

The estimate stands for itself and is never noted as a score that was measured.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from aa_tui.analysis import item_response, short_pack
from aa_tui.analysis.evaluation import in_turn
from aa_tui.analysis.intervals import effective_n, wilson_limits
from aa_tui.analysis.planning import half_width
from aa_tui.analysis.quantiles import t_value, z_value
from aa_tui.analysis.short_pack import Answer, ShortScore
from aa_tui.catalog import runs, samples, scores
from aa_tui.catalog.rows import RunRow, ScoredSample
from aa_tui.catalog.short_notes import ChosenItem, KnownRun, ShortNote
from aa_tui.errors import AATuiError
from aa_tui.outcomes import UNKNOWN, Outcome, why_no_headline

if TYPE_CHECKING:
    from aa_tui.evals.items import Pack

LEAST = 16
"""Chosen items that must have been answered for an estimate, and the fewest that can be chosen."""

LEVEL = 0.95

USUAL = 60
"""Items that are chosen where no number is told; of a small pack half of them."""

_DIGITS = 4
"""Of difficulties and abilities: more say nothing, and alike ones stay alike when they are written down."""


class NoShortPackError(AATuiError):
    """Items cannot be chosen. The text is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice of items, and what it lets expect.

    Half widths of the score's interval on all items, 0 to 1: `half_width` is what the choice would have given on each
    run that it rests on, with difficulties from the others, `half_width_random` what as many items at random would
    have. `n_worth` items at random would do as much as those chosen.
    """

    note: ShortNote
    half_width: float
    half_width_random: float
    n_worth: float


@dataclass(frozen=True, slots=True)
class Shortened:
    """What a run of chosen items tells of all items; `why_not` says why it does not.

    `known` are the runs that it is calibrated on: their numbers here, or their files' names where they are not here.
    """

    note: ShortNote | None
    result: ShortScore | None
    known: tuple[str, ...] = ()
    why_not: str = ""


def choose(
    conn: sqlite3.Connection,
    pack: Pack,
    n: int | None = None,
    seed: int = 0,
    *,
    on_progress: Callable[[float], object] = lambda _share: None,
) -> Choice:
    """Choose n of the pack's items, or the usual number.

    Raises NoShortPackError where too few runs have answered it, or for a wrong n.
    """
    from aa_tui.evals.packs import pack_identity

    items = [item.id for item in pack.items]
    n = min(USUAL, len(items) // 2) if n is None else n
    if not LEAST <= n < len(items):
        raise NoShortPackError(
            f"{n:,} of the {len(items):,} items of {pack.name} cannot be chosen: take {LEAST} to {len(items) - 1:,}."
            if len(items) > LEAST
            else f"{pack.name} has {len(items)} items, too few to choose from: ask all of them."
        )
    known = _known(conn, pack)
    if len(known) < item_response.LEAST_RUNS:
        missing = item_response.LEAST_RUNS - len(known)
        raise NoShortPackError(
            f"Runs of {item_response.LEAST_RUNS} different files that have answered most of {pack.name} {pack.version} "
            f"are needed to choose by, and there {'is' if len(known) == 1 else 'are'} {len(known) or 'none'} here: "
            f"make {missing} more, each of another file, with `aa-tui eval FILE --pack {pack.name}`."
        )
    right = {run.id: answers for run, answers in known}
    fit = item_response.fit(right, items)
    difficulties = {item: round(one.value, _DIGITS) for item, one in fit.difficulties.items()}
    ability = round(fit.mean_ability, _DIGITS)
    chances = short_pack.inclusion(difficulties, n, ability)
    categories = {item.id: item.category for item in pack.items}
    note = ShortNote(
        pack=pack.name,
        pack_version=pack.version,
        pack_sha256=pack_identity(pack),
        seed=seed,
        ability=ability,
        calibrated_on=tuple(_known_run(run, answers) for run, answers in known),
        population=tuple(sorted(Counter(difficulties.values()).items())),
        items=tuple(
            ChosenItem(item, categories[item], round(chances[item], 8), difficulties[item])
            for item in short_pack.drawn(chances, categories, seed)
        ),
    )
    return _with_expectation(note, right, items, on_progress)


def of_run(conn: sqlite3.Connection, run: RunRow, rows: Sequence[ScoredSample]) -> Shortened | None:
    """What a run of chosen items tells of all items; None for another run."""
    if not run.setup.is_chosen:
        return None
    note = run.setup.short
    if note is None:
        return Shortened(None, None, (), "its choice of items cannot be read")
    known = tuple(_name(conn, one, run.pack) for one in note.calibrated_on)
    kept = list(rows) if run.state == "finished" else in_turn(rows)
    graded = [row for row in kept if row.outcome is not None]
    by_item = {one.id: one for one in note.items}
    decided = [row for row in graded if row.outcome not in UNKNOWN and row.item_id in by_item]
    why = why_no_headline(sum(row.outcome == Outcome.ERROR for row in graded), len(graded))
    if why is None and run.setup.n_too_long:
        why = f"{run.setup.n_too_long} of its items are too long for the model's context"
    if why is None and (run.pack, run.pack_version) != (note.pack, note.pack_version):
        why = "its items were chosen from another pack"
    if why is None and len({row.item_id for row in decided}) != len(decided):
        why = "it answers items several times"
    if why is None and len(decided) < LEAST:
        are = "is" if len(decided) == 1 else "are"
        why = f"{len(decided)} of its items {are} answered, and {LEAST} are the least"
    if why is not None:
        return Shortened(note, None, known, why)
    answers = [
        Answer(by_item[row.item_id].difficulty, by_item[row.item_id].chance, row.outcome == Outcome.CORRECT)
        for row in sorted(decided, key=lambda row: row.position)
    ]
    return Shortened(note, short_pack.estimate(answers, len(note.items), note.population, note.ability), known)


def _known(conn: sqlite3.Connection, pack: Pack) -> list[tuple[RunRow, dict[str, bool]]]:
    """Runs that have answered most of the pack, of each file the one with the most answers, oldest first."""
    ids = {item.id for item in pack.items}
    found: dict[str, tuple[RunRow, dict[str, bool]]] = {}
    for run in runs.list_runs(conn):
        is_of_it = run.kind == "eval" and (run.pack, run.pack_version) == (pack.name, pack.version)
        if not is_of_it or run.origin == "log" or run.is_live or scores.no_headline(conn, run) is not None:
            continue
        answers = _answers(samples.scored(conn, run.id), ids)
        file = run.file.sha256 or str(run.file.id)
        if 2 * len(answers) >= len(ids) and (file not in found or len(found[file][1]) < len(answers)):
            found[file] = run, answers
    return sorted(found.values(), key=lambda one: one[0].id)


def _answers(rows: Sequence[ScoredSample], ids: set[str]) -> dict[str, bool]:
    """Whether each decided item was right; of several answers, most of them."""
    told: dict[str, list[bool]] = {}
    for row in rows:
        if row.item_id in ids and row.outcome is not None and row.outcome not in UNKNOWN:
            told.setdefault(row.item_id, []).append(row.outcome == Outcome.CORRECT)
    return {item: 2 * sum(hits) >= len(hits) for item, hits in told.items()}


def _known_run(run: RunRow, answers: Mapping[str, bool]) -> KnownRun:
    return KnownRun(
        run.id, run.target, run.file.quant or "", run.file.sha256 or "", len(answers), sum(answers.values())
    )


def _name(conn: sqlite3.Connection, known: KnownRun, pack: str | None) -> str:
    """A run's number where it is the one that it was, else its file."""
    try:
        run = runs.get(conn, known.run_id)
    except runs.UnknownRunError:
        run = None
    if run is not None and run.pack == pack and (run.file.sha256 or "") == known.sha256:
        return str(run.id)
    return f"{known.file} {known.quant}".strip()


def _with_expectation(
    note: ShortNote,
    right: Mapping[int, Mapping[str, bool]],
    items: Sequence[str],
    on_progress: Callable[[float], object],
) -> Choice:
    """What such a choice would have told of each run, were it unknown: difficulties and chances are of the others."""
    n = len(note.items)
    variances: list[float] = []
    spreads: list[float] = []
    for number, (run, answers) in enumerate(right.items()):
        fit = item_response.fit({other: hits for other, hits in right.items() if other != run}, items)
        difficulties = {item: one.value for item, one in fit.difficulties.items()}
        chances = short_pack.inclusion(difficulties, n, fit.mean_ability)
        ability = item_response.ability_of([(difficulties[item], hit, 1.0) for item, hit in answers.items()])
        residuals = [hit - item_response.chance(ability, difficulties[item]) for item, hit in answers.items()]
        of_sum = short_pack.design_variance(residuals, [chances[item] for item in answers])
        share = sum(answers.values()) / len(answers)
        variances.append(of_sum / len(answers) ** 2)
        spreads.append(share * (1 - share))
        on_progress((number + 1) / len(right))
    share = fmean(sum(answers.values()) / len(answers) for answers in right.values())
    worth = min(short_pack.worth(fmean(variances), fmean(spreads), len(items)), short_pack.MOST_SAVED * n)
    low, high = wilson_limits(share, effective_n(worth, len(items)), LEVEL)
    wider = t_value(LEVEL, n - 2) / z_value(LEVEL)
    return Choice(note, wider * (high - low) / 2, half_width(n, share=share, population=len(items)), worth)
