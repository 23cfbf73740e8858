"""What may be left out of a command line, what its help begins with, and that a pipe is given everything."""

from __future__ import annotations

import argparse
import json
import re

import pytest
from tests.docs.commands_page import commands
from tests.support.program import Program

from aa_tui.cli.implied import completed
from aa_tui.cli.main import parser

NAMES = ("models", "open", "runs", "gguf", "packs")
USUAL = {"gguf": "list", "packs": "list"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", ""),
        ("--help", "--help"),
        ("--version", "--version"),
        ("models qwen", "models qwen"),
        ("nanbeige", "open nanbeige"),
        ("--catalog models nanbeige", "--catalog models open nanbeige"),
        ("runs/3", "open runs/3"),
        ("gguf", "gguf list"),
        ("gguf --here --json", "gguf list --here --json"),
        ("gguf --help", "gguf --help"),
        ("gguf fit x", "gguf fit x"),
        ("gguf --json fit x", "gguf fit --json x"),
        ("gguf --catalog list", "gguf list --catalog list"),
        ("--catalog x packs", "--catalog x packs list"),
        ("gguf -- x", "gguf list -- x"),
    ],
)
def test_what_is_filled_in(typed: str, meant: str) -> None:
    assert completed(typed.split(), NAMES, USUAL) == meant.split()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("modles", "There is no command or model “modles”; did you mean `aa-tui models`?"),
        ("nanbiege", "There is no model “nanbiege” in the catalog; did you mean nanbeige4-1-3b?"),
        ("show modles", "There is no model “modles” in the catalog; "),
        ("zzzzzz", "There is no model “zzzzzz” in the catalog; `aa-tui models` lists them all."),
    ],
)
def test_what_is_neither_a_command_nor_a_model_is_said_with_what_is_like_it(
    program: Program, typed: str, told: str
) -> None:
    done = program(*typed.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"aa-tui: {told}")


def test_a_model_alone_is_its_page_in_the_app(program: Program) -> None:
    done = program("nanbeige4.1-3b")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("aa-tui: The app needs a terminal")


@pytest.mark.parametrize("group", ["packs", "gguf", "catalog", "runs", "config"])
def test_a_group_alone_shows_what_there_is(program: Program, group: str) -> None:
    plain, as_json = program(group), program(group, "--json")
    assert (plain.returncode, as_json.returncode) == (0, 0), plain.stderr + as_json.stderr
    assert plain.stdout
    json.loads(as_json.stdout)


def every_parser(one: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    return [one, *(two for _, _, below in commands(one) for two in every_parser(below))]


def test_every_help_begins_with_a_sentence_that_says_what_it_does() -> None:
    for one in every_parser(parser()):
        assert re.match(r"[A-Z][^\n]+(\n[^\n]+)*\.\n\nusage: aa-tui", one.format_help()), one.prog


@pytest.mark.parametrize("words", ["packs list", "models --class tiny", "gguf list --here"])
def test_a_pipe_is_given_everything(program: Program, words: str) -> None:
    narrow, wide = (program(*words.split(), COLUMNS=columns).stdout for columns in ("40", "400"))
    assert narrow == wide
    assert "…" not in narrow
