"""What lies on this machine: every GGUF file once, with the model that it is of.

A header is read once for each state of a file, and contents are hashed only where two files may be the same: equal
in size and in all that their headers say. Where a place names a file by its content's hash, that is believed for
telling files apart; `verify` computes it.
"""

from __future__ import annotations

import os
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aa_tui.catalog import library, trials
from aa_tui.catalog.library import SeenFile
from aa_tui.catalog.mending import mend_paths
from aa_tui.catalog.trials import FileCrash
from aa_tui.gguf import places
from aa_tui.gguf.digest import Digest, digest_of
from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.files import sha256_of_all, state_of
from aa_tui.gguf.hub import quant_of
from aa_tui.gguf.naming import is_listed_as
from aa_tui.gguf.parts import PartName, named_parts, part_of, read_parts
from aa_tui.gguf.places import Found, Kind, typed_path
from aa_tui.library.here import own_folder, places_here, which_of
from aa_tui.textsafe import clean_line

__all__ = ["Library", "LibraryFile", "matching", "meant", "of_path", "own_folder", "pick", "places_here", "scan"]

Progress = Callable[[int, int, str], None]
"""Called with bytes done, bytes in all, and the name of the file that is being hashed."""


@dataclass(frozen=True, slots=True)
class LibraryFile:
    """A model's file, or all parts of one. `size_bytes` of all parts; `copies` are the same content elsewhere.

    `path` and `copies` are the very paths, whatever they hold; `name` and `shown_path` are for the screen.

    `sha256` is as computed here (of parts one after the other) or else as its place states; None where neither is
    known. `crash` is how it last crashed llama.cpp.
    """

    path: str
    name: str
    kind: Kind
    repo: str | None
    size_bytes: int
    mtime_ns: int
    sha256: str | None
    is_hashed: bool
    digest: Digest
    model_id: int | None
    slug: str | None
    model: str | None
    n_parts: int = 1
    copies: tuple[str, ...] = ()
    crash: FileCrash | None = None

    @property
    def shown_path(self) -> str:
        """The path, safe to show."""
        return clean_line(self.path)

    @property
    def quant(self) -> str:
        """The quantization: by its header, or by its name where the header cannot be read."""
        return self.digest.quant or quant_of(self.name)


@dataclass(frozen=True, slots=True)
class Library:
    """What is there, and sentences about what could not be looked at."""

    files: tuple[LibraryFile, ...]
    problems: tuple[str, ...]


def scan(conn: sqlite3.Connection, on_progress: Progress | None = None) -> Library:
    """Look everywhere. What is found is noted in the catalog, where that can be written."""
    _mend(conn)
    search = places.find(places_here(conn))
    problems = list(search.problems)
    before = library.seen(conn)
    looked = [_look(conn, found, parts, before) for found, parts in _whole(search.files)]
    hashed = _hash_equals(looked, problems, on_progress)
    _note(conn, [row for _, row, _ in hashed], before)
    slugs = library.model_slugs(conn)
    crashes = trials.crashes(conn)
    return Library(_deduplicated([_file(*one, slugs, crashes) for one in hashed]), tuple(problems))


def matching(files: Iterable[LibraryFile], text: str) -> list[LibraryFile]:
    """The files in whose name, path, model, quantization or repository every word of the text occurs."""
    words = text.lower().split()
    found = []
    for file in files:
        places_of_it = (file.shown_path, *map(clean_line, file.copies))
        names = (file.name, *places_of_it, file.digest.name, file.model, file.slug, file.quant, file.repo, file.kind)
        described = " ".join(filter(None, names))
        if all(word in described.lower() for word in words):
            found.append(file)
    return found


def meant(files: Sequence[LibraryFile], target: str) -> list[LibraryFile]:
    """The files that are at a path or that lists show by a name: none, one, or several of one name."""
    one = _at(files, typed_path(target))
    name = _first_part(target)
    if one is not None:
        return [one]
    return [file for file in files if any(is_listed_as(own, name) for own in _names(file))]


def _names(file: LibraryFile) -> tuple[str, ...]:
    """What it is called, here and where its copies are."""
    return (file.name, *(clean_line(os.path.basename(path)) for path in file.copies))  # noqa: PTH119 - of a text


