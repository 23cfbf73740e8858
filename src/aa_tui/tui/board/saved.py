"""Views of the leaderboard under names: class, filters, order, columns. No widgets here; the shell reads them too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aa_tui.errors import UsageError
from aa_tui.textsafe import clean_line
from aa_tui.tui.board.query import Query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aa_tui.tui.core.memory import Memory

KEY = "leaderboard.views"
LONGEST = 40
"""Characters of a name."""


class UnknownViewError(UsageError):
    """No view is called so. The text lists those there are."""

    def __init__(self, name: str, names: Sequence[str]) -> None:
        there = f"there are {', '.join(names)}" if names else "e in the app's filters saves one"
        super().__init__(f"There is no view “{clean_line(name)}”; {there}.")


class ViewNameError(UsageError):
    """A view cannot be called so."""


@dataclass(frozen=True, slots=True)
class SavedView:
    """What is listed and in which columns, by their keys; no columns are those that each width has."""

    name: str
    query: Query
    columns: tuple[str, ...] = ()


def names(memory: Memory) -> list[str]:
    """The names there are, in the order of the alphabet."""
    return sorted(_all(memory), key=str.casefold)


def find(memory: Memory, name: str) -> SavedView:
    """The view of a name, in which case does not matter. Raises UnknownViewError."""
    every = _all(memory)
    key = next((one for one in every if one.casefold() == name.strip().casefold()), None)
    if key is None:
        raise UnknownViewError(name, names(memory))
    query, columns = every[key].get("query"), every[key].get("columns")
    return SavedView(
        key,
        Query.from_state(query if isinstance(query, dict) else {}),
        tuple(one for one in columns if isinstance(one, str)) if isinstance(columns, list) else (),
    )


def checked(name: str) -> str:
    """A name as it is kept. Raises UsageError where it cannot be one."""
    name = clean_line(name).strip()
    if not name or len(name) > LONGEST:
        raise ViewNameError(f"Give the view a name of up to {LONGEST} characters.")
    return name


def save(memory: Memory, view: SavedView) -> None:
    """Keep a view; one of the same name goes."""
    every = {key: kept for key, kept in _all(memory).items() if key.casefold() != view.name.casefold()}
    text = {"text": view.query.text} if view.query.text.strip() else {}
    memory.put(KEY, {**every, view.name: {"query": {**view.query.state(), **text}, "columns": list(view.columns)}})


def delete(memory: Memory, name: str) -> None:
    """Forget a view. Raises UnknownViewError."""
    view = find(memory, name)
    memory.put(KEY, {key: kept for key, kept in _all(memory).items() if key != view.name})


def _all(memory: Memory) -> dict[str, Any]:
    nothing: dict[str, Any] = {}
    return {name: kept for name, kept in memory.get(KEY, nothing).items() if isinstance(kept, dict)}
