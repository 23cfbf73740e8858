"""Which names a pack's tests use without defining them: such tests would be judged with the solution's names."""

from __future__ import annotations

import builtins
import symtable
from collections.abc import Iterable


def unknown_names(texts: Iterable[str], given: Iterable[str]) -> set[str]:
    """The names that Python texts, which share one namespace, look up and neither they nor `given` nor Python define.

    None where a text imports all names of a module: what these are cannot be told without running it. Raises
    SyntaxError or ValueError for a text that is no Python.
    """
    used: set[str] = set()
    defined = {*given, *dir(builtins), "__name__"}
    for text in texts:
        tables = [symtable.symtable(text, "<tests>", "exec")]
        while tables:
            table = tables.pop()
            at_top = table.get_type() == "module"
            for symbol in table.get_symbols():
                if (at_top or symbol.is_declared_global()) and (symbol.is_assigned() or symbol.is_imported()):
                    defined.add(symbol.get_name())
                elif symbol.is_referenced() and (at_top or symbol.is_global()):
                    used.add(symbol.get_name())
            tables += table.get_children()
        if _imports_all(text):
            return set()
    return used - defined


def _imports_all(text: str) -> bool:
    """Whether a line ends as `from module import *` does."""
    return any(line.split("#")[0].rstrip().endswith("import *") for line in text.splitlines())
