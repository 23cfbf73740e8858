"""The packs `structure` and `structure-quick`: each key is right however it is dressed, wrong however it is damaged."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
import yaml

from aa_tui.evals.documents.fitting import typed
from aa_tui.evals.documents.reading import read
from aa_tui.evals.graders.structure import PARTS, form_of
from aa_tui.evals.grading import judge
from aa_tui.evals.items import Item, Pack, Verdict
from aa_tui.evals.packfile import problems_of, read_pack
from aa_tui.resources import data_folder
from generators.structure_forms import csv_text, table_text, yaml_text

FOLDER = data_folder("evals")
BROKEN, OTHER = "format: broken", "model: answer"


@pytest.fixture(scope="module")
def whole() -> Pack:
    return read_pack(FOLDER / "structure")


@pytest.fixture(scope="module")
def part() -> Pack:
    return read_pack(FOLDER / "structure-quick")


def value_of(item: Item) -> Any:
    form = form_of(item)
    return typed(read(item.answer, form), form, item.extra["schema"])


def written(item: Item, value: Any) -> str:
    form, columns = item.extra["format"], item.extra.get("columns", ())
    if form == "json":
        return json.dumps(value, ensure_ascii=False, indent=2)
    if form == "yaml":
        return yaml_text(value)
    return csv_text(value, columns, item.extra.get("delimiter", ",")) if form == "csv" else table_text(value, columns)


def other_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: other_order(one) for name, one in reversed(value.items())}
    return [other_order(one) for one in value] if isinstance(value, list) else value


def dresses(item: Item) -> Iterator[str]:
    """The key as models write it."""
    key, form, value = str(item.answer), item.extra["format"], value_of(item)
    tag = {"table": "markdown"}.get(form, form)
    yield key
    yield f"\n{key}\n\n"
    yield f"```{tag}\n{key.rstrip()}\n```"
    yield f"```\n{key}\n```\n"
    yield key.replace("\n", "\r\n")
    if form == "json":
        yield json.dumps(other_order(value))
        yield json.dumps(value, indent="\t", ensure_ascii=True)
    elif form == "yaml":
        yield yaml.safe_dump(other_order(value), sort_keys=False, allow_unicode=True)
        yield "---\n" + yaml.safe_dump(value, indent=4, sort_keys=False, width=1_000)
        yield json.dumps(value)
    elif form == "csv":
        out = io.StringIO()
        delimiter = item.extra.get("delimiter", ",")
        csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(
            csv.reader(io.StringIO(key), delimiter=delimiter)
        )
        yield out.getvalue()
    else:
        if "|  |" not in key:  # without bars outside, an empty cell at an end is none
            yield re.sub(r"^\| (.*) \|$", r"\1", key, flags=re.MULTILINE).replace("---", ":---:")
        yield key.replace(" | ", "  |   ").replace("---", "-----")
    if not item.extra.get("alone"):
        yield f"Here is what you asked for:\n\n```{tag}\n{key}\n```\n\nTell me if it should be otherwise."
        yield f"Sure, in brief.\n\n{key.rstrip()}\n\nI kept the order; nothing was left out."


def check_dresses(pack: Pack) -> None:
    for item in pack.items:
        for answer in dresses(item):
            verdict = judge(pack, item, answer)
            assert verdict.outcome == "correct", (item.id, verdict, answer)
            assert verdict.fault is None
            assert verdict.parts == tuple((name, True) for name in PARTS)


def test_every_key_of_the_part_is_right_in_every_dress(part: Pack) -> None:
    check_dresses(part)


@pytest.mark.long
def test_every_key_of_the_whole_is_right_in_every_dress(whole: Pack) -> None:
    check_dresses(whole)


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """The objects in a value, outer ones first."""
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from objects(one)


def lists(value: Any) -> Iterator[list[Any]]:
    if isinstance(value, list) and value:
        yield value
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from lists(one)


def without_a_field(value: Any) -> bool:
    """Every mutation changes the value in place, and says whether it could."""
    inner = list(objects(value))[-1]
    del inner[next(iter(inner))]
    return True


def number_as_text(value: Any) -> bool:
    for one in objects(value):
        for name, inner in one.items():
            if isinstance(inner, int | float) and not isinstance(inner, bool):
                one[name] = str(inner)
                return True
    return False


def more_fields(value: Any) -> bool:
    list(objects(value))[-1]["surplus"] = 1
    return True


def without_a_row(value: Any) -> bool:
    for one in lists(value):
        one.pop()
        return True
    return False


def one_row_more(value: Any) -> bool:
    for one in lists(value):
        one.append(deepcopy(one[0]))
        return True
    return False


def rows_swapped(value: Any) -> bool:
    for one in lists(value):
        if one[0] != one[-1]:
            one[0], one[-1] = one[-1], one[0]
            return True
    return False


def another_number(value: Any) -> bool:
    for one in objects(value):
        for name, inner in one.items():
            if isinstance(inner, int) and not isinstance(inner, bool):
                one[name] = inner + 1
                return True
    return False


def another_truth(value: Any) -> bool:
    for one in objects(value):
        for name, inner in one.items():
            if isinstance(inner, bool):
                one[name] = not inner
                return True
    return False


def wrong_enum(item: Item, value: Any) -> bool:
    """The first word of an enum, anywhere, is none of its words any more."""
    enums = {
        name
        for one in objects(item.extra["schema"])
        for name, kind in one.items()
        if isinstance(kind, dict) and isinstance(kind.get("enum"), list)
    }
    for one in objects(value):
        for name in one:
            if name in enums and isinstance(one[name], str):
                one[name] = "other"
                return True
    return False


IN_FORMAT: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("without a field", without_a_field, BROKEN),
    ("a number as text", number_as_text, BROKEN),
    ("more fields", more_fields, BROKEN),
    ("without a row", without_a_row, OTHER),
    ("one row more", one_row_more, OTHER),
    ("rows swapped", rows_swapped, OTHER),
    ("another number", another_number, OTHER),
    ("another truth", another_truth, OTHER),
)
ROWS_ONLY = ("without a row", "one row more", "rows swapped", "another number", "another truth")


def check(item: Item, verdict: Verdict, kind: str, fault: str) -> None:
    parts = dict(verdict.parts)
    where = (item.id, kind, verdict)
    assert verdict.outcome == "wrong", where
    assert verdict.fault == fault, where
    assert verdict.detail, where
    assert parts["valid format"], where
    assert parts["fits the schema"] == (fault == OTHER), where
    assert not parts["right values"], where


def check_values(pack: Pack) -> Counter[str]:
    tried: Counter[str] = Counter()
    for item in pack.items:
        is_rows = item.extra["format"] in ("csv", "table")
        for kind, change, fault in IN_FORMAT:
            value = value_of(item)
            if (kind in ROWS_ONLY or not is_rows) and change(value):
                check(item, judge(pack, item, written(item, value)), kind, fault)
                tried[kind] += 1
        value = value_of(item)
        if wrong_enum(item, value):
            check(item, judge(pack, item, written(item, value)), "wrong enum", BROKEN)
            tried["wrong enum"] += 1
    return tried


def test_other_values_and_other_types_are_wrong_for_their_own_reasons(part: Pack) -> None:
    tried = check_values(part)
    assert set(tried) == {kind for kind, _, _ in IN_FORMAT} | {"wrong enum"}


@pytest.mark.long
def test_other_values_and_types_of_the_whole_are_wrong_for_their_own_reasons(whole: Pack) -> None:
    assert min(check_values(whole).values()) > 50


def broken_texts(item: Item) -> Iterator[tuple[str, str]]:
    """The key with its format broken, and what was done."""
    key, form = str(item.answer), item.extra["format"]
    if form == "json":
        name = re.search(r'"(\w+)": ', key)
        assert name is not None
        yield "duplicate key", key.replace(name.group(), f"{name.group()}0, {name.group()}", 1)
        yield "trailing comma", re.sub(r"\n(\s*[\]}])$", r",\n\1", key)
        yield "broken quote", key.replace('": ', ": ", 1)
        yield "not closed", key[:-1]
        yield "closed twice", key + key[-1]
        yield "a constant", re.sub(r": [^\n{\[]+", ": NaN", key, count=1)
        yield "a comment", key.replace("\n", " // so\n", 1)
        yield "single quotes", key.replace('"', "'")
    elif form == "yaml":
        first, _, rest = key.partition("\n")
        again = f"  {first[2:]}" if first.startswith("- ") else f"{first.split(':')[0]}: 1"
        yield "duplicate key", f"{first}\n{rest}\n{again}" if again[0] != " " else f"{first}\n{again}\n{rest}"
        yield "broken quote", key[: key.rindex('"')] if '"' in key else key.replace(": ", ': "', 1)
        yield "tabs", re.sub(r"^  ", "\t", key, flags=re.MULTILINE) if "\n  " in key else key.replace(": ", ":\t[", 1)
    elif form == "csv":
        lines = key.rstrip().split("\n")
        yield "a field more", "\n".join([*lines[:-1], lines[-1] + item.extra.get("delimiter", ",") + "x"])
        yield "broken quote", key.rstrip() + '\n"'
        yield "quotes not doubled", key.replace('""', '"') if '""' in key else key.replace("\n", 'a"b\n', 1)
        yield "two columns of a name", re.sub(r"^[^,;]+([,;])([^,;\n]+)", r"\2\1\2", key)
    else:
        lines = key.split("\n")
        yield "no rule", "\n".join([lines[0], *lines[2:]])
        yield "a cell less", "\n".join([*lines[:-1], lines[-1].rsplit("|", 2)[0] + "|"])
        yield "bars not escaped", key.replace("\\|", "|") if "\\|" in key else key.replace(" |\n", " | x |\n")


def test_a_broken_document_is_told_from_one_with_other_values(part: Pack) -> None:
    kinds = Counter[str]()
    for item in part.items:
        for kind, answer in broken_texts(item):
            for dressed in (answer, f"```{item.extra['format'].replace('table', 'md')}\n{answer}\n```"):
                verdict = judge(part, item, dressed)
                assert (verdict.outcome, verdict.fault) == ("wrong", BROKEN), (item.id, kind, verdict, dressed)
                assert verdict.parts == tuple((name, False) for name in PARTS), (item.id, kind, verdict)
                assert verdict.detail
            kinds[kind] += 1
    assert len(kinds) == 15


def test_columns_in_another_order_do_not_fit(part: Pack) -> None:
    rows = [item for item in part.items if "columns" in item.extra]
    assert len(rows) >= 10
    for item in rows:
        columns = item.extra["columns"]
        swapped = [columns[1], columns[0], *columns[2:]]
        delimiter = item.extra.get("delimiter", ",")
        value = value_of(item)
        answer = csv_text(value, swapped, delimiter) if item.extra["format"] == "csv" else table_text(value, swapped)
        verdict = judge(part, item, answer)
        assert (verdict.outcome, verdict.fault) == ("wrong", BROKEN)
        assert dict(verdict.parts) == {"valid format": True, "fits the schema": False, "right values": True}
        assert verdict.detail.startswith("the columns are"), verdict


def test_words_beside_a_document_that_is_wanted_alone_are_told(whole: Pack) -> None:
    alone = [item for item in whole.items if item.extra.get("alone")]
    assert 30 < len(alone) < 90
    for item in alone:
        assert "Write nothing before or after it" in item.prompt
        verdict = judge(whole, item, f"Here it is:\n\n```\n{item.answer}\n```")
        assert (verdict.outcome, verdict.fault) == ("wrong", BROKEN), item.id
        assert dict(verdict.parts) == {"valid format": False, "fits the schema": True, "right values": True}


def test_the_part_is_one_of_each_family_and_level(whole: Pack, part: Pack) -> None:
    assert len(whole.items) == 200
    assert Counter((item.extra["family"], item.level) for item in whole.items).most_common()[-1][1] == 5
    assert len(part.items) == 40
    assert set(Counter((item.extra["family"], item.level) for item in part.items).values()) == {1}
    lines = {
        name: (FOLDER / name / "items.jsonl").read_bytes().splitlines() for name in ("structure", "structure-quick")
    }
    assert set(lines["structure-quick"]) < set(lines["structure"])
    assert whole.version == part.version


def test_items_are_of_every_kind_that_the_card_promises(whole: Pack) -> None:
    items = whole.items
    assert {item.extra["format"] for item in items} == {"json", "csv", "yaml", "table"}
    assert len({item.prompt for item in items}) == 200
    longest = max(len(one) for item in items if item.extra["family"] == "many" for one in lists(value_of(item)))
    assert longest == 35
    nulls = [
        item
        for item in items
        if item.category == "extraction" and None in [v for o in objects(value_of(item)) for v in o.values()]
    ]
    assert len(nulls) >= 35, "the texts that leave something open"
    quoted = [item for item in items if item.extra["format"] == "csv" and '""' in item.answer]
    assert len(quoted) >= 8
    escaped = [item for item in items if item.extra["format"] == "table" and "\\|" in item.answer]
    assert len(escaped) >= 8


def test_texts_to_read_have_sixty_to_four_hundred_words(whole: Pack) -> None:
    for item in whole.items:
        if item.category == "extraction":
            before_fields = re.split(r"\n\nThe document (?:must|has)", item.prompt)[0]
            assert 55 <= len(before_fields.split()) <= 450, item.id


def test_the_part_passes_its_check() -> None:
    assert problems_of(FOLDER / "structure-quick") == []
