"""How a process takes away its own rights, on Linux through ctypes with nothing installed. It cannot get them back.

Layers, each named in the result: "landlockN" (N is the kernel's version of it: nothing but Python's library can be
opened, nothing written, no TCP, no signal and no abstract socket outside), "seccomp" (see `syscalls`), "mountns" (a
file system of its own, see `mounts`), "userns" (namespaces of its own for users, network, IPC and host name),
"rlimits". Called before any foreign code is read.

Sources: https://docs.kernel.org/userspace-api/landlock.html, user_namespaces(7), prctl(2), capabilities(7).
"""

from __future__ import annotations

import _thread
import ctypes
import os
import resource
import struct
import sys

from aa_tui.evals.jail.mounts import own_root
from aa_tui.evals.jail.reach import shown
from aa_tui.evals.jail.syscalls import filter_program

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 24, 38
_SIGKILL = 9
_NEW_USER_NET_IPC_UTS = 0x10000000 | 0x40000000 | 0x08000000 | 0x04000000
_NEW_MOUNTS = 0x00020000
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION_3 = 0x20080522

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3

STACK_BYTES = 64 << 20
"""Deep recursion in C (sorting keys, repr, json) needs more than the usual 8 MiB."""
_MOST_THREADS = 1 << 22  # Linux numbers no more
SPARE_THREADS = 1024
"""For what the user's other programs start meanwhile, where the kernel counts theirs too."""


class ConfinementError(Exception):
    """A layer of isolation failed half-way. One sentence."""


def tie_to_parent() -> None:
    """Die when the parent does (Linux; elsewhere the end of the pipes has to do)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)


def confine(
    library: dict[str, list[str]], *, cpu_s: int, memory_bytes: int, threads: int, namespaces: bool, root: bool
) -> list[str]:
    """Take away all rights that can be taken away here, and name the layers that took hold, strongest first.

    What is `readable` of the `library` (see `reach.survey`) can still be opened, for reading. With `root`, which needs
    `namespaces`, the library is all there is.
    Raises ConfinementError if a layer failed in a state that cannot be used.
    """
    layers: list[str] = []
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        _end_first()
        userns = namespaces and _own_namespaces(libc, _NEW_USER_NET_IPC_UTS | _NEW_MOUNTS * root)
        mountns = userns and root and own_root(libc, shown(library), library["hidden"])
        _drop_capabilities(libc)
        _prctl(libc, _PR_SET_DUMPABLE, 0)
        _prctl(libc, _PR_SET_NO_NEW_PRIVS, 1)
        version = _landlock(libc, library["readable"])
        _set_limits(cpu_s, memory_bytes, threads)
        seccomp = _seccomp(libc)
        layers += [f"landlock{version}"] * bool(version) + ["seccomp"] * seccomp
        layers += ["mountns"] * mountns + ["userns"] * userns
    else:
        _set_limits(cpu_s, memory_bytes, threads)
    return [*layers, "rlimits"]


def _end_first() -> None:
    """When the machine runs out of memory, this process ends and not the model's. See proc_pid_oom_score_adj(5)."""
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123
            file.write("1000")
    except OSError:  # no /proc, as in bubblewrap: its own process is in our hands
        return


def _prctl(libc: ctypes.CDLL, option: int, value: int) -> bool:
    return bool(libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)) == 0)


def _own_namespaces(libc: ctypes.CDLL, kinds: int) -> bool:
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(kinds) != 0:
        return False
    try:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            # One write each: the kernel takes a map once and whole.
            handle = os.open(f"/proc/self/{name}", os.O_WRONLY)
            try:
                os.write(handle, text.encode("ascii"))
            finally:
                os.close(handle)
    except OSError as error:
        raise ConfinementError(f"a user namespace without users: {error}") from error
    return True


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """Even root's, and those that a new user namespace gives."""
    for capability in range(64):
        if not _prctl(libc, _PR_CAPBSET_DROP, capability):
            break
    number = _CAPSET.get(os.uname().machine)
    if number is not None:
        header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITY_VERSION_3, 0))
        libc.syscall(number, header, ctypes.create_string_buffer(24))


def _landlock(libc: ctypes.CDLL, readable: list[str]) -> int:
    """Handle every right that the kernel knows and give back reading of `readable`; the version, 0 without Landlock."""
    version = int(libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1))
    if version < 1:
        return 0
    rights = 0x1FFF | (1 << 13 if version >= 2 else 0) | (1 << 14 if version >= 3 else 0)
    rights |= 1 << 15 if version >= 5 else 0
    tcp = 3 if version >= 4 else 0
    scoped = 3 if version >= 6 else 0
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = libc.syscall(_CREATE_RULESET, struct.pack("=QQQ", rights, tcp, scoped), ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return 0
    for path in readable:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        allowed = _READ_FILE | (_READ_DIR if os.path.isdir(path) else 0)  # noqa: PTH112
        libc.syscall(_ADD_RULE, ruleset, 1, struct.pack("=Qi", allowed, place), 0)
        os.close(place)
    held = libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return version if held else 0


def _set_limits(cpu_s: int, memory_bytes: int, threads: int) -> None:
    """Hard limits for time, memory, processes and threads, open files, and the size of files and core dumps (none)."""
    _limit(resource.RLIMIT_STACK, STACK_BYTES, STACK_BYTES)
    _limit(resource.RLIMIT_CPU, cpu_s, cpu_s + 1)
    _limit_threads(threads)
    _limit(resource.RLIMIT_NOFILE, 32, 32)
    _limit(resource.RLIMIT_FSIZE, 0, 0)
    _limit(resource.RLIMIT_CORE, 0, 0)
    _limit(resource.RLIMIT_MEMLOCK, 0, 0)
    _limit(resource.RLIMIT_AS, memory_bytes, memory_bytes)


def _limit_threads(threads: int) -> None:
    """RLIMIT_NPROC is about all threads of the user, in other containers too, unless the user namespace is new. How
    many there are only the kernel knows: the limit is doubled until a thread starts under it."""
    limit = threads
    while limit < _MOST_THREADS and not _starts_thread(limit):
        limit *= 2
    if limit > threads:
        limit += threads + SPARE_THREADS
    _limit(resource.RLIMIT_NPROC, limit, limit)


def _starts_thread(limit: int) -> bool:
    _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    if hard != resource.RLIM_INFINITY and limit >= hard:
        return True  # no more can be had
    resource.setrlimit(resource.RLIMIT_NPROC, (limit, hard))
    ended = _thread.allocate_lock()
    ended.acquire()
    try:
        _thread.start_new_thread(ended.release, ())
    except RuntimeError:
        return False
    ended.acquire()
    return True


def _limit(which: int, soft: int, hard: int) -> None:
    _, present = resource.getrlimit(which)
    if present != resource.RLIM_INFINITY:
        soft, hard = min(soft, present), min(hard, present)
    try:
        resource.setrlimit(which, (soft, hard))
    except (OSError, ValueError):  # macOS refuses some; the name of the jail does not depend on them
        return


def _seccomp(libc: ctypes.CDLL) -> bool:
    program = filter_program(os.uname().machine, os.getpid())
    if program is None:
        return False
    instructions = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: an unsigned short, padding, a pointer
    header = ctypes.create_string_buffer(struct.pack("@HxxxxxxP", len(program) // 8, ctypes.addressof(instructions)))
    return bool(libc.prctl(_PR_SET_SECCOMP, 2, header, 0, 0) == 0)
