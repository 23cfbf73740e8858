"""A real model cut into parts is loaded from whichever part is named, and refused where it is no model."""

from __future__ import annotations

from pathlib import Path

import pytest

import gguf
from aa_tui.engine.errors import EngineError
from aa_tui.engine.llama import EngineSettings, open_model
from aa_tui.gguf.bundled import bundled_model
from aa_tui.gguf.header import read_header
from aa_tui.gguf.parts import read_parts

SETTINGS = EngineSettings(n_ctx=256, n_threads=1, n_gpu_layers=0)


def cut(folder: Path) -> list[Path]:
    """The bundled model in parts of twelve tensors, by llama.cpp's own writer."""
    model = gguf.GGUFReader(bundled_model())
    writer = gguf.GGUFWriter(folder / "Nano-Q8_0.gguf", "llama", split_max_tensors=12)
    for key, field in model.fields.items():
        if key.startswith("GGUF.") or key == "general.architecture":
            continue
        inner = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(key, field.contents(), field.types[0], sub_type=inner)
    for tensor in model.tensors:
        writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return sorted(folder.glob("*.gguf"))


def test_all_parts_are_loaded(tmp_path: Path) -> None:
    paths = cut(tmp_path)
    assert len(paths) > 2
    whole = read_header(bundled_model())
    header, _ = read_parts(paths[1])
    assert (header.n_params, header.n_tensors, header.quant) == (whole.n_params, whole.n_tensors, whole.quant)
    assert header.tensor_bytes == whole.tensor_bytes
    with open_model(paths[1], SETTINGS) as engine:
        assert engine.settings.n_ctx == 256


def test_a_part_that_is_missing_is_told_by_the_engine_too(tmp_path: Path) -> None:
    paths = cut(tmp_path)
    paths[-1].unlink()
    with (
        pytest.raises(EngineError, match=rf"part {len(paths)} of {len(paths)} is missing"),
        open_model(paths[0], SETTINGS),
    ):
        pass
