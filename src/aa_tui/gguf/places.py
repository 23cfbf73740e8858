"""Where GGUF files lie on a machine: our own folder, the user's, those of other programs, and Python packages.

Nothing is read but folders, Ollama's small manifests and the lists of files that installed packages keep. Links are
followed once each, folders that cannot be read are told of and passed over.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from aa_tui.gguf import stores
from aa_tui.shellwords import quoted, unquoted
from aa_tui.textsafe import clean_line

Kind = Literal["bundled", "own", "hub", "added", "llama.cpp", "lm-studio", "ollama", "jan", "gpt4all", "package"]

MAX_DEPTH = 8
MAX_ENTRIES = 200_000
"""Of one place: enough for any library, and an end where somebody adds a whole disk."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_OLLAMA_HOST, _OLLAMA_OWNER = "registry.ollama.ai", "library"
_OLLAMA_MODEL = "application/vnd.ollama.image.model"


@dataclass(frozen=True, slots=True)
class Place:
    """A folder to look in, and whose it is."""

    kind: Kind
    folder: Path


@dataclass(frozen=True, slots=True)
class Found:
    """A file. `path` is as its place has it, `real` where the content lies; `sha256` is what the place says.

    `name` is what it is called on the screen, which for Ollama's blobs the path does not tell; `repo` whence it was
    downloaded.
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
    own: Path,
    bundled: Path,
    added: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
    root: Path = Path("/"),
) -> list[Place]:
    """Every place on this machine, whether or not it is there. `own` is our folder of models."""
    env = os.environ if environ is None else environ
    home = _home(env)
    return [
        Place("own", own),
        Place("bundled", bundled),
        *(Place("added", Path(folder)) for folder in added),
        Place("hub", hub_cache(env)),
        Place("llama.cpp", Path(env.get("LLAMA_CACHE") or stores.caches(home, env) / "llama.cpp")),
        *(Place("lm-studio", folder) for folder in stores.lm_studio(home)),
        *(Place("ollama", folder) for folder in stores.ollama(home, env, root)),
        *(Place("jan", folder) for folder in stores.jan(home, env)),
        *(Place("gpt4all", folder) for folder in stores.gpt4all(home, env)),
        *(Place("package", folder) for folder in package_folders()),
    ]


def closed(places: Sequence[Place]) -> list[str]:
    """Sentences about places that are there and cannot be looked into; nothing but their folders is asked for."""
    found = []
    for place in places:
        try:
            top = place.folder / "manifests" if place.kind == "ollama" else place.folder
            top.stat()
            is_open = os.access(top, os.R_OK | os.X_OK)
        except PermissionError:
            is_open = False
        except OSError:  # not there
            continue
        if not is_open:
            found.append(_closed(place, place.folder, "Permission denied"))
    return found


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
    chosen = env.get("HF_HUB_CACHE") or env.get("HUGGINGFACE_HUB_CACHE")
    return typed_path(os.path.expandvars(chosen or str(hub_home(env) / "hub")))


def hub_home(env: Mapping[str, str]) -> Path:
    """Where huggingface_hub keeps everything of its own, a saved token among it."""
    return Path(env.get("HF_HOME") or Path(env.get("XDG_CACHE_HOME") or _home(env) / ".cache") / "huggingface")


def typed_path(text: str) -> Path:
    """A path as people type it: `~` is the home folder, unless there is something of that very name here.

    It stays as it is where nobody knows the home folder.
    """
    if text.startswith("~") and os.path.lexists(text):
        return Path(text)
    return Path(os.path.expanduser(text))  # noqa: PTH111 - that of pathlib raises where it does not know


def entered_path(text: str, *, is_new: bool = False) -> Path:
    """A path typed or dropped into a box: as it is where that is there, else without the spaces around it, else as a
    shell would take it, quotation marks and all. Of a new file its folder is what must be there."""
    for one in (text.strip(), unquoted(text)) if is_new else (text, text.strip(), unquoted(text)):
        path = typed_path(one) if one else None
        if path is not None and os.path.lexists(path.parent if is_new else path):
            return path
    return typed_path(text.strip())


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
        yield from _ollama(place, problems)
        return
    for path in _walk(place, problems):
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
        sha256 = stated_sha256(real)
    elif place.kind in ("lm-studio", "own"):
        parts = path.relative_to(place.folder).parts
        repo = "/".join(parts[:2]) if len(parts) > 2 else None
    return Found(place.kind, path, real, status.st_size, status.st_mtime_ns, clean_line(path.name), repo, sha256)


def stated_sha256(path: Path) -> str | None:
    """What the Hub's cache says that a file's content is: it keeps large files by their hash. None for others."""
    real = path.resolve()
    return real.name if real.parent.name == "blobs" and _SHA256.fullmatch(real.name) else None


def _hub_repo(cache: Path, path: Path) -> str | None:
    """The repository from `models--OWNER--NAME/snapshots/COMMIT/FILE`."""
    parts = path.relative_to(cache).parts
    kind, _, rest = parts[0].partition("--")
    return clean_line(rest.replace("--", "/", 1)) if kind == "models" and rest else None


def _walk(place: Place, problems: list[str]) -> Iterator[Path]:
    """Files whose name ends in .gguf, folder by folder in order; each folder once, however many links lead there."""
    seen: set[tuple[int, int]] = set()
    left = MAX_ENTRIES
    stack = [(place.folder, 0)]
    while stack:
        folder, depth = stack.pop()
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            if place.kind == "added" or not isinstance(error, FileNotFoundError | NotADirectoryError):
                problems.append(_closed(place, folder, error.strerror or "no reason given"))
            continue
        left -= len(entries)
        if left < 0:
            problems.append(f"{quoted(str(place.folder))} holds too many files to look at all: name a folder in it.")
            return
        for entry in entries:
            if entry.name.lower().endswith(".gguf") and _is(entry, folder=False):
                yield Path(entry.path)
            elif depth < MAX_DEPTH and not entry.name.startswith(".") and _is(entry, folder=True):
                stack.append((Path(entry.path), depth + 1))


def _closed(place: Place, folder: Path, reason: str) -> str:
    """What to do about a folder that cannot be looked through."""
    shown = quoted(str(folder))
    if place.kind == "ollama" and reason == os.strerror(errno.EACCES):
        return (
            f"Ollama's store {shown} cannot be read: add yourself to its group (`sudo usermod -aG ollama $USER`, then "
            "log in again), or run aa-tui with sudo."
        )
    return f"{shown} cannot be looked through ({reason})."


def _is(entry: os.DirEntry[str], *, folder: bool) -> bool:
    try:
        return entry.is_dir() if folder else entry.is_file()
    except OSError:  # a loop of links
        return False


def _ollama(place: Place, problems: list[str]) -> Iterator[Found]:
    """Ollama keeps contents as `blobs/sha256-HASH` and says in `manifests/HOST/OWNER/NAME/TAG` what they are."""
    manifests = place.folder / "manifests"
    left = MAX_ENTRIES

    def told(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            problems.append(_closed(place, place.folder, error.strerror or "no reason given"))

    for folder, folders, names in os.walk(manifests, onerror=told):
        folders.sort()
        left -= len(folders) + len(names)
        if left < 0 or len(Path(folder).relative_to(manifests).parts) >= MAX_DEPTH:
            folders.clear()
        for name in sorted(names)[: max(left, 0)]:
            manifest = Path(folder) / name
            digests = _ollama_models(manifest)
            if not digests:
                continue
            digest = digests[0]
            blob = _blob(place.folder, digest)
            shown = clean_line(_ollama_name(manifest.relative_to(manifests).parts))
            try:
                status = blob.stat()
            except FileNotFoundError:
                problems.append(f"Ollama's {shown} has lost its file: pull it again with ollama.")
                continue
            except OSError as error:
                problems.append(_closed(place, place.folder, error.strerror or "no reason given"))
                return
            stated = digest if len(digests) == 1 else None
            yield Found("ollama", blob, blob, status.st_size, status.st_mtime_ns, shown, None, stated)


def _ollama_name(parts: Sequence[str]) -> str:
    """As `ollama list` writes it: NAME:TAG, with the owner and the host where they are not Ollama's own."""
    host, owner, name, tag = ("", "", *parts)[-4:]
    if host in ("", _OLLAMA_HOST):
        host = ""
        owner = "" if owner == _OLLAMA_OWNER else owner
    return "/".join([*filter(None, (host, owner)), f"{name}:{tag}"])


def ollama_parts(path: Path) -> list[Path]:
    """All files of the model in Ollama's store that this content is of, in order; none where it is of no such model."""
    digest = path.name.removeprefix("sha256-")
    if path.parent.name != "blobs" or not _SHA256.fullmatch(digest):
        return []
    top = path.parent.parent
    for folder, _, names in os.walk(top / "manifests"):
        for name in sorted(names):
            digests = _ollama_models(Path(folder) / name)
            if digest in digests:
                return [_blob(top, one) for one in digests]
    return []


def _blob(top: Path, digest: str) -> Path:
    return top / "blobs" / f"sha256-{digest}"


def _ollama_models(manifest: Path) -> list[str]:
    """The hashes of a model's files, of which there are several where it was made of parts."""
    found = []
    try:
        for layer in json.loads(stores.small_file(manifest) or b"")["layers"]:
            digest = str(layer["digest"]).removeprefix("sha256:")
            if layer["mediaType"] == _OLLAMA_MODEL and _SHA256.fullmatch(digest):
                found.append(digest)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []
    return found
