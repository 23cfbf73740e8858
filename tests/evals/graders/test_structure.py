"""The grader of documents: where it finds them, how strictly it reads them, and that nothing brings it down."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.packs import graded, pack_with

from aa_tui.evals.grading import Grading
from aa_tui.evals.items import Item, Verdict

BROKEN, OTHER = "format: broken", "model: answer"
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "year": {"type": ["integer", "null"]},
        "price": {"type": "number"},
        "kind": {"enum": ["old", "new"]},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["name", "year", "price", "kind", "tags"],
    "additionalProperties": False,
}
VALUE = {"name": "Ann [Lee]", "year": None, "price": 2.5, "kind": "old", "tags": ["a", "b"]}
KEY = json.dumps(VALUE)
YAML = 'name: "Ann [Lee]"\nyear: null\nprice: 2.5\nkind: old\ntags:\n  - a\n  - b\n'
ROWS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"code": {"type": "string"}, "count": {"type": ["integer", "null"]}, "on": {"type": "boolean"}},
        "required": ["code", "count", "on"],
    },
}
CSV = 'code,count,on\n007,12,true\n"a, ""b""",,false\n'
TABLE = "| code | count | on |\n| --- | --- | --- |\n| 007 | 12 | true |\n| a \\| b |  | false |"
COLUMNS = ("code", "count", "on")


def of_json(answer: str, **extra: Any) -> Verdict:
    return graded("structure", KEY, answer, **{"format": "json", "schema": SCHEMA, **extra})


def of_yaml(answer: str, **extra: Any) -> Verdict:
    return graded("structure", YAML, answer, format="yaml", schema=SCHEMA, **extra)


def of_csv(answer: str, key: str = CSV, **extra: Any) -> Verdict:
    return graded("structure", key, answer, format="csv", schema=ROWS, columns=COLUMNS, **extra)


def of_table(answer: str, **extra: Any) -> Verdict:
    return graded("structure", TABLE, answer, format="table", schema=ROWS, columns=COLUMNS, **extra)


@pytest.mark.parametrize(
    "answer",
    [
        KEY,
        f"First [1] a draft: {{}}.\n\n```json\n{{}}\n```\n\nNow:\n\n```json\n{KEY}\n```\nIt follows {{the}} rules.",
        f"~~~\n{KEY}\n~~~",
        f"````json\n{KEY}\n````",
        f"```json\n{KEY}```\nThat is all.",
        f"```json\n{KEY}\n```\nIts names:\n```\nname, year\n```",
        f"```json\n{KEY}",
        f"- so:\n\n  ```json\n  {KEY}\n  ```",
        f"The answer is {KEY} as [the notes] say.",
        f"As the notes [3] say:\n{KEY}\nDone {{so}}.",
        f"```python\nprint(1)\n```\n```JSON\n{KEY}\n```\n```python\nprint(2)\n```",
        KEY.replace("2.5", "2.50").replace("null", " null "),
        KEY.replace("Ann", " Ann"),
        KEY.replace("2.5", "25e-1"),
        "\ufeff" + KEY,
    ],
)
@pytest.mark.repeats
def test_the_document_is_found_wherever_it_stands(answer: str) -> None:
    verdict = of_json(answer)
    assert (verdict.outcome, verdict.fault) == ("correct", None), verdict
    assert verdict.parts == (("valid format", True), ("fits the schema", True), ("right values", True))


@pytest.mark.parametrize("tag", ["", "csv", "text", "data", "{.csv}", "tsv"])
@pytest.mark.repeats
def test_a_fence_may_have_any_tag(tag: str) -> None:
    """Words that stand around it are still words around it."""
    assert of_csv(f"```{tag}\n\ufeff{CSV}```\n", alone=True).outcome == "correct"
    assert of_csv(f"So:\n```{tag}\n{CSV}```\n", alone=True).fault == BROKEN
    assert of_csv(f"```{tag}\n{CSV.replace('12', '13')}```\n", alone=True).fault == OTHER


def test_comments_of_yaml_are_a_part_of_it() -> None:
    assert of_yaml(f"# The settings\n{YAML}", alone=True).outcome == "correct"
    assert of_yaml(f"%YAML 1.2\n---\n{YAML}", alone=True).outcome == "correct"
    assert of_yaml(f"The settings:\n{YAML}", alone=True).fault == BROKEN
    assert of_yaml(f"```json\n{KEY}\n```", alone=True).outcome == "correct", "JSON is YAML"


