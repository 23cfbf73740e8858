"""The leaderboard's columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from aa_tui.analysis import display, untold
from aa_tui.analysis.classes import band_of
from aa_tui.catalog.models import BY_CLASS
from aa_tui.catalog.rows import ModelRow
from aa_tui.charts.draw.cells import cell_width, cut
from aa_tui.tui.widgets.columns import Column, Part

if TYPE_CHECKING:
    from aa_tui.library.fits import Fit

MISSING: tuple[Part, ...] = (("–", ""),)
"""In the look of its neighbours: every change of look costs some forty bytes on the wire."""

RANK_CELLS = 4
NAME_CELLS = 24
BAR_CELLS = 8
NARROW_BAR_CELLS = 6
_MODE = re.compile(r"(?<=\()(Non-)?[Rr]easoning|(?<=Adaptive) Reasoning")
_INDEX_CELLS = 5
"""The score itself, its estimate mark and a space."""


def plain(text: str, kind: str = "") -> tuple[Part, ...]:
    """A cell of one piece; a missing value is a dash."""
    return MISSING if text == display.MISSING else ((text, kind),)


def bar(share: float, cells: int, kind: str = "bar") -> tuple[Part, ...]:
    """A bar of a fixed length, filled to a share of 0 to 1."""
    filled = max(0, min(cells, round(share * cells)))
    return (("▰" * filled, kind), ("▱" * (cells - filled), "track"))


def price_text(value: float | None) -> str:
    """A price without its sign, so padded that decimal points stand below each other."""
    text = display.usd(value)
    if text == display.MISSING:
        return text
    text = text.replace("$", "")
    return text if len(text.rpartition(".")[2]) >= 3 else text + " "


def _price(value: float | None) -> tuple[Part, ...]:
    text = price_text(value)
    return (("– ", ""),) if text == display.MISSING else ((text, ""),)


def _marks(row: ModelRow, _: int) -> Sequence[Part]:
    return ((" ".join(untold.marks(row)), "dim"),)


def _here(row: ModelRow, _: int) -> Sequence[Part]:
    if row.here_tg_tps is None:
        return MISSING
    return _measured(row, f"{row.here_tg_tps:,.1f}")


def _params(row: ModelRow, _: int) -> Sequence[Part]:
    return MISSING if row.total_params_b is None else plain(f"{row.total_params_b:,.1f}")


def short_name(name: str, width: int) -> str:
    """A name too long for its column goes without the mode, which the mark beside it says, and then without "Effort".

    What is still too long is cut in the middle: names that begin alike are told apart by their ends.
    """
    if cell_width(name) > width:
        name = _MODE.sub("", name).replace(" ()", "").replace("(, ", "(")
    if cell_width(name) > width:
        name = name.replace(" Effort", "")
    if cell_width(name) > width:
        name = name.replace("(Adaptive, ", "(")
    return cut(name, width)


def _here_pp(row: ModelRow, _: int) -> Sequence[Part]:
    if row.here_pp_tps is None:
        return MISSING
    return _measured(row, f"{row.here_pp_tps:,.0f}")


def _measured(row: ModelRow, figure: str) -> Sequence[Part]:
    """A speed made here, with a sign where it is unreliable."""
    return ((figure, "here"), ("!" if row.here_unreliable else " ", "warn"), ("⌂", "here"))


def _here_index(row: ModelRow, _: int) -> Sequence[Part]:
    if row.here_index is None:
        return MISSING
    return ((f"{row.here_index:,.1f} ", "here"), ("⌂", "here"))


def _seconds(value: float | None) -> tuple[Part, ...]:
    return plain(display.seconds(value).removesuffix(" s"))


def _class(row: ModelRow, _: int) -> Sequence[Part]:
    band = band_of(row)
    return plain(band.tab if band else display.MISSING, "dim")


def fixed_columns(
    rank_of: Callable[[ModelRow], int | None],
    folded_under: Callable[[ModelRow], int] = lambda _: 0,
    is_behind: Callable[[ModelRow], bool] = lambda _: False,
    rank_cells: int = RANK_CELLS,
) -> tuple[Column[ModelRow], ...]:
    """The columns that never leave: place, marks and name with how many variants are folded under it."""

    def name(row: ModelRow, width: int) -> Sequence[Part]:
        folded = folded_under(row)
        if folded:
            more = f" +{folded}"
            return ((short_name(row.name, width - len(more)), ""), (more, "accent"))
        if is_behind(row):
            return (("└ ", "faint"), (short_name(row.name, width - 2), ""))
        return ((short_name(row.name, width), ""),)

    def rank(row: ModelRow, _: int) -> Sequence[Part]:
        place = rank_of(row)
        return ((str(place), "dim"),) if place is not None else ()

    return (
        Column(
            "rank",
            "#",
            rank_cells,
            rank,
            meaning="rank by the Intelligence Index in the class listed, whatever is searched, filtered or sorted by",
        ),
        Column(
            "marks",
            "",
            3,
            _marks,
            right=False,
            meaning="◆ reasoning or ◇ not; ○ open weights or ● proprietary",
        ),
        Column(
            "name",
            "Model",
            NAME_CELLS,
            name,
            right=False,
            flexible=True,
            most=44,
            sort="name",
            name="Name",
        ),
    )


def best_quant_cell(fit: Fit | None) -> Sequence[Part]:
    """The best quantization that fits, with its speed: "Q4_K_M ~6.2"; ~ before it where its size is an estimate."""
    if fit is None:
        return MISSING
    one = fit.candidate
    name = ("~" if one.size_is_estimate else "") + one.quant
    speed = f"{fit.speed.words:>6}" if fit.speed is not None else f"{display.MISSING:>6}"
    return ((name, "here" if one.path else "" if fit.mark == "fits" else "warn"), (speed, ""))


def moving_columns(
    best_index: Callable[[], float],
    *,
    wide_bars: bool,
    best_quant: Callable[[ModelRow], Sequence[Part]] = lambda _: MISSING,
) -> dict[str, Column[ModelRow]]:
    """All other columns by key, in the order of a wide screen. `best_index` is the longest bar's value, `best_quant`
    the cell of the one that is only there when it was chosen."""

    def index(row: ModelRow, width: int) -> Sequence[Part]:
        value = row.intelligence_index
        if value is None:
            return (("  –", ""),)
        mark = "~ " if row.index_is_estimate else "  "
        filled = bar(value / (best_index() or 1.0), width - _INDEX_CELLS)
        return ((f"{display.index(value):>3}", ""), (mark, "dim"), *filled)

    columns: tuple[Column[ModelRow], ...] = (
        Column(
            "creator",
            "Creator",
            14,
            lambda row, _: ((row.creator, ""),),
            right=False,
            sort="creator",
            name="Creator",
        ),
        Column(
            "index",
            "Index",
            _INDEX_CELLS + (BAR_CELLS if wide_bars else NARROW_BAR_CELLS),
            index,
            right=False,
            sort="intelligence_index",
            name="Intelligence Index",
            meaning="0–100, higher is better; the bar is the share of the best in the tab, ~ an estimate",
        ),
        Column(
            "tokens",
            "Tokens",
            6,
            lambda row, _: plain(display.tokens_m(row.index_output_tokens_m)),
            sort="index_output_tokens_m",
            name="Output tokens on the index",
            meaning="output tokens, reasoning and answer, that one pass over the index took: verbosity",
        ),
        Column(
            "price_in",
            "In $/M ",
            7,
            lambda row, _: _price(row.price_in_usd_per_m),
            sort="price_in_usd_per_m",
            name="Input price",
            meaning="USD per million input tokens; 0.00 for an open model that no API sells",
        ),
        Column(
            "price_out",
            "Out $/M ",
            8,
            lambda row, _: _price(row.price_out_usd_per_m),
            sort="price_out_usd_per_m",
            name="Output price",
            meaning="USD per million output tokens",
        ),
        Column(
            "blend",
            "$/M ",
            7,
            lambda row, _: _price(row.blended_price_usd_per_m),
            sort="blended_price_usd_per_m",
            name="Blended price",
            meaning="USD per million tokens at three input tokens to one output token",
        ),
        Column(
            "tps",
            "tok/s",
            6,
            lambda row, _: plain(display.speed(row.output_tps)),
            sort="output_tps",
            name="Output speed",
            meaning="published output tokens a second after the first token (o200k_base tokens), median of the APIs",
        ),
        Column(
            "ttft",
            "TTFT s",
            6,
            lambda row, _: _seconds(row.ttft_s),
            sort="ttft_s",
            name="Time to first token",
            meaning="published seconds from sending the request to the first token",
        ),
        Column(
            "ttfat",
            "TTFAT s",
            7,
            lambda row, _: _seconds(row.ttfat_s),
            sort="ttfat_s",
            name="Time to first answer token",
            meaning="seconds to the first token of the answer: time to first token and thinking time",
        ),
        Column(
            "e2e",
            "E2E s",
            6,
            lambda row, _: _seconds(row.e2e_s),
            sort="e2e_s",
            name="End-to-end response time",
            meaning="seconds to the end of a 500-token answer, thinking included",
        ),
        Column(
            "cost",
            "Cost $ ",
            9,
            lambda row, _: _price(row.cost_to_run_usd),
            sort="cost_to_run_usd",
            name="Cost to run the index",
            meaning="USD for one pass over the index",
        ),
        Column(
            "reasoning_tokens",
            "Think",
            6,
            lambda row, _: plain(display.tokens_m(row.reasoning_tokens_m)),
            sort="reasoning_tokens_m",
            name="Reasoning tokens on the index",
            meaning="the thinking part of the output tokens on the index",
        ),
        Column(
            "openness",
            "Open",
            4,
            lambda row, _: plain(display.index(row.openness_index)),
            sort="openness_index",
            name="Openness Index",
            meaning="0–100: availability of weights, transparency of data and method",
        ),
        Column(
            "params",
            "Params B",
            8,
            _params,
            sort="total_params_b",
            name="Total parameters",
            meaning="all weights, in billions",
        ),
        Column(
            "active",
            "Active B",
            8,
            lambda row, _: MISSING if row.active_params_b is None else plain(f"{row.active_params_b:,.1f}"),
            sort="active_params_b",
            name="Active parameters",
            meaning="weights used for a token, in billions; fewer than all in mixture-of-experts models",
        ),
        Column(
            "context",
            "Context",
            7,
            lambda row, _: plain(display.context(row.context_tokens)),
            sort="context_tokens",
            name="Context window",
            meaning="tokens that fit into the context",
        ),
        Column(
            "here",
            "⌂ tok/s",
            8,
            _here,
            sort="here_tg_tps",
            name="Measured here",
            meaning="tokens a second generated on this machine (tg128, the model's own tokens), newest run; "
            "! unreliable, measure again when idle",
        ),
        Column(
            "here_pp",
            "⌂ pp/s",
            8,
            _here_pp,
            sort="here_pp_tps",
            name="Measured here: prompt",
            meaning="prompt tokens a second on this machine (pp512, the model's own tokens), newest run",
        ),
        Column(
            "here_index",
            "⌂ Index",
            8,
            _here_index,
            sort="here_index",
            name="Measured here: index",
            meaning="index of the pack local-index on this machine, else of its part quick; no published scale",
        ),
        Column(
            "best_quant",
            "Fits, tok/s",
            14,
            lambda row, _: best_quant(row),
            name="Best quantization that fits",
            meaning="the best quantization that fits this machine with the context of an evaluation, and its expected "
            "tokens a second (~); ~ before it: by the usual size. Only there when it was chosen",
        ),
        Column(
            "class",
            "Class",
            9,
            _class,
            right=False,
            sort=BY_CLASS,
            name="Comparison class",
            meaning="open weights by size, proprietary models by blended price",
        ),
        Column(
            "released",
            "Released",
            10,
            lambda row, _: plain(display.date(row.release_date)),
            sort="release_date",
            name="Release date",
        ),
        Column(
            "license",
            "Licence",
            12,
            lambda row, _: plain(row.license or display.MISSING, "dim"),
            right=False,
            sort="license",
            name="Licence",
        ),
        Column(
            "as_of",
            "As of",
            10,
            lambda row, _: plain(display.date(row.as_of), "dim"),
            sort="as_of",
            name="Date of the table",
            meaning="when the published figures were read",
        ),
    )
    return {column.key: column for column in columns}


_LATE = ("ttfat", "e2e", "cost", "reasoning_tokens", "openness", "active", "here_index", "here_pp", "class", "as_of")
DEFAULTS: dict[str, tuple[str, ...]] = {
    "narrow": (
        *("index", "tokens", "blend", "here", "params", "context", "tps", "ttft", "price_in", "price_out"),
        *("creator", "released", "license", *_LATE),
    ),
    "normal": (
        *("index", "tokens", "blend", "here", "params", "context", "creator", "released", "tps", "ttft"),
        *("price_in", "price_out", "license", *_LATE),
    ),
    "wide": (
        *("creator", "index", "tokens", "price_in", "price_out", "tps", "ttft", "params", "context", "here"),
        *("released", "license", "blend", *_LATE),
    ),
}
"""Which columns there are at each width class and their order; those that do not fit are a → away."""


def width_class(cells: int) -> str:
    """The width class of a table of so many cells."""
    return "narrow" if cells < 100 else "normal" if cells < 140 else "wide"
