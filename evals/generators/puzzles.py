"""Reasoning from clues: people in a row, things in houses. Each has one solution, which a search confirms."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from random import Random

from generators.problem import Problem

NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gus", "Hana", "Ivo", "Jude", "Kira", "Leo", "Mona", "Nils")
ONE_WORD = {"compare": "ignore_case"}


@dataclass(frozen=True, slots=True)
class Clue:
    """A sentence about the places of some things, and whether given places (by thing) make it true."""

    text: str
    about: tuple[str, ...]
    holds: Callable[..., bool]


def needed(clues: Sequence[Clue], unique: Callable[[Sequence[Clue]], bool]) -> list[Clue] | None:
    """As few of the clues, in their order, as still leave one solution; None if all of them leave more."""
    if not unique(clues):
        return None
    # First the shortest beginning that is enough, by halving, then without each that can be spared.
    enough = bisect_left(range(len(clues)), True, key=lambda count: unique(clues[:count]))
    kept = list(clues[:enough])
    for clue in clues[:enough]:
        fewer = [other for other in kept if other is not clue]
        if unique(fewer):
            kept = fewer
    return kept


# ---- orders: people in a row


def order(level: int, source: Random) -> Problem:
    """Who stands where in a row; the clues are true of a hidden order, and all orders are tried."""
    n = {1: 3, 2: 4, 3: 5, 4: 6, 5: 8}[level]
    scene, first, last, front, behind = source.choice(
        (
            ("stand in a queue", "at the very front", "at the very end", "ahead of", "behind"),
            ("ran a race without ties", "first", "last", "before", "after"),
            ("gave a talk one after the other", "first", "last", "before", "after"),
            ("sit on a bench, from left to right", "at the left end", "at the right end", "left of", "right of"),
        )
    )
    verb = {"stand in a queue": "stands", "ran a race without ties": "came in"}.get(
        scene, "spoke" if scene.startswith("gave") else "sits"
    )
    while True:
        names = source.sample(NAMES, n)
        hidden = {name: place for place, name in enumerate(source.sample(names, n), 1)}
        pool = [c for c in _order_clues(names, verb, (first, last, front, behind)) if c.holds(*_places(c, hidden))]
        source.shuffle(pool)
        # A clue that says who is first gives much away, so later levels do without.
        pool = [c for c in pool if level < 3 or len(c.about) > 1 or "neither" in c.text]
        clues = needed(pool[: 4 * n], partial(_one_order, names))
        if clues is not None and len(clues) >= level + 1:
            break
    place = source.randint(2 if level < 3 else 1, n)  # number 1 may be said in so many words
    listed = "\n".join(f"- {clue.text}" for clue in clues)
    where = f"Who is number {place}" + (", counted from the left?" if "left" in front else ", counted from the first?")
    prompt = f"{', '.join(names[:-1])} and {names[-1]} {scene}.\n\n{listed}\n\n{where}"
    answer = next(name for name, at in hidden.items() if at == place)
    (solution,) = _orders(names, clues)
    return Problem(prompt, answer, solution[place - 1], "exact", "N is the name", extra=ONE_WORD)


def _order_clues(names: Sequence[str], verb: str, words: tuple[str, str, str, str]) -> Iterator[Clue]:
    n, (first, last, front, behind) = len(names), words
    for a in names:
        yield Clue(f"{a} {verb} neither {first} nor {last}.", (a,), lambda x: 1 < x < n)
        yield Clue(f"{a} {verb} {first}.", (a,), lambda x: x == 1)
    for a, b in permutations(names, 2):
        yield Clue(f"{a} {verb} somewhere {front} {b}.", (a, b), lambda x, y: x < y)
        yield Clue(f"{a} {verb} directly {behind} {b}.", (a, b), lambda x, y: x == y + 1)
        if a < b:
            yield Clue(f"{a} and {b} are not next to each other in the order.", (a, b), lambda x, y: abs(x - y) > 1)
            for k in (1, 2, 3):
                people = "one person" if k == 1 else f"{k} people"
                text = f"Exactly {people} {'is' if k == 1 else 'are'} between {a} and {b} in the order."
                yield Clue(text, (a, b), lambda x, y, k=k: abs(x - y) == k + 1)


def _one_order(names: Sequence[str], clues: Sequence[Clue]) -> bool:
    return len(_orders(names, clues)) == 1


def _places(clue: Clue, hidden: dict[str, int]) -> list[int]:
    return [hidden[thing] for thing in clue.about]


def _orders(names: Sequence[str], clues: Sequence[Clue]) -> list[tuple[str, ...]]:
    """All orders that fit, up to two: names are placed one by one, clues tried as soon as they can be."""
    found: list[tuple[str, ...]] = []

    def extend(placed: dict[str, int]) -> None:
        if len(found) > 1:
            return
        if len(placed) == len(names):
            found.append(tuple(sorted(names, key=placed.__getitem__)))
            return
        name = names[len(placed)]
        ready = [c for c in clues if name in c.about and all(a in placed or a == name for a in c.about)]
        for place in range(1, len(names) + 1):
            if place not in placed.values():
                trial = {**placed, name: place}
                if all(c.holds(*_places(c, trial)) for c in ready):
                    extend(trial)

    extend({})
    return found


# ---- houses: who has what, in a street


_ATTRIBUTES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("person", "{} lives", NAMES[:6]),
    ("pet", "the owner of the {} lives", ("cat", "dog", "parrot", "rabbit", "tortoise")),
    ("drink", "the {} drinker lives", ("tea", "coffee", "cocoa", "juice", "milk")),
    ("job", "the {} lives", ("baker", "nurse", "painter", "lawyer", "farmer")),
)


def houses(level: int, source: Random) -> Problem:
    """Things to be matched to houses in a row; the clues leave one way, which a search over all confirms."""
    n, kinds = {1: (3, 1), 2: (3, 2), 3: (4, 2), 4: (4, 3), 5: (5, 4)}[level]
    attributes = [_ATTRIBUTES[0], *source.sample(_ATTRIBUTES[1:], kinds - 1)]
    while True:
        columns = {kind: source.sample(values, n) for kind, _, values in attributes}
        said = {value: text.format(value) for kind, text, _ in attributes for value in columns[kind]}
        hidden = {value: at for values in columns.values() for at, value in enumerate(source.sample(values, n), 1)}
        pool = [c for c in _house_clues(columns, said, n, level) if c.holds(*_places(c, hidden))]
        source.shuffle(pool)
        pool.sort(key=lambda c: c.text.startswith("House") and level > 2)
        groups = list(columns.values())
        clues = needed(pool[: 10 * kinds * (n - 1)], partial(_one_way, groups))
        if clues is not None and len(clues) > level:
            break
    source.shuffle(clues)
    (solution,) = settled(groups, clues)
    listed = "\n".join(f"{i}. {clue.text}" for i, clue in enumerate(clues, 1))
    intro = "; ".join(f"{kind}s: {', '.join(sorted(values))}" for kind, values in columns.items())
    opening = (
        f"There are {n} houses in a row, numbered 1 to {n} from left to right. Each holds exactly one of each kind "
        f"({intro}), and no two share.\n\n{listed}\n\n"
    )
    if kinds == 1:
        said_outright = {f"{p} lives in house {at}.": at for p, at in hidden.items()}
        known = {at for text, at in said_outright.items() if text in listed}
        place = source.choice([at for at in range(1, n + 1) if at not in known])
        answer = next(p for p in columns["person"] if hidden[p] == place)
        second = next(p for p in columns["person"] if solution[p] == place)
        return Problem(
            f"{opening}Who lives in house {place}?", answer, second, "exact", "N is the name", extra=ONE_WORD
        )
    person, kind = source.choice(columns["person"]), source.choice([k for k in columns if k != "person"])
    ask = {
        "pet": f"Which pet does {person} own?",
        "drink": f"What does {person} drink?",
        "job": f"What is {person}'s job?",
    }
    answer = next(v for v in columns[kind] if hidden[v] == hidden[person])
    second = next(v for v in columns[kind] if solution[v] == solution[person])
    return Problem(opening + ask[kind], answer, second, "exact", "W is the one word", extra=ONE_WORD)


def _house_clues(columns: dict[str, list[str]], said: dict[str, str], n: int, level: int) -> Iterator[Clue]:
    values = [(kind, value) for kind, group in columns.items() for value in group]
    for _, a in values:
        big = said[a][0].upper() + said[a][1:]
        for place in range(1, n + 1):
            yield Clue(f"{big} in house {place}.", (a,), lambda x, p=place: x == p)
            yield Clue(f"{big} in a house other than house {place}.", (a,), lambda x, p=place: x != p)
    for (kind, a), (other, b) in permutations(values, 2):
        big, b_said = said[a][0].upper() + said[a][1:], said[b].removesuffix(" lives")
        if kind != other and a < b:
            yield Clue(f"{big} in the same house as {b_said}.", (a, b), lambda x, y: x == y)
        yield Clue(f"{big} in the house directly to the left of {b_said}.", (a, b), lambda x, y: x == y - 1)
        yield Clue(f"{big} somewhere to the right of {b_said}.", (a, b), lambda x, y: x > y)
        if a < b and level > 2:
            yield Clue(f"{big} next door to {b_said}.", (a, b), lambda x, y: abs(x - y) == 1)


def _one_way(groups: Sequence[Sequence[str]], clues: Sequence[Clue]) -> bool:
    return len(settled(groups, clues)) == 1


def settled(groups: Sequence[Sequence[str]], clues: Sequence[Clue]) -> list[dict[str, int]]:
    """The ways, at most two, to give each value a house so that no two of a group share and all clues hold."""
    values = [value for group in groups for value in group]
    group_of = {value: number for number, group in enumerate(groups) for value in group}
    found: list[dict[str, int]] = []

    def extend(placed: dict[str, int]) -> None:
        if len(found) > 1:
            return
        free = [v for v in values if v not in placed]
        if not free:
            found.append(placed)
            return
        options = {v: _open(v, placed, groups[group_of[v]], clues) for v in free}
        tightest = min(free, key=lambda v: len(options[v]))
        for place in options[tightest]:
            extend({**placed, tightest: place})

    extend({})
    return found


def _open(value: str, placed: dict[str, int], group: Sequence[str], clues: Sequence[Clue]) -> list[int]:
    taken = {placed[v] for v in group if v in placed}
    ready = [c for c in clues if value in c.about and all(a in placed or a == value for a in c.about)]
    places = (p for p in range(1, len(group) + 1) if p not in taken)
    return [p for p in places if all(c.holds(*_places(c, {**placed, value: p})) for c in ready)]
