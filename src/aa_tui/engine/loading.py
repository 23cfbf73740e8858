"""Loading a model and making its context, with every failure as one sentence."""

from __future__ import annotations

import ctypes
import os
import re
from contextlib import ExitStack
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from aa_tui.engine import build, native, offload, phases, waiting
from aa_tui.engine.errors import EngineError, GivenUpError
from aa_tui.engine.needs import check_buffers, check_proportions, needs_of
from aa_tui.gguf import fit
from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.kinds import check_writes_text
from aa_tui.gguf.parts import read_parts
from aa_tui.gguf.quants import tensor_types
from aa_tui.gguf.shape import shape_of
from aa_tui.host.machine import available_memory_bytes, default_threads, own_memory_bytes
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from aa_tui.engine.needs import Needs
    from aa_tui.engine.offload import Device
    from aa_tui.engine.settings import EngineSettings
    from aa_tui.gguf.shape import Shape

    Progress = Callable[[float], object]


@dataclass(slots=True)
class Loaded:
    """A model and its context in llama.cpp's memory; `close` frees them. `allowed_bytes` is what they may take."""

    path: Path
    settings: EngineSettings
    model: int
    context: int
    load_s: float
    devices_used: tuple[dict[str, Any], ...]
    shape: Shape | None
    needs: Needs
    allowed_bytes: int
    pool: native.ThreadPool
    takers: Sequence[Device]
    _stack: ExitStack

    def close(self) -> None:
        """Free everything, in the right order."""
        self._stack.close()


def load(path: Path, settings: EngineSettings, on_progress: Progress | None) -> Loaded:
    """Load the GGUF at `path`; see `aa_tui.engine.llama.open_model`. Raises EngineError."""
    try:
        header, parts = read_parts(path)  # llama.cpp aborts the process on some files that this refuses
        check_writes_text(header, path.name)
    except GGUFError as error:
        raise EngineError(str(error)) from error
    low = native.library()
    settings = native.adopted().applied(settings)
    phases.enter("loading")
    build.add_servers(settings.rpc)
    available = build.devices()
    takers = offload.chosen(available, settings.devices, settings.tensor_split)
    settings = settings.resolved(
        default_threads=default_threads(), gpu_offload=bool(takers) if available else build.can_offload(())
    )
    shape = shape_of(header)
    check_proportions(header, shape, _label(path))
    if settings.n_gpu_layers == 0:
        _check_room(path, shape, settings)
    needs = needs_of(header, shape, settings, len(takers))
    held = own_memory_bytes() or 0
    phases.allow(held + needs.to_load())
    native.fresh_log()
    start = perf_counter()
    with ExitStack() as stack:
        model = _load_model(low, parts, settings, takers, on_progress)
        stack.callback(low.llama_model_free, model)
        if settings.rpc:
            waiting.bound(settings.rpc)
        n_threads = max(settings.n_threads or 1, settings.n_threads_batch or 1)
        pool = native.ThreadPool(n_threads)
        stack.callback(pool.close)
        on_devices = bool(takers and settings.n_gpu_layers)
        context = _context(low, model, _context_params(low, settings), path, on_devices=on_devices)
        stack.callback(low.llama_free, context)
        holding = used(native.log.lines(), takers)
        check_buffers(needs, holding, _label(path))
        allowed = held + needs.to_run(holding)
        phases.allow(allowed)
        pool.attach(context)
        seconds = perf_counter() - start
        return Loaded(
            path, settings, model, context, seconds, holding, shape, needs, allowed, pool, takers, stack.pop_all()
        )


