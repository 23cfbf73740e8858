"""A choice of items comes back as it was written, and one that is not whole is none."""

from __future__ import annotations

from typing import Any

import pytest

from aa_tui.catalog.short_notes import ChosenItem, KnownRun, ShortNote, as_json, read

NOTE = ShortNote(
    pack="small",
    pack_version="1",
    pack_sha256="a" * 64,
    seed=7,
    ability=0.5,
    calibrated_on=(KnownRun(3, "a.gguf", "Q8_0", "b" * 64, 4, 3),),
    population=((-1.0, 2), (1.5, 2)),
    items=(ChosenItem("one", "sums", 0.5, -1.0), ChosenItem("two", "sums", 0.5, 1.5)),
)


def test_a_choice_comes_back() -> None:
    assert read(as_json(NOTE)) == NOTE
    assert NOTE.n_population == 4


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"pack": 3},
        {"seed": 1.5},
        {"seed": True},
        {"ability": float("nan")},
        {"ability": 1e9},
        {"population": []},
        {"population": [{"difficulty": -1.0, "n": 4}]},
        {"population": [{"difficulty": -1.0, "n": 0}, {"difficulty": 1.5, "n": 2}]},
        {"items": []},
        {"items": {}},
        {"items": [ChosenItem("one", "sums", 0.5, -1.0)._asdict()] * 2},
        {"items": [ChosenItem("one", "sums", 0.0, -1.0)._asdict()]},
        {"items": [ChosenItem("one", "sums", 2.0, -1.0)._asdict()]},
        {"items": [ChosenItem("one", "sums", 0.01, -1.0)._asdict()]},
        {"items": [{"id": "one"}]},
        {"calibrated_on": [{"run_id": 0}]},
    ],
)
def test_what_is_not_whole_is_none(change: dict[str, Any]) -> None:
    assert read({**as_json(NOTE), **change}) is None


@pytest.mark.parametrize("value", [None, [], "short", 3])
def test_what_is_no_choice_is_none(value: object) -> None:
    assert read(value) is None
