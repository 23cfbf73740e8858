"""A home in which every text is as hostile as it can be: catalog, files, packs and answers."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.support.evaluated import Told, evaluate_here
from tests.support.evaluating import write_pack
from tests.support.gguf_files import Builder

from aa_tui.catalog import db, labels, life, runs, samples
from aa_tui.cli.outlet import Code

POISON = (
    "\x1b]0;owned\x07\x1b[31mred\x1b[2J\x1bc\x9b32m\x9d0;x\x9c\x01\x08\x0b\r\x7f\x85\u202e\u2066\u061c\u200f\u2028\u2029"
    "\u200b\u00ad\ufeff\u2060\ufe0f\U000e0041\ta\u200db\nRun 99: forged"
)
"""Without NUL, which no argument and no file's name can have."""
IN_A_NAME = POISON.replace("/", "")

_KEPT = re.compile(
    r"(.*_)?(at|of|slug|state|kind|outcome|label|sha256|fingerprint|metric|test|control|digest|key|date|modalities|settings"
    r"|log_path|jail|pid|pack|method|conditions)"
)
"""Columns that the program goes by; the others are for people."""
_TABLES_KEPT = ("_sqlite_migrations", "meta", "engine_trials", "slot_probes", "memory_bandwidth", "measurements")

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


def assert_harmless(data: bytes, what: object, *, codes: bool = False) -> str:
    """Fail on anything that a terminal would obey or nobody would see; with `codes` after taking our own away."""
    text = data.decode("utf-8")
    if codes:
        for code in Code:
            text = text.replace(code.value, "")
    found = _FORBIDDEN.search(text)
    assert found is None, f"{what}: {found[0]!r} in {text[max(0, found.start() - 60) : found.end() + 20]!r}"
    assert "Traceback" not in text, f"{what}: {text}"
    return text


def poison(value: Any) -> Any:
    """Every text in a JSON value with the poison at its end."""
    if isinstance(value, str):
        return value + POISON
    if isinstance(value, dict):
        return {key: poison(part) for key, part in value.items()}
    return [poison(part) for part in value] if isinstance(value, list) else value


def poison_catalog(path: Path) -> int:
    """Put the poison into every text of a catalog that is for people, past all cleaning. How many columns it took."""
    done = 0
    with closing(sqlite3.connect(path)) as conn, conn:
        tables = [row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            if table in _TABLES_KEPT or "_fts" in table or table.startswith("sqlite_"):
                continue
            columns = [(row[1], row[2]) for row in conn.execute(f"PRAGMA table_info({table})")]
            for column, kind in columns:
                if kind not in ("TEXT", "BLOB") or _KEPT.fullmatch(column):
                    continue
                rows = conn.execute(
                    f"SELECT DISTINCT {column} FROM {table} WHERE typeof({column}) = 'text' AND {column} <> ''"  # noqa: S608
                ).fetchall()
                for (value,) in rows:
                    is_json = value[:1] in "{["
                    new = json.dumps(poison(json.loads(value))) if is_json else value + POISON
                    conn.execute(f"UPDATE OR IGNORE {table} SET {column} = ? WHERE {column} = ?", (new, value))  # noqa: S608
                done += bool(rows)
    return done


def make_home(home: Path, model: Path) -> dict[str, str]:
    """A data folder with runs of all kinds, hostile files and packs. What the commands are to be given, by name."""
    catalog = home / "catalog.db"
    folder = home / f"files{IN_A_NAME}"
    folder.mkdir(parents=True)
    file = folder / f"nano{IN_A_NAME}-Q8_0.gguf"
    file.hardlink_to(model) if model.stat().st_dev == folder.stat().st_dev else shutil.copy(model, file)
    header = folder / f"header{IN_A_NAME}.gguf"
    builder = Builder().add_text("general.architecture", "llama").add_text("general.name", f"name{POISON}\0")
    builder.add_text("general.license", POISON).add_text("general.organization", POISON)
    builder.add_text("tokenizer.chat_template", f"{{% if a %}}{POISON}{{% endif %}}")
    header.write_bytes(builder.add_tensor("blk.0.attn_q.weight" + POISON[:20], [32, 1]).build() + bytes(128))
    (folder / f"broken{IN_A_NAME}.gguf").write_bytes(b"GGUF" + POISON.encode())
    pack = write_pack(home / "packs" / "small", {f"What is it? {POISON}": f"4{POISON}", "And 2": "2"})
    broken = home / f"broken{IN_A_NAME}"
    broken.mkdir()
    (broken / "pack.toml").write_text(f"format = 1\nname = {json.dumps(POISON)}\n{json.dumps(POISON)} = 3\n")
    bench = home / "bench.json"
    record = {"model_filename": f"x{POISON}", "avg_ts": 1.0, "stddev_ts": 0.1, "n_prompt": 8, "n_gen": 0}
    bench.write_text(json.dumps([{**record, "cpu_info": POISON, "gpu_info": POISON, "own": POISON}]))
    answers = home / "answers.jsonl"
    answers.write_text(json.dumps({"id": "a", "key": "4", "answer": f"Answer: 5{POISON}"}) + "\n")
    with closing(db.open_catalog(catalog)) as conn:
        told = [Told("code", "wrong"), Told("maths", "correct", probes=((64, "wrong"),)), Told("maths", "undecided")]
        first = evaluate_here(conn, "Q4_K_M", told)
        evaluate_here(conn, "Q8_0", told[::-1])
        for row in samples.scored(conn, first):
            labels.put(conn, row.id, "right", note="because")
        life.set_settings_value(conn, first, "pack", "quick")
        planned = runs.create(conn, kind="eval", file=runs.get(conn, first).file, settings={}, pack="quick", n_items=3)
        dead = runs.create(conn, kind="speed", file=runs.get(conn, first).file, settings={"tests": ["pp16"]})
        life.claim(conn, dead, 1, 1.0)
        crash = {"signal": "SIGSEGV", "phase": "loading", "log_path": None, "last_lines": ["a line"]}
        life.end(conn, dead, "failed", "It died.", crash=crash)
    return {
        "catalog": str(catalog),
        "folder": str(folder),
        "file": str(file),
        "header": str(header),
        "pack": str(pack),
        "broken_pack": str(broken),
        "bench": str(bench),
        "answers": str(answers),
        "eval": str(first),
        "planned": str(planned),
        "dead": str(dead),
    }
