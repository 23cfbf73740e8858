"""The leaderboard's columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len

from aa_tui.analysis import display
from aa_tui.catalog.rows import ModelRow
from aa_tui.tui.columns import Column, Part

MISSING: tuple[Part, ...] = (("–", ""),)
"""In the look of its neighbours: every change of look costs some forty bytes on the wire."""

NAME_CELLS = 24
BAR_CELLS = 8
NARROW_BAR_CELLS = 6
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
    return ((("◆" if row.reasoning else "◇") + (" ○" if row.open_weights else " ●"), "dim"),)


def _here(row: ModelRow, _: int) -> Sequence[Part]:
    if row.here_tg_tps is None:
        return MISSING
    return ((f"{row.here_tg_tps:,.1f} ", "here"), ("⌂", "here"))


def _params(row: ModelRow, _: int) -> Sequence[Part]:
    return MISSING if row.total_params_b is None else plain(f"{row.total_params_b:,.1f}")


def short_name(name: str, width: int) -> str:
    """A name too long for its column goes without the mode, which the mark beside it says."""
    if cell_len(name) > width:
        for mode in (" (Reasoning)", " (Non-reasoning)"):
            name = name.removesuffix(mode)
    return name


def fixed_columns(rank_of: Callable[[ModelRow], int | None]) -> tuple[Column[ModelRow], ...]:
    """The columns that never leave: place, marks and name."""

    def rank(row: ModelRow, _: int) -> Sequence[Part]:
        place = rank_of(row)
        return ((str(place), "dim"),) if place is not None else ()

    return (
        Column("rank", "#", 4, rank, meaning="place in the list as it is sorted and filtered now"),
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
            lambda row, width: ((short_name(row.name, width), ""),),
            right=False,
            flexible=True,
            most=44,
            sort="name",
            name="Name",
        ),
    )


def moving_columns(best_index: Callable[[], float], *, wide_bars: bool) -> dict[str, Column[ModelRow]]:
    """All other columns by key, in the order of a wide screen. `best_index` is the longest bar's value."""

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
            lambda row, _: ((row.creator, "dim"),),
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
            lambda row, _: plain(display.seconds(row.ttft_s).removesuffix(" s")),
            sort="ttft_s",
            name="Time to first token",
            meaning="published seconds from sending the request to the first token",
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
            meaning="tokens a second generated on this machine (tg128, the model's own tokens), newest run",
        ),
        Column(
            "released",
            "Released",
            10,
            lambda row, _: plain(display.date(row.release_date), "dim"),
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
    )
    return {column.key: column for column in columns}


_REST = ("params", "context", "tps", "ttft", "price_in", "price_out", "creator", "released", "license")
NARROW = ("index", "tokens", "blend", "here", *_REST)
NORMAL = (
    "index",
    "tokens",
    "blend",
    "here",
    "params",
    "context",
    "creator",
    "released",
    *_REST[2:6],
    "license",
)
WIDE = ("creator", "index", "tokens", "price_in", "price_out", "tps", "ttft", "params", "context", "here")
WIDE_REST = ("released", "license", "blend")
"""Which columns come first at each width; the rest are a → away."""
