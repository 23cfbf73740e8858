"""Mathematics, second half: counting, divisors, sequences, chances, shapes on the integer grid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, pairwise, permutations, product
from math import comb, factorial, gcd, isqrt, lcm, perm
from random import Random

from generators.problem import Problem

# ---- counting: a formula on one side, listing or a table on the other


def ways(level: int, source: Random) -> Problem:
    """Choices, arrangements, words without a run, grid walks with closed corners."""
    if level == 1:
        n, k = source.randrange(4, 8), 2
        if source.random() < 0.5:
            prompt = f"{n} friends each shake hands once with each of the others. How many handshakes are there?"
            return Problem(prompt, str(comb(n, k)), str(sum(1 for _ in combinations(range(n), k))))
        prompt = f"In how many ways can a first and a second prize go to two different ones of {n} children?"
        return Problem(prompt, str(perm(n, k)), str(sum(1 for _ in permutations(range(n), k))))
    if level == 2:
        word = source.choice(("LEVEL", "BANANA", "COFFEE", "PEPPER", "LITTLE", "TOMATO", "SUMMER", "KETTLE", "BALLOON"))
        repeats = Counter(word).values()
        answer = factorial(len(word))
        for count in repeats:
            answer //= factorial(count)
        prompt = f"How many different arrangements do the letters of {word} have, all of them used each time?"
        return Problem(prompt, str(answer), str(len(set(permutations(word)))))
    if level == 3:
        a, b, c = source.choice(
            ((4, 6, 9), (6, 8, 5), (4, 10, 7), (6, 9, 4), (6, 10, 7), (5, 8, 12), (8, 10, 3), (4, 7, 6))
        )
        top = source.randrange(300, 900)
        prompt = (
            f"How many integers from 1 to {top} are divisible by {a} or by {b} (or by both), but not divisible by {c}?"
        )
        answer = top // a + top // b - top // lcm(a, b) - top // lcm(a, c) - top // lcm(b, c) + top // lcm(a, b, c)
        listed = sum(1 for n in range(1, top + 1) if (n % a == 0 or n % b == 0) and n % c)
        return Problem(prompt, str(answer), str(listed))
    if level == 4:
        length, run = source.randrange(10, 15), source.choice((2, 3, 4))
        letters = source.choice(("A and B", "X and Y", "0 and 1"))
        first = letters[0]
        prompt = (
            f"How many strings of length {length} over the two symbols {letters} contain no block of {run} "
            f"consecutive symbols {first}?"
        )
        listed = sum("1" * run not in f"{n:0{length}b}" for n in range(2**length))
        return Problem(prompt, str(_without_runs(length, run)), str(listed))
    return _walks(source)


def _without_runs(length: int, run: int) -> int:
    counts: list[int] = [1 << n for n in range(run)]
    while len(counts) <= length:
        counts.append(sum(counts[-run:]))
    return counts[length]


def _walks(source: Random) -> Problem:
    """Monotone walks that pass no closed corner: a table, and by inclusion and exclusion over closed corners."""
    width, height = source.randrange(8, 11), source.randrange(8, 11)
    inner = [(x, y) for x in range(1, width) for y in range(1, height)]
    closed = sorted(source.sample(inner, 6))
    table = {(0, 0): 1}
    for x, y in product(range(width + 1), range(height + 1)):
        if (x, y) in closed:
            table[x, y] = 0
        elif (x, y) != (0, 0):
            table[x, y] = table.get((x - 1, y), 0) + table.get((x, y - 1), 0)
    excluded = 0
    for size in range(len(closed) + 1):
        for chosen in combinations(closed, size):
            stops = [(0, 0), *chosen, (width, height)]
            ways_through = 1
            for (x0, y0), (x1, y1) in pairwise(stops):
                ways_through *= comb(x1 - x0 + y1 - y0, x1 - x0) if y1 >= y0 else 0
            excluded += (-1) ** size * ways_through
    corners = ", ".join(f"({x}, {y})" for x, y in closed)
    prompt = (
        f"A robot walks on integer points from (0, 0) to ({width}, {height}). Each step adds 1 to exactly one of the "
        f"two coordinates. It must never stand on any of the points {corners}. How many different walks are there?"
    )
    return Problem(prompt, str(table[width, height]), str(excluded))


# ---- divisors


def divisors(level: int, source: Random) -> Problem:
    """Greatest common divisor, least common multiple, how many divisors, and counts with conditions."""
    if level == 1:
        common = source.randrange(3, 13)
        a, b = common * source.randrange(3, 12), common * source.randrange(3, 12)
        while a == b:
            b = common * source.randrange(3, 12)
        listed = max(d for d in range(1, min(a, b) + 1) if a % d == 0 and b % d == 0)
        return Problem(f"What is the greatest common divisor of {a} and {b}?", str(gcd(a, b)), str(listed))
    if level == 2:
        a, b, c = source.sample(range(6, 31), 3)
        multiple = a
        while multiple % b or multiple % c:
            multiple += a
        return Problem(f"What is the least common multiple of {a}, {b} and {c}?", str(lcm(a, b, c)), str(multiple))
    if level == 3:
        powers = {2: source.randrange(2, 5), 3: source.randrange(1, 4), source.choice((5, 7, 11)): 1}
        n, count = 1, 1
        for prime, power in powers.items():
            n, count = n * prime**power, count * (power + 1)
        prompt = f"How many positive divisors does {n} have, 1 and {n} included?"
        return Problem(prompt, str(count), str(sum(1 for d in range(1, n + 1) if n % d == 0)))
    if level == 4:
        top, n = source.randrange(200, 500), source.choice((60, 84, 90, 126, 210, 330))
        coprime = sum(1 for k in range(1, top + 1) if gcd(k, n) == 1)
        prompt = f"How many integers k with 1 <= k <= {top} have no common divisor with {n} except 1?"
        return Problem(prompt, str(_by_primes(top, n)), str(coprime))
    n = source.choice((720, 840, 1008, 1260, 1440, 1680, 1800, 2520))
    prompt = f"What is the sum of gcd(k, {n}) over all integers k from 1 to {n}?"
    by_divisors = sum(d * _by_primes(n // d, n // d) for d in range(1, n + 1) if n % d == 0)
    return Problem(prompt, str(by_divisors), str(sum(gcd(k, n) for k in range(1, n + 1))))


def _by_primes(top: int, n: int) -> int:
    """How many of 1..top are coprime to n: inclusion and exclusion over n's prime factors."""
    primes = [p for p in range(2, n + 1) if n % p == 0 and all(p % q for q in range(2, isqrt(p) + 1))]
    total = 0
    for size in range(len(primes) + 1):
        for chosen in combinations(primes, size):
            factor = 1
            for prime in chosen:
                factor *= prime
            total += (-1) ** size * (top // factor)
    return total


# ---- sequences: levels by order of the recurrence and by how far it goes


def sequence(level: int, source: Random) -> Problem:
    """Terms of linear recurrences, by iteration and by powers of the matrix."""
    if level == 1:
        first, step, n = source.randrange(2, 20), source.randrange(2, 9), source.randrange(6, 11)
        shown = ", ".join(str(first + step * i) for i in range(4))
        prompt = f"A sequence goes on by adding the same number each time: {shown}, ... What is its term number {n}?"
        return Problem(prompt, str(first + step * (n - 1)), str(_iterated([first], [1], step, n - 1, 0)))
    order, n, modulus, size = {2: (1, 6, 0, 3), 3: (2, 8, 0, 3), 4: (2, 18, 0, 3), 5: (3, 40, 9973, 7)}[level]
    n += source.randrange(3)
    factors = [source.choice([c for c in range(-size, size + 1) if c not in (0, 1)]) for _ in range(order)]
    if level == 2:
        factors = [source.choice((2, 3))]
    constant = source.randrange(1, 8)
    start = [source.randrange(1, 9) for _ in range(order)]
    rule = " ".join(
        f"{'-' if c < 0 else '+'} {abs(c) if abs(c) > 1 else ''}{' * ' if abs(c) > 1 else ''}a({_index(i)})"
        for i, c in enumerate(factors, 1)
    )
    rule = f"{rule.removeprefix('+ ').replace('- ', '-', rule.startswith('-'))} + {constant}"
    given = ", ".join(f"a({i}) = {v}" for i, v in enumerate(start))
    mod = f", where each term is replaced by its remainder from 0 to {modulus - 1} on division by {modulus}"
    prompt = (
        f"A sequence begins with {given}, and for n >= {order} the rule is a(n) = {rule}{mod if modulus else ''}. "
        f"What is a({n})?"
    )
    return Problem(
        prompt,
        str(_iterated(start, factors, constant, n, modulus)),
        str(_by_matrix(start, factors, constant, n, modulus)),
    )


def _index(back: int) -> str:
    return f"n-{back}"


def _iterated(start: Sequence[int], factors: Sequence[int], constant: int, n: int, modulus: int) -> int:
    terms = list(start)
    while len(terms) <= n:
        term = constant + sum(c * terms[-i] for i, c in enumerate(factors, 1))
        terms.append(term % modulus if modulus else term)
    return terms[n]


def _by_matrix(start: Sequence[int], factors: Sequence[int], constant: int, n: int, modulus: int) -> int:
    order = len(factors)
    # The state is (a(k+order-1), ..., a(k), 1).
    step = [[*factors, constant]]
    step += [[int(i == j) for j in range(order + 1)] for i in range(order - 1)]
    step += [[0] * order + [1]]
    power = [[int(i == j) for j in range(order + 1)] for i in range(order + 1)]
    square, exponent = step, n
    while exponent:
        if exponent % 2:
            power = _product(power, square)
        square, exponent = _product(square, square), exponent // 2
    state = [*reversed(start), 1]
    term = sum(a * b for a, b in zip(power[order - 1], state, strict=True))
    return term % modulus if modulus else term


def _product(a: Sequence[Sequence[int]], b: Sequence[Sequence[int]]) -> list[list[int]]:
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*b, strict=True)] for row in a]