def beside(loaded: Loaded, settings: EngineSettings, *, of_heads: bool) -> Loaded:
    """Another context of a loaded model, with other settings of the context; close it before the model.

    `of_heads` makes one that computes the layers for multi-token prediction alone. Raises EngineError as `load`.
    """
    low = native.library()
    if settings.n_gpu_layers == 0 and not of_heads:
        _check_room(loaded.path, loaded.shape, settings)
    phases.allow(loaded.allowed_bytes + loaded.needs.to_load())
    native.fresh_log()
    start = perf_counter()
    params = _context_params(low, settings)
    if of_heads:
        params.ctx_type = low.LLAMA_CONTEXT_TYPE_MTP
        params.ctx_other = loaded.context
    on_devices = bool(loaded.takers and settings.n_gpu_layers)
    with ExitStack() as stack:
        context = _context(low, loaded.model, params, loaded.path, on_devices=on_devices)
        stack.callback(low.llama_free, context)
        holding = used(native.log.lines(), loaded.takers)
        check_buffers(loaded.needs, holding, _label(loaded.path))
        allowed = loaded.allowed_bytes + loaded.needs.to_run(holding)
        phases.allow(allowed)
        loaded.pool.attach(context)
        return replace(
            loaded,
            settings=settings,
            context=context,
            load_s=perf_counter() - start,
            devices_used=holding,
            allowed_bytes=allowed,
            _stack=stack.pop_all(),
        )


def _context(low: Any, model: int, params: Any, path: Path, *, on_devices: bool) -> int:
    context = low.llama_init_from_model(model, params)
    if not context:
        reason = native.log.reason() or "no reason given"
        fewer = " or fewer layers on the device with -ngl" if on_devices else ""
        raise EngineError(
            f"llama.cpp cannot make a context of {params.n_ctx // params.n_seq_max:,} tokens for {_label(path)} "
            f"({reason}): free some memory or ask for a shorter context{fewer}."
        )
    return int(context)


def _check_room(path: Path, shape: Shape | None, settings: EngineSettings) -> None:
    """Refuse a context that llama.cpp would be killed for: it fills the KV cache when it makes one."""
    if shape is None or not {settings.type_k, settings.type_v} <= fit.CACHE_TYPE_BYTES.keys():
        return
    plan = fit.Plan(settings.n_ctx, settings.n_seq_max, settings.type_k, settings.type_v, settings.n_ubatch)
    needed, free = fit.kv_cache_bytes(shape, plan), available_memory_bytes()
    if needed > free:
        raise EngineError(
            f"A context of {settings.n_ctx:,} tokens for each of {settings.n_seq_max} sequences takes "
            f"{needed / 1e9:,.1f} GB for {_label(path)}, and {free / 1e9:,.1f} GB of memory are free: "
            "ask for a shorter context, fewer slots or a smaller cache type."
        )


def _load_model(
    low: Any, parts: Sequence[Path], settings: EngineSettings, takers: Sequence[Device], on_progress: Progress | None
) -> int:
    raised: list[BaseException] = []
    given_up = False

    def report(fraction: float, _user_data: object) -> bool:
        nonlocal given_up
        try:
            given_up = on_progress is not None and on_progress(fraction) is False
        except BaseException as error:  # noqa: BLE001  # C cannot carry it: raised again below
            raised.append(error)
            return False
        return not given_up

    params = low.llama_model_default_params()
    params.n_gpu_layers = settings.n_gpu_layers
    params.load_mode = low.LLAMA_LOAD_MODE_AUTO if settings.use_mmap else low.LLAMA_LOAD_MODE_NONE
    params.use_extra_bufts = native.adopted().extra_buffers
    if settings.mtp:
        params.load_mtp = True
    params.progress_callback = low.llama_progress_callback(report)
    if settings.devices or settings.tensor_split:  # else llama.cpp's own choice
        pointers = (ctypes.c_void_p * (len(takers) + 1))(*(build.device_pointer(one.name) for one in takers), None)
        params.devices = ctypes.cast(pointers, ctypes.c_void_p)
    if settings.tensor_split:
        params.tensor_split = (ctypes.c_float * low.llama_max_devices())(*settings.tensor_split)
    paths = (ctypes.c_char_p * len(parts))(*map(os.fsencode, parts))  # named, since not every store names parts so
    if len(parts) > 1:
        model = low.llama_model_load_from_splits(paths, len(parts), params)
    else:
        model = low.llama_model_load_from_file(paths[0], params)
    if raised:
        raise raised[0]
    if model:
        return int(model)
    if given_up:
        raise GivenUpError(f"Loading {_label(parts[0])} was given up.")
    reason = native.log.reason() or "no reason given"
    cure = "download it again, or another quantization of it"
    if takers and "unable to allocate" in reason:
        cure = "put fewer layers there with -ngl, or free memory there"
    raise EngineError(f"llama.cpp cannot load {_label(parts[0])} ({reason}): {cure}.")


