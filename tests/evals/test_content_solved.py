"""Every key of the bundled packs found anew, from nothing but the text that is sent for its item."""

from __future__ import annotations

import pytest
from tests.evals.solvers import counting, numbers, programs, puzzles, reasoning, texts
from tests.evals.solvers.reading import Solver

from aa_tui.evals.grading import judge
from aa_tui.evals.items import Item, Pack
from aa_tui.evals.packfile import read_pack
from aa_tui.evals.prompts import messages, shuffled
from aa_tui.resources import data_folder

SOLVERS: dict[tuple[str, str], Solver] = {
    ("reasoning", "order"): puzzles.order,
    ("reasoning", "liars"): puzzles.liars,
    ("reasoning", "family"): puzzles.family,
    ("reasoning", "houses"): puzzles.houses,
    ("reasoning", "sets"): reasoning.sets,
    ("reasoning", "calendar"): reasoning.calendar,
    ("reasoning", "moves"): reasoning.moves,
    ("reasoning", "truth"): reasoning.truth,
    ("reasoning", "rewriting"): reasoning.rewriting,
    ("reasoning", "timetable"): reasoning.timetable,
    ("mathematics", "expression"): numbers.expression,
    ("mathematics", "story"): numbers.story,
    ("mathematics", "linear"): numbers.linear,
    ("mathematics", "remainders"): numbers.remainders,
    ("mathematics", "bases"): numbers.bases,
    ("mathematics", "divisors"): numbers.divisors,
    ("mathematics", "sequence"): numbers.sequence,
    ("mathematics", "ways"): counting.ways,
    ("mathematics", "chance"): counting.chance,
    ("mathematics", "shape"): counting.shape,
    ("coding", "loops"): programs.program,
    ("coding", "strings"): programs.program,
    ("coding", "lists"): programs.program,
    ("coding", "recursion"): programs.program,
    ("coding", "state"): programs.program,
    ("needle", "needle"): texts.code,
    ("keys", "keys"): texts.code,
    ("trace", "trace"): texts.trace,
    ("count", "count"): texts.count,
    ("total", "total"): texts.total,
}
"""By category and family. Facts are looked up, and functions are run in the jail (test_content_code)."""

PACKS = tuple(read_pack(data_folder("evals") / name) for name in ("local-index", "long-context"))


def _kind(item: Item) -> tuple[str, str]:
    return item.category, str(item.extra["family"])


def _items(kind: tuple[str, str]) -> list[tuple[Pack, Item]]:
    return [(pack, item) for pack in PACKS for item in pack.items if _kind(item) == kind]


def _sent(pack: Pack, item: Item) -> str:
    return messages(pack, item)[-1].content


def test_every_item_has_a_solver_but_facts_and_functions() -> None:
    left = [item for pack in PACKS for item in pack.items if _kind(item) not in SOLVERS]
    assert {_kind(item) for item in left} == {("knowledge", "facts"), ("coding", "functions")}
    assert all(item.extra.get("source") or item.extra.get("tests") for item in left)
    assert len(left) == 150
    assert sum(len(_items(kind)) for kind in SOLVERS) == 400 + 75 - len(left)
    assert all(_items(kind) for kind in SOLVERS)


@pytest.mark.parametrize("kind", SOLVERS, ids=lambda kind: kind[1])
def test_solving_the_text_gives_the_key(kind: tuple[str, str]) -> None:
    for pack, item in _items(kind):
        solved = SOLVERS[kind](_sent(pack, item))
        assert solved == (shuffled(pack, item)[1] if item.choices else item.answer), item.id
        assert judge(pack, item, f"Answer: {solved}").outcome == "correct", item.id


@pytest.mark.parametrize("kind", SOLVERS, ids=lambda kind: kind[1])
def test_a_solver_overlooks_nothing(kind: tuple[str, str]) -> None:
    """An answer is only taken from a text of which every sentence was understood."""
    pack, item = _items(kind)[-1]
    before, ending, after = _sent(pack, item).partition("\n\nEnd with a line")
    for text in (f"{before} Or is it not?{ending}{after}", f"Or not. {before}{ending}{after}", before):
        with pytest.raises(AssertionError):
            SOLVERS[kind](text)
