"""What was evaluated on the user's machines, beside what is published: for the app, the shell, JSON and files.

A score made here and a published index are answers to different questions: both are told, and how the methods
differ, and nothing is subtracted.
"""

from __future__ import annotations

import sqlite3
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aa_tui.analysis import MISSING, display
from aa_tui.catalog.rows import LocalResult, MeasurementRow, ModelRow
from aa_tui.charts.evaluated import figure
from aa_tui.charts.here_eval import current, joules_per_item, points, prompt_style, seconds_per_item, share, undecided
from aa_tui.charts.spec import BarChart, Chart, PanelChart
from aa_tui.pages.measured import Beside

METHOD_NOTE = (
    "Scores made here are of this program's packs and graders, of this file on this machine, with 95 % intervals. "
    "They are on no published index's scale; compare them with other files on the same pack and version."
)
_LEVEL = 0.95
_LABEL_CELLS, _VALUE_CELLS = 14, 24
_FIRST_PACKS = ("local-index", "quick")
"""Which evaluation stands beside the published index, where there are several."""


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """One evaluation, display-ready. Shares are percent with their intervals; tokens are the model's own.

    `undecided` is what undecided samples leave open of the strict score: "2 undecided: 80.3–84.0". `no_headline` says
    why there is no score.
    """

    run_id: int
    state: str
    pack: str
    count: str
    file: str
    quant: str
    size: str
    machine: str
    file_sha256: str
    strict: str
    completed: str
    truncation: str
    index: str
    tokens: str
    thinking: str
    answer: str
    median_tokens: str
    cap: str
    energy: str
    seconds: str
    speed: str
    date: str
    method: str
    categories: tuple[tuple[str, str], ...]
    undecided: str = ""
    no_headline: str = ""

    @property
    def head(self) -> str:
        """What was asked, when, and how far it went."""
        state = "" if self.state == "finished" else f" · {self.state}"
        return f"{self.pack} · n {self.count} · run {self.run_id}, {self.date}{state}"


def rows(results: Sequence[LocalResult]) -> list[EvaluationRow]:
    """A row for each file, machine, pack and version that was evaluated, by its run that counts; newest first."""
    return [_row(result) for result in current(results)]


def groups(shown: Sequence[EvaluationRow]) -> list[list[EvaluationRow]]:
    """The rows by file and machine."""
    found: dict[tuple[str, str], list[EvaluationRow]] = {}
    for row in shown:
        found.setdefault((row.file_sha256, row.machine), []).append(row)
    return list(found.values())


def figures(row: EvaluationRow) -> Iterator[tuple[str, str, str]]:
    """Label, value and meaning of all that is known of an evaluation, in one order everywhere."""
    stopped = "; the interval holds at any stopping time" if "sequence" in row.method else ""
    if row.no_headline:
        yield "no score", row.no_headline.removeprefix("no score: "), ""
    else:
        yield "strict", row.strict, f"all that is not right counts as wrong{stopped}"
        if row.undecided:
            words = row.undecided.replace(" undecided: ", ", so ")
            yield "undecided", f"{words} %", "strict with these wrong, and right"
        yield "completed", row.completed, "of those that came to their own end"
        yield "cut short", row.truncation, "truncated, looping or out of time"
    if row.index != MISSING:
        yield "index", row.index, "of 100, categories in equal weight"
    for name, value in row.categories:
        yield f"  {name}", value, ""
    if row.tokens != MISSING:
        cap = f"; at most {row.cap}" if row.cap != MISSING else ""
        parts = f"thinking {row.thinking}, answer {row.answer}; median {row.median_tokens}{cap}"
        yield "tokens", f"{row.tokens} a question", parts
    if row.speed != MISSING:
        yield "time", f"{row.seconds} a question", f"at {row.speed}"
    if row.energy != MISSING:
        yield "energy", f"{row.energy} a question", ""


