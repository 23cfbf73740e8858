"""From "this model, that quantization" to a checked file on this machine that the catalog knows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from aa_tui.catalog import files, library, models
from aa_tui.catalog.library import SeenFile
from aa_tui.catalog.models import UnknownModelError
from aa_tui.gguf import hub as the_hub
from aa_tui.gguf.addresses import read_address
from aa_tui.gguf.digest import digest_of
from aa_tui.gguf.download import Downloaded, check_room, download, missing_bytes
from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.files import state_of
from aa_tui.gguf.header import Header
from aa_tui.gguf.hub import CancelledError, Hub, HubError, HubFile, HubUnreachableError
from aa_tui.gguf.inspection import inspect_hub
from aa_tui.gguf.kinds import refusal
from aa_tui.gguf.parts import read_parts
from aa_tui.gguf.places import hub_cache
from aa_tui.library import registering
from aa_tui.library.fits import known_of
from aa_tui.library.here import own_folder
from aa_tui.textsafe import clean_line

Target = Literal["cache", "own"]
Progress = Callable[[int, int, str], None]

USUAL = ("Q4_K_M", "MXFP4", "Q4_K_S", "Q4_0", "Q5_K_M", "Q6_K", "Q8_0")
"""What is taken when nobody says which: the best that is usually a quarter of the weights' size, then what is near."""


