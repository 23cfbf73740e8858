"""The app as a user starts it, on a real pseudo-terminal: signals, jobs, hostile keys, windows, lost terminals."""

from __future__ import annotations

import fcntl
import os
import random
import signal
import sqlite3
import stat
import struct
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.terminal import Terminal, assert_restored, environment, guarded_command

from aa_tui.tui.terminal import guard

MOUSE = b"".join(
    b"\x1b[<%d;%d;%d%c" % (button, x, y, end)
    for button in (0, 2, 3, 35, 64, 67, 999)
    for x in (0, 1, 80, 2**31, -5)
    for y in (1, 10, 10**9)
    for end in b"Mm"
)
KITTY = b"".join(b"\x1b[%du\x1b[%d;%du\x1b[97;1;%du" % (n, n, n, n) for n in (0, 1, 55296, 57441, 1114112, 2**40))
REPLIES = (
    b"\x1b[?64;1;2c\x1b[>0;276;0c\x1b[0n\x1b[99999;99999R\x1b]10;rgb:ffff/ffff/ffff\x1b\\\x1b]11;rgb:0/0/0\x07"
    b"\x1bP>|XTerm(370)\x1b\\\x1b[?2026;2$y\x1b[?9999;9$y\x1b[?2048;2$y\x1b[48;0;0;0;0t\x1b[48;99999;99999;9;9t"
    b"\x1b[<0;5;5M\x1b[<0;5;5m\x1b[48;30;100;600;1000t\x1b[4;999;999t"
)
HOSTILE_KEYS = {
    "bytes that are not UTF-8": bytes(range(0x80, 0x100)) + b"\xe6\x97\x1b\xc0\xaf\xed\xa0\x80\xed\xbf\xbf",
    "NUL and floods": b"\0" * 300 + b"\xff" * 100_000 + b"\x1b" * 300,
    "keys that no keyboard has": KITTY,
    "places that no window has": MOUSE + b"\x1b[M\xff\xff\xff\x1b[M\0\0\0",
    "replies that nobody asked for": REPLIES,
    "focus": b"\x1b[I\x1b[O" * 2_000,
    "unfinished sequences": b"\x1b[1;1;1\x1b]0;" + b"j" * 100 + b"\x1b[",
    "an unfinished paste": b"\x1b[200~hello q",
}


def start(catalog: Path, *words: str, **extra: str) -> Terminal:
    return Terminal(guarded_command(catalog, *words), columns=100, rows=30, env=environment(**extra))


def ready(app: Terminal) -> None:
    app.wait_text("157 models", 40)
    app.settle()


def answers(app: Terminal, what: str) -> None:
    """Whatever is open is closed; then the files and the leaderboard come when asked for."""
    app.wait(lambda: _pressed(app, "esc", "esc", "F") and "files here" in app.text, what, 60)
    app.wait(lambda: _pressed(app, "L") and "Space mark" in app.text, what, 60)


def _pressed(app: Terminal, *keys: str) -> bool:
    """Press keys, each a while after the one before, so that Esc is not taken for the beginning of another."""
    for key in keys:
        assert app.status is None, app.raw[-3000:].decode("utf-8", "replace")
        app.send(key)
        app.settle(0.5, 5)
    return True


def quiet(app: Terminal) -> None:
    assert b"Traceback" not in app.raw, app.raw[-5000:].decode("utf-8", "replace")


SIGNALS = ["QUIT", "USR1", "XCPU", "ALRM", "VTALRM", "ABRT", "SYS", "RTMAX", "SEGV"]
if sys.platform != "linux":
    SIGNALS.remove("RTMAX")


@pytest.mark.parametrize("name", SIGNALS)
def test_the_terminal_is_restored_whatever_signal_ends_the_app(
    catalog_path: Path, filled: sqlite3.Connection, name: str
) -> None:
    number = getattr(signal, f"SIG{name}")
    with start(catalog_path) as app:
        ready(app)
        app.signal(number)
        assert app.wait_exit() == -number, "the shell hears what it would hear without a guard"
        assert_restored(app)
        quiet(app)


@pytest.mark.long
@pytest.mark.parametrize("name", ["SEGV", "BUS", "KILL"])
def test_a_crash_of_the_app_leaves_the_terminal_whole_and_is_told(
    catalog_path: Path, filled: sqlite3.Connection, name: str
) -> None:
    number = getattr(signal, f"SIG{name}")
    with start(catalog_path) as app:
        ready(app)
        os.kill(app.child, number)
        assert app.wait_exit() == -number
        assert_restored(app)
        quiet(app)
        place = catalog_path.with_name("app-crash.txt")
        if name == "KILL":
            assert not place.exists()
            return
        assert f"the app crashed (SIG{name}" in app.raw.decode()
        assert str(place) in app.raw.decode().replace("\r\n", "")
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
        assert "run_app" in place.read_text()


