"""A site in a real browser, opened from the disk: what a reader sees and does, on a phone and on a wide screen."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.browser import browser, console, look, painted, play
from tests.support.sites import make_catalog

from aa_tui.catalog import db
from aa_tui.charts.draw import colours
from aa_tui.export.site.writing import Wanted, write_site

pytestmark = pytest.mark.skipif(browser() is None, reason="no Chromium or Chrome is installed")

PHONE = 390
PAGES = ("index.html", "models/nanbeige4-1-3b.html", "runs/5.html", "runs.html", "compare.html", "about.html")
SHOWN = """
    const rows = () => find("#board tbody tr").filter(row => !row.hidden);
    const shown = () => rows().map(row => row.querySelector("a").textContent);
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with restricted figures, so that all kinds of pages are there."""
    folder = tmp_path_factory.mktemp("browsed")
    with closing(db.open_catalog(folder / "catalog.db")) as conn:
        make_catalog(conn)
        return write_site(conn, folder / "out", Wanted(restricted=True)).path


@pytest.mark.long
@pytest.mark.parametrize("page", PAGES)
def test_a_phone_never_scrolls_sideways(site: Path, page: str) -> None:
    seen = look(site / page, PHONE)
    assert seen.width == PHONE
    assert seen.scroll <= PHONE
    assert len(seen.text) > 100


@pytest.mark.long
@pytest.mark.parametrize("page", PAGES)
def test_the_browser_has_nothing_to_complain_of(site: Path, page: str) -> None:
    assert console(site / page) == []


def test_the_search_filters_the_leaderboard(site: Path) -> None:
    found = play(
        site / "index.html",
        SHOWN
        + """
        await until(() => document.getElementById("count").textContent, "the count");
        const all = shown().length;
        press("/");
        const focused = document.activeElement.id;
        type(document.getElementById("search"), "nanbeige");
        const some = shown();
        const count = document.getElementById("count").textContent;
        type(document.getElementById("search"), "no such model");
        const none = !document.getElementById("none").hidden;
        press("Escape", document.getElementById("search"));
        return { all, focused, some, count, none, again: shown().length };
        """,
    )
    assert found["all"] == found["again"] > 150
    assert found["focused"] == "search"
    assert found["some"]
    assert all("Nanbeige" in name for name in found["some"])
    assert found["count"] == f"{len(found['some'])} of {found['all']}"
    assert found["none"]


@pytest.mark.long
def test_filters_and_order_are_as_the_reader_wants_and_in_the_address(site: Path) -> None:
    body = (
        SHOWN
        + """
        await until(() => document.getElementById("count").textContent, "the count");
        const form = document.getElementById("filters");
        const choose = (name, value) => { form.elements[name].value = value; form.dispatchEvent(new Event("change")); };
        choose("class", "tiny");
        choose("weights", "open");
        const tiny = shown();
        const head = key => find(`#board th[data-key=${key}] button`)[0];
        head("output_tps").click();
        const speeds = find("#board tbody tr").filter(row => !row.hidden).map(row => row.cells[9].textContent);
        head("name").click();
        return { tiny, speeds, byName: shown(), hash: location.hash, sorted: find("#board [aria-sort]").length };
        """
    )
    found = play(site / "index.html", body)
    assert 40 < len(found["tiny"]) < 60
    known = [float(speed.replace(",", "")) for speed in found["speeds"] if speed != "–"]
    assert known
    assert known == sorted(known, reverse=True)
    assert found["speeds"] == [*found["speeds"][: len(known)], *["–"] * (len(found["speeds"]) - len(known))]
    assert found["byName"] == sorted(found["byName"], key=str.lower)
    assert found["sorted"] == 1
    assert "class=tiny" in found["hash"]
    body = SHOWN + 'await until(() => document.getElementById("count").textContent, "the count"); return shown();'
    assert play(site / "index.html", body, place=found["hash"].removeprefix("#")) == found["byName"]


def test_the_search_of_other_pages_leads_to_a_model(site: Path) -> None:
    found = play(
        site / "runs" / "5.html",
        """
        type(document.getElementById("search"), "minicpm5");
        await until(() => find("#found a").length, "what was found");
        const links = find("#found a").map(link => [link.firstChild.textContent, link.getAttribute("href")]);
        type(document.getElementById("search"), "script alert");
        await until(() => find("#found a").some(link => link.textContent.includes("alert")), "the hostile ones");
        return { links, scripts: find("#found script").length };
        """,
    )
    assert found["links"]
    for name, address in found["links"]:
        assert "MiniCPM5" in name
        assert (site / "runs" / address).resolve().is_file()
    assert found["scripts"] == 0


def test_models_are_compared_by_their_published_figures(site: Path) -> None:
    found = play(
        site / "compare.html",
        """
        await until(() => find("#models option").length, "the index");
        const add = name => {
          document.getElementById("pick").value = name;
          document.getElementById("choose").requestSubmit();
        };
        add("nanbeige4.1-3b");
        const one = document.getElementById("trouble").textContent;
        add("Alpha (Reasoning)");
        const rows = {};
        find("#comparison tr").forEach(({ cells }) => {
          rows[cells[0].textContent] = [...cells].slice(1).map(cell => cell.innerText);
        });
        const heads = find("#comparison h2").map(head => head.textContent);
        add("Delta");
        const index = find("#comparison tr").filter(row => row.cells[0].textContent.startsWith("Intelligence"));
        const best = index.flatMap(row => find(".best", row)).length;
        add("gamma"); add("beta");
        const full = document.getElementById("trouble").textContent;
        find("#chosen button")[0].click();
        const left = find("#chosen a").map(link => link.textContent);
        return { one, rows, heads, best, full, left, hash: location.hash };
        """,
    )
    assert found["one"] == "Choose 2 to 4 models."
    assert found["heads"] == ["Published", "Facts", "Measured"]
    assert found["rows"]["Intelligence Index, 0-100"][0].startswith("16")
    assert "Artificial Analysis, 2026-06-15, index v4.0" in found["rows"]["Intelligence Index, 0-100"][0]
    assert found["rows"]["Intelligence Index, 0-100"][1].startswith("40")
    assert found["rows"]["Generation (tg128), tokens/s"][0].startswith("18.5")
    assert found["best"] == 1, "Delta has none of the version that is shown"
    assert found["full"] == "4 models at most: take one away first."
    assert found["left"] == ["Alpha (Reasoning)", "Delta", "Gamma"]
    assert found["hash"] == "#alpha,delta,gamma"


def test_a_comparison_can_be_linked_to(site: Path) -> None:
    body = """
        await until(() => find("#chosen a").length, "the models");
        return find("#chosen a").map(one => one.textContent);
    """
    assert play(site / "compare.html", body, place="beta,alpha,no-such") == ["Beta", "Alpha (Reasoning)"]


@pytest.mark.parametrize("dark", [False, True])
def test_the_switch_turns_the_colours_round(site: Path, *, dark: bool) -> None:
    found = play(
        site / "models" / "nanbeige4-1-3b.html",
        """
        const ground = () => getComputedStyle(document.body).backgroundColor;
        const button = document.getElementById("theme");
        const before = [ground(), button.textContent];
        button.click();
        const scheme = getComputedStyle(document.documentElement).colorScheme;
        return { before, after: [ground(), button.textContent], scheme };
        """,
        dark=dark,
    )
    light, night = (
        [_rgb(palette["ground"]), name] for palette, name in ((colours.LIGHT, "Dark"), (colours.DARK, "Light"))
    )
    assert found["before"] == (night if dark else light)
    assert found["after"] == (light if dark else night)
    assert found["scheme"] == ("light" if dark else "dark")


@pytest.mark.long
@pytest.mark.parametrize(("dark", "palette"), [(False, colours.LIGHT), (True, colours.DARK)])
def test_a_picture_highlights_what_its_address_points_at(site: Path, *, dark: bool, palette: dict[str, str]) -> None:
    page = (site / "models" / "nanbeige4-1-3b.html").read_text(encoding="utf-8")
    pictures = [part.removeprefix("../") for part in page.split('"') if part.startswith("../charts/")]
    bars = next(one for one in pictures if "/intelligence-1" in one)
    dots = next(one for one in pictures if one.partition("#")[0].endswith("intelligence-vs-price.svg"))
    frame = site / "picture.html"
    for is_pointed in (True, False):
        shown = [one if is_pointed else one.partition("#")[0] for one in (bars, dots)]
        images = "".join(f'<img src="{address}" width="150" height="150">' for address in shown)
        frame.write_text(f'<meta name="color-scheme" content="light dark">{images}')
        seen = painted(frame, 340, 160, dark=dark)
        assert _tuple(palette["card"]) in seen
        assert (_tuple(palette["accent"]) in seen) == is_pointed
    frame.unlink()


@pytest.mark.long
def test_without_a_script_everything_but_the_comparison_is_there(site: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(site, bare)
    for script in bare.rglob("*.js"):
        script.unlink()
    board = look(bare / "index.html", PHONE)
    assert "Nanbeige4.1-3B" in board.text
    assert "Artificial Analysis, 2026-06-15" in board.text
    assert "Clear" not in board.text, "what needs a script is hidden"
    model = look(bare / "models" / "nanbeige4-1-3b.html", PHONE)
    assert "What is" in model.text or "How intelligent is" in model.text
    assert "Compare with others" not in model.text


def _tuple(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))


def _rgb(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"
