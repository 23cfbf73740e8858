"""Where packs lie: bundled with the program, pulled into the user's data folder, or in any folder of the user's."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from aa_tui.errors import USAGE
from aa_tui.evals.items import Pack, PackError
from aa_tui.evals.manifest import Manifest
from aa_tui.evals.packfile import MANIFEST_NAME, read_manifest, read_pack
from aa_tui.gguf.places import typed_path
from aa_tui.resources import data_folder as bundled_folder
from aa_tui.textsafe import clean_line

_NO_ITEMS = frozenset({"speed"})
"""Folders of `evals/` that are no packs of items: the speed protocol is read by `aa_tui.speed`."""


class UnknownPackError(PackError):
    """There is no such pack."""

    exit_code: ClassVar[int] = USAGE


@dataclass(frozen=True, slots=True)
class PackEntry:
    """A pack as a list shows it, without its items.

    `n_items` is of the items that are here, else how many its source says there are; None where that is not known.
    `is_here`: it can be used now. `kind` is "bundled", "pulled", "public" (to be pulled) or "folder". `problem` says
    why a pack cannot be used; the fields of one that cannot be read are empty.
    """

    name: str
    version: str
    kind: str
    is_here: bool
    n_items: int | None
    license: str
    citation: str
    source: str
    description: str
    graders: Mapping[str, str]
    folder: Path
    problem: str | None = None


def pulled_folder(data_folder: Path) -> Path:
    """Where pulled packs lie in the user's data folder, each in a folder of its name."""
    return data_folder / "packs"


def list_packs(data_folder: Path) -> list[PackEntry]:
    """The bundled and pulled packs and the public ones that can be pulled, by name; a pulled one hides its manifest."""
    found = {folder.name: _entry(folder, "bundled") for folder in _folders(bundled_folder("evals"))}
    found |= {folder.name: _entry(folder, "pulled") for folder in _folders(pulled_folder(data_folder))}
    return sorted(found.values(), key=lambda entry: entry.name)


def find(name: str, data_folder: Path) -> PackEntry:
    """The pack of a name or in a folder: a pulled one, else a bundled one, else a path. Raises UnknownPackError."""
    entries = {entry.name: entry for entry in list_packs(data_folder)}
    if name in entries:
        return entries[name]
    folder = _as_folder(name)
    if folder is not None:
        return _entry(folder, "folder")
    label = clean_line(name)
    near = difflib.get_close_matches(name.lower(), entries, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(entries)}."
    raise UnknownPackError(f"There is no pack {label!r}, and no folder of that name with a {MANIFEST_NAME}: {hint}")


def load(name: str, data_folder: Path) -> Pack:
    """The pack of a name or in a folder, with its items. Raises PackError, UnknownPackError for an unknown one."""
    return read_pack(find(name, data_folder).folder)


def manifest_of(name: str, data_folder: Path) -> Manifest:
    """Its pack.toml alone. Raises PackError as `load` does."""
    return read_manifest(find(name, data_folder).folder)


def public_manifest(name: str) -> Manifest:
    """The manifest of a public benchmark as it ships. Raises PackError where it is none that can be pulled."""
    folders = {folder.name: folder for folder in _folders(bundled_folder("evals"))}
    manifests = {key: read_manifest(folder) for key, folder in folders.items()}
    public = {key: manifest for key, manifest in manifests.items() if manifest.origin is not None}
    if name in public:
        return public[name]
    if name in folders:
        raise PackError(f"The pack {name} comes with the program: it need not be pulled.")
    near = difflib.get_close_matches(name.lower(), public, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(sorted(public))}."
    raise UnknownPackError(f"There is no public benchmark {clean_line(name)!r} to pull: {hint}")


def pack_identity(pack: Pack) -> str:
    """The sha256 (hexadecimal) over all that decides prompts and grading; what runs on the same pack share.

    Name and version are part of it, since the order of choices follows from them; licence and description are not.
    """
    decides = {
        "name": pack.name,
        "version": pack.version,
        "items_sha256": pack.items_sha256,
        "graders": dict(pack.graders),
        "template": pack.template,
        "system": pack.system,
        "patterns": pack.extraction.patterns,
        "sampler": None if pack.sampler is None else pack.sampler.to_dict(),
        "max_output_tokens": pack.max_output_tokens,
        "stop": pack.stop,
    }
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()


def _folders(root: Path) -> list[Path]:
    if not root.is_dir():
        return []
    return sorted(
        folder
        for folder in root.iterdir()
        if folder.name not in _NO_ITEMS and not folder.name.startswith(".") and (folder / MANIFEST_NAME).is_file()
    )


def _as_folder(name: str) -> Path | None:
    try:
        folder = typed_path(name)
        folder = folder.parent if folder.name == MANIFEST_NAME else folder
        return folder if (folder / MANIFEST_NAME).is_file() else None
    except (OSError, ValueError, RuntimeError):
        return None


def _entry(folder: Path, kind: str) -> PackEntry:
    try:
        manifest = read_manifest(folder)
    except PackError as error:
        return PackEntry(clean_line(folder.name), "", kind, False, None, "", "", "", "", {}, folder, str(error))
    pack, origin = manifest.pack, manifest.origin
    is_here = manifest.items_file is not None
    return PackEntry(
        name=pack.name,
        version=pack.version,
        kind=kind if is_here else "public",
        is_here=is_here,
        n_items=manifest.n_items if is_here or origin is None else origin.n_items,
        license=pack.license,
        citation=pack.citation,
        source=pack.source,
        description=pack.description,
        graders=pack.graders,
        folder=folder,
    )