def test_the_first_difference_is_told_by_its_path() -> None:
    verdict = of_json(json.dumps(VALUE | {"tags": ["a", "c"], "name": "Ann"}))
    assert verdict.detail == '$.name: "Ann" instead of "Ann [Lee]" (and 1 more)'
    assert verdict.fault == OTHER
    assert of_json(json.dumps(VALUE | {"tags": ["b", "a"]})).fault == OTHER
    assert of_json(json.dumps(VALUE | {"tags": ["b", "a"]}), any_order=["$.tags"]).outcome == "correct"
    assert of_json(json.dumps(VALUE | {"tags": ["b", "b"]}), any_order=["$.tags"]).fault == OTHER
    unfit = of_json(json.dumps(VALUE | {"kind": "x"}))
    assert unfit.detail == "$.kind: 'x' is not one of ['old', 'new']"
    assert of_json(json.dumps(VALUE | {"year": True})).fault == BROKEN


def test_no_document_is_no_answer() -> None:
    for answer in ("", "  \n", "I would rather not."):
        verdict = of_json(answer)
        assert (verdict.outcome, verdict.fault) == ("no_answer", BROKEN)
        assert not any(held for _, held in verdict.parts)
    assert of_table("I would rather not.").outcome == "no_answer"
    assert of_csv("I would rather not.").outcome == "no_answer"
    assert of_yaml("I would rather not.").outcome == "no_answer"


@pytest.mark.parametrize(
    "answer",
    [
        YAML,
        f"Here you are:\n\n{YAML}\nNote: the year is open.",
        YAML.replace("null", "~").replace("- a", "- 'a'"),
        YAML.replace("  -", "-"),
        YAML.replace("tags:\n  - a\n  - b", "tags: [a, b]"),
        f"---\n{YAML}...\n",
        YAML.replace("name:", "# so\nname:"),
        YAML.replace('"Ann [Lee]"', "!!str Ann [Lee]"),
        "name: |-\n  Ann [Lee]\nyear:\nprice: 2.5\nkind: &k old\ntags: [a, b]",
    ],
)
def test_yaml_in_its_many_ways(answer: str) -> None:
    assert of_yaml(answer).outcome == "correct", of_yaml(answer)


def test_plain_scalars_are_those_of_yaml_1_2() -> None:
    schema = {"type": "object", "additionalProperties": {"type": "string"}}
    key = 'a: "no"\nb: "12:30"\nc: "2024-05-01"\nd: "1_000"\n'
    for answer in (key, key.replace('"', ""), key.replace('"', "'")):
        assert graded("structure", key, answer, format="yaml", schema=schema).outcome == "correct"
    for value in ("007", "true", "null", "1.10", "0x1F", "~", "1e3"):
        verdict = graded("structure", f'a: "{value}"', f"a: {value}", format="yaml", schema=schema)
        assert (verdict.outcome, verdict.fault) == ("wrong", BROKEN), value


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (YAML + "kind: new\n", "there twice, line 8"),
        ("name: !!python/object/apply:os.system [ls]\n", "tag"),
        ("name: !!timestamp 2024-01-01\n", "tag"),
        ("name: !!binary aGk=\n", "tag"),
        ("name: &a [*a]\n", "alias"),
        ("name: *b\n", "undefined alias"),
        ("a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)), "values"),
        ("name: 1\n---\nname: 2\n", "document"),
        ("name: " + "[" * 5_000, "nested"),
        ("name: " + "{a: " * 60 + "}" * 60, "nested"),
        ("name: \x07\n", "forbids"),
        ("? [a]\n: b\n", "key"),
        ("name: 1e999\n", "large"),
    ],
)
def test_yaml_that_is_refused(answer: str, why: str) -> None:
    verdict = of_yaml(f"```yaml\n{answer}\n```")
    assert (verdict.outcome, verdict.fault) == ("wrong", BROKEN)
    assert why in verdict.detail, verdict.detail
    assert "\x07" not in verdict.detail


def test_csv_and_tables_are_read_by_the_types_of_their_columns() -> None:
    assert of_csv(CSV).outcome == "correct"
    assert of_csv(CSV.replace("12", '"12"').replace("true", " true")).outcome == "correct"
    assert of_csv(f"Here:\n\n{CSV}\nThat is all, and true.").outcome == "correct"
    assert of_csv(CSV.replace(",12,", ",12.0,")).outcome == "correct"
    assert of_csv(CSV.replace("007", "7")).fault == OTHER
    for broken in (
        CSV.replace('""b""', '"b"'),
        CSV.replace('"a, ""b"""', 'a, "b"'),
        CSV.replace("true", "True"),
        CSV.replace("12", "1,2"),
        CSV.replace("12", "1_2"),
        CSV.replace("code,count,on", "count,code,on"),
        CSV.replace("code,count,on\n", ""),
        CSV.replace(",", ";"),
    ):
        assert (of_csv(broken).outcome, of_csv(broken).fault) == ("wrong", BROKEN), broken
    semicolons = "code;count;on\n007;12;true\n"
    assert of_csv(f"```csv\n{semicolons}```", semicolons, delimiter=";").outcome == "correct"
    assert of_csv(semicolons.replace(";", ","), semicolons, delimiter=";").fault == BROKEN

    assert of_table(f"So:\n\n{TABLE}\n\nThat | is | all").outcome == "correct"
    assert of_table(TABLE.replace("007", "\\007".replace("\\0", "0"))).outcome == "correct"
    assert of_table(TABLE.replace("12", "13")).detail == "$[0].count: 13 instead of 12"
    assert of_table(TABLE.replace("| --- | --- | --- |\n", "")).fault == BROKEN


