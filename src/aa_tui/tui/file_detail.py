"""All about the file under the cursor, as text for a width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import set_cell_size
from textual.content import Content

from aa_tui.analysis import MISSING, display
from aa_tui.pages.crash import crash_words
from aa_tui.tui.file_list import MARKS, WHERE, speed
from aa_tui.tui.parts import styled, wrapped

if TYPE_CHECKING:
    from aa_tui.library import fits
    from aa_tui.library.room import Room
    from aa_tui.tui.file_list import Entry

LABEL_CELLS = 10


def file_detail(entry: Entry, room: Room, width: int) -> Content:
    """Where it is, what it is, and what fits."""
    blocks = [wrapped(styled((entry.name, "strong")), width)]
    if entry.file is None:
        return Content("\n\n").join([*blocks, *_offers(entry, width)])
    file = entry.file
    if file.digest.problem:
        blocks.append(wrapped(styled((file.digest.problem, "bad")), width))
    if file.crash:
        blocks.append(wrapped(styled((crash_words(file.crash), "bad")), width))
    parts = f" in {file.n_parts} parts" if file.n_parts > 1 else ""
    context = f"{file.digest.context_tokens:,} tokens" if file.digest.context_tokens else MISSING
    facts = [
        ("Path", file.path),
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
    facts += [("Copy", copy) for copy in file.copies]
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
    facts = [("From", entry.offers[0].repo), ("Kinds", quants or "the Hub knows: p asks it")]
    return [_facts(facts, width), wrapped(styled("No file of it is here; ", ("p", "key"), " gets one."), width)]


def _plans(plans: tuple[fits.Fit, ...], room: Room, width: int) -> Content:
    lines = []
    for fit in plans:
        word, kind = MARKS[fit.mark]
        memory = fit.memory
        cache = display.size_bytes(memory.kv_cache)
        text = f"{fit.plan.n_ctx // 1024:>4}k context  {display.size_bytes(memory.total):>8}  "
        lines.append(styled(text, (set_cell_size(word, 8), kind), (f"{cache} of it KV cache", "dim")))
    lines.append(styled((f"{display.size_bytes(room.free_bytes)} of memory are free", "dim")))
    first = plans[0]
    if first.tokens_per_s is not None:
        how = f"measured in run {first.run_id}" if first.run_id is not None else "expected from the memory's bandwidth"
        lines.append(styled(f"{speed(first)} tokens/s ", (how, "dim")))
    else:
        lines.append(styled(("`aa-tui gguf fit --measure` lets expect a speed", "dim")))
    return Content("\n").join(line.truncate(width, ellipsis=True) for line in lines)


def _facts(rows: list[tuple[str, str]], width: int) -> Content:
    lines: list[Content] = []
    for label, words in rows:
        for number, part in enumerate(wrapped(styled(words), max(10, width - LABEL_CELLS)).split("\n")):
            left = set_cell_size(label if number == 0 else "", LABEL_CELLS)
            lines.append(styled((left, "dim"), part))
    return Content("\n").join(lines)
