"""Public benchmarks: every manifest that ships, each set's own shape of records, and the real copies where they are."""

from __future__ import annotations

import gzip
import importlib.util
import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.datasets import DATASETS

from aa_tui.evals import packs, prompts, pulling
from aa_tui.evals.graders.code import faults_of_tests
from aa_tui.evals.grading import judge
from aa_tui.evals.items import Item, Pack, PackError
from aa_tui.evals.packfile import problems_of
from aa_tui.evals.public.conversions import CONVERSIONS, items_of
from aa_tui.evals.public.records import Record, check_parquet, read_records
from aa_tui.gguf.files import sha256_of

PUBLIC = {
    "aime-2025": 30,
    "arc-challenge": 1172,
    "bbh": 6511,
    "bfcl": 3641,
    "cruxeval": 800,
    "gpqa-diamond": 198,
    "gsm8k": 1319,
    "humaneval": 164,
    "ifbench": 300,
    "ifeval": 541,
    "math-500": 500,
    "mbpp": 500,
    "mmlu-pro": 12032,
}

Take = Callable[..., Pack]


@pytest.fixture
def take(tmp_path: Path) -> Take:
    """Make a pack of records (written as jsonl, or as the given text) or of a file."""

    def do(name: str, data: Path | str | list[dict[str, Any]], file: str = "test.jsonl") -> Pack:
        if isinstance(data, Path):
            path = data
        else:
            path = tmp_path / file
            text = data if isinstance(data, str) else "".join(json.dumps(one) + "\n" for one in data)
            path.write_text(text, encoding="utf-8")
        return pulling.take(packs.public_manifest(name), [path], tmp_path / "home")

    return do


@pytest.mark.parametrize("name", PUBLIC)
def test_each_manifest_says_what_it_is(name: str) -> None:
    manifest = packs.public_manifest(name)
    pack, origin = manifest.pack, manifest.origin
    assert origin is not None
    assert (pack.name, origin.n_items, origin.conversion in CONVERSIONS) == (name, PUBLIC[name], True)
    assert pack.citation
    assert pack.source.startswith("https://")
    assert len(origin.revision) == 40 or origin.package  # pinned, not a branch
    assert pack.sampler is None
    assert pack.max_output_tokens == 32_768
    # What all items share comes first, so that its tokens are decoded once.
    assert pack.template.endswith(("{prompt}", "{choices}", "{prompt}```"))
    assert manifest.pack.private_items == (name == "gpqa-diamond")


def test_the_list_knows_all_of_them(tmp_path: Path) -> None:
    entries = {entry.name: entry for entry in packs.list_packs(tmp_path)}
    assert set(PUBLIC) <= {name for name, entry in entries.items() if entry.kind == "public"}
    assert not any(entry.problem for entry in entries.values())
    assert (entries["nano"].kind, entries["nano"].is_here, entries["nano"].n_items) == ("bundled", True, 280)
    assert entries["nano"].folder.name == "nano"


@pytest.mark.parametrize(
    ("name", "file", "n_items"),
    [
        ("gsm8k", "gsm8k/test.jsonl", 1319),
        ("humaneval", "humaneval/HumanEval.jsonl.gz", 164),
        ("ifeval", "ifeval/input_data.jsonl", 541),
        ("ifbench", "ifbench/IFBench_test.jsonl", 300),
        ("bbh", "bbh", 750),
        ("cruxeval", "cruxeval/cruxeval.jsonl", 800),
    ],
)
def test_the_real_copies_convert_whole(take: Take, name: str, file: str, n_items: int) -> None:
    if not (DATASETS / file).exists():
        pytest.skip("the data sets are not beside the project")
    pack = take(name, DATASETS / file)
    assert len(pack.items) == n_items
    assert pack.folder is not None
    assert problems_of(pack.folder) == []  # every grader can use every key
    assert len({prompts.messages(pack, item)[-1].content for item in pack.items}) == n_items
    check = {"gsm8k": _check_gsm8k, "bbh": _check_bbh, "cruxeval": _check_cruxeval, "ifeval": _check_ifeval}
    check.get(name, lambda _: None)(pack)


