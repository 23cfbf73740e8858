"""Read the shapes that `docs/json.md` writes down, and say where a value is of another shape."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "json.md"

_TOKEN = re.compile(r"\s*(\.\.\.|[\w-]+|\S)")
_BLOCK = re.compile(r"^```keys (.+?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Shape:
    """What a value looks like. A plain value has none of these."""

    keys: dict[str, Shape] = field(default_factory=dict)
    optional: set[str] = field(default_factory=set)
    is_object: bool = False
    is_open: bool = False
    each: Shape | None = None
    """Of a map's values."""
    items: Shape | None = None
    """Of an array's."""
    named: str | None = None


def documented() -> dict[str, Shape]:
    """Every block of the page by its name."""
    return {name: _Reader(text).whole() for name, text in _BLOCK.findall(PAGE.read_text(encoding="utf-8"))}


def differences(value: Any, shape: Shape, shapes: Mapping[str, Shape], at: str = "") -> Iterator[str]:
    """Where the value is not as written down: one sentence each."""
    if shape.named is not None:
        yield from differences(value, shapes[shape.named], shapes, at)
    elif value is None:
        return
    elif shape.items is not None:
        if not isinstance(value, list):
            yield f"{at}: no array"
            return
        for one in value:
            yield from differences(one, shape.items, shapes, f"{at}[]")
    elif shape.is_object:
        yield from _object_differences(value, shape, shapes, at)
    elif isinstance(value, dict | list):
        yield f"{at}: no plain value"


def _object_differences(value: Any, shape: Shape, shapes: Mapping[str, Shape], at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at}: no object"
        return
    if shape.each is not None:
        for one in value.values():
            yield from differences(one, shape.each, shapes, f"{at}.*")
        return
    for key in shape.keys.keys() - value.keys() - shape.optional:
        yield f"{at}.{key}: documented and not printed"
    for key, one in value.items():
        if key in shape.keys:
            yield from differences(one, shape.keys[key], shapes, f"{at}.{key}")
        elif not shape.is_open:
            yield f"{at}.{key}: printed and not documented"


class _Reader:
    """A block's text, token by token."""

    def __init__(self, text: str) -> None:
        self._tokens = [match.group(1) for match in _TOKEN.finditer(text.strip())]

    def whole(self) -> Shape:
        shape = self._shape()
        assert not self._tokens, f"left over: {self._tokens}"
        return shape

    def _next(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _take(self, wanted: str | None = None) -> str:
        token = self._tokens.pop(0)
        assert wanted in (None, token), f"{token} where {wanted} should be, before {self._tokens[:5]}"
        return token

    def _shape(self) -> Shape:
        """`{…}`, `[…]`, a name, or nothing for a plain value."""
        if self._next() == "{":
            return self._object()
        if self._next() == "[":
            self._take()
            items = Shape() if self._next() == "]" else self._shape()
            self._take("]")
            return Shape(items=items)
        if self._next()[:1].isupper():
            return Shape(named=self._take())
        return Shape()

    def _object(self) -> Shape:
        self._take("{")
        found = Shape(is_object=True)
        while self._next() != "}":
            key = self._take()
            if key == "...":
                found.is_open = True
            elif key == "*":
                found.is_open, found.each = True, self._shape()
                if not (found.each.is_object or found.each.named):
                    found.each = None
            else:
                if self._next() == "?":
                    self._take()
                    found.optional.add(key)
                found.keys[key] = self._shape()
            if self._next() != "}":
                self._take(",")
        self._take("}")
        return found
