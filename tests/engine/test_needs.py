"""What memory a file explains: enough for honest ones, and no more for those that were made to fill it."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support import tiny

from aa_tui.engine import loading, phases
from aa_tui.engine.errors import EngineError
from aa_tui.engine.llama import open_model
from aa_tui.engine.needs import ROOM_BYTES, Needs, check_buffers, check_proportions, needs_of
from aa_tui.engine.settings import EngineSettings
from aa_tui.engine.vocabulary import LONGEST_PIECE_BYTES, LONGEST_TEXT_BYTES
from aa_tui.gguf.bundled import bundled_model
from aa_tui.gguf.header import Header, read_header
from aa_tui.gguf.shape import shape_of

SETTINGS = EngineSettings(n_ctx=512)
GB = 10**9


@pytest.fixture
def header() -> Header:
    return read_header(bundled_model())


def changed(header: Header, **numbers: int) -> Header:
    """The header with other measures, under its architecture."""
    named = {f"{header.architecture}.{key.replace('__', '.')}": value for key, value in numbers.items()}
    return replace(header, metadata={**header.metadata, **named})


def needs(header: Header, settings: EngineSettings = SETTINGS, n_devices: int = 0) -> Needs:
    return needs_of(header, shape_of(header), settings, n_devices)


def test_a_small_file_explains_little(header: Header) -> None:
    assert needs(header).to_load() < ROOM_BYTES + 50_000_000
    check_proportions(header, shape_of(header), "it")


def test_what_is_asked_for_is_explained(header: Header) -> None:
    long = replace(SETTINGS, n_ctx=65_536, n_parallel=16)
    cache = 65_536 * 16 * 2 * 2 * sum((shape_of(header) or pytest.fail("a shape")).kv_heads)
    assert needs(header, long).to_load() > needs(header).to_load() + cache
    assert needs(header, n_devices=2).to_load() > needs(header).to_load() + 2 * GB
    announced: list[dict[str, Any]] = [{"kv_cache_bytes": 3 * GB, "compute_bytes": 2 * GB}]
    assert needs(header).to_run(announced) > 5 * GB


@pytest.mark.parametrize(
    "numbers",
    [
        {"attention__head_count_kv": 1 << 24, "attention__key_length": 64},
        {"ssm__state_size": 1 << 16, "ssm__inner_size": 1 << 12, "ssm__conv_kernel": 4},
        {"wkv__head_size": 1 << 24},
    ],
)
def test_a_cache_or_state_out_of_proportion_is_refused(header: Header, numbers: dict[str, int]) -> None:
    hostile = changed(header, **numbers)
    with pytest.raises(EngineError, match="made to fill memory"):
        check_proportions(hostile, shape_of(hostile), "it")


def test_the_states_of_real_recurrent_networks_are_in_proportion(header: Header) -> None:
    real = changed(header, ssm__state_size=128, ssm__inner_size=4096, ssm__conv_kernel=4, ssm__group_count=16)
    real = replace(real, tensor_bytes={"Q4_K": 500_000_000}, block_count=24)
    check_proportions(real, shape_of(real), "it")
    many = replace(SETTINGS, n_parallel=64)
    assert needs(real, many).to_load() > needs(real).to_load() + 63 * 24 * 128 * 4096 * 4


def test_buffers_that_no_measure_explains_are_refused(header: Header) -> None:
    with pytest.raises(EngineError, match="made to fill memory"):
        check_buffers(needs(header), [{"compute_bytes": 4 * GB}], "it")
    check_buffers(needs(header), [{"compute_bytes": ROOM_BYTES}], "it")


def test_what_is_noted_only_rises_and_the_phase_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phases._mark, "expected", 0)
    memory = phases.share()
    before = phases._mark.memory
    try:
        phases.note_in(memory)
        assert phases.allowed(memory) == phases.BARE_BYTES
        phases.enter("loading")
        phases.allow(3 * GB)
        phases.allow(2 * GB)
        assert (phases.allowed(memory), phases.read(memory)) == (3 * GB, "loading")
        phases.expect(GB)
        phases.allow(3 * GB)
        assert phases.allowed(memory) == 4 * GB
    finally:
        phases.expect(0)
        phases.note_in(before)


def test_loading_notes_what_the_file_explains() -> None:
    memory = phases.share()
    before = phases._mark.memory
    try:
        phases.note_in(memory)
        loading.load(bundled_model(), SETTINGS, None).close()
        assert ROOM_BYTES < phases.allowed(memory) < 2 * GB
    finally:
        phases.note_in(before)


def test_a_token_of_endless_text_is_cut(tmp_path: Path) -> None:
    endless = "y" * 300_000
    script = {"\n": endless, endless: endless}
    with open_model(tiny.write(tmp_path / "endless.gguf", script, tiny.NANBEIGE), EngineSettings(n_ctx=64)) as engine:
        found = [engine.piece(token) for token in range(engine.n_vocab)]
        assert max(map(len, found)) == LONGEST_PIECE_BYTES
        with pytest.raises(EngineError, match="too long to be turned into tokens"):
            engine.tokenize("x" * (LONGEST_TEXT_BYTES + 1))


def test_a_list_that_fills_the_header_is_no_weight(tmp_path: Path, header: Header) -> None:
    data = bundled_model().read_bytes()
    (n_entries,) = struct.unpack_from("<Q", data, 16)
    count, key = 1 << 22, b"x.list" + b"y" * 2
    entry = struct.pack("<Q", len(key)) + key + struct.pack("<IIQ", 9, 10, count)
    assert len(entry) % 32 == 0
    path = tmp_path / "list.gguf"
    with path.open("wb") as file:
        file.write(data[:16] + struct.pack("<Q", n_entries + 1) + entry)
        file.seek(count * 8, 1)
        file.write(data[24:])
    assert needs(read_header(path)) == needs(header)
