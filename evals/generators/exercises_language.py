"""Functions to be written, level 5: small languages. Patterns, polynomials, a machine, set lines of words."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from random import Random

from generators.exercise import Exercise


def _word(source: Random, low: int, high: int, letters: str) -> str:
    return "".join(source.choice(letters) for _ in range(source.randint(low, high)))


Ends = Callable[[set[int]], set[int]]
"""From the places where a part of a pattern may begin to those where it may end."""


def matches(pattern: str, text: str) -> bool:
    """Sets of positions: each part of the pattern maps the places where it may begin to those where it may end."""
    at = 0

    def repeated(part: Ends, starts: set[int]) -> set[int]:
        reached, front = set(starts), set(starts)
        while front:
            front = part(front) - reached
            reached |= front
        return reached

    def alternatives() -> Ends:
        nonlocal at
        options = [sequence()]
        while at < len(pattern) and pattern[at] == "|":
            at += 1
            options.append(sequence())
        return lambda starts: set().union(*(option(starts) for option in options))

    def sequence() -> Ends:
        parts: list[Ends] = []
        while at < len(pattern) and pattern[at] not in "|)":
            parts.append(piece())

        def run(starts: set[int]) -> set[int]:
            for part in parts:
                starts = part(starts)
            return starts

        return run

    def piece() -> Ends:
        nonlocal at
        c = pattern[at]
        at += 1
        if c == "(":
            base = alternatives()
            at += 1
        else:
            base = lambda starts: {i + 1 for i in starts if i < len(text) and c in (".", text[i])}  # noqa: E731
        sign = pattern[at] if at < len(pattern) and pattern[at] in "*+?" else ""
        at += len(sign)
        if sign == "*":
            return lambda starts: repeated(base, starts)
        if sign == "+":
            return lambda starts: repeated(base, base(starts))
        return (lambda starts: starts | base(starts)) if sign else base

    return len(text) in alternatives()({0})


_SIMPLER = {"(a*)*b": "a*b", "(a|a)*b": "a*b", "((a+)+)+": "a+", "(a?b?)*c": "[ab]*c"}


def _matches(pattern: str, text: str) -> bool:
    # The module takes exponential time for some; what they mean can be said more simply.
    return re.fullmatch(_SIMPLER.get(pattern, pattern), text) is not None


def _pattern(source: Random, depth: int = 2) -> str:
    pieces = []
    for _ in range(source.randint(1, 3)):
        inner = f"({_pattern(source, depth - 1)})" if depth and source.random() < 0.4 else source.choice("aabb.")
        pieces.append(inner + source.choice(("", "", "*", "+", "?")))
    text = "".join(pieces)
    return f"{text}|{_pattern(source, 0)}" if source.random() < 0.3 else text


def _pattern_and_text(source: Random) -> tuple[str, str]:
    pattern, wanted = _pattern(source), source.random() < 0.6
    for _ in range(400):
        text = _word(source, 0, 7, "abab")
        if _matches(pattern, text) == wanted:
            return pattern, text
    return pattern, "abba"


def expanded(text: str) -> list[int]:
    result = [1]
    for inside, power in re.findall(r"\(([^)]*)\)(?:\^(\d))?", text):
        factor = [0, 0, 0]
        for sign, count, x, degree in re.findall(r"([+-]?)(\d*)(x?)(?:\^(\d))?", inside):
            if count or x:
                size = int(count or 1) * (-1 if sign == "-" else 1)
                factor[int(degree) if degree else len(x)] += size
        for _ in range(int(power or 1)):
            new = [0] * (len(result) + 2)
            for i, a in enumerate(result):
                for j, b in enumerate(factor):
                    new[i + j] += a * b
            result = new
    while len(result) > 1 and not result[-1]:
        result.pop()
    return result


def _expanded(text: str) -> list[int]:
    """By values at many points, and Newton's divided differences."""
    expression = re.sub(r"(\d)x", r"\1*x", text.replace("^", "**")).replace(")(", ")*(")
    expression = re.sub(r"(\*\*\d+)\(", r"\1*(", expression)
    points = list(range(-14, 15))
    code = compile(expression, "<polynomial>", "eval")
    values = [Fraction(eval(code, {"__builtins__": {}}, {"x": x})) for x in points]
    table = values[:]
    for step in range(1, len(points)):
        for i in range(len(points) - 1, step - 1, -1):
            table[i] = (table[i] - table[i - 1]) / (points[i] - points[i - step])
    result = [Fraction(0)]
    for i in range(len(points) - 1, -1, -1):
        moved = [Fraction(0), *result]
        result = [a - points[i] * b for a, b in zip(moved, [*result, Fraction(0)], strict=True)]
        result[0] += table[i]
    while len(result) > 1 and not result[-1]:
        result.pop()
    return [int(c) for c in result]


