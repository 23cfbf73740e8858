"""A place in the app, for going there and back."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A place in the app: the name of a view, and what of it is meant.

    `section` is of a page; `slugs` are what is compared, of quantizations the files' paths; `item` a sample; `other`
    the second of two runs; `target` a file's path, or a model's name.
    The list of runs with a `run_id` has its cursor on that run.
    """

    view: str
    slug: str | None = None
    section: str | None = None
    chart: str | None = None
    run_id: int | None = None
    slugs: tuple[str, ...] = ()
    item: str | None = None
    other: int | None = None
    target: str | None = None

    @property
    def way(self) -> Place | None:
        """The place that one comes by where the app begins with this one: the list of runs for all that is of a run."""
        return Place("runs", run_id=self.run_id) if self.run_id is not None and self.view != "runs" else None
