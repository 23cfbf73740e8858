"""Runs of other machines in the app: let in, shown as theirs, handed on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven, told
from tests.support.fake_box import put_ssh
from tests.support.merging import BOX, HERE, Answer, Run, content, make, merge
from tests.support.noted import SLUG, measure

from aa_tui.catalog import db, files, models
from aa_tui.tui.core.places import Place

RUNS = (
    Run("a", items=(("1", Answer(scores=(("exact/1", "correct", 12),))),), machine=BOX, file="b" * 64),
    Run("b", "speed", figures=(("tg128", 99.0, 9),), file="b" * 64, machine=BOX),
)


@pytest.fixture
def box(tmp_path: Path) -> Path:
    (tmp_path / "box").mkdir()
    return make(tmp_path / "box" / "catalog.db", RUNS)


async def chosen(app: Driven, words: str) -> None:
    """A command from the palette."""
    await app.press("colon", *words)
    await app.shows(f"{words[0].upper()}{words[1:]}")
    await app.press("enter")


@pytest.mark.long
def test_another_catalog_is_merged_from_the_palette(drive: Drive, filled: sqlite3.Connection, box: Path) -> None:
    async def walk(app: Driven) -> None:
        await app.app.go(Place("runs"))
        await app.shows("Nothing was measured yet")
        await chosen(app, "merge another catalog")
        await app.shows("Merge another catalog", "From")
        await app.press("enter")
        await app.shows("Type the path of a catalog")
        await app.press(*"/no/such.db", "enter")
        await app.shows("There is no catalog at /no/such.db")
        await app.press(*["backspace"] * len("/no/such.db"), *str(box), "enter")
        await told(app, "2 new runs came from")
        await app.shows("on box")
        await app.press("enter")
        await app.shows("Made on box; it came from")

    drive(walk, (130, 34))
    assert {row["origin"] for row in filled.execute("SELECT origin FROM runs")} == {"machine"}


@pytest.mark.long
def test_what_ssh_reaches_is_merged_as_a_file_is(
    drive: Drive, filled: sqlite3.Connection, box: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_ssh(tmp_path / "bin", box.parent)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")

    async def walk(app: Driven) -> None:
        await app.app.go(Place("runs"))
        await app.shows("18.5")
        await chosen(app, "merge another catalog")
        await app.shows("From")
        app.app.screen.query_one("#push").choose("push")  # type: ignore[attr-defined]
        await app.press(*"ssh://box", "enter")
        await told(app, "2 new runs came from ssh://box")
        await told(app, "1 run of here is new there")

    measure(filled, SLUG, tg=18.5)
    drive(walk, (110, 34))
    assert len(content(box)) == 3


@pytest.mark.long
def test_the_run_under_the_cursor_is_exported_and_imported_again(
    drive: Drive, filled: sqlite3.Connection, tmp_path: Path, box: Path
) -> None:
    merge(db.path_of(filled), box)
    bundle, other = tmp_path / "one.zip", make(tmp_path / "other.db", ())
    bundle.write_bytes(b"in the way")

    async def walk(app: Driven) -> None:
        await app.app.go(Place("runs"))
        await app.shows("on box")
        await chosen(app, "export runs")
        await app.shows("Export runs for another machine", "run 2")
        await app.press(*["backspace"] * len("runs.zip"), *str(bundle), "enter")
        await app.shows("exists already")
        await app.press("down", "down", "right", "up", "up", "enter")
        await told(app, "1 run in")
        await chosen(app, "import a bundle")
        await app.shows("Import a bundle", "From")
        await app.press(*str(bundle), "enter")
        await told(app, "Nothing new came")

    drive(walk, (110, 34))
    from aa_tui.catalog.merging import bundle as bundles

    with bundle.open("rb") as file, bundles.unpacked(file, "one.zip") as inner:
        merge(other, inner)
    assert set(content(other)) == {"b"}


def test_a_page_lists_runs_of_other_machines_apart_and_draws_none_of_them(
    drive: Drive, filled: sqlite3.Connection, box: Path
) -> None:
    measure(filled, SLUG, tg=18.5)
    merge(db.path_of(filled), box, here=HERE)
    with closing(db.open_catalog(db.path_of(filled))) as conn:
        (theirs,) = [one for one in files.list_files(conn) if one.sha256 == "b" * 64]
        files.link(conn, theirs.id, models.resolve(conn, SLUG).model_id)

    async def walk(app: Driven) -> None:
        await app.app.go(Place("page", slug=SLUG, section="measured"))
        await app.shows("18.5")
        page = app.page
        assert page is not None
        assert [one.run.uid for one in page.measured_on_others] == ["b"]
        assert all(one.run.origin == "here" for one in page.measured_here)
        assert "99.0" not in app.text.partition("Measured on other machines")[0]

    drive(walk, (120, 40))
