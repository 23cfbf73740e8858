"""What is worth remembering of a header, as plain values: enough to list a file and to say whether it fits."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from aa_tui.gguf.fit import Weights
from aa_tui.gguf.kinds import kind_of
from aa_tui.gguf.reasoning import formats
from aa_tui.gguf.shape import Shape, shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aa_tui.gguf.header import Header


@dataclass(frozen=True, slots=True)
class Digest:
    """A header's digest. `problem` is why the file is of no use; everything else is then empty.

    `kind` is the name of what it is where it is no model that writes text (see `gguf.kinds`).

    Sizes in bytes; `tensor_bytes` by tensor type.
    """

    architecture: str = ""
    name: str = ""
    quant: str = ""
    n_params: int = 0
    context_tokens: int | None = None
    organization: str = ""
    thinks: bool = False
    tensor_bytes: dict[str, int] | None = None
    embedding_type: str = ""
    embedding_bytes: int = 0
    expert_bytes: int = 0
    has_output: bool = False
    shape: Shape | None = None
    problem: str = ""
    kind: str = ""

    @property
    def is_model(self) -> bool:
        """Whether text can be generated with it."""
        return not self.problem and not self.kind

    def weights(self, size_bytes: int, repacked: frozenset[str]) -> Weights:
        """Its weights on a processor that keeps these tensor types a second time."""
        again = sum(size for name, size in (self.tensor_bytes or {}).items() if name in repacked)
        if self.has_output and self.embedding_type in repacked:
            again -= self.embedding_bytes  # it is looked up, never multiplied with
        read = sum((self.tensor_bytes or {}).values()) - (self.embedding_bytes if self.has_output else 0)
        if self.shape is not None and 0 < self.shape.experts_used < self.shape.experts:
            read -= self.expert_bytes - self.expert_bytes * self.shape.experts_used // self.shape.experts
        return Weights(size_bytes, again, read, self.embedding_bytes)

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for the catalog."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self | None:
        """Back from plain values; None where they are of another release of the program."""
        try:
            if "kind" not in values:
                return None
            shape = values.get("shape")
            if shape is not None:
                lists = {"kv_heads": tuple(shape["kv_heads"]), "windowed": tuple(shape["windowed"])}
                shape = Shape(**{**shape, **lists})
            return cls(**{**values, "shape": shape}) if values else None
        except (TypeError, KeyError):
            return None


def digest_of(header: Header) -> Digest:
    """The digest of a header."""
    kind = kind_of(header)
    return Digest(
        architecture=header.architecture,
        name=header.name,
        quant=header.quant,
        n_params=header.n_params,
        context_tokens=header.context_tokens,
        organization=str(header.metadata.get("general.organization") or ""),
        thinks=formats().thinks(header.chat_template or ""),
        tensor_bytes=header.tensor_bytes,
        embedding_type=header.embedding_type,
        embedding_bytes=header.embedding_bytes,
        expert_bytes=header.expert_bytes,
        has_output=header.has_output,
        shape=shape_of(header),
        kind=kind.name if kind is not None else "",
    )
