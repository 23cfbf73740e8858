"""This machine's facts and this process' use of it. Linux and macOS."""

from __future__ import annotations

import hashlib
import os
import platform
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

from aa_tui.host import cgroup, children
from aa_tui.textsafe import clean_line

_THREAD_HEAP_BYTES = 64 << 20  # HEAP_MAX_SIZE of glibc's arena.c
_THREAD_STACK_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine. `fingerprint` (12 hexadecimal digits) is the same for as long as its stable facts are."""

    name: str
    cpu: str
    cores_physical: int
    cores_logical: int
    memory_bytes: int
    os: str
    arch: str
    fingerprint: str


def describe() -> Machine:
    """The machine we run on. Never fails: what cannot be found out is said to be unknown."""
    name = clean_line(platform.node()) or "unknown"
    cpu = _cpu_name()
    physical, logical = cores_physical(), os.cpu_count() or 1
    memory_bytes = memory_total_bytes()
    arch = clean_line(platform.machine()) or "unknown"
    # the exact memory moves a little with the kernel's version, whole GiB do not
    facts = (name, cpu, physical, logical, round(memory_bytes / (1 << 30)), platform.system(), arch)
    fingerprint = hashlib.sha256(repr(facts).encode()).hexdigest()[:12]
    return Machine(name, cpu, physical, logical, memory_bytes, _os_name(), arch, fingerprint)


def cores_physical() -> int:
    """Physical cores, or logical ones where the system does not tell (some ARM boards)."""
    import psutil

    try:
        found = psutil.cpu_count(logical=False)
    except OSError:  # neither /sys nor /proc
        found = None
    return found or os.cpu_count() or 1


def default_threads() -> int:
    """Threads to compute with: physical cores, or fewer where affinity or a control group allows fewer."""
    threads = cores_physical()
    if hasattr(os, "sched_getaffinity"):  # Linux; not on macOS
        threads = min(threads, len(os.sched_getaffinity(0)))
    limit = cgroup.cpu_limit()
    if limit is not None:
        threads = min(threads, int(limit))  # rounded down: a thread too many gets all of them throttled
    return max(1, threads)


def memory_total_bytes() -> int:
    """Bytes of memory that the machine has. The C library knows at once; psutil would have to be imported."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        import psutil

        return int(psutil.virtual_memory().total)


def available_memory_bytes() -> int:
    """Bytes that can be allocated without swapping, within the control group's limit and this process' own."""
    import psutil

    try:
        free = int(psutil.virtual_memory().available)
    except OSError:  # no /proc: what is not even used for files
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limits = (cgroup.memory_left_bytes(), _left_of_own_limits())
    return min([free, *(left for left in limits if left is not None)])


def _left_of_own_limits() -> int | None:
    """Bytes left of what `ulimit -v` and `ulimit -d` allow this process, None where they do not limit it.

    Both count what is reserved, used or not. What is in use is unknown without /proc, and then taken for nothing.
    """
    pages = [int(word) for word in _read("/proc/self/statm").split()]  # proc(5): the first is all, the sixth data
    left = []
    for limit, field in ((resource.RLIMIT_AS, 0), (resource.RLIMIT_DATA, 5)):
        allowed = resource.getrlimit(limit)[0]
        if allowed != resource.RLIM_INFINITY:
            used = pages[field] * os.sysconf("SC_PAGE_SIZE") if len(pages) > field else 0
            left.append(max(0, allowed - used))
    return min(left, default=None)


def limits_address_space() -> bool:
    """Whether `ulimit -v` limits what is reserved, mapped files included."""
    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def reserved_by_threads_bytes(n_threads: int) -> int:
    """What so many more threads take of an address space that `ulimit -v` limits; 0 where nothing does.

    glibc reserves a heap for each, and its stack, whether they are used or not.
    """
    if not limits_address_space():
        return 0
    return n_threads * (_THREAD_HEAP_BYTES + _THREAD_STACK_BYTES)


def load_1m() -> float:
    """The load average of the last minute: processes running or waiting to run."""
    return os.getloadavg()[0]


def process_started_at() -> float | None:
    """When this process began (seconds since 1970), None where the system does not tell (no /proc)."""
    import psutil

    try:
        return float(psutil.Process().create_time())
    except (psutil.Error, OSError):
        return None


def peak_memory_bytes() -> int:
    """The most memory that this process has held (resident set, mapped file pages included), in bytes."""
    for line in _read("/proc/self/status").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # bytes on macOS, kiB elsewhere: getrusage(2)


def own_memory_bytes(pid: int | None = None) -> int | None:
    """What memory a process (this one) holds beside the pages of files, in bytes. Linux only: None elsewhere."""
    pages = _read(f"/proc/{pid or 'self'}/statm").split()  # proc(5): the second is resident, the third shared
    if len(pages) < 3:
        return None
    return (int(pages[1]) - int(pages[2])) * os.sysconf("SC_PAGE_SIZE")


def _cpu_name() -> str:
    if sys.platform == "darwin":
        name = _output("sysctl", "-n", "machdep.cpu.brand_string")
    else:
        fields: dict[str, str] = {}
        for line in _read("/proc/cpuinfo").splitlines():
            key, _, value = line.partition(":")
            fields.setdefault(key.strip().lower(), value)
        name = fields.get("model name") or fields.get("hardware") or _read("/proc/device-tree/model")
    return clean_line(name or platform.processor() or platform.machine()) or "unknown"


def _os_name() -> str:
    if sys.platform == "darwin":
        return clean_line(f"macOS {platform.mac_ver()[0]}")
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        name = ""
    return clean_line(f"{name or platform.system()}, {platform.system()} {platform.release()}")


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _output(*command: str) -> str:
    try:
        done = children.run(command, timeout_s=2)
    except (OSError, children.ChildError):
        return ""
    return done.said.decode("utf-8", "replace").strip()
