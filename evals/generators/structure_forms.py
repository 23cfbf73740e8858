"""How documents of the pack `structure` are written, described and read back: keys, schemas, notes for people."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from random import Random
from typing import Any

from generators.structure_facts import Field

_PLAIN = re.compile(r"[A-Za-z][A-Za-z ]*")
_WORDS_OF_YAML = frozenset({"yes", "no", "true", "false", "on", "off", "null", "y", "n"})


def json_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def yaml_text(value: Any, depth: int = 0) -> str:
    """Block style, with quotation marks round every text that a reader of any version could take for something else."""
    pad = "  " * depth
    if isinstance(value, dict) and value:
        lines = []
        for name, one in value.items():
            is_block = isinstance(one, dict | list) and one
            lines.append(f"{pad}{name}:\n{yaml_text(one, depth + 1)}" if is_block else f"{pad}{name}: {_scalar(one)}")
        return "\n".join(lines)
    if isinstance(value, list) and value:
        lines = []
        for one in value:
            inner = yaml_text(one, depth + 1) if isinstance(one, dict | list) and one else f"{pad}  {_scalar(one)}"
            lines.append(f"{pad}- {inner[len(pad) + 2 :]}")
        return "\n".join(lines)
    return f"{pad}{_scalar(value)}"


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.casefold() not in _WORDS_OF_YAML:
        return value.strip()
    return json.dumps(value, ensure_ascii=False)


def csv_text(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row[name]) for name in columns] for row in rows)
    return out.getvalue()


def table_text(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    lines = [list(columns), ["---"] * len(columns)]
    lines += [[_cell(row[name]).replace("|", "\\|") for name in columns] for row in rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def type_of(field: Field, *, can_be_null: bool = False) -> dict[str, Any]:
    """A field's JSON schema."""
    kind = {"date": "string", "enum": "string"}.get(field.kind, field.kind)
    schema: dict[str, Any] = {"type": [kind, "null"] if can_be_null else kind}
    if field.kind == "date":
        schema["format"] = "date"
    if field.kind == "enum":
        schema["enum"] = [*field.options, *([None] if can_be_null else [])]
    return schema


def object_schema(properties: Mapping[str, Any], optional: Sequence[str] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def list_schema(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": dict(items)}


def in_words(schema: Mapping[str, Any], depth: int = 0) -> str:
    """A schema of an object as a list for people."""
    lines = []
    for name, one in schema["properties"].items():
        told, inner = _kind_in_words(one), one.get("items", one)
        absent = "" if name in schema["required"] else ", left out where there is none"
        lines.append(f"{'  ' * depth}- {name}: {told}{absent}")
        if "properties" in inner:
            lines.append(in_words(inner, depth + 1))
    return "\n".join(lines)


def _kind_in_words(schema: Mapping[str, Any]) -> str:
    kinds = [schema["type"]] if isinstance(schema["type"], str) else list(schema["type"])
    null = " or null" if "null" in kinds else ""
    if "enum" in schema:
        return f"one of {', '.join(json.dumps(one) for one in schema['enum'] if one is not None)}{null}"
    if schema.get("format") == "date":
        return f"date as a string, YYYY-MM-DD{null}"
    if kinds[0] == "object":
        return f"object with{null}"
    if kinds[0] == "array":
        return (
            "list of objects, each with" if "properties" in schema["items"] else f"list of {schema['items']['type']}s"
        )
    return {"integer": "whole number", "number": "number", "boolean": "true or false"}.get(kinds[0], kinds[0]) + null


def human(field: Field, value: Any, source: Random) -> str:
    """A value as people write it."""
    if field.kind == "date":
        one = date.fromisoformat(value)
        return f"{one.day} {one:%B} {one.year}" if source.random() < 0.6 else f"{one:%B} {one.day}, {one.year}"
    if field.kind == "boolean":
        return "yes" if value else "no"
    if field.kind == "integer" and "year" not in field.name:
        return f"{value:,}"
    return str(value)


def from_human(field: Field, text: str) -> Any:
    """The value that people write so."""
    if field.kind == "date":
        form = "%d %B %Y" if text[0].isdigit() else "%B %d, %Y"
        return datetime.strptime(text, form).date().isoformat()
    if field.kind == "boolean":
        return text == "yes"
    if field.kind == "integer":
        return int(text.replace(",", ""))
    return float(text) if field.kind == "number" else text


def notes(rows: Sequence[Mapping[str, Any]], fields: Sequence[Field], source: Random, *, in_lines: bool) -> str:
    """Records for people: a block of lines for each, or with `in_lines` one line. A value of None is not mentioned."""
    blocks = []
    for row in rows:
        told = [
            f"{field.label}: {human(field, row[field.name], source)}" for field in fields if row[field.name] is not None
        ]
        blocks.append("; ".join(told) if in_lines else "\n".join(told))
    return ("\n" if in_lines else "\n\n").join(blocks)


def from_notes(text: str, fields: Sequence[Field], *, in_lines: bool) -> list[dict[str, Any]]:
    """The records of `notes`, read again; what is not mentioned is None."""
    result = []
    for block in text.split("\n" if in_lines else "\n\n"):
        told = dict(piece.split(": ", 1) for piece in block.split("; " if in_lines else "\n"))
        result.append(
            {field.name: from_human(field, told[field.label]) if field.label in told else None for field in fields}
        )
    return result
