"""The bundled packs: the same bytes again, and what they promise. (Their keys: test_content_solved.)"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from aa_tui.evals.grading import Grading, judge
from aa_tui.evals.items import Item, Pack
from aa_tui.evals.packfile import read_pack
from aa_tui.evals.prompts import messages, shuffled
from aa_tui.resources import data_folder
from generators.instructions import example, instruction_entries
from generators.packs import all_packs, different
from generators.problem import DisagreementError, Entry, Problem, entries, proven
from generators.puzzles import order

FOLDER = data_folder("evals")
MADE = ("local-index", "quick", "instructions", "long-context", "structure", "structure-quick", "tools", "tools-quick")


@pytest.fixture(scope="module")
def packs() -> dict[str, Pack]:
    return {name: read_pack(FOLDER / name) for name in MADE}


def _index(packs: dict[str, Pack], family: str) -> list[Item]:
    found = [item for item in packs["local-index"].items if item.extra["family"] == family]
    assert found
    return found


def test_making_them_again_gives_the_same_bytes(tmp_path: Path) -> None:
    files = all_packs()
    assert {path.split("/")[0] for path in files} == set(MADE)
    assert different(files, FOLDER) == []
    assert set(different(files, tmp_path)) == set(files)


def test_the_index_has_its_fields_in_equal_weight_and_five_levels(packs: dict[str, Pack]) -> None:
    items = packs["local-index"].items
    assert Counter((item.category, item.level) for item in items) == {
        (category, level): 20
        for category in ("reasoning", "knowledge", "mathematics", "coding")
        for level in (1, 2, 3, 4, 5)
    }
    assert len({item.prompt for item in items}) == len(items)
    assert sum(packs["local-index"].grader_of(item) == "code" for item in items) == 50


def test_quick_is_a_stratified_part_of_the_index(packs: dict[str, Pack]) -> None:
    whole = (FOLDER / "local-index" / "items.jsonl").read_text(encoding="utf-8").splitlines()
    part = (FOLDER / "quick" / "items.jsonl").read_text(encoding="utf-8").splitlines()
    assert set(part) < set(whole)
    counts = Counter((item.category, item.level) for item in packs["quick"].items)
    assert len(counts) == 20
    assert set(counts.values()) == {3}
    assert packs["quick"].version == packs["local-index"].version


@pytest.mark.parametrize("name", MADE)
def test_the_card_says_that_levels_are_not_calibrated(packs: dict[str, Pack], name: str) -> None:
    card = (FOLDER / name / "README.md").read_text(encoding="utf-8")
    assert "not yet calibrated" in card.casefold()
    assert "not yet calibrated" in packs[name].description.casefold()
    assert packs[name].license == "MIT"
    assert packs[name].sampler is None


@pytest.mark.parametrize("name", ["local-index", "long-context"])
def test_the_key_is_graded_as_right_in_the_form_asked_for_and_another_key_as_wrong(
    packs: dict[str, Pack], name: str
) -> None:
    pack = packs[name]
    asked = [item for item in pack.items if pack.grader_of(item) != "code"]
    for item, other in zip(asked, asked[1:] + asked[:1], strict=True):
        shown = messages(pack, item)[-1].content
        assert 'End with a line of its own, "Answer: ' in shown
        right = shuffled(pack, item)[1] if item.choices else str(item.answer)
        assert judge(pack, item, f"Let me see.\n\n**Answer:** {right}").outcome == "correct", item.id
        wrong = "ABCD"[("ABCD".index(right) + 1) % 4] if item.choices else str(other.answer)
        if wrong != right:
            assert judge(pack, item, f"Answer: {wrong}").outcome == "wrong", item.id


def test_facts_have_four_options_and_a_source(packs: dict[str, Pack]) -> None:
    facts = _index(packs, "facts")
    assert len(facts) == 100
    assert all(len(item.choices) == 4 and item.extra["source"] for item in facts)


def test_the_instructions_of_each_item_can_be_followed_at_once(packs: dict[str, Pack]) -> None:
    pack = packs["instructions"]
    items = {item.id: item for item in pack.items}
    with Grading(processes=1) as grading:
        for entry in instruction_entries():
            verdict = grading.grade(pack, items[entry.id], example(entry))
            assert verdict.outcome == "correct", (entry.id, verdict)
        undone = [grading.grade(pack, item, "Here is nothing of it").outcome for item in pack.items if item.level == 4]
    assert set(undone) == {"wrong"}


def test_long_texts_have_the_lengths_and_places_that_the_card_states(packs: dict[str, Pack]) -> None:
    pack = packs["long-context"]
    assert len(pack.items) == 75
    for item in pack.items:
        assert abs(len(item.prompt) / (2_000 * 2 ** ((item.level or 0) - 1)) - 1) < 0.2, item.id
        if item.category == "needle":
            place = item.prompt.index(str(item.answer)) / len(item.prompt)
            assert abs(place - {"a": 0.1, "b": 0.5, "c": 0.9}[item.id[-1]]) < 0.12, item.id
    assert (FOLDER / "long-context" / "items.jsonl").stat().st_size < 1_500_000


def test_a_problem_whose_two_keys_differ_is_refused() -> None:
    with pytest.raises(DisagreementError, match="when solved"):
        proven(Entry("x", "mathematics", 1, "sum", Problem("1 + 1?", "2", "3")))
    with pytest.raises(DisagreementError, match="options"):
        proven(Entry("x", "knowledge", 1, "facts", Problem("?", "a", "a", "choice", choices=("b", "c", "d", "e"))))


def test_changing_one_family_leaves_the_items_of_others() -> None:
    alone = entries("reasoning", "reason", {"order": order}, 1)
    assert [entry.id for entry in alone] == [f"reason-order-{level}a" for level in (1, 2, 3, 4, 5)]
    whole = (FOLDER / "local-index" / "items.jsonl").read_text(encoding="utf-8").splitlines()
    assert {entry.line() for entry in alone} < set(whole)
