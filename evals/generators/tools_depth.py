"""Items with a long history: after many results comes the call that counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from random import Random
from typing import Any

from generators.long_context import filler
from generators.tools_task import DONE, N_OFFERED, NUMBER, ToolTask, answer_is, call, does, offer
from generators.tools_words import (
    CITIES,
    FOLDERS,
    TITLES,
    address,
    around,
    clock,
    events,
    number_word,
    people,
    person,
    products,
    spoken_day,
    today,
    weather,
)

CHARACTERS = {1: 4_000, 2: 8_000, 3: 16_000, 4: 32_000, 5: 48_000}
"""Of the history: about 1,000, 2,000, 4,000, 8,000 and 12,000 tokens, at four characters to a token."""

_ONE_FILE = 4_000
"""Characters of a file that is read in the history; its result is not cut."""

_FREE = ("sent.text", "reminders.text")
Past = dict[str, Any]


def _reading(level: int, source: Random) -> tuple[dict[str, str], list[Past]]:
    """Files of a diary, and the exchanges in which they were read."""
    n, files, pasts = CHARACTERS[level] // _ONE_FILE, {}, []
    for at in range(n):
        name = f"diary/{source.choice(('spring', 'summer', 'autumn', 'winter'))}-{at + 1}.txt"
        files[name] = "\n".join(filler(_ONE_FILE - 300, source)) + "\n"
        asked = source.choice(
            (f"Read {name}, please.", f"What does {name} say?", f"Please open {name} for me.", f"Now {name}.")
        )
        pasts.append(
            _past(
                asked, "I have read it: it tells of small things that happened in town.", call("read_file", path=name)
            )
        )
    return files, pasts


def _past(user: str, said: str, *calls: Mapping[str, Any]) -> Past:
    return {"user": user, "calls": list(calls), "said": said}


def _put(pasts: list[Past], one: Past, source: Random) -> list[Past]:
    """The exchanges with one among them, anywhere but last."""
    at = source.randrange(len(pasts))
    return [*pasts[:at], one, *pasts[at:]]


def plain_call(level: int, source: Random) -> ToolTask:
    files, pasts = _reading(level, source)
    day, names = today(source), source.sample(CITIES, 3)
    table = weather(source, names, around(day.isoformat()))
    one, value = call("get_weather", city=names[0], date=day.isoformat()), table[names[0]][day.isoformat()]["wind_kmh"]
    text = source.choice(
        (
            f"Enough of the diary. How many km/h will the wind have in {names[0]} on {spoken_day(day)}?",
            f"Something else now: what wind, in km/h, is forecast for {names[0]} on {spoken_day(day)}?",
        )
    )
    return ToolTask(
        text + NUMBER,
        offer(source, N_OFFERED[level], "read_file", "get_weather"),
        {"files": files, "weather": table},
        [does(one), answer_is(value)],
        {"calls": [one]},
        history=pasts,
        value=value,
        second=lambda results: results[-1]["wind_kmh"],
    )


def product_seen(level: int, source: Random) -> ToolTask:
    files, pasts = _reading(level, source)
    goods = products(source, 8)
    key, n = source.choice(list(goods)), source.randint(2, 8)
    name = goods[key]["name"]
    seen = _past(
        f'Is there a "{name}" in the shop?',
        f"Yes, it is there, for {goods[key]['price']} EUR.",
        call("search_products", text=name),
    )
    text = source.choice(
        (
            f'Earlier you looked up the "{name}" for me. Please order {number_word(n)} of it.',
            f'I have decided on the "{name}" that you found in the shop. Order {number_word(n)}, please.',
        )
    )
    return ToolTask(
        text,
        offer(source, N_OFFERED[level], "read_file", "search_products", "place_order"),
        {"files": files, "products": goods},
        [does(call("place_order", product_id=key, quantity=n)), DONE],
        history=_put(pasts, seen, source),
    )


def event_seen(level: int, source: Random) -> ToolTask:
    files, pasts = _reading(level, source)
    day = today(source) + timedelta(days=6)
    table = events(source, source.sample(TITLES, 5), [day])
    key = source.choice(list(table))
    title, start = table[key]["title"], table[key]["start"]
    to = day + timedelta(days=source.randint(1, 9))
    seen = _past(
        f"What is in my calendar on {spoken_day(day)}?",
        "There are five events that day.",
        call("list_events", date=day.isoformat()),
    )
    text = source.choice(
        (
            f'One of the events that you listed for {spoken_day(day)} is "{title}". Move it to {spoken_day(to)}, at the same time of day.',
            f'"{title}" will not be on {spoken_day(day)} after all, but on {spoken_day(to)}, at the same time of day. Please move it.',
        )
    )
    return ToolTask(
        text,
        offer(source, N_OFFERED[level], "read_file", "list_events", "move_event"),
        {"files": files, "events": table},
        [does(call("move_event", event_id=key, date=to.isoformat(), start=start)), DONE],
        history=_put(pasts, seen, source),
    )


def mail_seen(level: int, source: Random) -> ToolTask:
    files, pasts = _reading(level, source)
    names, numbers, day = people(source, 3), source.sample(range(11, 99), 3), today(source)
    reply, subject = address(names[0], source), source.choice(TITLES)
    mails = {
        f"m{number}": {
            "from": name,
            "subject": title,
            "date": day.isoformat(),
            "text": f"Please answer to {address(name, source)}.",
        }
        for number, name, title in zip(numbers, names, source.sample(TITLES, 3), strict=True)
    }
    mails[f"m{numbers[0]}"]["text"] = (
        f"I have a new address. Please write to {reply} from now on. {names[0].split(' ')[0]}"
    )
    seen = _past(
        f"Read mail m{numbers[0]} to me.",
        f"{names[0]} has a new address and would like you to use it.",
        call("read_mail", mail_id=f"m{numbers[0]}"),
    )
    text = source.choice(
        (
            f'Write to {names[0]}, at the new address that the mail told, that I got the message. The subject is "{subject}".',
            f'{names[0]} has told me a new address in the mail that you read to me. Send a short thank-you there, with the subject "{subject}".',
        )
    )
    one = call("send_mail", to=reply, subject=subject, text="Thank you.")
    return ToolTask(
        text,
        offer(source, N_OFFERED[level], "read_file", "read_mail", "send_mail"),
        {"files": files, "mails": dict(sorted(mails.items()))},
        [does(one), DONE],
        {"free": list(_FREE)},
        history=_put(pasts, seen, source),
    )


def line_in_file(level: int, source: Random) -> ToolTask:
    files, pasts = _reading(level, source)
    name = source.choice(list(files))
    day, (_, start), who = today(source), clock(1, source), person(source)
    at = files[name].count("\n") * source.randint(2, 8) // 10
    lines = files[name].split("\n")
    lines.insert(at, f"{who} wants to be called back on {spoken_day(day)} at {start}.")
    files[name] = "\n".join(lines)
    text = source.choice(
        (
            f"In one of the files that you have read, {who} wants to be called back. Set a reminder for the day and time that stand there.",
            f"Set a reminder for when {who} wants to be called back. It was in the diary somewhere.",
        )
    )
    one = call("set_reminder", text=f"Call {who}", date=day.isoformat(), time=start)
    return ToolTask(
        text,
        offer(source, N_OFFERED[level], "read_file", "list_files", "set_reminder"),
        {"files": files},
        [does(one), DONE],
        {"free": list(_FREE)},
        history=pasts,
    )


def file_at_the_end(level: int, source: Random) -> ToolTask:
    files, pasts = _reading(level, source)
    name = f"{source.choice(FOLDERS)}/{source.choice(('words', 'remarks', 'later'))}-{source.randint(2, 40)}.txt"
    nth = source.randrange(len(pasts))
    read = pasts[nth]["calls"][0]["arguments"]["path"]
    which = (
        "first" if nth == 0 else "last" if nth == len(pasts) - 1 else {1: "second", 2: "third"}.get(nth, f"{nth + 1}th")
    )
    if len(pasts) == 1:
        which = "only"
    text = source.choice(
        (
            f"Move the {which} file that you have read in this conversation to {name}.",
            f"The {which} file that you opened for me here is to become {name}: move it there.",
        )
    )
    return ToolTask(
        text,
        offer(source, N_OFFERED[level], "read_file", "move_file"),
        {"files": files},
        [does(call("move_file", path=read, to=name)), DONE],
        history=pasts,
    )


def two_numbers(level: int, source: Random) -> ToolTask:
    files, pasts = _reading(level, source)
    goods = products(source, 8)
    first, second = source.sample(list(goods), 2)
    one = _past(
        f"What does {first} cost?", f"It costs {goods[first]['price']} EUR.", call("get_product", product_id=first)
    )
    two = _past(
        f"And what is the price of {second}?",
        f"{second} costs {goods[second]['price']} EUR.",
        call("get_product", product_id=second),
    )
    pasts = _put(_put(pasts, two, source), one, source)
    cheap = min(first, second, key=lambda key: goods[key]["price"])
    n = source.randint(2, 9)
    text = source.choice(
        (
            f"You looked up the prices of {first} and {second} for me. Order {number_word(n)} pieces of the cheaper one.",
            f"Of the two products whose prices I asked for, order the cheaper one, {number_word(n)} times.",
        )
    )
    return ToolTask(
        text,
        offer(source, N_OFFERED[level], "read_file", "get_product", "place_order"),
        {"files": files, "products": goods},
        [does(call("place_order", product_id=cheap, quantity=n)), DONE],
        history=pasts,
    )


DEPTH: dict[str, Callable[[int, Random], ToolTask]] = {
    "plain": plain_call,
    "product": product_seen,
    "event": event_seen,
    "mail": mail_seen,
    "line": line_in_file,
    "nth-file": file_at_the_end,
    "cheaper": two_numbers,
}