def used(lines: Iterable[str], takers: Sequence[Device]) -> tuple[dict[str, Any], ...]:
    """The devices that hold something of the model, with the bytes of weights, KV cache and buffers on each.

    As llama.cpp's log of the loading tells, in which what no device holds is the processor's.
    """
    found: dict[str, dict[str, Any]] = {}
    for line in lines:
        match = _BUFFER.search(line)
        if match is None:
            continue
        device = next((one for one in takers if _holds(one, match[1])), None)
        name = device.name if device else offload.CPU
        entry = {"name": name, "description": device.description if device else "", **dict.fromkeys(_PARTS.values(), 0)}
        found.setdefault(name, entry)[_PARTS[match[2]]] += round(float(match[3]) * (1 << 20))
    # a device without a layer may still compute prompts for the processor, which takes a buffer
    return tuple(one for one in found.values() if any(one[part] for part in _PARTS.values()))


_PARTS = {"model": "weights_bytes", "KV": "kv_cache_bytes", "RS": "kv_cache_bytes", "compute": "compute_bytes"}
_BUFFER = re.compile(r"(\S+)\s+(model|KV|RS|compute) buffer size = +([0-9.]+) MiB")


def _holds(device: Device, buffer: str) -> bool:
    """Whether a buffer such as "RPC0[box:50052]" or "MTL0_Mapped" is of that device; the server counts its own."""
    if device.is_remote:
        return buffer.endswith(f"[{device.description}]")
    return buffer == device.name or buffer.startswith(f"{device.name}_")


def _context_params(low: Any, settings: EngineSettings) -> Any:
    params = low.llama_context_default_params()
    params.n_ctx = settings.n_ctx * settings.n_seq_max  # llama.cpp divides it among the sequences
    params.n_seq_max = settings.n_seq_max
    params.kv_unified = settings.kv_unified
    params.n_batch = settings.n_batch
    params.n_ubatch = settings.n_ubatch
    params.n_threads = settings.n_threads
    params.n_threads_batch = settings.n_threads_batch
    params.type_k = _type_number(settings.type_k)
    params.type_v = _type_number(settings.type_v)
    params.flash_attn_type = {
        "auto": low.LLAMA_FLASH_ATTN_TYPE_AUTO,
        "on": low.LLAMA_FLASH_ATTN_TYPE_ENABLED,
        "off": low.LLAMA_FLASH_ATTN_TYPE_DISABLED,
    }[settings.flash_attn]
    # llama-bench's, see cmd_params_instance::to_llama_cparams; the bindings' own default differs
    params.swa_full = False
    if settings.forks and settings.kv_unified:
        # A copy shares all cells of its text, also those that a window has left: none of them would ever be free again.
        params.swa_full = True
    if settings.n_rollback:
        params.n_rs_seq = settings.n_rollback
    return params


def _type_number(cache_type: str) -> int:
    for number, kind in tensor_types().items():
        if kind.name.lower() == cache_type:
            return number
    raise EngineError(f"There is no cache type {clean_line(cache_type)}: f16 and q8_0 always work.")


def _label(path: Path) -> str:
    return clean_line(str(path))
