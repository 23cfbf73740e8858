"""The folders of the packs as bytes by path: pack.toml, items.jsonl, README.md, LICENCE.txt."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from generators import cards
from generators.instructions import instruction_entries
from generators.local_index import local_index, quick
from generators.long_context import long_context_entries
from generators.problem import Entry
from generators.structure import structure_entries, structure_quick
from generators.tools import tools_entries, tools_quick
from generators.tools_task import ToolEntry

INDEX_VERSION = "1"
STRUCTURE_VERSION = "1"
TOOLS_VERSION = "1"

_LICENCE = """\
The items of this pack are made by evals/make_packs.py. They contain no third-party material and are under the MIT
licence, as the rest of this repository (see LICENSE at its top).
"""


@dataclass(frozen=True, slots=True)
class Made:
    """A pack to be written. `graders` by category; lengths in tokens."""

    name: str
    version: str
    description: str
    card: str
    items: Sequence[Entry] | Sequence[ToolEntry]
    graders: Mapping[str, str]
    max_output_tokens: int = 16_384

    def files(self) -> dict[str, bytes]:
        """The pack's files, by their path from the folder of all packs."""
        data = "".join(f"{entry.line()}\n" for entry in self.items).encode()
        texts = {"LICENCE.txt": _LICENCE, "README.md": self.card, "pack.toml": self._manifest(data)}
        named = {"items.jsonl": data} | {name: text.encode() for name, text in texts.items()}
        return {f"{self.name}/{name}": content for name, content in named.items()}

    def _manifest(self, data: bytes) -> str:
        graders = "\n".join(f'{json.dumps(category)} = "{name}"' for category, name in self.graders.items())
        return f"""# Written by evals/make_packs.py.
format = 1
name = "{self.name}"
version = "{self.version}"
license = "MIT"
description = {json.dumps(self.description)}
source = "made by evals/make_packs.py of aa-tui"

[items]
file = "items.jsonl"
count = {len(self.items)}
sha256 = "{hashlib.sha256(data).hexdigest()}"

# Each item says itself how its answer must end; options follow below it.
[prompt]
template = "{{prompt}}"

# By category; an item that names its own grader goes before.
[graders]
{graders}

# The model's recommended sampling. The length, in tokens, is of thinking and answer together.
[sampling]
preset = "card"
max_output_tokens = {self.max_output_tokens}
"""


def all_packs() -> dict[str, bytes]:
    """All files of all packs made here, by path."""
    whole = local_index()
    graders = {"reasoning": "exact", "knowledge": "choice", "mathematics": "numeric", "coding": "code"}
    index = Made(
        "local-index",
        INDEX_VERSION,
        "Reasoning, knowledge, mathematics and coding in equal weight, 100 items each in five levels. The levels are set "
        "by construction and not yet calibrated on real models.",
        cards.LOCAL_INDEX,
        whole,
        graders,
    )
    part = Made(
        "quick",
        INDEX_VERSION,
        f"60 of the 400 items of local-index {INDEX_VERSION}: three of each field and level. Not yet calibrated on real "
        "models.",
        cards.QUICK,
        quick(whole),
        graders,
    )
    instructions = Made(
        "instructions",
        "2",
        "64 writing tasks with one to four instructions that a program checks. Not yet calibrated on real models.",
        cards.INSTRUCTIONS,
        instruction_entries(),
        {"*": "instructions"},
    )
    long_context = Made(
        "long-context",
        "1",
        "75 questions about texts of about 500 to 8,000 tokens: one fact, one of many, chains, counts and sums. Not yet "
        "calibrated on real models.",
        cards.LONG_CONTEXT,
        long_context_entries(),
        {"*": "numeric"},
    )
    documents = structure_entries()
    structure = Made(
        "structure",
        STRUCTURE_VERSION,
        "200 documents to write: JSON by a schema, CSV, YAML, Markdown tables, facts out of texts, and one format into "
        "another. Not yet calibrated on real models.",
        cards.STRUCTURE,
        documents,
        {"*": "structure"},
    )
    structure_part = Made(
        "structure-quick",
        STRUCTURE_VERSION,
        f"40 of the 200 items of structure {STRUCTURE_VERSION}: one of each family and level. Not yet calibrated on real "
        "models.",
        cards.STRUCTURE_QUICK,
        structure_quick(documents),
        {"*": "structure"},
    )
    calls = tools_entries()
    tools = Made(
        "tools",
        TOOLS_VERSION,
        "315 conversations with functions in a simulated world, graded by what has become of it: nine kinds in five "
        "levels. Not yet calibrated on real models.",
        cards.TOOLS,
        calls,
        {"*": "tools"},
        max_output_tokens=8_192,
    )
    tools_part = Made(
        "tools-quick",
        TOOLS_VERSION,
        f"60 of the 315 items of tools {TOOLS_VERSION}: twelve of each level, six or seven of each kind. Not yet "
        "calibrated on real models.",
        cards.TOOLS_QUICK,
        tools_quick(calls),
        {"*": "tools"},
        max_output_tokens=8_192,
    )
    made = (index, part, instructions, long_context, structure, structure_part, tools, tools_part)
    return {path: data for pack in made for path, data in pack.files().items()}


def different(files: Mapping[str, bytes], folder: Path) -> list[str]:
    """The paths whose files in `folder` are missing or other than these bytes, and files that should not be there."""
    wrong = [path for path, data in files.items() if not _same(folder / path, data)]
    for name in sorted({path.split("/")[0] for path in files}):
        found = sorted(path for path in (folder / name).rglob("*") if path.is_file())
        wrong += [str(path.relative_to(folder)) for path in found if path.relative_to(folder).as_posix() not in files]
    return wrong


def _same(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data
