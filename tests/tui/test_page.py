"""Every key of a model's page, and what the page says."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import psutil
import pytest
from tests.tui.conftest import SIZES, Drive, Driven

from aa_tui.catalog import files, runs
from aa_tui.catalog.rows import FileRow

both_sizes = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
SLUG = "nanbeige4-1-3b"


def a_file(conn: sqlite3.Connection, path: Path, model_id: int | None, sha256: str = "ab" * 32) -> FileRow:
    """A file of a model, noted in the catalog."""
    file = files.put(
        conn,
        path=str(path),
        sha256=sha256,
        size_bytes=2_400_000_000,
        mtime_ns=1,
        quant="Q4_K_M",
        architecture="llama",
        n_params=3_930_000_000,
        context_tokens=4096,
        name="model",
        metadata={},
    )
    if model_id is not None:
        files.link(conn, file.id, model_id)
    return files.get(conn, file.id)


def take(conn: sqlite3.Connection, run_id: int) -> None:
    """Make this process the run's worker; one that is not there would be found out at once."""
    runs.claim(conn, run_id, os.getpid(), psutil.Process().create_time())
    runs.begin(conn, run_id)


def model_id_of(conn: sqlite3.Connection, slug: str = SLUG) -> int:
    """The id of a model's weights."""
    return int(conn.execute("SELECT model_id FROM leaderboard WHERE slug = ?", (slug,)).fetchone()[0])


async def whole_page(app: Driven) -> str:
    """All that the page says, read by scrolling through it or, on a wide screen, through its tabs."""
    seen = []
    if app.app.size.width >= 140:
        for key in "1234":
            await app.press(key)
            seen += app.lines
        return "\n".join(seen)
    await app.press("g")
    last = ""
    while app.text != last:
        last = app.text
        seen += app.lines
        await app.press("pagedown")
    return "\n".join(seen)


