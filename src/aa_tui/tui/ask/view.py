"""Try a prompt: the conversation, what goes on, and the box for what is asked next. The worker is never asked."""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import TYPE_CHECKING

from aa_tui.actions import ask as actions
from aa_tui.catalog import models, runs
from aa_tui.catalog.db import CatalogError
from aa_tui.errors import AATuiError
from aa_tui.pages import conversation
from aa_tui.pages.text import conversation as words
from aa_tui.textsafe import clean_line
from aa_tui.tui.ask.prompt import Prompt
from aa_tui.tui.ask.text import open_text, turns_text
from aa_tui.tui.core.command import BACK, ENDS, ROWS, Command
from aa_tui.tui.core.places import Place
from aa_tui.tui.core.view import Copied, View
from aa_tui.tui.samples.sharing import NOTHING_YET, run_offers
from aa_tui.tui.widgets.parts import Fitted, Line, styled, wrapped
from aa_tui.tui.widgets.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult

    from aa_tui.catalog.rows import ModelRow, RunRow
    from aa_tui.pages.conversation import Conversation
    from aa_tui.tui.core.host import Host
    from aa_tui.tui.core.news import News
    from aa_tui.tui.core.offer import Offer

TICK_S = 0.1
"""How often one looks for what has been written since."""

TELL_EVERY = 5  # percent of a file that is read


IN_THE_BOX: tuple[tuple[Command, str], ...] = (
    (Command("escape", "", "Leave"), "to the keys"),
    (Command("enter", "", "Ask"), "ask"),
    (Command("ctrl+j", "", "New line", bar_label="Ctrl+J"), "new line"),
    (Command("pageup,pagedown", "", "Scroll", bar_label="PgUp PgDn"), "scroll"),
)
"""What keys do that the box takes by itself, for the last line."""


