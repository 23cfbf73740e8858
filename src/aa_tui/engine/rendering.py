"""Renders a chat template: the program of the process in which templates of others run (`aa_tui.engine.chat`).

Reads one JSON object from standard input (template, messages, constants) and writes one to standard output: the
text, or what went wrong. Jinja's sandbox keeps a template away from the machine; the limits here keep it from running
for ever or taking all memory, which a sandbox within a process cannot.

A template is given what transformers (`apply_chat_template`) and llama.cpp give it: the same names, filters and tags.
Switches such as `enable_thinking` stay undefined unless they are asked for, so that each template's own default counts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateError, UndefinedError
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.nodes import Node
    from jinja2.parser import Parser

MAX_CPU_S = 2
MAX_MEMORY_BYTES = 1 << 29
MAX_CHARS = 100_000
"""Of the text around the messages, which has some thousand in real templates: it stands in the prompt of every item."""

LONGEST_WORDS = 400
"""Of an error's: a sentence of them is shown."""


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


class Generation(Extension):
    """`{% generation %}`, by which templates mark for training what the assistant says: here it changes nothing."""

    tags = {"generation"}  # noqa: RUF012  # as Jinja declares it

    def parse(self, parser: Parser) -> list[Node]:
        """What is inside, as if it stood there without the tag."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def render(template: str, messages: Sequence[Mapping[str, str]], constants: Mapping[str, str | bool]) -> dict[str, str]:
    """The rendered text as `text`, or a reason as `invalid` or `fails`.

    Some templates want a message's content as a list of parts: where one leaves out content that is a text, or fails
    over it, it is given parts.
    """
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, Generation]
    )
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = _now
    environment.filters["tojson"] = _to_json
    try:
        compiled = environment.from_string(template)
    except Exception as error:  # noqa: BLE001  # Python may refuse what Jinja made of it, such as a loop's word elsewhere
        return {"invalid": _words(error)}
    contents = [message["content"] for message in messages]
    first: dict[str, str] | None = None
    for turns, given in _ways(messages):
        found = _rendered(compiled, turns, {**given, **constants})
        if all(content in found.get("text", "") for content in contents):
            return found
        first = first or found
    return first or {"text": ""}


def _ways(messages: Sequence[Mapping[str, str]]) -> Iterator[tuple[list[dict[str, Any]], dict[str, None]]]:
    """The messages with their contents as texts, as parts, and as parts for users alone, each with what is given
    beside them; last as texts with nothing beside them, for templates that only know tools that there are."""
    none = {"tools": None, "documents": None}
    texts = [dict(one) for one in messages]
    parts = [{**one, "content": [{"type": "text", "text": one["content"]}]} for one in messages]
    mixed = [part if part["role"] == "user" else text for text, part in zip(texts, parts, strict=True)]
    yield from ((turns, none) for turns in (texts, parts, mixed))
    yield texts, {}


def _rendered(template: Template, messages: list[dict[str, Any]], values: Mapping[str, Any]) -> dict[str, str]:
    pieces, length = [], 0
    try:
        for piece in template.generate(messages=messages, add_generation_prompt=True, **values):
            pieces.append(piece)
            length += len(piece)
            if length > MAX_CHARS:
                return {"fails": f"it writes more than {MAX_CHARS:,} characters"}
        text = "".join(pieces)
        text.encode()
    except UnicodeEncodeError:
        return {"fails": "it writes half a character"}
    except MemoryError:
        return {"fails": "it takes too much memory"}
    except (UndefinedError, TypeError, AttributeError) as error:
        return {"fails": f"it uses what it is not given: {_words(error)}"}
    except Exception as error:  # noqa: BLE001  # a template is a program of others: anything may happen in it
        return {"fails": _words(error)}
    return {"text": text}


def _words(error: BaseException) -> str:
    """What an error says, which a template can make as long as it likes."""
    return str(error)[:LONGEST_WORDS] or type(error).__name__


def _refuse(message: str) -> None:
    raise TemplateError(message)


def _now(pattern: str) -> str:
    from datetime import datetime

    return datetime.now().strftime(pattern)


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """Without the escapes for HTML that Jinja's own filter adds; arguments as in transformers."""
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)
