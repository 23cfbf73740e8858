"""What leaves the views of runs: a run, a sample, a list, to the clipboard or into a file."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aa_tui.catalog import labels
from aa_tui.tui import yank
from aa_tui.tui.run_views import NAMES

if TYPE_CHECKING:
    import sqlite3

    from aa_tui.catalog.rows import RunRow
    from aa_tui.export.document import Block, Document
    from aa_tui.tui.app import AATuiApp
    from aa_tui.tui.export_dialog import Offer
    from aa_tui.tui.samples_view import SamplesView

TEXT_CELLS = 100
"""Columns of what is copied as text."""


def copy(app: AATuiApp, *, whole: bool) -> bool:
    """Copy what a view of runs shows; False where none is on screen."""
    view = app.views.current
    if view not in NAMES:
        return False
    samples = app.views.of_run.samples
    if view == "samples" and whole and samples is not None:
        from aa_tui.export import markdown

        yank.copy(app, markdown.render(samples_document(samples)), f"the list of {len(samples.samples)} samples")
        return True
    text = app.views.of_run.plain(view, TEXT_CELLS)
    what = {"run": "the run", "plan": "the plan", "samples": "the sample", "pairs": "both samples"}[view]
    if text:
        yank.copy(app, text, what)
    else:
        app.toast("There is nothing to copy here yet.")
    return True


def offers(app: AATuiApp) -> list[Offer]:
    """What can be saved of the run under the cursor or on screen, and of its samples."""
    from aa_tui.export.files import LABEL_FORMATS, RUN_FORMATS
    from aa_tui.tui.export_dialog import Offer

    found: list[Offer] = []
    views = app.views.of_run
    if app.views.current == "samples" and views.samples is not None:
        view = views.samples
        if view.whole is not None:
            words = ("run", str(view.whole.row.run_id), view.whole.row.item_id)
            found.append(Offer(f"Sample {view.whole.row.item_id}", words, partial(sample_document, view)))
        if len(view.samples):
            name = ("run", str(view.run_row.id if view.run_row else 0), "samples")
            found.append(Offer("List of samples", name, partial(samples_document, view)))
    if app.views.current == "plan" and views.plan is not None and views.plan.run_row is not None:
        plan = views.plan
        found.append(Offer("Plan", ("plan",), lambda: text_document("Plan", plan.plain(TEXT_CELLS))))
    if app.views.current == "pairs" and views.pairs is not None:
        pairs = views.pairs
        found.append(Offer("Both samples", ("samples",), lambda: text_document("Samples", pairs.plain(TEXT_CELLS))))
    run = run_on_screen(app)
    if run is not None:
        name = ("run", str(run.id), run.pack or "speed")
        found.append(Offer(f"All of run {run.id}", name, kinds=RUN_FORMATS, data=partial(_run_data, app, run)))
        if app.store.read(lambda conn: labels.mark(conn, run.id), (0, ""))[0]:
            name = ("run", str(run.id), "labels")
            found.append(
                Offer("Labelled answers", name, kinds=LABEL_FORMATS, data=lambda _: _run_data(app, run, "labels"))
            )
    return found


def run_on_screen(app: AATuiApp) -> RunRow | None:
    """The run that is on screen or under the cursor."""
    views, name = app.views.of_run, app.views.current
    if name == "runs" and app.views.runs is not None:
        return app.views.runs.run_row
    view = {"run": views.run, "plan": views.plan, "samples": views.samples}.get(name)
    return view.run_row if view is not None else None


def _run_data(app: AATuiApp, run: RunRow, kind: str) -> bytes:
    """In a thread: the run as `aa-tui runs export` writes it."""
    from aa_tui.export.run import export_run

    def work(conn: sqlite3.Connection) -> str:
        return export_run(conn, run, kind)

    return app.store.in_thread(work).encode()


def text_document(title: str, text: str) -> Document:
    """Lines of text under a title."""
    from aa_tui.export.document import Heading, Paragraph, document

    return document(title, [Heading(title, 1), *map(Paragraph, filter(None, text.split("\n\n")))])


def sample_document(view: SamplesView) -> Document:
    """The sample under the cursor, with all of its texts."""
    from aa_tui.export.document import Heading, Paragraph, document

    whole = view.whole
    if whole is None:
        raise LookupError("the sample has gone")
    row = whole.row
    title = f"Run {row.run_id}, {row.item_id}"
    facts = f"{row.category} · {row.outcome or 'not graded'} · taken as the answer: {row.extracted or '–'}"
    verdicts = [f"{one.grader}: {one.outcome} {one.detail}".rstrip() for one in whole.verdicts]
    blocks: list[Block] = [Heading(title, 1), Paragraph(facts), *map(Paragraph, verdicts)]
    for name, text in (
        ("Prompt", whole.sample.prompt),
        ("Thinking", whole.sample.thinking),
        ("Answer", whole.sample.answer),
    ):
        if text:
            blocks += [Heading(name), Paragraph(text)]
    return document(title, blocks)


def samples_document(view: SamplesView) -> Document:
    """The samples that are listed."""
    from aa_tui.export.content import table_document
    from aa_tui.outcomes import outcome_words
    from aa_tui.tui.sample_text import name_of

    rows = [
        (
            name_of(row),
            row.category,
            str(row.level or "–"),
            outcome_words(row.outcome),
            row.extracted or "–",
            str(row.n_thinking),
            str(row.n_answer),
            f"{row.e2e_s:.2f}" if row.e2e_s is not None else "–",
            row.label or "–",
        )
        for row in view.samples.rows
    ]
    head = ("Item", "Category", "Level", "Outcome", "Taken as the answer", "Thinking", "Answer", "Seconds", "By eye")
    run = view.run_row
    title = f"Samples of run {run.id}: {run.target} · {run.pack}" if run is not None else "Samples"
    return table_document(title, head, rows, frozenset({2, 5, 6, 7}))
