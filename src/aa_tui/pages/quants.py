"""The quantizations of one model beside their reference: size, speed, divergence, answers, and which to take."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aa_tui.analysis.ladder import Answered, Flips, Known, Recommendation, Rung, flips, recommend, token_ratio
from aa_tui.analysis.paired import DiscordantTable
from aa_tui.catalog import runs, samples
from aa_tui.catalog.metric_names import of_evaluation
from aa_tui.catalog.rows import FileRow, LocalResult, MeasurementRow, RunRow, ScoredSample
from aa_tui.charts.here.reliability import flag
from aa_tui.outcomes import UNKNOWN, Outcome
from aa_tui.pages import measured, paired
from aa_tui.pages.paired import Pair
from aa_tui.runs import quants
from aa_tui.runs.quants import DIVERGENCE, LadderRuns, Told
from aa_tui.textsafe import clean_line

FIGURES = ("kld_mean", "kld_median", "kld_p99", "kld_max", "same_top", "rms_dp", "ppl", "ppl_ratio")
"""The figures of a study of divergence that a row has, by their names behind `divergence.`."""

SPEED, EVALUATION = "speed", "eval"


@dataclass(frozen=True, slots=True)
class Effort:
    """What an evaluation took for each right answer: seconds of work with `n_slots` at once, and joules."""

    n_right: int
    s_per_right: float | None
    joules_per_right: float | None
    n_slots: int | None


@dataclass(frozen=True, slots=True)
class Answers:
    """A file's evaluation, and what became of the reference's answers in it; of the reference itself no more."""

    run: RunRow
    score: MeasurementRow | None
    effort: Effort
    pair: Pair | None = None
    flips: Flips | None = None
    tokens: Known | None = None

    @property
    def loss(self) -> Known | None:
        """The reference's share right less the file's, on the same items."""
        compared = None if self.pair is None else self.pair.result or self.pair.means
        if self.pair is None or compared is None:
            return None
        interval = self.pair.interval
        return (
            Known(compared.difference) if interval is None else Known(compared.difference, interval.low, interval.high)
        )


@dataclass(frozen=True, slots=True)
class LadderRow:
    """A file. What was not measured is None or not there; `missing` names it."""

    file: FileRow
    is_reference: bool
    bits_per_weight: float | None
    speed: LocalResult | None
    divergence: RunRow | None
    figures: Mapping[str, Known]
    n_tokens: int | None
    answers: Answers | None
    missing: tuple[str, ...]
    under_way: tuple[RunRow, ...]
    is_here: bool

    @property
    def name(self) -> str:
        """What it is called beside the others: its quantization, or the file's name where it has none."""
        return self.file.quant or self.file.shown_name

    @property
    def memory_bytes(self) -> int | None:
        """The most memory that its speed run took."""
        return None if self.speed is None else self.speed.run.peak_memory_bytes

    def rate(self, metric: str) -> MeasurementRow | None:
        """A figure of its speed run."""
        return None if self.speed is None else self.speed.measurements.get(metric)

    @property
    def runs(self) -> tuple[RunRow, ...]:
        """The runs that its figures are from."""
        own = (self.speed.run if self.speed else None, self.divergence, self.answers.run if self.answers else None)
        return tuple(run for run in own if run is not None)


@dataclass(frozen=True, slots=True)
class Ladder:
    """The files from the largest down. `text` is what divergences were found on, `cautions` are whole sentences."""

    rows: tuple[LadderRow, ...]
    pack: str | None
    pack_version: str | None
    text: str
    n_ctx: int | None
    recommendation: Recommendation
    cautions: tuple[str, ...]

    @property
    def reference(self) -> LadderRow:
        """The file that all others are compared with."""
        return next(row for row in self.rows if row.is_reference)

    @property
    def title(self) -> str:
        """Whose files they are: the reference's own name, without its quantization."""
        from aa_tui.gguf.naming import model_name

        file = self.reference.file
        return clean_line(model_name(file.name, file.shown_name))

    def row(self, key: str | None) -> LadderRow | None:
        """The row of a file, by its sha256."""
        return next((row for row in self.rows if row.file.sha256 == key), None)

    def name(self, key: str) -> str:
        """What a file is called here: two of the same quantization by their files' names."""
        row = self.row(key)
        if row is None:
            return ""
        alike = sum(other.name == row.name for other in self.rows)
        return row.name if alike == 1 else row.file.shown_name

    def is_doubted(self, row: LadderRow) -> bool:
        """Whether a speed that `speedup` compares may say more about the machine's other work."""
        both = () if row.is_reference else (row, self.reference)
        return any(one.speed is not None and bool(flag(one.speed, "tg128")) for one in both)

    def speedup(self, row: LadderRow) -> float | None:
        """How many times as fast as the reference it generates; None where either was not measured."""
        own, other = row.rate("tg128"), self.reference.rate("tg128")
        return own.value / other.value if own is not None and other is not None and other.value > 0 else None


