"""The model that ships with the program, and its manifest.

A manifest is a TOML file in `gguf_models/`: facts of one model and its GGUF files. Those of models to pull have a
list of repositories and are read by `aa_tui.gguf.known`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aa_tui.gguf.errors import GGUFError
from aa_tui.resources import data_folder

if TYPE_CHECKING:
    from pathlib import Path

_BUNDLED = "aa-nano"


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """One GGUF file of a model; `sha256` in hexadecimal."""

    file: str
    quant: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Facts of one model; its default file is the first of `files`."""

    slug: str
    name: str
    creator: str
    license: str
    reasoning: bool
    open_weights: bool
    context_tokens: int
    total_params: int
    files: tuple[ManifestFile, ...]


def models_folder() -> Path:
    """The folder of manifests and bundled GGUF files."""
    return data_folder("gguf_models")


def bundled_manifest() -> Manifest:
    """The manifest of the bundled model."""
    return read_manifest(models_folder() / f"{_BUNDLED}.toml")


def bundled_model() -> Path:
    """The bundled model's GGUF file."""
    return models_folder() / bundled_manifest().files[0].file


def read_manifest(path: Path) -> Manifest:
    """Read one manifest. Raises GGUFError when it is missing, is not TOML or lacks a field."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return Manifest(
            slug=str(data["slug"]),
            name=str(data["name"]),
            creator=str(data["creator"]),
            license=str(data["license"]),
            reasoning=bool(data["reasoning"]),
            open_weights=bool(data["open_weights"]),
            context_tokens=int(data["context_tokens"]),
            total_params=int(data["total_params"]),
            files=tuple(
                ManifestFile(str(one["file"]), str(one["quant"]), int(one["size_bytes"]), str(one["sha256"]))
                for one in data["files"]
            ),
        )
    except KeyError as error:
        raise GGUFError(f"The manifest {path.name} lacks {error}: install aa-tui again.") from error
    except (OSError, ValueError, TypeError) as error:
        raise GGUFError(f"The manifest {path.name} cannot be read ({error}): install aa-tui again.") from error
