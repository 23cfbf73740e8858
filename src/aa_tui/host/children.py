"""The one place where child processes are started, so that nothing of the user's folder gets into one.

Each gets an environment of names that are listed here, `/` as its folder, a session and descriptors of its own, and
nothing to read unless it is given something. Python children start in isolated mode: no current folder, no PYTHON*
variable, no usercustomize. Where this package and what it needs were found is handed over, for installations that
Python would not find by itself so (`pip install --user`, `--target`, PYTHONPATH), behind Python's own folders.
"""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import IO

Process = subprocess.Popen[bytes]
PIPE, NOWHERE = subprocess.PIPE, subprocess.DEVNULL

MOST_BYTES = 16 << 20
"""Of what a child may say; a child that says more is ended."""

LAST_BYTES = 1 << 16
"""Of what it says to standard error: the end is kept."""

_NAMES = frozenset({"HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "TEMP", "TMP", "TMPDIR", "TZ", "USER"})
_FAMILIES = ("AA_TUI_", "LC_", "XDG_")
SECRET = "AA_TUI_KEY_"
"""What a variable's name begins with that holds a server's key: handed only to whom it is meant for, as `more`."""

_COMPUTING = (
    *("CUDA_", "NVIDIA_", "HIP_", "HSA_", "ROCR_", "ROCM_", "GPU_", "AMD_", "MUSA_", "SYCL_", "ONEAPI_", "ZE_", "ZES_"),
    *("UR_", "ASCEND_", "VK_", "MESA_", "RADV_", "METAL_", "MTL_", "GGML_", "LLAMA_"),
    *("OMP_", "GOMP_", "KMP_", "MKL_", "OPENBLAS_", "BLIS_", "VECLIB_", "MALLOC_", "LD_LIBRARY_PATH", "DYLD_"),
)
"""What llama.cpp, its backends and their drivers go by, as far as the names' beginnings tell."""

_DEFAULTS = {"OPENBLAS_NUM_THREADS": "1"}
"""numpy's, which nothing here computes with: its threads would take memory that limits count."""

_SEARCHED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
_PLACES = ("HOME", "DIR", "DIRS", "PATH", "TEMP", "TMP")
_START = (
    "import sys; sys.path += [one for one in {places} if one not in sys.path]; "
    "from {module} import main; sys.exit(main())"
)


class ChildError(Exception):
    """A child was ended because it came to no end, or said too much. One part of a sentence."""


class TooLongError(ChildError):
    """It took longer than it may."""


class TooMuchError(ChildError):
    """It said more than it may."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a child ended: its exit code (below 0 a signal's number), what it said, and the end of what it complained."""

    code: int
    said: bytes
    complaint: bytes

    @property
    def last_line(self) -> str:
        """The last line of its complaint, empty without one. Not cleaned."""
        return (self.complaint.decode("utf-8", "replace").strip().splitlines() or [""])[-1]


def python(module: str, *arguments: str) -> tuple[str, ...]:
    """The command that runs a module's `main` in a Python of its own, with these arguments in `sys.argv[1:]`."""
    places = [place for place in sys.path if Path(place).is_absolute()]
    start = _START.format(places=ascii(places), module=module)
    carried = ["-X", f"utf8={sys.flags.utf8_mode}", *(["-B"] if sys.dont_write_bytecode else [])]
    return (sys.executable, "-I", *carried, "-c", start, *arguments)


def find(program: str) -> str | None:
    """Where a program is, by its name; never in the current folder, whatever PATH says."""
    return shutil.which(program, path=absolute_only(os.environ.get("PATH", "")) or os.defpath)


def absolute_only(search_path: str) -> str:
    """A search path without its relative and empty entries, which mean the current folder."""
    return os.pathsep.join(place for place in search_path.split(os.pathsep) if Path(place).is_absolute())


def environment(*, computes: bool = False, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a child knows of this process' environment, and `more`; one that `computes` what drivers go by as well.

    Folders are absolute in it, since the child's own is another.
    """
    families = _FAMILIES + (_COMPUTING if computes else ())
    kept = {
        name: text
        for name, text in os.environ.items()
        if name in _NAMES or (name.startswith(families) and not name.startswith(SECRET))
    }
    for name, text in kept.items():
        if name in _SEARCHED:
            kept[name] = absolute_only(text) or os.defpath * (name == "PATH")  # an empty one is the current folder
        elif name.endswith(_PLACES) and text and not text.startswith("~"):
            kept[name] = _absolute(text)
    # else llama.cpp starts a debugger to tell of its aborts
    return {**_DEFAULTS, **kept, **(more or {}), "GGML_NO_BACKTRACE": "1"}


def _absolute(places: str) -> str:
    with suppress(OSError):  # the current folder is gone
        return os.pathsep.join(os.path.abspath(one) if one else one for one in places.split(os.pathsep))  # noqa: PTH100
    return places


def at_terminal(command: Sequence[str]) -> int:
    """Run a program of the user's own choice, such as an editor, at his terminal; returns its exit code.

    It is given everything as a shell would: the folder, the environment, the keys. Raises OSError.
    """
    process = subprocess.Popen(list(command))
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # it is the program's to answer
            continue


def start(
    command: Sequence[str],
    *,
    stdin: int | IO[bytes] = NOWHERE,
    stdout: int | IO[bytes] = NOWHERE,
    stderr: int | IO[bytes] = NOWHERE,
    pass_fds: Sequence[int] = (),
    env: Mapping[str, str] | None = None,
) -> Process:
    """Start a program, by its path or a name that `find` finds, in a session of its own. Raises OSError.

    `env` is its whole environment, without it what `environment()` gives.
    """
    program = command[0] if os.sep in command[0] else find(command[0])
    if program is None:
        raise FileNotFoundError(f"there is no program {command[0]}")
    return subprocess.Popen(
        [program, *command[1:]],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        pass_fds=tuple(pass_fds),
        env=dict(environment() if env is None else env),
        cwd=os.sep,
        start_new_session=True,
    )


def run(
    command: Sequence[str],
    *,
    timeout_s: float,
    given: bytes = b"",
    most_bytes: int = MOST_BYTES,
    env: Mapping[str, str] | None = None,
) -> Done:
    """Run a program to its end. `given` is what it reads; it may say `most_bytes`, and complain at any length.

    Raises OSError where it cannot be started, TooLongError and TooMuchError after having ended it.
    """
    process = start(command, stdin=PIPE if given else NOWHERE, stdout=PIPE, stderr=PIPE, env=env)
    with process, _ended_at_last(process):
        deadline = monotonic() + timeout_s
        said, complaint = _exchange(process, given, deadline, most_bytes)
        return Done(_waited(process, deadline), said, complaint)


def finish(process: Process, timeout_s: float) -> int:
    """Wait for a child's end: its exit code. Raises TooLongError after having ended it."""
    with _ended_at_last(process):
        return _waited(process, monotonic() + timeout_s)


def kill(process: Process) -> None:
    """End a child that has not been waited for, with all that it started, and wait until it is gone."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def converse(process: Process, given: bytes, *, timeout_s: float, most_bytes: int) -> bytes:
    """Hand a child that goes on living some bytes, and read the line that it answers; empty where it has ended.

    Raises TooLongError and TooMuchError: the child is to be ended then, for what it says later answers nothing.
    """
    assert process.stdin is not None
    assert process.stdout is not None
    said, left, deadline = bytearray(), memoryview(given), monotonic() + timeout_s
    with selectors.DefaultSelector() as selector:
        for pipe, event in ((process.stdin, selectors.EVENT_WRITE), (process.stdout, selectors.EVENT_READ)):
            os.set_blocking(pipe.fileno(), False)
            selector.register(pipe, event)
        while not said.endswith(b"\n"):
            ready = selector.select(max(deadline - monotonic(), 0.0))
            if not ready or monotonic() > deadline:
                raise TooLongError("it took too long")
            for key, _ in ready:
                if key.fileobj is process.stdin:
                    left = _written(key.fd, left)
                    if not left:
                        selector.unregister(key.fileobj)
                    continue
                piece = os.read(key.fd, 1 << 16)
                if not piece:
                    return b""
                said += piece
            if len(said) > most_bytes:
                raise TooMuchError("it said too much")
    return bytes(said)


@contextmanager
def _ended_at_last(process: Process) -> Iterator[None]:
    try:
        yield
    except BaseException:
        if process.returncode is None:
            kill(process)
        raise


def _waited(process: Process, deadline: float) -> int:
    try:
        return process.wait(max(deadline - monotonic(), 0.0))
    except subprocess.TimeoutExpired as error:
        raise TooLongError("it took too long") from error


def _exchange(process: Process, given: bytes, deadline: float, most_bytes: int) -> tuple[bytes, bytes]:
    """Hand over what is given and read both outputs until they end."""
    said, complaint, left = bytearray(), bytearray(), memoryview(given)
    with selectors.DefaultSelector() as selector:
        for pipe, event in (
            (process.stdin, selectors.EVENT_WRITE),
            (process.stdout, selectors.EVENT_READ),
            (process.stderr, selectors.EVENT_READ),
        ):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
                selector.register(pipe, event)
        while selector.get_map():
            ready = selector.select(max(deadline - monotonic(), 0.0))
            if not ready or monotonic() > deadline:
                raise TooLongError("it took too long")
            for key, _ in ready:
                if key.fileobj is process.stdin:
                    left = _written(key.fd, left)
                    is_over = not left
                else:
                    piece = os.read(key.fd, 1 << 16)
                    into = said if key.fileobj is process.stdout else complaint
                    into += piece
                    is_over = not piece
                if is_over:
                    selector.unregister(key.fileobj)
                    key.fileobj.close()  # type: ignore[union-attr]
            if len(said) > most_bytes:
                raise TooMuchError("it said too much")
            del complaint[:-LAST_BYTES]
    return bytes(said), bytes(complaint)


def _written(descriptor: int, data: memoryview) -> memoryview:
    """What is left after writing as much as can be; nothing where nobody reads any more."""
    try:
        return data[os.write(descriptor, data) :]
    except BrokenPipeError:
        return data[:0]
