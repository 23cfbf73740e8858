"""Items that need no call: the answer is in what was said, or anybody can work it out."""

from __future__ import annotations

import itertools
from random import Random
from typing import Any

from generators.tools_task import N_OFFERED, NUMBER, ToolTask, answer_is, call, ending, offer
from generators.tools_words import (
    CITIES,
    MONEY,
    PLAIN_GOODS,
    TITLES,
    cities,
    clock,
    contacts,
    events,
    number_word,
    people,
    today,
)

_NO_CALLS = {"no_calls": True}
_NAME = ending("N is the name")


def _told(
    text: str, tools: tuple[str, ...], value: Any, world: dict[str, Any] | None = None, form: str = NUMBER, **more: Any
) -> ToolTask:
    return ToolTask(text + form, tools, world or {}, [answer_is(value)], _NO_CALLS, value=value, **more)


def none_sum(level: int, source: Random) -> ToolTask:
    a, b, c = source.randint(12, 60), source.randint(3, 9), source.randint(11, 99)
    who = source.choice(("A baker", "A gardener", "My aunt", "The club"))
    said, value = {
        1: (f"What is {a} plus {c}?", a + c),
        2: (f"{who} has {a} boxes with {b} jars in each. How many jars are that?", a * b),
        3: (
            f"{who} had {a * b} cards and gave {b} friends the same number of cards each, until none were left. How many did each friend get?",
            a,
        ),
        4: (
            f"{who} buys {b} tickets at {a} euros each and pays with {b * a + c} euros. How many euros are given back?",
            c,
        ),
        5: (
            f"{who} sells {a} pots at {b} euros each and pays {c} euros for the stall. How many euros are left?",
            a * b - c,
        ),
    }[level]
    return _told(said, offer(source, N_OFFERED[level]), value)


def none_text(level: int, source: Random) -> ToolTask:
    n = 2 + level
    names, titles = people(source, n), source.sample(TITLES, n)
    rooms = source.sample(range(101, 140), n)
    lines = "\n".join(f"- {title}: room {room}, {name}" for title, room, name in zip(titles, rooms, names, strict=True))
    at = source.randrange(n)
    asked = source.choice(("In which room is", "What is the number of the room of"))
    world = {"events": events(source, titles[:2], [today(source)])}
    return _told(
        f'This is the notice on the door:\n\n{lines}\n\nGoing by the notice alone: {asked} "{titles[at]}"?',
        offer(source, N_OFFERED[level], "find_events"),
        rooms[at],
        world,
    )


def none_rate(level: int, source: Random) -> ToolTask:
    rate, amount = source.choice((2, 3, 4, 5, 8)) + (0 if level < 3 else 1), source.randint(4, 40) * 5
    money = source.choice([one for one in MONEY if one != "EUR"])
    text = source.choice(
        (
            f"Suppose that one euro were {rate} {MONEY[money]}. How many {MONEY[money]} would {amount} euros be then?",
            f"In a story, a euro is worth {rate} {MONEY[money]}. How many {MONEY[money]} does somebody get for {amount} euros in that story?",
        )
    )
    value = rate * amount
    if level >= 4:
        fee = source.randint(2, 9)
        text += f" Take off {fee} {MONEY[money]} for the bank."
        value -= fee
    return _told(text, offer(source, N_OFFERED[level], "convert_currency"), value)


def none_known(level: int, source: Random) -> ToolTask:
    """The answer has been looked up already, in an earlier exchange."""
    n = level + 1
    names = source.sample(CITIES, n)
    facts = cities(source, names)
    history = [
        {
            "user": source.choice(
                (
                    f"How high above the sea is {name}?",
                    f"And what about the height of {name}?",
                    f"At what height does {name} lie?",
                )
            ),
            "calls": [call("get_city", city=name)],
            "said": f"{name} lies {facts[name]['height_m']} m above the sea.",
        }
        for name in names
    ]
    city = source.choice(names)
    text = source.choice(
        (
            f"You told me the height of {city} a moment ago, I have only forgotten it. How many metres was it? You need not look it up again.",
            f"Without looking anything up again: how many metres above the sea did you say {city} lies?",
        )
    )
    return _told(
        text, offer(source, N_OFFERED[level], "get_city"), facts[city]["height_m"], {"cities": facts}, history=history
    )


def none_quoted(level: int, source: Random) -> ToolTask:
    names = people(source, 1 + level)
    mails = [
        f'{name} wrote: "I bring {source.randint(2, 9)} x {good}."'
        for name, good in zip(names, source.sample(PLAIN_GOODS, len(names)), strict=True)
    ]
    value = sum(int(text.split("I bring ")[1].split(" x ")[0]) for text in mails)
    text = (
        "These are all the mails about the party:\n\n"
        + "\n".join(mails)
        + "\n\n"
        + source.choice(
            ("How many things are they bringing altogether?", "What do the numbers in these mails add up to?")
        )
    )
    return _told(text, offer(source, N_OFFERED[level], "list_mails", "read_mail"), value, {"mails": {}})


def none_order(level: int, source: Random) -> ToolTask:
    names = [name.split(" ")[0] for name in people(source, 2 + level)]
    said = ". ".join(f"{first} is older than {second}" for first, second in itertools.pairwise(names))
    oldest = source.random() < 0.5
    text = f"{said}. Who is the {'oldest' if oldest else 'youngest'} of them?"
    return _told(
        text,
        offer(source, N_OFFERED[level], "find_contact"),
        names[0] if oldest else names[-1],
        {"contacts": contacts(people(source, 3), source)},
        _NAME,
    )


def none_plan(level: int, source: Random) -> ToolTask:
    (_, start), n = clock(1, source), source.randint(2, 3 + level)
    hour, minute = map(int, start.split(":"))
    each = source.choice((5, 10, 20))
    end = hour * 60 + minute + n * each
    value = n * each
    text = source.choice(
        (
            f"I am only thinking aloud, so do not put anything into my calendar: a talk that begins at {start} has {number_word(n)} parts of {each} minutes each. How many minutes does it take?",
            f"No need to plan anything yet. If {number_word(n)} speakers have {each} minutes each and the first begins at {start}, how many minutes do they take together?",
        )
    )
    if level >= 3:
        text = text.replace("How many minutes does it take?", "At what minute past the hour does it end?").replace(
            "how many minutes do they take together?", "at what minute past the hour does the last one end?"
        )
        value = end % 60
    return _told(text, offer(source, N_OFFERED[level], "create_event"), value)


NONE = {
    "sum": none_sum,
    "text": none_text,
    "rate": none_rate,
    "known": none_known,
    "quoted": none_quoted,
    "order": none_order,
    "plan": none_plan,
}
