"""The system calls that a confined process may make: everything else fails with EPERM.

An allow list, as a seccomp filter in classic BPF (https://docs.kernel.org/userspace-api/seccomp_filter.html). It goes
in after Python has started, so it needs neither fork nor exec, and has neither; no sockets, no signals to others, no
change of any file's name, mode, owner or times. Where a call is needed in one form only, its argument is checked.
Numbers are those of the kernel's tables for x86-64 and of asm-generic (64-bit Arm).
"""

from __future__ import annotations

import errno
import os
import struct

# Name: (x86-64, Arm64); None where Arm64 never had it.
_ALLOWED: dict[str, tuple[int, int | None]] = {
    # reading and writing what is open, looking at files (Landlock decides which can be opened)
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "stat": (4, None),
    "fstat": (5, 80),
    "lstat": (6, None),
    "poll": (7, None),
    "lseek": (8, 62),
    "pread64": (17, 67),
    "readv": (19, 65),
    "writev": (20, 66),
    "access": (21, None),
    "pipe": (22, None),
    "select": (23, None),
    "dup": (32, 23),
    "dup2": (33, None),
    "getdents": (78, None),
    "getcwd": (79, 17),
    "readlink": (89, None),
    "getdents64": (217, 61),
    "fadvise64": (221, 223),
    "epoll_wait": (232, None),
    "epoll_ctl": (233, 21),
    "newfstatat": (262, 79),
    "readlinkat": (267, 78),
    "faccessat": (269, 48),
    "pselect6": (270, 72),
    "ppoll": (271, 73),
    "epoll_pwait": (281, 22),
    "eventfd2": (290, 19),
    "epoll_create1": (291, 20),
    "dup3": (292, 24),
    "pipe2": (293, 59),
    "statx": (332, 291),
    "close_range": (436, 436),
    "faccessat2": (439, 439),
    # a socket pair's own calls; no socket can be made
    "recvfrom": (45, 207),
    "shutdown": (48, 210),
    "getsockname": (51, 204),
    "getsockopt": (55, 209),
    # memory (RLIMIT_AS bounds it)
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "mremap": (25, 216),
    "madvise": (28, 233),
    # signals of its own, threads, time
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sched_yield": (24, 124),
    "pause": (34, None),
    "nanosleep": (35, 101),
    "getitimer": (36, 102),
    "alarm": (37, None),
    "setitimer": (38, 103),
    "exit": (60, 93),
    "gettimeofday": (96, 169),
    "times": (100, 153),
    "sigaltstack": (131, 132),
    "time": (201, None),
    "futex": (202, 98),
    "sched_getaffinity": (204, 123),
    "set_tid_address": (218, 96),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "exit_group": (231, 94),
    "set_robust_list": (273, 99),
    "getcpu": (309, 168),
    "membarrier": (324, 283),
    "rseq": (334, 293),
    # who and where it is
    "getpid": (39, 172),
    "uname": (63, 160),
    "getrlimit": (97, 163),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "getuid": (102, 174),
    "getgid": (104, 176),
    "geteuid": (107, 175),
    "getegid": (108, 177),
    "getppid": (110, 173),
    "gettid": (186, 178),
    "getrandom": (318, 278),
}

_THREAD = 0x10000  # CLONE_THREAD; with none of the CLONE_NEW* flags
_NAMESPACES = 0x7E020080
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
# dup, flags, size of a pipe; never F_SETOWN, which would let it send SIGKILL by way of SIGIO.
_FCNTL = (0, 1, 2, 3, 4, 1030, 1032)
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
_SET_NAME, _GET_NAME = 15, 16  # prctl

# Name: numbers, argument that is checked, mask, values that it may have under the mask.
_CHECKED: dict[str, tuple[tuple[int, int | None], int, int, tuple[int, ...]]] = {
    "open": ((2, None), 1, _WRITING, (0,)),
    "openat": ((257, 56), 2, _WRITING, (0,)),
    "clone": ((56, 220), 0, _THREAD | _NAMESPACES, (_THREAD,)),
    "fcntl": ((72, 25), 1, 0xFFFFFFFF, _FCNTL),
    "ioctl": ((16, 29), 1, 0xFFFFFFFF, _IOCTL),
    "prctl": ((157, 167), 0, 0xFFFFFFFF, (_SET_NAME, _GET_NAME)),
    "prlimit64": ((302, 261), 0, 0xFFFFFFFF, (0,)),  # its own, below the hard limits
    "sendto": ((44, 206), 5, 0xFFFFFFFF, (0,)),  # without an address: a datagram pair could reach other sockets' files
    "socketpair": ((53, 199), 0, 0xFFFFFFFF, (1,)),  # AF_UNIX: asyncio wakes itself with one
}
_TGKILL = (234, 131)  # to its own process only: abort()
_CLONE3 = 435  # its flags lie in memory, which a filter cannot see: ENOSYS makes the C library use clone

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_X32 = 0x40000000

_LOAD, _AND, _JEQ, _JGE, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_ERRNO = 0x00050000


def filter_program(machine: str, pid: int) -> bytes | None:
    """The filter for the machine of `os.uname()` and the process `pid`, as an array of struct sock_filter.

    None where this module has no numbers for the machine.
    """
    if machine not in _ARCHITECTURES:
        return None
    column, audit = _ARCHITECTURES[machine]
    program = [(_LOAD, 0, 0, 4), (_JEQ, 1, 0, audit), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    if machine == "x86_64":
        program += [(_JGE, 0, 1, _X32), (_RETURN, 0, 0, _KILL)]
    program += [(_JEQ, 0, 1, _CLONE3), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]
    checked = [*_CHECKED.values(), (_TGKILL, 0, 0xFFFFFFFF, (pid,))]
    for numbers, argument, mask, values in checked:
        number = numbers[column]
        if number is not None:
            program += _check(number, argument, mask, values)
    for numbers in _ALLOWED.values():
        number = numbers[column]
        if number is not None:
            program += [(_JEQ, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    program.append((_RETURN, 0, 0, _ERRNO | errno.EPERM))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _check(number: int, argument: int, mask: int, values: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
    """Instructions that decide on one call by the low half of one argument. Both architectures are little-endian, and
    the kernel takes these arguments as 32-bit numbers."""
    decide = [(_LOAD, 0, 0, 16 + 8 * argument), (_AND, 0, 0, mask)]
    for left, value in zip(range(len(values), 0, -1), values, strict=True):
        decide.append((_JEQ, left, 0, value))
    decide += [(_RETURN, 0, 0, _ERRNO | errno.EPERM), (_RETURN, 0, 0, _ALLOW)]
    return [(_JEQ, 0, len(decide), number), *decide]
