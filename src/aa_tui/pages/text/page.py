"""A page as plain text, for the shell."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from aa_tui.analysis import MISSING, Standing, display, meter_glyphs, untold
from aa_tui.charts.draw.drawing import Drawing, Line, Stretch
from aa_tui.pages import history, load, local, measured
from aa_tui.pages.links import links_of
from aa_tui.pages.page import Page
from aa_tui.pages.text import load as load_text
from aa_tui.pages.text import local_evaluations as evaluations_text
from aa_tui.pages.text import others as others_text
from aa_tui.pages.text import study as study_text
from aa_tui.weblinks import found_in

_MAX_WIDTH = 100

TILES = (
    ("intelligence_index", "Intelligence"),
    ("output_tps", "Output speed"),
    ("price_in_usd_per_m", "Input price"),
    ("price_out_usd_per_m", "Output price"),
    ("index_output_tokens_m", "Verbosity"),
)


def drawing(page: Page, width: int) -> Drawing:
    """The page's lines, wrapped to at most `width` columns."""
    width = max(40, min(width, _MAX_WIDTH))
    model = page.model
    marks = f"{untold.reasoning_mark(model)}  "
    marks += local.mark(model)
    head: list[Line] = [(Stretch(model.name, "title"), Stretch(f"  {marks}"))]
    about = [""]
    if page.model.is_local:
        about += [*_wrapped(local.explanation(model, page.cls.title if page.cls else None), width), ""]
    elif page.cls is not None:
        about += [*_wrapped(f"Class: {page.cls.name}. {page.cls.explanation}", width), ""]
    missing = "not known" if model.is_local else "not published"
    tiles = [_tile(label, metric, page.standings[metric], missing) for metric, label in TILES]
    sections = {
        "Summary": [line for paragraph in page.summary for line in (*_wrapped(paragraph, width), "")][:-1],
        "Facts": [f"  {label:<18}{value}" for label, value in page.facts],
        **({"Score history": [f"  {line}" for line in history.lines(page.other_scores)]} if page.other_scores else {}),
        "Measured here": _measured(page, width),
        "Questions": [
            line
            for one in page.faq
            for line in (*_wrapped(one.question, width), *_wrapped(one.answer, width, indent="  "))
        ],
        "Files": _files(page, width),
        "Links": [f"  {one.label:<18}{one.url}" for one in links_of(page.model)] or ["  None is known."],
        "Sources": [line for source in page.sources for line in _wrapped(source, width, indent="  ")],
    }
    below: list[Line] = []
    for title, lines in sections.items():
        below += [(), (Stretch(title, "title"),), *_plain(lines)]
    return Drawing((*head, *_plain(about), *tiles, *below))


def _plain(lines: Iterable[str]) -> list[Line]:
    return [_linked(line) for line in lines]


def _linked(line: str) -> Line:
    """The line with its addresses as links."""
    parts, end = [], 0
    for start, until, url in found_in(line):
        parts += [Stretch(line[end:start]), Stretch(line[start:until], None, url)]
        end = until
    return (*parts, Stretch(line[end:]))


def _tile(label: str, metric: str, place: Standing, missing: str) -> Line:
    unit = " tokens" if metric == "index_output_tokens_m" and place.value is not None else ""
    unit = " tok/s" if metric == "output_tps" and place.value is not None else unit
    value = f"{display.metric(metric, place.value)}{unit}" if place.value is not None else missing
    rank = f"#{place.rank} / {place.of}" if place.rank else MISSING
    average = f"average {display.metric(metric, place.class_median)}" if place.class_median is not None else ""
    return (
        Stretch(f"  {label:<14}"),
        Stretch(f"{value:<14}", "title"),
        Stretch(" "),
        Stretch(meter_glyphs(place.meter), "chosen-bar"),
        Stretch(f"  {rank:<9} {average:<15} {place.phrase or ''}"),
    )


def _measured(page: Page, width: int) -> list[str]:
    out = _measured_here(page, width)
    if page.studied:
        out += ["", f"  {study_text.TITLE}"]
        for words in study_text.studied_lines(page.studied):
            out += _wrapped(words, width, indent="    ")
    if not page.measured_on_others:
        return out
    out += ["", f"  {others_text.TITLE}"]
    for words in others_text.lines(page.measured_on_others):
        out += _wrapped(words, width, indent="    ")
    return out


def _measured_here(page: Page, width: int) -> list[str]:
    rows, through = measured.rows(page.measured_here), load.loads(page.measured_here)
    evaluations = evaluations_text.lines(page.measured_here, page.model, width)
    if not rows and not through:
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
            out.append(f"      pp512 {row.pp} · tg128 {row.tg} tokens/s · peak memory {row.memory}")
            if row.output_tps != MISSING:
                out.append(f"      short: first token after {row.ttft}, then {row.output_tps} tokens/s")
            if row.others:
                out += _wrapped(f"{row.others} tokens/s", width, indent="      ")
            if row.caution:
                out += _wrapped(f"! {row.caution}", width, indent="      ")
    for one in measured.beside(page.measured_here, page.model):
        words = f"{one.label}: {one.words}: {one.difference}."
        out += ["", *_wrapped(words, width, indent="  ")]
    for run in through:
        out += _wrapped(f"⇄ {run.result.run.file.shown_name} · {load_text.head(run)}", width, indent="  ")
        for words in load_text.brief(run):
            out += _wrapped(words, width, indent="      ")
    methods = ([measured.METHOD_NOTE] if rows else []) + ([load.METHOD_NOTE] if through else [])
    for words in methods:
        out += ["", *_wrapped(words, width, indent="  ")]
    return out


def _files(page: Page, width: int) -> list[str]:
    """Where the weights are, and which files of them this machine has seen."""
    where = page.model.weights_url
    out = _wrapped(f"Weights: {where}" if where else "No link to the weights is in this catalog.", width, indent="  ")
    here = [file for file in page.files if not file.is_served]
    for file in here:
        size = display.size_bytes(file.size_bytes)
        words = f"{file.shown_path} · {file.quant or MISSING} · {size} · sha256 {file.sha256}"
        out += _wrapped(words, width, indent="  ")
    out += [] if here else ["  No file of it is known on this machine."]
    for file in page.files:
        if file.is_served:
            url = file.shown_path.partition("#")[0]
            out += _wrapped(f"Served as {file.shown_name} at {url} · {file.quant or MISSING}", width, indent="  ")
    return out


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
