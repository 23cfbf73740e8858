"""An evaluation put together once, from its samples in the catalog: for the app, the shell and JSON."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from aa_tui.analysis.agreement import Agreement, Label, agreement
from aa_tui.analysis.budget_curve import BudgetPoint, budget_curve
from aa_tui.analysis.evaluation import Bounds, Part, Summary, summarise
from aa_tui.analysis.intervals import Score
from aa_tui.catalog import labels, runs, samples
from aa_tui.catalog.rows import RunRow, ScoredSample
from aa_tui.outcomes import outcome_words, undecided_words
from aa_tui.pages import measured
from aa_tui.pages.graded_by import graded_by
from aa_tui.runs.figures import stopped_by_results
from aa_tui.textsafe import clean_line

SHOWN_TURN = 160
"""Characters of a template's own system turn in a report; the run's settings have more of it."""


class NoEvaluationError(Exception):
    """The run is a speed run: it has no samples to look at."""

    def __init__(self, run: RunRow) -> None:
        super().__init__(f"Run {run.id} measured speed and has no samples; `aa-tui runs show {run.id}` shows it.")


@dataclass(frozen=True, slots=True)
class EvalReport:
    """All that a run's samples tell. `any_time`: it ended because of its score, so its intervals are wider.

    `agreement` is that of verdicts and people's labels, None without any; `n_blind` labels were given unseen.
    """

    run: RunRow
    samples: list[ScoredSample]
    summary: Summary
    curve: list[BudgetPoint]
    jails: tuple[str, ...]
    tokens_per_s_total: float | None
    joules_per_token: float | None
    any_time: bool
    agreement: Agreement | None = None
    n_blind: int = 0

    @property
    def strict(self) -> Score | None:
        """The strict score, with the interval that holds for how the run ended."""
        return self.summary.all.strict


def load(conn: sqlite3.Connection, run: RunRow, *, these_items: bool | None = None) -> EvalReport:
    """The report of an evaluation, finished or not. Raises `NoEvaluationError` for a speed run.

    `these_items`: whether the scores' intervals are for the pack's own items, not for such items; None as the run says.
    """
    if run.kind != "eval":
        raise NoEvaluationError(run)
    rows = samples.scored(conn, run.id)
    figures = runs.result_of(conn, run).measurements
    these_items = bool(run.settings.get("these_items")) if these_items is None else these_items
    population: dict[str, int] | None = run.settings.get("n_items_by_category") if these_items else None
    any_time = stopped_by_results(run.state, run.reason)
    summary = summarise(
        rows,
        categories=run.settings.get("categories", ()),
        in_turn_only=run.state in ("stopped", "failed"),
        population=population,
        any_time=any_time,
    )
    total, joules = figures.get(f"eval.{run.pack}.tokens_per_s_total"), figures.get(f"eval.{run.pack}.joules_per_token")
    told = labels.of_run(conn, run.id)
    jails = Counter(row.jail for row in rows if row.jail)
    return EvalReport(
        run=run,
        samples=rows,
        summary=summary,
        curve=budget_curve(rows, samples.probes(conn, run.id), any_time=any_time),
        jails=tuple(jails),
        tokens_per_s_total=total.value if total else None,
        joules_per_token=joules.value if joules else None,
        any_time=any_time,
        agreement=agreement_of(rows),
        n_blind=sum(label.blind for label in told.values()),
    )


def agreement_of(rows: Sequence[ScoredSample]) -> Agreement | None:
    """How verdicts and labels agree; None where nothing is labelled."""
    told = [(row.item_id, row.outcome, cast("Label", row.label)) for row in rows if row.label is not None]
    return agreement(told) if told else None


def as_json(report: EvalReport) -> dict[str, Any]:
    """What `aa-tui eval --json` prints."""
    from aa_tui.pages import agreement as agreeing
    from aa_tui.pages import as_json as plain

    run, part = report.run, report.summary.all
    strict, tokens = report.strict, part.tokens
    flat, by = plain.run(run), graded_by(run, report.samples)
    return {
        "run_id": run.id,
        "status": run.state,
        "reason": run.reason,
        "crash": run.crash,
        "model": run.slug,
        "pack": run.pack,
        "pack_version": run.pack_version,
        "n_items": run.n_items,
        "n_done": len(report.samples),
        "n_left_out": report.summary.n_left_out,
        "n_too_long": len((run.settings.get("too_long") or {}).get("items", ())),
        "outcomes": dict(part.outcomes),
        "n_undecided": part.n_undecided,
        "n_errors": part.outcomes["error"],
        "no_headline_reason": report.summary.no_headline,
        "score_strict": strict.value if strict else None,
        "bounds": bounds_json(part.bounds),
        "score_completed": part.completed.value if part.completed else None,
        "truncation_rate": part.truncation.value if part.truncation else None,
        "interval": interval_json(strict),
        "index": score_json(report.summary.index),
        "index_bounds": bounds_json(report.summary.index_bounds),
        "by_category": {name: part_json(one) for name, one in report.summary.by_category.items()},
        "by_level": {str(level): part_json(one) for level, one in report.summary.by_level.items()},
        "output_tokens": tokens.total if tokens else None,
        "thinking_tokens": round(tokens.mean_thinking * tokens.n) if tokens else None,
        "answer_tokens": round(tokens.mean_answer * tokens.n) if tokens else None,
        "output_tokens_per_item": {
            "mean": tokens.mean,
            "median": tokens.median,
            "p90": tokens.p90,
            "largest": tokens.largest,
            "n": tokens.n,
            "n_cut": tokens.n_cut,
        }
        if tokens
        else None,
        "tokens_per_s_total": report.tokens_per_s_total,
        "joules_per_token": report.joules_per_token,
        "budget_curve": [
            {
                "budget_tokens": point.budget_tokens,
                "score": point.score.value,
                "interval": interval_json(point.score),
                "n": point.n,
                "n_forced": point.n_forced,
            }
            for point in report.curve
        ],
        "agreement": {**agreeing.as_json(report.agreement), "n_blind": report.n_blind} if report.agreement else None,
        "graders": list(by.graders) if by else [],
        "extraction": by.extraction if by else None,
        "newer_graders": list(by.newer) if by else [],
        "jail": report.jails[0] if len(report.jails) == 1 else list(report.jails) or None,
        "machine": plain.machine(run),
        "file": plain.file(run),
        "settings": run.settings,
        "progress": run.progress,
        "created_at": flat["created_at"],
        "started_at": flat["started_at"],
        "ended_at": flat["ended_at"],
    }


def too_long(run: RunRow) -> str:
    """That a run left items out because the model's context is too short for them; "" where it did not."""
    known = run.settings.get("too_long")
    if not known:
        return ""
    count, named = len(known["items"]), ", ".join(known["items"][:3])
    what = "item whose prompt does" if count == 1 else "items whose prompts do"
    more = ", …" if count > 3 else ""
    return f"left out: {count:,} {what} not fit the context of {known['context_tokens']:,} tokens ({named}{more})"


