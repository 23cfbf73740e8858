"""What asking servers costs this process: `python -m tests.bench.served`.

A server in a process of its own writes to 64 streams at once; told are this process' CPU time a piece of text, and its
memory after 1,000 requests and after as many as are asked for (10,000).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import time
from multiprocessing.connection import Connection

import psutil
from tests.support.served import Fault, ModelServer, Reply

from aa_tui.engine.chat import Message
from aa_tui.engine.requests import Finished, Request
from aa_tui.engine.served.batcher import open_served
from aa_tui.engine.served.bodies import Chat
from aa_tui.engine.served.client import Client, Delta
from aa_tui.engine.served.probing import probe
from aa_tui.engine.served.values import Served, Target
from aa_tui.engine.settings import EngineSettings

N_STREAMS = 64
TEXT = " ".join(f"word{number}" for number in range(200))


def serve(pipe: Connection, every_s: float) -> None:
    """Serve until the pipe closes."""
    with ModelServer("llama-server", lambda question: Reply(TEXT if question == "long" else "Yes."), n_slots=64) as one:
        one.plan = lambda asked: Fault(every_s=every_s if asked.question == "long" else 0.0)
        pipe.send(one.url)
        while not pipe.poll(0.5):
            for record in (one.asked, one.paths, one.authorizations):
                record.clear()


def batched(target: Target, served: Served, question: str, n_requests: int, n_tokens: int) -> int:
    """Ask through the batcher; how many pieces came."""
    n_pieces = 0
    messages = (Message("user", question),)
    with open_served([(target, served)], EngineSettings(n_ctx=8_192, n_parallel=N_STREAMS)) as batcher:
        todo = iter(range(n_requests))
        n_open = 0
        while True:
            while n_open < N_STREAMS and (number := next(todo, None)) is not None:
                batcher.submit(Request(str(number), (), n_tokens, messages=messages, counted=1))
                n_open += 1
            if not n_open:
                return n_pieces
            for event in batcher.step():
                if isinstance(event, Finished):
                    assert event.reason == "stop", event
                    n_open -= 1
                else:
                    n_pieces += 1


async def plain(target: Target, served: Served, n_requests: int) -> int:
    """Ask with the client alone; how many pieces came."""

    async def one(client: Client) -> int:
        chat = Chat((Message("user", "long"),), 500)
        return sum([isinstance(part, Delta) async for part in client.chat(target, served, chat)])

    async with Client() as client:
        return sum(await asyncio.gather(*(one(client) for _ in range(n_requests))))


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    asked = parser.parse_args()
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    child = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, 0.02))
    child.start()
    url = ours.recv()
    target = Target(url)
    served = probe(target)
    found: dict[str, float] = {}
    began, used = time.perf_counter(), time.process_time()
    n_pieces = batched(target, served, "long", 2 * N_STREAMS, 500)
    found["batcher_cpu_ms_per_piece"] = 1e3 * (time.process_time() - used) / n_pieces
    found["batcher_pieces_per_s"] = n_pieces / (time.perf_counter() - began)
    used = time.process_time()
    n_pieces = asyncio.run(plain(target, served, N_STREAMS))
    found["client_cpu_ms_per_piece"] = 1e3 * (time.process_time() - used) / n_pieces
    me = psutil.Process()
    batched(target, served, "short", 1_000, 50)
    found["mib_after_1000"] = me.memory_info().rss / 2**20
    used = time.process_time()
    batched(target, served, "short", asked.requests, 50)
    found["mib_after_all"] = me.memory_info().rss / 2**20
    found["batcher_cpu_ms_per_request"] = 1e3 * (time.process_time() - used) / asked.requests
    print(json.dumps({name: round(value, 3) for name, value in found.items()}, indent=2))
    ours.send("end")
    child.join(30)


if __name__ == "__main__":
    main()
