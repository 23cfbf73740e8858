"""Completion in real shells, and the manual page through real formatters, where these are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.docs.commands_page import commands
from tests.support.program import Program

from aa_tui import __version__
from aa_tui.cli.completion import names
from aa_tui.cli.main import parser

BIN = Path(sys.executable).parent


def shell(name: str, script: str, home: Path) -> list[str]:
    """The lines that a script prints in a real shell that finds the program."""
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"{name} is not installed")
    environment = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "AA_TUI_HOME": str(home),
        "HOME": str(home),
        "TERM": "dumb",
    }
    done = subprocess.run(
        [program, "-c", script], capture_output=True, text=True, env=environment, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1]


CASES = [
    ("cha", {"chart"}),
    ("nanbeige", {"nanbeige4-1-3b"}),
    ("--catalog x nanbeige", {"nanbeige4-1-3b"}),
    ("show nanbeige", {"nanbeige4-1-3b"}),
    ("chart lat", {"latency"}),
    ("models --per", set()),
    ("models --commer", {"--commercial"}),
    ("models --class ti", {"tiny"}),
    ("eval x --pack qui", {"quick"}),
    ("gguf f", {"fit", "find"}),
    ("gguf fit nanbei", {"nanbeige4-1-3b"}),
    ("completion fi", {"fish"}),
]


@pytest.mark.parametrize(("typed", "found"), CASES, ids=[typed for typed, _ in CASES])
def test_bash_completes(home: Path, fresh: Path, typed: str, found: set[str]) -> None:
    words = f"aa-tui {typed}"
    lines = shell(
        "bash",
        f"""
        eval "$(aa-tui completion bash)"
        complete -p aa-tui >/dev/null
        COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        _shtab_aa_tui 2>/dev/null
        printf '%s\\n' "${{COMPREPLY[@]}}"
        """,
        home,
    )
    assert {line for line in lines if line} == found


@pytest.mark.parametrize(("typed", "found"), CASES, ids=[typed for typed, _ in CASES])
def test_fish_completes(home: Path, fresh: Path, typed: str, found: set[str]) -> None:
    lines = shell("fish", f"aa-tui completion fish | source; complete -C 'aa-tui {typed}'", home)
    assert {line.partition("\t")[0] for line in lines} == found


def test_zsh_takes_the_script(home: Path, fresh: Path) -> None:
    script = 'autoload -Uz compinit; compinit -D -u; eval "$(aa-tui completion zsh)"; print ${_comps[aa-tui]}'
    assert shell("zsh", script, home) == ["_shtab_aa_tui"]


def test_zsh_completes_commands_and_models_as_the_first_word(home: Path, fresh: Path) -> None:
    """The completion system itself runs under a line editor only: what it is told is printed instead."""
    script = """
    autoload -Uz compinit; compinit -D -u; eval "$(aa-tui completion zsh)"
    _describe() { print -- $1 }; compadd() { print -l -- "${(@)@[2,-1]}" }
    PREFIX=; _shtab_aa_tui_commands; PREFIX=nan; _shtab_aa_tui_commands
    """
    said = shell("zsh", script, home)
    assert said[:2] == ["aa-tui commands"] * 2, "nothing but commands before a letter is typed"
    assert "nanbeige4-1-3b" in said


def test_what_a_shell_would_expand_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bash expands the words that it is given to complete with."""
    from aa_tui.cli import completion

    hostile = ["fine-1", "$(touch owned)", "`id`", "a b", "-rf", "ends\n", "ünï", "../up", ""]
    monkeypatch.setattr(completion, "_every", lambda _kind, _path: hostile)
    assert names("models", tmp_path / "catalog.db") == ["fine-1"]


def test_asking_for_names_makes_no_catalog(home: Path, program: Program, tmp_path: Path) -> None:
    new = tmp_path / "new.db"
    done = program("completion", "--names", "models", "--catalog", str(new))
    assert (done.returncode, done.stdout, done.stderr, new.exists()) == (0, "", "", False)


def test_the_shell_is_that_of_the_user(program: Program) -> None:
    assert program("completion", SHELL="/usr/bin/fish").stdout == program("completion", "fish").stdout
    done = program("completion", SHELL="/bin/tcsh")
    assert done.returncode == 2
    assert "aa-tui completion bash" in done.stderr


@pytest.mark.parametrize(
    "formatter",
    [("groff", "-ww", "-man", "-Tutf8"), ("mandoc", "-T", "utf8", "-W", "error"), ("man", "-l")],
    ids=lambda words: words[0],
)
def test_the_manual_is_one(program: Program, tmp_path: Path, formatter: tuple[str, ...]) -> None:
    page = tmp_path / "aa-tui.1"
    page.write_text(program("man").stdout)
    found = shutil.which(formatter[0])
    if found is None:
        pytest.skip(f"{formatter[0]} is not installed")
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "100", "GROFF_NO_SGR": "1", "MANPAGER": "cat"}
    done = subprocess.run(
        [found, *formatter[1:], str(page)], capture_output=True, text=True, env=environment, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    text = done.stdout.replace("\b", "")
    assert f"aa-tui {__version__}" in text
    for name, _, _ in commands(parser()):
        assert f"aa-tui {name}" in page.read_text().replace("\\-", "-")


def test_the_manual_in_the_tree_is_that_of_the_program(program: Program) -> None:
    kept = Path(__file__).parents[2] / "docs" / "aa-tui.1"
    assert kept.read_text(encoding="utf-8") == program("man").stdout, "`aa-tui man > docs/aa-tui.1` makes it again"
