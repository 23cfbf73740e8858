"""From a document's value to an item: how it is asked for, and its key as a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from generators.problem import Problem
from generators.structure_forms import csv_text, in_words, json_text, table_text, yaml_text

_ALONE = " Write nothing before or after it; a code fence around it is allowed."
_RULES = {
    "json": "Strings are copied as they are written, numbers are numbers, dates are written YYYY-MM-DD.",
    "yaml": "Strings are copied as they are written and must stay strings, dates are strings written YYYY-MM-DD.",
    "csv": "Texts are copied as they are written, numbers have no separators of thousands, dates are written YYYY-MM-DD, and yes and no become true and false.",
    "table": "Texts are copied as they are written, numbers have no separators of thousands, dates are written YYYY-MM-DD, and yes and no become true and false.",
}


def ask(material: str, goal: str, source: Random) -> str:
    """Material and goal, either of them first."""
    return f"{material}\n\n{goal}" if source.random() < 0.6 else f"{goal}\n\n{material}"


def fit(make: Callable[[int], str], fewest: int, most: int) -> str:
    """A text of so many words, by the sentences in it that say nothing."""
    for asides in (2, 3, 4, 1, 0):
        text = make(asides)
        if fewest <= len(text.split()) <= most:
            return text
    return text


def written(value: Any, form: str, columns: Sequence[str], delimiter: str) -> str:
    """The document of a value."""
    if form == "json":
        return json_text(value)
    if form == "yaml":
        return yaml_text(value)
    return csv_text(value, columns, delimiter) if form == "csv" else table_text(value, columns)


def problem(
    task: str,
    values: tuple[Any, Any],
    schema: dict[str, Any],
    form: str,
    *,
    source: Random,
    columns: Sequence[str] = (),
    delimiter: str = ",",
    any_order: Sequence[str] = (),
    rules: str | None = None,
) -> Problem:
    """The item that asks for a value, found in two ways, as a document; its schema is told in JSON or in words."""
    extra: dict[str, Any] = {"format": form, "schema": schema}
    alone = source.random() < 0.3
    if columns:
        extra["columns"] = list(columns)
    if delimiter != ",":
        extra["delimiter"] = delimiter
    if any_order:
        extra["any_order"] = list(any_order)
    if alone:
        extra["alone"] = True
    prompt = f"{task}\n\n{_told(schema, form, source)}\n\n{_RULES[form] if rules is None else rules}".rstrip()
    prompt += _ALONE if alone else ""
    texts = [written(one, form, columns, delimiter) for one in values]
    return Problem(prompt, texts[0], texts[1], "structure", "", extra=extra)


def _told(schema: dict[str, Any], form: str, source: Random) -> str:
    inner = schema["items"] if schema["type"] == "array" else schema
    if form in ("csv", "table"):
        return f"The columns hold:\n{in_words(inner)}"
    if source.random() < 0.5:
        return f"The document must be valid under this JSON schema:\n\n{json_text(schema)}"
    return f"{'Each object' if inner is not schema else 'The document'} has exactly these fields:\n{in_words(inner)}"
