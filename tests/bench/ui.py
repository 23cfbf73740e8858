"""How fast the app is and how many bytes it sends, driven through a pseudo-terminal of 120x40.

Beside it, in the same run, a bare Textual app: what the framework costs on this machine at this moment. Prints a
table in Markdown. Times are wall-clock milliseconds from the start of the process or the key; CPU is the app's own.

    python tests/bench/ui.py [--models 10000] [--repeats 5]
    python tests/bench/ui.py --walk 60    memory over so many minutes of random keys
    python tests/bench/ui.py --models 100000 --in-turn    first frame and first page, beside the published models
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.support.terminal import Terminal, app_command, environment  # noqa: E402

from aa_tui.catalog import db, facts  # noqa: E402 (the sources must be on the path first)

COLUMNS, ROWS = 120, 40
MODEL = ROOT / "gguf_models" / "aa-nano-Q8_0.gguf"
READ_AHEAD_S = 3.0
"""By then the class of the model under the cursor has been read ahead, which happens once."""
WALKER_S = 0.05
"""How long the walker waits after what came last: keys that pile up unanswered would measure the pile."""
BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("bare textual ready")
Bare().run()
"""
BUDGETS = {
    "first painted frame, ms": "300",
    "leaderboard filled, ms": "450",
    "memory while browsing, MB": "60",
    "idle, bytes/s": "0",
    "idle, CPU %": "0.3",
    "Down, bytes": "1000",
    "Down, CPU ms": "8",
    "PageDown, bytes": "13000",
    "PageDown, CPU ms": "15",
    "view switch, bytes": "22000",
    "view switch, ms": "",
    "opening a page, ms": "150",
    "opening a page, bytes": "",
    "opening another page, ms": "150",
    "chart switch, ms": "",
    "key to frame beside a run, p95 ms": "50",
    "live run on screen, bytes/s": "1000",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--models", type=int, default=0, help="make a catalog of so many models")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--walk", type=float, default=0.0, metavar="MINUTES", help="only press random keys")
    parser.add_argument("--in-turn", action="store_true", help="compare with a catalog of the published models alone")
    options = parser.parse_args()
    if options.in_turn:
        _in_turn(options.models, options.repeats)
        return
    if options.walk:
        _walk(options.models, options.walk * 60)
        return
    with tempfile.TemporaryDirectory() as folder:
        catalog = Path(folder) / "catalog.db"
        count = make_catalog(catalog, options.models)
        bare = [_bare() for _ in range(options.repeats + 1)][1:]
        runs = [_measure(catalog) for _ in range(options.repeats + 1)][1:]
        beside = _beside(catalog)
    print(f"{count:,} models, {COLUMNS}x{ROWS}, median of {options.repeats} after one discarded\n")
    print("| measure | aa-tui | at most | bare Textual |\n|---|---:|---:|---:|")
    for name, most in BUDGETS.items():
        value = beside[name] if name in beside else statistics.median(run[name] for run in runs)
        base = f"{statistics.median(run[name] for run in bare):.1f}" if name in bare[0] else ""
        print(f"| {name} | {value:,.1f} | {most} | {base} |")


def make_catalog(path: Path, wanted: int) -> int:
    """A catalog of the published facts, and as many made-up models as it takes."""
    conn = db.open_catalog(path)
    count = int(conn.execute("SELECT count(*) FROM leaderboard").fetchone()[0])
    if wanted > count:
        conn.execute("BEGIN")
        facts.load_rows(conn, _made_up(conn, wanted - count))
        conn.execute("COMMIT")
        count = wanted
    conn.close()
    return count


def _made_up(conn: sqlite3.Connection, wanted: int) -> Iterator[dict[str, str]]:
    import csv

    rows = list(csv.DictReader(facts.FACTS_FILE.open(encoding="utf-8")))
    for number in range(wanted):
        row = dict(rows[number % len(rows)])
        row["slug"] = f"{row['slug']}-{number}"
        row["name"] = f"{row['name']} v{number}"
        row["intelligence_index"] = f"{number * 7919 % 6000 / 100:.2f}"
        yield row


def _bare() -> dict[str, float]:
    with Terminal([sys.executable, "-c", BARE], columns=COLUMNS, rows=ROWS, env=environment()) as app:
        app.wait(lambda: b"bare textual ready" in app.raw)
        first = time.perf_counter() - app.started
        app.settle()
        memory = psutil.Process(app.pid).memory_info().rss
        idle, busy = _idle(app)
    return {
        "first painted frame, ms": first * 1000,
        "memory while browsing, MB": memory / 1e6,
        "idle, bytes/s": idle,
        "idle, CPU %": busy,
    }


