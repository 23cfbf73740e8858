"""Nobody is left of a jail, however it ends: no process, no zombie, not even one that is still dying."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import psutil
import pytest

from aa_tui.evals.grading import Grading
from aa_tui.evals.items import Item, Pack, Verdict
from aa_tui.evals.jail.isolation import Isolation, JailError, Limits, tried
from aa_tui.evals.jail.running import Job, run_tests

LIMITS = Limits(cpu_s=2, wall_s=2.0, memory_bytes=400 << 20)
WRAPPER = Path(__file__).with_name("wrapper.py")
PATIENCE_S = 60.0
HOLDS_MUCH = "x = bytearray(300 << 20)\n"
"""A process takes longer to die the more memory it holds."""


@pytest.fixture(autouse=True)
def _adopts_orphans() -> Iterator[None]:
    """What is left without a parent becomes a child of this process, and is seen."""
    if sys.platform != "linux":
        pytest.skip("only Linux gives orphans to a process of ours")
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    yield
    ctypes.CDLL(None).prctl(36, 0, 0, 0, 0)


@pytest.fixture(scope="module", params=["bwrap", "mountns", "userns", "plain", "wrapper"])
def jail(request: pytest.FixtureRequest) -> Isolation:
    """Each that this machine offers, and the plainest in a program that forks as bubblewrap does."""
    found = {_kind(one): one for one in tried() if one.isolating}
    if request.param == "wrapper" and "plain" in found:
        wrapped = (sys.executable, "-S", str(WRAPPER))
        return replace(found["plain"], name=f"wrapper+{found['plain'].name}", command=wrapped)
    if request.param not in found:
        pytest.skip("this system does not offer it")
    return found[request.param]


def _kind(jail: Isolation) -> str:
    layers = jail.name.split("+")
    return next((one for one in ("bwrap", "mountns", "userns") if one in layers), "plain")


def _below() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def _gone() -> bool:
    """Whether nothing is left below this process, but for what is dead and now ours to bury."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        for one in _below():
            if one.ppid() == os.getpid() and one.status() == psutil.STATUS_ZOMBIE:
                one.wait()
        if not _below():
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize(
    ("source", "end"),
    [
        ("def f(x): return x", "passed"),
        ("import time\ndef f(x): time.sleep(600)", "timeout"),
        ("def f(x):\n    while True: pass", "timeout"),
        ("import os\ndef f(x): os._exit(0)", "ended"),
        ("import os\ndef f(x): os.abort()", "ended"),
        ("import ctypes\ndef f(x): ctypes.string_at(0)", "ended"),
        ("import os\nos.closerange(0, 99)\nimport time\ntime.sleep(600)", "ended"),
        ("import threading, time\ndef f(x):\n    threading.Thread(target=time.sleep, args=(600,)).start()\n"
         "    return x", "passed"),
    ],
)  # fmt: skip
@pytest.mark.repeats
def test_nobody_is_left_when_the_grader_returns(jail: Isolation, source: str, end: str) -> None:
    """At that moment, not a little later."""
    result = run_tests(Job((HOLDS_MUCH + source,), "f", ("assert f(1) == 1",)), jail, LIMITS)
    assert _below() == []
    assert result.end in (end, "ended", "timeout"), result  # on a busy machine its time may be over first


def test_nobody_is_left_of_a_jail_that_does_not_start(jail: Isolation) -> None:
    """As where its name promises more than it holds."""
    with pytest.raises(JailError, match="where other"):
        run_tests(Job(("def f(x): return x",), "f", ("f(1)",)), replace(jail, name="other"), LIMITS)
    assert _below() == []


def _hanging(grading: Grading, verdicts: list[Verdict]) -> threading.Thread:
    extra = MappingProxyType({"entry_point": "f", "tests": ["assert f(1) == 1"]})
    pack = Pack("t", "1", "MIT", "here", "", "", (), "", {"*": "code"}, "{prompt}")
    answer = "```python\nimport time\ndef f(x): time.sleep(600)\n```"
    grade = lambda: verdicts.append(grading.grade(pack, Item("i", "c", "Do.", None, extra=extra), answer))  # noqa: E731
    thread = threading.Thread(target=grade)
    thread.start()
    return thread


