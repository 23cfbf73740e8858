"""BFCL: a pack of its folder, its conversations of one turn, and its grader, on questions of our own in its form."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.support import bfcl
from tests.support.program import Program

from aa_tui.engine.calling import Call
from aa_tui.evals import packs, pulling
from aa_tui.evals.conversation.talks import is_talk, talk_of
from aa_tui.evals.conversation.turns import Said, Turn, transcript
from aa_tui.evals.grading import judge
from aa_tui.evals.items import Item, Outcome, Pack, PackError, Verdict
from aa_tui.evals.packfile import problems_of

Calls = Sequence[tuple[str, Any]]
Verdicts = Callable[..., Verdict]


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """The pack of our questions."""
    return pulling.take(packs.public_manifest("bfcl"), [bfcl.write(tmp_path / "data")], tmp_path / "home")


@pytest.fixture
def verdict(pack: Pack) -> Verdicts:
    """The verdict on calls, or on another turn, of the question of a category."""

    def do(category: str, calls: Calls | None = None, said: Said | None = None, answer: Any = None) -> Verdict:
        item = item_of(pack, category, answer)
        if said is None:
            made = [Call(name, one if isinstance(one, str) else json.dumps(one)) for name, one in calls or ()]
            said = Said(answer="Text.", calls=tuple(made))
        talk = talk_of(pack, item, "hermes")
        assert talk is not None
        return judge(pack, item, transcript([Turn(said, talk.hear(said))]))

    return do


def item_of(pack: Pack, category: str, answer: Any = None) -> Item:
    """The question of a category, with other accepted calls where some are given."""
    found = next(item for item in pack.items if item.category == category)
    return found if answer is None else Item(found.id, category, found.prompt, answer, extra=found.extra)


def test_a_folder_becomes_a_pack(pack: Pack) -> None:
    assert {item.category: item.id for item in pack.items} == {one: bfcl.name_of(one) for one in bfcl.QUESTIONS}
    assert pack.folder is not None
    assert problems_of(pack.folder) == []
    assert all(is_talk(pack, item) for item in pack.items)


def test_files_of_version_3_are_taken_too(tmp_path: Path) -> None:
    folder = bfcl.write(tmp_path / "data", version=3)
    for place in (folder, folder / "possible_answer"):
        path = place / "BFCL_v3_simple_python.json"
        path.write_text(path.read_text().replace("simple_python_0", "simple_0"))
        path.rename(place / "BFCL_v3_simple.json")
    made = pulling.take(packs.public_manifest("bfcl"), [folder], tmp_path / "home")
    assert {item.category for item in made.items} == set(bfcl.QUESTIONS)


def test_questions_without_their_accepted_calls_are_refused(tmp_path: Path) -> None:
    path = bfcl.write(tmp_path / "data") / "BFCL_v4_simple_python.json"
    with pytest.raises(PackError, match=r"simple_python.json:1: its accepted calls are not there: .*possible_answer"):
        pulling.take(packs.public_manifest("bfcl"), [path], tmp_path / "home")


def test_the_shell_takes_a_folder_and_says_where_the_data_comes_from(program: Program, tmp_path: Path) -> None:
    without = program("packs", "pull", "bfcl", "--yes")
    assert without.returncode == 1
    assert "comes with the Python package bfcl-eval: install it beside aa-tui" in without.stderr
    taken = program("packs", "pull", "bfcl", "--yes", "--file", str(bfcl.write(tmp_path / "data")))
    assert taken.returncode == 0, taken.stderr
    assert "Apache-2.0" in taken.stderr
    assert "9 items" in taken.stdout


def test_the_installed_package_s_data_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = packs.public_manifest("bfcl")
    assert pulling.installed(manifest) is None
    bfcl.write(tmp_path / "bfcl_eval" / "data")
    (tmp_path / "bfcl_eval" / "__init__.py").write_text("raise AssertionError('it is not to be imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert pulling.installed(manifest) == tmp_path / "bfcl_eval" / "data"


def test_what_a_model_is_offered(pack: Pack) -> None:
    item = item_of(pack, "simple_python")
    talk = talk_of(pack, item, "hermes")
    assert talk is not None
    (tool,) = talk.tools
    assert tool.name == "ferry_book"  # servers take no dots
    assert tool.parameters == {
        "type": "object",
        "properties": {"port": {"type": "string"}, "seats": {"type": "integer"}, "deck": {"type": "string"}},
        "required": ["port", "seats"],
    }
    assert [(one.role, one.content) for one in talk.messages] == [("user", item.prompt)]
    java = talk_of(pack, item_of(pack, "simple_java"), "hermes")
    assert java is not None
    berths = java.tools[0].parameters["properties"]["berths"]
    assert (berths["type"], "Java" in berths["description"], "Array of integer" in berths["description"]) == (
        "string",
        True,
        True,
    )


def test_a_conversation_before_the_question_is_shown(pack: Pack) -> None:
    item = item_of(pack, "simple_python")
    told = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
    talk = talk_of(pack, Item(item.id, item.category, "Hello", item.answer, extra={**item.extra, "messages": told}), "")
    assert talk is not None
    assert [one.role for one in talk.messages] == ["system", "user"]


def test_one_turn_and_over(pack: Pack) -> None:
    talk = talk_of(pack, item_of(pack, "simple_python"), "hermes")
    assert talk is not None
    text = '<tool_call>\n{"name": "ferry_book", "arguments": {"port": "Moss", "seats": 2}}\n</tool_call>'
    reply = talk.hear(Said(answer=text))
    assert reply.is_over
    assert [(call.name, json.loads(call.arguments)) for call in reply.calls] == [
        ("ferry_book", {"port": "Moss", "seats": 2})
    ]


SEATS = {"port": "Moss", "seats": 2}
HORTEN = ("ferry_book", {"port": "Horten", "seats": 1})
BOOKED = ("ferry_book", SEATS)


@pytest.mark.parametrize(
    ("category", "calls"),
    [
        ("simple_python", [BOOKED]),
        ("simple_python", [("ferry.book", {**SEATS, "port": " moss. ", "deck": "Sun-Deck"})]),
        ("multiple", [("tide", {"port": "Moss", "days": [1, 2]})]),
        ("parallel", [HORTEN, BOOKED]),
        ("live_parallel_multiple", [("tide", {"port": "Moss Norway"}), BOOKED]),
        ("irrelevance", []),
        ("live_irrelevance", []),
        ("live_relevance", [("ferry_book", {})]),
    ],
)
def test_right_calls(verdict: Verdicts, category: str, calls: Calls) -> None:
    found = verdict(category, calls)
    assert (found.outcome, found.fault, found.grader) == (Outcome.CORRECT, None, "bfcl/1")


@pytest.mark.parametrize(
    ("category", "calls", "fault", "why"),
    [
        ("simple_python", [], "model: none", "calls no function"),
        ("live_relevance", [], "model: none", "calls no function"),
        ("parallel", [BOOKED], "model: none", "1 calls where 2 are expected"),
        ("simple_python", [BOOKED, BOOKED], "model: too many", "2 calls where 1"),
        ("irrelevance", [BOOKED], "model: too many", "none is of use"),
        ("multiple", [BOOKED], "model: function", "calls ferry_book and not tide"),
        ("simple_python", [("train_book", SEATS)], "model: invented", "there is no function train_book"),
        ("simple_python", [("ferry_book", {"port": "Moss"})], "model: argument", "leaves out seats"),
        ("simple_python", [("ferry_book", {**SEATS, "seats": 3})], "model: argument", "seats is 3"),
        ("simple_python", [("ferry_book", {**SEATS, "seats": 2.0})], "model: argument", "seats is 2.0"),
        ("simple_python", [("ferry_book", {**SEATS, "seats": True})], "model: argument", "seats is True"),
        ("simple_python", [("ferry_book", {**SEATS, "seats": "2"})], "model: argument", "seats is '2'"),
        ("simple_python", [("ferry_book", {**SEATS, "window": 1})], "model: argument", "window"),
        ("multiple", [("tide", {"port": "Moss", "days": [2, 1]})], "model: argument", "days is"),
        ("multiple", [("tide", {"port": "Moss"})], "model: argument", "leaves out days"),
        ("parallel", [BOOKED, BOOKED], "model: argument", "is 'Moss'"),
        ("simple_python", [("ferry_book", '{"port": "Moss"')], "format: broken", "no object of JSON"),
        ("simple_python", [("ferry_book", "[]")], "format: broken", "no object of JSON"),
    ],
)
def test_wrong_calls_and_whose_fault_they_are(
    verdict: Verdicts, category: str, calls: Calls, fault: str, why: str
) -> None:
    found = verdict(category, calls)
    assert (found.outcome, found.fault) == (Outcome.WRONG, fault)
    assert why in found.detail


def test_calls_that_were_not_read_are_told_from_none(verdict: Verdicts) -> None:
    begun = Said(answer='<tool_call>{"name": "ferry_book", </tool_call>')
    assert verdict("simple_python", said=begun).fault == "format: broken"
    left = Said(answer='<tool_call>{"name": "ferry_book", "arguments": {}}</tool_call>', calls=())
    assert verdict("simple_python", said=left).fault == "parser: unread"
    unseen = Said(answer="I cannot book ferries.", shows_tools=False)
    assert verdict("simple_python", said=unseen).fault == "template: tools"
    silent = verdict("simple_python", said=Said(answer=""))
    assert (silent.outcome, silent.fault) == (Outcome.NO_ANSWER, "model: none")


@pytest.mark.parametrize("answer", ["", "Moss", "[]", "{}", "[[]]"])
def test_what_is_no_conversation_is_no_answer(pack: Pack, answer: str) -> None:
    assert judge(pack, item_of(pack, "simple_python"), answer).outcome == Outcome.NO_ANSWER


def is_accepted(pack: Pack, accepted: list[Any], value: Any, argument: str) -> bool:
    """Whether a value is taken for an argument of `keep`."""
    item = item_of(pack, "simple_python")
    made = Item(item.id, item.category, "x", [{"keep": {argument: accepted}}], extra={"functions": [bfcl.KEEP]})
    said = Said(answer="", calls=(Call("keep", json.dumps({argument: value})),))
    talk = talk_of(pack, made, "hermes")
    assert talk is not None
    return judge(pack, made, transcript([Turn(said, talk.hear(said))])).outcome == Outcome.CORRECT


NOTE = {"title": ["Tide table"], "mark": ["", "red"]}


@pytest.mark.parametrize(
    ("argument", "accepted", "right", "wrong"),
    [
        ("share", [0.5, 2], [0.5, 2, 2.0], [True, "0.5", 0.51]),
        ("place", [[1.5, 2.0]], [[1.5, 2.0]], [[2.0, 1.5], [1.5], 1.5, "1.5, 2.0"]),
        ("place", [[1, 2]], [[1, 2], [1.0, 2.0]], [["1", "2"]]),
        ("loud", [True], [True], [1, "true", False]),
        ("loud", ["is_loud"], ["is_loud"], ["Is_loud"]),  # the name of a variable, letter by letter
        ("to", ["Ann's"], ["ann's", 'ANN"S'], [["Ann's"], 3]),
        ("note", [NOTE], [{"title": "tide-table"}, {"title": "Tide table", "mark": "RED"}],
         [{"mark": "red"}, {"title": "Tide table", "by": "me"}, "Tide table", {"title": ["Tide table"]}]),
        ("notes", [[NOTE, NOTE]], [[{"title": "Tide table"}, {"title": "TIDE TABLE", "mark": "red"}]],
         [[{"title": "Tide table"}], [{"title": "Tide table"}, {}], ["Tide table"], []]),
        ("notes", ["", [NOTE]], [[]], [[1]]),
    ],
)  # fmt: skip
def test_values_are_compared_as_the_benchmark_does(
    pack: Pack, argument: str, accepted: list[Any], right: list[Any], wrong: list[Any]
) -> None:
    assert [value for value in right if not is_accepted(pack, accepted, value, argument)] == []
    assert [value for value in wrong if is_accepted(pack, accepted, value, argument)] == []


@pytest.mark.parametrize(
    ("category", "argument", "right", "wrong"),
    [
        ("simple_java", "berths", "new int[]{1, 2}", "new int[]{2, 1}"),
        ("simple_java", "names", 'new ArrayList<String>(Arrays.asList("Ann", "Bo"))', 'Arrays.asList("Ann", "Bo")'),
        (
            "simple_java",
            "names",
            'new ArrayList<>() {{ add("Ann"); add("Bo"); }}',
            'new ArrayList<>(Arrays.asList("Bo"))',
        ),
        ("simple_java", "rules", 'new HashMap<String, Object>() {{ put("quiet", true); put("limit", 5); }}',
         'new HashMap<String, Object>() {{ put("quiet", true); }}'),
        ("simple_java", "depth", "3.5f", "3.5"),
        ("simple_java", "mass", "7L", "7"),
        ("simple_java", "isOpen", "true", "True"),
        ("simple_java", "master", "masterOfHarbour", "other"),
        ("simple_javascript", "points", "[1, 2]", "[1, 2, 3]"),
        ("simple_javascript", "points", "new Array(1, 2)", "new Array(2, 1)"),
        ("simple_javascript", "table", "[[1, 2], [3, 4]]", "[[1, 2]]"),
        ("simple_javascript", "style", "{'width': 2, 'tags': ['a', 'b']}", "{'width': 3, 'tags': ['a', 'b']}"),
        ("simple_javascript", "title", "'Moss'", "'Horten'"),
        ("simple_javascript", "mass", "7n", "7"),
        ("simple_javascript", "isOpen", "false", "False"),
    ],
)  # fmt: skip
def test_values_written_as_code(verdict: Verdicts, category: str, argument: str, right: str, wrong: str) -> None:
    name, needed = ("Harbour_open", {"berths": "new int[]{1, 2}"})
    if category == "simple_javascript":
        name, needed = "harbour_draw", {"points": "[1, 2]"}
    assert verdict(category, [(name, {**needed, argument: right})]).outcome == Outcome.CORRECT
    assert verdict(category, [(name, {**needed, argument: wrong})]).outcome == Outcome.WRONG
    assert verdict(category, [(name, {**needed, argument: 3})]).outcome == Outcome.WRONG  # not written as code


@pytest.mark.parametrize(
    "answer",
    [
        "x",
        ["x"],
        [{}],
        [{"ferry.book": 3}],
        [{"train": {"port": ["Moss"]}}],
    ],
)
def test_an_item_that_is_none_is_an_error_and_no_wrong_answer(verdict: Verdicts, answer: Any) -> None:
    assert verdict("simple_python", [BOOKED], answer=answer).outcome == Outcome.ERROR


@pytest.mark.parametrize(
    "value",
    [
        "[" * 5_000,
        "new HashMap<" * 2_000,
        "{" + "a:" * 5_000,
        "new ArrayList<>(Arrays.asList(" * 1_000,
        "9" * 100_000,
        "new int[]{" + "1," * 50_000 + "}",
        "\x1b[31m\x00\ud800",
    ],
)
@pytest.mark.parametrize("category", ["simple_java", "simple_javascript", "simple_python"])
def test_hostile_values_are_wrong(verdict: Verdicts, category: str, value: str) -> None:
    name, arguments = {
        "simple_java": ("Harbour_open", ("berths", "names", "rules", "depth", "mass")),
        "simple_javascript": ("harbour_draw", ("points", "table", "style", "mass")),
        "simple_python": ("ferry_book", ("port", "seats")),
    }[category]
    for argument in arguments:
        found = verdict(category, [(name, {one: value if one == argument else "[1, 2]" for one in arguments})])
        assert found.outcome == Outcome.WRONG
        assert "\x1b" not in found.detail + (found.extracted or "")