def _measure(catalog: Path) -> dict[str, float]:
    found: dict[str, float] = {}
    with Terminal(app_command(catalog), columns=COLUMNS, rows=ROWS, env=_environment(catalog)) as app:
        app.wait(lambda: b"Leaderboard" in app.raw)
        found["first painted frame, ms"] = (time.perf_counter() - app.started) * 1000
        app.wait(lambda: b" 20  " in app.raw)
        found["leaderboard filled, ms"] = (time.perf_counter() - app.started) * 1000
        app.settle(READ_AHEAD_S, deadline_s=READ_AHEAD_S)
        found["idle, bytes/s"], found["idle, CPU %"] = _idle(app)
        _, found["Down, bytes"], found["Down, CPU ms"] = _presses(app, "down", 20)
        _, found["PageDown, bytes"], found["PageDown, CPU ms"] = _presses(app, "pagedown", 8)
        app.send("g")
        app.settle()
        app.send("R")  # made on first use; the switch proper is measured after that
        app.settle()
        app.send("L")
        app.settle()
        wall, sent, _ = _until(app, "R", b"Nothing was measured")
        found["view switch, ms"], found["view switch, bytes"] = wall, sent
        app.send("L")
        app.settle()
        found["opening a page, ms"], found["opening a page, bytes"], _ = _until(app, "enter", b"INTELLIGENCE")
        app.settle(1.0)
        app.send("esc")
        app.settle()
        app.send("down")
        app.settle()
        found["opening another page, ms"], _, _ = _until(app, "enter", b"INTELLIGENCE")
        app.settle()
        found["memory while browsing, MB"] = psutil.Process(app.pid).memory_info().rss / 1e6
        app.send("1")
        app.settle(1.0)
        found["chart switch, ms"], _, _ = _until(app, "n", "by openness ·".encode())
    return found


def _beside(catalog: Path) -> dict[str, float]:
    """What only a run beside can show."""
    found: dict[str, float] = {}
    with Terminal(app_command(catalog), columns=COLUMNS, rows=ROWS, env=_environment(catalog)) as app:
        app.wait(lambda: b"Leaderboard" in app.raw)
        with _run_beside(catalog):
            found["key to frame beside a run, p95 ms"] = _latency(app)
            app.send("R")
            app.settle(5.0, deadline_s=5.0)  # a run's first seconds bring settings and warm-ups
            found["live run on screen, bytes/s"], _ = _idle(app, 6.0)
    return found


def _in_turn(models: int, repeats: int) -> None:
    """Both catalogs and the bare app by turns, since this moment's machine is not that of a minute ago."""
    with tempfile.TemporaryDirectory() as folder:
        catalogs = [Path(folder) / name / "catalog.db" for name in ("published", "many")]
        counts = [make_catalog(catalog, wanted) for catalog, wanted in zip(catalogs, (0, models), strict=True)]
        bare, found = list[float](), [list[tuple[float, float]]() for _ in catalogs]
        for _ in range(repeats + 1):
            bare.append(_bare_frame())
            for catalog, rounds in zip(catalogs, found, strict=True):
                rounds.append(_first(catalog))
    print(f"median of {repeats} after one discarded; bare Textual: {statistics.median(bare[1:]):.0f} ms\n")
    print("| models | first painted frame, ms | first page, ms |\n|---:|---:|---:|")
    for count, rounds in zip(counts, found, strict=True):
        frame, page = (statistics.median(values) for values in zip(*rounds[1:], strict=True))
        print(f"| {count:,} | {frame:.0f} | {page:.0f} |")


def _bare_frame() -> float:
    with Terminal([sys.executable, "-c", BARE], columns=COLUMNS, rows=ROWS, env=environment()) as app:
        app.wait(lambda: b"bare textual ready" in app.raw)
        return (time.perf_counter() - app.started) * 1000


def _first(catalog: Path) -> tuple[float, float]:
    """Milliseconds to the filled leaderboard, and from Enter to the first page."""
    with Terminal(app_command(catalog), columns=COLUMNS, rows=ROWS, env=_environment(catalog)) as app:
        app.wait(lambda: b" 20  " in app.raw)
        frame = (time.perf_counter() - app.started) * 1000
        app.settle(READ_AHEAD_S, deadline_s=READ_AHEAD_S)
        return frame, _until(app, "enter", b"INTELLIGENCE")[0]


def _environment(catalog: Path) -> dict[str, str]:
    return environment(AA_TUI_HOME=str(catalog.parent), TEXTUAL_ANIMATIONS=os.environ.get("TEXTUAL_ANIMATIONS", "full"))


