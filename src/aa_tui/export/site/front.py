"""The pages that lead to the others: the leaderboard, the comparison, and what the site is made of."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from aa_tui.analysis import MISSING, display, untold
from aa_tui.catalog import provenance, publishing
from aa_tui.export import html
from aa_tui.export.document import Link, Paragraph, Table
from aa_tui.export.html import Part
from aa_tui.export.site.frame import line
from aa_tui.export.site.index import BANDS, classes_of, source_words, sources_of

if TYPE_CHECKING:
    from aa_tui.catalog.publishing import Withheld
    from aa_tui.catalog.rows import ModelRow

_COLUMNS = (
    *(("", "", "n"), ("name", "Model", ""), ("creator", "Creator", "wide"), ("intelligence_index", "Index", "n")),
    *(("open_weights", "Weights", "wide"), ("total_params_b", "Parameters", "n wide")),
    *(("context_tokens", "Context", "n wide"), ("price_in_usd_per_m", "Input", "n wide")),
    *(("price_out_usd_per_m", "Output", "n"), ("output_tps", "tokens/s", "n"), ("release_date", "Released", "wide")),
)
_HERE = (("here_tg_tps", "tg128 measured", "n wide"), ("here_index", "Index measured", "n wide"))


def leaderboard(conn: sqlite3.Connection, title: str, rows: Sequence[ModelRow], names: Mapping[str, str]) -> str:
    """All models in a table that can be read without a script, which sorts and filters it."""
    known = provenance.sources(conn)
    places = {source.id: place for place, source in enumerate(known)}
    origins = provenance.of_figures(conn)
    has_here = any(row.here_tg_tps is not None or row.here_index is not None for row in rows)
    columns = (*_COLUMNS, *(_HERE if has_here else ()))
    head = "".join(f'<th scope="col"{_kind(kind)} data-key="{key}">{label}</th>' for key, label, kind in columns)
    body = []
    for number, row in enumerate(rows, 1):
        used = sources_of(row, origins.get(row.id, {}), places)
        numbers = {used} if isinstance(used, int) else set(used or ()) - {None}
        told = "; ".join(source_words(known[place]) for place in sorted(one for one in numbers if one is not None))
        body.append(_row(row, number, names[row.slug], told, columns))
    versions = sorted({row.index_version for row in rows if row.index_version})
    notes = [
        "Index: the Intelligence Index, 0 to 100, ~ marks an estimate. Input and output: USD per 1M tokens. tokens/s: "
        "as published of hosted services. – stands for what is not published. The source and the date below each name "
        "are of its figures."
    ]
    if len(versions) > 1:
        notes.append(
            f"The index has several versions here ({', '.join(versions)}): scores of two versions do not compare."
        )
    if restricted := publishing.restricted_names(conn):
        notes.insert(0, _for_its_maker(restricted))
    if has_here:
        notes.append(
            "“Measured” columns are of files on the machine of whoever made this site: other weights, another method "
            "and another machine than the published figures have, so the two are never one ranking. ! marks figures "
            "that a busy machine made unreliable."
        )
    count = f"{len(rows):,} model{'' if len(rows) == 1 else 's'}"
    return (
        f"<header><h1>{line(title)}</h1><p>{count}, the most intelligent first. Each has a page of its own.</p>"
        f"{_filters(conn, rows)}</header>\n<main>"
        '<div class="scroll" tabindex="0" role="group" aria-label="Models"><table id="board">'
        f"<thead><tr>{head}</tr></thead><tbody>\n{chr(10).join(body)}\n</tbody></table></div>"
        '<p id="none" hidden>No model passes these filters.</p>'
        f"{html.blocks([Paragraph(one, quiet=True) for one in notes])}</main>"
    )


def _kind(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _row(row: ModelRow, number: int, name: str, told: str, columns: Sequence[tuple[str, str, str]]) -> str:
    mark = '<span title="reasoning">◆</span> ' if untold.reasoning(row) else ""
    small = f"<small>{line(told)}</small>" if told else f"<small>{'not published' if row.is_local else ''}</small>"
    cells = [
        f'<td class="n">{number}</td>',
        f'<th scope="row">{mark}<a href="models/{name}.html">{line(row.name)}</a>{small}</th>',
    ]
    values = _values(row)
    cells += [f"<td{_kind(kind)}>{line(values[key])}</td>" for key, _, kind in columns[2:]]
    return f"<tr>{''.join(cells)}</tr>"


def _values(row: ModelRow) -> dict[str, str]:
    """How each cell reads."""
    weights = "" if row.is_local else untold.weights(row)
    flag = "!" if row.here_unreliable else ""
    return {
        "creator": row.creator,
        "intelligence_index": display.index(row.intelligence_index) + (" ~" if row.index_is_estimate else ""),
        "open_weights": weights,
        "total_params_b": display.params_b(row.total_params_b),
        "context_tokens": display.context(row.context_tokens),
        "price_in_usd_per_m": display.usd(row.price_in_usd_per_m),
        "price_out_usd_per_m": display.usd(row.price_out_usd_per_m),
        "output_tps": display.speed(row.output_tps),
        "release_date": display.date(row.release_date),
        "here_tg_tps": display.speed(row.here_tg_tps) + (flag if row.here_tg_tps is not None else ""),
        "here_index": display.index(row.here_index),
    }


def _filters(conn: sqlite3.Connection, rows: Sequence[ModelRow]) -> str:
    """What a script filters by; hidden where there is none."""
    known = {key for keys in classes_of(conn).values() for key in keys}
    bands = [band for band in BANDS if band.key in known]
    classes = "".join(f'<option value="{band.key}">{line(band.title)}</option>' for band in bands)
    creators = "".join(
        f'<option value="{line(name)}">{line(name)}</option>'
        for name in sorted({row.creator for row in rows if row.creator}, key=str.casefold)
    )
    return (
        '<form class="filters" id="filters" hidden>'
        f'<label>Class <select name="class"><option value="">all</option>{classes}</select></label>'
        '<label>Weights <select name="weights"><option value="">all</option><option value="open">open</option>'
        '<option value="proprietary">proprietary</option></select></label>'
        '<label>Kind <select name="reasoning"><option value="">all</option><option value="yes">reasoning</option>'
        '<option value="no">non-reasoning</option></select></label>'
        f'<label>Creator <select name="creator"><option value="">all</option>{creators}</select></label>'
        '<button type="reset">Clear</button><output id="count"></output></form>'
    )


def compare() -> str:
    """The frame of the comparison, which the script fills from the index."""
    return (
        "<header><h1>Compare models</h1><p>Two to four models side by side, by their published figures and, apart "
        'from those, what was measured.</p></header>\n<main><noscript><p class="strong">This page alone needs '
        "JavaScript; each model’s page has its figures and its place in its class: "
        '<a href="index.html">all models</a>.</p></noscript>'
        '<form id="choose" hidden><label>Add a model <input id="pick" list="models" autocomplete="off" '
        'spellcheck="false"></label><datalist id="models"></datalist><button type="submit">Add</button>'
        '<p id="trouble" role="status"></p></form><ul id="chosen"></ul><div id="comparison"></div></main>'
    )


def about(conn: sqlite3.Connection, withheld: Withheld, *, has_runs: bool, with_answers: bool) -> str:
    """Whose figures these are, what was left out, and what “measured” means."""
    sources = tuple(
        (
            Link(one.name, one.url) if one.url.startswith("https://") else one.name,
            one.as_of,
            one.index_version or MISSING,
            f"{one.n_figures:,}",
        )
        for one in provenance.sources(conn)
    )
    parts = [
        Part(
            "Sources",
            html.blocks([Table(("Source", "As of", "Index version", "Figures"), sources, frozenset({3}))])
            if sources
            else html.blocks([Paragraph("No published figures are on this site.")]),
        ),
        Part("Rights", html.blocks(list(_rights(withheld, publishing.restricted_names(conn))))),
    ]
    if has_runs:
        parts.append(Part("What was measured", html.blocks(list(_measured(with_answers=with_answers)))))
    parts.append(
        Part(
            "For other programs",
            '<p>The figures of all models are in <a href="index.json">index.json</a>; the pages are plain files.</p>',
        )
    )
    return html.layout("<h1>About this site</h1>", parts)


def _rights(withheld: Withheld, restricted: Sequence[str]) -> Iterator[Paragraph]:
    yield Paragraph(
        (
            "Index, tokens, prices and speeds are those that their sources published on the days named. The method of "
            "the Intelligence Index is described at ",
            Link("artificialanalysis.ai/methodology", "https://artificialanalysis.ai/methodology"),
            ". This site is not made by them, nor in their name.",
        )
    )
    if restricted:
        yield Paragraph(_for_its_maker(restricted))
    if withheld.sources:
        yield Paragraph(
            f"{withheld.n_figures:,} figures are left out, since their sources do not let everybody publish them: "
            f"{', '.join(withheld.sources)}."
        )


def _for_its_maker(restricted: Sequence[str]) -> str:
    return (
        f"This site holds figures of {', '.join(restricted)} that only its maker may see: their terms do not let "
        "anybody publish them, so it is not to be handed on."
    )


def _measured(*, with_answers: bool) -> Iterator[Paragraph]:
    yield Paragraph(
        "Runs were made with aa-tui on the machines named in each. Scores have a 95 % interval; speeds have the "
        "standard deviation of their repetitions. Published figures and measured ones are never drawn in one chart: "
        "they differ in weights, method and machine."
    )
    if not with_answers:
        yield Paragraph("Questions and answers of evaluations are not on this site.", quiet=True)
