"""What a log's format has no place for: a sample's further facts as plain values, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any, Final

from aa_tui.formats.log import KNOWN_OUTCOMES, LogFigure, LogSample, whole_characters

_WHOLE: Final = ("level", "n_prompt", "n_cached", "n_thinking", "n_answer", "seed")
_NUMBERS: Final = ("queued_s", "ttft_s", "ttfat_s", "e2e_s", "output_tps", "score")
_TEXTS: Final = ("category", "grader", "detail", "finish_reason", "message")
_OPTIONAL: Final = ("outcome", "extracted", "ended_at", "fault")
_FAULT: Final = re.compile(r"(?:model|template|parser|format): [a-z ]{1,30}")
_LARGEST: Final = 2**63 - 1


def facts(sample: LogSample) -> dict[str, Any]:
    """All that is told of a sample but its id, its texts and its targets; what is not known is left out."""
    names = (*_TEXTS, *_OPTIONAL, *_WHOLE, *_NUMBERS)
    return {name: value for name in names if (value := getattr(sample, name)) not in (None, "")}


def read(told: object) -> dict[str, Any]:
    """Those facts among values that anybody may have written, for `dataclasses.replace`; of a wrong kind none."""
    if not isinstance(told, Mapping):
        return {}
    found: dict[str, Any] = {}
    for name in (*_TEXTS, *_OPTIONAL):
        if isinstance(told.get(name), str):
            found[name] = told[name]
    if found.get("outcome") not in KNOWN_OUTCOMES:
        found.pop("outcome", None)
    if not _FAULT.fullmatch(found.get("fault", "")):
        found.pop("fault", None)
    for name in _WHOLE:
        value = whole(told.get(name), least=-_LARGEST - 1 if name == "seed" else 0)
        if value is not None:
            found[name] = value
    for name in _NUMBERS:
        number = finite(told.get(name))
        if number is not None:
            found[name] = number
    return found


def as_texts(told: Mapping[str, Any]) -> dict[str, str]:
    """The same as texts, for formats that hold nothing else."""
    return {name: value if isinstance(value, str) else repr(value) for name, value in told.items()}


def of_texts(told: object) -> dict[str, Any]:
    """Facts from texts."""
    if not isinstance(told, Mapping):
        return {}
    found = dict(told)
    for name in _WHOLE:
        found[name] = _parsed(told.get(name), int)
    for name in _NUMBERS:
        found[name] = _parsed(told.get(name), float)
    return read(found)


def _parsed(text: object, kind: type[int] | type[float]) -> int | float | None:
    if not isinstance(text, str) or len(text) > 40:
        return None
    try:
        return kind(text)
    except ValueError:
        return None


def whole(value: object, least: int = 0) -> int | None:
    """A whole number from anybody that the catalog can hold, None for all else."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value if is_whole and least <= value <= _LARGEST else None  # type: ignore[operator,return-value]


def finite(value: object) -> float | None:
    """A finite number from anybody, None for all else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None


def text(value: object) -> str:
    """A text from anybody; empty for all else."""
    return value if isinstance(value, str) else ""


def mapping(value: object) -> dict[str, Any]:
    """An object of JSON from anybody; without anything in it for all else."""
    return value if isinstance(value, dict) else {}


def figure_facts(figures: Iterable[LogFigure]) -> list[dict[str, Any]]:
    """Figures as plain values."""
    return [{name: getattr(one, name) for name in LogFigure.__slots__} for one in figures]


def read_figures(told: object) -> tuple[LogFigure, ...]:
    """Those figures among values that anybody may have written."""
    return tuple(
        LogFigure(
            metric=text(one.get("metric")),
            value=value,
            unit=text(one.get("unit")),
            category=text(one.get("category")),
            n=whole(one.get("n")),
            stderr=finite(one.get("stderr")),
            low=finite(one.get("low")),
            high=finite(one.get("high")),
            method=text(one.get("method")) or None,
        )
        for one in (told if isinstance(told, list) else ())
        if isinstance(one, dict) and (value := finite(one.get("value"))) is not None
    )


def with_whole_characters(value: Any) -> Any:
    """Plain values, each text of them with whole characters alone."""
    if isinstance(value, str):
        return whole_characters(value)
    if isinstance(value, list | tuple):
        return [with_whole_characters(one) for one in value]
    if isinstance(value, dict):
        return {with_whole_characters(name): with_whole_characters(one) for name, one in value.items()}
    return value
