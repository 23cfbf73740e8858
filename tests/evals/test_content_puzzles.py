"""The puzzles of the local index, solved again from their words alone: that a sentence says what its clue means."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from itertools import permutations, product

import pytest

from aa_tui.evals.items import Item, Pack
from aa_tui.evals.packfile import read_pack
from aa_tui.resources import data_folder

Places = Mapping[str, int]
Test = Callable[[Places], bool]


@pytest.fixture(scope="module")
def pack() -> Pack:
    return read_pack(data_folder("evals") / "local-index")


def _items(pack: Pack, family: str, *levels: int) -> list[Item]:
    found = [item for item in pack.items if item.extra["family"] == family and item.level in levels]
    assert len(found) == 2 * len(levels)
    return found


def _read(text: str, forms: Mapping[str, Callable[..., bool]]) -> Test:
    """The one form that a sentence has, with the things and numbers in it put in."""
    matches = [(match, test) for form, test in forms.items() if (match := re.fullmatch(form, text))]
    assert len(matches) == 1, text
    match, test = matches[0]
    return lambda places: test(*(int(part) if part.isdigit() else places[part] for part in match.groups()))


def _orders(n: int) -> dict[str, Callable[..., bool]]:
    verb = r"(?:stands|came in|spoke|sits)"
    first, last = r"(?:at the )?(?:very front|first|left end)", r"(?:at the )?(?:very end|last|right end)"
    before, after = r"(?:ahead of|before|left of)", r"(?:behind|after|right of)"
    return {
        rf"(\w+) {verb} neither {first} nor {last}\.": lambda a: a not in (1, n),
        rf"(\w+) {verb} {first}\.": lambda a: a == 1,
        rf"(\w+) {verb} somewhere {before} (\w+)\.": lambda a, b: a < b,
        rf"(\w+) {verb} directly {after} (\w+)\.": lambda a, b: a - b == 1,
        r"(\w+) and (\w+) are not next to each other in the order\.": lambda a, b: abs(a - b) != 1,
        r"Exactly one person is between (\w+) and (\w+) in the order\.": lambda a, b: abs(a - b) == 2,
        r"Exactly (\d) people are between (\w+) and (\w+) in the order\.": lambda k, a, b: abs(a - b) - 1 == k,
    }


def test_people_in_a_row(pack: Pack) -> None:
    for item in _items(pack, "order", 1, 2, 3, 4, 5):
        names = re.findall(r"[A-Z][a-z]+", re.split(r" (?:stand|ran|gave|sit) ", item.prompt)[0])
        clues = [_read(line, _orders(len(names))) for line in re.findall(r"(?m)^- (.*)$", item.prompt)]
        asked = int(re.findall(r"Who is number (\d)", item.prompt)[0])
        fitting = [
            order
            for order in permutations(names)
            if all(clue({name: place for place, name in enumerate(order, 1)}) for clue in clues)
        ]
        assert [order[asked - 1] for order in fitting] == [item.answer], item.id


_THING = r"(?:the owner of the |the )?(\w+)(?: drinker)?"
_HOUSES: dict[str, Callable[..., bool]] = {
    rf"{_THING} lives in house (\d)": lambda a, k: a == k,
    rf"{_THING} lives in a house other than house (\d)": lambda a, k: a != k,
    rf"{_THING} lives in the same house as {_THING}": lambda a, b: a == b,
    rf"{_THING} lives in the house directly to the left of {_THING}": lambda a, b: b - a == 1,
    rf"{_THING} lives somewhere to the right of {_THING}": lambda a, b: a > b,
    rf"{_THING} lives next door to {_THING}": lambda a, b: abs(a - b) == 1,
}


def test_houses(pack: Pack) -> None:
    for item in _items(pack, "houses", 1, 2, 3, 4):
        kinds = [group.split(", ") for group in re.findall(r"\w+s: ([\w, ]+)", item.prompt.split("\n")[0])]
        lines = re.findall(r"(?m)^\d+\. (.*)\.$", item.prompt)
        clues = [_read(line[0].lower() + line[1:] if line.startswith("The ") else line, _HOUSES) for line in lines]
        question = item.prompt.split("\n\n")[-2]
        answers = set()
        for orders in product(*(permutations(kind) for kind in kinds)):
            places = {thing: place for order in orders for place, thing in enumerate(order, 1)}
            if all(clue(places) for clue in clues):
                named = re.findall(r"\w+", question)
                place = next((places[word.removesuffix("s")] for word in named if word.removesuffix("s") in places), 0)
                place = place or int(re.findall(r"house (\d)", question)[0])
                words = {"pet": "cat", "drink": "tea", "job": "nurse"}
                column = next((k for w in words if w in question for k in kinds if _is_of(k, w)), kinds[0])
                answers.add(next(thing for thing in column if places[thing] == place))
        assert answers == {item.answer}, item.id


def _is_of(kind: list[str], word: str) -> bool:
    members = {
        "pet": {"cat", "dog", "parrot", "rabbit", "tortoise"},
        "drink": {"tea", "coffee", "cocoa", "juice", "milk"},
        "job": {"baker", "nurse", "painter", "lawyer", "farmer"},
    }
    return set(kind) <= members[word]


_SPOKEN: dict[str, Callable[..., bool]] = {
    r"(\w+) is a liar\.": lambda a: not a,
    r"(\w+) tells the truth\.": bool,
    r"(\w+) and (\w+) are either both liars or both truthful\.": lambda a, b: a == b,
    r"(\w+) is a liar or (\w+) is a liar, or both are\.": lambda a, b: not (a and b),
}


def test_liars(pack: Pack) -> None:
    for item in _items(pack, "liars", 1, 2, 3, 4, 5):
        spoken = re.findall(r'(?m)^- (\w+): "(.*)"$', item.prompt)
        names = [name for name, _ in spoken]
        fitting = []
        for row in product((0, 1), repeat=len(names)):
            truthful = dict(zip(names, row, strict=True))
            if all(_true(text, truthful) == bool(truthful[name]) for name, text in spoken):
                fitting.append(truthful)
        if (item.level or 0) < 3:
            (alone,) = (row for row in fitting if sum(row.values()) == len(names) - 1)
            assert not alone[str(item.answer)], item.id
        else:
            assert [sum(row.values()) for row in fitting] == [int(item.answer)], item.id


def _true(text: str, truthful: Mapping[str, int]) -> bool:
    if exactly := re.fullmatch(r"Exactly (\d) of us (?:is a liar|are liars)\.", text):
        return list(truthful.values()).count(0) == int(exactly[1])
    if at_least := re.fullmatch(r"At least (\d) of us tells? the truth\.", text):
        return sum(truthful.values()) >= int(at_least[1])
    return _read(text, _SPOKEN)(truthful)


def test_boxes(pack: Pack) -> None:
    for item in _items(pack, "moves", 1, 2, 4, 5):
        held = dict(re.findall(r"the (\w+) box holds a (\w+)", item.prompt.split("Then this happens")[0]))
        for line in re.findall(r"(?m)^\d+\. (.*)$", item.prompt):
            if swap := re.fullmatch(r"The contents of the (\w+) box and the (\w+) box are swapped\.", line):
                held[swap[1]], held[swap[2]] = held[swap[2]], held[swap[1]]
            else:
                steps = re.findall(r"from (\w+) to (\w+)", line)
                assert len(steps) == 3, line
                held |= {target: held[origin] for origin, target in steps}
        (asked,) = re.findall(r"What is in the (\w+) box at the end", item.prompt)
        assert held[asked] == item.answer, item.id


def test_projects(pack: Pack) -> None:
    for item in _items(pack, "timetable", 2, 3, 4):
        lines = re.findall(
            r"(?m)^- (\w) takes (\d+) days? and can (?:only begin when ([\w ]+) (?:is|are)|begin)", item.prompt
        )
        days = {task: int(length) for task, length, _ in lines}
        before = {task: re.findall(r"\b[A-L]\b", waits) for task, _, waits in lines}

        def end(task: str, longer: Mapping[str, int], before: Mapping[str, list[str]] = before) -> int:
            return longer[task] + max((end(other, longer, before) for other in before[task]), default=0)

        def whole(longer: Mapping[str, int]) -> int:
            return max(end(task, longer) for task in longer)

        if item.level == 4:
            (asked,) = re.findall(r"could (\w) alone take longer", item.prompt)
            answer = int(item.answer)
            assert whole({**days, asked: days[asked] + answer}) == whole(days), item.id
            assert whole({**days, asked: days[asked] + answer + 1}) > whole(days), item.id
        else:
            assert whole(days) == int(item.answer), item.id


_STOCK: dict[str, Callable[..., float]] = {
    r"Then (\d+) \w+ are sold": lambda stock, a: stock - a,
    r"A delivery brings (\d+) boxes with (\d+) \w+ each": lambda stock, a, b: stock + a * b,
    r"Half of the \w+ then in the store are sent to another branch": lambda stock: stock / 2,
    r"A third of the \w+ then in the store are sent to another branch": lambda stock: stock * 2 / 3,
    r"A quarter of the \w+ then in the store are sent to another branch": lambda stock: stock * 3 / 4,
    r"A fifth of the \w+ then in the store are sent to another branch": lambda stock: stock * 4 / 5,
    r"A gift doubles the number in the store": lambda stock: stock * 2,
    r"On each of (\d+) days (\d+) \w+ more come in than go out": lambda stock, a, b: stock + a * b,
    r"(\d+) customers bring back (\d+) \w+ each, which go into the store again": lambda stock, a, b: stock + a * b,
}
_IDLE = r"has \d+ windows|weighs about|years old|metres long|back room|of its own|Opening hours|to ask the time"


def test_stories(pack: Pack) -> None:
    for item in _items(pack, "story", 1, 2, 3, 4, 5):
        start = re.search(r"starts with (\d+)", item.prompt)
        end = re.search(r"After all this there are (\d+)", item.prompt)
        stock = float(start[1] if start else item.answer)
        for sentence in re.split(r"(?<=[.?])\s+", item.prompt.split("\n")[0])[1:]:
            if re.search(_IDLE, sentence) or sentence.startswith(("How many", "After all this")):
                continue
            (found,) = ((m, rule) for form, rule in _STOCK.items() if (m := re.fullmatch(form + r"\.", sentence)))
            stock = found[1](stock, *map(int, found[0].groups()))
        assert round(stock, 6) == int(end[1] if end else item.answer), item.id


def test_dates(pack: Pack) -> None:
    for item in _items(pack, "calendar", 2, 3, 4):
        first, *rest = (_date(text) for text in re.findall(r"\d+ [A-Z][a-z]+ \d{4}", item.prompt))
        if item.level == 2:
            days = int(re.findall(r"(\d+) days after", item.prompt)[0])
            assert (first + timedelta(days)).isoformat() == item.answer, item.id
        elif item.level == 3:
            assert (rest[0] - first).days == int(item.answer), item.id
        else:
            assert f"{first.day} {first:%B %Y} is a {first:%A}" in item.prompt, item.id
            assert f"{rest[0]:%A}" == item.answer, item.id


def _date(text: str) -> date:
    return datetime.strptime(text, "%d %B %Y").date()


def test_rewriting(pack: Pack) -> None:
    for item in _items(pack, "rewriting", 1, 2, 3, 4, 5):
        (opening,) = re.findall(r"Start with the string (\w+) and do this (\d+) times", item.prompt)
        rules = re.findall(r"(?m)^\d\. (\w+) becomes (\w+)$", item.prompt)
        text = opening[0]
        for _ in range(int(opening[1])):
            left, right = next((left, right) for left, right in rules if left in text)
            at = text.index(left)
            text = text[:at] + right + text[at + len(left) :]
        assert text == item.answer, item.id


class _Family:
    """Who is whose child, as the sentences say."""

    def __init__(self, text: str) -> None:
        born = re.findall(r"(\w+) is a (son|daughter) of (\w+) and (\w+)\.", text)
        born += [(c, kind, m, f) for m, f, kind, c in re.findall(r"(\w+) and (\w+) have a (\w+) called (\w+)\.", text)]
        self.parents: dict[str, tuple[str, str]] = {child: (mother, father) for child, _, mother, father in born}
        self.sons = {child for child, kind, *_ in born if kind == "son"}

    def children(self, name: str) -> set[str]:
        return {child for child, parents in self.parents.items() if name in parents}

    def siblings(self, name: str) -> set[str]:
        return {other for other in self.parents if self.parents[other] == self.parents.get(name)} - {name}

    def cousins(self, name: str) -> set[str]:
        aunts = {aunt for parent in self.parents.get(name, ()) for aunt in self.siblings(parent)}
        return {child for aunt in aunts for child in self.children(aunt)}

    def step(self, word: str, name: str) -> str:
        if word in ("mother", "father"):
            return self.parents[name][word == "father"]
        (found,) = (s for s in self.siblings(name) if (s in self.sons) == (word == "only brother"))
        return found

    def count(self, relation: str, name: str) -> int:
        if relation == "first cousins":
            return len(self.cousins(name))
        if relation == "grandchildren":
            return len({g for child in self.children(name) for g in self.children(child)})
        found = {child for sibling in self.siblings(name) for child in self.children(sibling)}
        return len(found & self.sons if relation == "nephews" else found - self.sons)


def test_families(pack: Pack) -> None:
    for item in _items(pack, "family", 1, 2, 3, 4, 5):
        family = _Family(item.prompt)
        if item.level == 5:
            pairs = sum(len(family.cousins(name)) for name in family.parents)
            assert pairs == 2 * int(item.answer), item.id
        elif item.level == 4:
            (asked,) = re.findall(r"How many ([\w ]+) does (\w+) have", item.prompt)
            assert family.count(*asked) == int(item.answer), item.id
        else:
            (chain,) = re.findall(r"Who is (.*)\?", item.prompt)
            *words, name = re.split(r" of (?:the )?", chain.removeprefix("the "))
            for word in reversed(words):
                name = family.step(word, name)
            assert name == item.answer, item.id
