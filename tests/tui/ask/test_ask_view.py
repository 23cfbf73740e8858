"""Try a prompt in the app: what is typed, what is written, what is kept."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.support import tiny
from tests.support.asking import prepared, sample
from tests.support.driven import Drive, Driven, both_sizes, told
from tests.support.working import without_workers

from aa_tui.catalog import asked, life, runs, samples
from aa_tui.catalog.db import path_of
from aa_tui.catalog.rows import LiveSlot
from aa_tui.gguf.bundled import bundled_model
from aa_tui.runs import locks
from aa_tui.runs.target import find_file
from aa_tui.tui.ask.prompt import Prompt
from aa_tui.tui.core.places import Place
from aa_tui.tui.widgets.reading import Reading

FILE = Place("ask", target=str(bundled_model()))


def box(app: Driven) -> Prompt:
    """What one writes in."""
    return app.app.screen.query_one(Prompt)


def tell(conn: sqlite3.Connection, run_id: int, *, thinking: str = "", answer: str = "", n_tokens: int = 0) -> None:
    """What a worker publishes while it writes."""
    phase = "answer" if answer else "thinking" if thinking else "prompt"
    slot = LiveSlot(0, "1", phase, n_tokens, 12.5 if n_tokens else None, thinking, answer)
    life.set_progress(conn, run_id, 0.0, "writing" if n_tokens else "reading the prompt", slots=[slot])


def begun(conn: sqlite3.Connection, run_id: int) -> None:
    """A worker has the run: this process, as far as anybody can see."""
    assert locks.run_lock(path_of(conn), run_id).take()
    assert life.claim(conn, run_id, 1, 1.0)
    assert life.begin(conn, run_id)


@pytest.mark.long
@both_sizes
def test_from_a_file_to_an_answer_and_a_second_one(
    drive: Drive, filled: sqlite3.Connection, size: tuple[int, int]
) -> None:
    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.shows("known models available", bundled_model().name)
        await app.move_to(bundled_model().name)
        await app.press("t")
        await app.shows("Try a prompt", bundled_model().name, "Write what to ask")
        await app.press(*"What is 3 + 4?", "enter")
        await app.shows("› What is 3 + 4?", "ended of itself", "first token", "tok/s", "thinking")
        await app.press(*"xqb 5", "enter")  # letters, where no other key is meant
        await app.until(lambda: app.text.count("ended of itself") == 2, "the second answer")
        await app.shows("known already", "› xqb 5")
        await app.press("escape", "escape")
        await app.shows("known models available")

    drive(walk, size)
    run = runs.list_runs(filled)[0]
    turns = asked.turns(filled, run.id)
    assert [turn.asked.prompt for turn in turns] == ["What is 3 + 4?", "xqb 5"]
    assert turns[1].sample is not None
    assert turns[1].sample.n_cached > 10


def test_from_a_page_by_the_file_that_is_chosen(
    drive: Drive, filled: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = without_workers(monkeypatch)
    find_file(filled, str(bundled_model()))
    other = tmp_path / "other-Q4_0.gguf"
    other.write_bytes(bundled_model().with_name("aa-nano-Q4_0.gguf").read_bytes() + bytes(32))
    find_file(filled, str(other), model="aa-nano")

    async def walk(app: Driven) -> None:
        await app.press("t")
        await app.shows("Try a prompt on aa-nano", bundled_model().name, other.name)
        await app.press("down" if other.name not in app.cursor_line else "up", "enter")
        await app.shows("Write what to ask")
        await app.press(*"hi", "enter")
        await app.until(lambda: bool(started), "a run")

    drive(walk, start="aa-nano")
    assert len(asked.of_run(filled, started[0])) == 1


def test_a_page_without_a_file_says_what_to_do(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        await app.shows("Nanbeige4.1-3B")
        await app.press("t")
        await told(app, "No file of Nanbeige4.1-3B is here")

    drive(walk, start="nanbeige4.1-3b")


@pytest.mark.long
@both_sizes
def test_what_is_written_comes_as_it_is_written(
    drive: Drive, filled: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    started = without_workers(monkeypatch)

    async def walk(app: Driven) -> None:
        await app.shows("Write what to ask")
        await app.press(*"why?", "enter")
        await app.until(lambda: bool(started), "a run")
        begun(filled, started[0])
        tell(filled, started[0])
        await app.shows("› why?", "reading the prompt", "Esc x ends it")
        tell(filled, started[0], thinking="first\nthen [bold]that", n_tokens=7)
        await app.shows("then [bold]that", "thinking, 7 tokens, 12.5 tok/s")
        assert "first" not in app.text
        await app.press("escape", "z")
        await app.shows("first", "z folds")
        await app.press("z")
        await app.lacks("first")
        tell(filled, started[0], thinking="first", answer="It is [red]so", n_tokens=12)
        await app.shows("It is [red]so", "answer, 12 tokens")
        await app.press("enter", *"more", "enter")
        await told(app, "still answering: Esc, then x ends that")
        assert box(app).text == "more"
        await app.press("escape", "x")
        await app.until(lambda: life.control_of(filled, started[0])[1] == "1", "the wish to end it")
        samples.add(
            filled, started[0], sample(1, "why?", answer="It is so\x1b[31m", finish_reason="cancelled", n_answer=3)
        )
        await app.shows("It is so", "what was written until then is kept")
        await app.press("x")
        await told(app, "Nothing is being answered")

    drive(walk, size, FILE)


def test_a_run_that_waits_says_for_what_and_can_be_given_up(
    drive: Drive, filled: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = without_workers(monkeypatch)

    async def walk(app: Driven) -> None:
        await app.press(*"why?", "enter")
        await app.until(lambda: bool(started), "a run")
        assert locks.run_lock(path_of(filled), started[0]).take()
        assert life.claim(filled, started[0], 1, 1.0)
        life.beat(filled, started[0], "waiting for run 7")
        await app.shows("waiting for run 7")
        await app.press("escape", "x")
        await app.shows("stopped before it began")

    drive(walk, start=FILE)
    assert runs.get(filled, started[0]).state == "stopped"


def test_what_cannot_be_asked_stands_in_the_box_again(drive: Drive, tmp_path: Path) -> None:
    (tmp_path / "text.gguf").write_text("this is no model")

    async def walk(app: Driven) -> None:
        await app.press(*"why?", "enter")
        await app.shows("GGUF file (it begins with")
        assert box(app).text == "why?"
        assert box(app).has_focus
        box(app).clear()
        await app.press("enter")
        await told(app, "There is nothing to ask yet")

    drive(walk, start=Place("ask", target=str(tmp_path / "text.gguf")))


def test_a_prompt_of_several_lines(drive: Drive, filled: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    started = without_workers(monkeypatch)

    async def walk(app: Driven) -> None:
        await app.press(*"one", "ctrl+j", *"two")
        await app.until(lambda: box(app).size.height == 2, "a second line")
        await app.press("enter")
        await app.until(lambda: bool(started), "a run")
        await app.shows("› one", "  two")
        assert box(app).size.height == 1

    drive(walk, start=FILE)
    assert asked.of_run(filled, started[0])[0].prompt == "one\ntwo"


@pytest.mark.long
def test_a_conversation_is_opened_from_the_list_of_runs_and_leads_on(
    drive: Drive, filled: sqlite3.Connection, tmp_path: Path
) -> None:
    path = tiny.write(tmp_path / "tiny.gguf", tiny.SCRIPT, tiny.NANBEIGE)
    run_id = prepared(filled, "first question", path=path)
    long = "\n".join(f"line {number}" for number in range(60))
    samples.add(filled, run_id, sample(1, "first question", answer=long, thinking="hm\nhmm", n_thinking=2))
    life.end(filled, run_id, "finished")

    async def walk(app: Driven) -> None:
        await app.press("R")
        await app.shows("1 of 1 answered")
        await app.press("enter")
        await app.shows("line 59", "first token 0.25 s")
        talk = app.app.screen.query_one("#ask-talk", Reading)
        await app.press("pageup", "pageup")
        await app.until(lambda: talk.scroll_offset.y < talk.max_scroll_y, "an earlier line")
        await app.press("escape", "g")
        await app.shows("› first question", "hmm", "line 1")
        await app.press("y")
        await told(app, "the answer")
        await app.press("Y")
        await told(app, "the conversation")
        await app.press("a")
        await app.shows("Run 1  1 samples", "not graded")
        await app.press("escape")
        await app.shows("Try a prompt")
        await app.press("escape", "e")
        await app.shows("All of run 1")

    drive(walk, (120, 30))


def test_a_failed_answer_says_why(drive: Drive, filled: sqlite3.Connection) -> None:
    run_id = prepared(filled, "too long")
    samples.add(filled, run_id, sample(1, "too long", finish_reason="error", message="The prompt has 9 tokens: no."))
    life.end(filled, run_id, "failed", "The prompt has 9 tokens: no.")

    async def walk(app: Driven) -> None:
        await app.shows("› too long", "The prompt has 9 tokens: no.")
        assert "(no answer)" not in app.text

    drive(walk, start=Place("ask", run_id=run_id))
