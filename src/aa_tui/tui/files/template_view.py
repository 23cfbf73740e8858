"""A chat template: the prompt that it makes of a conversation with functions, and what is wrong with it."""

from __future__ import annotations

import sqlite3
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING

from textual.content import Content

from aa_tui.errors import AATuiError
from aa_tui.tui.core.command import BACK, ENDS, ROWS, Command
from aa_tui.tui.core.places import Place
from aa_tui.tui.core.view import Copied, View
from aa_tui.tui.widgets.parts import Fitted, beside, styled, wrapped
from aa_tui.tui.widgets.reading import Reading

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from aa_tui.pages.template import Kind, TemplatePage
    from aa_tui.tui.core.host import Host

READING = "Trying the template out…"
KINDS: dict[Kind, str] = {"template": "", "data": "here", "control": "key"}
LEVELS = {"error": "bad", "warning": "warn", "note": "dim"}
SIGN_CELLS = 2


class TemplateView(View):
    """What is to be known of it, then the prompt, its control tokens told apart from texts."""

    NAME = "template"
    TITLE = "Chat template"
    STEPPED_INTO = True

    COMMANDS = (
        ROWS._replace(help="scroll"),
        ENDS._replace(keys=f"space,{ENDS.keys}", label="Space  PgUp PgDn  g G"),
        Command("left_curly_bracket", "tools", "Functions", "with the functions or without", bar="functions"),
        Command("right_curly_bracket", "tokens", "Tokens", "where one token ends and the next begins", bar="tokens"),
        Command("", "conversation", "Another conversation", "a JSON file of messages and tools, as in OpenAI's API"),
        Command("y", "app.copy(False)", "Copy", "copy the prompt"),
        BACK,
    )

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.page: TemplatePage | None = None
        self._target: str | None = None
        self._conversation: str | None = None
        self._with_tools = True
        self._with_tokens = False
        self._state = READING

    def compose(self) -> ComposeResult:
        """One text that scrolls."""
        with Reading(id="template-scroll"):
            yield Fitted(self._text, id="template-text")

    def take_focus(self) -> None:
        """The text scrolls."""
        self.query_one(Reading).focus()

    def show(self, place: Place) -> None:
        """Show the template of the file, or of the model, that `target` names; `item` is a file of a conversation."""
        self._target, self._conversation = place.target, place.item
        self._again()

    @property
    def place(self) -> Place:
        """The file, and the conversation."""
        return Place(self.NAME, target=self._target, item=self._conversation)

    async def action_back(self) -> None:
        """Back to where this was opened from."""
        await self.host.back()

    def action_tools(self) -> None:
        """With functions, or without."""
        self._with_tools = not self._with_tools
        self._again()

    def action_tokens(self) -> None:
        """Tokens told apart, or not."""
        self._with_tokens = not self._with_tokens
        self._again()

    def action_conversation(self) -> None:
        """Ask for a file; nothing typed is the built-in conversation."""
        from aa_tui.tui.files.template_dialog import ConversationDialog

        def chosen(path: str | None) -> None:
            if path is not None:
                self._conversation = path or None
                self._again()

        self.host.ask(ConversationDialog(self._conversation or ""), chosen)

    def _again(self) -> None:
        self.page, self._state = None, READING
        self._draw()
        if self._target is None:
            self._state = "Stand on a file in Files or open a model, and look at its chat template from there."
            self._draw()
            return
        work = partial(self._look, self._target, self._conversation, self._with_tools, self._with_tokens)
        self.run_worker(work, thread=True, exclusive=True, group="template", exit_on_error=False)

    def _look(self, target: str, conversation: str | None, with_tools: bool, with_tokens: bool) -> None:
        """In a thread: a process renders the template, another reads the vocabulary."""
        from aa_tui.actions import templates
        from aa_tui.gguf.places import typed_path
        from aa_tui.pages.template import page_of

        wanted = templates.Wanted(typed_path(conversation) if conversation else None, with_tools, with_tokens)

        def look(conn: sqlite3.Connection) -> TemplatePage:
            return page_of(templates.look(target, wanted, lambda: nullcontext(conn)))

        try:
            page = self.host.store.in_thread(look)
        except (AATuiError, OSError) as error:
            self.app.call_from_thread(self._take, None, str(error))
        else:
            self.app.call_from_thread(self._take, page, "")

    def _take(self, page: TemplatePage | None, trouble: str) -> None:
        self.page, self._state = page, trouble
        self._draw()

    def _draw(self) -> None:
        self.query_one("#template-text", Fitted).show(self._text)

    def _text(self, width: int) -> Content:
        from aa_tui.pages.text import template as words

        page, width = self.page, max(10, width)
        if page is None:
            return wrapped(styled((self._state, "dim" if self._state == READING else "bad")), width)
        lines = [wrapped(styled((words.headline(page), "strong")), width), Content("")]
        told = [(words.SIGNS[one.level], LEVELS[one.level], one.words) for one in page.lints]
        for sign, style, text in (*(("~", "warn", note) for note in page.notes), *told):
            room = max(10, width - SIGN_CELLS)
            lines.append(beside(styled((sign, style)), wrapped(styled(text), room), SIGN_CELLS))
        lines += [styled((words.summary(page), "dim")), Content("")]
        for line in words.prompt_lines(page.pieces, plain=False, between=page.n_tokens is not None):
            parts = [(one.text, KINDS[one.kind]) if KINDS[one.kind] else one.text for one in line]
            lines.append(wrapped(styled(*parts), width))
        return Content("\n").join(lines)

    def copied(self, *, whole: bool) -> Copied:
        """The prompt; with all that is to be known of it."""
        if self.page is None:
            return Copied("", self._state)
        from aa_tui.pages.text import template as words

        lines = words.prompt_lines(self.page.pieces, plain=True, between=False) if whole else ()
        if not whole:
            return Copied(self.page.text, "the prompt")
        told = [f"~ {note}" for note in self.page.notes]
        told += [f"{words.SIGNS[one.level]} {one.words}" for one in self.page.lints]
        prompt = ["".join(part.text for part in line) for line in lines]
        return Copied(
            "\n".join([words.headline(self.page), "", *told, words.summary(self.page), "", *prompt]),
            "the template's page",
        )
