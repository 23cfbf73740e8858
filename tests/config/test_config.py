"""`config.toml` as a user has it: where it lies, what comes first, and what a broken one does."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.hub_server import HubServer
from tests.support.program import Program

from aa_tui.analysis import PRICE_CLASSES, SIZE_CLASSES
from aa_tui.config.place import path_of
from aa_tui.config.reading import load
from aa_tui.config.settings import CLASSES, SETTINGS
from aa_tui.gguf.bundled import bundled_model

Answer = Callable[..., Any]


@pytest.fixture
def file(home: Path, fresh: Path) -> Path:
    """Where this test's settings lie."""
    return fresh.parent / "config.toml"


def test_where_it_lies(tmp_path: Path) -> None:
    assert path_of({"AA_TUI_HOME": str(tmp_path)}) == tmp_path / "config.toml"
    named = str(tmp_path / "mine.toml")
    assert path_of({"AA_TUI_HOME": "/elsewhere", "AA_TUI_CONFIG": named}) == Path(named)
    usual = path_of({})
    assert usual is not None
    assert usual.parts[-2:] == ("aa-tui", "config.toml")


def test_each_source_comes_before_the_next(file: Path, tmp_path: Path, program: Program) -> None:
    catalogs = {one: tmp_path / f"{one}.db" for one in ("file", "environment", "flag")}

    def source(*flags: str, **environ: str) -> str:
        done = program("config", "list", *flags, **environ)
        assert done.returncode == 0, done.stderr
        row = next(line for line in done.stdout.splitlines() if line.startswith("catalog"))
        return " ".join(row.split()[1:3])

    assert source() == "– default"
    file.write_text(f'catalog = "{catalogs["file"]}"\n')
    assert source() == f"{catalogs['file']} file"
    environ = {"AA_TUI_CATALOG": str(catalogs["environment"])}
    assert source(**environ) == f"{catalogs['environment']} environment"
    assert source("--catalog", str(catalogs["flag"]), **environ) == f"{catalogs['flag']} flag"


def test_the_catalog_that_is_set_is_the_one_that_is_used(file: Path, tmp_path: Path, answer: Answer) -> None:
    file.write_text(f'catalog = "{tmp_path / "mine.db"}"\n')
    assert answer("catalog")["path"] == str(tmp_path / "mine.db")
    assert (tmp_path / "mine.db").is_file()


@pytest.mark.long
def test_set_and_unset_keep_comments_and_rights(file: Path, program: Program) -> None:
    file.write_text('# mine\ntheme = "nord"  # at night\n\n[keys]\n"app.files" = "F"\n')
    file.chmod(0o640)
    for words in (("theme", "gruvbox"), ("offline", "yes"), ("keys.runs", "R", "f2"), ("tariff", "0.30", "EUR")):
        done = program("config", "set", *words)
        assert done.returncode == 0, done.stderr
    assert program("config", "unset", "keys.app.files").returncode == 0
    text = file.read_text()
    assert "# mine\n" in text
    assert "# at night" in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    config = load(environ={"AA_TUI_HOME": str(file.parent)})
    assert (config.theme, config.offline, config.tariff) == ("gruvbox", True, "0.30 EUR")
    assert dict(config.keys) == {"runs": ("R", "f2")}
    assert config.problems == ()


def test_a_first_file_sets_nothing_and_names_every_setting(file: Path) -> None:
    from aa_tui.config import writing

    writing.make(file)
    config = load(environ={"AA_TUI_HOME": str(file.parent)})
    assert (dict(config.values), config.problems) == ({}, ())
    lines = file.read_text().splitlines()
    for one in SETTINGS:
        assert any(line.startswith(f"# {one.key} = ") for line in lines)
    file.write_text("\n".join(line.removeprefix("# ") if " = " in line else line for line in lines))
    config = load(environ={"AA_TUI_HOME": str(file.parent)})
    assert (set(config.values), config.problems) == ({one.key for one in SETTINGS}, ())


