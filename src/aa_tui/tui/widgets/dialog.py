"""What all dialogs have in common: they are opened once and closed once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

T = TypeVar("T")


class Dialog(ModalScreen[T]):
    """A screen over the views."""

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Close with an answer, unless it is closed or covered.

        A second Enter can come before the dialog is gone; Textual would close what lies below, or end the app.
        """
        return super().dismiss(result) if self.is_active else AwaitComplete()


def ask(app: App[Any], dialog: ModalScreen[T], answered: Callable[[T | None], None] | None = None) -> None:
    """Open a dialog, unless one of its kind is open: the key's second press came before the first had an effect."""
    if type(app.screen) is not type(dialog):
        app.push_screen(dialog, answered)
