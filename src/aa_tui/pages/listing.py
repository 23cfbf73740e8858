"""What the leaderboard and `aa-tui models` ask of the catalog beyond its columns: licences by use, sizes by memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from aa_tui.analysis.licences import CommercialUse, licence
from aa_tui.catalog import models

if TYPE_CHECKING:
    import sqlite3

Commercial = Literal["yes", "conditions", "no"]
"""Commercial use of a licence: allowed without conditions; allowed, if need be with conditions; not allowed."""

COMMERCIAL: dict[Commercial, tuple[CommercialUse, ...]] = {
    "yes": ("yes",),
    "conditions": ("yes", "with conditions"),
    "no": ("no",),
}

BITS_PER_WEIGHT = 4.5
"""About what Q4_K_M stores for a weight."""

OVERHEAD = 1.1
"""A tenth more than the weights: context cache and buffers of a short conversation."""

FIT_WORDS = (
    "would fit (Q4_K_M): open weights whose 4.5 bits each and a tenth more are within this machine's whole memory; "
    "an estimate from the number of parameters, not from a file"
)


def licenses_that_allow(conn: sqlite3.Connection, use: Commercial) -> tuple[str, ...]:
    """The catalog's licences by what they say of commercial use; those of which that is unknown are left out."""
    wanted = COMMERCIAL[use]
    return tuple(name for name, _ in models.licenses(conn) if licence(name).commercial_use in wanted)


def fitting_params_b(memory_bytes: int) -> float:
    """Billions of parameters that would fit in so much memory as Q4_K_M."""
    return memory_bytes / (BITS_PER_WEIGHT / 8 * OVERHEAD) / 1e9


def fitting_here_b() -> float:
    """The same for this machine's whole memory."""
    from aa_tui.host import machine

    return fitting_params_b(machine.memory_total_bytes())
