"""From "this model, that quantization" to a checked file on this machine that the catalog knows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aa_tui.catalog import files, library, models
from aa_tui.catalog.library import SeenFile
from aa_tui.catalog.models import UnknownModelError
from aa_tui.gguf import hub as the_hub
from aa_tui.gguf.digest import digest_of
from aa_tui.gguf.download import Downloaded, check_room, download, missing_bytes
from aa_tui.gguf.header import Header
from aa_tui.gguf.hub import Hub, HubError, HubFile
from aa_tui.gguf.parts import read_parts
from aa_tui.gguf.places import hub_cache
from aa_tui.library.fits import known_of
from aa_tui.runs.here import own_folder
from aa_tui.textsafe import clean_line

Target = Literal["cache", "own"]
Progress = Callable[[int, int, str], None]

USUAL = ("Q4_K_M", "MXFP4", "Q4_K_S", "Q4_0", "Q5_K_M", "Q6_K", "Q8_0")
"""What is taken when nobody says which: the best that is usually a quarter of the weights' size, then what is near."""


@dataclass(frozen=True, slots=True)
class Offers:
    """What can be pulled of a model or from a repository.

    `problem` is why the Hub could not be asked; the files are then those that the manifest tells of. `model_id` is
    the catalog's model, None for a repository of none.
    """

    title: str
    model_id: int | None
    files: tuple[HubFile, ...]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Pulled:
    """A model on this machine, complete and checked. `path` is its first part's."""

    path: Path
    size_bytes: int
    file: HubFile
    downloaded: tuple[Downloaded, ...]
    model_id: int | None


def offers(conn: sqlite3.Connection, hub: Hub, target: str, *, only_first: bool = False) -> Offers:
    """Ask the Hub what there is of a model (by its slug or name) or in a repository (OWNER/NAME).

    For a model the manifest's repositories are asked, or else those that the Hub says are made of its weights; with
    `only_first` no further than the first that answers. Raises HubError, UnknownModelError.
    """
    if the_hub.is_repo(target):
        return Offers(target, _model_of_repo(conn, target), tuple(the_hub.files_of(hub, target)))
    known = known_of(target)
    row = models.resolve(conn, known.slug if known else target)
    seeds = the_hub.seed_files(known.repositories) if known else []
    try:
        repos = [one.repo for one in known.repositories] if known else _discovered(hub, row.weights_url, row.name)
        found = _ask(hub, repos, only_first=only_first)
        return Offers(row.name, row.model_id, tuple(found))
    except HubError as error:
        if not seeds:
            raise
        return Offers(row.name, row.model_id, tuple(seeds), str(error))


def choose(offered: Offers, quant: str | None, file: str | None = None) -> HubFile:
    """The file of this quantization, of the repository that was asked first. Raises HubError naming those there are."""
    there = list(dict.fromkeys(one.quant for one in offered.files if one.quant))
    if file is not None:
        for one in offered.files:
            if file in (one.file, one.file.rpartition("/")[2]):
                return one
        raise HubError(f"There is no {clean_line(file)} among the files of {offered.title}: --list lists them.")
    if quant is not None:
        for one in offered.files:
            if one.quant.upper() == quant.upper():
                return one
        raise HubError(
            f"There is no {clean_line(quant)} of {offered.title}: there are {', '.join(there) or 'none with a name'}."
        )
    if len(offered.files) == 1:
        return offered.files[0]
    for usual in USUAL:
        for one in offered.files:
            if one.quant.upper() == usual:
                return one
    raise HubError(f"Say which quantization of {offered.title} with --quant: there are {', '.join(there)}.")


def folder_of(to: Target) -> Path | None:
    """Where a download goes: None is the Hub's cache."""
    return own_folder() if to == "own" else None


def check_disk(hub: Hub, file: HubFile, to: Target) -> int:
    """How many bytes are still to come. Raises HubError when the disk has no room for them."""
    folder = folder_of(to)
    needed = sum(missing_bytes(hub, file.repo, part, folder) for part in file.parts)
    check_room(folder or hub.cache or hub_cache(), needed)
    return needed


