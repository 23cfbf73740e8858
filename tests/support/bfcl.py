"""A few questions in BFCL's form, of our own making, and the folder in which it is spread."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Json = dict[str, Any]


def function(name: str, properties: Json, required: list[str] | None = None) -> Json:
    """A function as the benchmark writes it."""
    schema = {"type": "dict", "properties": properties, "required": required or []}
    return {"name": name, "description": f"Does {name}.", "parameters": schema}


TEXT, NUMBER, WHOLE = {"type": "string"}, {"type": "float"}, {"type": "integer"}
FERRY = function("ferry.book", {"port": TEXT, "seats": WHOLE, "deck": TEXT}, ["port", "seats"])
TIDE = function("tide", {"port": TEXT, "days": {"type": "array", "items": WHOLE}}, ["port"])
KEEP = function(
    "keep",
    {
        "note": {"type": "dict", "properties": {"title": TEXT, "mark": TEXT}},
        "notes": {"type": "array", "items": {"type": "dict", "properties": {"title": TEXT}}},
        "share": NUMBER,
        "place": {"type": "tuple", "items": NUMBER},
        "loud": {"type": "boolean"},
        "to": {"type": "any"},
    },
)
JAVA = function(
    "Harbour.open",
    {
        "berths": {"type": "Array", "items": {"type": "integer"}},
        "names": {"type": "ArrayList", "items": {"type": "String"}},
        "rules": {"type": "HashMap"},
        "depth": {"type": "float"},
        "mass": {"type": "long"},
        "isOpen": {"type": "boolean"},
        "master": {"type": "any"},
    },
)
SCRIPT = function(
    "harbour.draw",
    {
        "points": {"type": "array", "items": {"type": "integer"}},
        "table": {"type": "array", "items": {"type": "array"}},
        "style": {"type": "dict"},
        "title": {"type": "String"},
        "mass": {"type": "Bigint"},
        "isOpen": {"type": "Boolean"},
    },
)

QUESTIONS: dict[str, list[tuple[str, list[Json]]]] = {
    "simple_python": [("Book two seats on the ferry to Moss.", [FERRY])],
    "simple_java": [("Open the harbour.", [JAVA])],
    "simple_javascript": [("Draw the harbour.", [SCRIPT])],
    "multiple": [("When is the tide in Moss on days 1 and 2?", [FERRY, TIDE])],
    "parallel": [("Two seats to Moss, and one to Horten.", [FERRY])],
    "live_parallel_multiple": [("Two seats to Moss; and its tide?", [FERRY, TIDE])],
    "irrelevance": [("Who wrote Peer Gynt?", [FERRY])],
    "live_irrelevance": [("Good morning", [])],
    "live_relevance": [("I want to go to Moss with a friend.", [FERRY])],
}
MOSS = {"ferry.book": {"port": ["Moss"], "seats": [2], "deck": ["", "sun deck"]}}
ACCEPTED: dict[str, list[Json]] = {
    "simple_python": [MOSS],
    "simple_java": [
        {
            "Harbour.open": {
                "berths": [[1, 2]],
                "names": ["", ["Ann", "Bo"]],
                "rules": ["", {"quiet": [True], "limit": [5]}],
                "depth": ["", 3.5],
                "mass": ["", 7],
                "isOpen": ["", True],
                "master": ["", "masterOfHarbour"],
            }
        }
    ],
    "simple_javascript": [
        {
            "harbour.draw": {
                "points": [[1, 2]],
                "table": ["", [[1, 2], [3, 4]]],
                "style": ["", {"width": [2], "tags": [["a", "b"]]}],
                "title": ["", "Moss"],
                "mass": ["", 7],
                "isOpen": ["", False],
            }
        }
    ],
    "multiple": [{"tide": {"port": ["Moss"], "days": [[1, 2]]}}],
    "parallel": [MOSS, {"ferry.book": {"port": ["Horten"], "seats": [1], "deck": [""]}}],
    "live_parallel_multiple": [MOSS, {"tide": {"port": ["Moss", "Moss, Norway"], "days": [""]}}],
}


def name_of(category: str) -> str:
    """The id of a category's question."""
    return f"{category}_0" if not category.startswith("live") else f"{category}_0-0-0"


def write(folder: Path, version: int = 4) -> Path:
    """The questions and the accepted calls, as the benchmark's folder has them: an object in each line."""
    (folder / "possible_answer").mkdir(parents=True)
    for category, questions in QUESTIONS.items():
        rows = [
            {"id": name_of(category), "question": [[{"role": "user", "content": asked}]], "function": offered}
            for asked, offered in questions
        ]
        _write(folder / f"BFCL_v{version}_{category}.json", rows)
        if category in ACCEPTED:
            keys = [{"id": name_of(category), "ground_truth": ACCEPTED[category]}]
            _write(folder / "possible_answer" / f"BFCL_v{version}_{category}.json", keys)
    _write(folder / f"BFCL_v{version}_multi_turn_base.json", [{"id": "multi_turn_base_0", "question": [[], []]}])
    return folder


def _write(path: Path, rows: list[Json]) -> None:
    # a second line, as real files have many: one of a category that is not taken
    lines = [*rows, {**rows[-1], "id": "chatable_0"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in lines), encoding="utf-8")
