"""A copy of the catalog that can be handed on: what others may not see is not in it, so that nothing made of it tells.

Whatever is written from the copy (a site, say) needs no rules of its own. The copy is SQLite's private temporary
database, which has no name and is gone when it is closed, or when the program dies.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import PurePath, PureWindowsPath
from typing import Any, NamedTuple

from aa_tui.catalog import connection, leaderboard, paths
from aa_tui.catalog.connection import Catalog
from aa_tui.catalog.db import path_of
from aa_tui.catalog.rows import FILE_ITSELF, SERVER_ITSELF

_ADDRESS = re.compile(r"\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s\"'<>]*")
_HOST = re.compile(
    r"(?<![\w.:/-])(?:"
    r"(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?|\[[0-9a-fA-F:]{2,}\](?::\d{1,5})?"  # addresses
    r"|(?=[\w.-]*[A-Za-z])(?!\S*T\d\d:)[\w-]+(?:\.[\w-]+)*:\d{2,5}"  # names with a port, but no moments
    r")(?![\w.:])"
)
_PATH = re.compile(r"(?<![\w.:/])(?:~?/|[A-Za-z]:\\|\\\\)[^\s\"'<>:,;]*[/\\][^\s\"'<>:,;]*")
_LEAST_NAME = 3
"""A machine's name of fewer letters is part of too many words to be taken out of sentences."""

_AS_IT_IS = frozenset({"pack"})
"""By which a pack is found; a report names its last part alone."""

_PRIVATE_TABLES = (
    "asked",
    "servers",
    "seen_files",
    "file_folders",
    "file_crashes",
    "engine_trials",
    "live_slots",
    "deleted_runs",
)
"""Prompts that people try, addresses, folders, and what no page shows."""


class Withheld(NamedTuple):
    """What is not in the copy for its sources' sake: their names, and how many figures and prices are of them."""

    sources: tuple[str, ...] = ()
    n_figures: int = 0


def publishable_sources(conn: sqlite3.Connection) -> frozenset[int]:
    """The ids of the sources whose figures may be published by anybody: those that are not marked as restricted.

    Nothing else asks which sources may be published.
    """
    return frozenset(row[0] for row in conn.execute("SELECT id FROM sources WHERE NOT is_restricted"))


def copy_to_publish(
    conn: sqlite3.Connection, *, restricted: bool = False, machine_names: bool = False, texts: bool = False
) -> tuple[Catalog, Withheld]:
    """The copy, open, and what was withheld. The caller closes it.

    Never in it: folders, logs, process ids, conversations, labels' notes, reasons in words, addresses of servers that
    are known to the catalog.

    Args:
        conn: the catalog.
        restricted: with figures of sources that are not known to be publishable.
        machine_names: with the names of machines, which are told by their processors otherwise, and the addresses of
            the servers that runs went through.
        texts: with prompts and answers of evaluations.
    """
    copy = connection.temporary(path_of(conn))
    try:
        conn.backup(copy)
        copy.execute("PRAGMA foreign_keys = OFF")
        copy.execute("BEGIN")
        for table in _PRIVATE_TABLES:
            copy.execute(f"DELETE FROM {table}")
        withheld = Withheld() if restricted else _withhold(copy)
        _drop_runs(copy)
        _drop_texts(copy, texts=texts)
        _hide_places(copy, machine_names=machine_names)
        leaderboard.rebuild(copy)
        copy.execute("COMMIT")
        copy.execute("PRAGMA query_only = ON")
        copy.reads_only = True
    except BaseException:
        copy.close()
        raise
    return copy, withheld


@contextmanager
def to_hand_on(conn: Catalog) -> Iterator[tuple[Catalog, Withheld]]:
    """The catalog without figures that only its user may have: itself where it has none of those, else a copy."""
    if conn.execute("SELECT 1 FROM sources WHERE is_restricted LIMIT 1").fetchone() is None:
        yield conn, Withheld()
        return
    with closing(connection.temporary(path_of(conn))) as copy:
        conn.backup(copy)
        copy.execute("PRAGMA foreign_keys = OFF")
        copy.execute("BEGIN")
        withheld = _withhold(copy)
        leaderboard.rebuild(copy)
        copy.execute("COMMIT")
        yield copy, withheld


