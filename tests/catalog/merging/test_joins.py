"""Merging is a join: in any order and any number of times the same catalog comes of the same catalogs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.merging import BOX, HERE, Answer, Run, content, make, merge

OUTCOMES = ("correct", "wrong")
at = st.integers(10, 14)


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    graders = draw(st.lists(st.sampled_from(("exact/1", "exact/2", "judge/1")), unique=True, max_size=2))
    moments = sorted(draw(st.lists(at, min_size=len(graders), max_size=len(graders))))
    pairs = zip(moments, sorted(graders), strict=True)  # the order in which verdicts are given is that of their moments
    return Answer(
        text=draw(st.sampled_from(("Answer: 4", "Answer: 5", "long " * 100))),
        at=draw(at),
        thinking=draw(st.sampled_from(("", "hm", "well " * 100))),
        scores=tuple((grader, draw(st.sampled_from(OUTCOMES)), moment) for moment, grader in pairs),
        label=draw(st.none() | st.tuples(st.sampled_from(("right", "wrong")), at)),
        probe=draw(st.none() | st.sampled_from(("4", "5"))),
    )


@st.composite
def runs(draw: st.DrawFn, uid: str) -> Run:
    """One of several versions of the run with this name, as copies of one catalog that went on may hold them."""
    kind = {"a": "eval", "b": "speed", "c": "study"}[uid]
    items = draw(st.lists(st.sampled_from(("1", "2", "3")), unique=True, max_size=3)) if kind == "eval" else []
    return Run(
        uid=uid,
        kind=kind,
        state=draw(st.sampled_from(("finished", "stopped", "failed", "running", "planned"))),
        machine=BOX,
        n_items=draw(st.integers(2, 3)),
        last=draw(at),
        items=tuple((item, draw(answers())) for item in items),
        figures=tuple(
            (name, draw(st.sampled_from((1.0, 2.0))), draw(at))
            for name in draw(st.lists(st.sampled_from(("x", "y")), unique=True))
        ),
        events=tuple(draw(st.lists(st.tuples(at, st.sampled_from(("queued", "running"))), unique=True, max_size=3))),
        clocked=tuple(
            (number, draw(st.sampled_from((5.0, 6.0))), draw(at))
            for number in (draw(st.lists(st.sampled_from((1, 2)), unique=True)) if kind == "speed" else [])
        ),
        heat=tuple(draw(st.lists(st.tuples(at, st.sampled_from((50.0, 60.0))), unique=True, max_size=2))),
        points=tuple(
            (number, draw(st.sampled_from((1, 2))), draw(at))
            for number in (draw(st.lists(st.sampled_from((1, 2)), unique=True)) if kind == "study" else [])
        ),
        settings=draw(st.sampled_from(("{}", '{"n_threads": 2}'))),
    )


@st.composite
def catalogs(draw: st.DrawFn) -> tuple[Run, ...]:
    names = draw(st.lists(st.sampled_from(("a", "b", "c")), unique=True, max_size=3))
    return tuple([draw(runs(name)) for name in names])


few = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


class Lab:
    """Makes catalogs in a folder of their own."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.folder, self.template, self.count = folder, template, 0

    def new(self, *held: Run) -> Path:
        self.count += 1
        return make(self.folder / f"{self.count}.db", held, self.template)

    def merged(self, first: Path, *others: Path) -> Path:
        """A new catalog: the first with the others merged into it. On a third machine, where nothing is live."""
        self.count += 1
        target = self.folder / f"{self.count}.db"
        shutil.copyfile(self.template, target)
        merge(target, first, *others, here=HERE)
        return target


@pytest.fixture
def lab(tmp_path: Path, template: Path) -> Lab:
    return Lab(tmp_path, template)


@pytest.mark.long
@few
@given(one=catalogs(), two=catalogs())
def test_which_one_is_merged_first_is_no_matter(lab: Lab, one: tuple[Run, ...], two: tuple[Run, ...]) -> None:
    a, b = lab.new(*one), lab.new(*two)
    assert content(lab.merged(a, b)) == content(lab.merged(b, a))


@pytest.mark.long
@few
@given(one=catalogs(), two=catalogs(), three=catalogs())
def test_what_was_merged_before_is_no_matter(
    lab: Lab, one: tuple[Run, ...], two: tuple[Run, ...], three: tuple[Run, ...]
) -> None:
    a, b, c = lab.new(*one), lab.new(*two), lab.new(*three)
    assert content(lab.merged(lab.merged(a, b), c)) == content(lab.merged(a, lab.merged(b, c)))


@pytest.mark.long
@few
@given(one=catalogs(), two=catalogs())
def test_merging_again_changes_nothing(lab: Lab, one: tuple[Run, ...], two: tuple[Run, ...]) -> None:
    a, b = lab.new(*one), lab.new(*two)
    both = lab.merged(a, b)
    before = content(both)
    for found in merge(both, a, b, lab.merged(b, a)):
        assert found.is_nothing, found
    assert content(both) == before


@pytest.mark.long
@few
@given(one=catalogs(), two=catalogs())
def test_nothing_is_lost(lab: Lab, one: tuple[Run, ...], two: tuple[Run, ...]) -> None:
    a, b = content(lab.new(*one)), content(lab.new(*two))
    both = content(lab.merged(lab.new(*one), lab.new(*two)))
    assert set(both) == set(a) | set(b)
    for uid, run in both.items():
        for known in (side[uid] for side in (a, b) if uid in side):
            assert set(known["samples"]) <= set(run["samples"])
            assert set(known["events"]) <= set(run["events"])
            assert {one[:2] for one in known["points"]} <= {one[:2] for one in run["points"]}
            assert run["n_done"] == len(run["samples"] or run["points"]) or run["kind"] == "speed"
