"""Where other programs keep their models: their usual folders, and those that their own settings name.

Settings are read with a limit and only from plain files; what cannot be read or understood names no folder.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

MAX_BYTES = 1 << 20
"""Of a settings file or a manifest: theirs have a few kilobytes."""

_SERVICE = "etc/systemd/system"


def caches(home: Path, environ: Mapping[str, str]) -> Path:
    """Where programs of this user keep what can be had again."""
    if sys.platform == "darwin":
        return home / "Library/Caches"
    return Path(environ.get("XDG_CACHE_HOME") or home / ".cache")


def ollama(home: Path, environ: Mapping[str, str], root: Path = Path("/")) -> list[Path]:
    """Ollama's stores: this user's, and that of the system's service (its installer's, its snap's, distributions')."""
    named = environ.get("OLLAMA_MODELS")
    found = [Path(named)] if named else []
    found.append(home / ".ollama/models")
    if sys.platform != "darwin":
        found += _of_service(root)
        services = (
            "usr/share/ollama/.ollama/models",
            "var/lib/ollama/.ollama/models",
            "var/lib/ollama/models",
            "var/snap/ollama/common/models",
        )
        found += [root / one for one in services]
    return list(dict.fromkeys(found))


def _of_service(root: Path) -> Iterator[Path]:
    """The folder that an administrator gave the service, as Ollama's documentation tells to do it."""
    units = [root / _SERVICE / "ollama.service"]
    with suppress(OSError):
        units += sorted((root / _SERVICE / "ollama.service.d").glob("*.conf"))
    for unit in units:
        for line in (small_file(unit) or b"").decode("utf-8", "surrogateescape").splitlines():
            key, _, value = line.partition("=")
            if key.strip() == "Environment":
                yield from _folder_in(value)


def _folder_in(environment: str) -> Iterator[Path]:
    try:
        import shlex  # only where there is such a service

        words = shlex.split(environment)
    except ValueError:  # a quotation mark without its other
        return
    for word in words:
        name, _, value = word.partition("=")
        if name == "OLLAMA_MODELS" and value.startswith("/") and "\0" not in value:
            yield Path(value)


def lm_studio(home: Path) -> list[Path]:
    """LM Studio's folders: below its home, which a pointer file names where it was moved, and as its settings say."""
    pointed = (small_file(home / ".lmstudio-home-pointer") or b"").decode("utf-8", "surrogateescape").splitlines()
    homes = [Path(line) for line in pointed[:1] if line.startswith("/") and "\0" not in line]
    homes += [home / ".lmstudio", home / ".cache/lm-studio"]
    found = []
    for one in homes:
        chosen = _text_of(small_file(one / "settings.json"), "downloadsFolder")
        if chosen:
            found.append(home / os.path.expanduser(chosen))  # noqa: PTH111 - that of pathlib raises
        found.append(one / "models")
    return list(dict.fromkeys(found))


def jan(home: Path, environ: Mapping[str, str]) -> list[Path]:
    """Jan's folders of llama.cpp models, those of its earlier versions, and the one that its settings name."""
    if sys.platform == "darwin":
        own = [home / "Library/Application Support/Jan"]
    else:
        own = [
            Path(environ.get("XDG_DATA_HOME") or home / ".local/share") / "Jan",
            Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "Jan",
        ]
    chosen = [_text_of(small_file(one / "settings.json"), "data_folder") for one in own]
    data = [*(home / one for one in chosen if one), *(one / "data" for one in own)]
    found = [folder / below for folder in data for below in ("llamacpp/models", "models")]
    return list(dict.fromkeys([*found, home / "jan/models"]))


def gpt4all(home: Path, environ: Mapping[str, str]) -> list[Path]:
    """GPT4All's folder of models, and the one that its settings name."""
    if sys.platform == "darwin":
        return [home / "Library/Application Support/nomic.ai/GPT4All"]
    settings = Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "nomic.ai/GPT4All.ini"
    lines = (small_file(settings) or b"").decode("utf-8", "surrogateescape").splitlines()
    values = [
        value.strip().strip('"') for key, _, value in (line.partition("=") for line in lines) if key == "modelPath"
    ]
    chosen = [Path(value) for value in values[:1] if value.startswith("/") and "\0" not in value]
    return [*chosen, Path(environ.get("XDG_DATA_HOME") or home / ".local/share") / "nomic.ai/GPT4All"]


def small_file(path: Path) -> bytes | None:
    """What a small plain file holds. None for any other (a pipe would be waited for), a larger one, or none."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        with os.fdopen(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                return None
            data = file.read(MAX_BYTES + 1)
    except OSError:
        return None
    return data if len(data) <= MAX_BYTES else None


def _text_of(data: bytes | None, key: str) -> str | None:
    """A text of a JSON object; None where there is none, or one that can be no path."""
    try:
        value = json.loads(data or b"")[key]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(value, str) or "\0" in value or len(value) > os.pathconf("/", "PC_PATH_MAX"):
        return None
    try:
        os.fsencode(value)
    except UnicodeEncodeError:  # half of a pair of surrogates
        return None
    return value.strip() and value
