"""Calls against those expected: by value, in any order, and whose fault a difference is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aa_tui.engine.calling import Call, Tool
from aa_tui.evals.calls.compare import Expected, difference, fault_of, flaws, match
from aa_tui.evals.calls.reading import Found

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "days": {"type": "integer", "default": 1},
        "options": {"type": "object", "properties": {"unit": {"type": "string", "default": "C"}}},
    },
    "required": ["city"],
}
WEATHER = Tool("weather", "", SCHEMA)
CLOCK = Tool("clock", "", {"type": "object", "properties": {}})
TOOLS = (WEATHER, CLOCK)


def call(name: str, **arguments: Any) -> Call:
    return Call(name, json.dumps(arguments))


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ({"city": "Ulm", "days": 2}, {"days": 2.0, "city": "Ulm"}),
        ({"city": "Ulm"}, {"city": "Ulm", "days": 1}),
        ({"city": "Ulm", "days": 1}, {"city": "Ulm"}),
        ({"city": "Ulm", "options": {}}, {"city": "Ulm", "options": {"unit": "C"}}),
    ],
)
def test_the_same_values_are_the_same_call(wanted: dict[str, Any], given: dict[str, Any]) -> None:
    assert difference(Expected("weather", wanted), call("weather", **given), WEATHER).is_none


def test_missing_extra_and_wrong_arguments_are_named() -> None:
    expected = Expected("weather", {"city": "Ulm", "days": 5})
    apart = difference(expected, call("weather", days="5", country="DE"), WEATHER)
    assert (apart.missing, apart.extra, apart.wrong) == (("city",), ("country",), ("days",))
    assert difference(expected, call("weather", city="Ulm", days=True)).wrong == ("days",)
    assert difference(Expected("clock", {}), call("weather")).is_function


def test_further_values_and_optional_arguments_are_as_right() -> None:
    expected = Expected("weather", {"city": "Ulm", "days": 2}, {"city": ("Ulm, Germany",)}, frozenset({"days"}))
    assert difference(expected, call("weather", city="Ulm, Germany")).is_none
    assert difference(expected, call("weather", city="Bonn")).wrong == ("city",)


def test_calls_are_matched_in_any_order() -> None:
    expected = [Expected("weather", {"city": city}) for city in ("Ulm", "Bonn", "Jena")]
    found = match(expected, [call("weather", city=city) for city in ("Jena", "Ulm", "Bonn")], TOOLS)
    assert found.is_exact
    assert [place for _, place, _ in found.pairs] == [1, 2, 0]


def test_a_call_that_fits_two_is_left_to_the_one_that_nothing_else_fits() -> None:
    expected = [Expected("weather", {"city": "Ulm"}, {"city": ("Bonn",)}), Expected("weather", {"city": "Ulm"})]
    assert match(expected, [call("weather", city="Ulm"), call("weather", city="Bonn")]).is_exact


def test_what_is_not_exact_is_matched_with_the_nearest_of_its_function() -> None:
    expected = [Expected("weather", {"city": "Ulm", "days": 3}), Expected("clock", {})]
    found = match(expected, [call("clock"), call("weather", city="Ulm", days=4), call("clock")], TOOLS)
    assert [(index, place, apart.wrong) for index, place, apart in found.pairs] == [(0, 1, ("days",)), (1, 0, ())]
    assert (found.missing, found.extra) == ((), (2,))


ULM = Expected("weather", {"city": "Ulm"})


@pytest.mark.parametrize(
    ("expected", "found", "fault"),
    [
        ([ULM], Found((call("weather", city="Ulm"),)), None),
        ([], Found(text="It is noon."), None),
        ([ULM], Found(text="I do not know."), "model: none"),
        ([ULM], Found((call("clock"),)), "model: function"),
        ([ULM], Found((call("weather", city="Bonn"),)), "model: argument"),
        ([ULM], Found((call("weather", city="Ulm", mood="good"),)), "model: argument"),
        ([ULM], Found((call("get_weather", city="Ulm"),)), "model: invented"),
        ([], Found((call("get_weather", city="Ulm"),)), "model: invented"),
        ([], Found((call("clock"),)), "model: too many"),
        ([ULM], Found((call("weather", city="Ulm"), call("clock"))), "model: too many"),
        ([ULM, Expected("clock", {})], Found((call("weather", city="Ulm"),)), "model: none"),
        ([ULM], Found(unread=("A call cannot be read: it is not JSON.",)), "format: broken"),
        ([ULM], Found((Call("weather", "{city"),)), "format: broken"),
        ([ULM], Found(other=(call("weather", city="Ulm"),), other_form="hermes"), "parser: unread"),
    ],
)
def test_a_fault_says_whose_it_is(expected: list[Expected], found: Found, fault: str | None) -> None:
    assert fault_of(expected, found, TOOLS) == fault


def test_arguments_are_checked_by_the_schema_of_their_function() -> None:
    assert flaws(call("weather", city="Ulm", days=2), WEATHER) == ()
    said = flaws(call("weather", days="two"), WEATHER)
    assert any("'city' is a required property" in one for one in said)
    assert any(one.startswith("days: ") for one in said)
    assert flaws(Call("weather", "[1]"), WEATHER) == ("its arguments are no object",)
    hostile = flaws(call("weather", city="Ulm", days="\x1b[2J" * 1_000), WEATHER)
    assert all(one.isprintable() and len(one) <= 200 for one in hostile)


@pytest.mark.parametrize(
    "schema", [{"type": "dict"}, {"properties": {"city": {"$ref": "http://127.0.0.1:9/schema.json"}}}]
)
def test_a_schema_that_cannot_be_used_is_refused_and_nothing_is_fetched(schema: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="The schema of weather cannot be used"):
        flaws(call("weather", city="Ulm"), Tool("weather", "", schema))
