"""llama.cpp's shared library: loaded once in a process, its log caught, its other symbols at hand."""

from __future__ import annotations

import ctypes
import logging
import os
import sys
from collections import deque
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Any

from aa_tui.engine import amx
from aa_tui.engine.errors import NotLoadedError
from aa_tui.engine.ways import AS_BUILT, Way
from aa_tui.textsafe import clean_line

_logger = logging.getLogger("aa_tui.engine.llama_cpp")
_logger.addHandler(logging.NullHandler())  # without it Python would print warnings to the terminal

_DEBUG, _ERROR, _CONT = 1, 4, 5  # enum ggml_log_level of ggml.h; the numbers in llama-cpp-python's logger are older
_LEVELS = {_DEBUG: logging.DEBUG, 2: logging.INFO, 3: logging.WARNING, _ERROR: logging.ERROR}
_MAX_LINE = 2_000
_CPU_DEVICE = 0  # enum ggml_backend_dev_type of ggml-backend.h
_LOADING = "error loading model: "


class LogTail:
    """The last lines of llama.cpp's log, cleaned; also passed on to Python's logging."""

    def __init__(self, n_lines: int = 200) -> None:
        self._lines: deque[tuple[int, str]] = deque(maxlen=n_lines)
        self._level = 0
        self._part = ""

    def feed(self, level: int, text: str) -> None:
        """Take a piece of log; pieces of the level CONT continue the line before."""
        if level != _CONT:
            self._flush()
            self._level = level
        *whole, rest = (self._part + text).split("\n")
        for line in whole:
            self._part = line
            self._flush()
        self._part = rest[:_MAX_LINE]

    def lines(self) -> list[str]:
        """The last lines, oldest first."""
        return [line for _, line in self._lines]

    def clear(self) -> None:
        """Forget all lines, so that those to come belong to one operation."""
        self._lines.clear()
        self._part = ""

    def reason(self) -> str:
        """Why the last operation failed, as far as the log tells; empty if it does not."""
        self._flush()
        errors = [line for level, line in self._lines if level == _ERROR]
        for line in errors:  # "llama_model_load: error loading model: REASON"
            if _LOADING in line:
                return line.rpartition(_LOADING)[2]
        telling = [line for line in errors if "failed to load model" not in line] or errors
        if not telling:
            return ""
        function, _, message = telling[-1].partition(": ")
        return message if function.isidentifier() and message else telling[-1]

    def _flush(self) -> None:
        line = clean_line(self._part[:_MAX_LINE])
        self._part = ""
        if line:
            if self._level != _DEBUG:  # hundreds of lines a load, which would push out the telling ones
                self._lines.append((self._level, line))
            _logger.log(_LEVELS.get(self._level, logging.DEBUG), "%s", line)


log = LogTail()


def follow_log(say: Callable[[str], object]) -> None:
    """Hand every line of llama.cpp's log on, but those for its own makers: what it said last outlives a crash then."""
    _logger.addHandler(_Lines(say))
    _logger.setLevel(logging.INFO)
    _logger.propagate = False


class _Lines(logging.Handler):
    """Each record as a line for a function."""

    def __init__(self, say: Callable[[str], object]) -> None:
        super().__init__(logging.INFO)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        self._say(record.getMessage())


@cache
def library() -> Any:
    """llama_cpp.llama_cpp: the functions of llama.h. Loads and initialises llama.cpp on the first call.

    Raises NotLoadedError when llama-cpp-python or its shared library cannot be loaded.
    """
    os.environ["GGML_NO_BACKTRACE"] = "1"  # else it starts a debugger to tell of its aborts
    try:
        low = _functions()
    except (ImportError, RuntimeError, OSError, AttributeError) as error:  # the last: of another version
        raise NotLoadedError(clean_line(str(error))) from error
    low.llama_log_set(_callback(low), ctypes.c_void_p(0))
    low.llama_backend_init()
    _load_backends(low)
    return low


def fresh_log() -> None:
    """Empty the log for what is to come, and take it back from the package llama_cpp, which takes it on import."""
    low = library()
    low.llama_log_set(_callback(low), ctypes.c_void_p(0))
    log.clear()


def _load_backends(low: Any) -> None:
    """Builds with a backend for each kind of processor (GGML_BACKEND_DL) have to be told where these lie."""
    lib = ctypes.CDLL(low._lib._name)
    try:
        count, load = lib.ggml_backend_dev_count, lib.ggml_backend_load_all_from_path
    except AttributeError:  # a build that hides ggml's symbols has its backends within
        return
    count.restype = ctypes.c_size_t
    if count() == 0:
        load.argtypes, load.restype = [ctypes.c_char_p], None
        load(os.fsencode(Path(low._lib._name).resolve().parent))


