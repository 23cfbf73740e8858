"""Small catalogs to merge, and what a catalog holds in words that are the same in every catalog."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from aa_tui.catalog import connection
from aa_tui.catalog.merging.merge import Merged, Merger
from aa_tui.catalog.merging.run_rows import travelling
from aa_tui.catalog.schema import migrations
from aa_tui.catalog.texts import packed, unpacked

HERE, BOX = "fingerprint-here", "fingerprint-box"


def moment(seconds: int) -> str:
    """A moment as the catalog writes it, so many seconds after a start."""
    return f"2026-01-01T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.000+00:00"


@dataclass(frozen=True, slots=True)
class Answer:
    """A sample: the moment of its answer, and what was said of it, each with its moment."""

    text: str = "Answer: 4"
    at: int = 10
    thinking: str = "hm"
    scores: tuple[tuple[str, str, int], ...] = ()
    label: tuple[str, int] | None = None
    probe: str | None = None
    turns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it stands in one catalog. `items` are its samples; of the kind "ask" the turns' prompts are `asked`.

    Of a study the `points` are (number, what was found, moment). `begun` are conversations that were cut short: item,
    the texts of their turns, and the moment of the first.
    """

    uid: str
    kind: str = "eval"
    state: str = "finished"
    machine: str | None = BOX
    n_items: int = 3
    last: int = 100
    items: tuple[tuple[str, Answer], ...] = ()
    figures: tuple[tuple[str, float, int], ...] = ()
    events: tuple[tuple[int, str], ...] = ()
    clocked: tuple[tuple[int, float, int], ...] = ()
    heat: tuple[tuple[int, float], ...] = ()
    asked: tuple[str, ...] = ()
    points: tuple[tuple[int, int, int], ...] = ()
    begun: tuple[tuple[str, tuple[str, ...], int], ...] = ()
    file: str = "a"
    created: int = 0
    settings: str = "{}"


def make(path: Path, runs: tuple[Run, ...], template: Path | None = None) -> Path:
    """A catalog of today's schema, without published facts, that holds these runs."""
    if template is not None:
        shutil.copyfile(template, path)
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.row_factory = sqlite3.Row
        if template is None:
            migrations.apply(Database(conn))
        conn.execute("PRAGMA synchronous = OFF")
        conn.execute("BEGIN")
        for run in runs:
            add(conn, run)
        conn.execute("COMMIT")
    return path


def add(conn: sqlite3.Connection, run: Run) -> int:
    """Put a run into a catalog, with its file and machine. Returns its number."""
    file_id = _known(conn, "gguf_files", {"sha256": run.file}, _file(run.file))
    machine_id = None if run.machine is None else _known(conn, "machines", {"fingerprint": run.machine}, _machine)
    is_over = run.state in ("finished", "stopped", "failed")
    run_id = _put(
        conn,
        "runs",
        uid=run.uid,
        kind=run.kind,
        state=run.state,
        file_id=file_id,
        machine_id=machine_id,
        created_at=moment(run.created),
        ended_at=moment(run.last) if is_over else None,
        heartbeat_at=moment(run.last),
        settings=run.settings,
        pack="small" if run.kind == "eval" else None,
        pack_version="1" if run.kind == "eval" else None,
        n_items=None if run.kind == "speed" else run.n_items,
        n_done=len(run.items) or len(run.points),
    )
    for item_id, answer in run.items:
        _add_answer(conn, run_id, item_id, answer)
    for metric, value, at in run.figures:
        figure = {"metric": metric, "value": value, "unit": "%", "created_at": moment(at)}
        _put(conn, "measurements", run_id=run_id, file_id=file_id, **figure)
    for at, state in run.events:
        _put(conn, "run_events", run_id=run_id, at=moment(at), state=state)
    for repetition, rate, at in run.clocked:
        clocked = {"repetition": repetition, "tokens_per_s": rate, "started_at": moment(at), "seconds": 1.0}
        _put(conn, "speed_samples", run_id=run_id, test="tg8", warmup=0, n_prompt=0, n_gen=8, **clocked)
    for at, celsius in run.heat:
        _put(conn, "machine_samples", run_id=run_id, at=moment(at), temperature_c=celsius)
    for number, found, at in run.points:
        point = {"part": "blocks", "number": number, "facts": json.dumps({"n": found}), "made_at": moment(at)}
        _put(conn, "study_points", run_id=run_id, **point)
    for item_id, said, first in run.begun:
        _add_turns(conn, run_id, item_id, said, first)
    for turn, prompt in enumerate(run.asked, start=1):
        _put(conn, "asked", run_id=run_id, turn=turn, prompt=packed(prompt), asked_at=moment(turn))
    return run_id


def _add_turns(conn: sqlite3.Connection, run_id: int, item_id: str, said: tuple[str, ...], first: int) -> None:
    for number, text in enumerate(said):
        _put(
            conn,
            "sample_turns",
            run_id=run_id,
            item_id=item_id,
            epoch=1,
            number=number,
            finish_reason="stop",
            answer=packed(text),
            ended_at=moment(first + number),
            **dict.fromkeys(("thinking", "raw"), ""),
            **dict.fromkeys(("n_prompt", "n_cached", "n_thinking", "n_answer"), 1),
        )


