"""The files of a site: complete, linked, harmless, and free of what is nobody else's business."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.sites import HOSTILE, HOSTILE_SLUGS, SECRETS, Page, dead_links, index_of, make_catalog, pages

from aa_tui.catalog import db
from aa_tui.export.site.writing import Wanted, Written, write_site

SCRIPTS = {"board": 3, "compare": 3}
"""Script elements of the pages that need the index; others have two."""


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog with everything in it."""
    path = tmp_path_factory.mktemp("site") / "catalog.db"
    with closing(db.open_catalog(path)) as conn:
        make_catalog(conn)
    return path


@pytest.fixture(scope="module")
def written(catalog: Path) -> Written:
    """A site of it, as one is written without options."""
    with db.reading(catalog) as conn:
        return write_site(conn, catalog.parent / "out")


@pytest.fixture(scope="module")
def site(written: Written) -> Path:
    return written.path


@pytest.mark.long
def test_each_model_and_each_run_has_a_page(site: Path, written: Written) -> None:
    models = index_of(site)
    assert len(models) == written.n_models > 150
    for model in models.values():
        assert (site / "models" / f"{model['page']}.html").is_file()
    assert len(list((site / "models").iterdir())) == len(models)
    assert len(list((site / "runs").iterdir())) == written.n_runs == 7


@pytest.mark.long
def test_no_link_is_dead(site: Path) -> None:
    assert dead_links(site) == []


def test_every_page_is_well_formed(site: Path) -> None:
    for path, text in pages(site):
        page = Page(text)
        assert len(page.ids) == len(set(page.ids)), path
        assert page.tags.count("h1") == 1, path


@pytest.mark.long
def test_every_picture_is_well_formed_and_has_what_pages_point_at(site: Path) -> None:
    pictures = list((site / "charts").rglob("*.svg"))
    assert len(pictures) > 50
    for path in pictures:
        assert ET.parse(path).getroot().tag.endswith("svg")


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for path, text in pages(site):
        loaded = [link for link in Page(text).links if link.tag != "a"]
        assert loaded
        assert not [link for link in loaded if ":" in link.value or link.value.startswith("//")], path
        assert "default-src 'none'" in text
    for path in (*site.rglob("*.css"), *site.rglob("*.js")):
        assert not re.search(r"url\(|@import|\bfetch\(|XMLHttpRequest|import\(", path.read_text(encoding="utf-8")), path


def test_hostile_names_are_only_ever_text(site: Path) -> None:
    models = index_of(site)
    for number, slug in enumerate(HOSTILE_SLUGS):
        text = (site / "models" / f"{models[slug]['page']}.html").read_text(encoding="utf-8")
        assert f"&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quoted&quot; &#x27;name&#x27; {number}" in text
    for path, text in pages(site):
        page = Page(text)
        kind = re.search(r'data-page="(\w*)"', text)
        assert kind is not None
        assert page.tags.count("script") == SCRIPTS.get(kind[1], 2), path
        assert page.handlers == [], path
    assert str(models["CON"]["name"]).startswith(HOSTILE)


def test_each_figure_stands_beside_its_source_and_its_date(site: Path) -> None:
    text = (site / "models" / "nanbeige4-1-3b.html").read_text(encoding="utf-8")
    row = re.search(r"<tr><td>Intelligence Index</td>.*?</tr>", text)
    assert row is not None
    assert "Artificial Analysis, v4.0, 2026-06-15" in row[0]
    for figure in re.findall(r"<figure.*?</figure>", text, re.DOTALL):
        assert "Source: Artificial Analysis" in figure or "Measured" in figure
    board = (site / "index.html").read_text(encoding="utf-8")
    rows = re.findall(r"<tr><td class=\"n\">.*?</tr>", board)
    with_index = [row for row in rows if "2026-06-15" in row]
    assert len(with_index) > 150
    assert all("<small>Artificial Analysis, 2026-06-15" in row for row in with_index)
    about = (site / "about.html").read_text(encoding="utf-8")
    assert "https://artificialanalysis.ai/leaderboards/models" in about


