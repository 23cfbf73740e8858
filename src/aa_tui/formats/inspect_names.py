"""What inspect's logs are called inside, for reading and writing."""

from __future__ import annotations

import hashlib
from typing import Final

VERSION: Final = 2

CONFIG: Final = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "max_output_tokens": "max_tokens",
    "seed": "seed",
}
"""Settings and what they are called in a plan's config."""


STOPPED: Final = {"length": "max_tokens", "context": "model_length", "error": "unknown"}
"""Why an output ended, and what that is called there; all else is "stop"."""


def usage(n_prompt: int | None, n_cached: int | None, n_thinking: int | None, n_answer: int | None) -> dict[str, int]:
    """Counts of tokens as inspect has them: those of a prompt that were known already stand apart from the others.

    Nothing where nobody counted.
    """
    if n_prompt is None or n_answer is None:
        return {}
    output = n_answer + (n_thinking or 0)
    fresh = max(0, n_prompt - (n_cached or 0))
    found = {"input_tokens": fresh, "output_tokens": output, "total_tokens": n_prompt + output}
    if n_thinking is not None:
        found["reasoning_tokens"] = n_thinking
    if n_cached is not None:
        found["input_tokens_cache_read"] = n_cached
    return found


def short_id(*parts: object) -> str:
    """An id as inspect's are, of letters and figures, the same each time."""
    return hashlib.sha256("\0".join(map(str, parts)).encode("utf-8", "replace")).hexdigest()[:22]
