"""Values as Python writes them, read by `ast`: nothing is run."""

from __future__ import annotations

import ast
import math
import warnings
from typing import Any

from aa_tui.evals.calls.pieces import BrokenCallError


def literal(text: str) -> Any:
    """The value of JSON that a literal of Python stands for. Raises BrokenCallError."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of Python's about backslashes in a text
            tree = ast.parse(text, mode="eval")
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict):
                _without_repeats(node)
        return _as_json(ast.literal_eval(tree))
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError) as error:
        if isinstance(error, BrokenCallError):
            raise
        raise BrokenCallError("an argument is no plain value of Python") from None


def _without_repeats(node: ast.Dict) -> None:
    keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
    if len(set(keys)) != len(node.keys):
        raise BrokenCallError("a field is there twice, or is no text")


def _as_json(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list | tuple):
        return [_as_json(one) for one in value]
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise BrokenCallError("the name of a field is no text")
        return {key: _as_json(one) for key, one in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        raise BrokenCallError("a number is too large")
    if value is None or isinstance(value, bool | int | float):
        return value
    raise BrokenCallError("an argument is a value that JSON does not have")
