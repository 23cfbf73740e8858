"""`aa-tui samples RUN --label`: a person says of answers whether they are right, one by one or of one by name."""

from __future__ import annotations

import argparse
import sqlite3
import sys
import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from aa_tui.analysis.agreement import JUDGED, disagree
from aa_tui.catalog import labels, samples
from aa_tui.catalog.rows import RunRow, ScoredSample
from aa_tui.cli import output
from aa_tui.cli.keys import Keys
from aa_tui.cli.run_arguments import ASK, NO_LABEL
from aa_tui.cli.sample_filters import wanted
from aa_tui.errors import UsageError
from aa_tui.textsafe import clean, clean_line

if TYPE_CHECKING:
    from aa_tui.evals.items import Item, Pack

_LABELS = {"r": "right", "w": "wrong", "u": "unclear"}
_ASKING = "r right  w wrong  u unclear  s skip  b back  a all  v verdict  n note  q quit "
_LINES_OF_QUESTION, _LINES_OF_KEY, _LEAST_OF_ANSWER, _LINES_AROUND = 7, 3, 6, 8


def run(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    """Set one label, or go through the samples that the filters let through."""
    if options.label != ASK:
        return _set(conn, one, options)
    if options.note:
        raise UsageError("--note goes with an ITEM and its label.")
    if options.item:
        rows = [
            row for row in samples.scored(conn, one.id) if (row.item_id, row.epoch) == (options.item, options.epoch)
        ]
    else:
        options.unlabelled = not (options.labelled or options.disagree)
        rows = [row for row in wanted(conn, one, options) if options.outcome or row.outcome in JUDGED]
    if not rows:
        raise UsageError(f"Run {one.id} has no such answers to label.")
    out = sys.stderr if options.json else sys.stdout
    session = _Session(conn, rows, _pack(conn, one), out, show_verdict=options.show_verdict)
    with Keys(out) as keys:
        session.go(keys)
    return _tell(conn, one, options, session)


def _set(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    if not options.item:
        raise UsageError(f"name the item that is {options.label}, or say --label alone to go through all.")
    sample_id = samples.find(conn, one.id, options.item, options.epoch)
    if sample_id is None:
        raise UsageError(
            f"Run {one.id} has no finished sample of {clean_line(options.item)}; `aa-tui samples {one.id}` lists them."
        )
    if options.label == NO_LABEL:
        question = f"Take away the label of {clean_line(options.item)} and its note?"
        if labels.get(conn, sample_id) is not None and not output.may_lose(question, yes=options.yes):
            output.write_lines(["The label is kept."])
            return 0
        labels.clear(conn, sample_id)
    else:
        labels.put(conn, sample_id, options.label, note=options.note or None)
    row = next(row for row in samples.scored(conn, one.id) if row.id == sample_id)
    if options.json:
        output.print_json({name: value for name, value in row._asdict().items() if name != "id"})
    else:
        output.write_lines([f"{_name(row)}: {row.label or 'no label'}; {_verdict(row)}"])
    return 0


def _tell(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace, session: _Session) -> int:
    from aa_tui.pages.evaluation import agreement_of
    from aa_tui.pages.json import agreement as agreement_json
    from aa_tui.pages.text import agreement as agreeing

    found = agreement_of(samples.scored(conn, one.id))
    if options.json:
        agreement = None if found is None else agreement_json.as_json(found)
        output.print_json({"run_id": one.id, "labelled_now": len(session.given), "agreement": agreement})
        return 0
    counts = Counter(session.given.values())
    told = " · ".join(f"{label} {counts[label]}" for label in _LABELS.values() if counts[label])
    lines = [f"Labelled {agreeing.count(len(session.given), 'answer')}{f': {told}' if told else ''}."]
    if found is not None:
        lines.append(f"Grader and person agree on {agreeing.words(found)}.")
    output.write_lines(["", *(part for line in lines for part in _wrapped(line, output.width()))])
    return 0


def _pack(conn: sqlite3.Connection, one: RunRow) -> Pack | None:
    """The pack with the keys; None where it is no longer here, so that answers can be labelled all the same."""
    from aa_tui.export.errors import ExportError
    from aa_tui.export.labelled import pack_of

    try:
        return pack_of(conn, one)
    except ExportError as error:
        output.say(f"! {clean_line(str(error))}")
        return None


@dataclass
class _Session:
    """Goes through samples. What a label was given without sight of the verdict is noted as blind."""

    conn: sqlite3.Connection
    rows: Sequence[ScoredSample]
    pack: Pack | None
    out: TextIO
    show_verdict: bool
    given: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Who labels again has been told the verdict after the first time.
        self._seen = {row.id for row in self.rows if self.show_verdict or row.label is not None}
        self._notes: dict[int, str] = {}
        self._items: dict[str, Item] = {item.id: item for item in self.pack.items} if self.pack else {}

    def go(self, keys: Keys) -> None:
        """Ask until all are done or nobody answers."""
        place, shown = 0, -1
        while place < len(self.rows):
            row = self.rows[place]
            if shown != place:
                self._write(self._screen(place, whole=not keys.is_terminal))
                shown = place
            said = keys.ask(_ASKING)
            letter, _, rest = said.partition(" ")
            letter = letter[:1].lower()
            if letter in _LABELS:
                self._label(row, _LABELS[letter])
                place += 1
            elif letter == "s":
                place += 1
            elif letter == "b":
                place, shown = max(place - 1, 0), -1
            elif letter == "a":
                self._write(self._screen(place, whole=True))
            elif letter == "v":
                self._seen.add(row.id)
                self._write([_verdict(row)])
            elif letter == "n":
                self._notes[row.id] = clean_line(rest or keys.line("note: "))
            elif letter == "q":
                return
            elif said:
                self._write([f"“{clean_line(said)}” is none of the keys."])

    def _label(self, row: ScoredSample, label: str) -> None:
        labels.put(self.conn, row.id, label, note=self._notes.get(row.id), blind=row.id not in self._seen)
        self.given[row.id] = label
        self._seen.add(row.id)
        differs = " · you disagree" if disagree(row.outcome, label) else ""
        self._write([f"{label}; {_verdict(row)}{differs}"])

    def _screen(self, place: int, *, whole: bool) -> list[str]:
        row = self.rows[place]
        sample = samples.get(self.conn, row.id)
        item = self._items.get(row.item_id)
        question, key = _texts(self.pack, item, sample.prompt)
        size = output.window_size()
        asked, keyed = _wrapped(question, size.columns), _wrapped(key, size.columns)
        said = _wrapped(clean(sample.answer).strip("\n") or "(nothing)", size.columns)
        if not whole:
            asked = _cut(asked, _LINES_OF_QUESTION)
            keyed = _cut(keyed, _LINES_OF_KEY)
            room = size.lines - len(asked) - len(keyed) - _LINES_AROUND
            said = _cut(said, max(room, _LEAST_OF_ANSWER), keep_end=True)
        level = f" · level {row.level}" if row.level else ""
        head = f"── {place + 1} of {len(self.rows)} · {_name(row)} · {clean_line(row.category)}{level} "
        lines = [head + "─" * max(size.columns - len(head) - 1, 2), *asked]
        lines += ["Key", *(f"  {line}" for line in keyed)]
        lines += ["Answer", *(f"  {line}" for line in said)]
        if row.label is not None or row.id in self.given:
            lines.append(f"labelled {self.given.get(row.id, row.label)} before")
        return [*lines, _verdict(row)] if self.show_verdict else lines

    def _write(self, lines: Sequence[str]) -> None:
        output.write_lines(lines, self.out)


def _texts(pack: Pack | None, item: Item | None, prompt: str) -> tuple[str, str]:
    """The question and its key; without the pack what was sent, and no key."""
    from aa_tui.evals.as_case import key_lines
    from aa_tui.evals.prompts import question

    if pack is None or item is None:
        return clean(prompt), "(not known: its pack is not here)"
    return clean(question(pack, item)).strip("\n"), clean("\n".join(key_lines(pack, item)))


def _wrapped(text: str, columns: int) -> list[str]:
    found: list[str] = []
    for line in text.splitlines():
        found += textwrap.wrap(line, max(columns - 3, 20), drop_whitespace=False, replace_whitespace=False) or [""]
    return found


def _cut(lines: list[str], most: int, *, keep_end: bool = False) -> list[str]:
    """At most so many lines, the first ones or the last ones."""
    if len(lines) <= most:
        return lines
    more = f"… {len(lines) - most + 1:,} more lines; a shows all"
    return [more, *lines[len(lines) - most + 1 :]] if keep_end else [*lines[: most - 1], more]


def _verdict(row: ScoredSample) -> str:
    taken = f", extracted: {output.cut(clean_line(row.extracted), 60)}" if row.extracted else ""
    grader = f" ({clean_line(row.grader)})" if row.grader else ""
    return f"graded {(row.outcome or 'not yet').replace('_', ' ')}{grader}{taken}"


def _name(row: ScoredSample) -> str:
    return clean_line(row.item_id) + (f" #{row.epoch}" if row.epoch > 1 else "")
