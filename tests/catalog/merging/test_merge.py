"""What a merge lets come, leaves alone, and refuses."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database
from tests.support.merging import BOX, HERE, Answer, Run, add, content, facts_of, make, merge, moment, opened

from aa_tui.catalog import db, files, library, models, runs, samples
from aa_tui.catalog.errors import CatalogError
from aa_tui.catalog.merging import other, samples_joined
from aa_tui.catalog.merging.merge import Merged, Merger, on_a_copy
from aa_tui.catalog.rows import EvalSample, RunRow
from aa_tui.catalog.schema import migrations

DONE = Run(
    "a",
    items=(("1", Answer(turns=("Answer: 4",))), ("2", Answer(scores=(("exact/1", "correct", 12),)))),
    figures=(("x", 1.0, 20),),
)


@pytest.fixture
def mine(fresh: Path) -> Path:
    """This machine's catalog, with the published facts."""
    return fresh


@pytest.fixture
def box(tmp_path: Path, template: Path) -> Path:
    """Another machine's catalog."""
    return make(tmp_path / "box.db", (DONE,), template)


def into(path: Path, theirs: Path, *, here: str = HERE, again: bool = False) -> Merged:
    (found,) = merge(path, theirs, here=here, again=again)
    return found


def row_of(path: Path, uid: str) -> RunRow:
    with opened(path) as conn:
        return runs.get(conn, conn.execute("SELECT id FROM runs WHERE uid = ?", (uid,)).fetchone()[0])


def test_a_run_of_another_machine_comes_as_one_of_that_machine(mine: Path, box: Path) -> None:
    found = into(mine, box)
    assert [(one.change, one.machine) for one in found.runs] == [("new", "box")]
    run = row_of(mine, "a")
    assert (run.origin, run.made_on, run.state, run.n_done) == ("machine", "box (elsewhere)", "finished", 2)
    assert run.origin_facts["machine"] == "box"
    assert run.origin_facts["catalog"] == str(box)
    assert run.log_path is None


def test_a_run_of_this_machine_comes_back_as_its_own(mine: Path, tmp_path: Path) -> None:
    backup = make(tmp_path / "backup.db", (Run("a", machine=HERE), Run("b", machine=BOX)))
    into(mine, backup)
    assert (row_of(mine, "a").origin, row_of(mine, "b").origin) == ("here", "machine")


def test_what_was_asked_of_servers_is_of_the_catalog_that_asked(mine: Path, tmp_path: Path) -> None:
    """It has no machine of its own: of a catalog that only this machine filled it is this one's."""
    into(mine, make(tmp_path / "own.db", (Run("a", machine=HERE), Run("served", machine=None))))
    into(mine, make(tmp_path / "box.db", (Run("b", machine=BOX), Run("asked", machine=None))))
    assert (row_of(mine, "served").origin, row_of(mine, "asked").origin) == ("here", "machine")


def test_a_run_that_came_from_here_is_here_again_on_its_way_back(mine: Path, tmp_path: Path) -> None:
    theirs = make(tmp_path / "theirs.db", ())
    into(theirs, make(tmp_path / "ours.db", (Run("a", machine=HERE),)), here=BOX)
    assert row_of(theirs, "a").origin == "machine"
    into(mine, theirs)
    assert row_of(mine, "a").origin == "here"


@pytest.mark.parametrize("state", ["running", "queued", "paused", "planned"])
def test_what_has_not_ended_there_is_nothing_to_start_here(mine: Path, tmp_path: Path, state: str) -> None:
    into(mine, make(tmp_path / "box.db", (Run("a", state=state, items=(("1", Answer()),)),)))
    run = row_of(mine, "a")
    assert (run.state, run.can_resume, run.interrupted, run.n_done) == ("stopped", False, False, 1)
    assert run.reason is not None
    assert run.reason.endswith("on box as of 2026-01-01 00:01 UTC")
    assert run.origin_facts["state"] == state
    with opened(mine) as conn:
        assert runs.live_runs(conn) == []


