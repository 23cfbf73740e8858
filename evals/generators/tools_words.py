"""Names, dates, times and things for items with functions, with the values that their wordings mean."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

CITIES = (
    "Norrevik",
    "Talmora",
    "Brenholm",
    "Castelune",
    "Oriva",
    "Pellworth",
    "Sandmere",
    "Quillan",
    "Varnstad",
    "Elmhaven",
    "Dorsund",
    "Miravel",
    "Kestrow",
    "Lindaro",
    "Halvest",
    "Tormby",
    "Rosswick",
    "Ambleton",
    "Fiskholm",
    "Granoa",
)
COUNTRIES = ("Ostland", "Verania", "Sorrel", "Kaldia", "Marenia")
FIRST = (
    "Ada",
    "Bruno",
    "Carla",
    "Dmitri",
    "Elif",
    "Farid",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Keiko",
    "Liam",
    "Mara",
    "Nadia",
    "Omar",
    "Petra",
    "Quentin",
    "Rosa",
    "Samir",
    "Tove",
    "Ulla",
    "Viktor",
    "Wanda",
    "Yusuf",
    "Zoe",
)
LAST = (
    "Moreno",
    "Lindqvist",
    "Okafor",
    "Tanaka",
    "Brandt",
    "Silva",
    "Novak",
    "Haddad",
    "Keller",
    "Murphy",
    "Rossi",
    "Dubois",
    "Ferreira",
    "Jansen",
    "Kowalski",
    "Larsen",
    "Mbeki",
    "Petrov",
    "Quinn",
    "Weber",
)
TITLES = (
    "Budget review",
    "Team lunch",
    "Dentist",
    "Piano lesson",
    "Roof inspection",
    "Book club",
    "Parents' evening",
    "Swimming course",
    "Project kick-off",
    "Eye test",
    "Choir practice",
    "Job interview",
    "Bike service",
    "Tax adviser",
    "Board meeting",
    "Yoga class",
    "Photo session",
    "House viewing",
    "Chess evening",
    "First aid training",
    "Haircut",
    "Garden committee",
    "Supplier call",
    "Vaccination",
    "Design workshop",
    "Film night",
)
PLACES = ("Room 4", "Room 12", "Café Luna", "Hall B", "Studio 7", "Mill Street 9", "Station Road 21", "Pier 3")
CHORES = (
    "water the tomatoes",
    "call the plumber",
    "take the bread out of the freezer",
    "renew the library books",
    "pay the electricity bill",
    "feed the neighbour's cat",
    "charge the camera",
    "return the drill",
    "book the ferry",
    "pick up the parcel",
    "put the bins out",
    "back up the laptop",
    "iron the shirts",
    "defrost the fridge",
)
THINGS = (
    "desk lamp",
    "garden hose",
    "coffee grinder",
    "rain jacket",
    "wool blanket",
    "camping stove",
    "picture frame",
    "alarm clock",
    "bread knife",
    "tool box",
    "yoga mat",
    "water bottle",
    "bicycle pump",
    "cutting board",
    "tea kettle",
    "door mat",
    "wall clock",
    "head torch",
    "travel pillow",
    "bird feeder",
    "paint roller",
    "step ladder",
)
KINDS = ("small", "large", "green", "steel", "folding", "classic", "blue", "oak")
FOLDERS = ("notes", "reports", "house", "travel", "club", "recipes")
FILES = ("todo", "budget", "ideas", "guests", "packing", "repairs", "minutes", "shopping", "plan", "contacts", "log")
GOODS = (
    "oat milk",
    "candles",
    "printer paper",
    "a new fuse",
    "six lemons",
    "string",
    "batteries",
    "a map of the coast",
    "sticky tape",
    "two bags of soil",
    "rye flour",
    "a spare key",
    "light bulbs",
    "stamps",
    "sandpaper",
    "dish soap",
)
MONEY = {
    "EUR": "euros",
    "USD": "US dollars",
    "GBP": "British pounds",
    "CHF": "Swiss francs",
    "JPY": "Japanese yen",
    "SEK": "Swedish kronor",
    "CAD": "Canadian dollars",
    "INR": "Indian rupees",
}
UNIT_WORDS = {
    "km": "kilometres",
    "mile": "miles",
    "m": "metres",
    "foot": "feet",
    "inch": "inches",
    "cm": "centimetres",
    "kg": "kilograms",
    "pound": "pounds",
    "ounce": "ounces",
    "g": "grams",
    "l": "litres",
    "us_gallon": "US gallons",
}
UNIT_PAIRS = (
    ("km", "mile"),
    ("mile", "km"),
    ("foot", "m"),
    ("m", "foot"),
    ("inch", "cm"),
    ("kg", "pound"),
    ("pound", "kg"),
    ("ounce", "g"),
    ("us_gallon", "l"),
    ("l", "us_gallon"),
)
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_TENS = {5: "five", 10: "ten", 20: "twenty", 25: "twenty-five"}


PLAIN_GOODS = tuple(good for good in GOODS if good.split(" ")[0] not in ("a", "six", "two"))
"""Those that a number can stand before."""


def number_word(value: int) -> str:
    """A number as it is written in a text."""
    return _NUMBERS[value] if value < len(_NUMBERS) else str(value)


def today(source: Random) -> date:
    """A day that is today for an item."""
    return date(2026, 1, 5) + timedelta(days=source.randrange(700))


def today_said(day: date) -> str:
    """The system message that tells it."""
    return f"Today is {day:%A}, {spoken_day(day)}."


def spoken_day(day: date) -> str:
    """14 March 2026."""
    return f"{day.day} {day:%B %Y}"


@dataclass(frozen=True, slots=True)
class When:
    """A day in words, as YYYY-MM-DD, and whether one must know what today is."""

    said: str
    iso: str
    is_relative: bool = False


def when(level: int, now: date, source: Random) -> When:
    """A day, said the harder the higher the level."""
    ahead = source.randint(2, 40)
    day = now + timedelta(days=ahead)
    if level == 1:
        return When(f"on {day.isoformat()}", day.isoformat())
    if level == 2:
        return When(f"on {spoken_day(day)}", day.isoformat())
    if level == 3:
        said, n = source.choice((("tomorrow", 1), ("the day after tomorrow", 2), ("in three days", 3)))
        return When(said, (now + timedelta(days=n)).isoformat(), is_relative=True)
    if level == 4:
        n = source.randint(5, 12)
        said, n = source.choice(
            ((f"in {number_word(n)} days", n), ("two weeks from today", 14), ("a week from tomorrow", 8))
        )
        return When(said, (now + timedelta(days=n)).isoformat(), is_relative=True)
    return _hard_day(now, source)


def _hard_day(now: date, source: Random) -> When:
    later = date(now.year + now.month // 12, now.month % 12 + 1, 1)
    last = date(later.year, later.month, calendar.monthrange(later.year, later.month)[1])
    weekday = source.randrange(7)
    first = later + timedelta(days=(weekday - later.weekday()) % 7)
    n = source.randint(15, 45)
    return source.choice(
        (
            When("on the last day of next month", last.isoformat(), is_relative=True),
            When(f"on the first {first:%A} of {first:%B %Y}", first.isoformat()),
            When(f"on the second {first:%A} of next month", (first + timedelta(days=7)).isoformat(), is_relative=True),
            When(f"in exactly {n} days", (now + timedelta(days=n)).isoformat(), is_relative=True),
        )
    )


def clock(level: int, source: Random) -> tuple[str, str]:
    """A time of day in words and as HH:MM; always between 8:00 and 18:59."""
    hour = source.randint(8, 17)
    minute = source.choice((0, 15, 30, 45)) if level != 5 else source.choice((5, 10, 20, 25, 35, 40, 50, 55))
    exact = f"{hour:02d}:{minute:02d}"
    part = "in the morning" if hour < 12 else "in the afternoon"
    if level == 1:
        return exact, exact
    if level == 2:
        return f"{(hour - 1) % 12 + 1}:{minute:02d} {'am' if hour < 12 else 'pm'}", exact
    if minute > 30:
        hour, part = hour + 1, "in the morning" if hour + 1 < 12 else "in the afternoon"
        past = f"a quarter to {_hour(hour)}" if minute == 45 else f"{_TENS[60 - minute]} minutes to {_hour(hour)}"
        return f"{past}{'' if hour == 12 else ' ' + part}", exact
    near = {0: f"{_hour(hour)} o'clock", 15: f"a quarter past {_hour(hour)}", 30: f"half past {_hour(hour)}"}
    said = near.get(minute) or f"{_TENS[minute]} minutes past {_hour(hour)}"
    if hour == 12 and minute == 0:
        return "noon", exact
    return f"{said} {part}", exact


def _hour(hour: int) -> str:
    return number_word((hour - 1) % 12 + 1)


def lasting(level: int, start: str, source: Random) -> tuple[str, int]:
    """How long, in words, and in minutes."""
    if level == 1:
        minutes = source.choice((20, 30, 45, 60, 90))
        return f"for {minutes} minutes", minutes
    if level in (2, 3):
        return source.choice(
            (
                ("for an hour", 60),
                ("for an hour and a half", 90),
                ("for two hours", 120),
                ("for half an hour", 30),
                ("for three quarters of an hour", 45),
                ("for two and a half hours", 150),
            )
        )
    minutes = source.choice((35, 50, 65, 75, 95, 105, 130))
    hour, minute = map(int, start.split(":"))
    end = hour * 60 + minute + minutes
    return f"until {end // 60:02d}:{end % 60:02d}", minutes


def person(source: Random) -> str:
    """A name."""
    return f"{source.choice(FIRST)} {source.choice(LAST)}"


def people(source: Random, count: int) -> list[str]:
    """Names without a first or last name twice."""
    firsts, lasts = source.sample(FIRST, count), source.sample(LAST, count)
    return [f"{first} {last}" for first, last in zip(firsts, lasts, strict=True)]


def address(name: str, source: Random) -> str:
    """A mail address that nobody could guess."""
    first, last = name.lower().split(" ")
    host = source.choice(("postbox.example", "mail.example", "kontor.example", "letters.example"))
    return f"{source.choice((f'{first[0]}{last}', f'{last}.{first}', f'{first}_{last}'))}{source.randint(2, 98)}@{host}"


def contacts(names: Sequence[str], source: Random) -> dict[str, Any]:
    """The address book of these people."""
    return {
        name: {
            "email": address(name, source),
            "phone": f"0{source.randint(100, 999)} {source.randint(10000, 99999)}",
            "city": source.choice(CITIES),
        }
        for name in names
    }


def products(source: Random, count: int) -> dict[str, Any]:
    """Products of the shop, by id; no two names are alike, none is a part of another, no two prices are the same."""
    things = source.sample(THINGS, min(count, len(THINGS)))
    ids = source.sample(range(101, 999), len(things))
    prices = source.sample(range(400, 12_000, 5), len(things))
    return {
        f"P-{number}": {
            "name": f"{source.choice(KINDS)} {thing}".capitalize(),
            "price": price / 100,
            "stock": source.randint(12, 60),
        }
        for number, thing, price in sorted(zip(ids, things, prices, strict=True))
    }


def events(source: Random, titles: Sequence[str], days: Sequence[date]) -> dict[str, Any]:
    """Events, one for each title, at different times of the days; ids begin anywhere."""
    numbers = sorted(source.sample(range(11, 99), len(titles)))
    starts = source.sample(
        [f"{hour:02d}:{minute:02d}" for hour in range(8, 19) for minute in (0, 15, 30, 45)], len(titles)
    )
    return {
        f"e{number}": {
            "title": title,
            "date": source.choice(days).isoformat(),
            "start": start,
            "minutes": source.choice((30, 45, 60, 90)),
            "place": source.choice((*PLACES, "")),
            "guests": [],
        }
        for number, title, start in zip(numbers, titles, starts, strict=True)
    }


def weather(source: Random, cities: Sequence[str], days: Sequence[str]) -> dict[str, Any]:
    """Forecasts; on one day no two cities are equally warm, wet or windy."""
    table: dict[str, dict[str, Any]] = {city: {} for city in cities}
    for day in days:
        highs, rains, winds = (source.sample(span, len(cities)) for span in (range(2, 35), range(1, 40), range(4, 90)))
        for city, high, rain, wind in zip(cities, highs, rains, winds, strict=True):
            table[city][day] = {
                "high_c": high,
                "low_c": high - source.randint(3, 11),
                "rain_mm": rain,
                "wind_kmh": wind,
            }
    return table


def cities(source: Random, names: Sequence[str]) -> dict[str, Any]:
    """Facts of cities, none the same."""
    inhabitants, heights = source.sample(range(12, 990), len(names)), source.sample(range(3, 1400), len(names))
    return {
        name: {"country": source.choice(COUNTRIES), "inhabitants": number * 1000 + 400, "height_m": height}
        for name, number, height in zip(names, inhabitants, heights, strict=True)
    }


def roads(source: Random, start: str, others: Sequence[str]) -> dict[str, Any]:
    """Distances from one city to others, none the same."""
    lengths = source.sample(range(31, 940), len(others))
    return {f"{start} - {other}": length for other, length in zip(others, lengths, strict=True)}


def around(iso: str) -> list[str]:
    """A day with the two before and behind it."""
    day = date.fromisoformat(iso)
    return [(day + timedelta(days=n)).isoformat() for n in (-2, -1, 0, 1, 2)]


def path(source: Random) -> str:
    """A path of a file."""
    return f"{source.choice(FOLDERS)}/{source.choice(FILES)}.txt"


def listing(source: Random, count: int) -> str:
    """A text of so many lines."""
    return "".join(f"{line}\n" for line in source.sample(GOODS, count))
