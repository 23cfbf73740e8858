"""An evaluation as plain values with stable keys."""

from __future__ import annotations

from typing import Any

from aa_tui.catalog.metric_names import LOGGED
from aa_tui.outcomes import Outcome
from aa_tui.pages.evaluation import EvalReport
from aa_tui.pages.graded_by import graded_by
from aa_tui.pages.json import agreement as agreement_json
from aa_tui.pages.json import control as control_json
from aa_tui.pages.json import costs as costs_json
from aa_tui.pages.json import run as run_json
from aa_tui.pages.json import short as short_json
from aa_tui.pages.json import talked as talked_json
from aa_tui.pages.json.scores import bounds_json, interval_json, part_json, score_json


def as_json(report: EvalReport) -> dict[str, Any]:
    """What `aa-tui eval --json` prints."""
    run, part = report.run, report.summary.all
    strict, tokens = report.strict, part.tokens
    flat, by = run_json.run(run), graded_by(run, report.samples)
    return {
        "run_id": run.id,
        "status": run.state,
        "reason": run.reason,
        "crash": run.crash,
        "model": run.slug,
        **run_json.origin(run),
        "pack": run.pack,
        "pack_version": run.pack_version,
        "n_items": run.n_items,
        "n_done": len(report.samples),
        "n_left_out": report.summary.n_left_out,
        "n_too_long": run.setup.n_too_long,
        "outcomes": dict(part.outcomes),
        "n_undecided": part.n_undecided,
        "n_errors": part.outcomes[Outcome.ERROR],
        "no_headline_reason": report.summary.no_headline,
        "score_strict": strict.value if strict else None,
        "bounds": bounds_json(part.bounds),
        "score_completed": part.completed.value if part.completed else None,
        "truncation_rate": part.truncation.value if part.truncation else None,
        "interval": interval_json(strict),
        "control": control_json.as_json(report.control),
        "short": short_json.as_json(report.short),
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
        "costs": costs_json.as_json(report.costs),
        "conversations": talked_json.as_json(report.talked),
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
        "agreement": {**agreement_json.as_json(report.agreement), "n_blind": report.n_blind}
        if report.agreement
        else None,
        "logged": [
            {"metric": row.metric.removeprefix(LOGGED), "value": row.value, "stderr": row.stdev, "n": row.n}
            for row in report.logged
        ],
        "graders": list(by.graders) if by else [],
        "extraction": by.extraction if by else None,
        "newer_graders": list(by.newer) if by else [],
        "jail": report.jails[0] if len(report.jails) == 1 else list(report.jails) or None,
        "machine": run_json.machine(run),
        "servers": [one._asdict() for one in run.setup.served],
        "cost_usd": report.cost_usd,
        "file": run_json.file(run),
        "settings": run.settings,
        "progress": run.progress,
        "created_at": flat["created_at"],
        "started_at": flat["started_at"],
        "ended_at": flat["ended_at"],
    }
