"""Where GGUF files lie on a machine: our own folder, the user's, those of other programs, and Python packages.

Nothing is read but folders, Ollama's small manifests and the lists of files that installed packages keep. Links are
followed once each, folders that cannot be read are told of and passed over.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from aa_tui.textsafe import clean_line

Kind = Literal["bundled", "own", "hub", "added", "llama.cpp", "lm-studio", "ollama", "package"]

MAX_DEPTH = 8
MAX_ENTRIES = 200_000
"""Of one place: enough for any library, and an end where somebody adds a whole disk."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_MAX_MANIFEST_BYTES = 1 << 20
_OLLAMA_MODEL = "application/vnd.ollama.image.model"


@dataclass(frozen=True, slots=True)
class Place:
    """A folder to look in, and whose it is."""

    kind: Kind
    folder: Path


@dataclass(frozen=True, slots=True)
class Found:
    """A file. `path` is as its place shows it, `real` where the content lies; `sha256` is what the place says.

    `name` tells what it is where the path does not (Ollama's blobs), `repo` whence it was downloaded.
    """

    kind: Kind
    path: Path
    real: Path
    size_bytes: int
    mtime_ns: int
    name: str
    repo: str | None = None
    sha256: str | None = None


@dataclass(slots=True)
class Search:
    """What was found, and sentences about what could not be looked at."""

    files: list[Found] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def usual_places(
    own: Path, bundled: Path, added: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> list[Place]:
    """Every place on this machine, whether or not it is there. `own` is our folder of models."""
    env = os.environ if environ is None else environ
    home = _home(env)
    caches = home / "Library/Caches" if sys.platform == "darwin" else Path(env.get("XDG_CACHE_HOME") or home / ".cache")
    lm_studio = (home / ".lmstudio/models", home / ".cache/lm-studio/models")
    return [
        Place("own", own),
        Place("bundled", bundled),
        *(Place("added", Path(folder)) for folder in added),
        Place("hub", hub_cache(env)),
        Place("llama.cpp", Path(env.get("LLAMA_CACHE") or caches / "llama.cpp")),
        *(Place("lm-studio", folder) for folder in lm_studio),
        Place("ollama", Path(env.get("OLLAMA_MODELS") or home / ".ollama/models")),
        *(Place("package", folder) for folder in package_folders()),
    ]


def package_folders() -> list[Path]:
    """Folders of installed Python packages that hold GGUF files, by the packages' own lists; none is imported."""
    from importlib.metadata import distributions

    found: dict[Path, None] = {}
    for one in distributions():
        if ".gguf" in (one.read_text("RECORD") or "").lower():
            files = [
                file for file in one.files or () if file.name.lower().endswith(".gguf") and file.parts[0] != "aa_tui"
            ]
            found.update(dict.fromkeys(Path(str(one.locate_file(file))).parent for file in files))
    return list(found)


def hub_cache(environ: Mapping[str, str] | None = None) -> Path:
    """The cache of huggingface_hub, by the same variables as its own `constants.py` goes by."""
    env = os.environ if environ is None else environ
    home = _home(env)
    top = env.get("HF_HOME") or str(Path(env.get("XDG_CACHE_HOME") or home / ".cache") / "huggingface")
    chosen = env.get("HF_HUB_CACHE") or env.get("HUGGINGFACE_HUB_CACHE")
    return typed_path(os.path.expandvars(chosen or str(Path(top) / "hub")))


def typed_path(text: str) -> Path:
    """A path as people type it: `~` is the home folder, and stays as it is where nobody knows that folder."""
    return Path(os.path.expanduser(text))  # noqa: PTH111 - that of pathlib raises where it does not know


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or typed_path("~"))


def find(places: Sequence[Place]) -> Search:
    """The GGUF files of all places; one reached from several is given by the first."""
    search = Search()
    taken: set[tuple[int, int]] = set()
    for place in places:
        for found in _of_place(place, search.problems):
            try:
                status = found.real.stat()
            except OSError:
                continue
            if (status.st_dev, status.st_ino) not in taken:
                taken.add((status.st_dev, status.st_ino))
                search.files.append(found)
    return search


