"""What the items of the pack `structure` are about: kinds of records, their fields, and how each is told in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

Make = Callable[[Random], Any]

_FIRST = "Ada Bela Carla Dario Elif Farid Greta Hanna Ivo Jana Kofi Lena Milan Nadia Omar Petra Quentin Rosa Samir Tilda Uma Viktor Wanda Yusuf Zora".split()
_LAST = "Albrecht Bergman Castell Dimitrov Ekholm Farrow Granger Holub Ibarra Jansen Kowal Lindqvist Marlow Novak Okafor Perrin Quist Reyes Salter Tanaka Urban Vasquez Weller Young Zeman".split()
_TOWNS = "Aldermoor Brackwell Cindermouth Dunhollow Eastferry Fennick Garrowby Hexley Inverlund Kestrow Lowmarsh Merrington Northwick Oxmere Pellworth Ravenhythe Silverbeck Thornaby Underhill Westcombe".split()
_START = date(2021, 1, 1)


def person(source: Random) -> str:
    return f"{source.choice(_FIRST)} {source.choice(_LAST)}"


def town(source: Random) -> str:
    return source.choice(_TOWNS)


def day(source: Random) -> str:
    return (_START + timedelta(days=source.randrange(1_800))).isoformat()


def whole(low: int, high: int) -> Make:
    return lambda source: source.randrange(low, high)


def money(low: int, high: int) -> Make:
    """With two digits behind the point, of which the last is not 0, so that a number is written in one way."""
    return lambda source: round(source.randrange(low, high) + source.randrange(1, 20) * 5 / 100 - 0.04, 2)


def tenth(low: int, high: int) -> Make:
    return lambda source: round(source.randrange(low, high) + source.randrange(1, 10) / 10, 1)


def one_of(*words: str) -> Make:
    return lambda source: source.choice(words)


def code(pattern: str) -> Make:
    """`A` stands for a letter, `9` for a digit."""
    letters, digits = "BCDFGHKLMNPRSTVWX", "0123456789"
    kinds = {"A": letters, "9": digits}
    return lambda source: "".join(source.choice(kinds[mark]) if mark in kinds else mark for mark in pattern)


def pair(first: Sequence[str], second: Sequence[str]) -> Make:
    return lambda source: f"{source.choice(first)} {source.choice(second)}"


def yes(source: Random) -> bool:
    return source.random() < 0.5


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record. `kind` is "string", "integer", "number", "boolean", "date" or "enum", which has `options`.

    `said` is the sentence that tells it, with {n} for the record's name and {v} for the value; of a boolean the sentence
    for true, and `denied` that for false.
    """

    name: str
    label: str
    kind: str
    make: Make
    said: str
    denied: str = ""
    options: tuple[str, ...] = ()


def chosen(name: str, label: str, said: str, *options: str) -> Field:
    return Field(name, label, "enum", one_of(*options), said, options=options)


@dataclass(frozen=True, slots=True)
class Domain:
    """A kind of record. `key` is the field that names one, `title` how a sentence calls it with {v}; `asides` say
    nothing that is asked for. `group` is the name of a nested object with the fields `grouped`. `naming` says how a name is
    written that a sentence gives with more words round it."""

    name: str
    plural: str
    intro: str
    key: Field
    title: str
    fields: tuple[Field, ...]
    asides: tuple[str, ...]
    group: str
    grouped: tuple[str, ...]
    naming: str = ""


