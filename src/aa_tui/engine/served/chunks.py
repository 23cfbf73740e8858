"""What one line of a streamed answer says, whoever wrote it. Fields of other types than expected say nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aa_tui.engine.served.calling import CallPart, parts_of

Ended = Literal["stop", "length", "filter", "broken"]
"""Why a server says that an answer ended; "broken" stands for its giving up, which is no end."""

MOST_TIMINGS = 40
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,59}")
_LONE = re.compile("[\ud800-\udfff]")
_LARGEST = 1 << 53
_NS = 1e-9


@dataclass(frozen=True, slots=True)
class Counts:
    """What a server counts and measures of an answer; None for what it does not tell."""

    n_prompt: int | None = None
    n_cached: int | None = None
    n_output: int | None = None
    n_thinking: int | None = None
    cost_usd: float | None = None
    timings: tuple[tuple[str, float], ...] = ()


NOTHING = Counts()


@dataclass(frozen=True, slots=True)
class Chunk:
    """New text of thinking and answer, the end if it is one, counts if there are some, an error's own value, bits of
    calls."""

    thinking: str = ""
    text: str = ""
    ended: Ended | None = None
    counts: Counts | None = None
    error: Any = None
    calls: tuple[CallPart, ...] = ()


def chunk_of(data: bytes) -> Chunk | None:
    """What a line says in OpenAI's form or in Ollama's; None where it is no JSON object."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):  # halves of UTF-8 characters, too
        return None
    if not isinstance(value, dict):
        return None
    if value.get("error"):
        return Chunk(error=value["error"])
    if value.get("object") == "error":
        return Chunk(error=value)
    if isinstance(value.get("message"), dict) and "choices" not in value:
        return _of_ollama(value)
    return _of_openai(value)


def _of_openai(value: Mapping[str, Any]) -> Chunk:
    choices = value.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    delta = choice.get("delta") or choice.get("message")
    thinking = text = ""
    calls: tuple[CallPart, ...] = ()
    if isinstance(delta, dict):
        (thinking, text), calls = _texts(delta), parts_of(delta)
    reason = choice.get("finish_reason")
    counts = _counts(value) if value.get("usage") or value.get("timings") else None
    ended = _ended(reason) if isinstance(reason, str) and reason else None
    return Chunk(thinking, text, ended, counts, calls=calls)


def _of_ollama(value: Mapping[str, Any]) -> Chunk:
    (thinking, text), calls = _texts(value["message"]), parts_of(value["message"])
    if value.get("done") is not True:
        return Chunk(thinking, text, calls=calls)
    reason = value.get("done_reason")
    timings = tuple(
        (name.replace("_duration", "_s"), found * _NS)
        for name in ("total_duration", "load_duration", "prompt_eval_duration", "eval_duration")
        if (found := _number(value.get(name))) is not None
    )
    counts = Counts(
        n_prompt=_whole(value.get("prompt_eval_count")), n_output=_whole(value.get("eval_count")), timings=timings
    )
    ended = _ended(reason) if isinstance(reason, str) and reason else "stop"
    return Chunk(thinking, text, ended, counts, calls=calls)


def _texts(delta: Mapping[str, Any]) -> tuple[str, str]:
    """The new thinking and answer. Thinking is the first of its names that holds something."""
    content = delta.get("content")
    inner = ""
    if isinstance(content, list):
        inner, content = _of_parts(content)
    details = delta.get("reasoning_details")
    thinking = "".join(_of_detail(one) for one in details) if isinstance(details, list) else ""
    for name in ("reasoning_content", "reasoning", "thinking"):
        if thinking:
            break
        found = delta.get(name)
        thinking = found if isinstance(found, str) else ""
    text = content if isinstance(content, str) and content else delta.get("refusal")
    return _whole_characters(thinking or inner), _whole_characters(text if isinstance(text, str) else "")


def _of_detail(detail: Any) -> str:
    if not isinstance(detail, dict):
        return ""
    found = detail.get("text") or detail.get("summary")
    return found if isinstance(found, str) else ""


def _of_parts(parts: list[Any]) -> tuple[str, str]:
    """Content in parts, as Mistral's service writes it: texts, and thinking that is texts again."""
    thinking, text = [], []
    for part in parts:
        if not isinstance(part, dict):
            continue
        inner = part.get("thinking")
        if isinstance(inner, list):
            thinking.append(_of_parts(inner)[1] if all(_is_flat(one) for one in inner) else "")
        elif isinstance(part.get("text"), str):
            text.append(part["text"])
    return "".join(thinking), "".join(text)


def _is_flat(part: Any) -> bool:
    return isinstance(part, dict) and "thinking" not in part


def _whole_characters(text: str) -> str:
    """Text without halves of characters, which no file can hold."""
    if text.isascii() or _LONE.search(text) is None:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _ended(reason: str) -> Ended:
    if reason in ("length", "max_tokens", "model_length"):
        return "length"
    if reason == "content_filter":
        return "filter"
    return "broken" if reason in ("error", "abort", "load", "unload") else "stop"


def _counts(value: Mapping[str, Any]) -> Counts:
    usage, timings = _object(value.get("usage")), _object(value.get("timings"))
    of_prompt, of_output = _object(usage.get("prompt_tokens_details")), _object(usage.get("completion_tokens_details"))
    n_prompt, n_cached = _whole(usage.get("prompt_tokens")), _whole(of_prompt.get("cached_tokens"))
    n_computed, n_kept = _whole(timings.get("prompt_n")), _whole(timings.get("cache_n"))
    if n_prompt is None and n_computed is not None:
        n_prompt = n_computed + (n_kept or 0)
    thinking = _whole(of_output.get("reasoning_tokens"))
    found: dict[str, float] = {}
    for source in (timings, _object(value.get("metrics")), _object(value.get("stats"))):
        for name, one in source.items():
            number = _number(one)
            if number is not None and _NAME.fullmatch(str(name)) and len(found) < MOST_TIMINGS:
                found[name] = number
    return Counts(
        n_prompt=n_prompt,
        n_cached=n_cached if n_cached is not None else n_kept,
        n_output=_whole(usage.get("completion_tokens")) or _whole(timings.get("predicted_n")),
        n_thinking=thinking if thinking is not None else _whole(usage.get("reasoning_tokens")),
        cost_usd=_number(usage.get("cost")),
        timings=tuple(found.items()),
    )


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST else None


def _number(value: Any) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < _LARGEST:
        return None
    return float(value)
