"""Every key of the runs view, the help and the palette."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven, both_sizes
from tests.support.noted import a_file, model_id_of, take
from textual.widgets import OptionList

from aa_tui.catalog import life, runs
from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.rows import SampleRow


@pytest.fixture
def three_runs(filled: sqlite3.Connection, tmp_path: Path) -> list[int]:
    """A finished run, a failed one and one that waits."""
    file = a_file(filled, tmp_path / "nanbeige.Q4_K_M.gguf", model_id_of(filled))
    made = [
        runs.create(filled, kind="speed", file=file, settings={"n_threads": 2, "flash_attn": "auto"}) for _ in range(3)
    ]
    first, second, _ = made
    take(filled, first)
    runs.add_sample(filled, first, SampleRow("tg128", 1, False, 0, 128, 2.667, 47.99, None, None, None, utc_now()))
    runs.put_measurement(filled, runs.get(filled, first), "tg128", 47.99, "tokens/s", stdev=0.1, n=5)
    life.end(filled, first, "finished")
    take(filled, second)
    life.end(filled, second, "failed", "The file is larger than the memory.")
    return made


@pytest.mark.long
@both_sizes
@pytest.mark.repeats
def test_runs_newest_first_with_details(drive: Drive, three_runs: list[int], size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("R")
        await app.shows("queued", "failed", "finished")
        first, second, third = three_runs
        assert app.cursor_line.split()[1] == str(third)
        await app.press("j")
        await app.shows(f"Run {second}", "The file is larger than the memory.")
        await app.press("down")
        await app.shows(f"Run {first}", "2 threads")
        await app.press("tab", "pagedown", "pagedown")
        await app.shows("Samples", "47.99", "2.667")
        await app.press("tab", "k", "up", "end", "home")
        await app.press("x")
        await app.shows("Stop run", "What it has measured stays")
        await app.press("n")
        await app.lacks("Stop run")
        assert "queued" in app.text
        await app.press("x", "y")
        await app.shows("stopped before it began")
        await app.press("x")  # it has ended: there is nothing to stop, which it says
        await app.shows(f"Run {third} has ended (stopped)")
        await app.press("G", "o")
        await app.shows("INTELLIGENCE", "Nanbeige4.1-3B")
        await app.press("escape")
        await app.shows("finished", "failed")
        await app.press("escape")
        await app.shows("/ search…")

    drive(walk, size)


@both_sizes
def test_no_runs_yet(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("R")
        await app.shows("Nothing was measured yet: open a model and press b.")
        await app.press("enter", "p", "d", "a", "plus", "r", "space", "u", "D", "c", "o", "j", "G")
        await app.shows("There is no run here yet")
        await app.press("x", "P")
        await app.shows("Nothing is queued.")
        await app.press("L")
        await app.shows("/ search…")

    drive(walk, size)


def test_progress_moves_without_a_key(drive: Drive, filled: sqlite3.Connection, three_runs: list[int]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("R")
        await app.shows("queued")
        take(filled, three_runs[2])
        for share, text in ((0.1, "pp512: warm-up"), (0.55, "tg128: repetition 1 of 5")):
            life.set_progress(filled, three_runs[2], share, text)
            await app.shows(f"{share:.0%}", text[:12])
        new = runs.create(filled, kind="speed", file=runs.get(filled, three_runs[0]).file, settings={})
        await app.until(lambda: str(new) in app.lines[3] + app.lines[2], "the new run on top")
        assert app.cursor_line.split()[1] == str(three_runs[2]), "the cursor stays on its run"

    drive(walk, (120, 30))


@pytest.mark.long
def test_samples_land_one_by_one_before_ones_eyes(
    drive: Drive, filled: sqlite3.Connection, three_runs: list[int]
) -> None:
    async def walk(app: Driven) -> None:
        await app.press("R")
        await app.shows("queued")
        take(filled, three_runs[2])
        await app.shows("▶ starting")
        for n in range(6):  # one more than the details show
            sample = SampleRow("tg128", n, n == 0, 0, 128, 1.0, 40.0 + n, None, None, None, utc_now())
            runs.add_sample(filled, three_runs[2], sample)
            life.set_progress(filled, three_runs[2], n / 10, f"tg128: repetition {n}")
            await app.shows(f"Latest of {n + 1} samples", f"{40 + n:.2f}")

    drive(walk, (120, 40))


@pytest.mark.long
@both_sizes
def test_help_of_each_view(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("question_mark")
        await app.shows("Leaderboard: keys", "search as you type")
        seen = app.text
        for _ in range(12):
            await app.press("pagedown")
            seen += app.text
        for words in ("Everywhere", "Marks", "estimate", "Columns", "Intelligence Index", "Output tokens on the index"):
            assert words in seen, words
        await app.press("j", "k", "pageup", "escape")
        await app.lacks("Leaderboard: keys")
        await app.press("R", "question_mark")
        await app.shows("Runs: keys")
        await app.press("q")
        await app.lacks("Runs: keys")
        await app.press("L", "enter")
        await app.shows("INTELLIGENCE")
        await app.press("question_mark")
        await app.shows("Model page: keys")
        await app.press("question_mark")
        await app.lacks("Model page: keys")

    drive(walk, size)


@pytest.mark.long
@both_sizes
def test_the_palette_finds_models_and_commands(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("colon")
        await app.shows("all models, sorted and filtered", "Files   F")
        await app.press(*"nanbei")
        await app.shows("◆ Nanbeige4.1-3B · Nanbeige")
        await app.press("down", "enter")
        await app.shows("INTELLIGENCE", "Nanbeige4.1-3B")
        await app.until(lambda: len(app.app.screen_stack) == 1, "the palette to close")
        dark = app.app.current_theme.dark
        await app.press("ctrl+p", *"dark")
        await app.shows("Dark or light")
        await app.press("down", "enter")
        await app.until(lambda: app.app.current_theme.dark != dark, "the other theme")
        await app.until(lambda: len(app.app.screen_stack) == 1, "the palette to close")
        await app.press("colon")
        await app.shows("what was and is measured here")
        await app.press("escape")
        await app.until(lambda: len(app.app.screen_stack) == 1, "the palette to close")
        await app.press("colon", *"quit")
        await app.shows("Quit")
        await app.press("down", "enter")
        await app.until(lambda: app.app.return_code == 0, "the end")

    drive(walk, size)


def test_the_palette_without_a_line_for_its_list(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        await app.press("colon")
        await app.shows("all models, sorted and filtered")
        found = app.app.screen.query_one(OptionList)
        all_commands = found.option_count
        await app.pilot.resize_terminal(40, 4)
        await app.press("c")
        await app.until(lambda: 1 < found.option_count != all_commands, "what has a c in it")
        await app.press("down", "down", "pagedown", "pageup", "backspace")
        await app.pilot.resize_terminal(80, 24)
        await app.shows("all models, sorted and filtered")
        await app.press("escape")
        await app.shows("/ search…")

    drive(walk)


@pytest.mark.long
def test_two_enters_in_the_palette_are_one(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        dark = app.app.current_theme.dark
        await app.press("colon", *"dark")
        await app.shows("the other one of the two themes")
        await app.press("down")
        found = app.app.screen.query_one(OptionList)
        for _ in range(2):  # as two keys that wait while the app is busy
            found.action_select()
        await app.until(lambda: app.app.current_theme.dark != dark, "the other theme")
        await app.until(lambda: len(app.app.screen_stack) == 1, "the palette to close")
        await app.press("colon")
        await app.shows("what was and is measured here")
        assert app.app.current_theme.dark != dark

    drive(walk)


def test_quitting(drive: Drive) -> None:
    async def by_q(app: Driven) -> None:
        await app.press("q")
        assert app.app.return_code == 0

    async def by_interrupt(app: Driven) -> None:
        await app.press("slash", "a", "ctrl+c")
        assert app.app.return_code == 130

    drive(by_q)
    drive(by_interrupt)


@pytest.mark.long
def test_every_theme_draws_every_view(drive: Drive, three_runs: list[int]) -> None:
    async def walk(app: Driven) -> None:
        for theme in ("aa-light", "ansi-dark", "ansi-light", "textual-dark", "nord", "aa-dark"):
            app.app.theme = theme
            await app.press("R")
            await app.shows("finished")
            await app.press("G", "o")
            await app.shows("INTELLIGENCE")
            await app.press("L")
            await app.shows("/ search")

    drive(walk)


def test_ascii_alone(drive: Drive, three_runs: list[int]) -> None:
    async def walk(app: Driven) -> None:
        for keys in ((), ("R",), ("enter",), ("1",), ("question_mark",)):
            await app.press(*keys)
            await app.pilot.pause()
            filters = app.app.get_line_filters()
            for strip in app.app.screen._compositor.render_strips():
                segments = list(strip)
                for one in filters:
                    segments = one.apply(segments, app.app.screen.background_colors[1])
                assert "".join(part.text for part in segments).isascii()

    drive(walk, in_ascii=True)