@pytest.mark.parametrize(("name", "file"), [("gsm8k", "gsm8k/test.jsonl"), ("bbh", "bbh"), ("cruxeval", "cruxeval")])
def test_every_key_is_right_and_the_next_item_s_mostly_wrong(take: Take, name: str, file: str) -> None:
    if not (DATASETS / file).exists():
        pytest.skip("the data sets are not beside the project")
    pack = take(name, DATASETS / file)
    assert {judge(pack, item, f"So it is.\nAnswer: {item.answer}").outcome for item in pack.items} == {"correct"}
    others = [*pack.items[1:], pack.items[0]]
    said = [judge(pack, item, f"Answer: {other.answer}") for item, other in zip(pack.items, others, strict=True)]
    assert sum(verdict.outcome == "wrong" for verdict in said) > 0.7 * len(said)


def _check_gsm8k(pack: Pack) -> None:
    assert [item.answer for item in pack.items[:3]] == ["18", "3", "70000"]
    assert all(item.answer.removeprefix("-").isdecimal() for item in pack.items)


def _check_bbh(pack: Pack) -> None:
    assert Counter(map(pack.grader_of, pack.items)) == {"choice": 500, "numeric": 250}
    assert {item.answer for item in pack.items if pack.grader_of(item) == "choice"} == set("ABCDEF")
    assert all("canary GUID" in item.extra["canary"] for item in pack.items)


def _check_cruxeval(pack: Pack) -> None:
    assert pack.items[0].answer == "[(4, 1), (4, 1), (4, 1), (4, 1), (2, 3), (2, 3)]"
    assert pack.items[0].prompt.endswith("```\n\nf([1, 1, 3, 1, 3, 1])")


def _check_ifeval(pack: Pack) -> None:
    kinds = {kind for item in pack.items for kind in item.extra["instruction_id_list"]}
    assert len(kinds) == 25
    assert pack.items[0].extra["kwargs"][2] == {"relation": "at least", "num_words": 300}
    assert pack.items[0].level == 3


def test_math_500(take: Take) -> None:
    record: dict[str, Any] = {
        "problem": "What is $\\frac{1}{2} + \\frac{1}{4}$?",
        "solution": "...",
        "answer": "\\frac{3}{4}",
        "subject": "Prealgebra",
        "level": 2,
        "unique_id": "test/prealgebra/1.json",
    }
    (item,) = take("math-500", [record]).items
    assert item == Item("test/prealgebra/1.json", "Prealgebra", record["problem"], "\\frac{3}{4}", 2, (), {})
    (item,) = take("math-500", [record | {"level": "Level 5"}]).items
    assert item.level == 5


@pytest.mark.parametrize(
    ("written", "key"), [("70", "70"), (588, "588"), ("336^\\circ", "336"), ("016", "16"), ("$25$", "25"), ("7.0", "7")]
)
def test_aime(take: Take, written: str | int, key: str) -> None:
    (item,) = take("aime-2025", [{"problem": "Find n.", "answer": written, "id": "0"}]).items
    assert item.answer == key


def test_gpqa_from_its_csv(take: Take) -> None:
    head = "Record ID,Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3"
    row = 'rec1,"Which is a gas, ""noble""?\nAt 20 C.",Neon,Iron,Tin,Water'
    text = f"{head},High-level domain,Canary String\n{row},Chemistry,canary text\n"
    pack = take("gpqa-diamond", text, "gpqa_diamond.csv")
    (item,) = pack.items
    assert (item.prompt, item.category) == ('Which is a gas, "noble"?\nAt 20 C.', "Chemistry")
    assert item.extra["canary"] == "canary text"
    choices, letter = prompts.shuffled(pack, item)
    assert choices["ABCD".index(letter)] == "Neon"
    assert pack.private_items


def test_gpqa_is_shuffled_as_its_authors_do(take: Take) -> None:
    """Whatever the options say of one another, and never so that the key is always A."""
    names = ("Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3", "Correct Answer")
    texts = ("Both A and C", "None of the above", "above 300 K", "below 300 K")
    record = dict(zip(names, texts, strict=True)) | {"Question": "Which?"}
    pack = take("gpqa-diamond", [record | {"Record ID": f"rec{number}"} for number in range(40)])
    random.seed(0)
    for item in pack.items:
        shown = list(texts)
        random.shuffle(shown)
        choices, letter = prompts.shuffled(pack, item)
        assert list(choices) == shown
        assert choices["ABCD".index(letter)] == "below 300 K"
    assert {prompts.shuffled(pack, item)[1] for item in pack.items} == set("ABCD")


