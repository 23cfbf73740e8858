"""Items in which the first call fails, and another try or another way is right."""

from __future__ import annotations

import itertools
from datetime import timedelta
from random import Random

from generators.tools_task import DONE, N_OFFERED, NUMBER, ToolTask, answer_is, call, does, offer
from generators.tools_words import (
    CITIES,
    FOLDERS,
    GOODS,
    PLACES,
    TITLES,
    around,
    clock,
    events,
    listing,
    number_word,
    products,
    today,
    today_said,
    weather,
    when,
)

_FREE = ("sent.text", "reminders.text")
_BUSY = (
    "The service is busy just now. Try again.",
    "The connection was lost before anything was done. Try the same call again.",
    "Timeout: nothing was changed. Please repeat the call.",
)


def recover_busy(level: int, source: Random) -> ToolTask:
    n = {1: 1, 2: 1, 3: 2, 4: 2, 5: 3}[level]
    now, title = today(source), source.choice(TITLES)
    day, (said, start) = when(level, now, source), clock(level, source)
    given = {"title": title, "date": day.iso, "start": start, "minutes": 60, "place": source.choice(PLACES)}
    one = call("create_event", **given)
    text = source.choice(
        (
            f'Please enter "{title}" in my calendar {day.said} at {said} for an hour, in {given["place"]}.',
            f'"{title}" takes place {day.said} at {said} for an hour; the place is {given["place"]}. Put it into my calendar.',
        )
    )
    failing = [{"function": "create_event", "nth": nth, "error": source.choice(_BUSY)} for nth in range(1, n + 1)]
    return ToolTask(
        text,
        offer(source, N_OFFERED[level], "create_event"),
        {},
        [*[does(one)] * (n + 1), DONE],
        failing=failing,
        n_refused=n,
        system=today_said(now) if day.is_relative else "",
    )


def recover_look(level: int, source: Random) -> ToolTask:
    now = today(source)
    day, names = when(level, now, source), source.sample(CITIES, 1 + (level + 1) // 2)
    table = weather(source, names, around(day.iso))
    ones = [call("get_weather", city=name, date=day.iso) for name in names]
    value = sum(table[name][day.iso]["rain_mm"] for name in names)
    where = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]} together"
    text = source.choice(
        (
            f"How many mm of rain are forecast for {where} {day.said}?",
            f"I need the amount of rain in mm that is expected in {where} {day.said}.",
        )
    )
    failing = [{"function": "get_weather", "nth": 1, "error": source.choice(_BUSY)}]
    steps = [does(ones[0]), *(does(one) for one in ones), answer_is(value)]
    if level >= 4:
        failing.append({"function": "get_weather", "nth": 3, "error": source.choice(_BUSY)})
        steps.insert(2, does(ones[1]))
    return ToolTask(
        text + NUMBER,
        offer(source, N_OFFERED[level], "get_weather"),
        {"weather": table},
        steps,
        {"calls": ones},
        failing=failing,
        n_refused=len(failing),
        value=value,
        second=lambda results: sum(result.get("rain_mm", 0) for result in results),
        system=today_said(now) if day.is_relative else "",
    )


def recover_stock(level: int, source: Random) -> ToolTask:
    goods = products(source, 8)
    n_out = 1 if level < 3 else 2 if level < 5 else 3
    keys, n = source.sample(list(goods), n_out + 1), source.randint(6, 11)
    for key in keys[:-1]:
        goods[key]["stock"] = source.randint(0, n - 1)
    rest = "".join(
        f" If there are not that many of {first}, order {number_word(n)} of {second} instead."
        for first, second in itertools.pairwise(keys)
    )
    text = (
        source.choice(
            (f"Order {number_word(n)} of {keys[0]}.", f"I need {number_word(n)} pieces of {keys[0]} from the shop.")
        )
        + rest
    )
    steps = [does(call("place_order", product_id=key, quantity=n)) for key in keys]
    return ToolTask(
        text,
        offer(source, N_OFFERED[level], "place_order", never=("cancel_order",)),
        {"products": goods},
        [*steps, DONE],
        {"seen": keys[:-1]},
        n_refused=n_out,
    )


