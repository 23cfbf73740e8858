"""What a GGUF file is where it is no model that writes text: an adapter, a projector, an embedding model and so on.

The table lies beside the manifests, in `gguf_models/kinds.toml`. What it does not know goes through to llama.cpp.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from aa_tui.gguf.errors import GGUFError
from aa_tui.resources import data_folder
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.gguf.header import Header

_FILE = "kinds.toml"
_RANK = 4
"""The `pooling_type` of a reranker; 0 is none, all others are those of embedding models (llama.cpp's enum)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that is no model that writes text. `word` stands in lists; the others make up the refusal."""

    name: str
    word: str
    what: str
    advice: str


@dataclass(frozen=True, slots=True)
class Kinds:
    """The table, by what tells a kind."""

    by_name: dict[str, Kind]
    by_type: dict[str, Kind]
    by_architecture: dict[str, Kind]
    by_key: tuple[tuple[str, Kind], ...]
    by_words: tuple[tuple[str, Kind], ...]


@cache
def kinds() -> Kinds:
    """The table, read once. Raises GGUFError where the installation's is damaged."""
    try:
        data = tomllib.loads((data_folder("gguf_models") / _FILE).read_text(encoding="utf-8"))
        by_name = {name: Kind(name, one["word"], one["is"], one["do"]) for name, one in data.items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GGUFError(f"The table {_FILE} cannot be read ({error}): install aa-tui again.") from error

    def found(field: str) -> list[tuple[str, Kind]]:
        return [(str(sign), by_name[name]) for name, one in data.items() for sign in one.get(field, ())]

    return Kinds(
        by_name, dict(found("types")), dict(found("architectures")), tuple(found("keys")), tuple(found("names"))
    )


def kind_of(header: Header) -> Kind | None:
    """What a file is by its header, that of all its parts; None for a model that writes text."""
    table, metadata = kinds(), header.metadata
    pooling = metadata.get(f"{header.architecture}.pooling_type")
    pools = isinstance(pooling, int) and pooling > 0
    looks = {
        "reranker": pooling == _RANK,
        "adapter": header.has_adapters,
        "embedding": pools or metadata.get(f"{header.architecture}.attention.causal") is False,
        "vocabulary": header.n_tensors == 0,
    }
    by_looks = next((table.by_name[name] for name, is_so in looks.items() if is_so), None)
    return (
        table.by_type.get(_word(metadata.get("general.type")))
        or (by_looks if pooling == _RANK else None)
        or table.by_architecture.get(_word(header.architecture))
        or next((kind for sign, kind in table.by_key if any(key.startswith(sign) for key in metadata)), None)
        or by_looks
    )


def kind_by_name(name: str) -> Kind | None:
    """What a file is by a word in its name that says so: "mmproj", "imatrix". Its content may say more."""
    for word, kind in kinds().by_words:
        if re.search(rf"(?:^|[-_.]){re.escape(word)}(?:[-_.]|$)", name, re.IGNORECASE):
            return kind
    return None


def refusal(kind: Kind, name: str, header: Header | None = None) -> str:
    """The sentence for a file of that kind, with the model that it belongs to where its header names one."""
    base = header.metadata.get("general.base_model.0.name") if header is not None else None
    belongs = f" ({base})" if isinstance(base, str) and base and "belongs" in kind.advice else ""
    return f"{clean_line(name)} is {kind.what}: {kind.advice}{belongs}."


def check_writes_text(header: Header, name: str) -> None:
    """Raises GGUFError, saying what it is, for a file that is no model that writes text."""
    kind = kind_of(header)
    if kind is not None:
        raise GGUFError(refusal(kind, name, header))


def _word(value: Any) -> str:
    return value.strip().lower() if isinstance(value, str) else ""
