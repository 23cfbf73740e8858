"""Pages of models that are known from files here only: none for what is no model or fails, and they can be removed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.support.disturbing import ended
from tests.support.gguf_files import Builder
from tests.support.program import Program

from aa_tui import runs
from aa_tui.actions import model_pages
from aa_tui.actions import runs as actions
from aa_tui.catalog import files, local_pages, models
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.rows import Figure, ModelFilter
from aa_tui.gguf.errors import GGUFError
from aa_tui.runs import SpeedOptions
from aa_tui.runs.errors import RunError
from aa_tui.runs.evaluation.plan import prepare_eval
from aa_tui.runs.page import put_figures
from aa_tui.runs.target import find_file

NAME = "Llama 3.2 1B Instruct"


def a_file(path: Path, *, kind: str | None = None, name: str = NAME) -> Path:
    builder = Builder().add_text("general.architecture", "llama").add_text("general.name", name)
    if kind is not None:
        builder.add_text("general.type", kind)
    builder.add_tensor("blk.0.attn_q.weight", [256])
    builder.data = bytes(1024)
    path.write_bytes(builder.build())
    return path


def local(conn: sqlite3.Connection) -> list[str]:
    return [row.slug for row in models.list_models(conn, ModelFilter()) if row.is_local]


def measured(conn: sqlite3.Connection, path: Path) -> int:
    """A run of a file that has a figure."""
    file = find_file(conn, str(path))
    run_id = catalog_runs.create(conn, kind="speed", file=file, settings={})
    put_figures(conn, catalog_runs.get(conn, run_id), [Figure("tg128", 20.0, "tokens/s")])
    conn.execute("UPDATE runs SET state = 'finished' WHERE id = ?", (run_id,))
    return run_id


@pytest.mark.long
def test_what_is_no_model_leaves_no_trace(conn: sqlite3.Connection, program: Program, tmp_path: Path) -> None:
    path = a_file(tmp_path / "my-lora-f16.gguf", kind="adapter")
    with pytest.raises(GGUFError, match=r"my-lora-f16.gguf is a LoRA adapter.+give the model that it belongs to"):
        runs.prepare(conn, str(path), options=SpeedOptions(tests=("tg4",)))
    with pytest.raises(GGUFError, match="is a LoRA adapter"):
        prepare_eval(conn, str(path), "quick")
    done = program("gguf", "fit", str(path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "is a LoRA adapter" in done.stderr
    assert not files.list_files(conn)
    assert not catalog_runs.list_runs(conn)
    assert not local(conn)


def test_a_run_that_fails_leaves_no_page(conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path) -> None:
    path = a_file(tmp_path / "Broken-Q8_0.gguf", name="Broken")
    run_id = runs.prepare(conn, str(path), options=SpeedOptions(tests=("tg4",)))
    runs.start(catalog_path, conn, run_id)
    run = ended(conn, run_id)
    assert (run.state, run.slug) == ("failed", None)
    assert not local(conn)


def test_a_page_goes_with_the_last_that_was_on_it(conn: sqlite3.Connection, tmp_path: Path) -> None:
    path = a_file(tmp_path / "Fancy-Q8_0.gguf", name="Fancy")
    first, second = measured(conn, path), measured(conn, path)
    assert local(conn) == ["fancy"]
    assert actions.delete(conn, first) is None
    assert local(conn) == ["fancy"]
    assert actions.delete(conn, second) == "Fancy"
    assert not local(conn)
    measured(conn, path)  # the file stays, and makes it anew
    assert local(conn) == ["fancy"]


def test_pages_are_removed_when_asked(conn: sqlite3.Connection, program: Program, tmp_path: Path) -> None:
    measured(conn, a_file(tmp_path / "Fancy-Q8_0.gguf", name="Fancy"))
    refused = program("models", "--remove", "fancy")
    assert (refused.returncode, local(conn)) == (2, ["fancy"])
    assert "--yes" in refused.stderr
    done = program("models", "--remove", "fancy", "--yes")
    assert done.returncode == 0
    assert "with 1 run on it" in done.stdout
    assert not local(conn)
    assert not catalog_runs.list_runs(conn)
    published = program("models", "--remove", "nanbeige4.1-3b", "--yes")
    assert published.returncode == 1
    assert "is a published model" in published.stderr
    assert models.by_slug(conn, "nanbeige4-1-3b") is not None


def test_a_page_stays_while_a_run_of_it_goes_on(conn: sqlite3.Connection, tmp_path: Path) -> None:
    path = a_file(tmp_path / "Fancy-Q8_0.gguf", name="Fancy")
    done = measured(conn, path)
    catalog_runs.create(conn, kind="speed", file=find_file(conn, str(path)), settings={}, planned=True)
    assert actions.delete(conn, done) is None
    assert local(conn) == ["fancy"]
    conn.execute("UPDATE runs SET state = 'queued', heartbeat_at = created_at")
    row = models.by_slug(conn, "fancy")
    assert row is not None
    with pytest.raises(RunError, match=r"has not ended .*: stop it first"):
        model_pages.remove(conn, row)


def test_pages_of_nothing_are_tidied_away(conn: sqlite3.Connection, program: Program, tmp_path: Path) -> None:
    path = a_file(tmp_path / "Fancy-Q8_0.gguf", name="Fancy")
    measured(conn, path)
    broken = find_file(conn, str(a_file(tmp_path / "Old-Q8_0.gguf", name="Old failure")))
    page = files.add_local_model(  # as earlier versions did before a run began
        conn,
        name="Old failure",
        creator="nobody",
        total_params_b=None,
        context_tokens=None,
        license_name=None,
        reasoning=False,
        source_url="x",
        as_of="2026-11-28",
    )
    files.link(conn, broken.id, page)
    failed = catalog_runs.create(conn, kind="speed", file=broken, settings={})
    conn.execute("UPDATE runs SET state = 'failed' WHERE id = ?", (failed,))
    assert [slug for _, slug, _ in local_pages.empty(conn)] == ["old-failure"]
    done = program("catalog", "tidy")
    assert "1 page without a figure removed: Old failure" in done.stdout
    assert local(conn) == ["fancy"]
    assert catalog_runs.get(conn, failed).slug is None  # the run is still told of
    assert not conn.execute("SELECT 1 FROM creators WHERE name = 'nobody'").fetchall()
    assert not conn.execute("PRAGMA foreign_key_check").fetchall()
    assert not conn.execute("SELECT 1 FROM variants_fts WHERE variants_fts MATCH 'failure'").fetchall()
