"""The writer behind standard output and standard error: what comes out, and what becomes of what does not."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.hostile import POISON, assert_harmless

from aa_tui.cli.outlet import Code, Outlet, OutputError

SOURCE = Path(__file__).parents[2] / "src" / "aa_tui"


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A data folder with a catalog that is there already, for all programs of this module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AA_TUI_HOME", str(tmp_path_factory.mktemp("outlet")))
        assert a_shell('exec "$@" models --limit 1').returncode == 0
        yield


@pytest.fixture
def kept() -> BytesIO:
    return BytesIO()


def outlet(kept: BytesIO, encoding: str = "utf-8") -> Outlet:
    return Outlet(TextIOWrapper(kept, encoding=encoding), is_needed=True, at_once=True)


@given(st.lists(st.text(st.characters(codec=None)), max_size=5))
def test_no_text_becomes_a_code(texts: list[str]) -> None:
    kept = BytesIO()
    out = outlet(kept)
    for text in texts:
        assert out.write(text) == len(text)
    out.writelines(texts)
    print(*texts, file=out)
    assert_harmless(kept.getvalue(), texts)


def test_a_code_comes_out_as_it_is_and_the_same_text_does_not(kept: BytesIO) -> None:
    out = outlet(kept)
    out.emit(Code.BOLD, f"{Code.REVERSE.value}name", Code.RESET, Code.LINE_START.value)
    assert kept.getvalue() == b"\x1b[1mname\x1b[0m"


@pytest.mark.parametrize(("term", "said"), [("linux", b"note\x1b[0m"), ("xterm", b"\x1b[2mnote\x1b[0m")])
def test_nothing_is_dimmed_where_that_could_not_be_read(
    kept: BytesIO, monkeypatch: pytest.MonkeyPatch, term: str, said: bytes
) -> None:
    monkeypatch.setenv("TERM", term)
    out = outlet(kept)
    out.emit(Code.DIM, "note", Code.RESET)
    assert kept.getvalue() == said


def test_an_unfinished_sequence_swallows_nothing(kept: BytesIO) -> None:
    out = outlet(kept)
    out.write("a\x1b]0;title\nb\x1b[1\nc\x1b\nd\x9b\n")
    assert kept.getvalue().decode().splitlines() == ["a0;title", "b", "c", "d"]


def test_spelling_is_kept_and_what_hides_is_not(kept: BytesIO) -> None:
    out = outlet(kept)
    out.write("نمی‌دانم 👩‍💻 pay\u200bpal pay\u200dpal x\U000e0041\ufe0f\u00ad")
    assert kept.getvalue().decode() == "نمی‌دانم 👩‍💻 paypal paypal x"


@pytest.mark.parametrize(("encoding", "shown"), [("ascii", "*o #- n?? - ???"), ("latin-1", "*o #- nü? - ???")])
def test_what_an_encoding_lacks_becomes_marks(kept: BytesIO, encoding: str, shown: str) -> None:
    out = outlet(kept, encoding)
    out.write("◆○ █░ nüİ – 漢ї")
    assert kept.getvalue().decode(encoding) == shown


def test_everything_that_python_and_libraries_print_goes_this_way(catalog: None) -> None:
    tried = f"""
import logging, sys, threading, warnings
from aa_tui.cli.main import run
assert run(["models", "--limit", "1"]) == 0
poison = {POISON!r}
print(poison), sys.stdout.write(poison), sys.stderr.write(poison), print(poison, file=sys.stderr)
logging.warning(poison), logging.getLogger("httpx").error(poison)
logging.basicConfig(force=True), logging.info(poison), logging.critical(poison)
warnings.warn(poison)
import tqdm
for _ in tqdm.tqdm([1, 2], desc=poison): pass
thread = threading.Thread(target=lambda: 1 / len("") if poison else 0); thread.start(); thread.join()
class Odd:
    def __del__(self): raise ValueError(poison)
