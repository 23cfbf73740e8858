"""Every key of a model's page, and what the page says."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven, both_sizes
from tests.support.noted import SLUG, a_file, model_id_of, take

from aa_tui.catalog import files, life, runs
from aa_tui.tui.core.places import Place


async def whole_page(app: Driven, keys: str = "imawO1234567890") -> str:
    """All that the page says: every section, each read to its end."""
    seen = []
    for key in keys:
        await app.press(key)
        await app.until(lambda: "drawing…" not in app.text, "the chart")
        last = ""
        while app.text != last:
            last = app.text
            seen += app.lines
            await app.press("pagedown")
    return "\n".join(seen)


PUBLISHED = (
    # Every statement of the published page, as ours puts it.
    "◆ reasoning",
    "Input text",
    "Output text",
    "256k tokens, ~384 A4 pages",
    "3.93 billion",
    "Apache 2.0",
    "https://huggingface.co/Nanbeige/Nanbeige4.1-3B",
    "released February 11, 2026",
    "It was created by Nanbeige",
    "It scores 16 on the Intelligence Index v4.0",
    "average 8",
    "well above average",
    "amongst the leading models in intelligence",
    "150M tokens",
    "very verbose",
    "competitively priced",
    "$0.00 per 1M input tokens",
    "$0.00 per 1M output tokens",
    "class average $0.00",
    "well priced",
    "cost $0.00 to evaluate",
    # The published page of another day had an average of 12M tokens: ours says of which day its own is.
    "average 17M",
    "The figures are from the table of June 15, 2026",
)
QUESTIONS = (
    "When was",
    "Who created",
    "How intelligent is",
    "How many tokens does",
    "a reasoning model?",
    "What input does",
    "What output does",
    "take images?",
    "multimodal?",
    "context window of",
    "Are the weights of",
    "How many parameters does",
    "does it allow commercial use?",
    "What does the score of",
    "be hosted or run?",
)


@pytest.mark.long
@both_sizes
def test_the_page_of_nanbeige(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.shows("INTELLIGENCE", "Nanbeige4.1-3B")
        text = await whole_page(app)
        words = " ".join(text.replace("▃", " ").replace("▄", " ").split())
        for said in (
            *PUBLISHED,
            *QUESTIONS,
            "○ open weights",
            "#5 / 43",
            "43 Tiny (≤4B)",
            "Commercial use allowed",
            "Openness Index not published",
            "Intelligence Index · Tiny (≤4B) open-weights models",
            "higher is better",
            "▶ ◆ Nanbeige4.1-3B",
            "p pulls a GGUF file of this model",
            "No GGUF file of it is known",
            "artificialanalysis.ai",
        ):
            assert said in words or said in text, said
        assert text.count("▰▰▰▰") >= 2

    drive(walk, size, SLUG)


@pytest.mark.long
@both_sizes
def test_keys_of_the_page(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("down", "enter")
        await app.shows("INTELLIGENCE")
        assert "Esc back" in app.lines[-1]
        assert app.lines[-1].strip().count("   ") <= 5, "at most six keys"
        name = app.page.model.name if app.page else ""
        for key, text in (
            ("1", "Intelligence Index ·"),
            ("2", "evaluations"),
            ("3", "Openness Index"),
            ("4", "of 4 "),
            ("5", "Output tokens"),
            ("6", "Cost to run"),
            ("7", "Context window"),
            ("8", "of 2 "),
            ("9", "of 2 "),
            ("0", "Model size"),
            ("m", "Nothing was measured"),
            ("a", "When was"),
            ("w", "On this machine"),
            ("O", "table of"),
        ):
            await app.press(key)
            await app.shows(text)
        await app.press("a", "G", "g", "j", "k", "down", "up", "space", "pageup", "g")
        await app.shows("When was")
        await app.press("right_square_bracket")
        await app.until(lambda: app.page is not None and app.page.model.name != name, "the next")
        await app.shows("When was")  # the same section of the next model
        await app.press("left")
        await app.until(lambda: app.page is not None and app.page.model.name == name, "the first")
        await app.press("escape")
        await app.shows("/ search…")
        assert "▌   2" in app.cursor_line
        await app.press("home", "enter")
        await app.shows("INTELLIGENCE")
        await app.press("h")  # there is none above the first: nothing happens
        await app.shows("INTELLIGENCE")
        await app.press("question_mark")
        await app.shows("Model page: keys", "the next chart of the section")
        await app.press("escape", "L")
        await app.shows("/ search…")

    drive(walk, size)


def test_tabs_are_clicked(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        await app.shows("INTELLIGENCE")
        for word, text in (("FAQ", "When was"), ("Cost", "Cost to run"), ("Price", "of 4 "), ("Over", "INTELLIGENCE")):
            row = next(y for y, line in enumerate(app.lines) if word in line and ("a FAQ" in line or "1 " in line))
            await app.pilot.click(offset=(app.lines[row].index(word) + 1, row))
            await app.shows(text)
        await app.press("4")
        await app.shows("of 4 ")
        row = next(y for y, line in enumerate(app.lines) if " of 4 " in line)
        title = "Intelligence vs price (log)"
        await app.pilot.click(offset=(app.lines[row].index(title) + 2, row))
        await app.shows("2 of 4")

    drive(walk, (100, 30), SLUG)


def test_an_unknown_slug_at_the_start(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        await app.shows("There is no model", "nanbeige4-1-3b")
        assert "157 models" in app.text

    drive(walk, (100, 30), "nanbeige5-3b")


@both_sizes
def test_measure_asks_for_a_path_and_says_what_is_wrong(
    drive: Drive, size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b.gguf").write_text("this is no model")

    async def walk(app: Driven) -> None:
        await app.press("slash", *"nanbeige4.1", "down", "b")
        await app.shows("Measure Nanbeige4.1-3B", "No file of it is known here")
        await app.press("enter")
        await app.shows("Type the path")
        await app.press(*"a.gguf", "enter")
        await app.shows("There is no file a.gguf")
        await app.press("home", "delete", "b", "enter")
        await app.until(lambda: "There is no file" not in app.text and "Reading" not in app.text, "another answer")
        assert "b.gguf" in app.text
        assert "GGUF" in app.text
        await app.press("escape")
        await app.lacks("Measure Nanbeige4.1-3B")

    drive(walk, size)


def test_figures_land_on_the_page_without_a_key(drive: Drive, filled: sqlite3.Connection, tmp_path: Path) -> None:
    model_id = model_id_of(filled)
    path = tmp_path / "nanbeige.Q4_K_M.gguf"
    path.touch()
    file = a_file(filled, path, model_id)
    run_id = runs.create(filled, kind="speed", file=file, settings={})

    async def walk(app: Driven) -> None:
        await app.shows("INTELLIGENCE", f"run {run_id}")
        take(filled, run_id)
        life.set_progress(filled, run_id, 0.42, "tg128: repetition 3 of 5")
        await app.shows("42%", "tg128: repetition 3 of 5")
        run = runs.get(filled, run_id)
        runs.put_measurement(filled, run, "pp512", 321.5, "tokens/s", stdev=2.5, n=5)
        runs.put_measurement(filled, run, "tg128", 48.04, "tokens/s", stdev=0.4, n=5)
        life.end(filled, run_id, "finished", peak_memory_bytes=3_100_000_000)
        await app.shows("⌂ 48.0 tok/s here", f"Run {run_id} of Nanbeige4.1-3B Q4_K_M finished")
        await app.press("m")
        await app.shows("321.5 ± 2.5", "48.0 ± 0.4", "Q4_K_M", "3.1 GB", "on this machine")
        await app.shows("48.0 ± 0.4 tokens/s here, not published", "o200k_base")
        await app.press("n")
        await app.shows("measured here", "pp512", "321.5 ± 2.5")
        await app.press("w")
        await app.shows("nanbeige.Q4_K_M.gguf", "sha256 " + "ab" * 32)
        await app.press("b")
        await app.shows("nanbeige.Q4_K_M.gguf", "or another GGUF file")
        await app.press("tab", "escape", "escape", "m")
        await app.shows("48.0 ⌂", "⌂ 1 measured here")

    drive(walk, (120, 40), SLUG)


def test_failure_of_a_run_is_told_with_its_reason(drive: Drive, filled: sqlite3.Connection, tmp_path: Path) -> None:
    file = a_file(filled, tmp_path / "x.gguf", model_id_of(filled))
    run_id = runs.create(filled, kind="speed", file=file, settings={})

    async def walk(app: Driven) -> None:
        await app.shows(f"run {run_id}")
        take(filled, run_id)
        life.end(filled, run_id, "failed", "llama.cpp could not load the file.")
        await app.shows(f"Run {run_id} of Nanbeige4.1-3B Q4_K_M failed", "could not load")

    drive(walk, (100, 30), SLUG)


def test_a_model_with_nothing_published(drive: Drive, filled: sqlite3.Connection) -> None:
    columns = [row[1] for row in filled.execute("PRAGMA table_info(leaderboard)")]
    required = {
        "id",
        "model_id",
        "slug",
        "name",
        "creator",
        "reasoning",
        "open_weights",
        "input_modalities",
        "output_modalities",
        "index_is_estimate",
        "is_local",
        "here_unreliable",
        "untold",
    }
    wipe = ", ".join(f"{name} = NULL" for name in columns if name not in required)
    wipe += ", input_modalities = '', output_modalities = ''"
    filled.execute(f"UPDATE leaderboard SET {wipe} WHERE slug = ?", (SLUG,))  # noqa: S608 (the table's own columns)
    filled.execute("DELETE FROM measurements WHERE variant_id = (SELECT id FROM leaderboard WHERE slug = ?)", (SLUG,))

    async def walk(app: Driven) -> None:
        await app.shows("INTELLIGENCE", "not published")
        text = await whole_page(app)
        assert "not published" in text
        assert "None" not in text

    drive(walk, (80, 24), SLUG)


def test_resizing_a_page_rearranges_it(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        await app.shows("INTELLIGENCE")
        for width, height in ((100, 30), (160, 48), (61, 17), (200, 60), (80, 24)):
            await app.pilot.resize_terminal(width, height)
            await app.pilot.pause()
            await app.shows("INTELLIGENCE", "150M tokens")
            assert all(len(line) == width for line in app.lines if line.isascii())
        assert len(app.lines) == 24

    drive(walk, (160, 48), SLUG)


def test_a_model_known_from_a_file_alone_has_no_price_and_no_score(
    drive: Drive, filled: sqlite3.Connection, tmp_path: Path
) -> None:
    model_id = files.add_local_model(
        filled,
        name="My own model",
        creator="unknown creator",
        total_params_b=3.2,
        context_tokens=4096,
        license_name=None,
        reasoning=False,
        source_url="own.gguf",
        as_of="2026-11-25",
    )
    a_file(filled, tmp_path / "own.gguf", model_id)

    async def walk(app: Driven) -> None:
        await app.shows("PARAMETERS", "is known from a file", "⌂ a file here")
        words = " ".join((await whole_page(app, "imawO145")).split())
        for never in ("No API is known", "An API serves", "not sold", "$0.00 per 1M", "costs $0", "unknown creator."):
            assert never not in words, never
        for said in (
            "no published figures of it are in this catalog, so it has no rank",
            "Who else hosts or sells it is not in this catalog",
            "not there any more",
        ):
            assert said in words, said
        await app.press("i")
        await app.shows("PARAMETERS")
        assert not any(label in app.text for label in ("PRICE", "VERBOSITY", "$"))

    drive(walk, (80, 24), "my-own-model")


def test_a_page_of_this_machine_is_removed(drive: Drive, filled: sqlite3.Connection, tmp_path: Path) -> None:
    model_id = files.add_local_model(
        filled,
        name="Fancy",
        creator="somebody",
        total_params_b=1.0,
        context_tokens=None,
        license_name=None,
        reasoning=False,
        source_url="x",
        as_of="2026-11-28",
    )
    file = a_file(filled, tmp_path / "fancy.gguf", model_id)
    run_id = runs.create(filled, kind="speed", file=file, settings={})
    runs.put_measurement(filled, runs.get(filled, run_id), "tg128", 20.0, "tokens/s")
    filled.execute("UPDATE runs SET state = 'finished'")

    async def walk(app: Driven) -> None:
        await app.app.go(Place("page", SLUG))
        await app.shows("Nanbeige4.1-3B")
        await app.press("d")
        await app.shows("is a published model")
        await app.app.go(Place("page", "fancy"))
        await app.shows("Fancy")
        await app.press("d")
        await app.shows("Remove the page of Fancy, with 1 run on it?")
        await app.press("y")
        await app.shows("The page of Fancy is removed")
        assert not runs.list_runs(filled)

    drive(walk, (100, 30))
