"""What a look into the catalog brought."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.content import Content

    from aa_tui.catalog.rows import RunRow


@dataclass(frozen=True, slots=True)
class Pulled:
    """How far a download is, as a line for a width; None once it has ended. `arrived` says that the file is here."""

    line: Callable[[int], Content] | None = None
    model_id: int | None = None
    arrived: bool = False


@dataclass(frozen=True, slots=True)
class News:
    """The runs that are running, those that have ended since, and whether models or figures read differently."""

    live: list[RunRow] = field(default_factory=list)
    ended: list[RunRow] = field(default_factory=list)
    models_changed: bool = False
