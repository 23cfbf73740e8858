"""The app on a real pseudo-terminal: what its bytes are, and how it leaves the terminal behind."""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.noted import a_file, take
from tests.support.terminal import Terminal, app_command, assert_restored, environment, guarded_command

from aa_tui.catalog import life, runs
from aa_tui.terminal import refusal, theme_for, wants_ascii

HOSTILE = (
    "\x1b]0;pwned\x07title",
    "\x1b[55;66Hmoved",
    "\x9b31mred",
    "\x90q#0\x9c",
    "\x1b]52;c;aGk=\x07clip",
    "\u202ereversed\u2066",
    "[/nope] [red]x[/red]",
    "[@click=app.exit]y",
    "tab\tnew\nline\rback\x08",
    "x" * 200,
    "日本語モデル" * 20,
    "مرحبا نموذج",
    "e\u0301\u0327" * 40,
    "\x00\x07\x7f\x85\u2028",
)


@pytest.fixture
def hostile(filled: sqlite3.Connection, tmp_path: Path) -> None:
    """Control codes, markup, long, wide and right-to-left text in every field that is shown."""
    ids = [row[0] for row in filled.execute("SELECT id FROM leaderboard ORDER BY intelligence_index DESC")]
    for number, key in enumerate(ids):
        text = HOSTILE[number % len(HOSTILE)]
        filled.execute(
            "UPDATE leaderboard SET name = ?, creator = ?, license = ?, weights_url = ?, source_name = ?, "
            "release_date = ? WHERE id = ?",
            (text, text, text, text, text, text, key),
        )
    first = filled.execute("SELECT model_id FROM leaderboard WHERE id = ?", (ids[0],)).fetchone()[0]
    file = a_file(filled, tmp_path / "x.gguf", first)
    filled.execute("UPDATE gguf_files SET path = ?, quant = ?, name = ?", (HOSTILE[0], HOSTILE[2], HOSTILE[4]))
    filled.execute("UPDATE models SET name = ? || id", (HOSTILE[1] + HOSTILE[6],))
    filled.execute("UPDATE sources SET name = ? || id, url = ?", (HOSTILE[0], HOSTILE[6]))
    run_id = runs.create(filled, kind="speed", file=file, settings={"note": HOSTILE[0]})
    take(filled, run_id)
    life.set_progress(filled, run_id, 0.5, HOSTILE[3] + HOSTILE[6])
    done = runs.create(filled, kind="speed", file=file, settings={})
    take(filled, done)
    life.end(filled, done, "failed", "".join(HOSTILE[:9]))


def data_bytes(raw: bytes) -> bytes:
    """What is left of the output when the sequences that Textual itself sends are taken out."""
    own = re.compile(
        rb"\x1b\[[0-9;?<>=]*[A-Za-z$~]p?"  # colours, cursor, modes: no data is ever between ESC [ and a letter
        rb"|\x1b\]22;[a-z]*(?:\x1b\\|\x07)"  # the shape of the mouse pointer
        rb"|\x1b_[^\x1b]*\x1b\\"
        rb"|\x1b[78=>]|\x1bP\+q[0-9a-f;]*\x1b\\"
    )
    return own.sub(b"", raw)


@pytest.mark.long
def test_hostile_text_never_reaches_the_terminal(catalog_path: Path, hostile: None) -> None:
    with Terminal(app_command(catalog_path), columns=100, rows=32, env=environment()) as app:
        app.wait_text("157 models")
        for keys in (
            ("down",),
            ("enter",),
            ("1",),
            ("2",),
            ("3",),
            ("4",),
            ("b",),
            ("esc",),
            ("R",),
            ("down",),
            ("tab",),
        ):
            app.send(*keys)
            app.settle(0.15)
        for keys in (
            ("esc",),
            ("L",),
            (":",),
            ("title",),
            ("esc",),
            ("esc",),
            ("/",),
            ("x",),
            ("esc",),
            ("esc",),
            ("s",),
        ):
            app.send(*keys)
            app.settle(0.15)
        app.send("esc")
        app.settle(0.4)
        app.send("q")
        assert app.wait_exit() == 0, app.text
        raw = bytes(app.raw)
    assert b"\x1b]0;" not in raw
    assert b"\x1b]52" not in raw
    assert b"\x1b[55;66H" not in raw
    rest = data_bytes(raw).decode("utf-8")
    bad = re.findall(
        "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]", rest
    )
    assert not bad, [rest[max(0, rest.find(one) - 60) : rest.find(one) + 20] for one in set(bad)]
    assert "[/nope] [red]x[/red]" in rest, "brackets in data stay brackets"


