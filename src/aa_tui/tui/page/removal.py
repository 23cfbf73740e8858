"""Removing the page of a model that is known from files here only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.errors import AATuiError

if TYPE_CHECKING:
    import sqlite3

    from aa_tui.catalog.rows import ModelRow
    from aa_tui.tui.core.host import Host


def remove(host: Host, model: ModelRow) -> None:
    """Ask, then take away the page of a model that is known from files here only, with its runs."""
    from aa_tui.actions import model_pages
    from aa_tui.tui.widgets.question import Question, if_yes

    try:
        model_pages.check_removable(model)
    except AATuiError as error:
        host.toast(str(error))
        return
    goes = host.store.read(lambda conn: model_pages.page_words(conn, model), "what is on it")

    def work(conn: sqlite3.Connection) -> str:
        model_pages.remove(conn, model)
        host.call_from_thread(host.call_later, host.back)
        return f"The page of {model.name} is removed; its files stay."

    question = f"Remove the page of {model.name}, with {goes} on it? Its files stay."
    host.ask(Question(question, "remove it"), if_yes(lambda: host.write(work)))
