"""Charts on pages and on the whole screen: cursors, which models are drawn, ways in, and what leaves the app."""

from __future__ import annotations

import sqlite3
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven, both_sizes, drawn, pointed_at
from tests.support.noted import a_file, model_id_of, take

from aa_tui.catalog import leaderboard, life, runs
from aa_tui.charts import book
from aa_tui.charts.spec import ScatterChart
from aa_tui.export import png
from aa_tui.tui.charts.view import ChartsView
from aa_tui.tui.core.clipboard import tmux_sequence
from aa_tui.tui.core.places import Place
from aa_tui.tui.runs.view import RunsView
from aa_tui.tui.shell.links import UnknownPlaceError, place_of

SLUG = "nanbeige4-1-3b"
HOSTILE = "\x1b]0;pwned\x07[/nope] [@click=app.exit]x[/] | `a` <b>&\n# 日本語"


def test_there_is_a_section_for_every_chart() -> None:
    from aa_tui.tui.core.sections import SECTIONS

    sections = {section.chart_section for section in SECTIONS}
    assert {kind.section for kind in book.ALL} <= sections
    keys = [section.key for section in SECTIONS]
    assert len(set(keys)) == len(keys)


@pytest.mark.long
@both_sizes
def test_a_cursor_goes_from_bar_to_bar_and_opens_pages(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("1")
        await drawn(app)
        assert pointed_at(app) == "Nanbeige4.1-3B · 16.08 of 100 · Artificial Analysis, 2026-06-15"
        assert "16.08 of 100 · Artificial Analysis, 2026-06-15" in app.text
        await app.press("down")
        below = pointed_at(app)
        assert "of 100" in below
        assert below != "Nanbeige4.1-3B · 16.08 of 100 · Artificial Analysis, 2026-06-15"
        await app.shows(below.split(" · ")[0])
        await app.press("k", "up", "j")
        assert pointed_at(app).startswith("Nanbeige4.1-3B")
        await app.press("home")
        name = pointed_at(app).split(" · ")[0]
        await app.press("end")
        assert pointed_at(app).split(" · ")[0] != name
        await app.press("home", "enter")
        await app.until(lambda: app.page is not None and app.page.model.name == name, "its page")
        await drawn(app)
        assert app.page_view is not None
        assert app.page_view.section == "index", "from page to page in the same section"
        await app.press("escape")
        await app.until(lambda: app.page is not None and app.page.model.slug == SLUG, "one back")
        await drawn(app)
        row = next(y for y, line in enumerate(app.lines) if "▶ ◆ Nanbeige" in line)
        await app.pilot.click(offset=(20, row + 1))
        await app.pilot.pause()
        assert pointed_at(app) == below
        await app.press("n")
        await app.shows("2 of 2", "openness")
        await app.press("shift+tab")
        await app.shows("1 of 2")
        await app.press("escape")
        await app.shows("/ search…")

    drive(walk, size, SLUG)


@pytest.mark.long
@both_sizes
def test_a_scatter_chart_is_walked_through(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("4")
        await drawn(app)
        while "vs price" not in app.row_of(" of 4 ").split("  ")[2]:
            await app.press("n")
        await drawn(app)
        assert pointed_at(app).startswith("Nanbeige4.1-3B · Intelligence Index 16.08")
        seen = {pointed_at(app)}
        for key in ("right", "right", "down", "up", "left", "l", "j", "k", "h"):
            await app.press(key)
            seen.add(pointed_at(app))
            assert "Blended price" in pointed_at(app)
        assert len(seen) >= 3
        await app.shows("most attractive" if size[0] > 100 else "reasoning")
        assert "2026-06-15" in app.text
        page = app.page_view
        assert page is not None
        view = page.chart_pane._scatter
        layout = view.layout_now
        assert layout is not None
        far = max(layout.dots, key=lambda dot: dot.column)
        await app.pilot.click(view, offset=(far.column, far.row))
        await app.pilot.pause()
        assert view.current is not None
        there = {placed.dot.key for placed in layout.at(far.column, far.row)}
        assert view.current.key in there
        name = pointed_at(app).split(" · ")[0]
        await app.press("enter")
        await app.until(lambda: app.page is not None and app.page.model.name == name, "its page")

    drive(walk, size, SLUG)


@pytest.mark.long
def test_which_models_are_drawn_is_chosen_and_kept(drive: Drive) -> None:
    async def choose(app: Driven) -> None:
        await app.press("1")
        await drawn(app)
        assert "of 43 models" in app.text
        await app.press("f")
        await app.shows("What charts draw", "● the class of the page's model")
        await app.press("down", "enter")
        await app.shows("● all")
        await app.press("escape")
        await app.shows("of 157 models", "All models")
        await app.press("f", *["down"] * 12, "space")
        await app.press("escape")
        await app.shows("reasoning")
        await app.press("home", "asterisk")
        await app.shows("Pinned")
        await app.press("f")
        await app.shows("What charts draw")
        await app.press("u", "escape")
        await app.shows("of 43 models")
        await app.press("f", "down", "enter", "escape")
        await app.shows("of 157 models")

    async def again(app: Driven) -> None:
        await app.press("1")
        await app.shows("of 157 models", "All models")

    drive(choose, (120, 40), SLUG)
    drive(again, (80, 24), SLUG)


def test_the_list_of_charts_to_choose_from_says_in_full_how_many_models_each_has(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        await app.press("C")
        view = app.app.views.here
        assert isinstance(view, ChartsView)
        await app.until(lambda: len(view.table.sifted.source) > 0, "the counts")
        await app.press("slash")
        await app.shows("157 of 157 models")

    drive(walk, (80, 24))  # wider screens have the list beside the chart


@pytest.mark.long
@both_sizes
def test_all_charts_on_the_whole_screen(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("C")
        await app.shows(f"1 of {len(book.ALL)}")
        view = app.app.views.here
        assert isinstance(view, ChartsView)
        await app.until(lambda: len(view.table.sifted.source) > 0, "the counts")
        assert sorted(view.pane.names) == sorted(kind.name for kind in book.ALL)
        titles = []
        for number, name in enumerate(view.pane.names, start=1):
            await app.shows(f"{number} of {len(book.ALL)}")
            await drawn(app)
            pane = app.chart_pane
            assert pane is not None
            assert pane.chart is not None
            assert pane.chart.name == name
            titles.append(pane.chart.title)
            assert all(len(line) == size[0] for line in app.lines if line.isascii())
            await app.press("n" if isinstance(pane.chart, ScatterChart) else "right")
        await app.shows(f"1 of {len(book.ALL)}")
        assert len(set(titles)) == len(titles)
        await drawn(app)
        await app.press("left")
        await app.shows(f"{len(book.ALL)} of {len(book.ALL)}")
        await app.press("right_square_bracket", "home")
        await drawn(app)
        await app.press("question_mark")
        await app.shows("Charts: keys")
        await app.press("escape", "enter")
        await app.shows("INTELLIGENCE")
        await app.press("escape")
        await app.shows(f"1 of {len(book.ALL)}")
        await app.press("escape")
        await app.shows("/ search…")

    drive(walk, size)


@pytest.mark.long
def test_resizing_while_charts_are_drawn(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        for key, size in (("1", (60, 16)), ("4", (200, 60)), ("n", (61, 17)), ("8", (90, 24)), ("C", (140, 30))):
            await app.press(key)
            await app.pilot.resize_terminal(*size)
            await app.pilot.resize_terminal(size[0] + 7, size[1] + 3)
            await app.pilot.pause()
        await app.pilot.resize_terminal(20, 5)
        await app.pilot.resize_terminal(80, 24)
        await drawn(app)
        assert len(app.lines) == 24
        assert all(len(line) == 80 for line in app.lines if line.isascii())

    drive(walk, (80, 24), SLUG)


LINKS = {
    "nanbeige4.1-3b": Place("page", SLUG),
    "Nanbeige4.1-3B/faq": Place("page", SLUG, "faq"),
    "nanbeige4.1-3b/latency": Place("page", SLUG, "latency"),
    "nanbeige4.1-3b/charts/latency": Place("page", SLUG, "latency"),
    "nanbeige4.1-3b/charts/intelligence-vs-price-log": Place("page", SLUG, "price", "intelligence-vs-price-log"),
    "nanbeige4.1-3b/providers": Place("page", SLUG, "price", "providers"),
    "nanbeige4.1-3b/charts": Place("page", SLUG, "index"),
    "runs": Place("runs"),
    "charts": Place("charts"),
    "charts/speed": Place("charts", chart="speed"),
    "compare/nanbeige4.1-3b,qwen3-4b-2507-instruct-reasoning": None,
    "leaderboard": Place("leaderboard"),
}
WRONG = {
    "nanbeige4.1-3b/prices": "there are overview, index",
    "nanbeige4.1-3b/charts/beauty": "intelligence-vs-price",
    "nanbeige4.1-3b/faq/7": "there are overview",
    "runs/seven": "runs/3",
    "runs/7": "There is no run 7",
    "charts/beauty": "takes one of",
    "compare/nanbeige4.1-3b": "2 to 6 different models or runs",
    "compare/run:7,nanbeige4.1-3b": "There is no run 7",
    "compare/run:seven,nanbeige4.1-3b": "names no run",
    "nanbeige4.1-3": "did you mean nanbeige4-1-3b",
}


def test_deep_links_name_places(conn: sqlite3.Connection) -> None:
    for link, place in LINKS.items():
        if place is not None:
            assert place_of(conn, link) == place, link
    two = [row[0] for row in conn.execute("SELECT slug FROM leaderboard LIMIT 2")]
    assert place_of(conn, f"compare/{two[0]},{two[1]}") == Place("compare", slugs=tuple(two))
    for kind in book.ALL:
        place = place_of(conn, f"{SLUG}/charts/{kind.name}")
        assert place.section is not None, kind.name


@pytest.mark.parametrize("link", WRONG)
def test_a_wrong_link_gets_one_sentence(conn: sqlite3.Connection, link: str) -> None:
    from aa_tui.catalog.models import UnknownModelError
    from aa_tui.catalog.runs import UnknownRunError

    with pytest.raises((UnknownPlaceError, UnknownModelError, UnknownRunError)) as caught:
        place_of(conn, link)
    assert WRONG[link] in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.long
def test_places_are_opened(drive: Drive, filled: sqlite3.Connection, tmp_path: Path) -> None:
    file = a_file(filled, tmp_path / "x.gguf", model_id_of(filled))
    for _ in range(3):
        run_id = runs.create(filled, kind="speed", file=file, settings={})
        take(filled, run_id)
        life.end(filled, run_id, "finished")
    assert place_of(filled, "compare/run:2,3,Nanbeige4.1-3B") == Place("compare", slugs=("run:2", "run:3", SLUG))

    async def walk(app: Driven) -> None:
        await app.shows("Leaderboard")
        await app.app.views.go(Place("page", SLUG, "price", "intelligence-vs-price-log"))
        await app.shows("Intelligence vs price (log) ·")
        await app.app.views.go(Place("charts", chart="context"))
        await app.shows("Context window ·")
        await app.app.views.go(Place("runs", run_id=2))
        await app.until(lambda: app.app.views.current == "runs", "the runs")
        view = app.app.views.find(RunsView)
        assert view is not None
        assert view.run_row is not None
        assert view.run_row.id == 2
        await app.press("colon", *"chart: output speed")
        await app.shows("Chart: Output speed")
        await app.press("enter")
        await app.shows("Output speed ·")
        await app.press("colon", *"run 3")
        await app.shows("Run 3: Nanbeige4.1-3B")
        await app.press("escape")
        await app.lacks("Run 3: Nanbeige")

    drive(walk, (100, 32))


@pytest.mark.long
def test_what_is_copied(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)

    async def walk(app: Driven) -> None:
        await app.press("y")
        await app.shows("Copied the row of", "e saves")
        model = app.app.views.leaderboard.model
        assert model is not None
        assert model.name in app.app.clipboard
        assert "Index" in app.app.clipboard
        await app.press("1", "Y")
        table = app.app.clipboard
        assert table.startswith("# Models")
        assert table.count("\n| ") == 45
        await app.press("slash", *"nanbeige4.1", "enter")
        await app.shows("INTELLIGENCE")
        await app.press("Y")
        assert app.app.clipboard.startswith("# Nanbeige4.1-3B\n")
        assert "| Released | February 11, 2026 |" in app.app.clipboard
        await app.press("1")
        await drawn(app)
        await app.press("y")
        assert app.app.clipboard == pointed_at(app)
        await app.press("Y")
        assert "▶ ◆ Nanbeige4.1-3B" in app.app.clipboard
        assert "higher is better" in app.app.clipboard

    drive(walk, (100, 32))


def test_copying_inside_tmux_reaches_the_terminal_outside() -> None:
    assert tmux_sequence("hi", {}) == ""
    assert tmux_sequence("hi", {"TMUX": "/tmp/x,1,0"}) == "\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\"


@pytest.mark.long
def test_saving_to_files(drive: Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    async def walk(app: Driven) -> None:
        await app.press("1")
        await drawn(app)
        await app.press("e")
        await app.shows("Save", "Page of Nanbeige4.1-3B", "Chart “Intelligence Index", "nanbeige4-1-3b.html")
        if not png.is_possible():
            await app.shows("PNG needs the Python package cairosvg")
        await app.press("enter")
        await app.shows("Written: nanbeige4-1-3b.html")
        await app.press("e", "down", "down")
        await app.shows("nanbeige4-1-3b-intelligence.md")
        await app.press("enter")
        await app.shows("Written: nanbeige4-1-3b-intelligence.md")
        await app.press("e", *["down"] * 4)
        await app.shows("nanbeige4-1-3b-intelligence.svg")
        await app.press("enter")
        await app.shows("Written: nanbeige4-1-3b-intelligence.svg")
        (tmp_path / "nanbeige4-1-3b.html").write_text("mine")
        await app.press("e", "enter")
        await app.shows("exists already", "replace it")
        await app.press("n")
        await app.lacks("exists already")
        assert (tmp_path / "nanbeige4-1-3b.html").read_text() == "mine"
        await app.press("enter")
        await app.shows("exists already")
        await app.press("y")
        await app.shows("Written: nanbeige4-1-3b.html")
        await app.press("e", "tab", "home", *"no/such/")
        await app.press("enter")
        await app.shows("cannot be written")
        await app.press("escape")
        await app.lacks("cannot be written")

    drive(walk, (100, 32), SLUG)
    text = (tmp_path / "nanbeige4-1-3b-intelligence.md").read_text()
    assert "```text" in text
    assert "| Nanbeige4.1-3B | 16 | 16.08 | reasoning |" in text
    root = ET.fromstring((tmp_path / "nanbeige4-1-3b-intelligence.svg").read_text())
    assert "Nanbeige4.1-3B" in "".join(root.itertext())
    html = (tmp_path / "nanbeige4-1-3b.html").read_text()
    assert "Where can Nanbeige4.1-3B be hosted or run?" in html
    assert "<script" not in html


@pytest.mark.long
def test_a_theme_is_chosen_and_kept(drive: Drive) -> None:
    async def choose(app: Driven) -> None:
        await app.press("T")
        await app.shows("Theme", "Nord", "built-in")
        await app.press(*["down"] * 4)
        await app.until(lambda: app.app.theme == "nord", "to be seen at once")
        await app.press("escape")
        await app.until(lambda: app.app.theme == "aa-dark", "the one before")
        await app.press("T", *["down"] * 4, "enter")
        await app.until(lambda: app.app.theme == "nord" and len(app.app.screen_stack) == 1, "the new one")
        await app.press("enter", "1")
        await drawn(app)

    async def again(app: Driven) -> None:
        assert app.app.theme == "nord"

    drive(choose)
    drive(again)


@pytest.mark.long
def test_hostile_names_in_charts_copies_and_files(
    drive: Drive, filled: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    filled.execute("UPDATE leaderboard SET name = ? || id, creator = ? WHERE open_weights", (HOSTILE, HOSTILE))
    filled.execute("UPDATE leaderboard SET name = ?, source_name = ? WHERE slug = ?", (HOSTILE, HOSTILE, SLUG))

    async def walk(app: Driven) -> None:
        for key in ("1", "4", "n", "0", "m", "a"):
            await app.press(key)
            await app.pilot.pause()
            await app.until(lambda: "drawing…" not in app.text, "the chart")
            assert "\x1b" not in app.text
            assert "pwned" not in app.text
        await app.press("1")
        await drawn(app)
        await app.press("y")
        assert "\x1b" not in app.app.clipboard
        assert "[/nope]" in app.app.clipboard
        await app.press("Y", "f")
        assert "\x1b" not in app.app.clipboard
        await app.shows("What charts draw")
        await app.press("escape", "e")
        await app.shows("Save")
        await app.press("down", "down", "down", "enter")
        await app.shows("Written: nanbeige4-1-3b-intelligence.html")

    drive(walk, (100, 32), SLUG)
    html = (tmp_path / "nanbeige4-1-3b-intelligence.html").read_text()
    assert "\x1b" not in html
    assert "<b>" not in html
    assert "&lt;b&gt;&amp;" in html


@pytest.mark.long
def test_one_model_alone_has_charts(drive: Drive, filled: sqlite3.Connection) -> None:
    filled.execute("DELETE FROM leaderboard WHERE slug <> ?", (SLUG,))

    async def walk(app: Driven) -> None:
        for key in "1234567890":
            await app.press(key)
            await drawn(app)
            await app.press("down", "up", "home", "end")
        await app.press("1")
        await drawn(app)
        assert "1 of 1 models" in app.text

    drive(walk, (80, 24), SLUG)


@pytest.mark.long
@pytest.mark.parametrize("value", [None, 5.0, 0.0, -3.0])
@pytest.mark.repeats
def test_figures_that_are_missing_all_equal_zero_or_negative(
    drive: Drive, filled: sqlite3.Connection, value: float | None
) -> None:
    """On the page of a model of which nothing but the name is known, among models that all have one value."""
    figures = {*leaderboard.PUBLISHED, "blended_price_usd_per_m"}
    filled.execute(f"UPDATE leaderboard SET {', '.join(f'{name} = :value' for name in figures)}", {"value": value})  # noqa: S608
    unknown = "release_date = NULL, active_params_b = NULL, context_tokens = NULL, license = NULL, weights_url = NULL"
    filled.execute(f"UPDATE leaderboard SET {unknown} WHERE slug = ?", (SLUG,))  # noqa: S608

    async def walk(app: Driven) -> None:
        for key in "1234567890":
            await app.press(key)
            await drawn(app)
            await app.press("down", "right", "up", "home", "end", "n")
            await drawn(app)
        await app.press("i")
        await app.shows("INTELLIGENCE")
        await app.press("escape")
        await app.shows("157 models")

    drive(walk, (80, 24), SLUG)
