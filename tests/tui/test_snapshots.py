"""Each screen as it looks, at 80x24 and 160x48, dark and light."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.support.asking import prepared, sample
from tests.support.driven import SIZES, Driven
from tests.support.evaluated import EXTRACTION, SEVEN, Told, evaluate_here
from tests.support.evaluating import planned, write_pack
from tests.support.noted import take
from tests.support.starts import used_before
from tests.support.working import ANSWERS, tell
from tests.tui import snapshots
from textual.pilot import Pilot

from aa_tui.catalog import asked, db, life, runs, samples
from aa_tui.runs.ask.options import AS_CARD, AskOptions
from aa_tui.tui.app import AATuiApp
from aa_tui.tui.core.places import Place
from aa_tui.tui.page.standing import can_run
from aa_tui.tui.shell.links import place_of

TRIO = "nanbeige4.1-3b,qwen3-4b-2507-instruct-reasoning,minicpm5-1b"


@dataclass(frozen=True, slots=True)
class Screen:
    """A place as `aa-tui open` names it, a text that is there when all is drawn, and keys to press then, with a text
    that they bring."""

    name: str
    place: str
    shows: str
    keys: tuple[str, ...] = ()
    then: str = ""


SCREENS = (
    Screen("leaderboard", "leaderboard", "Claude Opus 4.8"),
    Screen("tiny", "leaderboard", "Claude Opus 4.8", ("1", "down", "space", "down"), "Nanbeige4.1-3B"),
    Screen("filters", "leaderboard", "Claude Opus 4.8", ("f",), "Commercial use"),
    Screen("page", "nanbeige4.1-3b", "VERBOSITY"),
    Screen("chart-bars", "nanbeige4.1-3b/charts/tokens", "Output tokens to run the index"),
    Screen("faq", "nanbeige4.1-3b/faq", "When was Nanbeige4.1-3B released?"),
    Screen("chart-scatter", "charts/intelligence-vs-price-log", "log (lower is better)", ("down", "right"), "GPT-5.5"),
    Screen("compare", f"compare/{TRIO}", "Blended price (3:1)"),
    Screen("runs-empty", "runs", "Nothing was measured yet"),
    Screen("servers", "servers", "No server is saved"),
    Screen("help", "leaderboard", "Claude Opus 4.8", ("question_mark",), "Leaderboard: keys"),
)


HERE = (
    Screen("runs", "runs", "42.9 % (15.8–75.0)"),
    Screen("run", "runs/1", "for similar items"),
    Screen("run-live", "runs/3", "48.0 total"),
    Screen("plan", "runs/2/plan", "95 % range"),
    Screen("samples", "runs/1/samples", "9 samples"),
    Screen("run-chart", "runs/1/charts/here-score-speed", "95 % interval"),
    Screen("measured", "nanbeige4.1-3b/measured", "quick 1.0"),
    Screen("evaluate", "aa-nano", "by its file", ("E",), "Evaluate on this machine"),
)
"""What shows runs, in a catalog with two that have ended and one that goes on."""


ASKED = (Screen("ask", "runs/1", "ended of itself"),)
"""A conversation of two turns, the second of which was ended."""


async def settled(app: AATuiApp, pilot: Pilot[None]) -> None:
    """Wait until a screen stays as it is."""
    before = ""
    while before != (before := snapshots.dump(app)):
        await app.workers.wait_for_complete()
        await pilot.pause(0.1)


async def drawn(app: AATuiApp, pilot: Pilot[None], driven: Driven, screen: Screen) -> None:
    """Go there, press the keys once all is drawn, and wait until what they bring is drawn too."""
    await driven.shows(screen.shows)
    await settled(app, pilot)
    for key in screen.keys:
        await driven.press(key)
    await driven.shows(screen.then)
    await settled(app, pilot)


def compare_all(
    catalog: Path,
    screens: tuple[Screen, ...],
    size: tuple[int, int],
    theme: str,
    before: Callable[[], None] = lambda: None,
) -> None:
    """Each screen in an app of its own with the one that is kept; `before` is called first each time."""
    changed: list[str] = []

    async def walk(screen: Screen, place: Place) -> None:
        app = AATuiApp(catalog, place)
        async with app.run_test(size=size, notifications=True) as pilot:
            driven = Driven(app, pilot)
            await driven.shows("Leaderboard")
            app.theme = theme
            await driven.until(lambda: knows_what_fits(driven), "what fits this machine")
            await drawn(app, pilot, driven, screen)
            try:
                snapshots.check(app, f"{screen.name}-{size[0]}x{size[1]}")
            except AssertionError as error:
                changed.append(str(error))

    for screen in screens:
        used_before(catalog)
        before()
        with closing(db.open_catalog(catalog)) as conn:
            place = place_of(conn, screen.place)
        asyncio.run(walk(screen, place))
    assert not changed, "\n".join(changed)


FREE_BYTES = 16_000_000_000
"""Of memory, on a page's line of what fits."""


