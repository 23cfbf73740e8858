"""What a study of cache types found: which are safe to which depth, what they save, what they cost."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from aa_tui.analysis import MISSING, display
from aa_tui.analysis.cache_types import (
    HARMFUL_NATS,
    LOST_MUCH,
    SAFE_NATS,
    Ratio,
    Spread,
    Verdict,
    lost,
    ratio,
    safe_to,
    spread,
    verdict,
)
from aa_tui.catalog import studies
from aa_tui.catalog.reliability import UNSTEADY_SHARE
from aa_tui.catalog.rows import RunRow
from aa_tui.charts.here.reliability import FLAG, NOTE
from aa_tui.pages.studies.report import StudyReport, StudyTable
from aa_tui.runs.studies.cache import PART
from aa_tui.runs.studies.cache_plan import PLAIN, CachePlan
from aa_tui.textsafe import clean_line

TITLE = "Types of KV cache by depth"
FASTER_BY = 0.02
"""Less than this is no difference of speed that is worth a word."""

TIMES_FROM = 2.0
"""From here on it is said how many times as fast: 1134 % means little to anybody."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A type at a depth. Figures that could not be told are None."""

    types: tuple[str, str]
    depth_tokens: int
    kld: Spread | None
    kld_floor_nats: float | None
    same_top: float | None
    n_positions: int
    tail_share: float | None
    n_needles: int
    n_found: int
    n_lost: int | None
    n_facts: int
    n_right: int
    pp: Spread | None
    tg: Spread | None
    cache_bytes: int | None
    n_ctx: int | None
    allocated_bytes: int | None
    verdict: Verdict | None

    @property
    def name(self) -> str:
        """The types of keys and values."""
        return "/".join(self.types)

    def as_json(self) -> dict[str, Any]:
        """Plain values with stable keys."""
        return {
            "type_k": self.types[0],
            "type_v": self.types[1],
            "depth_tokens": self.depth_tokens,
            "kld_nats": _values(self.kld),
            "kld_floor_nats": self.kld_floor_nats,
            "tail_share": self.tail_share,
            "same_top_share": self.same_top,
            "n_positions": self.n_positions,
            "n_needles": self.n_needles,
            "n_needles_found": self.n_found,
            "n_needles_lost": self.n_lost,
            "n_facts": self.n_facts,
            "n_facts_right": self.n_right,
            "pp_tps": _values(self.pp),
            "tg_tps": _values(self.tg),
            "cache_bytes": self.cache_bytes,
            "n_ctx_tokens": self.n_ctx,
            "cache_allocated_bytes": self.allocated_bytes,
            "verdict": self.verdict,
        }


def report(conn: sqlite3.Connection, run: RunRow) -> StudyReport:
    """What was found so far."""
    plan = CachePlan.from_settings(run.settings)
    cells = _cells([point.facts for point in studies.points(conn, run.id, PART)])
    compared = [one for one in plan.types if one != PLAIN]
    order = sorted(compared, key=lambda one: _deepest(cells, one), reverse=True)
    sentences = [words for one in order if (words := _sentence(cells, one))]
    if run.state == "finished" and not sentences:
        sentences = list(_alone(plan, compared))
    sentences += _untold(cells) if compared else []
    if any(one.tg is not None for one in cells.values()):
        sentences += [f"Speeds may mislead: {clean_line(words)}." for words in run.setup.cautions]
    if any(_is_unsteady(found) for one in cells.values() for found in (one.pp, one.tg)):
        sentences.append(
            f"Speeds may mislead: some repetitions of the same test differ by more than {100 * UNSTEADY_SHARE:.0f} %, "
            f"marked {FLAG}; measure again when the machine is idle."
        )
    return StudyReport(
        title=TITLE,
        few_words=_few_words(cells, compared) or ("f16/f16 alone" if run.state == "finished" else ""),
        sentences=tuple(sentences) or ("Nothing is compared yet.",),
        tables=tuple(_tables(plan, cells, doubted=bool(run.setup.cautions))),
        values={
            "study": "cache",
            "reference": {"type_k": PLAIN[0], "type_v": PLAIN[1]},
            "limits": {"safe_nats": SAFE_NATS, "harmful_nats": HARMFUL_NATS, "harmful_lost_needles": LOST_MUCH},
            "types": [{"type_k": one[0], "type_v": one[1], "safe_to_tokens": _safe_to(cells, one)} for one in compared],
            "cells": [cell.as_json() for cell in cells.values()],
            "left_out": [
                {
                    "type_k": one.type_k,
                    "type_v": one.type_v,
                    "depth_tokens": one.depth_tokens,
                    "reason": clean_line(one.reason),
                }
                for one in plan.left_out
            ],
        },
    )