# ---- chances, as fractions


_FRACTION = "N is a fraction in lowest terms, such as 3/8"


def chance(level: int, source: Random) -> Problem:
    """One draw, two dice, draws without putting back, at least so many, and which urn it was."""
    if level == 1:
        red, blue = source.randrange(2, 9), source.randrange(2, 9)
        prompt = (
            f"A bag holds {red} red and {blue} blue marbles. One is drawn blindly. What is the chance that it is red?"
        )
        answer, second = Fraction(red, red + blue), 1 - Fraction(blue, red + blue)
    elif level == 2:
        total = source.randrange(4, 11)
        prompt = f"Two fair six-sided dice are rolled. What is the chance that the sum is {total}?"
        answer = Fraction(6 - abs(total - 7), 36)
        second = Fraction(sum(sum(roll) == total for roll in product(range(1, 7), repeat=2)), 36)
    elif level == 3:
        red, blue = source.randrange(3, 8), source.randrange(3, 8)
        prompt = (
            f"A box holds {red} red and {blue} blue pens. Three pens are drawn blindly and not put back. "
            "What is the chance that exactly two of them are red?"
        )
        answer = Fraction(comb(red, 2) * blue, comb(red + blue, 3))
        pens = [1] * red + [0] * blue
        draws = list(combinations(pens, 3))
        second = Fraction(sum(sum(draw) == 2 for draw in draws), len(draws))
    elif level == 4:
        dice, bound = 4, source.randrange(15, 20)
        prompt = f"Four fair six-sided dice are rolled. What is the chance that their sum is at least {bound}?"
        sums = Counter({0: 1})
        for _ in range(dice):
            sums = Counter({s: sum(sums[s - face] for face in range(1, 7)) for s in range(1, 6 * dice + 1)})
        answer = Fraction(sum(n for s, n in sums.items() if s >= bound), 6**dice)
        rolls = product(range(1, 7), repeat=dice)
        second = Fraction(sum(sum(roll) >= bound for roll in rolls), 6**dice)
    else:
        return _urns(source)
    return Problem(prompt, str(answer), str(second), form=_FRACTION)


