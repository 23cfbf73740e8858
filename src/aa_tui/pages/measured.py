"""What was measured on the user's machines, one display-ready row for each run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aa_tui.analysis import MISSING, display
from aa_tui.analysis.display import threads_words
from aa_tui.catalog.reliability import UNSTEADY_SHARE
from aa_tui.catalog.rows import LocalResult, ModelRow, RunRow
from aa_tui.charts.here import reliability

METHOD_NOTE = (
    "pp and tg are llama.cpp's own protocol on this machine, in the model's own tokens; published speeds are of "
    "hosted services, in o200k_base tokens. The two are not comparable."
)
_TESTS = ("pp512", "tg128", "short")
"""The tests with columns of their own; others are named with their figures."""

_IN_REPORT = re.compile(r"/|@t[0-9]|^load-sweep@")


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
    gpu_layers: str = MISSING
    others: str = ""
    file_sha256: str = ""

    @property
    def how(self) -> str:
        """How it was measured, in one line."""
        wanted = "all" if self.gpu_layers == "-1" else self.gpu_layers
        layers = f" · {wanted} layers on the GPU" if self.gpu_layers not in (MISSING, "0") else ""
        if self.threads == self.backend == MISSING:  # through a server, which says neither
            return self.machine
        return f"{self.machine} · {threads_words(self.threads)} · {self.backend}{layers}"


@dataclass(frozen=True, slots=True)
class Beside:
    """A figure measured here, the published one of the same kind, and how the methods differ."""

    label: str
    here: str
    published: str
    difference: str

    @property
    def words(self) -> str:
        """Both figures: "48.0 tokens/s here, 58 tokens/s as published"."""
        is_figure = self.published[:1].isdecimal()
        return f"{self.here} here, {self.published}{' as published' if is_figure else ''}"


def rows(results: Sequence[LocalResult]) -> list[MeasuredRow]:
    """A row for each speed run on a machine, in their order; `load` tells of those through servers, `local_evaluations`
    of the others."""
    return [row_of(result) for result in results if result.run.kind == "speed" and not result.run.file.is_served]


def row_of(result: LocalResult) -> MeasuredRow:
    """A run's row. That of an evaluation has no rates: it tells what was run, on what and how."""
    run = result.run
    threads = run.setup.n_threads
    return MeasuredRow(
        run_id=run.id,
        state=run.state,
        file=run.file.shown_name,
        quant=run.file.quant or MISSING,
        size=display.size_bytes(run.file.size_bytes or None),
        machine=run.made_on_whole or MISSING,
        threads=str(threads) if threads else MISSING,
        backend=_backend(run),
        pp=rate(result, "pp512"),
        tg=rate(result, "tg128"),
        ttft=display.seconds(_value(result, "short.ttft_s")),
        output_tps=rate(result, "short.output_tps"),
        memory=display.size_bytes(run.peak_memory_bytes) if run.peak_memory_bytes else MISSING,
        date=(run.ended_at or run.created_at)[:10],
        caution=_caution(result),
        gpu_layers=MISSING if (layers := run.setup.n_gpu_layers) is None else str(layers),
        others=_others(result),
        file_sha256=run.file.sha256,
    )


def _backend(run: RunRow) -> str:
    """What took layers; of runs that did not note it, what their build would have given them to."""
    used = [one.name for one in run.setup.devices_used]
    takers = [name for name in used if name != "CPU"]
    return ", ".join(takers or used) or run.backend or MISSING


def devices(run: RunRow) -> list[str]:
    """What each device holds of the model, the processor too; nothing where the processor holds it all."""
    used = run.setup.devices_used
    if all(one.name == "CPU" for one in used):
        return []
    return [
        f"{' '.join(filter(None, (one.name, one.description)))}: weights {display.size_bytes(one.weights_bytes)}, "
        f"KV cache {display.size_bytes(one.kv_cache_bytes)}, buffers {display.size_bytes(one.compute_bytes)}"
        for one in used
    ]


def groups(shown: Sequence[MeasuredRow]) -> list[list[MeasuredRow]]:
    """The rows by file and machine, each group in the rows' order: what was measured of one file on one machine."""
    found: dict[tuple[str, str], list[MeasuredRow]] = {}
    for row in shown:
        found.setdefault((row.file_sha256, row.machine), []).append(row)
    return list(found.values())


