"""The bundled model on its pack, end to end: the score that its card states, and its smaller file beside it."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from aa_tui import runs
from aa_tui.catalog import runs as catalog_runs
from aa_tui.gguf.bundled import bundled_model
from aa_tui.pages import evaluation, paired
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.evaluation.plan import prepare_eval
from aa_tui.runs.follow import follow

N_ITEMS = 280
CARD = Path(__file__).resolve().parents[2] / "gguf_models" / "README.md"


def stated(file: str) -> tuple[float, float]:
    """Wilson's interval of all items that the card states for a file, as shares."""
    part = CARD.read_text(encoding="utf-8").split(f"`{file}`\n")[1]
    found = re.search(r"\| all \| \d+ / 280 \| [\d.]+% \| ([\d.]+)%–([\d.]+)%", part)
    assert found
    return float(found[1]) / 100, float(found[2]) / 100


def evaluate(conn: sqlite3.Connection, path: Path, file: Path) -> evaluation.EvalReport:
    options = EvalOptions(n_parallel=8, n_threads=1, budgets=(), conditions={"nice": 0})
    run_id = prepare_eval(conn, str(file), "nano", options=options)
    runs.start(path, conn, run_id)
    run = list(follow(conn, run_id))[-1]
    assert run.state == "finished", run
    return evaluation.load(conn, run)


@pytest.mark.long
def test_both_files_score_as_their_card_states_and_are_compared_item_by_item(
    conn: sqlite3.Connection, catalog_path: Path
) -> None:
    large = bundled_model()
    small = large.with_name("aa-nano-Q4_0.gguf")
    reports = [evaluate(conn, catalog_path, file) for file in (large, small)]
    for file, report in zip((large, small), reports, strict=True):
        low, high = stated(file.name)
        assert report.summary.all.n == N_ITEMS
        assert report.strict is not None
        assert low <= report.strict.value <= high
        assert report.summary.all.outcomes["error"] == 0
        assert report.summary.index is not None
        figures = catalog_runs.result_of(conn, report.run).measurements
        assert figures["eval.nano.score_strict"].n == N_ITEMS
        assert figures["eval.nano.choice.score_strict"].value < 0.6, "the card says that choices are guessed"
    pair = paired.load(conn, reports[0].run, reports[1].run)
    assert pair is not None
    assert pair.result is not None
    assert pair.result.difference == pytest.approx(reports[0].strict.value - reports[1].strict.value)  # type: ignore[union-attr]
    one = pair.result
    assert one.n_both + one.n_only_a + one.n_only_b + one.n_neither == N_ITEMS
    assert len(pair.differences) == one.n_only_a + one.n_only_b
