"""The five headline figures of a page: value, place in the class, class average, phrase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from aa_tui.analysis import display, meter_glyphs
from aa_tui.charts.here.reliability import FLAG
from aa_tui.pages import local, local_evaluations, measured
from aa_tui.tui.widgets.parts import styled, wrapped

if TYPE_CHECKING:
    from aa_tui.pages.page import Page

TILES = (
    ("intelligence_index", "INTELLIGENCE"),
    ("output_tps", "SPEED"),
    ("price_in_usd_per_m", "INPUT PRICE"),
    ("price_out_usd_per_m", "OUTPUT PRICE"),
    ("index_output_tokens_m", "VERBOSITY"),
)
UNITS = {"output_tps": " tok/s", "index_output_tokens_m": " tokens"}

ROW_TILES_BELOW = 105
"""Narrower than this the tiles are lines under each other."""

PHRASES_FROM = 74
"""Narrower than this the lines have no phrases; what was measured here then stands in the average's place."""

CLASS_BOX_FROM = 142
CLASS_BOX_CELLS = 34
BOX_ROWS = 5
RULE = "│"


LEAST_TILES, METER_CELLS = 4, 4


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure, ready to show. `here` is what this machine measured, if it did."""

    label: str
    value: str
    meter: str
    rank: str
    average: str
    phrase: str
    here: str = ""


def tiles_of(page: Page) -> list[Tile]:
    """The five tiles of a page, in their order; of a model that only a file here tells of, what was measured of it."""
    return local_tiles(page) if page.model.is_local else [_tile(page, metric, label) for metric, label in TILES]


def has_class_box(page: Page, width: int) -> bool:
    """Whether what the model is compared with stands beside the tiles: where there is room for all of it."""
    words = wrapped(styled(class_words(page)), CLASS_BOX_CELLS).plain
    return width >= CLASS_BOX_FROM and words.count("\n") < BOX_ROWS


def _tile(page: Page, metric: str, label: str) -> Tile:
    place = page.standings[metric]
    unit = UNITS.get(metric, "")
    value = display.metric(metric, place.value)
    average = display.metric(metric, place.class_median)
    here = ""
    if metric == "output_tps" and page.model.here_tg_tps is not None:
        flag = FLAG if page.model.here_unreliable else ""
        here = f"⌂ {page.model.here_tg_tps:,.1f}{flag} tok/s here"
    missing = value == display.MISSING
    free = page.model.open_weights and page.standings["price_out_usd_per_m"].value == 0
    unsold = metric == "output_tps" and free
    estimate = " ~" if metric == "intelligence_index" and page.model.index_is_estimate and not missing else ""
    return Tile(
        label=label,
        value=value if missing else f"{value}{unit}{estimate}",
        meter=meter_glyphs(place.meter),
        rank=f"#{place.rank} / {place.of}" if place.rank else "",
        average=f"average {average}" if place.class_median is not None else "no average",
        phrase=place.phrase or ("" if not missing else "not sold" if unsold else "not published"),
        here=here,
    )


HERE_TILES = (
    ("SPEED HERE", "tg128", " tok/s"),
    ("PROMPT HERE", "pp512", " tok/s"),
    ("FIRST TOKEN", "short.ttft_s", "s"),
)


def local_tiles(page: Page) -> list[Tile]:
    """Of a model that only a file here tells of: what was measured of it, then what its file says."""
    tiles = [tile for one in HERE_TILES if (tile := _here(page, *one)) is not None]
    memory = next((result.run for result in page.measured_here if result.run.peak_memory_bytes), None)
    if memory is not None:
        size = display.size_bytes(memory.peak_memory_bytes)
        tiles.append(Tile("PEAK MEMORY", size, "", "", f"run {memory.id}", ""))
    score = next(iter(local_evaluations.rows(page.measured_here)), None)
    if score is not None:
        value = score.strict.partition(" (")[0]
        label = "SCORE, SERVED" if score.is_served else "SCORE HERE"
        tiles.append(Tile(label, value, "", "", f"run {score.run_id}", score.pack))
    model = page.model
    by = f"by its {local.teller(model)}"
    facts = [
        Tile("PARAMETERS", display.params_b(model.total_params_b), "", "", by, ""),
        Tile("CONTEXT", display.context(model.context_tokens), "", "", by, ""),
        *(
            Tile("FILE", display.size_bytes(file.size_bytes), "", "", file.quant or "", "")
            for file in page.files
            if not file.is_served
        ),
    ]
    return [*tiles, *(tile for tile in facts if tile.value != display.MISSING)][: len(TILES)]


def _here(page: Page, label: str, metric: str, unit: str) -> Tile | None:
    here = (one for one in page.measured_here if not one.run.file.is_served)  # a server's speed is none of this machine
    result = next((one for one in here if metric in one.measurements), None)
    if result is None:
        return None
    value = display.seconds(result.measurements[metric].value) if unit == "s" else measured.rate(result, metric) + unit
    date = (result.run.ended_at or result.run.created_at)[:10]
    return Tile(label, value, "", "", f"run {result.run.id}", date)


def tiles_content(page: Page, width: int) -> Content:
    """The tiles for this width: side by side, or one a line."""
    tiles = tiles_of(page)
    if width < ROW_TILES_BELOW:
        return _as_lines(tiles, width)
    box = CLASS_BOX_CELLS + 3 if has_class_box(page, width) else 0
    cells = (width - box) // max(len(tiles), LEAST_TILES)
    columns = [_as_column(tile) for tile in tiles]
    rows = [[styled(column[row]) for column in columns] for row in range(len(columns[0]))]
    beside = _class_lines(page, len(rows)) if box else []
    lines = []
    for number, row in enumerate(rows):
        line = Content("").join(_cell(part, cells) for part in row)
        if beside:
            line = line.pad_right(max(0, width - box - line.cell_length))
            line = styled(line, (f"{RULE}  ", "faint"), beside[number])
        lines.append(line)
    return Content("\n").join(lines)


def _as_column(tile: Tile) -> list[tuple[str, str] | Content]:
    place = styled((tile.meter, "bar" if tile.rank else "track"), ("  ", ""), (tile.rank, ""))
    return [
        (tile.label, "dim"),
        (tile.value, "accent-strong" if tile.value != display.MISSING else "faint"),
        place,
        (tile.average, "dim"),
        (tile.here or tile.phrase, "here" if tile.here else "dim"),
    ]


def _as_lines(tiles: list[Tile], width: int) -> Content:
    lines = []
    for tile in tiles:
        shown = tile.value != display.MISSING
        last = tile.here or tile.phrase
        if width < PHRASES_FROM:
            last = last.removesuffix(" here")
        roomy = width >= PHRASES_FROM
        parts = [
            (set_cell_size(tile.label, 13), "dim"),
            (set_cell_size(tile.value, 12), "accent-strong" if shown else "faint"),
            (set_cell_size(tile.meter, METER_CELLS), "bar" if tile.rank else "track"),
            (set_cell_size(f"  {tile.rank}", 11), ""),
            (set_cell_size(tile.average, 15), "dim") if roomy or not tile.here else ("", ""),
            (last, "here" if tile.here else "dim") if roomy or tile.here else ("", ""),
        ]
        lines.append(styled(*parts).truncate(width, ellipsis=True))
    return Content("\n").join(lines)


def _class_lines(page: Page, count: int) -> list[Content]:
    """What the model is compared with, in a narrow column."""
    lines = wrapped(styled((class_words(page), "dim")), CLASS_BOX_CELLS).split("\n")
    return [lines[row] if row < len(lines) else Content("") for row in range(count)]


def class_words(page: Page) -> str:
    """What the averages and ranks are taken from, in one sentence."""
    if page.model.is_local:
        return local.explanation(page.model, None)  # no averages are shown
    if page.cls is None:
        return "Not compared: what would place it in a class is not published."
    date = f", table of {page.model.as_of}" if page.model.as_of else ""
    scope = "both reasoning and not" if page.model.reasoning else "non-reasoning only"
    count = page.cls.count
    title = page.cls.title.replace("Models", "models")
    return f"Compared with {count} {title}, {scope}{date}."


def _cell(content: Content, cells: int) -> Content:
    content = content.truncate(cells - 1, ellipsis=True)
    return content.pad_right(max(0, cells - cell_len(content.plain)))
