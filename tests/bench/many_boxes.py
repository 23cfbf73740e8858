"""How one evaluation scales over many servers, and what it costs this machine.

Usage: uv run python -m tests.bench.many_boxes [--boxes 1,8,64,512] [--seconds 0.5] [--pieces 10] [--each 20]
       uv run python -m tests.bench.many_boxes --llama-server PATH [--slots 4] [--epochs 2] [--rounds 2]
The servers of the first are made up, one slot each, an answer in so many seconds; one process is all of them, and
clocks from the first question to the last answer. The second has real ones with the bundled model, each held to a core
of its own, and clocks from a tenth of a run's samples to nine tenths, as costs are in both.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil
from tests.support.evaluating import write_pack
from tests.support.evaluating_served import planned_served
from tests.support.real_servers import RealServer, llama_server
from tests.support.served import Fault, ModelServer, Reply

from aa_tui import runs
from aa_tui.catalog import db
from aa_tui.catalog import runs as catalog_runs
from aa_tui.gguf.bundled import bundled_model

POLL_S = 0.1


class Boxes(ModelServer):
    """Many addresses of the same server, served in one loop."""

    def __init__(self, n_boxes: int, seconds: float, n_pieces: int) -> None:
        self._n_boxes = n_boxes
        self.urls: list[str] = []
        self.began = self.ended = 0.0
        text = " ".join(f"word{number}" for number in range(n_pieces - 2))
        super().__init__(reply=lambda question: Reply(f"{text}\nAnswer: {question.split()[-1]}"), n_slots=1)
        self.plan = lambda _asked: Fault(every_s=seconds / (n_pieces + 2))

    async def _chat(self, writer: asyncio.StreamWriter, body: dict[str, Any], authorization: str) -> bool:
        self.began = self.began or time.monotonic()
        stays = await super()._chat(writer, body, authorization)
        self.ended = time.monotonic()
        return stays

    async def _listen(self) -> None:
        for _ in range(self._n_boxes):
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512)
            self.port = self._server.sockets[0].getsockname()[1]
            self.urls.append(f"http://127.0.0.1:{self.port}")


def serve(pipe: Connection, n_boxes: int, seconds: float, n_pieces: int) -> None:
    """Be so many servers until something is said; then tell the seconds from the first question to the last answer."""
    with Boxes(n_boxes, seconds, n_pieces) as boxes:
        pipe.send(boxes.urls)
        while not pipe.poll(0.5):
            for record in (boxes.asked, boxes.paths, boxes.authorizations):
                record.clear()
        pipe.send(boxes.ended - boxes.began)


@dataclass(frozen=True, slots=True)
class Moment:
    """How far a run was, and what its worker had taken of the machine."""

    at_s: float
    n_done: int
    cpu_s: float
    rss_bytes: int
    servers_cpu_s: float
    waited_s: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A run's middle. `cpu_s` is of a request; `waits_share` is how much of the time the client's busiest thread was
    ready and had no core, `starts_s` the time until the first sample."""

    per_s: float
    cpu_s: float
    cpu_share: float
    servers_share: float
    waits_share: float
    rss_bytes: int
    grown_bytes: float
    starts_s: float


def cpu_s(processes: Sequence[psutil.Process]) -> float:
    """Of these processes and their children, as far as they live."""
    total = 0.0
    for process in processes:
        for one in (process, *process.children(recursive=True)):
            times = one.cpu_times()
            total += times.user + times.system
    return total


def waited_s(pid: int) -> float:
    """How long the thread that waited longest for a core has done so, as Linux counts it (proc(5), schedstat)."""
    waits = [0]
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            waits.append(int((task / "schedstat").read_text().split()[1]))
    return max(waits) / 1e9


