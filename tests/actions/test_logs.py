"""Other programs' logs become runs that were made elsewhere: once, whole or not at all, and never figures of here."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from tests.support.evaluated import MODEL, SEVEN, evaluate_here
from tests.support.logged import EVERY_EVAL, INSPECT, LM_EVAL
from tests.support.talked_run import talked_run

from aa_tui.actions import logs as importing
from aa_tui.actions import runs as actions
from aa_tui.actions.logs import Imported
from aa_tui.catalog import elsewhere, files, measured, models, runs, samples
from aa_tui.errors import AATuiError
from aa_tui.export import exchange
from aa_tui.formats.errors import FormatError
from aa_tui.pages import compare, evaluation, paired
from aa_tui.runs.errors import RunError


def _take(conn: sqlite3.Connection, *paths: Path, model: str | None = None, dry_run: bool = False) -> list[Imported]:
    return importing.take_in(conn, importing.read_all(paths), model=model, dry_run=dry_run)


def _all(conn: sqlite3.Connection) -> list[str]:
    """The catalog as text, but for what every connection may write."""
    return [line for line in conn.iterdump() if '"meta"' not in line and "fts" not in line]


def test_an_evaluation_becomes_a_run_of_elsewhere(conn: sqlite3.Connection) -> None:
    (one,) = _take(conn, INSPECT)
    assert one.run_id is not None
    run = runs.get(conn, one.run_id)
    assert (run.kind, run.origin, run.pack, run.pack_version, run.n_done) == ("eval", "log", "tiny", "3", 6)
    assert run.origin_facts["program"] == "inspect"
    assert run.origin_facts["file_name"] == INSPECT.name
    assert len(run.origin_facts["sha256"]) == 64
    assert run.read_from == f"read from inspect's log {INSPECT.name}"
    report = evaluation.load(conn, run)
    assert report.strict is not None
    assert report.strict.value == pytest.approx(2 / 3)
    assert {row.metric: row.value for row in report.logged}["log.match.accuracy"] == pytest.approx(2 / 3)


def test_a_second_import_changes_nothing(conn: sqlite3.Connection) -> None:
    _take(conn, INSPECT, LM_EVAL, EVERY_EVAL)
    before = _all(conn)
    again = _take(conn, INSPECT, LM_EVAL, EVERY_EVAL)
    assert {one.outcome for one in again} == {"there already"}
    assert _all(conn) == before


def test_a_dry_run_writes_nothing(conn: sqlite3.Connection) -> None:
    before = _all(conn)
    (one,) = _take(conn, INSPECT, dry_run=True)
    assert (one.outcome, one.run_id, one.n_samples) == ("would be new", None, 6)
    assert any(figure.metric == "eval.tiny.score_strict" for figure in one.figures)
    assert _all(conn) == before


def test_what_a_log_does_not_tell_stays_unknown(conn: sqlite3.Connection) -> None:
    """lm-eval counts no tokens and clocks no answer."""
    one = _take(conn, LM_EVAL)[0]
    assert one.run_id is not None
    rows = samples.scored(conn, one.run_id)
    assert all(row.e2e_s is None and row.ttft_s is None and not row.is_counted for row in rows)
    names = set(runs.result_of(conn, runs.get(conn, one.run_id)).measurements)
    assert not [name for name in names if name.endswith(("_s", "tps", "tokens_per_item", "tokens_median"))]
    assert evaluation.load(conn, runs.get(conn, one.run_id)).summary.all.tokens is None


def test_a_run_of_conversations_comes_in_as_samples(conn: sqlite3.Connection, tmp_path: Path) -> None:
    """As many, with their verdicts, faults, last answers and all of their tokens."""
    own = talked_run(conn, {"single": ["Done."]})
    names = ("item_id", "outcome", "fault", "n_prompt", "n_answer", "e2e_s")
    rows = [[getattr(row, name) for name in names] for row in samples.scored(conn, own)]
    for name, data in exchange.files_of(conn, runs.get(conn, own), "inspect").items():
        (tmp_path / name).write_bytes(data)
    runs.delete(conn, runs.get(conn, own))
    (one,) = _take(conn, *tmp_path.glob("*.eval"))
    assert one.run_id is not None
    found = [[getattr(row, name) for name in names] for row in samples.scored(conn, one.run_id)]
    assert sorted(found) == sorted(rows)
    assert [row[2] for row in found].count("model: none") == 1
    report = evaluation.load(conn, runs.get(conn, one.run_id))
    assert report.talked is not None
    assert (report.talked.n_turns, report.talked.faults) == (0, (("model: none", 1),))


def test_figures_of_logs_are_none_of_here(conn: sqlite3.Connection) -> None:
    before = conn.execute("SELECT * FROM leaderboard ORDER BY id").fetchall()
    (one,) = _take(conn, INSPECT, model=MODEL)
    model = models.resolve(conn, MODEL)
    assert one.slug == model.slug
    assert [tuple(row) for row in conn.execute("SELECT * FROM leaderboard ORDER BY id")] == [
        tuple(row) for row in before
    ]
    assert measured.here(conn) == []
    assert runs.results_of_model(conn, model.model_id) == []
    assert files.list_files(conn) == files.files_of_model(conn, model.model_id) == []
    assert compare.load(conn, [MODEL, f"run:{one.run_id}"]).sections[-1].title == "Measured elsewhere"


def test_a_model_is_meant_only_where_that_is_certain(conn: sqlite3.Connection) -> None:
    (one,) = _take(conn, INSPECT)
    assert one.slug is None
    assert runs.get(conn, one.run_id or 0).target == "mockllm/model"


def test_such_a_run_is_neither_resumed_nor_graded_again(conn: sqlite3.Connection) -> None:
    (one,) = _take(conn, INSPECT)
    assert one.run_id is not None
    for act in (actions.resume, actions.grade_again):
        with pytest.raises(RunError, match=r"was read from inspect's log inspect\.eval"):
            act(conn, one.run_id)
    assert actions.delete(conn, one.run_id) is None
    assert runs.list_runs(conn) == []


def test_runs_are_paired_by_the_texts_of_their_questions(conn: sqlite3.Connection, tmp_path: Path) -> None:
    """Of two programs, whose ids differ: inspect calls it a1 and lm-eval 0."""
    value = json.loads((LM_EVAL.parent / "inspect.json").read_bytes())
    texts = {"a1": "2+2?", "a2": "Capital of  France?", 3: "another"}
    for sample in value["samples"]:
        sample["input"] = texts[sample["id"]]
    path = tmp_path / "other.json"
    path.write_text(json.dumps(value))
    inspect, generated, _ = _take(conn, path, LM_EVAL)
    a, b = (runs.get(conn, one.run_id or 0) for one in (inspect, generated))
    pair = paired.load(conn, a, b)
    assert pair is not None
    assert pair.by_content
    assert pair.result is not None
    assert (pair.result.n, pair.result.n_only_a) == (2, 1)
    assert [(one.item_id, one.outcome_a, one.outcome_b) for one in pair.differences] == [("a1", "correct", "wrong")]
    assert compare.load(conn, [f"run:{a.id}", f"run:{b.id}"]).two_runs is not None


def test_a_text_that_several_items_have_pairs_none_of_them(conn: sqlite3.Connection, tmp_path: Path) -> None:
    value = json.loads((LM_EVAL.parent / "inspect.json").read_bytes())
    for sample in value["samples"]:
        sample["input"] = "2+2?"
    path = tmp_path / "other.json"
    path.write_text(json.dumps(value))
    inspect, generated, _ = _take(conn, path, LM_EVAL)
    assert paired.load(conn, *(runs.get(conn, one.run_id or 0) for one in (inspect, generated))) is None


@pytest.mark.parametrize("key", ["inspect", "lm-eval", "every-eval-ever"])
def test_a_run_of_ours_comes_back_with_its_scores(
    key: str, conn: sqlite3.Connection, made_catalog: Path, tmp_path: Path
) -> None:
    run = runs.get(conn, evaluate_here(conn, "Q8_0", SEVEN))
    for name, data in exchange.files_of(conn, run, key).items():
        path = tmp_path / "out" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    assert _take(conn, tmp_path / "out")[0].outcome == "there already"  # it is the very run
    other_path = tmp_path / "other.db"
    shutil.copyfile(made_catalog, other_path)
    from aa_tui.catalog import db

    other = db.open_catalog(other_path)
    try:
        (one,) = _take(other, tmp_path / "out")
        back = runs.get(other, one.run_id or 0)
        assert (back.target, back.slug, back.file.quant) == (run.target, run.slug, "Q8_0")
        mine, theirs = runs.result_of(conn, run).measurements, runs.result_of(other, back).measurements
        assert {name: row.value for name, row in mine.items()} == {name: row.value for name, row in theirs.items()}
        strict = theirs["eval.quick.score_strict"]
        assert (strict.interval_low, strict.interval_method, strict.n) == (
            mine["eval.quick.score_strict"].interval_low,
            mine["eval.quick.score_strict"].interval_method,
            7,
        )
        before, after = samples.scored(conn, run.id), samples.scored(other, back.id)
        kept = ("item_id", "epoch", "category", "level", "outcome", "grader", "n_thinking", "n_answer", "e2e_s")
        assert [[getattr(one, name) for name in kept] for one in after] == [
            [getattr(one, name) for name in kept] for one in before
        ]
    finally:
        other.close()


def test_a_bad_file_among_good_ones_leaves_the_catalog_as_it_was(conn: sqlite3.Connection, tmp_path: Path) -> None:
    for beside in LM_EVAL.parent.iterdir():
        if beside.is_file():
            shutil.copy(beside, tmp_path)
    samples_file = next(tmp_path.glob("samples_tinymc*"))
    samples_file.write_bytes(samples_file.read_bytes() + b"broken\n")
    before = _all(conn)
    with pytest.raises(FormatError, match="Line 4 of samples_tinymc"):
        _take(conn, tmp_path / INSPECT.name, tmp_path / LM_EVAL.name)
    with pytest.raises(AATuiError, match="no model"):
        _take(conn, INSPECT, model="no-such-model")
    assert _all(conn) == before


def test_samples_alone_say_not_of_which_model_they_are(conn: sqlite3.Connection) -> None:
    with pytest.raises(FormatError, match="samples of lm-eval alone"):
        _take(conn, next(LM_EVAL.parent.glob("samples_tinygen*")))


def test_texts_of_logs_are_cleaned(conn: sqlite3.Connection, tmp_path: Path) -> None:
    value = json.loads((LM_EVAL.parent / "inspect.json").read_bytes())
    value["eval"]["task"] = value["eval"]["model"] = "a\x1b[31mb\u202e"
    value["samples"][0]["id"] = "i\x07d"
    path = tmp_path / "x.json"
    path.write_text(json.dumps(value))
    (one,) = _take(conn, path)
    run = runs.get(conn, one.run_id or 0)
    assert (run.pack, run.target, samples.scored(conn, run.id)[0].item_id) == ("ab", "ab", "id")


def test_speeds_of_local_score_stand_apart(conn: sqlite3.Connection, tmp_path: Path) -> None:
    document = {
        "system_info": {"cpu_name": "A CPU", "cpu_arch": "x86_64", "ram_gb": 16, "kernel_type": "Linux"},
        "accelerator_info": {"name": "A GPU", "type": "GPU", "memory_gb": 8, "manufacturer": "X"},
        "runtime_info": {"name": "llamafile", "version": "0.9"},
        "results_summary": {"avg_prompt_tps": 1.0, "avg_gen_tps": 1.0, "avg_ttft_ms": 1.0, "performance_score": 1},
        "results": [
            {"model_name": "Nanbeige4.1-3B", "model_quant_str": "Q4_K - Medium", "n_prompt": 1024, "n_gen": 16}
            | {"prompt_tps": 900.5, "gen_tps": 40.25, "ttft_ms": 1100.0, "avg_time_ms": 1500.0}
        ],
    }
    path = tmp_path / "score.json"
    path.write_text(json.dumps(document))
    (one,) = _take(conn, path)
    assert (one.program, one.outcome, one.run_id) == ("LocalScore", "new", None)
    rows = elsewhere.listing(conn)
    assert {row.test: row.tokens_per_s for row in rows} == {"pp1024": 900.5, "tg16@d1024": 40.25}
    assert {(row.program, row.gpu, row.slug) for row in rows} == {("LocalScore", "A GPU", "nanbeige4-1-3b")}
    assert _take(conn, path)[0].outcome == "there already"
