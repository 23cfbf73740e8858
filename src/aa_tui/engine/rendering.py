"""Renders a chat template: the program of the process in which templates of others run (`aa_tui.engine.chat`).

Reads one JSON object from standard input (template, messages, constants) and writes one to standard output: the
text, or what went wrong. Called with `turns` it goes on living: a first line has template and constants, each later
one a conversation with functions, and each gets its line of answer. Jinja's sandbox keeps a template away from the
machine; the limits here keep it from running for ever or taking all memory, which a sandbox within a process cannot.

A template is given what transformers (`apply_chat_template`) and llama.cpp give it: the same names, filters and tags.
Switches such as `enable_thinking` stay undefined unless they are asked for, so that each template's own default counts.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateError, UndefinedError
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import SandboxedEnvironment

from aa_tui.engine import fallbacks

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
    if sys.argv[1:] == ["turns"]:
        limit(None)
        _serve()
        return
    limit()
    asked = json.load(sys.stdin)
    json.dump(render(asked["template"], asked["messages"], asked["constants"]), sys.stdout)


def _serve() -> None:
    """Answer line after line, until there are no more. What takes too long or too much ends this process."""
    given = json.loads(sys.stdin.buffer.readline())
    compiled: Template | dict[str, str] | None = None
    for line in sys.stdin.buffer:
        with _bounded():
            if compiled is None:
                compiled = _compiled(given["template"])
            asked = json.loads(line)
            answer = compiled if isinstance(compiled, dict) else turns(compiled, given["constants"], asked)
            said = json.dumps(answer)
        sys.stdout.write(f"{said}\n")
        sys.stdout.flush()


@contextmanager
def _bounded() -> Iterator[None]:
    """Ends this process where what is done takes too much of the processor's time: its signal needs no Python."""
    if not hasattr(signal, "setitimer"):  # Windows: the parent's time limit is all there is
        yield
        return
    signal.setitimer(signal.ITIMER_PROF, MAX_CPU_S)
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)


def limit(cpu_s: int | None = MAX_CPU_S) -> None:
    """Bound this process's time and memory, where the system can."""
    try:
        import resource
    except ImportError:  # Windows: the parent's time limit is all there is
        return
    bounds = [(resource.RLIMIT_AS, MAX_MEMORY_BYTES)]
    if cpu_s is not None:
        bounds.append((resource.RLIMIT_CPU, cpu_s))
    for which, most in bounds:
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
    compiled = _compiled(template)
    if isinstance(compiled, dict):
        return compiled
    contents = [message["content"] for message in messages]
    first: dict[str, str] | None = None
    for turns, given in _ways(messages):
        found = _rendered(compiled, turns, {**given, **constants})
        if all(content in found.get("text", "") for content in contents):
            return found
        first = first or found
    return first or {"text": ""}


def turns(template: Template, constants: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """A conversation with functions: the text and `notes`, or a reason as `fails`.

    `asked` has the `turns` of `aa_tui.engine.fallbacks`, `tools` or None, `most_chars` and `unescaped`, characters that
    JSON is not to have escaped. With `as_is` the turns are given to the template as they are, and nothing else is
    tried; `generation` is whether the model is to write next.
    """
    given = {"tools": asked["tools"], "documents": None, **constants}

    def render(messages: list[dict[str, Any]]) -> dict[str, str]:
        found = _rendered(template, messages, given, asked["most_chars"], generates=asked.get("generation", True))
        for character in asked["unescaped"] if "text" in found else ():
            found["text"] = found["text"].replace(f"\\u{ord(character):04x}", character)
        return found

    if asked.get("as_is"):
        return dict(render(asked["turns"]))
    found = fallbacks.rendered(render, asked["turns"])
    return {**found.answer, "notes": found.notes}


def _compiled(template: str) -> Template | dict[str, str]:
    """The template's program, or the reason as `invalid`.

    It may change lists and dicts, as in llama.cpp, which transformers forbids: they are its own copies.
    """
    environment = SandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, Generation])
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = _now
    environment.filters["tojson"] = _to_json
    try:
        return environment.from_string(template)
    except Exception as error:  # noqa: BLE001  # Python may refuse what Jinja made of it, such as a loop's word elsewhere
        return {"invalid": _words(error)}


def _ways(messages: Sequence[Mapping[str, str]]) -> Iterator[tuple[list[dict[str, Any]], dict[str, None]]]:
    """The messages with their contents as texts, as parts, and as parts for users alone, each with what is given
    beside them; last as texts with nothing beside them, for templates that only know tools that there are."""
    none = {"tools": None, "documents": None}
    texts = [dict(one) for one in messages]
    parts = [{**one, "content": [{"type": "text", "text": one["content"]}]} for one in messages]
    mixed = [part if part["role"] == "user" else text for text, part in zip(texts, parts, strict=True)]
    yield from ((turns, none) for turns in (texts, parts, mixed))
    yield texts, {}


def _rendered(
    template: Template,
    messages: list[dict[str, Any]],
    values: Mapping[str, Any],
    most_chars: int = MAX_CHARS,
    *,
    generates: bool = True,
) -> dict[str, str]:
    pieces, length = [], 0
    try:
        given = deepcopy({**values, "messages": messages})
        for piece in template.generate(add_generation_prompt=generates, **given):
            pieces.append(piece)
            length += len(piece)
            if length > most_chars:
                return {"fails": f"it writes more than {most_chars:,} characters"}
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
    return str(error)[:LONGEST_WORDS].rstrip(". \n") or type(error).__name__


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
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys, default=_listed
    )


def _listed(value: Any) -> list[Any]:
    """What a filter such as `map` gives, which is no list yet. Raises TypeError for anything else."""
    if isinstance(value, Iterator):
        return list(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