@pytest.mark.long
def test_a_megabyte_of_anything_comes_to_an_end_soon() -> None:
    hostile = [
        "[" * 1_000_000,
        "{" * 200_000 + "}" * 200_000,
        '{"a":' * 200_000,
        '{"' + '\\"' * 500_000,
        '"' * 1_000_000,
        "```\n" * 250_000,
        "~~~json\n" * 100_000,
        "| a " * 250_000,
        "|-|\n" * 250_000,
        "code,count,on\n" * 70_000,
        "name: 1\n\n" * 100_000,
        "- " * 500_000,
        "&a " * 300_000,
        '"' + "a\n" * 500_000,
        "\x1b[2J" * 200_000,
        "9" * 1_000_000,
        "[" + "9" * 400_000 + "]",
        "\ud800{" * 1_000,
    ]
    begun = time.process_time()
    for answer in hostile:
        for grade in (of_json, of_yaml, of_csv, of_table):
            for dressed in (answer, f"```\n{answer}\n```"):
                verdict = grade(dressed)
                assert verdict.outcome in ("wrong", "no_answer"), (answer[:20], verdict.outcome, verdict.detail)
                assert verdict.fault in (BROKEN, OTHER)
                assert len(verdict.detail) <= 400
                assert "\x1b" not in verdict.detail + (verdict.extracted or "")
    assert time.process_time() - begun < 120, "far beyond what any machine takes"


texts = st.text(alphabet=st.sampled_from("[]{}:,\"'|-`~\n \t\\#&*!ab01.;é\x00\x85\ud800"), max_size=80)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(texts, st.text(max_size=60)),
    st.sampled_from(["{}", "```\n{}\n```", "```yaml\n{}", KEY + "{}", "name: {}", CSV + "{}", TABLE + "{}"]),
)
def test_no_text_brings_it_down(text: str, around: str) -> None:
    answer = around.replace("{}", text)
    for grade in (of_json, of_yaml, of_csv, of_table):
        verdict = grade(answer)
        assert verdict.outcome in ("correct", "wrong", "no_answer"), verdict
        assert (verdict.fault is None) == (verdict.outcome == "correct")
        assert all(held for _, held in verdict.parts) == (verdict.outcome == "correct")


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        ({"schema": None}, "must be an object"),
        ({"schema": {"type": "objekt"}}, "no JSON schema"),
        ({"schema": {"pattern": "("}}, "pattern"),
        ({"schema": {"$ref": "http://127.0.0.1:9/x.json"}}, "not in it"),
        ({"schema": {"$ref": "#/$defs/none"}}, "not in it"),
        ({"schema": {"$ref": "#"}}, "circles"),
        ({"format": "xml"}, "format must be one of"),
        ({"format": "csv"}, "columns are missing"),
        ({"format": "csv", "columns": ["a"], "delimiter": "--"}, "delimiter"),
        ({"format": "table", "columns": ["a"]}, "no Markdown table"),
        ({"any_order": "$"}, "any_order"),
    ],
)
def test_an_item_that_cannot_be_used_is_an_error_that_says_why(extra: dict[str, Any], why: str) -> None:
    verdict = of_json(KEY, **extra)
    assert verdict.outcome == "error"
    assert why in verdict.detail
    assert "\n" not in verdict.detail


def test_a_pattern_that_never_ends_is_stopped() -> None:
    schema = {"type": "object", "properties": {"name": {"pattern": "^(a+)+$"}}}
    item = Item("i1", "any", "What?", '{"name": "b"}', extra={"format": "json", "schema": schema})
    with Grading(1) as grading:
        answer = json.dumps({"name": "a" * 60 + "!"})
        verdict = grading.grade(pack_with("structure"), item, answer, timeout_s=1.0)
        assert verdict.outcome == "undecided"
        assert "took longer" in verdict.detail
