"""Packs from anybody: what is wrong with one is told by file and line, and nothing else ever happens."""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aa_tui.engine.settings import GREEDY
from aa_tui.evals.items import Item, Pack, PackError
from aa_tui.evals.packfile import MAX_ITEM_BYTES, problems_of, read_manifest, read_pack
from aa_tui.resources import data_folder

MANIFEST = """\
format = 1
name = "mine"
version = "1"
license = "MIT"
description = "Mine."
source = "written by me"

[items]
file = "items.jsonl"
count = COUNT
sha256 = "SHA256"

[prompt]
template = "Solve: {prompt}"

[answer]
patterns = ['Answer: (.+)']

[graders]
"*" = "exact"

[sampling]
preset = "card"
max_output_tokens = 100
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a pack whose count and sha256 are right; `changes` are pairs of texts to replace in its pack.toml."""

    def do(*lines: str | dict[str, Any] | bytes, changes: dict[str, str] | None = None) -> Path:
        folder = tmp_path / "mine"
        folder.mkdir(exist_ok=True)
        parts = [
            line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode()
            for line in lines
        ]
        data = b"".join(part + b"\n" for part in parts)
        (folder / "items.jsonl").write_bytes(data)
        text = MANIFEST.replace("COUNT", str(len(parts))).replace("SHA256", hashlib.sha256(data).hexdigest())
        for old, new in (changes or {}).items():
            assert old in text
            text = text.replace(old, new, 1)
        (folder / "pack.toml").write_text(text, encoding="utf-8")
        return folder

    return do


def one(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {"id": f"i{number}", "category": "sums", "prompt": f"{number} + 1", "answer": str(number + 1), **fields}


def test_a_pack_with_everything(write: Write) -> None:
    folder = write(
        one(1, level=3, why="since"),
        one(2, choices=["3", "4"], answer=0),
        one(3, choices=["3", "4"], answer="4", shuffle=False),
        changes={
            'preset = "card"': "temperature = 0.6\ntop_p = 0.95",
            "max_output_tokens = 100": 'max_output_tokens = 100\nstop = ["\\n\\n"]',
            'template = "Solve: {prompt}"': 'template = "{prompt}\\n{choices}"\nsystem = "Be brief."',
        },
    )
    pack = read_pack(folder)
    assert (pack.name, pack.version, pack.system, pack.stop) == ("mine", "1", "Be brief.", ("\n\n",))
    assert pack.sampler is not None
    assert (pack.sampler.temperature, pack.sampler.top_p, pack.sampler.top_k) == (0.6, 0.95, 0)
    assert pack.max_output_tokens == 100
    first, second, third = pack.items
    assert first == Item("i1", "sums", "1 + 1", "2", 3, (), {"why": "since"})
    assert (second.choices, second.answer) == (("3", "4"), 0)
    assert third.extra["shuffle"] is False
    assert pack.grader_of(first) == "exact"
    assert problems_of(folder) == []


def test_the_bundled_pack_is_one() -> None:
    pack = read_pack(data_folder("evals") / "nano")
    assert len(pack.items) == 280
    assert pack.sampler == GREEDY
    assert pack.grader_of(pack.items[0]) == "numeric"
    assert {item.level for item in pack.items} == {1, 2, 3}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"id": "i2", ', "it is not JSON ("),
        ("[1, 2]", "must be one object in braces"),
        (b'{"id": "\xff"}', "not UTF-8"),
        (one(1), "the id 'i1' is there already, in line 1"),
        (one(2, id="i\x1b[31m1"), "the id 'i1' is there already, in line 1"),
        (one(2, answer=None), "the answer is missing"),
        ({"id": "i2", "category": "sums", "prompt": "2 + 1"}, "the answer is missing"),
        ({"id": "i2", "category": "sums", "answer": "3"}, "the prompt is missing"),
        (one(2, prompt=" \x07 "), "the prompt must be a text that is not empty"),
        (one(2, id=""), "the id must be a text that is not empty"),
        (one(2, category=7), "the category must be a text that is not empty"),
        (one(2, level=0), "the level must be a whole number"),
        (one(2, level=True), "the level must be a whole number"),
        (one(2, choices=["a"]), "the choices must be a list of 2 to 26"),
        (one(2, choices=["a", ""]), "every choice must be a text"),
        (one(2, choices=["a", "b"], answer="c"), "the text of exactly one choice"),
        (one(2, choices=["a", "b"], answer=2), "its index, 0 to 1"),
        (one(2, choices=["a", "b"], answer=True), "its index, 0 to 1"),
        (one(2, prompt="x" * (MAX_ITEM_BYTES + 1)), "longer than 200,000 bytes"),
        (one(2, grader="magic"), "there is no grader 'magic'"),
        ('{"id": "i2", "category": "sums", "prompt": "p", "answer": NaN}', "NaN is no number"),
        ('{"id": "i2", "category": "sums", "prompt": "p", "answer": 1e999}', "too large a number"),
        ('{"id": "i2", "id": "i3", "category": "sums", "prompt": "p", "answer": 1}', "twice"),
        ("[" * 100_000, "nested more than 100 deep"),
        ('{"a": ' + "[" * 101 + "]" * 101 + "}", "nested more than 100 deep"),
        (one(2, grader="g" * 1_000_000), "there is no grader 'ggg"),
        (json.dumps(one(2)).encode("utf-16"), "UTF-16"),
        ('{"a": ' + "9" * 5000 + "}", "it is not JSON"),
    ],
)
def test_what_is_wrong_with_an_item_is_told_with_its_line(write: Write, line: Any, words: str) -> None:
    folder = write(one(1), line, one(3))
    with pytest.raises(PackError) as caught:
        read_pack(folder)
    told = str(caught.value)
    assert told.startswith(f"{folder}/items.jsonl:2: ")
    assert words in told
    assert "\x1b" not in told


