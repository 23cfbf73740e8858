"""Evaluations in the app: the run while it goes on, its plan, its samples, and starting one."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven, both_sizes, told
from tests.support.evaluating import on_mock, planned, write_pack
from tests.support.noted import take
from tests.support.working import ANSWERS, tell, without_workers

from aa_tui.catalog import db, labels, life, runs, samples, telemetry
from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.telemetry import MachineState
from aa_tui.engine.mock import Reply, by_question
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.evaluation.plan import prepare_eval
from aa_tui.tui.core.places import Place
from aa_tui.tui.shell.links import UnknownPlaceError, place_of

HOSTILE = "[/nope] [@click=app.leave]x[/] \x1b]0;owned\x07\x1b[31m\u202e"


def replies(*wrong: int) -> dict[str, Reply | str]:
    """Right answers but for these; item 4 is cut short, and item 5's thinking and answer are hostile."""
    found: dict[str, Reply | str] = {}
    for number, (question, answer) in enumerate(ANSWERS.items()):
        said = "Answer: something else" if number in wrong else f"Answer: {answer}"
        found[question] = Reply(said, thinking=f"first thought\nlast thought of {number}")
    found["What is 4?"] = Reply("Answer: number 4", thinking="hm", fault="length")
    found["What is 5?"] = Reply(f"{HOSTILE}\nAnswer: number 5", thinking=f"so {HOSTILE}")
    return found


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return write_pack(tmp_path / "small", ANSWERS)


@pytest.fixture
def evaluated(filled: sqlite3.Connection, pack: Path) -> tuple[int, int]:
    """Two evaluations of the same items: a has 1 and 2 wrong, b has 2 and 3."""
    made = []
    for wrong in ((1, 2), (2, 3)):
        made.append(planned(filled, pack, budgets=()))
        on_mock(filled, made[-1], by_question(replies(*wrong)))
    return made[0], made[1]


@pytest.fixture
def going_on(filled: sqlite3.Connection, pack: Path) -> int:
    """An evaluation with three slots, of which one waits, in the hands of this process."""
    run_id = planned(filled, pack, n_parallel=3)
    take(filled, run_id)
    tell(filled, run_id)
    state = MachineState(utc_now(), 1.0, 0.9, None, 61.2, 32.4, None, None, True, None, False, 3_200_000_000, 0.87)
    telemetry.add(filled, run_id, state)
    return run_id


