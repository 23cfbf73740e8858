"""Texts that tell facts in sentences, and the facts read out of them again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from generators.structure_facts import Domain, Field
from generators.structure_forms import from_human, human

_OPENINGS = (
    "These notes come from {intro}.",
    "A colleague at {intro} wrote the following.",
    "What follows was taken down at {intro}.",
    "The report of {intro} for this week reads as follows.",
)


def sentence(domain: Domain, field: Field, row: Mapping[str, Any], source: Random) -> str:
    """The sentence that tells one field of a record."""
    name = domain.title.format(v=row[domain.key.name])
    if field.kind == "boolean":
        text = (field.said if row[field.name] else field.denied).format(n=name)
    else:
        text = field.said.format(n=name, v=human(field, row[field.name], source))
    return text[0].upper() + text[1:]


def prose(
    domain: Domain, rows: Sequence[Mapping[str, Any]], fields: Sequence[Field], n_asides: int, source: Random
) -> str:
    """A text that tells every field that is not None, record by record, with sentences between that tell nothing."""
    paragraphs: list[list[str]] = []
    for row in rows:
        told = [sentence(domain, field, row, source) for field in fields if row[field.name] is not None]
        source.shuffle(told)
        paragraphs.append(told)
    for number, aside in enumerate(source.sample(domain.asides, min(n_asides, len(domain.asides)))):
        told = paragraphs[number % len(paragraphs)]
        told.insert(source.randrange(len(told) + 1), aside)
    opening = source.choice(_OPENINGS).format(intro=domain.intro)
    return "\n\n".join((opening, *(" ".join(told) for told in paragraphs)))


def read_out(domain: Domain, text: str, names: Sequence[str], fields: Sequence[Field]) -> list[dict[str, Any]]:
    """The records of these names in a text of `prose`; what it does not tell is None."""
    return [
        {domain.key.name: name} | {field.name: _told(domain, text, name, field) for field in fields} for name in names
    ]


def _told(domain: Domain, text: str, name: str, field: Field) -> Any:
    title = domain.title.format(v=name)
    if field.kind == "boolean":
        found = [
            value for value, said in ((True, field.said), (False, field.denied)) if _has(text, said.format(n=title))
        ]
        return found[0] if found else None
    before, after = field.said.replace("{n}", title).split("{v}")
    pattern = rf"{_either_case(before)}(.+?){re.escape(after)}(?= |\n|$)"
    match = re.search(pattern, text)
    return None if match is None else from_human(field, match.group(1))


def _either_case(text: str) -> str:
    return f"(?i:{re.escape(text[:1])}){re.escape(text[1:])}"


def _has(text: str, words: str) -> bool:
    return re.search(_either_case(words), text) is not None
