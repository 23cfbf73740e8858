"""From what the user typed to a queued run: which file, of which model, does it fit, which tests."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aa_tui.catalog import files, library, models, runs
from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.rows import FileRow
from aa_tui.gguf.places import typed_path
from aa_tui.runs import offload
from aa_tui.runs.errors import RunError
from aa_tui.runs.here import file_called
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.gguf.header import Header

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""

MEMORY_SHARE = 0.95
"""A file larger than this share of the free memory would be read from the disk for every token."""

PARAMS_TOLERANCE = 0.15
"""Published counts leave out embeddings or round; a file further off is of another model."""


@dataclass(frozen=True, slots=True)
class SpeedOptions:
    """What the user may set of a speed run. `None` means what suits the machine.

    `depths` of () are the usual ones, `sustained_s` of 0 the pack's; `sweeps` holds "threads" and "load"; `tariff` is
    the price of a kWh in words. `devices`, `tensor_split` and `rpc` are those of `EngineSettings`.
    """

    tests: tuple[str, ...] | None = None
    repetitions: int | None = None
    n_threads: int | None = None
    n_gpu_layers: int | None = None
    force: bool = False
    depths: tuple[int, ...] | None = None
    sweeps: tuple[str, ...] = ()
    sustained_s: float | None = None
    tariff: str | None = None
    devices: tuple[str, ...] = ()
    tensor_split: tuple[float, ...] = ()
    rpc: tuple[str, ...] = ()


def prepare(
    conn: sqlite3.Connection,
    target: str,
    *,
    model: str | None = None,
    options: SpeedOptions | None = None,
    on_progress: Progress | None = None,
) -> int:
    """Queue a speed run of a GGUF file, given by its path or by the name of its model. Returns the run's number.

    Raises:
        RunError: no such file, no file of the model, too large for the memory, or devices that are not there.
        GGUFError: the file is no GGUF, or a damaged one.
        UnknownModelError: no model goes by that name.
        SpeedError: a test that there is not, or one longer than the model's context.
    """
    from aa_tui.runs.engine_check import check_may_run
    from aa_tui.runs.speed_plan import fitting_tests, test_names

    options = options or SpeedOptions()
    names = test_names(options)
    settings = _settings(options)
    devices = offload.devices_for(settings)
    file = find_file(conn, target, model=model, on_progress=on_progress)
    settings["tests"] = fitting_tests(file, options, names)
    if not options.force:
        check_may_run(conn, file)
        if devices:
            offload.check_room(file, settings, devices)
        else:
            check_memory(file)
    return runs.create(conn, kind="speed", file=file, settings=settings)


def find_file(
    conn: sqlite3.Connection, target: str, *, model: str | None = None, on_progress: Progress | None = None
) -> FileRow:
    """The file that the user means, noted in the catalog and linked to a model. Raises as `prepare`."""
    path = typed_path(target)
    if not (path.exists() or os.sep in target or target.lower().endswith(".gguf")):
        return _file_of_model(conn, target, on_progress)
    if not path.exists():
        raise RunError(f"There is no file {clean_line(target)}.")
    if path.is_dir():
        raise RunError(f"{clean_line(target)} is a folder; name a .gguf file in it.")
    return _linked(conn, path, on_progress, model)


def _linked(conn: sqlite3.Connection, path: Path, on_progress: Progress | None, model: str | None = None) -> FileRow:
    """The file at a path, linked to the model of that name, else to the one that it is called as."""
    file, header = register(conn, path, on_progress)
    if model is not None:
        _link_to_named(conn, file, model)
    elif file.model_id is None and header is not None:
        files.link(conn, file.id, _guess_model(conn, file, header))
    return files.get(conn, file.id)


def register(
    conn: sqlite3.Connection, path: Path, on_progress: Progress | None = None
) -> tuple[FileRow, Header | None]:
    """Note a file with its content's sha256. One unchanged since it was hashed is not read again."""
    from aa_tui.gguf.files import sha256_of
    from aa_tui.gguf.header import read_header

    path = typed_path(str(path)).absolute()  # links stay: in the Hub's cache the link has the name, the content a hash
    header = read_header(path)
    stat = path.stat()
    shown = clean_line(str(path))
    known = files.by_stat(conn, shown, stat.st_size, stat.st_mtime_ns)
    if known is not None:
        return known, header
    file = files.put(
        conn,
        path=shown,
        sha256=sha256_of(path, on_progress),
        size_bytes=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
        quant=header.quant,
        architecture=header.architecture,
        n_params=header.n_params,
        context_tokens=header.context_tokens,
        name=header.name,
        metadata=header.metadata,
    )
    return file, header


