"""The help of each view: its keys, the marks, what the columns mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content

from aa_tui.tui.dialog import Dialog
from aa_tui.tui.parts import Fitted, Line, styled, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.catalog.rows import ModelRow
    from aa_tui.tui.columns import Column

KEYS: dict[str, tuple[tuple[str, str], ...]] = {
    "leaderboard": (
        ("↑ ↓  j k", "move"),
        ("PgUp PgDn  g G", "by the page, to the ends"),
        ("← →  h l", "other columns; the name stays"),
        ("Enter", "open the model's page"),
        ("/", "search as you type; Esc clears, Enter keeps"),
        ("1 … 8  [ ]", "class of models"),
        ("s  S", "sort by a column, turn the order round; so does a click on a title"),
        ("t  o  m", "only reasoning, only open weights, only measured here; again for the opposite"),
        (
            "f",
            "all filters: also creator, licence, commercial use, context, price, size, index, images, and what would "
            "fit this machine: open weights at 4.5 bits each (Q4_K_M) and a tenth more, within its whole memory",
        ),
        ("Esc", "clear search and filters"),
        ("C", "choose and order the columns; kept for each width of terminal"),
        ("v  z", "fold the variants of each model under the best one, unfold the one under the cursor"),
        ("Space  u", "mark for comparing, take all marks away"),
        ("c", "compare the marked models, 2 to 6"),
        ("b", "measure a file of the model on this machine"),
    ),
    "compare": (
        ("← →  h l", "choose a model; columns that do not fit shift in"),
        ("↑ ↓  j k  PgUp PgDn  g G", "scroll"),
        ("d", "only the rows that differ"),
        ("x  Delete", "compare without this one"),
        ("Enter", "open its page"),
        ("Esc", "back"),
    ),
    "page": (
        ("1 … 9  0", "charts: index, evals, openness, price, tokens, cost, context, speed, latency, size"),
        ("o  m  a", "overview, measured here, questions and answers"),
        ("w  s", "the weights' files, sources"),
        ("n N  Tab", "the next chart of the section, the one before"),
        ("↑ ↓  j k", "scroll; in a chart the next value, named below it"),
        ("← →  h l", "the model above or below in the leaderboard; in a scatter chart the next dot"),
        ("[ ]", "the model above or below, anywhere"),
        ("Space  PgUp PgDn  g G", "by the page, to the ends"),
        ("Enter", "in a chart: open the page of the model under the cursor"),
        ("f", "in a chart: which models are drawn"),
        ("p", "in a chart: keep the model under the cursor in every chart"),
        ("x", "the chart on the whole screen, and all others"),
        ("b", "measure a file of this model on this machine"),
        ("Esc", "back"),
    ),
    "charts": (
        ("← →  h l  n N", "the next chart, the one before; in a scatter chart ← → go to the next dot"),
        ("[ ]  Tab", "the next chart, the one before, anywhere"),
        ("↑ ↓  j k", "the next value; it is named below the chart"),
        ("PgUp PgDn  g G", "ten values on, to the ends"),
        ("Enter", "open the page of the model under the cursor"),
        ("f", "what is drawn: class, all, open or proprietary, reasoning, creator; the pack of those made here"),
        ("p", "keep the model under the cursor in every chart"),
        ("Esc  x", "back"),
    ),
    "runs": (
        ("↑ ↓  j k", "move"),
        ("Enter", "open the run: what it writes now, what came of it; one whose pilot is done at its plan"),
        ("p", "pause a run; go on with one that is paused, planned or ended early"),
        ("x", "stop a run, now or after the samples being written; what it has measured stays"),
        ("d", "delete a run that does not go on, with all that it measured"),
        ("S", "start every planned run and those whose worker was lost"),
        ("s  w", "the run's samples; what more items would take and give"),
        ("r  C", "grade an evaluation again with the graders of today, first to look; its charts"),
        ("Space  u", "mark for comparing, take all marks away"),
        ("c  v", "compare the marked runs, 2 to 6; the items on which two marked evaluations differ"),
        ("o", "open the model's page"),
        ("e", "save the table, or all of a run as JSON, JSON Lines or CSV"),
        ("Tab", "to the details, to scroll them"),
        ("Esc", "back"),
    ),
    "run": (
        ("↑ ↓", "choose a slot"),
        ("p", "pause; go on with what is paused, planned or ended early"),
        ("k", "leave out the sample that the chosen slot is writing"),
        ("f", "stop after the samples that are being written"),
        ("x", "stop, now or after those samples; what is measured stays"),
        ("s  Enter", "the samples that are finished"),
        ("w", "what more items would take and give"),
        ("C", "the charts of the run"),
        ("i", "intervals for the score on just the pack's items, or for items such as these"),
        ("r  d", "grade again; delete"),
        ("o", "the model's page"),
        ("Tab", "from the slots to what is below them, and back"),
        ("e  y", "save or copy the run"),
        ("Esc", "back"),
    ),
    "plan": (
        ("↑ ↓  j k", "choose how many items"),
        ("Enter", "start now and go on to so many"),
        ("n", "the same tonight: choose from when until when, and how warm it may get"),
        ("b", "a time to work, or an interval to reach, instead of a number"),
        ("s", "the samples of the pilot"),
        ("Esc", "back"),
    ),
    "samples": (
        ("↑ ↓  j k  n N", "move; n and N from the text as well"),
        ("f F  o O", "only the next outcome, the one before"),
        ("c C", "only the next category, the one before"),
        ("v V", "only those without a label, with one, on which grader and person disagree; the one before"),
        ("a  u", "all samples again"),
        ("r  w  m", "by eye: say of the answer that it is right, wrong, unclear"),
        ("d", "take the label away"),
        ("b", "hide the verdicts until you have said so: that alone is a fair comparison"),
        ("t", "unfold the thinking, fold it to its last line"),
        ("Tab  Enter", "to the text, to scroll it, and back"),
        ("y  Y  e", "copy the sample, copy the list, save"),
        ("Esc", "back"),
    ),
    "pairs": (
        ("↑ ↓  j k  n N", "move; n and N from the text as well"),
        ("f F  o O", "only those that a alone, or b alone, has right, or that differ otherwise"),
        ("t", "unfold the thinking, fold it"),
        ("Tab  Enter", "to the texts, to scroll them, and back"),
        ("y", "copy both samples"),
        ("Esc", "back"),
    ),
    "files": (
        ("↑ ↓  j k", "move"),
        ("Enter", "open the model's page"),
        ("b", "measure the file on this machine"),
        ("p", "pull a file of the model: its quantizations, their sizes, and whether they fit"),
        ("c", "stop the download that goes on; what came is kept, and p goes on from there"),
        ("i", "what the file's header says"),
        ("v", "compare its sha256 with what the Hub states"),
        ("x", "delete it, where it lies in our own folder or the Hub's cache"),
        ("r", "look through the folders again"),
        ("← →", "other columns"),
        ("Tab", "to the details, to scroll them"),
        ("Esc", "back"),
    ),
}
EVERYWHERE: tuple[tuple[str, str], ...] = (
    ("L  R  F", "leaderboard, runs, files"),
    ("x", "charts on the whole screen"),
    ("E", "evaluate a file of the model on screen"),
    ("y  Y", "copy what is under the cursor, or all of it, to the terminal's clipboard"),
    ("e", "save what is on screen: Markdown, HTML, SVG, PNG"),
    ("T", "theme"),
    (":  ctrl+p", "find a model, chart, run or command"),
    ("?", "this help"),
    ("q  ctrl+c", "quit; runs go on without the app"),
    ("ctrl+z", "to the shell and back with fg"),
)
MARKS: tuple[tuple[str, str], ...] = (
    ("◆ ◇", "reasoning, non-reasoning"),
    ("○ ●", "open weights, proprietary"),
    ("~", "estimate"),
    ("⌂", "measured on this machine"),
    ("▰▰▰▱", "quarter of the class: ▰▰▰▰ is the highest values' quarter, whether high is good or bad"),
    ("–", "not published"),
    ("•", "marked for comparing"),
    ("+1  └", "variants of the same model folded under this one, unfolded below it"),
    ("*  ≈", "in comparisons: best of its row; not distinguishable, since mean ± 2 standard deviations overlap"),
    ("▶ ‖ · …", "run goes on, pauses, is planned, waits for its turn"),
    ("✓ ■ ✗", "run finished, stopped, failed"),
    ("✓ ✗ … ≈", "sample right, wrong, cut short at the token limit, going in circles"),
    ("≠", "grader and person disagree on the sample"),
    ("▲ △", "in scatter charts: proprietary, reasoning or not"),
)
LABEL_CELLS = (18, 28)
"""The labels' column is as wide as its longest label, within these bounds."""
TITLES = {
    "leaderboard": "Leaderboard",
    "compare": "Compare",
    "page": "Model page",
    "charts": "Charts",
    "runs": "Runs",
    "files": "Files",
    "run": "Run",
    "plan": "Plan",
    "samples": "Samples",
    "pairs": "Where two runs differ",
}


