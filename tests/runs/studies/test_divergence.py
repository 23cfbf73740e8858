"""The study "divergence" with the real worker: what it finds, what it refuses, and that nothing done is lost."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.support import tiny
from tests.support.disturbing import ended, until

from aa_tui import runs
from aa_tui.actions import runs as run_actions
from aa_tui.analysis.divergence import block_of, divergence
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog import studies
from aa_tui.catalog.rows import RunRow
from aa_tui.gguf.bundled import bundled_model
from aa_tui.pages.studies.report import study_report
from aa_tui.runs.errors import RunError
from aa_tui.runs.studies.divergence_plan import DivergenceOptions, prepare_divergence
from aa_tui.runs.studies.divergence_text import LONGEST_BYTES, bundled_text

EIGHT = bundled_model().with_name("aa-nano-Q8_0.gguf")
FOUR = bundled_model().with_name("aa-nano-Q4_0.gguf")
SHORT: dict[str, Any] = {"n_ctx": 48, "n_threads": 1}


def done(conn: sqlite3.Connection, path: Path, target: Path, reference: Path = EIGHT, **options: Any) -> RunRow:
    """A study from its plan to its end."""
    asked = DivergenceOptions(**{**SHORT, "max_blocks": 4, **options})
    run_id = prepare_divergence(conn, str(target), str(reference), options=asked)
    runs.start(path, conn, run_id)
    return ended(conn, run_id)


def figures(conn: sqlite3.Connection, run: RunRow) -> Mapping[str, Any]:
    return catalog_runs.result_of(conn, run).measurements


def kept_files(path: Path) -> dict[Path, int]:
    """The files of all stores beside a catalog, with their inodes."""
    return {one: one.stat().st_ino for one in (path.parent / "divergence").rglob("*.kept")}


def test_a_quantization_against_another(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run = done(conn, catalog_path, FOUR)
    assert (run.state, run.reason, run.n_items, run.n_done) == ("finished", None, 4, 4)
    found = figures(conn, run)
    mean = found["divergence.kld_mean"]
    assert 0.001 < mean.value < 1.0
    assert mean.interval_low < mean.value < mean.interval_high
    assert mean.n == 4 * 23
    assert (mean.unit, found["divergence.same_top"].unit, found["divergence.ppl_ratio"].unit) == (
        "nats",
        "share",
        "ratio",
    )
    assert 0.3 < found["divergence.same_top"].value < 1.0
    assert found["divergence.kld_median"].value <= found["divergence.kld_p99"].value
    assert found["divergence.kld_p99"].value <= found["divergence.kld_max"].value
    assert found["divergence.ppl"].value / found["divergence.reference_ppl"].value == pytest.approx(
        found["divergence.ppl_ratio"].value
    )
    assert {"divergence.kld_mean.prose", "divergence.kld_mean.code", "divergence.rms_dp"} <= found.keys()
    report = study_report(conn, run)
    assert report is not None
    assert "aa-nano-Q8_0.gguf" in report.title
    assert report.few_words.endswith(f"same top token {100 * found['divergence.same_top'].value:.1f} %")
    assert report.values["kld_mean_nats"]["value"] == mean.value
    assert report.values["reference"]["sha256"] == run.settings["reference"]["sha256"]
    assert {row[0] for row in report.tables[1].rows} == {"prose", "code", "mathematics", "languages"}


def test_a_file_against_itself_and_a_reference_read_once(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run = done(conn, catalog_path, EIGHT)
    found = figures(conn, run)
    assert found["divergence.kld_mean"].value == 0.0
    assert found["divergence.kld_max"].value == 0.0
    assert found["divergence.same_top"].value == 1.0
    assert found["divergence.ppl_ratio"].value == 1.0
    before = kept_files(catalog_path)
    assert len(before) == 4
    other = done(conn, catalog_path, FOUR)
    assert figures(conn, other)["divergence.reference_ppl"].value == found["divergence.ppl"].value
    assert kept_files(catalog_path) == before, "the reference was not read again"


def test_a_killed_worker_loses_the_block_it_was_at_and_no_other(conn: sqlite3.Connection, catalog_path: Path) -> None:
    whole = figures(conn, done(conn, catalog_path, FOUR, max_blocks=40))
    asked = DivergenceOptions(**SHORT, max_blocks=40)
    run_id = prepare_divergence(conn, str(FOUR), str(EIGHT), options=asked)
    runs.start(catalog_path, conn, run_id)
    os.kill(until(conn, run_id, lambda run: run.n_done >= 2 or not run.is_live).pid or 0, signal.SIGKILL)
    assert ended(conn, run_id).interrupted
    before = {point.number: point.made_at for point in studies.points(conn, run_id, "blocks")}
    assert len(before) >= 2
    runs.resume(catalog_path, conn, run_id)
    run = ended(conn, run_id)
    assert (run.state, run.n_done) == ("finished", 40)
    after = {point.number: point.made_at for point in studies.points(conn, run_id, "blocks")}
    assert {number: after[number] for number in before} == before, "no block is made twice"
    again = figures(conn, run)
    assert {name: one.value for name, one in again.items()} == {name: one.value for name, one in whole.items()}


def test_a_reference_that_was_cut_short_goes_on_from_there(conn: sqlite3.Connection, catalog_path: Path) -> None:
    asked = DivergenceOptions(**SHORT, max_blocks=12)
    run_id = prepare_divergence(conn, str(FOUR), str(EIGHT), options=asked)
    runs.start(catalog_path, conn, run_id)
    until(conn, run_id, lambda run: len(kept_files(catalog_path)) >= 2 or not run.is_live)
    run_actions.stop(conn, run_id)
    ended(conn, run_id)
    before = kept_files(catalog_path)
    if catalog_runs.get(conn, run_id).state == "stopped":
        runs.resume(catalog_path, conn, run_id)
        assert ended(conn, run_id).state == "finished"
    after = kept_files(catalog_path)
    assert len(after) == 12
    assert {path: after[path] for path in before} == before


def test_damaged_stores_are_made_again(conn: sqlite3.Connection, catalog_path: Path) -> None:
    first = figures(conn, done(conn, catalog_path, FOUR))
    for path in kept_files(catalog_path):
        path.write_bytes(path.read_bytes()[:100])
    again = figures(conn, done(conn, catalog_path, FOUR))
    assert again["divergence.kld_mean"].value == first["divergence.kld_mean"].value


def test_it_stops_when_the_mean_is_known_as_well_as_asked(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run = done(conn, catalog_path, FOUR, max_blocks=24, until_width=0.9)
    assert run.state == "finished"
    assert 8 <= run.n_done < 24
    blocks = [block_of(point.facts) for point in studies.points(conn, run.id, "blocks")]
    found = divergence([block for block in blocks if block is not None])
    assert found is not None
    assert found.kld_mean.relative_half_width <= 0.9
    report = study_report(conn, run)
    assert report is not None
    assert any("known within 90 %" in sentence for sentence in report.sentences)


def test_a_text_of_ones_own(conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path) -> None:
    text = tmp_path / "own text.txt"
    text.write_text("The bear asked the fox for a fish, and the fox said no. " * 20)
    run = done(conn, catalog_path, FOUR, text=text)
    assert run.state == "finished"
    assert not any("kld_mean." in name for name in figures(conn, run)), "it is of one kind"
    text.write_text("Something else. " * 100)
    run_id = prepare_divergence(conn, str(FOUR), str(EIGHT), options=DivergenceOptions(**SHORT, text=text))
    text.write_text("Changed. " * 100)
    runs.start(catalog_path, conn, run_id)
    run = ended(conn, run_id)
    assert (run.state, run.reason) == (
        "failed",
        f"The text own text.txt has changed since run {run_id} was planned: start a new run.",
    )


@pytest.mark.repeats
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"short", "less than one block of 48 tokens"),
        (b"\xff\xfe\x00binary" * 50, "no text in UTF-8"),
        (b"zeros\0" * 50, "zero bytes"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_text_is_refused_at_once(
    conn: sqlite3.Connection, tmp_path: Path, content: bytes | None, said: str
) -> None:
    text = tmp_path / "text"
    if content is not None:
        text.write_bytes(content)
    with pytest.raises(RunError, match=said):
        prepare_divergence(conn, str(FOUR), str(EIGHT), options=DivergenceOptions(**SHORT, text=text))
    assert catalog_runs.list_runs(conn) == []


def test_what_never_ends_or_never_begins_is_no_text(conn: sqlite3.Connection, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    link = tmp_path / "link"
    link.symlink_to("/dev/zero")
    for text in (Path("/dev/zero"), pipe, link):
        with pytest.raises(RunError, match="is no plain file: name a text file"):
            prepare_divergence(conn, str(FOUR), str(EIGHT), options=DivergenceOptions(**SHORT, text=text))
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(LONGEST_BYTES + 1)
    with pytest.raises(RunError, match="so cut it"):
        prepare_divergence(conn, str(FOUR), str(EIGHT), options=DivergenceOptions(**SHORT, text=large))
    assert catalog_runs.list_runs(conn) == []


@pytest.mark.repeats
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"n_ctx": 4}, "too short"),
        ({"n_ctx": 5_000}, "made for 4,096 tokens"),
        ({"max_blocks": 0}, "one at least"),
        ({"until_width": 5.0}, "between 0 and 1"),
        ({"type_k": "q9_9"}, "no cache type"),
    ],
)
def test_options_out_of_range_are_refused(conn: sqlite3.Connection, options: dict[str, Any], said: str) -> None:
    with pytest.raises(RunError, match=said):
        prepare_divergence(conn, str(FOUR), str(EIGHT), options=DivergenceOptions(**options))


def test_files_of_two_vocabularies_are_refused(conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path) -> None:
    one = tiny.write(tmp_path / "one.gguf", {"a": "▁one"}, None)
    more = tiny.write(tmp_path / "more.gguf", {"a": "▁one", "b": "▁two"}, None)
    other = tiny.write(tmp_path / "other.gguf", {"a": "▁six"}, None)
    with pytest.raises(RunError, match=r"more\.gguf cannot be compared with one\.gguf: the vocabularies have"):
        prepare_divergence(conn, str(more), str(one), options=DivergenceOptions(**SHORT))
    run = done(conn, catalog_path, other, one)
    assert run.state == "failed"
    assert "“six” in one and “one” in the other" in (run.reason or "")
    assert kept_files(catalog_path) == {}, "it is found before anything long"


def test_no_numbers_are_told_and_other_templates_said(
    conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path
) -> None:
    good = tiny.write(tmp_path / "good.gguf", tiny.SCRIPT, tiny.NANBEIGE)
    open_tag = tiny.write(tmp_path / "open.gguf", tiny.SCRIPT, tiny.OPEN)
    bad = tiny.write(tmp_path / "bad.gguf", tiny.SCRIPT, tiny.NANBEIGE, poison="e")
    run = done(conn, catalog_path, bad, good, max_blocks=1)
    assert run.state == "failed"
    assert "bad.gguf gives no number (NaN) after token" in (run.reason or "")
    run = done(conn, catalog_path, open_tag, good, max_blocks=1)
    report = study_report(conn, run)
    assert report is not None
    assert any("different chat templates" in sentence for sentence in report.sentences)
    assert any("no interval" in sentence for sentence in report.sentences)


def test_what_a_reference_thinks_is_a_kind_of_text_of_its_own(
    conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path
) -> None:
    thinks = tiny.write(tmp_path / "thinks.gguf", tiny.SCRIPT, tiny.NANBEIGE)
    other = tiny.write(tmp_path / "other.gguf", {**tiny.SCRIPT, "a": "b"}, tiny.NANBEIGE)
    options = {"n_ctx": 512, "max_blocks": None, "with_thinking": True}
    text = tmp_path / "text"
    text.write_text("a fox and a bear " * 40)
    run = done(conn, catalog_path, other, thinks, text=text, **options)
    assert (run.state, run.reason) == ("finished", None)
    found = figures(conn, run)
    assert found["divergence.kld_mean.thinking"].n < found["divergence.kld_mean.text"].n
    assert found["divergence.kld_mean.text"].value > 0.0
    kept = list((catalog_path.parent / "divergence").rglob("thinking.json"))
    assert len(kept) == 1
    before = kept[0].stat().st_ino
    assert done(conn, catalog_path, thinks, thinks, text=text, **options).state == "finished"
    assert kept[0].stat().st_ino == before, "every file is read on the same thoughts"
    with pytest.raises(RunError, match="no chat template with thinking"):
        prepare_divergence(conn, str(FOUR), str(EIGHT), options=DivergenceOptions(with_thinking=True))


def test_a_reference_that_changes_is_noticed(conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path) -> None:
    reference = tmp_path / "reference.gguf"
    shutil.copyfile(EIGHT, reference)
    run_id = prepare_divergence(conn, str(FOUR), str(reference), options=DivergenceOptions(**SHORT))
    shutil.copyfile(FOUR, reference)
    runs.start(catalog_path, conn, run_id)
    run = ended(conn, run_id)
    assert run.state == "failed"
    assert "has changed since run" in (run.reason or "")


def test_the_bundled_text_is_what_its_name_says() -> None:
    text = bundled_text()
    kinds = [part.kind for part in text.parts]
    assert kinds == ["prose", "code", "mathematics", "languages"]
    assert all(len(part.text) > 5_000 for part in text.parts)
    # whoever changes the text gives it another name, and this sum with it
    assert (text.name, text.sha256[:16]) == ("aa-tui text 1", "875b106592049475")


def test_what_was_kept_of_a_reference_that_changed_meanwhile_is_thrown_away(
    conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path
) -> None:
    reference = tmp_path / "reference.gguf"
    shutil.copyfile(EIGHT, reference)
    run_id = prepare_divergence(conn, str(FOUR), str(reference), options=DivergenceOptions(**SHORT))
    runs.start(catalog_path, conn, run_id)
    until(conn, run_id, lambda run: bool(kept_files(catalog_path)) or not run.is_live)
    with reference.open("r+b") as file:
        file.seek(-64, os.SEEK_END)
        file.write(bytes(range(64)))
    run = ended(conn, run_id)
    assert run.state == "failed"
    assert "was overwritten while it was measured" in (run.reason or "") or "has changed" in (run.reason or "")
    assert kept_files(catalog_path) == {}


def whole_files(path: Path) -> list[Path]:
    """The files of whole distributions beside a catalog."""
    return sorted((path.parent / "divergence-exact").rglob("*.kept"))


def test_exactly_compared_it_has_no_sample_and_gives_the_disk_back(
    conn: sqlite3.Connection, catalog_path: Path
) -> None:
    near = figures(conn, done(conn, catalog_path, FOUR))
    run = done(conn, catalog_path, FOUR, exact=True)
    assert (run.state, run.reason) == ("finished", None)
    found = figures(conn, run)
    for name in ("kld_mean", "kld_median", "kld_p99", "rms_dp", "ppl_ratio"):
        assert found[f"divergence.{name}"].value == pytest.approx(near[f"divergence.{name}"].value, rel=0.01)
    report = study_report(conn, run)
    assert report is not None
    assert "It is exact: all tokens of the vocabulary were compared, none by a sample." in report.sentences
    assert (report.values["exact"], report.values["kld_sampled_nats"], report.values["kld_sampled_se_nats"]) == (
        True,
        0,
        0,
    )
    assert run.settings["loss"]["store_bytes"] > 4 * 23 * 358 * 4
    assert run.settings["exact_bytes"] > 4 * 23 * 358 * 4
    assert whole_files(catalog_path) == []


def test_a_killed_exact_run_goes_on_and_the_last_of_two_removes_what_both_need(
    conn: sqlite3.Connection, catalog_path: Path
) -> None:
    asked = DivergenceOptions(**SHORT, max_blocks=40, exact=True)
    first = prepare_divergence(conn, str(FOUR), str(EIGHT), options=asked)
    second = prepare_divergence(conn, str(EIGHT), str(EIGHT), options=asked)
    runs.start(catalog_path, conn, first)
    os.kill(until(conn, first, lambda run: run.n_done >= 2 or not run.is_live).pid or 0, signal.SIGKILL)
    assert ended(conn, first).interrupted
    kept = {path: path.stat().st_ino for path in whole_files(catalog_path)}
    before = {point.number: point.made_at for point in studies.points(conn, first, "blocks")}
    assert len(kept) == 40
    runs.resume(catalog_path, conn, first)
    assert ended(conn, first).state == "finished"
    after = {point.number: point.made_at for point in studies.points(conn, first, "blocks")}
    assert {number: after[number] for number in before} == before, "no block is made twice"
    if catalog_runs.get(conn, second).is_live:
        runs.start(catalog_path, conn, second)
    assert ended(conn, second).state == "finished"
    assert figures(conn, catalog_runs.get(conn, second))["divergence.kld_max"].value == 0.0
    assert whole_files(catalog_path) == []


def test_what_does_not_fit_on_the_disk_is_refused_before_it_starts(
    conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aa_tui.runs.studies.divergence_room.LEFT_BYTES", 1 << 60)
    with pytest.raises(RunError, match=r"To be exact takes about .* of disk beside the catalog, where .* are free"):
        prepare_divergence(conn, str(FOUR), str(EIGHT), options=DivergenceOptions(**SHORT, exact=True))
    assert catalog_runs.list_runs(conn) == []


def test_a_disk_that_is_full_is_said_and_the_run_goes_on_once_there_is_room(
    conn: sqlite3.Connection, catalog_path: Path, small_disk: Path
) -> None:
    """What references expect lies on a small disk of its own, which something else has filled."""
    for name in ("divergence", "divergence-exact"):
        (catalog_path.parent / name).symlink_to(small_disk)
    with pytest.raises(RunError, match="To be exact takes about"):
        prepare_divergence(conn, str(FOUR), str(EIGHT), options=DivergenceOptions(**SHORT, exact=True))
    filling = small_disk / "filling"
    filling.write_bytes(bytes(6 * (1 << 20) - 40_000))
    run = done(conn, catalog_path, FOUR, max_blocks=8)
    assert run.state == "failed"
    assert "cannot be kept in" in (run.reason or "")
    assert "(No space left on device): make room there, then resume the run." in (run.reason or "")
    assert not list(small_disk.rglob("*.part"))
    filling.unlink()
    runs.resume(catalog_path, conn, run.id)
    assert ended(conn, run.id).state == "finished"
