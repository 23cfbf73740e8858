"""What a run is, exactly: everything that decides its results. A run is only continued as what it was begun as."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from aa_tui.engine.ways import AS_BUILT

_WORDS = {
    "file_sha256": "the file's content",
    "template_sha256": "the model's chat template",
    "reasoning_format": "the reasoning format",
    "pack": "the pack",
    "graders": "the graders' versions",
    "extraction": "the way answers are taken out of texts",
    "engine": "the build of llama.cpp",
    "served": "what the server serves",
    "machine": "the machine",
    "settings": "the settings",
}


def identity_of(parts: Mapping[str, Any]) -> str:
    """A hash of the parts (64 hexadecimal digits), whatever their order."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def engine_words(engine: Mapping[str, Any]) -> str | None:
    """The build of llama.cpp as part of an identity, with the safer way in which it was run where it was."""
    build, mode = engine.get("llama_cpp"), engine.get("mode", AS_BUILT.mode)
    return build if mode == AS_BUILT.mode or build is None else f"{build}, {mode}"


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What has changed, in words: "the build of llama.cpp was b1, is b2"."""
    return list(_differences(before, after, ""))


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], inside: str) -> Iterator[str]:
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _differences(old, new, inside or _WORDS.get(key, key))
            continue
        name = f"{inside}: {key}" if inside else _WORDS.get(key, key)
        yield f"{name} was {_short(old)}, is {_short(new)}"


def _short(value: Any) -> str:
    text = "not there" if value is None else str(value)
    return f"{text[:12]}…" if len(text) == 64 and text.isalnum() else text[:60]