def _in_jail() -> list[psutil.Process]:
    return [one for one in _below() if _is_jailed(one)]


def _is_jailed(process: psutil.Process) -> bool:
    try:
        return "read_fd" in " ".join(process.cmdline())
    except psutil.Error:
        return False


def _kill_worker(_: Grading) -> None:
    (worker,) = [one for one in psutil.Process().children() if "grading_worker" in " ".join(one.cmdline())]
    os.kill(worker.pid, signal.SIGKILL)


@pytest.mark.parametrize("end", [_kill_worker, Grading.kill], ids=["SIGKILL of the grading worker", "a stopped run"])
def test_a_jail_dies_with_its_grader(end: Callable[[Grading], None]) -> None:
    """Which has no time to end it itself."""
    if not any(one.isolating for one in tried()):
        pytest.skip("this system offers no isolation")
    verdicts: list[Verdict] = []
    with Grading(1) as grading:
        thread = _hanging(grading, verdicts)
        deadline = time.monotonic() + PATIENCE_S
        while len(_in_jail()) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(_in_jail()) >= 2
        end(grading)
        thread.join(PATIENCE_S)
    assert [one.outcome for one in verdicts] == ["error"]
    assert _gone()


BUSY = """
import sys, threading, time
for _ in range(200):
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
print("busy", flush=True)
sys.stdin.read()
"""
THREADED = '''
import os
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
from aa_tui.evals.jail.isolation import tried
from aa_tui.evals.jail.running import Job, run_tests
honest = """
import time
from concurrent.futures import ThreadPoolExecutor
def f(n):
    with ThreadPoolExecutor(n) as pool:
        return sum(pool.map(lambda x: time.sleep(0.05) or x, range(n)))
"""
greedy = """
import threading, time
def f(n):
    threading.stack_size(32768)
    while True:
        threading.Thread(target=time.sleep, args=(60,)).start()
"""
for jail in tried():
    if jail.isolating:
        print(run_tests(Job((honest,), "f", ("assert f(40) == 780",)), jail), flush=True)
        print(run_tests(Job((greedy,), "f", ("f(1)",)), jail), flush=True)
'''


def test_an_answers_threads_are_counted_without_the_users_others(tmp_path: Path) -> None:
    """Of whom 200 live already; for an ordinary user, since root is not bound by such limits."""
    python, environment = sys.executable, dict(os.environ)
    if os.getuid() == 0:
        python = "/usr/bin/python3"
        if not Path(python).exists() or _version(python) < (3, 11):
            pytest.skip("there is no Python of the system's that another user could start")
        environment = {"PYTHONPATH": str(Path(__file__).parents[3] / "src")}
        if subprocess.run([python, "-c", DROP + "import aa_tui"], env=environment, check=False, cwd="/").returncode:
            pytest.skip("the sources here cannot be read by another user")
    with subprocess.Popen(
        [python, "-c", (DROP if os.getuid() == 0 else "") + BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as busy:
        assert busy.stdout is not None
        assert busy.stdout.readline() == b"busy\n"
        done = subprocess.run(
            [python, "-c", THREADED], env=environment, capture_output=True, text=True, check=True, timeout=200, cwd="/"
        )
        busy.kill()
    lines = done.stdout.splitlines()
    if not lines:
        pytest.skip("this system offers no isolation to an ordinary user")
    assert all("end='passed'" in line for line in lines[::2]), lines
    assert all("thread" in line and "end='passed'" not in line for line in lines[1::2]), lines


DROP = "import os\nos.setgroups([])\nos.setgid(65534)\nos.setuid(65534)\n"


def _version(python: str) -> tuple[int, ...]:
    text = "import sys; print(*sys.version_info[:2])"
    done = subprocess.run([python, "-c", text], capture_output=True, text=True, check=True)
    return tuple(int(part) for part in done.stdout.split())
