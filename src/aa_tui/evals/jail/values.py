"""Python values as JSON with exact type tags, so that what crosses from the solution is data and never an object.

An encoded value is a list whose first element is the tag. A value of a subclass is sent as its built-in base's content:
an `int` whose `__eq__` is always true arrives as the number that it holds. Integers travel in hexadecimal, which takes
linear time at any length, floats as `float.hex`, so that nan, infinities and the last bit survive. Anything else stays
where it is and is sent as a handle (tag "o").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError, MemoryError)
"""What `decode` may raise on something that `encode` did not write."""


# Type, tag, parts; bool before int, since it is one. Methods of the built-in type itself, which no subclass replaces.
_SCALARS: tuple[tuple[type, str, Callable[[Any], list[Any]]], ...] = (
    (type(None), "n", lambda _: []),
    (bool, "b", lambda value: [value]),
    (int, "i", lambda value: [format(int.__index__(value), "x")]),
    (float, "f", lambda value: [float.hex(value)]),
    (str, "s", lambda value: [str.__str__(value)]),
    (bytes, "y", lambda value: [bytes.hex(value)]),
    (bytearray, "Y", lambda value: [bytearray.hex(value)]),
    (complex, "c", lambda value: [float.hex(value.real), float.hex(value.imag)]),
    (range, "r", lambda value: [format(part, "x") for part in (value.start, value.stop, value.step)]),
)
_SERIES: tuple[tuple[type, str, Callable[[Any], Iterator[Any]]], ...] = (
    (list, "l", list.__iter__),
    (tuple, "t", tuple.__iter__),
    (set, "S", set.__iter__),
    (frozenset, "F", frozenset.__iter__),
)


def encode(value: object, handle: Callable[[object], list[Any]]) -> list[Any]:
    """A value as nested lists for `json.dumps`; `handle` encodes what is not plain data, or raises."""
    for kind, tag, parts in _SCALARS:
        if isinstance(value, kind):
            return [tag, *parts(value)]
    for kind, tag, items in _SERIES:
        if isinstance(value, kind):
            return [tag, [encode(item, handle) for item in items(value)]]
    if isinstance(value, dict):
        return ["d", [[encode(key, handle), encode(item, handle)] for key, item in dict.items(value)]]
    return handle(value)


_SIMPLE: dict[str, Callable[..., object]] = {
    "n": lambda: None,
    "i": lambda digits: int(digits, 16),
    "f": float.fromhex,
    "y": bytes.fromhex,
    "Y": bytearray.fromhex,
    "c": lambda real, imag: complex(float.fromhex(real), float.fromhex(imag)),
    "r": lambda *parts: range(*(int(part, 16) for part in parts)),
}
_CONTAINERS: dict[str, Callable[..., object]] = {tag: kind for kind, tag, _ in _SERIES}


def decode(data: Any, handle: Callable[[int, str], object]) -> object:
    """What `encode` wrote, as exact built-in types. `handle` makes something of a handle's number and type's name.

    Raises one of `BROKEN` for anything else: `data` comes from a process that is not trusted.
    """
    tag = data[0]
    if tag in _CONTAINERS:
        return _CONTAINERS[tag](decode(item, handle) for item in data[1])
    if tag == "d":
        return {decode(key, handle): decode(item, handle) for key, item in data[1]}
    if tag == "b" and type(data[1]) is bool:
        return data[1]
    if tag == "s" and type(data[1]) is str:
        return data[1]
    if tag == "o" and type(data[1]) is int and type(data[2]) is str:
        return handle(data[1], data[2])
    return _SIMPLE[tag](*data[1:])
