"""Look at a chat template: find it, put a conversation through it, and try it out."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from aa_tui.engine.chat import ChatTemplate, Message, Rendered
from aa_tui.engine.conversation_file import MOST_BYTES, SAMPLE, Conversation, read
from aa_tui.engine.errors import EngineError
from aa_tui.errors import UsageError
from aa_tui.gguf.places import typed_path
from aa_tui.runs.errors import RunError
from aa_tui.runs.templates import TemplatePart, TriedTemplate, read_source
from aa_tui.shellwords import quoted
from aa_tui.textsafe import clean_line

GGUF_MAGIC = b"GGUF"
_NO_TOOLS = "The conversation cannot be rendered with functions: it is shown without them, their calls and results."
_USER_ALONE = "The conversation cannot be rendered: a message of the user's is shown alone."
PLACEHOLDERS = ("<s>", "</s>")
"""How begin and end of a text are written where no vocabulary tells."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be looked at: `conversation` is a file of messages in OpenAI's form, the built-in one without it."""

    conversation: Path | None = None
    with_tools: bool = True
    with_tokens: bool = False


def look(
    target: str,
    wanted: Wanted,
    connect: Callable[[], AbstractContextManager[sqlite3.Connection]],
    on_progress: Callable[[int, int], None] | None = None,
) -> TriedTemplate:
    """The template of a file, of a model by its name, or in a text file of its own.

    `connect` opens the catalog where a name is to be looked up in it. Raises AATuiError: nothing is called so, the file
    has no template, or it is one that cannot be rendered at all.
    """
    path = typed_path(target)
    if not path.is_file():
        from aa_tui.runs.target import find_file

        with connect() as conn:
            path = Path(find_file(conn, target, on_progress=on_progress).path)
    talk = _conversation(wanted)
    try:
        with path.open("rb") as file:
            is_gguf = file.read(len(GGUF_MAGIC)) == GGUF_MAGIC
    except OSError as error:
        raise RunError(f"{quoted(target)} cannot be read: {error.strerror}.") from error
    if not is_gguf and path.suffix.lower() == ".gguf":
        raise RunError(f"{quoted(target)} is no GGUF file: download it again.")
    return _of_file(path, talk, wanted) if is_gguf else _of_text(path, talk, wanted)


def _conversation(wanted: Wanted) -> Conversation:
    talk = SAMPLE
    if wanted.conversation is not None:
        name = quoted(str(wanted.conversation))
        try:
            with wanted.conversation.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except OSError as error:
            raise UsageError(f"{name} cannot be read: {error.strerror}.") from error
        try:
            talk = read(data)
        except EngineError as error:
            raise UsageError(f"{name} {error}") from error
    return talk if wanted.with_tools else talk.without_tools()


def _of_text(path: Path, talk: Conversation, wanted: Wanted) -> TriedTemplate:
    if wanted.with_tokens:
        raise UsageError("--tokens needs a vocabulary, which a template alone has not: name a .gguf file.")
    return _tried(clean_line(path.name), read_source(path), talk, wanted, None)


def _of_file(path: Path, talk: Conversation, wanted: Wanted) -> TriedTemplate:
    from aa_tui.gguf.header import read_header

    header = read_header(path)
    if not header.chat_template:
        raise RunError(
            f"{clean_line(path.name)} has no chat template: it is a base model's, to be asked with --prompt plain."
        )
    other = "tokenizer.chat_template.tool_use" in header.metadata
    return _tried(clean_line(path.name), header.chat_template, talk, wanted, path, has_tool_template=other)


def _rendered(template: ChatTemplate, talk: Conversation) -> tuple[Conversation, Rendered, tuple[str, ...]]:
    """The conversation, or as much of it as the template takes, and what had to be left out.

    Raises EngineError where it does not even take a message of the user's.
    """
    plain = talk.without_tools()
    user = next((one for one in plain.messages if one.role == "user"), Message("user", "Hello!"))
    for less, note in ((talk, ""), (plain, _NO_TOOLS), (Conversation((user,)), _USER_ALONE)):
        if not less.messages:
            continue
        try:
            return less, template.rendered(less.messages, less.tools), (note,) if note else ()
        except EngineError as error:
            if less.messages == (user,):
                raise
            last = error
    raise last


def _tried(
    name: str,
    source: str,
    talk: Conversation,
    wanted: Wanted,
    path: Path | None,
    *,
    has_tool_template: bool = False,
) -> TriedTemplate:
    from aa_tui.engine.template_trial import probes
    from aa_tui.engine.vocabulary_child import words_of

    words = words_of(path) if path is not None else None
    bos, eos = (words.bos, words.eos) if words is not None else PLACEHOLDERS
    template = ChatTemplate(source, bos, eos, marks=None if words is None else lambda: words.marks)
    try:
        talk, found, left_out = _rendered(template, talk)
    finally:
        template.close()
    tried = probes(source, bos, eos)
    parts = tuple(TemplatePart(part.text, part.is_data) for part in found.parts)
    if wanted.with_tokens and path is not None:
        rows = words_of(path, [(part.text, part.is_data) for part in parts]).tokens
        parts = tuple(TemplatePart(part.text, part.is_data, row) for part, row in zip(parts, rows, strict=True))
    return TriedTemplate(
        name=name,
        source=source,
        conversation=talk,
        parts=parts,
        probes=tried,
        end=found.end,
        notes=(*left_out, *found.notes),
        shows_tools=found.shows_tools,
        marks=None if words is None else words.marks,
        bos=bos,
        adds_bos=None if words is None else words.adds_bos,
        has_tool_template=has_tool_template,
    )
