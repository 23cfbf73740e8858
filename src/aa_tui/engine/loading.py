"""Loading a model and making its context, with every failure as one sentence."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from aa_tui.engine import native, phases
from aa_tui.engine.errors import EngineError, GivenUpError
from aa_tui.gguf import fit
from aa_tui.gguf.header import GGUFError, read_header
from aa_tui.gguf.quants import tensor_types
from aa_tui.gguf.shape import shape_of
from aa_tui.host.machine import available_memory_bytes, default_threads
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aa_tui.engine.settings import EngineSettings
    from aa_tui.gguf.shape import Shape

    Progress = Callable[[float], object]


@dataclass(slots=True)
class Loaded:
    """A model and its context in llama.cpp's memory; `close` frees them."""

    path: Path
    settings: EngineSettings
    model: int
    context: int
    load_s: float
    _stack: ExitStack

    def close(self) -> None:
        """Free everything, in the right order."""
        self._stack.close()


def load(path: Path, settings: EngineSettings, on_progress: Progress | None) -> Loaded:
    """Load the GGUF at `path`; see `aa_tui.engine.llama.open_model`. Raises EngineError."""
    try:
        header = read_header(path)  # llama.cpp aborts the process on some files that this refuses
    except GGUFError as error:
        raise EngineError(str(error)) from error
    low = native.library()
    settings = settings.resolved(default_threads=default_threads(), gpu_offload=bool(low.llama_supports_gpu_offload()))
    settings = native.adopted().applied(settings)
    phases.enter("loading")
    if settings.n_gpu_layers == 0:
        _check_room(path, shape_of(header), settings)
    native.log.clear()
    start = perf_counter()
    with ExitStack() as stack:
        model = _load_model(low, path, settings, on_progress)
        stack.callback(low.llama_model_free, model)
        n_threads = max(settings.n_threads or 1, settings.n_threads_batch or 1)
        pool = native.ThreadPool(n_threads)
        stack.callback(pool.close)
        context = low.llama_init_from_model(model, _context_params(low, settings))
        if not context:
            reason = native.log.reason() or "no reason given"
            raise EngineError(
                f"llama.cpp cannot make a context of {settings.n_ctx:,} tokens for {_label(path)} "
                f"({reason}): free some memory or ask for a shorter context."
            )
        stack.callback(low.llama_free, context)
        pool.attach(context)
        return Loaded(path, settings, model, context, perf_counter() - start, stack.pop_all())


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


def _load_model(low: Any, path: Path, settings: EngineSettings, on_progress: Progress | None) -> int:
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
    params.progress_callback = low.llama_progress_callback(report)
    model = low.llama_model_load_from_file(os.fsencode(path), params)
    if raised:
        raise raised[0]
    if model:
        return int(model)
    if given_up:
        raise GivenUpError(f"Loading {_label(path)} was given up.")
    raise EngineError(
        f"llama.cpp cannot load {_label(path)} ({native.log.reason() or 'no reason given'}): "
        "download it again, or another quantization of it."
    )


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
    return params


def _type_number(cache_type: str) -> int:
    for number, kind in tensor_types().items():
        if kind.name.lower() == cache_type:
            return number
    raise EngineError(f"There is no cache type {clean_line(cache_type)}: f16 and q8_0 always work.")


def _label(path: Path) -> str:
    return clean_line(str(path))
