"""The hostile answers of hostile.toml, and the table of them that is published."""

from __future__ import annotations

import textwrap
import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Hostile:
    """One hostile answer; see hostile.toml."""

    group: str
    name: str
    tries: str
    stopped_by: str
    source: str
    says: list[str]
    ends: tuple[str, ...] | list[str] = ("failed",)
    control: bool = False


_FILE = tomllib.loads((FOLDER / "hostile.toml").read_text("utf-8"))
HOSTILE = tuple(Hostile(**one) for one in _FILE["answer"])
LOOKING_OUT = tuple(one for one in HOSTILE if one.group not in ("resources", "forgeries"))
"""Those for which namespaces make a difference: the others stay inside their process."""

_FORGERS = tomllib.loads((FOLDER / "forgers.toml").read_text("utf-8"))
_BLAMING = tomllib.loads((FOLDER / "blame.toml").read_text("utf-8"))

_HEADING = """# What the jail was tried against

Made by `python -m tests.evals.jail.hostile` from the answers that the tests run.

## Getting out, harming the machine, being believed

Every row is an answer in `hostile.toml`, run in the strongest jail of the machine and, where that has namespaces, in
the one without, as in most containers. None passes; none reads, writes, connects, starts or signals anything outside;
nothing is left afterwards. The last column is what an answer runs into first: the layers behind that are not named.
Where the jail has a file system of its own, what Landlock would refuse is not even there.

| answer | what it tries | what stops it |
| --- | --- | --- |"""

_FORGING = """
## Finding the tests of its own pack

Every row is an answer in `forgers.toml`, run in every jail that the machine offers and in ten kinds of installation:
virtual environments (linked, copied with the system's packages, editable), base interpreter, conda's and Debian's
layout, packages in the home, the system's own Python, `uv tool install`, an archive. None finds anything.

| answer | what it tries | what stops it |
| --- | --- | --- |"""

_BLAME = """
## Putting the blame on others

Answers in `blame.toml`: what they cause is wrong, never an error of the jail, the pack or the grader.
"""


def source_of(hostile: Hostile, places: dict[str, object]) -> str:
    """Its source with what it attacks: CANARY, FOLDER, PORT and so on."""
    constants = "".join(f"{name} = {value!r}\n" for name, value in places.items())
    return f"{constants}{_FILE['tools']}\n\n{hostile.source}"


def table() -> str:
    """TABLE.md, one row per hostile answer."""
    rows = [f"| {one.name} | {one.tries} | {one.stopped_by} |" for one in HOSTILE]
    forging = [
        f"| {one['name']} | {one['tries']} | {one['stopped_by']} |" for one in _FORGERS["answer"] + _FORGERS["look"]
    ]
    blaming = textwrap.fill(", ".join(one["name"] for one in _BLAMING["answer"]) + ".", 120)
    return "\n".join([_HEADING, *rows, _FORGING, *forging, _BLAME, blaming, ""])


if __name__ == "__main__":
    (FOLDER / "TABLE.md").write_text(table(), encoding="utf-8")
