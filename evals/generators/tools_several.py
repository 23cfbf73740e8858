"""Items that need several calls: independent of one another, or each with what the one before brought."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from generators.tools_one import converted
from generators.tools_task import CITY, DONE, N_OFFERED, NUMBER, ToolTask, answer_is, call, does, offer
from generators.tools_words import (
    CHORES,
    CITIES,
    GOODS,
    MONEY,
    THINGS,
    TITLES,
    around,
    cities,
    clock,
    contacts,
    events,
    lasting,
    number_word,
    path,
    people,
    products,
    roads,
    spoken_day,
    today,
    today_said,
    weather,
    when,
)

N_PARALLEL = {1: 2, 2: 3, 3: 4, 4: 5, 5: 7}
_FREE = ("sent.text", "reminders.text")


def _and(texts: list[str]) -> str:
    return f"{', '.join(texts[:-1])} and {texts[-1]}"


def which_city(level: int, source: Random) -> ToolTask:
    n, now = N_PARALLEL[level], today(source)
    names, day = source.sample(CITIES, n), when(level, now, source)
    field, most = source.choice(
        (("high_c", "the highest temperature"), ("rain_mm", "the most rain"), ("wind_kmh", "the strongest wind"))
    )
    table = weather(source, names, around(day.iso))
    value = max(names, key=lambda name: table[name][day.iso][field])
    text = source.choice(
        (
            f"Which of {_and(names)} will have {most} {day.said}?",
            f"I can go to {_and(names)} {day.said}. Where is {most} forecast for that day?",
            f"Compare the forecasts for {_and(names)} {day.said}: where do they expect {most}?",
        )
    )
    ones = [call("get_weather", city=name, date=day.iso) for name in names]
    return ToolTask(
        text + CITY,
        offer(source, N_OFFERED[level], "get_weather"),
        {"weather": table},
        [does(*ones), answer_is(value)],
        {"calls": ones},
        value=value,
        second=lambda results: str(sorted(results, key=lambda one: one[field])[-1]["city"]),
        system=today_said(now) if day.is_relative else "",
    )


def several_reminders(level: int, source: Random) -> ToolTask:
    now, ones, told = today(source), [], []
    for chore in source.sample(CHORES, min(N_PARALLEL[level], 6)):
        day, (said, start) = when(level, now, source), clock(min(level, 4), source)
        ones.append(call("set_reminder", text=chore, date=day.iso, time=start))
        told.append(f"- {day.said} at {said}: {chore}")
    text = (
        source.choice(
            ("Please set these reminders:", "I need a reminder for each of these:", "Remind me of all of this:")
        )
        + "\n\n"
        + "\n".join(told)
    )
    return ToolTask(
        text,
        offer(source, N_OFFERED[level], "set_reminder"),
        {},
        [does(*ones), DONE],
        {"free": list(_FREE)},
        system=today_said(now),
    )


def several_orders(level: int, source: Random) -> ToolTask:
    goods = products(source, 10)
    keys = source.sample(list(goods), N_PARALLEL[level])
    counts = [source.randint(2, 9) for _ in keys]
    words = [number_word(n) if level > 1 else str(n) for n in counts]
    told = _and([f"{word} of {key}" for word, key in zip(words, keys, strict=True)])
    text = source.choice(
        (
            f"Please order {told} from the shop.",
            f"I need the following from the shop: {told}. Order all of it.",
            f"Buy these for me: {told}.",
        )
    )
    ones = [call("place_order", product_id=key, quantity=n) for key, n in zip(keys, counts, strict=True)]
    return ToolTask(text, offer(source, N_OFFERED[level], "place_order"), {"products": goods}, [does(*ones), DONE])


def several_amounts(level: int, source: Random) -> ToolTask:
    n, target = N_PARALLEL[level], "EUR"
    chosen = source.sample([one for one in MONEY if one not in (target, "CHF")], min(n, 6))
    rates = {"USD": 1.25, "GBP": 0.8, "JPY": 160, "SEK": 11.2, "CAD": 1.6, "INR": 90}
    wholes = [source.randint(2, 60) * 5 for _ in chosen]
    amounts = [
        round(whole * rates[name]) if name != "SEK" else whole * 56 // 5
        for name, whole in zip(chosen, wholes, strict=True)
    ]
    ones = [
        call("convert_currency", amount=amount, from_currency=name, to_currency=target)
        for name, amount in zip(chosen, amounts, strict=True)
    ]
    told = _and([f"{amount} {MONEY[name]}" for name, amount in zip(chosen, amounts, strict=True)])
    text = source.choice(
        (
            f"I have {told} left from my travels. Convert each of them to euros. How many euros is that altogether?",
            f"What is the sum of {told}, in euros? Convert each amount by itself.",
        )
    )
    value = round(sum(converted(one) for one in ones), 2)
    return ToolTask(
        text + NUMBER,
        offer(source, N_OFFERED[level], "convert_currency"),
        {},
        [does(*ones), answer_is(value)],
        {"calls": ones},
        value=value,
        second=lambda results: round(sum(result["amount"] for result in results), 2),
    )


def several_files(level: int, source: Random) -> ToolTask:
    folder = source.choice(("tmp", "old", "drafts", "inbox"))
    names = [
        f"{folder}/{good.split(' ')[-1]}-{n}.txt"
        for n, good in enumerate(source.sample(GOODS, N_PARALLEL[level] + 3), 1)
    ]
    gone = sorted(source.sample(names, N_PARALLEL[level]))
    text = source.choice(
        (
            f"Delete the files {_and(gone)}. Leave all others as they are.",
            f"I do not need {_and(gone)} any longer: please delete them, and nothing else.",
            f"Please get rid of {_and(gone)} for me. The other files stay.",
        )
    )
    world = {"files": {name: f"{source.choice(GOODS)}\n" for name in names}}
    return ToolTask(
        text,
        offer(source, N_OFFERED[level], "delete_file"),
        world,
        [does(*(call("delete_file", path=name) for name in gone)), DONE],
    )


def nearest(level: int, source: Random) -> ToolTask:
    start, *others = source.sample(CITIES, N_PARALLEL[level] + 1)
    lengths = roads(source, start, others)
    value = min(others, key=lambda other: lengths[f"{start} - {other}"])
    text = source.choice(
        (
            f"By road, which is nearest to {start}: {', '.join(others[:-1])} or {others[-1]}?",
            f"I start from {start} by car. Which of {_and(others)} is the shortest drive in km?",
        )
    )
    ones = [call("get_distance", from_city=start, to_city=other) for other in others]
    return ToolTask(
        text + CITY,
        offer(source, N_OFFERED[level], "get_distance"),
        {"roads": lengths},
        [does(*ones), answer_is(value)],
        {"calls": ones},
        value=value,
        second=lambda results: others[
            [result["distance_km"] for result in results].index(min(result["distance_km"] for result in results))
        ],
    )


def total_people(level: int, source: Random) -> ToolTask:
    names = source.sample(CITIES, N_PARALLEL[level])
    facts = cities(source, names)
    ones = [call("get_city", city=name) for name in names]
    value = sum(facts[name]["inhabitants"] for name in names)
    text = source.choice(
        (f"How many people live in {_and(names)} altogether?", f"Add up the inhabitants of {_and(names)}.")
    )
    return ToolTask(
        text + NUMBER,
        offer(source, N_OFFERED[level], "get_city"),
        {"cities": facts},
        [does(*ones), answer_is(value)],
        {"calls": ones},
        value=value,
        second=lambda results: sum(result["inhabitants"] for result in results),
    )


PARALLEL = {
    "city": which_city,
    "reminders": several_reminders,
    "orders": several_orders,
    "amounts": several_amounts,
    "files": several_files,
    "nearest": nearest,
    "people": total_people,
}


def mail_by_name(level: int, source: Random) -> ToolTask:
    names = people(source, 4 + level)
    book = contacts(names, source)
    chosen, subject = source.sample(names, (level + 1) // 2), source.choice(TITLES)
    told = _and(chosen) if len(chosen) > 1 else chosen[0]
    each = " Each gets a mail of their own." if len(chosen) > 1 else ""
    text = source.choice(
        (
            f'Write to {told} that I cannot come. The subject is "{subject}".{each}',
            f'Please let {told} know by mail that I am ill; take "{subject}" as the subject.{each}',
        )
    )
    steps = [
        does(*(call("find_contact", name=name) for name in chosen)),
        does(*(call("send_mail", to=book[name]["email"], subject=subject, text="I am sorry.") for name in chosen)),
        DONE,
    ]
    return ToolTask(
        text,
        offer(source, N_OFFERED[level], "find_contact", "send_mail"),
        {"contacts": book},
        steps,
        {"free": list(_FREE)},
    )


def cheapest(level: int, source: Random) -> ToolTask:
    goods, thing = products(source, 6), source.choice(THINGS)
    goods = {key: one for key, one in goods.items() if thing not in one["name"].lower()}
    kinds = source.sample(("small", "large", "green", "steel", "folding", "classic"), 2 + min(level, 4))
    ids, prices = source.sample(range(1001, 1999), len(kinds)), source.sample(range(600, 9000, 10), len(kinds))
    for kind, number, price in zip(kinds, ids, prices, strict=True):
        goods[f"P-{number}"] = {
            "name": f"{kind.capitalize()} {thing}",
            "price": price / 100,
            "stock": source.randint(8, 40),
        }
    mine = [f"P-{number}" for number in ids]
    n = source.randint(2, 6)
    goods = dict(sorted(goods.items()))
    if level >= 3:  # the cheapest one is sold out, or nearly so
        goods[min(mine, key=lambda key: goods[key]["price"])]["stock"] = n - 1 if level >= 4 else 0
    fitting = [key for key in mine if goods[key]["stock"] >= n]
    pick = min(fitting, key=lambda key: goods[key]["price"])
    which = "the cheapest" if level < 3 else f"the cheapest of which there are at least {n} in stock"
    text = source.choice(
        (
            f"Find a {thing} in the shop and order {number_word(n)} of them. Take {which}.",
            f"I need {number_word(n)} of the same {thing}. Look for {which} and order it.",
        )
    )
    steps = [does(call("search_products", text=thing)), does(call("place_order", product_id=pick, quantity=n)), DONE]
    return ToolTask(
        text.replace(" a alarm", " an alarm"),
        offer(source, N_OFFERED[level], "search_products", "place_order"),
        {"products": goods},
        steps,
    )


def put_off(level: int, source: Random) -> ToolTask:
    now = today(source)
    days = [now + timedelta(days=n) for n in range(1, 9)]
    table = events(source, source.sample(TITLES, 5 + level), days)
    key = source.choice(list(table))
    event = table[key]
    later = {1: 1, 2: 2, 3: 7, 4: 10, 5: 14}[level]
    span = {1: "one day", 2: "two days", 3: "a week", 4: "ten days", 5: "two weeks"}[level]
    day = (date.fromisoformat(event["date"]) + timedelta(days=later)).isoformat()
    hours, minutes = map(int, event["start"].split(":"))
    start, also = event["start"], ", at the same time of day"
    if level >= 4:
        begin = hours * 60 + minutes - 75
        start, also = (
            f"{begin // 60:02d}:{begin % 60:02d}",
            ", and let it begin an hour and a quarter earlier in the day",
        )
    text = source.choice(
        (
            f'Move "{event["title"]}" in my calendar to {span} later{also}.',
            f'"{event["title"]}" has to be put off by {span}. Please change that in my calendar{also}.',
        )
    )
    steps = [
        does(call("find_events", text=event["title"])),
        does(call("move_event", event_id=key, date=day, start=start)),
        DONE,
    ]
    return ToolTask(text, offer(source, N_OFFERED[level], "find_events", "move_event"), {"events": table}, steps)


def price_abroad(level: int, source: Random) -> ToolTask:
    goods = products(source, 6 + level)
    key, n, money = (
        source.choice(list(goods)),
        source.randint(2, 7),
        source.choice([one for one in MONEY if one != "EUR"]),
    )
    product = goods[key]
    count = 1 if level == 1 else n
    total = round(product["price"] * count, 2)
    one = call("convert_currency", amount=total, from_currency="EUR", to_currency=money)
    value = converted(one)
    what = f'the "{product["name"]}"' if level >= 3 else key
    many = what if count == 1 else f"{number_word(n)} pieces of {what}"
    first = call("search_products", text=product["name"]) if level >= 3 else call("get_product", product_id=key)
    needed = ("search_products" if level >= 3 else "get_product", "convert_currency")
    text = source.choice(
        (
            f"The shop's prices are in euros. What is the price of {many} in {MONEY[money]}?",
            f"How much would I have to pay for {many} from the shop, in {MONEY[money]}?",
        )
    )
    text += " Work out the whole price in euros first, then convert it." if count > 1 else ""
    return ToolTask(
        text + NUMBER,
        offer(source, N_OFFERED[level], *needed),
        {"products": goods},
        [does(first), does(one), answer_is(value)],
        {"calls": [one]} if count > 1 else {"any_of": ["convert_currency"]},  # one may ask for the rate and multiply
        value=value,
        second=lambda results: results[-1]["amount"],
    )


def list_in_a_file(level: int, source: Random) -> ToolTask:
    goods = products(source, 9)
    keys = source.sample(list(goods), 1 + level)
    counts = {key: source.randint(2, 9) for key in keys}
    name = path(source)
    by_name = level >= 4
    lines = [f"{counts[key]} x {goods[key]['name'] if by_name else key}" for key in keys]
    world = {
        "files": {name: "To order:\n" + "\n".join(lines) + "\n", "notes/old.txt": "3 x P-100\n"},
        "products": goods,
    }
    text = source.choice(
        (
            f"In {name} is a list of what we need from the shop. Please order all of it.",
            f"Order everything that is listed in {name}, in the numbers that stand there.",
        )
    )
    steps = [does(call("read_file", path=name))]
    if by_name:
        steps.append(does(*(call("search_products", text=goods[key]["name"]) for key in keys)))
    steps += [does(*(call("place_order", product_id=key, quantity=counts[key]) for key in keys)), DONE]
    needed = ("read_file", "place_order", *(("search_products",) if by_name else ()))
    return ToolTask(text, offer(source, N_OFFERED[level], *needed), world, steps)


def from_a_mail(level: int, source: Random) -> ToolTask:
    now = today(source)
    names, title = people(source, 4), source.choice(TITLES)
    day, (_, start) = when(2, now, source), clock(1, source)
    long, minutes = lasting(1 if level < 4 else 4, start, source)
    begins = "at" if level < 4 else "from"
    numbers = source.sample(range(11, 99), len(names))
    mails: dict[str, Any] = {}
    for number, name in zip(numbers, names, strict=True):
        mails[f"m{number}"] = {
            "from": name,
            "subject": source.choice(TITLES),
            "date": now.isoformat(),
            "text": f"Thank you for the {source.choice(THINGS)}. {name.split(' ')[0]}",
        }
    sender, key = names[-1], f"m{numbers[-1]}"
    mails[key] |= {
        "subject": "Invitation",
        "text": f'Hello! "{title}" is {day.said}, {begins} {start} {long}, and I hope that you can come. {sender.split(" ")[0]}',
    }
    mails = dict(sorted(mails.items()))
    book = contacts(names, source)
    given = {"title": title, "date": day.iso, "start": start, "minutes": minutes}
    text = source.choice(
        (
            f"{sender} has invited me by mail. Look it up and put the event into my calendar, under the title that the mail gives.",
            f"There is an invitation from {sender} in my inbox. Please enter it in my calendar with the title from the mail.",
        )
    )
    steps = [
        does(call("list_mails", sender=sender)),
        does(call("read_mail", mail_id=key)),
        does(call("create_event", **given)),
    ]
    needed = ["list_mails", "read_mail", "create_event"]
    if level >= 3:
        text += f' Then write to {sender} that I will come, with the subject "See you there".'
        needed += ["find_contact", "send_mail"]
        steps += [
            does(call("find_contact", name=sender)),
            does(call("send_mail", to=book[sender]["email"], subject="See you there", text="I will come.")),
        ]
    if level >= 5:
        text += " After that, delete the invitation from the inbox."
        needed.append("delete_mail")
        steps.append(does(call("delete_mail", mail_id=key)))
    return ToolTask(
        text,
        offer(source, N_OFFERED[level], *needed),
        {"mails": mails, "contacts": book},
        [*steps, DONE],
        {"free": list(_FREE)},
    )


def clear_a_day(level: int, source: Random) -> ToolTask:
    now = today(source)
    busy = now + timedelta(days=source.randint(2, 9))
    other = busy + timedelta(days=1)
    table = events(source, source.sample(TITLES, 3 + level), [busy])
    table |= {
        f"{key}0": event
        for key, event in events(
            source,
            source.sample([one for one in TITLES if one not in {event["title"] for event in table.values()}], 3),
            [other],
        ).items()
    }
    limit = source.choice((12, 13, 14))
    gone = sorted(
        key
        for key, event in table.items()
        if event["date"] == busy.isoformat() and (level < 3 or event["start"] >= f"{limit}:00")
    )
    which = "everything" if level < 3 else f"everything that begins at {limit}:00 or later"
    text = source.choice(
        (
            f"I will be away on {spoken_day(busy)}. Cancel {which} in my calendar that day.",
            f"Please clear my calendar on {spoken_day(busy)}: cancel {which}.",
        )
    )
    steps = [
        does(call("list_events", date=busy.isoformat())),
        does(*(call("cancel_event", event_id=key) for key in gone)),
        DONE,
    ]
    if not gone or len(gone) == len(table):
        return clear_a_day(level, source)
    return ToolTask(
        text + " Other days stay as they are.",
        offer(source, N_OFFERED[level], "list_events", "cancel_event"),
        {"events": table},
        steps,
    )


SEQUENCE = {
    "mail": mail_by_name,
    "cheapest": cheapest,
    "put-off": put_off,
    "price": price_abroad,
    "file": list_in_a_file,
    "invitation": from_a_mail,
    "clear": clear_a_day,
}
