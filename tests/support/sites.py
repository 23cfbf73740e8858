"""A catalog that is worth a site: published figures, runs of all kinds, hostile names, and secrets in every corner."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urldefrag

from tests.support.lab import publish
from tests.support.noted import measure
from tests.support.reports import evaluated_pair

from aa_tui.catalog import facts, files, labels, life, runs, samples

SECRETS = ("hostzebra", "/home/userzebra", "userzebra", "10.9.8.7", "privatezebra", "noteszebra")
"""A machine's name, a home folder, a user's name, a server's address, a prompt, and a label's note."""

HOSTILE = "<script>alert(1)</script> & \"quoted\" 'name'"
HOSTILE_SLUGS = ("../../evil", "CON", "con", "Alpha", 'a"><img src=x>', "x" * 300, "#m1", ".hidden", "index")
"""Beside the lab's `alpha`, from which `Alpha` must stay apart where upper and lower case are alike."""


def make_catalog(conn: sqlite3.Connection) -> tuple[int, int]:
    """Fill a fresh catalog. Returns the two evaluations that have been made in it."""
    publish(conn)
    row = next(iter(_rows()))
    found = [{**row, "slug": slug, "name": f"{HOSTILE} {number}"} for number, slug in enumerate(HOSTILE_SLUGS)]
    with conn:
        facts.load_rows(conn, found)
    conn.execute("UPDATE sources SET is_restricted = 1 WHERE name IN ('Test table', 'Old table')")
    measure(conn)
    pair = evaluated_pair(conn, 20)
    _served(conn)
    _asked(conn)
    conn.execute("UPDATE machines SET name = 'hostzebra'")
    conn.execute(
        "UPDATE gguf_files SET path = '/home/userzebra/models/' || replace(path, '/models/', '') WHERE kind = 'file'"
    )
    conn.execute(
        "UPDATE runs SET reason = 'stopped on hostzebra', log_path = '/home/userzebra/log', "
        "settings = json_set(settings, '$.note', 'on hostzebra in /home/userzebra/x.json', "
        "'$.rpc', json('[\"10.9.8.7:50052\"]')), "
        "engine = json_set(engine, '$.library', '/home/userzebra/lib/libllama.so', '$.host', 'hostzebra')"
    )
    conn.execute("UPDATE run_events SET reason = 'userzebra stopped it'")
    labels.put(conn, samples.scored(conn, pair[0])[0].id, "right", note="noteszebra")
    return pair


def _rows() -> Iterator[dict[str, str]]:
    import csv

    with facts.FACTS_FILE.open(encoding="utf-8", newline="") as table:
        yield from csv.DictReader(table)


def _served(conn: sqlite3.Connection) -> None:
    """A run of a model behind a server of the user's."""
    file = files.put(
        conn,
        path="http://10.9.8.7:8080#big-model",
        sha256="served:abc",
        size_bytes=0,
        mtime_ns=0,
        quant=None,
        architecture=None,
        n_params=None,
        context_tokens=None,
        name="Big",
        metadata={},
    )
    conn.execute("UPDATE gguf_files SET kind = 'served' WHERE id = ?", (file.id,))
    served = {"url": "http://10.9.8.7:8080", "kind": "llama-server", "version": "b1"}
    settings = {"servers": ["http://10.9.8.7:8080"], "served": [served]}
    run_id = runs.create(conn, kind="speed", file=files.get(conn, file.id), settings=settings)
    runs.put_measurement(conn, runs.get(conn, run_id), "served.c1.output_tps", 40.0, "tokens/s", n=3)
    conn.execute("UPDATE runs SET ended_at = created_at, state = 'finished' WHERE id = ?", (run_id,))


def _asked(conn: sqlite3.Connection) -> None:
    """A conversation, and a run that died."""
    file = runs.list_runs(conn)[0].file
    run_id = runs.create(conn, kind="ask", file=file, settings={"system": "privatezebra"})
    conn.execute(
        "INSERT INTO asked (run_id, turn, prompt, asked_at) VALUES (?, 1, 'privatezebra', '2026-01-01')", (run_id,)
    )
    dead = runs.create(conn, kind="speed", file=file, settings={})
    life.claim(conn, dead, 1, 1.0)
    crash = {"signal": "SIGSEGV", "phase": "loading", "log_path": "/home/userzebra/log", "last_lines": ["hostzebra"]}
    life.end(conn, dead, "failed", "died on hostzebra", crash=crash)


class Link(NamedTuple):
    """Where a page leads or what it loads: the element's name, the attribute and its value."""

    tag: str
    attribute: str
    value: str


class Page(HTMLParser):
    """A page as a strict reader has it: elements that are closed in their order, ids that occur once, links."""

    VOID = frozenset(("meta", "link", "img", "br", "wbr", "input", "source", "hr"))

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[Link] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.handlers: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == [], f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.tags.append(tag)
        if tag not in self.VOID:
            self._open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src", "srcset"):
                self.links.append(Link(tag, name, value or ""))
            if name.startswith("on") or name == "style":
                self.handlers.append(f"{tag} {name}")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A shape of a drawing."""
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """It must close what was opened last."""
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag, f"</{tag}> closes another element"


def pages(site: Path) -> Iterator[tuple[Path, str]]:
    """Every page of a site with its text."""
    for path in sorted(site.rglob("*.html")):
        yield path, path.read_text(encoding="utf-8")


def dead_links(site: Path) -> list[str]:
    """Links of the site's pages that lead to no file, or to no place in it."""
    ids: dict[Path, set[str]] = {}

    def has(path: Path, name: str) -> bool:
        if path not in ids:
            text = path.read_text(encoding="utf-8")
            marked = {part.partition('"')[0] for part in text.split(' id="')[1:]}
            ids[path] = marked
        return name in ids[path]

    found = []
    for path, text in pages(site):
        for link in Page(text).links:
            if link.value.startswith(("https://", "http://")):
                continue
            where, name = urldefrag(link.value)
            target = (path.parent / unquote(where)).resolve() if where else path
            is_there = target.is_file() and site.resolve() in target.parents
            names_a_place = name and target.name != "compare.html"
            if not is_there or (names_a_place and not has(target, unquote(name))):
                found.append(f"{path.relative_to(site)}: {link.value}")
    return found


def index_of(site: Path) -> dict[str, dict[str, object]]:
    """The models of a site's index by slug."""
    found = json.loads((site / "index.json").read_text(encoding="utf-8"))
    rows = (dict(zip(found["columns"], row, strict=True)) for row in found["models"])
    return {str(row["slug"]): row for row in rows}
