"""A chat template looked at: what it makes of a conversation, and what it does with those that try it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aa_tui.engine.conversation_file import Conversation
from aa_tui.engine.template_trial import Probe

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
