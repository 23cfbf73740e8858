"""What one can do with the model of a page, whether or not a file of it is here; and its links."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.message import Message

from aa_tui.pages.links import links_of
from aa_tui.tui.core.command import Command
from aa_tui.tui.core.places import Place
from aa_tui.tui.core.view import View
from aa_tui.tui.page.standing import StandingLine, can_run
from aa_tui.tui.widgets.dialogs import Choice, Option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aa_tui.catalog.rows import ModelRow
    from aa_tui.tui.core.host import Host
    from aa_tui.tui.core.news import Pulled

ACTS = (
    Command("b", "measure", "Measure", "measure a file of this model on this machine", bar="measure"),
    Command("E", "evaluate", "Evaluate", "evaluate a file of this model on this machine", bar="evaluate"),
    Command(
        "p",
        "pull",
        "Pull",
        "pull a file of this model, as b and E do where none is here; stop the download",
        also=(Command("x", "stop_pull", "Stop"),),
    ),
    Command("c", "compare", "Compare", "with the marked models, or with its neighbour in the leaderboard"),
    Command(
        "equals_sign", "quants", "Quantizations", "which of the model's files here to take, and why", words="quants"
    ),
    Command(
        "left_curly_bracket",
        "template",
        "Chat template",
        "the prompt that its template makes, and what is wrong with it",
        words="jinja tools functions lint prompt",
    ),
    Command("o", "links", "Links", "weights, licence, providers: open one, or copy it where there is no desktop"),
    Command("t", "try", "Try a prompt", "ask a file of this model something", bar=""),
    Command("d", "remove", "Delete", "remove the page of a model that is known from files here only, with its runs"),
)


class PageActs(View):
    """A page of a model. What needs a file pulls one first where none is here, and then goes on."""

    class CompareWanted(Message):
        """This model is to be compared."""

        def __init__(self, model: ModelRow) -> None:
            super().__init__()
            self.slug, self.model_id = model.slug, model.id

    class PullWanted(Message):
        """A file of this model is to be pulled."""

        def __init__(self, model: ModelRow) -> None:
            super().__init__()
            self.slug, self.name = model.slug, model.name

    class StopWanted(Message):
        """The download that is running is to stop."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._then: tuple[str, Callable[[Host, ModelRow | None], None]] | None = None
        """What to do once a file of a model is here."""

    @property
    @abstractmethod
    def model(self) -> ModelRow | None:
        """Whose page it is."""

    @property
    @abstractmethod
    def has_file(self) -> bool:
        """Whether a file of the model is here."""

    @property
    def standing(self) -> StandingLine:
        """How the model stands on this machine."""
        return self.query_one(StandingLine)

    def go_on(self, pulled: Pulled) -> bool:
        """Show how far a download is; once a file of the model is here, say so and do what it was pulled for."""
        self.standing.show_pull(pulled)
        model = self.model
        if not pulled.arrived or model is None or pulled.model_id != model.model_id:
            return False
        self.standing.look()
        then, self._then = self._then, None
        if then is not None and then[0] == model.slug and self.is_shown and len(self.app.screen_stack) == 1:
            then[1](self.host, model)
        return True

    @property
    def bar(self) -> Sequence[tuple[Command, str]]:
        """As always; where there is no file yet, how to get one instead of what needs one."""
        model = self.model
        if model is None or self.has_file or not can_run(model) or model.is_local:
            return super().bar
        pull = next(command for command in self.COMMANDS if command.action == "pull")
        return [(pull, "pull") if command.action == "measure" else (command, word) for command, word in super().bar]

    def action_measure(self) -> None:
        """Measure a file of the model; pull one first where none is here."""
        from aa_tui.tui.start import asking

        self._with_file(asking.measure)

    def action_evaluate(self) -> None:
        """Evaluate a file of the model; pull one first where none is here."""
        from aa_tui.tui.start import asking

        self._with_file(asking.evaluate)

    def _with_file(self, use: Callable[[Host, ModelRow | None], None]) -> None:
        model = self.model
        if model is None:
            return
        if self.has_file or model.is_local or not model.open_weights:
            use(self.host, model)
        else:
            self._then = (model.slug, use)
            self.post_message(self.PullWanted(model))

    def action_pull(self) -> None:
        """Choose a file of the model and pull it."""
        model = self.standing.follows or self.model
        if model is None:
            return
        if model.is_local or not model.open_weights:
            why = "is not known beyond the file here" if model.is_local else "is proprietary: it has no weights to pull"
            self.host.toast(f"{model.name} {why}.")
            return
        self._then = None
        self.post_message(self.PullWanted(model))

    def action_stop_pull(self) -> None:
        """Stop the download that is running."""
        self.post_message(self.StopWanted())

    def action_compare(self) -> None:
        """Compare this model."""
        if self.model is not None:
            self.post_message(self.CompareWanted(self.model))

    async def action_quants(self) -> None:
        """Compare the model's files here."""
        if self.model is not None:
            await self.host.go(Place("quants", self.model.slug))

    async def action_template(self) -> None:
        """See what the chat template of the model's file here makes of a conversation."""
        if self.model is not None:
            await self.host.go(Place("template", target=self.model.slug))

    def action_links(self) -> None:
        """Choose a link of the page."""
        if self.model is not None:
            choose_link(self.host, self.model)

    def action_try(self) -> None:
        """Ask a file of the model something."""
        from aa_tui.tui.start import asking

        asking.try_prompt(self.host, self.model)

    def action_remove(self) -> None:
        """Take this page away, where it is of a model that is known from files here only."""
        from aa_tui.tui.page import removal as page_removal

        if self.model is not None:
            page_removal.remove(self.host, self.model)


def choose_link(host: Host, model: ModelRow) -> None:
    """Choose one of the page's links; it is opened, or copied where there is no desktop."""
    links = links_of(model)
    if not links:
        host.toast("No link of this model is in the catalog.")
        return
    options = [Option(one.url, f"{one.label:<15} {one.url.removeprefix('https://')}") for one in links]

    def chosen(url: str | None) -> None:
        if url is not None:
            host.open_link(url)

    host.ask(Choice(f"Links of {model.name}", options, links[0].url), chosen)