def restricted_names(conn: sqlite3.Connection) -> list[str]:
    """The sources whose figures only the user may have, by name."""
    return [row[0] for row in conn.execute("SELECT DISTINCT name FROM sources WHERE is_restricted ORDER BY name")]


# -- figures of others


def _withhold(copy: Catalog) -> Withheld:
    """Take away figures, offers and facts of sources that may not be published, and models that nothing is left of."""
    free = publishable_sources(copy)
    kept = [tuple(row) for row in copy.execute("SELECT id, name FROM sources ORDER BY id") if row[0] not in free]
    if not kept:
        return Withheld()
    n_figures = 0
    for source_id, _ in kept:
        for table in ("measurements", "offers"):
            n_figures += copy.execute(f"DELETE FROM {table} WHERE source_id = ?", (source_id,)).rowcount
        copy.execute(
            "UPDATE variants SET source_id = NULL, release_date = NULL, total_params_b = NULL, active_params_b = NULL, "
            "context_tokens = NULL, input_modalities = '', output_modalities = '', license = NULL WHERE source_id = ?",
            (source_id,),
        )
        copy.execute("DELETE FROM sources WHERE id = ?", (source_id,))
    copy.execute(
        """DELETE FROM variants WHERE source_id IS NULL
             AND NOT EXISTS (SELECT 1 FROM measurements m WHERE m.variant_id = variants.id)
             AND NOT EXISTS (SELECT 1 FROM gguf_files f WHERE f.model_id = variants.model_id)"""
    )
    copy.execute("DELETE FROM offers WHERE variant_id NOT IN (SELECT id FROM variants)")
    return Withheld(tuple(dict.fromkeys(name for _, name in kept)), n_figures)


# -- what is the user's alone


def _drop_runs(copy: Catalog) -> None:
    """Take away conversations, runs without a figure, and all that hangs on them."""
    copy.execute(
        "CREATE TEMP TABLE gone AS SELECT id FROM runs WHERE kind = 'ask' "
        "OR id NOT IN (SELECT run_id FROM measurements WHERE run_id IS NOT NULL)"
    )
    gone = "SELECT id FROM gone"
    for table in ("measurements", "speed_samples", "machine_samples", "run_events", "sample_turns"):
        copy.execute(f"DELETE FROM {table} WHERE run_id IN ({gone})")
    for table in ("sample_scores", "sample_labels", "budget_probes"):
        copy.execute(f"DELETE FROM {table} WHERE sample_id IN (SELECT id FROM eval_samples WHERE run_id IN ({gone}))")
    copy.execute(f"DELETE FROM eval_samples WHERE run_id IN ({gone})")
    copy.execute(f"DELETE FROM runs WHERE id IN ({gone})")


def _drop_texts(copy: Catalog, *, texts: bool) -> None:
    copy.execute("UPDATE sample_labels SET note = ''")
    copy.execute("UPDATE eval_samples SET message = ''")
    copy.execute("UPDATE sample_turns SET message = ''")
    copy.execute("UPDATE run_events SET reason = NULL")
    copy.execute("UPDATE syncs SET url = ''")
    copy.execute(
        "UPDATE runs SET reason = NULL, log_path = NULL, pid = NULL, pid_started_at = NULL, crash = NULL, live = '{}', "
        "progress_text = '', conditions = '{}', identity_parts = '{}'"
    )
    if not texts:
        copy.execute("UPDATE eval_samples SET prompt = '', thinking = '', answer = ''")
        copy.execute("UPDATE sample_scores SET extracted = NULL, detail = '', parts = '[]'")
        copy.execute("UPDATE budget_probes SET answer = '', extracted = NULL")
        copy.execute(
            "UPDATE sample_turns SET thinking = '', answer = '', raw = '', calls = '[]', unread = '[]', given = '[]'"
        )
        copy.execute("DELETE FROM log_samples")


