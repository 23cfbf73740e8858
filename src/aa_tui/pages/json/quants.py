"""The quantizations of a model as plain values with stable keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aa_tui.analysis.ladder import Known
from aa_tui.pages.json import scores
from aa_tui.pages.quants import FIGURES, Ladder, LadderRow
from aa_tui.textsafe import clean_line


def as_json(ladder: Ladder, words: Sequence[str] = ()) -> dict[str, Any]:
    """All of it: the recommendation as facts and in these words, a row a file from the largest down."""
    told = ladder.recommendation
    return {
        "reference": ladder.reference.file.sha256,
        "pack": ladder.pack,
        "pack_version": ladder.pack_version,
        "text": ladder.text or None,
        "n_ctx": ladder.n_ctx,
        "recommendation": {
            "sha256": told.choice,
            "rule": told.rule,
            "chosen_by": told.by if told.rule is not None else None,
            "as_fast": list(told.as_fast),
            "reference_score_too_low": told.low_score,
            "files": [{"sha256": one.key, "state": one.state, "n_more_items": one.n_more} for one in told.judged],
            "words": list(words),
        },
        "files": [_row(ladder, row) for row in ladder.rows],
        "cautions": list(ladder.cautions),
    }


def rows(ladder: Ladder) -> list[dict[str, Any]]:
    """A flat row a file, for tables: what has an interval has its ends beside it."""
    return [_flat(_row(ladder, row)) for row in ladder.rows]


def _flat(value: dict[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, one in value.items():
        key = f"{before}{name}"
        if isinstance(one, dict):
            found |= _flat(one, "" if name in ("speed", "divergence", "evaluation") else f"{key}_")
        else:
            found[key] = ";".join(one) if isinstance(one, list) else one
    return found


def _row(ladder: Ladder, row: LadderRow) -> dict[str, Any]:
    file = row.file
    return {
        "file": clean_line(file.path),
        "sha256": file.sha256,
        "quant": file.quant,
        "is_reference": row.is_reference,
        "is_recommended": file.sha256 == ladder.recommendation.choice,
        "size_bytes": file.size_bytes,
        "bits_per_weight": row.bits_per_weight,
        "missing": list(row.missing),
        "speed": _speed(ladder, row),
        "divergence": {
            "divergence_run_id": row.divergence.id if row.divergence is not None else None,
            "divergence_exact": row.divergence.setup.is_exact if row.divergence is not None else None,
            **{name: known(row.figures.get(name)) for name in FIGURES},
        },
        "evaluation": _evaluation(row),
    }


def known(one: Known | None) -> dict[str, Any]:
    """A figure with the ends of its 95 % interval; None for what is not known."""
    return (
        {"value": None, "low": None, "high": None}
        if one is None
        else {
            "value": one.value,
            "low": one.low,
            "high": one.high,
        }
    )


def _speed(ladder: Ladder, row: LadderRow) -> dict[str, Any]:
    found: dict[str, Any] = {"speed_run_id": row.speed.run.id if row.speed is not None else None}
    for name in ("pp512", "tg128"):
        rate = row.rate(name)
        found |= {f"{name}_tps": rate.value if rate else None, f"{name}_stdev_tps": rate.stdev if rate else None}
    joules = row.rate("tg128.joules_per_token")
    return {
        **found,
        "tg128_ratio": ladder.speedup(row),
        "joules_per_token": joules.value if joules is not None else None,
        "memory_bytes": row.memory_bytes,
    }


def _evaluation(row: LadderRow) -> dict[str, Any]:
    answers = row.answers
    score = answers.score if answers is not None else None
    flips = answers.flips if answers is not None else None
    pair = answers.pair if answers is not None else None
    result = pair.result if pair is not None else None
    return {
        "evaluation_run_id": answers.run.id if answers is not None else None,
        "score_strict": known(Known(score.value, score.interval_low, score.interval_high) if score else None),
        "n_paired": result.n if result is not None else None,
        "loss": known(answers.loss if answers is not None else None),
        "loss_interval": scores.as_json(pair.interval) if pair is not None else None,
        "p_value_mcnemar_mid_p": result.p_value if result is not None else None,
        "p_value_any_time": result.p_value_any_time if result is not None else None,
        "n_lost": flips.n_lost if flips is not None else None,
        "n_gained": flips.n_gained if flips is not None else None,
        "flips": known(flips.share if flips is not None else None),
        "n_answers": flips.n_answers if flips is not None else None,
        "answers_changed": known(flips.answers_changed if flips is not None else None),
        "output_tokens_ratio": known(answers.tokens if answers is not None else None),
        "n_right": answers.effort.n_right if answers is not None else None,
        "s_per_right": answers.effort.s_per_right if answers is not None else None,
        "joules_per_right": answers.effort.joules_per_right if answers is not None else None,
        "n_parallel": answers.effort.n_slots if answers is not None else None,
    }
