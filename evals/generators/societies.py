"""Reasoning about people and sets: who lies, who is whose relative, what follows. All possibilities are tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise, permutations, product
from random import Random

from generators.problem import Problem
from generators.puzzles import NAMES, ONE_WORD

# ---- liars: everyone always lies or never does


def liars(level: int, source: Random) -> Problem:
    """Who is the one liar (1, 2), or how many tell the truth (3 to 5); all assignments are tried."""
    n = {1: 3, 2: 4, 3: 4, 4: 6, 5: 8}[level]
    while True:
        names = source.sample(NAMES, n)
        truthful = dict(zip(names, (source.random() < 0.5 for _ in names), strict=True))
        spoken = [_statement(name, names, level, source) for name in names]
        if any(test(truthful) != truthful[name] for name, _, test in spoken):
            continue
        fitting = [row for row in _consistent(names, spoken) if level > 2 or _lying(row) == 1]
        lying = [name for name in names if not truthful[name]]
        if len(fitting) == 1 and (level > 2 or len(lying) == 1) and 0 < len(lying) < n:
            break
    lines = "\n".join(f'- {name}: "{text}"' for name, text, _ in spoken)
    if level < 3:
        (second,) = (name for name in names if not fitting[0][name])
        prompt = (
            f"Of {', '.join(names[:-1])} and {names[-1]}, exactly one is a liar, whose statement is false. The others "
            f"tell the truth.\n\n{lines}\n\nWho is the liar?"
        )
        return Problem(prompt, lying[0], second, "exact", "N is the name", extra=ONE_WORD)
    opening = (
        f"On an island some people always tell the truth and all others, the liars, always lie. {n} of them speak, and "
        f'"us" means these {n}:\n\n{lines}\n\n'
    )
    return Problem(
        f"{opening}What each of them is follows from this. How many of the {n} tell the truth?",
        str(n - len(lying)),
        str(sum(fitting[0].values())),
    )


Spoken = tuple[str, str, Callable[[dict[str, bool]], bool]]


def _statement(speaker: str, names: Sequence[str], level: int, source: Random) -> Spoken:
    others = [name for name in names if name != speaker]
    kinds = ["liar", "truthful"] if level < 3 else ["liar", "same", "count", "atleast", "if"]
    kind = source.choice(kinds)
    a, b = source.sample(others, 2) if len(others) > 1 else (others[0], others[0])
    k = source.randrange(1, len(names))
    texts: dict[str, tuple[str, Callable[[dict[str, bool]], bool]]] = {
        "liar": (f"{a} is a liar.", lambda t: not t[a]),
        "truthful": (f"{a} tells the truth.", lambda t: t[a]),
        "same": (f"{a} and {b} are either both liars or both truthful.", lambda t: t[a] == t[b]),
        "count": (f"Exactly {k} of us {'is a liar' if k == 1 else 'are liars'}.", lambda t: _lying(t) == k),
        "atleast": (
            f"At least {k} of us {'tells' if k == 1 else 'tell'} the truth.",
            lambda t: len(t) - _lying(t) >= k,
        ),
        "if": (f"{a} is a liar or {b} is a liar, or both are.", lambda t: not t[a] or not t[b]),
    }
    return speaker, *texts[kind]


def _lying(truthful: dict[str, bool]) -> int:
    return sum(not value for value in truthful.values())


def _consistent(names: Sequence[str], spoken: Sequence[Spoken]) -> list[dict[str, bool]]:
    rows = (dict(zip(names, row, strict=True)) for row in product((False, True), repeat=len(names)))
    return [row for row in rows if all(test(row) == row[name] for name, _, test in spoken)]


# ---- families

_WOMEN = "Alma Berta Clara Dora Edith Flora Greta Helga Ida Julia Karla Lena Marta Nora Olga Paula Rosa Selma".split()
_MEN = "Anton Bruno Carl David Emil Felix Georg Hugo Isak Jonas Konrad Lars Max Noel Otto Peter Ralf Simon".split()
_RELATIONS = ("first cousins", "grandchildren", "nephews", "nieces")


@dataclass(frozen=True, slots=True)
class Person:
    """Someone of a made-up family: parents by name, none for those who married into it."""

    name: str
    woman: bool
    parents: tuple[str, str] | None


def family(level: int, source: Random) -> Problem:
    """A chain of relations to one person (1 to 3), or how many relatives of a kind someone has (4, 5)."""
    while True:
        people, couples = _tree({1: 2, 2: 3, 3: 3, 4: 3, 5: 4}[level], source)
        if len(people) > {1: 8, 2: 11, 3: 14, 4: 18, 5: 34}[level]:
            continue
        if level > 3:
            facts = _family_facts(people, couples, source)
            if level == 5 and len(people) > 20:
                pairs = sum(_relatives(p.name, "first cousins", people) for p in people) // 2
                prompt = (
                    f"{facts}\n\nTwo people are first cousins if a parent of the one and a parent of the other are "
                    "brothers or sisters. How many pairs of first cousins are there in this family?"
                )
                matched = sum(_by_matrices(p.name, "first cousins", people) for p in people) // 2
                if pairs > 8:
                    return Problem(prompt, str(pairs), str(matched))
                continue
            relation = source.choice(_RELATIONS)
            counts = {p.name: _relatives(p.name, relation, people) for p in people}
            wanted = [name for name, count in counts.items() if count > 2]
            if wanted and level == 4:
                who = source.choice(wanted)
                question = f"How many {relation} does {who} have in this family? (Relatives by marriage do not count.)"
                second = str(_by_matrices(who, relation, people))
                return Problem(f"{facts}\n\n{question}", str(counts[who]), second)
            continue
        chain = {
            1: ("mother", "father"),
            2: ("mother", "father"),
            3: ("mother", "father", "only sister", "only brother"),
        }
        found = _by_chain(people, level, chain[level], source)
        if found is not None:
            text, answer, second = found
            prompt = f"{_family_facts(people, couples, source)}\n\nWho is {text}?"
            return Problem(prompt, answer, second, "exact", "N is the name", extra=ONE_WORD)


def _tree(generations: int, source: Random) -> tuple[list[Person], list[tuple[str, str]]]:
    """People of so many generations below one couple, and the married couples (wife first)."""
    women, men = source.sample(_WOMEN, len(_WOMEN)), source.sample(_MEN, len(_MEN))
    first = Person(women.pop(), True, None), Person(men.pop(), False, None)
    people, couples, parents = list(first), [(first[0].name, first[1].name)], [(first[0].name, first[1].name)]
    for generation in range(1, generations):
        children = []
        for couple in parents:
            for _ in range(source.randint(1, 3)):
                woman = source.random() < 0.5
                if not women or not men:
                    break
                children.append(Person((women if woman else men).pop(), woman, couple))
        people += children
        parents = []
        for child in children:
            if generation < generations - 1 and women and men and source.random() < 0.75:
                spouse = Person((men if child.woman else women).pop(), not child.woman, None)
                people.append(spouse)
                couple = (child.name, spouse.name) if child.woman else (spouse.name, child.name)
                couples.append(couple)
                parents.append(couple)
    return people, couples


def _family_facts(people: Sequence[Person], couples: Sequence[tuple[str, str]], source: Random) -> str:
    facts = [source.choice(("{0} and {1} are married.", "{0} is the wife of {1}.")).format(*pair) for pair in couples]
    for mother, father in couples:
        for child in (p for p in people if p.parents == (mother, father)):
            kind = "daughter" if child.woman else "son"
            facts.append(
                source.choice(
                    (
                        f"{child.name} is a {kind} of {mother} and {father}.",
                        f"{mother} and {father} have a {kind} called {child.name}.",
                    )
                )
            )
    source.shuffle(facts)
    return "This is all there is to say of a family. " + " ".join(facts) + " There are no other children in it."


def _by_chain(
    people: Sequence[Person], level: int, words: Sequence[str], source: Random
) -> tuple[str, str, str] | None:
    """A chain like "the mother of the father of X", whom it means, and whom a search backwards finds."""
    by_name = {p.name: p for p in people}
    start = source.choice(people)
    chain = [source.choice(words) for _ in range(level if level < 3 else 4)]
    at: str | None = start.name
    visited = [start.name]
    for word in chain:
        at = _step(word, by_name[at], people) if at else None
        visited.append(at or "")
    if at is None or len(set(visited)) < len(visited):
        return None
    text = start.name
    for word in chain:
        text = f"the {word} of {text}"
    # Backwards: of all people, who can be reached from someone who can be reached ... from the start?
    reachable = {start.name}
    for word in chain:
        reachable = {p.name for p in people if any(_step(word, by_name[r], people) == p.name for r in reachable)}
    (second,) = reachable
    return text, at, second


def _step(word: str, person: Person, people: Sequence[Person]) -> str | None:
    if word in ("mother", "father"):
        return person.parents[word == "father"] if person.parents else None
    wanted = [
        p.name
        for p in people
        if person.parents and p.parents == person.parents and p is not person and p.woman == ("sister" in word)
    ]
    return wanted[0] if len(wanted) == 1 else None


def _relatives(name: str, relation: str, people: Sequence[Person]) -> int:
    by_name = {p.name: p for p in people}
    children = {p.name: [c for c in people if c.parents and p.name in c.parents] for p in people}
    person = by_name[name]
    siblings = [p for p in people if p.parents and p.parents == person.parents and p is not person]
    if relation == "grandchildren":
        return len({g.name for c in children[name] for g in children[c.name]})
    if relation in ("nephews", "nieces"):
        return len({c.name for s in siblings for c in children[s.name] if c.woman == (relation == "nieces")})
    parents = [by_name[p] for p in person.parents or ()]
    uncles = {p for parent in parents for p in people if p.parents and p.parents == parent.parents and p is not parent}
    return len({c.name for u in uncles for c in children[u.name]})


def _by_matrices(name: str, relation: str, people: Sequence[Person]) -> int:
    """The same from the pairs (parent, child) alone, composed as relations."""
    down = {(parent, p.name) for p in people for parent in p.parents or ()}
    up = {(child, parent) for parent, child in down}
    women = {p.name for p in people if p.woman}
    sibling = {(a, b) for a, b in _composed(up, down) if a != b}
    table = {
        "grandchildren": _composed(down, down),
        "nephews": {(a, b) for a, b in _composed(sibling, down) if b not in women},
        "nieces": {(a, b) for a, b in _composed(sibling, down) if b in women},
        "first cousins": _composed(_composed(up, sibling), down),
    }
    return sum(a == name for a, _ in table[relation])


def _composed(first: set[tuple[str, str]], second: set[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(a, d) for a, b in first for c, d in second if b == c}


# ---- sets: what follows from all, no and some

_KINDS = ("all", "no", "some", "not")
_NONSENSE = ("blims", "drocks", "fendles", "gorps", "quimbies", "snarvs", "tolligs", "wexes")
_PLAIN = ("singers", "swimmers", "teachers", "gardeners", "climbers", "bakers", "painters", "runners")


@dataclass(frozen=True, slots=True)
class Saying:
    """All a are b, no a are b, some a are b, or some a are not b."""

    kind: str
    a: int
    b: int

    def text(self, names: Sequence[str]) -> str:
        forms = {
            "all": "All {} are {}.",
            "no": "No {} are {}.",
            "some": "Some {} are {}.",
            "not": "Some {} are not {}.",
        }
        return forms[self.kind].format(names[self.a], names[self.b])

    def true_of(self, kinds: Sequence[tuple[bool, ...]]) -> bool:
        """Whether it holds where individuals of exactly these kinds (which sets they are in) exist."""
        both = any(kind[self.a] and kind[self.b] for kind in kinds)
        only = any(kind[self.a] and not kind[self.b] for kind in kinds)
        return {"all": not only, "no": not both, "some": both, "not": only}[self.kind]


def sets(level: int, source: Random) -> Problem:
    """Which of four sayings follows. Every set has members; decided by looking for counter-examples, two ways."""
    n, premises, steps = {1: (3, 2, 2), 2: (3, 2, 2), 3: (4, 3, 2), 4: (5, 4, 3), 5: (6, 6, 4)}[level]
    kinds = _KINDS[:2] if level == 1 else _KINDS
    while True:
        names = source.sample(_PLAIN if level < 3 else _NONSENSE, n)
        given = _linked(source.sample(range(n), steps + 1), source) if level > 3 else []
        given += [Saying(source.choice(kinds), *source.sample(range(n), 2)) for _ in range(premises - len(given))]
        source.shuffle(given)
        pairs = [Saying(kind, a, b) for kind in _KINDS for a, b in permutations(range(n), 2)]
        pairs = [p for p in pairs if (p.a, p.b) not in [(g.a, g.b) for g in given] + [(g.b, g.a) for g in given]]
        if len({(min(g.a, g.b), max(g.a, g.b)) for g in given}) < premises or not possible(n, given):
            continue
        pairs = [p for p in pairs if p.a < p.b or p.kind in ("all", "not")]  # the other two read the same either way
        follows = [p for p in pairs if entailed(n, given, p)]
        others = [p for p in pairs if p not in follows]
        # Later levels want conclusions that need several of the premises at once.
        follows = [p for p in follows if not any(entailed(n, some, p) for some in combinations(given, steps - 1))]
        if follows and len(others) > 2:
            right, wrong = source.choice(follows), source.sample(others, 3)
            break
    options = [s.text(names) for s in (right, *wrong)]
    second = [s for s in (right, *wrong) if _no_counterexample(n, given, s)]
    listed = "\n".join(f"- {g.text(names)}" for g in given)
    prompt = (
        f"Suppose that there are some {', some '.join(names)}, and that all of this is true:\n\n{listed}\n\n"
        "Which one of the following must then be true as well?"
    )
    return Problem(
        prompt, options[0], " / ".join(s.text(names) for s in second), "choice", "X is the letter", tuple(options)
    )


def _linked(chain: Sequence[int], source: Random) -> list[Saying]:
    """All a are b, all b are c ...; in half of the cases with some at its beginning, in half with no at its end."""
    links = [Saying("all", a, b) for a, b in pairwise(chain)]
    if source.random() < 0.5:
        links[0] = Saying("some", links[0].a, links[0].b)
    if source.random() < 0.5:
        links[-1] = Saying("no", links[-1].a, links[-1].b)
    return links


def _allowed(n: int, given: Sequence[Saying]) -> list[tuple[bool, ...]]:
    """The kinds of individual that the universal ones of the sayings leave."""
    return _left(n, tuple(g for g in given if g.kind in ("all", "no")))


@lru_cache(maxsize=256)
def _left(n: int, universal: tuple[Saying, ...]) -> list[tuple[bool, ...]]:
    return [kind for kind in product((False, True), repeat=n) if all(g.true_of([kind]) for g in universal)]


def possible(n: int, given: Sequence[Saying]) -> bool:
    """Whether all can hold with no set empty: then they do where every allowed kind exists."""
    kinds = _allowed(n, given)
    return all(g.true_of(kinds) for g in given) and all(any(kind[i] for kind in kinds) for i in range(n))


def entailed(n: int, given: Sequence[Saying], saying: Saying) -> bool:
    """Whether no world makes the given true and the saying false.

    A universal saying fails as soon as one allowed kind breaks it. An existential one fails where each thing that must
    exist (by a "some", and one member per set) can be of a kind that is no instance of it.
    """
    kinds = _allowed(n, given)
    if saying.kind in ("all", "no"):
        return all(saying.true_of([kind]) for kind in kinds)
    demands = [[k for k in kinds if g.true_of([k])] for g in given if g.kind in ("some", "not")]
    demands += [[k for k in kinds if k[i]] for i in range(n)]
    return any(all(saying.true_of([k]) for k in demand) for demand in demands)


def _no_counterexample(n: int, given: Sequence[Saying], saying: Saying) -> bool:
    """The same by building worlds: the largest one, and all that leave out the instances of an existential saying."""
    negation = {"all": "not", "no": "some", "some": "no", "not": "all"}[saying.kind]
    return not possible(n, [*given, Saying(negation, saying.a, saying.b)])
