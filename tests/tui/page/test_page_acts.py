"""The page acts: it pulls, goes on with what the file was pulled for, compares, opens its links."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven, both_sizes, drawn, told
from tests.support.noted import a_file

from aa_tui.catalog import files, life, models, runs
from aa_tui.gguf.bundled import bundled_manifest, bundled_model
from aa_tui.pages.links import links_of
from aa_tui.runs.target import find_file
from aa_tui.tui.app import AATuiApp
from aa_tui.tui.core.news import Pulled
from aa_tui.tui.core.places import Place
from aa_tui.tui.files.pull_dialog import PullDialog
from aa_tui.tui.start.bench_dialog import MeasureDialog
from aa_tui.weblinks import checked, found_in

NANBEIGE = "nanbeige4-1-3b"


@pytest.fixture(autouse=True)
def no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked beyond this machine: the dialog shows what is known."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")


def on_top(app: Driven, kind: type) -> bool:
    return isinstance(app.app.screen, kind)


@pytest.mark.long
@both_sizes
def test_without_a_file_the_page_says_what_fits_and_pulls(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.shows("INTELLIGENCE")
        await app.until(lambda: app.page_view is not None and app.page_view.standing.best is not None, "what fits")
        assert any(word in app.text for word in ("Fits here: ", "Does not fit now: "))
        assert "p pull" in app.lines[-1]
        for key in ("p", "b", "E"):
            await app.press(key)
            await app.until(lambda: on_top(app, PullDialog), f"{key} to ask what to pull")
            await app.shows("Pull Nanbeige4.1-3B", "Q4_K_M")
            await app.press("escape")
            await app.until(lambda: not on_top(app, PullDialog), "the dialog to close")

    drive(walk, size, NANBEIGE)


def test_b_goes_on_once_the_file_is_here(
    drive: Drive, filled: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The download itself is stood in for: what it leaves in the catalog is real."""
    model = models.resolve(filled, NANBEIGE)
    path = tmp_path / "Nanbeige4.1-3B.Q4_K_M.gguf"

    async def walk(app: Driven) -> None:
        await app.shows("INTELLIGENCE")
        await app.press("b")
        await app.until(lambda: on_top(app, PullDialog), "what to pull")
        await app.press("escape")
        shutil.copy(bundled_model(), path)
        a_file(filled, path, model.model_id)
        assert files.files_of_model(filled, model.model_id)
        for view in app.app.views._made.values():
            view.hear_pull(Pulled(None, model.model_id, arrived=True))
        await app.until(lambda: on_top(app, MeasureDialog), "the measurement that b was pressed for")
        await app.shows(path.name)

    drive(walk, (100, 30), NANBEIGE)


def test_c_compares_with_the_marked_or_the_neighbour(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        await app.shows("INTELLIGENCE")
        await app.press("c")
        await app.until(lambda: app.app.views.current == "compare", "the comparison")
        await app.shows("Nanbeige4.1-3B", "Intelligence")
        marked = app.app.views.leaderboard.marked
        assert len(marked) == 2
        assert NANBEIGE in marked
        await app.press("escape")
        await app.shows("INTELLIGENCE")
        await app.press("c")
        await app.until(lambda: app.app.views.current == "compare", "the same once more")
        assert sorted(app.app.views.leaderboard.marked) == sorted(marked)

    drive(walk, (120, 35), NANBEIGE)


@pytest.mark.parametrize("desktop", [True, False])
def test_o_opens_a_link_or_copies_it(drive: Drive, monkeypatch: pytest.MonkeyPatch, desktop: bool) -> None:
    opened: list[str] = []
    monkeypatch.setattr(AATuiApp, "open_url", lambda _, url, **__: opened.append(url))
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    if desktop:
        monkeypatch.setenv("DISPLAY", ":0")

    async def walk(app: Driven) -> None:
        await app.shows("INTELLIGENCE")
        await app.press("o")
        await app.shows("Links of Nanbeige4.1-3B", "apache.org", "Providers")
        await app.press("down", "enter")
        licence = "https://www.apache.org/licenses/LICENSE-2.0"
        await told(app, licence)
        assert opened == ([licence] if desktop else [])
        assert app.app.clipboard == ("" if desktop else licence)

    drive(walk, (100, 30), NANBEIGE)


def test_addresses_on_screen_are_links(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        await app.shows("INTELLIGENCE")
        await app.press("w")
        await app.shows("huggingface.co/Nanbeige")
        links = {
            part.style.link
            for strip in app.app.screen._compositor.render_strips()
            for part in strip
            if part.style is not None and part.style.link
        }
        assert "https://huggingface.co/Nanbeige/Nanbeige4.1-3B" in links
        assert "https://www.apache.org/licenses/LICENSE-2.0" in links
        assert all(checked(link) for link in links)

    drive(walk, (100, 40), NANBEIGE)


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https://example.org/\x1b]8;;evil\x07",
        "https://example.org/\u202egnp.exe",
        "https://user@example.org/",
        "https://example.org/ x",
        "https://" + "a" * 3_000,
    ],
)
def test_what_must_not_be_a_link_is_none(filled: sqlite3.Connection, address: str) -> None:
    assert checked(address) is None
    model = models.resolve(filled, NANBEIGE)._replace(weights_url=address, source_name="x", source_url=address)
    assert [link.label for link in links_of(model)] == ["Licence"]


