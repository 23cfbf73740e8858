"""Child processes: started in one place, and nothing of the user's folder gets into them."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.program import Program

import aa_tui
from aa_tui.gguf.bundled import bundled_model
from aa_tui.host import children

SOURCE = Path(aa_tui.__file__).parent

_PROGRAMS = ("call", "check_call", "check_output", "getoutput", "getstatusoutput", "popen", "run", "Popen", "system")
_BEGINNINGS = ("exec", "fork", "posix_spawn", "spawn", "startfile", "create_subprocess")
_MODULES = ("_posixsubprocess", "multiprocessing", "pty", "webbrowser")

KNOWN = {
    ("host/children.py", "subprocess.Popen"),
    ("runs/worker.py", "os.fork"),
    ("runs/watch.py", "os.fork"),
    ("tui/terminal/guard.py", "os.fork"),
    ("evals/jail/inside.py", "os.posix_spawn"),  # tried to see that it fails
}

HOSTILE = (
    *("random", "json", "numpy", "jinja2", "sqlite3", "llama_cpp", "psutil", "sympy", "math_verify", "selectors"),
    *("subprocess", "resource", "platformdirs", "pynvml", "gguf", "argparse", "__future__", "py3langid"),
)
PROGRAMS = ("nvidia-smi", "git", "sysctl", "bwrap", "gdb", "lldb", "uname", "gcc", "ldconfig")


def starts(path: Path) -> Iterator[str]:
    """What in a file starts a process: "os.fork", "subprocess.run" and the like, under any name."""
    names: dict[str, str] = {}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                names[one.asname or one.name.partition(".")[0]] = one.name
                if one.name.partition(".")[0] in _MODULES:
                    yield one.name
        elif isinstance(node, ast.ImportFrom):
            for one in node.names:
                names[one.asname or one.name] = f"{node.module}.{one.name}"
            if (node.module or "").partition(".")[0] in _MODULES or node.module == "concurrent.futures.process":
                yield node.module or ""
    for node in ast.walk(tree):
        called = None
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            called = f"{names.get(node.value.id, '')}.{node.attr}"
        elif isinstance(node, ast.Name):
            called = names.get(node.id)
        module, _, attribute = (called or "").rpartition(".")
        if attribute == "ProcessPoolExecutor" or (
            module in ("os", "posix", "subprocess", "asyncio", "asyncio.subprocess")
            and (attribute in _PROGRAMS or attribute.startswith(_BEGINNINGS))
            and not (module == "asyncio" and attribute == "run")
        ):
            yield called or ""


def test_processes_are_started_in_known_rooms_alone() -> None:
    found = {
        (path.relative_to(SOURCE).as_posix(), start)
        for path in SOURCE.rglob("*.py")
        for start in starts(path)
        if not (start == "subprocess.Popen" and path.parent.name == "jail")  # a type there
    }
    assert found == KNOWN


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import subprocess as s\ns.run(())", ["subprocess.run"]),
        ("from os import fork as split\nsplit()", ["os.fork"]),
        ("import os\nstart = os.execvp\nos.spawnlp(0)", ["os.execvp", "os.spawnlp"]),
        ("import asyncio\nasyncio.create_subprocess_shell('x')\nasyncio.run(x())", ["asyncio.create_subprocess_shell"]),
        ("import multiprocessing.pool", ["multiprocessing.pool"]),
        ("import webbrowser", ["webbrowser"]),
        ("import os\nos.getpid()\nx.run()", []),
    ],
)
def test_every_way_to_start_a_process_is_found(tmp_path: Path, text: str, found: list[str]) -> None:
    (tmp_path / "one.py").write_text(text)
    assert sorted(starts(tmp_path / "one.py")) == found


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder in which everything that would be run by mistake leaves a file called RAN."""
    folder = tmp_path / "hostile"
    folder.mkdir()
    for name in HOSTILE:
        (folder / f"{name}.py").write_text(f"open({str(folder / 'RAN')!r}, 'a').write('{name} ')\n")
    for name in PROGRAMS:
        (folder / name).write_text(f"#!/bin/sh\necho {name} >> {folder / 'RAN'}\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ("bench", str(bundled_model()), "--tests", "tg4", "-r", "1"),
        ("eval", str(bundled_model()), "--pack", "quick", "--limit", "3"),
        ("doctor",),
        ("packs", "check", "quick"),
        ("gguf", "inspect", str(bundled_model())),
    ],
    ids=lambda arguments: arguments[0],
)
@pytest.mark.repeats
def test_nothing_of_the_current_folder_is_run(hostile: Path, home: Path, arguments: tuple[str, ...]) -> None:
    environ = {**os.environ, "PATH": f".:{os.environ['PATH']}:", "PYTHONPATH": "."}
    done = subprocess.run(
        [sys.executable, "-m", "aa_tui", *arguments],
        cwd=hostile,
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (hostile / "RAN").exists(), (hostile / "RAN").read_text()


def test_paths_that_were_typed_relative_are_found(home: Path, tmp_path: Path) -> None:
    (tmp_path / "small.gguf").write_bytes(bundled_model().read_bytes() + bytes(64))
    command = [
        sys.executable,
        "-m",
        "aa_tui",
        "--catalog",
        "own.db",
        "bench",
        "small.gguf",
        "--tests",
        "tg4",
        "-r",
        "1",
    ]
    environ = {**os.environ, "AA_TUI_HOME": "data"}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "own.db").is_file()
    assert (tmp_path / "data" / "locks" / "turn.lock").is_file(), "the turn is the user's, in the folder that is meant"