DOMAINS = (
    Domain(
        "repair",
        "repairs",
        "a bicycle workshop",
        Field("customer", "Customer", "string", person, ""),
        "{v}",
        (
            Field(
                "bicycle",
                "Bicycle",
                "string",
                pair(("green", "black", "silver", "red"), ("tandem", "racer", "folding bike", "cargo bike")),
                "The bicycle that {n} handed in is described on the tag as “{v}”.",
            ),
            Field("received", "Received", "date", day, "{n} brought it to the counter on {v}."),
            Field("days", "Days promised", "integer", whole(2, 15), "The workshop promised {n} to need {v} days."),
            Field("price", "Price in euros", "number", money(20, 240), "The bill for {n} comes to {v} euros."),
            Field("paid", "Paid", "boolean", yes, "{n} has paid already.", "{n} has not paid yet."),
            chosen(
                "priority", "Priority", "On the board, the job of {n} has the priority {v}.", "low", "normal", "urgent"
            ),
            Field("tag", "Tag number", "string", code("0999"), "The tag of {n} carries the number {v}."),
        ),
        (
            "The workshop opens at eight and closes for an hour at noon.",
            "A box of old bells stands beside the door, free for anyone.",
            "Last spring the owner bought a second truing stand.",
            "The coffee machine was out of order again.",
        ),
        "work",
        ("days", "price", "priority"),
        "Descriptions are written without the quotation marks around them.",
    ),
    Domain(
        "booking",
        "bookings",
        "a small hotel",
        Field("guest", "Guest", "string", person, ""),
        "{v}",
        (
            Field("room", "Room", "integer", whole(10, 80), "{n} was given room {v}."),
            Field("arrival", "Arrival", "date", day, "The arrival of {n} is planned for {v}."),
            Field("nights", "Nights", "integer", whole(1, 12), "The number of nights booked for {n} is {v}."),
            Field("rate", "Rate per night", "number", money(60, 190), "{n} pays {v} francs a night."),
            Field("breakfast", "Breakfast", "boolean", yes, "{n} wants breakfast.", "{n} does without breakfast."),
            chosen("bed", "Bed", "The kind of bed noted for {n} is {v}.", "single", "double", "twin"),
            Field("reference", "Reference", "string", code("AA-9999"), "The reference of the booking by {n} is {v}."),
        ),
        (
            "The lift is serviced every other month.",
            "From the terrace one sees the lake and, on clear days, the mountains.",
            "The night porter has worked here for twenty years.",
            "There is no television in the lounge.",
        ),
        "stay",
        ("arrival", "nights", "rate"),
    ),
    Domain(
        "object",
        "objects",
        "the store of a museum",
        Field(
            "title",
            "Title",
            "string",
            pair(
                ("Sleeping", "Broken", "Painted", "Hollow", "Winged", "Twisted", "Silent", "Bent"),
                ("Lantern", "Rider", "Bowl", "Heron", "Gate", "Mask", "Bell"),
            ),
            "",
        ),
        "“{v}”",
        (
            Field("maker", "Maker", "string", person, "The maker of {n} was {v}."),
            Field("year", "Year", "integer", whole(1701, 1960), "{n} was made in the year {v}."),
            Field("weight_kg", "Weight in kg", "number", tenth(1, 90), "On the scales {n} showed {v} kg."),
            Field("acquired", "Acquired", "date", day, "The museum acquired {n} on {v}."),
            Field(
                "on_display",
                "On display",
                "boolean",
                yes,
                "{n} is on display at present.",
                "{n} is not on display at present.",
            ),
            chosen("material", "Material", "The main material of {n} is {v}.", "bronze", "oak", "glass", "clay"),
            Field(
                "inventory", "Inventory number", "string", code("A-0999"), "In the inventory {n} has the number {v}."
            ),
        ),
        (
            "The store is kept at eighteen degrees.",
            "A school class visited on a Wednesday.",
            "The catalogue of 1987 is long out of print.",
            "Two lamps in the corridor still need replacing.",
        ),
        "origin",
        ("maker", "year", "material"),
        "Titles are written without the quotation marks around them.",
    ),
    Domain(
        "part",
        "parts",
        "a spare parts warehouse",
        Field(
            "part",
            "Part",
            "string",
            pair(
                ("brass", "steel", "rubber", "copper", "nylon", "ceramic"),
                ("valve", "hinge", "gasket", "washer", "coupling", "bracket", "nozzle"),
            ),
            "",
        ),
        "the {v}",
        (
            Field("shelf", "Shelf", "string", code("A-09"), "One finds {n} on shelf {v}."),
            Field("quantity", "Quantity", "integer", whole(3, 4_000), "The count for {n} is {v} pieces."),
            Field("unit_price", "Unit price", "number", money(1, 60), "A single piece of {n} costs {v} dollars."),
            Field("checked", "Last checked", "date", day, "The stock of {n} was last checked on {v}."),
            Field(
                "fragile",
                "Fragile",
                "boolean",
                yes,
                "According to the label {n} is fragile.",
                "According to the label {n} is not fragile.",
            ),
            chosen("condition", "Condition", "The condition of {n} is listed as {v}.", "new", "used", "damaged"),
            Field(
                "supplier",
                "Supplier",
                "string",
                pair(_LAST, ("Metals", "Trading", "Supply", "Works")),
                "The supplier of {n} is the firm {v}.",
            ),
        ),
        (
            "The forklift has its own parking place.",
            "Deliveries are accepted until four in the afternoon.",
            "In winter the gate is hard to open.",
            "A new roof was laid over hall two.",
        ),
        "stock",
        ("shelf", "quantity", "condition"),
        "Parts and suppliers are written without “the” and “the firm”.",
    ),
    Domain(
        "trip",
        "trips",
        "a regional railway",
        Field("service", "Service", "string", code("RB 99"), ""),
        "service {v}",
        (
            Field("origin", "From", "string", town, "The journey of {n} begins in {v}."),
            Field("destination", "To", "string", town, "The last stop of {n} is {v}."),
            Field("platform", "Platform", "integer", whole(1, 15), "Passengers board {n} on platform {v}."),
            Field("distance_km", "Distance in km", "number", tenth(20, 300), "In all, {n} covers {v} km."),
            Field("date", "Date", "date", day, "The report on {n} is about {v}."),
            Field(
                "delayed", "Delayed", "boolean", yes, "On that day {n} was delayed.", "On that day {n} was not delayed."
            ),
            chosen("traction", "Traction", "The traction of {n} is {v}.", "electric", "diesel", "battery"),
        ),
        (
            "The timetable changes in December.",
            "Bicycles need a ticket of their own before nine.",
            "The station clock is famous for being a minute slow.",
            "Conductors were given new uniforms in autumn.",
        ),
        "route",
        ("origin", "destination", "distance_km"),
        "A service is written as in “RB 01”, without the word before it.",
    ),
    Domain(
        "course",
        "courses",
        "an evening school",
        Field(
            "course",
            "Course",
            "string",
            pair(
                ("Practical", "Everyday", "Creative", "Modern", "Simple", "Careful", "Old"),
                ("Bookbinding", "Welding", "Portuguese", "Beekeeping", "Drawing", "Carpentry"),
            ),
            "",
        ),
        "“{v}”",
        (
            Field("teacher", "Teacher", "string", person, "The teacher of {n} is {v}."),
            Field("places", "Places", "integer", whole(6, 30), "The number of places in {n} is limited to {v}."),
            Field("fee", "Fee", "number", money(40, 300), "The fee for {n} is {v} pounds."),
            Field("starts", "Starts", "date", day, "The first evening of {n} is on {v}."),
            Field("online", "Online", "boolean", yes, "{n} is taught online.", "{n} is not taught online."),
            chosen("level", "Level", "The level of {n} is given as {v}.", "beginner", "intermediate", "advanced"),
            Field("room", "Room", "string", code("9.09"), "In the plan {n} has the room number {v}."),
        ),
        (
            "The school shares its building with a library.",
            "Chalk has been replaced by whiteboards in most rooms.",
            "A caretaker locks the doors at ten.",
            "The printed programme appears twice a year.",
        ),
        "schedule",
        ("starts", "places", "room"),
        "Courses are written without the quotation marks around them.",
    ),
    Domain(
        "concert",
        "concerts",
        "a concert agency",
        Field("ensemble", "Ensemble", "string", pair(_TOWNS, ("Quartet", "Chorus", "Trio", "Players")), ""),
        "the {v}",
        (
            Field(
                "hall",
                "Hall",
                "string",
                pair(("Old", "New", "Upper", "Lower"), ("Granary", "Town Hall", "Foundry", "Chapel")),
                "The hall chosen for {n} is the {v}.",
            ),
            Field("tickets_sold", "Tickets sold", "integer", whole(40, 2_500), "For {n} the office sold {v} tickets."),
            Field("ticket_price", "Ticket price", "number", money(8, 70), "A ticket to hear {n} costs {v} euros."),
            Field("date", "Date", "date", day, "The evening with {n} takes place on {v}."),
            Field(
                "broadcast",
                "Broadcast",
                "boolean",
                yes,
                "The radio will broadcast {n}.",
                "The radio will not broadcast {n}.",
            ),
            chosen("genre", "Genre", "In the programme {n} is filed under {v}.", "jazz", "folk", "choral", "chamber"),
            Field("organiser", "Organiser", "string", person, "The organiser responsible for {n} is {v}."),
        ),
        (
            "Posters may be put up on the green columns only.",
            "The cloakroom is free of charge.",
            "A piano tuner comes on the morning of every event.",
            "Latecomers wait in the foyer until the first pause.",
        ),
        "tickets",
        ("tickets_sold", "ticket_price"),
        "Ensembles and halls are written without “the”.",
    ),
    Domain(
        "sample",
        "samples",
        "a soil laboratory",
        Field("sample", "Sample", "string", code("099"), ""),
        "sample {v}",
        (
            Field("site", "Site", "string", town, "The site of {n} lies near {v}."),
            Field("depth_cm", "Depth in cm", "integer", whole(5, 120), "The drill took {n} at a depth of {v} cm."),
            Field("ph", "pH", "number", tenth(4, 9), "The meter gave {n} a pH of {v}."),
            Field("taken", "Taken", "date", day, "According to the protocol {n} was taken on {v}."),
            Field(
                "contaminated",
                "Contaminated",
                "boolean",
                yes,
                "The analysis found {n} contaminated.",
                "The analysis found {n} not contaminated.",
            ),
            chosen("soil", "Soil", "The soil type of {n} is {v}.", "sand", "silt", "clay", "peat"),
            Field("analyst", "Analyst", "string", person, "The analyst in charge of {n} is {v}."),
        ),
        (
            "The centrifuge is switched off at weekends.",
            "New gloves were ordered in three sizes.",
            "It had rained for most of the week before.",
            "The freezer in the cellar has an alarm.",
        ),
        "findings",
        ("depth_cm", "ph", "soil"),
        "A sample is its number alone, a string as in “001”.",
    ),
)


def record(domain: Domain, fields: Sequence[Field], source: Random) -> dict[str, Any]:
    """A record with the field that names it and these."""
    return {field.name: field.make(source) for field in (domain.key, *fields)}


def records(domain: Domain, fields: Sequence[Field], count: int, source: Random) -> list[dict[str, Any]]:
    """So many records; those of the first field have different values as long as it has as many, with a number behind."""
    result: list[dict[str, Any]] = []
    taken: set[str] = set()
    while len(result) < count:
        one = record(domain, fields, source)
        if one[domain.key.name] not in taken:
            taken.add(one[domain.key.name])
            result.append(one)
    return result
