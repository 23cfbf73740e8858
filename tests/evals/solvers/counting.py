"""Counting and measuring by listing all cases: ways, chances, shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from itertools import combinations, pairwise, permutations, product
from math import isqrt

from tests.evals.solvers.reading import by_form, parts


def _strings(length: int, a: str, b: str, block: int, banned: str) -> int:
    return sum(str(banned) * block not in "".join(symbols) for symbols in product(f"{a}{b}", repeat=length))


Point = tuple[int, ...]


def _points(text: str) -> list[Point]:
    """The points that a list names."""
    return [parts(part, r"\((-?\d+), (-?\d+)\)") for part in re.split(r", (?=\()| and ", text)]


def _walks(start: str, end: str, banned: str) -> int:
    origin, target = _points(start)[0], _points(end)[0]
    closed = set(_points(banned))

    @cache
    def walks(x: int, y: int) -> int:
        if (x, y) in closed or x < origin[0] or y < origin[1]:
            return 0
        return 1 if (x, y) == origin else walks(x - 1, y) + walks(x, y - 1)

    return walks(*target)


ways = by_form(
    {
        r"(\d+) friends each shake hands once with each of the others\. How many handshakes are there\?": lambda n: len(
            list(combinations(range(n), 2))
        ),
        r"How many different arrangements do the letters of ([A-Z]+) have, all of them used each time\?": lambda word: (
            len(set(permutations(word)))
        ),
        r"How many integers from 1 to (\d+) are divisible by (\d+) or by (\d+) \(or by both\), but not divisible by "
        r"(\d+)\?": lambda last, a, b, c: sum((n % a == 0 or n % b == 0) and n % c != 0 for n in range(1, last + 1)),
        r"How many strings of length (\d+) over the two symbols (\w) and (\w) contain no block of (\d+) consecutive "
        r"symbols (\w)\?": _strings,
        r"A robot walks on integer points from (\(.*?\)) to (\(.*?\))\. Each step adds 1 to exactly one of the two "
        r"coordinates\. It must never stand on any of the points (.*)\. How many different walks are there\?": _walks,
    }
)


def _share(cases: Iterable[bool]) -> Fraction:
    """How many of equally likely cases are so."""
    told = list(cases)
    return Fraction(sum(told), len(told))


def _dice(number: int) -> Iterable[int]:
    return map(sum, product(range(1, 7), repeat=number))


def _two_of_three(red: int, blue: int) -> Fraction:
    pens = "r" * red + "b" * blue
    return _share(drawn.count("r") == 2 for drawn in combinations(pens, 3))


def _fourth_is_white(urns: str) -> Fraction:
    """Bayes by the definition: the chance of both things, divided by that of the first, over all orders of drawing."""
    first, both = Fraction(0), Fraction(0)
    named = [parts(urn, r"urn [A-C] holds (\d+) white and (\d+) black balls") for urn in urns.split("; ")]
    assert len(named) == 3
    for white, black in named:
        draws = list(permutations("w" * white + "b" * black, 4))
        first += _share(draw[:3].count("w") == 2 for draw in draws) / 3
        both += _share(draw[:3].count("w") == 2 and draw[3] == "w" for draw in draws) / 3
    return both / first


chance = by_form(
    {
        r"A bag holds (\d+) red and (\d+) blue marbles\. One is drawn blindly\. What is the chance that it is red\?": (
            lambda red, blue: Fraction(red, red + blue)
        ),
        r"Two fair six-sided dice are rolled\. What is the chance that the sum is (\d+)\?": lambda wanted: _share(
            rolled == wanted for rolled in _dice(2)
        ),
        r"Four fair six-sided dice are rolled\. What is the chance that their sum is at least (\d+)\?": lambda least: (
            _share(rolled >= least for rolled in _dice(4))
        ),
        r"A box holds (\d+) red and (\d+) blue pens\. Three pens are drawn blindly and not put back\. What is the "
        r"chance that exactly two of them are red\?": _two_of_three,
        r"There are three urns: (.*)\. One urn is chosen at random, each with the same chance\. Three balls are drawn "
        r"from it blindly without putting any back; exactly two of them are white\. Now a fourth ball is drawn from "
        r"the same urn\. What is the chance that the fourth ball is white\?": _fourth_is_white,
    }
)


def _distance(points: str) -> int:
    a, b = _points(points)
    square = (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2
    assert isqrt(square) ** 2 == square
    return isqrt(square)


def _turned(a: Point, b: Point, c: Point) -> int:
    """Twice the area of a triangle; positive if a, b and c go round it against the clock."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])


def _inside(corners: str) -> int:
    """Points off all sides from which a ray to the right crosses an odd number of sides."""
    polygon = _points(corners)
    sides = list(pairwise([*polygon, polygon[0]]))

    def is_on(point: Point, a: Point, b: Point) -> bool:
        boxed = all(min(a[axis], b[axis]) <= point[axis] <= max(a[axis], b[axis]) for axis in (0, 1))
        return boxed and _turned(a, b, point) == 0

    def is_crossed(point: Point, a: Point, b: Point) -> bool:
        low, high = sorted((a, b), key=lambda corner: corner[1])
        return low[1] <= point[1] < high[1] and _turned(low, high, point) > 0

    grid = product(*(range(min(values), max(values) + 1) for values in zip(*polygon, strict=True)))
    return sum(
        not any(is_on(point, *side) for side in sides) and sum(is_crossed(point, *side) for side in sides) % 2
        for point in grid
    )


def _covered(boxes: str) -> int:
    """Unit squares, each counted once."""
    squares: set[Point] = set()
    corner = r"\((-?\d+), (-?\d+)\)"
    for x0, y0, x1, y1 in (parts(box, f"from {corner} to {corner}") for box in boxes.split("; ")):
        squares |= set(product(range(x0, x1), range(y0, y1)))
    return len(squares)


shape = by_form(
    {
        r"A rectangle is (\d+) cm long and (\d+) cm wide\. What is its area in square centimetres\?": lambda a, b: (
            a * b
        ),
        r"What is the distance between the points (.*)\?": _distance,
        r"What is the area of the triangle with the corners (.*)\?": lambda corners: Fraction(
            abs(_turned(*_points(corners))), 2
        ),
        r"A polygon has the corners (.*), in this order\. How many points with integer coordinates lie strictly inside "
        r"it\?": _inside,
        r"Five rectangles have sides parallel to the axes and are given by their lower left and upper right corners: "
        r"(.*)\. What is the area of the region that is covered by at least one of them\?": _covered,
    }
)
