"""Evaluations on an engine with known answers and faults: outcomes, scores, order, resuming, what is asked."""

from __future__ import annotations

import random
import sqlite3
import string
from pathlib import Path

import pytest
from tests.support import tiny
from tests.support.evaluating import on_mock, planned, write_pack

from aa_tui.catalog import life, runs, samples
from aa_tui.engine.chat import CHATML
from aa_tui.engine.errors import EngineError
from aa_tui.engine.mock import MockEngine, Reply, by_question
from aa_tui.gguf.reasoning import formats
from aa_tui.pages import evaluation, plan
from aa_tui.pages.json import evaluation as evaluation_json
from aa_tui.pages.json import plan as plan_json
from aa_tui.pages.text import evaluation as evaluation_text
from aa_tui.pages.text import plan as plan_text
from aa_tui.runs.errors import RunError
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.evaluation.plan import prepare_eval

ANSWERS = {f"What is {number}?": f"number {number}" for number in range(12)}


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return write_pack(tmp_path / "small", ANSWERS)


def replies(**special: Reply) -> dict[str, Reply | str]:
    """The right answer to every question, but for those named by their number."""
    found: dict[str, Reply | str] = {
        question: Reply(f"Answer: {answer}", thinking="hm, let me see") for question, answer in ANSWERS.items()
    }
    for number, reply in special.items():
        found[f"What is {number.removeprefix('n')}?"] = reply
    return found


def letters(count: int) -> str:
    """A text in which nothing repeats."""
    return "".join(random.Random(0).choices(string.ascii_lowercase, k=count))


def report(conn: sqlite3.Connection, run_id: int) -> evaluation.EvalReport:
    return evaluation.load(conn, runs.get(conn, run_id))


def test_known_replies_give_exactly_their_outcomes(conn: sqlite3.Connection, pack: Path) -> None:
    special = replies(
        n1=Reply("Answer: something else", thinking="hm"),
        n2=Reply("I would rather not say.", thinking="hm"),
        n3=Reply("Answer: number 3", thinking="hm", fault="length"),
        n4=Reply("Answer: number 4", thinking="hm", fault="loop", fault_after=1),
        n5=Reply("Answer: number 5", thinking="hm", fault="nan"),
        n6=Reply("", thinking="only thoughts"),
        n7=Reply("Answer: number 7", thinking="hm", fault="timeout"),
    )
    run_id = planned(conn, pack, n_parallel=1, max_sample_s=60.0, max_output_tokens=2_000)
    ending = on_mock(conn, run_id, by_question(special))
    assert ending.state == "finished"
    shown = report(conn, run_id)
    outcomes = {row.item_id: row.outcome for row in shown.samples}
    assert outcomes == {
        **{f"item-{number:03}": "correct" for number in (0, 8, 9, 10, 11)},
        "item-001": "wrong",
        "item-002": "wrong",
        "item-003": "truncated",
        "item-004": "loop",
        "item-005": "error",
        "item-006": "no_answer",
        "item-007": "timeout",
    }
    run = runs.get(conn, run_id)
    assert (run.state, run.n_done, run.n_items) == ("finished", 12, 12)
    assert shown.summary.no_headline == "no score: 1 of 12 samples are errors, more than 2 %"
    assert shown.strict is None
    assert not any("score" in name for name in runs.result_of(conn, run).measurements)


def test_three_scores_from_known_replies(conn: sqlite3.Connection, pack: Path) -> None:
    special = replies(
        n1=Reply("Answer: something else", thinking="hm"),
        n3=Reply("Answer: number 3", thinking="hm", fault="length"),
        n4=Reply("Answer: number 4", thinking="hm", fault="loop", fault_after=1),
        n6=Reply("", thinking="only thoughts"),
        n7=Reply("Answer: number 7", thinking="hm", fault="timeout"),
    )
    run_id = planned(conn, pack, n_parallel=1, max_sample_s=60.0, max_output_tokens=2_000)
    assert on_mock(conn, run_id, by_question(special)).state == "finished"
    part = report(conn, run_id).summary.all
    assert part.strict is not None
    assert part.completed is not None
    assert part.truncation is not None
    assert part.strict.value == pytest.approx(7 / 12)
    assert part.completed.value == pytest.approx(7 / 9)
    assert part.truncation.value == pytest.approx(3 / 12)
    figures = runs.result_of(conn, runs.get(conn, run_id)).measurements
    assert figures["eval.small.score_strict"].value == pytest.approx(7 / 12)
    assert figures["eval.small.score_strict"].n == 12
    assert figures["eval.small.score_strict"].interval_low == pytest.approx(part.strict.interval.low)


