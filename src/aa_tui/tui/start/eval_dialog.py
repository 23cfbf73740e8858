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

from aa_tui.actions import start
from aa_tui.actions.typed import count, number
from aa_tui.analysis import MISSING, display
from aa_tui.engine.served.addresses import is_address
from aa_tui.errors import AATuiError
from aa_tui.gguf.places import entered_path
from aa_tui.textsafe import clean_line
from aa_tui.tui.start import how_far
from aa_tui.tui.start.dialog import Progress, StartDialog
from aa_tui.tui.widgets.form import OFFLOAD_HINT, Cycle, Field, FormError, box, offload, typed
from aa_tui.tui.widgets.parts import Fitted, Line, styled, wrapped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.catalog.rows import FileRow
    from aa_tui.evals.packs import PackEntry
    from aa_tui.tui.core.store import Store

ROOM_FOR_ALL = 26
"""Lines of a screen on which the pack's words have room beside the box for a template."""

PACK_LINES = 2
"""Lines for what a pack is, always as many."""

WHEN = (
    ("plan", "show what it takes first, then start"),
    ("now", "now, all that is chosen here"),
    ("tonight", "tonight"),
    ("later", "only plan it; P in Runs starts it"),
)
PROMPTS = (
    ("chat", "the model's chat template"),
    ("plain", "plain, with solved examples: for base models"),
    ("grammar", "the chat template, answers held to a schema"),
    ("template", "another chat template, of a file:"),
)
WITH_TEMPLATE = ("grammar", "template")
"""Prompts for which another chat template may be named."""
CHOICES = (("sample", "a balanced sample, or all"), ("chosen", "those that tell most, by your own runs of the pack"))

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
    is_chosen: bool = False
    template: Mapping[str, str] | None = None