@both_sizes
def test_the_page_of_nanbeige(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.shows("INTELLIGENCE", "Nanbeige4.1-3B")
        await app.until(lambda: "drawing…" not in app.text, "the chart")
        text = await whole_page(app)
        words = " ".join(text.split())
        for said in (
            "◆ reasoning",
            "○ open weights",
            "released 2026-02-11",
            "Apache 2.0",
            "#5 / 43",
            "average 8",
            "well above average",
            "150M tokens",
            "very verbose",
            "competitively priced",
            "43 Tiny (≤4B)",
            "2026-06-15",
            "256k tokens, ~384 A4 pages",
            "3.9B",
            "Intelligence Index · Tiny (≤4B) open-weights models",
            "higher is better",
            "▶ ◆ Nanbeige4.1-3B",
            "Press b to measure",
            "Who created Nanbeige4.1-3B?",
            "artificialanalysis.ai",
        ):
            assert said in words or said in text, said
        assert text.count("▰▰▰▰") >= 2

    drive(walk, size, SLUG)


@both_sizes
def test_keys_of_the_page(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("down", "enter")
        await app.shows("INTELLIGENCE")
        assert "Esc back" in app.lines[-1]
        name = app.app.views.page.model.name if app.app.views.page else ""
        for key, text in (
            ("1", "Intelligence Index ·"),
            ("2", "Nothing was measured"),
            ("3", "When was"),
            ("4", "table of"),
        ):
            await app.press(key)
            await app.shows(text)
        await app.press("G", "g", "j", "k", "down", "up", "space", "pageup", "g")
        await app.shows("INTELLIGENCE")
        await app.press("right_square_bracket")
        await app.until(lambda: app.app.views.page is not None and app.app.views.page.model.name != name, "the next")
        await app.press("left_square_bracket")
        await app.until(lambda: app.app.views.page is not None and app.app.views.page.model.name == name, "the first")
        await app.press("escape")
        await app.shows("/ search…")
        assert "▌   2" in app.cursor_line
        await app.press("home", "enter")
        await app.shows("INTELLIGENCE")
        await app.press("h")  # there is none above the first: nothing happens
        await app.shows("INTELLIGENCE")
        await app.press("L")
        await app.shows("/ search…")

    drive(walk, size)


def test_an_unknown_slug_at_the_start(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        await app.shows("There is no model", "nanbeige4-1-3b")
        assert "157 models" in app.text

    drive(walk, (100, 30), "nanbeige4")


@both_sizes
def test_measure_asks_for_a_path_and_says_what_is_wrong(
    drive: Drive, size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b.gguf").write_text("this is no model")

    async def walk(app: Driven) -> None:
        await app.shows("INTELLIGENCE")
        await app.press("b")
        await app.shows("Measure Nanbeige4.1-3B", "No file of it is known here")
        await app.press("enter")
        await app.shows("Type the path")
        await app.press(*"a.gguf", "enter")
        await app.shows("There is no file a.gguf")
        await app.press("home", "delete", "b", "enter")
        await app.until(lambda: "There is no file" not in app.text and "Reading" not in app.text, "another answer")
        assert "b.gguf" in app.text
        assert "GGUF" in app.text
        await app.press("escape")
        await app.lacks("Measure Nanbeige4.1-3B")
        await app.shows("INTELLIGENCE")

    drive(walk, size, SLUG)


def test_figures_land_on_the_page_without_a_key(drive: Drive, filled: sqlite3.Connection, tmp_path: Path) -> None:
    model_id = model_id_of(filled)
    path = tmp_path / "nanbeige.Q4_K_M.gguf"
    path.touch()
    file = a_file(filled, path, model_id)
    run_id = runs.create(filled, kind="speed", file=file, settings={})

    async def walk(app: Driven) -> None:
        await app.shows("INTELLIGENCE", f"run {run_id}")
        take(filled, run_id)
        runs.set_progress(filled, run_id, 0.42, "tg128: repetition 3 of 5")
        await app.shows("42%", "tg128: repetition 3 of 5")
        run = runs.get(filled, run_id)
        runs.put_measurement(filled, run, "pp512", 321.5, "tokens/s", stdev=2.5, n=5)
        runs.put_measurement(filled, run, "tg128", 48.04, "tokens/s", stdev=0.4, n=5)
        runs.end(filled, run_id, "finished", peak_memory_bytes=3_100_000_000)
        await app.shows("⌂ 48.0 tok/s here", f"Run {run_id} of Nanbeige4.1-3B finished")
        await app.press("2")
        await app.shows("321.5 ± 2.5", "48.0 ± 0.4", "Q4_K_M", "3.1 GB")
        await app.press("b")
        await app.shows("nanbeige.Q4_K_M.gguf", "or another GGUF file")
        await app.press("tab", "escape", "escape", "m")
        await app.shows("48.0 ⌂", "⌂ 1 measured here")

    drive(walk, (120, 40), SLUG)


def test_failure_of_a_run_is_told_with_its_reason(drive: Drive, filled: sqlite3.Connection, tmp_path: Path) -> None:
    file = a_file(filled, tmp_path / "x.gguf", model_id_of(filled))
    run_id = runs.create(filled, kind="speed", file=file, settings={})

    async def walk(app: Driven) -> None:
        await app.shows(f"run {run_id}")
        take(filled, run_id)
        runs.end(filled, run_id, "failed", "llama.cpp could not load the file.")
        await app.shows(f"Run {run_id} of Nanbeige4.1-3B failed", "could not load")

    drive(walk, (100, 30), SLUG)


def test_a_model_with_nothing_published(drive: Drive, filled: sqlite3.Connection) -> None:
    columns = [row[1] for row in filled.execute("PRAGMA table_info(leaderboard)")]
    required = {
        "id",
        "model_id",
        "slug",
        "name",
        "creator",
        "reasoning",
        "open_weights",
        "input_modalities",
        "output_modalities",
        "index_is_estimate",
        "is_local",
    }
    wipe = ", ".join(f"{name} = NULL" for name in columns if name not in required)
    wipe += ", input_modalities = '', output_modalities = ''"
    filled.execute(f"UPDATE leaderboard SET {wipe} WHERE slug = ?", (SLUG,))  # noqa: S608 (the table's own columns)
    filled.execute("DELETE FROM measurements WHERE variant_id = (SELECT id FROM leaderboard WHERE slug = ?)", (SLUG,))

    async def walk(app: Driven) -> None:
        await app.shows("INTELLIGENCE", "not published")
        text = await whole_page(app)
        assert "not published" in text
        assert "None" not in text

    drive(walk, (80, 24), SLUG)


def test_resizing_a_page_rearranges_it(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        await app.shows("INTELLIGENCE")
        for width, height in ((100, 30), (160, 48), (61, 17), (200, 60), (80, 24)):
            await app.pilot.resize_terminal(width, height)
            await app.pilot.pause()
            await app.shows("INTELLIGENCE", "150M tokens")
            assert all(len(line) == width for line in app.lines if line.isascii())
        assert len(app.lines) == 24

    drive(walk, (160, 48), SLUG)
