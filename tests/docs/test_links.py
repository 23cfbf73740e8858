"""The documents lead to what is there, and name commands and options that are."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.commands_page import commands

from aa_tui.cli.main import parser

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "tests" / "README.md"])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
OF_USERS = frozenset({"config.toml", "charts/book/context_per_size.py", "capitals/pack.toml", "utils.py"})
"""Files that a reader makes, or must not."""

A_MODEL = "nanbeige4.1-3b"
"""Alone it opens its page."""

_CODE = re.compile(r"`aa-tui ([^`]+)`")


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_somewhere(page: Path) -> None:
    links = [link for link in _LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_document_is_in_the_index() -> None:
    docs = ROOT / "docs"
    listed = {(docs / link).resolve() for link in _LINK.findall((docs / "README.md").read_text(encoding="utf-8"))}
    assert [page for page in docs.rglob("*.md") if page.resolve() not in listed and page.name != "README.md"] == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_commands_and_options_in_the_text_exist(page: Path) -> None:
    found = [f"`aa-tui {code}`: {word}" for code in _codes(page) for word in _unknown(code.split())]
    assert found == []


def _codes(page: Path) -> list[str]:
    return [
        code
        for code in _CODE.findall(page.read_text(encoding="utf-8"))
        if not code.startswith(("COMMAND", "MODEL", A_MODEL, "…"))
    ]


def _unknown(words: list[str]) -> Iterator[str]:
    """The words of a command line that are no command, action or option."""
    one: argparse.ArgumentParser = parser()
    places = list(words)
    while places and not places[0].startswith("-") and (below := {name: two for name, _, two in commands(one)}):
        name = places.pop(0)
        if name not in below:
            yield name
            return
        one = below[name]
    options = {name for action in one._actions for name in action.option_strings}
    yield from (word for word in places if word.startswith("-") and word != "-" and word not in options)
    for action in (action for action in one._actions if action.dest == "action" and action.choices):
        if places and places[0] not in [*map(str, action.choices or ()), "ACTION"]:
            yield places[0]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_source_files_in_the_text_exist(page: Path) -> None:
    named = re.findall(r"`((?:\w+/)*\w+\.(?:py|toml|tcss))`", page.read_text(encoding="utf-8"))
    there = [f"/{path.relative_to(ROOT)}" for end in ("py", "toml", "tcss") for path in ROOT.glob(f"[!.]*/**/*.{end}")]
    there.append("/pyproject.toml")
    assert [name for name in named if name not in OF_USERS and not any(f.endswith(f"/{name}") for f in there)] == []
