"""Headers read from a server by ranges, and models in parts."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from tests.support.gguf_files import Builder, large_vocabulary, split_model
from tests.support.hub_server import HubServer

from aa_tui.gguf import inspection
from aa_tui.gguf.bundled import bundled_model
from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.header import SpecialToken, read_header
from aa_tui.gguf.parts import part_of, parts_of, read_parts
from aa_tui.gguf.shape import shape_of

REPO = "someone/Tiny-GGUF"


def test_a_remote_file_tells_the_same_as_a_local_one(hub_server: HubServer) -> None:
    hub_server.add(REPO, "nano.gguf", bundled_model().read_bytes())
    here = inspection.inspect_file(bundled_model()).to_dict()
    there = inspection.inspect_hub(hub_server.endpoint, "hf_secret", REPO, "nano.gguf").to_dict()
    for one in (here, there):
        one.pop("files")
        one.pop("fetched_bytes")
    assert there == here
    assert {one.authorization for one in hub_server.of_storage()} == {None}
    assert hub_server.requests[0].authorization == "Bearer hf_secret"


def test_only_the_header_is_fetched(hub_server: HubServer) -> None:
    data = large_vocabulary(100_000)
    hub_server.add(REPO, "some.gguf", data)
    url = f"{hub_server.endpoint}/{REPO}/resolve/main/some.gguf"
    found = inspection.inspect_url(url)
    assert found.size_bytes == len(data)
    assert found.header.n_vocab == 100_000
    assert found.header.special_tokens == (
        SpecialToken("bos", 1, "00000001"),
        SpecialToken("eos", 99_997, "00099997"),
        SpecialToken("padding", 100_007, None),
    )
    fetched = sum(one.sent for one in hub_server.of_storage())
    assert found.fetched_bytes == fetched
    assert fetched < 3_500_000 < len(data)
    assert [one.host for one in hub_server.requests][2:] == [f"localhost:{hub_server.port}"] * (
        len(hub_server.requests) - 2
    )  # after the first redirect the storage is asked directly


def test_servers_that_are_of_no_use_get_a_sentence(hub_server: HubServer) -> None:
    hub_server.add(REPO, "some.gguf", bundled_model().read_bytes())
    hub_server.add(REPO, "empty.gguf", b"")
    hub_server.add(REPO, "page.gguf", b"<!DOCTYPE html>")
    hub_server.add(REPO, "cut.gguf", bundled_model().read_bytes()[:-5])
    base = f"{hub_server.endpoint}/{REPO}/resolve/main"
    cases = {
        f"{base}/other.gguf": r"cannot be read \(HTTP 404\): there is no such file",
        f"{base}/empty.gguf": r"is empty \(0 bytes\)",
        f"{base}/page.gguf": "is not a GGUF file",
        f"{base}/cut.gguf": "is truncated",
        "file:///etc/passwd": "is no web address",
        "http://127.0.0.1:9/x.gguf": "cannot be reached",
    }
    for url, says in cases.items():
        with pytest.raises(GGUFError, match=says):
            inspection.inspect_url(url)
    hub_server.faults.cut_after, hub_server.faults.cuts = 1_000, 1
    with pytest.raises(GGUFError, match=r"cannot be reached|broke off"):
        inspection.inspect_url(f"{base}/some.gguf")
    hub_server.faults.ignores_ranges = True
    hub_server.requests.clear()
    with pytest.raises(GGUFError, match=r"sends whole files only .* download the file"):
        inspection.inspect_url(f"{base}/some.gguf")
    hub_server.faults.status[REPO] = 403
    with pytest.raises(GGUFError, match="accept the model's terms"):
        inspection.inspect_url(f"{base}/some.gguf")


def test_a_header_without_end_is_not_read_to_its_end(hub_server: HubServer) -> None:
    head = Builder().add_text("general.architecture", "llama")
    count = 5_000_000
    head.add("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, count))
    hub_server.add(REPO, "long.gguf", head.build() + bytes(8 * count))
    with pytest.raises(GGUFError, match="more or deeper lists than any model has"):
        inspection.inspect_url(f"{hub_server.endpoint}/{REPO}/resolve/main/long.gguf")
    assert sum(one.sent for one in hub_server.of_storage()) < 1 << 17


def test_parts_count_together_here_and_there(tmp_path: Path, hub_server: HubServer) -> None:
    paths = split_model(tmp_path)
    header, found = read_parts(paths[1])
    assert found == paths
    assert (header.name, header.n_params, header.n_tensors) == ("Split", 256 * 6, 3)
    assert header.tensor_bytes == {"F32": 1024 * 6}
    for path in paths:
        hub_server.add(REPO, path.name, path.read_bytes())
    there = inspection.inspect_hub(hub_server.endpoint, None, REPO, paths[0].name)
    assert there.header.n_params == 256 * 6
    assert there.size_bytes == sum(path.stat().st_size for path in paths)
    paths[2].unlink()
    with pytest.raises(GGUFError, match=r"part 3 of 3 is missing: Split-Q8_0-00003-of-00003.gguf"):
        parts_of(paths[0])


@pytest.mark.parametrize(
    "name",
    ["x.gguf", "x-00004-of-00003.gguf", "x-00000-of-00003.gguf", "x-00001-of-99999.gguf", "-00001-of-00003.gguf"],
)
def test_what_is_no_part(name: str) -> None:
    assert part_of(name) is None


def shaped(builder: Any, save: Any) -> Any:
    return shape_of(read_header(save(builder.build())))


def test_shapes_of_networks(builder: Any, save: Any) -> None:
    assert shaped(builder, save) is None
    builder.add_u32("llama.block_count", 4).add_u32("llama.embedding_length", 64).add_u32(
        "llama.attention.head_count", 8
    )
    assert shaped(builder, save).kv_heads == (8, 8, 8, 8)
    assert shaped(builder, save).key_length == 8
    builder.add("llama.attention.head_count_kv", 9, struct.pack("<IQ4I", 4, 4, 2, 0, 2, 0))
    builder.add_u32("llama.attention.sliding_window", 128)
    assert shaped(builder, save).kv_heads == (2, 0, 2, 0)
    assert shaped(builder, save).windowed == ()  # llama.cpp windows only architectures that it knows
    builder.add("llama.attention.sliding_window_pattern", 9, struct.pack("<IQ4B", 7, 4, 1, 1, 1, 0))
    assert shaped(builder, save).windowed == (True, True, True, False)
