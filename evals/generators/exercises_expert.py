"""Functions to be written, level 5: counting beyond listing, large numbers, graphs."""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import combinations, pairwise, permutations
from math import factorial
from random import Random

from generators.exercise import Exercise


def _word(source: Random, low: int, high: int, letters: str) -> str:
    return "".join(source.choice(letters) for _ in range(source.randint(low, high)))


def kth_arrangement(letters: str, k: int) -> str:
    def count(rest: list[str]) -> int:
        ways = factorial(len(rest))
        for letter in set(rest):
            ways //= factorial(rest.count(letter))
        return ways

    rest, result = sorted(letters), ""
    if not 1 <= k <= count(rest):
        return ""
    while rest:
        for letter in sorted(set(rest)):
            left = rest.copy()
            left.remove(letter)
            if k <= count(left):
                result, rest = result + letter, left
                break
            k -= count(left)
    return result


def _kth_arrangement(letters: str, k: int) -> str:
    if len(letters) < 8:
        listed = sorted({"".join(some) for some in permutations(letters)})
        return listed[k - 1] if 1 <= k <= len(listed) else ""
    if len(set(letters)) == len(letters):
        # All different: the digits of k - 1 in the factorial number system choose the letters.
        digits, rest, number = [], sorted(letters), k - 1
        for base in range(1, len(letters) + 1):
            number, digit = divmod(number, base)
            digits.append(digit)
        return "" if number or k < 1 else "".join(rest.pop(digit) for digit in reversed(digits))
    # Longer ones step by step from the first to the next, k - 1 times.
    current = sorted(letters)
    for _ in range(k - 1):
        i = len(current) - 2
        while i >= 0 and current[i] >= current[i + 1]:
            i -= 1
        if i < 0:
            return ""
        j = len(current) - 1
        while current[j] <= current[i]:
            j -= 1
        current[i], current[j] = current[j], current[i]
        current[i + 1 :] = reversed(current[i + 1 :])
    return "".join(current)


def no_equal_neighbours(n: int) -> int:
    digits = str(n)
    total: int = sum(9**length for length in range(1, len(digits)))
    last = ""
    for i, digit in enumerate(digits):
        smaller = [d for d in "0123456789"[i == 0 :] if d < digit and d != last]
        total += len(smaller) * 9 ** (len(digits) - i - 1)
        if digit == last:
            return total
        last = digit
    return total + 1


def _no_equal_neighbours(n: int) -> int:
    if n < 20_000:
        return sum(all(a != b for a, b in pairwise(s)) for s in map(str, range(1, n + 1)))
    digits = str(n)

    @cache
    def count(i: int, last: str, tight: bool, started: bool) -> int:
        if i == len(digits):
            return int(started)
        total = 0
        for d in "0123456789":
            if tight and d > digits[i]:
                break
            if started and d == last:
                continue
            total += count(i + 1, d, tight and d == digits[i], started or d != "0")
        return total

    return count(0, "", True, False)


def covered_area(boxes: list[tuple[int, int, int, int]]) -> int:
    xs = sorted({x for x0, _, x1, _ in boxes for x in (x0, x1)})
    total = 0
    for left, right in pairwise(xs):
        spans = sorted((y0, y1) for x0, y0, x1, y1 in boxes if x0 <= left and right <= x1)
        height, top = 0, min((low for low, _ in spans), default=0)
        for low, high in spans:
            height += max(0, high - max(low, top))
            top = max(top, high)
        total += height * (right - left)
    return total


def _covered_area(boxes: list[tuple[int, int, int, int]]) -> int:
    total = 0
    for size in range(1, len(boxes) + 1):
        for some in combinations(boxes, size):
            width = min(b[2] for b in some) - max(b[0] for b in some)
            height = min(b[3] for b in some) - max(b[1] for b in some)
            total -= (-1) ** size * max(width, 0) * max(height, 0)
    return total


def _boxes(source: Random) -> tuple[list[tuple[int, int, int, int]]]:
    scale = source.choice((1, 10**6))
    corners = [(source.randrange(-9, 9), source.randrange(-9, 9)) for _ in range(source.randint(2, 7))]
    return (
        [
            (x * scale, y * scale, (x + source.randint(1, 9)) * scale, (y + source.randint(1, 9)) * scale)
            for x, y in corners
        ],
    )


def count_solutions(words: list[str], total: str) -> int:
    letters = sorted(set("".join(words) + total))
    weights = dict.fromkeys(letters, 0)
    for word, sign in [*((w, 1) for w in words), (total, -1)]:
        for place, letter in enumerate(reversed(word)):
            weights[letter] += sign * 10**place
    leading = {word[0] for word in (*words, total) if len(word) > 1}
    order = sorted(letters, key=lambda letter: -abs(weights[letter]))

    def count(i: int, rest: int, used: frozenset[int]) -> int:
        if i == len(order):
            return int(rest == 0)
        if abs(rest) > 9 * sum(abs(weights[letter]) for letter in order[i:]):
            return 0
        letter = order[i]
        free = (d for d in range(letter in leading, 10) if d not in used)
        return sum(count(i + 1, rest + d * weights[letter], used | {d}) for d in free)

    return count(0, 0, frozenset())


def _count_solutions(words: list[str], total: str) -> int:
    letters = sorted(set("".join(words) + total))
    found = 0
    for digits in permutations("0123456789", len(letters)):
        table = str.maketrans(dict(zip(letters, digits, strict=True)))
        numbers = [word.translate(table) for word in (*words, total)]
        if all(n == "0" or n[0] != "0" for n in numbers if len(n) > 1 or n):
            found += sum(map(int, numbers[:-1])) == int(numbers[-1])
    return found