def test_what_was_measured_has_its_interval_machine_and_run(site: Path) -> None:
    text = (site / "models" / "nanbeige4-1-3b.html").read_text(encoding="utf-8")
    measured = text[text.index('id="measured-here"') :]
    assert re.search(r"\d+\.\d % \(\d+\.\d–\d+\.\d\)", measured), "a score with its interval"
    assert "A CPU" in measured, "the machine, by its processor"
    assert re.search(r'href="../runs/\d+\.html">run \d+</a>', measured)


@pytest.mark.long
def test_the_index_has_the_source_of_each_figure(site: Path) -> None:
    found = json.loads((site / "index.json").read_text(encoding="utf-8"))
    model = index_of(site)["nanbeige4-1-3b"]
    place = model["sources"]
    at = place if isinstance(place, int) else place[0]  # type: ignore[index]
    source = found["sources"][at]
    assert (source["name"], source["as_of"], source["index_version"]) == ("Artificial Analysis", "2026-06-15", "v4.0")
    assert source["url"].startswith("https://artificialanalysis.ai/")
    script = (site / "assets" / "index.js").read_text(encoding="utf-8")
    assert json.loads(script.removeprefix("window.aaTuiIndex = ").rstrip().removesuffix(";")) == found


def test_nothing_of_the_users_machine_is_told(site: Path) -> None:
    for path in (one for one in site.rglob("*") if one.is_file()):
        text = path.read_text(encoding="utf-8")
        for secret in SECRETS:
            assert secret not in text, (path, secret)
            assert secret not in path.name


def test_restricted_figures_are_left_out_and_said_to_be(site: Path, written: Written) -> None:
    models = index_of(site)
    assert written.withheld.sources == ("Test table", "Old table")
    assert "beta" not in models, "known from a restricted source alone"
    assert models["alpha"]["intelligence_index"] is None, "measured here, so that it has a page"
    assert models["alpha"]["here_tg_tps"] == 50.0
    assert "Dear Cloud" not in (site / "models" / "alpha.html").read_text(encoding="utf-8")
    assert "Test table" in (site / "about.html").read_text(encoding="utf-8")


@pytest.mark.long
def test_with_restricted_and_machine_names_they_are_there(catalog: Path) -> None:
    with db.reading(catalog) as conn:
        wanted = Wanted(restricted=True, machine_names=True, answers=2, title="My <models>")
        done = write_site(conn, catalog.parent / "private", wanted)
    models = index_of(done.path)
    assert models["alpha"]["intelligence_index"] == 40
    page = (done.path / "models" / "alpha.html").read_text(encoding="utf-8")
    for told in ("Dear Cloud", "$2.00", "Test table, 2026-06-01", "MMLU-Pro", "81.5&nbsp;%", "hostzebra"):
        assert told in page, told
    for name in ("index.html", "about.html"):
        assert "that only its maker may see" in (done.path / name).read_text(encoding="utf-8"), name
    assert "userzebra" not in page
    assert "&lt;models&gt;" in (done.path / "index.html").read_text(encoding="utf-8")
    reports = " ".join(path.read_text(encoding="utf-8") for path in (done.path / "runs").iterdir())
    assert "What is it?" in reports, "the questions of two answers"
    assert "privatezebra" not in reports, "conversations never"
    assert dead_links(done.path) == []


@pytest.mark.long
def test_versions_of_the_index_are_never_drawn_together(catalog: Path) -> None:
    with db.reading(catalog) as conn:
        done = write_site(conn, catalog.parent / "versions", Wanted(restricted=True))
    delta = (done.path / "models" / "delta.html").read_text(encoding="utf-8")
    assert "charts/small/index-1/intelligence" not in delta, "it is alone with its version"
    assert "Intelligence Index" in delta
    for path in (done.path / "charts").rglob("intelligence*.svg"):
        assert "Delta" not in path.read_text(encoding="utf-8")
