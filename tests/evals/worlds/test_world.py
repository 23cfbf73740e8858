"""The simulated world: its functions, what they refuse, and that nothing gets out of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.support.talking import played, solution

from aa_tui.engine.calling import Call
from aa_tui.evals.conversation.turns import transcript
from aa_tui.evals.grading import judge
from aa_tui.evals.items import Item, Pack, PackError
from aa_tui.evals.worlds.world import FUNCTIONS, LONGEST_RESULT, MOST_AT_ONCE, World, essence, meaning

STATE: dict[str, Any] = {
    "events": {
        "e11": {"title": "Dentist", "date": "2026-03-14", "start": "09:00", "minutes": 30, "place": "", "guests": []}
    },
    "files": {"notes/list.txt": "milk\n", "notes/old.txt": "x"},
    "products": {"P-1": {"name": "Green lamp", "price": 12.5, "stock": 4}},
    "orders": {"o11": {"product_id": "P-1", "quantity": 1, "status": "shipped"}},
    "contacts": {"Ada Moreno": {"email": "ada@mail.example", "city": "Oriva"}},
    "mails": {"m11": {"from": "Ada Moreno", "subject": "Hello", "date": "2026-03-13", "text": "See you."}},
    "weather": {"Oriva": {"2026-03-14": {"high_c": 9, "rain_mm": 3}}},
    "cities": {"Oriva": {"inhabitants": 1200}},
    "roads": {"Oriva - Talmora": 120},
}


def run(world: World, name: str, /, **arguments: Any) -> Any:
    return json.loads(world.call(Call(name, json.dumps(arguments))).result)


@pytest.fixture
def world() -> World:
    return World(STATE, FUNCTIONS)


def test_each_function_does_what_it_says(world: World) -> None:
    assert run(world, "list_events", date="2026-03-14")["events"][0]["title"] == "Dentist"
    made = run(world, "create_event", title="Choir", date="2026-03-15", start="18:00", minutes=90, place="Hall B")
    assert run(world, "find_events", text="choir")["events"][0]["place"] == "Hall B"
    assert run(world, "move_event", event_id=made["created"], date="2026-03-16", start="19:00")["start"] == "19:00"
    assert run(world, "add_guest", event_id=made["created"], email="B@mail.example") == {"guests": ["b@mail.example"]}
    assert run(world, "cancel_event", event_id="e11") == {"cancelled": "e11"}
    assert "created" in run(world, "set_reminder", text="milk", date="2026-03-14", time="08:00")

    assert run(world, "list_files", folder="notes") == {"files": ["notes/list.txt", "notes/old.txt"]}
    assert run(world, "append_line", path="notes/list.txt", line="bread") == {"appended_to": "notes/list.txt"}
    assert run(world, "read_file", path="/notes/./list.txt") == {"text": "milk\nbread\n"}
    assert run(world, "move_file", path="notes/list.txt", to="keep/list.txt")["to"] == "keep/list.txt"
    assert run(world, "write_file", path="notes/new.txt", text="a") == {"written": "notes/new.txt"}
    assert run(world, "delete_file", path="notes/old.txt") == {"deleted": "notes/old.txt"}
    assert sorted(world.state["files"]) == ["keep/list.txt", "notes/new.txt"]

    assert run(world, "search_products", text="lamp", max_price=12)["products"] == []
    assert run(world, "place_order", product_id="P-1", quantity=3)["total"] == 37.5
    assert run(world, "get_product", product_id="P-1")["stock"] == 1
    assert run(world, "cancel_order", order_id=run(world, "list_orders")["orders"][0]["order_id"])["cancelled"]
    assert run(world, "get_product", product_id="P-1")["stock"] == 4
    assert run(world, "get_order", order_id="o11")["status"] == "shipped"

    assert run(world, "find_contact", name="moreno")["contacts"][0]["email"] == "ada@mail.example"
    assert run(world, "list_mails", sender="ada")["mails"][0]["mail_id"] == "m11"
    assert run(world, "read_mail", mail_id="m11")["text"] == "See you."
    assert "sent" in run(world, "send_mail", to="Ada@Mail.example", subject="Hi", text="Yes.")
    assert run(world, "delete_mail", mail_id="m11") == {"deleted": "m11"}

    assert run(world, "convert_units", value=5, from_unit="mile", to_unit="km") == {"value": 8.05, "unit": "km"}
    assert run(world, "convert_currency", amount=80, from_currency="GBP", to_currency="EUR")["amount"] == 100
    assert run(world, "get_weather", city="ORIVA", date="2026-03-14")["high_c"] == 9
    assert run(world, "get_distance", from_city="Talmora", to_city="Oriva") == {"distance_km": 120}
    assert run(world, "get_city", city="Oriva")["inhabitants"] == 1200


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("read_file", {"path": "../../etc/passwd"}, "leads out"),
        ("read_file", {"path": "notes/../../x"}, "leads out"),
        ("read_file", {"path": "notes\\list.txt"}, "leads out"),
        ("write_file", {"path": "notes", "text": "x"}, "is a folder"),
        ("write_file", {"path": "notes/list.txt/x", "text": "x"}, "a file, not a folder"),
        ("move_file", {"path": "notes/old.txt", "to": "notes/list.txt"}, "already"),
        ("delete_file", {"path": "nothing.txt"}, "no file"),
        ("list_files", {"folder": "nowhere"}, "no folder"),
        ("place_order", {"product_id": "P-1", "quantity": 5}, "Only 4"),
        ("place_order", {"product_id": "P-1", "quantity": 0}, "at least 1"),
        ("place_order", {"product_id": "P-1", "quantity": 1.5}, "whole number"),
        ("place_order", {"product_id": "P-1", "quantity": "2"}, "must be a number"),
        ("place_order", {"product_id": "P-1", "quantity": True}, "must be a number"),
        ("place_order", {"product_id": "P-1"}, "quantity is missing"),
        ("place_order", {"product_id": "P-1", "quantity": 1, "colour": "red"}, "no argument 'colour'"),
        ("cancel_order", {"order_id": "o11"}, "it is shipped"),
        ("create_event", {"title": "x", "date": "14 March", "start": "09:00", "minutes": 5}, "YYYY-MM-DD"),
        ("create_event", {"title": "x", "date": "2026-02-30", "start": "09:00", "minutes": 5}, "YYYY-MM-DD"),
        ("create_event", {"title": "x", "date": "2026-03-14", "start": "25:00", "minutes": 5}, "HH:MM"),
        ("create_event", {"title": "?", "date": "2026-03-14", "start": "09:00", "minutes": 5}, "title is empty"),
        ("send_mail", {"to": "Ada", "subject": "", "text": ""}, "not a mail address"),
        ("convert_units", {"value": 1, "from_unit": "km", "to_unit": "kg"}, "unit of length"),
        ("convert_units", {"value": 1, "from_unit": "parsec", "to_unit": "km"}, "must be one of"),
        ("convert_currency", {"amount": 1e300, "from_currency": "EUR", "to_currency": "USD"}, "too large"),
        ("get_weather", {"city": "Oriva", "date": "2027-01-01"}, "no forecast"),
        ("get_weather", {"city": "Atlantis", "date": "2026-03-14"}, "no forecast for"),
        ("__class__", {}, "no function"),
        ("state", {}, "no function"),
    ],
)
def test_what_cannot_be_done_is_a_result_that_says_why_and_changes_nothing(
    world: World, name: str, arguments: dict[str, Any], says: str
) -> None:
    before = json.dumps(world.state)
    done = world.call(Call(name, json.dumps(arguments)))
    assert done.is_error
    assert says in json.loads(done.result)["error"]
    assert json.dumps(world.state) == before


@pytest.mark.parametrize(
    "arguments",
    [
        "", "null", "[]", "3", "{", '{"path": NaN}', '{"path": 1, "path": 2}', "[" * 100_000, "x" * 1_000_000,
        "\ud800",
        '{"path": "' + "a" * 50_000 + '"}', '{"path": "\\u0000"}',
        '{"path": ' + "9" * 5_000 + "}", '{"path": {"a": []}}',
    ],
)  # fmt: skip
def test_hostile_arguments_are_refused(world: World, arguments: str) -> None:
    done = world.call(Call("read_file", arguments))
    assert done.is_error
    assert len(done.result) < LONGEST_RESULT + 500


def test_a_long_result_is_cut_and_says_so(world: World) -> None:
    run(world, "write_file", path="long.txt", text="ab " * 6_000)
    result = run(world, "read_file", path="long.txt")
    assert "cut" in result["note"]
    assert len(json.dumps(result)) < LONGEST_RESULT + 500


def test_more_calls_at_once_than_can_be_are_refused(world: World) -> None:
    done = world.turn([Call("get_city", '{"city": "Oriva"}')] * (MOST_AT_ONCE + 2))
    assert [one.is_error for one in done] == [False] * MOST_AT_ONCE + [True, True]


def test_a_call_that_is_to_fail_fails_once_and_changes_nothing() -> None:
    failing = [{"function": "delete_file", "nth": 1, "error": "Busy."}]
    world = World(STATE, ["delete_file"], failing)
    assert run(world, "delete_file", path="notes/old.txt") == {"error": "Busy."}
    assert "notes/old.txt" in world.state["files"]
    assert run(world, "delete_file", path="notes/old.txt") == {"deleted": "notes/old.txt"}


def test_what_is_not_on_offer_cannot_be_called() -> None:
    done = World(STATE, ["read_file"]).call(Call("delete_file", '{"path": "notes/old.txt"}'))
    assert not done.is_offered
    assert "read_file" in done.result


def test_the_state_that_was_given_is_left_as_it_is(world: World) -> None:
    before = json.dumps(STATE)
    run(world, "delete_file", path="notes/old.txt")
    assert json.dumps(STATE) == before


def test_the_page_names_every_function_and_its_example_is_one() -> None:
    page = (Path(__file__).parents[3] / "docs" / "tools.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`([a-z_]+)`", page.partition("## How it")[0])) >= set(FUNCTIONS)
    fields = json.loads(page.partition("```json\n")[2].partition("```")[0])
    item = Item(fields.pop("id"), fields.pop("category"), fields.pop("prompt"), None, None, (), fields)
    pack = Pack("own", "1", "", "", "", "", (item,), "", {"*": "tools"}, "{prompt}")
    assert judge(pack, item, transcript(played(pack, item, solution(item)))).outcome == "correct"


def test_order_ids_and_spelling_do_not_matter_in_the_end() -> None:
    def end(*mails: tuple[str, str]) -> dict[str, Any]:
        world = World(STATE, ["send_mail"])
        for to, subject in mails:
            run(world, "send_mail", to=to, subject=subject, text=f"{subject} to {to}")
        return essence(world.state, ["sent.text"])

    right = end(("a@x.example", "Hello there"), ("b@x.example", "News"))
    assert end(("b@x.example", "news!"), ("A@x.example", "hello  there.")) == right
    assert end(("a@x.example", "Hello there"), ("c@x.example", "News")) != right
    assert end(("a@x.example", "Hello there")) != right
    assert meaning("get_city", {"city": "Oriva"}) == meaning("get_city", {"city": "oriva "})
    assert meaning("create_event", {"minutes": 5, "place": ""}) == meaning("create_event", {"minutes": 5.0})
    assert meaning("read_file", {"path": "a/b"}) != meaning("read_file", {"path": "ab"})
    there, back = {"from_city": "Oriva", "to_city": "Tormby"}, {"from_city": "Tormby", "to_city": "Oriva"}
    assert meaning("get_distance", there) == meaning("get_distance", back)
    assert meaning("append_line", {"line": "a-b"}) != meaning("append_line", {"line": "a b"})


@pytest.mark.parametrize(
    "state",
    [{"events": []}, {"events": {"e1": {"title": "x"}}}, {"files": {"a": 3}}, {"weather": {"Oriva": 3}}, {"made": "x"}],
)
def test_a_broken_world_is_the_packs_fault(state: dict[str, Any]) -> None:
    with pytest.raises(PackError, match="world"):
        World(state, [])
