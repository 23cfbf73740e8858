"""Start an evaluation: which file, which pack, how far, when."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from aa_tui.analysis import MISSING, display
from aa_tui.gguf.places import typed_path
from aa_tui.tui import how_far
from aa_tui.tui.form import OFFLOAD_HINT, Cycle, Field, FormError, box, offload
from aa_tui.tui.parts import Fitted, Line, styled
from aa_tui.tui.starting import Progress, StartDialog

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.catalog.rows import FileRow
    from aa_tui.evals.packs import PackEntry
    from aa_tui.tui.store import Store

PILOT_ITEMS = 5
WHEN = (
    ("now", "now"),
    ("plan", f"first a pilot of {PILOT_ITEMS} items, then choose"),
    ("tonight", "tonight"),
    ("later", "only plan it; S in Runs starts it"),
)
PROMPTS = (("chat", "the model's chat template"), ("plain", "plain, with solved examples: for base models"))
OTHER = "other"
"""The file is the one whose path is typed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the form said. `is_other`: the file was typed, so that it is not known whose it is."""

    path: str
    is_other: bool
    pack: str
    when: str
    prompt: str
    settings: Mapping[str, Any]
    conditions: Mapping[str, Any]


class EvalDialog(StartDialog[int]):
    """Which evaluation. Closes with the run's number once it is queued or planned."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close"),
        Binding("down,tab", "app.focus_next", show=False),
        Binding("up,shift+tab", "app.focus_previous", show=False),
        Binding("enter", "begin", "Start"),
    ]

    def __init__(self, store: Store, slug: str | None, name: str, files: Sequence[FileRow]) -> None:
        super().__init__(store)
        self._slug = slug
        self._model_name = name
        self._files = [file for file in files if Path(file.path).exists()]
        self._packs = self._list_packs()

    def _list_packs(self) -> dict[str, PackEntry]:
        from aa_tui.evals.packs import list_packs

        return {entry.name: entry for entry in list_packs(self._store.path.parent) if entry.is_here}

    def compose(self) -> ComposeResult:
        """The form, a line for what is wrong, the keys."""
        files = [
            (str(n), f"{Path(file.path).name}  {file.quant or MISSING} {display.size_bytes(file.size_bytes)}")
            for n, file in enumerate(self._files)
        ]
        packs = [(name, f"{name}  {entry.version}, {entry.n_items} items") for name, entry in self._packs.items()]
        with Vertical(classes="dialog -form"):
            yield Line(styled("Evaluate on this machine: ", (self._model_name, "strong")))
            yield Field("File", Cycle([*files, (OTHER, "another, by its path:")], id="file"))
            yield Field("Path", box(placeholder="~/models/model.Q4_K_M.gguf", id="path"))
            yield Field("Pack", Cycle(packs, id="pack"))
            yield Fitted(self._pack_words, id="pack-words")
            yield Field("Prompt", Cycle(PROMPTS, id="prompt"))
            yield from how_far.far_fields()
            yield Field("When", Cycle(WHEN, id="when"))
            yield from how_far.night_fields()
            yield Field("GPU", box(placeholder=OFFLOAD_HINT, id="offload"))
            yield Fitted(id="trouble")
            yield Line(
                styled(("Enter", "key"), " start   ", ("↑ ↓", "key"), " line   ", ("← →", "key"), " choose   ")
                + styled(("Esc", "key"), " close")
            )

    def on_mount(self) -> None:
        """Stand on the file, or in the box for its path."""
        pack = self.query_one("#pack", Cycle)
        pack.choose("quick")
        self.query_one("#path", Input).disabled = bool(self._files)
        self.query_one("#file" if self._files else "#path").focus()
        if not self._packs:
            self._say("No pack is here; `aa-tui packs list` shows those that can be pulled.", "warn")

    def _pack_words(self, width: int) -> Content:
        """What the pack is, in one line always."""
        pack = self._packs.get(self.query_one("#pack", Cycle).value) if self.is_mounted else None
        words = f"{pack.description or pack.source} · {pack.license}" if pack is not None else " "
        return styled((words.replace("\n", " "), "dim")).truncate(width, ellipsis=True)

    def on_cycle_turned(self, message: Cycle.Turned) -> None:
        """Another file, pack or time."""
        message.stop()
        cycle = message.cycle
        if cycle.id == "file":
            self.query_one("#path", Input).disabled = cycle.value != OTHER
        elif cycle.id == "pack":
            self.query_one("#pack-words", Fitted).show(self._pack_words)
        elif cycle.id == "when":
            how_far.fill_tonight(self, tonight=cycle.value == "tonight")

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Enter in a box starts as well."""
        message.stop()
        self.action_begin()

    def action_begin(self) -> None:
        """Start, unless something cannot be used."""
        from aa_tui.runs import RunError

        if self._busy:
            return
        chosen = self.query_one("#file", Cycle).value
        is_other = chosen == OTHER
        path = self.query_one("#path", Input).value.strip() if is_other else self._files[int(chosen)].path
        pack = self.query_one("#pack", Cycle).value
        try:
            settings = how_far.far_settings(self) | offload(self.query_one("#offload", Input).value)
            conditions = how_far.night_conditions(self)
        except (FormError, RunError) as error:
            self._say(str(error), "bad")
            return
        if not path:
            self._say("Type the path of a .gguf file.", "warn")
        elif not pack:
            self._say("There is no pack to evaluate with; `aa-tui packs pull NAME` gets one.", "warn")
        else:
            when, prompt = (self.query_one(name, Cycle).value for name in ("#when", "#prompt"))
            wanted = Wanted(str(typed_path(path)), is_other, pack, when, prompt, settings, conditions)
            self._warn_of_rpc(settings)
            self._start(partial(self._prepare, wanted))

    def _prepare(self, wanted: Wanted, conn: sqlite3.Connection, progress: Progress) -> int:
        from aa_tui import runs
        from aa_tui.runs.eval_options import EvalOptions
        from aa_tui.runs.eval_plan import prepare_eval

        options = EvalOptions(
            **wanted.settings,
            prompt="plain" if wanted.prompt == "plain" else "chat",
            conditions=wanted.conditions,
            pilot=PILOT_ITEMS if wanted.when == "plan" else None,
        )
        run_id = prepare_eval(
            conn,
            wanted.path,
            wanted.pack,
            model=self._slug if wanted.is_other else None,
            options=options,
            on_progress=progress,
            planned=wanted.when == "later",
        )
        if wanted.when != "later":
            runs.start(self._store.path, conn, run_id)
        return run_id
