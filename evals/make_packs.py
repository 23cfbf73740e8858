"""Write the bundled packs that are made here, or check that the files are what would be written: `--check`.

Run in the repository: `python evals/make_packs.py`. The same bytes come out every time.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from generators.packs import all_packs, different


def main() -> int:
    """The exit code: 0 for all well, 1 where --check found a difference."""
    parser = argparse.ArgumentParser(description="Write the bundled evaluation packs.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file would change")
    parser.add_argument("--to", type=Path, default=Path(__file__).resolve().parent, help="the folder of the packs")
    options = parser.parse_args()
    files = all_packs()
    if options.check:
        changed = different(files, options.to)
        for path in changed:
            print(f"{path} is not what evals/make_packs.py writes.")
        return 1 if changed else 0
    for path, data in files.items():
        target = options.to / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    print(f"{len(files)} files written.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
