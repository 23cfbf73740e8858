"""Functions to be written, level 4: two ideas at once, or dynamic programming."""

from __future__ import annotations

import re
from functools import lru_cache
from heapq import heappop, heappush
from itertools import combinations, pairwise, permutations
from random import Random

from generators.exercise import Exercise


def _word(source: Random, low: int, high: int, letters: str) -> str:
    return "".join(source.choice(letters) for _ in range(source.randint(low, high)))


def _grid(source: Random, height: int, width: int, letters: str) -> list[str]:
    return ["".join(source.choice(letters) for _ in range(width)) for _ in range(height)]


def common_subsequence(a: str, b: str) -> int:
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return row[-1]


def _common_subsequence(a: str, b: str) -> int:
    def inside(some: tuple[str, ...]) -> bool:
        letters = iter(b)
        return all(c in letters for c in some)

    return next(n for n in range(len(a), -1, -1) if any(inside(some) for some in combinations(a, n)))


def calculate(text: str) -> int:
    tokens = re.findall(r"\d+|[-+*()]", text)

    def operand() -> int:
        token = tokens.pop(0)
        if token == "-":
            return -operand()
        if token == "(":
            value = product()
            tokens.pop(0)
            return value
        return int(token)

    def total() -> int:
        value = operand()
        while tokens and tokens[0] in ("+", "-"):
            value = value + operand() if tokens.pop(0) == "+" else value - operand()
        return value

    def product() -> int:
        value = total()
        while tokens and tokens[0] == "*":
            tokens.pop(0)
            value *= total()
        return value

    return product()


def _calculate(text: str) -> int:
    """Innermost brackets are replaced by their values; without brackets it is a product of signed sums."""

    def flat(match: re.Match[str]) -> str:
        value = 1
        for part in match[1].split("*"):
            value *= sum(int(n) * (-1) ** signs.count("-") for signs, n in re.findall(r"([-+]*)(\d+)", part))
        return str(value)

    text = f"({text.replace(' ', '')})"
    while "(" in text:
        text = re.sub(r"\(([^()]*)\)", flat, text)
    return int(text)


def _sum_text(source: Random, depth: int = 3) -> str:
    if not depth or source.random() < 0.2:
        return str(source.randint(0, 20))
    inner = f"{_sum_text(source, depth - 1)} {source.choice('+-*')} {_sum_text(source, depth - 1)}"
    return f"{source.choice(('', '-'))}({inner})" if source.random() < 0.6 else inner


def largest_island(rows: list[str]) -> int:
    land = {(r, c) for r, row in enumerate(rows) for c, mark in enumerate(row) if mark == "#"}
    best = 0
    while land:
        front, size = [land.pop()], 0
        while front:
            r, c = front.pop()
            size += 1
            for place in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
                if place in land:
                    land.remove(place)
                    front.append(place)
        best = max(best, size)
    return best


def _largest_island(rows: list[str]) -> int:
    mark = {(r, c): (r, c) for r, row in enumerate(rows) for c, cell in enumerate(row) if cell == "#"}
    for _ in range(len(mark)):
        for r, c in mark:
            near = [(r, c), (r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)]
            mark[r, c] = min(mark[p] for p in near if p in mark)
    return max((list(mark.values()).count(name) for name in set(mark.values())), default=0)


def best_pay(jobs: list[tuple[int, int, int]]) -> int:
    ordered = sorted(jobs, key=lambda job: job[1])
    best = [0]
    for i, (start, _, pay) in enumerate(ordered):
        before = sum(end <= start for _, end, _ in ordered[:i])
        best.append(max(best[-1], best[before] + pay))
    return best[-1]


def _best_pay(jobs: list[tuple[int, int, int]]) -> int:
    best = 0
    for n in range(len(jobs) + 1):
        for some in combinations(sorted(jobs), n):
            if all(a[1] <= b[0] for a, b in pairwise(some)):
                best = max(best, sum(pay for _, _, pay in some))
    return best


def _jobs(source: Random) -> tuple[list[tuple[int, int, int]]]:
    starts = [source.randrange(20) for _ in range(source.randint(3, 9))]
    return ([(start, start + source.randint(1, 9), source.randint(1, 30)) for start in starts],)


def cheapest_path(rows: list[str]) -> int:
    height, width = len(rows), len(rows[0])
    queue, done = [(int(rows[0][0]), 0, 0)], set()
    while queue:
        cost, r, c = heappop(queue)
        if (r, c) == (height - 1, width - 1):
            return cost
        if (r, c) in done:
            continue
        done.add((r, c))
        for y, x in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
            if 0 <= y < height and 0 <= x < width:
                heappush(queue, (cost + int(rows[y][x]), y, x))
    return -1


