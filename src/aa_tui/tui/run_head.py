"""The first lines of a run's screen: how far, how long still, the score, the speed, the machine. Fixed widths."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.content import Content

from aa_tui.analysis import MISSING, display
from aa_tui.outcomes import CUT_SHORT
from aa_tui.tui.live import (
    ASKED,
    STATE_MARKS,
    live_score,
    noted_score,
    progress_bar,
    score_words,
    sparkline,
    state_word,
)
from aa_tui.tui.parts import styled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aa_tui.catalog.rows import LiveSlot, MeasurementRow, RunRow
    from aa_tui.catalog.telemetry import MachineState
    from aa_tui.pages.evaluation import EvalReport
    from aa_tui.tui.columns import Part

ONE_LINE_FROM = 130
"""The width from which title, progress and score share a line."""

SPARK_CELLS = ((130, 36), (100, 24), (0, 12))
"""From which width on the speed's curve has how many cells."""

GAP = "   "


@dataclass(frozen=True, slots=True)
class Now:
    """What the catalog tells of a run at a moment.

    While it goes on: what each slot writes, and the last state of the machine that its worker noted. Afterwards: the
    figures that were noted, since what the live row said last is older than they are. `labels` changes with a label.
    """

    run: RunRow
    slots: tuple[LiveSlot, ...] = ()
    machine: MachineState | None = None
    figures: Mapping[str, MeasurementRow] = field(default_factory=dict)
    labels: tuple[int, str] = (0, "")
    noted_no_headline: str | None = None

    @property
    def no_headline(self) -> str | None:
        """Why there is no score, None where there may be one."""
        told = self.run.live.get("no_headline") if self.run.is_live else self.noted_no_headline
        return told if isinstance(told, str) else None

    def figure(self, name: str) -> MeasurementRow | None:
        """A figure of the run's pack."""
        return self.figures.get(f"eval.{self.run.pack}.{name}")


def run_head(now: Now, width: int, report: EvalReport | None = None) -> Content:
    """Two lines where there is room for it, four where there is not.

    `report` is what the samples add up to, as it stands below: the live row's own score is seconds old.
    """
    title, progress, score, speed = _title(now.run), _progress(now.run), _score(now, report), _speed(now, width)
    if width >= ONE_LINE_FROM:
        lines = [styled(*title, GAP, *progress, GAP, *score), styled(*speed)]
    else:
        lines = [styled(*title), styled(*progress), styled(*score), styled(*speed)]
    return Content("\n").join(line.truncate(width, ellipsis=True) for line in lines)


def _title(run: RunRow) -> list[Part]:
    mark, kind = STATE_MARKS[run.state]
    what = f"{run.pack} {run.pack_version or ''}".rstrip() if run.kind == "eval" else "speed"
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
    from aa_tui.pages.plan import time_words

    found = [run.live.get(name) for name in ("left_s", "left_low_s", "left_high_s")]
    seconds = [one for one in found if isinstance(one, int | float)]
    if len(seconds) != len(found) or run.state == "paused":
        return []
    left, low, high = map(time_words, seconds)
    return [(f"   left {left:>7}", ""), (f" ({low} – {high})", "dim")]


def _score(now: Now, report: EvalReport | None) -> list[Part]:
    """The score, while it goes on how many were cut short, and why it does not go on."""
    run = now.run
    parts: list[Part] = []
    if run.kind == "eval":
        score = live_score(run) if run.is_live else noted_score(now.figure("score_strict"))
        outcomes, why = run.live.get("outcomes"), now.no_headline
        if report is not None and report.samples:
            summary = report.summary
            outcomes, why = dict(summary.all.outcomes), summary.no_headline
            if (counted := report.strict) is not None:
                score = counted.value, counted.interval.low, counted.interval.high
        counts = outcomes if isinstance(outcomes, dict) else {}
        if why is not None:
            parts.append((why, "warn"))
        else:
            parts.append((f"score {score_words(score) if score else MISSING:<16}", "here" if score else "faint"))
        undecided = int(counts.get("undecided", 0))
        if undecided and why is None:
            parts.append((f"   {undecided:>3,} undecided", "warn"))
        if run.is_live and counts:
            cut = sum(int(counts.get(name, 0)) for name in CUT_SHORT)
            parts.append((f"   {cut:>3,} cut short", "warn" if cut else "dim"))
    word = state_word(run)
    if word in ASKED.values():
        parts.append((f"   {word}…", "warn"))
    elif run.reason:
        parts.append((f"   {run.reason}", "bad" if run.state == "failed" else "warn"))
    elif run.progress_text and (run.state in ("queued", "starting", "paused") or (run.is_live and not run.live)):
        parts.append((f"   {run.progress_text}", "dim"))
    return parts


def _speed(now: Now, width: int) -> list[Part]:
    words = machine_words(now)
    parts: list[Part] = []
    if now.run.kind == "eval" and now.run.is_live:
        parts = _rates(now.run, next(cells for least, cells in SPARK_CELLS if width >= least))
    elif now.run.kind == "eval":
        total = now.figure("tokens_per_s_total")
        parts = [("tok/s ", "dim"), (f"{total.value:,.1f}" if total else MISSING, ""), (" total", "dim")]
    return [*parts, ("  " if parts and words else "", ""), (words, "dim")]


def _rates(run: RunRow, cells: int) -> list[Part]:
    """The last two minutes' speed as a curve, and the speed now."""
    rates = [float(rate) for rate in run.live.get("rates") or [] if isinstance(rate, int | float)]
    told = run.live.get("tokens_per_s_total")
    total = float(told) if isinstance(told, int | float) else None
    n_running = run.live.get("n_running") or 0
    each = f"{total / n_running:,.1f}" if total is not None and n_running else MISSING
    return [
        ("tok/s ", "dim"),
        (sparkline(rates, cells) if rates else "·" * cells, "accent" if rates else "faint"),
        (f" {MISSING if total is None else f'{total:,.1f}':>6} total {each:>5} a slot", ""),
    ]


def machine_words(now: Now) -> str:
    """Memory, temperature, power and mains, each only where it is known: "3.2 GB · 61 °C · 32 W · mains"."""
    state = now.machine
    if state is None or not now.run.is_live:
        peak = now.run.peak_memory_bytes
        return f"{display.size_bytes(peak)} of memory at most" if peak else ""
    words = []
    if state.rss_bytes is not None:
        words.append(display.size_bytes(state.rss_bytes))
    temperatures = [one for one in (state.temperature_c, state.gpu_temperature_c) if one is not None]
    if temperatures:
        words.append(f"{max(temperatures):.0f} °C")
    powers = [one for one in (state.power_w, state.gpu_power_w) if one is not None]
    if powers:
        words.append(f"{sum(powers):.0f} W")
    if state.on_mains is not None:
        battery = f" {state.battery_percent:.0f} %" if state.battery_percent is not None else ""
        words.append("mains" if state.on_mains else f"battery{battery}")
    if state.throttled:
        words.append("throttled")
    return " · ".join(words)
