"""What leaves the views of samples and of a run, for the clipboard or a file."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aa_tui.catalog import labels

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from aa_tui.catalog.rows import RunRow
    from aa_tui.export.document import Block, Document
    from aa_tui.tui.core.host import Host
    from aa_tui.tui.core.offer import Offer
    from aa_tui.tui.samples.rows import SampleList
    from aa_tui.tui.samples.text import Whole

TEXT_CELLS = 100
"""Columns of what is copied as text."""

NOTHING_YET = "There is nothing to copy here yet."


def run_offers(host: Host, run: RunRow | None) -> Sequence[Offer]:
    """A report of a run, all of it for programs, and the labelled answers in it."""
    from aa_tui.export import exchange
    from aa_tui.export.files import LABEL_FORMATS, READING_FORMATS, RUN_FORMATS
    from aa_tui.tui.core.offer import Offer

    if run is None:
        return ()
    name = ("run", str(run.id), run.what)
    report = Offer(f"Report of run {run.id}", name, partial(_report, host, run), READING_FORMATS)
    whole = Offer(f"All of run {run.id}", name, kinds=RUN_FORMATS, data=partial(_run_data, host, run))
    offers = [report, whole]
    if kinds := exchange.formats_of(run):
        offers.append(Offer("For other programs", name, kinds=kinds, several=partial(_run_files, host, run)))
    if host.store.read(lambda conn: labels.mark(conn, run.id), (0, ""))[0]:
        name = ("run", str(run.id), "labels")
        data = lambda _: _run_data(host, run, "labels")  # noqa: E731
        offers.append(Offer("Labelled answers", name, kinds=LABEL_FORMATS, data=data))
    return tuple(offers)


def _report(host: Host, run: RunRow) -> Document:
    """In a thread: the run as `aa-tui export run:N` writes it."""
    from aa_tui.export.run_report import run_report

    return host.store.in_thread(lambda conn: run_report(conn, run.id))


def _run_data(host: Host, run: RunRow, kind: str) -> bytes:
    """In a thread: the run as `aa-tui runs export` writes it."""
    from aa_tui.export.run import export_run

    def work(conn: sqlite3.Connection) -> str:
        return export_run(conn, run, kind)

    return host.store.in_thread(work).encode()


def _run_files(host: Host, run: RunRow, key: str) -> Mapping[str, bytes]:
    """In a thread: the run in another program's format."""
    from aa_tui.export import exchange

    return host.store.in_thread(lambda conn: exchange.files_of(conn, run, key))


def text_document(title: str, text: str) -> Document:
    """Lines of text under a title."""
    from aa_tui.export.document import Heading, Paragraph, document

    return document(title, [Heading(title, 1), *map(Paragraph, filter(None, text.split("\n\n")))])


def sample_document(whole: Whole) -> Document:
    """A sample with all of its texts."""
    from aa_tui.export.document import Heading, Paragraph, document

    row = whole.row
    title = f"Run {row.run_id}, {row.item_id}"
    facts = f"{row.category} · {row.outcome or 'not graded'} · extracted: {row.extracted or '–'}"
    verdicts = [f"{one.grader}: {one.outcome} {one.detail}".rstrip() for one in whole.verdicts]
    verdicts += [f"fault: {row.fault}"] if row.fault else []
    blocks: list[Block] = [Heading(title, 1), Paragraph(facts), *map(Paragraph, verdicts)]
    for name, text in _texts(whole):
        if text:
            blocks += [Heading(name), Paragraph(text)]
    return document(title, blocks)


def _texts(whole: Whole) -> Sequence[tuple[str, str]]:
    """A sample's texts under their titles; of a conversation all that was said."""
    from aa_tui.pages.text.talked import pieces

    if whole.turns:
        told = pieces(whole.sample, whole.turns)
        return [(f"{one.title or 'Ended'}{f', turn {one.turn}' if one.turn else ''}", one.text) for one in told]
    sample = whole.sample
    return [("Prompt", sample.prompt), ("Thinking", sample.thinking), ("Answer", sample.answer)]


def samples_document(run: RunRow | None, samples: SampleList) -> Document:
    """The samples that are listed."""
    from aa_tui.export.content import table_document
    from aa_tui.outcomes import outcome_words
    from aa_tui.tui.samples.text import name_of

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
        for row in samples.rows
    ]
    head = ("Item", "Category", "Level", "Outcome", "Extracted", "Thinking", "Answer", "Seconds", "By eye")
    title = f"Samples of run {run.id}: {run.target} · {run.what}" if run is not None else "Samples"
    return table_document(title, head, rows, frozenset({2, 5, 6, 7}))
