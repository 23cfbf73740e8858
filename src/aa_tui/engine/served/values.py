"""What is known of a server and of the model that it serves: plain values."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Literal

ServerKind = Literal["llama-server", "llama-cpp-python", "vllm", "sglang", "ollama", "lm-studio", "openrouter", "other"]
"""Whom one talks to; "other" speaks OpenAI's protocol and says no more of itself."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server to ask. `url` is its root, without `/v1`; an empty `model` means the only one that it serves.

    The key is sent to that very host and nowhere else, and is in no text that is made of this.
    """

    url: str
    model: str = ""
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Served:
    """A model as one server serves it. None and empty texts stand for what the server does not say.

    `context_tokens` is what one request may take, `n_slots` how many requests the server computes at once.
    `template` is the source of its chat template, `sampler` what it applies where a request names nothing.
    """

    url: str
    model: str
    kind: ServerKind
    version: str = ""
    context_tokens: int | None = None
    n_slots: int | None = None
    n_params: int | None = None
    size_bytes: int | None = None
    n_vocab: int | None = None
    quant: str | None = None
    template: str | None = None
    sampler: tuple[tuple[str, float], ...] = ()
    price_in_usd_per_m: float | None = None
    price_out_usd_per_m: float | None = None

    @property
    def template_sha256(self) -> str | None:
        """The digest of its chat template."""
        return None if self.template is None else hashlib.sha256(self.template.encode()).hexdigest()

    def cost_usd(self, n_prompt: int, n_output: int) -> float | None:
        """What so many tokens cost by its prices; None where there are none."""
        price_in, price_out = self.price_in_usd_per_m, self.price_out_usd_per_m
        if price_in is None and price_out is None:
            return None
        return (n_prompt * (price_in or 0.0) + n_output * (price_out or 0.0)) / 1e6

    def identity(self) -> dict[str, Any]:
        """What has to be equal for two servers to answer for one score: not where they are, nor their slots."""
        return {
            "model": self.model,
            "kind": self.kind,
            "version": self.version,
            "n_params": self.n_params,
            "size_bytes": self.size_bytes,
            "n_vocab": self.n_vocab,
            "quant": self.quant,
            "template_sha256": self.template_sha256,
            "sampler": dict(self.sampler),
        }

    @property
    def digest(self) -> str:
        """Names it in the catalog where a file has the sha256 of its content: `served:` and 64 digits."""
        text = json.dumps(self.identity(), sort_keys=True, separators=(",", ":"))
        return f"served:{hashlib.sha256(text.encode()).hexdigest()}"
