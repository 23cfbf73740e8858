"""Items of two evaluations that are the same by their text: how runs are paired that were made by two programs."""

from __future__ import annotations

import sqlite3

from aa_tui.catalog import logs
from aa_tui.catalog.db import path_of
from aa_tui.catalog.rows import RunRow
from aa_tui.formats.log import digest


def by_content(conn: sqlite3.Connection, a: RunRow, b: RunRow) -> dict[str, str]:
    """The items of `b` with the item of `a` that asks the same, each of both once at most.

    Items are the same where question or prompt have the same text. Of a text that several items have none is matched.
    """
    places: dict[str, set[str]] = {}
    for item, told in _digests(conn, a).items():
        for one in told:
            places.setdefault(one, set()).add(item)
    found: dict[str, str] = {}
    takers: dict[str, list[str]] = {}
    for item, told in _digests(conn, b).items():
        same = {next(iter(places[one])) for one in told if len(places.get(one, ())) == 1}
        if len(same) == 1:
            (other,) = same
            takers.setdefault(other, []).append(item)
            found[item] = other
    return {item: other for item, other in found.items() if len(takers[other]) == 1}


def _digests(conn: sqlite3.Connection, run: RunRow) -> dict[str, frozenset[str]]:
    if run.origin == "log":
        return logs.digests(conn, run.id)
    asked = _questions(conn, run)
    return {
        item: frozenset(filter(None, (digest(prompt), *asked.get(item, ()))))
        for item, prompt in logs.prompts(conn, run.id).items()
    }


def _questions(conn: sqlite3.Connection, run: RunRow) -> dict[str, tuple[str, str]]:
    """The items' own texts, with their choices and without, where the run's pack is here in its version."""
    from aa_tui.evals import prompts
    from aa_tui.evals.items import PackError
    from aa_tui.evals.packs import load

    try:
        pack = load(run.setup.pack or run.pack or "", path_of(conn).parent)
    except PackError:
        return {}
    if run.pack_version not in (None, pack.version):
        return {}
    return {item.id: (digest(item.prompt), digest(prompts.question(pack, item))) for item in pack.items}
