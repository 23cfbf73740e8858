"""Study which types of KV cache are safe and fast for a file: at which depths, which types."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from aa_tui.actions import typed as read
from aa_tui.tui.start.dialog import Prepare, Progress
from aa_tui.tui.start.form_dialog import FormDialog
from aa_tui.tui.widgets.form import Field, box, typed
from aa_tui.tui.widgets.parts import Fitted, Line, styled, wrapped

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from aa_tui.runs.studies.cache_plan import CacheOptions
    from aa_tui.tui.core.store import Store

_WHAT = "Each is compared with f16: answers, speed, memory. What does not fit is left out."


class CacheDialog(FormDialog):
    """The depths, the types, and what computes them."""

    FIRST = "depths"

    def __init__(self, store: Store, path: str, name: str) -> None:
        super().__init__(store)
        self._path = path
        self._file_name = name

    def body(self) -> ComposeResult:
        """The form."""
        yield Line(styled("Types of KV cache for ", (self._file_name, "strong")))
        yield Fitted(lambda width: wrapped(styled((_WHAT, "dim")), width))
        yield Field("Depths", box("0,4k,16k,64k", placeholder="tokens before, such as 0,4k,16k", id="depths"))
        yield Field("Types", box("q8_0,q5_1,q4_0,q8_0/q4_0", placeholder="keys/values: q8_0/q4_0", id="types"))
        yield Field("Threads", box(placeholder="physical cores", id="threads"))
        yield Field("On the GPU", box(placeholder="layers (all, where there is a GPU)", id="layers"))

    def prepared(self) -> Prepare:
        """The study of what is typed."""
        path, options = self._path, self._options()

        def prepare(conn: sqlite3.Connection, progress: Progress) -> int:
            from aa_tui.actions import studies

            return studies.cache(conn, path, options=options, on_progress=progress)

        return prepare

    def _options(self) -> CacheOptions:
        from aa_tui.runs.studies.cache_plan import CacheOptions

        return CacheOptions(
            depths=typed(self.said("depths"), "Depths", read.depths) or (),
            types=typed(self.said("types"), "Types", read.cache_types) or (),
            n_threads=typed(self.said("threads"), "Threads", read.threads),
            n_gpu_layers=typed(self.said("layers"), "On the GPU", read.layers),
        )