@contextmanager
def _run_beside(catalog: Path) -> Iterator[None]:
    """A real run of the bundled model that uses every core, stopped at the end."""
    cli = [sys.executable, "-m", "aa_tui", "--catalog", str(catalog)]
    env = environment(AA_TUI_HOME=str(catalog.parent))
    command = [*cli, "bench", str(MODEL), "--tests", "tg4000", "--repetitions", "1000", "--detach", "--json"]
    started = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    run_id = str(json.loads(started.stdout)["run_id"])
    deadline = time.monotonic() + 30
    while _runs(cli, env)[0]["status"] != "running":
        if time.monotonic() > deadline:
            raise SystemExit("the run beside did not start")
    try:
        yield
    finally:
        subprocess.run([*cli, "runs", "stop", run_id], env=env, check=True, capture_output=True)
        while _runs(cli, env)[0]["status"] == "running" and time.monotonic() < deadline + 60:
            time.sleep(0.1)


def _runs(cli: list[str], env: dict[str, str]) -> list[dict[str, str]]:
    done = subprocess.run([*cli, "runs", "--json"], env=env, check=True, capture_output=True, text=True)
    found: list[dict[str, str]] = json.loads(done.stdout)
    return found


def _latency(app: Terminal, count: int = 60) -> float:
    """Milliseconds from a key to the first byte of what it changes, the 95th percentile."""
    waits = []
    for number in range(count):
        app.settle(0.05, deadline_s=0.5)
        before = len(app.raw)
        app.send("down" if number % 20 < 10 else "up")
        begin = time.perf_counter()
        while len(app.raw) == before and time.perf_counter() - begin < 2:
            app.pump(0.001)
        waits.append((time.perf_counter() - begin) * 1000)
    return statistics.quantiles(waits, n=20)[-1]


def _catch_up(app: Terminal) -> None:
    """Let the app answer all that was pressed; ends the bench where it answers nothing any more."""
    app.settle(1.0, deadline_s=60.0)
    app.forget()
    app.send("?", "esc")
    app.wait(lambda: bool(app.raw), "an answer to a key")
    app.forget()


def _walk(models: int, seconds: float) -> None:
    """Random keys, seeded; prints the memory a few times on the way."""
    source = random.Random(0)
    keys = (*("down", "up", "pagedown", "pageup", "enter", "esc", "left", "right", "tab"), *"jkgGsRL[]12345678nfv/?")
    with tempfile.TemporaryDirectory() as folder:
        catalog = Path(folder) / "catalog.db"
        print(f"{make_catalog(catalog, models):,} models, {seconds / 60:g} minutes of random keys\n")
        print("| minute | keys | memory, MB |\n|---:|---:|---:|")
        with Terminal(app_command(catalog), columns=COLUMNS, rows=ROWS, env=environment(AA_TUI_HOME=folder)) as app:
            app.wait(lambda: b"Leaderboard" in app.raw)
            pressed, begin, told = 0, time.perf_counter(), 0.0
            while (past := time.perf_counter() - begin) < seconds and app.status is None:
                app.send(source.choice(keys))
                pressed += 1
                app.settle(WALKER_S, deadline_s=0.5)
                app.forget()
                if past >= told:
                    _catch_up(app)
                    print(f"| {past / 60:.1f} | {pressed:,} | {_memory(app):.1f} |", flush=True)
                    told += seconds / 10
            print(f"| {past / 60:.1f} | {pressed:,} | {_memory(app):.1f} |" if app.status is None else "it has ended")


def _memory(app: Terminal) -> float:
    return float(psutil.Process(app.pid).memory_info().rss) / 1e6


def _idle(app: Terminal, seconds: float = 3.0) -> tuple[float, float]:
    """Bytes a second and CPU percent while nobody does anything."""
    process = psutil.Process(app.pid)
    before, cpu = len(app.raw), _cpu(process)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        app.pump(0.05)
    return (len(app.raw) - before) / seconds, (_cpu(process) - cpu) / seconds * 100


def _presses(app: Terminal, key: str, count: int) -> tuple[float, float, float]:
    """Milliseconds, bytes and CPU milliseconds a press, each press on its own."""
    process = psutil.Process(app.pid)
    before, cpu, begin = len(app.raw), _cpu(process), time.perf_counter()
    for _ in range(count):
        app.send(key)
        app.settle(0.1)
    wall = (time.perf_counter() - begin) * 1000
    return wall / count, (len(app.raw) - before) / count, (_cpu(process) - cpu) * 1000 / count


def _until(app: Terminal, key: str, words: bytes) -> tuple[float, float, float]:
    """Milliseconds until the words are sent, bytes until quiet, CPU milliseconds."""
    process = psutil.Process(app.pid)
    before, cpu = len(app.raw), _cpu(process)
    app.send(key)
    wall = app.wait(lambda: words in app.raw[before:]) * 1000
    app.settle()
    return wall, len(app.raw) - before, (_cpu(process) - cpu) * 1000


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main()
