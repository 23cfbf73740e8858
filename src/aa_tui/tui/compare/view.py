"""Compare: models and runs as columns, figures as rows, bars above them. ← → choose a column, which shifts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message

from aa_tui.errors import AATuiError
from aa_tui.pages.compare import LEAST, MOST, RUN
from aa_tui.pages.text.compare import MARKS, verdicts
from aa_tui.tui.board.model_columns import bar
from aa_tui.tui.core.command import BACK, Command
from aa_tui.tui.core.places import Place
from aa_tui.tui.core.view import Copied, View
from aa_tui.tui.widgets.parts import Fitted, styled, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from aa_tui.export.document import Document
    from aa_tui.pages.compare import Comparison
    from aa_tui.pages.compare_parts import Cell, Row
    from aa_tui.tui.core.host import Host
    from aa_tui.tui.core.news import News
    from aa_tui.tui.core.offer import Offer
    from aa_tui.tui.core.view import Arrive

LABEL_CELLS = 20
LABEL_CELLS_WIDE = 30
LEAST_CELLS, MOST_CELLS = 16, 26
GAP = 2
BAR_CELLS = 8
NAME_LINES = 2
ON_THE_PAGE = ("source_url",)
"""Rows too long for a column: the model's page and the shell show them."""
LEGEND = "* best of its row   ≈ not distinguishable   #5/43 rank in its own class   ~ estimate   – not published"
BARS_NOTE = "each bar is the share of the best of these; of prices and times the lowest is best"
HOW = f"Mark {LEAST} to {MOST} models with <mark:Space> on the leaderboard, then <compare:c> compares them."


def refusal(targets: Sequence[str]) -> str:
    """Why so many cannot be compared, and what to do; empty where they can."""
    if len(targets) < LEAST:
        return HOW
    if len(targets) > MOST:
        how = "<mark:Space> takes a mark away, <clear-marks:u> all."
        return f"At most {MOST} can be compared; {len(targets)} are marked. {how}"
    return ""


