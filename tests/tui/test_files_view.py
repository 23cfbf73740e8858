"""Every key of the files view, against a server that speaks the Hub's protocol."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.gguf.hub_server import HubServer
from tests.gguf.test_remote import large_vocabulary
from tests.tui.conftest import SIZES, Drive, Driven

from aa_tui.gguf.bundled import bundled_model

REPO = "mradermacher/Nanbeige4.1-3B-GGUF"
NAME = "Nanbeige4.1-3B.Q4_K_M.gguf"
both_sizes = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@pytest.fixture(autouse=True)
def environment(hub_server: HubServer, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME", "LLAMA_CACHE", "OLLAMA_MODELS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_ENDPOINT", hub_server.endpoint)


async def go_to(app: Driven, text: str) -> None:
    """Move the cursor down to a row."""
    await app.press("g")
    for _ in range(40):
        if text in app.cursor_line:
            return
        await app.press("j")
    raise AssertionError(f"no row has {text}: {app.text}")


async def told(app: Driven, text: str) -> None:
    """Wait for a toast; on the screen its words are on several lines."""
    notes = app.app._notifications
    await app.until(lambda: any(text in note.message for note in notes), f"a toast with {text!r}")


@both_sizes
def test_from_a_known_model_to_a_file_and_away_again(
    drive: Drive, hub_server: HubServer, tmp_path: Path, size: tuple[int, int]
) -> None:
    hub_server.add(REPO, NAME, bundled_model().read_bytes() + bytes(32))
    hub_server.add(REPO, "Nanbeige4.1-3B.Q2_K.gguf", bytes(100))

    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.shows("known models to pull", bundled_model().name, "ships along", "✓ fits")
        await app.press("x")
        await told(app, "not ours to delete")
        await go_to(app, "Nanbeige4.1-3B")
        await app.shows("12 kinds", "Q2_K 1.7 GB", "Q4_K_M")
        await app.press("b")
        await told(app, "p pulls one")
        await app.press("p")
        await app.shows("Pull Nanbeige4.1-3B", "memory are free", "Q2_K")
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
        await app.press("x")
        await app.shows(f"Delete {NAME}")
        await app.press("y")
        await told(app, f"Deleted {NAME}")
        await app.until(lambda: NAME not in "".join(app.lines[3:9]), "the file to go")
        assert not list((tmp_path / "hf").rglob("*.gguf"))
        await go_to(app, "Nanbeige4.1-3B")
        await app.press("enter")
        await app.shows("INTELLIGENCE", "Nanbeige4.1-3B")
        await app.press("escape")
        await app.shows("known models to pull")
        await app.press("question_mark")
        await app.shows("Files: keys", "look through the folders again")
        await app.press("escape", "escape")
        await app.shows("/ search…")

    drive(walk, size)


def test_a_download_that_fails_or_is_stopped_says_so(drive: Drive, hub_server: HubServer, tmp_path: Path) -> None:
    hub_server.add(REPO, NAME, large_vocabulary(10_000))
    hub_server.faults.lies_about_content = True

    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.shows("known models to pull")
        await app.press("c")  # nothing to stop
        await go_to(app, "Nanbeige4.1-3B")
        await app.press("p")
        await app.shows("memory are free")
        await app.press("enter", "L")  # it goes on while one looks at something else
        await app.shows("/ search…")
        await told(app, "is not what the Hub states")
        assert not list((tmp_path / "hf").rglob("*.gguf"))
        hub_server.faults.status[REPO] = 500
        await app.press("F", "p")
        await app.shows("HTTP 500", "This is what is known without asking", "Q8_0")
        await app.press("escape")

    drive(walk, (120, 40))


def test_files_without_a_model_and_broken_ones(drive: Drive, home: Path) -> None:
    (home / "models").mkdir(parents=True, exist_ok=True)
    (home / "models" / "a[bold]broken.gguf").write_bytes(b"")
    (home / "models" / ("wide界" * 60 + "-Q8_0.gguf")[:80]).write_bytes(b"<html>")

    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.shows("a[bold]broken", "unusable", "is empty (0 bytes)")
        await app.press("b")
        await told(app, "It cannot run.")
        await app.press("enter")
        await told(app, "No model of the catalog is known")
        await app.press("p")
        await told(app, "aa-tui gguf pull OWNER/REPO")
        assert len({len(line) for line in app.lines}) <= 3  # wide characters move nothing
        await app.press("r", "right", "left", "G")
        await app.press("escape")
        await app.shows("/ search…")

    drive(walk)
