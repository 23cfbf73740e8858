"""The header reader against the real file, the gguf package's own reader, and files of our making."""

from __future__ import annotations

import struct
import subprocess
import sys
import tracemalloc
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from aa_tui.gguf.bundled import bundled_manifest, bundled_model
from aa_tui.gguf.header import GGUFError, read_header

if TYPE_CHECKING:
    from pathlib import Path


def test_agrees_with_the_gguf_packages_reader() -> None:
    import gguf

    header = read_header(bundled_model())
    reader = gguf.GGUFReader(bundled_model())
    tensors = reader.tensors
    assert header.n_tensors == len(tensors)
    assert header.n_params == sum(int(tensor.n_elements) for tensor in tensors)
    assert header.tensor_types == Counter(tensor.tensor_type.name for tensor in tensors)
    assert header.data_end_bytes == max(tensor.data_offset + tensor.n_bytes for tensor in tensors)
    for key, value in header.metadata.items():
        field: Any = reader.fields[key]
        assert field.contents() == value
    lists_and_template = {"tokenizer.ggml.tokens", "tokenizer.ggml.scores", "tokenizer.ggml.token_type"}
    lists_and_template |= {"tokenizer.chat_template"}
    assert {key for key in reader.fields if not key.startswith("GGUF.")} == (set(header.metadata) | lists_and_template)
    assert header.n_vocab == len(reader.fields["tokenizer.ggml.tokens"].data)
    template: Any = reader.fields["tokenizer.chat_template"]
    assert header.chat_template == template.contents()


def test_facts_of_the_bundled_file() -> None:
    header = read_header(bundled_model())
    manifest = bundled_manifest()
    assert (header.version, header.architecture, header.quant, header.file_type) == (3, "llama", "Q8_0", 7)
    assert header.name == manifest.name
    assert header.n_params == manifest.total_params
    assert header.context_tokens == manifest.context_tokens == 4096
    assert (header.embedding_length, header.block_count, header.n_vocab) == (256, 4, 358)
    assert header.metadata["general.license"] == "MIT"
    assert header.data_end_bytes == bundled_model().stat().st_size


def test_takes_the_dominant_tensor_type_where_none_is_stated(builder: Any, save: Any) -> None:
    builder.add_tensor("small", [4]).add_tensor("large", [256, 2], kind=12, offset=32)
    builder.data = bytes(32 + 288)
    header = read_header(save(builder.build()))
    assert header.quant == "Q4_K"
    assert header.file_type is None
    assert header.n_params == 4 + 512
    assert header.tensor_types == {"F32": 1, "Q4_K": 1}


@pytest.mark.parametrize("file_type", [15, 99, 1024])
def test_names_the_stated_file_type(builder: Any, save: Any, file_type: int) -> None:
    builder.add_u32("general.file_type", file_type).add_tensor("one", [4])
    builder.data = bytes(16)
    header = read_header(save(builder.build()))
    assert header.file_type == file_type
    assert header.quant == ("Q4_K_M" if file_type == 15 else "F32")


def test_cleans_texts_and_keeps_only_scalars(builder: Any, save: Any) -> None:
    builder.add_text("general.name", "evil\x1b]0;title\x07 [bold]name\n\u202esecond")
    builder.add_text("general.bad_utf8", b"a\xffb")
    builder.add_text("tokenizer.chat_template", "{% if a %}\n\x1b[31mred{% endif %}")
    builder.add("yes", 7, b"\x01").add("nan", 6, struct.pack("<f", float("nan")))
    builder.add("list", 9, struct.pack("<IQ", 4, 3) + bytes(12))
    nested = struct.pack("<IQ", 8, 2) + struct.pack("<Q", 1) + b"a" + struct.pack("<Q", 0)
    builder.add("nested", 9, struct.pack("<IQ", 9, 2) + nested * 2)
    builder.add_u32("llama.context_length", 2048).add_text("llama.block_count", "not a number")
    header = read_header(save(builder.build()))
    assert header.name == "evil [bold]name second"
    assert header.chat_template == "{% if a %}\nred{% endif %}"
    assert header.metadata["general.bad_utf8"] == "a\ufffdb"
    assert header.metadata["yes"] is True
    assert not {"nan", "list", "nested", "tokenizer.chat_template"} & set(header.metadata)
    assert header.context_tokens == 2048
    assert header.block_count is None
    assert header.n_vocab is None
    assert header.n_params == header.n_tensors == 0


