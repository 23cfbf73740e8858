"""Files that lie about lengths, and every kind of damage: always one sentence, never much memory."""

from __future__ import annotations

import os
import struct
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aa_tui.gguf.bundled import bundled_model
from aa_tui.gguf.header import GGUFError, read_header

if TYPE_CHECKING:
    from pathlib import Path

HUGE = (1 << 64) - 1
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
        assert "it claims" in refused(path)
    builder.entries, builder.tensors = None, 0
    builder.add("a.list", 9, struct.pack("<IQ", 8, 1 << 32))
    path.write_bytes(builder.build())
    os.truncate(path, 1 << 40)
    assert "more or deeper lists" in refused(path)


def test_a_giant_string_is_skipped(builder: Any, tmp_path: Path) -> None:
    path = tmp_path / "sparse.gguf"
    builder.add("a.text", 8, struct.pack("<Q", 1 << 35))
    path.write_bytes(builder.build())
    os.truncate(path, 1 << 36)
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
