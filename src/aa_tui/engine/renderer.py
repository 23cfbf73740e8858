"""The process that renders a chat template turn after turn: started when it is needed, bounded for every request."""

from __future__ import annotations

import json
import weakref
from collections.abc import Mapping
from typing import Any

from aa_tui.engine.errors import EngineError, TemplateError
from aa_tui.host import children
from aa_tui.textsafe import clean_line

PATIENCE_S = 20.0
"""A template takes milliseconds and its process some 0.2 s; on a machine under load both may wait."""

LONGEST_TEMPLATE = 1 << 20
"""Characters; real ones have some tens of thousands."""

LONGEST_ANSWER_BYTES = 24 << 20
"""What the process may say to one request: as much text as it may write, each character as JSON escapes it."""

TOO_MUCH = "takes too much time or memory: take another file."


class Renderer:
    """Renders one template, one request after the other. A process that dies or hangs is replaced by the next request.

    `constants` are given to the template with every request: `bos_token`, `eos_token`, switches.
    """

    def __init__(self, source: str, constants: Mapping[str, str | bool]) -> None:
        check_length(source)
        self._start_line = _line({"template": source, "constants": dict(constants)})
        self._process: children.Process | None = None
        self._ended = _nothing

    def ask(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """What `aa_tui.engine.rendering` answers. Raises EngineError where the process comes to no end, or dies."""
        given = _line(asked)
        if self._process is None or self._process.poll() is not None:
            self._start()
            given = self._start_line + given
        assert self._process is not None
        try:
            said = children.converse(self._process, given, timeout_s=PATIENCE_S, most_bytes=LONGEST_ANSWER_BYTES)
        except children.ChildError as error:
            self.close()
            raise TemplateError(TOO_MUCH) from error
        except BaseException:  # an answer that nobody waited for must not be taken for the next one
            self.close()
            raise
        if not said:
            self.close()
            raise TemplateError(TOO_MUCH)
        answer: dict[str, Any] = json.loads(said)
        return answer

    def close(self) -> None:
        """End the process, where there is one. Calling it again does nothing."""
        self._process = None
        self._ended()
        self._ended = _nothing

    def _start(self) -> None:
        self.close()
        command = children.python("aa_tui.engine.rendering", "turns")
        try:
            process = children.start(command, stdin=children.PIPE, stdout=children.PIPE)
        except OSError as error:
            raise cannot_run(error) from error
        self._process = process
        self._ended = weakref.finalize(self, _end, process)


def text_of(answer: Mapping[str, Any]) -> str:
    """The text that was rendered. Raises EngineError with what went wrong instead."""
    if "text" in answer:
        return str(answer["text"])
    if "invalid" in answer:
        raise TemplateError(f"is not valid ({clean_line(answer['invalid'])[:200]}).")
    raise TemplateError(f"fails ({clean_line(answer['fails'])[:200]}).")


def check_length(source: str) -> None:
    """Raises EngineError for a template that is too long to be one."""
    if len(source) > LONGEST_TEMPLATE:
        raise TemplateError(f"has {len(source):,} characters, more than any that is one: take another file.")


def cannot_run(error: OSError) -> EngineError:
    """What to say where the process cannot be started."""
    return EngineError(
        f"The model's chat template cannot be run ({clean_line(str(error))}): close other programs, or raise the "
        "limits that `ulimit -a` shows."
    )


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value).encode("ascii") + b"\n"


def _nothing() -> None:
    """There is no process to end."""


def _end(process: children.Process) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    if process.poll() is None:
        children.kill(process)