def test_without_its_guard_the_app_restores_the_terminal_and_ends(
    catalog_path: Path, filled: sqlite3.Connection
) -> None:
    with start(catalog_path) as app:
        ready(app)
        child = app.child
        app.signal(signal.SIGKILL)
        app.wait(lambda: not _lives(child), "the app to end", 15)
        app.settle()
        assert_restored(app)
        quiet(app)


def _lives(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.long
def test_everything_is_drawn_anew_after_a_stop_and_on_ctrl_l(catalog_path: Path, filled: sqlite3.Connection) -> None:
    shell = ["bash", "--norc", "--noprofile", "-i"]
    with Terminal(shell, columns=100, rows=30, env=environment(PS1="shell> ", HISTFILE="")) as app:
        app.wait_text("shell>")
        app.send(" ".join(f"'{part}'" for part in guarded_command(catalog_path)), "enter")
        ready(app)
        whole = app.text
        jobs = [int(one) for one in Path(f"/proc/{app.pid}/task/{app.pid}/children").read_text().split()]

        def drawn_anew(how: str) -> None:
            app.wait(lambda: app.text == whole, f"the whole screen after {how}")

        app.erase()
        app.send("ctrl+l")
        drawn_anew("Ctrl-L")
        ways: tuple[tuple[str, Callable[[], object]], ...] = (
            ("Ctrl-Z", lambda: app.send("ctrl+z")),
            ("STOP for both", lambda: os.killpg(jobs[0], signal.SIGSTOP)),
            ("STOP for the process that waits", lambda: os.kill(jobs[0], signal.SIGSTOP)),
            ("TSTP", lambda: os.kill(jobs[0], signal.SIGTSTP)),
        )
        for how, stop in ways:
            app.settle()  # the last word of being called back would call it back from this stop as well
            app.erase()
            stop()
            app.wait(lambda: "Stopped" in app.text, f"the shell to say so after {how}")
            app.erase()
            app.send("bg", "enter")
            app.settle()
            app.erase()
            app.wait(lambda: _pressed(app, "jobs", "enter") and "Stopped" in app.text, "the app to stop again")
            app.erase()
            app.send("fg", "enter")
            drawn_anew(f"{how} and fg")
        app.erase()
        app.send("q")
        app.wait_text("shell>")
        app.send("echo status $?", "enter")
        app.wait_text("status 0")
        quiet(app)


@pytest.mark.long
def test_a_window_that_changed_during_a_stop(catalog_path: Path, filled: sqlite3.Connection) -> None:
    with start(catalog_path) as app:
        ready(app)
        child = app.child
        for pids in ((child, app.pid), (app.pid,), (child,)):
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            app.settle(0.2)
            app.erase()
            app.resize(app.columns - 5, 30)
            for pid in reversed(pids):
                os.kill(pid, signal.SIGCONT)
            app.wait(lambda: "157 models" in app.text and "? keys" in app.lines[-1], f"all of it after {pids}")
            answers(app, "keys after a stop")
        app.send("q")
        assert app.wait_exit() == 0
        assert_restored(app)


@pytest.mark.long
def test_nothing_typed_ends_it(catalog_path: Path, filled: sqlite3.Connection) -> None:
    noise = random.Random(7)
    bad = (3, 17, 26, ord("q"))  # Ctrl-C, Ctrl-Q, Ctrl-Z: the keys that may
    with start(catalog_path) as app:
        ready(app)
        for what, data in HOSTILE_KEYS.items():
            app.write(data)
            answers(app, what)
        app.write(bytes(one for one in noise.randbytes(2_000) if one not in bad))
        answers(app, "noise")
        app.write(bytes(one for one in noise.randbytes(100_000) if one not in bad))
        app.send("ctrl+c")
        assert app.wait_exit() == 130, "at once, whatever waits before it"
        assert_restored(app)
        quiet(app)


@pytest.mark.long
def test_pastes_of_10_mb_and_without_an_end(catalog_path: Path, filled: sqlite3.Connection) -> None:
    huge = b"\x1b[200~" + b"pasted q\x1b[31m " * 700_000 + b"\x1b[201~"
    with start(catalog_path) as app:
        ready(app)
        for opens in ("/", ":", "e", "f", "E"):
            app.send(opens)
            app.settle(0.4)
            app.write(huge)
            app.settle(0.5)
            answers(app, f"10 MB pasted after {opens}")
        app.send("/")
        app.settle()
        app.write(b"\x1b[200~qwen")
        app.wait(lambda: " qwen " in app.lines[3] and "of 157" in app.lines[3], "the paste to count as ended")
        app.write(b"\x1b[200~abc")
        app.send("ctrl+c")
        assert app.wait_exit() == 130
        assert_restored(app)
        quiet(app)


BEHIND = b"efT:/x19\x1b[<0;5;5M\x1b[<0;5;5m\x1b[200~hello\x1b[201~\x1b[I\x1b[O\r\x1b[B"


ENDINGS = {b"q" + key: 0 for key in (b"e", b"T", b":", b"/", b"x", b"\x1b")} | {
    b"\x11f": 0,
    b"\rq": 0,
    b"\x03e": 130,
    b"e\x03": 130,
    b"E\x03": 130,
    b":abc\x03": 130,
    b"F\x03": 130,
}


@pytest.mark.long
@pytest.mark.parametrize(("typed", "status"), ENDINGS.items())
@pytest.mark.repeats
def test_keys_behind_the_one_that_ends_it(
    catalog_path: Path, filled: sqlite3.Connection, typed: bytes, status: int
) -> None:
    with start(catalog_path) as app:
        app.wait(lambda: b"\x1b[?2004h" in app.raw, "the app to take the terminal", 40)
        if typed != b"\x03e":  # this one while the first screen is being made
            ready(app)
        app.write(typed + BEHIND)
        app.resize(60, 20)
        assert app.wait_exit() == status
        assert_restored(app)
        quiet(app)


@pytest.mark.long
def test_windows_of_every_size(catalog_path: Path, filled: sqlite3.Connection) -> None:
    sizes = ((6, 2), (1, 1), (0, 0), (200, 60), (40, 3), (3, 40), (65_535, 65_535), (80, 24))
    with Terminal(guarded_command(catalog_path), columns=6, rows=2, env=environment(COLUMNS="²", LINES="-1")) as app:
        app.wait(lambda: b"\x1b[?2004h" in app.raw, "the app to take the terminal", 40)
        app.settle()
        for number, key in enumerate(
            ("F", "R", "L", "enter", "1", "C", "esc", "e", "esc", "?", "esc", ":", "esc", "f")
        ):
            app.send(key)
            for size in (sizes[number % len(sizes)], sizes[(3 * number + 1) % len(sizes)]):
                fcntl.ioctl(app.fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
                app.settle(0.1, 1)
            app.forget()
        app.resize(100, 30)
        app.erase()
        answers(app, "the usual size")
        app.send("ctrl+c")
        assert app.wait_exit() == 130
        quiet(app)


@pytest.mark.long
@pytest.mark.parametrize("trap", ["", "trap '' HUP; "])
def test_a_terminal_that_vanishes_ends_it(catalog_path: Path, filled: sqlite3.Connection, trap: str) -> None:
    command = " ".join(f"'{part}'" for part in guarded_command(catalog_path))
    with Terminal(["sh", "-c", f"{trap}exec {command}"], columns=100, rows=30, env=environment()) as app:
        ready(app)
        child = app.child
        os.close(app.fd)
        app.fd = -1
        assert _ended(app) in (128 + signal.SIGHUP, -signal.SIGHUP)
        assert not _lives(child)


@pytest.mark.long
def test_ctrl_c_ends_it_where_the_terminal_does_not_read(catalog_path: Path, filled: sqlite3.Connection) -> None:
    with start(catalog_path) as app:
        ready(app)
        child = app.child
        for _ in range(40):  # each time everything is drawn, until nothing more fits
            os.write(app.fd, b"\x0c" * 10)
            time.sleep(0.05)
        os.write(app.fd, b"\x03")
        assert _ended(app) == 130
        assert not _lives(child)
        app.status = 0  # its process is known to be gone
        while app.pump(0.2):
            pass
        assert_restored(app)


def _ended(app: Terminal, deadline_s: float = 60.0) -> int:
    """The exit status, without reading what is drawn."""
    begin = time.perf_counter()
    while time.perf_counter() - begin < deadline_s:
        pid, status = os.waitpid(app.pid, os.WNOHANG)
        if pid:
            app.status = os.waitstatus_to_exitcode(status)
            return app.status
        time.sleep(0.02)
    raise AssertionError(f"still running after {deadline_s} s")


@pytest.mark.long
def test_it_draws_on_the_terminal_wherever_errors_go(catalog_path: Path, filled: sqlite3.Connection) -> None:
    command = " ".join(f"'{part}'" for part in guarded_command(catalog_path))
    for errors in ("2>/dev/null", "2>&-"):
        with Terminal(["sh", "-c", f"{command} {errors}"], columns=100, rows=30, env=environment()) as app:
            ready(app)
            app.send("q")
            assert app.wait_exit() == 0
            assert_restored(app)


@pytest.mark.skipif(sys.platform == "darwin", reason="Linux alone says who sent a signal")
def test_what_nobody_sent_is_no_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    unfilled = signal.struct_siginfo((-1_311_768_465, 0, 0, 0, 0, 0, 0))
    monkeypatch.setattr(signal, "sigtimedwait", lambda *_: unfilled)  # as Python does after a stop
    assert guard._next_signal({signal.SIGTERM}) == (0, None)
