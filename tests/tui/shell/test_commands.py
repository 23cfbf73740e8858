"""Every command of every view, walked: each key is in the help, none clashes, and a letter means one thing."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven, told
from tests.support.evaluating import planned, write_pack
from tests.support.noted import measure
from textual.binding import Binding
from textual.widget import Widget

from aa_tui.gguf.bundled import bundled_model
from aa_tui.tui.app import AATuiApp
from aa_tui.tui.core.command import MOVES, NAMES, NO_KEY, SIDES, UNSAID, Command, every, help_rows
from aa_tui.tui.core.places import Place
from aa_tui.tui.core.view import View
from aa_tui.tui.shell.commands import EVERYWHERE
from aa_tui.tui.shell.registry import REGISTRY
from aa_tui.tui.widgets.table import Table

SEVERAL = {
    "p": "pull a file; pause and resume a run",
    "P": "pull what is typed; start all that is planned",
    "t": "only models that reason; try a prompt",
    "u": "clear marks or filters; how far and until when",
    "v": "verify a file; only what is labelled",
}
"""Letters that mean two things, each where the other one cannot be meant. Another one needs a reason."""

IN_PLACES = {
    "a": "answers: a run's samples; a page's questions and answers",
    "i": "what is known: a page's overview; a file's header",
    "o": "open: the model's page; what a page links to",
    "w": "weights: only models with open ones; a page's files",
    "z": "fold: variants of a model; thinking",
}
"""Letters that mean one thing, which has another name in each place."""


async def views_of(app: Driven, conn: sqlite3.Connection, folder: Path) -> dict[str, View]:
    """Every view there is, each shown once."""
    pack = write_pack(folder / "small", {"What is 1?": "number 1"})
    a, b = planned(conn, pack), planned(conn, pack)
    first, second = (app.app.views.leaderboard.models.row(index) for index in (0, 1))
    assert first is not None
    assert second is not None
    places = {
        "compare": Place("compare", slugs=(first.slug, second.slug)),
        "page": Place("page", first.slug),
        "pairs": Place("pairs", run_id=a, other=b),
        "ask": Place("ask", target=str(bundled_model())),
        **{name: Place(name, run_id=a) for name in ("run", "plan", "samples")},
    }
    found = {}
    for name in REGISTRY:
        await app.app.go(places.get(name, Place(name)))
        await app.until(lambda name=name: app.app.views.current == name, name)  # type: ignore[misc]
        found[name] = app.app.views.here
    return found


def keys_taken(view: View) -> set[str]:
    """The keys that the view, or a widget of ours in it, does something with."""
    inside: list[Widget] = [view, *view.query(Widget)]
    kinds = {kind for widget in inside for kind in type(widget).__mro__ if kind.__module__.startswith("aa_tui.")}
    bound = [
        Binding(*one) if isinstance(one, tuple) else one for kind in kinds for one in kind.__dict__.get("BINDINGS", ())
    ]
    found = {key for one in bound for key in one.key.split(",")} - {NO_KEY}
    tables = list(view.query(Table))
    return found if not tables or any(table.shifts for table in tables) else found - set(SIDES.every_key)


def test_every_key_is_in_the_help_and_none_has_two_commands(
    drive: Drive, filled: sqlite3.Connection, tmp_path: Path
) -> None:
    async def walk(app: Driven) -> None:
        for name, view in (await views_of(app, filled, tmp_path)).items():
            assert view.NAME == name == view.id
            assert REGISTRY[name].title == view.TITLE
            commands = list(every(view.COMMANDS))
            told = Counter(key for command in commands for key in command.every_key)
            assert not [key for key, times in told.items() if times > 1], f"{name}: two commands for one key"
            assert keys_taken(view) <= set(told), f"{name}: keys that no command tells of"
            rows = help_rows(view.COMMANDS)
            written = " ".join(keys for keys, _ in rows).split()
            for key in set(told) - set(UNSAID):
                is_counted = key.isdecimal() and "…" in written
                assert NAMES.get(key, key) in written or is_counted, f"{name}: {key} is not in the help"
            assert all(words for _, words in rows)
            assert len(view.bar) <= 5, f"{name}: the last line has room for six, with the help"

    drive(walk, (100, 30))


def test_whatever_a_command_does_is_there(drive: Drive, filled: sqlite3.Connection, tmp_path: Path) -> None:
    def does(one: Command, owner: View | AATuiApp) -> bool:
        action = one.action.removeprefix("app.").partition("(")[0]
        where = owner.app if isinstance(owner, View) and one.action.startswith("app.") else owner
        return hasattr(where, f"action_{action}")

    async def walk(app: Driven) -> None:
        for name, view in (await views_of(app, filled, tmp_path)).items():
            missing = [one.action for one in every(view.COMMANDS) if one.action and not does(one, view)]
            assert not missing, name
        assert all(does(one, app.app) for one in every(EVERYWHERE))

    drive(walk, (100, 30))


def test_a_letter_means_one_thing_but_for_a_short_list(
    drive: Drive, filled: sqlite3.Connection, tmp_path: Path
) -> None:
    async def walk(app: Driven) -> None:
        meanings: defaultdict[str, set[str]] = defaultdict(set)
        shown = await views_of(app, filled, tmp_path)
        for command in [*every(EVERYWHERE), *(one for view in shown.values() for one in every(view.COMMANDS))]:
            for key in command.every_key:
                if len(key) == 1 and key.isalpha():
                    meanings[key].add("move" if MOVES & set(command.every_key) else command.name)
        several = {key: names for key, names in meanings.items() if len(names) > 1}
        assert several.keys() == SEVERAL.keys() | IN_PLACES.keys(), several

    drive(walk, (100, 30))


def test_the_palette_has_the_commands_of_the_view_with_their_keys(drive: Drive, filled: sqlite3.Connection) -> None:
    async def walk(app: Driven) -> None:
        await app.press("colon", *"reverse the order")
        await app.shows("Reverse the order")
        await app.press("enter")
        await app.until(lambda: not app.app.views.leaderboard.models.query.descending, "the other order")
        await app.press("F", "colon", *"inspect")
        await app.shows("Inspect   i", "what the file's header says")

    drive(walk, (100, 30))


PLAIN_WORDS = {
    "pull": "Files: Pull   p",
    "download": "Files: Pull   p",
    "fit": "Files   F",
    "doctor": "Doctor",
    "compare": "Compare   c",
    "filter": "Filter   f",
    "columns": "Choose columns   |",
    "delete": "Runs: Delete   d",
    "grade again": "Runs: Again   r",
    "log-like nonsense": "No matches found",
}


def test_the_palette_finds_commands_of_the_whole_app_by_plain_words(drive: Drive, filled: sqlite3.Connection) -> None:
    async def walk(app: Driven) -> None:
        for words, found in PLAIN_WORDS.items():
            await app.press("colon", *words)
            await app.shows(found)
            await app.press("escape")
            await app.until(lambda: len(app.app.screen_stack) == 1, "the palette to close")

    drive(walk, (100, 30))


def test_a_command_of_another_view_is_given_there(
    drive: Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or it is said how to come to where it can be given."""
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))

    async def walk(app: Driven) -> None:
        await app.press("colon", *"inspect")
        await app.shows("Files: Inspect   i")
        await app.press("enter")
        await app.shows("aa-nano", "parameters in 39 tensors")
        assert app.app.views.current == "files"
        await app.press("escape", "L", "colon", *"leave out")
        await app.shows("Run: Skip   K")
        await app.press("enter")
        await told(app, "Run: open a run with Enter. Then K: skip.")
        assert app.app.views.current == "runs"

    drive(walk, (100, 30))


def test_a_model_comes_before_its_runs(drive: Drive, filled: sqlite3.Connection) -> None:
    measure(filled)

    async def walk(app: Driven) -> None:
        await app.press("colon", *"nanbeige")
        await app.shows("Nanbeige4.1-3B · Nanbeige", "Run 1: ")
        text = app.text
        assert text.index("· Nanbeige") < text.index("Run 1: ")
        await app.press("enter")
        await app.shows("INTELLIGENCE", "Nanbeige4.1-3B")

    drive(walk, (100, 30))
