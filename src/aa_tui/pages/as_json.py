"""Pages, models and runs as plain values with stable keys: what `--json` prints. The README documents them."""

from __future__ import annotations

import sqlite3
from typing import Any

from aa_tui.catalog.rows import FileRow, LocalResult, ModelRow, RunRow, SampleRow
from aa_tui.pages import speed_report

_APART = frozenset({"id", "model_id", "input_modalities", "output_modalities"})
_MODEL_KEYS = tuple(name for name in ModelRow._fields if name not in _APART)


def model(row: ModelRow) -> dict[str, Any]:
    """One line of the leaderboard, flat."""
    flat = {key: getattr(row, key) for key in _MODEL_KEYS}
    if row.is_local:  # nobody was asked what it costs: that is no price of 0
        flat["blended_price_usd_per_m"] = None
    flat["input_modalities"] = ";".join(row.input_modalities)
    flat["output_modalities"] = ";".join(row.output_modalities)
    return flat


def page(conn: sqlite3.Connection, name: str) -> dict[str, Any]:
    """A whole page. Raises `UnknownModelError`."""
    from aa_tui.analysis import METRICS, context_pages
    from aa_tui.catalog import elsewhere as catalog_elsewhere
    from aa_tui.catalog import models
    from aa_tui.catalog import runs as catalog_runs
    from aa_tui.pages import elsewhere, local_evaluations
    from aa_tui.pages.classes import members_filter
    from aa_tui.pages.page import load

    shown = load(conn, name)
    row = shown.model
    metrics = {}
    for metric, place in shown.standings.items():
        source = shown.published.get(metric) or (_price_source(shown.published) if "price" in metric else None)
        metrics[metric] = {
            "value": place.value,
            "unit": METRICS[metric].unit,
            "class_median": place.class_median,
            "rank": place.rank,
            "of": place.of,
            "meter": place.meter,
            "phrase": place.phrase,
            "source": source.source_name if source else None,
            "url": source.source_url if source else None,
            "as_of": source.as_of if source else None,
            "index_version": source.index_version if source else None,
            "is_estimate": source.is_estimate if source else None,
        }
    return {
        "slug": row.slug,
        "name": row.name,
        "creator": row.creator,
        "release_date": row.release_date,
        "reasoning": row.reasoning,
        "open_weights": row.open_weights,
        "input_modalities": list(row.input_modalities),
        "output_modalities": list(row.output_modalities),
        "context_tokens": row.context_tokens,
        "context_pages": context_pages(row.context_tokens) if row.context_tokens else None,
        "total_params_b": row.total_params_b,
        "active_params_b": row.active_params_b,
        "license": row.license,
        "weights_url": row.weights_url,
        "is_local": row.is_local,
        "as_of": row.as_of,
        "comparison_class": {
            "key": shown.cls.key,
            "name": shown.cls.name,
            "explanation": shown.cls.explanation,
            "members": models.slugs(conn, where) if (where := members_filter(row)) else [],
        }
        if shown.cls
        else None,
        "metrics": metrics,
        "summary": shown.summary,
        "faq": [{"question": one.question, "answer": one.answer} for one in shown.faq],
        "measured_elsewhere": [elsewhere.as_json(one) for one in catalog_elsewhere.listing(conn, row.model_id)],
        "measured_here": [
            bench(one, catalog_runs.samples(conn, one.run.id)) for one in shown.measured_here if one.run.kind == "speed"
        ],
        "evaluations_here": local_evaluations.as_json(shown.measured_here),
        "files": [_gguf(file) for file in shown.files],
        "sources": shown.sources,
    }


def _price_source(published: dict[str, Any]) -> Any:
    """A blended price is made of the two, and says so by their source."""
    return published.get("price_out_usd_per_m")


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
        "file": file(run),
        "machine": machine(run),
        "settings": run.settings,
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
        "name": row.target,
        "path": row.file.path,
        "sha256": row.file.sha256,
        "quant": row.file.quant,
        "machine": row.machine.name if row.machine else None,
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


def file(row: RunRow) -> dict[str, Any]:
    """The file that a run is of."""
    return _gguf(row.file)


def _gguf(file: FileRow) -> dict[str, Any]:
    return {
        "path": file.path,
        "sha256": file.sha256,
        "size_bytes": file.size_bytes,
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
        "threads": row.settings.get("n_threads"),
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
    return test | speed_report.figures(result, name, own)