def _factors(source: Random) -> tuple[str]:
    def factor() -> str:
        a, b, c = source.choice((0, 0, 1, 2, -3)), source.choice((1, 1, 2, -1, -4)), source.randint(-7, 7)
        terms = [(a, "x^2"), (b, "x"), (c, "")]
        text = ""
        for size, name in terms:
            if size:
                count = "" if abs(size) == 1 and name else str(abs(size))
                text += ("-" if size < 0 else "+" if text else "") + count + name
        return f"({text})" + source.choice(("", "", "^2", "^3"))

    return ("".join(factor() for _ in range(source.randint(1, 3))),)


def run_program(lines: list[str]) -> list[int]:
    labels = {line[:-1]: i for i, line in enumerate(lines) if line.endswith(":")}
    registers, stack, output = dict.fromkeys("abcd", 0), [], []
    at = steps = 0

    def value(name: str) -> int:
        return registers[name] if name in registers else int(name)

    while at < len(lines) and steps < 10_000:
        word, *rest = lines[at].split()
        at += 1
        if word.endswith(":"):
            continue
        steps += 1
        if word == "set":
            registers[rest[0]] = value(rest[1])
        elif word == "add":
            registers[rest[0]] += value(rest[1])
        elif word == "mul":
            registers[rest[0]] *= value(rest[1])
        elif word == "out":
            output.append(value(rest[0]))
        elif word == "jump":
            at = labels[rest[0]]
        elif word == "jpos" and value(rest[0]) > 0:
            at = labels[rest[1]]
        elif word == "call":
            stack.append(at)
            at = labels[rest[0]]
        elif word == "ret":
            if not stack:
                break
            at = stack.pop()
    return output


def _run_program(lines: list[str]) -> list[int]:
    """Translated first: labels are gone, each instruction is a function of the state that returns the next place."""
    code = [line.split() for line in lines if not line.endswith(":")]
    places, count = {}, 0
    for line in lines:
        if line.endswith(":"):
            places[line[:-1]] = count
        else:
            count += 1
    state = {"a": 0, "b": 0, "c": 0, "d": 0}
    returns: list[int] = []
    output: list[int] = []
    at = 0
    for _ in range(10_000):
        if at >= len(code):
            break
        name, arguments = code[at][0], code[at][1:]
        numbers = [state.get(x, 0) if x in state else int(x) if x.lstrip("-").isdigit() else 0 for x in arguments]
        following = at + 1
        match name:
            case "set" | "add" | "mul":
                old = state[arguments[0]]
                state[arguments[0]] = {"set": numbers[-1], "add": old + numbers[-1], "mul": old * numbers[-1]}[name]
            case "out":
                output.append(numbers[0])
            case "jump":
                following = places[arguments[0]]
            case "jpos":
                following = places[arguments[1]] if numbers[0] > 0 else following
            case "call":
                returns.append(following)
                following = places[arguments[0]]
            case "ret":
                following = returns.pop() if returns else len(code)
        at = following
    return output


def _program(source: Random) -> tuple[list[str]]:
    n, m = source.randint(2, 6), source.randint(2, 5)
    body = source.choice((["add b a", "mul b 2"], ["add b 3", "out b"], ["mul c -1", "add c b", "out c"]))
    return (
        [
            f"set a {n}", f"set b {source.randint(-3, 4)}", f"set c {source.randint(1, 5)}", "again:", "call body",
            "add a -1", "jpos a again", "out a", "out b", "set d c", f"add d {m}", "jump end", "body:", *body,
            *(["jpos b more", "ret", "more:", "out a"] if source.random() < 0.5 else []), "ret", "end:", "out d",
        ],
    )  # fmt: skip


