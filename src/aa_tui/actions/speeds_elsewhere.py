"""Speeds that other programs measured on other machines, as the catalog keeps them apart from those made here."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from aa_tui.catalog import models
from aa_tui.catalog.elsewhere import Elsewhere
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.formats.local_score import Score
    from aa_tui.speed.llama_bench import Entry


def of_llama_bench(conn: sqlite3.Connection, data: bytes, model_id: int | None) -> list[Elsewhere]:
    """The tests of a file of llama-bench. `model_id` is what they are of; None finds it by the file's name.

    Raises SpeedError for what llama-bench did not write.
    """
    from aa_tui.speed.llama_bench import parse

    return [_of_entry(conn, entry, model_id) for entry in parse(data)]


def _of_entry(conn: sqlite3.Connection, entry: Entry, model_id: int | None) -> Elsewhere:
    meant, slug = _meant(conn, Path(entry.model_file).stem, entry.n_params, model_id)
    return Elsewhere(
        test=entry.test,
        tokens_per_s=entry.avg_ts,
        stdev=entry.stddev_ts,
        n=entry.n,
        program="llama-bench",
        build=entry.build,
        cpu=entry.cpu,
        gpu=entry.gpu,
        backends=entry.backends,
        n_threads=entry.n_threads,
        n_gpu_layers=entry.n_gpu_layers,
        model_file=entry.model_file,
        model_type=entry.model_type,
        n_params=entry.n_params,
        measured_at=entry.test_time,
        entry=entry.raw,
        model_id=meant,
        slug=slug,
    )


def of_local_score(conn: sqlite3.Connection, score: Score, model_id: int | None) -> list[Elsewhere]:
    """The tests of a document of LocalScore: reading the prompt, and generating behind it, as two speeds."""
    from aa_tui.speed.llama_bench import test_name

    meant, slug = _meant(conn, score.model, score.n_params, model_id)
    is_gpu = score.accelerator_kind.upper() != "CPU"
    found = []
    for test, raw in zip(score.tests, score.raw, strict=True):
        for name, rate in (
            (test_name(test.n_prompt, 0, 0), test.prompt_tps),
            (test_name(0, test.n_gen, test.n_prompt), test.gen_tps),
        ):
            if rate is not None and name:
                found.append(
                    Elsewhere(
                        test=name,
                        tokens_per_s=rate,
                        stdev=None,
                        n=None,
                        program="LocalScore",
                        build=clean_line(f"{score.runtime} {score.runtime_version}"),
                        cpu=score.cpu,
                        gpu=score.accelerator if is_gpu else "",
                        backends="",
                        n_threads=None,
                        n_gpu_layers=None,
                        model_file=score.model,
                        model_type=score.quant,
                        n_params=score.n_params,
                        measured_at=score.measured_at,
                        entry={**raw, "aa_tui_test": name},
                        model_id=meant,
                        slug=slug,
                    )
                )
    return found


def _meant(
    conn: sqlite3.Connection, name: str, n_params: int | None, model_id: int | None
) -> tuple[int | None, str | None]:
    from aa_tui.gguf.naming import without_quant
    from aa_tui.library.naming import find_model

    meant = find_model(conn, (name, without_quant(name)), n_params) if model_id is None else model_id
    pages = models.by_model_id(conn, meant) if meant is not None else []
    return meant, pages[0].slug if pages else None
