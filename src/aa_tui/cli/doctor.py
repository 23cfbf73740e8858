"""`aa-tui doctor`: what this machine and installation can do, and what to mend."""

from __future__ import annotations

import argparse
import platform
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from aa_tui import __version__
from aa_tui.cli import output
from aa_tui.cli.main import FAILURE, catalog_path

_BUILD = "import json; from aa_tui.engine.build import describe_build; print(json.dumps(describe_build().to_dict()))"
_PACKAGES = ("textual", "llama-cpp-python", "sqlite-utils", "plotext", "gguf")


def run(options: argparse.Namespace) -> int:
    """Look at everything; exit code 1 when something needs mending."""
    report = examine(catalog_path(options))
    if options.json:
        output.print_json(report)
    else:
        output.write_lines(_lines(report))
    return FAILURE if report["problems"] else 0


def examine(path: Path) -> dict[str, Any]:
    """The report, with a sentence in `problems` for all that needs mending."""
    from aa_tui.host import machine

    problems: list[str] = []
    return {
        "aa_tui": __version__,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "packages": {name: version(name) for name in _PACKAGES},
        "machine": asdict(machine.describe()),
        "threads": machine.default_threads(),
        "available_memory_bytes": machine.available_memory_bytes(),
        "load_1m": machine.load_1m(),
        "engine": _engine(problems),
        "catalog": _catalog(path, problems),
        "problems": problems,
    }


def _engine(problems: list[str]) -> dict[str, Any] | None:
    """llama.cpp's build, asked in a process of its own: a broken build must not take this one along."""
    import json

    asked = subprocess.run([sys.executable, "-c", _BUILD], capture_output=True, text=True, check=False, timeout=120)
    if asked.returncode:
        said = asked.stderr.strip().splitlines()[-1:] or ["no reason given"]
        problems.append(f"llama.cpp does not load ({said[0]}); reinstall it with `pip install -U llama-cpp-python`.")
        return None
    engine: dict[str, Any] = json.loads(asked.stdout)
    return engine


def _catalog(path: Path, problems: list[str]) -> dict[str, Any]:
    from aa_tui.catalog import db, models, runs

    facts: dict[str, Any] = {"path": str(path), "size_bytes": path.stat().st_size if path.is_file() else None}
    try:
        with closing(db.open_best(path)) as conn:
            found = conn.execute("PRAGMA quick_check").fetchone()[0]
            if found != "ok":
                problems.append(f"The catalog {path} is damaged ({found}); restore it from a backup.")
            facts |= {
                "schema": db.SCHEMA_VERSION,
                "models": models.count(conn),
                "runs": len(runs.list_runs(conn)),
                "published_table": models.newest_table_date(conn),
                "free_disk_bytes": shutil.disk_usage(path.parent).free,
            }
    except (db.CatalogError, sqlite3.Error) as error:
        problems.append(str(error))
    return facts


def _lines(report: dict[str, Any]) -> list[str]:
    from aa_tui.analysis import display

    machine, engine, catalog = report["machine"], report["engine"], report["catalog"]
    rows = [
        ("aa-tui", f"{report['aa_tui']}, Python {report['python']}, SQLite {report['sqlite']}"),
        ("Packages", ", ".join(f"{name} {number}" for name, number in report["packages"].items())),
        ("Machine", f"{machine['name']}: {machine['cpu']}, {machine['os']}, {machine['arch']}"),
        ("Cores", f"{machine['cores_physical']} physical, {machine['cores_logical']} logical"),
        ("Threads", f"{report['threads']} by default; load {report['load_1m']:.1f}"),
        (
            "Memory",
            f"{display.size_bytes(machine['memory_bytes'])}, "
            f"{display.size_bytes(report['available_memory_bytes'])} free",
        ),
    ]
    if engine:
        gpu = "yes" if engine["gpu_offload"] else "no"
        rows.append(("llama.cpp", f"{engine['llama_cpp']}, runs on {engine['backend']}, GPU offload: {gpu}"))
        rows.append(("Features", engine["system_info"]))
    rows.append(("Catalog", catalog["path"]))
    if "models" in catalog:
        size = display.size_bytes(catalog["size_bytes"])
        free = display.size_bytes(catalog["free_disk_bytes"])
        rows.append(
            (
                "",
                f"{catalog['models']} models, {catalog['runs']} runs, {size}; published table of "
                f"{catalog['published_table']}; {free} of disk free",
            )
        )
    lines = [f"{label:<11}{text}" for label, text in rows]
    problems = report["problems"]
    return [*lines, "", *(f"! {one}" for one in problems)] if problems else [*lines, "", "Nothing to mend."]
