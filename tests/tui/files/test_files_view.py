"""Every key of the files view, against a server that speaks the Hub's protocol."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven, both_sizes, told
from tests.support.gguf_files import large_vocabulary
from tests.support.hub_server import HubServer
from textual.widgets import Input

from aa_tui.catalog import db, life, runs
from aa_tui.gguf.bundled import bundled_model
from aa_tui.shellwords import quoted

REPO = "mradermacher/Nanbeige4.1-3B-GGUF"
NAME = "Nanbeige4.1-3B.Q4_K_M.gguf"


@pytest.fixture(autouse=True)
def environment(
    hub_server: HubServer,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HF_TOKEN", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME", "LLAMA_CACHE", "OLLAMA_MODELS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv(
        "HF_HOME", str(tmp_path_factory.mktemp("hf"))
    )  # short: its paths are shown with what comes below
    monkeypatch.setenv("HF_ENDPOINT", hub_server.endpoint)


async def go_to(app: Driven, text: str) -> None:
    """Move the cursor down to a row."""
    for _ in range(5):  # rows may come while the cursor passes
        await app.press("g")
        for _ in range(40):
            if text in app.cursor_line:
                return
            await app.press("j")
    raise AssertionError(f"no row has {text}: {app.text}")


@both_sizes
def test_from_a_known_model_to_a_file_and_away_again(
    drive: Drive, hub_server: HubServer, tmp_path: Path, size: tuple[int, int]
) -> None:
    hub_server.add(REPO, NAME, bundled_model().read_bytes() + bytes(32))
    hub_server.add(REPO, "Nanbeige4.1-3B.Q2_K.gguf", bytes(100))

    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.shows("known models available", bundled_model().name, "bundled", "✓ fits")
        await app.press("d")
        await told(app, "cannot be deleted here")
        await go_to(app, "Nanbeige4.1-3B")
        await app.shows("12 quants", "Q2_K 1.7 GB", "Q4_K_M")
        await app.press("b")
        await told(app, "p pulls one")
        await app.press("p")
        await app.shows("Pull Nanbeige4.1-3B", "memory are free", "Q2_K")
        assert "Q4_K_M" in app.row_of("best that fits"), "the larger of two that fit"
        await app.press("escape", "p")
        await app.shows("memory are free")
        await app.press("enter")
        await told(app, "is here, complete and checked")
        await go_to(app, NAME)
        await app.shows("computed here")
        await app.press("v")
        await told(app, f"{NAME} is right")
        await app.press("i")
        await app.shows("2,544,896 parameters", "Q8_0")
        await app.press("pagedown", "j", "k", "pageup", "escape")
        await app.press("b")
        await app.shows("Measure", "Enter start")
        await app.press("escape")
        await app.press("d")
        await app.shows(f"Delete {NAME}")
        await app.press("y")
        await told(app, f"Deleted {NAME}")
        await app.until(lambda: NAME not in "".join(app.lines[3:9]), "the file to go")
        assert not list(Path(os.environ["HF_HOME"]).rglob("*.gguf"))
        await go_to(app, "Nanbeige4.1-3B")
        await app.press("enter")
        await app.shows("INTELLIGENCE", "Nanbeige4.1-3B")
        await app.press("escape")
        await app.shows("known models available")
        await app.press("question_mark")
        await app.shows("Files: keys", "which of the model's files here to take")
        await app.press("escape", "escape")
        await app.shows("/ search…")

    drive(walk, size)


@pytest.mark.long
def test_a_download_that_fails_or_is_stopped_says_so(drive: Drive, hub_server: HubServer, tmp_path: Path) -> None:
    hub_server.add(REPO, NAME, large_vocabulary(10_000))
    hub_server.faults.lies_about_content = True

    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.shows("known models available")
        await app.press("x")  # nothing to stop
        await go_to(app, "Nanbeige4.1-3B")
        await app.press("p")
        await app.shows("memory are free")
        await app.press("enter", "L")  # it goes on while one looks at something else
        await app.shows("/ search…")
        await told(app, "is not what the Hub states")
        assert not list(Path(os.environ["HF_HOME"]).rglob("*.gguf"))
        hub_server.faults.status[REPO] = 500
        await app.press("F", "p")
        await app.shows("HTTP 500", "Showing the list shipped with aa-tui", "Q8_0")
        await app.press("escape")

    drive(walk, (120, 40))


@both_sizes
def test_the_keys_stay_below_a_long_reason(drive: Drive, hub_server: HubServer, size: tuple[int, int]) -> None:
    hub_server.faults.status[REPO] = 500

    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.shows("known models available")
        await go_to(app, "Nanbeige4.1-3B")
        await app.press("p")
        await app.shows("HTTP 500", "shipped with aa-tui", "Q8_0", "Enter pull   Esc close")

    drive(walk, size)


@pytest.mark.long
def test_files_without_a_model_and_broken_ones(drive: Drive, home: Path) -> None:
    (home / "models").mkdir(parents=True, exist_ok=True)
    (home / "models" / "a[bold]broken.gguf").write_bytes(b"")
    (home / "models" / ("wide界" * 60 + "-Q8_0.gguf")[:80]).write_bytes(b"<html>")

    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.shows("a[bold]broken", "unusable", "is empty (0 bytes)")
        await app.press("b")
        await told(app, "is empty (0 bytes)")
        await app.press("enter")
        await told(app, "No model of the catalog is known")
        await app.press("p")
        await app.shows("Pull a model into the Hub's cache", "OWNER/REPO")
        await app.press("escape")
        assert len({len(line) for line in app.lines}) <= 3  # wide characters move nothing
        await app.press("r", "right", "left", "G")
        await app.press("escape")
        await app.shows("/ search…")

    drive(walk)


@pytest.mark.long
def test_what_is_typed_is_pulled_as_in_the_shell(drive: Drive, hub_server: HubServer, tmp_path: Path) -> None:
    hub_server.add("some/quick-GGUF", "quick-Q2_K.gguf", bundled_model().read_bytes() + bytes(32))
    hub_server.add("some/quick-GGUF", "quick-Q8_0.gguf", bundled_model().read_bytes() + bytes(64))

    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.shows("known models available")
        await app.press("P")
        await app.shows("Pull a model into the Hub's cache")
        await app.press(*"https://example.com/some/quick-GGUF")
        await app.press("enter")
        await app.shows("is no address on the Hub")
        await app.press("ctrl+u")
        await app.press(*"hf.co/some/quick-GGUF:Q8_0")
        await app.press("enter")
        await app.shows("Q2_K", "Q8_0", "memory are free")
        assert any("▌Q8_0" in line for line in app.lines), "the one that was named is marked"
        await app.press("enter")
        await told(app, "quick-Q8_0.gguf is here, complete and checked")
        assert [path.name for path in Path(os.environ["HF_HOME"]).rglob("*.gguf")] == ["quick-Q8_0.gguf"]

    drive(walk, (120, 40))


@pytest.mark.long
def test_a_file_at_an_odd_path_is_typed_and_opened(drive: Drive, home: Path) -> None:
    """From the list by its very path; into the box as it is, and as a terminal pastes it."""
    folder = home / "models" / "two  spaces\u200f\udcff"
    folder.mkdir(parents=True)
    path = folder / "odd  name.gguf"
    path.write_bytes(bundled_model().read_bytes() + b"one more")

    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.shows("known models available")
        await go_to(app, "odd name.gguf")
        await app.press("v")
        await told(app, "No published checksum of odd name.gguf")
        await app.press("i")
        await app.shows("2,544,896 parameters")
        await app.press("escape", "b")
        await app.shows("Measure", "Enter start")
        box = app.app.screen.query_one("#path", Input)
        box.focus()
        box.value = quoted(str(path)) + "x"
        await app.press("enter")
        await app.shows("There is no file")
        box.value = quoted(str(path))
        await app.press("enter")
        await told(app, "has started")
        with closing(db.open_catalog(home / "catalog.db")) as conn:
            assert runs.get(conn, 1).file.path == str(path)
            life.ask(conn, 1, "stop")
            await app.until(lambda: not runs.live_runs(conn), "the run to end", deadline_s=60)

    drive(walk, (120, 40))
