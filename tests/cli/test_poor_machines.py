"""The program where memory, /proc, a home, a folder for temporary files or room for output is missing."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest
from tests.support.program import Program, linux_only, under

from aa_tui.catalog import db
from aa_tui.cli import surroundings
from aa_tui.evals.jail import isolation


def without_proc(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The program without /proc; skips the test where that cannot be had."""
    hide = "mount -t tmpfs none /proc"
    try:
        tried = under(hide, "-c", "", namespace=True)
    except FileNotFoundError:
        pytest.skip("there is no unshare")
    if tried.returncode != 0:
        pytest.skip(f"no mount namespace can be made here: {tried.stderr.strip()}")
    return under(hide, *arguments, namespace=True)


@pytest.mark.long
@linux_only
def test_a_machine_without_proc_is_described_by_what_else_is_known(home: Path) -> None:
    home.mkdir()
    done = without_proc("-m", "aa_tui", "doctor", "--json")
    assert "Traceback" not in done.stderr
    told = json.loads(done.stdout)
    assert told["machine"]["memory_bytes"] == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert 0 < told["available_memory_bytes"] <= told["machine"]["memory_bytes"]
    assert told["threads"] >= 1


@linux_only
def test_a_run_is_observed_without_proc_as_far_as_it_goes(home: Path) -> None:
    told = (
        "import json; from aa_tui.host import machine, telemetry; sampler = telemetry.Sampler();"
        "print(json.dumps([sampler.sample().own_cpu_share, telemetry.state(busy_over_s=0.01).busy_share,"
        " machine.process_started_at()]))"
    )
    done = without_proc("-c", told)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [None, None, None]


@linux_only
@pytest.mark.parametrize("option", ["v", "d"])
def test_a_limit_on_memory_counts_as_little_free_memory(option: str) -> None:
    ask = "from aa_tui.host.machine import available_memory_bytes; print(available_memory_bytes())"
    done = under(f"ulimit -{option} 400000", "-c", ask)
    assert done.returncode == 0, done.stderr
    assert 100_000_000 < int(done.stdout) < 400_000 * 1024


@pytest.mark.long
@linux_only
def test_an_evaluation_is_done_within_450_mb_of_address_space(home: Path) -> None:
    done = under("ulimit -v 450000", "-m", "aa_tui", "eval", "aa-nano", "--pack", "quick", "--limit", "1", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["n_done"] == 1


@linux_only
def test_what_fits_is_told_where_the_bandwidth_cannot_be_measured(home: Path) -> None:
    done = under("ulimit -v 150000", "-m", "aa_tui", "gguf", "fit", "nanbeige4.1-3b", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["bandwidth_bytes_per_s"] is None
    assert told["free_memory_bytes"] < 150_000 * 1024


@linux_only
@pytest.mark.parametrize("arguments", [("models",), ("models", "--limit", "1"), ("packs", "list", "--json")])
def test_a_full_standard_output_is_told_in_one_sentence(home: Path, arguments: tuple[str, ...]) -> None:
    done = under("exec > /dev/full", "-m", "aa_tui", *arguments)
    assert done.returncode == 1
    assert done.stderr == ("aa-tui: Standard output cannot be written: No space left on device; make room there.\n")


def test_a_closed_standard_output_is_told_where_something_is_printed(home: Path) -> None:
    done = under("exec <&- >&-", "-m", "aa_tui", "models")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "aa-tui: Standard output is closed: send it to a terminal, a file or /dev/null.\n"
    done = under("exec <&- >&-", "-m", "aa_tui", "gguf", "list", "--here", "--add", "/no/such")
    assert (done.returncode, done.stderr) == (2, "aa-tui: /no/such is no folder.\n"), "the command's own failure counts"


@linux_only
@pytest.mark.parametrize("lost", ["2>&-", "2> /dev/full"])
def test_nothing_depends_on_standard_error(home: Path, lost: str) -> None:
    done = under(f"exec <&- {lost}", "-m", "aa_tui", "models", "--limit", "1", "--json")
    assert (done.returncode, len(json.loads(done.stdout))) == (0, 1)
    done = under(f"exec <&- {lost}", "-m", "aa_tui", "show", "no-such-model")
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (MemoryError(), "Out of memory; close other programs"),
        (OSError(12, "Cannot allocate memory"), "Cannot allocate memory; close other programs"),
        (OSError(24, "Too many open files", "/x/y"), "Too many open files: /x/y; raise the limit on open files"),
        (BlockingIOError(11, "Resource temporarily unavailable"), "raise the limit on processes"),
        (RuntimeError("can't start new thread"), "raise the limit on processes"),
    ],
)
def test_what_the_system_refuses_comes_with_what_to_do(error: Exception, says: str) -> None:
    assert says in (surroundings.words(error) or "")


