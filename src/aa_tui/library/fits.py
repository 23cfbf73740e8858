"""For each file, context and number of slots: does it fit, and how fast will it be."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aa_tui.catalog import models
from aa_tui.catalog.models import UnknownModelError
from aa_tui.gguf import fit
from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.hub import HubFile, seed_files
from aa_tui.gguf.known import KnownModel, known_models
from aa_tui.gguf.naming import model_name
from aa_tui.gguf.shape import Shape
from aa_tui.library.room import Room
from aa_tui.library.scan import Library, LibraryFile, matching

CONTEXTS = (4096, 16_384, 65_536)

_BITS_PER_WEIGHT = {
    "Q2_K": 3.2,
    "Q3_K_S": 3.6,
    "Q3_K_M": 4.0,
    "Q3_K_L": 4.3,
    "IQ4_XS": 4.4,
    "Q4_0": 4.7,
    "Q4_K_S": 4.7,
    "Q4_K_M": 4.9,
    "Q5_0": 5.6,
    "Q5_K_S": 5.6,
    "Q5_K_M": 5.7,
    "Q6_K": 6.6,
    "Q8_0": 8.5,
    "F16": 16.0,
    "BF16": 16.0,
}
"""Of usual files, for an estimate where no size is known; llama.cpp's table in tools/quantize/README.md, rounded up."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file to fit: here (`path`) or to be pulled (`repo`, `file`). Its size may be an estimate."""

    model: str
    slug: str | None
    quant: str
    size_bytes: int
    size_is_estimate: bool
    weights: fit.Weights
    shape: Shape | None
    context_tokens: int | None
    path: str | None = None
    repo: str | None = None
    file: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """A candidate in one plan. `gpu_layers` is how many layers the devices hold, the output counted as one more.
    `tokens_per_s` was measured in run `run_id`, or is expected where that is None."""

    candidate: Candidate
    plan: fit.Plan
    memory: fit.Memory
    mark: fit.Mark
    gpu_mark: fit.Mark | None
    gpu_layers: int | None
    tokens_per_s: float | None
    run_id: int | None


def fits(
    candidates: Iterable[Candidate], room: Room, contexts: Sequence[int], slots: Sequence[int], types: tuple[str, str]
) -> list[Fit]:
    """Every candidate in every plan; contexts longer than a model was trained for are left out."""
    found = []
    for one in candidates:
        for n_slots in slots:
            for n_ctx in contexts:
                if one.context_tokens is None or n_ctx <= one.context_tokens:
                    found.append(_fit(one, room, fit.Plan(n_ctx, n_slots, *types)))
    return found


def _fit(one: Candidate, room: Room, plan: fit.Plan) -> Fit:
    memory = fit.memory_of(one.weights, one.shape, plan)
    gpu_mark, gpu_layers = _on_devices(one, room, plan)
    tps, run_id = expected_tps(one.weights, one.sha256, room)
    return Fit(one, plan, memory, fit.mark(memory.total, room.free_bytes), gpu_mark, gpu_layers, tps, run_id)


def _on_devices(one: Candidate, room: Room, plan: fit.Plan) -> tuple[fit.Mark | None, int | None]:
    """Whether the devices hold all layers, and how many they hold; None where there are none, or nothing is known."""
    known = [device for device in room.devices if device.free_bytes]
    if not known:
        return None, None
    free = sum(device.free_bytes for device in known)
    marks = [
        fit.mark(
            fit.gpu_memory_of(one.weights, one.shape, plan, device.context_bytes, device.free_bytes / free).total,
            device.free_bytes,
        )
        for device in known
    ]
    held = [(device.free_bytes, device.context_bytes) for device in known]
    layers = fit.layers_that_fit(one.weights, one.shape, plan, held) if one.shape is not None else None
    return max(marks, key=("fits", "tight", "no").index), layers


def expected_tps(weights: fit.Weights, sha256: str | None, room: Room) -> tuple[float | None, int | None]:
    """Tokens/s and the run that measured them; without a run, what the memory's bandwidth lets expect."""
    measured = room.measured.get(sha256 or "")
    if measured is not None:
        return measured
    if room.bandwidth is None or not weights.read_per_token_bytes:
        return None, None
    return fit.tokens_per_s(weights, room.bandwidth.bytes_per_s, room.efficiency), None


