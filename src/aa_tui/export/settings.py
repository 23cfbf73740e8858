"""How a run was made: its file, machine, engine and settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from aa_tui.export.document import Block, Fold, Heading, Table
from aa_tui.pages.text import how

if TYPE_CHECKING:
    from aa_tui.catalog.rows import RunEvent, RunRow

_OF_THE_MACHINE = frozenset(
    {"machine_before", "machine_after", "cautions", "template_system_turn", "system_info", "template"}
)
"""Settings that are told elsewhere, or are of no use to a reader elsewhere."""


def how_blocks(run: RunRow, events: list[RunEvent]) -> list[Block]:
    """How it was asked and computed, the file by its sha256, the machine; every setting, and the run's history."""
    blocks: list[Block] = [Heading("How it was made"), Table((), tuple(how.facts(run, elsewhere=True)))]
    for title, values in (("All settings", run.settings), ("Engine", run.engine)):
        told = tuple(_told(values))
        if told:
            blocks.append(Fold(title, (Table((), told),)))
    if events:
        rows = tuple((event.at[:19].replace("T", " "), event.state, event.reason or "") for event in events)
        blocks.append(Fold("History", (Table(("UTC", "State", ""), rows),)))
    return blocks


def _told(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Settings as words; what was not set is left out."""
    for key, value in values.items():
        text = _word(value)
        if text and key not in _OF_THE_MACHINE:
            yield key.replace("_", " "), text


def _word(value: Any) -> str:
    """A value as it reads; of a path its last part."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_word(part)}".strip() for key, part in value.items())
    if isinstance(value, list):
        return ", ".join(filter(None, map(_word, value)))
    text = "" if value is None else str(value)
    path = PurePath(text)
    return path.name if path.is_absolute() else text
