"""Lines of words about one model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.analysis import display, untold
from aa_tui.analysis.classes import band_of
from aa_tui.tui.widgets.parts import styled

if TYPE_CHECKING:
    from textual.content import Content

    from aa_tui.catalog.rows import ModelRow


def welcome() -> Content:
    """What this is for, and three keys: the line that is shown once, at the first start."""
    return styled(
        ("  Compare models, run them here: ", "strong"),
        *(("9", "key"), (" lists what fits, ", "dim"), ("Enter", "key"), (" opens, ", "dim")),
        *(("E", "key"), (" evaluates", "dim")),
    )


def model_line(model: ModelRow, place: tuple[int, int] | None = None) -> Content:
    """The model under the cursor in one line; `place` is its rank in its comparison class, and of how many."""
    band = band_of(model)
    kind = untold.reasoning_mark(model).partition(" ")[2]
    rank = f"#{place[0]} of {place[1]:,} " if place else ""
    words = [
        model.creator,
        f"{rank}{band.name}, {kind}" if band else kind,
        model.license or "",
        f"released {model.release_date}" if model.release_date else "",
        f"{display.context(model.context_tokens)} context" if model.context_tokens else "",
    ]
    flag = "!" if model.here_unreliable else ""
    here = f" · ⌂ {model.here_tg_tps:,.1f}{flag} tok/s here" if model.here_tg_tps is not None else ""
    rest = " · ".join(word for word in words if word)
    return styled((f"  {model.name}", "strong"), (f" · {rest}", "dim"), (here, "here"))