class EvalDialog(StartDialog[int]):
    """Which evaluation. Closes with the run's number once it is queued or planned."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close"),
        Binding("down,tab", "app.focus_next", show=False),
        Binding("up,shift+tab", "app.focus_previous", show=False),
        Binding("enter", "begin", "Start"),
    ]

    def __init__(
        self, store: Store, slug: str | None, name: str, files: Sequence[FileRow], *, server: str = ""
    ) -> None:
        """With a `server`, by its name or address, what that one serves is evaluated."""
        super().__init__(store)
        self._server = server
        if server:
            self.DOING = "Asking the server what it serves…"
        self._slug = slug
        self._model_name = name
        self._files = [file for file in files if Path(file.path).exists()]
        self._packs = self._list_packs()
        self._template_line = Field(
            "Template", box(placeholder="a Jinja file, instead of the model's own", id="template")
        )
        self._template_line.display = False

    def _list_packs(self) -> dict[str, PackEntry]:
        from aa_tui.evals.packs import list_packs

        return {entry.name: entry for entry in list_packs(self._store.path.parent) if entry.is_here}

    def compose(self) -> ComposeResult:
        """The form, a line for what is wrong, the keys."""
        files = [
            (str(n), f"{file.shown_name}  {file.quant or MISSING} {display.size_bytes(file.size_bytes)}")
            for n, file in enumerate(self._files)
        ]
        packs = [(name, f"{name}  {entry.version}, {entry.n_items} items") for name, entry in self._packs.items()]
        with Vertical(classes="dialog -form"):
            if self._server:
                yield Line(styled(f"Evaluate through {clean_line(self._server)}: ", (self._model_name, "strong")))
            else:
                yield Line(styled("Evaluate on this machine: ", (self._model_name, "strong")))
                yield Field("File", Cycle([*files, (OTHER, "another, by its path:")], id="file"))
                yield Field("Path", box(placeholder="~/models/model.Q4_K_M.gguf, or http://box:8080", id="path"))
            yield Field("Pack", Cycle(packs, id="pack"))
            yield Fitted(self._pack_words, id="pack-words")
            if not self._server:
                yield Field("Prompt", Cycle(PROMPTS, id="prompt"))
                yield self._template_line
            yield Field("Choice", Cycle(CHOICES, id="choice"))
            yield from how_far.far_fields()
            yield Field("When", Cycle(WHEN, id="when"))
            yield from how_far.night_fields()
            if self._server:
                yield Field("Cost", box(placeholder="at most so many dollars, where it asks for money", id="max-usd"))
            else:
                yield Field("GPU", box(placeholder=OFFLOAD_HINT, id="offload"))
            yield Line(id="estimate")
            yield Line(id="memory")
            yield Fitted(id="trouble")
            yield Line(
                styled(("Enter", "key"), " start   ", ("↑ ↓", "key"), " line   ", ("← →", "key"), " choose   ")
                + styled(("Esc", "key"), " close")
            )

    def on_mount(self) -> None:
        """Stand on the file, or in the box for its path."""
        pack = self.query_one("#pack", Cycle)
        pack.choose("quick")
        self.query_one("#memory").display = False
        if self._server:
            pack.focus()
        else:
            self.query_one("#path", Input).disabled = bool(self._files)
            self.query_one("#file" if self._files else "#path").focus()
        self._estimate_soon()
        if not self._packs:
            self._say("No pack is here; `aa-tui packs list` shows those that can be pulled.", "warn")

    def _pack_words(self, width: int) -> Content:
        """What the pack is, in so many lines always."""
        pack = self._packs.get(self.query_one("#pack", Cycle).value) if self.is_mounted else None
        words = f"{pack.description or pack.source} · {pack.license}" if pack is not None else " "
        lines = wrapped(styled((words.replace("\n", " "), "dim")), max(10, width)).split("\n")
        if len(lines) > PACK_LINES:
            rest = Content(" ").join(lines[PACK_LINES - 1 :])
            lines = [*lines[: PACK_LINES - 1], rest.truncate(width, ellipsis=True)]
        return Content("\n").join([*lines, *[Content("")] * (PACK_LINES - len(lines))])

    def on_cycle_turned(self, message: Cycle.Turned) -> None:
        """Another file, pack or time."""
        message.stop()
        cycle = message.cycle
        if cycle.id == "file":
            self.query_one("#path", Input).disabled = cycle.value != OTHER
        elif cycle.id == "pack":
            self.query_one("#pack-words", Fitted).show(self._pack_words)
        elif cycle.id == "prompt":
            is_named = self._template_line.display = cycle.value in WITH_TEMPLATE
            self.query_one("#pack-words").display = not is_named or self.size.height >= ROOM_FOR_ALL
        elif cycle.id == "when":
            how_far.fill_tonight(self, tonight=cycle.value == "tonight")
        if cycle.id in ("file", "pack"):
            self._estimate_soon()

    def _template(self, prompt: str) -> dict[str, str] | None:
        """The template that is named. Raises AATuiError where none is though one must, or its file cannot be read."""
        from aa_tui.runs.templates import read_note

        path = self.query_one("#template", Input).value.strip() if prompt in WITH_TEMPLATE else ""
        if prompt == "template" and not path:
            raise FormError("Type the path of a Jinja chat template.")
        return read_note(entered_path(path)) if path else None

    def on_input_changed(self, message: Input.Changed) -> None:
        """Another number of items takes another time."""
        if message.input.id == "limit":
            self._estimate_soon()

    def _estimate_soon(self) -> None:
        """Say what it will take, from an earlier evaluation, in a thread."""
        chosen = "" if self._server else self.query_one("#file", Cycle).value
        pack = self.query_one("#pack", Cycle).value
        file = self._files[int(chosen)] if chosen not in ("", OTHER) else None
        try:
            limit = typed(self.query_one("#limit", Input).value, "Items", count)
        except AATuiError:  # which is said when it is to begin
            limit = None
        entry = self._packs.get(pack)
        if file is None or entry is None:
            self._show_estimate(Content(""), Content(""))
            return
        n_items = min(filter(None, (limit, entry.n_items)), default=0)
        work = partial(self._estimate, file, pack, n_items)
        self.run_worker(work, thread=True, exclusive=True, group="estimate", exit_on_error=False)

    def _estimate(self, file: FileRow, pack: str, n_items: int) -> None:
        from aa_tui.pages.plan import expected, memory_of
        from aa_tui.pages.text.plan import memory_words, time_words

        try:
            found = self._store.in_thread(lambda conn: expected(conn, file, pack, n_items))
            memory = self._store.in_thread(lambda conn: memory_of(conn, file, pack))
        except AATuiError:
            return
        if found is None:
            pilot = f"the plan does {start.PILOT_ITEMS} items to find out"
            words = styled((f"How long it takes is not known yet: {pilot}.", "dim"))
        else:
            row, earlier = found
            span = f"({time_words(row.seconds_low)} – {time_words(row.seconds_high)})"
            words = styled(
                (f"{n_items:,} items take about ", "dim"),
                (time_words(row.seconds), "here"),
                (f" {span} here, going by run {earlier.run.id}", "dim"),
            )
        needs = [(memory_words(memory), "dim" if memory.mark == "fits" else "warn")] if memory is not None else []
        self.app.call_from_thread(self._show_estimate, words, styled(*needs))

    def _show_estimate(self, words: Content, needs: Content) -> None:
        if self.is_mounted:
            self.query_one("#estimate", Line).show(words)
            line = self.query_one("#memory", Line)
            line.display = bool(needs.plain)
            line.show(needs)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Enter in a box starts as well."""
        message.stop()
        self.action_begin()

    def action_begin(self) -> None:
        """Start, unless something cannot be used."""
        if self._busy:
            return
        is_other, path = self._target()
        pack = self.query_one("#pack", Cycle).value
        try:
            settings = how_far.far_settings(self) | self._where()
            prompt = PROMPTS[0][0] if self._server else self.query_one("#prompt", Cycle).value
            template = self._template(prompt)
            conditions = how_far.night_conditions(self)
        except AATuiError as error:
            self._say(str(error), "bad")
            return
        if not path.strip():
            self._say("Type the path of a .gguf file.", "warn")
        elif not pack:
            self._say("There is no pack to evaluate with; `aa-tui packs pull NAME` gets one.", "warn")
        else:
            when = self.query_one("#when", Cycle).value
            typed_path = str(entered_path(path)) if is_other else path
            file = path.strip() if is_address(path) else typed_path
            is_chosen = self.query_one("#choice", Cycle).value == "chosen"
            wanted = Wanted(file, is_other, pack, when, prompt, settings, conditions, is_chosen, template)
            self._warn(settings)
            self._start(partial(self._prepare, wanted))

    def _target(self) -> tuple[bool, str]:
        """Whether it was typed, and the file's path or the server."""
        if self._server:
            return False, self._server
        chosen = self.query_one("#file", Cycle).value
        is_other = chosen == OTHER
        return is_other, self.query_one("#path", Input).value if is_other else self._files[int(chosen)].path

    def _where(self) -> dict[str, Any]:
        """Where layers go; of a server what it may cost. Raises FormError."""
        if not self._server:
            return offload(self.query_one("#offload", Input).value)
        cost = typed(self.query_one("#max-usd", Input).value, "Cost", number)
        return {} if cost is None else {"max_usd": cost}

    def _prepare(self, wanted: Wanted, conn: sqlite3.Connection, progress: Progress) -> int:
        from aa_tui.runs.evaluation.options import EvalOptions

        settings = _with_choice(conn, wanted) if wanted.is_chosen else wanted.settings
        options = EvalOptions(
            **settings,
            prompt="plain" if wanted.prompt == "plain" else "chat",
            grammar=wanted.prompt == "grammar",
            template=wanted.template,
            conditions=wanted.conditions,
        )
        to_plan = wanted.when == "plan"
        is_known = to_plan and not wanted.is_other and self._is_known(conn, wanted)
        queued = start.evaluate(
            conn,
            [wanted.path],
            wanted.pack,
            model=self._slug if wanted.is_other and not is_address(wanted.path) else None,
            options=options,
            pilot=to_plan and not is_known,
            later=wanted.when == "later" or is_known,
            on_progress=progress,
        )
        return queued[0]

    def _is_known(self, conn: sqlite3.Connection, wanted: Wanted) -> bool:
        """Whether an earlier evaluation tells what this one takes, so that it needs no pilot."""
        from aa_tui.pages.plan import expected

        file = next((file for file in self._files if file.path == wanted.path), None)
        return file is not None and expected(conn, file, wanted.pack, 1) is not None


def _with_choice(conn: sqlite3.Connection, wanted: Wanted) -> dict[str, Any]:
    """The settings with as many chosen items as were wanted. Raises NoShortPackError where none can be chosen."""
    from aa_tui.catalog.db import path_of
    from aa_tui.catalog.short_notes import as_json
    from aa_tui.evals.packs import load
    from aa_tui.pages.short import choose

    chosen = choose(conn, load(wanted.pack, path_of(conn).parent), wanted.settings.get("limit"))
    return {**wanted.settings, "limit": None, "short": as_json(chosen.note)}