def load(
    conn: sqlite3.Connection,
    files: Sequence[FileRow],
    reference: FileRow,
    *,
    pack: str | None = None,
    text_sha256: str | None = None,
    with_evaluations: bool = True,
    left_out: Sequence[str] = (),
) -> Ladder:
    """What is known of these files now; `pack` and text as `ladder_runs` has them. Nothing is measured.

    `left_out` says in sentences which files of the model are not among them, and why.
    """
    found = quants.ladder_runs(conn, files, reference, pack=pack, text_sha256=text_sha256)
    model = found.of(reference).evaluation if with_evaluations else None
    answered = _answered(samples.scored(conn, model.id)) if model is not None else {}
    rows = tuple(_row(conn, one, found, model, answered, with_evaluations=with_evaluations) for one in found.files)
    studies = [row.divergence for row in rows if row.divergence is not None]
    return Ladder(
        rows=rows,
        pack=found.pack if with_evaluations else None,
        pack_version=model.pack_version if model is not None else None,
        text=_text(studies[0], rows) if studies else "",
        n_ctx=studies[0].setup.n_ctx if studies else None,
        recommendation=_recommendation(rows),
        cautions=(*left_out, *_cautions(rows)),
    )


def of_model(conn: sqlite3.Connection, model_id: int) -> Ladder | None:
    """What was measured here of a model's files beside each other; None where that are not two."""
    found = quants.measured_of(conn, model_id)
    return None if found is None else load(conn, found.files, found.reference)


def _row(
    conn: sqlite3.Connection,
    file: FileRow,
    found: LadderRuns,
    model: RunRow | None,
    answered: Mapping[str, Answered],
    *,
    with_evaluations: bool,
) -> LadderRow:
    told, is_reference = found.of(file), file.sha256 == found.reference.sha256
    answers = None
    if with_evaluations and told.evaluation is not None and model is not None:
        answers = _answers(conn, told.evaluation, None if is_reference else model, answered)
    kinds = [kind for kind in (SPEED, DIVERGENCE, EVALUATION) if kind != EVALUATION or with_evaluations]
    return LadderRow(
        file=file,
        is_reference=is_reference,
        bits_per_weight=8 * file.size_bytes / file.n_params if file.n_params else None,
        speed=runs.result_of(conn, told.speed) if told.speed is not None else None,
        divergence=told.divergence,
        figures=_figures(conn, found, file),
        n_tokens=_n_tokens(conn, told.divergence) if told.divergence is not None else None,
        answers=answers,
        missing=tuple(kind for kind in kinds if _lacks(kind, told, is_reference=is_reference)),
        under_way=tuple(run for kind, run in told.unfinished.items() if kind in kinds and run.is_live),
        is_here=quants.is_there(file),
    )


def _lacks(kind: str, told: Told, *, is_reference: bool) -> bool:
    has = {SPEED: told.speed, DIVERGENCE: told.divergence, EVALUATION: told.evaluation}[kind] is not None
    return not has and not (kind == DIVERGENCE and is_reference)


def _figures(conn: sqlite3.Connection, found: LadderRuns, file: FileRow) -> dict[str, Known]:
    """A file's divergence; of the reference its perplexity, as a study against it has it.

    Perplexities are those of the same tokens: of the study on most of the text, and of others on as much of it.
    """
    widest = _widest(conn, found)
    if file.sha256 == found.reference.sha256:
        known = _known(conn, widest) if widest is not None else {}
        return {"ppl": known["reference_ppl"]} if "reference_ppl" in known else {}
    run = found.of(file).divergence
    if run is None or widest is None:
        return {}
    figures = {name: one for name, one in _known(conn, run).items() if name in FIGURES}
    if _n_tokens(conn, run) != _n_tokens(conn, widest):
        figures.pop("ppl", None)
    return figures


def _widest(conn: sqlite3.Connection, found: LadderRuns) -> RunRow | None:
    """The study of divergence on most of the text."""
    studies = [told.divergence for told in found.told.values() if told.divergence is not None]
    return max(studies, key=lambda run: _n_tokens(conn, run) or 0, default=None)


def _n_tokens(conn: sqlite3.Connection, run: RunRow) -> int | None:
    """The tokens that a divergence was found on."""
    mean = runs.result_of(conn, run).measurements.get(f"{DIVERGENCE}.kld_mean")
    return mean.n if mean is not None else None


def _known(conn: sqlite3.Connection, run: RunRow) -> dict[str, Known]:
    found = runs.result_of(conn, run).measurements
    return {
        metric.removeprefix(f"{DIVERGENCE}."): Known(row.value, row.interval_low, row.interval_high)
        for metric, row in found.items()
        if metric.startswith(f"{DIVERGENCE}.")
    }


def _answers(
    conn: sqlite3.Connection, run: RunRow, reference: RunRow | None, reference_answers: Mapping[str, Answered]
) -> Answers:
    result = runs.result_of(conn, run)
    score = result.measurements.get(of_evaluation(run.pack, "score_strict"))
    rows = samples.scored(conn, run.id)
    effort = _effort(run, rows, result.measurements.get(of_evaluation(run.pack, "joules_per_token")))
    if reference is None:
        return Answers(run, score, effort)
    pair, own = paired.load(conn, reference, run), _answered(rows)
    both = reference_answers.keys() & own.keys()
    has_tokens = sum(reference_answers[item].n_tokens for item in both) > 0
    is_told = pair is not None and not pair.why_not
    return Answers(
        run,
        score,
        effort,
        pair,
        flips(reference_answers, own) if is_told else None,
        token_ratio(reference_answers, own) if is_told and has_tokens else None,
    )