def _urns(source: Random) -> Problem:
    """Bayes over three urns; the second way lists all draws with equal weight."""
    urns = [(source.randrange(2, 6), source.randrange(2, 6)) for _ in range(3)]
    white_seen, draws = 2, 3
    weights = []
    for white, black in urns:
        weights.append(Fraction(comb(white, white_seen) * comb(black, draws - white_seen), comb(white + black, draws)))
    # A further ball from the same urn is white.
    answer = sum(
        (
            w * Fraction(white - white_seen, white + black - draws)
            for w, (white, black) in zip(weights, urns, strict=True)
        ),
        Fraction(0),
    ) / sum(weights, Fraction(0))
    both, seen = Fraction(0), Fraction(0)
    for white, black in urns:
        order = list(permutations([1] * white + [0] * black, draws + 1))
        share = Fraction(1, len(order))
        seen += share * sum(sum(o[:draws]) == white_seen for o in order)
        both += share * sum(sum(o[:draws]) == white_seen and o[draws] == 1 for o in order)
    contents = "; ".join(
        f"urn {name} holds {white} white and {black} black balls"
        for name, (white, black) in zip("ABC", urns, strict=True)
    )
    prompt = (
        f"There are three urns: {contents}. One urn is chosen at random, each with the same chance. Three balls are "
        "drawn from it blindly without putting any back; exactly two of them are white. Now a fourth ball is drawn "
        "from the same urn. What is the chance that the fourth ball is white?"
    )
    return Problem(prompt, str(answer), str(both / seen), form=_FRACTION)


