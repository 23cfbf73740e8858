"""Manifests of known models: where their GGUF files are published, how they want to be sampled, what to know.

A manifest is a TOML file in `gguf_models/` with a list `repositories`; the bundled model's, which has none, is read
by `aa_tui.gguf.bundled`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aa_tui.gguf.bundled import models_folder
from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.shape import Shape

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A published file. `size_bytes` is rounded as its source rounds it, None where no source tells."""

    file: str
    quant: str
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository on the Hub that holds a model's GGUF files, and those that are known without asking."""

    repo: str
    files: tuple[KnownFile, ...]


@dataclass(frozen=True, slots=True)
class Sampling:
    """The sampling that a model's makers recommend. None means that they say nothing; every other field is off."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    repeat_penalty: float | None = None
    max_new_tokens: int | None = None
    eos_token_id: int | None = None


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model of the catalog (`slugs`, the first is the one it is called by) whose files can be pulled."""

    slugs: tuple[str, ...]
    name: str
    weights: str  # the repository of the weights themselves
    reasoning: bool
    sampling: Sampling
    notes: str
    repositories: tuple[Repository, ...]
    shape: Shape | None

    @property
    def slug(self) -> str:
        """The slug that it is called by."""
        return self.slugs[0]


def known_models() -> list[KnownModel]:
    """Every known model, by file name. Raises GGUFError for a manifest that cannot be used."""
    found = []
    for path in sorted(models_folder().glob("*.toml")):
        model = read_known(path)
        if model is not None:
            found.append(model)
    return found


def read_known(path: Path) -> KnownModel | None:
    """One manifest; None when it is of a bundled model. Raises GGUFError when it cannot be used."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        if "repositories" not in data:
            return None
        return KnownModel(
            slugs=tuple(str(slug) for slug in data["slugs"]),
            name=str(data["name"]),
            weights=str(data["weights"]),
            reasoning=bool(data["reasoning"]),
            sampling=Sampling(**data.get("sampling", {})),
            notes=str(data.get("notes", "")).strip(),
            repositories=tuple(_repository(one) for one in data["repositories"]),
            shape=_shape(data.get("shape")),
        )
    except KeyError as error:
        raise GGUFError(f"The manifest {path.name} lacks {error}: install aa-tui again.") from error
    except (OSError, ValueError, TypeError) as error:
        raise GGUFError(f"The manifest {path.name} cannot be read ({error}): install aa-tui again.") from error


def _repository(data: dict[str, Any]) -> Repository:
    """Files are given one by one, or as a pattern with the quants that it holds."""
    pattern = data.get("pattern")
    sizes: dict[str, float] = data.get("sizes_gb", {})
    files = []
    for quant in dict.fromkeys([*sizes, *data.get("quants", [])]):
        size_bytes = round(sizes[quant] * 1e9) if quant in sizes else None
        files.append(KnownFile(str(pattern).replace("{quant}", quant), quant.upper(), size_bytes))
    return Repository(str(data["repo"]), tuple(files))


def _shape(data: dict[str, Any] | None) -> Shape | None:
    if data is None:
        return None
    layers = int(data["layers"])
    window = int(data.get("window_tokens", 0))
    every = int(data.get("whole_every", 0))
    return Shape(
        kv_heads=(int(data["kv_heads"]),) * layers,
        key_length=int(data["head_length"]),
        value_length=int(data["head_length"]),
        embedding_length=int(data["embedding_length"]),
        feed_forward_length=int(data["feed_forward_length"]),
        n_vocab=int(data["n_vocab"]),
        window_tokens=window,
        windowed=tuple((layer + 1) % every != 0 for layer in range(layers)) if window and every else (),
    )
