"""Speeds of a model that were measured on other machines and imported: in words, apart from those measured here."""

from __future__ import annotations

from collections.abc import Sequence

from aa_tui.analysis.display import threads_words
from aa_tui.catalog.elsewhere import Elsewhere

TITLE = "Measured elsewhere"


def lines(rows: Sequence[Elsewhere]) -> list[str]:
    """A section of a page; empty where nothing was imported."""
    if not rows:
        return []
    width = max(len(row.test) for row in rows)
    return ["", TITLE, *(f"  {row.test:<{width}} {_words(row)}" for row in rows)]


def machine(row: Elsewhere) -> str:
    """What computed: the GPU where layers were on one, else the processor."""
    return row.gpu if row.gpu and row.n_gpu_layers != 0 else row.cpu or "a machine without a name"


def rate(row: Elsewhere) -> str:
    """The rate with its spread."""
    return f"{row.tokens_per_s:,.1f}" + (f" ± {row.stdev:,.1f}" if row.stdev is not None else "")


def _words(row: Elsewhere) -> str:
    where = f"{machine(row)}, {threads_words(row.n_threads)}" if row.n_threads else machine(row)
    file = row.model_file or row.model_type
    return f"{rate(row)} tokens/s · {where} · {file} · {row.program} {row.build}, {row.measured_at[:10]}"