def test_mmlu_pro(take: Take) -> None:
    records = [
        {
            "question_id": 70 + number,
            "question": "Which?",
            "options": ["one", "N/A", " two ", last],
            "answer": "C",
            "answer_index": 2,
            "category": "law",
        }
        for number, last in enumerate(("three", "All of the above"))
    ]
    pack = take("mmlu-pro", records)
    plain, refers = pack.items
    assert (plain.id, plain.choices, plain.answer) == ("70", ("one", "two", "three"), 1)
    assert prompts.shuffled(pack, plain) == (("one", "two", "three"), "B")
    assert prompts.shuffled(pack, refers) == (("one", "two", "All of the above"), "B")


def test_mbpp_keeps_its_test_split_only(take: Take) -> None:
    record = {
        "task_id": 11,
        "text": "Write a function to add one.",
        "code": "def helper(x):\n    return x\ndef add_one(x):\n    return helper(x) + 1",
        "test_list": ["assert add_one(1) == 2", "assert add_one(2) == 3"],
        "test_setup_code": "",
        "challenge_test_list": [],
    }
    pack = take("mbpp", [record | {"task_id": number} for number in (10, 11, 510, 511)])
    assert [item.id for item in pack.items] == ["mbpp-11", "mbpp-510"]
    item = pack.items[0]
    assert (item.extra["entry_point"], item.extra["tests"]) == ("add_one", record["test_list"])
    assert "assert add_one(1) == 2" in item.prompt
    sanitized = {"task_id": 12, "prompt": "Do.", "code": record["code"], "test_imports": ["import math"]}
    (item,) = take("mbpp", [sanitized | {"test_list": record["test_list"]}]).items
    assert item.extra["setup"] == "import math"


def test_mbpp_calls_what_its_tests_call_with_names_of_their_own(take: Take) -> None:
    """The outermost function of a test is asked for; a module that only the reference solution imports is set up."""
    record = {
        "task_id": 11,
        "text": "Count and add.",
        "code": "import collections\r\nimport re, math\r\ndef one(x): return x\r\ndef all_of(x): return x",
        "test_list": ["assert all_of(one(collections.Counter())) == {}", "assert math.isclose(all_of(one(1)), 1)"],
        "test_setup_code": "",
    }
    (item,) = take("mbpp", [record]).items
    assert item.extra["entry_point"] == "all_of"
    assert item.extra["setup"] == "import collections\nimport re, math"
    assert faults_of_tests(item) == ""


def test_arc_as_on_the_hub_and_as_first_published(take: Take) -> None:
    hub = {
        "id": "M1",
        "question": "What is ice?",
        "choices": {"text": ["a gas", "a solid"], "label": ["1", "2"]},
        "answerKey": "2",
    }
    choices = [{"text": "a gas", "label": "A"}, {"text": "a solid", "label": "B"}]
    first = {"id": "M1", "question": {"stem": "What is ice?", "choices": choices}, "answerKey": "B"}
    assert take("arc-challenge", [hub]).items == take("arc-challenge", [first]).items
    assert take("arc-challenge", [hub | {"answerKey": 2}]).items == take("arc-challenge", [hub]).items
    (item,) = take("arc-challenge", [hub]).items
    assert (item.choices, item.answer) == (("a gas", "a solid"), 1)
    assert prompts.shuffled(take("arc-challenge", [hub]), item) == (("a gas", "a solid"), "B")


def test_bbh_keys_that_are_no_letter() -> None:
    options = "Pick.\nOptions:\n(A) red, white\n(B) blue"
    records = [
        Record({"input": options, "target": target}, number, "f", "ruin_names")
        for number, target in enumerate(("(B)", "Red, White", "green"), 1)
    ]
    records.append(Record({"input": "Is it?", "target": "Yes"}, 1, "f", "navigate"))
    found = items_of("bbh", records)
    assert [one["answer"] for one in found] == ["B", "A", "green", "Yes"]
    assert [one.get("grader") for one in found] == [None, None, "exact", None]
    assert found[3]["compare"] == "ignore_case"


