"""Write the evaluation pack `evals/nano/`: held-out tasks, the same bytes on every run and machine.

Usage: python gguf_models/make_nano_pack.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

from nano.pack import write_pack

if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1] / "evals" / "nano"
    print(f"{target}: {write_pack(target)} items")
