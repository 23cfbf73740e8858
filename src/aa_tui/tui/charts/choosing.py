"""What charts draw, chosen and remembered; and what a bar or dot of theirs opens."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aa_tui.charts.scene import Selection
from aa_tui.tui.core.places import Place

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from aa_tui.charts.scene import Scene
    from aa_tui.tui.core.host import Host
    from aa_tui.tui.core.memory import Memory

KEY = "charts.selection"


def remembered(memory: Memory) -> Selection:
    """The choice of last time."""
    nothing: dict[str, object] = {}
    return Selection.from_dict(memory.get(KEY, nothing))


def remember(memory: Memory, selection: Selection) -> None:
    """Keep a choice."""
    memory.put(KEY, selection.to_dict())


def choose(host: Host, draw: Callable[[Selection], None]) -> None:
    """Choose which models are drawn, and which pack's evaluations; `draw` is called with every choice."""
    from aa_tui.catalog import models, runs
    from aa_tui.tui.charts.selection import SelectionDialog

    selection = remembered(host.memory)
    nobody: list[tuple[str, int]] = []
    creators = [name for name, _ in host.store.read(models.creators, nobody)]

    def pinned_names(conn: sqlite3.Connection) -> dict[str, str]:
        found = [models.by_slug(conn, slug) for slug in selection.pinned]
        return {row.slug: row.name for row in found if row is not None}

    def chosen(selection: Selection) -> None:
        remember(host.memory, selection)
        draw(selection)

    nameless: dict[str, str] = {}
    names = host.store.read(pinned_names, nameless)
    none: list[str] = []
    packs = host.store.read(runs.packs, none)
    host.ask(SelectionDialog(selection, creators, names, packs, chosen))


def pin(host: Host, slug: str) -> Selection:
    """Keep a model in every chart; one that is pinned is let go."""
    selection = remembered(host.memory)
    is_pinned = slug in selection.pinned
    pinned = selection.pinned - {slug} if is_pinned else selection.pinned | {slug}
    selection = replace(selection, pinned=pinned)
    remember(host.memory, selection)
    host.toast("No longer pinned." if is_pinned else "Pinned: it is drawn in every chart; p lets it go.")
    return selection


async def open_from(host: Host, scene: Scene | None, key: str, section: str | None = None) -> None:
    """Open the page of a bar's or dot's model, at a section of it, or the run of what was measured here."""
    from aa_tui.catalog import models

    runs_here = {str(result.run.id) for result in scene.local} if scene is not None else set()
    if key in runs_here:
        await host.go(Place("runs", run_id=int(key)))
    elif host.store.read(lambda conn: models.by_slug(conn, key), None) is not None:
        await host.go(Place("page", key, section))
    else:
        host.toast("This bar stands for no model, so it has no page.")
