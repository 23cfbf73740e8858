"""A page as plain text, for the shell."""

from __future__ import annotations

import textwrap

from aa_tui.analysis import MISSING, Standing, display, meter_glyphs
from aa_tui.pages import local, local_evaluations, measured
from aa_tui.pages.page import Page

_BOLD, _ACCENT, _RESET = "\x1b[1m", "\x1b[36m", "\x1b[0m"
_MAX_WIDTH = 100

TILES = (
    ("intelligence_index", "Intelligence"),
    ("output_tps", "Output speed"),
    ("price_in_usd_per_m", "Input price"),
    ("price_out_usd_per_m", "Output price"),
    ("index_output_tokens_m", "Verbosity"),
)


def lines(page: Page, width: int, *, color: bool = False) -> list[str]:
    """The page's lines, wrapped to at most `width` columns."""
    width = max(40, min(width, _MAX_WIDTH))
    model = page.model
    marks = f"{'◆ reasoning' if model.reasoning else '◇ non-reasoning'}  "
    marks += "⌂ a file here" if model.is_local else "○ open weights" if model.open_weights else "● proprietary"
    out = [f"{_styled(model.name, _BOLD, color)}  {marks}", ""]
    if page.model.is_local:
        out += [*_wrapped(local.explanation(model, page.cls.title if page.cls else None), width), ""]
    elif page.cls is not None:
        out += [*_wrapped(f"Class: {page.cls.name}. {page.cls.explanation}", width), ""]
    missing = "not known" if model.is_local else "not published"
    out += [_tile(label, metric, page.standings[metric], missing, color) for metric, label in TILES]
    out += ["", *_section("Summary", color)]
    for paragraph in page.summary:
        out += [*_wrapped(paragraph, width), ""]
    out += _section("Facts", color)
    out += [f"  {label:<18}{value}" for label, value in page.facts]
    out += ["", *_section("Measured here", color), *_measured(page, width), ""]
    out += _section("Questions", color)
    for one in page.faq:
        out += [*_wrapped(one.question, width), *_wrapped(one.answer, width, indent="  ")]
    out += ["", *_section("Files", color), *_files(page, width)]
    out += ["", *_section("Sources", color)]
    for source in page.sources:
        out += _wrapped(source, width, indent="  ")
    return out


def _tile(label: str, metric: str, place: Standing, missing: str, color: bool) -> str:
    unit = " tokens" if metric == "index_output_tokens_m" and place.value is not None else ""
    unit = " tok/s" if metric == "output_tps" and place.value is not None else unit
    value = f"{display.metric(metric, place.value)}{unit}" if place.value is not None else missing
    rank = f"#{place.rank} / {place.of}" if place.rank else MISSING
    average = f"average {display.metric(metric, place.class_median)}" if place.class_median is not None else ""
    meter = meter_glyphs(place.meter)
    value = _styled(f"{value:<14}", _BOLD, color)
    meter = _styled(meter, _ACCENT, color)
    return f"  {label:<14}{value} {meter}  {rank:<9} {average:<15} {place.phrase or ''}".rstrip()


def _measured(page: Page, width: int) -> list[str]:
    rows = measured.rows(page.measured_here)
    evaluations = local_evaluations.lines(page.measured_here, page.model, width)
    if not rows:
        slug = page.model.slug
        nothing = (
            f"Nothing yet. `aa-tui bench PATH --model {slug}` measures a GGUF file of it, "
            f"`aa-tui eval {slug} --pack quick` then evaluates it."
        )
        return evaluations or _wrapped(nothing, width, indent="  ")
    out = [*evaluations, ""] if evaluations else []
    for group in measured.groups(rows):
        first = group[0]
        out.append(f"  ⌂ {first.file} · {first.quant} · {first.size}")
        for row in group:
            out += _wrapped(f"run {row.run_id}, {row.date}, {row.state} · {row.how}", width, indent="    ")
            out.append(f"      pp512 {row.pp} · tg128 {row.tg} tokens/s · memory at most {row.memory}")
            if row.output_tps != MISSING:
                out.append(f"      short: first token after {row.ttft}, then {row.output_tps} tokens/s")
            if row.others:
                out += _wrapped(f"{row.others} tokens/s", width, indent="      ")
            if row.caution:
                out += _wrapped(f"! {row.caution}", width, indent="      ")
    for one in measured.beside(page.measured_here, page.model):
        words = f"{one.label}: {one.words}: {one.difference}."
        out += ["", *_wrapped(words, width, indent="  ")]
    return [*out, "", *_wrapped(measured.METHOD_NOTE, width, indent="  ")]


def _files(page: Page, width: int) -> list[str]:
    """Where the weights are, and which files of them this machine has seen."""
    where = page.model.weights_url
    out = _wrapped(f"Weights: {where}" if where else "No link to the weights is in this catalog.", width, indent="  ")
    for file in page.files:
        words = f"{file.path} · {file.quant or MISSING} · {display.size_bytes(file.size_bytes)} · sha256 {file.sha256}"
        out += _wrapped(words, width, indent="  ")
    return out if page.files else [*out, "  No file of it is known on this machine."]


def _section(title: str, color: bool) -> list[str]:
    return [_styled(title, _BOLD, color)]


def _styled(text: str, code: str, color: bool) -> str:
    return f"{code}{text}{_RESET}" if color else text


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