@pytest.mark.long
@both_sizes
def test_a_run_that_goes_on(drive: Drive, filled: sqlite3.Connection, going_on: int, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("R", "enter")
        await app.shows(f"▶ run {going_on}", "left  72 min (58 min – 1 h 40)")
        await app.shows("score 71.0 % (50.0–86.0)", "2 cut short", "48.0 total", "24.0 a slot")
        await app.shows("3.2 GB", "61 °C", "32 W", "mains", "▇█")
        await app.shows("cpu", "87 %", "no readings of gpu")
        assert "so it is" in app.row_of("item-007"), "thinking is folded to its last line"
        assert "folded away" not in app.text
        assert "Answer: forty-two" in app.row_of("item-009")
        assert any("waits" in line for line in app.lines), "the second slot keeps its line"
        before = [line for line in app.lines if "item-0" in line]
        tell(filled, going_on, n_tokens=99_999, thinking=HOSTILE)
        await app.shows("99,999", "click=app.leave]x[/]")
        after = [line for line in app.lines if "item-0" in line]
        assert [line.index("item-0") for line in before] == [line.index("item-0") for line in after]
        await app.press("K")
        await app.shows("Leave out the sample of item-007?")
        await app.press("y")
        await told(app, "The sample of item-007 will be")
        assert life.control_of(filled, going_on) == (None, "item-007")
        await app.press("j", "K")
        await told(app, "This slot writes nothing just now.")
        await app.press("p")
        await app.shows("pausing…")
        assert life.control_of(filled, going_on)[0] == "pause"
        await app.press("p")
        await app.lacks("pausing…")
        assert life.control_of(filled, going_on)[0] is None
        await app.press("x")
        await app.shows(f"Stop run {going_on}")
        await app.press("f")
        await app.shows("ending…")
        assert life.control_of(filled, going_on)[0] == "finish"
        await app.press("d", "r", "plus")
        for words in ("stop it first", "grades by itself", "it can be planned again"):
            await told(app, words)
        await app.press("tab", "down", "tab", "x")
        await app.shows(f"Stop run {going_on}", "after the samples being written")
        await app.press("y")
        await app.shows("stopping…")
        assert life.control_of(filled, going_on)[0] == "stop"
        life.end(filled, going_on, "stopped", "stopped by the user")
        await app.shows("■ run", "stopped by the user", "p resume", "+ plan")
        assert "item-009" not in app.text, "its slots are gone with it"
        await app.press("escape")
        await app.shows("Progress and result")

    drive(walk, size)


@pytest.mark.long
@both_sizes
def test_what_a_study_does_is_written_once(drive: Drive, filled: sqlite3.Connection, size: tuple[int, int]) -> None:
    from aa_tui.gguf.bundled import bundled_model
    from aa_tui.runs.studies.plan import queue
    from aa_tui.runs.target import find_file

    file = find_file(filled, str(bundled_model()))
    run_id = queue(filled, "cache", file, {"types": [["f16", "f16"]], "depths": [0], "left_out": []}, n_points=1)
    take(filled, run_id)
    life.set_progress(filled, run_id, 0.25, "f16/f16 with an empty context: facts")

    async def walk(app: Driven) -> None:
        await app.press("R", "enter")
        await app.shows("25%", "f16/f16 with an empty context: facts")
        assert app.text.count("empty context: facts") == 1

    drive(walk, size)


@pytest.mark.long
@both_sizes
def test_a_speed_run_on_the_whole_screen(drive: Drive, filled: sqlite3.Connection, size: tuple[int, int]) -> None:
    from aa_tui.gguf.bundled import bundled_model
    from aa_tui.runs import prepare

    run_id = prepare(filled, str(bundled_model()))
    take(filled, run_id)
    life.set_progress(filled, run_id, 0.55, "tg128: repetition 1 of 5")

    async def walk(app: Driven) -> None:
        await app.press("R", "enter")
        await app.shows("speed", "55%", "tg128: repetition 1 of 5")
        life.set_progress(filled, run_id, 0.75, "tg128: repetition 3 of 5")
        await app.shows("75%", "repetition 3 of 5")
        await app.press("K")
        await told(app, "measures speed: it has no")
        await app.press("a")
        await told(app, "measured speed: it has no")
        await app.press("x")
        await app.shows("Stop run")
        assert "after the samples" not in app.text
        await app.press("f", "n")
        assert life.control_of(filled, run_id)[0] is None
        await app.press("y")  # copies the run as text
        await told(app, "Copied the run")
        await app.press("o")
        await app.shows("aa-nano is known from a file")

    drive(walk, size)


@pytest.mark.long
@both_sizes
def test_samples_with_filters(
    drive: Drive, filled: sqlite3.Connection, evaluated: tuple[int, int], size: tuple[int, int]
) -> None:
    run_id = evaluated[0]

    async def walk(app: Driven) -> None:
        await app.press("R", "G", "a")
        await app.shows(f"Run {run_id}", "12 samples", "all outcomes · all categories")
        await app.press("f")  # the wrong ones first
        await app.shows("2 of 12 samples", "wrong ·", "expected: number")
        assert "item-001" in app.text
        assert "item-002" in app.text
        await app.press("f")
        await app.shows("1 of 12 samples", "truncated", "item-004")
        await app.press("f")
        await app.shows("9 of 12 samples", "correct ·")
        await app.press("f")
        await app.shows("12 samples", "all outcomes")
        await app.press("f", "right_square_bracket")
        await app.shows("1 of 12 samples", "wrong · first", "item-002")
        await app.press("right_square_bracket")
        await app.shows("wrong · second", "item-001", "What is 1?", "last thought of 1")
        assert "first thought" not in app.text
        await app.press("z")
        await app.shows("first thought")
        await app.press("u", "z")
        await app.shows("12 samples")
        await app.press("tab", "pagedown", "n", "N", "tab", "left_square_bracket", "u", "y")
        await told(app, "Copied the sample")
        await app.press("Y")
        await told(app, "Copied the list of 12 samples")
        await app.press("escape")
        await app.shows("Progress and result")

    drive(walk, size)


@pytest.mark.long
def test_hostile_texts_stay_text(drive: Drive, fresh: Path, evaluated: tuple[int, int]) -> None:
    with db.open_catalog(fresh) as conn:
        place = place_of(conn, f"runs/{evaluated[0]}/samples/item-005")

    async def walk(app: Driven) -> None:
        await app.shows("[/nope] [@click=app.leave]x[/]", "✓ correct")
        assert app.cursor_line.split()[0].endswith("item-005")
        assert not any(character in app.text for character in "\x1b\x07\u202e")
        await app.press("z")
        await app.shows("z folds")
        await app.press("escape")
        await app.shows("Progress and result")

    drive(walk, (120, 40), place)


@pytest.mark.long
@both_sizes
def test_two_runs_side_by_side(
    drive: Drive, filled: sqlite3.Connection, evaluated: tuple[int, int], size: tuple[int, int]
) -> None:
    async def walk(app: Driven) -> None:
        await app.press("R", "D")
        await told(app, "Mark two evaluations with Space")
        await app.press("G", "space", "k", "space")
        await app.until(lambda: app.text.count("•") == 2, "two marks")
        await app.press("D")
        await app.shows("2 of 12 items differ", "only a right 1 · only b right 1 · other outcome 0")
        await app.press("f")
        await app.shows("▸only a right 1", "item-003")
        assert "item-001" not in app.text
        await app.press("f")
        await app.shows("▸only b right 1", "item-001", "something else")
        if size[0] >= 100:
            await app.shows("Answer: something else", "Answer: number 1")
        await app.press("z", "n", "N", "tab", "pagedown", "tab", "f", "y")
        await told(app, "Copied both samples")
        await app.press("escape")
        await app.shows("Progress and result")
        await app.press("c")
        await app.shows(f"run {evaluated[0]}", f"run {evaluated[1]}")
        await app.press("escape", "R", "u")
        await app.lacks("•")

    drive(walk, size)


@pytest.mark.long
@both_sizes
def test_the_plan_after_a_pilot(
    drive: Drive, filled: sqlite3.Connection, pack: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    run_id = planned(filled, pack, pilot=5)
    on_mock(filled, run_id, by_question(replies()), step_s=0.0005, sleeps=True)
    started = without_workers(monkeypatch)

    async def walk(app: Driven) -> None:
        await app.press("R", "enter")
        await app.shows("pilot: 5 done", "tokens per question", "± ", "95 % range", "slots 4")
        assert "12" in app.cursor_line
        await app.press("a")
        await app.shows("5 samples")
        await app.press("escape")
        await app.shows("pilot: 5 done")
        await app.press("u")
        await app.shows(f"Resume run {run_id}")
        await app.press("down", "down", *"soon", "enter")
        await app.shows("Budget: “soon” is no time")
        await app.press("escape", "u", "right")
        await app.shows("tonight", "22:00", "07:00", "only on mains power")
        await app.press("enter")
        await app.shows(f"Run {run_id} resumes", "queued")
        await app.press("escape", "escape")

    drive(walk, size)
    run = runs.get(filled, run_id)
    assert started == [run_id]
    assert run.settings["limit"] == 12
    assert run.conditions["mains_only"] is True
    assert run.conditions["temperature_at_most_c"] == 85
    assert run.conditions["not_before"] < run.conditions["not_after"]


@pytest.mark.long
@both_sizes
def test_start_an_evaluation(
    drive: Drive, filled: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    from aa_tui.gguf.bundled import bundled_model
    from aa_tui.runs.target import find_file

    find_file(filled, str(bundled_model()))
    started = without_workers(monkeypatch)

    async def walk(app: Driven) -> None:
        await app.press("slash", *"aa-nano", "enter")
        await app.shows("aa-nano")
        await app.press("b")
        await app.shows("Measure aa-nano", "Ctrl+E evaluate")
        await app.press("E")
        await app.shows("Evaluate on this machine: aa-nano", "aa-nano-Q8_0.gguf")
        await app.shows("for 1 slot with a context of 4k: fits")
        await app.press("down", "right", "left", "space", "left")
        await app.press("down", "right")
        await app.shows("plain, with solved examples")
        await app.press("down", "right")
        await app.shows("those that tell most, by your own runs of the pack")
        await app.press("enter")
        await app.shows("Runs of 3 different files that have answered most of quick")
        await app.press("left")
        await app.press("down", "0", "enter")
        await app.shows("Items: “0” is no whole number above 0.")
        await app.press("backspace", "7", "down", *"30m", "down", *"0.4", "down", "right")
        await app.shows("this pack only")
        await app.press("down", "right", "right")
        await app.shows("tonight", "only on mains power")
        await app.press("left")
        await app.lacks("only on mains power")
        await app.press("left", "enter")
        await app.shows("pilot: 0 done", "The pilot is running")
        await app.press("enter")
        await told(app, "is still doing its pilot")

    drive(walk, size)
    run = runs.list_runs(filled)[0]
    assert started == [run.id]
    assert (run.kind, run.n_items) == ("eval", 7)
    assert run.settings["pilot"] == 5
    assert run.settings["prompt"] == "plain"
    assert run.settings["budget_s"] == 1_800
    assert run.settings["until_width"] == pytest.approx(0.4)
    assert run.settings["these_items"] is True


@pytest.mark.long
@both_sizes
def test_two_keys_start_what_was_measured_before(
    drive: Drive, filled: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    """E and Enter show what it takes, going by the earlier run; Enter starts it."""
    from aa_tui.gguf.bundled import bundled_model

    earlier = prepare_eval(filled, str(bundled_model()), "nano", options=EvalOptions(limit=6, n_parallel=2, budgets=()))
    on_mock(filled, earlier, lambda *_: Reply("Answer: 1", thinking="so " * 20))
    started = without_workers(monkeypatch)

    async def walk(app: Driven) -> None:
        await app.press("slash", *"aa-nano", "enter")
        await app.shows("aa-nano")
        await app.press("E")
        await app.shows("How long it takes is not known yet: the plan does 5 items to find out.")
        await app.press("down", "down", "left")
        await app.shows("another chat template, of a file: ›   4 of 4")
        await app.press("left")
        await app.shows("the chat template, answers held to a schema ›   3 of 4")
        await app.press("right", "right", "up", "left")
        await app.shows("280 items take about", f"going by run {earlier}")
        await app.press("enter")
        await app.shows(f"as in run {earlier}", "tokens per question", "280", "start now")
        assert started == []
        await app.press("enter")
        await app.until(lambda: started != [], "the run")

    drive(walk, size)
    run = runs.get(filled, started[0])
    assert run.settings["limit"] == 280
    assert run.settings["pilot"] is None


@pytest.mark.long
def test_the_log_of_a_worker_is_one_key_away(
    drive: Drive, filled: sqlite3.Connection, going_on: int, tmp_path: Path
) -> None:
    log = tmp_path / "run.log"
    log.write_text(f"first words\n{HOSTILE}\n")
    runs.set_log_path(filled, going_on, str(log))

    async def walk(app: Driven) -> None:
        await app.press("R", "exclamation_mark")
        await app.shows(f"Log of run {going_on}", "first words")
        with log.open("a") as more:
            more.write("later words\n")
        await app.shows("later words")
        life.end(filled, going_on, "failed", "It died.", crash={"signal": "SIGSEGV", "phase": "generating"})
        await app.press("exclamation_mark")
        await app.lacks("Log of run")
        await app.press("enter", "exclamation_mark")
        await app.shows("Died of SIGSEGV while generating.")

    drive(walk)


@pytest.mark.parametrize("wanted", [True, False])
def test_the_end_of_a_run_rings_unless_that_is_turned_off(
    drive: Drive, filled: sqlite3.Connection, going_on: int, monkeypatch: pytest.MonkeyPatch, wanted: bool
) -> None:
    monkeypatch.setenv("AA_TUI_NOTIFICATIONS", "on" if wanted else "off")
    written: list[str] = []

    async def walk(app: Driven) -> None:
        assert app.app._driver is not None
        monkeypatch.setattr(app.app._driver, "write", written.append)
        life.end(filled, going_on, "finished")
        await told(app, f"Run {going_on} of aa-nano Q8_0 finished.")

    drive(walk)
    rung = f"\a\x1b]9;aa-tui: Run {going_on} of aa-nano Q8_0 finished.\x1b\\"
    assert [text for text in written if "\a" in text] == ([rung] if wanted else [])


@pytest.mark.long
@both_sizes
def test_the_charts_of_one_run(
    drive: Drive, filled: sqlite3.Connection, evaluated: tuple[int, int], size: tuple[int, int]
) -> None:
    first, second = evaluated

    async def walk(app: Driven) -> None:
        await app.press("R", "down", "enter")
        await app.shows(f"run {first}")
        await app.press("C")
        await app.shows("1 of 13", "Quant against quant", f"run {first}", "small 1")
        await app.press("n")
        await app.shows("Score by kind and level")
        await app.press("n")
        await app.shows("Accuracy against speed")
        await app.press("escape")
        await app.shows("for similar items")
        await app.press("escape", "C")
        await app.shows("Accuracy against speed", f"run {first}", "small 1")
        await app.press("escape")
        await app.shows("finished")

    async def linked(app: Driven) -> None:
        await app.shows("Outcomes by category", f"run {second}", "small 1")

    drive(walk, size)
    drive(linked, size, place_of(filled, f"runs/{second}/charts/here-outcomes"))


@pytest.mark.long
@both_sizes
def test_the_interval_of_just_these_items(drive: Drive, evaluated: tuple[int, int], size: tuple[int, int]) -> None:
    """All twelve items are done: of these the score is known, of such items it is not."""

    async def walk(app: Driven) -> None:
        await app.press("R", "enter")
        await app.shows("95 %, for similar items", "75.0 % (46.8–91.1)")
        await app.press("I")
        await app.shows("for just these 12 items", "75.0 % (75.0–75.0)")
        await app.press("I")
        await app.shows("for similar items")

    drive(walk, size)


@pytest.mark.long
@both_sizes
def test_the_head_of_a_run_that_goes_on_says_the_score_that_stands_below(
    drive: Drive, filled: sqlite3.Connection, evaluated: tuple[int, int], size: tuple[int, int]
) -> None:
    """The worker tells its score every few seconds, the samples are counted anew at each: nine of twelve are right."""
    run_id = evaluated[1]
    assert life.requeue(filled, run_id)
    take(filled, run_id)
    tell(filled, run_id)  # a score of 0.71, with two cut short

    async def walk(app: Driven) -> None:
        await app.press("R", "enter")
        await app.shows(f"▶ run {run_id}", "score 75.0 % (46.8–91.1)", "1 cut short", "75.0 % (46.8–91.1)")

    drive(walk, size)


@pytest.mark.long
def test_start_what_waits_delete_and_regrade(
    drive: Drive, filled: sqlite3.Connection, evaluated: tuple[int, int], pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aa_tui.runs.evaluation.options import EvalOptions
    from aa_tui.runs.evaluation.plan import prepare_eval

    waiting = prepare_eval(
        filled, runs.get(filled, evaluated[0]).file.path, str(pack), options=EvalOptions(), planned=True
    )
    started = without_workers(monkeypatch)

    async def walk(app: Driven) -> None:
        await app.press("R")
        await app.shows("· planned", "0/12")
        await app.press("P")
        await app.shows(f"Started: run {waiting}.", "queued")
        await app.press("d")
        await app.shows("stop it first")
        await app.press("x", "y")
        await app.shows("stopped before it began")
        await app.press("d", "y")
        await app.shows(f"Run {waiting} is deleted.")
        await app.press("r")
        await app.shows("12 samples graded again, 0 with another outcome")
        await app.shows("let these count", "leave the run as it is")
        await app.press("y")
        await told(app, "has the verdicts of today's graders")
        await app.press("d", "n")
        await app.press("p")
        await app.shows("is finished: there is nothing left to do")

    drive(walk, (120, 40))
    assert started == [waiting]
    assert [run.id for run in runs.list_runs(filled)] == [evaluated[1], evaluated[0]]


@pytest.mark.long
def test_save_a_run_and_a_sample(drive: Drive, evaluated: tuple[int, int], tmp_path: Path) -> None:
    async def walk(app: Driven) -> None:
        await app.press("R", "G", "a")
        await app.shows("12 samples", "Prompt")
        await app.press("e")
        await app.shows("Sample item-", "List of samples", f"All of run {evaluated[0]}")
        for target, downs in (("sample.md", 1), ("run.html", 5), ("run.json", 7)):
            await app.press(*["down"] * downs, "tab")
            box = app.app.screen.query_one("#path")
            box.value = str(tmp_path / target)  # type: ignore[attr-defined]
            await app.press("enter")
            await told(app, "Written:")
            await app.press("e")
        await app.press("escape")

    drive(walk, (120, 40))
    assert "Prompt" in (tmp_path / "sample.md").read_text()
    report = (tmp_path / "run.html").read_text()
    assert "<svg" in report
    assert "Strict score" in report
    whole = json.loads((tmp_path / "run.json").read_text())
    assert whole["run_id"] == evaluated[0]
    assert len(whole["samples"]) == 12


def test_deep_links(filled: sqlite3.Connection, evaluated: tuple[int, int]) -> None:
    run_id = evaluated[0]
    assert place_of(filled, f"runs/{run_id}/samples") == Place("samples", run_id=run_id)
    assert place_of(filled, f"runs/{run_id}/plan") == Place("plan", run_id=run_id)
    assert place_of(filled, f"runs/{run_id}/samples/item-003").item == "item-003"
    assert place_of(filled, f"runs/{run_id}/charts") == Place("charts", run_id=run_id)
    assert place_of(filled, f"runs/{run_id}/charts/here-outcomes").chart == "here-outcomes"
    for link, words in (
        (f"runs/{run_id}/beauty", "there are charts, plan, samples and samples/ITEM"),
        (f"runs/{run_id}/charts/latency", "it shows published figures"),
        (f"runs/{run_id}/charts/here-speed", "the run is an evaluation"),
        (f"runs/{run_id}/charts/beauty", "There is no chart “beauty”"),
        (f"runs/{run_id}/samples/nothing", "no finished sample of “nothing”"),
        (f"runs/{run_id}/plan/more", "there are charts, plan, samples and samples/ITEM"),
    ):
        with pytest.raises(UnknownPlaceError, match=words):
            place_of(filled, link)


@pytest.mark.long
@both_sizes
def test_the_palette_and_help_know_runs(drive: Drive, evaluated: tuple[int, int], size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("colon", *f"samples of run {evaluated[0]}")
        await app.shows(f"Samples of run {evaluated[0]}")
        await app.press("down", "enter")
        await app.shows("12 samples", "all outcomes")
        await app.press("question_mark")
        await app.shows("Samples: keys", "only the wrong ones")
        await app.press("escape", "escape", "enter", "question_mark")
        await app.shows("Run: keys", "choose a slot")
        await app.press("escape")

    drive(walk, size)


@pytest.mark.long
def test_ascii_alone(drive: Drive, filled: sqlite3.Connection, evaluated: tuple[int, int], going_on: int) -> None:
    async def walk(app: Driven) -> None:
        for keys in (
            ("R",),
            ("enter",),
            ("escape", "G", "enter"),
            ("a",),
            ("escape", "escape", "space", "k", "space", "D"),
        ):
            await app.press(*keys)
            await app.app.workers.wait_for_complete()
            await app.pilot.pause()
            for strip in app.app.screen._compositor.render_strips():
                segments = list(strip)
                for one in app.app.get_line_filters():
                    segments = one.apply(segments, app.app.screen.background_colors[1])
                assert "".join(part.text for part in segments).isascii()

    drive(walk, in_ascii=True)


@pytest.mark.long
@both_sizes
def test_label_by_eye(
    drive: Drive, filled: sqlite3.Connection, evaluated: tuple[int, int], size: tuple[int, int]
) -> None:
    """Items 1 and 2 are graded wrong, item 4 is cut short."""
    run_id = evaluated[0]

    def labels_now() -> dict[str, tuple[str, bool]]:
        items = {row.id: row.item_id for row in samples.scored(filled, run_id)}
        return {items[one.sample_id]: (one.label, one.blind) for one in labels.of_run(filled, run_id).values()}

    async def walk(app: Driven) -> None:
        await app.press("R", "G", "enter")
        await app.shows("similar items")
        assert "by eye" not in app.text
        await app.press("a")
        await app.shows("12 samples")
        assert "By eye" not in app.text
        first = app.cursor_line.split()[0].strip("▌")
        await app.press("1")
        await app.shows("By eye", "✓ right")
        assert labels_now() == {first: ("right", False)}
        await app.press("3", "y")
        await app.shows("? unclear")
        await app.press("0", "y")
        await app.lacks("By eye")
        assert labels_now() == {}
        await app.press("f")
        await app.shows("2 of 12 samples", "✗ wrong")
        await app.press("1")
        await app.shows("✓ right ≠", "≠ the grader disagrees", "expected: number ")
        await app.press("n", "2")
        await app.until(lambda: len(labels_now()) == 2, "two labels")
        await app.press("u", "v")
        await app.shows("10 of 12 samples · all outcomes · all categories · not labelled")
        await app.press("v")
        await app.shows("2 of 12 samples", "· labelled")
        await app.press("v")
        await app.shows("1 of 12 samples", "· disagrees", "✓ right ≠")
        await app.press("v", "u", "escape")
        await app.shows("by eye", "agree on 1 of 2")

    drive(walk, size)
    assert sorted(label for label, _ in labels_now().values()) == ["right", "wrong"]


@pytest.mark.long
@both_sizes
def test_label_blind(
    drive: Drive, filled: sqlite3.Connection, evaluated: tuple[int, int], size: tuple[int, int]
) -> None:
    run_id = evaluated[0]

    async def walk(app: Driven) -> None:
        await app.press("R", "G", "a")
        await app.shows("12 samples")
        await app.press("G", "B")
        await app.shows("· blind", "· hidden", "the verdict is hidden until you say")
        assert "correct" not in app.text
        assert "exact/1" not in app.text
        await app.press("f")
        await app.lacks("all outcomes")
        assert "✓" not in app.text, "the filters hide it too"
        await app.press("u", "g")
        await app.until(lambda: "hidden" in app.cursor_line or "truncated" in app.cursor_line, "the first one")
        await app.press("f", "f")  # in turn: what was cut short, what is hidden
        await app.shows("11 of 12 samples", "hidden ·")
        await app.press("end", "up", "2")
        await app.shows("10 of 12 samples")
        await app.press("u", "B")
        await app.lacks("· blind")
        await app.shows("By eye")

    drive(walk, size)
    (label,) = labels.of_run(filled, run_id).values()
    assert (label.label, label.blind) == ("wrong", True)
    assert label.outcome in ("correct", "wrong")
