"""The page of a model: what its report says, with charts that it shares with others, and links to runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from aa_tui.analysis import MISSING, display
from aa_tui.catalog import offers
from aa_tui.catalog.metric_names import CLAIMED, PUBLISHED
from aa_tui.charts.book import evaluations
from aa_tui.export import html
from aa_tui.export.content import page_document
from aa_tui.export.document import Block, Link, Paragraph, Picture, Table
from aa_tui.export.html import Part
from aa_tui.export.page import HERE, has_figures
from aa_tui.export.site.frame import COMPARE, line
from aa_tui.pages.scene import MEASURED, load_scene

if TYPE_CHECKING:
    from aa_tui.catalog.rows import MeasurementRow
    from aa_tui.export.site.shared_charts import Group, Pointed
    from aa_tui.pages.page import Page

_CHARTS_AFTER = "Headline figures"


def body(
    conn: sqlite3.Connection, page: Page, groups: Sequence[Group], names: Mapping[str, str], runs: frozenset[int]
) -> str:
    """The page's content. `names` are the file names of models' pages, `runs` the runs that have one."""
    head, parts = html.parts_of(page_document(page, here=_here(conn, page)))
    shown: list[Part] = []
    for part in parts:
        if (part.title == "Files" and not page.files) or (part.title == MEASURED and not page.measured_here):
            continue
        shown.append(replace(part, body=part.body + _runs(page, runs)) if part.title == MEASURED else part)
        if part.title == _CHARTS_AFTER:
            shown += _published(conn, page, groups)
    name = names[page.model.slug]
    compare = f'<p class="quiet"><a class="needs-script" href="../{COMPARE}#{name}" hidden>Compare with others</a></p>'
    return html.layout(f"{head}{compare}", shown)


def description(page: Page) -> str:
    """The page in a sentence, for those who list it."""
    return page.summary[0] if page.summary else page.model.name


def _published(conn: sqlite3.Connection, page: Page, groups: Sequence[Group]) -> Iterator[Part]:
    """The charts under their headings, single evaluations and offers among them; what is missing in one sentence."""
    for group in groups:
        if group.title == "Evaluations":
            rows = tuple(_scores(page.published))
            if rows:
                table = Table(("Evaluation", "Score", "Told by", "Source"), rows, frozenset({1}))
                yield Part(group.title, html.blocks([table]))
            continue
        under = "".join(map(figure, group.charts))
        under = f'<div class="charts">{under}</div>' if under else ""
        if group.title == "Price":
            under += html.blocks(list(_offers(conn, page)))
        if under:
            yield Part(group.title, under)
    missing = [title for group in groups for title in group.missing]
    if missing and not page.model.is_local:
        words = f"No figures of it, or none to compare it with: {', '.join(missing)}."
        yield Part("Not drawn", html.blocks([Paragraph(words, quiet=True)]))


def figure(chart: Pointed) -> str:
    """A shared picture with its caption, its source, and what it says of the model for those who do not see it."""
    kind = ' class="large"' if chart.phone_path else ""
    image = f'<img src="../{line(chart.path)}" alt="{line(chart.alternative)}" loading="lazy">'
    if chart.phone_path:
        phone = f'<source media="(max-width: 44rem)" srcset="../{line(chart.phone_path)}">'
        image = f"<picture>{phone}{image}</picture>"
    return (
        f"<figure{kind}><figcaption><strong>{line(chart.title)}</strong><span>{line(chart.told)}</span></figcaption>"
        f'{image}<p class="source">{line(chart.source)}</p></figure>'
    )


def _scores(published: Mapping[str, MeasurementRow]) -> Iterator[tuple[str | Link, ...]]:
    """Single evaluations, as published by others and as the model's lab claims them."""
    for prefix, teller in ((PUBLISHED, "others"), (CLAIMED, "its own lab")):
        for metric, row in sorted(published.items()):
            if metric.startswith(prefix):
                origin = ", ".join(filter(None, (row.source_name, row.as_of)))
                source = Link(origin, row.source_url) if row.source_url else origin
                name = evaluations.title_of(metric.removeprefix(prefix))
                yield name, f"{evaluations.percent_of(row.value, row.unit):.1f} %", teller, source


def _offers(conn: sqlite3.Connection, page: Page) -> Iterator[Block]:
    rows = offers.offers_of(conn, page.model.id)
    if not rows:
        return
    yield Paragraph("What API providers ask for it, USD per 1M tokens:")
    cells = tuple(
        (
            row.provider,
            display.usd(row.price_in_usd_per_m),
            display.usd(row.price_out_usd_per_m),
            display.context(row.context_tokens) if row.context_tokens else MISSING,
            Link(f"{row.source_name}, {row.as_of}", row.source_url),
        )
        for row in rows
    )
    yield Table(("Provider", "Input", "Output", "Context", "Source"), cells, frozenset({1, 2, 3}))


def _here(conn: sqlite3.Connection, page: Page) -> list[Picture]:
    """The charts of what was measured, which no other page shows."""
    if not page.measured_here:
        return []
    from aa_tui.charts import book

    scene = load_scene(conn, page.model.slug)
    charts = [kind.build(scene) for kind in book.ALL if kind.section == MEASURED]
    return [Picture(chart, HERE, tabled=True) for chart in charts if has_figures(chart)]


def _runs(page: Page, runs: frozenset[int]) -> str:
    """Links to the pages of its runs."""
    known = [result.run for result in page.measured_here if result.run.id in runs]
    links = ", ".join(f'<a href="../runs/{run.id}.html">run {run.id}</a> ({line(run.what)})' for run in known)
    return f"<p>All of it: {links}.</p>" if links else ""
