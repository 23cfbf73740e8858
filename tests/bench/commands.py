"""How long the plain commands take, each run a process of its own, beside a bare interpreter in the same run.

Usage: python tests/bench/commands.py [REPEATS]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

COMMANDS = (
    ("python -c pass", ("-c", "pass")),
    ("aa-tui --help", ("-m", "aa_tui", "--help")),
    ("aa-tui models --json", ("-m", "aa_tui", "models", "--json")),
    ("aa-tui show nanbeige4.1-3b --json", ("-m", "aa_tui", "show", "nanbeige4.1-3b", "--json")),
    ("aa-tui runs --json", ("-m", "aa_tui", "runs", "--json")),
)


def main(repeats: int) -> None:
    """Interleave the commands and print a Markdown table, in milliseconds."""
    with tempfile.TemporaryDirectory() as home:
        environ = {**os.environ, "AA_TUI_HOME": home}
        times: dict[str, list[float]] = {name: [] for name, _ in COMMANDS}
        for number in range(repeats + 1):
            for name, arguments in COMMANDS:
                started = time.perf_counter()
                subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True, env=environ)
                if number:  # the first round makes the catalog
                    times[name].append((time.perf_counter() - started) * 1000)
    print(f"load {os.getloadavg()[0]:.1f} after it\n\n| command | median ms | least ms |\n|---|---:|---:|")
    for name, measured in times.items():
        print(f"| `{name}` | {statistics.median(measured):.0f} | {min(measured):.0f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