@pytest.mark.parametrize(
    ("name", "text", "file", "words"),
    [
        ("gsm8k", '{"question": "1+1?", "answer": "2"}\n', "t.jsonl", "t.jsonl:1: its answer has no ####"),
        (
            "gsm8k",
            '{"question": "", "answer": "#### 2"}\n',
            "t.jsonl",
            "t.jsonl:1: it has no text in the field question",
        ),
        ("gsm8k", '{"question": "q", "answer": "#### 2"}\n{"que', "t.jsonl", "t.jsonl:2: it is not JSON"),
        ("gsm8k", "[]\n", "t.jsonl", "t.jsonl:1: the line must be one object"),
        ("gsm8k", "", "t.jsonl", "t.jsonl: it has no records"),
        ("gsm8k", "q", "t.txt", "t.txt: its name must end in one of .jsonl"),
        (
            "gsm8k",
            '{"question": "q", "answer": "#### two"}\n',
            "t.jsonl.gz",
            "t.jsonl.gz: it cannot be read (Not a gzipped",
        ),
        ("bbh", '{"a": 1}', "t.json", "t.json: it must hold one list"),
        ("bbh", '{"examples": [\n{"input": }]}', "t.json", "t.json:2: it is not JSON"),
        ("gpqa-diamond", 'Question,A\n"x', "t.csv", "t.csv:2: it is not CSV"),
        ("gpqa-diamond", "Question\nx,y\n", "t.csv", "t.csv:2: the row has 2 cells, but the head has 1"),
        ("gpqa-diamond", "Question\nx\n", "t.csv", "t.csv:2: it has no text in the field Correct Answer"),
        ("mmlu-pro", '{"options": ["a"], "answer_index": 1}', "t.jsonl", "its answer_index is no index"),
        (
            "arc-challenge",
            '{"question": "q", "choices": {"text": ["a"], "label": ["A"]}}',
            "t.jsonl",
            "answerKey is none",
        ),
        ("mbpp", '{"task_id": 900}', "t.jsonl", "None of the records belongs to the set"),
        ("ifeval", '{"instruction_id_list": ["a"], "kwargs": [1]}', "t.jsonl", "one object in kwargs for each"),
        ("aime-2025", '{"problem": "p", "answer": "none"}', "t.jsonl", "no whole number"),
        ("aime-2025", '{"problem": "p", "answer": "1,024"}', "t.jsonl", "no whole number"),
        ("aime-2025", '{"problem": "p", "answer": "1/2"}', "t.jsonl", "no whole number"),
    ],
)
def test_a_bad_file_is_told_and_leaves_nothing(
    take: Take, tmp_path: Path, *, name: str, text: str, file: str, words: str
) -> None:
    with pytest.raises(PackError) as caught:
        take(name, text, file)
    assert words in str(caught.value)
    folder = tmp_path / "home" / "packs"
    assert not folder.exists() or list(folder.iterdir()) == []


def test_data_that_makes_no_pack_leaves_the_old_one(take: Take, tmp_path: Path) -> None:
    good = {"question": "1 + 1?", "answer": "so #### 1,002"}
    assert take("gsm8k", [good]).items[0].answer == "1002"
    record = {"task_id": "a", "prompt": "p", "entry_point": "f", "test": "t", "canonical_solution": "c"}
    with pytest.raises(PackError, match=r"^The data does not make a pack: items\.jsonl:2: the id 'a' is there already"):
        take("humaneval", [record, record])
    with pytest.raises(PackError):
        take("gsm8k", [{"question": "x"}])
    assert packs.load("gsm8k", tmp_path / "home").items[0].answer == "1002"
    assert [path.name for path in (tmp_path / "home" / "packs").iterdir()] == ["gsm8k"]
    assert take("gsm8k", [good, good]).items[1].id == "test-0002"
    assert [path.name for path in (tmp_path / "home" / "packs").iterdir()] == ["gsm8k"]


def test_data_that_is_not_there_is_said_to_be_missing(take: Take, tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"^There is no .*nowhere: name the file or folder that has the data\.$"):
        take("bfcl", tmp_path / "nowhere")
    with pytest.raises(PackError, match=r"holds no file that can be read: name the one that has the data\.$"):
        take("bfcl", tmp_path)


def test_a_pulled_pack_says_what_it_was_made_of(take: Take, tmp_path: Path) -> None:
    data = json.dumps({"question": "1 + 1?", "answer": "#### 2"}).encode() + b"\n"
    path = tmp_path / 'a "copy" \x1b[31m.jsonl.gz'
    path.write_bytes(gzip.compress(data))
    pack = take("gsm8k", path)
    manifest = packs.manifest_of("gsm8k", tmp_path / "home")
    assert manifest.pulled is not None
    assert (manifest.pulled.repo, manifest.pulled.commit) == ("", "")
    assert manifest.pulled.files == ((manifest.pulled.files[0][0], sha256_of(path)),)
    assert manifest.pulled.files[0][0] == 'a "copy" .jsonl.gz'
    assert pack == packs.load("gsm8k", tmp_path / "home") == packs.load(str(pack.folder), tmp_path / "home")
    entry = packs.find("gsm8k", tmp_path / "home")
    assert (entry.kind, entry.is_here, entry.n_items) == ("pulled", True, 1)
    assert pulling.remove_pulled("gsm8k", tmp_path / "home")
    assert packs.find("gsm8k", tmp_path / "home").kind == "public"
    assert not pulling.remove_pulled("gsm8k", tmp_path / "home")


