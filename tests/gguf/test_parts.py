"""Models in several files: whole from whichever part, and told where they are not."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.gguf_files import Builder, split_model

from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.files import hashes_of, sha256_of_all, state_of
from aa_tui.gguf.header import read_header
from aa_tui.gguf.naming import without_quant
from aa_tui.gguf.parts import led_to_first, part_of, parts_of, read_parts


def refused(path: Path) -> str:
    with pytest.raises(GGUFError) as caught:
        read_parts(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def part(number: int, count: int | None, *, tensors: int | None = None, architecture: str | None = "llama") -> bytes:
    """One part by its header, with one tensor of 256 elements."""
    builder = Builder()
    if architecture is not None:
        builder.add_text("general.architecture", architecture)
    if count is not None:
        builder.add("split.count", 2, struct.pack("<H", count)).add("split.no", 2, struct.pack("<H", number - 1))
    if tensors is not None:
        builder.add("split.tensors.count", 5, struct.pack("<i", tensors))
    builder.add_tensor(f"blk.{number}.weight", [256])
    builder.data = bytes(1024)
    return builder.build()


def test_every_part_leads_to_the_whole(tmp_path: Path) -> None:
    paths = split_model(tmp_path)
    for path in paths:
        header, found = read_parts(path)
        assert (found, header.n_params, header.n_tensors) == (paths, 256 * 6, 3)
    assert led_to_first(paths[0]) is None
    assert "is part 2 of 3 of a model" in (led_to_first(paths[1]) or "")
    whole = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
    assert sha256_of_all(paths) == whole == hashes_of(paths).sha256
    assert hashes_of(paths).each == tuple(hashlib.sha256(path.read_bytes()).hexdigest() for path in paths)
    before = state_of(paths)
    paths[1].write_bytes(paths[1].read_bytes()[:-1] + b"x")
    assert state_of(paths) != before
    assert sha256_of_all(paths) != whole


def test_parts_keep_the_case_of_their_names(tmp_path: Path) -> None:
    paths = [tmp_path / f"Big-0000{number}-of-00002.GGUF" for number in (1, 2)]
    for number, path in enumerate(paths, 1):
        path.write_bytes(part(number, 2))
    assert parts_of(paths[1]) == paths
    assert without_quant("Big-Q4_K_M-00001-of-00002.gguf") == without_quant("Big-00001-of-00002.gguf") == "Big"


def test_the_type_of_most_weights_counts_over_all_parts(tmp_path: Path) -> None:
    for number, (kind, size) in enumerate(((0, 1024), (1, 512 * 3)), 1):
        builder = Builder().add_u32("split.count", 2).add_u32("split.no", number - 1)
        builder.add_tensor(f"blk.{number}.weight", [256, 1 + 2 * (number == 2)], kind)
        builder.data = bytes(size)
        (tmp_path / f"Mixed-0000{number}-of-00002.gguf").write_bytes(builder.build())
    assert read_parts(tmp_path / "Mixed-00001-of-00002.gguf")[0].quant == "F16"


def test_missing_and_unfinished_parts_are_named(tmp_path: Path) -> None:
    paths = split_model(tmp_path, 5)
    paths[2].rename(paths[2].with_name(paths[2].name + ".incomplete"))
    assert "part 3 of 5 is unfinished (Split-Q8_0-00003-of-00005.gguf.incomplete)" in refused(paths[0])
    assert "is an unfinished download" in refused(paths[2].with_name(paths[2].name + ".incomplete"))
    paths[2].with_name(paths[2].name + ".incomplete").unlink()
    assert "part 3 of 5 is missing: Split-Q8_0-00003-of-00005.gguf;" in refused(paths[4])
    paths[3].unlink()
    assert "00003-of-00005.gguf and 1 more" in refused(paths[0])


def test_an_empty_or_cut_part_is_named(tmp_path: Path) -> None:
    paths = split_model(tmp_path)
    whole = paths[1].read_bytes()
    paths[1].write_bytes(b"")
    assert f"{paths[1]} is empty (0 bytes)" in refused(paths[0])
    paths[1].write_bytes(whole[:-600])
    assert str(paths[1]) in refused(paths[0])
    paths[1].write_bytes(whole)
    paths[1].with_name(paths[1].name + ".aria2").write_bytes(b"")
    assert "00002-of-00003.gguf is an unfinished download" in refused(paths[0])


def test_parts_that_do_not_belong_together(tmp_path: Path) -> None:
    first, second = (tmp_path / f"Two-0000{number}-of-00002.gguf" for number in (1, 2))
    first.write_bytes(part(1, 2, tensors=2))
    for other, words in (
        (part(1, 2, tensors=2), "is part 1 of 2 by its header, not part 2 of 2"),
        (part(2, 3, tensors=2), "is part 2 of 3 by its header, not part 2 of 2"),
        (part(2, 0), "is no part of a model by its header"),
        (part(2, 2, tensors=7), "they hold 2 tensors, and their headers speak of 7"),
        (part(2, 2, architecture="qwen3"), "are of different models (llama, qwen3)"),
    ):
        second.write_bytes(other)
        assert words in refused(first)
    second.write_bytes(part(2, 2, tensors=2))
    assert read_parts(second)[0].n_tensors == 2


def test_a_header_counts_more_than_a_name(tmp_path: Path) -> None:
    merged = tmp_path / "Merged-00001-of-00003.gguf"
    merged.write_bytes(part(1, 0))  # as llama-gguf-split merges
    assert parts_of(merged) == [merged]
    nameless = tmp_path / "model.gguf"
    nameless.write_bytes(part(2, 3))
    assert "is part 2 of 3 of a model by its header, which its name does not say" in refused(nameless)
    nameless.write_bytes(part(1, 65_535))
    assert "one of 65,535 parts, more than any model has" in refused(nameless)
    renamed = tmp_path / "Two-00002-of-00002.gguf"
    renamed.write_bytes(part(1, 2))
    assert "is part 1 of 2 by its header, not part 2: it was renamed" in refused(renamed)


def test_parts_put_together_with_cat_and_raw_pieces(tmp_path: Path) -> None:
    joined = tmp_path / "whole.gguf"
    joined.write_bytes(part(1, 2) + part(2, 2))
    assert "put together with `cat`" in refused(joined)
    assert "llama-gguf-split --merge" in refused(joined)
    whole = part(1, None)
    for ending in (".gguf-split-a", ".gguf.part1of2", ".gguf.001"):
        piece = tmp_path / f"Old{ending}"
        piece.write_bytes(whole[:-500])
        assert "is a piece of a file that was cut up" in refused(piece)
        assert "`cat Old.gguf?* > Old.gguf`" in refused(piece)


@given(no=st.integers(0, 2**64 - 1), count=st.integers(0, 2**64 - 1), tensors=st.integers(0, 2**64 - 1))
def test_lying_numbers_never_crash(tmp_path_factory: pytest.TempPathFactory, no: int, count: int, tensors: int) -> None:
    path = tmp_path_factory.mktemp("lies") / "Lies-00001-of-00002.gguf"
    builder = Builder()
    for key, value in (("split.no", no), ("split.count", count), ("split.tensors.count", tensors)):
        builder.add(key, 10, struct.pack("<Q", value))
    builder.add_tensor("one", [256])
    builder.data = bytes(1024)
    path.write_bytes(builder.build())
    found, said = [path], ""
    try:
        found = read_parts(path)[1]
    except GGUFError as error:
        said = str(error)
    assert found == [path]
    assert len(said) < 500
    assert read_header(path).n_tensors == 1


@given(st.text(max_size=40))
def test_any_name_is_a_part_or_none(text: str) -> None:
    found = part_of(text + "-00002-of-00003.gguf")
    assert found is None or (found.number, found.count, found.name(2)) == (2, 3, text + "-00002-of-00003.gguf")
