"""A site's folder: nothing but a site is replaced, and that only once the new one is whole."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aa_tui.export.errors import ExportError
from aa_tui.export.site.folder import MARK, Folder
from aa_tui.export.site.writing import StoppedError, write_site


def make(out: Path, *files: str, text: str = "new") -> None:
    with Folder(out) as folder:
        for path in files:
            folder.write(path, text)
        folder.put_in_place()


def tree(out: Path) -> dict[str, str]:
    return {path.relative_to(out).as_posix(): path.read_text() for path in sorted(out.rglob("*")) if path.is_file()}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_a_new_and_an_empty_folder_are_taken(out: Path, tmp_path: Path) -> None:
    make(out, "index.html")
    other = tmp_path / "empty"
    other.mkdir()
    make(other, "index.html")
    assert tree(out).keys() == tree(other).keys() == {"index.html", MARK}
    assert {path.name for path in tmp_path.iterdir()} == {"out", "empty"}, "nothing lies beside them"


@pytest.mark.parametrize("held", ["a folder", "a file", "no parent", "a damaged mark"])
def test_anything_else_is_refused_and_stays(held: str, out: Path) -> None:
    kept = out / "thesis.txt"
    if held == "a file":
        kept = out
    elif held == "no parent":
        out = out / "deeper"
    elif held == "a damaged mark":
        kept = out / MARK
    if held != "no parent":
        kept.parent.mkdir(exist_ok=True)
        kept.write_text("mine")
    with pytest.raises(ExportError) as told:
        make(out, "index.html")
    assert str(told.value).endswith(
        ("so that nothing in it is lost.", "name a folder for the site.", "another one.", "name another folder.")
    )
    assert held == "no parent" or kept.read_text() == "mine"
    assert len(list(out.parent.glob("*"))) <= 1


def test_an_old_site_goes_and_what_is_not_its_own_stays(out: Path) -> None:
    make(out, "index.html", "models/gone.html", "models/stays.html", text="old")
    (out / ".git").mkdir()
    (out / ".git" / "HEAD").write_text("ref")
    (out / "CNAME").write_text("models.example.org")
    (out / "models" / "mine.txt").write_text("mine")
    make(out, "index.html", "models/stays.html")
    assert tree(out) == {
        ".git/HEAD": "ref",
        "CNAME": "models.example.org",
        "index.html": "new",
        "models/mine.txt": "mine",
        "models/stays.html": "new",
        MARK: (out / MARK).read_text(),
    }
    make(out, "index.html", text="newest")
    assert (out / "CNAME").read_text() == "models.example.org"


def test_a_file_of_the_users_is_never_replaced(out: Path) -> None:
    make(out, "index.html", text="old")
    (out / "about.html").write_text("mine")
    with pytest.raises(ExportError, match=r"about\.html is not of the site"):
        make(out, "index.html", "about.html")
    assert tree(out)["about.html"] == "mine"
    assert tree(out)["index.html"] == "old"


def test_a_link_to_a_folder_stays_a_link(out: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    make(target, "index.html", text="old")
    out.symlink_to(target)
    make(out, "index.html")
    assert out.is_symlink()
    assert tree(target)["index.html"] == "new"


def test_stopped_it_leaves_the_old_one(conn: sqlite3.Connection, out: Path) -> None:
    make(out, "index.html", text="old")
    with pytest.raises(StoppedError):
        write_site(conn, out, is_stopped=lambda: True)
    assert tree(out)["index.html"] == "old"
    assert [path.name for path in out.parent.iterdir() if path.name.startswith(".")] == []


def test_a_failure_while_it_is_put_in_place_gives_the_old_one_back(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(out, "index.html", text="old")
    (out / "CNAME").write_text("mine")
    rename = Path.rename

    def fails(self: Path, target: Path) -> Path:
        if target == out.resolve() and ".new-" in self.name:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(ExportError, match="No space left"):
        make(out, "index.html")
    monkeypatch.undo()
    assert tree(out)["index.html"] == "old"
    assert tree(out)["CNAME"] == "mine"
    assert [path.name for path in out.parent.iterdir()] == ["out"]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_leaves_the_old_site(home: Path, fresh: Path, out: Path) -> None:
    make(out, "index.html", text="old")
    command = [sys.executable, "-m", "aa_tui", "site", str(out)]
    started = subprocess.Popen(
        command, env={**os.environ, "AA_TUI_HOME": str(home)}, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    until = time.monotonic() + 60
    while not list(out.parent.glob(".out.new-*/models/*")) and time.monotonic() < until and started.poll() is None:
        time.sleep(0.005)
    started.send_signal(signal.SIGINT)
    _, told = started.communicate(timeout=60)
    assert started.returncode == 130, told
    assert tree(out)["index.html"] == "old"
    assert [path.name for path in out.parent.iterdir() if path.name.startswith(".out")] == []
