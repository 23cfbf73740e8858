"""Counts import circles and upward imports over files: `uv run python -m tests.architecture.imports`.

Every import counts, also one inside a function or under `TYPE_CHECKING`, which import-linter's layers would count too,
but nobody would see a circle inside a layer. Which room is above which is read from the contracts in pyproject.toml.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import grimp

PACKAGE = "aa_tui"
PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"

Graph = Mapping[str, frozenset[str]]
"""What each module imports directly."""

Layer = tuple[tuple[str, ...], bool]
"""The modules of a layer, and whether they may know each other."""


def graph() -> Graph:
    """The package as it is."""
    found = grimp.build_graph(PACKAGE, cache_dir=None)
    return {module: frozenset(found.find_modules_directly_imported_by(module)) for module in sorted(found.modules)}


def circles(imports: Graph) -> list[list[str]]:
    """Groups of modules each of which imports every other, by whichever way; the largest first (Tarjan's algorithm)."""
    found: list[list[str]] = []
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []

    def visit(module: str) -> None:
        order[module] = lowest[module] = len(order)
        stack.append(module)
        for other in sorted(imports.get(module, ())):
            if other not in order:
                visit(other)
            if other in stack:
                lowest[module] = min(lowest[module], lowest[other])
        if lowest[module] == order[module]:
            place = stack.index(module)
            if len(stack) - place > 1:
                found.append(sorted(stack[place:]))
            del stack[place:]

    sys.setrecursionlimit(max(sys.getrecursionlimit(), 10 * len(imports)))
    for module in imports:
        if module not in order:
            visit(module)
    return sorted(found, key=len, reverse=True)


def contracts() -> list[dict[str, Any]]:
    """The import contracts of the project."""
    linter = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]["importlinter"]
    return list(linter["contracts"])


def ladders() -> Iterator[list[Layer]]:
    """Every order of layers that is agreed on, from above to below; one for each container."""
    for contract in contracts():
        if contract["type"] == "layers":
            for container in contract.get("containers") or [""]:
                yield [_layer(layer, f"{container}." if container else "") for layer in contract["layers"]]


def _layer(words: str, prefix: str) -> Layer:
    names = tuple(prefix + name.strip(" ()") for name in re.split(r"[|:]", words))
    return names, ":" in words


def upward(imports: Graph, ladder: list[Layer]) -> list[tuple[str, str]]:
    """Imports of a module above, or of one beside that is not to be known."""
    places = {name: (level, name, shared) for level, (names, shared) in enumerate(ladder) for name in names}
    found = []
    for module, others in imports.items():
        own = _place(module, places)
        for other in others if own is not None else ():
            theirs = _place(other, places)
            if own is None or theirs is None or theirs[1] == own[1]:
                continue
            if theirs[0] < own[0] or (theirs[0] == own[0] and not own[2]):
                found.append((module, other))
    return sorted(found)


def _place(module: str, places: Mapping[str, tuple[int, str, bool]]) -> tuple[int, str, bool] | None:
    parts = module.split(".")
    for n in range(len(parts), 0, -1):
        if (found := places.get(".".join(parts[:n]))) is not None:
            return found
    return None


def report(imports: Graph, orders: Iterable[list[Layer]]) -> list[str]:
    """Both counts, and what they count."""
    round_trips = circles(imports)
    up = sorted({pair for order in orders for pair in upward(imports, order)})
    n_imports = sum(map(len, imports.values()))
    return [
        f"{len(imports)} files, {n_imports} imports: {len(round_trips)} circles, {len(up)} upward imports",
        *(f"circle of {len(circle)}: {', '.join(circle)}" for circle in round_trips),
        *(f"upward: {module} imports {other}" for module, other in up),
    ]


def main() -> int:
    """Print the report; 1 where there is a circle or an upward import."""
    lines = report(graph(), ladders())
    sys.stdout.write("\n".join(lines) + "\n")
    return int(len(lines) > 1)


if __name__ == "__main__":
    sys.exit(main())