def justified(words: list[str], width: int) -> list[str]:
    lines: list[list[str]] = []
    for word in words:
        if lines and len(" ".join([*lines[-1], word])) <= width:
            lines[-1].append(word)
        else:
            lines.append([word])
    result = []
    for number, line in enumerate(lines):
        if number == len(lines) - 1 or len(line) == 1:
            result.append(" ".join(line).ljust(width))
            continue
        spaces, gaps = width - sum(map(len, line)), len(line) - 1
        each, more = divmod(spaces, gaps)
        result.append("".join(w + " " * (each + (i >= gaps - more)) for i, w in enumerate(line[:-1])) + line[-1])
    return result


def _justified(words: list[str], width: int) -> list[str]:
    result, rest = [], list(words)
    while rest:
        count = max(n for n in range(1, len(rest) + 1) if n == 1 or len(" ".join(rest[:n])) <= width)
        line, rest = rest[:count], rest[count:]
        gaps = [" "] * (count - 1)
        at = len(gaps) - 1
        while rest and gaps and sum(map(len, line)) + sum(map(len, gaps)) < width:
            gaps[at] += " "
            at = at - 1 if at else len(gaps) - 1
        text = "".join(a + b for a, b in zip(line, [*gaps, ""], strict=True))
        result.append(text + " " * (width - len(text)))
    return result


@lru_cache(maxsize=1)
def language_exercises() -> tuple[Exercise, ...]:
    """Four exercises of level 5."""
    return (
        Exercise(
            5, matches, _matches, "returns True if a regular expression matches the whole text, else False. In the pattern, "
            "which is always well formed, a lower-case letter stands for itself and . for any character; ( and ) group, | "
            "separates alternatives and binds most weakly, and *, + and ? behind a character or group mean any number of "
            "times, at least once, and at most once. Patterns such as (a*)*b "
            "must not take exponential time; texts have up to 60 characters.",
            [("a(b|c)*d", "abcbd"), ("ab?", "abb"), ("", ""), ("(a*)*b", "aaaa"), ("a|b+", "bbb"), (".+", ""), ("(a*)*b", "a" * 60), ("(a|a)*b", "a" * 50),
             ("((a+)+)+", "a" * 50 + "b"), ("(a?b?)*c", "ab" * 29 + "c")],
            _pattern_and_text, 12,
        ),
        Exercise(
            5, expanded, _expanded, "expands a product of polynomials in x and returns the list of its coefficients, the "
            "constant term first and the highest non-zero one last. The text is a row of brackets without spaces, each of "
            "which holds a sum of terms such as 3x^2, -x, 5 (in any order, each power at most once, at most x^2) and may "
            "be followed by ^ and a positive one-digit exponent.",
            [("(x+1)(x-1)",), ("(x-2)^2",), ("(7)",), ("(2x^2-x)^3(x+1)",), ("(-x+3)(x^2+2x-5)",)], _factors,
        ),
        Exercise(
            5, run_program, _run_program, "runs a program for a machine with the integer registers a, b, c and d, all 0 at "
            'first, and returns the list of the numbers that it puts out. Lines are instructions or labels ("name:"). '
            "Instructions, where R is a register and V a register or an integer: set R V, add R V, mul R V change R; "
            "out V puts out V; jump NAME goes on at a label; jpos V NAME does so if V is greater than 0; call NAME goes on "
            "at a label and remembers the instruction after the call; ret goes back to the one remembered last and forgets "
            "it, or ends the program if there is none. The program also ends after its last line, or when 10,000 "
            "instructions have been carried out (labels do not count). Names of labels are never names of registers.",
            [(["set a 3", "loop:", "out a", "add a -1", "jpos a loop"],), (["call f", "out 1", "ret", "f:", "out 2", "ret"],),
             ([],), (["ret", "out 5"],), (["x:", "add a 1", "jpos -1 x", "mul a 7", "out a"],)],
            _program,
        ),
        Exercise(
            5, justified, _justified, "sets words in lines of exactly `width` characters and returns the list of the lines. "
            "Each line takes as many words as fit with one space between them, in their order. In every line but the last, "
            "the words are then spread by more spaces so that the line begins and ends with a word; the numbers of spaces "
            "in its gaps differ by at most one, and the wider gaps are those further to the right. The last line and lines "
            "with only one word have single spaces and are filled up with spaces on the right. No word is longer than "
            "`width`.",
            [(["a", "bc", "d", "efg", "h"], 7), (["one"], 5), ([], 4), (["aa", "bb", "cc"], 2)],
            lambda s: ([_word(s, 1, 6, "abcdefgh") for _ in range(s.randint(5, 11))], s.randint(8, 17)), 6,
        ),
    )  # fmt: skip