@pytest.mark.long
@pytest.mark.parametrize("width", [80, 160])
def test_hostile_names_do_not_shift_the_columns(catalog_path: Path, hostile: None, width: int) -> None:
    with Terminal(app_command(catalog_path), columns=width, rows=30, env=environment()) as app:
        app.wait_text("157 models")
        app.settle()
        rows = [line for line in app.lines if re.match(r"^ [▌ ] *\d+  [◆◇] ", line)]
        assert len(rows) > 15
        cells = app.cells
        for y, line in enumerate(app.lines):
            if line in rows:
                bar = next(x for x in range(width) if cells[y][x].data == "▰")
                assert bar == next(x for x in range(width) if cells[app.lines.index(rows[0])][x].data == "▰"), (
                    "every bar begins in the same column"
                )


@pytest.mark.long
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_signals_restore_the_terminal(catalog_path: Path, filled: sqlite3.Connection, number: int, status: int) -> None:
    with Terminal(app_command(catalog_path), env=environment()) as app:
        app.wait_text("157 models")
        app.signal(number)
        assert app.wait_exit() == status
        assert_restored(app)


def test_ctrl_c_quits_at_once_and_quietly(catalog_path: Path, filled: sqlite3.Connection) -> None:
    with Terminal(app_command(catalog_path), env=environment()) as app:
        app.wait_text("157 models")
        app.send("ctrl+c")
        assert app.wait_exit() == 130
        assert_restored(app)
        assert b"Traceback" not in app.raw
        assert b"Interrupt" not in app.raw


def test_ctrl_z_gives_the_terminal_back_and_fg_goes_on(catalog_path: Path, filled: sqlite3.Connection) -> None:
    # A shell with job control, as a user has: the app must stop, not only be drawn over.
    shell = ["bash", "--norc", "--noprofile", "-i"]
    with Terminal(shell, env=environment(PS1="shell> ", HISTFILE="")) as app:
        app.wait_text("shell>")
        command = " ".join(f"'{part}'" for part in app_command(catalog_path))
        app.send(command, "enter")
        app.wait_text("157 models")
        app.send("ctrl+z")
        app.wait(lambda: "Stopped" in app.text, "the shell to say so")
        assert b"\x1b[?1049l" in app.raw
        before = len(app.raw)
        app.send("fg", "enter")
        app.wait(lambda: b"\x1b[?1049h" in app.raw[before:], "the app to come back")
        app.settle()
        app.send("q")
        app.wait(lambda: b"\x1b[?1049l" in app.raw[before:], "its end")


@pytest.mark.long
def test_a_crash_restores_the_terminal(catalog_path: Path, filled: sqlite3.Connection) -> None:
    code = (
        "import sys; from pathlib import Path; from aa_tui.tui import app\n"
        "def broken(self): raise RuntimeError('broken on purpose')\n"
        "app.AATuiApp.action_help = broken\n"
        "sys.exit(app.run_app(Path(sys.argv[1])))"
    )
    with Terminal([sys.executable, "-c", code, str(catalog_path)], env=environment()) as app:
        app.wait_text("157 models")
        app.send("?")
        assert app.wait_exit() == 1
        assert_restored(app)
        assert b"broken on purpose" in app.raw


def test_nothing_is_sent_while_nothing_happens(catalog_path: Path, filled: sqlite3.Connection) -> None:
    with Terminal(app_command(catalog_path), env=environment()) as app:
        app.wait_text("157 models")
        app.settle(0.6)
        before = len(app.raw)
        for _ in range(30):
            app.pump(0.05)
        assert len(app.raw) == before
        app.send("down")
        app.settle()
        assert 0 < len(app.raw) - before < 1100, "two rows and the line below the table"


@pytest.mark.repeats
@pytest.mark.parametrize(
    ("extra", "forbidden"),
    [
        ({"NO_COLOR": "1"}, rb"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9\d|10\d)(?:;\d+)*m"),
        ({"TERM": "xterm", "COLORTERM": ""}, rb"\x1b\[(?:\d+;)*[34]8;[\d;]*m"),
        ({"TERM": "xterm-256color", "COLORTERM": ""}, rb"\x1b\[(?:\d+;)*[34]8;2;[\d;]*m"),
    ],
    ids=["none", "16", "256"],
)
def test_colours_are_those_of_the_terminal(
    catalog_path: Path, filled: sqlite3.Connection, extra: dict[str, str], forbidden: bytes
) -> None:
    with Terminal(app_command(catalog_path, "nanbeige4.1-3b"), env=environment(**extra)) as app:
        app.wait_text("INTELLIGENCE")
        app.settle()
        assert not re.search(forbidden, bytes(app.raw))
        app.send("esc")
        app.wait_text("/ search")
        app.settle()
        row = next(y for y, line in enumerate(app.lines) if "▌" in line)
        if "NO_COLOR" in extra:
            assert app.cells[row][10].reverse, "without colours the cursor is still seen"


