"""The untrusted process: it has the solution's source and answers requests about it. Nothing it says is believed.

Requests and replies are lines of JSON: [nonce, number, operation, ...] and [nonce, number, "value", value, arguments
after the call] or [nonce, number, "raised", [class names, most special first], message]. Operations: "load" a solution
(which of several readings of an answer `reading` decides), "name" a global of it, "call", "get" and "set" an attribute,
"run" the solution as a program with standard input.
"""

from __future__ import annotations

import builtins
import io
import json
import os
import sys
from types import CodeType, ModuleType
from typing import Any

from aa_tui.evals.jail.reading import chosen_of
from aa_tui.evals.jail.values import decode, encode

MODULE = "solution"
LONGEST_MESSAGE = 300
LONGEST_OUTPUT = 1 << 20


class Worker:
    """Holds the solution's module and every object of it that the tester has a handle of."""

    def __init__(self) -> None:
        self.namespace: dict[str, Any] = {}
        self.code: CodeType | None = None
        self.kept: list[Any] = []

    def answer(self, operation: str, arguments: list[Any]) -> list[Any]:
        """One request's reply without nonce and number. BaseException, since exit() is an answer too."""
        try:
            return ["value", *getattr(self, f"do_{operation}")(*arguments)]
        except BaseException as error:  # noqa: BLE001
            names = [kind.__name__ for kind in type(error).__mro__]
            return ["raised", names, str(error)[:LONGEST_MESSAGE]]

    def do_load(self, prelude: str, sources: list[str], support: list[str], entry_point: str) -> list[Any]:
        """Execute the prelude and the source that is the solution; its index. Without an entry point it is a program
        and kept for "run" instead."""
        self.namespace = _fresh_module(MODULE)
        if prelude and entry_point:
            exec(compile(prelude, "<prelude>", "exec"), self.namespace)
        chosen, self.code = chosen_of(sources, support, entry_point, list(self.namespace))
        if entry_point:
            exec(self.code, self.namespace)
        return [encode(chosen, self._handle), []]

    def do_name(self, name: str) -> list[Any]:
        """The global `name`, or NameError."""
        if name not in self.namespace:
            raise NameError(f"name {name!r} is not defined")
        return [encode(self.namespace[name], self._handle), []]

    def do_get(self, target: list[Any], name: str) -> list[Any]:
        """An attribute."""
        return [encode(getattr(self._value(target), name), self._handle), []]

    def do_set(self, target: list[Any], name: str, value: list[Any]) -> list[Any]:
        """An attribute gets a value."""
        setattr(self._value(target), name, self._value(value))
        return [encode(None, self._handle), []]

    def do_call(self, target: list[Any], arguments: list[Any], named: list[Any]) -> list[Any]:
        """The result, and the arguments as the call left them, for functions that change them."""
        values = self._value(arguments)
        result = self._value(target)(*values, **self._value(named))
        return [encode(result, self._handle), encode(values, self._handle)]

    def do_run(self, text: str) -> list[Any]:
        """What the program writes for this standard input. sys.exit() ends it well, with a code other than 0 not."""
        sys.modules.pop("fileinput", None)  # it holds on to the input of the run before
        written = io.BytesIO()
        sys.stdin = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8")
        sys.stdout = io.TextIOWrapper(written, encoding="utf-8", newline="\n", write_through=True)
        builtins.open = _opening_input
        try:
            if self.code is not None:
                exec(self.code, _fresh_module("__main__"))
        except SystemExit as end:
            if end.code not in (None, 0):
                raise
        finally:
            builtins.open = _OPEN
        sys.stdout.flush()
        return [encode(written.getvalue()[:LONGEST_OUTPUT].decode("utf-8", "replace"), self._handle), []]

    def _value(self, encoded: list[Any]) -> Any:
        return decode(encoded, lambda number, _: self.kept[number])

    def _handle(self, value: object) -> list[Any]:
        self.kept.append(value)
        return ["o", len(self.kept) - 1, type(value).__name__]


_OPEN = builtins.open


def _opening_input(file: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
    """`open`, for which 0 and /dev/stdin are the program's input, as they would be outside."""
    if file in (0, "/dev/stdin") and not isinstance(file, bool):
        return sys.stdin.buffer if "b" in mode else sys.stdin
    return _OPEN(file, mode, *arguments, **named)


def serve(settings: dict[str, Any]) -> None:
    """Answer requests until there are no more."""
    requests, replies = os.fdopen(settings["read_fd"], "rb"), settings["write_fd"]
    _quieten()
    builtins.exit = builtins.quit = sys.exit  # type: ignore[assignment]  # programs call them; `site` is not loaded
    sys.argv = ["solution.py"]  # programs read them: fileinput takes files' names from there
    sys.setrecursionlimit(10_000)
    worker = Worker()
    for line in requests:
        nonce, number, operation, *arguments = json.loads(line)
        try:
            reply = _line([nonce, number, *worker.answer(operation, arguments)])
        except (MemoryError, RecursionError, ValueError) as error:
            reply = _line([nonce, number, "raised", [type(error).__name__], "it returned more than can be sent"])
        while reply:
            reply = reply[os.write(replies, reply) :]


def _line(reply: list[Any]) -> bytes:
    return json.dumps(reply).encode("ascii") + b"\n"


def _quieten() -> None:
    """What the solution prints goes nowhere, at any length."""
    nowhere = os.open(os.devnull, os.O_RDONLY)
    sys.stdout = sys.stderr = _Nowhere()
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)


class _Nowhere(io.TextIOBase):
    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        return len(text)


def _fresh_module(name: str) -> dict[str, Any]:
    """The namespace of a new module that `sys.modules` knows: dataclasses, enums and typing look themselves up."""
    module = ModuleType(name)
    sys.modules[name] = module
    return vars(module)
