"""Reasoning, first half: calendar, moves, truth values, string rules, timetables. All followed step by step."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from itertools import permutations, product
from random import Random

from generators.problem import Problem

# ---- calendar: datetime on one side, day counting by rule on the other

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January February March April May June July August September October November December"
).split()  # fmt: skip
_WEEKDAY = "D is the day of the week"


def calendar(level: int, source: Random) -> Problem:
    """Days of the week, days between dates, and how often a weekday falls on a date, in the Gregorian calendar."""
    if level == 1:
        today, days = source.randrange(7), source.randrange(9, 32)
        prompt = f"Today is {_WEEKDAYS[today]}. Which day of the week will it be {days} days from today?"
        counted = today
        for _ in range(days):
            counted = 0 if counted == 6 else counted + 1
        return _named(prompt, _WEEKDAYS[(today + days) % 7], _WEEKDAYS[counted])
    start = date(source.randrange(1995, 2030), source.randrange(1, 13), source.randrange(1, 28))
    if level == 2:
        days = source.randrange(40, 160)
        end = start + timedelta(days)
        prompt = f"Which date is {days} days after {_said(start)}? Write it as YYYY-MM-DD."
        return Problem(
            prompt, end.isoformat(), _from_number(_day_number(start) + days), "exact", "D is the date as YYYY-MM-DD"
        )
    if level == 3:
        end = date(start.year + source.randrange(2, 6), source.randrange(1, 13), source.randrange(1, 28))
        prompt = (
            f"How many days after {_said(start)} is {_said(end)}? (The day after a date is 1 day after it. "
            "Mind the leap years.)"
        )
        return Problem(prompt, str((end - start).days), str(_day_number(end) - _day_number(start)))
    if level == 4:
        end = date(start.year + source.randrange(60, 180), source.randrange(1, 13), source.randrange(1, 28))
        prompt = f"{_said(start)} is a {_WEEKDAYS[start.weekday()]}. Which day of the week is {_said(end)}?"
        return _named(prompt, _WEEKDAYS[end.weekday()], _WEEKDAYS[(_day_number(end) + 2) % 7])
    first, span, weekday = source.randrange(1975, 2015), source.randrange(7, 13), source.randrange(7)
    day = source.choice((13, 29, 30, 31))
    last = first + span
    anchor = date(first, 1, 1)
    prompt = (
        f"1 January {first} was a {_WEEKDAYS[anchor.weekday()]}. How many months from January {first} to December "
        f"{last}, both included, have a day number {day} that is a {_WEEKDAYS[weekday]}?"
    )
    months = list(product(range(first, last + 1), range(1, 13)))
    answer = sum(day <= monthrange(y, m)[1] and date(y, m, day).weekday() == weekday for y, m in months)
    number, second = _day_number(anchor), 0
    while _from_number(number) < f"{last + 1}-01-01":
        second += _from_number(number).endswith(f"-{day}") and (number + 2) % 7 == weekday
        number += 1
    return Problem(prompt, str(answer), str(second))


def _named(prompt: str, answer: str, second: str) -> Problem:
    return Problem(prompt, answer, second, "exact", _WEEKDAY, extra={"compare": "ignore_case"})


def _said(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _day_number(day: date) -> int:
    """Days since 1 March of year 0, counted by the rule of leap years alone; day 0 was a Wednesday."""
    year, month = (day.year, day.month - 3) if day.month > 2 else (day.year - 1, day.month + 9)
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + day.day - 1


def _from_number(number: int) -> str:
    """The date of a day number: step by step from a guess that is never too late."""
    year = number // 366
    while _day_number(date(year + 1, 3, 1)) <= number:
        year += 1
    month = 0
    while month < 11 and _month_start(year, month + 1) <= number:
        month += 1
    day = number - _month_start(year, month) + 1
    year, month = (year, month + 3) if month < 10 else (year + 1, month - 9)
    return f"{year}-{month:02}-{day:02}"


def _month_start(year: int, month: int) -> int:
    return _day_number(date(year, month + 3, 1) if month < 10 else date(year + 1, month - 9, 1))


# ---- moves: swaps of hidden things, and walks; the second way goes backwards or adds up vectors

_THINGS = ("coin", "ring", "button", "marble", "key", "shell", "bean", "stamp")
_COLOURS = ("red", "blue", "green", "yellow", "white", "black", "brown", "grey")


def moves(level: int, source: Random) -> Problem:
    """Swaps of what boxes hold (levels 1, 2, 4, 5) and a walk on a grid (level 3). Levels by number of steps."""
    if level == 3:
        return _walk(source, source.randrange(9, 13))
    boxes, steps = {1: (3, 3), 2: (4, 6), 4: (6, 22), 5: (8, 45)}[level]
    colours, things = list(_COLOURS[:boxes]), source.sample(_THINGS, boxes)
    place = dict(zip(colours, things, strict=True))
    sentences, done = [], []
    for _ in range(steps):
        if level > 3 and source.random() < 0.4:
            cycle = source.sample(colours, 3)
            sentences.append(
                f"The contents of three boxes move at once: from {cycle[0]} to {cycle[1]}, from {cycle[1]} to {cycle[2]}, "
                f"and from {cycle[2]} to {cycle[0]}."
            )
        else:
            cycle = source.sample(colours, 2)
            sentences.append(f"The contents of the {cycle[0]} box and the {cycle[1]} box are swapped.")
        done.append(cycle)
        place |= {cycle[(i + 1) % len(cycle)]: place[c] for i, c in enumerate(cycle)}
    colour = source.choice([c for cycle in done for c in cycle])
    at = colour
    for cycle in reversed(done):
        at = cycle[cycle.index(at) - 1] if at in cycle else at
    filled = ", ".join(f"the {c} box holds a {t}" for c, t in zip(colours, things, strict=True))
    listed = "\n".join(f"{i}. {s}" for i, s in enumerate(sentences, 1))
    prompt = f"At first {filled}. Then this happens:\n\n{listed}\n\nWhat is in the {colour} box at the end?"
    second = things[colours.index(at)]
    return Problem(prompt, place[colour], second, "exact", "T is the thing, in one word", extra=_THING)


_THING = {"compare": "ignore_case"}


def _walk(source: Random, steps: int) -> Problem:
    """A walk with turns; by direction names, and by complex numbers. Asked for is the way home in steps."""
    headings = ("north", "east", "south", "west")
    heading, x, y = source.randrange(4), 0, 0
    position, direction = 0j, (1j, 1 + 0j, -1j, -1 + 0j)[heading]
    first = headings[heading]
    sentences = []
    for i in range(steps):
        turn, length = source.choice(("left", "right", "round")), source.randrange(2, 10)
        if i:
            heading = (heading + {"left": 3, "right": 1, "round": 2}[turn]) % 4
            direction *= {"left": 1j, "right": -1j, "round": -1}[turn]
            said = "Turn round" if turn == "round" else f"Turn {turn}"
            sentences.append(f"{said} and walk {length} steps.")
        else:
            sentences.append(f"Walk {length} steps.")
        x += {"east": length, "west": -length}.get(headings[heading], 0)
        y += {"north": length, "south": -length}.get(headings[heading], 0)
        position += direction * length
    prompt = (
        f"You stand on a square grid and face {first}. {' '.join(sentences)} Walking only along the grid (north, south, "
        "east, west), how many steps at least is it back to where you began? (To turn round is to turn by 180 degrees.)"
    )
    return Problem(prompt, str(abs(x) + abs(y)), str(int(abs(position.real) + abs(position.imag))))


# ---- truth values

Formula = tuple[str, "Formula", "Formula"] | tuple[str, "Formula"] | str
_CONNECTIVES: Mapping[str, Callable[[bool, bool], bool]] = {
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "implies": lambda a, b: not a or b,
    "xor": lambda a, b: a != b,
}


def truth(level: int, source: Random) -> Problem:
    """How many statements are true (1, 2), or under how many assignments a formula is (3 to 5)."""
    if level < 3:
        names, count, parts = "PQR", 4, level + 2
        values = {name: source.random() < 0.5 for name in names}
        formulas = [_formula(names, parts, ("and", "or"), source) for _ in range(count)]
        known = ", ".join(f"{name} is {'true' if value else 'false'}" for name, value in values.items())
        lines = "\n".join(f"{i}. {_written(f)}" for i, f in enumerate(formulas, 1))
        prompt = f"Suppose {known}. How many of these four statements are true?\n\n{lines}"
        second = sum(_evaluated(_written(f), values) for f in formulas)
        return Problem(prompt, str(sum(_holds(f, values) for f in formulas)), str(second))
    names, parts = {3: ("PQR", 5), 4: ("PQRS", 8), 5: ("PQRSTU", 14)}[level]
    while True:
        formula = _formula(names, parts, tuple(_CONNECTIVES), source)
        text = _written(formula)
        rows = [dict(zip(names, row, strict=True)) for row in product((False, True), repeat=len(names))]
        answer = sum(_holds(formula, row) for row in rows)
        if set(names) <= set(text) and 0 < answer < len(rows):
            break
    prompt = (
        f"Each of {', '.join(names)} is true or false, which gives {len(rows)} assignments. Under how many of them is "
        f"this formula true?\n\n{text}\n\n(A implies B is false only where A is true and B is false; A xor B is true "
        "where exactly one of them is; A or B is true where at least one is.)"
    )
    return Problem(prompt, str(answer), str(sum(_evaluated(text, row) for row in rows)))


def _formula(names: str, parts: int, connectives: Sequence[str], source: Random) -> Formula:
    if parts == 1:
        name = source.choice(names)
        return ("not", name) if source.random() < 0.3 else name
    left = source.randint(1, parts - 1)
    a = _formula(names, left, connectives, source)
    b = _formula(names, parts - left, connectives, source)
    both: Formula = (source.choice(connectives), a, b)
    return ("not", both) if source.random() < 0.15 else both


def _written(formula: Formula, outer: bool = True) -> str:
    if isinstance(formula, str):
        return formula
    if len(formula) == 2:
        return f"not {_written(formula[1], outer=False)}"
    text = f"{_written(formula[1], outer=False)} {formula[0]} {_written(formula[2], outer=False)}"
    return text if outer else f"({text})"


def _holds(formula: Formula, values: Mapping[str, bool]) -> bool:
    if isinstance(formula, str):
        return values[formula]
    if len(formula) == 2:
        return not _holds(formula[1], values)
    return _CONNECTIVES[formula[0]](_holds(formula[1], values), _holds(formula[2], values))


def _evaluated(text: str, values: Mapping[str, bool]) -> bool:
    """A written formula's value: brackets are replaced by their values from the inside, with 0 and 1 as numbers."""
    for name, value in values.items():
        text = text.replace(name, str(int(value)))
    while len(text) > 1:
        before = text
        for a, b in product("01", repeat=2):
            x, y = int(a), int(b)
            results = {"and": x * y, "or": max(x, y), "implies": max(1 - x, y), "xor": (x + y) % 2}
            for word, result in results.items():
                text = text.replace(f"({a} {word} {b})", str(result))
                if text == f"{a} {word} {b}":
                    text = str(result)
        text = text.replace("not 0", "1").replace("not 1", "0")
        if text == before:
            raise ValueError(text)
    return text == "1"


