"""The first lines of a run's screen: how far, how long still, the score, the speed, the machine. Fixed widths."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.content import Content

from aa_tui.analysis import MISSING, display
from aa_tui.catalog.metric_names import of_evaluation
from aa_tui.outcomes import CUT_SHORT
from aa_tui.pages.text import served
from aa_tui.pages.text.others import origin
from aa_tui.tui.runs.gauges import gauges
from aa_tui.tui.widgets.parts import styled
from aa_tui.tui.widgets.running import (
    ASKED,
    STATE_MARKS,
    live_score,
    noted_score,
    progress_bar,
    score_words,
    sparkline,
    state_word,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aa_tui.catalog.rows import LiveSlot, MeasurementRow, RunRow
    from aa_tui.catalog.telemetry import MachineState
    from aa_tui.pages.evaluation import EvalReport
    from aa_tui.tui.widgets.columns import Part

ONE_LINE_FROM = 130
"""The width from which title, progress and score share a line."""

MOST_SERVERS = 6
"""So many have a line of their own while a run asks them."""

SPARK_CELLS = ((130, 36), (100, 24), (0, 12))
"""From which width on the speed's curve has how many cells."""

GAP = "   "


@dataclass(frozen=True, slots=True)
class Now:
    """What the catalog tells of a run at a moment.

    While it is running: what each slot writes, and the last states of the machine that its worker noted. Afterwards:
    the figures that were noted, since what the live row said last is older. `labels` changes with a label.
    """

    run: RunRow
    slots: tuple[LiveSlot, ...] = ()
    history: tuple[MachineState, ...] = ()
    figures: Mapping[str, MeasurementRow] = field(default_factory=dict)
    labels: tuple[int, str] = (0, "")
    noted_no_headline: str | None = None

    @property
    def no_headline(self) -> str | None:
        """Why there is no score, None where there may be one."""
        told = self.run.live_figures.no_headline if self.run.is_live else self.noted_no_headline
        return told if isinstance(told, str) else None

    @property
    def machine(self) -> MachineState | None:
        """The machine as it was last seen."""
        return self.history[-1] if self.history else None

    def figure(self, name: str) -> MeasurementRow | None:
        """A figure of the run's pack."""
        return self.figures.get(of_evaluation(self.run.pack, name))


def run_head(now: Now, width: int, report: EvalReport | None = None) -> Content:
    """Two lines where there is room for it, four where there is not; while it is running the machine's gauges below.

    `report` is what the samples add up to, as it stands below: the live row's own score is seconds old.
    """
    title, progress, score, speed = _title(now.run), _progress(now.run), _score(now, report), _speed(now, width)
    if width >= ONE_LINE_FROM:
        lines = [styled(*title, GAP, *progress, GAP, *score), styled(*speed)]
    else:
        lines = [styled(*title), styled(*progress), styled(*score), styled(*speed)]
    if now.run.is_live and now.history:
        lines.append(gauges(now.history, width))
    if now.run.is_live:
        lines += [
            styled((served.standing(one), "warn" if one.why_down else "dim"))
            for one in now.run.live_figures.servers[:MOST_SERVERS]
        ]
    return Content("\n").join(part.truncate(width, ellipsis=True) for line in lines for part in line.split("\n"))


def _title(run: RunRow) -> list[Part]:
    mark, kind = STATE_MARKS[run.state]
    what = f"{run.what} {run.pack_version or ''}".rstrip()
    quant = f" {run.file.quant}" if run.file.quant else ""
    word = "" if run.state == "running" else f"{run.state}  "
    return [(f"{mark} run {run.id}  {word}", kind), (f"{run.target}{quant}", "strong"), (f" · {what}", "")]


def _progress(run: RunRow) -> list[Part]:
    parts: list[Part] = [*progress_bar(run.progress)]
    if run.kind == "eval":
        wanted = f"{run.n_items:,}" if run.n_items is not None else MISSING
        parts.append((f"  {run.n_done:>{len(wanted)},} / {wanted}", ""))
    elif run.progress_text:
        parts.append((f"  {run.progress_text}", ""))
    if run.is_live:
        parts += _left(run)
    return parts


