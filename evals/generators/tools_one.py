"""Items that one call answers: with nothing else on offer, and chosen from many functions."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from random import Random
from typing import Any

from aa_tui.evals.worlds.units import RATES, UNITS
from generators.tools_task import DONE, N_OFFERED, NUMBER, ToolTask, answer_is, call, does, ending, offer
from generators.tools_words import (
    CHORES,
    CITIES,
    GOODS,
    MONEY,
    PLACES,
    TITLES,
    UNIT_PAIRS,
    UNIT_WORDS,
    address,
    around,
    cities,
    clock,
    events,
    lasting,
    listing,
    number_word,
    path,
    people,
    person,
    products,
    roads,
    today,
    today_said,
    weather,
    when,
)

_FREE = ("sent.text", "reminders.text")


def _system(is_relative: bool, now: date) -> str:
    return today_said(now) if is_relative else ""


def one_forecast(level: int, source: Random) -> ToolTask:
    now = today(source)
    day, city = when(level, now, source), source.choice(CITIES)
    field, what = source.choice(
        (
            ("high_c", "the highest temperature"),
            ("low_c", "the lowest temperature"),
            ("rain_mm", "the amount of rain in mm"),
            ("wind_kmh", "the speed of the wind in km/h"),
        )
    )
    text = source.choice(
        (
            f"What will {what} be in {city} {day.said}?",
            f"I am going to {city} {day.said}. Please tell me {what} that is forecast for that day.",
            f"Look up {what} that is expected in {city} {day.said}.",
        )
    )
    table = weather(source, [city, *source.sample([one for one in CITIES if one != city], 2)], around(day.iso))
    value = table[city][day.iso][field]
    one = call("get_weather", city=city, date=day.iso)
    return ToolTask(
        text + NUMBER,
        ("get_weather",),
        {"weather": table},
        [does(one), answer_is(value)],
        {"calls": [one]},
        system=_system(day.is_relative, now),
        value=value,
        second=lambda results: results[-1][field],
    )


def one_conversion(level: int, source: Random) -> ToolTask:
    amount, times = source.randint(3, 90) * 5, source.randint(3, 9)
    is_money = source.random() < 0.5
    if is_money:
        first, second = source.sample(list(MONEY), 2)
        names = MONEY
    else:
        first, second = source.choice(UNIT_PAIRS)
        names = UNIT_WORDS
    said, value = {
        1: (f"{amount} {names[first]}", amount),
        2: (f"{amount + 0.5} {names[first]}", amount + 0.5),
        3: (f"half of {amount * 4} {names[first]}", amount * 2),
        4: (f"{number_word(times)} times {amount} {names[first]}", times * amount),
        5: (
            f"{number_word(times)} times {amount} {names[first]}, less {number_word(times + 1)} times 12 {names[first]},",
            times * amount - (times + 1) * 12,
        ),
    }[level]
    text = (
        source.choice(
            (
                f"How much is {said} in {names[second]}?",
                f"Please convert {said} to {names[second]}.",
                f"I need {said} in {names[second]}: how much is that?",
            )
        )
        .replace(",?", "?")
        .replace(",:", ":")
    )
    text += " Take the result of the function, with its two decimals."
    if is_money:
        one = call("convert_currency", amount=value, from_currency=first, to_currency=second)
    else:
        one = call("convert_units", value=value, from_unit=first, to_unit=second)
    key = converted(one)
    return ToolTask(
        text + NUMBER,
        (one["name"],),
        {},
        [does(one), answer_is(key)],
        {"calls": [one]} if level < 3 else {"any_of": [one["name"]], "tolerance": 0.05},
        value=key,
        second=lambda results: results[-1].get("amount", results[-1].get("value")),
    )


def converted(one: dict[str, Any]) -> float:
    """The same conversion by fractions, from the tables alone."""
    given = one["arguments"]
    if "amount" in given:
        exact = (
            Fraction(str(given["amount"]))
            * Fraction(RATES[given["to_currency"]])
            / Fraction(RATES[given["from_currency"]])
        )
    else:
        exact = (
            Fraction(str(given["value"]))
            * Fraction(UNITS[given["from_unit"]][1])
            / Fraction(UNITS[given["to_unit"]][1])
        )
    rounded = Fraction(round(exact * 100), 100)
    return int(rounded) if rounded.denominator == 1 else float(rounded)


def one_event(level: int, source: Random) -> ToolTask:
    now = today(source)
    day, title = when(level, now, source), source.choice(TITLES)
    said, start = clock(level, source)
    long, minutes = lasting(level, start, source)
    given: dict[str, Any] = {"title": title, "date": day.iso, "start": start, "minutes": minutes}
    where = ""
    if level >= 2:
        given["place"] = source.choice(PLACES)
        where = f" The place is {given['place']}."
    begins = "from" if long.startswith("until") else "at"
    text = source.choice(
        (
            f'Please put "{title}" into my calendar {day.said} {begins} {said} {long}.',
            f'Make a calendar entry called "{title}" {day.said} {begins} {said} {long}.',
            f'I have "{title}" {day.said} {begins} {said} {long}: please enter it in my calendar.',
        )
    )
    return ToolTask(
        text + where,
        ("create_event",),
        {},
        [does(call("create_event", **given)), DONE],
        system=_system(day.is_relative, now),
    )


def one_reminder(level: int, source: Random) -> ToolTask:
    now = today(source)
    day, chore = when(level, now, source), source.choice(CHORES)
    said, start = clock(level, source)
    text = source.choice(
        (
            f"Remind me {day.said} at {said} to {chore}.",
            f"I must not forget to {chore} {day.said}. Set a reminder for {said} that day.",
            f"Please set a reminder {day.said} at {said}: {chore}.",
        )
    )
    one = call("set_reminder", text=chore, date=day.iso, time=start)
    return ToolTask(
        text, ("set_reminder",), {}, [does(one), DONE], {"free": list(_FREE)}, system=_system(day.is_relative, now)
    )


def one_line(level: int, source: Random) -> ToolTask:
    name, good = path(source), source.choice(GOODS)
    line = {
        1: good,
        2: f"{good} (before {source.choice(('Friday', 'Monday', 'noon'))})",
        3: f"{good}; {source.randint(2, 9)} x {source.choice(GOODS)} = {source.randint(3, 40)},50",
        4: f'{person(source)} said: "{good}, please"',
        5: f"C:\\lists\\{source.choice(('new', 'old', 'tmp'))}\\{source.randint(10, 99)} -> \"{good}\" / {{{source.randint(2, 9)}: '{source.choice(GOODS)}'}}",
    }[level]
    text = source.choice(
        (
            f"Add this line at the end of the file {name}, exactly as it stands here:\n\n{line}",
            f"Please append the following line to {name} without changing anything in it:\n\n{line}",
            f"The file {name} needs one more line at its end, word for word:\n\n{line}",
        )
    )
    world = {"files": {name: listing(source, 3)}}
    return ToolTask(text, ("append_line",), world, [does(call("append_line", path=name, line=line)), DONE])


def one_order(level: int, source: Random) -> ToolTask:
    goods = products(source, 3 + level)
    key, n = source.choice(list(goods)), source.randint(2, 5)
    said, quantity = {
        1: (str(n), n),
        2: (number_word(n), n),
        3: source.choice((("a dozen", 12), ("half a dozen", 6), ("a pair", 2))),
        4: (f"{number_word(n)} for each of my two sisters", 2 * n),
        5: (f"enough for {number_word(n)} rooms, with two for each room and one more as a spare", 2 * n + 1),
    }[level]
    text = source.choice(
        (
            f"Please order product {key}: I need {said}.",
            f"I would like to buy {key} from the shop, {said}.",
            f"Please get me {key} from the shop: {said}.",
        )
    )
    return ToolTask(
        text,
        ("place_order",),
        {"products": goods},
        [does(call("place_order", product_id=key, quantity=quantity)), DONE],
    )


def one_mail(level: int, source: Random) -> ToolTask:
    names = people(source, 1 + level)
    mails = {name: address(name, source) for name in names}
    to = source.choice(names)
    subject = source.choice(TITLES) + source.choice(("", ": new date", ": who brings what", ", second try"))
    about = f"that {source.choice(('I will be ten minutes late', 'the room has changed', 'I cannot come', 'everything is ready'))}"
    if level == 1:
        text = f'Send a mail to {mails[to]} with the subject "{subject}" and tell them {about}.'
    else:
        book = "\n".join(f"- {name}: {mail}" for name, mail in mails.items())
        text = f'Here are some addresses:\n{book}\n\nWrite to {to}, with the subject "{subject}", {about}.'
        if level >= 4:
            others = ", ".join(name.split(" ")[0] for name in names if name != to)
            text = f'Here are some addresses:\n{book}\n\nOne of these people is to get a mail with the subject "{subject}", saying {about}. It is none of these: {others}.'
    one = call("send_mail", to=mails[to], subject=subject, text=f"I write to say {about}.")
    return ToolTask(text, ("send_mail",), {}, [does(one), DONE], {"free": list(_FREE)})


SINGLE = {
    "forecast": one_forecast,
    "conversion": one_conversion,
    "event": one_event,
    "reminder": one_reminder,
    "line": one_line,
    "order": one_order,
    "mail": one_mail,
}


def _day(source: Random) -> tuple[date, list[date]]:
    now = today(source)
    return now, [now + timedelta(days=n) for n in range(1, 9)]


def choose_move(level: int, source: Random) -> ToolTask:
    now, days = _day(source)
    table = events(source, source.sample(TITLES, 3 + level), days)
    key = source.choice(list(table))
    day, (said, start) = when(level, now, source), clock(level, source)
    title = table[key]["title"]
    text = source.choice(
        (
            f'"{title}" (event {key}) has been put off: it is now {day.said} at {said}.',
            f'Please reschedule event {key}, "{title}". It will take place {day.said} at {said}.',
            f'Event {key}, "{title}", must be {day.said} at {said} instead. Please change my calendar.',
        )
    )
    tools = offer(source, N_OFFERED[level], "move_event", "create_event", "cancel_event")
    return ToolTask(
        text,
        tools,
        {"events": table},
        [does(call("move_event", event_id=key, date=day.iso, start=start)), DONE],
        system=_system(day.is_relative, now),
    )


def choose_cancel(level: int, source: Random) -> ToolTask:
    _, days = _day(source)
    table = events(source, source.sample(TITLES, 3 + level), days)
    orders = {
        f"o{number}": {"product_id": f"P-{number + 300}", "quantity": 1, "status": "placed"}
        for number in source.sample(range(11, 99), 3)
    }
    key = source.choice(list(table))
    title = table[key]["title"]
    text = source.choice(
        (
            f'"{title}" will not take place. It is event {key}: please take it out of my calendar.',
            f'I am not going to "{title}" after all (event {key}). Get it off my calendar.',
            f'Please drop event {key}, "{title}", from the calendar for good.',
        )
    )
    tools = offer(source, N_OFFERED[level], "cancel_event", "cancel_order", "move_event")
    return ToolTask(text, tools, {"events": table, "orders": orders}, [does(call("cancel_event", event_id=key)), DONE])


def choose_file(level: int, source: Random) -> ToolTask:
    name, good = path(source), source.choice(GOODS)
    others = {path(source): listing(source, 3) for _ in range(level)}
    world = {"files": others | {name: listing(source, 4)}}
    kind = source.randrange(3)
    if kind == 0:
        text = source.choice(
            (
                f'The list in {name} lacks one thing. Put "{good}" below what is there.',
                f'Keep what is in {name}, and add "{good}" as its last line.',
            )
        )
        one = call("append_line", path=name, line=good)
    elif kind == 1:
        text = source.choice(
            (
                f'Nothing in {name} is of any use any more. Its whole text is to be "{good}" from now on.',
                f'Replace everything in {name} by the one line "{good}".',
            )
        )
        one = call("write_file", path=name, text=good)
    else:
        to = f"archive/{source.randint(2019, 2025)}/{name.rsplit('/', 1)[-1]}"
        text = source.choice(
            (f"I still need {name}, but not there: it belongs at {to}.", f"Please file {name} away as {to}.")
        )
        one = call("move_file", path=name, to=to)
    tools = offer(source, N_OFFERED[level], "append_line", "write_file", "move_file")
    return ToolTask(text, tools, world, [does(one), DONE])


def choose_city(level: int, source: Random) -> ToolTask:
    now = today(source)
    names = source.sample(CITIES, 3)
    day = when(level, now, source)
    world = {
        "cities": cities(source, names),
        "roads": roads(source, names[0], names[1:]),
        "weather": weather(source, names, around(day.iso)),
    }
    kind = source.randrange(4)
    if kind == 0:
        text, one, field = (
            f"How far is it by road from {names[0]} to {names[1]}, in km?",
            call("get_distance", from_city=names[0], to_city=names[1]),
            "distance_km",
        )
    elif kind == 1:
        text, one, field = f"How many people live in {names[0]}?", call("get_city", city=names[0]), "inhabitants"
    elif kind == 2:
        text, one, field = (
            f"At what height above the sea, in metres, does {names[1]} lie?",
            call("get_city", city=names[1]),
            "height_m",
        )
    else:
        text, one, field = (
            f"How many degrees will it have at most in {names[2]} {day.said}?",
            call("get_weather", city=names[2], date=day.iso),
            "high_c",
        )
    value = {
        "distance_km": world["roads"][f"{names[0]} - {names[1]}"],
        "inhabitants": world["cities"][names[0]]["inhabitants"],
        "height_m": world["cities"][names[1]]["height_m"],
        "high_c": world["weather"][names[2]][day.iso]["high_c"],
    }[field]
    text = source.choice(("", "I am planning a trip. ", "This is for a quiz. ", "Please look this up. ")) + text
    tools = offer(source, N_OFFERED[level], "get_distance", "get_city", "get_weather")
    return ToolTask(
        text + NUMBER,
        tools,
        world,
        [does(one), answer_is(value)],
        {"calls": [one]},
        value=value,
        second=lambda results: results[-1][field],
        system=_system(kind == 3 and day.is_relative, now),
    )


def choose_status(level: int, source: Random) -> ToolTask:
    goods = products(source, 4 + level)
    statuses = ["placed", "shipped", "delivered", "cancelled"]
    orders: dict[str, dict[str, Any]] = {
        f"o{number}": {"product_id": key, "quantity": source.randint(1, 9), "status": source.choice(statuses)}
        for number, key in zip(source.sample(range(11, 99), 4), source.sample(list(goods), 4), strict=True)
    }
    key = source.choice(list(orders))
    product = orders[key]["product_id"]
    kind = source.randrange(3)
    if kind == 0:
        text, one, value = (
            f"Has order {key} been shipped yet, or what is its status?",
            call("get_order", order_id=key),
            orders[key]["status"],
        )
        form, field = ending("S is the status, as the shop calls it"), "status"
    elif kind == 1:
        text, one, value = (
            f"What does one piece of {product} cost at the moment, in EUR?",
            call("get_product", product_id=product),
            goods[product]["price"],
        )
        form, field = NUMBER, "price"
    else:
        text, one, value = (
            f"How many pieces of {product} does the shop have left?",
            call("get_product", product_id=product),
            goods[product]["stock"],
        )
        form, field = NUMBER, "stock"
    text = source.choice(("", "I have a question about the shop. ", "Can you look this up for me? ")) + text
    tools = offer(source, N_OFFERED[level], "get_order", "get_product", "place_order")
    return ToolTask(
        text + form,
        tools,
        {"products": goods, "orders": orders},
        [does(one), answer_is(value)],
        {"any_of": ["get_order", "list_orders"] if kind == 0 else ["get_product", "search_products"]},
        value=value,
        second=lambda results: results[-1][field],
    )


def choose_guest(level: int, source: Random) -> ToolTask:
    _, days = _day(source)
    table = events(source, source.sample(TITLES, 3 + level), days)
    key, name = source.choice(list(table)), person(source)
    mail = address(name, source)
    title = table[key]["title"]
    text = source.choice(
        (
            f'{name} ({mail}) is coming to "{title}" too, which is event {key}. Please put that down in the calendar.',
            f'Put {mail} on the list of guests of event {key}, "{title}".',
            f'I want {name} at "{title}" (event {key}). The address for the list of guests is {mail}.',
        )
    )
    tools = offer(source, N_OFFERED[level], "add_guest", "send_mail", "create_event")
    return ToolTask(text, tools, {"events": table}, [does(call("add_guest", event_id=key, email=mail)), DONE])


def choose_remind(level: int, source: Random) -> ToolTask:
    now = today(source)
    day, (said, start), title = when(level, now, source), clock(level, source), source.choice(TITLES)
    tools = offer(source, N_OFFERED[level], "set_reminder", "create_event", "send_mail")
    if source.random() < 0.5:
        chore = source.choice(CHORES)
        text = source.choice(
            (
                f"Give me a nudge {day.said} at {said}, so that I do not forget to {chore}. It needs no entry in the calendar.",
                f"I need to be told {day.said} at {said} to {chore}. Just remind me, without any entry in the calendar.",
            )
        )
        one = call("set_reminder", text=chore, date=day.iso, time=start)
    else:
        long, minutes = lasting(min(level, 3), start, source)
        text = source.choice(
            (
                f'Block the time for "{title}" in my calendar {day.said} at {said} {long}. I need no reminder.',
                f'"{title}" is {day.said} at {said} {long}. Write it into the calendar, no reminder is needed.',
            )
        )
        one = call("create_event", title=title, date=day.iso, start=start, minutes=minutes)
    return ToolTask(text, tools, {}, [does(one), DONE], {"free": list(_FREE)}, system=_system(day.is_relative, now))


CHOOSE = {
    "move": choose_move,
    "cancel": choose_cancel,
    "file": choose_file,
    "city": choose_city,
    "shop": choose_status,
    "guest": choose_guest,
    "remind": choose_remind,
}
