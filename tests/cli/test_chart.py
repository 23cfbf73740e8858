"""`aa-tui chart` as a user runs it: drawn, listed, as JSON, and what it says to wrong words."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from tests.support.program import Answer, Program

from aa_tui.charts import book
from aa_tui.charts.draw.cells import cell_width
from aa_tui.cli.main import run


@pytest.fixture
def chart(home: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What `aa-tui chart ...` prints, in this process: a process of its own costs a second each."""
    for name in ("COLUMNS", "LINES", "AA_TUI_ASCII", "LC_ALL", "LC_CTYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")

    def call(*arguments: str, code: int = 0) -> str:
        assert run(["chart", *arguments]) == code
        said = capsys.readouterr()
        assert (said.err == "") == (code == 0)
        return said.out if code == 0 else said.err

    return call


def test_a_chart_in_a_pipe_is_plain_and_of_the_default_size(program: Program) -> None:
    done = program("chart", "intelligence", "nanbeige4.1-3b", COLUMNS="", LINES="")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) == 30
    assert max(map(cell_width, lines)) <= 100
    assert "\x1b" not in done.stdout
    assert lines[0].startswith("Intelligence Index · Tiny (≤4B) open-weights models")
    assert any(re.match(r"▶ ◆ Nanbeige4\.1-3B +┤▇+ 16$", line) for line in lines)


def test_the_list_names_every_chart(chart: Callable[..., str], answer: Answer) -> None:
    names = [line.split()[0] for line in chart("--list").splitlines()[1:]]
    assert names == [kind.name for kind in book.ALL]
    listed = answer("chart", "--list")
    assert [one["name"] for one in listed] == names
    assert set(listed[0]) == {"name", "title", "section", "shows"}


def test_json_has_the_numbers_and_keeps_its_keys(answer: Answer) -> None:
    spec = answer("chart", "tokens", "nanbeige4.1-3b")
    assert {"name", "form", "title", "note", "total", "noun", "unit", "better", "parts", "stacked", "bars"} <= set(spec)
    own = next(bar for bar in spec["bars"] if bar["highlighted"])
    assert own == {
        "key": "nanbeige4-1-3b",
        "label": "Nanbeige4.1-3B",
        "value": 146.246,
        "text": "150M",
        "parts": [133.32, 12.92],
        "group": "",
        "highlighted": True,
        "reasoning": True,
        "estimate": False,
        "origin": None,
        "interval": None,
    }
    dots = answer("chart", "intelligence-vs-price-log", "--class", "large")
    assert dots["form"] == "scatter"
    assert dots["x"] == {
        "label": "Blended price (3:1)",
        "unit": "USD per 1M tokens",
        "better": "lower",
        "log": True,
    }
    assert all(dot["x"] > 0 for dot in dots["dots"])


def test_size_colour_and_ascii_are_as_asked(chart: Callable[..., str]) -> None:
    text = chart("cost", "gpt-oss-120b", "--size", "80x12")
    assert len(text.splitlines()) <= 12
    assert max(map(cell_width, text.splitlines())) <= 80
    coloured = chart("cost", "gpt-oss-120b", "--size", "80x12", "--color", "always")
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured).split() == text.split()
    assert "\x1b[" in coloured
    plain = chart("speed-vs-price", "gpt-oss-120b", "--ascii", "--size", "80x20")
    assert plain.isascii()
    assert "> gpt-oss-120b" in plain


def test_the_choice_of_models(chart: Callable[..., str]) -> None:
    everyone = chart("intelligence", "--size", "100x200")
    assert "157 of 157 models" in everyone
    assert "▶" not in everyone, "without a model none is highlighted"
    assert "All models" in everyone
    tiny = chart("intelligence", "--class", "tiny", "--no-reasoning", "--size", "100x200")
    assert "Tiny (≤4B) open-weights models, non-reasoning" in tiny
    assert not re.search(r"^  ◆", tiny, re.MULTILINE)
    pinned = chart(
        "intelligence", "nanbeige4.1-3b", "--creator", "alibaba", "--pin", "gpt-oss-120b", "--size", "100x60"
    )
    assert "of Alibaba" in pinned
    assert "gpt-oss-120b" in pinned
    assert re.search(r"^▶ ◆ Nanbeige4\.1-3B", pinned, re.MULTILINE)
    assert "MiniCPM" not in pinned
    closed = chart("open-vs-proprietary", "--proprietary", "--size", "100x60")
    assert "○ " not in closed.split("\n", 3)[3]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "name a chart"),
        (("latncy",), "did you mean latency"),
        (("speed", "nanbeige4.1-3"), "did you mean nanbeige4-1-3b"),
        (("speed", "--class", "huge"), "tiny, small, medium, large"),
        (("speed", "--size", "3x3"), "columns and rows such as 120x40"),
        (("speed", "--size", "wide"), "columns and rows such as 120x40"),
        (("speed", "--open", "--proprietary"), "exclude"),
        (("speed", "--creator", "nobody"), "no model in the catalog is of “nobody”"),
        (("speed", "--pin", "no-such-model"), "no model “no-such-model”"),
    ],
)
def test_wrong_words_are_answered_in_one_sentence(
    chart: Callable[..., str], arguments: tuple[str, ...], says: str
) -> None:
    said = chart(*arguments, code=2)
    assert says in said
    assert said.startswith("aa-tui: ")
    assert said.count("\n") == 1