def test_the_identity_is_of_what_decides_prompts_and_grading(take: Take, tmp_path: Path) -> None:
    pack = take("gsm8k", [{"question": "1 + 1?", "answer": "#### 2"}])
    first = packs.pack_identity(pack)
    assert pack.folder is not None
    path = pack.folder / "pack.toml"
    text = path.read_text(encoding="utf-8")
    for old, new, changes in (
        ("Cobbe et al.", "Somebody", False),
        ("step by step", "at once", True),
        ("32768", "16384", True),
        ('preset = "card"', 'preset = "greedy"', True),
        ('"*" = "numeric"', '"*" = "exact"', True),
    ):
        path.write_text(text.replace(old, new), encoding="utf-8")
        assert (packs.pack_identity(packs.load("gsm8k", tmp_path / "home")) != first) is changes, old


def test_unknown_names_get_near_ones(tmp_path: Path) -> None:
    with pytest.raises(packs.UnknownPackError, match="did you mean gsm8k"):
        packs.load("gsm9k", tmp_path)
    with pytest.raises(packs.UnknownPackError, match="there are aime-2025"):
        packs.load("zzzzzz", tmp_path)
    with pytest.raises(packs.UnknownPackError, match="did you mean math-500"):
        packs.public_manifest("math500")
    with pytest.raises(PackError, match="comes with the program"):
        packs.public_manifest("nano")
    with pytest.raises(packs.UnknownPackError):
        packs.load("a\0b" * 2000, tmp_path)


def test_a_parquet_file(take: Take, tmp_path: Path) -> None:
    path = tmp_path / "test-00000-of-00001.parquet"
    if importlib.util.find_spec("pyarrow") is None:
        path.write_bytes(b"PAR1")
        with pytest.raises(PackError, match=r"needs pyarrow: install aa-tui\[parquet\]"):
            take("gsm8k", path)
        return
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.table({"question": ["1 + 1?", "2 + 2?"], "answer": ["#### 2", "#### 4"]})
    parquet.write_table(table, path)
    assert [item.answer for item in take("gsm8k", path).items] == ["2", "4"]
    arguments = [[{"num_words": 3.0, "relation": None}]]
    nested = {"key": ["1"], "prompt": ["p"], "instruction_id_list": [["a:b"]], "kwargs": arguments}
    parquet.write_table(pyarrow.table(nested), path)
    assert take("ifbench", path).items[0].extra["kwargs"] == [{"num_words": 3}]
    path.write_bytes(b"PAR1 and nothing")
    with pytest.raises(PackError, match="it is no parquet file"):
        take("gsm8k", path)
    check_parquet("x.parquet")


def test_a_folder_s_name_is_the_task_s_where_the_file_s_is_only_the_split(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"input": "i", "target": "t"}', encoding="utf-8")
    assert read_records(path, "navigate/test-00000-of-00001.jsonl")[0].group == "navigate"
    assert read_records(path, "bbh/navigate.jsonl")[0].group == "navigate"
    assert read_records(path, "test.jsonl")[0].group == "test"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(
    [
        "answer",
        "problem",
        "question",
        "Question",
        "options",
        "answer_index",
        "choices",
        "answerKey",
        "id",
        "task_id",
        "test_list",
        "code",
        "text",
        "key",
        "prompt",
        "instruction_id_list",
        "kwargs",
        "input",
        "target",
        "output",
        "level",
        "question_id",
        "entry_point",
        "test",
        "canonical_solution",
        "function",
        "ground_truth",
    ]
)


@pytest.mark.long
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(conversion=st.sampled_from(sorted(CONVERSIONS)), fields=st.dictionaries(names, values, max_size=12))
def test_any_record_converts_or_is_refused(conversion: str, fields: dict[str, Any]) -> None:
    try:
        found = items_of(conversion, [Record(fields, 1, "file:1", "task")])
    except PackError as error:
        refusal = str(error)
    else:
        refusal = ""
        assert all(json.dumps(one) for one in found)
    assert refusal == "" or refusal.startswith(("file:1: ", "None of the records"))