def test_a_child_knows_of_the_environment_what_it_needs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    secrets = ("HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "AA_TUI_KEY_BOX", "LD_PRELOAD", "PYTHONSTARTUP", "SSH_AUTH_SOCK")
    for name in (*secrets, "PYTHONHOME"):
        monkeypatch.setenv(name, "secret")
    for name in ("LC_ALL", "AA_TUI_TARIFF", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "kept")
    monkeypatch.setenv("PATH", f".:/bin::{tmp_path}")
    monkeypatch.setenv("AA_TUI_HOME", "data")
    plain, computing = children.environment(), children.environment(computes=True, more={"EXTRA": "1"})
    assert "secret" not in {*plain.values(), *computing.values()}
    assert (plain["LC_ALL"], plain["AA_TUI_TARIFF"]) == ("kept", "kept")
    assert "CUDA_VISIBLE_DEVICES" not in plain
    assert (computing["CUDA_VISIBLE_DEVICES"], computing["OMP_NUM_THREADS"]) == ("kept", "kept")
    assert (computing["EXTRA"], computing["GGML_NO_BACKTRACE"]) == ("1", "1")
    assert plain["PATH"] == f"/bin:{tmp_path}"
    assert plain["AA_TUI_HOME"] == str(tmp_path / "data")
    monkeypatch.setenv("PATH", ".:")
    assert children.environment()["PATH"] == os.defpath, "an empty one would mean the current folder"


def test_a_python_child_is_isolated_and_finds_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tell.py").write_text(
        "import json, os, sys, aa_tui, jinja2\n"
        "def main(): print(json.dumps([sys.argv[1:], os.getcwd(), sys.flags.isolated, sys.path, os.getsid(0)]))\n"
    )
    for name in ("sitecustomize", "usercustomize"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('customized')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.syspath_prepend("")
    done = children.run(children.python("tell", "ä \udcff", "-x"), timeout_s=60)
    assert done.code == 0, done.complaint
    arguments, folder, isolated, path, session = json.loads(done.said)
    assert arguments == ["ä \udcff", "-x"]
    assert (folder, isolated) == ("/", 1)
    assert "" not in path
    assert path.index(str(tmp_path)) > path.index(os.path.dirname(os.__file__)), "behind Python's own folders"  # noqa: PTH120
    assert session != os.getsid(0)


def test_what_a_child_says_and_how_long_it_takes_is_bounded(tmp_path: Path) -> None:
    def script(text: str) -> tuple[str, ...]:
        return (sys.executable, "-c", text)

    with pytest.raises(children.TooMuchError):
        children.run(script("while True: print('x' * 4096)"), timeout_s=60, most_bytes=1 << 16)
    with pytest.raises(children.TooLongError):
        children.run(script("import time; time.sleep(600)"), timeout_s=0.5)
    with pytest.raises(children.TooLongError):
        children.run(script("import sys\nwhile True: sys.stderr.write('x' * 4096)"), timeout_s=1)
    done = children.run(script("import sys; sys.stderr.write('x' * 10**7 + '\\nthe end')"), timeout_s=60)
    assert (done.code, done.last_line) == (0, "the end")
    assert len(done.complaint) <= children.LAST_BYTES
    big = bytes(range(256)) * 20_000
    echo = script("import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())")
    assert children.run(echo, given=big, timeout_s=60).said == big
    assert children.run(script("pass"), given=big, timeout_s=60).code == 0, "one that reads nothing"
    with pytest.raises(FileNotFoundError):
        children.run(("no-such-program-anywhere",), timeout_s=1)


def test_what_a_child_started_goes_with_it(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    text = f"import os, time\nif not os.fork(): open({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)"
    with pytest.raises(children.TooLongError):
        children.run((sys.executable, "-c", text), timeout_s=2)
    import psutil

    grandchild = int(mark.read_text())
    psutil.wait_procs([psutil.Process(grandchild)] if psutil.pid_exists(grandchild) else [], timeout=10)
    assert not psutil.pid_exists(grandchild) or psutil.Process(grandchild).status() == psutil.STATUS_ZOMBIE


def test_programs_are_not_looked_for_in_the_current_folder(
    monkeypatch: pytest.MonkeyPatch, hostile: Path, program: Program
) -> None:
    monkeypatch.chdir(hostile)
    monkeypatch.setenv("PATH", f".:{os.environ['PATH']}")
    assert children.find("nvidia-smi") != str(hostile / "nvidia-smi")
    assert children.find("sh")