def test_the_environment_is_believed_before_the_file(file: Path, program: Program) -> None:
    done = program("config", "set", "tariff", "0.30 EUR", AA_TUI_TARIFF="1 USD")
    assert done.stdout == "tariff: 1 USD (AA_TUI_TARIFF)\n"


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (("set", "them", "nord"), "There is no setting “them”"),
        (("set", "class", "wee"), "it must be one of all, tiny"),
        (("set", "offline", "perhaps"), "it must be on or off"),
        (("set", "tariff", "cheap"), "is no price of a kWh"),
        (("set", "keys", "R"), "config set keys.runs R"),
        (("set", "theme"), "see `aa-tui config set --help`"),
        (("unset", "them"), "There is no setting “them”"),
        (("edit",), "set EDITOR"),
    ],
)
def test_what_cannot_be_set_is_one_sentence(file: Path, program: Program, words: tuple[str, ...], refusal: str) -> None:
    done = program("config", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert refusal in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_file_that_is_no_toml_is_said_once_and_everything_else_works(file: Path, program: Program) -> None:
    file.write_text('theme = "nord"\nclass = \n')
    done = program("models", "--limit", "1")
    assert done.returncode == 0
    assert done.stdout
    assert done.stderr.startswith(f"aa-tui: {file} is no TOML (Invalid value (at line 2")
    assert done.stderr.count("\n") == 1
    assert "Remote calls are refused until then" in done.stderr
    assert program("config", "set", "theme", "nord").returncode == 1
    assert file.read_text() == 'theme = "nord"\nclass = \n'


def test_one_wrong_value_leaves_the_others(file: Path, program: Program) -> None:
    file.write_text('theme = 3\ntarif = "1 EUR"\nfolders = ["/data"]\n[keys]\nruns = 7\n')
    config = load(environ={"AA_TUI_HOME": str(file.parent)})
    assert (config.theme, config.folders) == ("", ("/data",))
    assert [one.removeprefix(str(file)) for one in config.problems] == [
        ", line 1: theme must be a text.",
        ", line 2: there is no setting “tarif”; did you mean tariff?",
        ', line 4: keys must be a table in which runs is keys, such as "R" or ["R", "f2"].',
    ]
    assert program("config", "unset", "tarif").returncode == 0
    assert "tarif" not in file.read_text()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x" * (2 << 20), None], ids=["no text", "huge", "a folder"])
def test_no_file_stops_anybody(file: Path, program: Program, content: bytes | None) -> None:
    file.mkdir() if content is None else file.write_bytes(content)
    done = program("models", "--limit", "1")
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert "all settings are as by default" in done.stderr


def test_a_folder_that_is_set_is_looked_into(file: Path, tmp_path: Path, answer: Answer) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    shutil.copyfile(bundled_model(), folder / "of-mine.gguf")
    file.write_text(f'folders = ["{folder}"]\n')
    assert str(folder / "of-mine.gguf") in str(answer("gguf", "list", "--here"))


@pytest.mark.long
def test_offline_refuses_every_remote_call(file: Path, program: Program, hub_server: HubServer) -> None:
    file.write_text("offline = true\n")
    hub = {"HF_ENDPOINT": hub_server.endpoint}
    for words in (
        ("gguf", "pull", "unsloth/SmolLM2-135M-Instruct-GGUF"),
        ("gguf", "inspect", "unsloth/SmolLM2-135M-Instruct-GGUF/a.gguf"),
        ("gguf", "inspect", f"{hub_server.storage}/a.gguf"),
        ("packs", "pull", "gsm8k", "--yes"),
        ("bench", "aa-nano", "--rpc", f"127.0.0.1:{hub_server.port}"),
    ):
        done = program(*words, **hub)
        assert done.returncode == 1, (words, done.stderr)
        assert "config.toml forbids remote calls: `aa-tui config unset offline` allows" in done.stderr
        assert "Traceback" not in done.stderr
    assert hub_server.requests == []
    doctor = program("doctor", "--json", **hub)
    assert '"state": "offline"' in doctor.stdout
    file.unlink()
    assert "unset it" in program("gguf", "pull", "a/b", AA_TUI_OFFLINE="on", **hub).stderr
    assert "must be on or off" in program("gguf", "pull", "a/b", AA_TUI_OFFLINE="perhaps", **hub).stderr
    assert hub_server.requests == []


def test_classes_are_those_of_the_comparison() -> None:
    assert ("all", *(one.key for one in (*SIZE_CLASSES, *PRICE_CLASSES)), "fits") == CLASSES