def _add_answer(conn: sqlite3.Connection, run_id: int, item_id: str, one: Answer) -> None:
    counts = dict.fromkeys(("n_prompt", "n_cached", "n_thinking", "n_answer", "n_thinking_chars", "n_answer_chars"), 2)
    sample_id = _put(
        conn,
        "eval_samples",
        run_id=run_id,
        item_id=item_id,
        epoch=1,
        position=0,
        category="sums",
        finish_reason="stop",
        prompt=packed("What?"),
        thinking=packed(one.thinking),
        answer=packed(one.text),
        seed=1,
        ended_at=moment(one.at),
        **counts,
    )
    _add_turns(conn, run_id, item_id, one.turns, one.at - len(one.turns))
    for grader, outcome, at in one.scores:
        _put(conn, "sample_scores", sample_id=sample_id, grader=grader, outcome=outcome, graded_at=moment(at))
    if one.label is not None:
        label, at = one.label
        _put(conn, "sample_labels", sample_id=sample_id, label=label, blind=0, labelled_at=moment(at))
    if one.probe is not None:
        _put(conn, "budget_probes", sample_id=sample_id, budget_tokens=64, answer=one.probe, n_tokens=1)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A catalog to merge into, opened as the program opens one but without published facts."""
    file = connection.file_at(path)
    assert file is not None
    with closing(connection.write(file)) as conn:
        conn.execute("PRAGMA synchronous = OFF")
        yield conn


def merge(path: Path, *others: Path, here: str = HERE, again: bool = False) -> list[Merged]:
    """Merge others into the catalog at `path`."""
    with opened(path) as conn:
        merger = Merger(conn, here, again=again)
        return [merger.merge(other) for other in others]


def content(path: Path) -> dict[str, Any]:
    """What a catalog holds of runs, by names that all catalogs share: no numbers of its own, no bytes of a zlib."""
    with opened(path) as conn:
        return {row["uid"]: _run(conn, row) for row in conn.execute(_RUNS)}


_RUNS = """SELECT r.*, f.sha256, h.fingerprint FROM runs r JOIN gguf_files f ON f.id = r.file_id
LEFT JOIN machines h ON h.id = r.machine_id"""


def _run(conn: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
    came = travelling(dict(row), "")
    facts = came.pop("facts")
    state = facts.get("state", came["state"])
    known = {name: came[name] for name in ("kind", "created_at", "ended_at", "n_items", "settings", "pack")}
    number = (row["id"],)
    return {
        **known,
        "state": state,
        "n_done": row["n_done"],
        "file": row["sha256"],
        "machine": row["fingerprint"],
        "samples": {one["item_id"]: _sample(conn, one) for one in conn.execute(_SAMPLES, number)},
        "figures": sorted(map(tuple, conn.execute(_FIGURES, number))),
        "events": sorted(map(tuple, conn.execute("SELECT at, state FROM run_events WHERE run_id = ?", number))),
        "clocked": sorted(map(tuple, conn.execute(_CLOCKED, number))),
        "heat": sorted(map(tuple, conn.execute(_HEAT, number))),
        "points": list(map(tuple, conn.execute(_POINTS, number))),
        "turns": list(map(tuple, conn.execute(_TURNS, number))),
        "asked": [unpacked(one[0]) for one in conn.execute(_ASKED, number)],
    }


_SAMPLES = "SELECT * FROM eval_samples WHERE run_id = ?"
_FIGURES = "SELECT metric, value, created_at FROM measurements WHERE run_id = ?"
_CLOCKED = "SELECT test, repetition, tokens_per_s, started_at FROM speed_samples WHERE run_id = ?"
_HEAT = "SELECT at, temperature_c FROM machine_samples WHERE run_id = ?"
_POINTS = "SELECT part, number, facts, made_at FROM study_points WHERE run_id = ? ORDER BY part, number"
_TURNS = "SELECT item_id, number, answer, ended_at FROM sample_turns WHERE run_id = ? ORDER BY item_id, number"
_ASKED = "SELECT prompt FROM asked WHERE run_id = ? ORDER BY turn"


def _sample(conn: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
    number = (row["id"],)
    scores = conn.execute(
        "SELECT grader, outcome, graded_at FROM sample_scores WHERE sample_id = ? ORDER BY id", number
    ).fetchall()
    labels = conn.execute("SELECT label, labelled_at FROM sample_labels WHERE sample_id = ?", number).fetchall()
    probes = conn.execute("SELECT budget_tokens, answer FROM budget_probes WHERE sample_id = ?", number).fetchall()
    return {
        "answer": unpacked(row["answer"]),
        "thinking": unpacked(row["thinking"]),
        "at": row["ended_at"],
        "verdicts": sorted(map(tuple, scores)),
        "counts": tuple(scores[-1]) if scores else None,
        "labels": list(map(tuple, labels)),
        "probes": list(map(tuple, probes)),
    }


def _put(conn: sqlite3.Connection, table: str, **values: object) -> int:
    marks = ", ".join("?" * len(values))
    done = conn.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))  # noqa: S608
    return int(done.lastrowid or 0)


def _known(conn: sqlite3.Connection, table: str, key: dict[str, str], more: dict[str, object]) -> int:
    ((name, value),) = key.items()
    row = conn.execute(f"SELECT id FROM {table} WHERE {name} = ?", (value,)).fetchone()  # noqa: S608
    return int(row[0]) if row else _put(conn, table, **key, **more)


def _file(sha256: str) -> dict[str, object]:
    return {"path": f"/models/{sha256}.gguf", "size_bytes": 1000, "mtime_ns": 1, "name": sha256, "metadata": "{}"}


_machine: dict[str, object] = {"name": "box", "cpu": "a cpu", "os": "Linux", "arch": "x86_64"}


def facts_of(conn: sqlite3.Connection, uid: str) -> dict[str, Any]:
    """The facts of a run's origin."""
    found: dict[str, Any] = json.loads(
        conn.execute("SELECT origin_facts FROM runs WHERE uid = ?", (uid,)).fetchone()[0]
    )
    return found