# ---- shapes with integer corners


def shape(level: int, source: Random) -> Problem:
    """Rectangle, squared distance, triangle, points inside a polygon, union of rectangles."""
    if level == 1:
        a, b = source.randrange(4, 20), source.randrange(4, 20)
        if source.random() < 0.5:
            prompt = f"A rectangle is {a} cm long and {b} cm wide. What is its area in square centimetres?"
            return Problem(prompt, str(a * b), str(sum(1 for _ in product(range(a), range(b)))))
        prompt = f"A rectangle is {a} cm long and {b} cm wide. What is its perimeter in centimetres?"
        return Problem(prompt, str(2 * (a + b)), str(a + b + a + b))
    if level == 2:
        scale, (a, b, c) = source.randrange(1, 5), source.choice(((3, 4, 5), (5, 12, 13), (8, 15, 17), (7, 24, 25)))
        x, y = source.randrange(-9, 10), source.randrange(-9, 10)
        dx, dy = scale * a * source.choice((1, -1)), scale * b * source.choice((1, -1))
        prompt = f"What is the distance between the points ({x}, {y}) and ({x + dx}, {y + dy})?"
        return Problem(prompt, str(scale * c), str(isqrt(dx * dx + dy * dy)))
    if level == 3:
        corners = [(source.randrange(-9, 10), source.randrange(-9, 10)) for _ in range(3)]
        while not _twice_area(corners):
            corners = [(source.randrange(-9, 10), source.randrange(-9, 10)) for _ in range(3)]
        area = Fraction(_twice_area(corners), 2)
        prompt = f"What is the area of the triangle with the corners {_listed(corners)}?"
        return Problem(prompt, _decimal(area), _decimal(_by_box(corners)), form="N is the area")
    if level == 4:
        corners = _convex(source)
        twice, edge = _twice_area(corners), _on_edge(corners)
        inside = (twice - edge + 2) // 2  # Pick's theorem: area = inside + edge / 2 - 1
        prompt = (
            f"A polygon has the corners {_listed(corners)}, in this order. How many points with integer coordinates "
            "lie strictly inside it?"
        )
        return Problem(prompt, str(inside), str(_counted_inside(corners)))
    boxes = [_box(source) for _ in range(5)]
    cells = {cell for x, y, w, h in boxes for cell in product(range(x, x + w), range(y, y + h))}
    listed = "; ".join(f"from ({x}, {y}) to ({x + w}, {y + h})" for x, y, w, h in boxes)
    prompt = (
        "Five rectangles have sides parallel to the axes and are given by their lower left and upper right corners: "
        f"{listed}. What is the area of the region that is covered by at least one of them?"
    )
    return Problem(prompt, str(_union(boxes)), str(len(cells)))