def candidates(
    conn: sqlite3.Connection, library: Library, room: Room, target: str | None, asked: Sequence[HubFile] = ()
) -> list[Candidate]:
    """What the user means: everything here, the files of a model here and to be pulled, or one file.

    `asked` are files that the Hub told of; they replace what manifests know. Raises GGUFError, UnknownModelError.
    """
    here = [file for file in library.files if file.digest.is_model]
    if target is None:
        return [of_file(file, room) for file in here]
    known = known_of(target)
    slug = known.slug if known else None
    model_id = None
    try:
        row = models.resolve(conn, slug or target)
        model_id, slug = row.model_id, row.slug
    except UnknownModelError:
        chosen = matching(here, target)
        if not chosen and not asked:
            raise
        return [of_file(file, room) for file in chosen] + [_of_hub(one, None, None, room=room) for one in asked]
    mine = [file for file in here if file.model_id == model_id]
    shape = next((file.digest.shape for file in mine if file.digest.shape), None) or (known.shape if known else None)
    files = list(asked) or (seed_files(known.repositories) if known else [])
    offers = [
        _of_hub(one, known, row.total_params_b, room=room, shape=shape, slug=slug, context=row.context_tokens)
        for one in _first_of_each(files)
        if one.quant
    ]
    found = [of_file(file, room) for file in mine]
    have = {one.quant for one in found}
    found += [one for one in offers if one.size_bytes and one.quant not in have]
    if not found:
        raise GGUFError(
            f"No GGUF file of {row.name} is known, here or on the Hub: "
            f"`aa-tui gguf pull {row.slug} --list` asks the Hub for some."
        )
    return sorted(found, key=lambda one: one.size_bytes)


def of_file(file: LibraryFile, room: Room) -> Candidate:
    """A file on this machine."""
    return Candidate(
        model=file.model or model_name(file.digest.name, file.name),
        slug=file.slug,
        quant=file.quant,
        size_bytes=file.size_bytes,
        size_is_estimate=False,
        weights=file.digest.weights(file.size_bytes, room.repacked),
        shape=file.digest.shape,
        context_tokens=file.digest.context_tokens,
        path=file.path,
        repo=file.repo,
        file=file.name,
        sha256=file.sha256,
    )


def offer_mark(conn: sqlite3.Connection, model_id: int | None, file: HubFile, room: Room) -> fit.Mark | None:
    """Whether a file to be pulled fits with a short context; None where its size is not known."""
    rows = models.by_model_id(conn, model_id) if model_id is not None else []
    known = known_of(rows[0].slug) if rows else None
    one = _of_hub(
        file, known, rows[0].total_params_b if rows else None, room=room, shape=known.shape if known else None
    )
    if not one.size_bytes:
        return None
    return fit.mark(fit.memory_of(one.weights, one.shape, fit.Plan(CONTEXTS[0])).total, room.free_bytes)


def known_of(target: str) -> KnownModel | None:
    """The known model that goes by this slug or name."""
    wanted = models.normalise(target)
    for one in known_models():
        if wanted in map(models.normalise, (*one.slugs, one.name)):
            return one
    return None


def estimated_size(params_b: float | None, quant: str) -> int:
    """About how large a file is, 0 where its quantization is unusual."""
    return int((params_b or 0) * 1e9 * _BITS_PER_WEIGHT.get(quant.upper(), 0.0) / 8)


def _of_hub(
    one: HubFile,
    known: KnownModel | None,
    params_b: float | None,
    *,
    room: Room,
    shape: Shape | None = None,
    slug: str | None = None,
    context: int | None = None,
) -> Candidate:
    size = one.size_bytes or estimated_size(params_b, one.quant)
    return Candidate(
        model=known.name if known else one.repo,
        slug=slug,
        quant=one.quant,
        size_bytes=size,
        size_is_estimate=one.size_bytes is None,
        weights=fit.weights_by_size(size, one.quant.upper(), room.repacked, shape),
        shape=shape,
        context_tokens=context,
        repo=one.repo,
        file=one.file,
    )


def _first_of_each(files: Sequence[HubFile]) -> list[HubFile]:
    """One file of each quantization: that of the repository named first."""
    found: dict[str, HubFile] = {}
    for one in files:
        found.setdefault(one.quant.upper(), one)
    return list(found.values())
