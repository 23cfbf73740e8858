"""llama-bench's JSON: read as its versions write it, written as they would read it, and refused in one sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.llama_bench import RECORD

from aa_tui.speed.errors import SpeedError
from aa_tui.speed.llama_bench import FIELDS, parse, test_name, write
from aa_tui.textsafe import has_controls

test_name.__test__ = False  # type: ignore[attr-defined]  # not one of pytest's


def test_an_array_and_lines_say_the_same() -> None:
    array = parse(json.dumps([RECORD, {**RECORD, "n_gen": 0, "n_prompt": 512, "n_depth": 0}]).encode())
    lines = parse("".join(json.dumps(one.raw) + "\n" for one in array).encode())
    assert lines == array
    first, second = array
    assert (first.test, second.test) == ("tg128@d4096", "pp512")
    assert (first.avg_ts, first.stddev_ts, first.n) == (256.0, 0.5, 2)
    assert first.build == "0c1e570 (6123)"
    assert first.model_file == "Nanbeige4.1-3B-Q4_K_M.gguf"
    assert (first.gpu, first.n_gpu_layers, first.n_threads) == ("NVIDIA GeForce RTX 4090", 99, 16)


def test_names_of_tests() -> None:
    assert test_name(512, 0, 0) == "pp512"
    assert test_name(0, 128, 16) == "tg128@d16"
    assert test_name(512, 128, 0) == "pp512+tg128"


def test_what_is_written_has_every_field_in_order_and_reads_back() -> None:
    text = write([{**RECORD, "n_batch": 2048, "n_ubatch": 512, "type_k": "f16", "type_v": "f16"}])
    (record,) = json.loads(text)
    assert tuple(record) == FIELDS
    assert record["poll"] == 50
    assert parse(text.encode())[0].test == "tg128@d4096"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no test"),
        ("[]", "holds no test"),
        ("{", "no JSON of llama-bench (line 1: it is not JSON ("),
        ('[{"n_gen": 128}', "no JSON"),
        ("| model | size |", "no JSON"),
        ("[1]", "Test 1 of the file is no record"),
        ('{"n_gen": 128}', "has no avg_ts"),
        ('{"n_gen": 128, "avg_ts": "fast"}', "no rate as its avg_ts"),
        ('{"n_gen": 128, "avg_ts": NaN}', "NaN is no number of JSON"),
        ('{"n_gen": 128, "n_gen": 1, "avg_ts": 1}', "a field is there twice"),
        ('{"n_gen": 128, "avg_ts": 1}\n\n{', "(line 3: "),
        ('[{"n_gen": 128, "avg_ts": 1},\n{]', "(line 2: "),
        ('{"n_gen": 128, "avg_ts": 1}\n' * 20_001, "more than 20,000 tests"),
        ('{"n_gen": 128, "avg_ts": -1}', "no rate as its avg_ts"),
        ('{"n_gen": 1.5, "avg_ts": 1}', "no whole number as its n_gen"),
        ('{"n_gen": true, "avg_ts": 1}', "no whole number as its n_gen"),
        ('{"avg_ts": 1}', "has no avg_ts, n_prompt or n_gen"),
        ("[" * 100_000, "no JSON"),
        ("[" + "9" * 5000 + "]", "no JSON"),
    ],
)
def test_what_is_no_llama_bench_is_one_sentence(text: str, words: str) -> None:
    with pytest.raises(SpeedError) as caught:
        parse(text.encode("utf-8", "surrogatepass"))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_texts_are_cleaned() -> None:
    evil = {"cpu_info": "evil\x1b[31m CPU\n", "model_filename": "a/\x1b]0;x\x07b.gguf", "gpu_info": "\ud800 GPU"}
    (entry,) = parse(json.dumps(RECORD | evil).encode())
    assert not has_controls(entry.cpu + entry.model_file + entry.gpu)
    assert entry.gpu == "\ufffd GPU"
    json.dumps(entry.raw, ensure_ascii=False).encode()  # it can be kept


def test_separators_within_a_text_are_no_ends_of_lines() -> None:
    texts = ["a\u2028b", "a\x85b", "a\x0bb"]
    data = "".join(json.dumps(RECORD | {"cpu_info": text}, ensure_ascii=False) + "\r\n" for text in texts[:2])
    assert len(parse(b"\xef\xbb\xbf" + data.encode())) == 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_what_a_windows_shell_writes_is_told(encoding: str) -> None:
    with pytest.raises(SpeedError, match="UTF-16 or UTF-32: save it as UTF-8"):
        parse(json.dumps([RECORD]).encode(encoding))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS) | st.text(), inner, max_size=6),
    max_leaves=20,
)


@pytest.mark.long
@given(_JSON | st.lists(st.fixed_dictionaries(dict.fromkeys(("n_gen", "avg_ts", "cpu_info"), _JSON)), max_size=3))
def test_no_json_breaks_it(value: Any) -> None:
    try:
        found = parse(json.dumps(value).encode())
    except SpeedError:
        return
    assert all(entry.avg_ts > 0 for entry in found)