# ---- string rules: the first rule that applies is applied at the leftmost place, a given number of times


def rewriting(level: int, source: Random) -> Problem:
    """Ordered rules on a string. Levels by length, rules and steps; solved again by comparing letter by letter."""
    letters, length, rules, steps = {
        1: ("AB", 4, 1, 2),
        2: ("AB", 6, 2, 4),
        3: ("ABC", 7, 3, 8),
        4: ("ABC", 9, 3, 16),
        5: ("ABCD", 10, 4, 30),
    }[level]
    while True:
        text = "".join(source.choice(letters) for _ in range(length))
        lefts = source.sample(["".join(pair) for pair in product(letters, repeat=2)], rules)
        table = [(left, "".join(source.choice(letters) for _ in range(source.choice((1, 2, 2, 3))))) for left in lefts]
        end = _rewritten(text, table, steps)
        fired = {rule for _, rule in _history(text, table, steps)}
        if end is not None and len(fired) == rules and 2 < len(end) < 24 and all(a != b for a, b in table):
            break
    listed = "\n".join(f"{i}. {left} becomes {right}" for i, (left, right) in enumerate(table, 1))
    times = "once" if steps == 1 else f"{steps} times"
    prompt = (
        f"Start with the string {text} and do this {times} in a row: take the first rule in the list whose left side "
        f"occurs in the string, and replace only its leftmost occurrence.\n\n{listed}\n\nWhich string results?"
    )
    last = _history(text, table, steps)[-1][0]
    return Problem(prompt, end, last, "exact", "S is the string", extra={"compare": "ignore_case"})


