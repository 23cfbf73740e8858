"""Functions to be written, level 3: a known algorithm or a data structure."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise, product
from random import Random

from generators.exercise import Exercise


def _word(source: Random, low: int, high: int, letters: str) -> str:
    return "".join(source.choice(letters) for _ in range(source.randint(low, high)))


def _numbers(source: Random, low: int, high: int, most: int) -> list[int]:
    return [source.randint(low, high) for _ in range(source.randint(1, most))]


def _rows(source: Random, most: int = 4) -> list[list[int]]:
    width = source.randint(1, most)
    return [[source.randint(0, 99) for _ in range(width)] for _ in range(source.randint(1, most))]


def balanced(text: str) -> bool:
    partner, stack = {")": "(", "]": "[", "}": "{"}, []
    for c in text:
        if c in "([{":
            stack.append(c)
        elif c in partner and (not stack or stack.pop() != partner[c]):
            return False
    return not stack


def _balanced(text: str) -> bool:
    text = re.sub(r"[^()\[\]{}]", "", text)
    while text != (text := re.sub(r"\(\)|\[\]|\{\}", "", text)):
        pass
    return not text


def merged_ranges(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    result: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if result and low <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(high, result[-1][1]))
        else:
            result.append((low, high))
    return result


def _merged_ranges(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    covered = sorted({n for low, high in ranges for n in range(low, high + 1)})
    starts = [n for n in covered if n - 1 not in covered]
    return [(start, next(n for n in covered if n >= start and n + 1 not in covered)) for start in starts]


def spiral(rows: list[list[int]]) -> list[int]:
    result: list[int] = []
    while rows:
        result += rows[0]
        rows = [list(column) for column in zip(*rows[1:], strict=True)][::-1]
    return result


def _spiral(rows: list[list[int]]) -> list[int]:
    if not rows:
        return []
    top, left, bottom, right, result = 0, 0, len(rows) - 1, len(rows[0]) - 1, []
    while top <= bottom and left <= right:
        result += [rows[top][c] for c in range(left, right + 1)]
        result += [rows[r][right] for r in range(top + 1, bottom + 1)]
        if top < bottom and left < right:
            result += [rows[bottom][c] for c in range(right - 1, left - 1, -1)]
            result += [rows[r][left] for r in range(bottom - 1, top, -1)]
        top, left, bottom, right = top + 1, left + 1, bottom - 1, right - 1
    return result


def postfix(text: str) -> int:
    stack: list[int] = []
    for token in text.split():
        if token in ("+", "-", "*"):
            b, a = stack.pop(), stack.pop()
            stack.append({"+": a + b, "-": a - b, "*": a * b}[token])
        else:
            stack.append(int(token))
    return stack[0]


def _postfix(text: str) -> int:
    tokens = text.split()

    def value() -> int:
        token = tokens.pop()
        if token not in ("+", "-", "*"):
            return int(token)
        b = value()
        a = value()
        return a + b if token == "+" else a - b if token == "-" else a * b

    return value()


def _postfix_text(source: Random, depth: int = 3) -> str:
    if not depth or source.random() < 0.15:
        return str(source.randint(-9, 9))
    return f"{_postfix_text(source, depth - 1)} {_postfix_text(source, depth - 1)} {source.choice('+-*')}"


def anagram_groups(words: list[str]) -> list[list[str]]:
    groups: dict[str, list[str]] = {}
    for word in words:
        groups.setdefault("".join(sorted(word)), []).append(word)
    return sorted((sorted(group) for group in groups.values()), key=lambda group: group[0])


def _anagram_groups(words: list[str]) -> list[list[str]]:
    result, rest = [], sorted(words)
    while rest:
        group = [word for word in rest if Counter(word) == Counter(rest[0])]
        result.append(group)
        rest = [word for word in rest if word not in group]
    return result


def binary_gap(n: int) -> int:
    return max(map(len, bin(n)[2:].rstrip("0").split("1")))


def _binary_gap(n: int) -> int:
    places = [i for i in range(n.bit_length()) if n >> i & 1]
    return max((b - a - 1 for a, b in pairwise(places)), default=0)


def ways_to_pay(coins: list[int], total: int) -> int:
    ways = [1] + [0] * total
    for coin in coins:
        for amount in range(coin, total + 1):
            ways[amount] += ways[amount - coin]
    return ways[total]


def _ways_to_pay(coins: list[int], total: int) -> int:
    counts = [range(total // coin + 1) for coin in coins]
    return sum(sum(n * c for n, c in zip(some, coins, strict=True)) == total for some in product(*counts))


def next_greater(items: list[int]) -> list[int | None]:
    result: list[int | None] = [None] * len(items)
    stack: list[int] = []
    for i, n in enumerate(items):
        while stack and items[stack[-1]] < n:
            result[stack.pop()] = n
        stack.append(i)
    return result


def _next_greater(items: list[int]) -> list[int | None]:
    return [next((later for later in items[i + 1 :] if later > n), None) for i, n in enumerate(items)]


def turned(rows: list[list[int]], quarters: int) -> list[list[int]]:
    for _ in range(quarters % 4):
        rows = [list(column) for column in zip(*rows[::-1], strict=True)]
    return rows


def _turned(rows: list[list[int]], quarters: int) -> list[list[int]]:
    for _ in range(quarters % 4):
        height, width = len(rows), len(rows[0])
        rows = [[rows[height - 1 - r][c] for r in range(height)] for c in range(width)]
    return rows


def fewest_squares(n: int) -> int:
    best = [0] * (n + 1)
    for k in range(1, n + 1):
        best[k] = 1 + min(best[k - r * r] for r in range(1, int(k**0.5) + 1))
    return best[n]


def _fewest_squares(n: int) -> int:
    # Lagrange and Legendre: four only for 4^a (8b + 7); else three, two or one.
    squares = {r * r for r in range(int(n**0.5) + 1)}
    if n in squares:
        return 1
    if any(n - s in squares for s in squares):
        return 2
    while n % 4 == 0:
        n //= 4
    return 4 if n % 8 == 7 else 3


@lru_cache(maxsize=1)
def middle_exercises() -> tuple[Exercise, ...]:
    """The exercises of level 3."""
    return (
        Exercise(
            3, balanced, _balanced, "returns True if the brackets (), [] and {} in a text are balanced and properly nested, "
            "else False. All other characters are ignored.",
            [("a(b[c]{d})",), ("(]",), ("",), ("([)]",), ("((",), ("x)",)], lambda s: (_word(s, 2, 4, "()[]"),),
        ),
        Exercise(
            3, merged_ranges, _merged_ranges, "takes a list of tuples (low, high) of integers with low <= high, each of "
            "which stands for all integers from low to high, and returns the shortest list of such tuples, in ascending "
            "order, that stands for the same set of integers. Ranges that overlap or follow one another directly, like "
            "(1, 2) and (3, 5), become one.",
            [([(5, 8), (1, 2), (3, 4)],), ([(1, 10), (2, 3)],), ([],), ([(0, 0), (2, 2)],)],
            lambda s: ([(a, a + s.randrange(6)) for a in (s.randrange(-20, 30) for _ in range(s.randint(1, 7)))],),
        ),
        Exercise(
            3, spiral, _spiral, "returns the elements of a matrix, given as a list of rows of equal length, in the order "
            "of a spiral: from the upper left corner to the right along the first row, down the last column, back along "
            "the last row, up the first column, and so on inwards.",
            [([[1, 2, 3], [4, 5, 6], [7, 8, 9]],), ([[1, 2], [3, 4], [5, 6]],), ([],), ([[1], [2]],), ([[1, 2, 3]],)],
            lambda s: (_rows(s),),
        ),
        Exercise(
            3, postfix, _postfix, "returns the value of an expression in postfix notation. The text holds integers (which "
            "may be negative) and the operators +, - and *, separated by single spaces; an operator stands behind its two "
            "operands.",
            [("3 4 +",), ("2 3 - 4 *",), ("-7",), ("5 1 2 + 4 * + 3 -",)], lambda s: (_postfix_text(s),),
        ),
        Exercise(
            3, anagram_groups, _anagram_groups, "groups words that consist of the same letters with the same counts. It "
            "returns a list of groups; the words of a group are sorted, and the groups are sorted by their first word. "
            "All words are different.",
            [(["tea", "bat", "eat", "tab"],), (["one"],), ([],)],
            lambda s: (sorted({_word(s, 2, 3, "abc") for _ in range(9)}, reverse=True),),
        ),
        Exercise(
            3, binary_gap, _binary_gap, "returns the length of the longest run of zeros that has a one on both sides in "
            "the binary form of a positive integer; 0 if there is none.",
            [(9,), (20,), (8,), (1,), (1041,)], lambda s: (s.randrange(1, 2**30),),
        ),
        Exercise(
            3, ways_to_pay, _ways_to_pay, "returns in how many ways an amount `total` can be paid with coins of the given "
            "different positive values, each of which may be used any number of times. The order of the coins does not "
            "matter; an amount of 0 can be paid in one way.",
            [([1, 2, 5], 5), ([2], 3), ([3, 4], 0), ([1], 7)],
            lambda s: (sorted(s.sample(range(2, 9), 3)), s.randint(5, 40)),
        ),
        Exercise(
            3, next_greater, _next_greater, "returns a list that holds, for each element of a list of integers, the first "
            "element to its right that is greater than it, or None where there is none.",
            [([2, 1, 3],), ([5, 4],), ([],), ([1, 1, 2],)], lambda s: (_numbers(s, 0, 12, 10),),
        ),
        Exercise(
            3, turned, _turned, "turns a matrix, given as a list of rows of equal length, clockwise by a number of quarter "
            "turns and returns the new list of rows. A negative number of quarters turns the other way.",
            [([[1, 2], [3, 4]], 1), ([[1, 2, 3]], -1), ([[5]], 7), ([[1, 2], [3, 4], [5, 6]], 2)],
            lambda s: (_rows(s), s.randint(-5, 6)),
        ),
        Exercise(
            3, fewest_squares, _fewest_squares, "returns the smallest number of positive square numbers (1, 4, 9, ...) "
            "whose sum is the positive integer n.",
            [(12,), (13,), (1,), (7,), (28,)], lambda s: (s.randrange(20, 2_000),),
        ),
    )  # fmt: skip
