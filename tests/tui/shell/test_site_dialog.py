"""The app writes the catalog as a site: the same as the shell, with its own progress, and nothing is lost by Esc."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven
from textual.widgets._toast import Toast

from aa_tui.catalog import facts
from aa_tui.tui.shell.site_dialog import SiteDialog


async def open_dialog(app: Driven, folder: Path) -> None:
    await app.press("colon")
    await app.press(*"write the site")
    await app.shows("Write the site…")
    await app.press("enter")
    await app.until(lambda: isinstance(app.app.screen, SiteDialog), "the dialog")
    await app.shows("Folder")
    await app.press("end", *["backspace"] * 4, *str(folder))


@pytest.mark.long
def test_it_is_written_as_the_shell_writes_it(
    drive: Drive, filled: sqlite3.Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def walk(app: Driven) -> None:
        await open_dialog(app, tmp_path / "app")
        await app.press("down", *"Ours", "down", "down", "right", "enter")
        await app.until((tmp_path / "app" / "index.html").is_file, "the site")
        await app.until(lambda: len(app.app.screen_stack) == 1, "the dialog to close")
        await app.until(lambda: any("Written:" in str(one.render()) for one in app.app.query(Toast)), "a word of it")

    drive(walk)
    from aa_tui.cli import main

    assert main.run(["site", str(tmp_path / "shell"), "--title", "Ours", "--with-machine-names", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    ours, shells = (
        {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in (tmp_path / name).rglob("*")
            if path.is_file()
        }
        for name in ("app", "shell")
    )
    assert ours == shells
    assert told["n_files"] == len(ours)


@pytest.mark.long
def test_what_is_wrong_is_said_and_can_be_put_right(drive: Drive, filled: sqlite3.Connection, tmp_path: Path) -> None:
    taken = tmp_path / "mine"
    taken.mkdir()
    (taken / "thesis.txt").write_text("mine")

    async def walk(app: Driven) -> None:
        await open_dialog(app, taken)
        await app.press("enter")
        await app.shows("nothing in it is lost")
        await app.press("down", "down", *"many", "enter")
        await app.shows("Answers:")
        await app.press("escape")
        await app.until(lambda: len(app.app.screen_stack) == 1, "the dialog to close")

    drive(walk)
    assert [path.name for path in taken.iterdir()] == ["thesis.txt"]


@pytest.mark.long
def test_esc_stops_it_and_the_old_site_stays(drive: Drive, filled: sqlite3.Connection, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with filled:
        row = dict.fromkeys((*facts.UNITS, "slug", "name", "creator", "release_date", "reasoning", "open_weights"), "")
        more = (
            "total_params_b",
            "active_params_b",
            "context_tokens",
            "input_modalities",
            "output_modalities",
            "license",
        )
        rest = ("weights_url", "index_version", "index_is_estimate", "as_of", "source_name", "source_url")
        row |= dict.fromkeys((*more, *rest), "")
        many = ({**row, "slug": f"many-{number}", "name": f"Many {number}"} for number in range(3_000))
        facts.load_rows(filled, list(many))

    async def walk(app: Driven) -> None:
        await open_dialog(app, out)
        await app.press("enter")
        await app.until(lambda: bool(list(tmp_path.glob(".out.new-*/models/*"))), "the first page")
        await app.press("escape")
        await app.until(lambda: len(app.app.screen_stack) == 1, "the dialog to close")
        await app.until(lambda: not list(tmp_path.glob(".out*")), "what was begun to go")

    drive(walk)
    assert not out.exists()