def test_a_later_merge_brings_the_rest_of_a_run_that_was_going_on(mine: Path, tmp_path: Path) -> None:
    half = Run("a", state="running", items=(("1", Answer()),), events=((1, "running"),), last=50)
    whole = Run("a", items=(("1", Answer()), ("2", Answer())), events=((1, "running"), (99, "finished")))
    into(mine, make(tmp_path / "before.db", (half,)))
    found = into(mine, make(tmp_path / "after.db", (whole,)))
    assert [one.change for one in found.runs] == ["more"]
    run = row_of(mine, "a")
    assert (run.state, run.n_done, "state" in run.origin_facts) == ("finished", 2, False)
    assert content(mine)["a"]["events"] == [(moment(1), "running"), (moment(99), "finished")]
    assert into(mine, make(tmp_path / "again.db", (half,))).is_nothing
    assert row_of(mine, "a").state == "finished"


def test_what_is_live_here_is_left_alone(tmp_path: Path) -> None:
    live = Run("a", state="running", items=(("1", Answer()),), machine=HERE)
    mine = make(tmp_path / "mine.db", (live,))
    copy = make(tmp_path / "copy.db", (Run("a", state="failed", items=(("2", Answer()),), machine=HERE),))
    before = content(mine)
    assert [one.change for one in into(mine, copy).runs] == ["live"]
    assert content(mine) == before


def test_a_deleted_run_stays_away_until_it_is_wanted_again(mine: Path, box: Path) -> None:
    into(mine, box)
    with opened(mine) as conn:
        runs.delete(conn, row_of(mine, "a"))
    found = into(mine, box)
    assert [(one.change, one.run_id) for one in found.runs] == [("deleted", None)]
    assert content(mine) == {}
    into(mine, box, again=True)
    assert set(content(mine)) == {"a"}
    with opened(mine) as conn:
        assert conn.execute("SELECT count(*) FROM deleted_runs").fetchone()[0] == 0


def test_the_verdict_that_was_given_last_counts_wherever_it_was_given(mine: Path, tmp_path: Path) -> None:
    def graded(*scores: tuple[str, str, int]) -> Run:
        return Run("a", items=(("1", Answer(scores=scores)),))

    into(mine, make(tmp_path / "new.db", (graded(("exact/1", "wrong", 10), ("exact/2", "correct", 30)),)))
    into(mine, make(tmp_path / "old.db", (graded(("exact/1", "wrong", 10), ("judge/1", "wrong", 20)),)))
    sample = content(mine)["a"]["samples"]["1"]
    assert sample["counts"] == ("exact/2", "correct", moment(30))
    assert len(sample["verdicts"]) == 3


def test_a_thinking_text_that_was_dropped_here_comes_back(mine: Path, tmp_path: Path) -> None:
    into(mine, make(tmp_path / "dropped.db", (Run("a", items=(("1", Answer(thinking="")),)),)))
    found = into(mine, make(tmp_path / "whole.db", (Run("a", items=(("1", Answer(thinking="hm")),)),)))
    assert (found.n_replaced, content(mine)["a"]["samples"]["1"]["thinking"]) == (0, "hm")


def test_a_conversation_that_went_on_differently_stays_as_it_is_here(mine: Path, tmp_path: Path) -> None:
    into(mine, make(tmp_path / "one.db", (Run("a", "ask", asked=("Hello", "And you?")),)))
    found = into(mine, make(tmp_path / "two.db", (Run("a", "ask", asked=("Hello", "Who?"), last=500),)))
    assert [one.change for one in found.runs] == ["apart"]
    assert content(mine)["a"]["asked"] == ["Hello", "And you?"]
    longer = make(tmp_path / "three.db", (Run("a", "ask", asked=("Hello", "And you?", "Why?")),))
    assert [one.change for one in into(mine, longer).runs] == ["more"]
    assert len(content(mine)["a"]["asked"]) == 3


TALKED = Answer("The end.", at=50, turns=("first", "The end."))


def test_turns_come_with_their_samples(mine: Path, tmp_path: Path) -> None:
    box = make(tmp_path / "box.db", (Run("a", items=(("1", TALKED),), begun=(("2", ("only one",), 60),)),))
    assert into(mine, box).runs[0].change == "new"
    assert content(mine)["a"] == content(box)["a"]
    assert len(content(mine)["a"]["turns"]) == 3
    assert into(mine, box).runs[0].change == "same"