Cells = Mapping[tuple[tuple[str, str], int], Cell]


def _cells(found: Sequence[Mapping[str, Any]]) -> Cells:
    """The cells of a journal. What is none, in a damaged catalog, is passed over."""
    plain = {cell.depth_tokens: cell.n_found for one in found if (cell := _cell(one, {})) and cell.types == PLAIN}
    cells = [cell for one in found if (cell := _cell(one, plain)) is not None]
    return {(cell.types, cell.depth_tokens): cell for cell in cells}


def _cell(facts: Mapping[str, Any], found_f16: Mapping[int, int]) -> Cell | None:
    try:
        types, depth = (str(facts["type_k"]), str(facts["type_v"])), int(facts["depth_tokens"])
        n_needles, n_found = int(facts["n_needles"]), int(facts["n_needles_found"])
        kld = spread([float(one) for one in facts.get("kld_nats", ())])
        gone = lost(n_found, found_f16.get(depth, 0), n_needles) if types != PLAIN else None
        tail, size = facts.get("tail_share"), facts.get("cache_bytes")
        n_ctx, allocated = facts.get("n_ctx"), facts.get("cache_allocated_bytes")
        return Cell(
            types=types,
            depth_tokens=depth,
            kld=kld,
            kld_floor_nats=_mean(facts.get("kld_floor_nats")),
            same_top=_mean(facts.get("same_top")),
            n_positions=int(facts["n_positions"]),
            tail_share=None if tail is None else float(tail),
            n_needles=n_needles,
            n_found=n_found,
            n_lost=gone,
            n_facts=int(facts["n_facts"]),
            n_right=int(facts["n_facts_right"]),
            pp=spread([float(one) for one in facts["pp_tps"]]),
            tg=spread([float(one) for one in facts["tg_tps"]]),
            cache_bytes=None if size is None else int(size),
            n_ctx=None if n_ctx is None else int(n_ctx),
            allocated_bytes=None if allocated is None else int(allocated),
            verdict=verdict(kld, gone) if types != PLAIN else None,
        )
    except (KeyError, TypeError, ValueError):
        return None


def _of(cells: Cells, types: tuple[str, str]) -> list[Cell]:
    return sorted((one for one in cells.values() if one.types == types), key=lambda one: one.depth_tokens)


def _safe_to(cells: Cells, types: tuple[str, str]) -> int | None:
    return safe_to([(one.depth_tokens, one.verdict) for one in _of(cells, types) if one.verdict is not None])


def _deepest(cells: Cells, types: tuple[str, str]) -> int:
    found = _safe_to(cells, types)
    return -1 if found is None else found


def _alone(plan: CachePlan, compared: Sequence[tuple[str, str]]) -> Iterator[str]:
    """What a study says in which f16 was compared with nothing: its speeds are all there is."""
    if compared:
        yield "Only f16/f16 could be measured, so that there is nothing to compare it with."
        if out := _left_out(plan):
            yield out
    else:
        yield "Only f16/f16 was measured, with which others are compared: --types names those."


def _few_words(cells: Cells, compared: Sequence[tuple[str, str]]) -> str:
    safe = [(depth, one) for one in compared if (depth := _safe_to(cells, one)) is not None]
    if not safe:
        return "none known to be safe" if any(one.verdict for one in cells.values()) else ""
    depth = max(depth for depth, _ in safe)
    names = ["/".join(one) for deep, one in safe if deep == depth]
    return f"{', '.join(names)} safe {f'to {display.context(depth)}' if depth else 'with an empty context'}"


