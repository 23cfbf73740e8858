"""Keys of the user's own: what can be chosen, what is refused, and that a chosen key works and is named everywhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.docs.keys_page import view_classes
from tests.support.driven import Drive, Driven, told

import aa_tui
from aa_tui.tui.core.command import MOVES, NAMES, every
from aa_tui.tui.core.keymap import key_of
from aa_tui.tui.core.places import Place
from aa_tui.tui.shell.commands import EVERYWHERE, chosen_keys


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("R", "R"),
        ("/", "slash"),
        ("*", "asterisk"),
        ("Esc", "escape"),
        ("PgUp", "pageup"),
        ("←", "left"),
        ("f2", "f2"),
        ("ctrl+R", "ctrl+r"),
        ("alt+x", "alt+x"),
        ("Space", "space"),
        ("nonsense", None),
        ("", None),
        ("\x1b[31m", None),
    ],
)
def test_a_key_is_written_as_people_write_it(written: str, key: str | None) -> None:
    assert key_of(written) == key


def test_each_sentence_that_names_a_key_names_one_that_its_command_has() -> None:
    """What stands in the source as "<pull:p>" is the usual key of a command called so."""
    known: dict[str, set[str]] = {}
    for commands in (EVERYWHERE, *(view.COMMANDS for view in view_classes().values())):
        for one in every(commands):
            known.setdefault(one.id, set()).update(NAMES.get(key, key) for key in one.every_key)
    found = {
        named
        for path in (Path(aa_tui.__file__).parent / "tui").rglob("*.py")
        for named in re.findall(r"<([a-z-]+):([^<>:]+)>", path.read_text(encoding="utf-8"))
    }
    assert len(found) >= 12
    assert [named for named in sorted(found) if named[1] not in known.get(named[0], set())] == []


def test_sentences_name_the_keys_that_were_chosen(drive: Drive, fresh: Path) -> None:
    chosen = 'compare = "f5"\nmark = "f6"\nmeasure = "f7"\npull = []\n'
    (fresh.parent / "config.toml").write_text(f"[keys]\n{chosen}")

    async def walk(app: Driven) -> None:
        await app.press("f5")
        await told(app, "models with f6 on the leaderboard, then f5 compares them.")
        await app.press("home", "f6", "down", "f6")
        await app.shows("2 marked, f5 compares")
        await app.press("R")
        await app.shows("Nothing was measured yet: open a model and press f7.")
        await app.app.go(Place("page", "nanbeige4-1-3b", "measured"))
        await app.shows("“pull” in the palette pulls a GGUF file of this model, f7")

    drive(walk, (160, 48))


def test_keys_as_they_come_have_no_clash_and_every_name_one_meaning() -> None:
    """A name of the settings is one thing, though several views have it; where a view has it twice it is the same."""
    everywhere = {key: one.id for one in every(EVERYWHERE) for key in one.every_key}
    for view in view_classes().values():
        actions: dict[str, str] = {}
        for command in every(view.COMMANDS):
            assert actions.setdefault(command.id, command.action) == command.action or MOVES & {*command.every_key}
            for key in command.every_key:
                assert everywhere.get(key, command.id) == command.id, f"{view.NAME}: {key}"


@pytest.mark.parametrize(
    ("wanted", "kept", "problem"),
    [
        ({"runs": ("f2", "R")}, {"runs": ("f2", "R")}, None),
        ({"sort-the-leaderboard": ("f5",)}, {"sort-the-leaderboard": ("f5",)}, None),
        ({"measure": ()}, {"measure": ()}, None),
        ({"stop": ("d",), "delete": ("x",)}, {"stop": ("d",), "delete": ("x",)}, None),
        ({"rums": ("f2",)}, {}, "No command is called “rums”; did you mean runs?"),
        ({"stop": ("p",)}, {}, "p is the key of pause (Runs) already; stop keeps x."),
        ({"stop": ("F",)}, {}, "F is the key of files (Runs) already; stop keeps x."),
        ({"files": ("x",)}, {}, "x is the key of stop (Runs) already; files keeps F."),
        ({"stop": ("j",)}, {}, "j is the key of move (Runs) already; stop keeps x."),
        (
            {"stop": ("f9",), "pause": ("f9",)},
            {"stop": ("f9",)},
            "f9 is the key of stop (Runs) already; pause keeps p.",
        ),
        ({"move": ("w",)}, {}, "The keys of move cannot be changed."),
        ({"quit-at-once": ("f2",)}, {}, "The keys of quit-at-once cannot be changed."),
        ({"runs": ("hyper+q",)}, {}, "“hyper+q” is no key; runs keeps R."),
        (
            {"runs": ("f2",), "stop": ("p",)},
            {"runs": ("f2",)},
            "p is the key of pause (Runs) already; stop keeps x.",
        ),
    ],
)
def test_what_clashes_keeps_its_own_key(
    wanted: dict[str, tuple[str, ...]], kept: dict[str, tuple[str, ...]], problem: str | None
) -> None:
    keymap, problems = chosen_keys(wanted)
    assert keymap.keys == kept
    assert problems == ([problem] if problem else [])


SETTINGS = """
[keys]
runs = "f2"
filter = ["f4", "alt+f"]
measure = []
stop = "p"
sort-the-leaderboard = "f6"
"""


@pytest.mark.long
def test_a_chosen_key_works_and_is_named_everywhere(drive: Drive, fresh: Path) -> None:
    (fresh.parent / "config.toml").write_text(SETTINGS)

    async def walk(app: Driven) -> None:
        await told(app, "p is the key of pause (Runs) already; stop keeps x.")
        await app.shows("f4 filter")
        await app.press("f")  # no longer
        assert len(app.app.screen_stack) == 1
        await app.press("f4")
        await app.shows("Enter change")
        await app.press("escape")
        await app.press("b")  # measure has no key any more
        assert len(app.app.screen_stack) == 1
        await app.press("f6")
        await app.shows("Sort by")
        await app.press("escape", "question_mark")
        await app.shows("Leaderboard: keys")
        seen = app.text
        for _ in range(3):
            await app.press("pagedown")
            seen += app.text
        assert "f4 alt+f" in seen
        assert "f2    " in seen
        await app.press("escape", "colon", *"runs")
        await app.shows("Runs   f2")
        await app.press("escape", "R")
        assert app.app.views.current == "leaderboard"
        await app.press("f2")
        await app.shows("Nothing was measured yet")

    drive(walk, (100, 30))
