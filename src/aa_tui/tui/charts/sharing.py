"""The chart on screen, for the clipboard or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.tui.core.view import Copied

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aa_tui.export.document import Document
    from aa_tui.tui.charts.pane import ChartPane
    from aa_tui.tui.core.host import Host
    from aa_tui.tui.core.offer import Offer


def copied(pane: ChartPane, *, whole: bool) -> Copied | None:
    """The chart, or the value under its cursor; None while there is no chart."""
    if pane.chart is None:
        return None
    if not whole and pane.cursor_words:
        return Copied(pane.cursor_words, "the value under the cursor")
    text = pane.drawing.plain() if pane.drawing is not None else ""
    return Copied(text, f"the chart “{pane.chart.title}” as text" if text else "There is nothing to copy here yet.")


def offers(host: Host, pane: ChartPane) -> Sequence[Offer]:
    """The chart, once it is drawn."""
    from aa_tui.tui.core.offer import Offer

    chart = pane.chart
    if chart is None:
        return ()
    slug = pane.scene.model.slug if pane.scene is not None and pane.scene.model is not None else "models"
    return (Offer(f"Chart “{chart.title}”", (slug, chart.name), lambda: _document(host, pane)),)


def _document(host: Host, pane: ChartPane) -> Document:
    """The chart on screen; where only what a screen can show was read, with every figure of it."""
    from aa_tui.charts import book
    from aa_tui.export.content import chart_document
    from aa_tui.export.page import one_chart, source_of

    chart, scene, selection = pane.chart, pane.scene, pane.selection
    if chart is None or scene is None or selection is None:
        raise LookupError("the chart has gone")
    if scene.tally is not None:
        slug, name = scene.model.slug if scene.model is not None else None, chart.name
        return host.store.in_thread(lambda conn: one_chart(conn, slug, name, selection))
    return chart_document(chart, source_of(book.kind(chart.name), scene))