def beside(results: Sequence[LocalResult], model: ModelRow) -> list[Beside]:
    """The newest figures measured here beside the published ones of their kind."""
    none_published = "not in this catalog" if model.is_local else "not published"
    speed_here = _newest(results, "tg128", "tokens/s") or _newest(results, "short.output_tps", "tokens/s")
    rows = [
        Beside(
            "Output speed",
            speed_here or MISSING,
            f"{display.speed(model.output_tps)} tokens/s" if model.output_tps is not None else none_published,
            "here the model's own tokens, one request, this file on this machine; "
            "published o200k_base tokens, full weights on a provider's servers",
        ),
        Beside(
            "Time to first token",
            _newest(results, "short.ttft_s", "s") or MISSING,
            display.seconds(model.ttft_s) if model.ttft_s is not None else none_published,
            "here 100 input tokens and no network; published a longer input, the network and the provider's queue",
        ),
        Beside(
            "Response time",
            _newest(results, "short.e2e_s", "s") or MISSING,
            display.seconds(model.e2e_s) if model.e2e_s is not None else none_published,
            "here 300 output tokens in all; published a 500-token answer and the thinking before it",
        ),
    ]
    return [row for row in rows if row.here != MISSING]


def _newest(results: Sequence[LocalResult], metric: str, unit: str) -> str:
    """The figure of the newest run that has it, as it reads; empty where there is none."""
    for result in results:
        figure = result.measurements.get(metric)
        if figure is not None and not result.run.file.is_served:  # a server's speed is none of this machine
            return display.seconds(figure.value) if unit == "s" else f"{rate(result, metric)} {unit}"
    return ""


def _others(result: LocalResult) -> str:
    """The tests without a column of their own: "pp1024 300.1 ± 2.0 · medium 45.0"."""
    words = []
    for metric in result.measurements:
        test, _, clock = metric.partition(".")
        # single requests, cached prompts and sweeps are in the run's own report
        if test not in _TESTS and clock in ("", "output_tps", "sustained_tps") and not _IN_REPORT.search(test):
            words.append(f"{test} {rate(result, metric)}")
    return " · ".join(words)


def _caution(result: LocalResult) -> str:
    """Why the figures may say more about the machine's other work than about the file; empty where nothing does."""
    if result.run.file.is_served:  # `load` has what is to be said of those
        return ""
    shaky = [metric for metric, row in result.measurements.items() if reliability.is_unsteady(row)]
    share = f"{UNSTEADY_SHARE:.0%}".replace("%", " %")
    differ = [f"the repetitions of {' and '.join(shaky)} differ by more than {share}"] if shaky else []
    reasons = [*differ, *reliability.reasons(result)]
    told = [f"Unreliable: measure again when idle. Why: {'; '.join(reasons)}."] if reasons else []
    if result.run.engine_caution:
        told.append(result.run.engine_caution)
    return " ".join(told)


def rate(result: LocalResult, metric: str) -> str:
    """A rate with its spread: "48.0 ± 0.4", with a ! where it is unreliable; dash when it was not measured."""
    row = result.measurements.get(metric)
    if row is None:
        return MISSING
    digits = 1 if row.value < 1000 else 0
    spread = f" ± {row.stdev:,.{digits}f}" if row.stdev is not None else ""
    return f"{row.value:,.{digits}f}{spread}{reliability.flag(result, metric)}"


def two_speeds(result: LocalResult) -> tuple[str, str]:
    """The tests whose rates stand for a run in a list: pp512 and tg128, or the shortest of their kinds that it had."""
    return _test_of("pp", "pp512", result), _test_of("tg", "tg128", result)


def _test_of(kind: str, usual: str, result: LocalResult) -> str:
    if usual in result.measurements:
        return usual
    found = [name for name in result.measurements if re.fullmatch(rf"{kind}\d+", name)]
    return min(found, key=lambda name: int(name[len(kind) :]), default=usual)


def speeds_in_words(result: LocalResult) -> str:
    """The rates with the names of their tests: "pp512 1,240 ± 12 · tg128 48.0"; one alone where the other was not asked
    for."""
    names = two_speeds(result)
    measured = [name for name in names if name in result.measurements]
    return " · ".join(f"{name} {rate(result, name)}" for name in measured or names)


def _value(result: LocalResult, metric: str) -> float | None:
    row = result.measurements.get(metric)
    return row.value if row else None
