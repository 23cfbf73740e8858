"""Nothing that a terminal would obey comes out of any command, whatever the catalog, files, packs and servers hold."""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.support.hostile import POISON, assert_harmless, make_home, poison_catalog
from tests.support.hub_server import HubServer
from tests.support.program import Program

from aa_tui.cli.main import parser, run

BUNDLED = Path(__file__).parents[2] / "gguf_models" / "aa-nano-Q8_0.gguf"
SLUG = "nanbeige4-1-3b"
OTHER = "minicpm5-1b"


class Said(NamedTuple):
    """What a command wrote, and its exit code."""

    code: int
    out: bytes
    err: bytes


def said(*arguments: str) -> Said:
    """A command in this process, on streams that keep the bytes that it writes."""
    before, handler = (sys.stdin, sys.stdout, sys.stderr), signal.getsignal(signal.SIGTERM)
    out, err = io.BytesIO(), io.BytesIO()
    sys.stdin = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    sys.stdout, sys.stderr = (io.TextIOWrapper(stream, encoding="utf-8") for stream in (out, err))
    try:
        code = run(list(arguments))
        return Said(code, out.getvalue(), err.getvalue())
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
        signal.signal(signal.SIGTERM, handler)


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The hostile home, which all commands of this module use: what to give them, by name."""
    home = tmp_path_factory.mktemp("hostile") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AA_TUI_HOME", str(home))
        patch.setenv("COLUMNS", "100")
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("HF_HUB_CACHE", str(home / "hub"))
        patch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
        made = make_home(home, BUNDLED)
        patch.chdir(home)
        assert said("gguf", "list", "--here", "--add", made["folder"]).code == 0
        assert said("import", "llama-bench", made["bench"]).code == 0
        assert poison_catalog(home / "catalog.db") > 30
        yield made


def commands(given: dict[str, str]) -> list[tuple[str, ...]]:
    """At least one of each command, and of each that knows it one with --json; in this order, the destructive last."""
    run_id, item, none = given["eval"], f"item-0{POISON}", f"no-such{POISON}"
    looking = [
        ("models",),
        ("models", "--json"),
        ("models", POISON),
        ("models", "--sort", POISON),
        ("models", "--creator", none),
        ("show", SLUG),
        ("show", SLUG, "--json"),
        ("show", none),
        ("open", none),
        ("open", SLUG),
        ("compare", SLUG, OTHER),
        ("compare", SLUG, OTHER, "--json"),
        ("compare", SLUG, OTHER, "--markdown"),
        ("compare", f"run:{run_id}", "run:2"),
        ("compare", f"run:{run_id}", "run:2", "--json"),
        ("compare", SLUG, none),
        ("quants", none, "other.gguf", "--no-run"),
        ("quants", str(BUNDLED), str(BUNDLED).replace("Q8_0", "Q4_0"), "--no-run", "--json"),
        ("template", none),
        ("template", str(BUNDLED)),
        ("template", str(BUNDLED), "--json"),
        ("template", str(BUNDLED), "--conversation", none),
        ("chart", "--list", "--json"),
        ("chart", "intelligence", SLUG),
        ("chart", "latency", "--json"),
        ("chart", "here-scores", SLUG),
        ("chart", "here-scores", f"run:{run_id}", "--ascii"),
        ("chart", none),
        ("chart", "latency", "--creator", none),
        ("export", SLUG, "--output", "-"),
        ("export", SLUG, "--output", "-", "--format", "html"),
        ("export", SLUG, "--output", "-", "--format", "svg"),
        ("export", SLUG, "--output", "-", "--chart", "intelligence"),
        ("export", SLUG, "--output", none),
        ("site", "site-of-it", "--title", POISON, "--with-restricted", "--with-machine-names", "--answers", "3"),
        ("site", "site-of-it", "--json"),
        ("site", none + "/deeper"),
        ("runs",),
        ("runs", "list", "--json"),
        ("runs", "show", run_id),
        ("runs", "show", run_id, "--json"),
        ("runs", "show", given["dead"]),
        ("runs", "show", given["dead"], "--json"),
        ("runs", "show", none),
        ("runs", "follow", run_id),
        ("runs", "follow", run_id, "--json"),
        ("runs", "wait", run_id, given["dead"]),
        ("runs", "wait", run_id, "--json"),
        ("runs", "log", given["dead"]),
        ("runs", "log", given["dead"], "--json"),
        ("runs", "export", run_id, "--json"),
        *(("runs", "export", run_id, "--format", one) for one in ("json", "jsonl", "csv", "labels", "llama-bench")),
        ("runs", "export", given["dead"], "--format", "llama-bench"),
        ("samples", run_id),
        ("samples", run_id, "--json"),
        ("samples", run_id, "--category", none),
        ("samples", run_id, item, "--thinking"),
        ("samples", run_id, item, "--json"),
        ("samples", run_id, none),
        ("samples", run_id, item, "--label", "wrong", "--note", POISON),
        ("samples", run_id, item, "--label", "wrong", "--note", POISON, "--json"),
        ("samples", run_id, "--label", "--labelled"),
        ("catalog", "size"),
        ("catalog", "size", "--json"),
        ("catalog", "index-version"),
        ("catalog", "index-version", "--json"),
        ("catalog", "index-version", none),
        ("models", "--index-version", none),
        ("import", "llama-bench", "--list"),
        ("import", "llama-bench", "--list", "--json"),
        ("import", "llama-bench", none),
        ("import", none),
        ("import", given["answers"]),
        ("export", "measured"),
        ("export", f"run:{run_id}", "--format", "hub-yaml"),
        ("export", f"run:{run_id}", "--format", "lm-eval"),
        ("grade", given["answers"], "--grader", "numeric"),
        ("grade", given["answers"], "--grader", "numeric", "--json"),
        ("grade", given["answers"], "--grader", none),
        ("grade", given["answers"], "--pack", given["pack"]),
        ("grade", none, "--grader", "numeric"),
        ("packs", "list"),
        ("packs", "list", "--json"),
        ("packs", "show", given["pack"]),
        ("packs", "show", given["pack"], "--json"),
        ("packs", "show", none),
        ("packs", "check", given["pack"]),
        ("packs", "check", given["broken_pack"]),
        ("packs", "check", given["broken_pack"], "--json"),
        ("packs", "short", given["pack"]),
        ("packs", "short", given["pack"], "--json"),
        ("packs", "short", none),
        ("eval", none, "--pack", given["pack"], "--short", none),
        ("eval", none, "--pack", given["pack"], "--short", given["answers"]),
        ("packs", "pull", none),
        ("packs", "pull", none, "--json"),
        ("packs", "pull", "gpqa-diamond", "--yes", "--file", none),
        ("doctor",),
        ("doctor", "--json"),
        ("gguf", "list"),
        ("gguf", "list", "--json"),
        ("gguf", "find", none),
        ("gguf", "find", none, "--json"),
        ("gguf", "inspect", given["header"], "--template"),
        ("gguf", "inspect", given["header"], "--json"),
        ("gguf", "inspect", given["file"]),
        ("gguf", "inspect", given["bench"] + POISON),
        ("gguf", "fit",),
        ("gguf", "fit", given["file"]),
        ("gguf", "fit", given["file"], "--json"),
        ("gguf", "fit", none),
        ("gguf", "verify", "all"),
        ("gguf", "verify", "all", "--json"),
        ("gguf", "verify", none),
        ("gguf", "pull", none),
        ("gguf", "pull", SLUG, "--list"),
        ("gguf", "pull", SLUG, "--list", "--json"),
        ("config", "list"),
        ("config", "list", "--json"),
        ("config", "path"),
        ("config", "edit"),
        ("completion", "bash"),
        ("completion", "--names", "models"),
        ("completion", "--names", "packs"),
        ("man",),
        (none,),
        ("--catalog", none, "models"),
        ("models", f"--{none}"),
        (),
    ]  # fmt: skip
    changing = [
        ("bench", given["file"], "--tests", "pp16", "-r", "1", "--model", SLUG),
        ("bench", none, "--json"),
        ("cache", none, "--json"),
        ("cache", given["file"], "--types", none),
        ("cache", given["file"], "--depths", "0", "--types", "q8_0"),
        ("cache", given["header"]),
        ("watch", none, "--json"),
        ("watch", given["header"]),
        ("watch", "--list", "--json"),
        ("watch", "--history", none),
        ("bench", given["header"]),
        ("speculate", given["header"]),
        ("speculate", none, "--json"),
        ("speculate", given["file"], "--kinds", none),
        ("speculate", given["file"], "--draft", none),
        ("bench", given["file"], "--tests", none),
        ("eval", given["file"], "--pack", given["pack"], "--limit", "1", "--parallel", "1"),
        ("eval", none, "--pack", "quick", "--json"),
        ("eval", given["file"], "--pack", none),
        ("eval", given["file"], "--pack", given["broken_pack"]),
        ("demo", "--model", none, "--json"),
        ("runs", "regrade", run_id, "--dry-run"),
        ("runs", "regrade", run_id, "--json"),
        *(("runs", action, given["planned"]) for action in ("pause", "finish", "stop", "resume", "start")),
        *(("runs", action, given["dead"], "--json") for action in ("pause", "finish", "stop", "resume", "start")),
        ("runs", "skip", run_id, none),
        ("runs", "skip", run_id, none, "--json"),
        ("divergence", given["file"], "--reference", given["file"], "--ctx", "32", "--blocks", "1"),
        ("divergence", given["file"], "--reference", given["file"], "--ctx", "32", "--blocks", "1", "--json"),
        ("divergence", given["file"], "--reference", none),
        ("ask", given["file"], POISON, "--max-tokens", "4"),
        ("ask", given["file"], POISON, "--max-tokens", "4", "--json"),
        ("sync", "--list"),
        ("sync", "--list", "--json"),
        ("sync", none),
        ("sync", "models.dev", "--url", "http://127.0.0.1:9"),
        ("sync", "models.dev", "--url", "http://127.0.0.1:9", "--json"),
        ("sync", "--undo"),
        ("servers", "list"),
        ("servers", "list", "--json"),
        ("servers", "probe", none),
        ("servers", "probe", none, "--json"),
        ("servers", "add", none),
        ("servers", "add", none, "--json"),
        ("servers", "remove", none),
        ("servers", "remove", none, "--json"),
        ("config", "set", "tariff", none),
        ("config", "set", none, none),
        ("config", "set", f"keys.{none}", none),
        ("config", "unset", none),
        ("runs", "delete", given["planned"]),
        ("runs", "delete", given["planned"], "--yes", "--json"),
        ("catalog", "datasette", "-"),
        ("catalog", "datasette", none, "--json"),
        ("catalog", "tidy"),
        ("catalog", "tidy", "--json"),
        ("catalog", "rescue", none),
        ("catalog", "rescue", none, "--json"),
        ("catalog", "export", "--all", f"{none}.zip"),
        ("catalog", "export", "--runs", run_id, f"{none}.zip", "--force", "--json"),
        ("catalog", "import", f"{none}.zip"),
        ("catalog", "import", none, "--json"),
        ("catalog", "merge", f"{none}.zip", "--dry-run"),
        ("catalog", "merge", none, "--json"),
        ("catalog", "sync", none),
        ("catalog", "sync", f"ssh://{none}", "--json"),
        ("catalog", "vacuum", "--keep-thinking", "30"),
        ("catalog", "vacuum", "--json"),
        ("gguf", "remove", given["file"]),
        ("gguf", "remove", given["file"], "--yes"),
        ("gguf", "remove", given["header"], "--yes", "--json"),
        ("gguf", "list", "--here", "--remove-folder", none),
    ]
    return [*looking, *changing]


def of_the_parser(one: argparse.ArgumentParser, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Every command and action that the parser knows, and whether it knows --json."""
    below = [action for action in one._actions if isinstance(action, argparse._SubParsersAction)]
    for action in below:
        for name, two in action.choices.items():
            yield from of_the_parser(two, (*path, name))
    if not below:
        knows_json = any("--json" in action.option_strings for action in one._actions)
        chosen = [list(action.choices) for action in one._actions if action.dest == "action" and action.choices]
        yield path, knows_json
        for names in chosen:
            yield from (((*path, str(name)), False) for name in names)


