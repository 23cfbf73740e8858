"""Charts of evaluations made here, on outcomes known by heart."""

from __future__ import annotations

import itertools
import sqlite3

import pytest
from tests.support.evaluated import MODEL, SEVEN, Told, evaluate_here

from aa_tui.charts import book
from aa_tui.charts.book import as_json
from aa_tui.charts.draw.cells import cell_width
from aa_tui.charts.draw.render import draw
from aa_tui.charts.line_spec import LineChart
from aa_tui.charts.scene import Selection
from aa_tui.charts.spec import BarChart, Chart, PanelChart, ScatterChart
from aa_tui.outcomes import OUTCOMES
from aa_tui.pages.scene import load_run_scene, load_scene
from aa_tui.tui.charts.words import of_bar, of_dot

SCATTERS = ("here-score-speed", "here-score-time", "here-score-energy")
NAMES = (*SCATTERS, "here-scores", "here-thinking-budget", "here-outcomes", "here-tokens", "here-verbosity")


def build(conn: sqlite3.Connection, name: str, model: str | None = MODEL, *, pack: str = "") -> Chart:
    kind = book.kind(name)
    return kind.build(load_scene(conn, model, Selection(pack=pack), kind))


def bars(conn: sqlite3.Connection, name: str) -> BarChart:
    chart = build(conn, name)
    assert isinstance(chart, BarChart)
    return chart


def dots(conn: sqlite3.Connection, name: str) -> ScatterChart:
    chart = build(conn, name)
    assert isinstance(chart, ScatterChart)
    return chart


