"""Study whether speculation makes a file faster: which draft model, which texts, how thoroughly."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from aa_tui.actions import typed as read
from aa_tui.gguf.places import entered_path
from aa_tui.tui.start.dialog import Prepare, Progress
from aa_tui.tui.start.form_dialog import FormDialog
from aa_tui.tui.widgets.form import Field, FormError, box, typed
from aa_tui.tui.widgets.parts import Line, styled

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from aa_tui.runs.studies.drafting import SpeculationOptions
    from aa_tui.tui.core.store import Store

_YES, _NO = "yes", "no"


class SpeculateDialog(FormDialog):
    """The draft model, the texts, and how thoroughly."""

    FIRST = "draft"

    def __init__(self, store: Store, path: str, name: str) -> None:
        super().__init__(store)
        self._path = path
        self._file_name = name

    def body(self) -> ComposeResult:
        """The form."""
        yield Line(styled("Does speculation make ", (self._file_name, "strong"), " faster here?"))
        yield Field("Draft", box(placeholder="path of a smaller model of the same family, or nothing", id="draft"))
        yield Field("Lookup", box(_YES, placeholder="n-grams of prompt and output: yes or no", id="ngram"))
        yield Field("MTP", box(_YES, placeholder="multi-token prediction, if the file has it: yes or no", id="mtp"))
        yield Field("Texts", box(placeholder="code,prose,mathematics,copying (all)", id="kinds"))
        yield Field("Drafted", box(placeholder="tokens at a time (1,2,3,4,6,8,12,16)", id="n_draft"))
        yield Field("Every one", box(_NO, placeholder="measure every setting: yes or no", id="exhaustive"))
        yield Field("Each", box(placeholder="how often a comparison is measured (3)", id="repetitions"))
        yield Field("Output", box(placeholder="tokens that a text may have (96)", id="max_output"))
        yield Field("At once", box(placeholder="the best setting with so many texts at once too: 2,4", id="slots"))
        yield Field("Threads", box(placeholder="physical cores", id="threads"))
        yield Field("On the GPU", box(placeholder="layers (all, where there is a GPU)", id="layers"))

    def prepared(self) -> Prepare:
        """The study of what is typed."""
        path, options = self._path, self._options()

        def prepare(conn: sqlite3.Connection, progress: Progress) -> int:
            from aa_tui.actions import studies

            return studies.speculate(conn, path, options=options, on_progress=progress)

        return prepare

    def _options(self) -> SpeculationOptions:
        from aa_tui.analysis.speculating import N_DRAFT
        from aa_tui.runs.studies.drafting import USUAL_OUTPUT, USUAL_REPETITIONS, SpeculationOptions

        kinds = tuple(one.strip() for one in self.said("kinds").split(",") if one.strip())
        draft = self.said("draft")
        return SpeculationOptions(
            draft=str(entered_path(draft)) if draft else None,
            ngram=_is_yes(self.said("ngram"), "Lookup"),
            mtp=_is_yes(self.said("mtp"), "MTP"),
            kinds=kinds or None,
            n_draft=typed(self.said("n_draft"), "Drafted", read.counts) or N_DRAFT,
            exhaustive=_is_yes(self.said("exhaustive"), "Every one"),
            repetitions=typed(self.said("repetitions"), "Each", read.count) or USUAL_REPETITIONS,
            max_output=typed(self.said("max_output"), "Output", read.count) or USUAL_OUTPUT,
            n_threads=typed(self.said("threads"), "Threads", read.threads),
            n_gpu_layers=typed(self.said("layers"), "On the GPU", read.layers),
            slots=typed(self.said("slots"), "At once", read.counts) or (),
        )


def _is_yes(text: str, name: str) -> bool:
    """Raises FormError for what is neither."""
    if text.lower() not in (_YES, _NO):
        raise FormError(f"{name}: write {_YES} or {_NO}.")
    return text.lower() == _YES
