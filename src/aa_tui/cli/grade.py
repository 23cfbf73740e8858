"""`aa-tui grade`: grade answers that were written elsewhere. No model is needed."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from aa_tui.cli import output
from aa_tui.errors import UsageError
from aa_tui.evals.cases import Answer, CaseError, cases, pack_answers
from aa_tui.evals.elsewhere import Graded, grade_all
from aa_tui.evals.grading import GRADER_NAMES
from aa_tui.evals.jsonlines import MAX_LINE_BYTES
from aa_tui.gguf.places import typed_path
from aa_tui.pages import graded as pages
from aa_tui.pages.json import graded as graded_json
from aa_tui.pages.text import graded as graded_text
from aa_tui.textsafe import clean_line

BAR_AFTER_S = 1.0
"""Grading that takes longer shows how far it is."""


def run(options: argparse.Namespace) -> int:
    """Grade a file's answers to a pack, or its single cases."""
    if options.pack and options.grader:
        raise UsageError("say --pack for answers to a pack's items, or --grader for cases of their own, not both.")
    if options.grader and options.grader not in GRADER_NAMES:
        raise UsageError(f"there is no grader {clean_line(options.grader)!r}; there are {', '.join(GRADER_NAMES)}.")
    if options.these_items and not options.pack:
        raise UsageError("--these-items is about a pack's items; say --pack.")
    return _pack(options) if options.pack else _cases(options)


def _pack(options: argparse.Namespace) -> int:
    from aa_tui.catalog.db import data_folder
    from aa_tui.evals.packs import load

    pack = load(options.pack, data_folder())
    with _lines(options.file) as (name, lines):
        read = pack_answers(pack, lines, name)
    if not read.answers:
        raise CaseError(f"{name}: none of its {len(read.unknown):,} ids is an item's of {pack.name}.")
    found = pages.of_pack(read, _graded(read.answers, options), these_items=options.these_items)
    if not options.json:
        output.write_lines(graded_text.pack_lines(found))
        return 0
    for title, ids in (("not answered", read.not_answered), ("no items of the pack", read.unknown)):
        if ids:
            output.say(f"! {len(ids):,} {title}: {graded_text.named(ids)}")
    output.print_json(graded_json.pack_json(found) if options.report else graded_json.rows(found.graded))
    return 0


def _cases(options: argparse.Namespace) -> int:
    with _lines(options.file) as (name, lines):
        read = cases(options.grader, lines, name)
    graded = _graded(read, options)
    if options.json:
        output.print_json(graded_json.cases_json(graded) if options.report else graded_json.rows(graded))
        return 0
    head, body = graded_text.table(graded)
    output.write_lines(
        [output.fit(line, output.width()) for line in output.table(head, body, frozenset({0, 1, 2, 3, 4}))]
    )
    output.write_lines(["", *graded_text.cases_lines(graded)])
    return 0


def _graded(answers: Sequence[Answer], options: argparse.Namespace) -> list[Graded]:
    bar = output.ProgressLine()
    try:
        return grade_all(answers, unsafe_code=options.unsafe_code, on_done=_shown(bar, len(answers)))
    finally:
        bar.clear()


def _shown(bar: output.ProgressLine, n: int) -> Callable[[int], None]:
    started = time.monotonic()

    def show(done: int) -> None:
        if time.monotonic() - started > BAR_AFTER_S:
            bar.show(done / n, f"graded {done:,} of {n:,}")

    return show


@contextmanager
def _lines(path: str) -> Iterator[tuple[str, Iterable[bytes]]]:
    """A file's name for messages, and its lines as bytes. Raises CaseError."""
    if path == "-":
        yield "standard input", _bounded(sys.stdin.buffer)
        return
    name = clean_line(path)
    try:
        file = typed_path(path).open("rb")
    except OSError as error:
        raise CaseError(f"{name} cannot be read ({error.strerror}).") from error
    with file:
        try:
            yield name, _bounded(file)
        except OSError as error:
            raise CaseError(f"{name} cannot be read ({error.strerror}).") from error


def _bounded(file: BinaryIO) -> Iterator[bytes]:
    """The lines; of one that is too long no more than shows that it is."""
    return iter(lambda: file.readline(MAX_LINE_BYTES + 1), b"")
