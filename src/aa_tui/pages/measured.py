"""What was measured on the user's machines, one display-ready row for each run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aa_tui.analysis import MISSING, display
from aa_tui.catalog.rows import LocalResult

METHOD_NOTE = (
    "pp and tg are llama.cpp's own protocol on this machine, in the model's own tokens; published speeds are of "
    "hosted services, in o200k_base tokens. The two are not comparable."
)

UNSTEADY_SHARE = 0.10
"""A standard deviation above this share of the mean is no measurement of the file."""

BUSY_SHARE = 0.5
"""So much load for each thread, before the run begins, takes a visible part of the speed."""


@dataclass(frozen=True, slots=True)
class MeasuredRow:
    """One run. Rates are tokens/s with their sample standard deviation, times seconds."""

    run_id: int
    state: str
    file: str
    quant: str
    size: str
    machine: str
    threads: str
    backend: str
    pp: str
    tg: str
    ttft: str
    output_tps: str
    memory: str
    date: str
    caution: str

    @property
    def how(self) -> str:
        """How it was measured, in one line."""
        return f"{self.machine} · {self.threads} threads · {self.backend}"


def rows(results: Sequence[LocalResult]) -> list[MeasuredRow]:
    """A row for each result, in their order."""
    return [_row(result) for result in results]


def _row(result: LocalResult) -> MeasuredRow:
    run = result.run
    threads = run.settings.get("n_threads")
    return MeasuredRow(
        run_id=run.id,
        state=run.state,
        file=Path(run.file.path).name,
        quant=run.file.quant or MISSING,
        size=display.size_bytes(run.file.size_bytes),
        machine=f"{run.machine.name} ({run.machine.cpu})" if run.machine else MISSING,
        threads=str(threads) if threads else MISSING,
        backend=str(run.engine.get("backend", MISSING)),
        pp=rate(result, "pp512"),
        tg=rate(result, "tg128"),
        ttft=display.seconds(_value(result, "short.ttft_s")),
        output_tps=rate(result, "short.output_tps"),
        memory=display.size_bytes(run.peak_memory_bytes) if run.peak_memory_bytes else MISSING,
        date=(run.ended_at or run.created_at)[:10],
        caution=_caution(result),
    )


def _caution(result: LocalResult) -> str:
    """Why the figures may say more about the machine's other work than about the file; empty where nothing does."""
    reasons = []
    shaky = [
        metric
        for metric, row in result.measurements.items()
        if row.stdev is not None and row.stdev > UNSTEADY_SHARE * row.value
    ]
    if shaky:
        reasons.append(f"the repetitions of {' and '.join(shaky)} differ by more than {UNSTEADY_SHARE:.0%}")
    load, threads = result.run.settings.get("load_1m_before"), result.run.settings.get("n_threads")
    if isinstance(load, int | float) and isinstance(threads, int) and load > BUSY_SHARE * threads:
        reasons.append(f"other programs were busy when it began (load {load:.1f})")
    return f"To be measured again on a quiet machine: {'; '.join(reasons)}." if reasons else ""


def rate(result: LocalResult, metric: str) -> str:
    """A rate with its spread: "48.0 ± 0.4"; dash when it was not measured."""
    row = result.measurements.get(metric)
    if row is None:
        return MISSING
    digits = 1 if row.value < 1000 else 0
    spread = f" ± {row.stdev:,.{digits}f}" if row.stdev is not None else ""
    return f"{row.value:,.{digits}f}{spread}"


def _value(result: LocalResult, metric: str) -> float | None:
    row = result.measurements.get(metric)
    return row.value if row else None
