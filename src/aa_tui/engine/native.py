"""llama.cpp's shared library: loaded once in a process, its log caught, its other symbols at hand."""

from __future__ import annotations

import ctypes
import logging
from collections import deque
from functools import cache
from typing import Any

from aa_tui.engine.errors import EngineError
from aa_tui.textsafe import clean_line

_logger = logging.getLogger("aa_tui.engine.llama_cpp")
_logger.addHandler(logging.NullHandler())  # without it Python would print warnings to the terminal

_DEBUG, _ERROR, _CONT = 1, 4, 5  # enum ggml_log_level of ggml.h; the numbers in llama-cpp-python's logger are older
_LEVELS = {_DEBUG: logging.DEBUG, 2: logging.INFO, 3: logging.WARNING, _ERROR: logging.ERROR}
_MAX_LINE = 2_000
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


@cache
def library() -> Any:
    """llama_cpp.llama_cpp: the functions of llama.h. Loads and initialises llama.cpp on the first call.

    Raises EngineError when llama-cpp-python or its shared library cannot be loaded.
    """
    try:
        import llama_cpp.llama_cpp as low  # 130 ms, and numpy with it
    except (ImportError, RuntimeError, OSError) as error:
        raise EngineError(
            f"llama.cpp cannot be loaded ({clean_line(str(error))}): install llama-cpp-python again."
        ) from error
    low.llama_log_set(_callback(low), ctypes.c_void_p(0))
    low.llama_backend_init()
    return low


@cache
def _callback(low: Any) -> Any:
    """The log callback; cached because llama.cpp keeps the pointer for as long as the process lives."""

    def receive(level: int, text: bytes | None, _user_data: object) -> None:
        if text:
            log.feed(level, text.decode("utf-8", "replace"))

    return low.llama_log_callback(receive)


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