@pytest.mark.parametrize(
    ("grader", "item", "words"),
    [
        ("numeric", one(2, answer="many"), "is not a number"),
        ("choice", one(2, answer="Paris"), "its answer must be a letter"),
        ("regex", one(2, answer="("), "is not a regular expression"),
        ("code", one(2), "either test, tests or programs"),
        ("instructions", one(2), "instruction_id_list must be a list"),
    ],
)
def test_check_asks_the_graders_about_their_keys(write: Write, grader: str, item: dict[str, Any], words: str) -> None:
    folder = write(item, changes={'"*" = "exact"': f'"*" = "{grader}"'})
    (problem,) = problems_of(folder)
    assert problem.startswith(f"{folder}/items.jsonl:1: its grader cannot use it: ")
    assert words in problem
    assert len(read_pack(folder).items) == 1


def test_check_tells_all_problems(write: Write) -> None:
    folder = write(one(1), one(1), "{", one(4, answer=""))
    found = problems_of(folder)
    assert [problem.split(": ")[0].rpartition(":")[2] for problem in found] == ["2", "3", "4"]
    with pytest.raises(PackError, match="And 2 more: `aa-tui packs check` lists them"):
        read_pack(folder)
    folder = write(one(1), changes={"count = 1": "count = 2"})
    assert problems_of(folder) == [f"{folder}/items.jsonl: it has 1 items, but pack.toml says 2."]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("format = 1", "format = 2", 1, "needs a newer aa-tui"),
        ("format = 1", "", 1, "format is missing"),
        ("format = 1", 'format = "1"', 1, "format must be a whole number"),
        ('name = "mine"', 'name = "../mine"', 2, "the name may have small letters"),
        ('version = "1"', "version = 1", 3, "version must be a text"),
        ('license = "MIT"', 'licence = "MIT"', 1, "license is missing"),
        ('source = "written by me"', 'source = " "', 6, "source is empty"),
        ('description = "Mine."', 'description = "Mine."\nscore = 1', 6, "there is no field 'score'"),
        ('file = "items.jsonl"', 'file = "../items.jsonl"', 9, "must lie inside the pack's folder"),
        ('file = "items.jsonl"', 'file = "/etc/passwd"', 9, "must lie inside the pack's folder"),
        ("count = 1", "count = 0", 10, "count must be from 1"),
        ('sha256 = "', 'sha256 = "x', 11, "64 hexadecimal digits"),
        ('template = "Solve: {prompt}"', 'template = "Solve"', 14, "no {prompt}"),
        ("patterns = ['Answer: (.+)']", "patterns = ['Answer: (']", 17, "is not a regular expression"),
        ("patterns = ['Answer: (.+)']", "patterns = ['Answer']", 17, "has no group"),
        ("patterns = ['Answer: (.+)']", "pattern = 'Answer: (.+)'", 17, "there is no field 'pattern'"),
        ('"*" = "exact"', '"*" = "magic"', 20, "there is no grader 'magic'"),
        ('"*" = "exact"', "", 19, "it names no grader"),
        ('preset = "card"', 'preset = "hot"', 23, "neither"),
        ('preset = "card"', 'preset = "card"\ntop_p = 0.5', 24, "cannot be set beside a preset"),
        ('preset = "card"', "top_p = 0.5", 22, "needs a preset"),
        ('preset = "card"', "temperature = -1", 23, "temperature must be from 0 to 10"),
        ('preset = "card"', "temperature = nan", 23, "temperature must be from 0 to 10"),
        ("max_output_tokens = 100", "", 22, "max_output_tokens is missing"),
        ("[sampling]", "[sampling", 22, "it is not TOML"),
        ("[sampling]", "[sampling]\n[sampling]", 23, "it is not TOML"),
    ],
)
def test_what_is_wrong_with_the_manifest_is_told_with_its_line(
    write: Write, old: str, new: str, line: int, words: str
) -> None:
    folder = write(one(1), changes={old: new})
    with pytest.raises(PackError) as caught:
        read_pack(folder)
    told = str(caught.value)
    assert told.startswith(f"{folder}/pack.toml:{line}: ")
    assert words in told


