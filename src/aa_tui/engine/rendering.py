"""Renders a chat template: the program of the process in which templates of others run (`aa_tui.engine.chat`).

Reads one JSON object from standard input (template, messages, constants) and writes one to standard output: the
text, or what went wrong. Jinja's sandbox keeps a template away from the machine; the limits here keep it from running
for ever or taking all memory, which a sandbox within a process cannot.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

MAX_CPU_S = 2
MAX_MEMORY_BYTES = 1 << 29


def main() -> None:
    """Render what standard input asks for."""
    limit()
    asked = json.load(sys.stdin)
    json.dump(render(asked["template"], asked["messages"], asked["constants"]), sys.stdout)


def limit() -> None:
    """Bound this process's time and memory, where the system can."""
    try:
        import resource
    except ImportError:  # Windows: the parent's time limit is all there is
        return
    for which, most in ((resource.RLIMIT_CPU, MAX_CPU_S), (resource.RLIMIT_AS, MAX_MEMORY_BYTES)):
        present = resource.getrlimit(which)[1]  # a limit that is there already can only be lowered
        limit = most if present == resource.RLIM_INFINITY else min(most, present)
        resource.setrlimit(which, (limit, limit))


def render(template: str, messages: Sequence[Mapping[str, str]], constants: Mapping[str, str]) -> dict[str, str]:
    """The rendered text as `text`, or a reason as `invalid` or `fails`."""
    from jinja2 import TemplateError
    from jinja2.ext import loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = _now
    environment.filters["tojson"] = _to_json
    try:
        compiled = environment.from_string(template)
    except (TemplateError, RecursionError, MemoryError) as error:
        return {"invalid": str(error) or type(error).__name__}
    try:
        return {"text": compiled.render(messages=list(messages), add_generation_prompt=True, **constants)}
    except MemoryError:
        return {"fails": "it takes too much memory"}
    except Exception as error:  # noqa: BLE001  # a template is a program of others: anything may happen in it
        return {"fails": str(error) or type(error).__name__}


def _refuse(message: str) -> None:
    raise ValueError(message)


def _now(pattern: str) -> str:
    from datetime import datetime

    return datetime.now().strftime(pattern)


def _to_json(value: Any, indent: int | None = None, **_: object) -> str:
    """Without the escapes for HTML that Jinja's own filter adds."""
    return json.dumps(value, ensure_ascii=False, indent=indent)


if __name__ == "__main__":
    main()
