"""Comparisons: what is marked as best, what is not compared, and runs that cannot be told apart."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.evaluated import Told, evaluate_here

from aa_tui.catalog import life, runs
from aa_tui.catalog.rows import SampleRow
from aa_tui.pages import compare
from aa_tui.pages.compare import Comparison
from aa_tui.pages.compare_parts import Row
from aa_tui.pages.json import compare as compare_json
from aa_tui.pages.text import compare as compare_text
from aa_tui.pages.text import paired as paired_text
from aa_tui.runs import prepare

PAIR = ("nanbeige4.1-3b", "minicpm5-1b")


def rows_of(comparison: Comparison) -> dict[str, Row]:
    return {row.key: row for section in comparison.sections for row in section.rows}


def measured(conn: sqlite3.Connection, rate: float, stdev: float, ttfts: tuple[float, ...] = (), n: int = 5) -> int:
    """A finished run of the bundled model with these figures."""
    run_id = prepare(conn, "aa-nano")
    run = runs.get(conn, run_id)
    runs.put_measurement(conn, run, "tg128", rate, "tokens/s", stdev=stdev, n=n)
    for number, ttft in enumerate(ttfts):
        runs.add_sample(
            conn, run_id, SampleRow("short", number, False, 100, 300, 3.0, 100.0, ttft, 3.0, 100.0, "2026-01-01")
        )
    life.end(conn, run_id, "finished")
    return run_id


def test_the_best_of_each_row_is_marked_and_ranks_are_of_the_own_class(conn: sqlite3.Connection) -> None:
    rows = rows_of(compare.load(conn, PAIR))
    index = rows["intelligence_index"]
    assert [cell.text for cell in index.cells] == ["16", "18"]
    assert [cell.rank for cell in index.cells] == ["#5/43", "#2/43"]
    assert [cell.mark for cell in index.cells] == ["", "best"]
    assert rows["index_output_tokens_m"].better is None, "more tokens are neither better nor worse"
    prices = rows["price_in_usd_per_m"].cells
    assert [(cell.text, cell.rank) for cell in prices] == [("$0.00", "#1/43"), ("–", "")], "one is not published"
    assert not any(cell.mark for cell in prices)
    assert rows["output_tps"].cells[0].text == "–"
    assert [cell.mark for cell in rows["context_tokens"].cells] == ["best", ""]
    lower = rows_of(compare.load(conn, ("gpt-5-5", "claude-opus-4-8")))["blended_price_usd_per_m"]
    best = min(lower.cells, key=lambda cell: cell.value if isinstance(cell.value, float) else 1e9)
    assert [cell.mark for cell in lower.cells] == ["best" if cell is best else "" for cell in lower.cells]


def test_a_number_is_a_run_unless_a_model_is_called_so(conn: sqlite3.Connection) -> None:
    run_id = measured(conn, 40.0, 1.0)
    assert compare.load(conn, (PAIR[0], str(run_id))).subjects[1].target == f"run:{run_id}"
    conn.execute("UPDATE variants SET slug = ? WHERE slug = ?", (str(run_id), PAIR[1]))
    conn.execute("UPDATE leaderboard SET slug = ? WHERE slug = ?", (str(run_id), PAIR[1]))
    assert compare.load(conn, (PAIR[0], str(run_id))).subjects[1].target == str(run_id)


def test_scores_of_two_index_versions_are_not_compared(conn: sqlite3.Connection) -> None:
    conn.execute("UPDATE leaderboard SET index_version = 'v4.1' WHERE slug = 'minicpm5-1b'")
    comparison = compare.load(conn, PAIR)
    assert not any(cell.mark for cell in rows_of(comparison)["intelligence_index"].cells)
    assert "Intelligence" not in [bars.label for bars in comparison.overview]
    assert "v4.0, v4.1" in comparison.notes[0]


def test_bars_are_shares_of_the_best(conn: sqlite3.Connection) -> None:
    conn.execute("UPDATE leaderboard SET output_tps = 50, ttfat_s = 4 WHERE slug = 'nanbeige4-1-3b'")
    conn.execute("UPDATE leaderboard SET output_tps = 200, ttfat_s = 1 WHERE slug = 'minicpm5-1b'")
    bars = {one.label: one.shares for one in compare.load(conn, PAIR).overview}
    assert bars["Output speed"] == (0.25, 1.0)
    assert bars["First answer token"] == (0.25, 1.0), "the lowest time is the best"
    assert "Blended price" not in bars, "one of the two has none"
    conn.execute("UPDATE leaderboard SET output_tps = 0, ttfat_s = -1 WHERE slug = 'minicpm5-1b'")
    bars = {one.label: one.shares for one in compare.load(conn, PAIR).overview}
    assert all(0 <= (share or 0) <= 1 for shares in bars.values() for share in shares)
    conn.execute("UPDATE leaderboard SET output_tps = 0")
    assert {one.label: one.shares for one in compare.load(conn, PAIR).overview}["Output speed"] == (0.0, 0.0)


def test_runs_whose_spreads_overlap_cannot_be_told_apart(conn: sqlite3.Connection) -> None:
    first = measured(conn, 100.0, 1.0, (0.5, 0.6))
    close = measured(conn, 103.0, 1.0, (0.55, 0.65))
    apart = measured(conn, 130.0, 2.0)
    single = measured(conn, 200.0, 0.0, n=1)

    def marks(*ids: int) -> list[str]:
        return [cell.mark for cell in rows_of(compare.load(conn, [f"run:{one}" for one in ids]))["tg128"].cells]

    assert marks(first, close) == ["tied", "tied"]
    assert marks(first, apart) == ["", "best"]
    assert marks(first, close, apart) == ["", "", "best"]
    assert marks(first, single) == ["", ""], "one repetition says nothing of its spread"
    shown = compare.load(conn, [f"run:{first}", f"run:{close}"])
    rows = rows_of(shown)
    assert rows["tg128"].cells[0].text == "100.0 ± 1.0"
    assert rows["short.ttft_s"].cells[0].text == "0.550 ± 0.071"
    assert compare.APART_NOTE in shown.notes
    assert [section.title for section in shown.sections] == ["Measured here ⌂"]


def test_a_run_beside_a_model_leaves_the_published_figures_to_the_model(conn: sqlite3.Connection) -> None:
    run_id = measured(conn, 100.0, 1.0)
    rows = rows_of(compare.load(conn, ("nanbeige4.1-3b", f"run:{run_id}")))
    assert [cell.text for cell in rows["intelligence_index"].cells] == ["16", "–"]
    assert [cell.text for cell in rows["tg128"].cells] == ["–", "100.0 ± 1.0"]


@pytest.mark.parametrize(
    "targets", [("nanbeige4.1-3b",), ("nanbeige4.1-3b", "Nanbeige4.1-3B"), ("run:x", "minicpm5-1b")]
)
def test_too_few_or_odd_targets_are_refused(conn: sqlite3.Connection, targets: tuple[str, ...]) -> None:
    with pytest.raises(compare.CompareError):
        compare.load(conn, targets)


def test_all_faces_say_the_same(conn: sqlite3.Connection) -> None:
    comparison = compare.load(conn, PAIR)
    data = json.loads(json.dumps(compare_json.as_json(comparison)))
    index = data["sections"][0]["rows"][0]
    assert index["key"] == "intelligence_index"
    assert [one["value"] for one in index["values"]] == [16.08, pytest.approx(17.88, abs=1)]
    assert [one["mark"] for one in index["values"]] == [None, "best"]
    text = compare_text.markdown(comparison)
    assert "| Intelligence Index, 0-100 | 16 #5/43 | **18** #2/43 |" in text
    assert "| Creator | Nanbeige | OpenBMB |" in text
    for width in (60, 100, 200):
        lines = compare_text.lines(comparison, width)
        assert all(len(line) <= width for line in lines)
        assert any("18 * #2/43" in line for line in lines)
    assert len(compare_text.lines(comparison, 100, differences=True)) < len(compare_text.lines(comparison, 100))


def test_hostile_names_break_no_table(conn: sqlite3.Connection) -> None:
    name = "模型 | [red] `x` *b* <i>" + "長" * 100
    conn.execute("UPDATE leaderboard SET name = ?, license = NULL WHERE slug = 'minicpm5-1b'", (name,))
    comparison = compare.load(conn, PAIR)
    table = [line for line in compare_text.markdown(comparison).splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in table} == {4}
    from rich.cells import cell_len

    assert all(cell_len(line) <= 100 for line in compare_text.lines(comparison, 100))


@pytest.mark.long
def test_the_shell_compares(program: Callable[..., Any], answer: Callable[..., Any]) -> None:
    done = program("compare", "nanbeige4.1-3b", "minicpm5-1b", "gpt-5-5")
    assert done.returncode == 0, done.stderr
    assert "Nanbeige4.1-3B" in done.stdout
    assert "16 #5/43" in done.stdout
    assert len(answer("compare", *PAIR)["subjects"]) == 2
    assert program("compare", "nanbeige4.1-3b").returncode == 2
    listed = answer(
        "models", "--license", "apache 2.0", "--min-context", "128k", "--max-params", "40", "--input", "text"
    )
    assert listed
    assert all(row["license"] == "Apache 2.0" and row["context_tokens"] >= 128_000 for row in listed)
    assert all(row["total_params_b"] <= 40 for row in listed)
    cheap = answer("models", "--class", "price_mid", "--max-price", "0.3", "--min-index", "20")
    assert all(row["blended_price_usd_per_m"] <= 0.3 and row["intelligence_index"] >= 20 for row in cheap)
    assert {row["license"] for row in answer("models", "--commercial")} >= {"MIT", "Apache 2.0"}
    assert "NON-COMMERCIAL" in str({row["license"] for row in answer("models", "--commercial", "no")}).upper()
    assert all(row["open_weights"] for row in answer("models", "--fits"))
    assert program("models", "--min-context", "lots").returncode == 2


def quants(conn: sqlite3.Connection, n_only_second: int, n_only_first: int = 0) -> Comparison:
    """Two evaluations of 100 items, on which the second, of Q8_0, does better by so many and worse by so many."""
    first = ["wrong"] * n_only_second + ["correct"] * (100 - n_only_second)
    second = ["correct"] * (100 - n_only_first) + ["wrong"] * n_only_first
    ids = [
        evaluate_here(conn, quant, [Told(("maths", "code")[number % 2], one) for number, one in enumerate(outcomes)])
        for quant, outcomes in (("Q4_0", first), ("Q8_0", second))
    ]
    return compare.load(conn, [f"run:{run_id}" for run_id in ids])


def test_two_evaluations_say_of_what_they_are_and_which_is_better(conn: sqlite3.Connection) -> None:
    found = quants(conn, 12, 2)
    assert [one.name for one in found.subjects] == ["Q4_0 · run 1 · Nanbeige4.1-3B", "Q8_0 · run 2 · Nanbeige4.1-3B"]
    rows = rows_of(found)
    for key, expected in (
        ("file", ("Q4_0.gguf", "Q8_0.gguf")),
        ("quant", ("Q4_0", "Q8_0")),
        ("size", ("2.0 GB", "2.0 GB")),
        ("machine", ("box (A CPU)", "box (A CPU)")),
        ("run_id", ("1 (finished)", "2 (finished)")),
    ):
        assert tuple(cell.text for cell in rows[key].cells) == expected
    assert [cell.mark for cell in rows["eval.quick.score_strict"].cells] == ["", "best"]
    keys = [row.key for row in found.sections[0].rows]
    assert keys.index("eval.quick.maths.score_strict") < keys.index("eval.quick.output_tokens_per_item")
    (pair,) = found.pairs
    assert paired_text.verdict(pair).startswith("Q8_0 is 10.0 points better (3.")
    assert "McNemar mid-p 0.00" in paired_text.verdict(pair)
    assert "is 10.0 points better (3.1 to 18.2), McNemar mid-p 0.007." in compare_text.markdown(found)


def test_where_no_difference_is_seen_its_most_is_said(conn: sqlite3.Connection) -> None:
    found = quants(conn, 2, 1)
    assert [cell.mark for cell in rows_of(found)["eval.quick.score_strict"].cells] == ["tied", "tied"]
    (words,) = compare_text.verdicts(found)
    assert words.startswith("Q4_0 against Q8_0: no difference seen, at most ")
    assert " points either way, McNemar mid-p " in words


def test_evaluations_on_different_packs_are_not_paired(conn: sqlite3.Connection) -> None:
    told = [Told("maths", "correct")] * 3
    ids = [evaluate_here(conn, "Q8_0", told, pack=pack) for pack in ("quick", "long")]
    found = compare.load(conn, [f"run:{run_id}" for run_id in ids])
    assert not found.pairs
    assert [section.title for section in found.sections[:2]] == [
        "Evaluated here ⌂ quick 1.0",
        "Evaluated here ⌂ long 1.0",
    ]
    assert [cell.text for cell in found.sections[1].rows[0].cells] == ["–", "100.0 % (43.9–100.0)"]
