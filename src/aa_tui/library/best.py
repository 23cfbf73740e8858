"""Which file of a model to take on this machine: what is here, else what fits its free memory."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from aa_tui.catalog.models import UnknownModelError
from aa_tui.gguf.errors import GGUFError
from aa_tui.library import fits, room, scan
from aa_tui.library.fits import Fit, Planner
from aa_tui.library.room import Room

FIRST_REAL = "nanbeige4-1-3b"
"""The model that is named to those who have seen the bundled one."""


@dataclass(frozen=True, slots=True)
class Best:
    """`fit` is the file to take, None where none fits; `smallest` what needs least, None where no file is known."""

    room: Room
    fit: Fit | None
    smallest: Fit | None


def best_here(conn: sqlite3.Connection, target: str, here: Room | None = None, plan_of: Planner = fits.short) -> Best:
    """The best file of a model that fits as it would be run, of those that are here if one of them does. The memory's
    bandwidth is not measured for it."""
    here = here or room.room_here(conn, measure=False)
    try:
        found = fits.candidates(conn, scan.scan(conn), here, target)
    except (GGUFError, UnknownModelError):
        return Best(here, None, None)
    every = fits.planned(found, here, plan_of)
    best = fits.best([one for one in every if one.candidate.path is not None]) or fits.best(every)
    return Best(here, best, min(every, key=lambda one: one.memory.needed, default=None))