Odd()
raise KeyError(poison) from ValueError(poison + "x")
"""
    done = subprocess.run([sys.executable, "-c", tried], capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stdout.count(b"forged") == 2
    assert done.stderr.count(b"forged") > 10
    for data in (done.stdout, done.stderr.replace(b"Traceback", b"")):
        assert_harmless(data, "a library")


def a_shell(script: str) -> subprocess.CompletedProcess[str]:
    """A script in which "$@" is the program."""
    command = ["sh", "-c", script, "sh", sys.executable, "-m", "aa_tui"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ('"$@" models --json | true', 0),
        ('"$@" models --json | head -c 1 >/dev/null', 0),
        ('{ "$@" show no-such; echo $? >&3; } 2>&1 3>&2 | true', 0),
        ('exec "$@" --help > /dev/full', 1),
        ('exec "$@" models --json > /dev/full 2> /dev/full', 1),
        ('exec "$@" models --json >&- 2>&- <&-', 1),
        ('exec "$@" --version >&-', 1),
        ('exec "$@" show no-such > /dev/full', 2),
        ('exec "$@" show no-such 2>&-', 2),
        ('exec "$@" show no-such 2> /dev/full', 2),
        ('exec "$@" models --limit 1 > /dev/null 2>&-', 0),
        ('exec "$@" models 1</dev/null', 1),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has /dev/full")
@pytest.mark.repeats
def test_a_full_or_closed_output_is_a_sentence_at_most(catalog: None, script: str, code: int) -> None:
    done = a_shell(script)
    assert done.returncode == code
    assert done.stderr.count("\n") <= 1
    assert all(line.startswith("aa-tui: Standard output") for line in done.stderr.splitlines() if code == 1)


def test_a_limit_on_files_is_told(catalog: None, tmp_path: Path) -> None:
    done = a_shell(f'ulimit -f 100; exec "$@" models --json > "{tmp_path}/out"')
    assert done.returncode == 1
    assert "File too large; raise the limit on files" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_pipe_that_does_not_block_loses_nothing(catalog: None) -> None:
    expected = a_shell('exec "$@" models --json').stdout
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    command = [sys.executable, "-m", "aa_tui", "models", "--json"]
    with open(reading, "rb") as pipe, subprocess.Popen(command, stdout=writing, stderr=subprocess.PIPE) as process:  # noqa: PTH123
        os.close(writing)
        assert pipe.read().decode() == expected
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_a_failure_is_told_once(tmp_path: Path) -> None:
    with closing((tmp_path / "out").open("w+")) as file:
        out = Outlet(file, is_needed=True)
        only_read = os.open(os.devnull, os.O_RDONLY)
        os.dup2(only_read, file.fileno())
        os.close(only_read)
        out.write("lost")
        with pytest.raises(OutputError):
            out.flush()
        out.write("lost too")
        out.flush()


def test_threads_lose_nothing(kept: BytesIO) -> None:
    out = outlet(kept)
    threads = [threading.Thread(target=lambda: [out.write("line\n") for _ in range(200)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept.getvalue() == b"line\n" * 1600


FACES = ("cli", "export", "pages", "charts", "library", "gguf", "speed", "analysis")
"""What prints or exports; catalog, engine, evals and runs speak JSON to themselves, and workers have a log."""

_STREAMS = tuple(f"sys.{name}" for name in ("stdout", "stderr", "__stdin__", "__stdout__", "__stderr__"))
BANNED = (
    "json.dumps",
    "json.dump",
    "os.write",
    *(f"{name}.{what}" for name in _STREAMS for what in ("write", "buffer")),
)
ALLOWED = {("main.py", "sys.stderr.write"), ("output.py", "sys.stderr.write")}


def names(path: Path) -> Iterator[str]:
    """The dotted names of three parts at most that a file uses."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in ("dumps", "dump", "write", "buffer"):
            yield ast.unparse(node)


@pytest.mark.long
def test_commands_write_through_the_outlet_and_json_through_one_function() -> None:
    found = {
        (path.name, name)
        for face in FACES
        for path in (SOURCE / face).rglob("*.py")
        for name in names(path)
        if name in BANNED
    }
    assert found <= ALLOWED
