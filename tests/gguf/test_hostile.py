"""Files that lie about lengths, and every kind of damage: always one sentence, never much memory."""

from __future__ import annotations

import json
import os
import struct
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.gguf_files import Builder

from aa_tui.gguf import fit
from aa_tui.gguf.bundled import bundled_model
from aa_tui.gguf.digest import Digest, digest_of
from aa_tui.gguf.header import GGUFError, read_header
from aa_tui.gguf.inspection import inspect_file
from aa_tui.pages.text import header as header_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HUGE = (1 << 64) - 1
LONGEST_SENTENCE = 600
MEMORY_BYTES = 40 << 20


def refused(path: Path) -> str:
    """The sentence with which a file is refused; fails on a wrong exception or on much memory."""
    tracemalloc.start()
    try:
        with pytest.raises(GGUFError) as caught:
            read_header(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEMORY_BYTES
    assert "\n" not in str(caught.value)
    assert len(str(caught.value).replace(str(path), "")) < LONGEST_SENTENCE
    return str(caught.value)


def test_lengths_beyond_the_file(builder: Any, save: Any) -> None:
    u64, u32_u64 = struct.Struct("<Q"), struct.Struct("<IQ")
    lies = [
        ("a.text", 8, u64.pack(HUGE)),
        ("a.text", 8, u64.pack(1 << 40)),
        ("a.list", 9, u32_u64.pack(4, HUGE)),
        ("a.list", 9, u32_u64.pack(8, HUGE)),
        ("a.list", 9, u32_u64.pack(8, 3) + u64.pack(HUGE)),
        ("a.list", 9, u32_u64.pack(9, 1 << 50)),
    ]
    for key, kind, value in lies:
        builder.metadata = builder.metadata[:1]
        builder.add(key, kind, value)
        assert "is truncated or damaged" in refused(save(builder.build()))


def test_counts_beyond_the_file(builder: Any, save: Any) -> None:
    builder.entries = HUGE
    assert "metadata of" in refused(save(builder.build()))
    builder.entries, builder.tensors = None, 1 << 60
    assert "a list of" in refused(save(builder.build()))


def test_counts_that_no_model_has(builder: Any, tmp_path: Path) -> None:
    path = tmp_path / "sparse.gguf"
    for entries, tensors in ((1 << 30, 0), (1, 1 << 30)):
        builder.entries, builder.tensors = entries, tensors
        path.write_bytes(builder.build())
        os.truncate(path, 1 << 40)  # a sparse terabyte: the counts fit
        assert "would make its header longer than 64 MiB" in refused(path)
    for entries, tensors in ((1 << 17, 0), (1, 1 << 18)):
        builder.entries, builder.tensors = entries, tensors
        path.write_bytes(builder.build())
        os.truncate(path, 1 << 40)
        assert "it claims" in refused(path)
    builder.entries, builder.tensors = None, 0
    builder.add("a.list", 9, struct.pack("<IQ", 8, 1 << 32))
    path.write_bytes(builder.build())
    os.truncate(path, 1 << 40)
    assert "would make its header longer than 64 MiB" in refused(path)


def test_a_giant_string_is_skipped(builder: Any, tmp_path: Path) -> None:
    path = tmp_path / "sparse.gguf"
    builder.add("a.text", 8, struct.pack("<Q", 1 << 25))
    path.write_bytes(builder.build())
    os.truncate(path, 1 << 26)
    tracemalloc.start()
    header = read_header(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert header.metadata == {"general.architecture": "llama"}
    assert peak < MEMORY_BYTES


def test_keys_and_kinds(builder: Any, save: Any) -> None:
    builder.add("k" * 70_000, 4, bytes(4))
    assert "a metadata key is 70,000 bytes long" in refused(save(builder.build()))
    builder.metadata = builder.metadata[:1]
    builder.add("kind", 77, bytes(4))
    assert "kind has the unknown type 77" in refused(save(builder.build()))
    builder.metadata = builder.metadata[:1]
    builder.add("kind", 9, struct.pack("<IQ", 77, 1) + bytes(8))
    assert "elements of the unknown type 77" in refused(save(builder.build()))
    builder.metadata = builder.metadata[:1] * 2
    assert "has general.architecture twice" in refused(save(builder.build()))


def test_lists_in_lists_without_end(builder: Any, save: Any) -> None:
    builder.add("deep", 9, struct.pack("<IQ", 9, 1) * 5_000)
    assert "deeper lists" in refused(save(builder.build()))


def test_tensors_that_cannot_be(builder: Any, save: Any) -> None:
    cases = {
        "has 99 dimensions": ([1] * 99, 0),
        "impossible shape": ([HUGE, HUGE, HUGE, HUGE], 0),
        "the impossible shape [100] for Q4_K": ([100], 12),
        "tensors of the type 4, which is unknown": ([32], 4),
    }
    for words, (shape, kind) in cases.items():
        builder.infos = []
        builder.add_tensor("one", shape, kind=kind)
        assert words in refused(save(builder.build()))
    builder.infos = []
    builder.add_tensor("n" * 2_000, [1])
    assert "name is 2,000 bytes long" in refused(save(builder.build()))


def test_messages_show_no_more_than_a_line_of_a_file(builder: Any, save: Any) -> None:
    key = "k" * 60_000
    empty: dict[str, Any] = {"metadata": builder.metadata[:1], "infos": []}

    def afresh() -> Any:
        builder.metadata, builder.infos = list(empty["metadata"]), []
        return builder

    made: list[Callable[[Builder], Builder]] = [
        lambda one: one.add(key, 77, bytes(4)),
        lambda one: one.add(key, 8, struct.pack("<Q", 1 << 40)),
        lambda one: one.add(key, 9, struct.pack("<IQ", 4, 1 << 60)),
        lambda one: one.add(key, 9, struct.pack("<IQ", 77, 1)),
        lambda one: one.add(key, 9, struct.pack("<IQ", 9, 1) * 9),
        lambda one: one.add(key, 4, bytes(4)).add(key, 4, bytes(4)),
        lambda one: one.add(key, 9, struct.pack("<IQ", 6, 1) + bytes(4)).add(key, 4, bytes(4)),
        lambda one: one.add_text("general.alignment", "a" * 900_000),
        lambda one: one.add_tensor("n" * 250, [1] * 9),
        lambda one: one.add_tensor("n" * 250, [HUGE] * 4),
    ]
    for make in made:
        make(afresh())
        refused(save(builder.build()))


def test_tensors_twice_upon_each_other_or_of_nothing(builder: Any, save: Any) -> None:
    builder.data = bytes(4096)
    cases: dict[str, list[tuple[str, list[int], int]]] = {
        "tensor a is there twice": [("a", [8], 0), ("a", [8], 32)],
        "begins at byte 32 of the data, within another": [("a", [16], 0), ("b", [8], 32)],
        "begins at byte 0 of the data, within another": [("a", [8], 0), ("b", [8], 0)],
        "begins at byte 4 of the data, within another or off": [("a", [1], 0), ("b", [1], 4)],
        "the impossible shape [0] for F32": [("a", [0], 0)],
        "the impossible shape [8, 0] for F32": [("a", [8, 0], 0)],
    }
    for words, tensors in cases.items():
        builder.infos = []
        for name, shape, offset in tensors:
            builder.add_tensor(name, shape, offset=offset)
        assert words in refused(save(builder.build()))
    builder.infos = []
    builder.add_tensor("a", [8], offset=HUGE - 31)
    assert "is truncated" in refused(save(builder.build()))


def test_many_small_things_are_counted(builder: Any, save: Any) -> None:
    lists = struct.pack("<IQ", 9, 70_000) + struct.pack("<IQ", 4, 0) * 70_000
    builder.add("a.lists", 9, lists)
    assert "more or deeper lists" in refused(save(builder.build()))
    builder.metadata = builder.metadata[:1]
    for number in range(300):
        builder.add(f"a.{number}", 9, struct.pack("<IQ", 0, 1024) + bytes(1024))
    assert "one list of numbers too many" in refused(save(builder.build()))


ODD: dict[str, bytes] = {
    "text": struct.pack("<IQ", 8, 5) + b"seven",
    "empty text": struct.pack("<IQ", 8, 0),
    "nan": struct.pack("<If", 6, float("nan")),
    "inf": struct.pack("<Id", 12, float("inf")),
    "half": struct.pack("<If", 6, 0.5),
    "minus": struct.pack("<Ii", 5, -7),
    "least": struct.pack("<Iq", 11, -(1 << 63)),
    "most": struct.pack("<IQ", 10, HUGE),
    "large": struct.pack("<IQ", 10, 1 << 39),
    "one": struct.pack("<II", 4, 1),
    "zero": struct.pack("<II", 4, 0),
    "true": struct.pack("<IB", 7, 1),
    "texts": struct.pack("<IIQ", 9, 8, 1) + struct.pack("<Q", 1) + b"x",
    "numbers": struct.pack("<IIQ", 9, 5, 4) + struct.pack("<4i", -1, 0, 7, 1 << 30),
    "floats": struct.pack("<IIQ", 9, 6, 2) + struct.pack("<2f", 0.5, float("nan")),
    "nothing": struct.pack("<IIQ", 9, 4, 0),
    "lists": struct.pack("<IIQ", 9, 9, 1) + struct.pack("<IQ", 4, 0),
}
KEYS = (
    *("general.architecture", "general.name", "general.file_type", "general.alignment", "general.organization"),
    *("llama.context_length", "llama.embedding_length", "llama.block_count", "llama.feed_forward_length"),
    *("llama.attention.head_count", "llama.attention.head_count_kv", "llama.attention.key_length"),
    *("llama.attention.value_length", "llama.attention.sliding_window", "llama.attention.sliding_window_pattern"),
    *("llama.expert_count", "llama.expert_used_count", "llama.full_attention_interval", "llama.vocab_size"),
    *("llama.rope.dimension_count", "tokenizer.ggml.tokens", "tokenizer.ggml.eos_token_id", "tokenizer.chat_template"),
    *("split.count", "split.no", "split.tensors.count"),
)


@pytest.mark.long
@settings(max_examples=300, deadline=None)
@given(values=st.dictionaries(st.sampled_from(KEYS), st.sampled_from(sorted(ODD))), has_tensor=st.booleans())
def test_values_of_the_wrong_kind_harm_nothing_that_reads_them(
    scratch: Path, values: dict[str, str], has_tensor: bool
) -> None:
    made = Builder()
    likely = {"general.architecture": struct.pack("<IQ", 8, 5) + b"llama"}
    likely |= {
        f"llama.{key}": struct.pack("<II", 4, 8) for key in ("block_count", "embedding_length", "context_length")
    }
    for key, value in (likely | {key: ODD[kind] for key, kind in values.items()}).items():
        made.metadata.append(struct.pack("<Q", len(key)) + key.encode() + value)
    if has_tensor:
        made.add_tensor("blk.0.ffn_up_exps.weight", [256, 4])
        made.data = bytes(4096)
    scratch.write_bytes(made.build())
    try:
        found = inspect_file(scratch)
    except GGUFError:
        return
    json.dumps(found.to_dict(), allow_nan=False)
    header_text.rows(found)
    header_text.shares(found)
    header_text.template(found, whole=True, how="")
    digest = digest_of(found.header)
    assert Digest.from_dict(json.loads(json.dumps(digest.to_dict()))) == digest
    weights = digest.weights(found.size_bytes, frozenset({"F32"}))
    for plan in (fit.Plan(1), fit.Plan(1 << 20, 8, "q8_0", "q4_0")):
        assert fit.memory_of(weights, digest.shape, plan).total > 0
        assert fit.gpu_memory_of(weights, digest.shape, plan).total >= 0
        if digest.shape is not None:
            fit.layers_that_fit(weights, digest.shape, plan, [(0, 0), (1 << 30, 1)])
    assert fit.tokens_per_s(weights, 1e9) > 0


@pytest.mark.parametrize("alignment", [0, 3])
def test_alignment_must_be_a_power_of_two(builder: Any, save: Any, alignment: int) -> None:
    builder.add_u32("general.alignment", alignment)
    assert f"alignment is {alignment}" in refused(save(builder.build()))


def test_truncated_anywhere(tmp_path: Path) -> None:
    whole = bundled_model().read_bytes()
    path = tmp_path / "cut.gguf"
    for length in (len(whole) - 1, len(whole) // 2, 9_000, 5_000, 100, 24, 23, 12, 8, 4):
        path.write_bytes(whole[:length])
        assert "truncated" in refused(path)
    path.write_bytes(whole[:-1])
    assert refused(path) == (
        f"{path} is truncated: its tensors end at byte {len(whole):,} but the file has only "
        f"{len(whole) - 1:,} bytes: download it again."
    )


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "mutated.gguf"


HEAD_BYTES = 14_000  # the bundled file's header and the first of its data


@pytest.mark.long
@settings(max_examples=250, deadline=None)
@given(
    edits=st.lists(
        st.tuples(st.integers(0, HEAD_BYTES - 1), st.binary(min_size=1, max_size=12)), min_size=1, max_size=6
    ),
    cut=st.one_of(st.none(), st.integers(0, HEAD_BYTES)),
)
def test_damage_never_gives_anything_but_a_sentence(
    scratch: Path, edits: list[tuple[int, bytes]], cut: int | None
) -> None:
    whole_bytes = bundled_model().stat().st_size
    with bundled_model().open("rb") as file:
        head = bytearray(file.read(HEAD_BYTES))
    for at, replacement in edits:
        head[at : at + len(replacement)] = replacement
    scratch.write_bytes(head[:cut])
    if cut is None:
        os.truncate(scratch, whole_bytes)
    try:
        header = read_header(scratch)
    except GGUFError:
        return
    assert header.data_end_bytes <= whole_bytes