def beside(results: Sequence[LocalResult], model: ModelRow) -> list[Beside]:
    """Score and verbosity made here, each beside the published figure that comes nearest."""
    result = _foremost(results)
    if result is None:
        return []
    none_published = "not in this catalog" if model.is_local else "not published"
    row = _row(result)
    index = figure(result, "index")
    score = f"{row.index} of 100 on {row.pack}" if index else f"{row.strict} right on {row.pack}"
    whole = model.intelligence_index
    version = f" (index {model.index_version})" if model.index_version and whole is not None else ""
    cap = f", at most {row.cap} tokens each" if row.cap != MISSING else ""
    asked = f"here {row.count} questions of {row.pack}, this program's graders{cap}, {row.quant} on {row.machine}"
    used = model.index_output_tokens_m
    found = [
        Beside(
            "Intelligence",
            score,
            f"{display.index(whole)}{version}" if whole is not None else none_published,
            f"{asked}; published other questions, graders and caps, full weights: two different scales",
        )
    ]
    if row.tokens != MISSING:
        found.append(
            Beside(
                "Verbosity",
                f"{row.tokens} tokens a question (thinking {row.thinking}, answer {row.answer})",
                f"{display.tokens_m(used)} tokens for the whole index" if used is not None else none_published,
                f"{asked}, the model's own tokens; published o200k_base tokens, all questions of the index together",
            )
        )
    return found


def lines(results: Sequence[LocalResult], model: ModelRow, width: int) -> list[str]:
    """The evaluations as text for the shell, in at most so many columns; empty where there are none."""
    out: list[str] = []
    for group in groups(rows(results)):
        first = group[0]
        out += _wrapped(f"⌂ {first.file} · {first.quant} · {first.size} · {first.machine}", width, 2)
        for row in group:
            out += _wrapped(row.head, width, 4)
            for label, value, meaning in figures(row):
                words = f"{label:<{_LABEL_CELLS}}{value:<{_VALUE_CELLS}} {meaning}".rstrip()
                out += _wrapped(words, width, 6, 7 + _LABEL_CELLS + _VALUE_CELLS)
    if not out:
        return []
    for one in beside(results, model):
        out += ["", *_wrapped(f"{one.label}: {one.words}: {one.difference}.", width, 2)]
    return [*out, "", *_wrapped(METHOD_NOTE, width, 2)]