def _cheapest_path(rows: list[str]) -> int:
    cells = {(r, c): int(digit) for r, row in enumerate(rows) for c, digit in enumerate(row)}
    cost = dict.fromkeys(cells, 10**9)
    cost[0, 0] = cells[0, 0]
    for _ in cells:
        for (r, c), own in cells.items():
            near = min(cost.get(p, 10**9) for p in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)))
            cost[r, c] = min(cost[r, c], own + near)
    return cost[len(rows) - 1, len(rows[0]) - 1]


def first_order(tasks: list[str], pairs: list[tuple[str, str]]) -> list[str]:
    result: list[str] = []
    rest = sorted(tasks)
    while rest:
        ready = [t for t in rest if not any(b == t and a in rest for a, b in pairs)]
        if not ready:
            return []
        result.append(ready[0])
        rest.remove(ready[0])
    return result


def _first_order(tasks: list[str], pairs: list[tuple[str, str]]) -> list[str]:
    for some in permutations(sorted(tasks)):
        if all(some.index(a) < some.index(b) for a, b in pairs):
            return list(some)
    return []


def _tasks(source: Random) -> tuple[list[str], list[tuple[str, str]]]:
    tasks = source.sample("abcdefgh", source.randint(3, 6))
    chosen = source.sample(list(combinations(tasks, 2)), source.randint(1, len(tasks)))
    if source.random() < 0.25:
        chosen.append((chosen[0][1], chosen[0][0]))
    return sorted(tasks), chosen


def unpacked(text: str) -> str:
    stack: list[tuple[str, int]] = []
    current, number = "", 0
    for c in text:
        if c.isdigit():
            number = number * 10 + int(c)
        elif c == "[":
            stack.append((current, number))
            current, number = "", 0
        elif c == "]":
            before, times = stack.pop()
            current = before + current * times
        else:
            current += c
    return current


def _unpacked(text: str) -> str:
    while "[" in text:
        text = re.sub(r"(\d+)\[([a-z]*)\]", lambda match: match[2] * int(match[1]), text)
    return text


def _packed_text(source: Random, depth: int = 3) -> str:
    parts = [_word(source, 0, 2, "abc")]
    for _ in range(source.randint(1, 2) if depth else 0):
        parts += [f"{source.choice((0, 1, 2, 3, 10))}[{_packed_text(source, depth - 1)}]", _word(source, 0, 2, "xyz")]
    return "".join(parts)


def longest_valid(text: str) -> int:
    best, stack = 0, [-1]
    for i, c in enumerate(text):
        if c == "(":
            stack.append(i)
            continue
        stack.pop()
        if stack:
            best = max(best, i - stack[-1])
        else:
            stack.append(i)
    return best


def _longest_valid(text: str) -> int:
    def valid(part: str) -> bool:
        while "()" in part:
            part = part.replace("()", "")
        return not part

    n = len(text)
    return max((j - i for i in range(n) for j in range(i + 2, n + 1) if valid(text[i:j])), default=0)


def fits(pattern: str, text: str) -> bool:
    row = [True] + [False] * len(text)
    for p in pattern:
        new = [row[0] and p == "*"]
        for j, c in enumerate(text):
            new.append(new[j] or row[j + 1] if p == "*" else row[j] and p in ("?", c))
        row = new
    return row[-1]


def _fits(pattern: str, text: str) -> bool:
    expression = "".join({"*": ".*", "?": "."}.get(p, re.escape(p)) for p in pattern)
    return re.fullmatch(expression, text) is not None


def fewest_cuts(text: str) -> int:
    cuts = [-1]
    for end in range(1, len(text) + 1):
        parts = (start for start in range(end) if text[start:end] == text[start:end][::-1])
        cuts.append(1 + min(cuts[start] for start in parts))
    return max(cuts[-1], 0)


def _fewest_cuts(text: str) -> int:
    n = len(text)
    for count in range(max(n, 1)):
        for places in combinations(range(1, n), count):
            ends = [0, *places, n]
            if all(text[a:b] == text[a:b][::-1] for a, b in pairwise(ends)):
                return count
    return 0