def _of_place(place: Place, problems: list[str]) -> Iterator[Found]:
    if place.kind == "ollama":
        yield from _ollama(place.folder, problems)
        return
    for path in _walk(place.folder, problems, is_expected=place.kind == "added"):
        found = _found(place, path)
        if found is not None:
            yield found


def _found(place: Place, path: Path) -> Found | None:
    try:
        real = path.resolve(strict=True)
        status = real.stat()
    except (OSError, RuntimeError):  # a link to nowhere, or to itself
        return None
    repo, sha256 = None, None
    if place.kind == "hub":
        repo = _hub_repo(place.folder, path)
        if real.parent.name == "blobs" and _SHA256.fullmatch(real.name):
            sha256 = real.name  # large files are stored by their content's hash
    elif place.kind in ("lm-studio", "own"):
        parts = path.relative_to(place.folder).parts
        repo = "/".join(parts[:2]) if len(parts) > 2 else None
    return Found(place.kind, path, real, status.st_size, status.st_mtime_ns, clean_line(path.name), repo, sha256)


def _hub_repo(cache: Path, path: Path) -> str | None:
    """The repository from `models--OWNER--NAME/snapshots/COMMIT/FILE`."""
    parts = path.relative_to(cache).parts
    kind, _, rest = parts[0].partition("--")
    return clean_line(rest.replace("--", "/", 1)) if kind == "models" and rest else None


def _walk(top: Path, problems: list[str], *, is_expected: bool) -> Iterator[Path]:
    """Files whose name ends in .gguf, folder by folder in order; each folder once, however many links lead there."""
    seen: set[tuple[int, int]] = set()
    left = MAX_ENTRIES
    stack = [(top, 0)]
    while stack:
        folder, depth = stack.pop()
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            if is_expected or not isinstance(error, FileNotFoundError | NotADirectoryError):
                problems.append(f"{clean_line(str(folder))} cannot be looked through ({error.strerror}).")
            continue
        left -= len(entries)
        if left < 0:
            problems.append(f"{clean_line(str(top))} holds too many files to look at all of them: name a folder in it.")
            return
        for entry in entries:
            if entry.name.lower().endswith(".gguf") and _is(entry, folder=False):
                yield Path(entry.path)
            elif depth < MAX_DEPTH and not entry.name.startswith(".") and _is(entry, folder=True):
                stack.append((Path(entry.path), depth + 1))


def _is(entry: os.DirEntry[str], *, folder: bool) -> bool:
    try:
        return entry.is_dir() if folder else entry.is_file()
    except OSError:  # a loop of links
        return False


def _ollama(top: Path, problems: list[str]) -> Iterator[Found]:
    """Ollama keeps contents as `blobs/sha256-HASH` and says in `manifests/HOST/OWNER/NAME/TAG` what they are."""
    manifests = top / "manifests"
    for folder, _, names in os.walk(manifests):
        for name in sorted(names):
            manifest = Path(folder) / name
            digest = _ollama_model(manifest)
            if digest is None:
                continue
            blob = top / "blobs" / f"sha256-{digest}"
            shown = ":".join(manifest.relative_to(manifests).parts[-2:])
            try:
                status = blob.stat()
            except OSError:
                problems.append(f"Ollama's {clean_line(shown)} has lost its file: pull it again with ollama.")
                continue
            yield Found("ollama", blob, blob, status.st_size, status.st_mtime_ns, clean_line(shown), None, digest)


def _ollama_model(manifest: Path) -> str | None:
    try:
        if manifest.stat().st_size > _MAX_MANIFEST_BYTES:
            return None
        layers = json.loads(manifest.read_bytes())["layers"]
        for layer in layers:
            digest = str(layer["digest"]).removeprefix("sha256:")
            if layer["mediaType"] == _OLLAMA_MODEL and _SHA256.fullmatch(digest):
                return digest
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return None
