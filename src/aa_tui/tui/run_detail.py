"""Everything about one run, as text for a width."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.cells import set_cell_size
from textual.content import Content

from aa_tui.analysis import MISSING, display
from aa_tui.pages.measured import devices
from aa_tui.textsafe import clean, clean_line
from aa_tui.tui.live import STATE_MARKS, live_line, local_time
from aa_tui.tui.parts import styled, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aa_tui.catalog.rows import LocalResult, RunEvent, RunRow, SampleRow
    from aa_tui.pages.evaluation import EvalReport

LABEL_CELLS = 14
REPORT_CELLS = 15
"""Where the values of a report's lines begin."""

_STATES = {
    "machine_before": "Before",
    "machine_after": "After",
    "cautions": "Caution",
    "template_system_turn": "System turn",
}
"""What a run's settings tell of the machine and of the template, and how it is called."""

LATEST = 4
"""Samples shown of a run that goes on."""


def run_detail(run: RunRow, result: LocalResult | None, samples: list[SampleRow], width: int) -> Content:
    """What was run, where, with which settings, how it ended, and every sample."""
    mark, kind = STATE_MARKS[run.state]
    head = styled((f"Run {run.id}  ", "strong"), (f"{mark} {run.state}", kind))
    blocks = [styled(head, "\n", wrapped(styled((run.target, "strong")), width))]
    if run.is_live:
        blocks.append(live_line(run, width))
    if run.reason:
        blocks.append(wrapped(styled((run.reason, "bad" if run.state == "failed" else "warn")), width))
    if result and result.no_headline:
        blocks.append(wrapped(styled((result.no_headline, "warn")), width))
    blocks.append(_facts(_facts_of(run), width))
    if result and result.measurements:
        blocks.append(_figures(result, width))
    if samples:
        blocks.append(_latest(samples, width) if run.is_live else _samples(samples, width))
    return Content("\n\n").join(blocks)


def eval_detail(run: RunRow, report: EvalReport, events: list[RunEvent], width: int) -> Content:
    """What came of an evaluation until now, its facts, and the turns of its life."""
    from aa_tui.pages import evaluation

    lines = [_report_line(line, width) for line in evaluation.lines(report)[1:]]
    blocks = [Content("\n").join(lines), _facts(_facts_of(run), width)]
    if events:
        blocks.append(Content("\n").join([styled(("Life", "strong")), *(_event(event, width) for event in events)]))
    return Content("\n\n").join(blocks)


def _report_line(line: str, width: int) -> Content:
    """A line of the shell's report: its label stands back, what is too long goes on below the value."""
    if line.startswith(" " * REPORT_CELLS):  # goes on below the value
        return wrapped(Content(" " * (REPORT_CELLS - 2) + clean_line(line)), width)
    if line.startswith("    "):  # a table's row: its columns stay where they are
        return Content(clean(line)).truncate(width, ellipsis=True)
    label, value = line[:REPORT_CELLS], line[REPORT_CELLS:]
    if not value or not label.endswith(" "):  # words without a label
        return wrapped(Content(clean_line(line)), width)
    parts = wrapped(Content(clean(value)), max(20, width - REPORT_CELLS)).split("\n")
    left = [set_cell_size(label[2:], REPORT_CELLS - 2), *[" " * (REPORT_CELLS - 2)] * (len(parts) - 1)]
    return Content("\n").join(styled((one, "dim"), part) for one, part in zip(left, parts, strict=True))


def _event(event: RunEvent, width: int) -> Content:
    mark, kind = STATE_MARKS.get(event.state, ("·", "dim"))
    reason = f"  {event.reason}" if event.reason else ""
    line = styled((f"{local_time(event.at)}  ", "dim"), (f"{mark} {event.state}", kind), (reason, ""))
    return line.truncate(width, ellipsis=True)


