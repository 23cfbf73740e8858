"""What this machine has for a model: memory, its bandwidth, a GPU; and how much of the bandwidth runs have reached."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from aa_tui.catalog import library
from aa_tui.engine import binaries
from aa_tui.engine.offload import Device, ask_build, chosen, devices_of
from aa_tui.engine.ways import AS_BUILT
from aa_tui.gguf import fit
from aa_tui.gguf.digest import Digest
from aa_tui.host import bandwidth, gpus, machine, processor
from aa_tui.library import engine_trial


@dataclass(frozen=True, slots=True)
class Room:
    """This machine now. `bandwidth` (bytes/s) is None where it was not measured. `devices` are those for layers.

    `efficiency` is the share of it that generation reaches: measured when `efficiency_run` names a run.
    """

    fingerprint: str
    free_bytes: int
    devices: tuple[Device, ...]
    repacked: frozenset[str]
    bandwidth: library.Bandwidth | None
    efficiency: float
    efficiency_run: int | None
    measured: dict[str, library.MeasuredSpeed]  # of each measured file, by sha256
    overhead_s: float = fit.TOKEN_OVERHEAD_S  # of a token, beside reading the weights
    counts_mapped: bool = False  # whether a limit counts the pages of mapped files too


def room_here(
    conn: sqlite3.Connection,
    *,
    measure: bool = True,
    anew: bool = False,
    devices: Sequence[str] = (),
    rpc: Sequence[str] = (),
) -> Room:
    """Look at this machine. Its bandwidth is measured when it never was (2 s) and `measure`, or `anew`.

    The devices for layers are those named and those of RPC servers, or else what there is. Raises EngineError for
    some that are not there.
    """
    here = machine.describe()
    trial = engine_trial.known(conn)
    way = AS_BUILT if trial is None else engine_trial.as_test(trial).way
    repacked = fit.repacked_types(way.features(processor.features()))
    known = library.bandwidth(conn, here.fingerprint)
    if anew or (known is None and measure):
        known = _measured(conn, here.fingerprint)
    runs = library.measured_tg(conn, here.fingerprint)
    sized = _sized(conn, runs, repacked)
    efficiency, run = _efficiency(sized, known)
    return Room(
        fingerprint=here.fingerprint,
        free_bytes=machine.available_memory_bytes(),
        devices=_devices(devices, rpc),
        repacked=repacked,
        bandwidth=known,
        efficiency=efficiency,
        efficiency_run=run,
        measured={one.sha256: one for one in runs},
        overhead_s=_overhead_s(sized, known, efficiency),
        counts_mapped=machine.limits_address_space(),
    )


def _devices(names: Sequence[str], rpc: Sequence[str]) -> tuple[Device, ...]:
    """NVIDIA's driver is asked first, which is quick and needs no build for it; llama.cpp takes a second."""
    found = gpus.gpus() if not names and not rpc else []
    if found:
        best = max(found, key=lambda gpu: gpu.free_bytes)
        return (Device("CUDA0", best.name, "GPU", best.memory_bytes, best.free_bytes),)
    if names or rpc or _has_gpu_backend():
        return chosen(devices_of(ask_build(rpc)), names, ())
    return ()


def _has_gpu_backend() -> bool:
    """Whether there is a library for something else than processors beside llama.cpp's."""
    kinds = {path.name.partition("ggml-")[2].partition(".")[0] for path in binaries.libraries()}
    return any(kind and not kind.startswith(_NO_GPU) for kind in kinds)


_NO_GPU = ("base", "cpu", "blas", "rpc", "zdnn")


def _measured(conn: sqlite3.Connection, fingerprint: str) -> library.Bandwidth | None:
    try:
        found = bandwidth.measure()
    except bandwidth.BandwidthError:
        return None
    try:
        return library.put_bandwidth(conn, fingerprint, found.bytes_per_s, found.n_threads)
    except sqlite3.OperationalError:  # a catalog that is only to be read
        return library.Bandwidth(found.bytes_per_s, found.n_threads, "")


Sized = list[tuple[fit.Weights, float, int]]
"""Of each measured file, the largest first: its weights, tokens/s and run."""


def _sized(conn: sqlite3.Connection, runs: list[library.MeasuredSpeed], repacked: frozenset[str]) -> Sized:
    rows = [row for row in library.seen(conn).values() if row.summary]
    digests = {(row.sha256 or row.stated_sha256): Digest.from_dict(row.summary) for row in rows}
    return [
        (digest.weights(one.size_bytes, repacked), one.tps, one.run_id)
        for one in sorted(runs, key=lambda run: -run.size_bytes)
        if (digest := digests.get(one.sha256)) is not None and one.tps > 0 and not one.is_unreliable
    ]


def _efficiency(sized: Sized, known: library.Bandwidth | None) -> tuple[float, int | None]:
    """What the largest file measured here reached: small ones fit the caches and tell nothing of the memory."""
    for weights, tps, run_id in sized:
        share = fit.efficiency_of(weights, known.bytes_per_s, tps) if known is not None else 0.0
        if weights.size_bytes >= _LEAST_BYTES and _LEAST_SHARE < share < _MOST_SHARE:
            return share, run_id
    return fit.MEMORY_EFFICIENCY, None


def _overhead_s(sized: Sized, known: library.Bandwidth | None, efficiency: float) -> float:
    """What the smallest file measured here took beside reading its weights."""
    small = [one for one in sized if one[0].size_bytes < _LEAST_BYTES]
    if known is None or not small:
        return fit.TOKEN_OVERHEAD_S
    weights, tps, _ = small[-1]
    return fit.overhead_of(weights, known.bytes_per_s, efficiency, tps)


_LEAST_BYTES = 500_000_000
_LEAST_SHARE, _MOST_SHARE = 0.05, 1.5
"""Outside of these a run was disturbed, ran on a GPU, or the bandwidth was measured under load."""
