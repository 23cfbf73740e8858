"""The filter of system calls, worked through by an interpreter of its instructions: other machines' filters too."""

from __future__ import annotations

import errno
import os
import struct

import pytest

from aa_tui.evals.jail.syscalls import filter_program

PID = 4711
ALLOW, KILL = 0x7FFF0000, 0x80000000
DENIED, UNKNOWN = 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS
MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
THREAD = 0x3D0F00  # what the C library's pthread_create asks clone for


def _decide(machine: str, number: int, *arguments: int, audit: int | None = None) -> int:
    """Run the filter on struct seccomp_data; see linux/filter.h for the codes."""
    program = filter_program(machine, PID)
    assert program is not None
    six = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    data = struct.pack("=IIQ6Q", number, MACHINES[machine] if audit is None else audit, 0, *six)
    accumulator = at = 0
    while True:
        code, if_true, if_false, k = struct.unpack_from("=HBBI", program, 8 * at)
        at += 1
        if code == 0x20:
            accumulator = struct.unpack_from("=I", data, k)[0]
        elif code == 0x54:
            accumulator &= k
        elif code in (0x15, 0x35):
            at += if_true if (accumulator == k if code == 0x15 else accumulator >= k) else if_false
        else:
            assert code == 0x06
            return int(k)


X86 = {
    "sendto": 44, "read": 0, "openat": 257, "clone": 56, "clone3": 435, "fcntl": 72,
    "prlimit64": 302, "tgkill": 234, "exit_group": 231,
}  # fmt: skip
ARM = {
    "sendto": 206, "read": 63, "openat": 56, "clone": 220, "clone3": 435, "fcntl": 25,
    "prlimit64": 261, "tgkill": 131, "exit_group": 94,
}  # fmt: skip
FORBIDDEN = {
    "x86_64": {
        "socket": 41, "connect": 42, "fork": 57, "vfork": 58, "execve": 59, "kill": 62,
        "ptrace": 101, "chmod": 90, "unlink": 87, "mount": 165, "unshare": 272, "memfd_create": 319,
        "bpf": 321, "io_uring_setup": 425, "pidfd_send_signal": 424, "openat2": 437, "tkill": 200,
        "rt_sigqueueinfo": 129, "setuid": 105,
    },
    "aarch64": {
        "socket": 198, "connect": 203, "execve": 221, "kill": 129, "ptrace": 117, "fchmodat": 53,
        "unlinkat": 35, "mount": 40, "unshare": 97, "memfd_create": 279, "bpf": 280, "io_uring_setup": 425,
        "pidfd_send_signal": 424, "openat2": 437, "tkill": 130,
        "rt_sigqueueinfo": 138, "setuid": 146,
    },
}  # fmt: skip


@pytest.mark.parametrize(("machine", "calls"), [("x86_64", X86), ("aarch64", ARM)])
def test_calls_are_allowed_in_their_harmless_form_only(machine: str, calls: dict[str, int]) -> None:
    """Reading but not writing, threads but not processes, its own limits and signals but nobody else's."""

    def decide(name: str, *arguments: int) -> int:
        return _decide(machine, calls[name], *arguments)

    assert decide("read", 3) == ALLOW
    assert decide("exit_group") == ALLOW
    assert decide("openat", 0, 0, os.O_RDONLY | os.O_CLOEXEC) == ALLOW
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_RDONLY | os.O_CREAT, os.O_RDONLY | os.O_TRUNC):
        assert decide("openat", 0, 0, flags) == DENIED
    assert decide("clone", THREAD) == ALLOW
    assert decide("clone", 17) == DENIED
    assert decide("clone", THREAD | 0x10000000) == DENIED
    assert decide("clone3") == UNKNOWN
    assert decide("fcntl", 3, 2) == ALLOW
    assert decide("fcntl", 3, 8) == DENIED
    assert decide("sendto", 3, 1 << 40, 5) == ALLOW
    assert decide("sendto", 3, 1 << 40, 5, 0, 1 << 40, 110) == DENIED
    assert decide("prlimit64", 0) == ALLOW
    assert decide("prlimit64", PID) == DENIED
    assert decide("tgkill", PID) == ALLOW
    assert decide("tgkill", PID + 1) == DENIED
    assert decide("tgkill", 0) == DENIED


@pytest.mark.parametrize("machine", MACHINES)
def test_everything_else_is_denied(machine: str) -> None:
    """By number; calls of another architecture or of x32 end the process."""
    for name, number in FORBIDDEN[machine].items():
        assert _decide(machine, number) == DENIED, name
    allowed = sum(_decide(machine, number) == ALLOW for number in range(600))
    assert 50 < allowed < 90
    assert _decide(machine, 0, audit=0x40000003) == KILL  # 32-bit x86
    if machine == "x86_64":
        assert _decide(machine, 0x40000000) == KILL


def test_a_machine_without_numbers_has_no_filter() -> None:
    """So its jail is not called isolating by it."""
    assert filter_program("riscv64", PID) is None
