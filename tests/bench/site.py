"""How large the site of a catalog is, how long it takes and how much memory, in a process of its own.

python tests/bench/site.py [--models 1000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.bench.ui import make_catalog  # noqa: E402 (the sources must be on the path first)

MOST_BYTES_A_MODEL = 25_000
MOST_S_A_MODEL = 0.06
"""25 MB and a minute for a thousand models."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print("| models | files | size, MB | wall, s | CPU, s | most memory, MB |\n|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        catalog, out = Path(folder) / "catalog.db", Path(folder) / "out"
        make_catalog(catalog, options.models)
        for _ in range(options.rounds):
            command = [sys.executable, "-m", "aa_tui", "--catalog", str(catalog), "site", str(out), "--json"]
            before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            done = subprocess.run(
                command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}
            )
            wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
            told = json.loads(done.stdout)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(
                f"| {told['n_models']:,} | {told['n_files']:,} | {told['size_bytes'] / 1e6:.1f} | {wall:.1f} "
                f"| {cpu:.1f} | {after.ru_maxrss / 1000:.0f} |"
            )
            if told["size_bytes"] > MOST_BYTES_A_MODEL * told["n_models"]:
                print("  too large")
            if cpu > MOST_S_A_MODEL * told["n_models"]:
                print("  too slow")


if __name__ == "__main__":
    main()
