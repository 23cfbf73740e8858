"""Fuzz one target under coverage: `python -m tests.fuzz.run header --minutes 60`.

Findings, and inputs that reach new code, are written to `--into`; what was found is kept in `seeds/` once it is mended.
"""

from __future__ import annotations

import argparse
import pkgutil
import sys
import tempfile
from importlib import import_module
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["aa_tui", "jinja2"]):
    from tests.fuzz.targets import TARGETS

    for room in ("gguf", "evals.graders", "evals", "engine"):  # what is imported when it is needed counts too
        for module in pkgutil.iter_modules(import_module(f"aa_tui.{room}").__path__):
            if module.name not in ("grading_worker", "rendering", "trial"):
                import_module(f"aa_tui.{room}.{module.name}")

SEEDS = Path(__file__).parent / "seeds"
MOST_BYTES = {"answer": 2000, "template": 2000}
SLOW_S = 10
MOST_MEMORY_MIB = 1500


def main() -> None:
    """Parse what is asked for and hand over to libFuzzer, which never returns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--into", type=Path)
    asked = parser.parse_args()
    into = asked.into or Path(tempfile.mkdtemp(prefix=f"fuzz-{asked.target}-"))
    into.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={int(asked.minutes * 60)}",
        f"-max_len={MOST_BYTES.get(asked.target, 16_384)}",
        f"-timeout={SLOW_S}",
        f"-rss_limit_mb={MOST_MEMORY_MIB}",
        f"-artifact_prefix={into}/finding-",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(into), str(SEEDS / asked.target)], TARGETS[asked.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