def pick(files: Sequence[LibraryFile], target: str) -> LibraryFile:
    """The one file that the user means: by path, by name, or by a part of it. Raises GGUFError.

    A later part of a model means the whole.
    """
    near = meant(files, target) or [file for file in files if target == file.slug]
    if not near and target.strip():
        near = matching(files, target)
    if len(near) == 1:
        return near[0]
    if near:
        raise GGUFError(which_of(target, [file.path for file in near]))
    raise GGUFError(
        f"There is no file “{clean_line(target)}” in the library: `aa-tui gguf list` lists those there are."
    )


def _at(files: Sequence[LibraryFile], path: Path) -> LibraryFile | None:
    """The file at a path, by whatever links and folders it leads there; a later part of a model leads to the first."""
    part = part_of(path.name)
    whole = str((path.with_name(part.name(1)) if part else path).absolute())
    for file in files:
        if whole == file.path or whole in file.copies:
            return file
    try:
        there = Path(whole).stat()
    except (OSError, ValueError):
        return None
    return next((file for file in files if any(_is_same(one, there) for one in (file.path, *file.copies))), None)


def _is_same(path: str, there: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(path), there)  # noqa: PTH116 - of a text
    except OSError:
        return False


def _first_part(target: str) -> str:
    """The name or path of the first part, where that of a later one is given."""
    head, slash, name = target.rpartition("/")
    part = part_of(name)
    return target if part is None else f"{head}{slash}{part.name(1)}"


def of_path(conn: sqlite3.Connection, found: Library, path: Path) -> LibraryFile:
    """The file at a path, in the library or anywhere else. Raises GGUFError when it is no GGUF."""
    known = _at(found.files, path)
    if known is not None:
        return known
    header, parts = read_parts(path.absolute())
    path, state = parts[0], state_of(parts)
    sha256 = library.hash_known(conn, str(path), state.size_bytes, state.mtime_ns)
    one = Found("added", path, path, state.size_bytes, state.mtime_ns, clean_line(path.name))
    digest = digest_of(header)
    model_id = _model_of(conn, one, digest, sha256)
    row = SeenFile(str(path), state.size_bytes, state.mtime_ns, sha256, None, None, digest.to_dict(), model_id)
    return _file(one, row, parts, library.model_slugs(conn), trials.crashes(conn))


def _whole(files: Sequence[Found]) -> list[tuple[Found, list[Path]]]:
    """Each model once: parts of one together, under the first that is there."""
    found: list[tuple[Found, list[Path]]] = []
    groups: dict[tuple[Path, PartName], list[Found]] = defaultdict(list)
    for one in files:
        part = part_of(one.path.name)
        if part is None and len(named_parts(one.path)) == 1:
            found.append((one, [one.path]))
        elif part is None:
            groups[one.path, PartName(one.name, 1, 1)].append(one)
        else:
            groups[one.path.parent, replace(part, number=1)].append(one)
    for members in groups.values():
        # not the members alone: another snapshot of the Hub's cache may have some of these parts too
        paths = [path for path in named_parts(members[0].path) if path.exists()]
        try:
            state = state_of(paths)
        except GGUFError:
            continue
        if not paths:  # gone meanwhile
            continue
        whole = replace(
            members[0],
            path=paths[0],
            real=paths[0].resolve(),
            name=clean_line(paths[0].name) if part_of(paths[0].name) else members[0].name,
            size_bytes=state.size_bytes,
            mtime_ns=state.mtime_ns,
            sha256=None,
        )
        found.append((whole, paths))
    return found


def _look(
    conn: sqlite3.Connection, found: Found, parts: list[Path], before: dict[str, SeenFile]
) -> tuple[Found, SeenFile, list[Path]]:
    """A file with all that is known of it; its header is read when it is new or has changed."""
    path = str(found.path)
    old = before.get(path)
    if old is not None and (old.size_bytes, old.mtime_ns) == (found.size_bytes, found.mtime_ns) and old.summary:
        digest = Digest.from_dict(old.summary)
        if digest is not None:
            model_id = old.model_id or _model_of(conn, found, digest, old.sha256)
            return found, old._replace(model_id=model_id), parts
    try:
        digest = digest_of(read_parts(found.path)[0])
    except GGUFError as error:
        digest = Digest(problem=str(error))
    known = library.hash_known(conn, path, found.size_bytes, found.mtime_ns)
    row = SeenFile(
        path=path,
        size_bytes=found.size_bytes,
        mtime_ns=found.mtime_ns,
        sha256=known,
        stated_sha256=found.sha256,
        stated_by={"hub": "the Hub's cache", "ollama": "Ollama's manifest"}.get(found.kind) if found.sha256 else None,
        summary=digest.to_dict(),
        model_id=_model_of(conn, found, digest, known or found.sha256),
    )
    return found, row, parts


