"""A chat template looked at: what it makes of a conversation, and what it does with those that try it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aa_tui.engine.conversation_file import Conversation
from aa_tui.engine.template_trial import Probe
from aa_tui.runs.errors import RunError
from aa_tui.shellwords import quoted
from aa_tui.textsafe import clean_line

TemplateToken = tuple[int, str, bool]
"""Number, text, and whether it is a control token."""


@dataclass(frozen=True, slots=True)
class TemplatePart:
    """A piece of the prompt; `is_data` where it is a message's text. `tokens` are None where nobody asked for them."""

    text: str
    is_data: bool
    tokens: tuple[TemplateToken, ...] | None = None


@dataclass(frozen=True, slots=True)
class TriedTemplate:
    """What came of it.

    `marks` are the texts of the vocabulary's control tokens, None where no vocabulary is at hand; `adds_bos` whether
    programs are to put the first token before a text, None likewise. `has_tool_template`: the file has another template
    for functions, which nobody uses here.
    """

    name: str
    source: str
    conversation: Conversation
    parts: tuple[TemplatePart, ...]
    probes: Mapping[str, Probe]
    end: str = ""
    notes: tuple[str, ...] = ()
    shows_tools: bool | None = None
    marks: frozenset[str] | None = None
    bos: str = ""
    adds_bos: bool | None = None
    has_tool_template: bool = False


def read_source(path: Path) -> str:
    """The template in a text file. Raises RunError where it cannot be read, or is no text."""
    from aa_tui.engine.renderer import LONGEST_TEMPLATE

    name = quoted(str(path))
    try:
        with path.open("rb") as file:
            source = file.read(4 * LONGEST_TEMPLATE + 1).decode("utf-8-sig")
    except OSError as error:
        raise RunError(f"{name} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise RunError(f"{name} is no text in UTF-8, so it is no Jinja template: name another file.") from error
    if not source.strip():
        raise RunError(f"{name} is empty, so it is no chat template: name another file.")
    return source


def read_note(path: Path) -> dict[str, str]:
    """A template in a text file as a run keeps it: the file's name and its text. Raises as `read_source`."""
    return {"name": clean_line(path.name), "text": read_source(path)}


def as_note(value: object) -> dict[str, str] | None:
    """What a run's row has of it; None where that is none."""
    if not isinstance(value, dict):
        return None
    name, source = value.get("name"), value.get("text")
    return {"name": name, "text": source} if isinstance(name, str) and isinstance(source, str) and source else None
