"""Reasoning by rule: sets, truth tables, dates, moves, rewriting and timetables."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import accumulate, permutations, product

from tests.evals.solvers.reading import Rule, asked, by_form, form_of, listed, only, parts, read

Kind = frozenset[str]
"""The people who are of exactly these groups."""
Law = Callable[[Kind], bool]


def _of(*groups: str) -> Law:
    return lambda kind: kind.issuperset(groups)


def _but(group: str, without: str) -> Law:
    return lambda kind: group in kind and without not in kind


# What a sentence says: whether there are people of some kind, and which kind.
_SETS: dict[str, Rule] = {
    r"All (\w+) are (\w+)\.": lambda a, b: (False, _but(a, b)),
    r"No (\w+) are (\w+)\.": lambda a, b: (False, _of(a, b)),
    r"Some (\w+) are (\w+)\.": lambda a, b: (True, _of(a, b)),
    r"Some (\w+) are not (\w+)\.": lambda a, b: (True, _but(a, b)),
}


def sets(text: str) -> str:
    """The letter of what follows from sentences about groups.

    It follows if the sentences and its contrary cannot be true at once. They can if everybody whom no sentence excludes
    is there, and then for each sentence that wants somebody there is somebody: more people never make it false.
    """
    form = (
        r"Suppose that there are (some [\w, ]+), and that all of this is true:\n\n(.*)\n\n"
        r"Which one of the following must then be true as well\?\n\n(.*)"
    )
    groups, said, options = parts(asked(text), form)
    names = [group.removeprefix("some ") for group in groups.split(", ")]
    kinds = [
        frozenset(name for name, there in zip(names, row, strict=True) if there)
        for row in product((0, 1), repeat=len(names))
    ]
    told: list[tuple[bool, Law]] = [(True, _of(name)) for name in names]
    told += [read(line, _SETS) for (line,) in listed(said)]

    def possible(sayings: Sequence[tuple[bool, Law]]) -> bool:
        excluded = [law for wanted, law in sayings if not wanted]
        people = [kind for kind in kinds if not any(law(kind) for law in excluded)]
        return all(any(map(law, people)) for wanted, law in sayings if wanted)

    assert possible(told)
    claims: dict[str, tuple[bool, Law]] = {
        letter: read(claim, _SETS) for letter, claim in listed(options, r"([A-D])\. (.*)")
    }
    return only(letter for letter, (wanted, law) in claims.items() if not possible([*told, (not wanted, law)]))


_JOINED: dict[str, Callable[[bool, bool], bool]] = {
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "xor": lambda a, b: a != b,
    "implies": lambda a, b: b or not a,
}


def _value(words: list[str], values: Mapping[str, bool]) -> bool:
    """The value of the formula that the words begin with; takes its words away. Two are joined by one word only, so
    that all but "not", which belongs to what follows it at once, is in brackets."""
    left = _part(words, values)
    if words and words[0] in _JOINED:
        join = _JOINED[words.pop(0)]
        return join(left, _part(words, values))
    return left


def _part(words: list[str], values: Mapping[str, bool]) -> bool:
    word = words.pop(0)
    if word == "not":
        return not _part(words, values)
    if word == "(":
        value = _value(words, values)
        assert words.pop(0) == ")"
        return value
    return values[word]


def _is_true(formula: str, values: Mapping[str, bool]) -> bool:
    words = re.findall(r"[()]|\w+", formula)
    value = _value(words, values)
    assert not words, formula
    return value


def _true_statements(given: str, statements: str) -> int:
    said = [parts(part, r"(\w) is (true|false)") for part in given.split(", ")]
    values = {letter: value == "true" for letter, value in said}
    formulas = [formula for (formula,) in listed(statements, r"\d\. (.*)")]
    assert len(formulas) == 4
    return sum(_is_true(formula, values) for formula in formulas)


def _true_assignments(letters: str, number: int, formula: str) -> int:
    names = letters.split(", ")
    rows = [dict(zip(names, row, strict=True)) for row in product((False, True), repeat=len(names))]
    assert len(rows) == number
    return sum(_is_true(formula, row) for row in rows)


truth = by_form(
    {
        r"Suppose ([\w, ]+)\. How many of these four statements are true\?\n\n(.*)": _true_statements,
        r"Each of ([\w, ]+) is true or false, which gives (\d+) assignments\. Under how many of them is this formula "
        r"true\?\n\n([^\n]*)\n\n\(A implies B is false only where A is true and B is false; A xor B is true where "
        r"exactly one of them is; A or B is true where at least one is\.\)": _true_assignments,
    }
)

_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DATE = r"(\d+ \w+ \d{4})"


def _date(text: str) -> date:
    return datetime.strptime(text, "%d %B %Y").date()


def _day_of(text: str) -> str:
    return _WEEK[_date(text).weekday()]


def _weekday(known: str, its_day: str, wanted: str) -> str:
    assert _day_of(known) == its_day
    return _day_of(wanted)


def _months(years: tuple[int, int], number: int, day: str) -> int:
    start, end = date(years[0], 1, 1), date(years[1], 12, 31)
    days = [start + timedelta(days) for days in range((end - start).days + 1)]
    return sum(one.day == number and _WEEK[one.weekday()] == day for one in days)


calendar = by_form(
    {
        r"Today is (\w+)\. Which day of the week will it be (\d+) days from today\?": lambda day, n: _WEEK[
            (_WEEK.index(day) + n) % 7
        ],
        rf"Which date is (\d+) days after {_DATE}\? Write it as YYYY-MM-DD\.": lambda n, start: (
            _date(start) + timedelta(n)
        ).isoformat(),
        rf"How many days after {_DATE} is {_DATE}\? \(The day after a date is 1 day after it\. "
        r"Mind the leap years\.\)": lambda start, end: (_date(end) - _date(start)).days,
        rf"{_DATE} is a (\w+)\. Which day of the week is {_DATE}\?": _weekday,
        rf"{_DATE} was a (\w+)\. How many months from January (\d+) to December (\d+), both included, have a day "
        r"number (\d+) that is a (\w+)\?": lambda known, its_day, start, end, number, day: (
            _day_of(known) == its_day and _months((start, end), number, day)
        ),
    }
)


def _boxes(at_first: str, events: str, box: str) -> str:
    held: dict[str, str] = dict(parts(part, r"the (\w+) box holds a (\w+)") for part in at_first.split(", "))
    three = r"The contents of three boxes move at once: from (\w+) to (\w+), from \2 to (\w+), and from \3 to \1\."
    swap = r"The contents of the (\w+) box and the (\w+) box are swapped\."
    for (line,) in listed(events, r"\d+\. (.*)"):
        # What each box holds goes into the next one named, and what the last holds into the first.
        boxes = parts(line, form_of(line, (three, swap)))
        held |= dict(zip((*boxes[1:], boxes[0]), [held[box] for box in boxes], strict=True))
    return held[box]


_NORTH = 1j
_FACING = {"north": _NORTH, "east": 1, "south": -_NORTH, "west": -1}
_TURNS = {"right": -_NORTH, "left": _NORTH, "round": -1}


def _way_home(facing: str, first: int, turns: str) -> int:
    """Places are complex numbers: north is i, and to turn is to multiply."""
    heading = complex(_FACING[facing])
    place = first * heading
    for sentence in re.split(r"(?<=\.) ", turns):
        turn, steps = parts(sentence, r"Turn (\w+) and walk (\d+) steps\.")
        heading *= _TURNS[turn]
        place += steps * heading
    return round(abs(place.real) + abs(place.imag))


moves = by_form(
    {
        r"At first ([\w, ]+)\. Then this happens:\n\n(.*)\n\nWhat is in the (\w+) box at the end\?": _boxes,
        r"You stand on a square grid and face (\w+)\. Walk (\d+) steps\. (.*) Walking only along the grid \(north, "
        r"south, east, west\), how many steps at least is it back to where you began\? \(To turn round is to turn by "
        r"180 degrees\.\)": _way_home,
    }
)


def _rewritten(text: str, times: int, rules: str) -> str:
    pairs = listed(rules, r"\d\. (\w+) becomes (\w+)")
    for _ in range(times):
        left, right = next(pair for pair in pairs if pair[0] in text)
        text = text.replace(left, right, 1)
    return text


rewriting = by_form(
    {
        r"Start with the string (\w+) and do this (\d+) times in a row: take the first rule in the list whose left "
        r"side occurs in the string, and replace only its leftmost occurrence\.\n\n(.*)\n\nWhich string "
        r"results\?": _rewritten
    }
)


def _lessons(hour: int, minute: int, *minutes: int) -> str:
    end = hour * 60 + minute + sum(minutes)
    return f"{end // 60 % 24:02}:{end % 60:02}"


Project = tuple[dict[str, int], dict[str, list[str]]]


def _project(number: int, text: str) -> Project:
    """How long each task takes, and for which ones it waits."""
    days, before = {}, {}
    for task, length, waits in listed(text, r"- (\w) takes (\d+) days? and can (.*)"):
        days[task] = length
        before[task] = read(
            waits,
            {"begin at once": lambda: [], r"only begin when ([\w ]+) (?:is|are) done": lambda t: t.split(" and ")},
        )
    assert len(days) == number
    return days, before


def _whole(project: Project) -> int:
    days, before = project

    def end(task: str) -> int:
        return days[task] + max(map(end, before[task]), default=0)

    return max(map(end, days))


def _slack(number: int, tasks: str, task: str) -> int:
    days, before = _project(number, tasks)
    in_all = _whole((days, before))
    return next(more for more in range(in_all + 1) if _whole(({**days, task: days[task] + more + 1}, before)) > in_all)


def _least_delay(number: int, jobs: str) -> int:
    work: list[tuple[int, int]] = [
        (hours, due) for _, hours, due in listed(jobs, r"- (\w): (\d+) hours of work, due at hour (\d+)")
    ]
    assert len(work) == number
    return min(
        sum(max(end - due, 0) for end, (_, due) in zip(accumulate(hours for hours, _ in row), row, strict=True))
        for row in permutations(work)
    )


_TASKS = r"A project has (\d+) tasks\. Tasks that do not wait for one another can run at the same time\.\n\n(.*)\n\n"
timetable = by_form(
    {
        r"A lesson begins at (\d+):(\d+) and lasts (\d+) minutes\. After a break of (\d+) minutes comes a second "
        r"lesson of (\d+) minutes\. At what time does it end\? Write the time as HH:MM on a 24-hour clock\.": _lessons,
        _TASKS + r"What is the least number of days in which the whole project can be finished\?": (
            lambda number, tasks: _whole(_project(number, tasks))
        ),
        _TASKS + r"Each task begins as early as it can\. By how many days at most could (\w) alone take longer without "
        r"the whole project ending later\?": _slack,
        r"One machine does (\d+) jobs one after the other without a break, beginning at hour 0\. A job that is "
        r"finished after the hour at which it is due is late by the hours between; one that is finished in time has a "
        r"delay of 0\.\n\n(.*)\n\nThe order of the jobs is free\. What is the least possible sum of the delays, in "
        r"hours\?": _least_delay,
    }
)
