"""What this machine and installation can do, and what to fix: for `aa-tui doctor` and for the app."""

from __future__ import annotations

import locale
import os
import platform
import sqlite3
import sys
from contextlib import closing
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from aa_tui import __version__
from aa_tui.shellwords import quoted

ENGINE = "llama-cpp-python"
_PACKAGES = ("textual", ENGINE, "sqlite-utils", "plotext", "gguf", "huggingface-hub")
_STDOUT = 1
"""Not `sys.stdout`, which the app has for itself."""

CHECK_S = 5.0
_HUB_S = 2.0
_LOW_DISK_BYTES = 2_000_000_000


def examine(path: Path) -> dict[str, Any]:
    """The report: in `problems` a sentence with a command for all that needs mending, in `hints` for what would help.

    What is optional is a hint: a machine without a GPU or a network is sound.
    """
    from aa_tui.host import gpus, machine, sensors

    problems: list[str] = []
    hints: list[str] = []
    engine = _engine(path, problems, hints)
    found = [asdict(gpu) for gpu in gpus.gpus()]
    _gpu_hints(engine, found, hints)
    return {
        "aa_tui": __version__,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "packages": {name: _version(name, problems) for name in _PACKAGES},
        "machine": asdict(machine.describe()),
        "threads": machine.default_threads(),
        "available_memory_bytes": machine.available_memory_bytes(),
        "load_1m": machine.load_1m(),
        "engine": engine,
        "gpus": found,
        "catalog": _catalog(path, problems, hints),
        "bandwidth": _bandwidth(path, hints),
        "watched": _watched(path, engine, hints),
        "power": asdict(sensors.power()),
        "temperature": asdict(sensors.temperature()),
        "closed_places": _closed_places(path, hints),
        "jail": _jail(hints),
        "disks": _disks(path, problems),
        "hub": _network(hints),
        "terminal": _terminal(hints),
        "problems": problems,
        "hints": hints,
    }


def _version(name: str, problems: list[str]) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        if name != ENGINE:  # which is told of by itself: one may look around without it
            problems.append(f"The package {name} is missing: `uv sync` installs it.")
        return None


def _engine(path: Path, problems: list[str], hints: list[str]) -> dict[str, Any] | None:
    """llama.cpp's build and how it works here, tried anew in a process of its own: it must not take this one along.

    None where it is not installed.
    """
    from aa_tui.catalog import db
    from aa_tui.engine.binaries import not_installed
    from aa_tui.library import engine_trial

    if words := not_installed():
        hints.append(words)
        return None
    try:
        with db.noting(path) as conn:
            trial = engine_trial.check(conn, anew=True)
    except (db.CatalogError, sqlite3.Error):  # told with the catalog
        with closing(sqlite3.connect(":memory:")) as conn:
            trial = engine_trial.check(conn, anew=True)
    test = engine_trial.as_test(trial)
    told = engine_trial.caution(test)
    if not test.ok:
        problems.append(engine_trial.none_works(test))
    elif told is not None:
        problems.append(told)
    self_test = {**test.to_dict(), "build": trial.build, "processor": trial.processor}
    return {**test.engine, "self_test": self_test}


def _gpu_hints(engine: dict[str, Any] | None, found: list[dict[str, Any]], hints: list[str]) -> None:
    """A GPU that llama.cpp does not use, with the command that builds it so that it does."""
    from aa_tui.host import gpus
    from aa_tui.host.installation import rebuild_command

    if engine is None or engine.get("gpu_offload", True):
        return
    if found or gpus.has_nvidia_device():
        name = found[0]["name"] if found else "An NVIDIA GPU"
        hints.append(f"{name} is there but llama.cpp was built without CUDA: `{rebuild_command('-DGGML_CUDA=on')}`.")
    elif sys.platform == "darwin" and platform.machine() == "arm64":
        hints.append(f"llama.cpp was built without Metal: `{rebuild_command('-DGGML_METAL=on')}`.")
    elif Path("/dev/dri/renderD128").exists():
        hints.append(f"A GPU is there but llama.cpp uses none: `{rebuild_command('-DGGML_VULKAN=on')}` may use it.")


def _catalog(path: Path, problems: list[str], hints: list[str]) -> dict[str, Any]:
    from aa_tui.catalog import checkup, db, library, models, runs, trouble

    facts: dict[str, Any] = {"path": str(path), "size_bytes": None}
    try:
        facts["size_bytes"] = path.stat().st_size if path.is_file() else None
        with db.noting(path) as conn:
            facts["read_only"] = db.reads_only(conn)
            if facts["read_only"]:
                hints.append(f"{trouble.unwritable(path)} What it holds can be looked at, and nothing can be measured.")
            found = library.quick_check(conn, CHECK_S)
            if found == "ok":
                found = checkup.damage(conn, CHECK_S) or "ok"
            if found not in (None, "ok"):
                problems.append(trouble.damaged(path, found))
            facts |= {
                "quick_check": found,
                "schema": db.SCHEMA_VERSION,
                "models": models.count(conn),
                "runs": len(runs.list_runs(conn)),
                "published_table": models.newest_table_date(conn),
            }
    except (db.CatalogError, sqlite3.Error, OSError) as error:
        problems.append(str(error))
    return facts