def test_a_category_without_a_grader(write: Write) -> None:
    folder = write(one(1), one(2, category="other"), changes={'"*" =': "sums ="})
    with pytest.raises(PackError, match=r"items\.jsonl:2: the category 'other' has no grader"):
        read_pack(folder)


def test_items_that_were_changed_are_noticed(write: Write) -> None:
    folder = write(one(1))
    path = folder / "items.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"2"', b'"3"'))
    with pytest.raises(PackError, match="it was changed"):
        read_pack(folder)


def test_graders_with_keys_elsewhere_need_no_answer(write: Write) -> None:
    item = one(1, entry_point="f", test="def check(f): assert f()")
    del item["answer"]
    pack = read_pack(write(item, changes={'"*" = "exact"': '"*" = "code"'}))
    assert pack.items[0].answer is None
    assert pack.items[0].extra["entry_point"] == "f"


def test_control_codes_go_and_tabs_stay(write: Write) -> None:
    hostile = "a\x1b]0;title\x07\tb\x9b31m\u202ec"
    pack = read_pack(write(one(1, prompt=hostile, answer=[hostile], tests={"x": hostile})))
    (item,) = pack.items
    assert (item.prompt, item.answer, item.extra["tests"]) == ("a\tbc", ["a\tbc"], {"x": "a\tbc"})


def test_links_that_leave_the_folder_are_refused(write: Write, tmp_path: Path) -> None:
    folder = write(one(1))
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder / "more").symlink_to(outside)
    assert problems_of(folder)[0] == f"{folder}/more: it is a link out of the pack's folder: put the file itself there."
    (folder / "more").unlink()
    items = folder / "items.jsonl"
    items.rename(outside / "items.jsonl")
    items.symlink_to(outside / "items.jsonl")
    with pytest.raises(PackError, match=r"items\.jsonl: it is a link out of the pack's folder"):
        read_pack(folder)
    items.unlink()
    (folder / "real.jsonl").write_bytes((outside / "items.jsonl").read_bytes())
    items.symlink_to("real.jsonl")
    assert len(read_pack(folder).items) == 1
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert len(read_pack(link).items) == 1


def test_a_pipe_or_a_folder_in_a_file_s_place(write: Write) -> None:
    folder = write(one(1))
    (folder / "items.jsonl").unlink()
    os.mkfifo(folder / "items.jsonl")
    with pytest.raises(PackError, match="no regular file"):
        read_pack(folder)
    with pytest.raises(PackError, match=r"pack\.toml: it cannot be read \(No such file"):
        read_pack(folder / "nothing")


def test_a_manifest_without_items(write: Write) -> None:
    text = (
        'format = 1\nname = "set"\nversion = "1"\nlicense = "MIT"\ndescription = "d"\nsource = "s"\n'
        '[origin]\nrepo = "a/b"\nrevision = "main"\nfiles = ["t.jsonl"]\nconversion = "gsm8k"\nn_items = 3\n'
        '[prompt]\ntemplate = "{prompt}"\n[graders]\n"*" = "numeric"\n[sampling]\npreset = "card"\n'
        "max_output_tokens = 5\n"
    )
    folder = write(one(1))
    (folder / "pack.toml").write_text(text, encoding="utf-8")
    manifest = read_manifest(folder)
    assert manifest.origin is not None
    assert (manifest.origin.repo, manifest.origin.n_items, manifest.items_file) == ("a/b", 3, None)
    with pytest.raises(PackError, match="`aa-tui packs pull set` gets them"):
        read_pack(folder)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)
