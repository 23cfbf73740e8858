"""The trusted process: it has the tests and their expected values, and asks the worker for one call after the other.

Confined as well, since a pack's tests are foreign code too, only of a kind that may say what is right.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from types import CodeType
from typing import Any

from aa_tui.evals.jail.link import Link, LinkBrokenError, Remote
from aa_tui.evals.jail.names import unknown_names

LONGEST_DETAIL = 300
READY = b"ready"
"""The line that says that the pack's own code works: what goes wrong after it is the solution's doing."""


class _TestsBrokenError(Exception):
    """The pack's own code cannot be used."""


def judge(settings: dict[str, Any]) -> None:
    """Read the job from standard input, write to standard output READY, or another line, and the verdict as one
    of JSON."""
    verdict_fd = os.dup(1)
    job = json.loads(os.fdopen(os.dup(0), "rb").read())
    nowhere = os.open(os.devnull, os.O_RDONLY)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    sys.stdout = sys.stderr = None  # print() then does nothing
    link = Link(settings["read_fd"], settings["write_fd"], job["nonce"], time.monotonic() + settings["wall_s"])
    try:
        tests = _prepared(job)
    except _TestsBrokenError as error:
        os.write(verdict_fd, b"unfit\n")
        verdict = _verdict("bad_tests", str(error))
    else:
        os.write(verdict_fd, READY + b"\n")
        verdict = _judged(link, job, tests)
    os.write(verdict_fd, json.dumps(verdict).encode("ascii") + b"\n")


def _verdict(end: str, detail: str, chosen: int | None = None) -> dict[str, Any]:
    return {"end": end, "detail": detail[:LONGEST_DETAIL], "chosen": chosen}


@dataclass(slots=True)
class _Tests:
    """A pack's tests, each as text and code, with the names that its own definitions gave."""

    parts: list[tuple[str, CodeType]]
    namespace: dict[str, Any]


def _prepared(job: dict[str, Any]) -> _Tests:
    """The pack's own code, as far as it runs without the solution. Raises _TestsBrokenError."""
    tests = [(text, _compiled(text)) for text in job["tests"]]
    namespace = _own_namespace(_compiled(job["prelude"]))
    given = {job["entry_point"], *job["names"]}
    setup = _compiled(job["setup"])
    if not _set_up(setup, namespace):
        tests.insert(0, (job["setup"], setup))
    unknown = unknown_names((text for text, _ in tests), given | namespace.keys())
    if unknown:
        raise _TestsBrokenError(f"the tests use {', '.join(sorted(unknown))}, which nothing of the pack defines")
    return _Tests(tests, namespace)


def _judged(link: Link, job: dict[str, Any], tests: _Tests) -> dict[str, Any]:
    """The verdict on the solution; whatever is raised on the way is what it returned, raised or sent."""
    chosen = None
    try:
        try:
            chosen = _loaded(link, job)
        except SyntaxError as error:
            return _verdict("no_code", f"it does not compile: {error}")
        except Exception as error:  # noqa: BLE001 - the solution may raise anything
            return _verdict("failed", f"loading it raises {_named(error)}", 0)
        failed = _run_programs(link, job["programs"]) if job["programs"] else _run_tests(link, job, tests)
    except LinkBrokenError as error:
        return _verdict(error.end, error.detail, chosen)
    except Exception as error:  # noqa: BLE001 - out of memory or too deep, on a value of the solution
        return _verdict("failed", f"judging what it returned raises {_named(error)}", chosen)
    if link.broken is not None:  # a bare `except:` in a test must not hide it
        return _verdict(link.broken.end, link.broken.detail, chosen)
    return _verdict("failed" if failed else "passed", failed, chosen)


def _loaded(link: Link, job: dict[str, Any]) -> int:
    """Have the worker load the solution: which of its readings it took."""
    chosen = link.ask("load", job["prelude"], job["sources"], job["support"], job["entry_point"])[0]
    if type(chosen) is not int or not 0 <= chosen < len(job["sources"]):
        raise link.garbled()
    return chosen


def _run_programs(link: Link, cases: list[list[str]]) -> str:
    """Compare what the program writes for each input, but for white space at the ends of lines; what failed, or ""."""
    for number, (given, expected) in enumerate(cases, 1):
        try:
            written = link.ask("run", given)[0]
        except Exception as error:  # noqa: BLE001 - the solution may raise anything
            return f"input {number}: raises {_named(error)}"
        if not isinstance(written, str) or _lines(written) != _lines(expected):
            return f"input {number}: wrote {_short(written)}"
    return ""


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().split("\n")]


def _own_namespace(prelude: CodeType) -> dict[str, Any]:
    """The pack's own definitions, before the solution has a say."""
    namespace: dict[str, Any] = {"__name__": "tests"}
    try:
        exec(prelude, namespace)
    except Exception as error:
        raise _TestsBrokenError(f"the pack's own code raises {_named(error)}") from error
    return namespace


def _set_up(setup: CodeType, namespace: dict[str, Any]) -> bool:
    """What only the tests need. False if it needs names of the solution, as a few of MBPP's do: then it comes later."""
    try:
        exec(setup, namespace)
    except NameError:
        return False
    except Exception as error:
        raise _TestsBrokenError(f"the pack's setup raises {_named(error)}") from error
    return True


def _run_tests(link: Link, job: dict[str, Any], tests: _Tests) -> str:
    """Run the tests, with the names that they may have of the solution standing for calls to the worker; what failed,
    or ""."""
    entry_point, namespace = job["entry_point"], tests.namespace
    for name in [*sorted({*job["names"]} - namespace.keys()), entry_point]:
        try:
            namespace[name] = link.ask("name", name)[0]
        except NameError:
            namespace.pop(name, None)
        except Exception as error:  # noqa: BLE001 - the solution may raise anything, here from its `__class__`
            return f"{name} cannot be had: {_named(error)}"
    if not isinstance(namespace.get(entry_point), Remote):
        return f"it does not define {entry_point}"
    for text, code in tests.parts:
        failed = _run_one(link, text, code, namespace, entry_point)
        if failed:
            return failed
    return ""


def _run_one(link: Link, text: str, code: CodeType, namespace: dict[str, Any], entry_point: str) -> str:
    link.last = ()
    try:
        exec(code, namespace)
        if "def check(" in text:
            namespace["check"](namespace[entry_point])
    except AssertionError as error:
        return _where(text, error) + (f"; it returned {_short(link.last[0])}" if link.last else "")
    except Exception as error:  # noqa: BLE001 - whatever a test raises fails it
        return f"{_where(text, error)} raises {_named(error)}"
    return ""


def _where(text: str, error: Exception) -> str:
    """The test's line that failed."""
    number, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<tests>":
            number = trace.tb_lineno
        trace = trace.tb_next
    lines = text.splitlines()
    return lines[number - 1].strip() if 0 < number <= len(lines) else text.strip()


def _compiled(text: str) -> CodeType:
    try:
        return compile(text, "<tests>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise _TestsBrokenError(f"the pack's code does not compile: {error}") from None


def _named(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:LONGEST_DETAIL]
    except Exception:  # noqa: BLE001 - its text asks an object of the solution for its own
        return type(error).__name__


def _short(value: object) -> str:
    if isinstance(value, Remote):
        return "an object"
    try:
        text = repr(value)
    except (Exception, LinkBrokenError):  # noqa: BLE001 - an integer too long to write, an object inside a list
        return f"a {type(value).__name__}"
    return text if len(text) <= 80 else text[:79] + "…"
