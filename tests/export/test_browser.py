"""Reports in a real browser: what a reader sees of them, on a phone and on a wide screen, light and dark."""

from __future__ import annotations

import re
from contextlib import closing
from itertools import combinations
from pathlib import Path

import pytest
from tests.support.browser import Seen, browser, console, look
from tests.support.reports import evaluated_pair

from aa_tui.catalog import db
from aa_tui.charts.draw import colours
from aa_tui.export import files
from aa_tui.export.comparison import comparison_report
from aa_tui.export.page import whole_page
from aa_tui.export.run_report import run_report
from aa_tui.pages import page

pytestmark = pytest.mark.skipif(browser() is None, reason="no Chromium or Chrome is installed")

PHONE, WIDE = 390, 1280
REPORTS = ("page", "run", "runs", "models")
SAID = {
    "page": ("Nanbeige4.1-3B", "well above average", "Which licence does", "Source: Artificial Analysis"),
    "run": ("Strict score by category", "expected", "got B <b>bold</b>", "sha256", "60 of 60 samples"),
    "runs": ("Verdict", "Q4_K_M against Q8_0: no difference seen", "Only Q8_0 right", "Items on which they differ"),
    "models": ("Intelligence Index", "MiniCPM5-1B", "Licence", "rank in its own class"),
}
LEAST_CHARTS = {"page": 20, "run": 4, "runs": 4, "models": 3}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a report of each kind."""
    folder = tmp_path_factory.mktemp("reports")
    with closing(db.open_catalog(folder / "catalog.db")) as conn:
        first, second = evaluated_pair(conn)
        made = {
            "page": whole_page(conn, page.load(conn, "nanbeige4.1-3b")),
            "run": run_report(conn, first),
            "runs": comparison_report(conn, [f"run:{first}", f"run:{second}"]),
            "models": comparison_report(conn, ["nanbeige4.1-3b", "minicpm5-1b"]),
        }
        for name, document in made.items():
            (folder / f"{name}.html").write_bytes(files.contents(document, "html"))
    return folder


@pytest.fixture(scope="module", params=REPORTS)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def on_phone(reports: Path, kind: str) -> Seen:
    return look(reports / f"{kind}.html", PHONE)


@pytest.fixture(scope="module")
def in_the_dark(reports: Path, kind: str) -> Seen:
    return look(reports / f"{kind}.html", WIDE, dark=True)


@pytest.mark.long
def test_a_report_says_what_it_is_of_and_shows_its_charts(kind: str, on_phone: Seen, in_the_dark: Seen) -> None:
    for seen in (on_phone, in_the_dark):
        for said in SAID[kind]:
            assert said in seen.text or any(said in one["text"] for one in seen.texts), said
        assert len(seen.charts) >= LEAST_CHARTS[kind]
        assert all(right - left > 150 and bottom - top > 40 for left, top, right, bottom in seen.charts)
        assert seen.lost == [], "links that lead to no section"


def test_a_phone_never_scrolls_sideways_and_charts_stay_readable(on_phone: Seen) -> None:
    assert on_phone.width == PHONE
    assert on_phone.scroll <= PHONE
    assert all(left >= 0 and right <= PHONE for left, _, right, _ in on_phone.charts)
    assert min(one["size"] for one in on_phone.texts) >= 9


@pytest.mark.long
def test_light_and_dark_are_the_readers_choice(on_phone: Seen, in_the_dark: Seen) -> None:
    assert (on_phone.dark, in_the_dark.dark) == (False, True)
    assert on_phone.ground == _rgb(colours.LIGHT["ground"])
    assert in_the_dark.ground == _rgb(colours.DARK["ground"])
    assert in_the_dark.scroll <= WIDE


@pytest.mark.long
def test_no_text_of_a_chart_is_cut_off_or_lies_upon_another(on_phone: Seen, in_the_dark: Seen) -> None:
    for seen in (on_phone, in_the_dark):
        for one in seen.texts:
            left, top, right, bottom = one["box"]
            frame = one["svg"]
            out = max(frame[0] - left, right - frame[2], frame[1] - top, bottom - frame[3])
            assert out <= 2, one
        for one, other in combinations(seen.texts, 2):
            if one["svg"] == other["svg"]:
                assert _overlap(one["box"], other["box"]) <= 2, (one, other)


@pytest.mark.long
def test_the_browser_has_nothing_to_complain_of(reports: Path, kind: str) -> None:
    assert console(reports / f"{kind}.html") == []


def test_the_policy_stops_what_the_file_does_not_bring_along(reports: Path) -> None:
    text = (reports / "run.html").read_text(encoding="utf-8")
    stranger = "<script>document.title = 'ran'</script><img src='http://127.0.0.1:9/x.png' alt=''>"
    changed = reports / "changed.html"
    changed.write_text(text.replace("</body>", f"{stranger}</body>"), encoding="utf-8")
    told = " ".join(console(changed))
    assert re.search("inline script", told)
    assert re.search("127.0.0.1:9", told)


def _rgb(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"


def _overlap(one: list[float], other: list[float]) -> float:
    """How deep two boxes lie in each other, in pixels; lines of text may touch."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, min(across, down))