def test_thinking_and_answer_are_counted_and_kept_apart(conn: sqlite3.Connection, pack: Path) -> None:
    run_id = planned(conn, pack, limit=1)
    on_mock(conn, run_id, by_question(replies()))
    row = samples.scored(conn, run_id)[0]
    whole = samples.get(conn, row.id)
    assert whole.thinking == "hm, let me see"
    assert whole.answer.startswith("Answer: number")
    assert (row.n_thinking, row.n_answer) == (len(whole.thinking) + 2, len(whole.answer)), "the tags are thinking"
    assert "What is" in whole.prompt


def test_an_engine_that_fails_keeps_what_was_finished_and_goes_on(conn: sqlite3.Connection, pack: Path) -> None:
    run_id = planned(conn, pack, n_parallel=1)

    def fails_late(engine: MockEngine) -> None:
        engine.raises_at_step = 150

    with pytest.raises(EngineError):
        on_mock(conn, run_id, by_question(replies()), fails_late)
    life.end(conn, run_id, "failed", "llama.cpp failed")
    first = samples.scored(conn, run_id)
    assert 0 < len(first) < 12
    assert on_mock(conn, run_id, by_question(replies())).state == "finished"
    rows = samples.scored(conn, run_id)
    assert rows[: len(first)] == first, "nothing that was finished is touched"
    assert len({row.item_id for row in rows}) == len(rows) == 12
    assert all(row.outcome == "correct" for row in rows)
    assert runs.get(conn, run_id).n_done == 12


def test_a_pack_that_changed_is_not_continued(conn: sqlite3.Connection, pack: Path) -> None:
    run_id = planned(conn, pack, pilot=3)
    assert on_mock(conn, run_id, by_question(replies())).state == "planned"
    write_pack(pack, {**ANSWERS, "What is new?": "news"})
    with pytest.raises(RunError, match=r"the pack was small 1 .* is small 1"):
        on_mock(conn, run_id, by_question(replies()))
    assert len(samples.scored(conn, run_id)) == 3


def test_a_pilot_stops_by_itself_and_belongs_to_the_run(conn: sqlite3.Connection, pack: Path) -> None:
    run_id = planned(conn, pack, pilot=5)
    ending = on_mock(conn, run_id, by_question(replies()))
    assert (ending.state, ending.reason) == ("planned", "the pilot of 5 items is done")
    assert runs.get(conn, run_id).n_done == 5
    assert on_mock(conn, run_id, by_question(replies())).state == "finished"
    assert runs.get(conn, run_id).n_done == 12


def test_repeats_are_samples_of_their_own_and_one_cluster(conn: sqlite3.Connection, pack: Path) -> None:
    run_id = planned(conn, pack, limit=4, epochs=3)
    on_mock(conn, run_id, by_question(replies(n1=Reply("Answer: no"))))
    shown = report(conn, run_id)
    assert len(shown.samples) == 12
    assert {row.epoch for row in shown.samples} == {1, 2, 3}
    assert shown.strict is not None
    assert "cluster" in shown.strict.interval.method or shown.strict.value in (0, 1)


def test_the_budget_curve_counts_what_copies_answer(conn: sqlite3.Connection, pack: Path) -> None:
    long = {question: Reply(f"Answer: {answer}", thinking=letters(700)) for question, answer in ANSWERS.items()}
    run_id = planned(conn, pack, budgets=(100, 600, 1_000), max_output_tokens=1_500)
    on_mock(conn, run_id, by_question(long))
    assert {row.outcome for row in samples.scored(conn, run_id)} == {"correct"}
    curve = report(conn, run_id).curve
    assert [point.budget_tokens for point in curve] == [100, 600, None]
    assert [point.n_forced for point in curve] == [12, 12, 0]
    assert curve[-1].score.value == 1


def test_stopping_by_width_states_an_interval_that_holds_then(conn: sqlite3.Connection, tmp_path: Path) -> None:
    answers = {f"Question {number}?": "yes" for number in range(2_000)}
    pack = write_pack(tmp_path / "many", answers, name="many")
    run_id = planned(conn, pack, until_width=0.2)
    ending = on_mock(conn, run_id, by_question({"Question": "Answer: yes"}), sleeps=True, step_s=0.005)
    assert ending.state == "finished"
    assert "at any stopping time" in (ending.reason or "")
    run = runs.get(conn, run_id)
    assert (run.ended_by, run.ended_by_score) == ("aim", True)
    assert 4 <= run.n_done < 1_000
    figure = runs.result_of(conn, run).measurements["eval.many.score_strict"]
    assert "sequence" in (figure.interval_method or "")
    assert figure.interval_kind == "any-time"
    shown = report(conn, run_id).strict
    assert shown is not None
    assert shown.interval.low == figure.interval_low


