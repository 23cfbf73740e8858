"""Whether the system has killed processes for want of memory. Linux only: other systems do not tell."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from aa_tui.host import cgroup

_VMSTAT = Path("/proc/vmstat")


def go_first() -> None:
    """Where memory runs out, let the system end this process and its children before others (proc(5))."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")


def kills(vmstat: Path = _VMSTAT) -> int:
    """How many processes were killed for memory so far: by the kernel for the whole machine, and in our own group.

    Only its rise between two moments says something. 0 where the system does not tell.
    """
    found = [0, cgroup.oom_kills()]
    try:
        lines = vmstat.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        name, _, value = line.partition(" ")
        if name == "oom_kill" and value.strip().isdigit():
            found.append(int(value))
    return sum(found)
