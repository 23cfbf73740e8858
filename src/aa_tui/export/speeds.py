"""A speed run in the formats of llama-bench and LocalScore."""

from __future__ import annotations

import json
import re
import sqlite3
import statistics
from typing import Final

from aa_tui.catalog import runs
from aa_tui.catalog.rows import RunRow, SampleRow
from aa_tui.export.errors import ExportError
from aa_tui.formats import local_score
from aa_tui.pages.json import llama_bench
from aa_tui.speed import llama_bench_text

_SUFFIXES: Final = {
    "llama-bench": "json",
    "llama-bench-jsonl": "jsonl",
    "llama-bench-md": "md",
    "llama-bench-sql": "sql",
    "localscore": "json",
}
_REQUEST: Final = re.compile(r"[a-z-]+")


def files_of(conn: sqlite3.Connection, run: RunRow, key: str) -> dict[str, bytes]:
    """The one file, by its name. Raises ExportError where the run has no test that the format has a place for."""
    result, measured = runs.result_of(conn, run), runs.samples(conn, run.id)
    name = f"run-{run.id}.{_SUFFIXES[key]}"
    if key == "localscore":
        return {name: local_score.write(_score(run, measured))}
    whole = llama_bench.export(result, measured)
    records = json.loads(whole)
    if not records:
        raise ExportError(f"Run {run.id} has no pp or tg test, which is what llama-bench's formats hold.")
    text = {
        "llama-bench": lambda: whole,
        "llama-bench-jsonl": lambda: llama_bench_text.jsonl(records),
        "llama-bench-md": lambda: llama_bench_text.markdown(records),
        "llama-bench-sql": lambda: llama_bench_text.sql(records),
    }[key]()
    return {name: text.encode()}


def _score(run: RunRow, measured: list[SampleRow]) -> local_score.Score:
    """The requests of a run: a prompt and an answer behind it are what LocalScore measures."""
    by_test: dict[str, list[SampleRow]] = {}
    for sample in measured:
        if not sample.warmup and sample.ttft_s and sample.n_prompt and _REQUEST.fullmatch(sample.test):
            by_test.setdefault(sample.test, []).append(sample)
    if not by_test:
        raise ExportError(
            f"Run {run.id} has no request (short, medium, long) in it, which is what LocalScore's format holds."
        )
    file, machine = run.file, run.machine
    devices = [one for one in run.engine.get("devices", ()) if isinstance(one, dict)]
    gpus = [one for one in devices if "GPU" in str(one.get("kind"))] if run.backend not in (None, "CPU") else []
    return local_score.Score(
        model=run.target,
        quant=file.quant or "",
        n_params=file.n_params,
        cpu=machine.cpu if machine else "",
        accelerator=str(gpus[0].get("description", "")) if gpus else machine.cpu if machine else "",
        accelerator_kind="GPU" if gpus else "CPU",
        accelerator_bytes=gpus[0].get("memory_bytes") if gpus else machine.memory_bytes if machine else None,
        memory_bytes=machine.memory_bytes if machine else None,
        os=machine.os if machine else "",
        arch=machine.arch if machine else "",
        runtime="llama.cpp",
        runtime_version=str(run.engine.get("llama_cpp", "")),
        tests=tuple(_test(timed) for timed in by_test.values()),
    )


def _test(timed: list[SampleRow]) -> local_score.Test:
    first = timed[0]
    ttft = [one.ttft_s for one in timed if one.ttft_s]
    rates = [one.output_tps for one in timed if one.output_tps]
    return local_score.Test(
        n_prompt=first.n_prompt,
        n_gen=first.n_gen,
        prompt_tps=statistics.fmean(first.n_prompt / one for one in ttft),
        gen_tps=statistics.fmean(rates) if rates else None,
        ttft_s=statistics.fmean(ttft),
        time_s=statistics.fmean(one.seconds for one in timed),
    )
