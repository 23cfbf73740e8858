"""The hostile answers of hostile.toml, and the table of them that is published."""

from __future__ import annotations

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

_HEADING = """# What the jail was tried against

Every row is an answer in `hostile.toml` that the tests run in the strongest jail of the machine and, where that has
namespaces, in the one without, as in most containers. None passes; none reads, writes, connects, starts or signals
anything outside; nothing is left afterwards. The last column is what an answer runs into first: the layers behind that
are not named. Made by `python -m tests.jail.hostile`.

| answer | what it tries | what stops it |
| --- | --- | --- |"""


def source_of(hostile: Hostile, places: dict[str, object]) -> str:
    """Its source with what it attacks: CANARY, FOLDER, PORT and so on."""
    constants = "".join(f"{name} = {value!r}\n" for name, value in places.items())
    return f"{constants}{_FILE['tools']}\n\n{hostile.source}"


def table() -> str:
    """TABLE.md, one row per hostile answer."""
    rows = [f"| {one.name} | {one.tries} | {one.stopped_by} |" for one in HOSTILE]
    return "\n".join([_HEADING, *rows, ""])


if __name__ == "__main__":
    (FOLDER / "TABLE.md").write_text(table(), encoding="utf-8")