def _facts_of(run: RunRow) -> Iterable[tuple[str, str]]:
    file, machine = run.file, run.machine
    yield "File", f"{file.path} · {file.quant or MISSING} · {display.size_bytes(file.size_bytes)}"
    yield "sha256", file.sha256
    if machine is not None:
        cores = f"{machine.cores_physical} cores" if machine.cores_physical else ""
        memory = display.size_bytes(machine.memory_bytes) if machine.memory_bytes else ""
        yield "Machine", " · ".join(filter(None, (machine.name, machine.cpu, cores, memory, machine.os)))
    if run.engine:
        yield "Engine", _flat({key: value for key, value in run.engine.items() if key != "caution"})
    if run.engine.get("caution"):
        yield "Safer way", str(run.engine["caution"])
    held = devices(run)
    if held:
        yield "Devices", "; ".join(held)
    yield "Settings", _flat({key: value for key, value in run.settings.items() if key not in _STATES}) or MISSING
    for key, label in _STATES.items():
        if run.settings.get(key):
            yield label, _flat(run.settings[key]) if isinstance(run.settings[key], dict) else _word(run.settings[key])
    yield "Asked for", local_time(run.created_at)
    if run.started_at:
        ended = f" – {local_time(run.ended_at)}" if run.ended_at else ""
        yield "Ran", f"{local_time(run.started_at)}{ended}"
    if run.load_s is not None:
        yield "Loading", display.seconds(run.load_s)
    if run.peak_memory_bytes:
        yield "Peak memory", display.size_bytes(run.peak_memory_bytes)
    if run.log_path and run.state == "failed":
        yield "Log", run.log_path
    if run.crash:
        yield "Died", f"{run.crash.get('signal') or 'by itself'} · {run.crash.get('phase')}"
        yield "Log's end", "\n".join(map(str, run.crash.get("last_lines") or [MISSING]))


def _flat(values: dict[str, Any]) -> str:
    """Settings as words: "n threads 2 · flash attn auto". What holds further objects is left to `--json`."""
    words = []
    for key, value in values.items():
        text = _word(value)
        if text and key != "system_info":
            words.append(f"{key.replace('_', ' ')} {text}")
    return " · ".join(words)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if isinstance(value, dict):
        return ", ".join(f"{key} {_word(part)}" for key, part in value.items())
    if isinstance(value, list):
        return ", ".join(_word(part) for part in value if not isinstance(part, dict))
    return "" if value is None else str(value)


def _facts(facts: Iterable[tuple[str, str]], width: int) -> Content:
    lines = []
    for label, value in facts:
        parts = wrapped(Content(value), max(10, width - LABEL_CELLS)).split("\n")
        for number, part in enumerate(parts):
            left = set_cell_size(label if number == 0 else "", LABEL_CELLS)
            lines.append(styled((left, "dim"), part))
    return Content("\n").join(lines)


def _figures(result: LocalResult, width: int) -> Content:
    """Each figure with its interval, else its spread. Those of an evaluation are told without their pack's name."""
    lines = [styled(("Figures", "strong"))]
    cells = max(20, *(len(metric) + 1 for metric in result.measurements))
    for metric, row in result.measurements.items():
        label = metric.removeprefix(f"eval.{result.run.pack}.")
        spread = f" ± {row.stdev:,.2f}" if row.stdev is not None else ""
        if row.interval_low is not None and row.interval_high is not None:
            spread = f" ({row.interval_low:,.2f}–{row.interval_high:,.2f})"
        count = f"  n {row.n}" if row.n else ""
        lines.append(
            styled(
                (set_cell_size(label, cells if label == metric else 26), "dim"),
                (f"{row.value:>12,.2f}{spread}", "here"),
                (f" {row.unit}{count}", "dim"),
            ).truncate(width, ellipsis=True)
        )
    return Content("\n").join(lines)


def _latest(samples: list[SampleRow], width: int) -> Content:
    """The last ones, the newest first, always as many lines: a list that grows would be sent anew each time."""
    shown = _samples(samples[: -LATEST - 1 : -1], width, title=f"Latest of {len(samples):,} samples")
    return Content("\n").join([shown, *[Content("")] * (LATEST - len(samples))])


def _samples(samples: list[SampleRow], width: int, title: str = "Samples") -> Content:
    cells = max(10, *(len(sample.test) + 1 for sample in samples)) if samples else 10
    head = f"{'test':<{cells}}{'rep':>4}  {'tok/s':>10}  {'seconds':>9}  {'TTFT s':>8}"
    lines = [styled((title, "strong")), styled((head, "dim"))]
    for sample in samples:
        ttft = f"{sample.ttft_s:8.3f}" if sample.ttft_s is not None else f"{MISSING:>8}"
        clock = f"{sample.tokens_per_s:>10,.2f}  {sample.seconds:>9.3f}  {ttft}"
        line = f"{sample.test:<{cells}}{sample.repetition:>4}  {clock}"
        lines.append(styled((line, ""), ("  warm-up" if sample.warmup else "", "dim")).truncate(width, ellipsis=True))
    return Content("\n").join(lines)
