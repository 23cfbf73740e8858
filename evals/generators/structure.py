"""The pack `structure`: documents by a schema, from notes, from texts, and from other documents, in five levels.

Each key is known from the making. The second way to it reads the finished notes, text or document again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from generators import structure_facts as facts
from generators import structure_forms as forms
from generators import structure_yaml
from generators.problem import LEVELS, Entry, Family, Problem, entries
from generators.structure_convert import convert
from generators.structure_facts import DOMAINS, Domain, Field
from generators.structure_problem import ask, fit, problem
from generators.structure_prose import prose, read_out

_JOINED = (
    'the label says "top shelf, left"',
    "asked twice, then waited",
    'called it "a bargain", smiling',
    "to be told first, please",
    'needs a "second look"',
    "fine, as far as known",
    "old, but complete",
    'sign reads "No entry"',
    "slow at first; later, without warning, quick",
)
_BARRED = ("left | right", "day | night", "A | B test", "in | out", "north | south gate", "yes | no answer")
REMARK = Field("remark", "Remark", "string", facts.one_of(*_JOINED), "")


def record(level: int, source: Random) -> Problem:
    """One record as JSON, flat at first, later with an object in it, values that are not known, and a list."""
    domain = source.choice(DOMAINS)
    count = (4, 5, 6, 6, 7)[level - 1]
    fields = _some(domain, count, source) if level < 3 else list(domain.fields[:count])
    row = facts.record(domain, fields, source)
    unknown: list[str] = []
    if level >= 4:
        loose = [field.name for field in fields if field.name not in domain.grouped]
        unknown = source.sample(loose, 2)
        row |= dict.fromkeys(unknown)
    left_out = unknown[1:] if level == 5 else []
    told = [domain.key, *fields]
    source.shuffle(told)
    text = forms.notes([row], told, source, in_lines=False)
    again = forms.from_notes(text, told, in_lines=False)[0]
    extra = source.sample(("Clerk: on duty", "Printed: twice", "Copy: filed", "Form: 12-B"), level - 1)
    asked = [domain.key, *fields]
    kinds = {
        field.name: forms.type_of(
            field, can_be_null=field.name in unknown[:1] or (level == 4 and field.name in unknown)
        )
        for field in asked
    }
    grouped = domain.grouped if level >= 3 else ()
    rows = [_nested(domain, asked, one, grouped, left_out) for one in (row, again)]
    properties: dict[str, Any] = {name: kind for name, kind in kinds.items() if name not in grouped}
    if grouped:
        inner = {name: kinds[name] for name in grouped if name in kinds}
        properties[domain.group] = forms.object_schema(inner)
    if level == 5:
        marks = source.sample(("first", "blue", "to check", "north", "spare", "signed"), 3)
        extra.append(f"Marks: {', '.join(marks)}")
        properties["marks"] = {"type": "array", "items": {"type": "string"}}
        rows = [one | {"marks": marks} for one in rows]
    schema = forms.object_schema(properties, left_out)
    lines = text.split("\n") + extra
    source.shuffle(lines)
    task = f"Notes on one {domain.name} from {domain.intro}:\n\n" + "\n".join(lines)
    if level == 4:
        task += "\n\nWhat the notes do not say is null."
    if level == 5:
        task += f"\n\nLeave {left_out[0]} out if the notes do not say it; anything else that they do not say is null. The marks stay in their order."
    goal = source.choice(
        (
            "Write this as one JSON object.",
            "Turn the notes into one JSON object.",
            "Put what is asked for into one JSON object.",
        )
    )
    return problem(ask(task, goal, source), (rows[0], rows[1]), schema, "json", source=source)


def _nested(
    domain: Domain, fields: Sequence[Field], row: Mapping[str, Any], grouped: Sequence[str], left_out: Sequence[str]
) -> dict[str, Any]:
    flat = {field.name: row[field.name] for field in fields if field.name not in grouped and field.name not in left_out}
    inner = {name: row[name] for name in grouped if name in row}
    return flat | ({domain.group: inner} if grouped else {})


def _some(domain: Domain, count: int, source: Random) -> list[Field]:
    """So many fields of a domain in their order, the first always among them."""
    at = sorted(source.sample(range(len(domain.fields)), min(count, len(domain.fields))))
    return [domain.fields[number] for number in at]


def many(level: int, source: Random) -> Problem:
    """A list of records as JSON, thirty-five of them in the end."""
    domain = source.choice(DOMAINS)
    fields = _some(domain, (2, 3, 3, 4, 3)[level - 1], source)
    count = (3, 6, 10, 16, 35)[level - 1]
    rows = facts.records(domain, fields, count, source)
    asked = [domain.key, *fields]
    in_lines = level == 5 or source.random() < 0.5
    text = forms.notes(rows, asked, source, in_lines=in_lines)
    again = forms.from_notes(text, asked, in_lines=in_lines)
    items = forms.object_schema({field.name: forms.type_of(field) for field in asked})
    if level == 1:
        schema, wrap = forms.list_schema(items), list[dict[str, Any]]
        values: list[Any] = [wrap(rows), wrap(again)]
        goal = "Write them as a JSON array of objects, in the same order."
    else:
        name = domain.plural
        schema = forms.object_schema({"count": {"type": "integer"}, name: forms.list_schema(items)})
        values = [{"count": len(one), name: one} for one in (rows, again)]
        goal = f"Write one JSON object with the number of {name} as count and all of them, in the same order."
    return problem(
        ask(f"The {domain.plural} of {domain.intro}:\n\n{text}", goal, source),
        (values[0], values[1]),
        schema,
        "json",
        source=source,
    )


def comma(level: int, source: Random) -> Problem:
    """CSV: the columns' order, then commas, quotation marks, another delimiter and empty fields."""
    domain = source.choice(DOMAINS)
    delimiter = ";" if level >= 4 and source.random() < 0.5 else ","
    shape = _Shape("csv", (3, 5, 8, 15, 30)[level - 1], REMARK if level >= 2 else None, delimiter)
    return _rows(level, source, domain, shape)