@pytest.mark.parametrize("turned", [False, True])
def test_of_a_conversation_held_twice_the_later_one_stays_with_its_own_turns(
    mine: Path, tmp_path: Path, turned: bool
) -> None:
    later = Answer("Later.", at=90, turns=("one", "two", "Later."))
    first, second = (later, TALKED) if turned else (TALKED, later)
    into(mine, make(tmp_path / "one.db", (Run("a", items=(("1", first),)),)))
    into(mine, make(tmp_path / "two.db", (Run("a", items=(("1", second),)),)))
    assert [turn[2] for turn in content(mine)["a"]["turns"]] == ["one", "two", "Later."]


@pytest.mark.parametrize("turned", [False, True])
def test_of_conversations_that_were_cut_short_the_further_one_stays(mine: Path, tmp_path: Path, turned: bool) -> None:
    short, long = Run("a", begun=(("1", ("one",), 10),)), Run("a", begun=(("1", ("one", "two"), 10),))
    over = Run("a", items=(("1", TALKED),))
    for number, run in enumerate((long, short, over) if turned else (short, long)):
        into(mine, make(tmp_path / f"{number}.db", (run,)))
    wanted = ["first", "The end."] if turned else ["one", "two"]
    assert [turn[2] for turn in content(mine)["a"]["turns"]] == wanted


def test_a_file_that_does_not_lie_here_is_known_by_its_name_alone(mine: Path, tmp_path: Path) -> None:
    lies_here = tmp_path / "b.gguf"
    lies_here.write_bytes(b"GGUF")
    box = make(tmp_path / "box.db", (Run("a", file="a"), Run("b", file="b")))
    with closing(sqlite3.connect(box)) as conn, conn:
        stat = lies_here.stat()
        conn.execute(
            "UPDATE gguf_files SET path = ?, size_bytes = ?, mtime_ns = ? WHERE sha256 = 'b'",
            (str(lies_here), stat.st_size, stat.st_mtime_ns),
        )
    into(mine, box)
    with opened(mine) as conn:
        assert [(one.path, one.mtime_ns > 0) for one in files.list_files(conn)] == [
            ("a.gguf", False),
            (str(lies_here), True),
        ]


def test_figures_of_another_machine_are_in_no_column_of_this_one(mine: Path, tmp_path: Path) -> None:
    """Nor do old runs of this machine that come in again stand before younger ones."""
    box = make(tmp_path / "box.db", (Run("a", "speed", figures=(("tg128", 99.0, 20),)),))
    young = Run("y", "speed", machine=HERE, figures=(("tg128", 20.0, 5000),), created=5000, last=5100)
    old = Run("o", "speed", machine=HERE, figures=(("tg128", 10.0, 20),), created=10)
    with opened(mine) as conn:
        model = models.resolve(conn, "nanbeige4-1-3b")
    paths = [box, make(tmp_path / "young.db", (young,)), make(tmp_path / "old.db", (old,))]
    for path in paths:
        into(mine, path)
    with opened(mine) as conn:
        files.link(conn, files.list_files(conn)[0].id, model.model_id)
        assert models.resolve(conn, "nanbeige4-1-3b").here_tg_tps == 20.0
        assert len(runs.results_of_model(conn, model.model_id, everywhere=True)) == 3


def test_what_belongs_to_no_run_comes_too_but_never_where_a_key_is(mine: Path, box: Path) -> None:
    with closing(sqlite3.connect(box)) as conn, conn:
        conn.execute("INSERT INTO memory_bandwidth VALUES (?, 5e9, 2, ?)", (BOX, moment(0)))
        conn.execute(
            "INSERT INTO servers (url, name, key_env, added_at) VALUES ('http://box:8080', 'box', 'MY_KEY', ?)",
            (moment(0),),
        )
    into(mine, box)
    with opened(mine) as conn:
        assert library.bandwidth(conn, BOX) == (5e9, 2, moment(0))
        assert tuple(conn.execute("SELECT name, key_env FROM servers").fetchone()) == ("box", "")


