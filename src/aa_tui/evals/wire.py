"""An item with its answer on the way to a grader's process, and the verdict on the way back: one line of JSON each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from aa_tui.evals.items import OUTCOMES, Extraction, Item, Outcome, Pack, Verdict


def wire_form(pack: Pack, item: Item, answer: str, timeout_s: float) -> bytes:
    """The request, with of the pack what graders may read: all but its items. Raises TypeError or ValueError."""
    request = {
        "pack": {
            "name": pack.name,
            "version": pack.version,
            "license": pack.license,
            "source": pack.source,
            "description": pack.description,
            "citation": pack.citation,
            "items_sha256": pack.items_sha256,
            "graders": dict(pack.graders),
            "template": pack.template,
            "system": pack.system,
            "folder": None if pack.folder is None else str(pack.folder),
        },
        "patterns": pack.extraction.patterns,
        "item": {
            "id": item.id,
            "category": item.category,
            "prompt": item.prompt,
            "answer": item.answer,
            "level": item.level,
            "choices": item.choices,
            "extra": dict(item.extra),
        },
        "answer": answer,
        "timeout_s": timeout_s,
    }
    return json.dumps(request, default=_plain).encode("ascii") + b"\n"


def request_from(line: bytes) -> tuple[Pack, Item, str, float]:
    """What `wire_form` wrote: pack (without items), item, answer, and the time allowed in seconds."""
    request = json.loads(line)
    about, item = request["pack"], request["item"]
    folder = about.pop("folder")
    pack = Pack(
        **about,
        items=(),
        extraction=Extraction(tuple(request["patterns"])),
        folder=None if folder is None else Path(folder),
    )
    item["choices"] = tuple(item["choices"])
    item["extra"] = MappingProxyType(item["extra"])
    return pack, Item(**item), request["answer"], request["timeout_s"]


def verdict_line(verdict: Verdict) -> bytes:
    """A verdict as one line of JSON."""
    fields = {
        "outcome": verdict.outcome,
        "extracted": verdict.extracted,
        "grader": verdict.grader,
        "detail": verdict.detail,
        "jail": verdict.jail,
        "parts": verdict.parts,
        "fault": verdict.fault,
    }
    return json.dumps(fields).encode("ascii") + b"\n"


def verdict_from(fields: Mapping[str, Any]) -> Verdict:
    """The verdict of such a line."""
    outcome = Outcome(fields["outcome"]) if fields["outcome"] in OUTCOMES else Outcome.ERROR
    parts = tuple((str(name), bool(held)) for name, held in fields["parts"])
    return Verdict(
        outcome, fields["extracted"], fields["grader"], fields["detail"], fields["jail"], parts, fields["fault"]
    )


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} is not JSON")