@pytest.mark.parametrize("error", [RuntimeError("dictionary changed size"), KeyError("x"), FileNotFoundError(2, "No")])
def test_a_fault_of_ours_is_none_of_the_surroundings(error: Exception) -> None:
    assert surroundings.words(error) is None


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_uid: int) -> NoReturn:
        raise KeyError("no such user")  # as in a container that runs under any number

    for name in ("AA_TUI_HOME", "HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    if sys.platform == "darwin":
        pytest.skip("macOS has a folder for everyone")
    with pytest.raises(db.CatalogError, match="no home folder; set AA_TUI_HOME"):
        db.data_folder()


def test_the_home_of_a_user_who_is_not_there_is_a_path_like_any_other(program: Program) -> None:
    done = program("bench", "~not-a-user-here/x.gguf")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "There is no file '~not-a-user-here/x.gguf'" in done.stderr


def test_without_a_folder_for_temporary_files_nothing_isolates_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    found = isolation.available()
    assert not found.isolating
    assert "No such file or directory" in found.why_not


@linux_only
@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_an_output_that_is_not_utf_8_gets_marks_for_what_it_lacks(program: Program, encoding: str) -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}  # makes it ASCII with another error handler
    done = program("models", "--limit", "3", **(plain if encoding == "ascii" else {"PYTHONIOENCODING": encoding}))
    assert (done.returncode, done.stderr) == (0, "")
    assert "*@  Claude" in done.stdout
    assert done.stdout.isascii()
    as_json = program("show", "nanbeige4.1-3b", "--json", PYTHONIOENCODING=encoding).stdout
    assert as_json.isascii()
    assert "≤4B" in json.loads(as_json)["comparison_class"]["explanation"]


@pytest.mark.long
def test_ascii_alone_where_that_is_asked_for(program: Program) -> None:
    for command in (("models",), ("show", "nanbeige4.1-3b"), ("packs", "show", "quick"), ("show", "no-such-model")):
        done = program(*command, AA_TUI_ASCII="1")
        assert done.stdout + done.stderr
        assert (done.stdout + done.stderr).isascii()
    whole = program("show", "nanbeige4.1-3b", "--json", AA_TUI_ASCII="1").stdout
    assert whole.isascii()
    assert "≤4B" in json.loads(whole)["comparison_class"]["explanation"], "JSON loses nothing"


@pytest.mark.repeats
@linux_only
@pytest.mark.parametrize(
    "command", [("show",), ("models",), ("compare", "nanbeige4.1-3b"), ("bench",), ("gguf", "pull")]
)
def test_an_argument_that_is_not_utf_8_gets_one_sentence(home: Path, command: tuple[str, ...]) -> None:
    line = [os.fsencode(one) for one in (sys.executable, "-m", "aa_tui", *command)]
    done = subprocess.run([*line, b"no-\xff-such"], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "aa-tui: an argument is not UTF-8; type it again, or rename the file.\n"


@pytest.mark.long
@linux_only
def test_a_data_folder_on_a_read_only_disk_is_named_with_what_to_set(home: Path) -> None:
    under(":", "-m", "aa_tui", "models")  # makes the catalog
    read_only = 'mount --bind "$AA_TUI_HOME" "$AA_TUI_HOME" && mount -o remount,bind,ro "$AA_TUI_HOME"'
    if under(read_only, "-c", "", namespace=True).returncode != 0:
        pytest.skip("no mount namespace can be made here")
    assert under(read_only, "-m", "aa_tui", "show", "nanbeige4.1-3b", namespace=True).returncode == 0
    done = under(read_only, "-m", "aa_tui", "bench", "aa-nano", namespace=True)
    assert done.returncode == 1
    assert done.stderr == (
        f"aa-tui: The catalog {home / 'catalog.db'} cannot be written; "
        "set AA_TUI_HOME to a folder that can be, or name another file with --catalog.\n"
    )