class AskView(View):
    """One conversation with one file."""

    NAME = "ask"
    TITLE = "Try a prompt"
    STEPPED_INTO = True

    COMMANDS = (
        Command(
            "enter,t", "write", "Try a prompt", "to the box, to write what is asked next; there Enter asks", bar="write"
        ),
        Command("x", "end_answer", "Stop", "end the answer; what is written until then is kept", bar="end the answer"),
        Command("z", "fold", "Fold thinking", "unfold the thinking, fold it to its last line", bar="thinking"),
        ROWS._replace(help="scroll"),
        ENDS._replace(keys=f"space,{ENDS.keys}", label="Space  PgUp PgDn  g G"),
        Command("a", "samples", "Answers", "the answers as samples, with all that is known of each"),
        Command("o", "page", "Model's page", "open the model's page"),
        Command("tab", "other_part", "Other part", "from what was said to the box, and back"),
        Command(
            "y",
            "app.copy(False)",
            "Copy",
            "copy the last answer, copy the conversation, save",
            bar="copy",
            also=(Command("Y", "app.copy(True)", "Copy all"), Command("e", "app.export", "Save to a file")),
        ),
        BACK,
    )

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.talk: Conversation | None = None
        self._run_id: int | None = None
        self._target = ""
        self._version = -1
        self._said: tuple[str, str] = ("", "dim")
        self._asking = ""
        """What was asked and has no run yet."""
        self._is_reading = False
        """Whether the file is looked at before anything is asked; what is asked meanwhile waits for that."""
        self._about = ""
        self._unfolded = False

    def compose(self) -> ComposeResult:
        """Whom one talks to, what was said, what goes on, the box."""
        yield Line(id="ask-head")
        with Reading(id="ask-talk"):
            yield Fitted(id="ask-said")
            yield Fitted(id="ask-open")
        yield Fitted(id="ask-state")
        yield Prompt()

    def on_mount(self) -> None:
        """Look for news ten times a second, as long as there may be some."""
        self._clock = self.set_interval(TICK_S, self._tick, pause=True)

    def on_unmount(self) -> None:
        """The app ends: the worker need not stay."""
        self._leave()

    def on_hide(self) -> None:
        """Another view is on screen: the worker need not stay for what is asked next."""
        self._clock.pause()
        self._leave()

    def _leave(self) -> None:
        run = self.run_row
        if run is not None and run.is_live:
            try:
                self.host.store.in_thread(partial(actions.leave, run_id=run.id))
            except (CatalogError, runs.UnknownRunError):
                return  # it ends by itself, a little later

    # -- what is shown

    @property
    def run_row(self) -> RunRow | None:
        """The run of the conversation, once there is one."""
        return self.talk.run if self.talk is not None else None

    def show(self, place: Place) -> None:
        """Show a conversation that there is, or begin one with a file."""
        if place.run_id is None or place.run_id != self._run_id:
            self._run_id, self._target = place.run_id, place.target or ""
            self.talk, self._asking, self._said, self._version, self._about = None, "", ("", "dim"), -1, ""
            self.query_one(Prompt).clear()
            for name in ("#ask-said", "#ask-open"):
                self.query_one(name, Fitted).display = False
            if self._target:
                self._look_at()
        self._reload()
        self._show_state()

    @property
    def place(self) -> Place:
        """The conversation."""
        return Place(self.NAME, run_id=self._run_id, target=self._target or None)

    @property
    def bar(self) -> Sequence[tuple[Command, str]]:
        """What is worth naming: ending an answer only while there is one; in the box its own keys."""
        if self.query_one(Prompt).has_focus:
            return IN_THE_BOX
        return [one for one in super().bar if one[0].action != "end_answer" or self._is_answering]

    @property
    def _is_answering(self) -> bool:
        talk = self.talk
        return bool(self._asking) or (talk is not None and talk.run.is_live and talk.open_turn is not None)

    @property
    def model(self) -> ModelRow | None:
        """The model that one talks to."""
        slug, nothing = self.run_row.slug if self.run_row is not None else None, None
        return self.host.store.read(lambda conn: models.by_slug(conn, slug), nothing) if slug else None

    def on_descendant_focus(self) -> None:
        """Other keys are taken in the box than beside it."""
        self._show_state()
        self.post_message(self.KeysChanged())

    def hear(self, news: News) -> None:
        """The run may be further, also where nobody looks ten times a second."""
        if self.is_shown:
            self._reload()

    def _tick(self) -> None:
        version = self.host.store.data_version()
        if version != self._version:
            self._version = version
            self._reload()

    def _reload(self) -> None:
        """Show what has changed."""
        run_id, before = self._run_id, self.talk
        if run_id is None:
            return

        def read(conn: sqlite3.Connection) -> Conversation | None:
            try:
                return conversation.load(conn, runs.get(conn, run_id))
            except (runs.UnknownRunError, conversation.NoConversationError):
                return before

        talk = self.host.store.read(read, before)
        if talk is None or talk == before:
            return
        was_answering = self._is_answering
        self.talk, self._asking = talk, ""
        self._show_talk(before)
        self._show_state()
        if was_answering != self._is_answering:
            self.post_message(self.KeysChanged())
        if talk.run.is_live and self.is_shown:
            self._clock.resume()
        else:
            self._clock.pause()

    def _show_talk(self, before: Conversation | None) -> None:
        talk = self.talk
        if talk is None:
            return
        at_end = before is None or self._is_at_end
        done = tuple(turn for turn in talk.turns if turn.sample is not None)
        if before is None or done != tuple(turn for turn in before.turns if turn.sample is not None):
            self._show_said()
        self._show_open()
        if at_end:
            self._to_end()

    @property
    def _is_at_end(self) -> bool:
        scroll = self.query_one(Reading)
        return scroll.scroll_offset.y >= scroll.max_scroll_y - 1

    def _to_end(self) -> None:
        self.call_after_refresh(self.query_one(Reading).scroll_end, animate=False)

    def _show_said(self) -> None:
        talk = self.talk
        if talk is not None:
            done = [turn for turn in talk.turns if turn.sample is not None]
            part = self.query_one("#ask-said", Fitted)
            part.show(partial(turns_text, talk.run, done, unfolded=self._unfolded))
            part.display = bool(done)

    def _show_open(self) -> None:
        turn = self.talk.open_turn if self.talk is not None else None
        prompt = self._asking or (turn.asked.prompt if turn is not None else "")
        part = self.query_one("#ask-open", Fitted)
        part.display = bool(prompt)
        slot = self.talk.writing if self.talk is not None else None
        part.show(partial(open_text, prompt, slot, unfolded=self._unfolded))

    def _show_state(self) -> None:
        run = self.run_row
        name = run.file.shown_name if run is not None else clean_line(self._target.rpartition("/")[2])
        more = f"{run.target} · {run.file.quant}" if run is not None and run.file.quant else self._about
        self.query_one("#ask-head", Line).show(styled(("Try a prompt  ", "strong"), (f"{name}   ", ""), (more, "dim")))
        self.query_one("#ask-state", Fitted).show(lambda width: wrapped(styled(*self._state()), width))

    def _state(self) -> Sequence[tuple[str, str]]:
        """What goes on, in a line."""
        talk = self.talk
        if self._said[0] or talk is None:
            return (self._said if self._said[0] else ("The answer is kept, in a run of its own.", "dim"),)
        run, slot = talk.run, talk.writing
        if not self._is_answering:
            if run.reason and talk.open_turn is not None:
                return ((run.reason, "bad" if run.state == "failed" else "warn"),)
            settings = words.settings_words(run) if run.setup.sampler else ""
            return ((" · ".join(filter(None, (settings, words.load_words(run), f"run {run.id}"))), "dim"),)
        parts = [("▶ ", "accent"), (run.progress_text or run.state, "")]
        if slot is not None and slot.n_tokens:
            rate = f", {slot.tokens_per_s:,.1f} tok/s" if slot.tokens_per_s is not None else ""
            parts = [("▶ ", "accent"), (f"{slot.phase}, {slot.n_tokens:,} tokens{rate}", "")]
        keys = "   Esc <stop:x>" if self.query_one(Prompt).has_focus else "   <stop:x>"
        return (*parts, (self.host.keymap.told(keys), "key"), (" ends it", "dim"))

    def _say(self, text: str, kind: str = "dim") -> None:
        self._said = (text, kind)
        self._show_state()

    # -- asking

    def _look_at(self) -> None:
        """Read the file while somebody still writes: what is wrong with it is said at once, and it is ready then."""
        self._is_reading = True
        work = partial(self._read, self._target)
        self.run_worker(work, thread=True, exclusive=True, group="look", exit_on_error=False)

    def _read(self, target: str) -> None:
        """In a thread."""
        progress = self._progress()
        try:
            about, bad = self.host.store.in_thread(partial(actions.look_at, target=target, on_progress=progress)), False
        except (AATuiError, OSError) as error:
            about, bad = str(error), True
        self.app.call_from_thread(self._looked, target, about, bad=bad)

    def _looked(self, target: str, about: str, *, bad: bool) -> None:
        if target != self._target or not self._is_reading:
            return
        self._is_reading, prompt = False, self._asking
        if bad:
            self._failed(prompt, target, about)
            return
        self._about = about
        self._say("")
        if prompt:
            self._start(prompt)

    def _progress(self) -> Callable[[int, int], None]:
        shown = -TELL_EVERY

        def progress(done: int, total: int) -> None:
            nonlocal shown
            percent = 100 * done // max(total, 1)
            if percent >= shown + TELL_EVERY:
                shown = percent
                self.app.call_from_thread(self._say, f"Reading the file… {percent} %")

        return progress

    def on_prompt_asked(self, message: Prompt.Asked) -> None:
        """Ask what is in the box."""
        message.stop()
        if self._is_answering:
            self.host.toast(self.host.keymap.told("It is still answering: Esc, then <stop:x> ends that."))
        elif not message.text.strip():
            self.host.toast("There is nothing to ask yet.")
        else:
            self._ask(message.text)

    def on_prompt_paged(self, message: Prompt.Paged) -> None:
        """Scroll what was said, from the box."""
        message.stop()
        scroll = self.query_one(Reading)
        scroll.scroll_page_down() if message.step > 0 else scroll.scroll_page_up()

    def on_prompt_left(self, message: Prompt.Left) -> None:
        """Out of the box, to the keys."""
        message.stop()
        self.query_one(Reading).focus()

    def _ask(self, prompt: str) -> None:
        self._asking = prompt
        self._show_open()
        self.query_one(Prompt).clear()
        self._to_end()
        self.post_message(self.KeysChanged())
        if not self._is_reading:
            self._start(prompt)

    def _start(self, prompt: str) -> None:
        self._say("Starting…")
        self.run_worker(partial(self._begin, prompt), thread=True, exclusive=True, group="ask", exit_on_error=False)

    def _begin(self, prompt: str) -> None:
        """In a thread: have it answered, by the worker that there is or by a new one."""
        run_id, target, progress = self._run_id, self._target, self._progress()

        def work(conn: sqlite3.Connection) -> int:
            if run_id is not None:
                actions.go_on(conn, run_id, prompt)
                return run_id
            return actions.begin(conn, target, prompt, options=actions.at_a_screen(), on_progress=progress)

        try:
            begun = self.host.store.in_thread(work)
        except (AATuiError, OSError) as error:
            self.app.call_from_thread(self._failed, prompt, target, str(error))
        else:
            self.app.call_from_thread(self._begun, target, begun)

    def _begun(self, target: str, run_id: int) -> None:
        if target == self._target and self._run_id in (None, run_id):
            self._run_id, self._version = run_id, -1
            self._say("")
            self._reload()
            self._clock.resume()

    def _failed(self, prompt: str, target: str, why: str) -> None:
        """Nothing was asked: what was written stands in the box again."""
        if target != self._target:
            return
        self._asking = ""
        self._show_open()
        self._say(why, "bad")
        box = self.query_one(Prompt)
        if prompt and not box.text:
            box.insert(prompt)
        box.focus()
        self.post_message(self.KeysChanged())

    # -- the keys

    def take_focus(self) -> None:
        """The box: what is typed is never taken for commands."""
        self.query_one(Prompt).focus()

    def action_write(self) -> None:
        """To the box."""
        self.query_one(Prompt).focus()

    def action_other_part(self) -> None:
        """To the other part."""
        box = self.query_one(Prompt)
        self.query_one(Reading).focus() if box.has_focus else box.focus()

    def action_fold(self) -> None:
        """Unfold the thinking, or fold it."""
        self._unfolded, at_end = not self._unfolded, self._is_at_end
        self._show_said()
        self._show_open()
        if at_end:
            self._to_end()

    def action_end_answer(self) -> None:
        """End what is being answered."""
        run = self.run_row
        if self._asking and self._is_reading:
            self._failed(self._asking, self._target, "")
            return
        if run is None or not self._is_answering:
            self.host.toast(
                "It is just starting: x again in a moment." if self._asking else "Nothing is being answered."
            )
            return

        def work(conn: sqlite3.Connection) -> str:
            actions.end_answer(conn, run.id)
            return ""

        self.host.write(work)

    async def action_samples(self) -> None:
        """The answers as samples."""
        if self._run_id is None:
            self.host.toast("Nothing has been answered yet.")
        else:
            await self.host.go(Place("samples", run_id=self._run_id))

    async def action_page(self) -> None:
        """The page of the model."""
        run = self.run_row
        if run is None or run.slug is None:
            self.host.toast("No model of the catalog is known for this file.")
        else:
            await self.host.go(Place("page", run.slug))

    async def action_back(self) -> None:
        """One step back."""
        await self.host.back()

    # -- what leaves it

    def copied(self, *, whole: bool) -> Copied:
        """The last answer, or the conversation."""
        talk = self.talk
        if talk is None:
            return Copied("", NOTHING_YET)
        if whole:
            return Copied("\n".join(words.lines(talk, thinking=True)), "the conversation")
        answers = [turn.answer.strip() for turn in talk.turns if turn.answer.strip()]
        return Copied(answers[-1], "the answer") if answers else Copied("", NOTHING_YET)

    def offers(self) -> Sequence[Offer]:
        """All of the run."""
        return run_offers(self.host, self.run_row)
