"""YAML by the core schema of YAML 1.2, as JSON knows its values: PyYAML's safe parser with other scalars.

PyYAML itself is of YAML 1.1, where `no` is false, `12:30` is 750 and a date is no text. Nothing but mappings with texts
as keys, lists, texts, numbers, true, false and null is ever made.
"""

from __future__ import annotations

import math
import re
from typing import Any

import yaml

from aa_tui.evals.documents.forms import MAX_DEPTH, BrokenError

MAX_NODES = 50_000
"""Values in all, those that stand for an alias counted each time."""

_PREFIX = "tag:yaml.org,2002:"
_SCALARS = {
    "null": re.compile(r"(?:~|null|Null|NULL|)\Z"),
    "bool": re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"),
    # 048 is text to readers of YAML 1.1 and a number to those of 1.2: nobody means a number
    "int": re.compile(r"(?:[-+]?(?:0[0-7]{0,399}|[1-9][0-9]{0,399})|0o[0-7]{1,400}|0x[0-9a-fA-F]{1,400})\Z"),
    "float": re.compile(
        r"[-+]?(?:(?:\.[0-9]{1,400}|[0-9]{1,400}\.[0-9]{0,400})(?:[eE][-+]?[0-9]{1,9})?|[0-9]{1,400}[eE][-+]?[0-9]{1,9})\Z"
    ),
}
_BRACKETS = re.compile(r"[\[\]{}]")
_LOADER: Any = type(
    "_Loader",
    (yaml.SafeLoader,),
    {"yaml_implicit_resolvers": {None: [(_PREFIX + kind, pattern) for kind, pattern in _SCALARS.items()]}},
)
"""The parser of PyYAML with these scalars instead of its own; what it would make of them is not asked for."""


def read_yaml(text: str) -> Any:
    """The value of the one document in a text. Raises BrokenError."""
    _check_brackets(text)
    try:
        node = yaml.compose(text, Loader=_LOADER)
        if node is None:
            raise BrokenError("it is empty")
        _check(node, {}, 0)
        return _value(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = "" if mark is None else f", line {mark.line + 1}"
        raise BrokenError(f"it is not YAML ({error.problem or 'unreadable'}{where})") from None
    except yaml.YAMLError:
        raise BrokenError("it is not YAML (a character that it forbids)") from None
    except RecursionError:
        raise BrokenError(f"it is nested more than {MAX_DEPTH} deep") from None
    except ValueError as error:
        raise BrokenError(str(error)) from None


def _check_brackets(text: str) -> None:
    """PyYAML's time grows with the square of the depth, so that it is not asked where that is plainly too much."""
    depth = 0
    for mark in _BRACKETS.findall(text):
        depth = depth + 1 if mark in "[{" else max(depth - 1, 0)
        if depth > 2 * MAX_DEPTH:
            raise BrokenError(f"it is nested more than {MAX_DEPTH} deep")


def _check(node: Any, sizes: dict[int, int], depth: int) -> int:
    """How many values a node is. Raises BrokenError for too many, too deep, or one that holds itself."""
    if depth > MAX_DEPTH:
        raise BrokenError(f"it is nested more than {MAX_DEPTH} deep, or an alias stands for what it is in")
    known = sizes.get(id(node))
    if known is None:
        known = 1
        if isinstance(node, yaml.MappingNode):
            known += sum(_check(key, sizes, depth + 1) + _check(one, sizes, depth + 1) for key, one in node.value)
        elif isinstance(node, yaml.SequenceNode):
            known += sum(_check(one, sizes, depth + 1) for one in node.value)
        sizes[id(node)] = known
    if known > MAX_NODES:
        raise BrokenError(f"it has more than {MAX_NODES:,} values")
    return known


def _value(node: Any) -> Any:
    if isinstance(node, yaml.MappingNode):
        _must_be(node, "map")
        found: dict[str, Any] = {}
        for key_node, one in node.value:
            key = _key(key_node)
            if key in found:
                raise BrokenError(f"the key {key[:40]!r} is there twice, line {key_node.start_mark.line + 1}")
            found[key] = _value(one)
        return found
    if isinstance(node, yaml.SequenceNode):
        _must_be(node, "seq")
        return [_value(one) for one in node.value]
    return _scalar(node)


def _key(node: Any) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise BrokenError("a key is no text")
    return str(node.value)


def _must_be(node: Any, kind: str) -> None:
    if node.tag != f"{_PREFIX}{kind}":
        raise BrokenError(f"the tag {str(node.tag)[:60]!r} is none that is read")


def _scalar(node: Any) -> Any:
    text, kind = str(node.value), str(node.tag).removeprefix(_PREFIX)
    if kind == "str":
        return text
    if kind not in _SCALARS or _SCALARS[kind].match(text) is None:
        raise BrokenError(f"the tag {str(node.tag)[:60]!r} is none that is read")
    if kind == "null":
        return None
    if kind == "bool":
        return text.casefold() == "true"
    if kind == "int":
        return int(text, 0) if text.startswith(("0o", "0x")) else int(text)
    number = float(text)
    if not math.isfinite(number):
        raise BrokenError(f"{text[:40]} is too large a number")
    return number