# -- where things are


def _hide_places(copy: Catalog, *, machine_names: bool) -> None:
    """Paths become file names; machines and servers, where they are not to be named, what they are."""
    names = [row[0] for row in copy.execute("SELECT name FROM machines") if len(row[0]) >= _LEAST_NAME]
    word = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(names, key=len, reverse=True)))
    servers: dict[str, str] = {}

    def address(match: re.Match[str]) -> str:
        url = match[0].rstrip("/.,;)")
        return servers.setdefault(url, f"server {len(servers) + 1}")

    def hidden(text: str) -> str:
        if not machine_names:
            text = _HOST.sub(address, _ADDRESS.sub(address, text))
            text = word.sub("this machine", text) if names else text
        return text if _ADDRESS.search(text) else _PATH.sub(lambda match: _last(match[0]), text)

    if not machine_names:
        _name_by_processor(copy)
    for row in copy.execute("SELECT id, path, kind FROM gguf_files").fetchall():
        path = paths.told(row["path"])
        if row["kind"] == "served":
            where, _, name = path.partition("#")
            path = path if machine_names else f"{hidden(where)}#{name}"
        else:
            path = _last(path)
        copy.execute("UPDATE gguf_files SET path = ?, metadata = '{}' WHERE id = ?", (paths.stored(path), row["id"]))
    for row in copy.execute("SELECT id, settings, engine, origin_facts FROM runs").fetchall():
        told = (_rewritten(row[name], hidden) for name in ("settings", "engine", "origin_facts"))
        copy.execute("UPDATE runs SET settings = ?, engine = ?, origin_facts = ? WHERE id = ?", (*told, row["id"]))
    for (server,) in copy.execute("SELECT DISTINCT server FROM eval_samples WHERE server IS NOT NULL").fetchall():
        copy.execute("UPDATE eval_samples SET server = ? WHERE server = ?", (hidden(server), server))
    for row in copy.execute("SELECT id, name, url FROM sources").fetchall():
        if row["name"] in (FILE_ITSELF, SERVER_ITSELF):
            url = hidden(row["url"]) if row["name"] == SERVER_ITSELF else _last(row["url"])
            copy.execute("UPDATE OR REPLACE sources SET url = ? WHERE id = ?", (url, row["id"]))
    copy.execute("UPDATE speed_elsewhere SET entry = '{}'")
    for row in copy.execute("SELECT id, model_file FROM speed_elsewhere").fetchall():
        copy.execute("UPDATE speed_elsewhere SET model_file = ? WHERE id = ?", (_last(row["model_file"]), row["id"]))


def _name_by_processor(copy: Catalog) -> None:
    """Each machine by its processor, with a number where several have the same."""
    rows = copy.execute("SELECT id, cpu FROM machines ORDER BY id").fetchall()
    known = Counter(row["cpu"] for row in rows)
    seen: Counter[str] = Counter()
    for row in rows:
        seen[row["cpu"]] += 1
        name = row["cpu"] or "unknown processor"
        name = f"{name} (machine {seen[row['cpu']]})" if known[row["cpu"]] > 1 else name
        copy.execute(
            "UPDATE machines SET name = ?, fingerprint = ? WHERE id = ?", (name, f"machine-{row['id']}", row["id"])
        )


def _rewritten(stored: str, hidden: Callable[[str], str]) -> str:
    """JSON with every text in it rewritten; what is no JSON is nothing."""
    try:
        value = json.loads(stored)
    except ValueError:
        return "{}"
    return json.dumps(_every(value, hidden))


def _every(value: Any, hidden: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return hidden(value)
    if isinstance(value, list):
        return [_every(part, hidden) for part in value]
    if isinstance(value, dict):
        return {name: part if name in _AS_IT_IS else _every(part, hidden) for name, part in value.items()}
    return value


def _last(path: str) -> str:
    """The last part of a path of any system."""
    if "\\" in path and "/" not in path:
        return PureWindowsPath(path).name or path
    return PurePath(path).name if os.sep in path or "/" in path else path
