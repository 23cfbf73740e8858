"""What was measured through a server, in lines: a table for depths, for concurrency and for rates of arrival."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aa_tui.analysis import MISSING
from aa_tui.catalog.rows import MeasurementRow
from aa_tui.pages.load import Load, Stage

_CLOCKS = ("ttft", "itl", "e2e")
_OF_CLOCKS = ("first token", "between tokens", "whole answer")
_PERCENTS = "p50 / p90 / p99"


def lines(load: Load) -> list[str]:
    """All of it, for the report of a run."""
    found = [*_round_trip(load)]
    if depths := load.of("depth"):
        found += ["", *_aligned(_depths(depths))]
    if levels := load.of("level"):
        found += ["", *_aligned(_of_many("at once", load, levels)), *_best(load)]
    if rates := load.of("rate"):
        found += ["", *_aligned(_of_many("requests/s", load, rates))]
    found += [""] if load.notes or load.few else []
    found += [f"! {words}" for words in load.notes]
    return [*found, *filter(None, [load.few])]


def head(load: Load) -> str:
    """Which run it was, and through what."""
    run = load.result.run
    return f"run {run.id}, {(run.ended_at or run.created_at)[:10]}, {run.state} · through {load.through}"


def few_words(load: Load) -> str:
    """The same in a few words, for lists of runs: "49.7 tok/s alone, 560.8 with 4 at once"."""
    found = []
    alone = next((row for stage in load.of("depth") if (row := stage.figures.get("tg_tps"))), None)
    if alone is not None:
        found.append(f"{alone.value:,.1f} tok/s alone")
    totals = [(rate, stage.value) for stage in load.of("level") if (rate := stage.value_of("output_tps")) is not None]
    if totals:
        rate, level = max(totals)
        found.append(f"{rate:,.1f}{'' if found else ' tok/s'} with {level:.0f} at once")
    rates = load.of("rate")
    if rates and not found:
        waits = rates[-1].value_of("ttft_p90_s")
        found.append(f"first token in {_time(waits)} (p90) at {rates[-1].value:g}/s")
    return ", ".join(found) or MISSING


def brief(load: Load) -> list[str]:
    """The same in a few sentences, for a model's page."""
    found = []
    for stage in load.of("depth"):
        found.append(
            f"depth {stage.value:,.0f}: {_rate(stage.figures.get('tg_tps'))} tokens/s, first token after "
            f"{_time(stage.value_of('ttft_s'))} (prompt {_rate(stage.figures.get('pp_tps'))} tokens/s, estimated)"
        )
    found += _best(load)
    for stage in load.of("rate"):
        good = f", {_goodput(stage)} keep {load.result.run.setup.slo}" if "goodput_share" in stage.figures else ""
        over = ", over-saturated" if stage.is_saturated else ""
        found.append(
            f"{stage.value:g} requests/s: first token after {_percentiles(stage, 'ttft')} ({_PERCENTS}){good}{over}"
        )
    return found


def _round_trip(load: Load) -> Iterator[str]:
    row = load.whole.get("round_trip_s")
    if row is not None:
        yield f"round trip {_time(row.value)}, prompts never from a cache"


def _best(load: Load) -> Iterator[str]:
    best, rate = load.whole.get("best_parallel"), load.whole.get("best_tps")
    if best is not None and rate is not None:
        requests = "request" if round(best.value) == 1 else "requests"
        yield f"most throughput with {best.value:.0f} concurrent {requests}: {rate.value:,.1f} tokens/s"


def _depths(stages: Sequence[Stage]) -> Iterator[tuple[str, ...]]:
    yield "depth", "prompt tok/s (est.)", "output tok/s", "first token", "prompt"
    for stage in stages:
        yield (
            f"{stage.value:,.0f}",
            _rate(stage.figures.get("pp_tps")),
            _rate(stage.figures.get("tg_tps")),
            _time(stage.value_of("ttft_s")),
            _count(stage.value_of("prompt_tokens")),
        )


def _of_many(title: str, load: Load, stages: Sequence[Stage]) -> Iterator[tuple[str, ...]]:
    slo = load.result.run.setup.slo
    yield (title, "tok/s in all", *_OF_CLOCKS, *([f"keep {slo}"] if slo else []), "requests")
    yield ("", "", *(_PERCENTS for _ in _CLOCKS), *([""] if slo else []), "")
    for stage in stages:
        yield (
            f"{stage.value:g}{' !' if stage.is_saturated else ''}",
            _rate(stage.figures.get("output_tps")),
            *(_percentiles(stage, clock) for clock in _CLOCKS),
            *([_goodput(stage)] if slo else []),
            _requests(stage),
        )


def _percentiles(stage: Stage, clock: str) -> str:
    values = [stage.value_of(f"{clock}_p{percent}_s") for percent in (50, 90, 99)]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return MISSING
    in_ms = max(known) < 1
    words = (f"{value * 1000:,.{0 if max(known) >= 0.1 else 1}f}" if in_ms else f"{value:,.2f}" for value in known)
    return f"{' / '.join(words)} {'ms' if in_ms else 's'}"


def _goodput(stage: Stage) -> str:
    share, rate = stage.value_of("goodput_share"), stage.value_of("goodput_per_s")
    return MISSING if share is None or rate is None else f"{100 * share:.1f} %, {rate:.3g}/s"


def _requests(stage: Stage) -> str:
    words = [_count(stage.value_of("requests"))]
    words += [f"{_count(stage.value_of(name))} {name}" for name in ("failed", "unanswered") if name in stage.figures]
    return ", ".join(words)


def _rate(row: MeasurementRow | None) -> str:
    if row is None:
        return MISSING
    digits = 1 if row.value < 1000 else 0
    return f"{row.value:,.{digits}f}" + (f" ± {row.stdev:,.{digits}f}" if row.stdev is not None else "")


def _time(value_s: float | None) -> str:
    if value_s is None:
        return MISSING
    return f"{value_s * 1000:.1f} ms" if value_s < 0.1 else f"{value_s:,.2f} s"


def _count(value: float | None) -> str:
    return MISSING if value is None else f"{value:,.0f}"


def _aligned(rows: Iterator[tuple[str, ...]]) -> list[str]:
    """Columns, all but the last at the right."""
    table = list(rows)
    widths = [max(len(row[at]) for row in table) for at in range(len(table[0]))]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
