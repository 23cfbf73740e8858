"""From one document to another: the same rows in another format, chosen, sorted, grouped and summed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from generators import structure_facts as facts
from generators import structure_forms as forms
from generators.problem import Problem
from generators.structure_facts import DOMAINS, Domain, Field
from generators.structure_problem import ask, problem, written

Rows = list[dict[str, Any]]
_NAMES = {"json": "JSON", "csv": "CSV", "yaml": "YAML", "table": "Markdown table"}
_RULES = "Values stay as they are: what is a number stays one, and so do true, false and dates."


def convert(level: int, source: Random) -> Problem:
    """Convert; choose; choose and sort; group; group, sum and sort."""
    domain = source.choice(DOMAINS)
    by_kind = {
        kind: [one for one in domain.fields if one.kind == kind] for kind in ("enum", "integer", "date", "boolean")
    }
    group, amount, day, truth = (by_kind[kind][0] for kind in ("enum", "integer", "date", "boolean"))
    fields = [group, amount, day, truth][: 3 if level == 1 else 4]
    asked = [domain.key, *fields]
    columns = [field.name for field in asked]
    count = (5, 8, 10, 14, 20)[level - 1]
    rows = _distinct(domain, fields, count, amount, source)
    given, wanted = _formats(level, source)
    text = written(rows, given, columns, ",").rstrip("\n")
    again = _read_again(text, given, asked)
    goal, shape = _task(level, domain, (group, amount, truth), source)
    values = [shape(one) for one in (rows, again)]
    goal = goal.replace("{form}", _NAMES[wanted])
    kinds = {field.name: forms.type_of(field) for field in asked}
    items = forms.object_schema(kinds)
    schema = forms.list_schema(items)
    if level == 4:
        schema = forms.object_schema(dict.fromkeys(group.options, schema))
    if level == 5:
        one = forms.object_schema(
            {
                group.name: kinds[group.name],
                "count": {"type": "integer"},
                "total": {"type": "integer"},
                domain.plural: forms.list_schema({"type": "string"}),
            }
        )
        schema = forms.list_schema(one)
    material = f"A list of {domain.plural} from {domain.intro} as {_NAMES[given]}:\n\n{text}"
    flat = columns if wanted in ("csv", "table") else ()
    if flat:
        goal += f" The columns, in this order: {', '.join(columns)}."
    return problem(
        ask(material, goal, source), (values[0], values[1]), schema, wanted, source=source, columns=flat, rules=_RULES
    )


def _formats(level: int, source: Random) -> tuple[str, str]:
    given = source.choice(("json", "csv", "yaml", "table"))
    wanted = [
        form for form in (("json", "csv", "yaml", "table") if level <= 3 else ("json", "json", "yaml")) if form != given
    ]
    return given, source.choice(wanted)


def _distinct(domain: Domain, fields: Sequence[Field], count: int, amount: Field, source: Random) -> Rows:
    """Records of which no two have the same amount, so that there is one order, with each group among them."""
    while True:
        rows = facts.records(domain, fields, count, source)
        amounts = [row[amount.name] for row in rows]
        flags = [[row[field.name] for row in rows] for field in fields if field.kind in ("enum", "boolean")]
        totals = _totals(rows, fields[0], amount)
        if len(set(totals)) < len(totals) or any(len(set(flag)) < 2 for flag in flags):
            continue
        if len(set(amounts)) == count:
            return rows
        for number, row in enumerate(source.sample(rows, count)):
            row[amount.name] = 3 + number * 7 + source.randrange(7)
        if len(set(totals := _totals(rows, fields[0], amount))) == len(totals):
            return rows


def _totals(rows: Rows, group: Field, amount: Field) -> list[int]:
    return [
        sum(row[amount.name] for row in rows if row[group.name] == option)
        for option in {row[group.name] for row in rows}
    ]


def _task(
    level: int, domain: Domain, fields: tuple[Field, Field, Field], source: Random
) -> tuple[str, Callable[[Rows], Any]]:
    """What is wanted in words, and the function that does it."""
    group, amount, truth = fields
    name, number, key = group.name, amount.name, domain.key.name
    if level == 1:
        return "Convert the list to {form}, all rows in the same order.", list
    if level == 2:
        flag = source.random() < 0.5
        words = "true" if flag else "false"
        return (
            f"Keep only the {domain.plural} for which {truth.name} is {words}, in the same order, and write them as {{form}}.",
            lambda rows: [row for row in rows if row[truth.name] is flag],
        )
    if level == 3:
        option = source.choice(group.options)
        return (
            f"Leave out the {domain.plural} whose {name} is {option}, sort the others by {number}, the largest first, and write them as {{form}}.",
            lambda rows: sorted((row for row in rows if row[name] != option), key=lambda row: -row[number]),
        )
    if level == 4:
        return (
            f"Group the {domain.plural} by {name}: one {{form}} document with a list for each of {', '.join(group.options)}, empty where there is none. Within a list they are sorted by {number}, the smallest first.",
            lambda rows: {
                option: sorted((row for row in rows if row[name] == option), key=lambda row: row[number])
                for option in group.options
            },
        )
    return (
        f"For each {name} that occurs write an object with {name}, the number of its {domain.plural} as count, the sum of their {number} as total, and as {domain.plural} the list of their {key}, in the order of the source. Sort the objects by total, the largest first, and write the list as a {{form}} document.",
        lambda rows: _summed(rows, domain, name, number),
    )


def _summed(rows: Rows, domain: Domain, name: str, number: str) -> Rows:
    groups: dict[str, Rows] = {}
    for row in rows:
        groups.setdefault(row[name], []).append(row)
    found = [
        {
            name: option,
            "count": len(inner),
            "total": sum(row[number] for row in inner),
            domain.plural: [row[domain.key.name] for row in inner],
        }
        for option, inner in groups.items()
    ]
    return sorted(found, key=lambda one: -one["total"])


def _read_again(text: str, form: str, fields: Sequence[Field]) -> Rows:
    """The rows of a document, by readers other than those that wrote it."""
    if form == "json":
        return list(json.loads(text))
    if form == "csv":
        found: list[Mapping[str, str]] = list(csv.DictReader(io.StringIO(text)))
    elif form == "table":
        lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.split("\n")]
        found = [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]
    else:
        blocks = text.removeprefix("- ").split("\n- ")
        found = [dict(line.strip().split(": ", 1) for line in block.split("\n")) for block in blocks]
    return [{field.name: _typed(field, row[field.name], form) for field in fields} for row in found]


def _typed(field: Field, text: str, form: str) -> Any:
    if field.kind in ("boolean", "integer", "number"):
        return json.loads(text)
    return json.loads(text) if form == "yaml" and text.startswith('"') else text