def test_a_model_that_is_known_there_only_gets_its_page_here(mine: Path, box: Path) -> None:
    with closing(sqlite3.connect(box, isolation_level=None)) as conn:
        conn.row_factory = sqlite3.Row
        model_id = files.add_local_model(
            conn,
            name="Mine",
            creator="me",
            total_params_b=1.0,
            context_tokens=None,
            license_name=None,
            reasoning=False,
            source_url="a.gguf",
            as_of="2026-01-01",
        )
        files.link(conn, 1, model_id)
    into(mine, box)
    with opened(mine) as conn:
        found = models.resolve(conn, "mine")
        assert (found.is_local, found.creator) == (True, "me")
        assert [one.run.uid for one in runs.results_of_model(conn, found.model_id, everywhere=True)] == ["a"]


def test_a_dry_run_says_the_same_and_changes_nothing(mine: Path, box: Path) -> None:
    with opened(mine) as conn, on_a_copy(conn) as copy:
        tried = Merger(copy, HERE).merge(box)
    assert content(mine) == {}
    done = into(mine, box)
    assert (tried.n_samples, tried.n_scores, [one.change for one in tried.runs]) == (
        done.n_samples,
        done.n_scores,
        [one.change for one in done.runs],
    )


# -- the other file


def test_the_other_file_is_only_read(mine: Path, box: Path) -> None:
    def seen() -> tuple[object, ...]:
        return box.read_bytes(), box.stat().st_mtime_ns, sorted(box.parent.iterdir())

    before = seen()
    into(mine, box)
    assert seen() == before


@pytest.mark.parametrize("version", [4, 13, 14])
def test_a_catalog_of_an_earlier_version_comes_too(mine: Path, tmp_path: Path, version: int) -> None:
    names = [one.name for one in migrations.pending(Database(memory=True))]
    old = tmp_path / "old.db"
    with closing(sqlite3.connect(old, isolation_level=None)) as conn:
        migrations.apply(Database(conn), stop_before=names[version : version + 1])
        conn.execute(
            "INSERT INTO gguf_files (id, sha256, path, size_bytes, mtime_ns, name) "
            "VALUES (5, 'aa', '/m.gguf', 1, 1, 'M')"
        )
        conn.execute(
            "INSERT INTO runs (id, kind, state, file_id, created_at, ended_at) "
            "VALUES (3, 'speed', 'finished', 5, ?, ?)",
            (moment(0), moment(9)),
        )
    data = old.read_bytes()
    assert [one.change for one in into(mine, old).runs] == ["new"]
    copy = tmp_path / "copy.db"
    shutil.copyfile(old, copy)
    assert into(mine, copy).is_nothing, "two copies of one catalog name its runs alike"
    assert old.read_bytes() == data


def test_a_catalog_that_its_app_has_open_is_merged_as_it_stands(mine: Path, box: Path) -> None:
    """What is in the write-ahead log alone comes too; what is not committed does not."""
    with closing(sqlite3.connect(box, isolation_level=None)) as writer:
        writer.row_factory = sqlite3.Row
        writer.execute("PRAGMA journal_mode = WAL")
        add(writer, Run("in the log"))
        writer.execute("BEGIN IMMEDIATE")
        add(writer, Run("not yet"))
        into(mine, box)
        writer.execute("ROLLBACK")
    assert set(content(mine)) == {"a", "in the log"}


