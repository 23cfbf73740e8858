"""Two quantizations of the bundled model with speeds, a divergence and evaluations, as workers note them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.support.evaluating import on_mock

from aa_tui.catalog import life, runs
from aa_tui.catalog.rows import Figure, FileRow
from aa_tui.engine.mock import Reply, by_question
from aa_tui.gguf.bundled import bundled_model
from aa_tui.host.machine import describe
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.evaluation.plan import prepare_eval
from aa_tui.runs.target import find_file

LARGE = bundled_model()
SMALL = LARGE.with_name(LARGE.name.replace("Q8_0", "Q4_0"))


def both(conn: sqlite3.Connection) -> tuple[FileRow, FileRow]:
    """The larger and the smaller file, noted in the catalog."""
    return find_file(conn, str(LARGE)), find_file(conn, str(SMALL))


def finish(conn: sqlite3.Connection, run_id: int, figures: list[Figure]) -> int:
    """Let a run have been made here, with these figures."""
    assert life.claim(conn, run_id, 1, 1.0)
    assert life.begin(conn, run_id)
    runs.set_machine(conn, run_id, asdict(describe()), {"backend": "CPU"})
    runs.put_figures(conn, runs.get(conn, run_id), figures)
    life.end(conn, run_id, "finished")
    return run_id


def speed(conn: sqlite3.Connection, file: FileRow, tg: float, *, stdev: float = 0.5, pp: float = 400.0) -> int:
    """A finished speed run."""
    run_id = runs.create(conn, kind="speed", file=file, settings={"n_threads": 2})
    rates = [Figure(name, value, "tokens/s", stdev=stdev, n=5) for name, value in (("pp512", pp), ("tg128", tg))]
    return finish(conn, run_id, rates)


def divergence(
    conn: sqlite3.Connection,
    file: FileRow,
    reference: FileRow,
    mean: float,
    *,
    text: str = "ours 1",
    max_blocks: int | None = None,
    **more: float,
) -> int:
    """A finished study of how far a file is from its reference, its mean with an interval of ± a tenth."""
    settings: dict[str, Any] = {
        "study": "divergence",
        "reference": {"sha256": reference.sha256},
        "text": {"name": text, "sha256": "e" * 64, "n_tokens": 4_096},
        "n_ctx": 512,
        "max_blocks": max_blocks,
    }
    n = 4_096 if max_blocks is None else 256 * max_blocks
    run_id = runs.create(conn, kind="study", file=file, settings=settings, n_items=max_blocks)
    values = {"kld_median": mean / 2, "same_top": 0.95, "ppl": 10.5, "reference_ppl": 10.0, **more}
    figures = [Figure(f"divergence.{name}", value, "nats") for name, value in values.items()]
    main = Figure("divergence.kld_mean", mean, "nats", None, n, 0.9 * mean, 1.1 * mean, "bootstrap")
    return finish(conn, run_id, [main, *figures])


def evaluation(
    conn: sqlite3.Connection, file: FileRow, pack: Path, answers: Mapping[str, str | Reply], **options: Any
) -> int:
    """A finished evaluation in which these answers were written."""
    options.setdefault("n_parallel", 4)
    run_id = prepare_eval(conn, file.path, str(pack), options=EvalOptions(**options))
    assert on_mock(conn, run_id, by_question(answers)).state == "finished"
    return run_id