def _listed(corners: Sequence[tuple[int, int]]) -> str:
    texts = [f"({x}, {y})" for x, y in corners]
    return f"{', '.join(texts[:-1])} and {texts[-1]}"


def _decimal(area: Fraction) -> str:
    return str(area.numerator) if area.denominator == 1 else f"{area.numerator // 2}.5"


def _twice_area(corners: Sequence[tuple[int, int]]) -> int:
    """The shoelace formula."""
    turned = [*corners[1:], corners[0]]
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(corners, turned, strict=True)))


def _by_box(corners: Sequence[tuple[int, int]]) -> Fraction:
    """A triangle's area from Heron's formula in squared sides: 16 A^2 = 4 p q - (p + q - r)^2."""
    (x0, y0), (x1, y1), (x2, y2) = corners
    p, q, r = (x1 - x0) ** 2 + (y1 - y0) ** 2, (x2 - x0) ** 2 + (y2 - y0) ** 2, (x2 - x1) ** 2 + (y2 - y1) ** 2
    return Fraction(isqrt(4 * p * q - (p + q - r) ** 2), 4)


def _on_edge(corners: Sequence[tuple[int, int]]) -> int:
    turned = [*corners[1:], corners[0]]
    return sum(gcd(abs(x1 - x0), abs(y1 - y0)) for (x0, y0), (x1, y1) in zip(corners, turned, strict=True))


def _convex(source: Random) -> list[tuple[int, int]]:
    """A convex polygon with five or six corners, counterclockwise."""
    while True:
        points = sorted({(source.randrange(0, 16), source.randrange(0, 16)) for _ in range(9)})
        hull = _chain(points)[:-1] + _chain(points[::-1])[:-1]
        if len(hull) in (5, 6):
            return hull


def _chain(points: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    chain: list[tuple[int, int]] = []
    for point in points:
        while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
            chain.pop()
        chain.append(point)
    return chain


def _turn(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> int:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _counted_inside(corners: Sequence[tuple[int, int]]) -> int:
    turned = [*corners[1:], corners[0]]
    sides = list(zip(corners, turned, strict=True))
    return sum(all(_turn(a, b, point) > 0 for a, b in sides) for point in product(range(16), range(16)))


def _box(source: Random) -> tuple[int, int, int, int]:
    return source.randrange(0, 12), source.randrange(0, 12), source.randrange(4, 12), source.randrange(4, 12)


def _union(boxes: Sequence[tuple[int, int, int, int]]) -> int:
    """The union's area by inclusion and exclusion."""
    total = 0
    for size in range(1, len(boxes) + 1):
        for chosen in combinations(boxes, size):
            width = min(x + w for x, _, w, _ in chosen) - max(x for x, *_ in chosen)
            height = min(y + h for _, y, _, h in chosen) - max(y for _, y, *_ in chosen)
            total -= (-1) ** size * max(width, 0) * max(height, 0)
    return total