def _model_of(conn: sqlite3.Connection, found: Found, digest: Digest, sha256: str | None) -> int | None:
    """The catalog's model that a file is of: as a run said, or by its names and size. None is made here."""
    from aa_tui.gguf.naming import model_name, without_quant
    from aa_tui.library.naming import find_model

    if not digest.is_model:
        return None
    linked = library.model_of_content(conn, sha256) if sha256 else None
    if linked is not None:
        return linked
    stem = found.name.removesuffix(".gguf")
    repo = (found.repo or "").rpartition("/")[2]
    for ending in ("-GGUF", "-gguf"):
        repo = repo.removesuffix(ending)
    names = dict.fromkeys(name for name in (model_name(digest.name, stem), *map(without_quant, (stem, repo))) if name)
    return find_model(conn, list(names), digest.n_params)


def _hash_equals(
    looked: list[tuple[Found, SeenFile, list[Path]]], problems: list[str], on_progress: Progress | None
) -> list[tuple[Found, SeenFile, list[Path]]]:
    """Hash files that may have the same content as another and of which nobody says what they hold."""
    alike: dict[tuple[int, str], list[int]] = defaultdict(list)
    for index, (_, row, _) in enumerate(looked):
        if not row.summary.get("problem"):
            alike[row.size_bytes, repr(row.summary)].append(index)
    done = list(looked)
    for indexes in alike.values():
        if len(indexes) < 2:
            continue
        for index in indexes:
            found, row, parts = done[index]
            if row.sha256 or row.stated_sha256:
                continue
            tell = None
            if on_progress is not None:
                tell = lambda n, total, name=found.name, show=on_progress: show(n, total, name)  # noqa: E731
            try:
                done[index] = found, row._replace(sha256=sha256_of_all(parts, tell)), parts
            except GGUFError as error:
                problems.append(str(error))
    return done


def _mend(conn: sqlite3.Connection) -> None:
    """Also here, since a disk may not have been there when the catalog was upgraded."""
    try:
        mend_paths(conn)
    except sqlite3.OperationalError:  # read-only, or somebody writes: then another time
        return


def _note(conn: sqlite3.Connection, rows: list[SeenFile], before: dict[str, SeenFile]) -> None:
    """Remember what is new and forget what is gone; a catalog that cannot be written stays as it is."""
    there = {row.path for row in rows}
    gone = [path for path in before if path not in there and not Path(path).exists()]
    changed = [row for row in rows if before.get(row.path) != row]
    try:
        if changed:
            library.note(conn, changed)
        if gone:
            library.forget(conn, gone)
    except sqlite3.OperationalError as error:
        if "readonly" not in str(error):
            raise


def _file(
    found: Found, row: SeenFile, parts: list[Path], slugs: dict[int, tuple[str, str]], crashes: dict[str, FileCrash]
) -> LibraryFile:
    slug, model = slugs.get(row.model_id or -1, (None, None))
    return LibraryFile(
        path=row.path,
        name=found.name,
        kind=found.kind,
        repo=found.repo,
        size_bytes=row.size_bytes,
        mtime_ns=row.mtime_ns,
        sha256=row.sha256 or row.stated_sha256,
        is_hashed=row.sha256 is not None,
        digest=Digest.from_dict(row.summary) or Digest(problem="its header was not understood"),
        model_id=row.model_id,
        slug=slug,
        model=model,
        n_parts=_n_parts(found, row, parts),
        crash=crashes.get(row.sha256 or "") or crashes.get(row.path),
    )


def _n_parts(found: Found, row: SeenFile, parts: list[Path]) -> int:
    """How many there are to be, where some of them are missing."""
    part = part_of(found.name) if row.summary.get("problem") else None
    return part.count if part is not None else len(parts)


def _deduplicated(files: list[LibraryFile]) -> tuple[LibraryFile, ...]:
    """Each content once, where it was found first, by model and size."""
    first: dict[str, LibraryFile] = {}
    for file in files:
        key = file.sha256 or file.path
        known = first.get(key)
        first[key] = file if known is None else replace(known, copies=(*known.copies, file.path))
    return tuple(sorted(first.values(), key=lambda file: ((file.model or file.name).lower(), file.size_bytes)))
