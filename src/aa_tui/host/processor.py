"""What the processor can do beyond the usual: instruction sets that decide how llama.cpp keeps weights."""

from __future__ import annotations

import hashlib
import platform
import sys
from pathlib import Path

from aa_tui.host import children
from aa_tui.textsafe import clean_line

_ARM_NAMES = {"asimddp": "dotprod", "i8mm": "i8mm", "sve": "sve"}
_X86_NAMES = ("avx2", "avx512f", "avx512_vnni", "amx_int8")


def features() -> frozenset[str]:
    """Some of "avx2", "avx512f", "avx512_vnni", "amx_int8", "dotprod", "i8mm", "sve"; empty where it is unknown."""
    if sys.platform == "darwin":
        return _of_macos()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return frozenset()
    return parse_cpuinfo(lines)


def identity() -> str:
    """This processor: its name where it tells one, and a hash of all that it can do. Another one never has the same."""
    if sys.platform == "darwin":
        words, called = [_sysctl("machdep.cpu.brand_string")], _sysctl("machdep.cpu.brand_string")
    else:
        try:
            lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
        except OSError:
            lines = []
        fields: dict[str, str] = {}
        for line in lines:
            key, _, value = line.partition(":")
            fields.setdefault(key.strip().lower(), value.strip())
        words = sorted((fields.get("flags") or fields.get("features") or "").split())
        called = fields.get("model name") or fields.get("hardware") or ""
    arch = platform.machine() or "unknown"
    digest = hashlib.sha256(" ".join((arch, *words)).encode()).hexdigest()[:12]
    return f"{clean_line(called) or arch}, features {digest}"


def parse_cpuinfo(lines: list[str]) -> frozenset[str]:
    """The features in the lines of Linux' /proc/cpuinfo: `flags` on x86, `Features` on ARM."""
    for line in lines:
        key, _, value = line.partition(":")
        if key.strip().lower() in ("flags", "features"):
            words = set(value.split())
            found = {name for name in _X86_NAMES if name in words}
            return frozenset(found | {ours for theirs, ours in _ARM_NAMES.items() if theirs in words})
    return frozenset()


def _of_macos() -> frozenset[str]:
    if platform.machine() == "arm64":
        return frozenset({"dotprod", "i8mm"} if _sysctl("hw.optional.arm.FEAT_I8MM") == "1" else {"dotprod"})
    words = _sysctl("machdep.cpu.leaf7_features").lower().split()
    return frozenset(name for name in _X86_NAMES if name in words)


def _sysctl(name: str) -> str:
    try:
        done = children.run(("sysctl", "-n", name), timeout_s=2)
    except (OSError, children.ChildError):
        return ""
    return done.said.decode("utf-8", "replace").strip()
