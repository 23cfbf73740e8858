"""What a screen may ask for. Who answers, the app, no screen knows; a test may hand in a plain object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from textual.screen import ModalScreen

    from aa_tui.config.reading import Config
    from aa_tui.pages.classes import Classes
    from aa_tui.tui.core.keymap import Keymap
    from aa_tui.tui.core.memory import Memory
    from aa_tui.tui.core.places import Place
    from aa_tui.tui.core.store import Store

T = TypeVar("T")


class Host(Protocol):
    """Asked for by screens. What they have to tell instead, they post as messages."""

    @property
    def store(self) -> Store:
        """The catalog."""

    @property
    def memory(self) -> Memory:
        """What is kept from one time to the next."""

    @property
    def config(self) -> Config:
        """What the user has set for good, as it was when the app began."""

    @property
    def keymap(self) -> Keymap:
        """The keys that the user has chosen; it names them in a sentence."""

    @property
    def peers(self) -> Classes:
        """The classes that pages compare with, kept from one page to the next. Threads may share them."""

    @property
    def draws_ascii(self) -> bool:
        """Whether the terminal is given ASCII alone."""

    async def go(self, place: Place) -> None:
        """Step into a place; one step back leads here."""

    async def back(self) -> None:
        """One step back."""

    def toast(self, words: str, *, bad: bool = False) -> None:
        """A short word in the corner."""

    def announce(self, words: str) -> None:
        """Ring the terminal's bell and have the desktop told, unless the user has turned that off."""

    def ask(self, dialog: ModalScreen[T], answered: Callable[[T | None], None] | None = None) -> None:
        """Open a dialog, unless one of its kind is open."""

    def copy(self, text: str, what: str) -> None:
        """To the clipboard of the terminal; `what` is said to have been copied."""

    def open_link(self, url: str) -> None:
        """Open an address of the web; where there is no desktop, copy and show it."""

    def look(self, *, force: bool = False) -> None:
        """See whether the catalog has changed, and show it."""

    def write(self, work: Callable[[sqlite3.Connection], str]) -> None:
        """Write to the catalog, in a thread with a connection of its own; then say what came of it, "" for nothing."""

    def call_later(self, callback: Callable[..., Any], *args: Any) -> bool:
        """Call once what is under way is done."""

    def call_from_thread(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call from a thread, on the app's own."""
