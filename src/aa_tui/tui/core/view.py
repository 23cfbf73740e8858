"""The base of every screen: how it is entered, and what the app may ask of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.containers import Container
from textual.message import Message

from aa_tui.tui.core.command import bindings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from aa_tui.catalog.rows import ModelRow
    from aa_tui.tui.core.command import Command
    from aa_tui.tui.core.host import Host
    from aa_tui.tui.core.news import News, Pulled
    from aa_tui.tui.core.offer import Offer
    from aa_tui.tui.core.places import Place

    Arrive = Callable[[Callable[[], object]], Awaitable[None]]


class Copied(NamedTuple):
    """A text for the clipboard, and what it is: "the run". Without a text `what` says why there is none."""

    text: str
    what: str


class View(Container):
    """A screen of the app. Its methods have answers for views that have nothing to say."""

    NAME: ClassVar[str]
    """How places call it; also the widget's id."""

    TITLE: ClassVar[str]
    """What the help calls it."""

    COMMANDS: ClassVar[tuple[Command, ...]] = ()
    """What can be done in it, in the order of the help; its bindings are made of these."""

    SHOWS_PUBLISHED: ClassVar[bool] = False
    """Whether figures of others are in what it has to be saved."""

    STEPPED_INTO: ClassVar[bool] = False
    """Whether one step back leads to where it was opened from."""

    STEPS_WITHIN: ClassVar[bool] = False
    """Whether going from one thing to another within this view is a step too."""

    class KeysChanged(Message):
        """Other keys are worth naming in the last line."""

    def __init_subclass__(cls, *, can_focus: bool | None = None) -> None:
        cls.BINDINGS = [*bindings(cls.__dict__.get("COMMANDS", ()))]
        super().__init_subclass__(can_focus=can_focus)

    def __init__(self, host: Host) -> None:
        super().__init__(id=self.NAME)
        self.host = host

    @property
    def is_shown(self) -> bool:
        """Whether this is the view on screen."""
        return bool(self.display)

    # -- how it is entered

    async def open(self, place: Place, arrive: Arrive) -> None:
        """Show a place of this view and come on screen, by `arrive`, which is told how to fill it.

        What must be read first is read before; what cannot be shown is said, and this view stays where it is.
        """
        await arrive(lambda: self.show(place))

    def show(self, place: Place) -> None:
        """Fill the view with what a place names."""

    async def ready(self) -> None:
        """Wait until what is shown has been read, for who cannot see whether it has."""

    @property
    def place(self) -> Place:
        """What is shown, for the way back."""
        from aa_tui.tui.core.places import Place

        return Place(self.NAME)

    @property
    def bar(self) -> Sequence[tuple[Command, str]]:
        """The most useful commands, the way back first, and their words for the last line: five, and the help."""
        named = [(command, command.bar) for command in self.COMMANDS if command.bar]
        return sorted(named, key=lambda one: one[0].action != "back")

    def take_focus(self) -> None:
        """What takes the keys gets the focus."""
        self.focus()

    def hear(self, news: News) -> None:
        """The catalog has changed. Called of every view that was ever made, on screen or not."""

    def hear_pull(self, pulled: Pulled) -> None:
        """A download moves, or has ended."""

    # -- what others may do with what it shows

    @property
    def model(self) -> ModelRow | None:
        """The model that is shown, or under the cursor."""
        return None

    def charts(self, name: str | None) -> Place:
        """Where all charts are shown from here, beginning with one of them."""
        from aa_tui.tui.core.places import Place

        return Place("charts", chart=name)

    def copied(self, *, whole: bool) -> Copied:
        """What is under the cursor, or all of it."""
        return Copied("", "There is nothing to copy here.")

    def offers(self) -> Sequence[Offer]:
        """What can be saved as a file."""
        return ()

    def meanings(self) -> Sequence[tuple[str, str]]:
        """What its columns mean, for the help."""
        return ()
