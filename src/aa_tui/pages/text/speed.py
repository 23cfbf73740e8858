"""A speed run's figures in words: the same for the shell and the app."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aa_tui.analysis import display
from aa_tui.analysis.display import threads_words
from aa_tui.catalog.rows import LocalResult, SampleRow
from aa_tui.pages import load, measured
from aa_tui.pages.text import load as load_text
from aa_tui.speed.electricity import Tariff
from aa_tui.speed.summary import summarise

_LEAST_FOR_QUARTILES = 4


def lines(result: LocalResult, samples: Sequence[SampleRow]) -> list[str]:
    """A line or two for each test that has figures, then what was found out about threads, energy and memory; of a
    server the tables of its stages."""
    through = load.of_result(result)
    if through is not None:
        return [f"  {line}".rstrip() for line in load_text.lines(through)]
    figured = (metric.partition(".")[0] for metric in result.measurements)  # of runs whose samples are elsewhere
    names = list(dict.fromkeys((*(sample.test for sample in samples), *figured)))
    width = max((len(name) for name in names if _has_line(name)), default=0)
    found = [f"  {name:<{max(width, 7)}} {words}" for name in names if (words := _of_test(result, name, samples))]
    return [*found, *(f"  {line}" for line in (*_sweeps(result), *_energy(result), *_bandwidth(result)))]


def _has_line(name: str) -> bool:
    return "/" not in name


def _of_test(result: LocalResult, name: str, samples: Sequence[SampleRow]) -> str:
    """A test's line; empty where it has no figure, or its figures are in another's line."""
    if not _has_line(name):
        return ""
    if f"{name}/request.e2e_s" in result.measurements:
        return _at_once(result, name)
    if name in result.measurements:
        return f"{measured.rate(result, name)} tokens/s{_spread(name, samples)}"
    if f"{name}.output_tps" in result.measurements:
        rate = measured.rate(result, f"{name}.output_tps")
        return f"{rate} tokens/s, first token after {_seconds(result, f'{name}.ttft_s')}"
    if f"{name}.ttft_s" in result.measurements:
        cached = _seconds(result, f"{name}/cached.ttft_s")
        again = f", {cached} with the prompt in the cache" if cached else ""
        return f"first token after {_seconds(result, f'{name}.ttft_s')}{again}"
    return _sustained(result, name)


def _spread(name: str, samples: Sequence[SampleRow]) -> str:
    summary = next((one for one in summarise(samples) if one.name == name), None)
    if summary is None or summary.n < _LEAST_FOR_QUARTILES:
        return ""
    digits = 1 if summary.tokens_per_s_median < 1000 else 0
    median, low, high = (
        f"{value:,.{digits}f}"
        for value in (summary.tokens_per_s_median, summary.tokens_per_s_q1, summary.tokens_per_s_q3)
    )
    return f", median {median} ({low}–{high}) of {summary.n}"


def _at_once(result: LocalResult, name: str) -> str:
    each = measured.rate(result, f"{name}/request.output_tps")
    ttft, e2e = (_seconds(result, f"{name}/request.{clock}") for clock in ("ttft_s", "e2e_s"))
    total = f"{result.measurements[name].value:,.1f}"
    return f"{total} tokens/s in total, {each} each, first token after {ttft}, done after {e2e}"


def _sustained(result: LocalResult, name: str) -> str:
    burst, lasting = (result.measurements.get(f"{name}.{clock}") for clock in ("burst_tps", "sustained_tps"))
    if burst is None or lasting is None:
        return ""
    change = lasting.value / burst.value - 1
    return f"{burst.value:,.1f} tokens/s at first, {lasting.value:,.1f} in the last third ({change:+.0%})"


def _sweeps(result: LocalResult) -> Iterator[str]:
    for metric, figure in result.measurements.items():
        test, _, what = metric.rpartition(".")
        if what == "best_threads":
            yield f"{test} is fastest with {threads_words(round(figure.value))} (of {figure.n} numbers tried)"
        if what == "best_at_once":
            total = result.measurements.get(f"{test}.best_tps")
            rate = f", {total.value:,.1f} tokens/s in total" if total else ""
            requests = "request" if round(figure.value) == 1 else "requests"
            yield f"{test}: the total grows up to {figure.value:.0f} concurrent {requests}{rate}"


def _energy(result: LocalResult) -> Iterator[str]:
    tariff = Tariff.from_dict(result.run.setup.tariff)
    source = result.run.setup.energy_source
    for metric, figure in result.measurements.items():
        test, _, what = metric.rpartition(".")
        if what == "joules_per_token":
            cost = ""
            if tariff is not None:
                price = tariff.cost_per_m_tokens(figure.value)
                cost = f", {price:,.2f} {tariff.currency} for 1M tokens at {tariff.per_kwh:g} {tariff.currency}/kWh"
            yield f"{test}: {figure.value:,.3g} J/token ({source}){cost}"


def _bandwidth(result: LocalResult) -> Iterator[str]:
    share = result.measurements.get("tg128.bandwidth_share")
    if share is not None:
        yield f"tg128 reads the weights at {100 * share.value:.0f} % of this machine's measured memory bandwidth"


def _seconds(result: LocalResult, metric: str) -> str:
    figure = result.measurements.get(metric)
    if figure is None:
        return ""
    return display.seconds(figure.value) if figure.value >= 0.1 else f"{figure.value * 1000:.1f} ms"
