"""Names and block sizes of llama.cpp's quantizations, from the `gguf` package so that they never drift."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from importlib import import_module, util
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class TensorType:
    """One tensor type: `block_elements` weights are stored together in `block_bytes` bytes."""

    name: str
    block_elements: int
    block_bytes: int


@cache
def _constants() -> Any:
    """The module gguf.constants.

    Importing the package runs its readers and writers and numpy (hundreds of ms); its constants need none of
    them, so the file is loaded alone unless the package is there already.
    """
    spec = util.find_spec("gguf")
    if "gguf" in sys.modules or spec is None or not spec.submodule_search_locations:
        return import_module("gguf.constants")
    path = Path(next(iter(spec.submodule_search_locations))) / "constants.py"
    alone = util.spec_from_file_location("aa_tui.gguf._constants", path)
    if alone is None or alone.loader is None:
        return import_module("gguf.constants")
    module = util.module_from_spec(alone)
    alone.loader.exec_module(module)
    return module


@cache
def tensor_types() -> dict[int, TensorType]:
    """Every tensor type that llama.cpp's tables know, by its number in the file."""
    sizes = _constants().GGML_QUANT_SIZES
    return {int(kind): TensorType(kind.name, elements, size) for kind, (elements, size) in sizes.items()}


@cache
def _file_types() -> dict[int, str]:
    names = {}
    for kind in _constants().LlamaFileType:
        if kind.name == "GUESSED":  # a flag, not a type
            continue
        name = str(kind.name).removeprefix("MOSTLY_").removeprefix("ALL_")
        names[int(kind)] = name.removesuffix("_MOE")
    return names


def file_type_name(file_type: int) -> str | None:
    """The quantization named by `general.file_type` (15 is "Q4_K_M"), or None for a number without a name."""
    return _file_types().get(file_type)
