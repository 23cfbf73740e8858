"""Why a measurement may say more about the machine's state than about the file. Pure."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aa_tui.host.telemetry import MachineSample, MachineState

BUSY_SHARE = 0.15
"""So much of the processor in use by others before a run shows in its figures."""

OWN_SHARE = 0.85
"""Of the processor time used while a run measures, so much should be its own."""

HOT_C = 95.0
"""Most processors slow down at 95 to 105 °C."""

SWAP_GROWTH_BYTES = 64 << 20

_SLOW_GOVERNORS = ("powersave", "conservative")
_SLOW_PREFERENCES = ("power", "balance_power")
_SLOW_PROFILES = ("low-power", "quiet", "cool")


def warnings(before: MachineState, after: MachineState | None, samples: Sequence[MachineSample]) -> list[str]:
    """What was amiss, each as part of a sentence: "on battery"; empty where nothing was."""
    found = [*_busy(before, samples), *_power(before, after, samples), *_heat(before, after, samples)]
    if after is not None and before.swap_used_bytes is not None and after.swap_used_bytes is not None:
        grown = after.swap_used_bytes - before.swap_used_bytes
        if grown > SWAP_GROWTH_BYTES:
            found.append(f"{grown / 1e6:,.0f} MB were swapped out while it measured")
    return found


def _busy(before: MachineState, samples: Sequence[MachineSample]) -> list[str]:
    if before.busy_share is not None and before.busy_share > BUSY_SHARE:
        return [f"other programs used {100 * before.busy_share:.0f} % of the processor when it began"]
    own = [one.own_cpu_share for one in samples if one.own_cpu_share is not None]
    if len(own) >= 3 and median(own) < OWN_SHARE:
        return [f"other programs took {100 * (1 - median(own)):.0f} % of the processor time used while it measured"]
    return []


def _power(before: MachineState, after: MachineState | None, samples: Sequence[MachineSample]) -> list[str]:
    found = []
    sources = [before.on_mains, after.on_mains if after else None, *(one.on_mains for one in samples)]
    if any(one is False for one in sources):
        found.append("the machine ran on its battery")
    # with intel_pstate and amd_pstate in active mode "powersave" is the usual governor, and the preference decides
    slow_governor = before.governor in _SLOW_GOVERNORS and before.energy_preference is None
    if slow_governor:
        found.append(f"the processor's governor is {before.governor}")
    if before.energy_preference in _SLOW_PREFERENCES:
        found.append(f"the processor's energy preference is {before.energy_preference}")
    if before.platform_profile in _SLOW_PROFILES:
        found.append(f"the platform's profile is {before.platform_profile}")
    return found


def _heat(before: MachineState, after: MachineState | None, samples: Sequence[MachineSample]) -> list[str]:
    counts = [one.throttle_count for one in (before, after) if one is not None and one.throttle_count is not None]
    if any(one.throttled for one in samples) or (len(counts) == 2 and counts[1] > counts[0]):
        return ["heat or a power limit slowed the processor while it measured"]
    temperatures = [one.temperature_c for one in samples if one.temperature_c is not None]
    if temperatures and max(temperatures) >= HOT_C:
        return [f"the processor reached {max(temperatures):.0f} °C"]
    return []
