"""JSON for screens and files: the one way in which the program writes it for others."""

from __future__ import annotations

import json
import math
from typing import Any

from aa_tui.textsafe import escaped


def dumps(value: Any, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """A value as JSON that gives the same value when it is read, and that a terminal can be shown.

    Controls (C0, DEL, C1), bidirectional and invisible characters, line separators and lone surrogates are escaped.
    Numbers that JSON does not have (NaN, infinities) are null.
    """
    try:
        text = json.dumps(value, ensure_ascii=ascii_only, indent=indent, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), ensure_ascii=ascii_only, indent=indent)
    return escaped(text)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