def bridges(n: int, edges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    near: dict[int, list[tuple[int, int]]] = {v: [] for v in range(n)}
    for number, (a, b) in enumerate(edges):
        near[a].append((b, number))
        near[b].append((a, number))
    found_at: dict[int, int] = {}
    low: dict[int, int] = {}
    result = []

    def visit(v: int, by: int) -> None:
        found_at[v] = low[v] = len(found_at)
        for other, number in near[v]:
            if number == by:
                continue
            if other not in found_at:
                visit(other, number)
                if low[other] > found_at[v]:
                    result.append(edges[number])
            low[v] = min(low[v], low[other])

    for v in range(n):
        if v not in found_at:
            visit(v, -1)
    return sorted(result)


def _bridges(n: int, edges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    def parts(some: list[tuple[int, int]]) -> int:
        name = list(range(n))
        for a, b in some:
            name = [name[a] if x == name[b] else x for x in name]
        return len(set(name))

    return sorted(edge for i, edge in enumerate(edges) if parts(edges[:i] + edges[i + 1 :]) > parts(edges))


def _network(source: Random) -> tuple[int, list[tuple[int, int]]]:
    n = source.randint(4, 9)
    pairs = list(combinations(range(n), 2))
    return n, source.sample(pairs, min(len(pairs), n + source.randint(-1, 2)))


def most_coins(values: list[int]) -> int:
    row = [1, *values, 1]
    best = [[0] * len(row) for _ in row]
    for width in range(2, len(row)):
        for left in range(len(row) - width):
            right = left + width
            best[left][right] = max(
                best[left][k] + row[left] * row[k] * row[right] + best[k][right] for k in range(left + 1, right)
            )
    return best[0][-1]


def _most_coins(values: list[int]) -> int:
    best = 0
    for order in permutations(range(len(values))):
        left, gained = list(range(len(values))), 0
        for i in order:
            at = left.index(i)
            before = values[left[at - 1]] if at else 1
            after = values[left[at + 1]] if at + 1 < len(left) else 1
            gained += before * values[i] * after
            left.remove(i)
        best = max(best, gained)
    return best


def _cryptic(source: Random) -> tuple[list[str], str]:
    return [_word(source, 2, 3, "ABCDE") for _ in range(2)], _word(source, 3, 3, "ABCDE")


@lru_cache(maxsize=1)
def expert_exercises() -> tuple[Exercise, ...]:
    """Six exercises of level 5."""
    return (
        Exercise(
            5, kth_arrangement, _kth_arrangement, "takes a string of lower-case letters, in which letters may repeat, and "
            "returns the k-th (counted from 1) of its different arrangements in alphabetical order, or an empty string if "
            "there are fewer than k. It must not list them all: the string may have 20 letters.",
            [("aab", 2), ("abc", 7), ("z", 1), ("abcdefghijklmnop", 10**13), ("aabbccddeeffgghh", 2_500)],
            lambda s: (_word(s, 4, 7, "abcd"), s.randint(1, 200)),
        ),
        Exercise(
            5, no_equal_neighbours, _no_equal_neighbours, "returns how many integers from 1 to n (n is at least 1) have no "
            "two equal digits next to each other in decimal notation. n may be as large as 10**18.",
            [(20,), (100,), (9,), (11,), (10**18,), (987_654_321_012_345_678,), (1_223,)],
            lambda s: (s.randrange(1, 10 ** s.randint(2, 17)),),
        ),
        Exercise(
            5, covered_area, _covered_area, "takes a list of rectangles (x0, y0, x1, y1) with x0 < x1 and y0 < y1, sides "
            "parallel to the axes and integer coordinates, and returns the area of the region that at least one of them "
            "covers. Coordinates may be as large as 10**9 in size.",
            [([(0, 0, 2, 2), (1, 1, 3, 3)],), ([(0, 0, 1, 1), (0, 0, 1, 1)],), ([],),
             ([(-(10**9), 0, 10**9, 1), (0, -(10**9), 1, 10**9)],)], _boxes,
        ),
        Exercise(
            5, count_solutions, _count_solutions, "returns in how many ways the letters of an addition puzzle can be "
            "replaced by digits so that the sum of the words is the word `total`. Different letters stand for different "
            "digits, equal ones for equal digits, and no word of more than one letter may begin with 0. Words consist of "
            "upper-case letters, at most six different ones in all.",
            [(["AB", "A"], "BC"), (["A", "B"], "A"), (["AA", "BB"], "CBC"), (["TO", "TO"], "GO")], _cryptic, 4,
        ),
        Exercise(
            5, bridges, _bridges, "takes the number n of the vertices 0 to n - 1 of an undirected graph and a list of its "
            "edges (a, b) with a < b, without repeats, and returns the sorted list of those edges without which the graph "
            "would have more connected parts than it has.",
            [(4, [(0, 1), (1, 2), (0, 2), (2, 3)]), (3, []), (2, [(0, 1)]), (5, [(0, 1), (2, 3), (3, 4), (2, 4)])], _network,
        ),
        Exercise(
            5, most_coins, _most_coins, "takes the numbers on a row of balloons. Bursting a balloon earns the product of its "
            "number and those of its left and right neighbours at that moment (1 where there is no neighbour), and then "
            "it is gone. Return the largest sum that can be earned by bursting all of them.",
            [([3, 1, 5],), ([7],), ([],), ([2, 2],), ([1, 0, 4, 2],)],
            lambda s: ([s.randint(0, 9) for _ in range(s.randint(4, 6))],),
        ),
    )  # fmt: skip
