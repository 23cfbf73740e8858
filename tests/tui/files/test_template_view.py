"""A chat template in the app: from Files and a model's page, with and without functions, token by token."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven, both_sizes
from tests.support.ladder import both, speed

from aa_tui.gguf.bundled import bundled_model
from aa_tui.tui.core.places import Place
from aa_tui.tui.files.template_view import TemplateView


@both_sizes
def test_it_is_shown_with_what_is_wrong(drive: Drive, filled: sqlite3.Connection, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.app.go(Place("template", target=str(bundled_model())))
        await app.shows("a template of", "The functions on offer never reach the prompt")
        assert app.row_of("a template of").startswith("  aa-nano"), "inset as in the other views"
        await app.press("G")
        await app.shows("And in Oslo?<|im_end|>")
        await app.press("left_curly_bracket")
        await app.press("g")
        await app.shows("here with 4 messages")
        await app.press("right_curly_bracket")
        await app.shows("H¦o¦w")

    drive(walk, size)


def test_files_and_page_lead_there(
    drive: Drive, filled: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    speed(filled, both(filled)[0], 100.0)

    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.shows("aa-nano")
        await app.press("left_curly_bracket")
        await app.shows("a template of")
        await app.press("escape")
        await app.until(lambda: app.app.views.current == "files", "back")
        await app.app.go(Place("page", "aa-nano"))
        await app.until(lambda: app.app.views.current == "page", "the page")
        await app.press("left_curly_bracket")
        await app.shows("a template of")
        await app.press("escape")
        await app.until(lambda: app.app.views.current == "page", "back")
        await app.press("colon", *"chat template", "enter")
        await app.until(lambda: app.app.views.current == "template", "from the palette")

    drive(walk, (120, 34))


def test_all_of_it_is_copied(drive: Drive, filled: sqlite3.Connection) -> None:
    async def walk(app: Driven) -> None:
        await app.app.go(Place("template", target=str(bundled_model())))
        await app.shows("a template of")
        copied = app.app.query_one(TemplateView).copied(whole=True).text
        assert "~ The template takes no calls of functions" in copied
        assert "2 errors, 1 warning, 2 notes" in copied
        assert "And in Oslo?\\<|im_end|>" in copied

    drive(walk, (120, 34))


def test_another_conversation_and_a_bad_one(drive: Drive, filled: sqlite3.Connection, tmp_path: Path) -> None:
    talk = tmp_path / "talk.json"
    talk.write_text(json.dumps([{"role": "user", "content": "Only this."}]))

    async def walk(app: Driven) -> None:
        await app.app.go(Place("template", target=str(bundled_model())))
        await app.shows("a template of")
        await app.press("colon", *"another conversation", "enter")
        await app.shows("as in OpenAI's API")
        await app.press(*str(talk), "enter")
        await app.shows("here with 1 message", "Only this.")
        talk.write_text("{}")
        await app.press("left_curly_bracket")
        await app.shows("has no conversation")

    drive(walk, (160, 48))