def _functions() -> Any:
    """The module of llama.h's functions without the package round it, whose other modules take 0.4 s (numpy, Jinja)."""
    return _module("llama_cpp.llama_cpp")


@cache
def staged() -> Any | None:
    """llama_cpp.llama_cpp_ext: functions that llama.h does not have yet; None where the bindings lack them."""
    library()
    try:
        return _module("llama_cpp.llama_cpp_ext")
    except (ImportError, AttributeError):  # older bindings, or a library without them
        return None


def _module(name: str) -> Any:
    """A module of the package llama_cpp alone."""
    spec = find_spec("llama_cpp")
    if spec is None or "llama_cpp" in sys.modules:
        return import_module(name)
    sys.modules["llama_cpp"] = module_from_spec(spec)  # found, but not run
    try:
        return import_module(name)
    finally:
        del sys.modules["llama_cpp"]  # whoever wants the package imports it as ever


@cache
def _callback(low: Any) -> Any:
    """The log callback; cached because llama.cpp keeps the pointer for as long as the process lives."""

    def receive(level: int, text: bytes | None, _user_data: object) -> None:
        if text:
            log.feed(level, text.decode("utf-8", "replace"))

    return low.llama_log_callback(receive)


_adopted = AS_BUILT


def adopt(way: Way) -> None:
    """Run llama.cpp in this way in this process: before a model is loaded, and once."""
    global _adopted  # noqa: PLW0603  # like the library itself, it is one for the process
    if not way.amx:
        with amx.refused():
            extra_buffers()  # asks for AMX, once and for all
    _adopted = way


def adopted() -> Way:
    """The way in which llama.cpp is run in this process."""
    return _adopted


def extra_buffers() -> tuple[str, ...]:
    """The layouts besides its own that this build copies weights into here: "AMX", "CPU_REPACK", ..."""
    lib = symbols()
    try:
        lib.ggml_backend_dev_by_type.argtypes, lib.ggml_backend_dev_by_type.restype = [ctypes.c_int], ctypes.c_void_p
        lib.ggml_backend_dev_backend_reg.argtypes = [ctypes.c_void_p]
        lib.ggml_backend_dev_backend_reg.restype = ctypes.c_void_p
        lib.ggml_backend_reg_get_proc_address.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        lib.ggml_backend_reg_get_proc_address.restype = ctypes.c_void_p
        lib.ggml_backend_buft_name.argtypes, lib.ggml_backend_buft_name.restype = [ctypes.c_void_p], ctypes.c_char_p
        cpu = lib.ggml_backend_dev_by_type(_CPU_DEVICE)
    except AttributeError:  # a build that hides ggml's symbols
        return ()
    if not cpu:
        return ()
    address = lib.ggml_backend_reg_get_proc_address(
        lib.ggml_backend_dev_backend_reg(cpu), b"ggml_backend_dev_get_extra_bufts"
    )
    if not address:
        return ()
    listing = ctypes.CFUNCTYPE(ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p)(address)(cpu)
    names = []
    for pointer in listing:  # ends with a null pointer
        if not pointer:
            break
        names.append(clean_line(lib.ggml_backend_buft_name(pointer).decode("utf-8", "replace")))
    return tuple(names)


@cache
def symbols() -> ctypes.CDLL:
    """A handle of our own on llama.cpp's libraries (ggml and backends too), beyond llama.h."""
    return ctypes.CDLL(library()._lib._name)


class ThreadPool:
    """ggml's own pool of compute threads, as llama-bench attaches one.

    Without it a build without OpenMP (macOS) starts its threads anew for every token. Where this build hides
    the functions, llama.cpp goes on with threads of its own and `pointer` is None.
    """

    def __init__(self, n_threads: int) -> None:
        self.pointer: int | None = None
        lib = symbols()
        try:
            init, new = lib.ggml_threadpool_params_init, lib.ggml_threadpool_new
            self._free = lib.ggml_threadpool_free
        except AttributeError:
            return
        # struct ggml_threadpool_params has some 530 bytes and is filled by ggml itself; the room is generous
        # so that we depend neither on its layout nor on its size
        params = ctypes.create_string_buffer(1 << 14)
        init.argtypes, init.restype = [ctypes.c_void_p, ctypes.c_int], None
        new.argtypes, new.restype = [ctypes.c_void_p], ctypes.c_void_p
        self._free.argtypes, self._free.restype = [ctypes.c_void_p], None
        init(params, n_threads)
        self.pointer = new(params)

    def attach(self, context: int) -> None:
        """Let the context compute with this pool, for tokens and for batches."""
        if self.pointer is not None:
            attach = symbols().llama_attach_threadpool
            attach.argtypes, attach.restype = [ctypes.c_void_p] * 3, None
            attach(context, self.pointer, None)

    def close(self) -> None:
        """End the threads. Only after the context is gone."""
        if self.pointer is not None:
            self._free(self.pointer)
            self.pointer = None