def _rewritten(text: str, table: Sequence[tuple[str, str]], steps: int) -> str | None:
    """The string after so many steps; None if no rule applies before."""
    for _ in range(steps):
        for left, right in table:
            if left in text:
                text = text.replace(left, right, 1)
                break
        else:
            return None
    return text


def _history(text: str, table: Sequence[tuple[str, str]], steps: int) -> list[tuple[str, int]]:
    """Each string with the rule that made it, letter by letter."""
    result: list[tuple[str, int]] = []
    for _ in range(steps):
        places = [
            (number, at)
            for number, (left, _) in enumerate(table)
            for at in range(len(text) - 1)
            if text[at] == left[0] and text[at + 1] == left[1]
        ]
        if not places:
            break
        number, at = min(places)
        text = text[:at] + table[number][1] + text[at + 2 :]
        result.append((text, number))
    return result or [("", -1)]


# ---- timetables

_TASKS = ("A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L")


def timetable(level: int, source: Random) -> Problem:
    """When it ends, how long a project takes, how much slack a task has, and the best choice of jobs."""
    if level == 1:
        start, first, pause, second = (source.randrange(*r) for r in ((10, 15), (25, 95), (5, 25), (25, 95)))
        prompt = (
            f"A lesson begins at {start}:00 and lasts {first} minutes. After a break of {pause} minutes comes a second "
            f"lesson of {second} minutes. At what time does it end? Write the time as HH:MM on a 24-hour clock."
        )
        end = start * 60 + first + pause + second
        clock = [start, 0]
        for _ in range(first + pause + second):
            clock = [clock[0] + 1, 0] if clock[1] == 59 else [clock[0], clock[1] + 1]
        form = "T is the time as HH:MM"
        return Problem(prompt, f"{end // 60:02}:{end % 60:02}", f"{clock[0]:02}:{clock[1]:02}", "exact", form)
    if level == 5:
        return _best_jobs(source)
    count = {2: 4, 3: 7, 4: 10}[level]
    tasks = _TASKS[:count]
    while True:
        days = {task: source.randrange(1, 10) for task in tasks}
        before = {
            task: sorted(source.sample(tasks[:i], min(i, source.choice((1, 1, 2))))) if i > 1 or level == 2 else []
            for i, task in enumerate(tasks)
        }
        finish = _finish(days, before)
        whole = max(finish.values())
        slack = {task: _slack(task, days, before) for task in tasks}
        wanted = source.choice(tasks)
        if len(set(finish.values())) > 2 and (level < 4 or slack[wanted] > 1):
            break
    order = list(tasks)
    source.shuffle(order)
    lines = "\n".join(
        f"- {task} takes {_days(days[task])}"
        + (f" and can only begin when {' and '.join(before[task])} {'is' if len(before[task]) == 1 else 'are'} done"
           if before[task] else " and can begin at once")
        for task in order
    )  # fmt: skip
    prompt = (
        f"A project has {count} tasks. Tasks that do not wait for one another can run at the same time.\n\n{lines}\n\n"
    )
    if level < 4:
        prompt += "What is the least number of days in which the whole project can be finished?"
        return Problem(prompt, str(whole), str(_longest_chain(days, before)))
    prompt += (
        f"Each task begins as early as it can. By how many days at most could {wanted} alone take longer without the "
        "whole project ending later?"
    )
    # Again: the longest chain through the task, against the longest of all.
    through = _longest_through(wanted, days, before)
    return Problem(prompt, str(slack[wanted]), str(_longest_chain(days, before) - through))


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _finish(days: Mapping[str, int], before: Mapping[str, Sequence[str]]) -> dict[str, int]:
    finish: dict[str, int] = {}
    for task in days:
        finish[task] = days[task] + max((finish[b] for b in before[task]), default=0)
    return finish


