"""What llama.cpp gave up over, out of what a process wrote before it aborted: its own words, without a debugger's."""

from __future__ import annotations

import re
from collections.abc import Sequence

_AT = re.compile(r"([^/\s]+\.(?:c|cc|cpp|cu|cuh|h|hpp|m|mm|metal):\d+): (.+)")
"""What `ggml_abort` of ggml.c writes: the place in the source, here without its folder, and the reason."""

_ASSERTION = "GGML_ASSERT("
_THROWN = re.compile(r"terminate called after throwing an instance of '(.+)'")
_WHAT = "what():"


def reason(lines: Sequence[str]) -> str:
    """The assertion that failed, with its file and line, or what C++ threw; empty where nothing tells."""
    for at in range(len(lines) - 1, -1, -1):
        line = lines[at].strip()
        if (found := _AT.search(line)) is not None:
            place, why = found.groups()
            # "CUDA error: out of memory" comes lines before "ggml-cuda.cu:98: CUDA error"
            told = next((one.strip() for one in reversed(lines[:at]) if one.strip().startswith(f"{why}: ")), why)
            return f"{place}: {told}"
        if _ASSERTION in line:
            return line
        if (thrown := _THROWN.search(line)) is not None:
            after = next((one for one in lines[at + 1 :] if _WHAT in one), "")
            return f"{thrown[1]}: {after.partition(_WHAT)[2].strip()}".rstrip(": ")
    return ""