def _wrapped(words: str, width: int, indent: int, later: int | None = None) -> list[str]:
    """The words in lines; those after the first begin in the column `later`, so that values stay in their own."""
    after = " " * (indent if later is None else min(later, width // 2))
    return textwrap.wrap(words, width, initial_indent=" " * indent, subsequent_indent=after, break_on_hyphens=False)


def as_json(results: Sequence[LocalResult]) -> list[dict[str, Any]]:
    """The evaluations as plain values: shares from 0 to 1, the index from 0 to 100, J and s a question."""
    return [_json(result) for result in current(results)]


def run_charts(conn: sqlite3.Connection, run_id: int) -> list[Chart]:
    """The charts of one run that have something to draw, in the book's order. Raises `UnknownRunError`."""
    from aa_tui.charts import book
    from aa_tui.pages.scene import MEASURED, load_run_scene

    scene = load_run_scene(conn, run_id)
    charts = [kind.build(scene) for kind in book.ALL if kind.section == MEASURED]
    return [chart for chart in charts if _has_figures(chart)]


def _has_figures(chart: Chart) -> bool:
    if isinstance(chart, PanelChart):
        return any(one.bars for one in chart.charts)
    return bool(chart.bars if isinstance(chart, BarChart) else chart.dots)


def _foremost(results: Sequence[LocalResult]) -> LocalResult | None:
    """The evaluation that says most: the local index, else the quick one, else the newest with a score."""
    scored = [one for one in current(results) if figure(one, "score_strict") is not None]
    for pack in _FIRST_PACKS:
        found = next((one for one in scored if one.run.pack == pack), None)
        if found is not None:
            return found
    return scored[0] if scored else None


def _row(result: LocalResult) -> EvaluationRow:
    run = result.run
    strict = figure(result, "score_strict")
    cap, rate = run.settings.get("max_output_tokens"), figure(result, "tokens_per_s_total")
    slots = run.settings.get("n_parallel")
    with_slots = f" with {slots} slot{'' if slots == 1 else 's'}" if isinstance(slots, int) else ""
    joules, seconds = joules_per_item(result), seconds_per_item(result)
    return EvaluationRow(
        run_id=run.id,
        state=run.state,
        pack=f"{run.pack} {run.pack_version or ''}".rstrip()
        + (", plain prompt" if prompt_style(run) == "plain" else ""),
        count=_count(strict.n or 0 if strict else run.n_done, run.n_items),
        file=Path(run.file.path).name,
        quant=run.file.quant or MISSING,
        size=display.size_bytes(run.file.size_bytes),
        machine=f"{run.machine.name} ({run.machine.cpu})" if run.machine else MISSING,
        file_sha256=run.file.sha256,
        strict=_share(strict),
        completed=_share(figure(result, "score_completed")),
        truncation=_share(figure(result, "truncation_rate")),
        index=points(index) if (index := figure(result, "index")) else MISSING,
        tokens=_whole(figure(result, "output_tokens_per_item")),
        thinking=_whole(figure(result, "thinking_tokens_per_item")),
        answer=_whole(figure(result, "answer_tokens_per_item")),
        median_tokens=_whole(figure(result, "output_tokens_median")),
        cap=f"{cap:,}" if isinstance(cap, int) else MISSING,
        energy=_joules(joules),
        seconds=display.seconds(seconds),
        speed=f"{rate.value:,.1f} tokens/s{with_slots}" if rate else MISSING,
        date=(run.ended_at or run.created_at)[:10],
        method=(strict.interval_method or "") if strict else "",
        undecided=undecided(result).removeprefix(", "),
        no_headline=result.no_headline or "",
        categories=tuple((name, f"{_share(row)} n {row.n or 0}") for name, row in _categories(result)),
    )


def _categories(result: LocalResult) -> Iterator[tuple[str, MeasurementRow]]:
    head, tail = f"eval.{result.run.pack}.", ".score_strict"
    for metric, row in sorted(result.measurements.items()):
        name = metric.removeprefix(head).removesuffix(tail)
        if metric == f"{head}{name}{tail}":
            yield name, row


def _json(result: LocalResult) -> dict[str, Any]:
    run = result.run
    strict, index = figure(result, "score_strict"), figure(result, "index")
    low, high = figure(result, "score_strict_low"), figure(result, "score_strict_high")
    value = {
        name: row.value if (row := figure(result, name)) else None
        for name in (
            *("score_completed", "truncation_rate", "output_tokens_per_item", "thinking_tokens_per_item"),
            *("answer_tokens_per_item", "output_tokens_median", "tokens_per_s_total", "joules_per_token"),
        )
    }
    return {
        "run_id": run.id,
        "status": run.state,
        "pack": run.pack,
        "pack_version": run.pack_version,
        "prompt": prompt_style(run),
        "sha256": run.file.sha256,
        "quant": run.file.quant,
        "machine": run.machine.name if run.machine else None,
        "n": strict.n if strict else 0,
        "n_items": run.n_items,
        "max_output_tokens": run.settings.get("max_output_tokens"),
        "score_strict": strict.value if strict else None,
        "interval": _interval(strict),
        "n_undecided": (low.n or 0) - (strict.n or 0 if strict else 0) if low else 0,
        "bounds": {"low": low.value, "high": high.value} if low and high else None,
        "no_headline_reason": result.no_headline,
        "index": {"value": index.value, "interval": _interval(index)} if index else None,
        "by_category": {
            name: {"score_strict": row.value, "n": row.n, "interval": _interval(row)}
            for name, row in _categories(result)
        },
        **value,
        "joules_per_item": joules_per_item(result),
        "seconds_per_item": seconds_per_item(result),
        "ended_at": run.ended_at,
    }


def _interval(row: MeasurementRow | None) -> dict[str, Any] | None:
    if row is None or row.interval_low is None or row.interval_high is None:
        return None
    return {"low": row.interval_low, "high": row.interval_high, "method": row.interval_method, "level": _LEVEL}


def _share(row: MeasurementRow | None) -> str:
    return share(row) if row else MISSING


def _whole(row: MeasurementRow | None) -> str:
    return f"{row.value:,.0f}" if row else MISSING


def _joules(joules: float | None) -> str:
    if joules is None:
        return MISSING
    return f"{joules:,.0f} J" if joules >= 10 else f"{joules:.2g} J"


def _count(done: int, wanted: int | None) -> str:
    return f"{done}" if not wanted or done == wanted else f"{done} of {wanted}"