def test_every_command_is_looked_at(given: dict[str, str]) -> None:
    tried = commands(given)
    for path, knows_json in of_the_parser(parser()):
        own = [one for one in tried if one[: len(path)] == path]
        assert own, f"`aa-tui {' '.join(path)}` is not in the list above"
        assert not knows_json or any("--json" in one for one in own), f"`aa-tui {' '.join(path)} --json` is not"


@pytest.mark.long
def test_no_command_lets_anything_through(given: dict[str, str]) -> None:
    for one in commands(given):
        done = said(*one)
        out, err = (assert_harmless(data, one) for data in (done.out, done.err))
        assert done.code in (0, 1, 2, 130), f"{one}: {done.code}"
        assert out or err, f"{one} says nothing"
        if "--json" in one and done.code == 0:
            json.loads(out)


@pytest.mark.parametrize("command", [("models",), ("runs",), ("import", "llama-bench", "--list")])
def test_a_text_of_two_lines_stays_one_row(given: dict[str, str], command: tuple[str, ...]) -> None:
    lines = said(*command).out.decode().splitlines()
    assert any("red" in line for line in lines)
    assert not any(line.startswith("Run 99") for line in lines)


def test_json_and_exports_hold_the_very_texts(given: dict[str, str]) -> None:
    found = json.loads(said("samples", given["eval"], f"item-0{POISON}", "--json").out)
    assert (found["prompt"], found["answer"], found["item_id"]) == (f"text{POISON}", f"text{POISON}", f"item-0{POISON}")
    rows = [json.loads(line) for line in said("runs", "export", given["eval"], "--format", "jsonl").out.splitlines()]
    assert rows[0]["thinking"] == f"text{POISON}"
    path = Path("run.json")
    assert said("runs", "export", given["eval"], "--output", str(path)).code == 0
    assert_harmless(path.read_bytes(), path)
    assert json.loads(path.read_text())["samples"][0]["answer"] == f"text{POISON}"