def knows_what_fits(app: Driven) -> bool:
    """Whether a page that is on screen says it, as far as there is something to say."""
    view = app.page_view
    if view is None or not view.is_shown or view.model is None or not can_run(view.model):
        return True
    return view.standing.best is not None


@pytest.mark.repeats
@pytest.mark.parametrize("theme", ["aa-dark", "aa-light"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_screens_look_as_they_did(
    fresh: Path,
    clean_terminal: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
    theme: str,
) -> None:
    clean_terminal()
    monkeypatch.setattr("aa_tui.host.machine.available_memory_bytes", lambda: FREE_BYTES)
    compare_all(fresh, SCREENS, size, theme)


@pytest.fixture
def with_runs(
    filled: sqlite3.Connection,
    tmp_path: Path,
    clean_terminal: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[sqlite3.Connection]:
    """An evaluation that is finished, one that was stopped, and one in the hands of this process; the clock is UTC."""
    clean_terminal()
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr("aa_tui.evals.extraction.VERSION", EXTRACTION)
    monkeypatch.setattr("aa_tui.host.machine.available_memory_bytes", lambda: FREE_BYTES)
    more = [Told("code", "no_single_answer", 60, 10), Told("maths", "undecided", 70, 10)]
    evaluate_here(filled, "Q4_K_M", [*SEVEN, *more])
    evaluate_here(filled, "Q8_0", SEVEN, state="stopped", size_bytes=4_000_000_000, tokens_per_s=30.0)
    run_id = planned(filled, write_pack(tmp_path / "small", ANSWERS), n_parallel=3)
    filled.execute("UPDATE gguf_files SET path = '/models/' || id || '.gguf'")
    filled.execute("UPDATE runs SET settings = json_set(settings, '$.pack', 'small') WHERE id = ?", (run_id,))
    take(filled, run_id)
    tell(filled, run_id)
    yield filled
    monkeypatch.undo()
    time.tzset()


@pytest.mark.repeats
@pytest.mark.parametrize("theme", ["aa-dark", "aa-light"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_screens_of_runs_look_as_they_did(
    fresh: Path, with_runs: sqlite3.Connection, size: tuple[int, int], theme: str
) -> None:
    def fix_times() -> None:
        moment = "2026-01-02T03:04:05.000+00:00"
        with_runs.execute(
            "UPDATE runs SET created_at = ?1, started_at = iif(started_at IS NULL, NULL, ?1), "
            "ended_at = iif(ended_at IS NULL, NULL, ?1)",
            (moment,),
        )
        with_runs.execute("UPDATE run_events SET at = ?", (moment,))
        with_runs.execute("UPDATE measurements SET created_at = ? WHERE run_id IS NOT NULL", (moment,))

    compare_all(fresh, HERE, size, theme, fix_times)


@pytest.fixture
def with_a_conversation(filled: sqlite3.Connection) -> sqlite3.Connection:
    """What was asked and answered, as a worker leaves it."""
    run_id = prepared(filled, "What is 3 + 4?", AskOptions(how=replace(AS_CARD, sampling="greedy")))
    noted = {
        **runs.get(filled, run_id).settings,
        "n_ctx_used": 4_096,
        "sampler": {"temperature": 0.6, "top_p": 0.95},
        "sampler_source": "the model's card",
    }
    runs.set_settings(filled, run_id, noted)
    runs.set_load_time(filled, run_id, 0.42)
    thought = "Three and four.\nThat is seven."
    samples.add(filled, run_id, sample(1, "What is 3 + 4?", thinking=thought, answer="Answer: 7", n_thinking=9))
    asked.add(filled, run_id, "Tell me all of it,\nslowly.")
    begun = "It begins with a three, [bold]to which[/bold] one adds a four, and another one, " * 3
    samples.add(filled, run_id, sample(2, "Tell me", answer=begun, finish_reason="cancelled", n_cached=20))
    life.end(filled, run_id, "finished")
    return filled


@pytest.mark.parametrize("theme", ["aa-dark", "aa-light"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_conversation_looks_as_it_did(
    fresh: Path,
    with_a_conversation: sqlite3.Connection,
    clean_terminal: Callable[[], None],
    size: tuple[int, int],
    theme: str,
) -> None:
    clean_terminal()
    assert with_a_conversation
    compare_all(fresh, ASKED, size, theme)