class Help(Dialog[None]):
    """Keys and meanings of one view."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter", "close", "Close"),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(10)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
    ]

    def __init__(self, view: str, columns: Sequence[Column[ModelRow]] = ()) -> None:
        super().__init__()
        self._view = view
        self._columns = columns

    def compose(self) -> ComposeResult:
        """One page of text that scrolls."""
        with Vertical(classes="dialog -help"):
            with VerticalScroll(id="help-scroll", can_focus=False):
                yield Fitted(self._text)
            yield Line(styled(("Esc", "key"), " close   ", ("↑ ↓", "key"), " scroll"))

    def _text(self, width: int) -> Content:
        blocks = [
            _table(f"{TITLES[self._view]}: keys", KEYS[self._view], width),
            _table("Everywhere", EVERYWHERE, width),
            _table("Marks", MARKS, width),
        ]
        if self._columns:
            columns = [(column.name or column.title, column.meaning or "as published") for column in self._columns]
            blocks.append(_table("Columns", columns, width))
        return Content("\n\n").join(blocks)

    def action_close(self) -> None:
        """Back to the view."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Scroll by so many lines."""
        self.query_one("#help-scroll").scroll_relative(y=lines, animate=False)


def _table(title: str, rows: Sequence[tuple[str, str]], width: int) -> Content:
    least, most = LABEL_CELLS
    cells = max(least, min(most, max(cell_len(label) for label, _ in rows)))
    lines = [styled((title, "strong"))]
    for label, words in rows:
        parts = wrapped(Content(words), max(10, width - cells - 4)).split("\n")
        for number, part in enumerate(parts):
            left = set_cell_size(label if number == 0 else "", cells)
            lines.append(styled((f"  {left}  ", "accent"), part))
    return Content("\n").join(lines)
