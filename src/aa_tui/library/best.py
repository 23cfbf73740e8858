"""Which file of a model to take on this machine: what is here, else what fits its free memory."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from aa_tui.catalog.models import UnknownModelError
from aa_tui.catalog.rows import ModelRow
from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.known import known_models
from aa_tui.library import fits, room, scan
from aa_tui.library.fits import Candidate, Fit, Planner
from aa_tui.library.room import Room

FIRST_REAL = "nanbeige4-1-3b"
"""The model that is named to those who have seen the bundled one."""


@dataclass(frozen=True, slots=True)
class Best:
    """`fit` is the file to take, None where none fits; `smallest` what needs least, None where no file is known."""

    room: Room
    fit: Fit | None
    smallest: Fit | None


class BestOfEach:
    """The best quantization of many models. Making one looks at the machine and its folders; each model is worked out
    once, when it is asked for."""

    def __init__(self, conn: sqlite3.Connection, plan_of: Planner = fits.short) -> None:
        self._room = room.room_here(conn, measure=False)
        self._plan_of = plan_of
        self._here: dict[int, list[Candidate]] = {}
        for file in scan.scan(conn).files:
            if file.digest.is_model and file.model_id is not None:
                self._here.setdefault(file.model_id, []).append(fits.of_file(file, self._room))
        self._known = {slug: known for known in known_models() for slug in known.slugs}
        self._found: dict[int, Fit | None] = {}

    def of(self, model: ModelRow) -> Fit | None:
        """Of those files that are here, one of them; else of those known, or by the usual sizes. None where none fits,
        and for a proprietary model."""
        if model.model_id not in self._found:
            here = fits.planned(self._here.get(model.model_id, ()), self._room, self._plan_of)
            self._found[model.model_id] = fits.best(here) or fits.best(self._offered(model))
        return self._found[model.model_id]

    def _offered(self, model: ModelRow) -> list[Fit]:
        if not model.open_weights or model.is_local:
            return []
        offers = fits.offered(self._known.get(model.slug), model, self._room)
        return fits.planned(offers, self._room, self._plan_of)


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
