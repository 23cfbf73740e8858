"""BFCL's records: the questions and functions lie in one file, the accepted calls in another one of the same name.

Taken are the categories of one turn whose calls are compared with accepted ones, or that ask for none: not those whose
functions are run, nor conversations of several turns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from aa_tui.evals.items import PackError
from aa_tui.evals.manifest import safe
from aa_tui.evals.public.records import Record

_OLD_NAMES = {"simple": "simple_python", "java": "simple_java", "javascript": "simple_javascript"}
"""What version 3 calls categories of version 4."""

_COMPARED = frozenset({
    "simple_python", "simple_java", "simple_javascript", "multiple", "parallel", "parallel_multiple", "live_simple",
    "live_multiple", "live_parallel", "live_parallel_multiple",
})  # fmt: skip
_WITHOUT_KEYS = frozenset({"irrelevance", "live_irrelevance", "live_relevance"})
_ID = re.compile(r"([a-z_]+?)_\d+(?:-\d+-\d+)?")


def joined(records: Iterable[Record]) -> list[Record]:
    """The questions, each with its accepted calls (`ground_truth`) where there are some."""
    all_records = list(records)
    accepted = {
        str(one.fields.get("id")): one.fields["ground_truth"] for one in all_records if "ground_truth" in one.fields
    }
    return [
        replace(one, fields={**one.fields, "ground_truth": accepted.get(str(one.fields.get("id")))})
        for one in all_records
        if "ground_truth" not in one.fields or "function" in one.fields
    ]


def item(record: Record) -> dict[str, Any] | None:
    """The item of a question; None for other categories. Raises PackError, naming the place, for another shape."""
    name = record.fields.get("id")
    found = _ID.fullmatch(name) if isinstance(name, str) else None
    if found is None:
        raise PackError(f"{record.place}: its id is none of BFCL's, such as simple_python_0.")
    category = _OLD_NAMES.get(found[1], found[1])
    if category not in _COMPARED | _WITHOUT_KEYS:
        return None
    fields: dict[str, Any] = {"id": name, "category": category, **_asked(record)}
    fields["functions"] = _functions(record, may_be_empty=category in _WITHOUT_KEYS)
    if category in _COMPARED:
        fields["answer"] = _accepted(record)
    return fields


def _asked(record: Record) -> dict[str, Any]:
    turns = record.fields.get("question")
    messages = turns[0] if isinstance(turns, list) and len(turns) == 1 else None
    if not isinstance(messages, list) or not messages or not all(_is_message(one) for one in messages):
        raise PackError(f"{record.place}: its question must be one list of messages with role and content.")
    told = [{"role": one["role"], "content": one["content"]} for one in messages]
    asked = [one["content"] for one in told if one["role"] == "user" and one["content"].strip()]
    if not asked:
        raise PackError(f"{record.place}: none of its messages is a user's.")
    prompt = asked[-1]
    if not safe(prompt).strip():
        prompt = repr(prompt)[1:-1]  # two questions are nothing but keys that a terminal would obey
    return {"prompt": prompt} | ({} if len(told) == 1 else {"messages": told})


def _is_message(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and value.get("role") in ("system", "user", "assistant")
        and isinstance(value.get("content"), str)
    )


def _functions(record: Record, *, may_be_empty: bool) -> list[Any]:
    found = record.fields.get("function")
    found = [found] if isinstance(found, Mapping) else found
    is_there = isinstance(found, list) and (found or may_be_empty)
    if not isinstance(found, list) or not is_there or not all(_is_function(one) for one in found):
        raise PackError(f"{record.place}: its function must be a list of objects with name and parameters.")
    return found


def _is_function(value: Any) -> bool:
    parameters = value.get("parameters") if isinstance(value, Mapping) else None
    is_object = isinstance(parameters, Mapping) and isinstance(parameters.get("properties"), Mapping)
    return is_object and isinstance(value.get("name"), str) and bool(value["name"].strip())


def _accepted(record: Record) -> list[Any]:
    found = record.fields.get("ground_truth")
    if found is None:
        raise PackError(
            f"{record.place}: its accepted calls are not there: name the whole folder, with possible_answer in it."
        )
    if not isinstance(found, list) or not found or not all(isinstance(one, Mapping) and one for one in found):
        raise PackError(f"{record.place}: its ground_truth must be a list of calls.")
    return found
