"""Items in which something is missing that only the user can tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from generators.tools_one import converted
from generators.tools_task import DONE, N_OFFERED, NUMBER, ToolTask, answer_is, call, does, offer, says
from generators.tools_words import (
    CHORES,
    CITIES,
    FOLDERS,
    GOODS,
    MONEY,
    TITLES,
    around,
    clock,
    contacts,
    listing,
    number_word,
    path,
    people,
    products,
    today,
    today_said,
    weather,
    when,
)

_FREE = ("sent.text", "reminders.text")
_RULE = "If something that a function needs was not said, ask for it. Never make up a value."


def _asked(
    text: str,
    reply: str,
    question: str,
    source: Random,
    level: int,
    *,
    steps: list[dict[str, Any]],
    world: dict[str, Any],
    not_before: list[str],
    needed: tuple[str, ...],
    now: Any = None,
    form: str = "",
    value: Any = None,
    calls: tuple[dict[str, Any], ...] = (),
) -> ToolTask:
    system = _RULE if now is None else f"{_RULE} {today_said(now)}"
    goal: dict[str, Any] = {"not_before": not_before, "free": list(_FREE)} | ({"calls": list(calls)} if calls else {})
    last = DONE if value is None else answer_is(value)
    return ToolTask(
        text,
        offer(source, N_OFFERED[level], *needed),
        world,
        [says(question), *steps, last],
        goal,
        turns=(reply + form,),
        system=system,
        value=value,
        second=None,
    )


def ask_event(level: int, source: Random) -> ToolTask:
    now = today(source)
    day, (said, start), title = when(level, now, source), clock(level, source), source.choice(TITLES)
    minutes = source.choice((30, 45, 60, 90))
    one = call("create_event", title=title, date=day.iso, start=start, minutes=minutes)
    if level < 4:
        text, reply = (
            f'Please put "{title}" into my calendar {day.said}, for {minutes} minutes.',
            source.choice((f"At {said}.", f"It begins at {said}.", f"Sorry, I forgot: at {said}.")),
        )
    else:
        text, reply = (
            f'Please put "{title}" into my calendar {day.said}.',
            f"It begins at {said} and takes {minutes} minutes.",
        )
    return _asked(
        text,
        reply,
        "At what time does it begin, and how long does it take?",
        source,
        level,
        steps=[does(one)],
        world={},
        not_before=["create_event"],
        needed=("create_event",),
        now=now,
    )


def ask_city(level: int, source: Random) -> ToolTask:
    now = today(source)
    day, names = when(level, now, source), source.sample(CITIES, 2 + level)
    table = weather(source, names, around(day.iso))
    one = call("get_weather", city=names[0], date=day.iso)
    field, what = source.choice(
        (
            ("high_c", "How warm will it get"),
            ("rain_mm", "How many mm of rain are forecast"),
            ("wind_kmh", "How many km/h will the wind have"),
        )
    )
    value = table[names[0]][day.iso][field]
    text = source.choice((f"{what} {day.said} where I am going?", f"{what} {day.said}? I will be on a business trip."))
    reply = source.choice((f"In {names[0]}.", f"I am going to {names[0]}.", f"{names[0]}, please."))
    return _asked(
        text,
        reply,
        "In which city?",
        source,
        level,
        steps=[does(one)],
        world={"weather": table},
        not_before=["get_weather"],
        needed=("get_weather",),
        now=now,
        form=NUMBER,
        value=value,
        calls=(one,),
    )


def ask_order(level: int, source: Random) -> ToolTask:
    goods = products(source, 4 + level)
    key, n = source.choice(list(goods)), source.randint(3, 11)
    one = call("place_order", product_id=key, quantity=n)
    if level < 4:
        text = source.choice(
            (f"I want to order some pieces of {key}.", f"Please order several of product {key} for the office.")
        )
        reply = source.choice((f"{number_word(n).capitalize()} of them.", f"I need {number_word(n)}.", f"Make it {n}."))
    else:
        text = source.choice(
            (
                "I would like to order something from the shop for the office.",
                "We have run out of something in the office. Please order some more of it from the shop.",
            )
        )
        reply = f"{number_word(n).capitalize()} pieces of product {key}."
    return _asked(
        text,
        reply,
        "How many pieces, and of which product?",
        source,
        level,
        steps=[does(one)],
        world={"products": goods},
        not_before=["place_order"],
        needed=("place_order",),
    )


def ask_reminder(level: int, source: Random) -> ToolTask:
    now = today(source)
    day, (said, start), chore = when(level, now, source), clock(level, source), source.choice(CHORES)
    one = call("set_reminder", text=chore, date=day.iso, time=start)
    if level < 4:
        text, reply = (
            f"Remind me to {chore} {day.said}.",
            source.choice((f"At {said}.", f"{said} would be good.".capitalize())),
        )
    else:
        text, reply = (
            f"I must be reminded to {chore} some time soon.",
            f"The reminder should come {day.said} at {said}.",
        )
    return _asked(
        text,
        reply,
        "When should the reminder come?",
        source,
        level,
        steps=[does(one)],
        world={},
        not_before=["set_reminder"],
        needed=("set_reminder",),
        now=now,
    )


def ask_who(level: int, source: Random) -> ToolTask:
    """Two people have the same first name; which is meant only the user can tell."""
    first, other, *rest = people(source, 4 + level)
    twin = f"{first.split(' ')[0]} {other.split(' ')[1]}"
    names = [first, twin, *rest]
    source.shuffle(names)
    book, subject = contacts(names, source), source.choice(TITLES)
    short, chosen = first.split(" ")[0], source.choice((first, twin))
    text = source.choice(
        (
            f'Send {short} a mail with the subject "{subject}" and say that I will call tomorrow.',
            f'Write to {short} that the photos are ready. The subject is "{subject}".',
        )
    )
    reply = source.choice((f"I mean {chosen}.", f"{chosen}, please.", f"To {chosen}."))
    steps = [does(call("send_mail", to=book[chosen]["email"], subject=subject, text="I will call tomorrow."))]
    task = _asked(
        text,
        reply,
        f"Do you mean {first} or {twin}?",
        source,
        level,
        steps=steps,
        world={"contacts": book},
        not_before=["send_mail"],
        needed=("find_contact", "send_mail"),
    )
    return replace(task, solution=[does(call("find_contact", name=short)), *task.solution])


def ask_money(level: int, source: Random) -> ToolTask:
    first, second = source.sample(list(MONEY), 2)
    amount = source.randint(3, 90) * 10 + (0 if level < 3 else 0.75)
    one = call("convert_currency", amount=amount, from_currency=first, to_currency=second)
    if level < 4:
        text = source.choice(
            (
                f"How much is {amount} {MONEY[first]} in my own money?",
                f"Please convert {amount} {MONEY[first]} to the money of the country that I am going to.",
            )
        )
        reply = source.choice((f"In {MONEY[second]}.", f"To {MONEY[second]}, please."))
    else:
        text = source.choice(
            (
                "I have some money left from a journey. What is it worth here?",
                "Somebody has paid me in foreign money. What is that in ours?",
            )
        )
        reply = f"It is {amount} {MONEY[first]}, and I want to know it in {MONEY[second]}."
    return _asked(
        text,
        reply,
        "Which currency is it to be?",
        source,
        level,
        steps=[does(one)],
        world={},
        not_before=["convert_currency"],
        needed=("convert_currency",),
        now=None,
        form=NUMBER,
        value=converted(one),
        calls=(one,),
    )


def ask_where(level: int, source: Random) -> ToolTask:
    name, good = path(source), source.choice(GOODS)
    to = f"{source.choice(('archive', 'shared', 'keep'))}/{source.choice(FOLDERS)}-{source.randint(2, 99)}.txt"
    others = {path(source): listing(source, 2) for _ in range(level)}
    one = call("move_file", path=name, to=to)
    text = (
        source.choice(
            (f"Please give the file {name} another name.", f"The file {name} should not stay where it is. Move it.")
        )
        if level < 4
        else source.choice(("One of my files has to get another name.", "Please move a file for me."))
    )
    reply = f"It is to be {to}." if level < 4 else f"It is {name}, and it is to become {to}."
    return _asked(
        text,
        reply,
        "What is the new path to be?",
        source,
        level,
        steps=[does(one)],
        world={"files": others | {name: f"{good}\n"}},
        not_before=["move_file", "delete_file", "write_file"],
        needed=("move_file",),
    )


ASK: dict[str, Callable[[int, Random], ToolTask]] = {
    "event": ask_event,
    "city": ask_city,
    "order": ask_order,
    "reminder": ask_reminder,
    "who": ask_who,
    "money": ask_money,
    "where": ask_where,
}
