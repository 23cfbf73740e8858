"""What is on screen, to the clipboard or into a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.tui.core.host import Host
    from aa_tui.tui.core.view import View


def copy(host: Host, view: View, *, whole: bool) -> None:
    """`y`: the value under the cursor, or the row. `Y`: the whole chart, table or page."""
    text, what = view.copied(whole=whole)
    if text:
        host.copy(text, what)
    else:
        host.toast(what)


def export(host: Host, view: View) -> None:
    """`e`: what is on screen into a file."""
    from aa_tui.catalog import publishing
    from aa_tui.tui.shell.export_dialog import ExportDialog

    offers = view.offers()
    if not offers:
        host.toast("There is nothing to export here.")
        return

    def done(path: str | None) -> None:
        if path is not None:
            host.toast(f"Written: {clean_line(path)}")

    restricted: list[str] = host.store.read(publishing.restricted_names, [])
    host.ask(ExportDialog(offers, restricted if view.SHOWS_PUBLISHED else ()), done)


def write_site(host: Host) -> None:
    """The whole catalog into a folder of pages."""
    from aa_tui.tui.shell.site_dialog import SiteDialog

    host.ask(SiteDialog(host.store), lambda words: host.toast(words) if words else None)