def _settings(options: SpeedOptions) -> dict[str, Any]:
    from aa_tui.speed.electricity import parse_tariff

    return {
        "repetitions": options.repetitions,
        "n_threads": options.n_threads,
        "n_gpu_layers": options.n_gpu_layers,
        "devices": list(options.devices),
        "tensor_split": list(options.tensor_split),
        "rpc": list(options.rpc),
        "tariff": parse_tariff(options.tariff).to_dict() if options.tariff else None,
    }


def check_memory(file: FileRow) -> None:
    """Raises `RunError` where the file would not stay in memory."""
    from aa_tui.host.machine import available_memory_bytes

    free = available_memory_bytes()
    if file.size_bytes > free * MEMORY_SHARE:
        raise RunError(
            f"{Path(file.path).name} is {file.size_bytes / 1e9:.1f} GB but only {free / 1e9:.1f} GB of memory is free; "
            "close other programs, take a smaller quantization, or measure all the same with --force."
        )


def _file_of_model(conn: sqlite3.Connection, name: str, on_progress: Progress | None) -> FileRow:
    """The smallest file of a model that still lies on this machine, the bundled model's among them.

    A file that nothing is known of yet may be meant too, by a part of its name.
    """
    from aa_tui.runs.bundled import register_bundled

    bundled = register_bundled(conn, name)
    if bundled is not None:
        return bundled
    try:
        model = models.resolve(conn, name)
    except models.UnknownModelError:
        path = file_called(conn, name)
        if path is None:
            raise
        return _linked(conn, path, on_progress)
    known = [file.path for file in files.files_of_model(conn, model.model_id)]
    seen = [file.path for file in library.seen_of_model(conn, model.model_id)]  # found by `aa-tui gguf list`
    here = [path for path in (*known, *seen) if Path(path).exists()]
    if not here:
        path = file_called(conn, name)
        if path is not None:
            return _linked(conn, path, on_progress)
        raise RunError(
            f"No GGUF file of {model.name} is known on this machine; "
            f"get one with `aa-tui gguf pull {model.slug}`, or measure `aa-tui bench PATH --model {model.slug}`."
        )
    file, _ = register(conn, Path(here[0]), on_progress)
    if file.model_id is None:
        files.link(conn, file.id, model.model_id)
    return files.get(conn, file.id)


def _link_to_named(conn: sqlite3.Connection, file: FileRow, name: str) -> None:
    model = models.resolve(conn, name)
    if not same_size(file.n_params, model.total_params_b):
        raise RunError(
            f"{Path(file.path).name} has {(file.n_params or 0) / 1e9:.2f}B parameters but {model.name} "
            f"has {model.total_params_b:.2f}B, so it is no file of that model; leave out --model to measure it "
            "under its own name."
        )
    files.link(conn, file.id, model.model_id)


def same_size(n_params: int | None, total_params_b: float | None) -> bool:
    """Whether a file's parameters are those of a model, as far as both are known."""
    if not n_params or not total_params_b:
        return True
    return abs(n_params / 1e9 - total_params_b) <= PARAMS_TOLERANCE * total_params_b


def _guess_model(conn: sqlite3.Connection, file: FileRow, header: Header) -> int:
    """The catalog's model that is called as the file is and has its size, else a page made from the file."""
    from aa_tui.gguf.naming import model_name, without_quant
    from aa_tui.gguf.reasoning import formats
    from aa_tui.runs.bundled import is_bundled, page_id

    if is_bundled(file):
        return page_id(conn)
    stem = clean_line(Path(file.path).stem)
    own_name = model_name(header.name, stem)
    known = find_model(conn, (own_name, without_quant(stem)), file.n_params)
    if known is not None:
        return known
    taken = models.by_slug(conn, models.normalise(own_name))
    return files.add_local_model(
        conn,
        name=f"{own_name} (file)" if taken is not None and not taken.is_local else own_name,
        creator=clean_line(str(header.metadata.get("general.organization") or "unknown creator")),
        total_params_b=file.n_params / 1e9 if file.n_params else None,
        context_tokens=file.context_tokens,
        license_name=clean_line(str(header.metadata.get("general.license") or "")) or None,
        reasoning=formats().thinks(header.chat_template or ""),
        source_url=Path(file.path).name,
        as_of=utc_now()[:10],
    )


def find_model(conn: sqlite3.Connection, names: Sequence[str], n_params: int | None) -> int | None:
    """The catalog's model that goes by one of these names, or whose weights do, and has this size; its id."""
    wanted = [name for name in map(models.normalise, names) if name]  # nothing is left of some scripts' names
    found: dict[str, int] = {}
    for model_id, slug, own_name, weights_url, params_b in models.names(conn):
        if not same_size(n_params, params_b):
            continue
        weights = (weights_url or "").rpartition("huggingface.co/")[2].split("/")
        for called in map(models.normalise, (slug, own_name, *weights[1:2])):
            if called in wanted:
                found.setdefault(called, model_id)
    return next((found[name] for name in wanted if name in found), None)
