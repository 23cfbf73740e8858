"""Limits of the control group (container, systemd slice) that this process runs in. Linux only.

Read from cgroup v2's files and, failing those, v1's; see
https://docs.kernel.org/admin-guide/cgroup-v2.html#interface-files
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = Path("/sys/fs/cgroup")


def cpu_limit(root: Path = _ROOT, membership: Path = Path("/proc/self/cgroup")) -> float | None:
    """How many cores' worth of time the group may use, or None without a limit."""
    limits = []
    for folder in _folders(root, membership, "cpu"):
        v2 = _words(folder / "cpu.max")
        if len(v2) == 2 and v2[0] != "max":
            limits.append(_ratio(v2[0], v2[1]))
        quota, period = _words(folder / "cpu.cfs_quota_us"), _words(folder / "cpu.cfs_period_us")
        if quota and period and not quota[0].startswith("-"):
            limits.append(_ratio(quota[0], period[0]))
    known = [limit for limit in limits if limit is not None and limit > 0]
    return min(known, default=None)


def memory_left_bytes(root: Path = _ROOT, membership: Path = Path("/proc/self/cgroup")) -> int | None:
    """Bytes that the group may still allocate (its limit less what it holds, page cache not counted)."""
    left = []
    for folder in _folders(root, membership, "memory"):
        limit = _number(folder / "memory.max") or _number(folder / "memory.limit_in_bytes")
        used = _number(folder / "memory.current") or _number(folder / "memory.usage_in_bytes")
        if limit is None or used is None:
            continue
        cache = 0  # file pages give way when memory is asked for
        for line in _lines(folder / "memory.stat"):
            name, _, value = line.partition(" ")
            if name in ("inactive_file", "active_file") and value.isdigit():
                cache += int(value)
        left.append(max(0, limit - max(0, used - cache)))
    return min(left, default=None)


def oom_kills(root: Path = _ROOT, membership: Path = Path("/proc/self/cgroup")) -> int:
    """How many processes of the group were killed for want of memory so far (`oom_kill`)."""
    found = 0
    for folder in _folders(root, membership, "memory"):
        for line in (*_lines(folder / "memory.events"), *_lines(folder / "memory.oom_control")):
            name, _, value = line.partition(" ")
            if name == "oom_kill" and value.isdigit():
                found += int(value)
    return found


def _folders(root: Path, membership: Path, controller: str) -> Iterator[Path]:
    """The group's folder and those above it: each may set a limit."""
    for line in _lines(membership):
        _, controllers, path = ([*line.split(":", 2), "", ""])[:3]
        if controllers and controller not in controllers.split(","):
            continue
        top = root / controllers if controllers else root
        if controllers and not top.is_dir():
            top = root / controller
        folder = top / path.lstrip("/")
        yield top
        while folder != top and top in folder.parents:
            yield folder
            folder = folder.parent


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []


def _words(path: Path) -> list[str]:
    lines = _lines(path)
    return lines[0].split() if lines else []


def _number(path: Path) -> int | None:
    words = _words(path)
    if not words or not words[0].isdigit():
        return None
    value = int(words[0])
    return value if value < 1 << 60 else None  # v1 writes a huge number for "no limit"


def _ratio(quota: str, period: str) -> float | None:
    if not quota.isdigit() or not period.isdigit() or int(period) == 0:
        return None
    return int(quota) / int(period)