@pytest.mark.parametrize("name", ["\u200b\u2060", " \u3164\u2800\ufeff", "\U000e0041\u00ad\n"])
def test_a_name_that_nobody_can_see_is_none(builder: Any, save: Any, name: str) -> None:
    builder.add_text("general.name", name)
    assert read_header(save(builder.build())).name == ""


def test_a_name_of_the_length_of_a_book_is_cut(builder: Any, save: Any) -> None:
    builder.add_text("general.name", "name " * 60_000)
    found = read_header(save(builder.build())).name
    assert len(found) == 200
    assert found.endswith("… (299,999 characters)")


def test_walks_a_large_vocabulary_in_little_memory(builder: Any, save: Any) -> None:
    count = 166_144
    tokens = b"".join(struct.pack("<Q", 5) + b"%05x" % index for index in range(count))
    builder.add("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, count) + tokens)
    builder.add("tokenizer.ggml.scores", 9, struct.pack("<IQ", 6, count) + bytes(4 * count))
    builder.add_u32("llama.context_length", 262_144)
    path = save(builder.build())
    tracemalloc.start()
    header = read_header(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert header.n_vocab == count
    assert header.context_tokens == 262_144
    assert peak < 8 << 20


def test_tells_bare_facts_when_the_start_is_no_gguf(tmp_path: Path) -> None:
    cases = {
        b"<!DOCTYPE html><html>": 'is not a GGUF file (it begins with "<!DOCTYPE html><") but a web page',
        b"PK\x03\x04\x00\x00\x00\x00data": "is not a GGUF file (it begins with the bytes 50 4b 03 04",
        b"version https://git-lfs.github.com/spec/v1\n": "a Git LFS pointer and not the file itself: fetch that with",
        b"GG": 'is not a GGUF file (it begins with "GG").',
        b"": "is empty (0 bytes): download it again.",
        b"\x1b]0;x\x07\x1b[31mred": "it begins with the bytes 1b 5d 30",
    }
    path = tmp_path / "some.gguf"
    for start, expected in cases.items():
        path.write_bytes(start)
        with pytest.raises(GGUFError) as caught:
            read_header(path)
        assert expected in str(caught.value)
        assert str(caught.value).startswith(str(path))


def test_refuses_other_versions_and_endianness(builder: Any, save: Any) -> None:
    for version, words in {1: "only 2 and 3 are supported", 4: "a newer aa-tui may know it"}.items():
        builder.version = struct.pack("<I", version)
        with pytest.raises(GGUFError, match=words):
            read_header(save(builder.build()))
    builder.version = struct.pack(">I", 3)
    with pytest.raises(GGUFError, match="big-endian"):
        read_header(save(builder.build()))
    builder.version = struct.pack("<I", 2)
    assert read_header(save(builder.build())).version == 2


def test_says_what_is_wrong_with_a_path(tmp_path: Path) -> None:
    with pytest.raises(GGUFError, match="is a folder"):
        read_header(tmp_path)
    with pytest.raises(GGUFError, match="There is no file"):
        read_header(tmp_path / "missing.gguf")
    with pytest.raises(GGUFError, match="not a regular file"):
        read_header("/dev/null")
    with pytest.raises(GGUFError, match="cannot be read"):
        read_header("a\0b")
    with pytest.raises(GGUFError) as caught:
        read_header(tmp_path / "evil\x1b[31m.gguf")
    assert "\x1b" not in str(caught.value)


def test_costs_no_heavy_import() -> None:
    code = (
        "import sys, aa_tui.gguf.header, aa_tui.gguf.files, aa_tui.gguf.bundled, aa_tui.host.machine, "
        "aa_tui.engine.llama, aa_tui.engine.build, aa_tui.speed.protocol, aa_tui.speed.summary; "
        "from aa_tui.gguf.header import read_header; from aa_tui.gguf.bundled import bundled_model; "
        "read_header(bundled_model()); "
        "print(sorted({'numpy', 'gguf', 'llama_cpp', 'psutil'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
