"""What can be done everywhere, and what the palette offers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from aa_tui.tui.core.command import MOVES, Command, every
from aa_tui.tui.core.keymap import Keymap, Scope, chosen
from aa_tui.tui.shell.registry import REGISTRY


def way_to(view: str) -> Command:
    """What leads to a view from everywhere."""
    entry = REGISTRY[view]
    return Command(entry.key, entry.action or f"app.visit('{view}')", entry.title, entry.help, words=entry.words)


HELP = Command("question_mark", "app.help", "Help", "keys, marks and columns of this view", bar="keys")

EVERYWHERE: tuple[Command, ...] = (
    *(way_to(name) for name, entry in REGISTRY.items() if entry.help),
    Command("", "app.sort", "Sort the leaderboard", "choose the column"),
    Command("", "app.search", "Search the leaderboard", "name, creator or licence"),
    Command("b", "app.measure", "Measure", "a file of the model on screen"),
    Command("", "app.toggle_theme", "Dark or light", "the other one of the two themes"),
    Command("E", "app.evaluate", "Evaluate", "a file of the model on screen, on a pack of questions"),
    Command("", "app.more('start-waiting')", "Start planned runs", "those that are planned or whose worker was lost"),
    Command("", "app.more('import')", "Import", "evaluations and speeds that other programs logged"),
    Command("", "app.more('sync')", "Sync", "newer published figures, offers and models", words="update fetch undo"),
    Command("", "app.more('tidy')", "Tidy", "remove the pages of models here without a figure"),
    Command("T", "app.themes", "Theme", "choose one of several"),
    Command("y", "app.copy(False)", "Copy", "what is under the cursor, to the terminal's clipboard"),
    Command("Y", "app.copy(True)", "Copy all", "the whole page, chart or table"),
    Command("e", "app.export", "Save to a file", "as Markdown, HTML, SVG or PNG"),
    Command(
        "",
        "app.export(True)",
        "Write the site…",
        "the whole catalog as a folder of pages for any browser",
        words="html website publish export static",
    ),
    Command("colon,ctrl+p", "app.command_palette", "Palette", "find a model, chart, run or command"),
    HELP,
    Command(
        "q",
        "app.leave",
        "Quit",
        "runs continue without the app",
        also=(Command("ctrl+c", "app.interrupt", "Quit at once", priority=True),),
    ),
    Command("ctrl+z", "app.suspend_process", "To the shell", "and back with fg", priority=True),
    Command("ctrl+l", "app.redraw", "Draw again", "the whole screen", priority=True),
)


def chosen_keys(wanted: Mapping[str, Sequence[str]]) -> tuple[Keymap, list[str]]:
    """The keys that the user has chosen, as far as they can be used, and a sentence for each that cannot.

    All views are imported for that, so nothing is looked at where nothing is chosen.
    """
    if not wanted:
        return Keymap(), []
    scopes = [Scope(entry.title, (*entry.view.COMMANDS, *EVERYWHERE)) for entry in REGISTRY.values()]
    return chosen(wanted, scopes)


class Offered(NamedTuple):
    """A command in the palette; `view` and its `title` are where it is given, "" for here and everywhere."""

    command: Command
    view: str = ""
    title: str = ""


def elsewhere(known: Collection[str]) -> list[Offered]:
    """What the views have beside the commands whose names are `known`. All views are imported for that."""
    return [
        Offered(command, name, entry.title)
        for name, entry in REGISTRY.items()
        for command in every(entry.view.COMMANDS)
        if command.action not in ("", "back") and command.name not in known and MOVES.isdisjoint(command.every_key)
    ]
