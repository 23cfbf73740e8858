"""What the tests of evaluations share: a small pack, and evaluating it in this process on the mock engine."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.support.mocked import opener, worked

from aa_tui.catalog.db import path_of
from aa_tui.engine.mock import MockEngine, Replies
from aa_tui.gguf.bundled import bundled_model
from aa_tui.runs import locks
from aa_tui.runs.ending import Ending
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.evaluation.plan import prepare_eval
from aa_tui.runs.evaluation.work import evaluate


def write_pack(folder: Path, answers: Mapping[str, str], **changes: Any) -> Path:
    """A pack that asks the keys and wants the values, in two categories of three levels."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        json.dumps(
            {
                "id": f"item-{number:03}",
                "category": ("first", "second")[number % 2],
                "level": 1 + number // 2 % 3,
                "prompt": question,
                "answer": answer,
                **changes.get("extra", {}),
            }
        )
        for number, (question, answer) in enumerate(answers.items())
    ]
    data = "".join(f"{line}\n" for line in lines).encode()
    (folder / "items.jsonl").write_bytes(data)
    cap, grader = changes.get("max_output_tokens", 4_000), changes.get("grader", "exact")
    (folder / "pack.toml").write_text(
        f"""format = 1
name = "{changes.get("name", "small")}"
version = "{changes.get("version", "1")}"
license = "MIT"
description = "For tests."
source = "written for the tests"
citation = ""
[items]
file = "items.jsonl"
count = {len(lines)}
sha256 = "{hashlib.sha256(data).hexdigest()}"
[prompt]
template = '''{{prompt}}'''
[answer]
patterns = ['(?m)^Answer:[ \\t]*(\\S.*)$']
[graders]
"*" = "{grader}"
[sampling]
preset = "greedy"
max_output_tokens = {cap}
"""
    )
    return folder


def on_mock(
    conn: sqlite3.Connection,
    run_id: int,
    replies: Replies,
    made: Callable[[MockEngine], object] = lambda _: None,
    **options: Any,
) -> Ending:
    """Do a run's work here and now, as its worker would, on an engine that writes what `replies` says."""
    turn, engine = locks.turn_lock(path_of(conn)), opener(replies, made, **options)
    return worked(conn, run_id, lambda run, reporter: evaluate(conn, run, reporter, turn, engine))


def planned(conn: sqlite3.Connection, pack: Path, **options: Any) -> int:
    """A queued evaluation of the bundled file on a pack."""
    options.setdefault("n_parallel", 4)
    return prepare_eval(conn, str(bundled_model()), str(pack), options=EvalOptions(**options))