def _sentence(cells: Cells, types: tuple[str, str]) -> str:
    """A type in a sentence: how far it is safe, with the figures there, what it saves and how fast it is."""
    own = [one for one in _of(cells, types) if one.verdict is not None]
    if not own:
        return ""
    name, to = "/".join(types), _safe_to(cells, types)
    if to is not None:
        at = next(one for one in own if one.depth_tokens == to)
        alone = " by its divergence alone" if at.n_lost is None else ""
        head = f"{name} is safe {f'to {to:,} tokens' if to else 'with an empty context'} here{alone}: {_evidence(at)}"
    else:
        at = own[0]
        head = f"{name} is {_WORDS[own[0].verdict or 'unclear']} at {at.depth_tokens:,} tokens already: {_evidence(at)}"
    worse = next((one for one in own if to is not None and one.depth_tokens > to), None)
    if worse is not None:
        head += f"; at {worse.depth_tokens:,} it is {_WORDS[worse.verdict or 'unclear']}: {_evidence(worse)}"
    deepest = own[-1]
    return f"{head}; {_saving(cells, deepest)}." if _saving(cells, deepest) else f"{head}."


_WORDS: Mapping[Verdict, str] = {
    "safe": "safe",
    "noticeable": "noticeably different",
    "harmful": "harmful",
    "unclear": "neither surely safe nor surely not",
}


def _evidence(cell: Cell) -> str:
    parts = [f"KLD {_kld(cell.kld)}"] if cell.kld is not None else []
    if cell.n_needles and cell.n_lost is not None:
        fewer = f" ({cell.n_lost} fewer than f16)" if cell.n_lost else " (no fewer than f16)"
        whole = cell.n_found == cell.n_needles
        parts.append(f"{cell.n_found} of {cell.n_needles} hidden facts found{'' if whole else fewer}")
    return ", ".join(parts) or "nothing to compare with"


def _saving(cells: Cells, cell: Cell) -> str:
    plain = cells.get((PLAIN, cell.depth_tokens))
    if plain is None:
        return ""
    parts = []
    if cell.cache_bytes and plain.cache_bytes:
        parts.append(f"its cache takes {100 * cell.cache_bytes / plain.cache_bytes:.0f} % of f16's")
    if cell.tg is not None and plain.tg is not None:
        parts.append(_pace(cell.tg, plain.tg, cell.depth_tokens))
    if cell.pp is not None and plain.pp is not None:
        parts.append(_reading(cell.pp, plain.pp, cell.depth_tokens))
    known = [*filter(None, parts)]
    return " and ".join(filter(None, (", ".join(known[:-1]), *known[-1:])))


def _pace(own: Spread, plain: Spread, depth: int) -> str:
    """How its speed of writing compares with f16's: as far as the interval of the ratio tells."""
    found = ratio(own, plain)
    if found is None:
        return ""
    at = f"at {depth:,} tokens"
    if found.low is None or found.high is None:
        return f"how fast it writes {at} was measured once, too little to compare"
    change = found.value - 1
    if found.is_same and (abs(change) < FASTER_BY or not found.is_apart):
        return f"it writes about as fast {at}"
    if not found.is_apart:
        reach = f"{_times(found.low)} to {_times(found.high)} times f16's"
        return f"how fast it writes {at} is too uncertain to tell ({reach})"
    return f"it writes {_faster(found)} {at}"


def _reading(own: Spread, plain: Spread, depth: int) -> str:
    """How its speed of reading compares with f16's, where it is surely another: nobody looks for that in a table."""
    found = ratio(own, plain)
    if found is None or found.is_same or not found.is_apart:
        return ""
    return f"it reads {_faster(found)} {f'at {depth:,} tokens' if depth else 'with an empty context'}"


def _faster(found: Ratio) -> str:
    """A ratio of speeds whose interval lies on one side of 1."""
    change = found.value - 1
    words = f"{abs(change) * 100:.0f} % {'faster' if change > 0 else 'slower'}"
    if found.low is None or found.high is None:
        return words
    if 1 / TIMES_FROM < found.value < TIMES_FROM:
        least, most = sorted(abs(end - 1) * 100 for end in (found.low, found.high))
        return f"{words} ({least:.0f} to {most:.0f} %)"
    return f"{_times(found.value)} times as fast ({_times(found.low)} to {_times(found.high)})"


