"""A speed run at work: engines opened as its tests need them, samples journalled, the machine looked at around it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aa_tui.catalog import library, runs, telemetry
from aa_tui.catalog.rows import Figure, RunRow, SampleRow
from aa_tui.runs.errors import RunError
from aa_tui.runs.guard import Guard
from aa_tui.runs.identity import engine_words
from aa_tui.runs.page import put_figures
from aa_tui.runs.reporter import Reporter
from aa_tui.speed.names import belongs_to

if TYPE_CHECKING:
    from aa_tui.engine.llama import LlamaEngine
    from aa_tui.gguf.fit import Weights
    from aa_tui.host.energy import EnergyMeter
    from aa_tui.host.telemetry import MachineState
    from aa_tui.speed.plan import Test
    from aa_tui.speed.session import Setup


def check_same_machine(conn: sqlite3.Connection, run: RunRow) -> None:
    """A run that is continued goes on where it began. Raises RunError on another machine or build of llama.cpp."""
    from aa_tui.engine.build import describe_build
    from aa_tui.host.machine import describe

    if run.machine is None or not runs.samples(conn, run.id):
        return
    build, before = engine_words(describe_build().to_dict()), engine_words(run.engine)
    if run.machine.fingerprint != describe().fingerprint or (before is not None and before != build):
        raise RunError(
            f"Run {run.id} was begun on {run.machine.name} with llama.cpp {before or 'unknown'}: "
            "figures of two machines or builds are never mixed; start a new run."
        )


def measure_tests(conn: sqlite3.Connection, run: RunRow, reporter: Reporter, guard: Guard) -> bool:
    """Run the tests of a run whose file is as planned, but not those that an earlier worker has finished.

    False when stopped before the last one was done.
    """
    from aa_tui.engine.build import describe_build
    from aa_tui.host.energy import find_meter
    from aa_tui.host.telemetry import state
    from aa_tui.speed.figures import FigureEvent
    from aa_tui.speed.progress import ProgressEvent
    from aa_tui.speed.session import DONE, Bench, measure

    tests = _tests(run)
    left = _left(conn, run, tests)
    with_gpu = describe_build().gpu_offload and run.setup.n_gpu_layers != 0
    meter = find_meter(gpu=with_gpu)  # a GPU that only idles has no part in it
    before = state()
    work = _Work(conn, run, reporter, tests=tests, before=before, meter=meter)
    bench = Bench(
        open_engine=work.open_engine,
        should_stop=reporter.should_stop,
        joules=meter.joules if meter else lambda: None,
        fits=room_for(run.file.path),
    )
    finished = False
    for event in measure(bench, left, earlier=runs.samples(conn, run.id)):
        if isinstance(event, ProgressEvent):
            reporter.tell(event.fraction, event.text)
            finished = event is DONE
        elif isinstance(event, FigureEvent):
            guard.check()
            work.note(event)
        else:
            runs.add_sample(conn, run.id, SampleRow(**_fields(event)))
    work.note_machine_after(state(busy_over_s=0))
    return finished


def _tests(run: RunRow) -> list[Test]:
    """The tests as asked for; a run that has begun has its repetitions by test."""
    from aa_tui.speed.plan import load_pack, required_context, select_tests

    setup = run.setup
    tests = select_tests(load_pack(), setup.tests, repetitions=setup.repetitions)
    by_test = setup.repetitions_by_test
    tests = [replace(test, repetitions=by_test.get(test.name, test.repetitions)) for test in tests]
    required_context(tests, run.file.context_tokens)
    return tests


def _left(conn: sqlite3.Connection, run: RunRow, tests: list[Test]) -> list[Test]:
    """The tests without figures; what was clocked of them is forgotten, so that each is made in one go."""
    noted = runs.result_of(conn, run).measurements
    left = [test for test in tests if not any(one == test.name or one.startswith(f"{test.name}.") for one in noted)]
    clocked = {sample.test for sample in runs.samples(conn, run.id)}
    for test in left:
        runs.drop_samples(conn, run.id, [name for name in clocked if belongs_to(name, test)])
    return left


def _fields(event: Any) -> dict[str, Any]:
    return {name: value for name, value in asdict(event).items() if name in SampleRow._fields}


class _Work:
    """What a run notes in the catalog besides its samples."""

    def __init__(
        self,
        conn: sqlite3.Connection,
        run: RunRow,
        reporter: Reporter,
        *,
        tests: list[Test],
        before: MachineState,
        meter: EnergyMeter | None,
    ) -> None:
        self._conn = conn
        self._run = run
        self._reporter = reporter
        self._tests = tests
        self._before = before
        self._meter = meter
        self._settings: dict[str, Any] = {}

    @contextmanager
    def open_engine(self, setup: Setup) -> Iterator[LlamaEngine]:
        """Load the file; the first time notes how long that took, and the settings as they came to be."""
        from aa_tui.engine.llama import open_model
        from aa_tui.engine.settings import EngineSettings

        asked = self._run.setup
        wanted = EngineSettings(
            n_ctx=setup.n_ctx,
            n_parallel=setup.n_parallel,
            n_threads=setup.n_threads or asked.n_threads,
            n_gpu_layers=-1 if asked.n_gpu_layers is None else asked.n_gpu_layers,
            devices=asked.devices,
            tensor_split=asked.tensor_split,
            rpc=asked.rpc,
        )
        started = time.perf_counter()
        with open_model(Path(self._run.file.path), wanted, on_progress=self._loading) as engine:
            if not self._settings:
                runs.set_load_time(self._conn, self._run.id, time.perf_counter() - started)
                self._note_settings(engine)
            yield engine

    def _loading(self, part: float) -> bool:
        return not self._reporter.should_stop() if self._settings else self._reporter.loading(part)

    def _note_settings(self, engine: LlamaEngine) -> None:
        from aa_tui.host.machine import default_threads
        from aa_tui.speed.plan import load_pack

        pack = load_pack()
        self._settings = {
            **engine.settings.to_dict(),
            "devices_used": list(engine.devices_used),
            "n_threads": self._run.setup.n_threads or default_threads(),  # a test may have its own
            "tests": [test.name for test in self._tests],
            "repetitions": {test.name: test.repetitions for test in self._tests},
            "pack": pack.name,
            "pack_version": pack.version,
            "load_1m_before": self._before.load_1m,
            "machine_before": self._before.to_dict(),
            "tariff": self._run.setup.tariff or None,
            "energy_source": self._meter.source if self._meter else None,
        }
        runs.set_settings(self._conn, self._run.id, self._settings)

    def note(self, event: Any) -> None:
        """A figure, and what follows from it."""
        figure = Figure(event.metric, event.value, event.unit, stdev=event.stdev, n=event.n)
        put_figures(self._conn, self._run, [figure])
        if event.metric == "tg128" and self._settings.get("n_gpu_layers") == 0:
            self._note_bandwidth_share(event.value)

    def _note_bandwidth_share(self, tokens_per_s: float) -> None:
        """The share of this machine's memory bandwidth that generation used: weights read for a token x tg / bandwidth.

        Of runs on the processor alone; blank where no bandwidth was ever measured (`aa-tui gguf fit` does it).
        """
        from aa_tui.host.machine import describe

        bandwidth = library.bandwidth(self._conn, describe().fingerprint)
        if bandwidth is not None:
            share = weights_of(self._run.file.path).read_per_token_bytes * tokens_per_s / bandwidth.bytes_per_s
            put_figures(self._conn, self._run, [Figure("tg128.bandwidth_share", share, "share")])

    def note_machine_after(self, after: MachineState) -> None:
        """The machine's state at the end, and why the figures may not be trusted."""
        from aa_tui.host.telemetry import MachineSample
        from aa_tui.host.trust import warnings

        if not self._settings:  # stopped before anything was loaded
            return
        samples = [MachineSample._make(one) for one in telemetry.of_run(self._conn, self._run.id)]
        self._settings |= {"machine_after": after.to_dict(), "cautions": warnings(self._before, after, samples)}
        runs.set_settings(self._conn, self._run.id, self._settings)


def weights_of(path: str) -> Weights:
    """The weights of a file on this machine, in bytes."""
    from aa_tui.engine.native import adopted
    from aa_tui.gguf.digest import digest_of
    from aa_tui.gguf.files import state_of
    from aa_tui.gguf.fit import repacked_types
    from aa_tui.gguf.parts import read_parts
    from aa_tui.host.processor import features

    repacked = repacked_types(adopted().features(features()))
    header, parts = read_parts(Path(path))
    return digest_of(header).weights(state_of(parts).size_bytes, repacked)


def room_for(path: str) -> Callable[[int, int], bool]:
    """Tells whether so many tokens in so many slots fit this machine's free memory beside the file's weights."""
    from aa_tui.gguf import fit
    from aa_tui.gguf.parts import read_parts
    from aa_tui.gguf.shape import shape_of
    from aa_tui.host.machine import available_memory_bytes

    shape, weights = shape_of(read_parts(Path(path))[0]), weights_of(path)

    def fits(n_ctx: int, n_slots: int) -> bool:
        needed = fit.memory_of(weights, shape, fit.Plan(n_ctx, n_slots)).total
        return fit.mark(needed, available_memory_bytes()) != "no"

    return fits