def recover_shipped(level: int, source: Random) -> ToolTask:
    goods = products(source, 5)
    numbers = source.sample(range(11, 99), 2 + level)
    orders = {
        f"o{number}": {"product_id": source.choice(list(goods)), "quantity": at + 1, "status": "placed"}
        for at, number in enumerate(numbers)
    }
    keys = list(orders)
    source.shuffle(keys)
    late, soon = keys[: (level + 1) // 2], keys[(level + 1) // 2 : (level + 1) // 2 + level // 2]
    for key in late:
        orders[key]["status"] = source.choice(("shipped", "delivered"))
    asked = sorted([*late, *soon])
    to = f"returns{source.randint(2, 99)}@shop.example"
    which = asked[0] if len(asked) == 1 else f"{', '.join(asked[:-1])} and {asked[-1]}"
    text = f'Please cancel {which}. For each order that cannot be cancelled any more, send a mail to {to} with the subject "Return" and the order\'s id behind it, such as "Return o1".'
    first = does(*(call("cancel_order", order_id=key) for key in asked))
    second = does(
        *(call("send_mail", to=to, subject=f"Return {key}", text="I would like to return it.") for key in late)
    )
    return ToolTask(
        text,
        offer(source, N_OFFERED[level], "cancel_order", "send_mail"),
        {"products": goods, "orders": orders},
        [first, second, DONE],
        {"seen": late, "free": list(_FREE)},
        n_refused=len(late),
    )


def recover_path(level: int, source: Random) -> ToolTask:
    right, wrong = source.sample(FOLDERS, 2)
    file = f"{source.choice(('party', 'spring', 'boat', 'choir', 'attic'))}-{source.randint(2, 40)}.txt"
    files = {
        f"{source.choice(FOLDERS)}/{source.choice(GOODS).split(' ')[-1]}-{n}.txt": listing(source, 2)
        for n in range(3 * level)
    }
    files[f"{right}/{file}"] = listing(source, 3)
    good = source.choice(GOODS)
    text = source.choice(
        (
            f'Add the line "{good}" to {wrong}/{file}. Should it not be there, look for {file} in the other folders: I may have moved it.',
            f'I think that my list is {wrong}/{file}, but it may be in another folder by now, under the same name. Please add the line "{good}" at its end, wherever it is.',
        )
    )
    steps = [
        does(call("append_line", path=f"{wrong}/{file}", line=good)),
        does(call("list_files")),
        does(call("append_line", path=f"{right}/{file}", line=good)),
        DONE,
    ]
    return ToolTask(
        text,
        offer(source, N_OFFERED[level], "append_line", "list_files", never=("write_file",)),
        {"files": files},
        steps,
        n_refused=1,
    )


def recover_id(level: int, source: Random) -> ToolTask:
    now = today(source)
    table = events(source, source.sample(TITLES, 4 + level), [now + timedelta(days=n) for n in range(1, 7)])
    key = source.choice(list(table))
    day, (said, start), title = when(min(level, 4), now, source), clock(level, source), table[key]["title"]
    wrong = f"e{source.randint(2, 9)}"
    text = source.choice(
        (
            f'Move event {wrong} to {said} {day.said}. I mean "{title}", in case the id is wrong.',
            f'I want "{title}" {day.said} at {said} instead. The event should be {wrong}; if there is none of that id, look for it by its title.',
        )
    )
    steps = [
        does(call("move_event", event_id=wrong, date=day.iso, start=start)),
        does(call("find_events", text=title)),
        does(call("move_event", event_id=key, date=day.iso, start=start)),
        DONE,
    ]
    return ToolTask(
        text,
        offer(source, N_OFFERED[level], "move_event", "find_events"),
        {"events": table},
        steps,
        n_refused=1,
        system=today_said(now) if day.is_relative else "",
    )


def recover_forecast(level: int, source: Random) -> ToolTask:
    now = today(source)
    day, names = when(level, now, source), source.sample(CITIES, 2 + (level + 1) // 2)
    table = weather(source, names[-1:], around(day.iso)) | weather(source, names[:-1], around("2025-06-10"))
    rest = "".join(
        f" If there is no forecast for {first}, take {second}." for first, second in itertools.pairwise(names)
    )
    ones = [call("get_weather", city=name, date=day.iso) for name in names]
    value = table[names[-1]][day.iso]["high_c"]
    text = (
        source.choice(
            (
                f"How warm will it get in {names[0]} {day.said}?",
                f"What is the highest temperature in {names[0]} {day.said}?",
            )
        )
        + rest
    )
    return ToolTask(
        text + NUMBER,
        offer(source, N_OFFERED[level], "get_weather"),
        {"weather": table},
        [*(does(one) for one in ones), answer_is(value)],
        {"calls": [ones[-1]], "seen": names[:-1]},
        n_refused=len(names) - 1,
        value=value,
        second=lambda results: results[-1]["high_c"],
        system=today_said(now) if day.is_relative else "",
    )


RECOVER = {
    "busy": recover_busy,
    "forecast": recover_look,
    "stock": recover_stock,
    "shipped": recover_shipped,
    "path": recover_path,
    "id": recover_id,
    "other-city": recover_forecast,
}
