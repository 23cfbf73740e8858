"""Finding things in long texts: one fact, one of many, a chain, a count, a sum. All text is made of words given here.

Levels are lengths: about 500, 1,000, 2,000, 4,000 and 8,000 tokens, at four characters to a token. The second way to
each key reads the finished text with a regular expression, as a reader would.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

from generators.problem import LEVELS, Entry, Problem, proven

CHARACTERS = {1: 2_000, 2: 4_000, 3: 8_000, 4: 16_000, 5: 32_000}
DEPTHS = {"a": 0.1, "b": 0.5, "c": 0.9}
"""Where in the text the fact that is asked for stands, as a share of its length."""

_WHO = (
    "miller",
    "ferryman",
    "schoolteacher",
    "gardener",
    "watchmaker",
    "postman",
    "innkeeper",
    "carpenter",
    "weaver",
    "fisherman",
    "night watchman",
    "chemist",
    "organist",
    "blacksmith",
    "mayor",
    "tailor",
)
_DID = (
    "mended a fence near",
    "carried two planks past",
    "talked for a while beside",
    "swept the steps of",
    "left a lantern at",
    "waited in the rain outside",
    "painted a small sign for",
    "forgot an umbrella in",
    "measured the wall of",
    "walked three times round",
    "sat with a newspaper in front of",
    "looked for a lost button behind",
)
_WHERE = (
    "the old mill",
    "the harbour office",
    "the chapel",
    "the bakery",
    "the upper bridge",
    "the school yard",
    "the covered market",
    "the pump house",
    "the town archive",
    "the saddler's shop",
    "the orchard gate",
    "the railway crossing",
    "the boat shed",
)
_WHEN = (
    "before breakfast",
    "shortly after noon",
    "in the late afternoon",
    "at dusk",
    "while the fog was lifting",
    "on a windless morning",
    "during the first frost",
    "after the market had closed",
    "when the ferry was late",
)
_THEN = (
    "and nobody took any notice",
    "and went home by the long way",
    "and then asked for a cup of tea",
    "and wrote it down the same evening",
    "and spoke of it for days",
    "and said that it would have to do",
    "and came back without a hat",
    "and found that the lamp was out",
)
_COLOURS = ("red", "blue", "green", "yellow", "white", "black", "brown", "grey", "orange", "purple")
_THINGS = ("cabinet", "chest", "locker", "drawer", "safe", "trunk", "cupboard", "crate")
_PEOPLE = ("Alma", "Bruno", "Clara", "David", "Edith", "Felix", "Greta", "Hugo", "Ida", "Jonas", "Karla", "Lars")
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


def filler(characters: int, source: Random) -> list[str]:
    """Sentences about a small town that say nothing of numbers, together about so long."""
    result, length = [], 0
    while length < characters:
        parts = [source.choice(words) for words in (_WHO, _DID, _WHERE, _WHEN, _THEN)]
        sentence = f"The {' '.join(parts)}."
        result.append(sentence)
        length += len(sentence) + 1
    return result


def _text(facts: Sequence[str], level: int, source: Random, depth: float | None = None) -> str:
    """Filler with the facts in it in their order, spread at random; with a depth the only fact stands there."""
    sentences = filler(CHARACTERS[level] - sum(len(fact) + 1 for fact in facts), source)
    if depth is not None:
        places = [round(depth * len(sentences))] * len(facts)
    else:
        places = sorted(source.randrange(len(sentences) + 1) for _ in facts)
    for place, fact in reversed(list(zip(places, facts, strict=True))):
        sentences.insert(place, fact)
    paragraphs = [" ".join(sentences[i : i + 6]) for i in range(0, len(sentences), 6)]
    return "\n\n".join(paragraphs)


def _problem(text: str, question: str, answer: int, second: int) -> Problem:
    prompt = f"Read this text. A question about it follows at its end.\n\n{text}\n\nQuestion: {question}"
    return Problem(prompt, str(answer), str(second))


def needle(level: int, depth: float, source: Random) -> Problem:
    """One fact in a text that says nothing like it."""
    colour, thing, code = source.choice(_COLOURS), source.choice(_THINGS), source.randrange(10_000, 100_000)
    text = _text([f"The code of the {colour} {thing} is {code}."], level, source, depth)
    (found,) = re.findall(r"The code of the \w+ \w+ is (\d+)\.", text)
    return _problem(text, f"What is the code of the {colour} {thing}?", code, int(found))


def keys(level: int, depth: float, source: Random) -> Problem:
    """One of many facts of the same form."""
    names = [f"{colour} {thing}" for colour in _COLOURS for thing in _THINGS]
    chosen = source.sample(names, (6, 12, 24, 40, 70)[level - 1])
    codes = source.sample(range(10_000, 100_000), len(chosen))
    facts = [f"The code of the {name} is {code}." for name, code in zip(chosen, codes, strict=True)]
    at = round(depth * (len(facts) - 1))
    text = _text(facts, level, source)
    table = dict(re.findall(r"The code of the (\w+ \w+) is (\d+)\.", text))
    return _problem(text, f"What is the code of the {chosen[at]}?", codes[at], int(table[chosen[at]]))


def trace(level: int, depth: float, source: Random) -> Problem:
    """A number handed on from name to name, among other such chains."""
    hops, chains = level + 1, 2 + level // 2
    names = source.sample([a + b + c for a in _LETTERS for b in _LETTERS for c in _LETTERS], chains * (hops + 1))
    values = source.sample(range(1_000, 10_000), chains)
    rows = [names[i * (hops + 1) : (i + 1) * (hops + 1)] for i in range(chains)]
    facts = [f"Card {row[0]} shows the number {value}." for row, value in zip(rows, values, strict=True)]
    source.shuffle(facts)
    for hop in range(1, hops + 1):
        links = [f"Card {row[hop]} shows the same number as card {row[hop - 1]}." for row in rows]
        source.shuffle(links)
        facts += links
    text = _text(facts, level, source)
    shown = dict(re.findall(r"Card (\w+) shows the number (\d+)\.", text))
    same = dict(re.findall(r"Card (\w+) shows the same number as card (\w+)\.", text))
    name = rows[0][-1]
    while name in same:
        name = same[name]
    return _problem(text, f"Which number does card {rows[0][-1]} show?", values[0], int(shown[name]))


def count(level: int, depth: float, source: Random) -> Problem:
    """How often something is said, among sayings that are nearly the same."""
    number = source.randrange(*((3, 6), (5, 9), (8, 13), (12, 20), (18, 30))[level - 1])
    facts = [f"A heron landed on {source.choice(_WHERE)}." for _ in range(number)]
    facts += [f"A gull landed on {source.choice(_WHERE)}." for _ in range(number // 2 + 1)]
    source.shuffle(facts)
    text = _text(facts, level, source)
    question = "How many times does the text say that a heron landed somewhere?"
    return _problem(text, question, number, len(re.findall(r"\bheron landed\b", text)))


def total(level: int, depth: float, source: Random) -> Problem:
    """The sum of what one of several people paid."""
    people = source.sample(_PEOPLE, 2 + level)
    times = (3, 4, 6, 8, 12)[level - 1]
    paid = [(person, source.randrange(3, 60)) for person in people for _ in range(times)]
    source.shuffle(paid)
    facts = [f"{person} put {coins} coins into the box." for person, coins in paid]
    text = _text(facts, level, source)
    person = people[0]
    second = sum(int(coins) for name, coins in re.findall(r"(\w+) put (\d+) coins", text) if name == person)
    question = f"How many coins did {person} put into the box in all?"
    return _problem(text, question, sum(coins for name, coins in paid if name == person), second)


_FAMILIES: dict[str, Callable[[int, float, Random], Problem]] = {
    "needle": needle,
    "keys": keys,
    "trace": trace,
    "count": count,
    "total": total,
}


def long_context_entries() -> list[Entry]:
    """Three items of each family and length, with what is asked for near the beginning, the middle and the end."""
    return [
        proven(
            Entry(f"long-{name}-{level}{mark}", name, level, name, family(level, depth, Random(f"{name}{level}{mark}")))
        )
        for level in LEVELS
        for name, family in _FAMILIES.items()
        for mark, depth in DEPTHS.items()
    ]
