"""`aa-tui doctor`: what this machine and installation can do, and what to mend."""

from __future__ import annotations

import argparse
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
from aa_tui.cli import output
from aa_tui.cli.main import FAILURE, catalog_path

_PACKAGES = ("textual", "llama-cpp-python", "sqlite-utils", "plotext", "gguf", "huggingface-hub")
_CHECK_S = 5.0
_HUB_S = 2.0
_LOW_DISK_BYTES = 2_000_000_000


def run(options: argparse.Namespace) -> int:
    """Look at everything; exit code 1 when something needs mending."""
    report = examine(catalog_path(options))
    if options.json:
        output.print_json(report)
    else:
        output.write_lines(lines(report))
    return FAILURE if report["problems"] else 0


def examine(path: Path) -> dict[str, Any]:
    """The report: in `problems` a sentence with a command for all that needs mending, in `hints` for what would help.

    What is optional is a hint: a machine without a GPU or a network is sound.
    """
    from aa_tui.host import gpus, machine

    problems: list[str] = []
    hints: list[str] = []
    engine = _engine(path, problems)
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
        "catalog": _catalog(path, problems),
        "bandwidth": _bandwidth(path, hints),
        "jail": _jail(hints),
        "disks": _disks(path, problems),
        "hub": _hub(hints),
        "terminal": _terminal(hints),
        "problems": problems,
        "hints": hints,
    }


def _version(name: str, problems: list[str]) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        problems.append(f"The package {name} is missing: `uv sync` installs it.")
        return None


def _engine(path: Path, problems: list[str]) -> dict[str, Any]:
    """llama.cpp's build and how it works here, tried anew in a process of its own: it must not take this one along."""
    from aa_tui.catalog import db
    from aa_tui.runs import engine_check

    try:
        with closing(db.open_best(path)) as conn:
            trial = engine_check.check(conn, anew=True)
    except (db.CatalogError, sqlite3.Error):  # told with the catalog
        with closing(sqlite3.connect(":memory:")) as conn:
            trial = engine_check.check(conn, anew=True)
    test = engine_check.as_test(trial)
    told = engine_check.caution(test)
    if not test.ok:
        problems.append(engine_check.none_works(test))
    elif told is not None:
        problems.append(told)
    self_test = {**test.to_dict(), "build": trial.build, "processor": trial.processor}
    return {**test.engine, "self_test": self_test}


def _gpu_hints(engine: dict[str, Any], found: list[dict[str, Any]], hints: list[str]) -> None:
    """A GPU that llama.cpp does not use, with the command that builds it so that it does."""
    from aa_tui.host import gpus
    from aa_tui.host.installation import rebuild_command

    if engine.get("gpu_offload", True):
        return
    if found or gpus.has_nvidia_device():
        name = found[0]["name"] if found else "An NVIDIA GPU"
        hints.append(f"{name} is there but llama.cpp was built without CUDA: `{rebuild_command('-DGGML_CUDA=on')}`.")
    elif sys.platform == "darwin" and platform.machine() == "arm64":
        hints.append(f"llama.cpp was built without Metal: `{rebuild_command('-DGGML_METAL=on')}`.")
    elif Path("/dev/dri/renderD128").exists():
        hints.append(f"A GPU is there but llama.cpp uses none: `{rebuild_command('-DGGML_VULKAN=on')}` may use it.")


def _catalog(path: Path, problems: list[str]) -> dict[str, Any]:
    from aa_tui.catalog import db, library, models, runs

    facts: dict[str, Any] = {"path": str(path), "size_bytes": path.stat().st_size if path.is_file() else None}
    try:
        with closing(db.open_best(path)) as conn:
            found = library.quick_check(conn, _CHECK_S)
            if found not in (None, "ok"):
                problems.append(
                    f"The catalog {path} is damaged ({found}): `sqlite3 {path} .recover | sqlite3 mended.db` "
                    "saves what can be read."
                )
            facts |= {
                "quick_check": found,
                "schema": db.SCHEMA_VERSION,
                "models": models.count(conn),
                "runs": len(runs.list_runs(conn)),
                "published_table": models.newest_table_date(conn),
            }
    except (db.CatalogError, sqlite3.Error) as error:
        problems.append(str(error))
    return facts


def _bandwidth(path: Path, hints: list[str]) -> dict[str, Any] | None:
    """What was measured; measuring is `gguf fit`'s business, so that this command stays quick."""
    from aa_tui.catalog import db, library
    from aa_tui.host import machine

    try:
        with closing(db.open_best(path)) as conn:
            known = library.bandwidth(conn, machine.describe().fingerprint)
    except (db.CatalogError, sqlite3.Error):
        return None
    if known is None:
        hints.append("The memory's bandwidth was not measured yet: `aa-tui gguf fit --measure` does (2 s).")
        return None
    return {"bytes_per_s": round(known.bytes_per_s), "n_threads": known.n_threads, "measured_at": known.measured_at}


def _jail(hints: list[str]) -> dict[str, Any]:
    """What model-written code would run in, as a probe confirms it."""
    from aa_tui.evals.jail.isolation import available

    found = available()
    if not found.isolating:
        hints.append(f"Nothing isolates model-written code here ({found.why_not}): packs with code need --unsafe-code.")
    return {"name": found.name, "isolating": found.isolating, "why_not": found.why_not}


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
            problems.append(f"Only {free / 1e9:.1f} GB are free for {what} in {folder}: {cure}.")
    return rows


