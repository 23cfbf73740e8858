"""The text that a divergence is measured on: the one that ships with the program, or the user's own."""

from __future__ import annotations

import hashlib
import json
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path

from aa_tui.resources import data_folder
from aa_tui.runs.errors import RunError
from aa_tui.shellwords import quoted

BUNDLED = "aa-tui text 1"
"""The name of the bundled text. Its number changes with its words: figures of two texts are never compared."""

OWN_KIND = "text"
"""The kind of all of a user's text."""

LONGEST_BYTES = 16 << 20

BYTES_OF_A_TOKEN = 32
"""More than tokens have as a rule, which is 3 or 4: with so many for each token a text fills its block uncounted."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of text that is cut into blocks by itself; `kind` is "prose", "code" and so on."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text by its name, its content's sha256, and its parts."""

    name: str
    sha256: str
    parts: tuple[Part, ...]


def bundled_text() -> Text:
    """The text that ships with the program."""
    folder = data_folder("evals") / "divergence"
    listed = tomllib.loads((folder / "text.toml").read_text(encoding="utf-8"))
    by_kind: dict[str, list[str]] = {}
    for one in listed["parts"]:
        by_kind.setdefault(one["kind"], []).append((folder / one["file"]).read_text(encoding="utf-8"))
    parts = tuple(Part(kind, "\n".join(texts)) for kind, texts in by_kind.items())
    whole = json.dumps([(part.kind, part.text) for part in parts])
    return Text(BUNDLED, hashlib.sha256(whole.encode()).hexdigest(), parts)


def own_text(path: Path) -> Text:
    """A text of the user's. Raises RunError for what is no text: no plain file, too long, binary, or not UTF-8."""
    name = quoted(str(path))
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a device has no end, a pipe may never have a beginning
            raise RunError(f"{name} is no plain file: name a text file.")
        if status.st_size > LONGEST_BYTES:
            raise _too_long(name, f"{status.st_size / 1e6:,.0f} MB")
        with path.open("rb") as file:
            data = file.read(LONGEST_BYTES + 1)  # some files of the system are longer than they say
    except OSError as error:
        raise RunError(f"{name} cannot be read ({error.strerror or error}): name a text file.") from error
    if len(data) > LONGEST_BYTES:
        raise _too_long(name, f"more than {LONGEST_BYTES / 1e6:,.0f} MB")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RunError(
            f"{name} is no text in UTF-8 (byte {error.start + 1:,} cannot be read): save it as UTF-8 first."
        ) from error
    if "\0" in text:
        raise RunError(f"{name} is no text: it has zero bytes in it, as binary files do.")
    return Text(path.name, hashlib.sha256(data).hexdigest(), (Part(OWN_KIND, text),))


def text_to_study(path: Path | None, n_ctx: int) -> Text:
    """The text that is meant, None for the bundled one. Raises RunError as `own_text`, and for less than a block."""
    text = own_text(path) if path else bundled_text()
    n_bytes = sum(len(part.text.encode()) for part in text.parts)
    if n_bytes + 2 < n_ctx:  # a token has a byte at least, but those that begin and end a text
        raise too_short(text.name, n_bytes, "bytes", n_ctx)
    return text


def check_fills_block(path: Path, n_ctx: int, file: str) -> None:
    """Raises RunError for a text of the user's that is less than a block in the tokens of a model's file.

    A text of which that cannot be told passes: the run looks again.
    """
    from aa_tui.engine.counting import n_tokens

    text = own_text(path)
    n_bytes = sum(len(part.text.encode()) for part in text.parts)
    if n_bytes >= BYTES_OF_A_TOKEN * n_ctx:
        return
    counts = [n_tokens(file, part.text) for part in text.parts]
    known = [one for one in counts if one is not None]
    if len(known) == len(counts) and max(known, default=0) < n_ctx:
        raise too_short(text.name, sum(known), "tokens", n_ctx)


def too_short(name: str, n_here: int, what: str, n_ctx: int) -> RunError:
    """The refusal of a text that does not fill a block."""
    return RunError(
        f"The text {quoted(name)} has {n_here:,} {what}, less than one block of {n_ctx:,} tokens: take a longer one, "
        "or shorter blocks with `aa-tui divergence --ctx`."
    )


def _too_long(name: str, size: str) -> RunError:
    return RunError(f"{name} has {size}: a text of some MB is plenty, so cut it.")
