"""Which files a study is not begun with."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from aa_tui.catalog import runs
from aa_tui.gguf.bundled import bundled_model
from aa_tui.runs.errors import RunError
from aa_tui.runs.studies.cache_plan import prepare_cache
from aa_tui.runs.studies.divergence_plan import prepare_divergence
from aa_tui.runs.studies.drafting import prepare as prepare_speculation
from aa_tui.runs.studies.probe_plan import prepare_watch

GOOD = bundled_model()


@pytest.mark.parametrize(
    "prepare",
    [
        prepare_cache,
        prepare_speculation,
        prepare_watch,
        lambda conn, path: prepare_divergence(conn, path, str(GOOD)),
        lambda conn, path: prepare_divergence(conn, str(GOOD), path),
    ],
)
def test_a_file_without_a_tokenizer_is_refused_before_there_is_a_run(
    conn: sqlite3.Connection, tmp_path: Path, prepare: Callable[[sqlite3.Connection, str], int]
) -> None:
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(GOOD.read_bytes().replace(b"tokenizer.ggml.model", b"tokenizer.ggml.other", 1))
    with pytest.raises(RunError, match=r"bad\.gguf has no tokenizer, so no text can be put to it"):
        prepare(conn, str(bad))
    assert runs.list_runs(conn) == []
