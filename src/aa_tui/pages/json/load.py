"""What was measured through a server, as plain values with stable keys."""

from __future__ import annotations

from typing import Any

from aa_tui.catalog.rows import LocalResult
from aa_tui.pages.load import Load, Stage, of_result


def load(result: LocalResult) -> dict[str, Any] | None:
    """The stages of a run; None of one that measured this machine."""
    found = of_result(result)
    setup = result.run.setup
    if found is None:
        return None
    return {
        "through": found.through,
        "round_trip_s": _whole(found, "round_trip_s"),
        "best_parallel": _whole(found, "best_parallel"),
        "best_tps": _whole(found, "best_tps"),
        "prompt_tokens": setup.prompt_tokens,
        "output_tokens": setup.output_tokens,
        "for_s": setup.for_s,
        "slo": setup.slo or None,
        "stages": [_stage(stage) for stage in found.stages],
        "notes": list(found.notes),
    }


def _whole(found: Load, name: str) -> float | None:
    row = found.whole.get(name)
    return None if row is None else row.value


def _stage(stage: Stage) -> dict[str, Any]:
    return {
        "kind": stage.kind,
        "value": stage.value,
        "saturated": stage.is_saturated,
        "figures": {
            name: {"value": row.value, "unit": row.unit, "stdev": row.stdev, "n": row.n}
            for name, row in stage.figures.items()
            if name != "saturated"
        },
    }
