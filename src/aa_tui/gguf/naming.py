"""What a model is called, by its file: the header's name, or the file's own where people know it by that."""

from __future__ import annotations

import re

from aa_tui.textsafe import clean_line

_QUANT_SUFFIX = re.compile(
    r"[-_. ](?:i1-)?(?:ud-)?(?:iq\d\w*|q\d(?:_[0-9a-z]+)*|tq\d_\d|mxfp4\w*|b?f16|f32)$",
    re.IGNORECASE,
)
_PART_SUFFIX = re.compile(r"-\d{5}-of-\d{5}$", re.IGNORECASE)
_OF_TRAINING = re.compile(
    r"(?:ep|epochs?|steps?|ckpt|checkpoint|iter|mix|lc|lr|bs|run|seed|exp|v?tmp)\d+\w*"
    r"|\d+(?:ep|epochs?|steps?|iters?)|checkpoint|ckpt|tmp|merged?|output|snapshots?|[0-9a-f]{16,}",
)
"""Words of folders in which a model was trained or converted: converters make the header's name of the folder's."""
_SAYS_NOTHING = frozenset({"", "model", "ggml-model", "gguf", "weights", "output", "main", "unnamed"})


def without_quant(name: str) -> str:
    """A file's name without the quantization at its end, however it is written, and without which part it is."""
    return _QUANT_SUFFIX.sub("", _PART_SUFFIX.sub("", name.removesuffix(".gguf")))


def model_name(header_name: str | None, file_name: str) -> str:
    """The name without its quantization: the header's, unless it is a training run's and the file's is not.

    A word such as "Ep2" or "checkpoint" tells a training run, where the file's name does not have it too.
    """
    own = without_quant(file_name.removesuffix(".gguf"))
    said = without_quant(header_name or "")
    if not said:
        return own
    of_training = {word for word in _words(said) if _OF_TRAINING.fullmatch(word)} - set(_words(own))
    return own if of_training and own.lower() not in _SAYS_NOTHING else said


def _words(name: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", name.lower())


def is_listed_as(name: str, typed: str) -> bool:
    """Whether lists show a file called `name` as what was typed: whole, cut at an ellipsis, or without Ollama's usual
    tag."""
    typed = clean_line(typed)
    if typed.endswith("…"):
        return len(typed) > 1 and name.startswith(typed[:-1])
    return typed == name or (bool(typed) and f"{typed}:latest" == name)
