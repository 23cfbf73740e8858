"""All about the file under the cursor, as text for a width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import set_cell_size
from textual.content import Content

from aa_tui.analysis import MISSING, display
from aa_tui.gguf.kinds import kinds, refusal
from aa_tui.pages.text.crash import crash_words
from aa_tui.textsafe import clean_line
from aa_tui.tui.files.rows import MARKS, WHERE
from aa_tui.tui.widgets.parts import styled, wrapped

if TYPE_CHECKING:
    from aa_tui.library import fits
    from aa_tui.library.room import Room
    from aa_tui.tui.files.rows import Entry

LABEL_CELLS = 10


def file_detail(entry: Entry, room: Room, width: int) -> Content:
    """Where it is, what it is, and what fits."""
    blocks = [wrapped(styled((entry.name, "strong")), width)]
    if entry.file is None:
        return Content("\n\n").join([*blocks, *_offers(entry, width)])
    file = entry.file
    if file.digest.problem:
        blocks.append(wrapped(styled((file.digest.problem, "bad")), width))
    if file.digest.kind:
        blocks.append(wrapped(styled((refusal(kinds().by_name[file.digest.kind], file.name), "warn")), width))
    if file.crash:
        blocks.append(wrapped(styled((crash_words(file.crash), "bad")), width))
    parts = f" in {file.n_parts} parts" if file.n_parts > 1 else ""
    context = f"{file.digest.context_tokens:,} tokens" if file.digest.context_tokens else MISSING
    facts = [
        ("Path", file.shown_path),
        ("Where", f"{WHERE[file.kind]}{f', from {file.repo}' if file.repo else ''}"),
        (
            "Size",
            f"{display.size_bytes(file.size_bytes)}{parts} · {file.quant or MISSING} · {file.digest.architecture}",
        ),
        ("Context", context),
        ("Model", f"{file.model or 'no model of the catalog'}"),
    ]
    if file.sha256:
        facts.append(("sha256", f"{file.sha256[:16]}… {'computed here' if file.is_hashed else 'as its place says'}"))
    facts += [("Copy", clean_line(copy)) for copy in file.copies]
    blocks.append(_facts(facts, width))
    if entry.plans:
        blocks.append(_plans(entry.plans, room, width))
    return Content("\n\n").join(blocks)


def _offers(entry: Entry, width: int) -> list[Content]:
    quants = ", ".join(
        f"{one.quant} {display.size_bytes(one.size_bytes)}" if one.size_bytes else one.quant
        for one in entry.offers
        if one.quant
    )
    facts = [("From", entry.offers[0].repo), ("Quants", quants or "the Hub knows: p asks it")]
    return [_facts(facts, width), wrapped(styled("No file of it is here; ", ("p", "key"), " gets one."), width)]


def _plans(plans: tuple[fits.Fit, ...], room: Room, width: int) -> Content:
    lines = []
    for fit in plans:
        word, kind = MARKS[fit.mark]
        memory = fit.memory
        cache = display.size_bytes(memory.kv_cache)
        text = f"{fit.plan.n_ctx // 1024:>4}k context  {display.size_bytes(memory.needed):>8}  "
        lines.append(styled(text, (set_cell_size(word, 8), kind), (f"{cache} of it KV cache", "dim")))
    lines.append(styled((f"{display.size_bytes(room.free_bytes)} of memory are free", "dim")))
    if again := plans[0].memory.repacked:
        words = f"{display.size_bytes(again)} more hold weights rearranged, while memory is free"
        lines.append(styled((words, "dim")))
    speed = plans[0].speed
    if speed is not None:
        lines.append(styled(f"{speed.words} tokens/s ", (speed.source, "dim")))
    else:
        lines.append(styled(("`aa-tui gguf fit --measure` gives a speed estimate", "dim")))
    return Content("\n").join(line.truncate(width, ellipsis=True) for line in lines)


def _facts(rows: list[tuple[str, str]], width: int) -> Content:
    lines: list[Content] = []
    for label, words in rows:
        for number, part in enumerate(wrapped(styled(words), max(10, width - LABEL_CELLS)).split("\n")):
            left = set_cell_size(label if number == 0 else "", LABEL_CELLS)
            lines.append(styled((left, "dim"), part))
    return Content("\n").join(lines)