@lru_cache(maxsize=1)
def hard_exercises() -> tuple[Exercise, ...]:
    """The exercises of level 4."""
    return (
        Exercise(
            4, common_subsequence, _common_subsequence, "returns the length of the longest string that is a subsequence of "
            "both a and b (a subsequence is what is left when any characters are removed).",
            [("abcde", "ace"), ("abc", "xyz"), ("", "a"), ("same", "same")],
            lambda s: (_word(s, 4, 9, "abc"), _word(s, 4, 9, "abc")),
        ),
        Exercise(
            4, calculate, _calculate, "returns the value of an arithmetic expression with non-negative integers, +, -, *, "
            "brackets and spaces, in which, other than usual, + and - bind more strongly than *, so that 2 + 3 * 4 is 20. "
            "Operators of equal rank are evaluated from left to right. A minus sign may also stand before an opening "
            "bracket or a number, where an operand begins, and then binds most strongly.",
            [("2 + 3 * 4",), ("-(1 - 5) * 2",), ("7",), ("10 - 4 - 3",), ("2*(3*4+1)",), ("3 - -2 * 2",), ("-2 + 5 * 2",)],
            lambda s: (_sum_text(s),),
        ),
        Exercise(
            4, largest_island, _largest_island, "takes a map as a list of strings of equal length, in which # is land and "
            ". is water, and returns the number of cells of the largest island. Cells belong to the same island if they "
            "touch at a side (not only at a corner). Without land the result is 0.",
            [(["##.", "..#", ".##"],), (["...", "..."],), (["#"],), ([],)],
            lambda s: (_grid(s, s.randint(2, 6), 6, "##.."),),
        ),
        Exercise(
            4, best_pay, _best_pay, "takes a list of jobs as tuples (start, end, pay) of integers with start < end and "
            "returns the largest total pay of jobs of which no two overlap. A job may start at the time at which another "
            "ends.",
            [([(1, 3, 5), (2, 5, 6), (4, 6, 5)],), ([(0, 4, 3), (4, 8, 4)],), ([],)], _jobs,
        ),
        Exercise(
            4, cheapest_path, _cheapest_path, "takes a grid as a list of strings of equal length made of the digits 0 to 9 "
            "and returns the smallest possible sum of the digits on a path from the upper left to the lower right cell, "
            "both ends included. Each step goes up, down, left or right to a neighbouring cell.",
            [(["131", "151", "421"],), (["19111", "19191", "11191"],), (["5"],), (["12"],)],
            lambda s: (_grid(s, s.randint(2, 6), s.randint(2, 6), "0112599"),),
        ),
        Exercise(
            4, first_order, _first_order, "takes a list of task names and a list of pairs (a, b), each of which says that a "
            "must be done before b, and returns the alphabetically first order of all tasks (comparing the orders as lists) "
            "that respects all pairs, or an empty list if there is none.",
            [(["a", "b", "c"], [("c", "a")]), (["x", "y"], [("x", "y"), ("y", "x")]), (["q"], []), (["b", "a"], [])],
            _tasks,
        ),
        Exercise(
            4, unpacked, _unpacked, "expands a packed text: k[part] stands for the part repeated k times, where k is a "
            "non-negative integer in decimal digits; parts may be nested. Outside of k there are only lower-case letters "
            "and brackets.",
            [("2[ab]c",), ("x2[a3[b]]",), ("",), ("10[z]",), ("0[abc]d",)], lambda s: (_packed_text(s),),
        ),
        Exercise(
            4, longest_valid, _longest_valid, "takes a string of ( and ) and returns the length of its longest part without "
            "gaps in which all brackets are matched.",
            [("(()",), (")()())",), ("",), ("((((",), ("()(())",)], lambda s: (_word(s, 6, 16, "()"),),
        ),
        Exercise(
            4, fits, _fits, "returns True if the whole text fits the pattern, else False. In the pattern ? stands for "
            "exactly one character, * for any number of characters (none too), and every other character for itself. "
            "The text consists of lower-case letters.",
            [("a*c", "abbc"), ("a?", "a"), ("", ""), ("*", ""), ("a*b*c", "aXbYc".lower()), ("?*?", "a")],
            lambda s: (_word(s, 2, 5, "ab*?*"), _word(s, 2, 6, "ab")),
        ),
        Exercise(
            4, fewest_cuts, _fewest_cuts, "returns the smallest number of cuts that divide a text into parts each of which "
            "is a palindrome (reads the same backwards). A text that is a palindrome itself needs 0, and so does the empty "
            "text.",
            [("aab",), ("abcb",), ("",), ("racecar",), ("abc",)], lambda s: (_word(s, 5, 11, "abc"),),
        ),
    )  # fmt: skip