@dataclass(frozen=True, slots=True)
class Offers:
    """What can be pulled of a model or from a repository.

    `problem` is why the Hub could not be asked; the files are then those that the manifest tells of. `model_id` is
    the catalog's model, None for a repository of none. `others` are what is no model, to be had by its very name.
    """

    title: str
    model_id: int | None
    files: tuple[HubFile, ...]
    problem: str | None = None
    others: tuple[HubFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Pulled:
    """A model on this machine, complete and checked. `path` is its first part's."""

    path: Path
    size_bytes: int
    file: HubFile
    downloaded: tuple[Downloaded, ...]
    model_id: int | None
    kind: str = ""  # the name of what it is where it is no model that writes text


def offers(
    conn: sqlite3.Connection,
    hub: Hub,
    target: str,
    *,
    only_first: bool = False,
    is_cancelled: Callable[[], bool] = the_hub.never,
) -> Offers:
    """Ask the Hub what there is of a model (by its slug or name) or in a repository (OWNER/NAME).

    For a model the manifest's repositories are asked, or else those that the Hub says are made of its weights; with
    `only_first` no further than the first that answers. Raises HubError, CancelledError, UnknownModelError.
    """
    if the_hub.is_repo(target):
        return _offered(target, _model_of_repo(conn, target), the_hub.all_files_of(hub, target, is_cancelled))
    known = known_of(target)
    row = models.resolve(conn, known.slug if known else target)
    seeds = the_hub.seed_files(known.repositories) if known else []
    try:
        repos = (
            [one.repo for one in known.repositories]
            if known
            else _discovered(hub, row.weights_url, row.name, is_cancelled)
        )
        found = _ask(hub, repos, is_cancelled, only_first=only_first)
        return _offered(row.name, row.model_id, found)
    except CancelledError:
        raise
    except HubError as error:
        if not seeds:
            raise
        return Offers(row.name, row.model_id, tuple(seeds), str(error))


def wanted(hub: Hub, target: str, quant: str | None = None) -> tuple[str, str | None, str | None]:
    """What was typed, as a model or repository, a quantization, and a file. Raises HubError for what no file can be."""
    address = read_address(target, hub.endpoint)
    if address is None:
        return target, quant, None
    if quant and address.quant and quant.upper() != address.quant.upper():
        raise HubError(f"{clean_line(target)} asks for one quantization and --quant for another: name one.")
    return address.repo, quant or address.quant, address.file


def choose(offered: Offers, quant: str | None, file: str | None = None) -> HubFile:
    """The file of this quantization, of the repository that was asked first. Raises HubError naming those there are."""
    there = list(dict.fromkeys(one.quant for one in offered.files if one.quant))
    if file is not None:
        for one in (*offered.files, *offered.others):
            if file in (one.file, one.file.rpartition("/")[2]):
                return one
        raise HubError(f"There is no {clean_line(file)} among the files of {offered.title}: --list lists them.")
    if quant is not None:
        meant = the_hub.quant_of(quant) or quant.upper()
        alike = [one for one in offered.files if one.quant.upper() == meant]
        if alike:  # of Q4_K_M and UD-Q4_K_M, which are made differently, the one that was named
            return next((one for one in alike if quant.upper() in one.file.upper()), alike[0])
        raise HubError(
            f"There is no {clean_line(quant)} of {offered.title}: there are {', '.join(there) or 'none with a name'}."
        )
    if len(offered.files) == 1:
        return offered.files[0]
    if not offered.files:
        names = ", ".join(one.file for one in offered.others[:4])
        raise HubError(f"{offered.title} holds no model that writes text, only {names}: name a file to have it.")
    for usual in USUAL:
        for one in offered.files:
            if one.quant.upper() == usual:
                return one
    raise HubError(f"Say which quantization of {offered.title} with --quant: there are {', '.join(there)}.")


def choose_model(hub: Hub, offered: Offers, quant: str | None, to: Target = "cache") -> HubFile:
    """The same, never what its header says is no model: a LoRA adapter is called like its model. Raises HubError.

    The header is read by ranges, unless the download was begun before; where that cannot be done the name has to do.
    """
    refused: HubError | None = None
    while True:
        try:
            file = choose(offered, quant)
        except HubError:
            if refused is not None:
                raise refused from None
            raise
        if file.is_seed or _is_begun(hub, file, to):
            return file
        try:
            found = inspect_hub(hub.endpoint, None, file.repo, file.file)
        except GGUFError:
            return file
        if found.kind is None:
            return file
        refused = refused or HubError(refusal(found.kind, f"{file.repo}/{file.file}", found.header))
        offered = replace(offered, files=tuple(one for one in offered.files if one != file))


def _is_begun(hub: Hub, file: HubFile, to: Target) -> bool:
    missing = sum(missing_bytes(hub, file.repo, part, folder_of(to)) for part in file.parts)
    return missing < (file.size_bytes or 0)


def _offered(title: str, model_id: int | None, found: Sequence[HubFile]) -> Offers:
    of_text = tuple(one for one in found if not one.kind)
    return Offers(title, model_id, of_text, others=tuple(one for one in found if one.kind))


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
    is_cancelled: Callable[[], bool] = the_hub.never,
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
    is_cancelled: Callable[[], bool] = the_hub.never,
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
    digest = digest_of(header)
    model_id = offered.model_id if digest.is_model and _is_size_of(conn, offered.model_id, header) else None
    is_whole = len(got) == 1  # a model in parts is known by its first, and the Hub states no hash of all of it
    seen = SeenFile(
        path=str(path),
        size_bytes=sum(one.size_bytes for one in got),
        mtime_ns=state_of([one.path for one in got]).mtime_ns,
        sha256=got[0].sha256 if is_whole else None,
        stated_sha256=got[0].stated_sha256 if is_whole else None,
        stated_by=clean_line(got[0].address),
        summary=digest.to_dict(),
        model_id=model_id,
    )
    library.note(conn, [seen])
    if is_whole and digest.is_model:
        _note_content(conn, got[0], header, model_id)
    return Pulled(path, sum(one.size_bytes for one in got), file, tuple(got), model_id, digest.kind)


def _note_content(conn: sqlite3.Connection, one: Downloaded, header: Header, model_id: int | None) -> None:
    row = registering.put(conn, str(one.path), state_of([one.path]), one.sha256, header)
    if model_id is not None and row.model_id is None:
        files.link(conn, row.id, model_id)


def _is_size_of(conn: sqlite3.Connection, model_id: int | None, header: Header) -> bool:
    from aa_tui.library.naming import same_size

    rows = models.by_model_id(conn, model_id) if model_id is not None else []
    return any(same_size(header.n_params, row.total_params_b) for row in rows)


def _ask(hub: Hub, repos: Sequence[str], is_cancelled: Callable[[], bool], *, only_first: bool) -> list[HubFile]:
    """The files of all repositories that answer. Raises the first refusal when none does."""
    found: list[HubFile] = []
    refused: HubError | None = None
    for repo in repos:
        try:
            found += the_hub.all_files_of(hub, repo, is_cancelled)
        except CancelledError:
            raise
        except HubUnreachableError as error:
            refused = refused or error
            break
        except HubError as error:
            refused = refused or error
            continue
        if only_first:
            break
    if not found and refused is not None:
        raise refused
    return found


def _discovered(hub: Hub, weights_url: str | None, name: str, is_cancelled: Callable[[], bool]) -> list[str]:
    """Repositories that the Hub knows to be quantized from a model's weights."""
    parts = (weights_url or "").rpartition("huggingface.co/")[2].split("/")
    if len(parts) < 2:
        raise HubError(f"Where the weights of {name} are is not known: name a repository, such as OWNER/NAME-GGUF.")
    weights = "/".join(parts[:2])
    repos = the_hub.repositories_of(hub, weights, is_cancelled)
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
