"""Disturb evaluations over HTTP at both ends, and print what was lost or asked twice: nothing.

Usage: uv run python -m tests.bench.served_never_lost [--runs 20] [--kills 100] [--items 80] [--seed 7]
Three servers on the loopback go wrong in every way that an answer can outlive, and one of them is gone for a while;
the worker is killed (SIGKILL) at seeded random moments and resumed.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from tests.support import disturbing
from tests.support.evaluating import write_pack
from tests.support.evaluating_served import planned_served
from tests.support.served import Asked, Fault, ModelServer, Reply

from aa_tui.catalog import db, samples

N_SERVERS, N_SLOTS = 3, 2
EVERY_S, LONG_EVERY_S = 0.04, 0.004
MOST_FAULTS = 2
"""Of one question in one run: five tries that break off are given up, which is a test of its own."""

LONG = " ".join(f"word{number}" for number in range(300))
MOST_TOKENS = 200

BREAKING = {
    "429": Fault(status=429, headers={"Retry-After": "0"}),
    "500": Fault(status=500),
    "502": Fault(status=502),
    "503": Fault(status=503, headers={"Retry-After": "0"}),
    "cut before the first piece": Fault(cut_after=0),
    "cut amid the answer": Fault(cut_after=3, every_s=EVERY_S),
    "empty chunks": Fault(no_choices=True),
    "an error in the stream": Fault(line=b'data: {"error": {"message": "out of memory", "code": 500}}\n\n'),
    "an end without an answer": Fault(body=b"{}"),
    "aborted": Fault(ends_with="abort"),
}
HANGING = {
    "silent amid the answer": Fault(hangs_after=3),
    "comments for ever": Fault(hangs_after=3, pings_for_ever=True),
}
HARMLESS = {
    "cut after the end": Fault(cut_at_end=True, every_s=EVERY_S),
    "3 bytes at once": Fault(split=3),
    "no usage": Fault(usage={}, every_s=EVERY_S),
    "comments between": Fault(pings=True, every_s=EVERY_S),
    "CRLF": Fault(crlf=True, every_s=EVERY_S),
    "nonsense between": Fault(line=b"data: nonsense\n\n", every_s=EVERY_S),
    "not streamed": Fault(whole=True, after_s=0.2),
    "slow to begin": Fault(after_s=0.5),
}
ENDLESS = {"writes without end": Fault(endless=True, every_s=LONG_EVERY_S)}
FAULTS = BREAKING | HANGING | HARMLESS | ENDLESS


def is_long(question: str) -> bool:
    """Whether its answer is cut short by the limit."""
    return question.endswith("7?")


def reply(question: str) -> Reply:
    """Right, or begun wrong and too long to end: what is cut short there must not count as an answer."""
    if is_long(question):
        return Reply(f"Answer: 0\n{LONG}\nAnswer: 0")
    return Reply(f"It is easy.\nAnswer: {question.removeprefix('What is ').rstrip('?')}", thinking="Let me see.")


@dataclass
class Disturbance:
    """One run's servers and what they do. `kept` holds the questions with a sample by each kill, `asked_by` how much
    each server had been asked then, `without_end` the requests whose answer has not arrived whole."""

    servers: list[ModelServer]
    chance: random.Random
    n_kills: int
    kept: list[set[str]] = field(default_factory=list)
    asked_by: list[list[int]] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    without_end: set[int] = field(default_factory=set)
    endless: set[str] = field(default_factory=set)
    n_faults: Counter[str] = field(default_factory=Counter)
    gone: threading.Thread | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def plan(self, asked: Asked) -> Fault:
        """What goes wrong with a request. Silence ends with the worker alone, so it comes before a kill only."""
        with self.lock:
            usual = Fault(every_s=LONG_EVERY_S if is_long(asked.question) else EVERY_S)
            is_last = len(self.kept) >= self.n_kills
            if is_last and self.gone is None:
                self.gone = threading.Thread(target=self.be_gone)
                self.gone.start()
            if self.n_faults[asked.question] >= MOST_FAULTS or self.chance.random() > 0.4:
                return usual
            name = self.chance.choice(sorted(FAULTS))
            if (is_last and name in HANGING) or (is_long(asked.question) and name not in BREAKING):
                return usual
            if name in ENDLESS:
                self.endless.add(asked.question)
            if name in BREAKING:
                self.without_end.add(id(asked))
            self.n_faults[asked.question] += 1
            self.faults[name] += 1
            return FAULTS[name]

    def be_gone(self) -> None:
        """The first server is switched off amid its work, and on again."""
        time.sleep(0.1)
        server = self.servers[0]
        running = [one for one in server.asked if not one.is_finished]
        server.stop()
        self.without_end.update(id(one) for one in running)  # whether their end has arrived nobody knows
        time.sleep(0.3)
        server.start()
        self.faults["gone for 0.3 s"] += 1

    @property
    def n_asked(self) -> list[int]:
        """How much each server has been asked."""
        return [len(server.asked) for server in self.servers]

    def is_ripe(self) -> bool:
        """Whether the worker may be killed: at any moment at first, then from its first question on."""
        return not self.asked_by or self.n_asked != self.asked_by[-1]

    @property
    def n_amid_questions(self) -> int:
        """Kills of workers that had asked something."""
        return sum(one != other for one, other in pairwise([[0] * N_SERVERS, *self.asked_by]))

    def note_kill(self, kept: disturbing.Answers) -> None:
        """A worker is dead, and so many answers are kept."""
        self.asked_by.append(self.n_asked)
        self.kept.append({question_of(item) for item in kept})

    def generations(self) -> list[tuple[int, Asked]]:
        """All requests with the life of the worker that made them, from 0."""
        found = []
        for at, server in enumerate(self.servers):
            for number, asked in enumerate(server.asked):
                found.append((sum(number >= counts[at] for counts in self.asked_by), asked))
        return found


def question_of(item: str) -> str:
    """The question of an item."""
    return f"What is {int(item.removeprefix('item-'))}?"


@dataclass
class Found:
    """Counts over all runs."""

    kills: int = 0
    amid_questions: int = 0
    samples: int = 0
    truncated: int = 0
    requests: int = 0
    finished: int = 0
    again_unjournalled: int = 0
    faults: Counter[str] = field(default_factory=Counter)


def one_run(
    conn: sqlite3.Connection, path: Path, pack: Path, wanted: Sequence[str], found: Found, *, n_kills: int, seed: int
) -> None:
    """Disturb a run until it has come to its end, and judge it."""
    with ExitStack() as stack:
        servers = [stack.enter_context(ModelServer(reply=reply, n_slots=N_SLOTS)) for _ in range(N_SERVERS)]
        disturbed = Disturbance(servers, random.Random(seed), n_kills)
        for server in servers:
            server.plan = disturbed.plan
        run_id = planned_served(conn, servers, pack)
        told = disturbing.kill_at_random(
            conn,
            path,
            run_id,
            n_kills=n_kills,
            seed=seed,
            most_s=1.0,
            is_ripe=disturbed.is_ripe,
            after_kill=disturbed.note_kill,
        )
        if disturbed.gone is not None:
            disturbed.gone.join()
        judge(conn, run_id, disturbed, found, wanted)
    found.kills += told.n_kills
    found.amid_questions += disturbed.n_amid_questions
    found.faults += disturbed.faults


def judge(conn: sqlite3.Connection, run_id: int, disturbed: Disturbance, found: Found, wanted: Sequence[str]) -> None:
    """Every item once, nothing asked again but what a kill left unwritten, and nothing cut short called wrong."""
    rows = samples.scored(conn, run_id)
    questions = Counter(question_of(row.item_id) for row in rows)
    assert questions == Counter(wanted)
    generations = disturbed.generations()
    ended: dict[str, list[int]] = {}
    for life, asked in generations:
        if life and asked.question in disturbed.kept[life - 1]:
            raise AssertionError(f"{asked.question} was asked again, though its answer is kept")
        if asked.is_finished and id(asked) not in disturbed.without_end:
            ended.setdefault(asked.question, []).append(life)
    for question, lives in ended.items():
        assert len(set(lives)) == len(lives), f"{question} was asked twice by one worker: {lives}"
        found.again_unjournalled += len(lives) - 1
    for row in rows:
        question = question_of(row.item_id)
        may_be_cut = is_long(question) or question in disturbed.endless
        assert row.outcome in (("truncated", "correct") if may_be_cut else ("correct",)), (question, row.outcome)
        assert not is_long(question) or row.outcome == "truncated"
    assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    found.samples += len(rows)
    found.truncated += sum(row.outcome == "truncated" for row in rows)
    found.requests += len(generations)
    found.finished += sum(map(len, ended.values()))


def main() -> None:
    """All runs, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--kills", type=int, default=100, help="of the worker, in all")
    parser.add_argument("--items", type=int, default=80, help="of a run")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    found = Found()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AA_TUI_HOME"] = folder
        path = Path(folder) / "catalog.db"
        conn = db.open_catalog(path)
        answers = {question_of(f"item-{number}"): str(number) for number in range(given.items)}
        pack = write_pack(Path(folder) / "pack", answers, name="told", max_output_tokens=MOST_TOKENS)
        for number in range(given.runs):
            due = round(given.kills * (number + 1) / given.runs) - found.kills
            one_run(conn, path, pack, list(answers), found, n_kills=due, seed=given.seed + number)
            print(f"run {number + 1}: {found.kills} kills, {found.faults.total()} faults so far", flush=True)
        conn.close()
    print(f"{given.runs} runs finished, {found.kills} kills of the worker, {found.faults.total()} faults of servers")
    print(f"{found.amid_questions} of the kills after the worker's first question")
    print(f"{found.samples} samples, every item once; {found.truncated} cut short, none of them wrong")
    print(f"{found.requests} requests, {found.finished} of them written to their end")
    print(f"asked again though journalled: 0; asked again since a kill came first: {found.again_unjournalled}")
    print("; ".join(f"{name} {n}" for name, n in sorted(found.faults.items())))
    missing = sorted(FAULTS.keys() - found.faults.keys())
    assert not missing, f"these never happened: {missing}"


if __name__ == "__main__":
    main()
