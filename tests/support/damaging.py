"""Ways in which a catalog is damaged: as disks, copies, other programs, strangers and earlier faults do it."""

from __future__ import annotations

import os
import random
import re
import shutil
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

Damage = Callable[[Path], None]


def _cut(part: float) -> Damage:
    return lambda path: os.truncate(path, int(path.stat().st_size * part))


def _overwritten(begin: int, length: int, data: bytes | None = None) -> Damage:
    def damage(path: Path) -> None:
        with path.open("r+b") as file:
            file.seek(begin)
            file.write(random.Random(begin).randbytes(length) if data is None else data)

    return damage


def _random_pages(path: Path) -> None:
    chance = random.Random(7)
    with path.open("r+b") as file:
        for page in chance.sample(range(2, path.stat().st_size // 4096), 30):
            file.seek(4096 * page)
            file.write(chance.randbytes(4096))


def _schema_bytes(path: Path) -> None:
    """Some bytes of the schema's texts, a fault of memory or disk."""
    data = bytearray(path.read_bytes())
    places = [found.start() for found in re.finditer(rb"CREATE|TEXT", data)]  # wherever its pages lie
    for place in random.Random(3).sample(places, 20):
        data[place] = 0xFF
    path.write_bytes(data)


def _only(data: bytes) -> Damage:
    def damage(path: Path) -> None:
        path.write_bytes(data)

    return damage


def _history_of_a_browser(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.executescript("CREATE TABLE urls (id INTEGER PRIMARY KEY, url TEXT); INSERT INTO urls VALUES (1, 'x')")


def _instead(make: Callable[[Path], object]) -> Damage:
    def damage(path: Path) -> None:
        path.unlink()
        make(path)

    return damage


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's name is short
    try:
        with closing(socket.socket(socket.AF_UNIX)) as one:
            one.bind(path.name)
    finally:
        os.chdir(here)


def _loop(path: Path) -> None:
    other = path.with_name("other")
    other.symlink_to(path.name)
    path.symlink_to(other.name)


def sql(*statements: str) -> Damage:
    """By statements, with nothing that SQLite would refuse."""

    def damage(path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as conn:
            for setting in ("foreign_keys = OFF", "ignore_check_constraints = ON", "writable_schema = ON"):
                conn.execute(f"PRAGMA {setting}")
            for statement in statements:
                conn.execute(statement)

    return damage


def everywhere(declared: tuple[str, ...], value: str, like: str = "") -> Damage:
    """A value in all columns declared so whose names end so, but for keys."""

    def damage(path: Path) -> None:
        sql("UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '') WHERE type = 'table'")(path)
        with closing(sqlite3.connect(path, isolation_level=None)) as conn:
            conn.execute("PRAGMA ignore_check_constraints = ON")
            tables = [row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                if "_fts" in table or table.startswith(("sqlite", "_sqlite", "meta")):
                    continue
                for column in conn.execute(f"PRAGMA table_info({table})").fetchall():
                    if column[2] in declared and column[1].endswith(like) and not column[5]:
                        conn.execute(f"UPDATE OR IGNORE {table} SET {column[1]} = {value}")  # noqa: S608

    return damage


def _bad_log(path: Path) -> None:
    """A write-ahead log as it is left by a kill, with its middle overwritten."""
    copy = path.with_name("copy")
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute("INSERT INTO meta VALUES ('x', hex(randomblob(20000)))")
        shutil.copy(path, copy)
        shutil.copy(f"{path}-wal", f"{copy}-wal")
    copy.replace(path)
    log = Path(f"{copy}-wal").replace(f"{path}-wal")
    _overwritten(8_000, 4_000)(log)


def _bad_index(path: Path) -> None:
    with closing(sqlite3.connect(path)) as conn:
        pages = [row[0] for row in conn.execute("SELECT rootpage FROM sqlite_master WHERE type = 'index'")]
    for page in pages:
        _overwritten(4096 * (page - 1) + 8, 512)(path)


STRUCTURE: dict[str, Damage] = {
    "empty": _cut(0),
    "cut to one byte": lambda path: os.truncate(path, 1),
    "half": _cut(0.5),
    "header overwritten": _overwritten(0, 100),
    "page size of 3": _overwritten(16, 2, b"\x00\x03"),
    "first page overwritten": _overwritten(100, 3_996),
    "random pages": _random_pages,
    "bytes of the schema": _schema_bytes,
    "schema that is no UTF-8": sql(
        "UPDATE sqlite_master SET sql = CAST(replace(CAST(sql AS BLOB), x'7465', x'ff65') AS TEXT) WHERE type = 'view'"
    ),
    "random bytes": _only(random.Random(1).randbytes(50_000)),
    "a text": _only(b"shopping list\n" * 500),
    "a browser's history": _history_of_a_browser,
    "a folder": _instead(Path.mkdir),
    "a pipe": _instead(os.mkfifo),
    "a socket": _instead(_socket),
    "a device": _instead(lambda path: path.symlink_to("/dev/null")),
    "a link to itself": _instead(_loop),
    "of the future": sql("PRAGMA user_version = 999"),
    "version below 0": sql("PRAGMA user_version = -4"),
    "version 0": sql("PRAGMA user_version = 0"),
    "index overwritten": _bad_index,
    "log overwritten": _bad_log,
    "search overwritten": sql("UPDATE variants_fts_data SET block = randomblob(50)"),
    "search's tables gone": sql("DELETE FROM sqlite_master WHERE name LIKE 'variants_fts_%'"),
    "a view in a table's place": sql(
        "ALTER TABLE runs RENAME TO was", "CREATE VIEW runs AS SELECT load_extension('x') AS id, * FROM was"
    ),
    "a trigger": sql("CREATE TRIGGER bad BEFORE UPDATE ON runs BEGIN SELECT load_extension('x'); END"),
    "a column that is computed": sql("ALTER TABLE runs ADD COLUMN bad AS (load_extension('x'))"),
    **{
        f"without {table}": sql(f"DROP TABLE {table}")
        for table in ("runs", "leaderboard", "meta", "measurements", "eval_samples", "sample_scores", "seen_files")
    },
}

VALUES: dict[str, Damage] = {
    "text in numbers": everywhere(("INTEGER", "REAL"), "'many'"),
    "huge numbers": everywhere(("INTEGER",), "9223372036854775807"),
    "infinite numbers": everywhere(("REAL",), "9e999"),
    "blobs in texts": everywhere(("TEXT", "BLOB"), "x'ff00fe'"),
    "texts that are no UTF-8": everywhere(("TEXT",), "CAST(x'ff41fe' AS TEXT)"),
    "nothing at all": everywhere(("TEXT", "REAL", "INTEGER", "BLOB"), "NULL"),
    "no JSON": everywhere(("TEXT",), "'{[broken'"),
    "JSON of another kind": sql("UPDATE runs SET settings = '[1]', engine = '7', live = 'null', conditions = '\"x\"'"),
    "deep JSON": sql("UPDATE runs SET settings = replace(hex(zeroblob(50000)), '0', '[')"),
    "moments that are none": everywhere(("TEXT",), "'yesterday'", "_at"),
    "states that are none": sql("UPDATE runs SET state = 'sleeping', kind = 'dream'"),
    "outcomes that are none": sql("UPDATE sample_scores SET outcome = 'maybe'"),
    "files without rows": sql("DELETE FROM gguf_files"),
    "models without rows": sql("DELETE FROM models", "DELETE FROM variants"),
    "machines without rows": sql("DELETE FROM machines"),
}
