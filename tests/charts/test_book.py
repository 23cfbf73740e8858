"""Each chart shows the numbers that it is made of: checked by hand on a small lab, and on the shipped facts."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.support.lab import LAB

from aa_tui.analysis import display
from aa_tui.catalog import models
from aa_tui.charts import book
from aa_tui.charts.book import as_json
from aa_tui.charts.draw.render import draw
from aa_tui.charts.scene import Scene, Selection
from aa_tui.charts.spec import BarChart, PanelChart, ScatterChart
from aa_tui.pages.scene import load_scene

NAMES = (
    *("intelligence", "open-vs-proprietary", "evaluations", "openness", "intelligence-vs-price"),
    *("intelligence-vs-price-log", "tokens", "cost", "context", "pricing", "providers", "speed", "speed-vs-price"),
    *("latency", "response-time", "size", "here-speed", "here-ttft"),
    *(
        "here-depth",
        "here-cache",
        "here-speculation",
        "here-load",
        "here-latency",
        "here-sustained",
        "here-divergence",
        "here-watch",
        "served-load",
        "served-latency",
        "served-rate",
    ),
    *("here-scores", "here-kinds", "here-score-speed"),
    *("here-score-time", "here-score-energy", "here-thinking-budget", "here-outcomes", "here-lost"),
    *("here-faults", "here-length", "here-thinking"),
    *("here-tokens", "here-verbosity"),
)


def bars(scene: Scene, name: str) -> BarChart:
    spec = book.kind(name).build(scene)
    assert isinstance(spec, BarChart)
    return spec


def scatter(scene: Scene, name: str) -> ScatterChart:
    spec = book.kind(name).build(scene)
    assert isinstance(spec, ScatterChart)
    return spec


def panels(scene: Scene, name: str) -> PanelChart:
    spec = book.kind(name).build(scene)
    assert isinstance(spec, PanelChart)
    return spec


def text_of(scene: Scene, name: str, width: int = 120, height: int = 40) -> str:
    return draw(book.kind(name).build(scene), width, height).plain()


def line_with(text: str, words: str) -> str:
    return next(line for line in text.splitlines() if words in line)


def test_the_book_has_every_chart_in_order() -> None:
    assert tuple(kind.name for kind in book.ALL) == NAMES


@pytest.mark.parametrize(("wrong", "near"), [("latncy", "latency"), ("price-log", "intelligence-vs-price-log")])
def test_an_unknown_chart_names_the_nearest(wrong: str, near: str) -> None:
    with pytest.raises(book.UnknownChartError, match=f"did you mean {near}") as caught:
        book.kind(wrong)
    assert "aa-tui chart --list" in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("width", "height"), [(80, 20), (120, 40), (200, 50)])
def test_every_chart_says_what_it_shows(lab: Scene, name: str, width: int, height: int) -> None:
    spec = book.kind(name).build(lab)
    text = text_of(lab, name, width, height)
    assert book.kind(name).title in text
    assert max(map(len, text.splitlines())) <= width
    assert len(text.splitlines()) <= height
    if isinstance(spec, BarChart):
        assert spec.unit in text
        assert (f"{spec.better} is better" in text) if spec.better else ("is better" not in text)
        assert spec.count in text
        assert all(bar.text in text or bar.part_texts[0] in text for bar in spec.bars)
    if isinstance(spec, ScatterChart) and not spec.dots:
        assert spec.missing.split(":")[0] in text
    elif isinstance(spec, ScatterChart):
        assert f"{spec.x.label}, {spec.x.unit}" in text
        better = f" ({spec.y.better} is better)" if spec.y.better else ""
        assert f"{spec.y.label}, {spec.y.unit}{better}" in text
        assert spec.count in text


def test_intelligence_is_of_one_version_of_the_index(lab: Scene, catalog: sqlite3.Connection) -> None:
    spec = bars(lab, "intelligence")
    assert [(bar.key, bar.value, bar.text) for bar in spec.bars] == [
        ("alpha", 40.0, "40"),
        ("beta", 20.0, "20"),
        ("gamma", 10.0, "10"),
    ]
    assert spec.total == 4
    assert "index v4.0" in spec.note
    text = text_of(lab, "intelligence")
    assert line_with(text, "Alpha").startswith("▶ ◆ Alpha")
    assert line_with(text, "Beta").endswith("20 ~")
    assert "Delta" not in text
    delta = bars(load_scene(catalog, "delta", LAB), "intelligence")
    assert [bar.key for bar in delta.bars] == ["alpha", "beta", "gamma"], "its score is of another version"
    assert "no figure of Delta" in delta.note


def test_openness_tells_open_and_proprietary_apart_without_colour(lab: Scene) -> None:
    text = text_of(lab, "open-vs-proprietary")
    assert "○ open weights" in text
    assert "● proprietary" in text
    assert "◆ ○ Alpha" in text
    assert "◇ ● Beta" in text
    assert "▄" in line_with(text, "Beta")
    assert "▄" not in line_with(text, "Alpha")


def test_what_nobody_tells_of_a_model_is_not_told_in_charts(lab: Scene) -> None:
    """Neither that its weights are proprietary nor that its first token comes after thinking."""
    beta = next(one for one in lab.models if one.slug == "beta")
    of_it = beta._replace(
        untold=("reasoning", "open_weights"), open_weights=False, reasoning=True, ttft_s=2.0, ttfat_s=2.0, e2e_s=4.0
    )
    scene = replace(lab, models=tuple(of_it if one is beta else one for one in lab.models))
    text = text_of(scene, "open-vs-proprietary")
    assert "? weights not told" in text
    assert "? Beta" in line_with(text, "Beta")
    assert {bar.key: bar.group for bar in bars(scene, "open-vs-proprietary").bars}["beta"] == "weights not told"
    dots = text_of(scene, "intelligence-vs-price", width=80)
    assert "■□ not told" in dots
    assert "◇ not/?" in dots
    for name in ("latency", "response-time"):
        assert "with thinking" not in line_with(text_of(scene, name), "Beta")
    told = replace(scene, models=tuple(one._replace(untold=()) for one in scene.models))
    assert "with thinking" in line_with(text_of(told, "latency"), "Beta")
    assert "weights not told" not in text_of(lab, "open-vs-proprietary")


def test_evaluations_are_panels_with_the_newest_scores(lab: Scene) -> None:
    spec = panels(lab, "evaluations")
    assert {one.title: [(bar.key, bar.text) for bar in one.bars] for one in spec.charts} == {
        "MMLU-Pro": [("alpha", "81.5"), ("beta", "70.5")],
        "GPQA Diamond": [("beta", "55.0")],
    }
    wide = text_of(lab, "evaluations", 100)
    assert re.search(r"MMLU-Pro +GPQA Diamond", wide), "side by side where there is room"
    narrow = text_of(lab, "evaluations", 60)
    assert not re.search(r"MMLU-Pro +GPQA Diamond", narrow), "and below each other where there is not"
    assert "81.5" in narrow
    assert "1 of 2 charts" in text_of(lab, "evaluations", 60, 8)


STACKED: tuple[tuple[str, dict[str, tuple[str, tuple[float, ...]]]], ...] = (
    ("openness", {"alpha": ("60", (33.0, 27.0))}),
    ("tokens", {"alpha": ("100M", (75.0, 25.0)), "beta": ("50M", ())}),
    ("cost", {"beta": ("$20.00", ()), "alpha": ("$40.00", (10.0, 20.0, 10.0))}),
    ("latency", {"beta": ("1.00 s", (1.0, 0.0)), "alpha": ("10.5 s", (0.5, 10.0))}),
    ("response-time", {"beta": ("6.00 s", (1.0, 0.0, 5.0)), "alpha": ("13.0 s", (0.5, 10.0, 2.5))}),
    ("size", {"alpha": ("30.0B, 3.0B active", (3.0, 27.0)), "delta": ("8.0B", ()), "gamma": ("4.0B", (4.0, 0.0))}),
)


def test_a_chart_of_openness_without_parts_says_so(catalog: sqlite3.Connection, lab: Scene) -> None:
    tiny = bars(load_scene(catalog, "gemma-3-1b"), "openness")
    assert tiny.parts == ()
    assert "totals alone: parts not published" in tiny.note
    assert "totals alone" not in bars(lab, "openness").note


@pytest.mark.parametrize(("name", "expected"), STACKED)
def test_stacked_parts_add_up(lab: Scene, name: str, expected: dict[str, tuple[str, tuple[float, ...]]]) -> None:
    spec = bars(lab, name)
    assert spec.stacked
    assert {bar.key: (bar.text, bar.parts) for bar in spec.bars} == expected
    assert [bar.key for bar in spec.bars] == list(expected), "the best first"
    text = text_of(lab, name)
    for part in spec.parts:
        assert part in text.splitlines()[2], "the legend names each part"
    for bar in spec.bars:
        drawn = line_with(text, f" {bar.label} ")
        cells = [drawn.count(glyph) for glyph in "▆▄▂"[: len(spec.parts)]]
        if bar.parts and bar.value:
            for count, value in zip(cells, bar.parts, strict=True):
                assert count == pytest.approx(sum(cells) * value / bar.value, abs=1)
        else:
            assert sum(cells) == 0
            assert ("▇" in drawn) == bool(bar.value), "a whole is drawn as one"


def test_what_is_not_published_in_parts_is_said_to_be_whole(lab: Scene) -> None:
    assert "▇ not broken down" in text_of(lab, "tokens")
    assert "not broken down" not in text_of(lab, "response-time")


def test_prices_are_side_by_side(lab: Scene) -> None:
    spec = bars(lab, "pricing")
    prices = {bar.key: bar.part_texts for bar in spec.bars}
    assert prices == {
        "beta": ("$0.10", "$0.10"),
        "alpha": ("$1.00", "$3.00"),
    }
    lines = text_of(lab, "pricing").splitlines()
    row = next(number for number, line in enumerate(lines) if "Alpha" in line)
    assert lines[row].endswith("$1.00")
    assert lines[row + 1].endswith("$3.00")
    assert lines[row + 1].count("▄") == pytest.approx(3 * lines[row].count("▆"), abs=2)
    assert "1 that no API sells left out" in spec.note
    of_unsold = bars(replace(lab, model=next(model for model in lab.models if model.slug == "gamma")), "pricing")
    assert [bar.key for bar in of_unsold.bars] == ["gamma", "beta", "alpha"], "the page's model is never left out"
    assert "$0.00: no API sells it" in of_unsold.note
    assert "left out" not in of_unsold.note


def test_a_price_that_nobody_published_is_none(lab: Scene, catalog: sqlite3.Connection) -> None:
    """Delta has open weights and no price: it is not drawn at 0, nor said to be sold by nobody."""
    delta = replace(lab, model=next(model for model in lab.models if model.slug == "delta"))
    assert [bar.key for bar in bars(delta, "pricing").bars] == ["beta", "alpha"]
    assert "no figure of Delta" in bars(delta, "pricing").note
    row = models.resolve(catalog, "delta")
    assert (row.price_in_usd_per_m, row.price_out_usd_per_m, row.blended_price_usd_per_m) == (None, None, None)


def test_providers_are_of_the_page_and_by_their_newest_table(lab: Scene, catalog: sqlite3.Connection) -> None:
    spec = bars(lab, "providers")
    assert [(bar.label, bar.part_texts) for bar in spec.bars] == [
        ("Cheap Cloud", ("$0.50", "$1.50")),
        ("Dear Cloud", ("$2.00", "$6.00")),
    ]
    assert spec.count == "2 of 3 providers"
    without = bars(load_scene(catalog, None, LAB), "providers")
    assert "aa-tui chart providers MODEL" in draw(without, 100, 20).plain()


def test_prices_of_what_no_api_sells_are_left_out_of_the_log_axis(lab: Scene, catalog: sqlite3.Connection) -> None:
    linear, log = scatter(lab, "intelligence-vs-price"), scatter(lab, "intelligence-vs-price-log")
    assert {dot.key: (dot.x, dot.y) for dot in linear.dots} == {
        "alpha": (1.5, 40.0),
        "beta": (0.1, 20.0),
        "gamma": (0.0, 10.0),
    }
    assert {dot.key for dot in log.dots} == {"alpha", "beta"}
    assert "1 without an API price left out" in log.note
    assert "1 without an API price drawn at $0" in linear.note
    gamma = load_scene(catalog, "gamma", LAB)
    assert "Gamma among them" in scatter(gamma, "intelligence-vs-price-log").note
    assert "▶ Alpha · Intelligence Index 40 · Blended price (3:1) $1.50" in text_of(lab, "intelligence-vs-price")


def test_speed_and_context(lab: Scene, catalog: sqlite3.Connection) -> None:
    assert [(bar.key, bar.text) for bar in bars(lab, "speed").bars] == [("alpha", "200"), ("beta", "100")]
    assert {dot.key: (dot.x, dot.y) for dot in scatter(lab, "speed-vs-price").dots} == {
        "alpha": (1.5, 200.0),
        "beta": (0.1, 100.0),
    }
    assert [(bar.key, bar.text) for bar in bars(lab, "context").bars] == [
        ("beta", "1M"),
        ("alpha", "128k"),
        ("gamma", "32k"),
    ]
    gamma = bars(load_scene(catalog, "gamma", LAB), "speed")
    assert len(gamma.bars) == 2
    assert "no figure of Gamma" in gamma.note


def test_proprietary_models_have_no_size(lab: Scene, catalog: sqlite3.Connection) -> None:
    assert bars(lab, "size").total == 3
    assert "nobody publishes the size of Beta" in bars(load_scene(catalog, "beta", LAB), "size").note


def test_local_speed_is_of_the_newest_run_of_each_file_and_stays_apart(lab: Scene) -> None:
    spec = panels(lab, "here-speed")
    assert {one.name: [(bar.label, bar.text) for bar in one.bars] for one in spec.charts} == {
        "pp512": [("Q4_K_M · bench-box", "900.0 ± 4.5"), ("Q8_0 · bench-box", "800.0 ± 8.0")],
        "tg128": [("Q4_K_M · bench-box", "50.0 ± 0.2"), ("Q8_0 · bench-box", "30.0 ± 0.5")],
    }
    text = text_of(lab, "here-speed")
    assert "Alpha, measured here" in text
    assert "the model's own tokens" in text
    assert "900.0 ± 4.5" in text
    assert "Beta" not in text, "no published model is on it"
    ttft = bars(lab, "here-ttft")
    assert [(bar.label, bar.text) for bar in ttft.bars] == [("Q8_0 · bench-box", "0.75")]
    assert ttft.count == "1 of 2 files measured here"


def test_without_a_page_the_files_of_all_models_are_named(catalog: sqlite3.Connection) -> None:
    spec = panels(load_scene(catalog, None), "here-speed")
    assert [bar.label for bar in spec.charts[0].bars] == ["Alpha Q4_K_M · bench-box", "Alpha Q8_0 · bench-box"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("latency", "This catalog has no times to first answer token of these models."),
        ("providers", "This catalog has no prices of single API providers of Nanbeige4.1-3B."),
        ("here-speed", "Nothing was measured here yet: `aa-tui bench FILE` does it."),
        ("here-ttft", "Nothing was measured here yet: `aa-tui bench FILE` does it."),
    ],
)
def test_an_empty_chart_says_why(nanbeige: Scene, name: str, says: str) -> None:
    for width in (40, 80, 200):
        assert says in " ".join(text_of(nanbeige, name, width, 20).split())


@pytest.mark.parametrize(
    ("name", "metric", "read"),
    [
        ("intelligence", "intelligence_index", display.index),
        ("tokens", "index_output_tokens_m", display.tokens_m),
        ("speed", "output_tps", display.speed),
        ("openness", "openness_index", display.index),
        ("cost", "cost_to_run_usd", display.usd),
    ],
)
def test_the_class_of_nanbeige_is_drawn_as_published(
    nanbeige: Scene, name: str, metric: str, read: Callable[[float | None], str]
) -> None:
    published = {row.slug: getattr(row, metric) for row in nanbeige.models if getattr(row, metric) is not None}
    spec = bars(nanbeige, name)
    if name == "cost":  # at $0 are those that nobody sells
        published = {slug: value for slug, value in published.items() if value or slug == "nanbeige4-1-3b"}
    assert {bar.key: bar.value for bar in spec.bars} == published
    assert spec.total == len(nanbeige.models)
    drawn = text_of(nanbeige, name, 160, 60).splitlines()[3:-2]
    assert len(drawn) == len(published)
    for bar, line in zip(spec.bars, drawn, strict=True):
        assert bar.label in line
        assert re.search(rf" {re.escape(read(bar.value))}( ~| = .*)?$", line), line


def test_the_page_of_nanbeige_is_found_in_its_charts(nanbeige: Scene) -> None:
    own = {name: next(bar for bar in bars(nanbeige, name).bars if bar.highlighted) for name in ("tokens", "size")}
    assert own["tokens"].text == "150M"
    assert own["tokens"].parts == (133.32, 12.92)
    assert own["size"].text == "3.9B"
    assert "133.3" not in own["tokens"].text
    dot = next(dot for dot in scatter(nanbeige, "intelligence-vs-price").dots if dot.highlighted)
    assert (dot.x_text, dot.y_text) == ("$0.00", "16")
    assert "no figure of Nanbeige4.1-3B" in bars(nanbeige, "speed").note


@pytest.mark.parametrize("name", NAMES)
def test_json_holds_what_is_drawn(lab: Scene, name: str) -> None:
    spec = book.kind(name).build(lab)
    plain = as_json.chart(spec)
    assert plain["name"] == name
    if isinstance(spec, BarChart):
        assert [(bar["key"], bar["value"], tuple(bar["parts"])) for bar in plain["bars"]] == [
            (bar.key, bar.value, bar.parts) for bar in spec.bars
        ]
    elif isinstance(spec, ScatterChart):
        assert [(dot["key"], dot["x"], dot["y"]) for dot in plain["dots"]] == [(d.key, d.x, d.y) for d in spec.dots]
    else:
        assert [one["name"] for one in plain["charts"]] == [one.name for one in spec.charts]


def test_a_selection_survives_json_and_forgives_nonsense() -> None:
    chosen = Selection("tiny", open_weights=True, reasoning=False, creator="Alibaba", pinned=frozenset({"b", "a"}))
    assert Selection.from_dict(chosen.to_dict()) == chosen
    assert Selection.from_dict({"band": "gone", "open_weights": 3, "pinned": "x", "creator": ""}) == Selection()


@pytest.mark.parametrize("band", ["class", "all", "tiny", "large", "price_low"])
@pytest.mark.parametrize("open_weights", [None, True, False])
@pytest.mark.parametrize("reasoning", [None, True, False])
def test_the_selection_decides_who_is_drawn(
    catalog: sqlite3.Connection, band: str, open_weights: bool | None, reasoning: bool | None
) -> None:
    chosen = Selection(band, open_weights, reasoning, pinned=frozenset({"gpt-5-5", "alpha", "no-such-model"}))
    scene = load_scene(catalog, "nanbeige4.1-3b", chosen)
    always = {"nanbeige4-1-3b", "alpha"}
    slugs = [row.slug for row in scene.models]
    assert always <= set(slugs)
    assert len(slugs) == len(set(slugs))
    for row in scene.models:
        if row.slug not in always | chosen.pinned:
            assert open_weights in (None, row.open_weights)
            assert reasoning in (None, row.reasoning)
            if band in ("class", "tiny"):
                assert row.open_weights
                assert row.total_params_b is not None
                assert row.total_params_b <= 4.5


def test_the_default_is_the_comparison_class(nanbeige: Scene, catalog: sqlite3.Connection) -> None:
    assert nanbeige.among == "Tiny (≤4B) open-weights models"
    shipped = [row for row in nanbeige.models if row.creator != "Testlab"]
    assert len(shipped) == 43
    other = next(row for row in nanbeige.models if not row.reasoning and row.creator != "Testlab")
    scene = load_scene(catalog, other.slug)
    assert not any(row.reasoning for row in scene.models)
    assert scene.among.endswith("non-reasoning")
