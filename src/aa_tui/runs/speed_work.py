"""The worker's part of a speed run: load the file, run its tests, journal each repetition."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aa_tui.catalog import runs
from aa_tui.catalog.rows import RunRow, SampleRow
from aa_tui.runs.ending import FINISHED, Ending
from aa_tui.runs.reporter import Reporter

if TYPE_CHECKING:
    from aa_tui.engine.llama import LlamaEngine
    from aa_tui.speed.plan import Test
    from aa_tui.speed.summary import TestSummary


def measure(conn: sqlite3.Connection, run: RunRow, reporter: Reporter) -> Ending:
    """Load the file and run its tests."""
    from aa_tui.engine.llama import open_model
    from aa_tui.engine.settings import EngineSettings
    from aa_tui.host import machine
    from aa_tui.speed.plan import load_pack, required_context, select_tests

    check_unchanged(run)
    pack = load_pack()
    tests = select_tests(pack, _names(run), repetitions=_repetitions(run))
    gpu_layers = run.settings.get("n_gpu_layers")
    wanted = EngineSettings(
        n_ctx=required_context(tests, run.file.context_tokens),
        n_threads=run.settings.get("n_threads"),
        n_gpu_layers=-1 if gpu_layers is None else gpu_layers,
    )
    note_machine(conn, run)
    started = time.perf_counter()
    with open_model(
        Path(run.file.path), wanted, on_progress=lambda part: reporter.tell(0.0, f"loading {part:.0%}")
    ) as engine:
        runs.set_load_time(conn, run.id, time.perf_counter() - started)
        settings = {
            **engine.settings.to_dict(),
            "tests": [test.name for test in tests],
            "repetitions": {test.name: test.repetitions for test in tests},
            "pack": pack.name,
            "pack_version": pack.version,
            "load_1m_before": machine.load_1m(),
        }
        runs.set_settings(conn, run.id, settings)
        if _run_tests(conn, run, engine, tests, reporter):
            return FINISHED
        return Ending("stopped", f"{reporter.stop_reason}; what was measured until then is kept")


def note_machine(conn: sqlite3.Connection, run: RunRow) -> None:
    """Note the machine that measures, and its build of llama.cpp."""
    from aa_tui.engine.build import describe_build
    from aa_tui.host import machine

    runs.set_machine(conn, run.id, asdict(machine.describe()), describe_build().to_dict())


def check_unchanged(run: RunRow) -> None:
    """The figures are about the content that was hashed, not about whatever lies at its path now."""
    stat = Path(run.file.path).stat()
    if (stat.st_size, stat.st_mtime_ns) != (run.file.size_bytes, run.file.mtime_ns):
        raise OSError(f"{Path(run.file.path).name} has changed since the run was planned; measure it anew.")


def _names(run: RunRow) -> list[str] | None:
    return run.settings.get("tests")


def _repetitions(run: RunRow) -> int | None:
    """As asked for; a run that is continued has them by test, all the same."""
    wanted = run.settings.get("repetitions")
    return wanted if isinstance(wanted, int) else None


def _run_tests(
    conn: sqlite3.Connection, run: RunRow, engine: LlamaEngine, tests: list[Test], reporter: Reporter
) -> bool:
    from aa_tui.speed import protocol
    from aa_tui.speed.summary import summarise

    wanted = {test.name: test.repetitions for test in tests}
    measured: list[protocol.SampleEvent] = []
    for event in protocol.run(engine, tests, reporter.should_stop):
        if isinstance(event, protocol.ProgressEvent):
            reporter.tell(event.fraction, event.text)
            continue
        runs.add_sample(conn, run.id, SampleRow(**_fields(event)))
        measured.append(event)
        done = [one for one in measured if one.test == event.test and not one.warmup]
        if len(done) == wanted[event.test]:
            _note_figures(conn, run, summarise(done)[0])
            wanted.pop(event.test)
    return not wanted


def _fields(event: Any) -> dict[str, Any]:
    return {name: value for name, value in asdict(event).items() if name in SampleRow._fields}


def _note_figures(conn: sqlite3.Connection, run: RunRow, summary: TestSummary) -> None:
    """A test's figures: rates as llama-bench gives them, or the clocks of a workload's requests."""
    if summary.output_tps_median is None:
        runs.put_measurement(
            conn,
            run,
            summary.name,
            summary.tokens_per_s_mean,
            "tokens/s",
            stdev=summary.tokens_per_s_stdev,
            n=summary.n,
        )
        return
    clocks = (
        ("output_tps", summary.output_tps_median, "tokens/s"),
        ("ttft_s", summary.ttft_s_median, "s"),
        ("e2e_s", summary.e2e_s_median, "s"),
    )
    for metric, value, unit in clocks:
        if value is not None:
            runs.put_measurement(conn, run, f"{summary.name}.{metric}", value, unit, n=summary.n)
