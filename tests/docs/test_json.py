"""`docs/json.md` is what the commands print: each of them, on a catalog with real runs of the bundled model."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from tests.docs.keys import differences, documented
from tests.support.hub_server import HubServer
from tests.support.logged import INSPECT
from tests.support.served import ModelServer
from tests.support.source_server import SourceServer, reply
from tests.support.stem import Stem

from aa_tui.gguf.bundled import bundled_model

SHAPES = documented()
REPO, FILE = "someone/Nano-GGUF", "nano-Q8_0.gguf"

COMMANDS: list[tuple[str, str]] = [
    ("models", "models"),
    ("catalog index-version", "catalog index-version"),
    ("show", "show nanbeige4.1-3b"),
    ("show", "show aa-nano"),
    ("compare", "compare nanbeige4.1-3b aa-nano"),
    ("compare", "compare run:1 run:2"),
    ("compare", "compare 2 3"),
    ("chart bars", "chart intelligence"),
    ("chart scatter", "chart intelligence-vs-price"),
    ("chart lines", "chart here-depth run:1"),
    ("chart panels", "chart evaluations"),
    ("chart list", "chart --list"),
    ("bench", "runs show 1"),
    ("import", "import llama-bench {speeds}"),
    ("import", "import llama-bench --list"),
    ("import logs", "import {log} --dry-run"),
    ("eval", "runs show 2"),
    ("eval", "runs show 3"),
    ("eval", "runs stop 3"),
    ("runs", "runs"),
    ("runs start", "runs start"),  # nothing is queued
    ("runs regrade", "runs regrade 2 --dry-run"),
    ("samples", "samples 2"),
    ("samples item", "samples 2 {item}"),
    ("quants", "quants {model} {small} --no-run"),
    ("template", "template {model} --tokens"),
    ("samples label", "samples 2 {item} --label right"),
    ("eval", "runs show 2"),  # with agreement
    ("grade", "grade --grader numeric {cases}"),
    ("grade pack", "grade --pack nano {answers}"),
    ("grade report", "grade --grader numeric {cases} --report"),
    ("grade pack report", "grade --pack nano {answers} --report"),
    ("packs list", "packs list"),
    ("packs show", "packs show nano"),
    ("packs check", "packs check nano"),
    ("servers add", "servers add {server} --name box"),
    ("servers", "servers"),
    ("servers", "servers probe box"),
    ("eval", "eval box --pack nano --limit 2"),
    ("samples", "samples 4"),
    ("servers remove", "servers remove box"),
    ("runs delete", "runs delete 4 --yes"),
    ("sync", "sync models.dev --dry-run"),
    ("sync", "sync models.dev"),
    ("sync list", "sync --list"),
    ("sync undo", "sync --undo --yes"),
    ("catalog", "catalog size"),
    ("catalog", "catalog vacuum"),
    ("catalog", "catalog tidy"),
    ("catalog rescue", "catalog rescue {rescued}"),
    ("catalog merge", "catalog merge {rescued}"),
    ("catalog export", "catalog export --all {bundle}"),
    ("catalog merge", "catalog import {bundle} --dry-run"),
    ("catalog datasette", "catalog datasette {rescued}.json"),
    ("site", "site {rescued}-site"),
    ("gguf pull list", "gguf pull {repo} --list"),
    ("gguf pull", "gguf pull {repo}"),
    ("gguf list", "gguf list"),
    ("gguf fit", "gguf fit {model}"),
    ("gguf inspect", "gguf inspect {model}"),
    ("gguf verify", "gguf verify {file}"),
    ("gguf remove", "gguf remove {file} --yes"),
    ("watch list", "watch --list"),
    ("watch history", "watch --history"),
    ("doctor", "doctor"),
    ("config", "config"),
    ("ask", "ask aa-nano hello --max-tokens 8"),
    ("samples", "samples 5"),
    ("samples item", "samples 5 1"),
    ("samples lost", "samples 2 --lost"),
    ("runs", "runs list"),
    ("runs delete", "runs delete 1 --yes"),
    ("models remove", "models --remove aa-nano --yes"),
    ("speculate", "speculate {model} --kinds code --n-draft 2 --max-output 8 -r 2 -t 1"),
    ("cache", "cache aa-nano --depths 0,4096 --types q8_0 -t 1"),
    ("divergence", "divergence aa-nano --reference aa-nano --ctx 32 --blocks 2 -t 1"),
    ("bench", "bench {server} --depths 0 --parallel 1,2 -r 2 --prompt-tokens 16 --output-tokens 4"),
]
"""Blocks of the page and commands that print them, in an order in which one leaves the next what it needs."""

MAY_FAIL = frozenset({"doctor"})
"""It says by its exit code that this machine needs mending."""


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory, stem: Stem) -> Iterator[dict[str, Any]]:
    """What each command prints, by the command as it is written above."""
    folder, server, models = tmp_path_factory.mktemp("json"), HubServer(), ModelServer()
    model, source = bundled_model(), SourceServer()
    offer = {"id": "qwen/qwen3.5-4b", "name": "Qwen3.5 4B", "cost": {"input": 0.1, "output": 0.2}}
    source.replies["/api.json"] = reply({"box": {"id": "box", "name": "Box", "models": {"a": offer}}})
    server.add(REPO, FILE, model.read_bytes() + bytes(32))
    environment = {
        **{
            name: value for name, value in os.environ.items() if not name.startswith(("HF_", "XDG_", "OLLAMA", "LLAMA"))
        },
        "AA_TUI_HOME": str(folder / "home"),
        "HOME": str(folder / "user"),
        "HF_HOME": str(folder / "hf"),
        "HF_ENDPOINT": server.endpoint,
        "HF_HUB_OFFLINE": "0",
        "AA_TUI_SOURCE_MODELS_DEV": source.url,
    }

    def run(*arguments: str, fails: bool = False) -> str:
        done = stem.run(arguments, environment=environment, timeout_s=300)
        assert fails or done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout

    found: dict[str, Any] = {}
    tests = "pp16,pp16@d64,tg8,short"
    found["bench"] = json.loads(run("bench", "aa-nano", "--tests", tests, "-r", "1", "--json"))
    found["eval"] = json.loads(run("eval", "aa-nano", "--pack", "nano", "--limit", "6", "--parallel", "2", "--json"))
    found["plan"] = json.loads(run("eval", "aa-nano", "--pack", "nano", "--plan", "--parallel", "2", "--json"))
    places = {
        "model": model,
        "small": str(model).replace("Q8_0", "Q4_0"),
        "file": FILE,
        "repo": REPO,
        "rescued": folder / "rescued.db",
        "bundle": folder / "runs.zip",
        "server": models.url,
        "log": INSPECT,
    }
    item = json.loads(run("samples", "2", "--json"))[0]["item_id"]
    for name, text in {
        "speeds": run("runs", "export", "1", "--format", "llama-bench"),
        "cases": '{"key": "4", "answer": "4"}\n',
        "answers": json.dumps({"id": item, "answer": "4"}) + "\n",
    }.items():
        places[name] = folder / name
        (folder / name).write_text(text, encoding="utf-8")
    for _, command in COMMANDS:
        arguments = command.format(**places, item=item).split()
        found[command] = json.loads(run(*arguments, "--json", fails=command in MAY_FAIL))
    yield found
    models.close()
    server.close()
    source.close()


@pytest.mark.parametrize(("block", "command"), [("bench", "bench"), ("eval", "eval"), ("eval", "plan"), *COMMANDS])
def test_the_keys_are_those_of_the_page(printed: dict[str, Any], block: str, command: str) -> None:
    assert sorted(set(differences(printed[command], SHAPES[block], SHAPES))) == []


def test_every_block_of_the_page_is_printed_by_some_command() -> None:
    apart = {"demo", "packs short"}  # tests/cli/test_demo.py, tests/pages/test_short.py
    commands = {name for name in SHAPES if name[0].islower()}
    assert commands - apart == {block for block, _ in COMMANDS}
