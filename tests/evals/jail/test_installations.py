"""Wherever this is installed, no answer finds the tests of its pack, and honest ones have the whole library."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.evals.jail import installed
from tests.evals.jail.installed import Installed, NotHereError

_FILE = tomllib.loads(Path(__file__).with_name("forgers.toml").read_text(encoding="utf-8"))
FORGERS, LOOKS = _FILE["answer"], _FILE["look"]

DRIVER = """
import json, sys
from aa_tui.evals.jail.isolation import Limits, tried
from aa_tui.evals.jail.running import Job, run_tests
limits = Limits(cpu_s=20, wall_s=40.0)
found = {}
for isolation in tried():
    if isolation.isolating:
        found[isolation.name] = results = {}
        for name, source, test in JOBS:
            result = run_tests(Job((source,), "f", (test,)), isolation, limits)
            results[name] = [result.end, result.detail]
print(json.dumps(found))
"""

IMPORTS = '''
import importlib, sys
def f(names):
    """Those of the names that cannot be imported."""
    importlib.invalidate_caches()
    failed = []
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError:
            failed.append(name)
    return failed
'''
USES = """
def f(x):
    import bisect, collections, ctypes, ctypes.util, datetime, decimal, fractions, hashlib, heapq, itertools, json, math
    import random, re, sqlite3, statistics, string, threading, typing, uuid, zlib, zoneinfo
    from concurrent.futures import ThreadPoolExecutor
    from xml.etree import ElementTree

    with ThreadPoolExecutor(20) as pool:
        total = sum(pool.map(abs, range(-20, 20)))
    with sqlite3.connect(":memory:") as database:
        total += database.execute("select 2 + 3").fetchone()[0]
    total += len(hashlib.sha256(b"").hexdigest()) + int(decimal.Decimal("1.5") * 2) + zlib.crc32(b"a")
    total += int(statistics.mean([1, 3])) + len(ElementTree.fromstring("<a><b/></a>")) + int(ctypes.CDLL(None).abs(-3))
    try:
        berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    except zoneinfo.ZoneInfoNotFoundError:  # a system without them
        return total
    return total if datetime.datetime(2024, 7, 1, tzinfo=berlin).utcoffset() == datetime.timedelta(hours=2) else -1
"""
LEFT_OUT = {"antigravity", "this", "ensurepip"}
"""The first two show or print something; the last holds others' packages."""
SAYS_NAMES = "import json, sys; print(json.dumps(sorted(sys.stdlib_module_names)))"


@dataclass(frozen=True, slots=True)
class Trial:
    """How the jobs ended in each jail that this system offers to an installation: by job, its end and why."""

    made: Installed
    control: str
    secret: str
    jails: dict[str, dict[str, list[str]]]


@pytest.fixture(scope="module", params=installed.KINDS, ids=lambda kind: kind.__name__)
def trial(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """All jobs in one installation."""
    kind: Callable[[Path, Path], Installed] = request.param
    secret = "secret-" + secrets.token_hex(8)
    folder = tmp_path_factory.mktemp(kind.__name__)
    archive = installed.wheel(folder, secret)
    try:
        made = kind(archive, folder)
    except NotHereError as error:
        pytest.skip(str(error))
    names = [name for name in json.loads(_run(made, SAYS_NAMES)) if name not in LEFT_OUT]
    missing = _run(made, f"{IMPORTS}\nprint(f({names!r}))").strip()
    jobs = [(one["name"], _source(one, made, archive), f"assert f(7) == {secret!r}") for one in FORGERS]
    jobs += [(one["name"], _source(one, made, archive), "assert f(7) == []") for one in LOOKS]
    jobs += [("imports", IMPORTS, f"assert f({names!r}) == {missing}")]
    jobs += [("uses", USES, f"assert f(7) == {int(_run(made, USES + 'print(f(7))'))}")]
    jails = json.loads(_run(made, DRIVER.replace("JOBS", repr(jobs))))
    if not jails:
        pytest.skip("this system offers no isolation")
    return Trial(made, _run(made, _source(FORGERS[0], made, archive) + "\nprint(f(7))\n").strip(), secret, jails)


def _run(made: Installed, text: str) -> str:
    known = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
    done = subprocess.run(
        [str(made.python), "-c", text],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**known, **made.environment},
        cwd="/",
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def _source(one: dict[str, Any], made: Installed, archive: Path) -> str:
    prefixes = [str(made.python.parents[1]), str(made.python.resolve().parents[1])]
    constants = {"PACK": str(made.pack), "SITE": str(made.place), "PREFIXES": prefixes, "ARCHIVE": str(archive)}
    given = "".join(f"{name} = {value!r}\n" for name, value in constants.items())
    return f"{given}{_FILE['tools']}{one['source']}"


@pytest.mark.long
@pytest.mark.repeats
def test_no_answer_finds_its_packs_tests(trial: Trial) -> None:
    """By no way of reading or searching, in no jail; unconfined, an answer finds them at once."""
    assert trial.control == trial.secret
    for jail, results in trial.jails.items():
        for one in FORGERS:
            end, detail = results[one["name"]]
            assert (end, detail.rpartition("; ")[2]) == ("failed", "it returned None"), (jail, one["name"], detail)


@pytest.mark.repeats
def test_nor_anything_else_of_the_users(trial: Trial) -> None:
    """Neither what else is installed nor where this is; with a file system of its own, not even that a path exists."""
    for jail, results in trial.jails.items():
        for one in LOOKS:
            if one.get("only_with", "") in jail:
                assert results[one["name"]] == ["passed", ""], jail


@pytest.mark.long
@pytest.mark.repeats
def test_the_whole_library_is_there(trial: Trial) -> None:
    """Every module that can be imported outside can be inside, and does its work."""
    for jail, results in trial.jails.items():
        assert results["imports"] == ["passed", ""], jail
        assert results["uses"] == ["passed", ""], jail