def test_plain_prompts_are_part_of_what_a_run_is_and_chat_prompts_are_as_they_were(
    conn: sqlite3.Connection, pack: Path
) -> None:
    chat, plain = planned(conn, pack, limit=2), planned(conn, pack, limit=2, prompt="plain")
    for run_id in (chat, plain):
        assert on_mock(conn, run_id, lambda *_: Reply("number 0\n\nQuestion: more")).state == "finished"
    assert "prompt" not in runs.get(conn, chat).identity_parts["settings"]
    assert runs.get(conn, plain).identity_parts["settings"]["prompt"] == "plain/1"
    assert runs.get(conn, plain).identity != runs.get(conn, chat).identity
    told = samples.scored(conn, plain)
    assert {row.finish_reason for row in told} == {"stop"}
    assert {row.extracted for row in told} == {"number 0"}  # up to the empty line
    assert any("plain: solved examples" in line for line in evaluation_text.lines(report(conn, plain)))
    assert not any("plain" in line for line in evaluation_text.lines(report(conn, chat)))


def test_prompts_that_do_not_fit_the_model_are_left_out_and_said(conn: sqlite3.Connection, tmp_path: Path) -> None:
    """Never a failed run, never a wrong answer: named in the record, on the page and in the plan."""
    long = {f"{letters(30_000)} {number}?": "nothing" for number in range(2)}
    run_id = planned(conn, write_pack(tmp_path / "long", {**ANSWERS, **long}), pilot=3, these_items=True)
    assert on_mock(conn, run_id, by_question(replies())).state == "planned"
    run = runs.get(conn, run_id)
    words = "left out: 2 items whose prompts do not fit the context of 4,096 tokens (item-0"
    planned_lines = plan_text.lines(plan.of_run(conn, run))
    assert any(words in line for line in planned_lines)
    assert plan_json.as_json(plan.of_run(conn, run))["n_items_of_pack"] == 12
    assert on_mock(conn, run_id, by_question(replies())).state in ("planned", "finished")
    if runs.get(conn, run_id).state == "planned":
        on_mock(conn, run_id, by_question(replies()))
    shown = report(conn, run_id)
    told = evaluation_json.as_json(shown)
    assert (told["n_items"], told["n_done"], told["n_too_long"], told["score_strict"]) == (12, 12, 2, 1.0)
    assert sorted(told["settings"]["too_long"]["items"]) == ["item-012", "item-013"]
    assert any(words in line for line in evaluation_text.lines(shown))


def test_a_pack_of_which_nothing_fits_is_refused(conn: sqlite3.Connection, tmp_path: Path) -> None:
    """Before anything is asked, in one sentence."""
    run_id = planned(conn, write_pack(tmp_path / "long", {f"{letters(30_000)}?": "nothing"}))
    with pytest.raises(
        RunError, match="No prompt fits a context of 4,096 tokens with 64 more for an answer: take a model"
    ):
        on_mock(conn, run_id, by_question(replies()))


def test_a_run_records_how_thinking_was_told_and_what_the_template_said(conn: sqlite3.Connection, pack: Path) -> None:
    run_id = planned(conn, pack, n_parallel=1)
    turn = "You are kind.\nToday is Monday. " + "And so on. " * 40
    assert on_mock(conn, run_id, by_question(replies()), system_turn=turn).state == "finished"
    shown = report(conn, run_id)
    settings = evaluation_json.as_json(shown)["settings"]
    assert settings["reasoning_format"] == "think"
    assert settings["reasoning_formats_version"] == formats().version
    assert settings["template_system_turn"] == turn
    lines = evaluation_text.lines(shown)
    assert f"  reasoning    format think, list of formats {formats().version}" in lines
    told = next(line for line in lines if line.startswith("  system turn"))
    assert "You are kind. Today is Monday." in told
    assert told.endswith("…")


def test_a_run_is_not_continued_with_another_reasoning_format(conn: sqlite3.Connection, pack: Path) -> None:
    run_id = planned(conn, pack, pilot=3)
    assert on_mock(conn, run_id, by_question(replies()), reasoning_format="harmony").state == "planned"
    with pytest.raises(RunError, match="the reasoning format was harmony/1, is not there"):
        on_mock(conn, run_id, by_question(replies()))


@pytest.mark.parametrize(
    ("template", "source"),
    [(tiny.HARMONY, "the usual for reasoning models"), (CHATML, "the usual for models that do not reason")],
)
def test_an_unknown_file_is_sampled_as_models_of_its_kind(
    conn: sqlite3.Connection, pack: Path, tmp_path: Path, template: str, source: str
) -> None:
    file = tiny.write(tmp_path / "a.gguf", tiny.PLAIN_SCRIPT, template)
    run_id = prepare_eval(conn, str(file), str(pack), options=EvalOptions(n_parallel=1, sampling="card"))
    assert on_mock(conn, run_id, by_question(replies())).state == "finished"
    assert runs.get(conn, run_id).settings["sampler_source"].startswith(source)