def pull(
    conn: sqlite3.Connection,
    hub: Hub,
    offered: Offers,
    file: HubFile,
    *,
    to: Target = "cache",
    on_progress: Progress | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Pulled:
    """Get a file, check it and note it in the catalog with its model. Raises HubError, GGUFError."""
    got = fetch(hub, file, to=to, on_progress=on_progress, is_cancelled=is_cancelled)
    return note(conn, offered, file, got)


def fetch(
    hub: Hub,
    file: HubFile,
    *,
    to: Target = "cache",
    on_progress: Progress | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> tuple[Downloaded, ...]:
    """Only the download: touches no catalog, so that it may run in a thread of its own."""
    check_disk(hub, file, to)
    total = file.size_bytes
    got: list[Downloaded] = []
    for part in file.parts:
        before = sum(one.size_bytes for one in got)

        def tell(done: int, all_of_it: int, what: str, before: int = before) -> None:
            if on_progress is not None:
                on_progress(before + done, max(total or 0, before + all_of_it), what)

        one = download(hub, file.repo, part.file, to_folder=folder_of(to), on_progress=tell, is_cancelled=is_cancelled)
        got.append(one)
    return tuple(got)


def note(conn: sqlite3.Connection, offered: Offers, file: HubFile, got: Sequence[Downloaded]) -> Pulled:
    """Remember a download in the catalog, linked to its model. Raises GGUFError when it is no GGUF that runs."""
    path = got[0].path
    header, _ = read_parts(path)
    model_id = offered.model_id if _is_size_of(conn, offered.model_id, header) else None
    is_whole = len(got) == 1  # a model in parts is known by its first, and has no single hash
    seen = SeenFile(
        path=clean_line(str(path)),
        size_bytes=sum(one.size_bytes for one in got),
        mtime_ns=max(one.path.stat().st_mtime_ns for one in got),
        sha256=got[0].sha256 if is_whole else None,
        stated_sha256=got[0].stated_sha256 if is_whole else None,
        stated_by=clean_line(got[0].address),
        summary=digest_of(header).to_dict(),
        model_id=model_id,
    )
    library.note(conn, [seen])
    if is_whole:
        _note_content(conn, got[0], header, model_id)
    return Pulled(path, sum(one.size_bytes for one in got), file, tuple(got), model_id)


def _note_content(conn: sqlite3.Connection, one: Downloaded, header: Header, model_id: int | None) -> None:
    status = one.path.stat()
    row = files.put(
        conn,
        path=clean_line(str(one.path)),
        sha256=one.sha256,
        size_bytes=status.st_size,
        mtime_ns=status.st_mtime_ns,
        quant=header.quant,
        architecture=header.architecture,
        n_params=header.n_params,
        context_tokens=header.context_tokens,
        name=header.name,
        metadata=header.metadata,
    )
    if model_id is not None and row.model_id is None:
        files.link(conn, row.id, model_id)


def _is_size_of(conn: sqlite3.Connection, model_id: int | None, header: Header) -> bool:
    from aa_tui.runs.plan import same_size

    rows = models.by_model_id(conn, model_id) if model_id is not None else []
    return any(same_size(header.n_params, row.total_params_b) for row in rows)


def _ask(hub: Hub, repos: Sequence[str], *, only_first: bool) -> list[HubFile]:
    """The files of all repositories that answer. Raises the first refusal when none does."""
    found: list[HubFile] = []
    refused: HubError | None = None
    for repo in repos:
        try:
            found += the_hub.files_of(hub, repo)
        except HubError as error:
            refused = refused or error
            if "cannot be reached" in str(error) or "HF_HUB_OFFLINE" in str(error):
                break
            continue
        if only_first:
            break
    if not found and refused is not None:
        raise refused
    return found


def _discovered(hub: Hub, weights_url: str | None, name: str) -> list[str]:
    """Repositories that the Hub knows to be quantized from a model's weights."""
    parts = (weights_url or "").rpartition("huggingface.co/")[2].split("/")
    if len(parts) < 2:
        raise HubError(f"Where the weights of {name} are is not known: name a repository, such as OWNER/NAME-GGUF.")
    weights = "/".join(parts[:2])
    repos = the_hub.repositories_of(hub, weights)
    if not repos:
        raise HubError(f"The Hub knows no GGUF files of {weights}: name a repository, such as OWNER/NAME-GGUF.")
    return repos


def _model_of_repo(conn: sqlite3.Connection, repo: str) -> int | None:
    """The model whose manifest names a repository, or that is called like it."""
    from aa_tui.gguf.known import known_models

    for known in known_models():
        if repo in {one.repo for one in known.repositories}:
            row = models.by_slug(conn, known.slug)
            return row.model_id if row else None
    name = repo.rpartition("/")[2].removesuffix("-GGUF").removesuffix("-gguf")
    try:
        return models.resolve(conn, name).model_id
    except UnknownModelError:
        return None


def split_file(text: str) -> tuple[str, str] | None:
    """OWNER/NAME and FILE from OWNER/NAME/FILE.gguf; None for anything else."""
    parts = text.split("/", 2)
    if len(parts) == 3 and parts[2].lower().endswith(".gguf") and the_hub.is_repo("/".join(parts[:2])):
        return "/".join(parts[:2]), parts[2]
    return None
