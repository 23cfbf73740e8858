"""Runs as plain values with stable keys."""

from __future__ import annotations

from typing import Any

from aa_tui.catalog.rows import FileRow, LocalResult, RunRow, SampleRow
from aa_tui.pages.json import load as load_json
from aa_tui.pages.json import speed as speed_json


def bench(result: LocalResult, samples: list[SampleRow]) -> dict[str, Any]:
    """A run with all that it measured."""
    run = result.run
    names = list(dict.fromkeys(sample.test for sample in samples))
    return {
        "run_id": run.id,
        "status": run.state,
        "reason": run.reason,
        "crash": run.crash,
        "model": run.slug,
        **origin(run),
        "file": file(run),
        "machine": machine(run),
        "settings": run.settings,
        "load": load_json.load(result),
        "tests": [_test(name, result, samples) for name in names],
        "load_s": run.load_s,
        "peak_memory_bytes": run.peak_memory_bytes,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
    }


def run(row: RunRow) -> dict[str, Any]:
    """A run as one flat object."""
    return {
        "run_id": row.id,
        "kind": row.kind,
        "status": row.state,
        "reason": row.reason,
        "model": row.slug,
        **origin(row),
        "name": row.target,
        "path": row.file.path,
        "sha256": row.file.sha256,
        "quant": row.file.quant,
        "machine": row.machine.name if row.machine else None,
        "servers": list(row.setup.servers),
        "pack": row.pack,
        "pack_version": row.pack_version,
        "n_items": row.n_items,
        "n_done": row.n_done,
        "progress": row.progress,
        "progress_text": row.progress_text,
        "peak_memory_bytes": row.peak_memory_bytes,
        "created_at": row.created_at,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
    }


def origin(row: RunRow) -> dict[str, Any]:
    """Where a run was made, and more of it where that was not here."""
    return {"origin": row.origin, "origin_facts": row.origin_facts or None}


def file(row: RunRow) -> dict[str, Any]:
    """The file that a run is of."""
    return gguf(row.file)


def gguf(file: FileRow) -> dict[str, Any]:
    return {
        "kind": file.kind,
        "path": file.path,
        "sha256": file.sha256,
        "size_bytes": None if file.is_served and not file.size_bytes else file.size_bytes,
        "quant": file.quant,
        "architecture": file.architecture,
        "n_params": file.n_params,
        "context_tokens": file.context_tokens,
    }


def machine(row: RunRow) -> dict[str, Any] | None:
    """The machine that a run was made on, None before it has begun."""
    machine = row.machine
    if machine is None:
        return None
    return {
        "name": machine.name,
        "cpu": machine.cpu,
        "cores_physical": machine.cores_physical,
        "cores_logical": machine.cores_logical,
        "memory_bytes": machine.memory_bytes,
        "os": machine.os,
        "arch": machine.arch,
        "threads": row.setup.n_threads,
        **row.engine,
    }


def _test(name: str, result: LocalResult, samples: list[SampleRow]) -> dict[str, Any]:
    """A finished test's figures; a test that was cut short has its samples, and no figures."""
    figures = result.measurements
    rate = figures.get(name)
    own = [sample for sample in samples if sample.test == name]
    test: dict[str, Any] = {
        "name": name,
        "tokens_per_s_mean": rate.value if rate else None,
        "tokens_per_s_stdev": rate.stdev if rate else None,
        "n": rate.n if rate else None,
        "samples": [
            {
                "repetition": sample.repetition,
                "warmup": sample.warmup,
                "n_prompt": sample.n_prompt,
                "n_gen": sample.n_gen,
                "seconds": sample.seconds,
                "tokens_per_s": sample.tokens_per_s,
                "ttft_s": sample.ttft_s,
                "e2e_s": sample.e2e_s,
                "output_tps": sample.output_tps,
                "started_at": sample.started_at,
            }
            for sample in own
        ],
    }
    for clock in ("output_tps", "ttft_s", "e2e_s"):
        figure = figures.get(f"{name}.{clock}")
        if figure is not None:
            test[f"{clock}_median"] = figure.value
            test["n"] = figure.n
    return test | speed_json.figures(result, name, own)
