"""For each file, context and number of slots: does it fit, and how fast will it be."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aa_tui.catalog import models
from aa_tui.catalog.models import UnknownModelError
from aa_tui.catalog.rows import FileRow, ModelRow
from aa_tui.gguf import fit
from aa_tui.gguf.digest import digest_of
from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.hub import HubFile, seed_files
from aa_tui.gguf.kinds import kinds, refusal
from aa_tui.gguf.known import KnownModel, known_models
from aa_tui.gguf.naming import model_name
from aa_tui.gguf.parts import read_parts
from aa_tui.gguf.shape import Shape
from aa_tui.library.room import Room
from aa_tui.library.scan import Library, LibraryFile, matching

CONTEXTS = (4096, 16_384, 65_536)

Planner = Callable[[int | None], fit.Plan]
"""How a model that was trained for so many tokens (None: nobody knows) would be run."""

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


_UNQUANTIZED = ("F16", "BF16", "F32")

LOSS = {
    "Q2_K": 3.5199,
    "Q3_K_S": 1.6321,
    "Q3_K_M": 0.6569,
    "Q3_K_L": 0.5562,
    "Q4_0": 0.4685,
    "Q4_K_S": 0.2689,
    "Q4_K_M": 0.1754,
    "Q5_0": 0.1316,
    "Q5_K_S": 0.1049,
    "Q5_K_M": 0.0569,
    "Q6_K": 0.0217,
    "Q8_0": 0.0026,
}
"""By how much the perplexity of Llama 3 8B rises: what llama.cpp's tools/quantize/quantize.cpp says of each."""


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
class Speed:
    """Tokens/s, measured in run `run_id`, or expected where that is None."""

    tokens_per_s: float
    run_id: int | None = None
    is_unreliable: bool = False

    @property
    def words(self) -> str:
        """The figure, with ~ where it is only expected and ! where the machine was busy: "~3.9", "613", "34.0!"."""
        shown = f"{self.tokens_per_s:,.1f}" if self.tokens_per_s < 100 else f"{self.tokens_per_s:,.0f}"
        return f"~{shown}" if self.run_id is None else f"{shown}!" if self.is_unreliable else shown

    @property
    def source(self) -> str:
        """Where the figure comes from."""
        if self.run_id is None:
            return "an estimate from the memory's bandwidth"
        busy = "; unreliable: measure again when idle" if self.is_unreliable else ""
        return f"measured in run {self.run_id}{busy}"


@dataclass(frozen=True, slots=True)
class Fit:
    """A candidate in one plan. `gpu_layers` is how many layers the devices hold, the output counted as one more.
    `speed` is None where nothing lets one expect any."""

    candidate: Candidate
    plan: fit.Plan
    memory: fit.Memory
    mark: fit.Mark
    gpu_mark: fit.Mark | None
    gpu_layers: int | None
    speed: Speed | None


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


def planned(candidates: Iterable[Candidate], room: Room, plan_of: Planner) -> list[Fit]:
    """Every candidate as it would be run."""
    return [_fit(one, room, plan_of(one.context_tokens)) for one in candidates]


def short(trained: int | None) -> fit.Plan:
    """With the shortest of the contexts."""
    return fit.Plan(CONTEXTS[0])


def file_fit(file: FileRow, room: Room, plan_of: Planner) -> Fit | None:
    """A file here, known by its row, as it would be run; None where it can no longer be read."""
    try:
        digest = digest_of(read_parts(Path(file.path))[0])
    except GGUFError:
        return None
    candidate = Candidate(
        model=file.shown_name,
        slug=None,
        quant=file.quant or "",
        size_bytes=file.size_bytes,
        size_is_estimate=False,
        weights=digest.weights(file.size_bytes, room.repacked),
        shape=digest.shape,
        context_tokens=file.context_tokens,
        path=file.path,
        sha256=file.sha256,
    )
    return _fit(candidate, room, plan_of(file.context_tokens))


def _fit(one: Candidate, room: Room, plan: fit.Plan) -> Fit:
    memory = fit.memory_of(one.weights, one.shape, plan)
    gpu_mark, gpu_layers = _on_devices(one, room, plan)
    measured = room.measured.get(one.sha256 or "")
    speed = Speed(measured.tps, measured.run_id, measured.is_unreliable) if measured else _expected(one.weights, room)
    return Fit(one, plan, memory, _mark(memory, room), gpu_mark, gpu_layers, speed)


def _mark(memory: fit.Memory, room: Room) -> fit.Mark:
    """Whether it fits the free memory. A limit of the address space counts pages of the file as well."""
    return fit.mark(memory.total if room.counts_mapped else memory.needed, room.free_bytes)


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


def _expected(weights: fit.Weights, room: Room) -> Speed | None:
    """What the memory's bandwidth lets expect."""
    if room.bandwidth is None or not weights.read_per_token_bytes:
        return None
    return Speed(fit.tokens_per_s(weights, room.bandwidth.bytes_per_s, room.efficiency, room.overhead_s))


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
        others = [] if chosen else [file for file in matching(library.files, target) if file.digest.kind]
        if others and not asked:
            raise GGUFError(refusal(kinds().by_name[others[0].digest.kind], others[0].name)) from None
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
    """A file on this machine. Raises GGUFError for one that is no model that writes text."""
    if file.digest.kind:
        raise GGUFError(refusal(kinds().by_name[file.digest.kind], file.name))
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


def offer_fit(
    conn: sqlite3.Connection, model_id: int | None, file: HubFile, room: Room, plan_of: Planner = short
) -> Fit | None:
    """A file to be pulled, as it would be run; None where its size is not known."""
    rows = models.by_model_id(conn, model_id) if model_id is not None else []
    known = known_of(rows[0].slug) if rows else None
    params_b, trained = (rows[0].total_params_b, rows[0].context_tokens) if rows else (None, None)
    one = _of_hub(file, known, params_b, room=room, shape=known.shape if known else None, context=trained)
    return _fit(one, room, plan_of(trained)) if one.size_bytes else None


def offered(known: KnownModel | None, model: ModelRow, room: Room) -> list[Candidate]:
    """What can be pulled of a model: as its manifest says, else the usual quantizations at their usual sizes."""
    files = _first_of_each(seed_files(known.repositories)) if known else []
    files = files or [HubFile("", quant, ()) for quant in _BITS_PER_WEIGHT]
    shape, trained = known.shape if known else None, model.context_tokens
    found = [_of_hub(one, known, model.total_params_b, room=room, shape=shape, context=trained) for one in files]
    return [one for one in found if one.size_bytes]


def best(offered: Sequence[Fit | None]) -> Fit | None:
    """The best quantization that fits: the largest file that does with room to spare, else barely; None for none.

    A file of 16 bits is no better than Q8_0 in any measurement known, and half as fast.
    """
    for mark in ("fits", "tight"):
        fitting = [one for one in offered if one is not None and one.mark == mark]
        quantized = [one for one in fitting if one.candidate.quant.upper() not in _UNQUANTIZED] or fitting
        if quantized:
            return max(quantized, key=lambda one: one.candidate.size_bytes)
    return None


def best_of_one(found: Sequence[Fit]) -> Fit | None:
    """The best of one model's files; None where files of several models are among them."""
    return best(found) if len({one.candidate.slug or one.candidate.model for one in found}) == 1 else None


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
