"""Grader "structure": whether an answer holds a document of a format, of a schema, with the right values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from aa_tui.evals.documents.finding import Found, find
from aa_tui.evals.documents.fitting import Schema, differences, typed
from aa_tui.evals.documents.forms import FORMATS, BrokenError, Form
from aa_tui.evals.documents.reading import header_of, read
from aa_tui.evals.extraction import shown
from aa_tui.evals.items import Item, Outcome, Pack, PackError, Verdict
from aa_tui.textsafe import clean_line

PARTS = ("valid format", "fits the schema", "right values")
BROKEN = "format: broken"
OTHER_VALUES = "model: answer"

_READ = ("schema", "any_order", "alone")
_MOST_COUNTED = 1_000
_LONGEST_DETAIL = 400


@dataclass(frozen=True, slots=True)
class Asked:
    """What an item wants. `alone`: nothing may stand around the document but a fence."""

    form: Form
    schema: Schema
    fields: Mapping[str, Any]
    key: Any
    any_order: tuple[str, ...]
    alone: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The names at the top of the document."""
        return tuple(self.key) if isinstance(self.key, dict) else ()


class Structure:
    """Reads an item's answer, the document itself as text, and of its extra `format` ("json", "csv", "yaml" or
    "table"), `schema`, and where there are some `columns`, `delimiter`, `any_order` and `alone`.

    Correct if the document can be read, fits the schema and has the key's values; the three are the verdict's parts. A
    document that cannot be read or does not fit has the fault "format: broken", one with other values "model: answer".
    """

    name = "structure"
    version = 1

    def grade(self, pack: Pack, item: Item, answer: str) -> Verdict:
        """The verdict on the document in the answer. Raises PackError where the item's schema or key is unfit."""
        label = f"{self.name}/{self.version}"
        asked = asked_by(item)
        if not answer.strip():
            return Verdict(Outcome.NO_ANSWER, None, label, "the answer is empty", parts=_parts(), fault=BROKEN)
        found = find(answer, asked.form, asked.names)
        if found is None:
            detail = f"there is no {_named(asked.form)} in the answer"
            return Verdict(Outcome.NO_ANSWER, None, label, detail, parts=_parts(), fault=BROKEN)
        outcome, parts, detail, fault = _judged(asked, found)
        return Verdict(outcome, shown(found.text), label, _one_line(detail), parts=parts, fault=fault)


def asked_by(item: Item) -> Asked:
    """What an item asks for. Raises PackError where it cannot be used; whether the key fits the schema is not asked."""
    try:
        if not isinstance(item.answer, str):
            raise PackError("its answer must be the document as a text.")
        return _asked(
            item.answer, form_of(item), json.dumps({name: item.extra.get(name) for name in _READ}, default=dict)
        )
    except PackError as error:
        raise PackError(f"Item {item.id}: {error}") from None


@lru_cache(maxsize=64)
def _asked(answer: str, form: Form, told: str) -> Asked:
    """The same of the fields alone: one item's answers are often graded one after another."""
    extra = json.loads(told)
    schema, any_order = Schema(extra["schema"]), extra["any_order"] or []
    if not isinstance(any_order, list) or not all(isinstance(path, str) for path in any_order):
        raise PackError("any_order must be a list of paths.")
    try:
        key = typed(read(answer, form), form, extra["schema"])
    except BrokenError as error:
        raise PackError(f"its answer is no {_named(form)}: {error}.") from None
    if form.columns and tuple(header_of(answer, form)) != form.columns:
        raise PackError("its answer has other columns than the item.")
    return Asked(form, schema, extra["schema"], key, tuple(any_order), bool(extra["alone"]))


def form_of(item: Item) -> Form:
    """The form of an item's document. Raises PackError for an unknown one."""
    given, columns = item.extra.get("format"), item.extra.get("columns") or ()
    delimiter = item.extra.get("delimiter", ",")
    if given not in FORMATS:
        raise PackError(f"its format must be one of {', '.join(FORMATS)}.")
    if not isinstance(columns, list | tuple) or not all(isinstance(name, str) and name for name in columns):
        raise PackError("its columns must be a list of names.")
    if given in ("csv", "table") and not columns:
        raise PackError(f"its columns are missing, which a document of the format {given} needs.")
    if delimiter not in (",", ";", "\t"):
        raise PackError("its delimiter must be a comma, a semicolon or a tab.")
    return Form(given, tuple(columns), delimiter)


def _judged(asked: Asked, found: Found) -> tuple[Outcome, tuple[tuple[str, bool], ...], str, str | None]:
    form = asked.form
    try:
        said = typed(read(found.text, form), form, asked.fields)
    except BrokenError as error:
        return Outcome.WRONG, _parts(), f"the {_named(form)} is broken: {error}", BROKEN
    others = list(islice(differences(asked.key, said, asked.any_order), _MOST_COUNTED))
    are_right = not others
    if asked.alone and not found.alone:
        detail = f"words stand beside the {_named(form)}, and the item wants it alone"
        return Outcome.WRONG, _parts(fits=_unfit(asked, said, found) is None, right=are_right), detail, BROKEN
    unfit = _unfit(asked, said, found)
    if unfit is not None:
        return Outcome.WRONG, _parts(valid=True, right=are_right), unfit, BROKEN
    if others:
        more = "" if len(others) == 1 else f" (and {len(others) - 1:,} more)"
        detail = f"{others[0].path}: {others[0].sentence}{more}"
        return Outcome.WRONG, _parts(valid=True, fits=True), detail, OTHER_VALUES
    return Outcome.CORRECT, _parts(valid=True, fits=True, right=True), "", None


def _unfit(asked: Asked, said: Any, found: Found) -> str | None:
    """Why a document does not fit the schema or the columns."""
    if asked.form.columns:
        header = header_of(found.text, asked.form)
        if tuple(header) != asked.form.columns:
            return f"the columns are {', '.join(header)[:150]} instead of {', '.join(asked.form.columns)[:150]}"
    fault = asked.schema.first_fault(said)
    return None if fault is None else f"{fault.path}: {fault.sentence}"


def _parts(*, valid: bool = False, fits: bool = False, right: bool = False) -> tuple[tuple[str, bool], ...]:
    return tuple(zip(PARTS, (valid, fits, right), strict=True))


def _named(form: Form) -> str:
    return {"json": "JSON document", "csv": "CSV", "yaml": "YAML document", "table": "Markdown table"}[form.format]


def _one_line(detail: str) -> str:
    line = clean_line(detail)
    return line if len(line) <= _LONGEST_DETAIL else f"{line[: _LONGEST_DETAIL - 1]}…"


GRADER = Structure()
