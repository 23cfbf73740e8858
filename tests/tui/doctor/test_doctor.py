"""The doctor on a screen: the shell's report, reached by name and from whatever lacks something."""

from __future__ import annotations

import json

import pytest
from tests.support.driven import Drive, Driven, both_sizes
from tests.support.program import Program

from aa_tui.engine import binaries


@pytest.mark.long
@both_sizes
def test_it_says_what_the_shell_says(drive: Drive, program: Program, size: tuple[int, int]) -> None:
    told = json.loads(program("doctor", "--json").stdout)

    async def walk(app: Driven) -> None:
        await app.press("colon", *"doctor", "enter")
        await app.shows("No problems." if not told["problems"] else told["problems"][0][:30], "Machine")
        await app.shows(f"aa-tui     {told['aa_tui']}")
        await app.press("G")
        await app.shows("Network")
        await app.press("escape")
        await app.shows("Claude Opus 4.8")

    drive(walk, size)


@pytest.mark.long
def test_a_link_leads_there_and_r_looks_again(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    async def walk(app: Driven) -> None:
        await app.shows("No problems.")
        assert "llama.cpp is not installed" not in app.text
        monkeypatch.setattr(binaries, "find_spec", lambda _name: None)
        await app.press("r")
        await app.shows("llama.cpp is not installed here")

    from aa_tui.tui.core.places import Place

    drive(walk, (100, 30), Place("doctor"))


@pytest.mark.parametrize("key", ["b", "t"])
def test_without_llama_cpp_it_is_shown_instead_of_a_dialog(
    drive: Drive, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setattr(binaries, "find_spec", lambda _name: None)

    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.shows("aa-nano-Q8_0.gguf")
        await app.press(key)
        await app.until(lambda: app.app.views.current == "doctor", "the doctor")
        await app.shows("llama.cpp is not installed here", "No problems.")
        assert len(app.app.screen_stack) == 1

    drive(walk)
