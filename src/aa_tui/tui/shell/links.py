"""Deep links: what `aa-tui open` is told becomes a place in the app, or one sentence on what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.errors import UsageError
from aa_tui.tui.core.places import Place
from aa_tui.tui.core.sections import BY_NAME, SECTIONS
from aa_tui.tui.shell.registry import link_of, parts_of_a_run

if TYPE_CHECKING:
    import sqlite3

    from aa_tui.catalog.rows import RunRow


OF_EVALUATIONS = ("plan", "samples")
"""Views of a run that one that measured speed has not."""


class UnknownPlaceError(UsageError):
    """There is no such place. The text says which there are."""


def place_of(conn: sqlite3.Connection, link: str) -> Place:
    """The place that a link names.

    Args:
        conn: the catalog, to resolve names of models and runs.
        link: `MODEL`, `MODEL/SECTION`, `MODEL/charts/NAME`, `runs`, `runs/3`, `runs/3/plan`, `runs/3/samples`,
            `runs/3/samples/ITEM`, `runs/3/charts`, `runs/3/charts/NAME`, `charts`, `charts/NAME`,
            `quants/MODEL`, `template/MODEL`, `compare/a,b` of models and runs (`run:3`), `files`, `doctor` or
            `leaderboard`.

    Raises:
        UnknownPlaceError: there is no such section, chart or view.
        UnknownModelError: no model goes by that name.
        UnknownRunError: there is no run with that number.
    """
    head, _, rest = link.strip().strip("/").partition("/")
    if not rest and (view := link_of(head)) is not None:
        return Place(view)
    if head == "runs":
        return _run(conn, rest)
    if head == "charts":
        return Place("charts", chart=_chart(rest, "charts") if rest else None)
    if head == "compare":
        return _compare(conn, rest)
    if head in ("quants", "template") and rest:
        from aa_tui.catalog import models

        slug = models.resolve(conn, rest).slug
        return Place(head, slug) if head == "quants" else Place(head, target=slug)
    return _page(conn, head, rest)


def _run(conn: sqlite3.Connection, rest: str) -> Place:
    from aa_tui.catalog import runs, samples

    number, _, part = rest.partition("/")
    if not (number.isascii() and number.isdecimal()):
        raise UnknownPlaceError(f"“{number}” is no run's number; `aa-tui open runs/3` opens run 3.")
    run = runs.get(conn, int(number))
    if not part:
        return Place("ask" if run.kind == "ask" else "run", run_id=run.id)
    section, _, item = part.partition("/")
    if run.kind == "ask" and section in ("charts", "plan"):
        raise UnknownPlaceError(f"Run {run.id} is a conversation: it has no {section}.")
    if section == "charts":
        return Place("charts", run_id=run.id, chart=_chart_of_run(item, run))
    parts = parts_of_a_run()
    if section not in parts or (item and section != "samples"):
        there = ", ".join(("charts", *parts))
        raise UnknownPlaceError(f"There is no “{part}” of a run; there are {there} and samples/ITEM.")
    if section in OF_EVALUATIONS and run.kind in ("speed", "study"):
        did = "measured speed" if run.kind == "speed" else "is a study"
        raise UnknownPlaceError(f"Run {run.id} {did}: it has no {section}.")
    if item and samples.find(conn, run.id, item) is None:
        raise UnknownPlaceError(
            f"Run {run.id} has no finished sample of “{item}”; `aa-tui samples {run.id}` lists them."
        )
    return Place(parts[section], run_id=run.id, item=item or None)


def _chart_of_run(name: str, run: RunRow) -> str | None:
    from aa_tui.charts import book

    mine = book.of_run(run)
    if not mine:
        raise UnknownPlaceError(f"Run {run.id} has no chart: a study of this kind has its tables alone.")
    if not name:
        return None
    if name not in {kind.name for kind in book.ALL}:
        raise UnknownPlaceError(
            f"There is no chart “{name}”: runs/{run.id}/charts/NAME takes one of {', '.join(mine)}."
        )
    if name not in mine:
        raise UnknownPlaceError(f"The chart “{name}” draws nothing of run {run.id}: {_why(run, name)}")
    return name


def _why(run: RunRow, name: str) -> str:
    from aa_tui.charts import book
    from aa_tui.pages.scene import MEASURED

    if book.kind(name).section != MEASURED:
        return f"it shows published figures; `aa-tui open charts/{name}` opens it."
    if run.kind == "study":
        return f"the run is a study; its chart is {book.STUDIES[run.setup.study or '']}."
    return "the run measured speed." if run.kind != "eval" else "the run is an evaluation."


def _compare(conn: sqlite3.Connection, rest: str) -> Place:
    from aa_tui.pages import compare

    try:
        found = compare.load(conn, [name for name in rest.split(",") if name.strip()])
    except compare.CompareError as error:
        examples = "`aa-tui open compare/MODEL,MODEL` or `aa-tui open compare/run:3,run:5`"
        raise UnknownPlaceError(f"{str(error).rstrip('.')}: {examples}.") from error
    return Place("compare", slugs=tuple(subject.target for subject in found.subjects))


def _page(conn: sqlite3.Connection, head: str, rest: str) -> Place:
    from aa_tui.catalog import models

    slug = models.resolve(conn, head).slug
    if not rest:
        return Place("page", slug)
    word, _, chart = rest.partition("/")
    if word == "charts" and chart:
        return Place("page", slug, *_section_and_chart(chart, f"{head}/charts"))
    if chart:
        raise UnknownPlaceError(f"There is no “{rest}” on a page; {_sections()}.")
    if word in BY_NAME:
        return Place("page", slug, word)
    if word == "charts":
        return Place("page", slug, "index")
    try:
        return Place("page", slug, *_section_and_chart(word, head))
    except UnknownPlaceError as error:
        raise UnknownPlaceError(f"There is no section “{word}” on a page; {_sections()}.") from error


def _sections() -> str:
    return f"there are {', '.join(section.name for section in SECTIONS)}, and charts/NAME"


def _section_and_chart(name: str, before: str) -> tuple[str, str | None]:
    """The section that a chart is in, and the chart; a section's own name stands for its first chart."""
    from aa_tui.charts import book

    if name in BY_NAME and BY_NAME[name].has_charts:
        return name, None
    wanted = _chart(name, before)
    section = next(kind.section for kind in book.ALL if kind.name == wanted)
    return next(one.name for one in SECTIONS if one.chart_section == section), wanted


def _chart(name: str, before: str) -> str:
    """A chart's name; that of a section means its first chart."""
    from aa_tui.charts import book

    if any(kind.name == name for kind in book.ALL):
        return name
    section = BY_NAME.get(name)
    first = next((kind.name for kind in book.ALL if section and kind.section == section.chart_section), None)
    if first is None:
        there = ", ".join(kind.name for kind in book.ALL)
        raise UnknownPlaceError(f"There is no chart “{name}”: {before}/NAME takes one of {there}.")
    return first