class CompareView(View, can_focus=True):
    """Names on top, then what scrolls: bars, published figures, facts, and what was measured here."""

    NAME = "compare"
    TITLE = "Compare"
    SHOWS_PUBLISHED = True
    STEPPED_INTO = True

    COMMANDS = (
        Command(
            "left,h",
            "choose(-1)",
            "Model left",
            "choose a model; columns that do not fit shift in",
            bar="model",
            label="← →  h l",
            bar_label="← →",
            also=(Command("right,l", "choose(1)", "Model right"),),
        ),
        Command(
            "up,k",
            "scroll(-1)",
            "Up",
            "scroll",
            label="↑ ↓  j k  PgUp PgDn  Space  g G",
            also=(
                Command("down,j", "scroll(1)", "Down"),
                Command("pagedown,space,ctrl+d", "page(1)", "Page down"),
                Command("pageup,ctrl+u", "page(-1)", "Page up"),
                Command("home,g", "edge(-1)", "To the top"),
                Command("end,G", "edge(1)", "To the end"),
            ),
        ),
        Command("f", "differences", "Filter", "only the rows that differ", bar="differences"),
        Command("d,delete", "remove", "Delete", "compare without this one", bar="remove"),
        Command("enter", "open", "Open", "open its page; of a run, the run", bar="open"),
        Command("D", "pairs", "Where two differ", "of two evaluations, the items on which they differ"),
        BACK,
    )

    class Unmarked(Message):
        """A model, or a run as "run:3", is no longer compared."""

        def __init__(self, target: str) -> None:
            super().__init__()
            self.target = target

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.comparison: Comparison | None = None
        self.differences = host.memory.get("compare.differences", False)
        self.column = 0
        self._first = 0
        self._targets: tuple[str, ...] = ()
        self._trouble = ""

    def compose(self) -> ComposeResult:
        """The names, and the rows that scroll."""
        yield Fitted(self._head, id="compare-head")
        with VerticalScroll(id="compare-scroll", can_focus=False):
            yield Fitted(self._body, id="compare-body")

    # -- what is compared

    @property
    def targets(self) -> tuple[str, ...]:
        """What is compared: slugs, and `run:ID` for runs."""
        return self._targets

    async def open(self, place: Place, arrive: Arrive) -> None:
        """Compare so many as can be compared."""
        if reason := refusal(place.slugs):
            self.host.toast(self.host.keymap.told(reason))
        else:
            await super().open(place, arrive)

    def show(self, place: Place) -> None:
        """Compare these."""
        if place.slugs != self._targets:
            self.column = self._first = 0
            self.scroller.scroll_to(y=0, animate=False)
        self._targets = place.slugs
        self.reload()

    @property
    def place(self) -> Place:
        """What is compared."""
        return Place(self.NAME, slugs=self._targets)

    def hear(self, news: News) -> None:
        """Figures may be other ones."""
        if self.is_shown and news.models_changed:
            self.reload()

    def copied(self, *, whole: bool) -> Copied:
        """The comparison, whatever is under the cursor."""
        from aa_tui.export import markdown

        if self.comparison is None:
            return super().copied(whole=whole)
        return Copied(markdown.render(self._document(self.comparison)), "the comparison as Markdown")

    def offers(self) -> Sequence[Offer]:
        """The comparison, with charts and the items that differ."""
        from aa_tui.export.files import READING_FORMATS
        from aa_tui.tui.core.offer import Offer

        comparison = self.comparison
        if comparison is None:
            return ()
        return (Offer("Comparison", ("comparison",), lambda: self._document(comparison), READING_FORMATS),)

    def _document(self, comparison: Comparison) -> Document:
        """In a thread: the comparison as `aa-tui export` writes it; only where it differs, if that is shown."""
        from aa_tui.export.comparison import comparison_report

        targets, differences = [subject.target for subject in comparison.subjects], self.differences
        return self.host.store.in_thread(lambda conn: comparison_report(conn, targets, differences=differences))

    def reload(self) -> None:
        """Put the comparison together, in a thread."""
        self.app.run_worker(self._read, thread=True, exclusive=True, group="compare", exit_on_error=False)

    def _read(self) -> None:
        """In a thread: read the figures."""
        from aa_tui.pages.compare import load

        targets = self._targets
        try:
            comparison = self.host.store.in_thread(lambda conn: load(conn, targets))
        except AATuiError as error:
            self.app.call_from_thread(self._show, None, str(error))
        else:
            self.app.call_from_thread(self._show, comparison, "")

    def _show(self, comparison: Comparison | None, trouble: str) -> None:
        self.comparison, self._trouble = comparison, trouble
        if comparison is not None:
            self.column = min(self.column, len(comparison.subjects) - 1)
        self._draw()

    def _draw(self) -> None:
        self.query_one("#compare-head", Fitted).show(self._head)
        self.query_one("#compare-body", Fitted).show(self._body)

    @property
    def scroller(self) -> VerticalScroll:
        """What scrolls."""
        return self.query_one("#compare-scroll", VerticalScroll)

    # -- drawing

    def _places(self, width: int) -> tuple[int, int, range]:
        """Cells of the labels and of a column, and which columns are on screen."""
        count = len(self.comparison.subjects) if self.comparison else 1
        labels = LABEL_CELLS_WIDE if width >= 120 else LABEL_CELLS
        fit = max(1, min(count, (width - labels) // (LEAST_CELLS + GAP)))
        cells = max(1, min(MOST_CELLS, (width - labels) // fit - GAP))
        self._first = max(min(self._first, self.column), self.column - fit + 1, 0)
        self._first = min(self._first, max(0, count - fit))
        return labels, cells, range(self._first, min(count, self._first + fit))

    def _head(self, width: int) -> Content:
        comparison = self.comparison
        if comparison is None:
            return styled((self._trouble or " ", "bad"))
        labels, cells, shown = self._places(width)
        count = len(comparison.subjects)
        place = f"{count} compared" if len(shown) == count else f"{shown[0] + 1}–{shown[-1] + 1} of {count}  ← →"
        names = [_name_lines(comparison.subjects[n].name, cells - 2) for n in shown]
        lines = []
        for number in range(max(map(len, names))):
            parts = [(set_cell_size(("‹ " if shown[0] else "") + place if number == 0 else "", labels), "dim")]
            for n, name in zip(shown, names, strict=True):
                chosen = n == self.column
                parts.append(("▌ " if chosen else "  ", "accent"))
                text = set_cell_size(name[number] if number < len(name) else "", cells - 2)
                parts.append((text + " " * GAP, "accent-strong" if chosen else "strong"))
            lines.append(styled(*parts))
        return Content("\n").join(lines)

    def _body(self, width: int) -> Content:
        comparison = self.comparison
        if comparison is None:
            return Content("")
        labels, cells, shown = self._places(width)
        lines: list[Content] = []
        for verdict in verdicts(comparison):
            lines += [*wrapped(styled((verdict, "here")), width).split("\n"), Content("")]
        if comparison.overview:
            for bars in comparison.overview:
                parts = [(_cut(bars.label, labels - 1).ljust(labels), "here" if bars.label.startswith("⌂") else "dim")]
                for n in shown:
                    share = bars.shares[n]
                    parts += _bar(share, bars.texts[n], cells)
                lines.append(styled(*parts))
            lines += [*wrapped(styled((BARS_NOTE, "dim")), width).split("\n"), Content("")]
        for section in comparison.sections:
            known = [row for row in section.rows if row.key not in ON_THE_PAGE]
            rows = [row for row in known if not (self.differences and row.is_same)]
            left_out = len(known) - len(rows)
            note = f"   {left_out} alike left out" if left_out else ""
            lines.append(styled((section.title, "here" if "⌂" in section.title else "strong"), (note, "dim")))
            lines += [self._row(row, labels, cells, shown) for row in rows]
            lines.append(Content(""))
        for note in (LEGEND, *comparison.notes):
            lines += wrapped(styled((note, "dim")), width).split("\n")
        return Content("\n").join(lines)

    def _row(self, row: Row, labels: int, cells: int, shown: range) -> Content:
        label = row.label
        if row.unit and cell_len(f"{row.label}, {row.unit}") < labels:
            label = f"{row.label}, {row.unit}"
        parts = [(set_cell_size(_cut(label, labels - 1), labels), "dim")]
        for n in shown:
            parts += _value(row.cells[n], cells, quiet=row.is_same)
        return styled(*parts)

    # -- actions

    def action_choose(self, step: int) -> None:
        """The model to the left or right; the columns shift with it."""
        if self.comparison is not None:
            self.column = max(0, min(self.column + step, len(self.comparison.subjects) - 1))
            self._draw()

    def action_scroll(self, lines: int) -> None:
        """Scroll by so many lines."""
        self.scroller.scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        """Scroll by the page."""
        self.scroller.scroll_relative(y=pages * max(1, self.scroller.size.height - 1), animate=False)

    def action_edge(self, end: int) -> None:
        """To the top or the end."""
        self.scroller.scroll_to(y=0 if end < 0 else self.scroller.max_scroll_y, animate=False)

    def action_differences(self) -> None:
        """Leave out the rows that do not differ, or show them again."""
        self.differences = not self.differences
        self.host.memory.put("compare.differences", self.differences)
        self._draw()

    def action_remove(self) -> None:
        """Compare without this one; it loses its mark in the list it is of. Two are left at least."""
        if self.comparison is None:
            return
        target = self.comparison.subjects[self.column].target
        left = [one.target for one in self.comparison.subjects if one.target != target]
        if len(left) < LEAST:
            how = self.host.keymap.told(f"<back:Esc> goes back; {HOW[0].lower()}{HOW[1:]}")
            self.host.toast(f"Two are the fewest to compare. {how}")
            return
        self._targets = tuple(left)
        self.post_message(self.Unmarked(target))
        self.reload()

    async def action_open(self) -> None:
        """Open the page of the chosen model, or the chosen run."""
        if self.comparison is None:
            return
        subject = self.comparison.subjects[self.column]
        if not subject.target.startswith(RUN):
            await self.host.go(Place("page", subject.target))
        elif subject.result is not None:
            await self.host.go(Place("run", run_id=subject.result.run.id))

    async def action_pairs(self) -> None:
        """The items on which two evaluations differ."""
        pair = self.comparison.two_runs if self.comparison is not None else None
        if pair is None:
            self.host.toast("Items are compared where two evaluations of one pack are, and nothing else.")
        else:
            await self.host.go(Place("pairs", run_id=pair.a.id, other=pair.b.id))

    async def action_back(self) -> None:
        """One step back."""
        await self.host.back()


def _cut(text: str, cells: int) -> str:
    return text if cell_len(text) <= cells else set_cell_size(text, max(0, cells - 1)) + "…"


def _name_lines(name: str, cells: int) -> list[str]:
    """A name in at most two lines; the mode, which is a row of its own, goes first where it is too long."""
    words, lines = name.split(), [""]
    for number, word in enumerate(words):
        longer = f"{lines[-1]} {word}".strip()
        if cell_len(longer) <= cells:
            lines[-1] = longer
        elif len(lines) < NAME_LINES and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = _cut(" ".join((lines[-1], *words[number:])).strip(), cells)
            break
    return [_cut(line, cells) for line in lines]


def _bar(share: float | None, text: str, cells: int) -> list[tuple[str, str]]:
    """A bar and its value in exactly so many cells and the gap."""
    if share is None:
        return [(set_cell_size("  –", cells + GAP), "dim")]
    length = BAR_CELLS if cells >= BAR_CELLS + 9 else 6
    pieces = [("  ", ""), *bar(share, length)]
    room = cells - 2 - length - 1
    number = text.split(" ±", maxsplit=1)[0].split(" (", maxsplit=1)[0] if cell_len(text) > room else text
    return [*pieces, (" " + set_cell_size(_cut(number, room), room + GAP), "")]


def _value(cell: Cell, cells: int, *, quiet: bool) -> list[tuple[str, str]]:
    """A value, its mark and its rank in exactly so many cells and the gap."""
    text, mark = cell.text, MARKS[cell.mark]
    room = cells - 2 - cell_len(mark)
    text = _cut(text, room)
    kind = "dim" if quiet else "accent-strong" if cell.mark == "best" else "dim" if cell.value is None else ""
    used = cell_len(text) + cell_len(mark)
    rank = cell.rank if cell.rank and used + 1 + cell_len(cell.rank) <= cells - 2 else ""
    fill = cells + GAP - 2 - used - cell_len(rank) - (1 if rank else 0)
    parts = [("  ", ""), (text + mark, kind)]
    if rank:
        parts.append((f" {rank}", "dim"))
    return [*parts, (" " * fill, "")]
