"""Hostile answers: none passes, none gets out, and nothing is left of them."""

from __future__ import annotations

import ctypes
import os
import secrets
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from tests.evals.jail.hostile import HOSTILE, LOOKING_OUT, Hostile, source_of, table
from tests.evals.jail.outside import Outside

from aa_tui.evals.jail.isolation import Isolation, Limits, available
from aa_tui.evals.jail.running import Job, Result, run_tests

LIMITS = Limits(cpu_s=1, wall_s=3.0, memory_bytes=256 << 20, threads=32)


@dataclass(frozen=True)
class Trial:
    """What became of all hostile answers in one kind of jail."""

    results: dict[str, Result]
    touched: list[str]
    left: list[str]
    shared: set[str]
    secret: str


@pytest.fixture(scope="module")
def strongest() -> Trial:
    """All of them in the strongest jail of this system."""
    isolation = available()
    if not isolation.isolating:
        pytest.skip(f"this system offers no isolation: {isolation.why_not}")
    return _trial(isolation, HOSTILE)


@pytest.fixture(scope="module")
def plain() -> Trial:
    """Those that look outside, in the jail of systems that allow no namespaces, as most containers."""
    isolation = available()
    if not isolation.namespaces:
        pytest.skip("the strongest jail here makes no namespaces itself, so this is no other")
    name = isolation.name.replace("+mountns", "").replace("+userns", "")
    return _trial(Isolation(name, isolating=True), LOOKING_OUT)


def _trial(isolation: Isolation, answers: tuple[Hostile, ...]) -> Trial:
    """Run them, two at a time."""
    secret = "secret-" + secrets.token_hex(8)
    os.environ["AA_JAIL_SECRET"] = secret
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: what is orphaned becomes a child of ours
    shared = _shared_memory()
    try:
        # Many files open here, as in a long-lived app: the jail's pipes then begin with high numbers.
        with Outside(secret) as outside, ThreadPoolExecutor(2) as pool, ExitStack() as files:
            for _ in range(80):
                files.enter_context(open(os.devnull, "rb"))  # noqa: PTH123 - by the dozen, not a path to work with
            places = outside.places()

            def run(one: Hostile) -> Result:
                job = Job((source_of(one, places),), "f", (f"assert f(7) == {secret!r}",))
                return run_tests(job, isolation, LIMITS)

            results = dict(zip((one.name for one in answers), pool.map(run, answers), strict=True))
            left = [str(child) for child in psutil.Process().children(recursive=True) if child.is_running()]
            left = [child for child in left if "zombie" not in child]  # bubblewrap's, adopted here and dead
            return Trial(results, outside.touched(), left, _shared_memory() - shared, secret)
    finally:
        del os.environ["AA_JAIL_SECRET"]
        ctypes.CDLL(None).prctl(36, 0, 0, 0, 0)


def _shared_memory() -> set[str]:
    return {path.name for path in Path("/dev/shm").glob("*aa*")}


@pytest.mark.long
@pytest.mark.parametrize("one", HOSTILE, ids=lambda one: one.name)
def test_neither_passes_nor_escapes(strongest: Trial, one: Hostile) -> None:
    """It ends as it should, stopped by what the table says."""
    _check(strongest.results[one.name], one)


@pytest.mark.repetition
@pytest.mark.parametrize("one", LOOKING_OUT, ids=lambda one: one.name)
def test_nor_without_namespaces(plain: Trial, one: Hostile) -> None:
    """The same in the weaker jail."""
    _check(plain.results[one.name], one)


def _check(result: Result, one: Hostile) -> None:
    assert result.end in one.ends, result
    assert "ESCAPED" not in result.detail
    assert any(words in result.detail for words in one.says), result.detail
    assert result.detail.isprintable()


@pytest.mark.long
@pytest.mark.repeats
@pytest.mark.parametrize("jail", ["strongest", "plain"])
def test_nothing_outside_is_touched(jail: str, request: pytest.FixtureRequest) -> None:
    """No file changed or made, no service contacted, no shared memory, no process left; the secret of the tests, of a
    file and of our environment shows in results only as the test's own text."""
    trial: Trial = request.getfixturevalue(jail)
    assert trial.touched == []
    assert trial.shared == set()
    assert trial.left == []
    for name, result in trial.results.items():
        said = result.detail.partition("; it returned ")[2] or result.detail.partition(" raises ")[2]
        assert trial.secret not in said, name


@pytest.mark.parametrize("one", [one for one in HOSTILE if one.control], ids=lambda one: one.name)
def test_the_same_answer_works_outside(one: Hostile) -> None:
    """Unconfined it gets what it wants: so the jail is what stops it, not a mistake in the attempt."""
    with Outside("canary") as outside:
        source = source_of(one, outside.places()) + "\nprint(f(7))\n"
        done = subprocess.run(
            [sys.executable, "-c", source],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            env={**os.environ, "AA_JAIL_SECRET": "known"},
            cwd=outside.folder,
        )
    assert "ESCAPED" in done.stdout, done


def test_there_are_at_least_forty() -> None:
    """Each with a name of its own."""
    assert len({one.name for one in HOSTILE}) == len(HOSTILE) >= 40


def test_the_published_table_is_this_one() -> None:
    """Made by `python -m tests.evals.jail.hostile`."""
    assert Path(__file__).with_name("TABLE.md").read_text(encoding="utf-8") == table()