WRONG = {
    "the catalog itself": ("", "is the open catalog itself"),
    "newer": ("PRAGMA user_version = 999", "written by a newer aa-tui"),
    "another program's": (
        "DROP TABLE runs; DROP TABLE models; DROP TABLE variants; DROP TABLE measurements",
        "another",
    ),
    "a wrong value": ("UPDATE runs SET settings = 'nonsense'", "a row of runs has a wrong settings"),
    "a wrong number": ("UPDATE eval_samples SET n_prompt = 'many'", "a wrong n_prompt"),
    "a text that cannot be unpacked": ("UPDATE eval_samples SET answer = x'0102'", "a wrong answer"),
    "a turn whose calls are no list": ("UPDATE sample_turns SET calls = '{}'", "a wrong calls"),
    "a sample of no run": ("PRAGMA foreign_keys = OFF; UPDATE eval_samples SET run_id = 77", "that is not there"),
    "a view for a table": (
        "ALTER TABLE servers RENAME TO s; CREATE VIEW servers AS SELECT * FROM s",
        "no table servers",
    ),
    "no name": ("UPDATE runs SET uid = NULL", "the same name"),
    "a text that is none": ("UPDATE runs SET pack = CAST(x'ff' AS TEXT)", "a wrong pack"),
    "an outcome of its own": ("UPDATE sample_scores SET outcome = 'splendid'", "a wrong outcome"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_merged_is_one_sentence_and_changes_nothing(mine: Path, box: Path, what: str) -> None:
    script, words = WRONG[what]
    with closing(sqlite3.connect(box)) as conn:
        conn.executescript(script)
    before = content(mine)
    with pytest.raises(CatalogError) as caught:
        into(mine, box if script else mine)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert content(mine) == before


def test_a_damaged_page_points_to_the_rescue(mine: Path, tmp_path: Path) -> None:
    box = make(tmp_path / "box.db", tuple(Run(f"r{n}", items=(("1", Answer(text="x" * 900)),)) for n in range(40)))
    with box.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(size // 2)
        file.write(b"\xff" * (size // 3))
    with pytest.raises(CatalogError, match="aa-tui catalog rescue"):
        into(mine, box)


def test_ctrl_c_while_values_are_looked_at_is_no_damage(mine: Path, box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_kind: str, _value: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(other, "_fits_text", interrupted)
    with pytest.raises(KeyboardInterrupt):
        into(mine, box)
    assert content(mine) == {}


# -- while others work


def test_a_merge_that_was_ended_on_its_way_is_simply_run_again(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has come until then is a sound catalog, whose run says that it is not whole."""
    items = tuple((str(number), Answer()) for number in range(10))
    box = make(tmp_path / "box.db", (Run("a", items=items, figures=(("x", 1.0, 20),)),))
    monkeypatch.setattr(samples_joined, "BATCH", 3)
    real, calls = samples_joined.join, iter(range(10))

    def dies(conn: sqlite3.Connection, run_id: int, ids: list[int]) -> samples_joined.Counts:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return real(conn, run_id, ids)

    monkeypatch.setattr(samples_joined, "join", dies)
    with pytest.raises(KeyboardInterrupt):
        into(mine, box)
    run = row_of(mine, "a")
    assert (run.state, run.n_done) == ("stopped", 6)
    assert "merge again" in (run.reason or "")
    assert content(mine)["a"]["figures"] == []
    monkeypatch.setattr(samples_joined, "join", real)
    into(mine, box)
    assert (row_of(mine, "a").reason, content(mine)["a"]) == (None, content(box)["a"])
    with opened(mine) as conn:
        assert "partial" not in facts_of(conn, "a")


@pytest.fixture
def journal(mine: Path) -> Iterator[tuple[int, threading.Event, list[BaseException]]]:
    """A run here whose worker writes a sample after the other until it is told to end."""
    with closing(db.open_catalog(mine)) as conn:
        run_id = add(conn, Run("mine", state="running", machine=HERE))
    over, failed, written = threading.Event(), [], 0

    def work() -> None:
        nonlocal written
        try:
            with closing(db.open_catalog(mine)) as conn:
                while not over.is_set():
                    samples.add(conn, run_id, _sample(written))
                    written += 1
        except BaseException as error:  # noqa: BLE001 - told by the test
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    yield run_id, over, failed
    over.set()
    thread.join()


@pytest.mark.long
def test_a_worker_journals_while_a_catalog_is_merged(
    mine: Path, tmp_path: Path, journal: tuple[int, threading.Event, list[BaseException]]
) -> None:
    run_id, over, failed = journal
    items = tuple((str(number), Answer()) for number in range(3_000))
    into(mine, make(tmp_path / "box.db", (Run("a", items=items),)))
    over.set()
    assert failed == []
    assert row_of(mine, "a").n_done == 3_000
    with opened(mine) as conn:
        assert runs.get(conn, run_id).n_done > 0


def _sample(number: int) -> EvalSample:
    return EvalSample(
        item_id=f"i{number}",
        epoch=1,
        position=number,
        category="sums",
        level=None,
        finish_reason="stop",
        prompt="What?",
        thinking="",
        answer="4",
        message="",
        n_prompt=1,
        n_cached=0,
        n_thinking=0,
        n_answer=1,
        n_thinking_chars=0,
        n_answer_chars=1,
        queued_s=None,
        ttft_s=None,
        ttfat_s=None,
        e2e_s=None,
        output_tps=None,
        seed=1,
        ended_at=moment(number % 3600),
    )
