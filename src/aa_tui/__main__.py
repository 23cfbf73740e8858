"""`aa-tui` and `python -m aa_tui`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line and return its exit code: 0 done, 1 failure, 2 wrong usage, 130 interrupted."""
    from aa_tui.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