def _hub(hints: list[str]) -> dict[str, Any]:
    """Whether the Hub can be reached. Nothing is asked of it, and nothing is tried in offline mode."""
    from aa_tui.host import network

    endpoint = os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        return {"endpoint": endpoint, "state": "offline", "reason": "HF_HUB_OFFLINE is set"}
    reason = network.reach(endpoint, _HUB_S)
    if reason is not None:
        hints.append(f"{endpoint} cannot be reached ({reason}), so that nothing can be pulled: `curl -I {endpoint}`.")
    return {"endpoint": endpoint, "state": "reachable" if reason is None else "unreachable", "reason": reason}


def _terminal(hints: list[str]) -> dict[str, Any]:
    """What the terminal says of itself; a pipe says nothing."""
    size = os.get_terminal_size(sys.stdout.fileno()) if sys.stdout.isatty() else None
    encoding = locale.getpreferredencoding(do_setlocale=False)
    if "utf" not in encoding.lower():
        hints.append(
            f"The terminal's encoding is {encoding}, so that charts are drawn in ASCII: `export LANG=C.UTF-8`."
        )
    if size is not None and (size.columns < 80 or size.lines < 24):
        hints.append(f"The terminal is {size.columns}x{size.lines}; the app wants 80x24 or more: enlarge the window.")
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


def lines(report: dict[str, Any]) -> list[str]:
    """The report for reading."""
    from aa_tui.analysis import display

    machine, size = report["machine"], display.size_bytes
    rows = [
        ("aa-tui", f"{report['aa_tui']}, Python {report['python']}, SQLite {report['sqlite']}"),
        ("Packages", ", ".join(f"{name} {number or 'missing'}" for name, number in report["packages"].items())),
        ("Machine", f"{machine['name']}: {machine['cpu']}, {machine['os']}, {machine['arch']}"),
        ("Cores", f"{machine['cores_physical']} physical, {machine['cores_logical']} logical"),
        ("Threads", f"{report['threads']} by default; load {report['load_1m']:.1f}"),
        ("Memory", f"{size(machine['memory_bytes'])}, {size(report['available_memory_bytes'])} free"),
    ]
    if report["bandwidth"]:
        known = report["bandwidth"]
        rows.append(
            ("Bandwidth", f"{size(known['bytes_per_s'])}/s, measured {display.date(known['measured_at'][:10])}")
        )
    rows += [*_engine_rows(report), *_catalog_rows(report)]
    rows += [("Disk", f"{size(one['free_bytes'])} free for {one['what']}, {one['folder']}") for one in report["disks"]]
    rows.append(("Jail", report["jail"]["name"] if report["jail"]["isolating"] else "none for model-written code"))
    hub, terminal = report["hub"], report["terminal"]
    rows.append(("Hub", f"{hub['endpoint']}, {hub['state']}" + (f" ({hub['reason']})" if hub["reason"] else "")))
    if terminal["is_tty"]:
        shown = f"{terminal['term']}, {terminal['columns']}x{terminal['rows']}, {terminal['encoding']}"
        colors = "no colour wanted" if terminal["no_color"] else "true colour" if terminal["true_color"] else "colours"
        rows.append(("Terminal", f"{shown}, {colors}{', over SSH' if terminal['ssh'] else ''}"))
    told = [f"{label:<11}{text}" for label, text in rows]
    told += [f"  {one}" for one in ("", *report["hints"])] if report["hints"] else []
    problems = [f"! {one}" for one in report["problems"]] or ["Nothing to mend."]
    return [line.rstrip() for line in (*told, "", *problems)]


def _engine_rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    from aa_tui.analysis import display

    rows = []
    engine = report["engine"]
    if engine and engine["self_test"]["ok"]:
        gpu = "yes" if engine["gpu_offload"] else "no"
        rows.append(("llama.cpp", f"{engine['llama_cpp']}, runs on {engine['backend']}, GPU offload: {gpu}"))
        rows.append(("Features", engine["system_info"]))
        rows += [("Device", _device_words(device)) for device in engine["devices"] if device["kind"] != "CPU"]
        tried = engine["self_test"]["tried"]
        outcome = "as it was built" if len(tried) == 1 else f"in the mode {engine['self_test']['mode']} only"
        rows.append(("Self-test", f"works {outcome} ({tried[-1]['seconds']:.1f} s)"))
    elif engine:
        rows.append(("llama.cpp", f"does not work in {len(engine['self_test']['tried'])} ways tried"))
    for gpu in report["gpus"]:
        free = display.size_bytes(gpu["free_bytes"])
        total = display.size_bytes(gpu["memory_bytes"])
        rows.append(("GPU", f"{gpu['name']}, {total}, {free} free, driver {gpu['driver']}"))
    return rows


def _device_words(device: dict[str, Any]) -> str:
    """What llama.cpp can put layers on, or compute with, and its memory."""
    from aa_tui.analysis import display

    named = f"{device['name']}: {device['description']}, {device['kind']}"
    if not device["memory_bytes"]:
        return named
    size = display.size_bytes
    return f"{named}, {size(device['memory_bytes'])}, {size(device['free_bytes'])} free"


def _catalog_rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    from aa_tui.analysis import display

    catalog = report["catalog"]
    rows = [("Catalog", catalog["path"])]
    if "models" in catalog:
        size = display.size_bytes(catalog["size_bytes"])
        checked = {"ok": "sound", None: f"not checked within {_CHECK_S:g} s"}.get(catalog["quick_check"], "damaged")
        rows.append(
            (
                "",
                f"{catalog['models']} models, {catalog['runs']} runs, {size}, {checked}; published table of "
                f"{catalog['published_table']}",
            )
        )
    return rows