@pytest.mark.long
@pytest.mark.parametrize("extra", [{"NO_COLOR": "1"}, {"TERM": "xterm", "COLORTERM": ""}], ids=["none", "16"])
def test_a_bar_under_the_cursor_is_still_a_bar(
    catalog_path: Path, filled: sqlite3.Connection, extra: dict[str, str]
) -> None:
    """Its label is reversed; reversed full blocks would be a hole."""
    with Terminal(app_command(catalog_path, "nanbeige4.1-3b"), env=environment(**extra)) as app:
        app.wait_text("INTELLIGENCE")
        app.send("1")
        app.wait_text("▶ ◆ Nanbeige4.1-3B")
        app.settle()
        row = next(y for y, line in enumerate(app.lines) if "▶ ◆ Nanbeige4.1-3B" in line)
        line = app.lines[row]
        assert app.cells[row][line.index("Nanbeige")].reverse, "the cursor is seen"
        assert not app.cells[row][line.index("▇")].reverse
        assert not app.cells[row][line.rindex("16")].reverse


def test_ascii_where_the_locale_has_nothing_else(catalog_path: Path, filled: sqlite3.Connection) -> None:
    with Terminal(app_command(catalog_path), columns=80, rows=24, env=environment(LANG="C")) as app:
        app.wait_text("157 models")
        app.settle()
        assert data_bytes(bytes(app.raw)).isascii()
        assert "Claude" in app.text


@pytest.mark.parametrize("extra", [{"TERM": "dumb"}, {"TERM": "unknown"}])
def test_a_dumb_terminal_is_refused(monkeypatch: pytest.MonkeyPatch, extra: dict[str, str]) -> None:
    for name, value in extra.items():
        monkeypatch.setenv(name, value)
    words = refusal()
    assert words is not None
    assert f"TERM={extra['TERM']}" in words
    assert "`aa-tui models`" in words


def test_colours_that_nobody_knows_are_refused(catalog_path: Path, filled: sqlite3.Connection) -> None:
    command = guarded_command(catalog_path)
    with Terminal(command, env=environment(TEXTUAL_COLOR_SYSTEM="many")) as app:
        assert app.wait_exit() == 1
        assert b"TEXTUAL_COLOR_SYSTEM is many; it must be one of auto, " in app.raw
        assert b"Traceback" not in app.raw


def test_no_terminal_is_refused() -> None:
    code = "import sys; from aa_tui.terminal import refusal; print(refusal()); print('textual' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
    )
    words, imported = done.stdout.splitlines()
    assert "needs a terminal" in words
    assert "`aa-tui models`" in words
    assert imported == "False"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"LANG": "en_US.UTF-8"}, False),
        ({}, False),
        ({"LANG": "C"}, True),
        ({"LC_ALL": "POSIX", "LANG": "en_US.UTF-8"}, True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True),
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({"LANG": "C", "AA_TUI_ASCII": "0"}, False),
        ({"LANG": "C.UTF-8", "AA_TUI_ASCII": "1"}, True),
    ],
)
def test_when_to_draw_in_ascii(environ: dict[str, str], expected: bool) -> None:
    assert wants_ascii(environ) is expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"TERM": "xterm-256color"}, "aa-dark"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "aa-dark"),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;15"}, "aa-light"),
        ({"TERM": "linux"}, "ansi-dark"),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, "ansi-dark"),
        ({"TERM": "linux", "COLORFGBG": "0;default;15"}, "ansi-light"),
        ({"TERM": "xterm-256color", "TEXTUAL_THEME": "nord"}, "nord"),
    ],
)
def test_which_theme(environ: dict[str, str], expected: str) -> None:
    assert theme_for(environ) == expected


@pytest.mark.long
def test_quitting_says_what_continues_and_how_to_come_back(catalog_path: Path, filled: sqlite3.Connection) -> None:
    model_id = filled.execute("SELECT model_id FROM leaderboard LIMIT 1").fetchone()[0]
    file = a_file(filled, catalog_path.with_name("x.gguf"), model_id)
    run_id = runs.create(filled, kind="speed", file=file, settings={})
    take(filled, run_id)
    life.set_progress(filled, run_id, 0.25, "tg128")
    with Terminal(guarded_command(catalog_path), columns=100, rows=30, env=environment()) as app:
        app.wait_text("157 models")
        app.send("q")
        assert app.wait_exit() == 0
        said = "".join(app.text.split())  # wherever the terminal has wrapped it
        assert f"Run{run_id}(" in said
        assert "continuesinthebackground,25%done." in said
        assert f"`aa-tuirunsfollow{run_id}`showsit" in said