def table(level: int, source: Random) -> Problem:
    """A Markdown table: the columns' order, then bars in cells, and a column to sort by."""
    domain = source.choice(DOMAINS)
    sign = Field("sign", "Sign", "string", facts.one_of(*_BARRED), "") if level >= 3 else None
    return _rows(level, source, domain, _Shape("table", (3, 5, 8, 12, 20)[level - 1], sign))


@dataclass(frozen=True, slots=True)
class _Shape:
    """A format of rows, how many of them, and one more column."""

    form: str
    count: int
    more: Field | None
    delimiter: str = ","


def _rows(level: int, source: Random, domain: Domain, shape: _Shape) -> Problem:
    form, count, more, delimiter = shape.form, shape.count, shape.more, shape.delimiter
    fields = _some(domain, (2, 3, 3, 4, 4)[level - 1], source)
    fields += [more] if more else []
    rows = facts.records(domain, fields, count, source)
    can_be_null = {fields[0].name} if level >= 3 and fields[0].kind != "string" else set()
    for row in rows:
        if can_be_null and source.random() < 0.3:
            row[fields[0].name] = None
    asked = [domain.key, *fields]
    text = forms.notes(rows, asked, source, in_lines=False)
    columns = [field.name for field in asked]
    source.shuffle(columns)
    again = forms.from_notes(text, asked, in_lines=False)
    goal = f"Write them as {'CSV' if form == 'csv' else 'a Markdown table'} with a row for each {domain.name}"
    goal += ", in the same order."
    if form == "table" and level >= 4:
        key = domain.key.name
        rows, again = sorted(rows, key=lambda one: one[key]), sorted(again, key=lambda one: one[key])
        order = f"by {key}, the smallest first"
        if not rows[0][key].isdigit():
            order = f"in the alphabetical order of the whole {key}, from its first letter on"
        goal = f"Write them as a Markdown table with a row for each {domain.name}, sorted {order}."
    goal += f" The columns, in this order: {', '.join(columns)}."
    if form == "csv":
        name = "semicolons" if delimiter == ";" else "commas"
        goal += (
            f" Put {name} between the fields and quote fields as RFC 4180 says, quotation marks within them doubled."
        )
    if more is not None and form == "table":
        goal += " Escape a vertical bar within a cell with a backslash."
    if can_be_null:
        goal += " A field that is not mentioned stays empty."
    kinds = {field.name: forms.type_of(field, can_be_null=field.name in can_be_null) for field in asked}
    schema = forms.list_schema(forms.object_schema({name: kinds[name] for name in columns}))
    task = ask(f"The {domain.plural} of {domain.intro}:\n\n{text}", goal, source)
    return problem(task, (rows, again), schema, form, source=source, columns=columns, delimiter=delimiter)


