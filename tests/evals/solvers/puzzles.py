"""Puzzles solved by trying everything: rows of people, houses, liars, families."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import permutations, product

from tests.evals.solvers.reading import Clue, Rule, asked, listed, only, parts, read

_VERB = r"(?:stands|came in|spoke|sits)"
_FIRST, _LAST = r"(?:at the very front|first|at the left end)", r"(?:at the very end|last|at the right end)"
_BEFORE, _AFTER = r"(?:ahead of|before|left of)", r"(?:behind|after|right of)"

_DOING = (
    "stand in a queue",
    "ran a race without ties",
    "gave a talk one after the other",
    "sit on a bench, from left to right",
)


def _row(length: int) -> dict[str, Rule]:
    return {
        rf"(\w+) {_VERB} neither {_FIRST} nor {_LAST}\.": lambda a: a not in (1, length),
        rf"(\w+) {_VERB} {_FIRST}\.": lambda a: a == 1,
        rf"(\w+) {_VERB} somewhere {_BEFORE} (\w+)\.": lambda a, b: a < b,
        rf"(\w+) {_VERB} directly {_AFTER} (\w+)\.": lambda a, b: a - b == 1,
        r"(\w+) and (\w+) are not next to each other in the order\.": lambda a, b: abs(a - b) != 1,
        r"Exactly one person is between (\w+) and (\w+) in the order\.": lambda a, b: abs(a - b) == 2,
        r"Exactly (\d) people are between (\w+) and (\w+) in the order\.": lambda k, a, b: abs(a - b) - 1 == k,
    }


def _names(text: str) -> list[str]:
    return re.split(r", | and ", text)


def order(text: str) -> str:
    """Who has a place in a row of people."""
    form = rf"([^.]+?) (?:{'|'.join(_DOING)})\.\n\n(.*)\n\nWho is number (\d), counted from the (?:first|left)\?"
    people, said, place = parts(asked(text), form)
    names = _names(people)
    clues = [Clue.said(line, _row(len(names))) for (line,) in listed(said)]
    orders = (dict(zip(row, range(1, len(names) + 1), strict=True)) for row in permutations(names))
    places = only(places for places in orders if all(clue.holds(places) for clue in clues))
    return only(name for name in names if places[name] == place)


_THING = r"(?:[Tt]he owner of the |[Tt]he )?(\w+)(?: drinker)?"
_HOUSES: dict[str, Rule] = {
    rf"{_THING} lives in house (\d)\.": lambda a, k: a == k,
    rf"{_THING} lives in a house other than house (\d)\.": lambda a, k: a != k,
    rf"{_THING} lives in the same house as {_THING}\.": lambda a, b: a == b,
    rf"{_THING} lives in the house directly to the left of {_THING}\.": lambda a, b: b - a == 1,
    rf"{_THING} lives somewhere to the right of {_THING}\.": lambda a, b: a > b,
    rf"{_THING} lives next door to {_THING}\.": lambda a, b: abs(a - b) == 1,
}
_WANTED: dict[str, Rule] = {
    r"Who lives in house (\d)\?": lambda house: ("persons", house),
    r"What does (\w+) drink\?": lambda name: ("drinks", name),
    r"Which pet does (\w+) own\?": lambda name: ("pets", name),
    r"What is (\w+)'s job\?": lambda name: ("jobs", name),
}


def houses(text: str) -> str:
    """What is in a house, or goes with a person."""
    form = (
        r"There are (\d) houses in a row, numbered 1 to \1 from left to right\. Each holds exactly one of each kind "
        r"\((.*)\), and no two share\.\n\n(.*)\n\n([^\n]*)"
    )
    number, groups, said, question = parts(asked(text), form)
    kinds = {kind: things.split(", ") for kind, things in (group.split(": ") for group in groups.split("; "))}
    assert {len(things) for things in kinds.values()} == {number}
    clues = [Clue.said(line, _HOUSES) for (line,) in listed(said, r"\d+\. (.*)")]
    kind, where = read(question, _WANTED)
    answers: set[str] = set()
    for places in _settled(list(kinds.values()), clues, {}):
        answers |= {thing for thing in kinds[kind] if places[thing] == places.get(where, where)}
    return only(answers)


def _settled(kinds: Sequence[list[str]], clues: Sequence[Clue], known: dict[str, int]) -> Iterator[dict[str, int]]:
    """All ways to place what is left; a clue is looked at as soon as all things in it have places."""
    if not kinds:
        assert all(clue.decided(known) for clue in clues)
        yield known
        return
    for row in permutations(kinds[0]):
        places = known | dict(zip(row, range(1, len(row) + 1), strict=True))
        if all(clue.holds(places) for clue in clues if clue.decided(places)):
            yield from _settled(kinds[1:], clues, places)


_SPOKEN: dict[str, Rule] = {
    r"(\w+) is a liar\.": lambda a: not a,
    r"(\w+) tells the truth\.": bool,
    r"(\w+) and (\w+) are either both liars or both truthful\.": lambda a, b: a == b,
    r"(\w+) is a liar or (\w+) is a liar, or both are\.": lambda a, b: not (a and b),
}
_OF_US: dict[str, Rule] = {
    r"Exactly (\d) of us (?:is a liar|are liars)\.": lambda k: lambda row: list(row.values()).count(0) == k,
    r"At least (\d) of us tells? the truth\.": lambda k: lambda row: sum(row.values()) >= k,
}
Row = Mapping[str, int]


def _claim(text: str) -> Callable[[Row], bool]:
    if " of us " in text:
        claim: Callable[[Row], bool] = read(text, _OF_US)
        return claim
    return Clue.said(text, _SPOKEN).holds


def liars(text: str) -> str:
    """Who is the liar, or how many tell the truth."""
    one_liar = (
        r"Of ([\w, ]+), exactly one is a liar, whose statement is false\. The others tell the truth\."
        r"\n\n(.*)\n\nWho is the liar\?"
    )
    island = (
        r"On an island some people always tell the truth and all others, the liars, always lie\. "
        r'(\d) of them speak, and "us" means these \1:'
        r"\n\n(.*)\n\nWhat each of them is follows from this\. How many of the \1 tell the truth\?"
    )

    def fitting(said: str) -> list[Row]:
        claims = {name: _claim(claim) for name, claim in listed(said, r'- (\w+): "(.*)"')}
        rows = [dict(zip(claims, row, strict=True)) for row in product((0, 1), repeat=len(claims))]
        return [row for row in rows if all(claim(row) == bool(row[name]) for name, claim in claims.items())]

    def liar(people: str, said: str) -> str:
        row = only(row for row in fitting(said) if list(row.values()).count(0) == 1)
        assert list(row) == _names(people)
        return only(name for name in row if not row[name])

    def truthful(number: int, said: str) -> int:
        row = only(fitting(said))
        assert len(row) == number
        return sum(row.values())

    return str(read(asked(text), {one_liar: liar, island: truthful}))


_WOMEN = frozenset(
    [
        "Alma",
        "Berta",
        "Clara",
        "Dora",
        "Edith",
        "Flora",
        "Greta",
        "Helga",
        "Ida",
        "Julia",
        "Karla",
        "Lena",
        "Marta",
        "Nora",
        "Olga",
        "Paula",
        "Rosa",
        "Selma",
    ]
)
"""Who a reader takes for a woman by her name; some couples are only said to be married."""


class _Family:
    """Who is whose child, as the sentences say."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self.parents: dict[str, frozenset[str]] = {}
        for sentence in sentences:
            read(
                sentence,
                {
                    r"(\w+) is a (son|daughter) of (\w+) and (\w+)\.": self._born,
                    r"(\w+) and (\w+) have a (son|daughter) called (\w+)\.": lambda a, b, kind, name: self._born(
                        name, kind, a, b
                    ),
                    r"(\w+) is the wife of (\w+)\.": self._married,
                    r"(\w+) and (\w+) are married\.": self._married,
                },
            )

    def _born(self, name: str, kind: str, *parents: str) -> None:
        assert (name in _WOMEN) == (kind == "daughter")
        assert name not in self.parents
        self.parents[name] = frozenset(parents)

    def _married(self, wife: str, husband: str) -> None:
        assert wife in _WOMEN
        assert husband not in _WOMEN

    def children(self, name: str) -> set[str]:
        return {child for child, parents in self.parents.items() if name in parents}

    def siblings(self, name: str) -> set[str]:
        return {other for other in self.parents if self.parents[other] == self.parents.get(name)} - {name}

    def of_siblings(self, name: str) -> set[str]:
        return {child for sibling in self.siblings(name) for child in self.children(sibling)}

    def cousins(self, name: str) -> set[str]:
        return {child for parent in self.parents.get(name, ()) for child in self.of_siblings(parent)}

    def one(self, word: str, name: str) -> str:
        """The mother, father, only brother or only sister of somebody."""
        group = self.siblings(name) if word.startswith("only ") else self.parents[name]
        women = word in ("mother", "only sister")
        assert women or word in ("father", "only brother"), word
        return only(one for one in group if (one in _WOMEN) == women)

    def chain(self, text: str) -> str:
        *words, name = re.split(r" of (?:the )?", text)
        for word in reversed(words):
            name = self.one(word, name)
        return name

    def count(self, relation: str, name: str) -> int:
        groups: dict[str, Callable[[], set[str]]] = {
            "first cousins": lambda: self.cousins(name),
            "grandchildren": lambda: {grand for child in self.children(name) for grand in self.children(child)},
            "nieces": lambda: self.of_siblings(name) & _WOMEN,
            "nephews": lambda: self.of_siblings(name) - _WOMEN,
        }
        return len(groups[relation]())

    def pairs(self) -> int:
        return len({frozenset((name, cousin)) for name in self.parents for cousin in self.cousins(name)})


def family(text: str) -> str:
    """Who is whose relative, or how many there are."""
    form = r"This is all there is to say of a family\. (.*) There are no other children in it\.\n\n(.*)"
    said, question = parts(asked(text), form)
    told = _Family(re.split(r"(?<=\.) ", said))
    by_marriage = r"\(Relatives by marriage do not count\.\)"
    return str(
        read(
            question,
            {
                r"Who is the ([\w ]+)\?": told.chain,
                rf"How many ([\w ]+) does (\w+) have in this family\? {by_marriage}": told.count,
                r"Two people are first cousins if a parent of the one and a parent of the other are brothers or "
                r"sisters\. How many pairs of first cousins are there in this family\?": told.pairs,
            },
        )
    )