def _answered(rows: Sequence[ScoredSample]) -> dict[str, Answered]:
    """The samples of which is known whether they are right, by item and attempt."""
    return {
        f"{row.item_id}/{row.epoch}": Answered(
            row.outcome == Outcome.CORRECT, row.extracted, row.n_thinking + row.n_answer
        )
        for row in rows
        if row.outcome is not None and row.outcome not in UNKNOWN
    }


def _effort(run: RunRow, rows: Sequence[ScoredSample], joules: MeasurementRow | None) -> Effort:
    n_right = sum(row.outcome == Outcome.CORRECT for row in rows)
    n_tokens = sum(row.n_thinking + row.n_answer for row in rows)
    return Effort(
        n_right,
        run.worked_s / n_right if n_right and run.worked_s > 0 else None,
        joules.value * n_tokens / n_right if n_right and joules is not None else None,
        run.setup.n_parallel,
    )


def _recommendation(rows: Sequence[LadderRow]) -> Recommendation:
    return recommend([_rung(row) for row in rows], reference_score=_reference_score(rows))


def _reference_score(rows: Sequence[LadderRow]) -> float | None:
    """The reference's share right on the items that most files share with it; None where none does."""
    shares = []
    for row in rows:
        result = row.answers.pair.result if row.answers is not None and row.answers.pair is not None else None
        if result is not None:
            shares.append((result.n, (result.n_both + result.n_only_a) / result.n))
    if shares:
        return max(shares)[1]
    own = next((row.answers for row in rows if row.is_reference), None)
    return own.score.value if own is not None and own.score is not None else None


def _rung(row: LadderRow) -> Rung:
    tg, answers = row.rate("tg128"), row.answers
    result = answers.pair.result if answers is not None and answers.pair is not None else None
    table = None
    if result is not None:
        table = DiscordantTable(result.n_both, result.n_only_a, result.n_only_b, result.n_neither)
    return Rung(
        key=row.file.sha256,
        size_bytes=row.file.size_bytes,
        is_reference=row.is_reference,
        tg_tps=tg.value if tg is not None else None,
        spread_tps=tg.stdev if tg is not None else None,
        loss=answers.loss if answers is not None else None,
        table=table,
        kld_mean=row.figures.get("kld_mean"),
    )


def _text(run: RunRow, rows: Sequence[LadderRow]) -> str:
    """What divergences were found on, and on at least how many tokens of it, as far as that was noted."""
    from aa_tui.catalog.run_notes import text

    noted = run.settings.get("text")
    name = (text(noted.get("name")) or "") if isinstance(noted, dict) else ""
    counts = [row.n_tokens for row in rows if row.n_tokens]
    return ", ".join(filter(None, (name, f"{min(counts):,} tokens scored" if counts else "")))


def _cautions(rows: Sequence[LadderRow]) -> list[str]:
    """What makes figures of different rows less alike than they look."""
    said = []
    if any(row.speed and measured.row_of(row.speed).caution for row in rows):
        said.append("Speeds with a ! may say more about the machine's other work: measure those again when it is idle.")
    setups = {(row.speed.run.setup.n_threads, row.speed.run.setup.n_gpu_layers) for row in rows if row.speed}
    if len(setups) > 1:
        said.append("Speeds were measured with different numbers of threads or of layers on the GPU.")
    if len({row.n_tokens for row in rows if row.n_tokens}) > 1:
        said.append(
            "Divergences were found on more of the text for some files than for others, so that perplexities are shown "
            "for the most of it only."
        )
    parts = [row.name for row in rows if row.divergence is not None and not quants.on_whole_text(row.divergence)]
    if parts:
        said.append(
            f"The divergence of {_listed(parts)} was found on part of the text: measure without “quick” for all of it."
        )
    templates = {
        found for row in rows if row.answers and (found := row.answers.run.identity_parts.get("template_sha256"))
    }
    if len(templates) > 1:
        said.append("The files have different chat templates: answers may differ for that alone.")
    slots = {row.answers.effort.n_slots for row in rows if row.answers}
    if len(slots) > 1:
        said.append("Evaluations had different numbers of requests at once: seconds a right answer are not comparable.")
    for row in rows:
        pair = row.answers.pair if row.answers else None
        if pair is not None and pair.result is not None and (pair.result.n_missing_a or pair.result.n_missing_b):
            said.append(
                f"{row.name}: its share right and the reference's are of different items; what was lost is of the "
                f"{pair.result.n:,} pairs alone."
            )
        if pair is not None and (pair.why_not or pair.caution):
            said.append(f"{row.name}: {pair.why_not or pair.caution}.")
    return said


def _listed(names: Sequence[str]) -> str:
    """Names in a sentence: "A, B and C"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
