"""What the rest of this room speaks of: a pack, its items, and what became of an answer. Plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from aa_tui.engine.settings import SamplerSettings
from aa_tui.errors import AATuiError
from aa_tui.outcomes import OUTCOMES, Outcome

__all__ = ["OUTCOMES", "Extraction", "Item", "Outcome", "Pack", "PackError", "Verdict"]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Item:
    """One question of a pack.

    `prompt` is the item's own text; the pack's template puts it into the user's message. `answer` is what the grader
    compares with: text, number, list or None, as its grader wants it. `choices` are the options' texts where there are
    some, `answer` then is the text of the right one or its index. `level` is the difficulty from 1, None where a pack
    has none. `extra` is what special graders need (tests, instruction ids and their arguments).
    """

    id: str
    category: str
    prompt: str
    answer: Any
    level: int | None = None
    choices: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class Extraction:
    """Where in the text after the thinking the answer is: patterns in order, of the first that matches the last match
    counts; its first group is the answer. No patterns: the whole text is."""

    patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pack:
    """A set of items with all that decides how they are asked and graded; part of a run's identity.

    `graders` maps a category to a grader's name, "*" stands for all others. `template` is the user's message with
    {prompt} (and {choices}, where items have them) in it; `system` the system message, empty for none. `sampler` None
    means the model's recommended sampling. `max_output_tokens` bounds thinking and answer together. `private_items`:
    its authors ask that items be shown nowhere in plain text (GPQA), so listings and exports leave their texts out.
    """

    name: str
    version: str
    license: str
    source: str
    description: str
    citation: str
    items: tuple[Item, ...]
    items_sha256: str
    graders: Mapping[str, str]
    template: str
    system: str = ""
    extraction: Extraction = Extraction()
    sampler: SamplerSettings | None = None
    max_output_tokens: int = 32_768
    stop: tuple[str, ...] = ()
    folder: Path | None = None
    private_items: bool = False

    def grader_of(self, item: Item) -> str:
        """The name of the grader of an item: its own (`grader` in `extra`), else its category's, else that of all."""
        return item.extra.get("grader") or self.graders.get(item.category) or self.graders["*"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a grader says of one answer.

    `extracted` is what it took as the answer (cleaned, at most 2,000 characters), `detail` one line that says why,
    `grader` its name and version such as "numeric/1". `jail` names the isolation that model-written code ran in.
    `parts` are the verdicts of an item's parts by name, where it has several. `fault` says whose fault a failure is
    and which, such as "model: argument", where the grader tells.
    """

    outcome: Outcome
    extracted: str | None
    grader: str
    detail: str = ""
    jail: str | None = None
    parts: tuple[tuple[str, bool], ...] = ()
    fault: str | None = None


class PackError(AATuiError):
    """A pack cannot be used. One sentence for the user, naming file and line where there is one."""