def _times(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value >= 10 else f"{value:.2g}"


def _untold(cells: Cells) -> list[str]:
    """Where f16 itself finds nothing, no other type can be blamed."""
    none = [one for one in _of(cells, PLAIN) if one.n_needles and not one.n_found]
    if not none:
        return []
    where = ", ".join(f"{one.depth_tokens:,}" for one in none)
    most = max(one.n_needles for one in none)
    return [
        f"Whether hidden facts are still found at {where} tokens cannot be told: f16 finds 0 of {most} too, so only "
        "the distributions are compared there."
    ]


def _studied(plan: CachePlan) -> list[int]:
    """The depths at which anything is studied."""
    return [depth for depth in plan.depths if any(depth in plan.depths_of(one) for one in plan.types)]


def _left_out(plan: CachePlan) -> str:
    """What is left out and why; where nothing is studied at several depths, for the first of them."""
    gone = sorted(set(plan.depths) - set(_studied(plan)))
    told = (one.reason for one in plan.left_out if one.depth_tokens not in gone[1:])
    reasons = list(dict.fromkeys(map(clean_line, told)))
    if len(gone) > 1:
        reasons.append(f"So are {', '.join(f'{depth:,}' for depth in gone[1:])} tokens.")
    return f"Left out: {' '.join(reasons)}" if reasons else ""


def _tables(plan: CachePlan, cells: Cells, *, doubted: bool) -> list[StudyTable]:
    out = _left_out(plan)
    limits = (
        f"From f16/f16 at the same depth, mean of 8 texts with its 95 % interval. By our own limits below "
        f"{SAFE_NATS:g} is safe and above {HARMFUL_NATS:g}, or {LOST_MUCH} facts lost, harmful."
    )
    tails = [one.tail_share for one in cells.values() if one.tail_share is not None]
    if tails:
        limits += f" {100 * fmean(tails):.2g} % of the probability is estimated from tokens drawn at random."
    speeds = "The mean and its 95 % interval."
    if doubted or any(_is_unsteady(found) for one in cells.values() for found in (one.pp, one.tg)):
        speeds += f" {NOTE}."
    tables = [
        _table("Divergence (KLD, nats)", plan, cells, _kld_cell, " ".join(filter(None, (limits, out)))),
        _table("Same likeliest token", plan, cells, _same_cell, ""),
        _table(
            "Found again",
            plan,
            cells,
            _found_cell,
            "Facts hidden in the text, of which an empty context has none, and sentences that everybody can complete.",
        ),
        _table("Writing, tokens/s", plan, cells, lambda one: _speed(one.tg, doubted), speeds),
        _table("Reading, tokens/s", plan, cells, lambda one: _speed(one.pp, doubted), speeds),
        _table(
            "Cache",
            plan,
            cells,
            lambda one: display.size_bytes(one.cache_bytes) if one.cache_bytes else MISSING,
            "Of so many tokens.",
        ),
    ]
    return [one for one in tables if one.rows]


def _table(title: str, plan: CachePlan, cells: Cells, text: Callable[[Cell], str], note: str) -> StudyTable:
    rows, depths = [], _studied(plan)
    for types in plan.types:
        own = [cells.get((types, depth)) for depth in depths]
        texts = [MISSING if cell is None else text(cell) for cell in own]
        if any(one != MISSING for one in texts):
            rows.append(("/".join(map(clean_line, types)), *texts))
    head = ("Keys/values", *(f"at {depth:,}" for depth in depths))
    return StudyTable(title, head, tuple(rows), frozenset(range(1, len(head))), note)


def _kld_cell(cell: Cell) -> str:
    return _kld(cell.kld) if cell.kld is not None else MISSING


def _same_cell(cell: Cell) -> str:
    return f"{100 * cell.same_top:.1f} %" if cell.same_top is not None else MISSING


def _found_cell(cell: Cell) -> str:
    needles = f"{cell.n_found} of {cell.n_needles} facts, " if cell.n_needles else ""
    return f"{needles}{cell.n_right} of {cell.n_facts} sentences"


def _speed(found: Spread | None, doubted: bool) -> str:
    """The mean with half its interval, marked where it is unreliable."""
    if found is None:
        return MISSING
    half = "" if found.half is None else f" ± {found.half:,.1f}"
    return f"{found.mean:,.1f}{half}{f' {FLAG}' if doubted or _is_unsteady(found) else ''}"


def _is_unsteady(found: Spread | None) -> bool:
    return found is not None and found.stdev is not None and found.stdev > UNSTEADY_SHARE * found.mean


def _kld(found: Spread) -> str:
    if found.low is None or found.high is None:
        return f"{found.mean:.2g}"
    return f"{found.mean:.2g} ({found.low:.2g}–{found.high:.2g})"


def _mean(values: Sequence[float] | None) -> float | None:
    return fmean(map(float, values)) if values else None


def _values(found: Spread | None) -> dict[str, float | int | None] | None:
    if found is None:
        return None
    return {"mean": found.mean, "low": found.low, "high": found.high, "n": found.n}
