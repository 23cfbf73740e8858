"""The worker: one process, one model, one run. `python -m aa_tui.runs.worker CATALOG RUN`.

It talks to nobody: it writes samples, figures and a live row into the catalog and reads its `control` column there.
A thread of its own publishes progress and looks for a stop twice a second, so that nothing is written while a test
is being clocked.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aa_tui.catalog import runs
from aa_tui.catalog.db import CatalogError, open_catalog
from aa_tui.catalog.rows import RunRow, SampleRow

if TYPE_CHECKING:
    from types import FrameType

    from aa_tui.engine.llama import LlamaEngine
    from aa_tui.speed.plan import Test
    from aa_tui.speed.summary import TestSummary

PUBLISH_EVERY_S = 0.5


class Reporter:
    """Publishes the live row and watches for a stop, from its own thread and connection."""

    def __init__(self, catalog_path: Path, run_id: int) -> None:
        self._path = catalog_path
        self._run_id = run_id
        self._latest: tuple[float, str] = (0.0, "starting")
        self._done = threading.Event()
        self._stop = threading.Event()
        self.stop_reason = "stopped by the user"
        self._thread = threading.Thread(target=self._loop, name="reporter", daemon=True)

    def __enter__(self) -> Reporter:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def tell(self, fraction: float, text: str) -> None:
        """What to publish next. Costs one assignment."""
        self._latest = (fraction, text)

    def should_stop(self) -> bool:
        """Whether to stop as soon as possible."""
        return self._stop.is_set()

    def stop(self, reason: str) -> None:
        """Stop for a reason of our own."""
        self.stop_reason = reason
        self._stop.set()

    def _loop(self) -> None:
        conn = open_catalog(self._path)
        published: tuple[float, str] | None = None
        while not self._done.wait(PUBLISH_EVERY_S):
            try:
                if runs.stop_requested(conn, self._run_id):
                    self._stop.set()
                if self._latest != published:
                    published = self._latest
                    runs.set_progress(conn, self._run_id, *published)
            except sqlite3.OperationalError:  # locked or the disk is full: the next round tries again
                published = None
        conn.close()


def main(argv: list[str]) -> int:
    """Detach, take the run, do it, note how it ended."""
    catalog_path, run_id = Path(argv[0]), int(argv[1])
    if os.fork():  # the launcher waits for this first process only
        os._exit(0)
    os.chdir("/")
    try:
        conn = open_catalog(catalog_path)
    except CatalogError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    conn.execute("PRAGMA synchronous = FULL")  # a journalled sample survives a power cut as well
    if not runs.claim(conn, run_id, os.getpid(), _process_started_at()):
        return 0
    with Reporter(catalog_path, run_id) as reporter:
        _obey_signals(reporter)
        if not _wait_for_turn(conn, run_id, reporter):
            return 0
        return _work(conn, runs.get(conn, run_id), reporter)


def _process_started_at() -> float:
    import psutil

    return float(psutil.Process().create_time())


def _obey_signals(reporter: Reporter) -> None:
    def on_signal(number: int, _frame: FrameType | None) -> None:
        reporter.stop(f"stopped by the system ({signal.Signals(number).name})")

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _wait_for_turn(conn: sqlite3.Connection, run_id: int, reporter: Reporter) -> bool:
    """Two measurements at once would spoil both, so the older goes first. False when stopped while waiting."""
    from aa_tui.runs.launch import settle_orphans

    while True:
        ahead = [run.id for run in runs.live_runs(conn) if run.id < run_id]
        if not ahead:
            return runs.begin(conn, run_id)
        if reporter.should_stop():
            runs.end(conn, run_id, "stopped", reporter.stop_reason)
            return False
        settle_orphans(conn)
        time.sleep(PUBLISH_EVERY_S)


def _work(conn: sqlite3.Connection, run: RunRow, reporter: Reporter) -> int:
    from aa_tui.engine.errors import EngineError
    from aa_tui.gguf.errors import GGUFError
    from aa_tui.host.machine import peak_memory_bytes
    from aa_tui.speed.errors import SpeedError

    try:
        finished = _measure(conn, run, reporter)
    except (EngineError, GGUFError, SpeedError, OSError, MemoryError) as error:
        runs.end(conn, run.id, "failed", str(error) or type(error).__name__, peak_memory_bytes())
        sys.stderr.write(f"{error}\n")
        return 1
    if finished:
        runs.end(conn, run.id, "finished", None, peak_memory_bytes())
    else:
        reason = f"{reporter.stop_reason}; what was measured until then is kept"
        runs.end(conn, run.id, "stopped", reason, peak_memory_bytes())
    return 0


def _measure(conn: sqlite3.Connection, run: RunRow, reporter: Reporter) -> bool:
    """Load the file and run its tests. False when stopped before the last one was done."""
    from aa_tui.engine.build import describe_build
    from aa_tui.engine.llama import open_model
    from aa_tui.engine.settings import EngineSettings
    from aa_tui.host import machine
    from aa_tui.speed.plan import load_pack, required_context, select_tests

    _check_unchanged(run)
    pack = load_pack()
    tests = select_tests(pack, run.settings.get("tests"), repetitions=run.settings.get("repetitions"))
    gpu_layers = run.settings.get("n_gpu_layers")
    wanted = EngineSettings(
        n_ctx=required_context(tests, run.file.context_tokens),
        n_threads=run.settings.get("n_threads"),
        n_gpu_layers=-1 if gpu_layers is None else gpu_layers,
    )
    runs.set_machine(conn, run.id, asdict(machine.describe()), describe_build().to_dict())
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
        return _run_tests(conn, run, engine, tests, reporter)


def _check_unchanged(run: RunRow) -> None:
    """The figures are about the content that was hashed, not about whatever lies at its path now."""
    stat = Path(run.file.path).stat()
    if (stat.st_size, stat.st_mtime_ns) != (run.file.size_bytes, run.file.mtime_ns):
        raise OSError(f"{Path(run.file.path).name} has changed since the run was planned; measure it anew.")


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