def watched(conn: sqlite3.Connection, path: Path, run_id: int, servers: Sequence[psutil.Process]) -> Measured:
    """Do a run in a worker of its own and look on."""
    began = time.monotonic()
    runs.start(path, conn, run_id)
    moments: list[Moment] = []
    first_s = 0.0
    while (run := catalog_runs.get(conn, run_id)).is_live:
        if run.pid is not None and run.n_done:
            first_s = first_s or time.monotonic() - began
            try:
                worker = psutil.Process(run.pid)
                used, rss = cpu_s([worker]), worker.memory_info().rss
                waited = waited_s(run.pid)
            except (psutil.NoSuchProcess, FileNotFoundError):
                continue
            moments.append(Moment(time.monotonic(), run.n_done, used, rss, cpu_s(servers), waited))
        time.sleep(POLL_S)
    assert run.state == "finished", run
    assert run.n_items is not None
    middle = [one for one in moments if 0.1 * run.n_items <= one.n_done <= 0.9 * run.n_items]
    one, other = middle[0], middle[-1]
    n, seconds = other.n_done - one.n_done, other.at_s - one.at_s
    return Measured(
        n / seconds,
        (other.cpu_s - one.cpu_s) / n,
        (other.cpu_s - one.cpu_s) / seconds,
        (other.servers_cpu_s - one.servers_cpu_s) / seconds,
        (other.waited_s - one.waited_s) / seconds,
        max(moment.rss_bytes for moment in moments),
        (other.rss_bytes - one.rss_bytes) / n,
        first_s,
    )


HEAD = (
    "| servers | samples/s | efficiency | client CPU ms a request | client CPU | servers' CPU | waits for a core "
    "| client MiB | KiB more a request | s to the first sample |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
)


def tell(name: str, n: int, found: Measured, one: Measured) -> None:
    """A line of the table."""
    cells = (
        name,
        f"{found.per_s:,.2f}",
        f"{found.per_s / (n * one.per_s):.3f}",
        f"{1e3 * found.cpu_s:.2f}",
        *(f"{100 * share:.0f} %" for share in (found.cpu_share, found.servers_share, found.waits_share)),
        f"{found.rss_bytes / 2**20:.0f}",
        f"{found.grown_bytes / 2**10:.1f}",
        f"{found.starts_s:.1f}",
    )
    print(f"| {' | '.join(cells)} |", flush=True)


def made_up(conn: sqlite3.Connection, folder: Path, given: argparse.Namespace) -> None:
    """One run over each number of servers."""
    print(HEAD, flush=True)
    one: Measured | None = None
    for n_boxes in (int(part) for part in given.boxes.split(",")):
        n_items = min(given.each * n_boxes, given.most)
        answers = {f"What is {number}": str(number) for number in range(n_items)}
        pack = write_pack(folder / f"of-{n_boxes}", answers, name=f"of-{n_boxes}", max_output_tokens=500)
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        child = context.Process(target=serve, args=(theirs, n_boxes, given.seconds, given.pieces))
        child.start()
        urls = ours.recv()
        found = watched(conn, folder / "catalog.db", planned_served(conn, urls, pack), [psutil.Process(child.pid)])
        ours.send("end")
        found = replace(found, per_s=n_items / ours.recv())
        child.join(30)
        one = one or found
        tell(str(n_boxes), n_boxes, found, one)


def real(conn: sqlite3.Connection, folder: Path, given: argparse.Namespace) -> None:
    """One and two llama-servers by turns, each on a core of its own; the client is where it likes."""
    os.environ["AA_TUI_LLAMA_SERVER"] = given.llama_server
    print(HEAD, flush=True)
    with ExitStack() as stack:
        servers: list[RealServer] = []
        processes: list[psutil.Process] = []
        for core in range(2):
            server = stack.enter_context(
                llama_server(bundled_model(), folder / f"server-{core}.log", slots=given.slots, core=core)
            )
            servers.append(server)
            processes.append(psutil.Process(server.pid))
        for _ in range(given.rounds):
            one: Measured | None = None
            for n in (1, 2):
                urls = [server.url for server in servers[:n]]
                options = {"epochs": given.epochs, "n_parallel": given.slots}
                run_id = planned_served(conn, urls, Path("nano"), **options)
                found = watched(conn, folder / "catalog.db", run_id, processes[:n])
                one = one or found
                tell(f"{n} llama-server", n, found, one)


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--boxes", default="1,8,64,512")
    parser.add_argument("--seconds", type=float, default=0.5, help="of an answer")
    parser.add_argument("--pieces", type=int, default=10, help="of an answer")
    parser.add_argument("--each", type=int, default=20, help="questions for each server")
    parser.add_argument("--most", type=int, default=5_000, help="questions of a run")
    parser.add_argument("--llama-server", help="measure with real ones")
    parser.add_argument("--slots", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AA_TUI_HOME"] = folder
        conn = db.open_catalog(Path(folder) / "catalog.db")
        (real if given.llama_server else made_up)(conn, Path(folder), given)
        conn.close()


if __name__ == "__main__":
    main()
