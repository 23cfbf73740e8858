"""An app that looks at a catalog as the app does, and notes what it saw when. Usage: watching.py CATALOG RUN LOOKS.

Prints JSON: troubles met, and for each look its time (UTC, seconds) and the samples done that it saw.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from aa_tui.catalog import life, runs, samples
from aa_tui.tui.core.store import Store
from aa_tui.tui.shell.watch import Watch

EVERY_S = 0.05
DEADLINE_S = 240.0


def main() -> None:
    """Say that it looks; look so often, and on until the run has ended."""
    store = Store(Path(sys.argv[1]))
    run_id, n_looks = int(sys.argv[2]), int(sys.argv[3])
    watch = Watch(store)
    troubles: list[str] = []
    looks: list[tuple[float, int]] = []
    shown, ended, deadline = store.in_thread(lambda conn: runs.get(conn, run_id)), False, time.monotonic() + DEADLINE_S
    watch.look(force=True)
    sys.stdout.write("looking\n")
    sys.stdout.flush()
    while (len(looks) < n_looks or not ended) and time.monotonic() < deadline:
        at = time.time()
        news = watch.look()
        if news is not None:
            shown = next((run for run in (*news.live, *news.ended) if run.id == run_id), shown)
            ended = ended or any(run.id == run_id for run in news.ended)
            store.read(lambda conn: (life.live_slots(conn, run_id), samples.scored(conn, run_id)), None)
        if store.trouble:
            troubles.append(store.trouble)
        looks.append((at, shown.n_done))
        time.sleep(EVERY_S)
    store.close()
    sys.stdout.write(json.dumps({"troubles": troubles, "looks": looks, "state": shown.state}))


if __name__ == "__main__":
    main()