def _left(run: RunRow) -> list[Part]:
    """The time left with its interval, in one width as long as there is any."""
    from aa_tui.pages.text.plan import time_words

    now = run.live_figures
    seconds = [one for one in (now.left_s, now.left_low_s, now.left_high_s) if one is not None]
    if len(seconds) != 3 or run.state == "paused":
        return []
    left, low, high = map(time_words, seconds)
    return [(f"   left {left:>7}", ""), (f" ({low} – {high})", "dim")]


def _says_what_it_does(run: RunRow) -> bool:
    """Whether the words of the progress stand here; a study's stand behind its bar."""
    waits = run.state in ("queued", "starting", "paused") or (run.is_live and not run.live)
    return bool(run.progress_text) and waits and run.kind != "study"


def _score(now: Now, report: EvalReport | None) -> list[Part]:
    """The score, while it is running how many were cut short, and why it is not running."""
    run = now.run
    parts: list[Part] = []
    if run.kind == "eval":
        score = live_score(run) if run.is_live else noted_score(now.figure("score_strict"))
        counts, why = dict(run.live_figures.outcomes), now.no_headline
        if report is not None and report.samples:
            summary = report.summary
            counts, why = dict(summary.all.outcomes), summary.no_headline
            if (counted := report.strict) is not None:
                score = counted.value, counted.interval.low, counted.interval.high
        if why is not None:
            parts.append((why, "warn"))
        else:
            parts.append((f"score {score_words(score) if score else MISSING:<18}", "here" if score else "faint"))
        if report is not None and report.summary.n_left_out and why is None:
            parts.append((f" of the first {len(report.samples) - report.summary.n_left_out:,}", "dim"))
        undecided = int(counts.get("undecided", 0))
        if undecided and why is None:
            parts.append((f"   {undecided:>3,} undecided", "warn"))
        if run.is_live and counts:
            cut = sum(int(counts.get(name, 0)) for name in CUT_SHORT)
            parts.append((f"   {cut:>3,} cut short", "warn" if cut else "dim"))
    if n_too_long := run.setup.n_too_long:
        parts.append((f"   {n_too_long:,} too long to ask", "warn"))
    word = state_word(run)
    if word in ASKED.values():
        parts.append((f"   {word}…", "warn"))
    elif run.reason:
        parts.append((f"   {run.reason}", "bad" if run.state == "failed" else "warn"))
    elif _says_what_it_does(run):
        parts.append((f"   {run.progress_text}", "dim"))
    return parts


def _speed(now: Now, width: int) -> list[Part]:
    words = machine_words(now)
    if now.run.file.is_served:
        setup = now.run.setup
        words = " · ".join(filter(None, (now.run.made_on, served.spent(now.run.live_figures, setup.max_usd))))
    if now.run.origin == "machine":
        words = origin(now.run)
    parts: list[Part] = []
    if now.run.kind == "eval" and now.run.is_live:
        parts = _rates(now.run, next(cells for least, cells in SPARK_CELLS if width >= least))
    elif now.run.kind == "eval":
        total = now.figure("tokens_per_s_total")
        parts = [("tok/s ", "dim"), (f"{total.value:,.1f}" if total else MISSING, ""), (" total", "dim")]
    return [*parts, ("  " if parts and words else "", ""), (words, "dim")]


def _rates(run: RunRow, cells: int) -> list[Part]:
    """The last two minutes' speed as a curve, and the speed now."""
    rates, total, n_running = run.live_figures.rates, run.live_figures.tokens_per_s_total, run.live_figures.n_running
    each = f"{total / n_running:,.1f}" if total is not None and n_running else MISSING
    return [
        ("tok/s ", "dim"),
        (sparkline(rates, cells) if rates else "·" * cells, "accent" if rates else "faint"),
        (f" {MISSING if total is None else f'{total:,.1f}':>6} total {each:>5} a slot", ""),
    ]


def machine_words(now: Now) -> str:
    """What gauges do not show: "mains · throttled"; of a run that has ended its peak memory."""
    state = now.machine
    if state is None or not now.run.is_live:
        peak = now.run.peak_memory_bytes
        return f"{display.size_bytes(peak)} of memory at the peak" if peak else ""
    words = []
    if state.on_mains is not None:
        battery = f" {state.battery_percent:.0f} %" if state.battery_percent is not None else ""
        words.append("mains" if state.on_mains else f"battery{battery}")
    if state.throttled:
        words.append("throttled")
    return " · ".join(words)
