"""Whether a value fits a JSON schema, and which of its values are others than the key's."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from aa_tui.evals.documents.forms import Form
from aa_tui.evals.items import PackError

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,300})(?:\.[0-9]{1,300})?")
_MOST_ERRORS = 50
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """The first value that is not the key's: its path, such as "$.items[3].price", and what is wrong there."""

    path: str
    sentence: str


class Schema:
    """A JSON schema (draft 2020-12) that refers to nothing outside itself. Raises PackError for one that is none."""

    def __init__(self, schema: Any) -> None:
        from jsonschema import Draft202012Validator, FormatChecker, SchemaError
        from referencing import Registry

        if not isinstance(schema, Mapping):
            raise PackError("its schema must be an object.")
        try:
            Draft202012Validator.check_schema(schema)
            _check_parts(schema)
        except SchemaError as error:
            raise PackError(
                f"its schema is no JSON schema: {error.message[:200]} at {error.json_path[:100]}."
            ) from None
        except RecursionError:
            raise PackError("its schema is nested too deep.") from None
        # An empty registry: nothing is ever fetched.
        self._validator = Draft202012Validator(
            schema, registry=Registry(), format_checker=FormatChecker(formats=("date",))
        )

    def first_fault(self, value: Any) -> Difference | None:
        """The first place, by path, at which a value does not fit; None where it does."""
        from referencing.exceptions import Unresolvable

        try:
            errors = list(islice(self._validator.iter_errors(value), _MOST_ERRORS))
        except Unresolvable as error:
            raise PackError(f"its schema refers to what is not in it: {str(error)[:200]}.") from None
        except RecursionError:
            raise PackError("its schema goes in circles.") from None
        if not errors:
            return None
        first = min(errors, key=lambda error: [str(part) for part in error.absolute_path])
        return Difference(first.json_path, first.message)


def _check_parts(schema: Any) -> None:
    """Raises PackError for a pattern that is none, and for references to other documents."""
    level = [schema]
    while level:
        below: list[Any] = []
        for one in level:
            if isinstance(one, Mapping):
                below += one.values()
                patterns = [one.get("pattern")]
                named = one.get("patternProperties")
                patterns += list(named) if isinstance(named, Mapping) else []
                for pattern in patterns:
                    _check_pattern(pattern)
                for name in ("$ref", "$dynamicRef"):
                    if isinstance(one.get(name), str) and not one[name].startswith("#"):
                        raise PackError(f"its schema refers to {one[name][:100]!r}, which is not in it.")
            elif isinstance(one, list | tuple):
                below += one
        level = below


def _check_pattern(pattern: Any) -> None:
    if isinstance(pattern, str):
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            raise PackError(f"its schema has the pattern {pattern[:100]!r}, which is none: {error}.") from None


def typed(value: Any, form: Form, schema: Mapping[str, Any]) -> Any:
    """Rows of CSV and tables with the types that the schema gives their columns: numbers, true and false, and null for
    an empty cell. A cell that is not of its type stays a text, which the schema then refuses."""
    if form.format not in ("csv", "table") or not isinstance(value, list):
        return value
    columns = _mapping(_mapping(schema.get("items")).get("properties"))
    kinds = {name: _kinds(_mapping(column)) for name, column in columns.items()}
    return [{name: _cell(text, kinds.get(name, ())) for name, text in row.items()} for row in value]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _kinds(column: Mapping[str, Any]) -> tuple[str, ...]:
    kind = column.get("type")
    return (kind,) if isinstance(kind, str) else tuple(kind) if isinstance(kind, list | tuple) else ()


def _cell(text: str, kinds: tuple[str, ...]) -> Any:
    if text == "" and "null" in kinds:
        return None
    if ("integer" in kinds or "number" in kinds) and _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    if "boolean" in kinds and text in ("true", "false"):
        return text == "true"
    return text


def differences(key: Any, said: Any, any_order: Collection[str] = ()) -> Iterator[Difference]:
    """Each value that differs, in the key's order. Numbers are the same where they are equal, texts without what stands
    around them. `any_order` names the lists whose order is free, as "$.teams[].members"."""
    free = frozenset(any_order)
    yield from _differences(_normal(key, "$", free), _normal(said, "$", free), "$")


def _normal(value: Any, path: str, free: frozenset[str]) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value).strip()
    if isinstance(value, dict):
        return {name: _normal(one, f"{path}.{name}", free) for name, one in value.items()}
    if isinstance(value, list):
        inner = [_normal(one, f"{path}[]", free) for one in value]
        return sorted(inner, key=_sort_key) if path in free else inner
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _sort_key(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _differences(key: Any, said: Any, path: str) -> Iterator[Difference]:
    if said is _ABSENT:
        yield Difference(path, "it is missing")
    elif isinstance(key, dict) and isinstance(said, dict):
        for name, one in key.items():
            yield from _differences(one, said.get(name, _ABSENT), f"{path}.{name}")
        for name in said:
            if name not in key:
                yield Difference(f"{path}.{name}", "it should not be there")
    elif isinstance(key, list) and isinstance(said, list):
        if len(key) != len(said):
            yield Difference(path, f"{len(said)} entries instead of {len(key)}")
        for number, (one, other) in enumerate(zip(key, said, strict=False)):
            yield from _differences(one, other, f"{path}[{number}]")
    elif not _same(key, said):
        yield Difference(path, f"{_told(said)} instead of {_told(key)}")


def _same(key: Any, said: Any) -> bool:
    """Texts, numbers, true, false and null; true is not 1."""
    return bool(key == said) and (type(key) is type(said) or (_is_number(key) and _is_number(said)))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _told(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:79]}…"
