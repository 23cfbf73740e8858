"""What being exact takes on disk: all of what a reference expects, while others are compared with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aa_tui.analysis import display
from aa_tui.catalog.rows import FileRow, RunRow
from aa_tui.host.disk import free_bytes
from aa_tui.runs.errors import RunError
from aa_tui.runs.studies.divergence_text import Text

FOLDER = "divergence"
"""Beside the catalog: what references expect. May be deleted at any time; it is made again."""

WHOLE_FOLDER = "divergence-exact"
"""Beside it: all of what one reference expects. The last run that needs it removes it."""

LEFT_BYTES = 200_000_000
"""What is to stay free, for the catalog among others."""


def needed_bytes(
    base: FileRow, text: Text, *, n_ctx: int, max_blocks: int | None = None, with_thinking: bool = False
) -> int | None:
    """About what it takes, a block too much at most; None where the file does not tell, for the run to find out."""
    from aa_tui.engine.counting import n_tokens
    from aa_tui.engine.divergence.whole import whole_bytes
    from aa_tui.gguf.parts import read_parts
    from aa_tui.runs.studies.divergence_thinking import QUESTIONS

    n_vocab = read_parts(Path(base.path))[0].n_vocab
    count = n_tokens(base.path, "\n".join(part.text for part in text.parts))
    if n_vocab is None or count is None:
        return None
    n_blocks = min(count // n_ctx, max_blocks or count)
    n_thought = len(QUESTIONS) * n_ctx if with_thinking else 0
    return whole_bytes(n_blocks * (n_ctx - 1 - n_ctx // 2) + n_thought, n_vocab)


def check_room(catalog: Path, needed: int | None, *, is_begun: bool = False) -> None:
    """Raises RunError where the disk that the catalog is on has no room for so many bytes more.

    What is there already is room as well until it `is_begun`: it is of the same reference, or gives way.
    """
    folder = catalog.parent / WHOLE_FOLDER
    free = free_bytes(folder)
    if needed is None or free is None:
        return
    free += 0 if is_begun else sum(one.stat().st_size for one in folder.rglob("*.kept"))
    if needed + LEFT_BYTES > free:
        raise RunError(
            f"To be exact takes about {display.size_bytes(needed)} of disk beside the catalog, where "
            f"{display.size_bytes(free)} are free: make room, or measure without being exact."
        )


def room_words(catalog: Path, needed: int | None) -> str:
    """What being exact takes, in a sentence for whoever is about to start it."""
    size = "room for all logits of the text" if needed is None else f"about {display.size_bytes(needed)}"
    return (
        f"To be exact takes {size} on disk in {catalog.parent / WHOLE_FOLDER}, until all files that wait for it are "
        "compared."
    )


def is_waited_for(run: RunRow, others: Sequence[RunRow]) -> bool:
    """Whether another run is still to be compared exactly with the same reference."""
    return any(
        one.id != run.id
        and one.is_live
        and one.setup.is_exact
        and one.settings.get("reference") == run.settings["reference"]
        for one in others
    )
