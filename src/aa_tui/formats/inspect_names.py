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


def short_id(*parts: object) -> str:
    """An id as inspect's are, of letters and figures, the same each time."""
    return hashlib.sha256("\0".join(map(str, parts)).encode("utf-8", "replace")).hexdigest()[:22]
