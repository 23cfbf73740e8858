"""What a file is that is no GGUF: told by its first bytes, or by a name that says it is unfinished or a piece."""

from __future__ import annotations

import re
import shlex
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aa_tui.textsafe import clean_line

_TAKE = "take the model's GGUF file instead, or convert it with llama.cpp's convert_hf_to_gguf.py"
_AGAIN = "download it again"
_UNPACK = "unpack it"

_STARTS: Final = (
    (b"version https://git-lfs", "a Git LFS pointer and not the file itself", "fetch that with `git lfs pull`"),
    (b"PK\x03\x04", "a zip archive, as PyTorch writes (.pth, .pt, .bin)", _TAKE),
    (b"\x1f\x8b", "compressed with gzip", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", _UNPACK),
    (b"\xfd7zXZ\x00", "compressed with xz", _UNPACK),
    (b"BZh", "compressed with bzip2", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"Rar!", "a RAR archive", _UNPACK),
    (b"lmgg", "a GGML file, older than GGUF, or one of whisper.cpp", "take the model's GGUF file"),
    (b"fmgg", "a GGML file (GGMF), older than GGUF", "take the model's GGUF file"),
    (b"tjgg", "a GGML file (GGJT), older than GGUF", "take the model's GGUF file"),
    (b"algg", "a LoRA adapter in an old format", "give the model that it belongs to"),
    (b"\x89HDF", "an HDF5 file, as Keras writes", _TAKE),
    (b"\x93NUMPY", "an array of NumPy", _TAKE),
    (b"%PDF", "a PDF", "take the model's GGUF file"),
    (b"\x89PNG", "a picture", "take the model's GGUF file"),
    (b"\xff\xd8\xff", "a picture", "take the model's GGUF file"),
    (b"SQLite format 3\x00", "an SQLite database", "take the model's GGUF file"),
    (b"\x7fELF", "a program", "take the model's GGUF file"),
)
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_PAGE = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body|\?xml|error)", re.IGNORECASE)
_UNFINISHED = re.compile(r"\.(?:incomplete|part|partial|crdownload|download|aria2|tmp|!qb|opdownload)$", re.IGNORECASE)
_PIECE = re.compile(
    r"(?P<whole>.+\.gguf)(?:[-.]split-?(?:[a-z]{1,2}|\d+)|[-.]part-?\d+(?:of\d+)?|[-.]part-?[a-z]{1,2}|\.\d{2,3})",
    re.IGNORECASE,
)
UNFINISHED_ENDINGS: Final = (".incomplete", ".part", ".crdownload", ".download", ".aria2", ".tmp")


def by_start(start: bytes) -> tuple[str, str] | None:
    """What a file is by its first 512 bytes, and what to do; None where nothing is known of them."""
    for sign, what, advice in _STARTS:
        if start.startswith(sign):
            return what, advice
    return next((told for is_so, told in _SHAPES if is_so(start)), None)


def unfinished(path: Path) -> str | None:
    """The sentence for a download that has not come to its end, by its name or a file beside it; else None."""
    if not path.is_file():
        return None
    if _UNFINISHED.search(path.name) or path.with_name(f"{path.name}.aria2").exists():
        return (
            f"{clean_line(path.name)} is an unfinished download: finish it with the program that began it, or pull the "
            "file again."
        )
    return None


def piece(path: Path) -> str | None:
    """The sentence for a piece of a file that was cut up (`NAME.gguf-split-a`, `NAME.gguf.part1of2`), else None."""
    match = _PIECE.fullmatch(path.name)
    if match is None or not path.is_file():
        return None
    whole = shlex.quote(clean_line(match["whole"]))
    return (
        f"{clean_line(path.name)} is a piece of a file that was cut up: put the pieces together, in their order: "
        f"`cat {whole}?* > {whole}`."
    )


def _is_safetensors(start: bytes) -> bool:
    if len(start) < 10:
        return False
    length = struct.unpack_from("<Q", start)[0]
    return 2 <= length < 1 << 30 and start[8:10] in (b'{"', b"{ ", b"{}")


def _is_old_imatrix(start: bytes) -> bool:
    """It begins with how many tensors there are, then the length and name of the first."""
    if len(start) < 16:
        return False
    count, length = struct.unpack_from("<ii", start)
    name = start[8 : 8 + max(length, 0)]
    return 0 < count < 100_000 and 4 < length < 256 and name.endswith(b".weight")


_SHAPES: Final[tuple[tuple[Callable[[bytes], object], tuple[str, str]], ...]] = (
    (_is_safetensors, ("a safetensors file", _TAKE)),
    (_PICKLE.match, ("a pickled file, as PyTorch writes (.bin, .pt)", _TAKE)),
    (_PAGE.match, ("a web page, as a server sends in place of a file that it refuses", _AGAIN)),
    (lambda start: start[257:262] == b"ustar", ("a tar archive", _UNPACK)),
    (_is_old_imatrix, ("an importance matrix (imatrix) in the old format", "give the model that it was made of")),
    (lambda start: len(start) >= 64 and not any(start), ("zeros, an unfinished download", _AGAIN)),
    (lambda start: start[4:8] == b"TFL3", ("a TensorFlow Lite file", _TAKE)),
)
