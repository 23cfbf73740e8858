"""Doors open one way: no import circle, no upward import, and complete lists of who knows what."""

from __future__ import annotations

import re

import pytest
from tests.architecture import imports
from tests.architecture.imports import Graph


@pytest.fixture(scope="module")
def graph() -> Graph:
    return imports.graph()


def test_no_file_imports_itself_by_way_of_others(graph: Graph) -> None:
    assert imports.circles(graph) == []


def test_nothing_imports_what_is_above_it(graph: Graph) -> None:
    assert [pair for ladder in imports.ladders() for pair in imports.upward(graph, ladder)] == []


def test_a_circle_and_an_upward_import_are_found() -> None:
    """Also a circle that passes through a third file, and a neighbour that is not to be known."""
    drawn: Graph = {
        "a.high": frozenset({"a.low.x"}),
        "a.low.x": frozenset({"a.low.y", "a.beside"}),
        "a.low.y": frozenset({"a.low.z"}),
        "a.low.z": frozenset({"a.low.x", "a.high"}),
        "a.beside": frozenset(),
    }
    assert imports.circles(drawn) == [["a.high", "a.low.x", "a.low.y", "a.low.z"]]
    ladder = [(("a.high",), False), (("a.low", "a.beside"), False)]
    assert imports.upward(drawn, ladder) == [("a.low.x", "a.beside"), ("a.low.z", "a.high")]


def test_every_room_has_its_place(graph: Graph) -> None:
    """A new room is put into the order, and into each list of those that do not know a package."""
    rooms = {".".join(module.split(".")[:2]) for module in graph if module.count(".") > 1}
    order = {name for names, _ in next(imports.ladders()) for name in names}
    assert rooms <= order
    for contract in imports.contracts():
        if knows := re.match(r"Only (\w+) knows", contract["name"]):
            assert set(contract["source_modules"]) >= rooms - {f"aa_tui.{knows[1]}"}, contract["name"]