fields = st.dictionaries(
    st.sampled_from(["id", "category", "prompt", "answer", "level", "choices", "grader", "x"]), json_values
)
item_lines = st.lists(fields.map(json.dumps).map(str.encode) | st.binary(max_size=60), max_size=6)


@pytest.mark.long
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=item_lines)
def test_any_items_give_a_pack_or_an_error(write: Write, lines: list[bytes]) -> None:
    outcome_of(write(*lines))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_manifest_gives_a_pack_or_an_error(write: Write, text: bytes) -> None:
    folder = write(one(1))
    (folder / "pack.toml").write_bytes(text)
    outcome_of(folder)


@pytest.mark.long
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_manifest_with_any_value_changed_gives_a_pack_or_an_error(write: Write, data: st.DataObject) -> None:
    folder = write(one(1))
    lines = (folder / "pack.toml").read_text(encoding="utf-8").splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    values = st.sampled_from(["1", "-1", "1e400", "nan", "true", '"x"', "[]", "[1]", '["("]', "{}", "1979-05-27"])
    lines[number] = lines[number].partition("=")[0] + "= " + data.draw(values | st.text(max_size=10))
    (folder / "pack.toml").write_text("\n".join(lines), encoding="utf-8", errors="replace")
    outcome_of(folder)


def outcome_of(folder: Path) -> None:
    """Either a pack, and no problems; or one sentence, the first of the problems."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what `re` thinks of a pattern
        problems = problems_of(folder)
        if not problems:
            assert isinstance(read_pack(folder), Pack)
            assert tomllib.loads((folder / "pack.toml").read_text(encoding="utf-8"))
            return
        try:
            read_pack(folder)
        except PackError as error:
            told = str(error)
        else:
            told = problems[0]
            assert "its grader cannot use it" in told
    assert told.partition(" And ")[0] in problems
    assert "\n" not in told


def test_tests_with_names_that_nothing_defines_are_found(write: Write) -> None:
    """An answer's own imports would otherwise decide what such tests mean."""
    good = {"id": "a", "category": "c", "prompt": "Do.", "entry_point": "f", "test": "assert f(4) == 2"}
    bad = good | {"id": "b", "test": "def check(f):\n    assert f(4) == math.sqrt(4)"}
    told = bad | {"id": "c", "setup": "import math"}
    folder = write(good, bad, told, changes={'"*" = "exact"': '"*" = "code"'})
    (problem,) = problems_of(folder)
    assert "items.jsonl:2: its tests use math, which nothing of the pack defines." in str(problem)


@pytest.mark.long
@pytest.mark.parametrize("pattern", ["(a+)+$", "((?:[*]|[*])*)b"])
def test_a_pattern_that_never_ends_is_found_by_the_check(write: Write, pattern: str) -> None:
    (found,) = problems_of(write(one(1), changes={"'Answer: (.+)'": f"'Answer: (.+)', '{pattern}'"}))
    assert f"the pattern {pattern!r} fails on 10,000 characters of " in found
    assert "took longer than 5 s): let no repeat stand within another." in found


def test_a_manifest_made_to_be_slow_to_read_is_not(write: Write) -> None:
    """Looking for the line of a fault looks at no more than a head's length of each."""
    long_line = "[" + " " * 400_000
    folder = write(one(1), changes={'"Mine."': f"'''Mine.\n{long_line}\n'''", "max_output_tokens = 100": "max = 1"})
    with pytest.raises(PackError, match=r"there is no field 'max'|max_output_tokens is missing"):
        read_manifest(folder)


def test_a_schema_or_a_key_that_is_unfit_is_told_with_its_line(write: Write) -> None:
    of_documents = {"grader": "structure", "format": "json"}
    fits = {"answer": '{"a": 1}', "schema": {"type": "object", "properties": {"a": {"type": "integer"}}}}
    folder = write(
        one(1, **of_documents, **fits),
        one(2, **of_documents, **fits | {"schema": {"type": "objekt"}}),
        one(3, **of_documents, **fits | {"answer": '{"a": "1"}'}),
        one(4, **of_documents, **fits | {"answer": '{"a": 1,}'}),
        one(
            5,
            **of_documents,
            answer=json.dumps({"a": "a" * 60 + "!"}),
            schema={"properties": {"a": {"pattern": "^(a+)+$"}}},
        ),
    )
    found = problems_of(folder)
    whys = ("no JSON schema", "'1' is not of type", "is no JSON document", "took longer")
    for number, line, why in zip((2, 3, 4, 5), found, whys, strict=True):
        assert f"items.jsonl:{number}: " in line
        assert why in line
