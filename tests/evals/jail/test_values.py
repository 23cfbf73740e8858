"""What crosses between the processes: plain values, exactly, and nothing else."""

from __future__ import annotations

import json
import math
from collections import Counter, OrderedDict, defaultdict, namedtuple
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aa_tui.evals.jail.values import BROKEN, decode, encode

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.complex_numbers(allow_nan=False)
    | st.builds(range, st.integers(), st.integers(), st.integers(1))
)
_HASHABLE = st.recursive(_SCALARS, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=5)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(_HASHABLE, inner, max_size=4)
        | st.frozensets(_HASHABLE, max_size=4)
        | st.sets(_HASHABLE, max_size=4)
    ),
    max_leaves=12,
)
Point = namedtuple("Point", "x y")


class Level(IntEnum):
    HIGH = 3


class Liar(int):
    def __eq__(self, other: object) -> bool:
        return True

    def __index__(self) -> int:
        return 99

    __hash__ = int.__hash__


def _refuse(value: object) -> list[Any]:
    raise TypeError(f"no handle for {value!r}")


def _no_handle(number: int, kind: str) -> object:
    raise AssertionError((number, kind))


def _over(value: object) -> Any:
    return decode(json.loads(json.dumps(encode(value, _refuse))), _no_handle)


@given(_VALUES)
def test_plain_values_arrive_as_they_were(value: object) -> None:
    """Same value, same types all the way down: `repr` tells 1 from True and 1.0, and -0.0 from 0.0."""
    assert repr(_over(value)) == repr(value) or _sets(value)
    assert type(_over(value)) is type(value)


def _sets(value: object) -> bool:
    """Sets print in any order: they are compared instead. Such with nan in them differ from themselves."""
    return "nan" in repr(value) or bool(_over(value) == value)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Liar(3), 3),
        (Level.HIGH, 3),
        (Counter("aab"), {"a": 2, "b": 1}),
        (defaultdict(list, {1: [2]}), {1: [2]}),
        (OrderedDict(a=1), {"a": 1}),
        (Point(1, 2), (1, 2)),
    ],
)
def test_subclasses_arrive_as_what_they_hold(value: object, plain: object) -> None:
    """Of the exact built-in type, whatever methods they replace."""
    assert type(_over(value)) is type(plain)
    assert repr(_over(value)) == repr(plain)


def test_long_numbers_and_odd_floats_arrive() -> None:
    """Python writes no integer of more than 4,300 digits in decimal."""
    assert _over(7**10_000) == 7**10_000
    assert math.isnan(_over(math.nan))
    assert _over([-math.inf, 5e-324]) == [-math.inf, 5e-324]
    assert _over(bytearray(b"\x00\xff")) == bytearray(b"\x00\xff")


def test_other_objects_become_handles() -> None:
    """Only the handle crosses."""
    sent = encode([object()], lambda _: ["o", 5, "object"])
    assert decode(sent, lambda number, kind: (number, kind)) == [(5, "object")]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from("nbifsyYcrltSFdo"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(_JSON)
def test_nonsense_is_refused(data: object) -> None:
    """Anything that is not an encoded value raises one of the named errors, or is one: never anything else."""
    try:
        value = decode(data, lambda number, kind: (number, kind))
    except BROKEN:
        return
    assert type(value).__module__ == "builtins"
