"""Lines of words about one model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.analysis import display
from aa_tui.analysis.classes import band_of
from aa_tui.tui.parts import styled

if TYPE_CHECKING:
    from textual.content import Content

    from aa_tui.catalog.rows import ModelRow


def model_line(model: ModelRow) -> Content:
    """The model under the cursor in one line."""
    band = band_of(model)
    kind = "reasoning" if model.reasoning else "non-reasoning"
    words = [
        model.creator,
        f"{band.name}, {kind}" if band else kind,
        model.license or "",
        f"released {model.release_date}" if model.release_date else "",
        f"{display.context(model.context_tokens)} context" if model.context_tokens else "",
    ]
    here = f" · ⌂ {model.here_tg_tps:,.1f} tok/s here" if model.here_tg_tps is not None else ""
    rest = " · ".join(word for word in words if word)
    return styled((f"  {model.name}", "strong"), (f" · {rest}", "dim"), (here, "here"))