def extract(level: int, source: Random) -> Problem:
    """One record out of a text; from level 2 the text does not tell everything, from level 4 others stand beside it."""
    domain = source.choice(DOMAINS)
    fields = _some(domain, (3, 4, 5, 6, 7)[level - 1], source)
    n_others = (0, 0, 1, 2, 4)[level - 1]
    rows = facts.records(domain, fields, n_others + 1, source)
    wanted = rows[source.randrange(len(rows))]
    silent = source.sample([field.name for field in fields], (0, 1, 1, 2, 2)[level - 1])
    wanted |= dict.fromkeys(silent)
    text = fit(lambda asides: prose(domain, rows, fields, asides, source), 60, 400)
    name = wanted[domain.key.name]
    again = read_out(domain, text, [name], fields)[0]
    asked = [domain.key, *fields]
    schema = forms.object_schema(
        {field.name: forms.type_of(field, can_be_null=field is not domain.key) for field in asked}
    )
    goal = f"What does the text say of the {domain.name} with the {domain.key.label.casefold()} {name}? Answer with one JSON object. What the text does not say is null. {domain.naming}".rstrip()
    return problem(ask(text, goal, source), (wanted, again), schema, "json", source=source)


def extract_all(level: int, source: Random) -> Problem:
    """Every record out of a text, in JSON or, at times, YAML."""
    domain = source.choice(DOMAINS)
    fields = _some(domain, (2, 3, 3, 4, 5)[level - 1], source)
    rows = facts.records(domain, fields, (2, 2, 3, 4, 5)[level - 1], source)
    for row in rows if level >= 2 else ():
        row[source.choice(fields[1:]).name] = None
    text = fit(lambda asides: prose(domain, rows, fields, asides, source), 60, 400)
    again = read_out(domain, text, [row[domain.key.name] for row in rows], fields)
    asked = [domain.key, *fields]
    items = forms.object_schema(
        {field.name: forms.type_of(field, can_be_null=field is not domain.key) for field in asked}
    )
    schema = forms.object_schema({domain.plural: forms.list_schema(items)})
    form = source.choice(("json", "json", "yaml"))
    named = "JSON" if form == "json" else "YAML"
    goal = f"List all {domain.plural} that the text tells of, in the order in which it comes to them, as one {named} document. What it does not say of one is null. {domain.naming}".rstrip()
    return problem(
        ask(text, goal, source), ({domain.plural: rows}, {domain.plural: again}), schema, form, source=source
    )


FAMILIES: dict[str, tuple[str, Family]] = {
    "record": ("json", record),
    "many": ("json", many),
    "csv": ("csv", comma),
    "yaml": ("yaml", structure_yaml.settings),
    "table": ("table", table),
    "extract": ("extraction", extract),
    "extract-all": ("extraction", extract_all),
    "convert": ("transformation", convert),
}
PER_LEVEL = 5


def structure_entries() -> list[Entry]:
    """All items: five of each family and level."""
    return [
        entry
        for name, (category, family) in FAMILIES.items()
        for entry in entries(category, "structure", {name: family}, PER_LEVEL)
    ]


def structure_quick(whole: Sequence[Entry]) -> list[Entry]:
    """Forty of them: one of each family and level."""
    chosen = {
        Random(f"structure-quick {name} {level}").choice([e.id for e in whole if (e.family, e.level) == (name, level)])
        for name in FAMILIES
        for level in LEVELS
    }
    return [entry for entry in whole if entry.id in chosen]
