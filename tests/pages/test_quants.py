"""The table of quantizations: whose figures it takes, what is blank, and that pairs are those of the comparison."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.support.evaluating import write_pack
from tests.support.ladder import both, divergence, evaluation, finish, speed
from tests.support.noted import a_file

from aa_tui.catalog import runs
from aa_tui.catalog.rows import Figure, FileRow
from aa_tui.engine.mock import Reply
from aa_tui.pages import paired, quants
from aa_tui.pages.json import quants as quants_json
from aa_tui.pages.text import quants as words
from aa_tui.runs.errors import RunError
from aa_tui.runs.quants import checked
from aa_tui.runs.target import find_file

RIGHT = {f"What is {number}?": f"number {number}" for number in range(20)}


def load(conn: sqlite3.Connection, files: tuple[FileRow, FileRow], **options: object) -> quants.Ladder:
    ordered, reference = checked(conn, files)
    return quants.load(conn, ordered, reference, **options)  # type: ignore[arg-type]


def said(answers: dict[str, str], *, wrong: tuple[int, ...] = (), thinking: str = "") -> dict[str, str | Reply]:
    """The right answers, but for these items."""
    return {
        question: Reply("Answer: something" if n in wrong else f"Answer: {answer}", thinking)
        for n, (question, answer) in enumerate(answers.items())
    }


def test_what_was_not_measured_is_blank_and_named(conn: sqlite3.Connection) -> None:
    ladder = load(conn, both(conn))
    assert [row.name for row in ladder.rows] == ["Q8_0", "Q4_0"], "the larger first"
    assert ladder.reference.name == "Q8_0"
    assert words.headline(ladder) == ("No recommendation: nothing was measured yet of how the others differ from Q8_0.")
    assert words.not_measured(ladder) == ["not measured: Q8_0 speed and answers; Q4_0 speed and divergence and answers"]
    value = quants_json.as_json(ladder)
    assert value["recommendation"]["sha256"] is None
    assert all(one["speed"]["tg128_tps"] is None for one in value["files"])
    assert all(one["divergence"]["kld_mean"] == {"value": None, "low": None, "high": None} for one in value["files"])


def test_figures_are_those_of_the_newest_runs_made_here(conn: sqlite3.Connection) -> None:
    large, small = both(conn)
    speed(conn, large, 10.0)
    speed(conn, small, 99.0)
    speed(conn, small, 20.0)
    elsewhere = speed(conn, small, 77.0)
    conn.execute("UPDATE runs SET origin = 'machine' WHERE id = ?", (elsewhere,))
    conn.commit()
    divergence(conn, small, large, 0.02)
    ladder = load(conn, (large, small))
    row = ladder.rows[1]
    assert ladder.speedup(row) == pytest.approx(2.0), "the newest of here, none of another machine"
    assert row.figures["kld_mean"].low == pytest.approx(0.018)
    assert ladder.reference.figures["ppl"].value == 10.0, "the reference's own, as the study has it"
    assert ladder.recommendation.choice == small.sha256
    assert words.headline(ladder) == ("Take Q4_0: mean KLD 0.0200 (0.0180–0.0220), 2.0 times as fast, 43 % smaller.")
    assert "That threshold is ours" in " ".join(words.reasons(ladder))


def test_a_ratio_of_speeds_is_marked_where_either_is_unreliable(conn: sqlite3.Connection) -> None:
    large, small = both(conn)
    speed(conn, large, 10.0, stdev=4.0)
    speed(conn, small, 20.0)
    ladder = load(conn, (large, small))
    assert [words.CELLS["times"].of(ladder, row) for row in ladder.rows] == ["1.00", "2.00!"]
    speed(conn, large, 10.0)
    ladder = load(conn, (large, small))
    assert [words.CELLS["times"].of(ladder, row) for row in ladder.rows] == ["1.00", "2.00"]


def test_divergences_on_other_texts_or_from_other_references_are_not_mixed_in(conn: sqlite3.Connection) -> None:
    large, small = both(conn)
    divergence(conn, small, large, 0.02)
    divergence(conn, large, small, 0.9)
    assert load(conn, (large, small)).rows[1].figures["kld_mean"].value == 0.02
    ordered, reference = checked(conn, (large, small), small)
    other = quants.load(conn, ordered, reference)
    assert other.rows[0].figures["kld_mean"].value == 0.9
    assert other.reference.name == "Q4_0"


def test_perplexities_of_a_part_of_the_text_do_not_stand_beside_those_of_all_of_it(
    conn: sqlite3.Connection, tmp_path: Path
) -> None:
    large, small = both(conn)
    third = tmp_path / "third-Q4_0.gguf"
    third.write_bytes(Path(small.path).read_bytes() + bytes(32))
    other = find_file(conn, str(third))
    divergence(conn, small, large, 0.02, max_blocks=3, reference_ppl=7.0, ppl=8.0)
    ordered, reference = checked(conn, (large, small))
    alone = quants.load(conn, ordered, reference)
    assert [row.figures["ppl"].value for row in alone.rows] == [7.0, 8.0], "of the same three blocks"
    assert any("found on part of the text: measure without “quick”" in one for one in alone.cautions)
    divergence(conn, other, large, 0.03)
    ordered, reference = checked(conn, (large, small, other))
    ladder = quants.load(conn, ordered, reference)
    by_sha = {row.file.sha256: row.figures for row in ladder.rows}
    assert by_sha[large.sha256]["ppl"].value == 10.0
    assert by_sha[other.sha256]["ppl"].value == 10.5
    assert "ppl" not in by_sha[small.sha256]
    divergence(conn, small, large, 0.02)
    assert divergence(conn, small, large, 0.9, max_blocks=3)
    found = quants.load(conn, ordered, reference).row(small.sha256)
    assert found is not None
    assert found.figures["kld_mean"].value == 0.02, "what is on all of the text stays, though another is newer"


def test_pairs_flips_and_tokens_are_those_of_the_same_items(conn: sqlite3.Connection, tmp_path: Path) -> None:
    large, small = both(conn)
    pack = write_pack(tmp_path / "small", RIGHT)
    a = evaluation(conn, large, pack, said(RIGHT, wrong=(0,), thinking="so"))
    b = evaluation(conn, small, pack, said(RIGHT, wrong=(1, 2, 3), thinking="so it is"))
    ladder = load(conn, (large, small))
    answers = ladder.rows[1].answers
    assert answers is not None
    pair = paired.load(conn, runs.get(conn, a), runs.get(conn, b))
    assert pair is not None
    assert answers.pair == pair
    assert pair.result is not None
    assert answers.loss is not None
    assert (answers.loss.value, answers.loss.low) == (pair.result.difference, pair.interval and pair.interval.low)
    assert answers.flips is not None
    assert (answers.flips.n, answers.flips.n_lost, answers.flips.n_gained) == (20, 3, 1)
    assert answers.flips.n_answers_changed == 4
    assert answers.tokens is not None
    assert answers.tokens.value > 1.05, "the smaller one thinks longer"
    assert answers.tokens.low is not None
    assert answers.tokens.low > 1
    assert ladder.recommendation.choice == large.sha256
    assert "Q4_0: not shown to be good enough (-12.4 to 32.6 points worse)" in " ".join(words.reasons(ladder))


def test_of_how_many_items_and_pairs_a_share_is_told(conn: sqlite3.Connection, tmp_path: Path) -> None:
    large, small = both(conn)
    pack = write_pack(tmp_path / "small", RIGHT)
    evaluation(conn, large, pack, said(RIGHT, wrong=(0,)))
    evaluation(conn, small, pack, said(RIGHT), limit=8)
    ladder = load(conn, (large, small))
    score, pairs = words.CELLS["score"], words.CELLS["pairs"]
    assert [score.of(ladder, row).rpartition(" of ")[2] for row in ladder.rows] == ["20", "8"]
    assert [pairs.of(ladder, row) for row in ladder.rows] == ["–", "8"]
    assert any("of different items; what was lost is of the 8 pairs alone" in one for one in ladder.cautions)


def test_evaluations_made_in_another_way_are_not_paired(conn: sqlite3.Connection, tmp_path: Path) -> None:
    large, small = both(conn)
    pack = write_pack(tmp_path / "small", RIGHT)
    evaluation(conn, large, pack, said(RIGHT))
    evaluation(conn, small, pack, said(RIGHT), seed=7)
    evaluation(conn, small, write_pack(tmp_path / "other", RIGHT, name="other"), said(RIGHT))
    row = load(conn, (large, small)).rows[1]
    assert row.answers is None
    assert "eval" in row.missing
    same = evaluation(conn, small, pack, said(RIGHT), n_parallel=2)
    found = load(conn, (large, small)).rows[1].answers
    assert found is not None
    assert found.run.id == same, "how many at once changes no question"


def test_without_evaluations_they_have_no_part_in_it(conn: sqlite3.Connection, tmp_path: Path) -> None:
    large, small = both(conn)
    pack = write_pack(tmp_path / "small", RIGHT)
    for file in (large, small):
        evaluation(conn, file, pack, said(RIGHT))
    assert load(conn, (large, small)).recommendation.rule == "accuracy"
    without = load(conn, (large, small), with_evaluations=False)
    assert without.recommendation.rule is None
    assert all(row.answers is None and "eval" not in row.missing for row in without.rows)


def test_speeds_of_two_machines_are_in_no_ratio(conn: sqlite3.Connection) -> None:
    large, small = both(conn)
    run_id = runs.create(conn, kind="speed", file=large, settings={})
    finish(conn, run_id, [Figure("pp512", 90.0, "tokens/s"), Figure("tg128", 10.0, "tokens/s")])
    conn.execute("UPDATE runs SET machine_id = NULL WHERE id = ?", (run_id,))
    conn.execute("UPDATE machines SET fingerprint = 'another'")
    conn.execute("UPDATE runs SET machine_id = (SELECT id FROM machines) WHERE id = ?", (run_id,))
    conn.commit()
    speed(conn, small, 20.0)
    ladder = load(conn, (large, small))
    assert ladder.rows[1].rate("tg128") is not None
    assert ladder.reference.rate("tg128") is None
    assert ladder.speedup(ladder.rows[1]) is None


def test_files_that_are_no_quantizations_of_one_model_are_refused(conn: sqlite3.Connection, tmp_path: Path) -> None:
    large, small = both(conn)
    with pytest.raises(RunError, match="name two quantizations of a model at least"):
        checked(conn, [large])
    with pytest.raises(RunError, match="named twice"):
        checked(conn, [large, small, large])
    other = a_file(conn, tmp_path / "other.gguf", None)
    with pytest.raises(RunError, match="are of different models"):
        checked(conn, [large, other])
    conn.execute(
        "UPDATE gguf_files SET metadata = json_set(metadata, '$.\"llama.vocab_size\"', 999) WHERE id = ?", (small.id,)
    )
    with pytest.raises(RunError, match=r"have different vocabularies \(their numbers of tokens: 999 and 358\)"):
        checked(conn, [large, small])


def test_a_row_of_csv_is_flat_and_has_the_ends_of_intervals(conn: sqlite3.Connection) -> None:
    large, small = both(conn)
    speed(conn, large, 10.0)
    speed(conn, small, 20.0)
    divergence(conn, small, large, 0.02)
    rows = quants_json.rows(load(conn, (large, small)))
    assert [set(row) for row in rows] == [set(rows[0])] * 2
    assert (rows[1]["kld_mean_value"], rows[1]["tg128_ratio"]) == (0.02, 2.0)
    assert rows[0]["missing"] == "eval"
    assert not any(isinstance(value, dict | list) for row in rows for value in row.values())
