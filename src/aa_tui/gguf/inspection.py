"""Everything that a header tells, put together for a reader: of a file here, or of one elsewhere by ranges."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.header import Header, read_source
from aa_tui.gguf.kinds import Kind, kind_of
from aa_tui.gguf.parts import check_together, count_of, part_of, read_parts, together
from aa_tui.gguf.remote import RangeFile
from aa_tui.gguf.shape import Shape, shape_of
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_REMOTE_PARTS = 64


@dataclass(frozen=True, slots=True)
class Inspection:
    """A model's header. `files` are its paths or addresses, `fetched_bytes` what was read of them over the network."""

    files: tuple[str, ...]
    size_bytes: int
    header: Header
    shape: Shape | None
    fetched_bytes: int | None = None

    @property
    def kind(self) -> Kind | None:
        """What it is where it is no model that writes text."""
        return kind_of(self.header)

    def tensor_shares(self) -> list[tuple[str, int, int, float]]:
        """Tensor type, tensors, bytes, and share of all bytes, most first."""
        header = self.header
        total = sum(header.tensor_bytes.values()) or 1
        rows = [
            (name, header.tensor_types.get(name, 0), size, size / total) for name, size in header.tensor_bytes.items()
        ]
        return sorted(rows, key=lambda row: -row[2])

    def rope(self) -> dict[str, Any]:
        """What the header says of rotary positions, without the architecture's name before it."""
        return self._below(f"{self.header.architecture}.rope.")

    def tokenizer(self) -> dict[str, Any]:
        """The tokenizer's settings, special tokens left out."""
        found = {**self._below("tokenizer.ggml."), **self._below("tokenizer.")}
        return {
            key: value for key, value in found.items() if not key.endswith("_token_id") and not key.startswith("ggml.")
        }

    def _below(self, start: str) -> dict[str, Any]:
        values = self.header.metadata.items()
        return {key.removeprefix(start): value for key, value in values if key.startswith(start)}

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        header, shape = self.header, self.shape
        return {
            "files": list(self.files),
            "size_bytes": self.size_bytes,
            "fetched_bytes": self.fetched_bytes,
            "gguf_version": header.version,
            "kind": self.kind.name if self.kind else "model",
            "architecture": header.architecture,
            "name": header.name,
            "n_params": header.n_params,
            "quant": header.quant,
            "bits_per_weight": self.bits_per_weight,
            "context_tokens": header.context_tokens,
            "n_tensors": header.n_tensors,
            "tensors": [
                {"type": name, "tensors": count, "bytes": size, "share": round(share, 4)}
                for name, count, size, share in self.tensor_shares()
            ],
            "layers": header.block_count,
            "embedding_length": header.embedding_length,
            "feed_forward_length": shape.feed_forward_length if shape else None,
            "kv_heads": list(shape.kv_heads) if shape else None,
            "key_length": shape.key_length if shape else None,
            "value_length": shape.value_length if shape else None,
            "window_tokens": shape.window_tokens if shape else None,
            "experts": shape.experts if shape else None,
            "experts_used": shape.experts_used if shape else None,
            "rope": self.rope(),
            "n_vocab": header.n_vocab,
            "tokenizer": self.tokenizer(),
            "special_tokens": [{"role": one.role, "id": one.id, "text": one.text} for one in header.special_tokens],
            "chat_template": header.chat_template,
            "metadata": header.metadata,
        }

    @property
    def bits_per_weight(self) -> float | None:
        """Bits of tensor data for each parameter."""
        if not self.header.n_params:
            return None
        return round(sum(self.header.tensor_bytes.values()) * 8 / self.header.n_params, 3)


def inspect_file(path: Path) -> Inspection:
    """A model on this machine, all its parts. Raises GGUFError."""
    header, paths = read_parts(path, with_special_tokens=True)
    size = sum(one.stat().st_size for one in paths)
    return Inspection(tuple(str(one) for one in paths), size, header, shape_of(header))


def inspect_url(url: str, headers: Mapping[str, str] | None = None) -> Inspection:
    """A model on a web server: only its header is fetched. Raises GGUFError."""
    head, slash, name = url.partition("?")[0].rpartition("/")
    part = part_of(name)
    if part and part.count > MAX_REMOTE_PARTS:
        raise GGUFError(f"{clean_line(name)} is one of {part.count:,} parts, too many to ask for: download them.")
    names = part.names() if part else [name]
    urls = [url.replace(head + slash + name, head + slash + one, 1) for one in names]
    found, fetched, size = [], 0, 0
    for number, one in enumerate(urls):
        source = RangeFile(one, headers)
        found.append(read_source(source, source.size_bytes, source.label, with_special_tokens=number == 0))
        fetched += source.fetched_bytes
        size += source.size_bytes
        if number == 0 and count_of(found[0], names[0]) == 1:  # whole, whatever its name says
            urls = urls[:1]
            break
    if len(urls) > 1:
        check_together(found, names)
    header = together(found)
    return Inspection(tuple(urls), size, header, shape_of(header), fetched)


def inspect_hub(endpoint: str | None, token: str | None, repo: str, file: str) -> Inspection:
    """A file of the Hub, with the client's own address and token. Raises GGUFError."""
    from aa_tui.gguf import exchange
    from aa_tui.gguf.hub import Hub, HubError, asked

    exchange.prepare()
    from huggingface_hub import constants, hf_hub_url

    if constants.HF_HUB_OFFLINE:
        raise HubError(f"{repo}/{file} cannot be asked for, since HF_HUB_OFFLINE is set: unset it.")

    def address() -> tuple[str, dict[str, str]]:  # looking for the token may ask the Hub for a newer one
        return hf_hub_url(repo, file, endpoint=endpoint), exchange.headers_for(token)

    url, headers = asked(address, Hub(endpoint), repo, file=file)
    return inspect_url(url, {key: value for key, value in headers.items() if key.lower() == "authorization"})
