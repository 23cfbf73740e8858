"""Items with several turns of the user: each asks for something, and later ones mean what came before."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from generators.tools_one import converted
from generators.tools_task import DONE, N_OFFERED, NUMBER, Step, ToolTask, Value, answer_is, call, does, offer
from generators.tools_words import (
    CITIES,
    GOODS,
    MONEY,
    TITLES,
    address,
    around,
    contacts,
    number_word,
    path,
    people,
    products,
    roads,
    spoken_day,
    today,
    weather,
)

_FREE = ("sent.text", "reminders.text")


@dataclass(frozen=True, slots=True)
class _Turn:
    """What the user says, and the calls that it takes, one step after another."""

    said: str
    calls: Sequence[dict[str, Any]]


def _task(
    turns: Sequence[_Turn],
    tools: Sequence[str],
    world: dict[str, Any],
    level: int,
    source: Random,
    *,
    value: Value | None = None,
    calls: Sequence[dict[str, Any]] = (),
) -> ToolTask:
    solution: list[Step] = []
    for turn in turns:
        solution += [*(does(one) for one in turn.calls), DONE]
    said = [turn.said for turn in turns]
    goal: dict[str, Any] = {"free": list(_FREE)}
    if value is not None:
        solution[-1] = answer_is(value)
        said[-1] += NUMBER
        # Money can be worked out from an earlier result as well, up to its rounding.
        goal |= {"calls": list(calls)} if calls else {"any_of": list(dict.fromkeys(tools)), "tolerance": 0.05}
    return ToolTask(
        said[0],
        offer(source, N_OFFERED[level], *dict.fromkeys(tools)),
        world,
        solution,
        goal,
        turns=said[1:],
        value=value,
    )


def a_date(level: int, source: Random) -> ToolTask:
    day, (first, second), name = today(source) + timedelta(days=20), source.sample(TITLES, 2), people(source, 1)[0]
    hour, mail = source.randint(9, 15), address(name, source)
    start, later = f"{hour:02d}:15", f"{hour + 1:02d}:15"
    iso, next_day = day.isoformat(), (day + timedelta(days=1)).isoformat()
    turns = [
        _Turn(
            source.choice(
                (
                    f'Please put "{first}" into my calendar on {spoken_day(day)} at {start}, for an hour.',
                    f'I have "{first}" on {spoken_day(day)} at {start}. It takes an hour: into the calendar with it, please.',
                )
            ),
            [call("create_event", title=first, date=iso, start=start, minutes=60)],
        ),
        _Turn(
            source.choice(
                (
                    "Oh, I was wrong: it begins an hour later.",
                    "Sorry, it is one hour later than I said. Please change that.",
                )
            ),
            [call("move_event", event_id="e101", date=iso, start=later)],
        ),
        _Turn(
            source.choice(
                (
                    f"{name} is coming as well. Put {mail} on the list of guests.",
                    f"Add a guest to it, please: {name}, {mail}.",
                )
            ),
            [call("add_guest", event_id="e101", email=mail)],
        ),
        _Turn(
            "Now they write that it is one day later, at the same time of day. Move it.",
            [call("move_event", event_id="e101", date=next_day, start=later)],
        ),
        _Turn(
            source.choice(
                (
                    "Set a reminder of it for 08:00 on the day on which it now takes place.",
                    "Remind me of it at 08:00 in the morning of that new day.",
                )
            ),
            [call("set_reminder", text=first, date=next_day, time="08:00")],
        ),
        _Turn(
            f'Right after it, when the hour is over, comes "{second}", for 30 minutes on the same day. Enter that too.',
            [call("create_event", title=second, date=next_day, start=f"{hour + 2:02d}:15", minutes=30)],
        ),
    ][: level + 1]
    return _task(turns, ("create_event", "move_event", "add_guest", "set_reminder"), {}, level, source)


def an_order(level: int, source: Random) -> ToolTask:
    goods = products(source, 6)
    (first, second), n = source.sample(list(goods), 2), source.randint(2, 5)
    turns = [
        _Turn(
            source.choice(
                (
                    f"Order {number_word(n)} of {first} from the shop, please.",
                    f"I would like to have {number_word(n)} pieces of {first}. Please order them.",
                )
            ),
            [call("place_order", product_id=first, quantity=n)],
        ),
        _Turn(
            source.choice((f"The same number of {second} as well, please.", f"And just as many of {second}.")),
            [call("place_order", product_id=second, quantity=n)],
        ),
        _Turn(f"I have changed my mind about {first}. Cancel that order.", [call("cancel_order", order_id="o101")]),
        _Turn(
            f"Of {second} I need one more piece. Leave the order as it is and place another one for it.",
            [call("place_order", product_id=second, quantity=1)],
        ),
        _Turn(
            f"Now I do want {first} after all, but only half as many as at first, rounded up.",
            [call("place_order", product_id=first, quantity=(n + 1) // 2)],
        ),
        _Turn(
            f"The single piece of {second} is not needed. Cancel that one order.",
            [call("cancel_order", order_id="o103")],
        ),
    ][: level + 1]
    return _task(turns, ("place_order", "cancel_order"), {"products": goods}, level, source)


def a_list(level: int, source: Random) -> ToolTask:
    name, goods = path(source), source.sample(GOODS, 4)
    to = f"shared/{source.choice(('trip', 'party', 'autumn', 'office'))}-{source.randint(2, 90)}.txt"
    old = f"old/{source.choice(('a', 'b', 'c'))}{source.randint(2, 90)}.txt"
    turns = [
        _Turn(
            source.choice(
                (
                    f'Make a new file {name} with one line in it: "{goods[0]}".',
                    f'Please write "{goods[0]}" as the only line into a new file called {name}.',
                )
            ),
            [call("write_file", path=name, text=goods[0])],
        ),
        _Turn(
            source.choice((f'Add "{goods[1]}" as the next line.', f'Another line for it: "{goods[1]}".')),
            [call("append_line", path=name, line=goods[1])],
        ),
        _Turn(f"Good. Now the file should be called {to}.", [call("move_file", path=name, to=to)]),
        _Turn(f'And "{goods[2]}" must be on it too, at the end.', [call("append_line", path=to, line=goods[2])]),
        _Turn(f"I do not need {old} any more. Delete it.", [call("delete_file", path=old)]),
        _Turn(
            f'Start the list that we have made anew: all that it should say is "{goods[3]}".',
            [call("write_file", path=to, text=goods[3])],
        ),
    ][: level + 1]
    world = {"files": {old: "nothing\n", "old/keep.txt": "keep\n"}}
    return _task(turns, ("write_file", "append_line", "move_file", "delete_file"), world, level, source)


def some_weather(level: int, source: Random) -> ToolTask:
    names, day = source.sample(CITIES, 3), today(source) + timedelta(days=9)
    days = [(day + timedelta(days=n)).isoformat() for n in range(3)]
    table = weather(source, names, around(days[1]))
    asked = [
        (names[0], days[0]),
        (names[1], days[0]),
        (names[1], days[1]),
        (names[2], days[1]),
        (names[2], days[2]),
        (names[0], days[2]),
    ][: level + 1]
    told = [
        source.choice(
            (
                f"How warm will it get in {names[0]} on {spoken_day(day)}?",
                f"What is the highest temperature in {names[0]} on {spoken_day(day)}?",
            )
        ),
        f"And in {names[1]}, on the same day?",
        "And the day after that, in the same city?",
        f"What about {names[2]}, on that later day?",
        "And there one day later still?",
        f"Now {names[0]} again, on that last day.",
    ][: level + 1]
    highs = [table[name][iso]["high_c"] for name, iso in asked]
    told[-1] += " After that, tell me the highest of all the temperatures that you have looked up for me."
    turns = [
        _Turn(text, [call("get_weather", city=name, date=iso)]) for text, (name, iso) in zip(told, asked, strict=True)
    ]
    calls = [turn.calls[0] for turn in turns]
    return _task(turns, ("get_weather",), {"weather": table}, level, source, value=max(highs), calls=calls)


def some_mail(level: int, source: Random) -> ToolTask:
    names, subjects = people(source, 4), source.sample(TITLES, 3)
    book = contacts(names, source)
    numbers, now = source.sample(range(11, 99), 4), today(source)
    mails = {
        f"m{number}": {
            "from": name,
            "subject": title,
            "date": now.isoformat(),
            "text": f"See you soon. {name.split(' ')[0]}",
        }
        for number, name, title in zip(numbers, names, source.sample(TITLES, 4), strict=True)
    }
    a, b, c = names[:3]

    def write(name: str, subject: str) -> list[dict[str, Any]]:
        return [call("send_mail", to=book[name]["email"], subject=subject, text="I will be there.")]

    turns = [
        _Turn(
            source.choice((f"What is {a}'s mail address?", f"Please look up {a} in my address book.")),
            [call("find_contact", name=a)],
        ),
        _Turn(f'Write to that address that I am coming. The subject is "{subjects[0]}".', write(a, subjects[0])),
        _Turn(
            f'{b} is to get a mail with the same news, but with the subject "{subjects[1]}".',
            [call("find_contact", name=b), *write(b, subjects[1])],
        ),
        _Turn(
            f"Now delete the mail from {a} in my inbox.",
            [call("list_mails", sender=a), call("delete_mail", mail_id=f"m{numbers[0]}")],
        ),
        _Turn(
            f'One more mail, to {c}, with the subject "{subjects[2]}" and the same news.',
            [call("find_contact", name=c), *write(c, subjects[2])],
        ),
        _Turn(
            f"The mail from {b} can go from the inbox too.",
            [call("list_mails", sender=b), call("delete_mail", mail_id=f"m{numbers[1]}")],
        ),
    ][: level + 1]
    return _task(
        turns,
        ("find_contact", "send_mail", "list_mails", "delete_mail"),
        {"contacts": book, "mails": dict(sorted(mails.items()))},
        level,
        source,
    )


def some_money(level: int, source: Random) -> ToolTask:
    amount, extra = source.randint(3, 40) * 20, source.randint(2, 9) * 10
    a, b, c = source.sample([one for one in MONEY if one != "EUR"], 3)
    told = [
        (
            source.choice(
                (f"How much are {amount} euros in {MONEY[a]}?", f"Please convert {amount} euros to {MONEY[a]}.")
            ),
            amount,
            a,
        ),
        (f"And in {MONEY[b]}?", amount, b),
        (f"Now {extra} euros more than that, in {MONEY[b]} again.", amount + extra, b),
        (f"The same in {MONEY[c]}, please.", amount + extra, c),
        (f"And half of the {amount} euros that I began with, in {MONEY[c]}?", amount // 2, c),
        (f"Last, three times that half, in {MONEY[a]}.", amount // 2 * 3, a),
    ][: level + 1]
    turns = [
        _Turn(text, [call("convert_currency", amount=value, from_currency="EUR", to_currency=money)])
        for text, value, money in told
    ]
    calls = [turn.calls[0] for turn in turns]
    return _task(turns, ("convert_currency",), {}, level, source, value=converted(calls[-1]))


def a_tour(level: int, source: Random) -> ToolTask:
    names = source.sample(CITIES, level + 2)
    lengths: dict[str, Any] = {}
    for first, second in itertools.pairwise(names):
        lengths |= roads(source, first, [second])
    turns = [
        _Turn(text, [call("get_distance", from_city=first, to_city=second)])
        for text, first, second in zip(
            (
                source.choice(
                    (
                        f"How far is it by road from {names[0]} to {names[1]}?",
                        f"I drive from {names[0]} to {names[1]} first. How many km are that?",
                    )
                ),
                *(
                    source.choice(
                        (
                            f"And from there on to {name}?",
                            f"The next stop is {name}. How far is that from there?",
                            f"Then I go on to {name}. What is the distance?",
                        )
                    )
                    for name in names[2:]
                ),
            ),
            names,
            names[1:],
            strict=False,
        )
    ]
    turns[-1] = _Turn(f"{turns[-1].said} And how many km is my whole tour then, with all its legs?", turns[-1].calls)
    return _task(
        turns,
        ("get_distance",),
        {"roads": lengths},
        level,
        source,
        value=sum(lengths.values()),
        calls=[turn.calls[0] for turn in turns],
    )


MANY_TURNS = {
    "date": a_date,
    "order": an_order,
    "list": a_list,
    "weather": some_weather,
    "mail": some_mail,
    "money": some_money,
    "tour": a_tour,
}
