"""What was evaluated on this machine, as plain values with stable keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aa_tui.analysis.intervals import Interval
from aa_tui.catalog.rows import LocalResult, MeasurementRow
from aa_tui.charts.evaluated import figure
from aa_tui.charts.here.evaluations import (
    current,
    joules_per_item,
    seconds_per_item,
)
from aa_tui.pages.json import scores
from aa_tui.pages.local_evaluations import categories

_LEVEL = 0.95


def as_json(results: Sequence[LocalResult]) -> list[dict[str, Any]]:
    """The evaluations as plain values: shares from 0 to 1, the index from 0 to 100, J and s a question."""
    return [_json(result) for result in current(results)]


def _json(result: LocalResult) -> dict[str, Any]:
    run = result.run
    strict, index = figure(result, "score_strict"), figure(result, "index")
    low, high = figure(result, "score_strict_low"), figure(result, "score_strict_high")
    value = {
        name: row.value if (row := figure(result, name)) else None
        for name in (
            *("score_completed", "truncation_rate", "output_tokens_per_item", "thinking_tokens_per_item"),
            *("answer_tokens_per_item", "output_tokens_median", "tokens_per_s_total", "joules_per_token"),
        )
    }
    return {
        "run_id": run.id,
        "status": run.state,
        "pack": run.pack,
        "pack_version": run.pack_version,
        "prompt": run.setup.prompt,
        "template": run.setup.template or None,
        "grammar": run.setup.grammar,
        "sha256": run.file.sha256,
        "quant": run.file.quant,
        "machine": run.machine.name if run.machine else None,
        "servers": list(run.setup.servers),
        "n": strict.n if strict else 0,
        "n_items": run.n_items,
        "max_output_tokens": run.setup.max_output_tokens,
        "score_strict": strict.value if strict else None,
        "interval": _interval(strict),
        "n_undecided": (low.n or 0) - (strict.n or 0 if strict else 0) if low else 0,
        "bounds": {"low": low.value, "high": high.value} if low and high else None,
        "no_headline_reason": result.no_headline,
        "index": {"value": index.value, "interval": _interval(index)} if index else None,
        "by_category": {
            name: {"score_strict": row.value, "n": row.n, "interval": _interval(row)}
            for name, row in categories(result)
        },
        **value,
        "joules_per_item": joules_per_item(result),
        "seconds_per_item": seconds_per_item(result),
        "seconds_per_right": _rate(figure(result, "seconds_per_right")),
        "joules_per_right": _rate(figure(result, "joules_per_right")),
        "ended_at": run.ended_at,
    }


def _rate(row: MeasurementRow | None) -> dict[str, Any] | None:
    return None if row is None else {"value": row.value, "interval": _interval(row)}


def _interval(row: MeasurementRow | None) -> dict[str, Any] | None:
    if row is None or row.interval_low is None or row.interval_high is None:
        return None
    return scores.as_json(Interval(row.interval_low, row.interval_high, row.interval_method or "", _LEVEL))
