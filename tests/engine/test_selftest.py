"""How llama.cpp works on this machine is found out by trying; a library that crashes stands in for a broken build."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from tests.support import stand_in

from aa_tui.engine import binaries, selftest, trial
from aa_tui.engine.llama import open_model
from aa_tui.engine.settings import EngineSettings
from aa_tui.engine.ways import WAYS, way_of
from aa_tui.gguf.bundled import bundled_model
from aa_tui.host import processor
from aa_tui.library import engine_trial


@pytest.fixture
def crashing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Programs started from here load the stand-in; the test says with AA_TUI_STAND_IN what it does."""
    monkeypatch.setenv("LLAMA_CPP_LIB_PATH", str(stand_in.build(tmp_path / "libraries")))
    return monkeypatch


def test_the_build_that_is_installed_works_as_it_was_built() -> None:
    found = selftest.run()
    assert (found.ok, found.mode) == (True, "as-built"), found
    if "amx_int8" in processor.features():
        assert "AMX" in found.engine["extra_buffers"], "the fast kernels of this processor are in use"


def test_amx_can_be_refused_and_repacking_kept() -> None:
    if "AMX" not in selftest.run().engine["extra_buffers"]:
        pytest.skip("this processor, or this build, has no AMX")
    found = selftest.run([way_of("no-amx")])
    assert found.ok
    assert found.engine["extra_buffers"] == ["CPU_REPACK"]


@pytest.mark.long
@pytest.mark.parametrize(
    ("wish", "mode", "name"),
    [
        ("decode-with-extra 11", "no-extra-buffers", "SIGSEGV"),
        ("decode-with-extra 4", "no-extra-buffers", "SIGILL"),
        ("decode-with-flash 6", "no-flash-attention", "SIGABRT"),
        ("decode 11", None, "SIGSEGV"),
        ("load 4", None, "SIGILL"),
    ],
)
@pytest.mark.repeats
def test_the_first_way_that_works_is_taken(
    crashing: pytest.MonkeyPatch, wish: str, mode: str | None, name: str
) -> None:
    crashing.setenv("AA_TUI_STAND_IN", wish)
    found = selftest.run()
    assert found.mode == mode
    assert (found.tried[0].mode, found.tried[0].ok, found.tried[0].signal) == ("as-built", False, name)
    assert [one.ok for one in found.tried] == [False] * (len(found.tried) - 1) + [mode is not None]


@pytest.mark.long
def test_a_build_that_computes_wrongly_does_not_work(crashing: pytest.MonkeyPatch) -> None:
    crashing.setenv("AA_TUI_STAND_IN", "wrong 0")
    found = selftest.run()
    assert not found.ok
    assert all("computes wrongly" in (one.why or "") for one in found.tried)


@pytest.mark.long
def test_it_is_tried_once_for_each_build(crashing: pytest.MonkeyPatch, conn: sqlite3.Connection) -> None:
    crashing.setenv("AA_TUI_STAND_IN", "decode-with-extra 11")
    first = engine_trial.check(conn)
    assert first.mode == "no-extra-buffers"
    crashing.setenv("AA_TUI_STAND_IN", "")  # nobody would notice if it were tried again
    assert engine_trial.check(conn) == first
    assert engine_trial.check(conn, anew=True).mode == "as-built", "doctor does try again"
    crashing.delenv("LLAMA_CPP_LIB_PATH")
    assert engine_trial.known(conn) is None, "another build is another matter"


@pytest.mark.long
def test_a_child_that_is_killed_from_outside_tells_nothing_for_good(
    crashing: pytest.MonkeyPatch, conn: sqlite3.Connection
) -> None:
    crashing.setenv("AA_TUI_STAND_IN", "decode-with-extra 9")
    assert engine_trial.check(conn).mode == "no-extra-buffers"
    assert engine_trial.known(conn) is None
    crashing.setenv("AA_TUI_STAND_IN", "")
    assert engine_trial.check(conn).mode == "as-built"


def test_the_same_build_elsewhere_is_known_by_its_content(
    crashing: pytest.MonkeyPatch, conn: sqlite3.Connection, tmp_path: Path
) -> None:
    crashing.setenv("AA_TUI_STAND_IN", "decode-with-extra 11")
    first = engine_trial.check(conn)
    (tmp_path / "libraries").rename(tmp_path / "moved")
    crashing.setenv("LLAMA_CPP_LIB_PATH", str(tmp_path / "moved"))
    crashing.setenv("AA_TUI_STAND_IN", "")
    assert engine_trial.known(conn) is None
    assert engine_trial.check(conn).mode == first.mode
    assert engine_trial.known(conn) is not None


@pytest.mark.long
def test_a_safer_way_is_told_with_its_cost_and_its_cure(crashing: pytest.MonkeyPatch, conn: sqlite3.Connection) -> None:
    crashing.setenv("AA_TUI_STAND_IN", "decode-with-extra 11")
    told = engine_trial.caution(engine_trial.as_test(engine_trial.check(conn)))
    assert told is not None
    assert "without repacked weights" in told
    assert "SIGSEGV" in told
    assert engine_trial.COSTS["no-extra-buffers"] in told
    assert "llama-cpp-python" in told


@pytest.mark.parametrize("how", ["nowhere", "without its backend", "of another version"])
def test_a_library_that_cannot_be_loaded_is_said_so(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, conn: sqlite3.Connection
) -> None:
    folder = tmp_path / "libraries"
    if how != "nowhere":
        shutil.copytree(binaries.libraries()[0].parent, folder, symlinks=True)
    if how == "without its backend":
        for one in folder.glob("libggml-cpu*"):
            one.unlink()
    elif how == "of another version":
        stand_in.empty(folder)
    monkeypatch.setenv("LLAMA_CPP_LIB_PATH", str(folder))
    found = engine_trial.check(conn)
    assert (found.mode, len(found.tried)) == (None, 1), "no other way would help"
    told = engine_trial.none_works(engine_trial.as_test(found))
    assert told.startswith("llama.cpp cannot be loaded (")
    assert "llama-cpp-python" in told
    assert engine_trial.known(conn) is None, "it may be mended by the next time"


def test_the_question_is_what_it_says() -> None:
    with open_model(bundled_model(), EngineSettings(n_ctx=256)) as engine:
        prompt = "<|im_start|>user\nWhat is 23 + 45?<|im_end|>\n<|im_start|>assistant\n"
        assert engine.tokenize(prompt, add_special=False, parse_special=True) == list(trial.PROMPT)
        assert engine.tokenize("<think>\n23+45", add_special=False, parse_special=True) == list(trial.EXPECTED)


def test_every_way_costs_something_that_is_told() -> None:
    assert {way.mode for way in WAYS[1:]} == set(engine_trial.COSTS)


def test_what_is_kept_a_second_time_follows_the_way() -> None:
    has = frozenset({"avx2", "amx_int8"})
    assert way_of("as-built").features(has) == has
    assert way_of("no-amx").features(has) == {"avx2"}
    assert way_of("no-extra-buffers").features(has) == way_of("plainest").features(has) == frozenset()


def test_a_way_changes_the_settings_that_are_noted() -> None:
    wanted = EngineSettings(n_ctx=512, flash_attn="on", n_gpu_layers=99)
    assert way_of("as-built").applied(wanted) == wanted
    assert way_of("no-flash-attention").applied(wanted).flash_attn == "off"
    assert way_of("no-gpu").applied(wanted).n_gpu_layers == 0
    assert way_of("a way of a later version").mode == "plainest"