def _left_out(report: EvalReport) -> list[str]:
    """What is in no score although it is in the pack, or was answered."""
    n_out_of_turn = report.summary.n_left_out
    found = [f"{n_out_of_turn} finished out of turn are left out: short answers end first"] if n_out_of_turn else []
    return [*found, *filter(None, [too_long(report.run)])]


def interval_json(score: Score | None) -> dict[str, Any] | None:
    """An interval with its method and level."""
    if score is None:
        return None
    one = score.interval
    return {"low": one.low, "high": one.high, "method": one.method, "level": one.level, "estimand": one.estimand}


def bounds_json(bounds: Bounds | None) -> dict[str, Any] | None:
    """What a score would be with all that is undecided wrong, and right."""
    return None if bounds is None else {"low": bounds.low, "high": bounds.high}


def score_json(score: Score | None) -> dict[str, Any] | None:
    """A score with its interval."""
    return None if score is None else {"value": score.value, "interval": interval_json(score)}


def part_json(part: Part) -> dict[str, Any]:
    """A category or level."""
    return {
        "n": part.n,
        "outcomes": dict(part.outcomes),
        "n_undecided": part.n_undecided,
        "score_strict": part.strict.value if part.strict else None,
        "interval": interval_json(part.strict),
        "bounds": bounds_json(part.bounds),
        "score_completed": part.completed.value if part.completed else None,
        "truncation_rate": part.truncation.value if part.truncation else None,
        "output_tokens_mean": part.tokens.mean if part.tokens else None,
    }


def score_words(score: Score | None) -> str:
    """A share with its interval: "71.0 % (50.1–86.2)"; a dash where there is none."""
    if score is None:
        return "–"
    one = score.interval
    return f"{score.value:.1%} ({100 * one.low:.1f}–{100 * one.high:.1f})".replace("%", " %")


def bounds_words(bounds: Bounds | None) -> str:
    """The bounds beside a share: "80.3–84.0 by how 2 undecided would be graded"; empty where nothing is undecided."""
    return "" if bounds is None else undecided_words(100 * bounds.low, 100 * bounds.high, bounds.n_undecided)


