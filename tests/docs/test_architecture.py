"""`docs/architecture.md` shows the rooms that there are, and the doors that the import contracts hold."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import aa_tui

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
LAYERS = [one for one in CONTRACTS if one["type"] == "layers"]


def test_every_room_has_its_row() -> None:
    package = Path(aa_tui.__file__).parent
    rooms = {one.parent.name for one in package.glob("*/__init__.py")}
    rows = re.findall(r"^\| (`\w+/`(?:, `\w+/`)*) \|", TEXT, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)/`", row)} == rooms


@pytest.mark.parametrize("contract", LAYERS, ids=[one["name"].partition(":")[0] for one in LAYERS])
def test_the_floors_are_in_the_order_of_the_contract(contract: dict[str, Any]) -> None:
    room = contract.get("containers", ["aa_tui"])[0].rpartition(".")[2]
    floor_of = {
        name.strip().rpartition(".")[2]: number
        for number, floor in enumerate(contract["layers"])
        for name in floor.strip("()").split("|")
    }
    shown = [floor_of[name] for name in re.findall(r"\w+", _doors(room)) if name in floor_of]
    assert len(shown) > len(contract["layers"]) // 2, f"docs/architecture.md does not show the floors of {room}"
    assert shown == sorted(shown)


def _doors(room: str) -> str:
    """The line that shows a room's floors, highest first; of the whole package for the package itself."""
    section = TEXT.partition("## The doors")[2]
    if room == "aa_tui":
        return section[section.index("    cli ") :].partition("\n\n")[0]
    if room == "tui":
        section = TEXT.partition("## Inside tui/")[2]
        return section[section.index("    app  >") :].partition("\n")[0]
    found = re.search(rf"^    {room}/ +(.*)$", section, re.MULTILINE)
    return found[1] if found else ""
