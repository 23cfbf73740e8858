"""How times, shares, counts and numbers are read that a person types: one grammar for the shell and the app.

Each reader raises `TypedError`, whose text is the end of a sentence: the face knows in which option or box it stood.
"""

from __future__ import annotations

import re

from aa_tui.textsafe import clean_line

MOST_COUNT = 10**18
"""What SQLite can hold."""

MOST_SECONDS = 1e9
MOST_NUMBER = 1e12
MOST_DEPTH = 10_000_000
MOST_THREADS = 512
"""Of ggml's thread pools (GGML_MAX_N_THREADS)."""
_SECONDS_OF = (3600, 60, 1)
_THOUSANDS = {"k": 1_000, "m": 1_000_000}


class TypedError(ValueError):
    """What was typed cannot be read."""


def duration(text: str) -> float:
    """Seconds of "90s", "30m", "8h" or "1h 30m"; a bare number is minutes."""
    words = text.lower().replace(" ", "")
    words = f"{words}m" if words.isdecimal() else words
    parts = re.fullmatch(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?:in)?)?(?:(\d+(?:\.\d+)?)s)?", words)
    found = parts.groups() if parts else ()
    seconds = sum(float(part) * unit for part, unit in zip(found, _SECONDS_OF, strict=False) if part)
    if not 0 < seconds < MOST_SECONDS:
        raise TypedError(f"{_quoted(text)} is no time: write 90s, 30m, 8h or 1h30m")
    return seconds


def share(text: str) -> float:
    """0.05 of "0.05", "5 %" or "± 5 %". A bare 5 stays 5: whether an aim can be reached is not decided here."""
    words = text.strip().removeprefix("±").strip()
    number = _number(words.removesuffix("%").strip())
    if number is None:
        raise TypedError(f"{_quoted(text)} is no share: write 0.05 or 5 %")
    return number / 100 if words.endswith("%") else number


def count(text: str) -> int:
    """A whole number of 1 or more; thousands may be set apart by commas."""
    words = text.strip().replace(",", "")
    found = int(words) if words.isascii() and words.isdecimal() and len(words) < len(str(MOST_COUNT)) else 0
    if found < 1:
        raise TypedError(f"{_quoted(text)} is no whole number above 0")
    return found


def threads(text: str) -> int:
    """A number of threads that llama.cpp can have."""
    found = count(text)
    if found > MOST_THREADS:
        raise TypedError(f"{_quoted(text)} is no number of threads: {MOST_THREADS} at most")
    return found


def layers(text: str) -> int:
    """A number of layers; 0 for none."""
    words = text.strip()
    return 0 if words and set(words) == {"0"} else count(words)


def number(text: str) -> float:
    """A number of 0 or more, with or without what it is of: $, % or °C."""
    found = _number(text.strip().removeprefix("$").rstrip("%°Cc ").lstrip())
    if found is None:
        raise TypedError(f"{_quoted(text)} is no number of 0 or more")
    return found


def tokens(text: str) -> int:
    """A number of tokens as it is spoken of: 128k is 128,000, 1M is 1,000,000."""
    words = text.strip()
    size = _THOUSANDS.get(words[-1:].lower(), 1)
    found = _number(words[:-1] if size > 1 else words)
    if found is None:
        raise TypedError(f"{_quoted(text)} is no number of tokens: write 4096, 128k or 1M")
    return int(found * size)


def counts(text: str) -> tuple[int, ...]:
    """Whole numbers of 1 or more between commas, each once."""
    return tuple(dict.fromkeys(count(part) for part in _parts(text)))


def numbers(text: str) -> tuple[float, ...]:
    """Numbers of 0 or more between commas, each once."""
    return tuple(dict.fromkeys(number(part) for part in _parts(text)))


def depths(text: str) -> tuple[int, ...]:
    """Numbers of tokens between commas, each once: 16k is 16,384, as contexts are counted."""
    found = []
    for part in _parts(text):
        digits, times = (part[:-1], 1024) if part[-1:] in "kK" else (part, 1)
        if not digits.isdecimal() or not digits.isascii():
            raise TypedError("it must be numbers of tokens such as 0,4096,16384")
        if len(digits) > len(str(MOST_DEPTH)) or int(digits) * times >= MOST_DEPTH:
            raise TypedError(f"{_quoted(part)} is no depth of a context: {MOST_DEPTH:,} tokens are too many")
        found.append(int(digits) * times)
    return tuple(dict.fromkeys(found))


def cache_types(text: str) -> tuple[tuple[str, str], ...]:
    """Types of keys and values of "f16,q8_0,q8_0/q4_0", each pair once; one alone is that of both."""
    from aa_tui.gguf.fit import CACHE_TYPE_BYTES

    found = []
    for part in _parts(text.lower()):
        of_keys, _, of_values = part.partition("/")
        pair = (of_keys.strip(), (of_values or of_keys).strip())
        wrong = next((one for one in pair if one not in CACHE_TYPE_BYTES), None)
        if wrong is not None:
            raise TypedError(f"{_quoted(wrong)} is no type of a KV cache: {', '.join(CACHE_TYPE_BYTES)} are")
        found.append(pair)
    return tuple(dict.fromkeys(found))


def _parts(text: str) -> list[str]:
    found = [part.strip() for part in text.split(",") if part.strip()]
    if not found:
        raise TypedError(f"{_quoted(text)} is no list: name one at least")
    return found


def _number(words: str) -> float | None:
    try:
        found = float(words)
    except ValueError:
        return None
    return found if 0 <= found < MOST_NUMBER else None


def _quoted(text: str) -> str:
    return f"“{clean_line(text.strip())}”"
