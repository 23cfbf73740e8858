"""Functions to be written, levels 1 and 2: one thought, or one loop with a condition."""

from __future__ import annotations

import re
from itertools import combinations, groupby, pairwise
from math import prod
from random import Random

from generators.exercise import Exercise


def _word(source: Random, low: int = 3, high: int = 9, letters: str = "abcdefghijklmnopqrstuvwxyz") -> str:
    return "".join(source.choice(letters) for _ in range(source.randint(low, high)))


def _numbers(source: Random, low: int = -9, high: int = 20, most: int = 9, least: int = 1) -> list[int]:
    return [source.randint(low, high) for _ in range(source.randint(least, most))]


def limited(x: int, low: int, high: int) -> int:
    return max(low, min(x, high))


def _limited(x: int, low: int, high: int) -> int:
    return sorted([low, x, high])[1]


def count_vowels(text: str) -> int:
    return sum(letter in "aeiou" for letter in text.lower())


def _count_vowels(text: str) -> int:
    return len(re.findall("[aeiou]", text, re.IGNORECASE))


def last_digits(a: int, b: int) -> int:
    return a % 10 + b % 10


def _last_digits(a: int, b: int) -> int:
    return int(str(a)[-1]) + int(str(b)[-1])


def swap_ends(items: list[int]) -> list[int]:
    if len(items) < 2:
        return items
    return [items[-1], *items[1:-1], items[0]]


def _swap_ends(items: list[int]) -> list[int]:
    result = list(items)
    if result:
        result[0], result[-1] = result[-1], result[0]
    return result


def longer(a: str, b: str) -> str:
    return a if len(a) >= len(b) else b


def _longer(a: str, b: str) -> str:
    return max(a, b, key=len)


def keep_even(items: list[int]) -> list[int]:
    return [n for n in items if n % 2 == 0]


def _keep_even(items: list[int]) -> list[int]:
    return list(filter(lambda n: not n & 1, items))


def initials(name: str) -> str:
    return "".join(part[0].upper() + "." for part in name.split())


def _initials(name: str) -> str:
    return re.sub(r"\s*(\S)\S*\s*", lambda match: match[1].upper() + ".", name)


def to_seconds(clock: str) -> int:
    hours, minutes, seconds = map(int, clock.split(":"))
    return hours * 3600 + minutes * 60 + seconds


def _to_seconds(clock: str) -> int:
    total = 0
    for part in clock.split(":"):
        total = total * 60 + int(part)
    return total


def repeat_each(text: str, n: int) -> str:
    return "".join(letter * n for letter in text)