def _bandwidth(path: Path, hints: list[str]) -> dict[str, Any] | None:
    """What was measured; measuring is `gguf fit`'s business, so that this command stays quick."""
    from aa_tui.catalog import db, library
    from aa_tui.host import machine

    try:
        with db.noting(path) as conn:
            known = library.bandwidth(conn, machine.describe().fingerprint)
    except (db.CatalogError, sqlite3.Error):
        return None
    if known is None:
        hints.append("The memory's bandwidth was not measured yet: `aa-tui gguf fit --measure` measures it (2 s).")
        return None
    return {"bytes_per_s": round(known.bytes_per_s), "n_threads": known.n_threads, "measured_at": known.measured_at}


def _watched(path: Path, engine: dict[str, Any] | None, hints: list[str]) -> list[dict[str, Any]]:
    """The files with a baseline, with a hint where one became worse, or should be probed anew."""
    from aa_tui.catalog import db
    from aa_tui.pages.studies import watch_list
    from aa_tui.runs.identity import engine_words

    works = engine is not None and engine["self_test"]["ok"]
    try:
        with db.noting(path) as conn:
            rows = watch_list.files_json(conn, engine_words(engine) if engine is not None and works else None)
    except (db.CatalogError, sqlite3.Error):  # told of already
        return []
    hints += watch_list.trouble(rows)
    return rows


def _jail(hints: list[str]) -> dict[str, Any]:
    """What model-written code would run in, as a probe confirms it."""
    from aa_tui.evals.jail.isolation import available

    found = available()
    if not found.isolating:
        hints.append(f"Nothing isolates model-written code here ({found.why_not}): packs with code need --unsafe-code.")
    elif not found.hides_files and sys.platform == "linux":
        hints.append(f"The jail would hide all other files with user namespaces or bubblewrap ({found.why_not}).")
    return {
        "name": found.name,
        "isolating": found.isolating,
        "hides_files": found.hides_files,
        "meaning": found.meaning,
        "why_not": found.why_not,
    }


def _disks(path: Path, problems: list[str]) -> list[dict[str, Any]]:
    from aa_tui.gguf.places import hub_cache
    from aa_tui.host import disk
    from aa_tui.library.scan import own_folder

    rows = []
    for what, folder, cure in (
        ("catalog", path.absolute().parent, "set AA_TUI_HOME to another disk"),
        ("own models", own_folder(), "set AA_TUI_HOME to another disk, or `aa-tui gguf remove FILE`"),
        ("the Hub's cache", hub_cache(), "set HF_HUB_CACHE to another disk, or `aa-tui gguf remove FILE`"),
    ):
        free = disk.free_bytes(folder)
        rows.append({"what": what, "folder": str(folder), "free_bytes": free})
        if free is not None and free < _LOW_DISK_BYTES:
            problems.append(f"Only {free / 1e9:.1f} GB are free for {what} in {quoted(str(folder))}: {cure}.")
    return rows


def _closed_places(path: Path, hints: list[str]) -> list[str]:
    """Places of GGUF files that are there but cannot be looked into, a sentence each."""
    from aa_tui.catalog import db
    from aa_tui.gguf.places import closed
    from aa_tui.library.here import places_here

    try:
        with db.noting(path) as conn:
            found = closed(places_here(conn))
    except (db.CatalogError, sqlite3.Error):  # told of already
        return []
    hints += found
    return found


def _network(hints: list[str]) -> dict[str, Any]:
    """Who is talked to, and whether the Hub can be reached. Nothing is asked of it, and in offline mode nobody is."""
    from aa_tui.gguf import talking

    found = talking.talking()
    reason = f"by {found.offline}" if found.offline else talking.reach_hub(_HUB_S)
    state = "offline" if found.offline else "reachable" if reason is None else "unreachable"
    if state == "unreachable":
        hints.append(f"The Hub cannot be reached ({reason}): nothing can be pulled until it is.")
    return {"state": state, "reason": reason, **asdict(found)}


def _terminal(hints: list[str]) -> dict[str, Any]:
    """What the terminal says of itself; a pipe says nothing."""
    size = os.get_terminal_size(_STDOUT) if os.isatty(_STDOUT) else None
    encoding = locale.getpreferredencoding(do_setlocale=False)
    if "utf" not in encoding.lower():
        hints.append(
            f"The terminal's encoding is {encoding}, so that charts are drawn in ASCII: `export LANG=C.UTF-8`."
        )
    if size is not None and (size.columns < 80 or size.lines < 24):
        hints.append(f"The terminal is {size.columns}x{size.lines}; the app needs 80x24 or more: enlarge the window.")
    return {
        "is_tty": size is not None,
        "term": os.environ.get("TERM"),
        "columns": size.columns if size else None,
        "rows": size.lines if size else None,
        "encoding": encoding,
        "true_color": os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"),
        "no_color": "NO_COLOR" in os.environ,
        "ssh": "SSH_CONNECTION" in os.environ,
    }