@pytest.mark.parametrize("command", [("show", SLUG), ("chart", "intelligence", SLUG)])
def test_colour_is_ours_alone(given: dict[str, str], command: tuple[str, ...]) -> None:
    done = said(*command, "--color", "always")
    assert b"\x1b[1m" in done.out
    assert b"\x1b[31m" not in done.out, "the red of a name"
    assert_harmless(done.out, command, codes=True)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "ascii:strict", "utf-16"])
@pytest.mark.repeats
def test_what_the_encoding_lacks_ends_no_command(given: dict[str, str], encoding: str) -> None:
    for one in (("models",), ("runs", "show", given["eval"], "--json"), ("show", "ünï–◆")):
        command = [sys.executable, "-m", "aa_tui", *one]
        environ = {**os.environ, "PYTHONIOENCODING": encoding}
        done = subprocess.run(command, capture_output=True, check=False, env=environ, stdin=subprocess.DEVNULL)
        out, err = (data.decode(encoding.partition(":")[0]) for data in (done.stdout, done.stderr))
        assert (done.returncode, bool(err)) == ((2, True) if one[0] == "show" else (0, False)), err
        assert_harmless((out + err).encode(), one)
        assert "--json" not in one or json.loads(out)


@pytest.mark.long
def test_what_a_hub_says_is_cleaned(given: dict[str, str], program: Program, hub_server: HubServer) -> None:
    name = f"evil{POISON[:40]}-Q4_0.gguf"
    hub_server.add("owner/evil-GGUF", name, b"GGUF" + POISON.encode())
    hub_server.add("owner/evil-GGUF", "good-Q4_0.gguf", b"GGUF" + POISON.encode())
    environ = {
        "AA_TUI_HOME": os.environ["AA_TUI_HOME"],
        "HF_ENDPOINT": hub_server.endpoint,
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_CACHE": os.environ["HF_HUB_CACHE"],
    }
    for one in (
        ("gguf", "pull", "owner/evil-GGUF", "--list"),
        ("gguf", "pull", "owner/evil-GGUF", "--list", "--json"),
        ("gguf", "pull", "owner/evil-GGUF", "--quant", "Q4_0"),
        ("gguf", "pull", "owner/evil-GGUF", "--quant", "Q4_0", "--json"),
        ("gguf", "inspect", "owner/evil-GGUF/good-Q4_0.gguf"),
        ("gguf", "inspect", f"{hub_server.endpoint}/owner/evil-GGUF/resolve/main/{POISON[:20]}.gguf", "--json"),
    ):
        done = program(*one, **environ)
        assert_harmless(done.stdout.encode(), one)
        assert_harmless(done.stderr.encode(), one)
        assert done.returncode in (0, 1, 2), f"{one}: {done.stderr}"