def lines(report: EvalReport) -> list[str]:
    """The report as text for the shell."""
    run = report.run
    wanted = run.n_items or len(report.samples)
    head = f"Run {run.id}: {run.target} · {run.file.quant or 'unknown quant'} · {run.pack} {run.pack_version}"
    out = [f"{head} · {run.state}"]
    if run.reason:
        out.append(f"  {run.reason}")
    if run.settings.get("prompt") == "plain":
        out.append("  prompt       plain: solved examples before each question, no chat template")
    out += _way_lines(run)
    out.append(f"  samples      {len(report.samples)} of {wanted}")
    out += [f"               {words}" for words in _left_out(report)]
    n_pack = sum(run.settings.get("n_items_by_category", {}).values())
    out += score_lines(report.summary, n_pack)
    out += _label_lines(report)
    out += _token_lines(report)
    if report.curve:
        out.append("  accuracy against thinking budget")
        for point in report.curve:
            budget = "as it was" if point.budget_tokens is None else f"{point.budget_tokens:,}"
            out.append(
                f"    {budget:>10} tokens   {score_words(point.score):<24} n {point.n}, {point.n_forced} made to"
            )
    elif run.settings.get("budgets") and report.samples and not any(one.n_thinking for one in report.samples):
        out.append("  thinking     none: no answer was thought about, so there is no accuracy against thinking budget")
    out += [f"  {'device' if not n else '':<12} {words}" for n, words in enumerate(measured.devices(run))]
    by = graded_by(run, report.samples)
    if by is not None:
        out.append(f"  graded by    {by.words(run)}")
    if report.jails:
        out.append(f"  jail         {', '.join(report.jails)}")
    if run.engine.get("caution"):
        out.append(f"  engine       {run.engine['caution']}")
    return out


def score_lines(summary: Summary, n_pack: int) -> list[str]:
    """Scores, outcomes, index and categories as text; instead of the scores why there are none."""
    part, strict = summary.all, summary.all.strict
    out = _three_scores(summary)
    if strict is not None:
        one = strict.interval
        whose = (
            f"just these {n_pack:,} items; completed for items such as these"
            if one.estimand == "these items"
            else "items such as these"
        )
        out.append(f"  interval     {one.method}, {one.level:.0%}, for {whose}")
    told = " · ".join(f"{outcome_words(name)} {count}" for name, count in part.outcomes.items() if count)
    out.append(f"  outcomes     {told or '–'}")
    return [*out, *_index_lines(summary)]


def _three_scores(summary: Summary) -> list[str]:
    part, why = summary.all, summary.no_headline
    if why is not None:
        return [f"  score        {why}", "               what became of the samples is told all the same"]
    out = [f"  strict       {score_words(part.strict):<24} everything that is not right counts as wrong"]
    if part.bounds is not None:
        out.append(f"               {bounds_words(part.bounds)}")
    return [
        *out,
        f"  completed    {score_words(part.completed):<24} of those that came to their own end",
        f"  cut short    {score_words(part.truncation):<24} truncated, looping or out of time",
    ]


def _index_lines(summary: Summary) -> list[str]:
    """The index with its bounds, and the categories' scores."""
    out = []
    index, ends = summary.index, summary.index_bounds
    if index is not None:
        out.append(
            f"  index        {index.value:.1f} ({index.interval.low:.1f}–{index.interval.high:.1f}) of 100, "
            "categories in equal weight"
        )
    if ends is not None:
        out.append(f"               {undecided_words(ends.low, ends.high, ends.n_undecided)}")
    if len(summary.by_category) > 1 and summary.no_headline is None:
        for name, part in sorted(summary.by_category.items()):
            undecided = f", {part.n_undecided} undecided" if part.n_undecided else ""
            out.append(f"    {name:<22} {score_words(part.strict):<24} n {part.n_graded}{undecided}")
    return out


def _label_lines(report: EvalReport) -> list[str]:
    if report.agreement is None:
        return []
    from aa_tui.pages import agreement as agreeing

    out = [f"  by eye       grader and person agree on {agreeing.words(report.agreement)}"]
    n_seen = report.agreement.n - report.n_blind
    if n_seen:
        out.append(f"               {agreeing.count(n_seen, 'label')} given with the verdict in view, which sways")
    return out


def _way_lines(run: RunRow) -> list[str]:
    """How thinking was told from answers, and what the model was told beside the pack's words."""
    out = []
    if run.settings.get("reasoning_format"):
        version = run.settings.get("reasoning_formats_version")
        out.append(f"  reasoning    format {clean_line(run.settings['reasoning_format'])}, list of formats {version}")
    turn = clean_line(run.settings.get("template_system_turn") or "")
    if turn:
        shown = f"{turn[:SHOWN_TURN]}…" if len(turn) > SHOWN_TURN else turn
        out.append(f"  system turn  of the template itself: {shown}")
    return out


def _token_lines(report: EvalReport) -> list[str]:
    tokens = report.summary.all.tokens
    if tokens is None:
        return []
    cut = f", {tokens.n_cut} cut short" if tokens.n_cut else ""
    out = [
        f"  tokens       {tokens.mean:,.0f} a question (thinking {tokens.mean_thinking:,.0f}, answer "
        f"{tokens.mean_answer:,.0f}), median {tokens.median:,.0f}, 90 % under {tokens.p90:,.0f}{cut}; "
        "the model's own tokens"
    ]
    if report.tokens_per_s_total is not None:
        slots = report.run.settings.get("n_parallel")
        out.append(f"  speed        {report.tokens_per_s_total:,.1f} tokens/s in total with {slots} slots")
    if report.joules_per_token is not None:
        out.append(f"  energy       {report.joules_per_token:,.2f} J a token")
    return out