def test_addresses_are_found_without_the_punctuation_behind_them() -> None:
    text = "at https://a.org/b, (https://c.org/d). Not http://e.org or https://x@y.org."
    assert [url for _, _, url in found_in(text)] == ["https://a.org/b", "https://c.org/d"]


@pytest.mark.long
def test_the_bundled_model_opens_on_what_was_measured_and_names_the_next(
    drive: Drive, filled: sqlite3.Connection
) -> None:
    slug = bundled_manifest().slug
    file = find_file(filled, slug)
    run_id = runs.create(filled, kind="speed", file=file, settings={"n_threads": 2})
    life.claim(filled, run_id, 1, 1.0)
    life.begin(filled, run_id)
    for metric, value in (("pp512", 900.0), ("tg128", 612.9)):
        runs.put_measurement(filled, runs.get(filled, run_id), metric, value, "tokens/s", stdev=0.5, n=5)
    life.end(filled, run_id, "finished")

    async def walk(app: Driven) -> None:
        await app.shows("SPEED HERE", "612.9", "p pulls Nanbeige4.1-3B")
        tiles = next(line for line in app.lines if "SPEED HERE" in line)
        assert "VERBOSITY" not in tiles
        assert "–" not in app.lines[app.lines.index(tiles) + 1]
        assert "compared with no other" in app.text
        assert "not in this catalog" not in app.text.partition("1 Index")[0]
        await app.press("p")
        await app.until(lambda: on_top(app, PullDialog), "the next model's files")
        await app.shows("Pull Nanbeige4.1-3B")

    drive(walk, (160, 48), slug)


def test_the_next_step_is_seen_in_80_columns(drive: Drive, filled: sqlite3.Connection) -> None:
    find_file(filled, bundled_manifest().slug)

    async def walk(app: Driven) -> None:
        await app.shows("Here and fits: ", "next: p pulls Nanbeige4.1-3B")

    drive(walk, (80, 24), bundled_manifest().slug)


def test_a_proprietary_model_has_nothing_to_pull(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        await app.shows("INTELLIGENCE")
        await app.press("p")
        await told(app, "no weights to pull")

    drive(walk, (100, 30), "gpt-5-5")


@both_sizes
def test_the_list_of_charts(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.shows("Nanbeige4.1-3B")
        await app.press("C")
        await drawn(app)
        view = app.app.views.here
        await app.until(lambda: bool(view.table.sifted.source), "the counts")  # type: ignore[attr-defined]
        await app.press("slash")
        if size[0] < 140:
            await app.shows("Charts, / searches", "43 of 43 models")
            await app.press("slash")
        await app.press(*"context")
        await app.press("enter")
        await app.press("enter")
        await drawn(app)
        pane = app.chart_pane
        assert pane is not None
        assert pane.chart_name == "context"
        names = pane.names
        assert names.index("size") < names.index("latency"), "those with a figure of the model come first"

    drive(walk, size, Place("page", NANBEIGE))