def _slack(task: str, days: Mapping[str, int], before: Mapping[str, Sequence[str]]) -> int:
    """By trying: longer by one day after the other until the end moves."""
    whole, extra = max(_finish(days, before).values()), 0
    while max(_finish({**days, task: days[task] + extra + 1}, before).values()) == whole:
        extra += 1
    return extra


def _chains(days: Mapping[str, int], before: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    chains: list[tuple[str, ...]] = [(task,) for task in days]
    for chain in chains:
        chains.extend((b, *chain) for b in before[chain[0]])
    return chains


def _longest_chain(days: Mapping[str, int], before: Mapping[str, Sequence[str]]) -> int:
    return max(sum(days[task] for task in chain) for chain in _chains(days, before))


def _longest_through(task: str, days: Mapping[str, int], before: Mapping[str, Sequence[str]]) -> int:
    return max(sum(days[t] for t in chain) for chain in _chains(days, before) if task in chain)


def _best_jobs(source: Random) -> Problem:
    """Jobs with deadlines on one machine that never stops: which order leaves the least total delay?"""
    count = 7
    jobs = [(source.randrange(2, 10), source.randrange(6, 34)) for _ in range(count)]
    best = min(_delay(order) for order in permutations(jobs))
    # Again: a table over the sets of finished jobs.
    table = {0: 0}
    for done in range(1, 2**count):
        ends = sum(length for i, (length, _) in enumerate(jobs) if done >> i & 1)
        table[done] = min(
            table[done & ~(1 << i)] + max(0, ends - due) for i, (_, due) in enumerate(jobs) if done >> i & 1
        )
    lines = "\n".join(
        f"- {name}: {length} hours of work, due at hour {due}"
        for name, (length, due) in zip(_TASKS, jobs, strict=False)
    )
    prompt = (
        f"One machine does {count} jobs one after the other without a break, beginning at hour 0. A job that is finished "
        "after the hour at which it is due is late by the hours between; one that is finished in time has a delay of 0."
        f"\n\n{lines}\n\nThe order of the jobs is free. What is the least possible sum of the delays, in hours?"
    )
    return Problem(prompt, str(best), str(table[2**count - 1]))


def _delay(order: Sequence[tuple[int, int]]) -> int:
    clock, total = 0, 0
    for length, due in order:
        clock += length
        total += max(0, clock - due)
    return total