class _Rude(BaseHTTPRequestHandler):
    """Answers with what no header should hold."""

    def do_GET(self) -> None:  # the base class' name
        headers = "\x9b31mred\x9d0;owned\x9c\x85\x9b2J"  # C0 the client refuses itself
        self.send_response(403, headers)
        for name in (
            "X-Error-Message",
            "X-Error-Code",
            "X-Request-Id",
            "ETag",
            "X-Linked-Etag",
            "X-Repo-Commit",
            "Location",
        ):
            self.send_header(name, f"http://{headers}")
        self.end_headers()
        self.wfile.write(json.dumps({"error": POISON}).encode())

    do_HEAD = do_GET  # noqa: N815  # the base class' name

    def log_message(self, *_arguments: object) -> None:
        """Nothing: the tests' own output stays empty."""


@pytest.mark.long
def test_headers_of_a_server_are_cleaned(given: dict[str, str], program: Program) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Rude)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        environ = {
            "AA_TUI_HOME": os.environ["AA_TUI_HOME"],
            "HF_ENDPOINT": f"http://127.0.0.1:{server.server_address[1]}",
            "HF_HUB_OFFLINE": "0",
            "HF_HUB_CACHE": os.environ["HF_HUB_CACHE"],
        }
        for one in (
            ("gguf", "pull", "owner/evil-GGUF", "--list"),
            ("gguf", "inspect", "owner/evil-GGUF/good-Q4_0.gguf"),
            ("gguf", "inspect", f"{environ['HF_ENDPOINT']}/x.gguf"),
            ("packs", "pull", "gsm8k", "--yes"),
        ):
            done = program(*one, **environ)
            assert_harmless(done.stdout.encode(), one)
            assert_harmless(done.stderr.encode(), one)
            assert done.returncode in (0, 1, 2), f"{one}: {done.stderr}"
    finally:
        server.shutdown()
        server.server_close()
