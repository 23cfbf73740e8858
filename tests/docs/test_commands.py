"""`docs/commands.md` is what the parser says."""

from __future__ import annotations

from tests.docs import commands_page

from aa_tui.cli.main import parser


def test_the_page_is_made_from_the_parser() -> None:
    written = commands_page.PAGE.read_text(encoding="utf-8")
    assert written == commands_page.page(), "make it again: python -m tests.docs.commands_page"


def test_every_command_has_a_sentence_and_every_argument_a_meaning() -> None:
    lines = commands_page.page().splitlines()
    assert [line for line in lines if line.endswith("|  |")] == []
    headings = {line.removeprefix("## aa-tui ") for line in lines if line.startswith("## aa-tui ")}
    assert headings == {name for name, _, _ in commands_page.commands(parser())}
