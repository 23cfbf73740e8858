"""Every bundled pack with the graders: its own keys are correct in several dresses, its neighbours' are not."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from aa_tui.evals import packs
from aa_tui.evals.grading import judge
from aa_tui.evals.items import Item, Pack
from aa_tui.evals.prompts import shuffled
from aa_tui.resources import data_folder

COMPARED = ("numeric", "exact", "choice")
NAMES = sorted(folder.parent.name for folder in data_folder("evals").glob("*/items.jsonl"))


def key_of(pack: Pack, item: Item) -> str:
    if item.choices:
        return shuffled(pack, item)[1]
    return str(item.answer[0] if isinstance(item.answer, list) else item.answer)


@pytest.mark.parametrize("name", NAMES)
def test_a_packs_own_keys_are_correct_as_models_write_them(name: str, tmp_path: Path) -> None:
    pack = packs.load(name, tmp_path)
    for item in pack.items:
        if pack.grader_of(item) in COMPARED:
            key = key_of(pack, item)
            for dress in (
                "Answer: {}",
                "Answer: 0?\n\nAnswer: {}\n",
                "**Answer: {}**",
                "Answer: **{}**",
                "**Answer:** `{}`",
            ):
                answer = dress.format(key)
                assert judge(pack, item, answer).outcome == "correct", (item.id, answer)


@pytest.mark.parametrize("name", NAMES)
def test_another_items_key_is_wrong(name: str, tmp_path: Path) -> None:
    pack = packs.load(name, tmp_path)
    compared = [item for item in pack.items if pack.grader_of(item) in COMPARED]
    for item, other in pairwise(compared):
        key, said = key_of(pack, item), key_of(pack, other)
        if key != said:
            outcome = judge(pack, item, f"Answer: {said}").outcome
            assert outcome in ("wrong", "no_single_answer"), (item.id, said)