def test_quant_against_quant_reads_with_interval_and_count(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q4_K_M", SEVEN)
    evaluate_here(conn, "Q8_0", SEVEN[:4], size_bytes=4_000_000_000)
    chart = bars(conn, "here-scores")
    # Wilson by hand: 3 of 7 is 15.8-75.0, 2 of 4 is 15.0-85.0.
    assert [(bar.label, round(bar.value, 1), bar.text) for bar in chart.bars] == [
        ("Q8_0 · box", 50.0, "50.0 % (15.0–85.0) n 4"),
        ("Q4_K_M · box", 42.9, "42.9 % (15.8–75.0) n 7"),
    ]
    assert chart.note.startswith("quick 1.0, n 4–7, box, ")
    text = draw(chart, 100, 20).plain()
    assert "50.0 % (15.0–85.0) n 4" in text
    assert "quick 1.0" in text


def test_only_one_pack_and_version_is_in_a_chart(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q8_0", SEVEN, version="0.9")
    evaluate_here(conn, "Q4_K_M", SEVEN, pack="nano")
    evaluate_here(conn, "Q4_K_M", SEVEN)
    evaluate_here(conn, "Q8_0", SEVEN, pack="other")
    scene = load_scene(conn, MODEL)
    assert len(scene.evaluated) == 4
    for name in NAMES:
        chart = build(conn, name, pack="quick")
        assert "quick 1.0" in chart.note
        if isinstance(chart, BarChart | ScatterChart) and name in (*SCATTERS, "here-scores", "here-verbosity"):
            assert chart.total == 1
    assert "other 1.0" in build(conn, "here-scores").note, "the newest run's, where none is named"
    absent = build(conn, "here-scores", pack="gone")
    assert "“gone”" in draw(absent, 80, 10).plain()
    assert "nano, other, quick" in draw(absent, 120, 10).plain()


def test_a_run_that_has_just_begun_does_not_hide_a_whole_one(conn: sqlite3.Connection) -> None:
    whole = evaluate_here(conn, "Q4_K_M", SEVEN)
    evaluate_here(conn, "Q4_K_M", SEVEN[:1], state="stopped")
    assert [bar.key for bar in bars(conn, "here-scores").bars] == [str(whole)]
    newer = evaluate_here(conn, "Q4_K_M", SEVEN[:4])
    assert [bar.key for bar in bars(conn, "here-scores").bars] == [str(newer)]


def test_scores_against_speed_time_and_energy(conn: sqlite3.Connection) -> None:
    run_id = evaluate_here(conn, "Q4_K_M", SEVEN)
    tokens = (100 + 200 + 40 + 1000 + 50 + 50 + 1000) / 7
    speed, time, energy = (dots(conn, name) for name in SCATTERS)
    for chart, x in ((speed, 50.0), (time, tokens / 50), (energy, tokens / 2)):
        (dot,) = chart.dots
        assert dot.x == pytest.approx(x)
        assert dot.y == pytest.approx(300 / 7)
        assert dot.y_text == "42.9 % (15.8–75.0), n 7"
        assert dot.key == str(run_id)
    assert speed.dots[0].x_text == "50.0 tokens/s (4 slots)"
    assert (speed.x.better, time.x.better, energy.x.better) == ("higher", "lower", "lower")
    words = of_dot(speed, speed.dots[0], load_scene(conn, MODEL))
    assert "42.9 % (15.8–75.0), n 7" in words
    assert f"run {run_id}" in words
    said = of_dot(time, time.dots[0], load_scene(conn, MODEL))
    assert "Time per question 6.97 s, wall clock" in said, "no more digits than were measured"
    shown = as_json.chart(energy)
    assert shown["dots"][0]["y_text"] == "42.9 % (15.8–75.0), n 7"


def test_a_dots_interval_is_drawn_with_it(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q4_K_M", SEVEN)
    chart = dots(conn, "here-score-speed")
    assert chart.dots[0].interval == pytest.approx((15.8, 75.0), abs=0.05)
    interval = as_json.chart(chart)["dots"][0]["interval"]
    assert (interval["low"], interval["high"]) == pytest.approx((15.8, 75.0), abs=0.05)
    lines = draw(chart, 100, 30).plain().splitlines()
    first = next(n for n, line in enumerate(lines) if "┬" in line)
    column = lines[first].index("┬")
    below = [line[column : column + 1] for line in lines[first:]]
    last = below.index("┴")
    assert set(below[1:last]) == {"│", "◇"}, "from one end to the other through the dot"
    assert last > 12, "15.8 to 75 on an axis from 0 to 79 of some 24 rows"
    assert "95 % interval" in "\n".join(lines)


def test_without_energy_the_chart_says_so_and_the_others_are_drawn(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q4_K_M", SEVEN, joules_per_token=None)
    assert dots(conn, "here-score-energy").dots == ()
    assert "exposes no power" in draw(dots(conn, "here-score-energy"), 80, 12).plain()
    assert len(dots(conn, "here-score-time").dots) == 1


def test_thinking_budget_has_its_interval_and_ends_as_it_was(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q4_K_M", SEVEN)
    chart = build(conn, "here-thinking-budget")
    assert isinstance(chart, LineChart)
    score = [dot for dot in chart.dots if dot.group == "Q4_K_M · box"]
    # At 64 tokens: item 1 (made to), item 4. At 128: items 0 (its own), 1 and 4. As it was: the same three of seven.
    assert [(dot.x, round(dot.y, 1), dot.x_text) for dot in score] == [
        (64.0, 28.6, "64"),
        (128.0, 42.9, "128"),
        (990.0, 42.9, "as it was (at most 990)"),
    ]
    assert score[0].y_text == "28.6 % (8.2–64.1), n 7, 4 made to answer"
    assert chart.groups[1:] == ("95 % interval, low", "95 % interval, high")
    assert "42.9 % (15.8–75.0), n 7" in of_dot(chart, score[-1], load_scene(conn, MODEL))
    evaluate_here(conn, "Q8_0", SEVEN)
    both = build(conn, "here-thinking-budget")
    assert isinstance(both, LineChart)
    assert set(both.groups) == {"Q4_K_M · box", "Q8_0 · box"}


def test_a_model_that_does_not_think_has_no_curve(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q4_K_M", [Told("maths", "correct")])
    assert "smallest budget" in draw(build(conn, "here-thinking-budget"), 80, 12).plain()


def test_outcomes_are_all_told_by_category(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q4_K_M", SEVEN)
    chart = bars(conn, "here-outcomes")
    assert chart.parts == tuple(name.replace("_", " ") for name in OUTCOMES)
    assert [(bar.label, bar.text, bar.part_texts) for bar in chart.bars] == [
        ("all", "3 of 7 correct", ("3", "1", "0", "1", "0", "1", "1", "0", "0")),
        ("code", "1 of 3 correct", ("1", "0", "0", "1", "0", "0", "1", "0", "0")),
        ("maths", "2 of 4 correct", ("2", "1", "0", "0", "0", "1", "0", "0", "0")),
    ]
    assert sum(chart.bars[0].parts) == pytest.approx(100)
    drawn = draw(chart, 80, 20).plain()
    code = next(line for line in drawn.splitlines() if "code" in line)
    counts = {glyph: code.count(glyph) for glyph in "▆▄▂#?x"}
    assert counts["▆"] == pytest.approx(counts["#"], abs=1)
    assert counts["#"] > 0
    assert counts["▄"] == counts["▂"] == counts["?"] == counts["x"] == 0
    legend = next(line for line in drawn.splitlines() if "# no answer" in line)
    assert "timeout" not in legend, "what does not occur has no place in the legend"
    assert "+ loop" in legend
    assert "maths" in of_bar(chart, chart.bars[2], load_scene(conn, MODEL))
    evaluate_here(conn, "Q8_0", SEVEN)
    both = build(conn, "here-outcomes")
    assert isinstance(both, PanelChart)
    assert "o truncated" in both.note
    assert draw(both, 160, 20).plain().count("3 of 7 correct") == 2


def test_all_outcomes_are_told_apart_without_colour_and_in_ascii(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q4_K_M", [Told("maths", name) for name in OUTCOMES])
    for ascii_only in (False, True):
        text = draw(bars(conn, "here-outcomes"), 100, 20, ascii=ascii_only).plain()
        row = next(line for line in text.splitlines() if f"1 of {len(OUTCOMES)} correct" in line)
        fills = row.split("correct")[0].split("1 of 9")[0].split("all")[1].strip().lstrip("┤|")
        assert len(dict.fromkeys(fills.strip())) == len(OUTCOMES), row


def test_tokens_are_a_histogram_in_which_cut_answers_stand_apart(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q4_K_M", SEVEN)
    chart = bars(conn, "here-tokens")
    found = {bar.label.strip(): bar.parts for bar in chart.bars if bar.value}
    assert found == {"33–64": (3, 0), "65–128": (1, 0), "129–256": (1, 0), "513–1,024": (0, 2)}
    assert sum(bar.value for bar in chart.bars) == 7, "an error of the engine tells nothing"
    assert "median 100" in chart.note
    evaluate_here(conn, "Q8_0", [Told("maths", "correct", 0, 1)])
    both = build(conn, "here-tokens")
    assert isinstance(both, PanelChart)
    labels = [[bar.label for bar in one.bars] for one in both.charts]
    assert labels[0] == labels[1], "the same ranges side by side"


def test_verbosity_names_the_published_figure_and_draws_only_our_own(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q4_K_M", SEVEN)
    chart = bars(conn, "here-verbosity")
    (bar,) = chart.bars
    assert bar.value == pytest.approx(2440 / 7)
    assert list(bar.parts) == pytest.approx([2370 / 7, 10])
    assert bar.text == "349 (2 of 7 cut short)"
    assert "published: 150M o200k_base tokens for the whole index; not on this scale" in chart.note
    assert "not on this scale" in draw(chart, 80, 20).plain()


def test_a_run_alone_and_all_models_together(conn: sqlite3.Connection) -> None:
    first = evaluate_here(conn, "Q4_K_M", SEVEN)
    evaluate_here(conn, "Q8_0", SEVEN)
    chart = book.kind("here-scores").build(load_run_scene(conn, first))
    assert isinstance(chart, BarChart)
    assert [bar.key for bar in chart.bars] == [str(first)]
    assert chart.note.startswith(f"run {first}, quick 1.0, n 7, box")
    everything = build(conn, "here-scores", None)
    assert isinstance(everything, BarChart)
    assert [bar.label for bar in everything.bars] == ["Nanbeige4.1-3B Q4_K_M · box", "Nanbeige4.1-3B Q8_0 · box"]


def test_caps_that_differ_are_named(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q4_K_M", SEVEN, cap=2_000)
    evaluate_here(conn, "Q8_0", SEVEN, cap=8_000)
    assert "output caps differ: 2000 and 8000 tokens" in bars(conn, "here-scores").note


@pytest.mark.parametrize(
    "told",
    [
        [Told("maths", "correct", 600, 10, ((512, "correct"),))],
        [Told("maths", "truncated", 4_000, 0)] * 3,
        [Told("maths", "error", 0, 0)],
        [],
    ],
    ids=["one", "all truncated", "errors only", "none"],
)
@pytest.mark.repeats
def test_charts_keep_to_their_room_whatever_there_is(conn: sqlite3.Connection, told: list[Told]) -> None:
    evaluate_here(conn, "Q4_K_M", told)
    evaluate_here(conn, "\x1b[31m日本語" * 9, told, machine="evil\x1b]0;\n box" * 5, name="=cmd()|x\u202e")
    charts = [book.kind(name).build(load_scene(conn, model)) for name in NAMES for model in (MODEL, None)]
    for chart, (width, height) in itertools.product(charts, [(30, 6), (80, 24), (160, 40)]):
        text = draw(chart, width, height).plain()
        assert max(map(cell_width, text.splitlines())) <= width
        assert len(text.splitlines()) <= height
        assert not any(ord(character) < 32 and character != "\n" for character in text)
        assert draw(chart, width, height, ascii=True).plain().isascii()
        as_json.chart(chart)


def test_nothing_evaluated_says_how_to(conn: sqlite3.Connection) -> None:
    for name in NAMES:
        assert "aa-tui eval nanbeige4-1-3b --pack quick" in draw(build(conn, name), 100, 24).plain()
        assert "aa-tui eval MODEL --pack quick" in draw(build(conn, name, None), 100, 24).plain()


def test_charts_of_published_figures_read_no_samples(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q4_K_M", SEVEN)
    assert load_scene(conn, MODEL, kind=book.kind("intelligence")).evaluated == ()


def test_public_packs_join_the_published_evaluations_by_mark_and_others_do_not(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q4_K_M", SEVEN, pack="gpqa-diamond", version="0.9")
    evaluate_here(conn, "Q4_K_M", SEVEN[:1], pack="gpqa-diamond", state="stopped")
    evaluate_here(conn, "Q4_K_M", SEVEN, pack="gsm8k")
    evaluate_here(conn, "Q4_K_M", SEVEN, pack="local-index")
    panel = build(conn, "evaluations")
    assert isinstance(panel, PanelChart)
    charts = {chart.name: chart for chart in panel.charts}
    here = [bar for bar in charts["gpqa"].bars if bar.origin == "here"]
    assert "42.9 (15.8–75.0) ⌂" in [bar.text for bar in here]
    assert [bar.text for bar in charts["gsm8k"].bars if bar.origin == "here"] == ["42.9 (15.8–75.0) ⌂"]
    assert not {"local-index", "quick", "gpqa-diamond"} & set(charts), "they are no published evaluation"