def _repeat_each(text: str, n: int) -> str:
    return "".join(text[i // n] for i in range(len(text) * n))


def middle(a: int, b: int, c: int) -> int:
    return sorted((a, b, c))[1]


def _middle(a: int, b: int, c: int) -> int:
    return a + b + c - max(a, b, c) - min(a, b, c)


def run_lengths(text: str) -> list[tuple[str, int]]:
    return [(letter, len(list(group))) for letter, group in groupby(text)]


def _run_lengths(text: str) -> list[tuple[str, int]]:
    return [(match[1], len(match[0])) for match in re.finditer(r"(.)\1*", text)]


def second_largest(items: list[int]) -> int | None:
    values = sorted(set(items))
    return values[-2] if len(values) > 1 else None


def _second_largest(items: list[int]) -> int | None:
    largest = max(items, default=None)
    return max((n for n in items if n != largest), default=None)


def digit_product(n: int) -> int:
    return prod(int(digit) for digit in str(n) if digit != "0")


def _digit_product(n: int) -> int:
    result = 1
    while n:
        n, digit = divmod(n, 10)
        result *= digit or 1
    return result


def is_rotation(a: str, b: str) -> bool:
    return len(a) == len(b) and b in a + a


def _is_rotation(a: str, b: str) -> bool:
    return a == b or any(a[i:] + a[:i] == b for i in range(len(a)))


def pairs_with_sum(items: list[int], total: int) -> int:
    return sum(a + b == total for a, b in combinations(items, 2))


def _pairs_with_sum(items: list[int], total: int) -> int:
    return sum(items[i + 1 :].count(total - n) for i, n in enumerate(items))


def common_start(words: list[str]) -> str:
    result = words[0] if words else ""
    while not all(word.startswith(result) for word in words):
        result = result[:-1]
    return result


def _common_start(words: list[str]) -> str:
    result = ""
    for letters in zip(*words, strict=False):
        if len(set(letters)) > 1:
            break
        result += letters[0]
    return result


def longest_rise(items: list[int]) -> int:
    best = run = 0
    last: int | None = None
    for n in items:
        run = run + 1 if last is not None and n > last else 1
        best, last = max(best, run), n
    return best


def _longest_rise(items: list[int]) -> int:
    spans = [items[i:j] for i in range(len(items)) for j in range(i + 1, len(items) + 1)]
    return max((len(s) for s in spans if all(a < b for a, b in pairwise(s))), default=0)


def shifted(text: str, by: int) -> str:
    return "".join(chr((ord(c) - 97 + by) % 26 + 97) if "a" <= c <= "z" else c for c in text)


def _shifted(text: str, by: int) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    by %= 26
    return text.translate(str.maketrans(letters, letters[by:] + letters[:by]))


def smallest_missing(items: list[int]) -> int:
    n = 0
    while n in items:
        n += 1
    return n


def _smallest_missing(items: list[int]) -> int:
    return min(set(range(len(items) + 1)) - set(items))


def alternate(first: list[int], second: list[int]) -> list[int]:
    result = []
    for i in range(max(len(first), len(second))):
        result += first[i : i + 1] + second[i : i + 1]
    return result


def _alternate(first: list[int], second: list[int]) -> list[int]:
    n = min(len(first), len(second))
    return [x for pair in zip(first, second, strict=False) for x in pair] + first[n:] + second[n:]


BASIC: tuple[Exercise, ...] = (
    Exercise(
        1, limited, _limited, "returns x if it lies between low and high, low if x is smaller, and high if it is larger.",
        [(5, 1, 3), (2, 1, 3), (-4, -2, 9), (3, 3, 3)], lambda s: (s.randint(-20, 20), s.randint(-9, 0), s.randint(1, 9)),
    ),
    Exercise(
        1, count_vowels, _count_vowels, "returns how many letters of the text are a, e, i, o or u, in either case.",
        [("Orange",), ("rhythm",), ("",), ("AEIOU aeiou",)], lambda s: (_word(s, 3, 14, "aAbcEeioXyUu "),),
    ),
    Exercise(
        1, last_digits, _last_digits, "returns the sum of the last decimal digits of two non-negative integers.",
        [(27, 15), (100, 4), (0, 0)], lambda s: (s.randrange(10_000), s.randrange(10_000)),
    ),
    Exercise(
        1, swap_ends, _swap_ends, "returns the list with its first and last element exchanged. Lists of fewer than two "
        "elements are returned as they are.",
        [([1, 2, 3],), ([7],), ([],), ([4, 5],)], lambda s: (_numbers(s),),
    ),
    Exercise(
        1, longer, _longer, "returns the longer of two strings, and the first if they are equally long.",
        [("pear", "fig"), ("no", "yes"), ("ab", "cd"), ("", "")], lambda s: (_word(s, 1, 5), _word(s, 1, 5)),
    ),
    Exercise(
        1, keep_even, _keep_even, "returns a list of the even numbers of a list of integers, in their order.",
        [([1, 2, 3, 4],), ([5],), ([],), ([-2, 0, -3],)], lambda s: (_numbers(s),),
    ),
    Exercise(
        1, initials, _initials, "returns the initials of a name: for each of its words, which are separated by single "
        "spaces, the first letter in upper case and a full stop.",
        [("ada lovelace",), ("Emmy Noether",), ("cher",), ("a b c d",)], lambda s: (f"{_word(s)} {_word(s)} {_word(s)}",),
    ),
    Exercise(
        1, to_seconds, _to_seconds, "returns the number of seconds that a time span written as H:MM:SS stands for.",
        [("0:01:05",), ("2:00:00",), ("10:59:59",)],
        lambda s: (f"{s.randrange(30)}:{s.randrange(60):02}:{s.randrange(60):02}",),
    ),
    Exercise(
        1, repeat_each, _repeat_each, "returns the text with each of its characters repeated n times (n is at least 1).",
        [("abc", 2), ("x", 5), ("", 3), ("hello", 1)], lambda s: (_word(s), s.randint(1, 4)),
    ),
    Exercise(
        1, middle, _middle, "returns the one of three integers that is neither the largest nor the smallest; where two "
        "are equal, that is one of these two.",
        [(3, 1, 2), (5, 5, 9), (-1, -1, -1)], lambda s: tuple(s.randint(-9, 9) for _ in range(3)),
    ),
    Exercise(
        2, run_lengths, _run_lengths, "returns a list of tuples (character, count) for the runs of equal neighbouring "
        "characters of a text, in their order.",
        [("aabccc",), ("aba",), ("",)], lambda s: (_word(s, 4, 14, "ab"),),
    ),
    Exercise(
        2, second_largest, _second_largest, "returns the second largest of the different values in a list of integers, or "
        "None if there are fewer than two different values.",
        [([4, 9, 9, 7],), ([3, 3],), ([],), ([-5, -1],)], lambda s: (_numbers(s, 0, 6),),
    ),
    Exercise(
        2, digit_product, _digit_product, "returns the product of the decimal digits of a positive integer, leaving out "
        "all zeros.",
        [(205,), (999,), (1000,), (7,)], lambda s: (s.randrange(1, 10**8),),
    ),
    Exercise(
        2, is_rotation, _is_rotation, "returns True if b is a rotation of a, that is, if b can be made by moving some "
        "(or no) characters from the beginning of a to its end in the same order, else False.",
        [("table", "letab"), ("ab", "abc"), ("", ""), ("aab", "bba"), ("abcd", "abcd")],
        lambda s: (_word(s, 3, 4, "ab"), _word(s, 3, 4, "ab")),
    ),
    Exercise(
        2, pairs_with_sum, _pairs_with_sum, "returns how many pairs of positions i < j in a list of integers hold two "
        "numbers whose sum is total.",
        [([1, 2, 3, 4], 5), ([2, 2, 2], 4), ([], 0), ([5], 10)], lambda s: (_numbers(s, 0, 6), s.randint(2, 10)),
    ),
    Exercise(
        2, common_start, _common_start, "returns the longest string with which all words of a list begin. For an empty "
        "list that is the empty string.",
        [(["flower", "flow", "flag"],), (["dog", "cat"],), ([],), (["same", "same"],), (["one"],)],
        lambda s: (["ab" + _word(s, 1, 4, "ab") for _ in range(s.randint(2, 3))],),
    ),
    Exercise(
        2, longest_rise, _longest_rise, "returns the length of the longest stretch of neighbouring elements in a list of "
        "integers in which each is greater than the one before it; 0 for an empty list.",
        [([1, 2, 2, 3, 4],), ([5, 4],), ([],), ([1, 2, 3],)], lambda s: (_numbers(s, 0, 9, 12),),
    ),
    Exercise(
        2, shifted, _shifted, "replaces each lower-case letter a to z of a text by the one that stands `by` places "
        "further in the alphabet, beginning again at a after z; all other characters stay. `by` may be negative.",
        [("xyz!", 2), ("Abc", -1), ("", 5), ("hello", 26)], lambda s: (_word(s, 3, 9, "abcxyzM .,"), s.randint(-60, 60)),
    ),
    Exercise(
        2, smallest_missing, _smallest_missing, "returns the smallest integer from 0 upwards that is not in a list of "
        "integers.",
        [([0, 1, 3],), ([5, 6],), ([],), ([-1, 0, 2, 1, 1],)], lambda s: (_numbers(s, -2, 6, 12),),
    ),
    Exercise(
        2, alternate, _alternate, "merges two lists into one by taking elements in turn, beginning with the first list. "
        "When one list is used up, the rest of the other follows.",
        [([1, 2, 3], [10, 20]), ([], [4, 5]), ([], []), ([1], [2, 3, 4])],
        lambda s: (_numbers(s, 0, 9, 6, 0), _numbers(s, 10, 19, 6, 0)),
    ),
)  # fmt: skip
