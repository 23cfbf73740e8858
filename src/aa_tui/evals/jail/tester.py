"""The trusted process: it has the tests and their expected values, and asks the worker for one call after the other.

Confined as well, since a pack's tests are foreign code too, only of a kind that may say what is right.
"""

from __future__ import annotations

import builtins
import json
import os
import sys
import time
from types import CodeType
from typing import Any

from aa_tui.evals.jail.link import Link, LinkBrokenError, Remote

LONGEST_DETAIL = 300


class _TestsBrokenError(Exception):
    """The pack's own code cannot be used."""


def judge(settings: dict[str, Any]) -> None:
    """Read the job from standard input, write the verdict to standard output: one line of JSON each."""
    verdict_fd = os.dup(1)
    job = json.loads(os.fdopen(os.dup(0), "rb").read())
    nowhere = os.open(os.devnull, os.O_RDONLY)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    sys.stdout = sys.stderr = None  # print() then does nothing
    link = Link(settings["read_fd"], settings["write_fd"], job["nonce"], time.monotonic() + settings["wall_s"])
    verdict = _verdict(link, job)
    os.write(verdict_fd, json.dumps(verdict).encode("ascii") + b"\n")


def _verdict(link: Link, job: dict[str, Any]) -> dict[str, Any]:
    chosen = None
    try:
        tests = [(text, _compiled(text)) for text in job["tests"]]
        namespace = _own_namespace(_compiled(job["prelude"]))
        if not _set_up(_compiled(job["setup"]), namespace):
            tests.insert(0, (job["setup"], _compiled(job["setup"])))
        loaded = _load(link, job)
        if isinstance(loaded, dict):
            return loaded
        chosen = loaded
        if job["programs"]:
            failed = _run_programs(link, job["programs"])
        else:
            failed = _run_tests(link, tests, namespace, job["entry_point"])
    except _TestsBrokenError as error:
        return {"end": "bad_tests", "detail": str(error), "chosen": chosen}
    except LinkBrokenError as error:
        return {"end": error.end, "detail": error.detail, "chosen": chosen}
    if link.broken is not None:  # a bare `except:` in a test must not hide it
        return {"end": link.broken.end, "detail": link.broken.detail, "chosen": chosen}
    return {"end": "failed" if failed else "passed", "detail": failed, "chosen": chosen}


def _load(link: Link, job: dict[str, Any]) -> int | dict[str, Any]:
    """Have the worker load the solution: which of its readings it took, or a verdict."""
    try:
        chosen = link.ask("load", job["prelude"], job["sources"], bool(job["programs"]))[0]
    except SyntaxError as error:
        return {"end": "no_code", "detail": f"it does not compile: {error}", "chosen": None}
    except Exception as error:  # noqa: BLE001 - the solution may raise anything
        return {"end": "failed", "detail": f"loading it raises {_named(error)}", "chosen": 0}
    if type(chosen) is not int or not 0 <= chosen < len(job["sources"]):
        raise LinkBrokenError("garbled", "it sent a reply that is not one")
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


def _run_tests(link: Link, tests: list[tuple[str, CodeType]], namespace: dict[str, Any], entry_point: str) -> str:
    """Run the tests with the solution's names standing for calls to the worker; what failed, or ""."""
    asked = {name for _, code in tests for name in _names(code)} - namespace.keys() - set(dir(builtins))
    for name in asked | ({entry_point} if entry_point else set()):
        try:
            namespace[name] = link.ask("name", name)[0]
        except NameError:
            namespace.pop(name, None)
    if entry_point and not isinstance(namespace.get(entry_point), Remote):
        return f"it does not define {entry_point}"
    for text, code in tests:
        failed = _run_one(link, text, code, namespace, entry_point)
        if failed:
            return failed
    return ""


def _run_one(link: Link, text: str, code: CodeType, namespace: dict[str, Any], entry_point: str) -> str:
    link.last = ()
    try:
        exec(code, namespace)
        if entry_point and "def check(" in text:
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


def _names(code: CodeType) -> set[str]:
    """All names that a test's code and the functions in it look up outside themselves."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= _names(constant)
    return found


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:LONGEST_DETAIL]


def _short(value: object) -> str:
    if isinstance(value, Remote):
        return "an object"
    try:
        text = repr(value)
    except (Exception, LinkBrokenError):  # noqa: BLE001 - an integer too long to write, an object inside a list
        return f"a {type(value).__name__}"
    return text if len(text) <= 80 else text[:79] + "…"
