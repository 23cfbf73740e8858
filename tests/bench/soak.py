"""Every key in any order, sizes that change, runs that go on beside: does the app ever end by itself, does it grow?

    python tests/bench/soak.py [--minutes 4] [--seeds 1,2,3] [--models 10000]

Each seed is an app of its own on a catalog with a finished and a running speed run and evaluation of the bundled model.
Prints the memory on the way; where the app ended, the last keys and what it wrote last. Ends with 1 unless it was quit.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.bench.ui import MODEL, make_catalog  # noqa: E402 (the sources must be on the path first)
from tests.support.terminal import Terminal, environment  # noqa: E402

SIZES = ((80, 24), (120, 40), (160, 48), (100, 30), (200, 60), (60, 16), (40, 10), (40, 4), (90, 20))
MOVES = ("down", "up", "pagedown", "pageup", "enter", "enter", "esc", "esc", "left", "right", "tab", "backspace")
# Without q, Q and Ctrl-C, which end it.
KEYS = (*MOVES * 3, *"abcdefghijklmnoprstuvwxyzABCDEFGHIJKLMNOPRSTUVWXYZ0123456789[]/?:; .,-+=<>*|!")
RESIZED = 0.01
"""The share of keys with another size before them."""
TOLD_EVERY = 500
CSI = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def main() -> int:
    """Walk with each seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=4.0, help="for each seed")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--models", type=int, default=0, help="make a catalog of so many models")
    options = parser.parse_args()
    ended = [_walk(int(seed), options.minutes * 60, options.models) for seed in options.seeds.split(",")]
    return 1 if any(ended) else 0


def _walk(seed: int, seconds: float, models: int) -> bool:
    """Whether the app ended by itself."""
    with tempfile.TemporaryDirectory() as folder:
        catalog = Path(folder) / "catalog.db"
        make_catalog(catalog, models)
        env = environment(AA_TUI_HOME=folder)
        command = [sys.executable, "-m", "aa_tui", "--catalog", str(catalog)]
        try:
            _measure(command, env, folder)
            before = Path.cwd()
            os.chdir(folder)  # what is saved lands beside the catalog
            try:
                return _press(random.Random(seed), seed, command, env, seconds)
            finally:
                os.chdir(before)
        finally:
            _end_workers(str(catalog))


def _measure(command: list[str], env: dict[str, str], folder: str) -> None:
    """Two runs that are done, and some that go on or wait for their turn."""
    speed = ["bench", str(MODEL), "--tests", "pp64,tg64", "--repetitions"]
    nano = ["eval", str(MODEL), "--pack", "nano", "--parallel"]
    for words in ([*speed, "3"], [*nano, "4", "--limit", "20"], [*speed, "300", "--detach"], [*nano, "2", "--detach"]):
        subprocess.run([*command, *words], env=env, cwd=folder, check=True, capture_output=True)


def _press(source: random.Random, seed: int, command: list[str], env: dict[str, str], seconds: float) -> bool:
    columns, rows = SIZES[seed % len(SIZES)]
    pressed: list[str] = []
    with Terminal(command, columns=columns, rows=rows, env=env) as app:
        app.settle(2.0, deadline_s=5.0)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            if source.random() < RESIZED:
                size = source.choice(SIZES)
                app.resize(*size)
                pressed.append("{}x{}".format(*size))
            pressed.append(source.choice(KEYS))
            app.send(pressed[-1])
            app.settle(0.03, deadline_s=0.4)
            if app.status is not None:
                print(f"seed {seed}: ended with {app.status} after {len(pressed)} keys: {' '.join(pressed[-30:])}")
                print(CSI.sub("", bytes(app.raw).decode(errors="replace"))[-3000:])
                return app.status != 0  # the palette has a command to quit
            if len(app.raw) > 1 << 20:
                app.forget()
            if len(pressed) % TOLD_EVERY == 0:
                print(
                    f"seed {seed}: {len(pressed):,} keys, {psutil.Process(app.pid).memory_info().rss / 1e6:.1f} MB",
                    flush=True,
                )
    return False


def _end_workers(catalog: str) -> None:
    for process in psutil.process_iter(["cmdline"]):
        if catalog in (process.info["cmdline"] or []):
            process.kill()


if __name__ == "__main__":
    sys.exit(main())
