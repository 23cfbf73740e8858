"""Which reading of an answer is the program, and what it takes from the answer's other blocks.

Runs in the confined worker only: parsing is work on foreign text too.
"""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterator, Sequence
from types import CodeType

_FILE = "<solution>"
_BAD_SOURCE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)


class _Reading:
    """A source that compiles. `names` are those that it binds at its top, `stubs` those of functions without a body of
    their own, `acts` tells whether its top level does anything.

    Raises one of _BAD_SOURCE for a source that is no Python.
    """

    def __init__(self, source: str) -> None:
        self.code = compile(source, _FILE, "exec", dont_inherit=True)
        self.tree = ast.parse(source, _FILE)
        self._table = symtable.symtable(source, _FILE, "exec")
        symbols = self._table.get_symbols()
        self.names = {one.get_name() for one in symbols if one.is_assigned() or one.is_imported()}
        self.stubs = {node.name for node in self.tree.body if isinstance(node, ast.FunctionDef) and _is_stub(node)}
        self.acts = any(isinstance(node, ast.Call) for top in self.tree.body for node in _executed(top))

    def wants(self) -> set[str]:
        """The names that it looks up outside itself, but for Python's own."""
        found = {one.get_name() for one in self._table.get_symbols() if one.is_referenced()}
        tables = list(self._table.get_children())
        while tables:
            table = tables.pop()
            found |= {one.get_name() for one in table.get_symbols() if one.is_global()}
            tables += table.get_children()
        return found - self.names - set(dir(builtins))


def chosen_of(
    sources: Sequence[str], support: Sequence[str], entry_point: str, known: Sequence[str]
) -> tuple[int, CodeType]:
    """The index of the solution among the readings of an answer, and its code.

    The first that compiles and defines the entry point with something in it, or, for a whole program, that does
    something; else the first that compiles. What it uses without defining it, and what `known` (the task's own names)
    lacks, comes from the imports and definitions of the `support` blocks. Raises SyntaxError where nothing compiles.
    """
    first: tuple[int, _Reading] | None = None
    failure: Exception | None = None
    for index, source in enumerate(sources):
        try:
            reading = _Reading(source)
        except _BAD_SOURCE as error:
            failure = failure or error
            continue
        if entry_point in reading.names - reading.stubs if entry_point else reading.acts:
            return index, _supported(reading, support, set(known))
        first = first or (index, reading)
    if first is None:
        raise SyntaxError(str(failure) if failure else "there is no code")
    return first[0], first[1].code


def _is_stub(node: ast.FunctionDef) -> bool:
    """Whether a function is a mere head, with nothing but a docstring, `pass` or `...` below it."""
    return all(
        isinstance(one, ast.Pass) or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
        for one in node.body
    )


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a statement that run when it does: not the bodies of functions and classes."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _executed(child)


def _supported(reading: _Reading, support: Sequence[str], known: set[str]) -> CodeType:
    """The reading's code with what it needs of the other blocks before it."""
    wanted = reading.wants() - known
    offered = [(node, _bound(node)) for text in support for node in _definitions(text)] if wanted else []
    taken: set[int] = set()
    while True:
        fresh = {
            place
            for place, (_, names) in enumerate(offered)
            if place not in taken and ("*" in names or (names & wanted and not names & reading.names))
        }
        if not fresh:
            break
        taken |= fresh
        wanted |= {
            node.id for place in fresh for node in ast.walk(offered[place][0]) if isinstance(node, ast.Name)
        } - known
    if not taken:
        return reading.code
    extra = [offered[place][0] for place in sorted(taken)]
    body = reading.tree.body
    # Imports from __future__ must stay first; after a docstring, which nobody reads here.
    future = [node for node in body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    rest = [node for node in body if node not in future]
    reading.tree.body = [*future, *extra, *rest]
    return compile(reading.tree, _FILE, "exec", dont_inherit=True)


def _definitions(text: str) -> list[ast.stmt]:
    """The statements of a block that only give names; none where it is no Python."""
    try:
        body = ast.parse(text, _FILE).body
    except _BAD_SOURCE:
        return []
    return [
        node
        for node in body
        if isinstance(node, ast.Import | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign)
        or (isinstance(node, ast.ImportFrom) and node.module != "__future__")
        or (isinstance(node, ast.AnnAssign) and node.value is not None)
    ]


def _bound(node: ast.stmt) -> set[str]:
    """The names that a statement of `_definitions` gives; "*" for all of a module."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.split(".")[0] for alias in node.names}
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
