"""What the app remembers from one time to the next: a small JSON file beside the catalog.

It is a convenience and nothing more: a file that is missing, broken, another program's or cannot be written means
that the app starts as if new, and never that it does not start or end.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

FORMAT = "aa-tui state 1"
MOST_BYTES = 256 * 1024
"""Nothing that the app writes comes near this; what is larger is not ours and is not read."""


def path_beside(catalog: Path) -> Path:
    """Where the memory of the app on this catalog lies."""
    name = "state.json" if catalog.name == "catalog.db" else f"{catalog.stem}.state.json"
    return catalog.with_name(name)


class Memory:
    """Values by key, such as "leaderboard.sort". Plain JSON only; who asks for one checks that it makes sense."""

    def __init__(self, path: Path, changed: Callable[[], object] | None = None) -> None:
        """Read what was kept. `changed` is called when there is something new to write."""
        self._path = path
        self._changed = changed
        self._dirty = False
        self._foreign = False
        self._values: dict[str, Any] = self._read()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was kept, as at the first start."""
        return not self._values

    def get(self, key: str, default: T) -> T:
        """What was kept under a key; the default where nothing of its type was."""
        value = self._values.get(key)
        return value if type(value) is type(default) else default

    def put(self, key: str, value: object) -> None:
        """Keep a JSON value; lists and dicts are kept as they are now."""
        value = json.loads(json.dumps(value))
        if key in self._values and self._values[key] == value:
            return
        self._values[key] = value
        if not self._dirty:
            self._dirty = True
            if self._changed is not None:
                self._changed()

    def save(self) -> None:
        """Write what is new. Whole or not at all, and without a word where it cannot be done."""
        if not self._dirty:
            return
        self._dirty = False
        if self._foreign:
            return
        text = json.dumps({"format": FORMAT, **self._values}, ensure_ascii=True, indent=1)
        new = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            new.write_text(text, encoding="utf-8")
            new.replace(self._path)
        except OSError:
            self._drop(new)

    @staticmethod
    def _drop(path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError:
            return

    def _read(self) -> dict[str, Any]:
        try:
            if not self._path.is_file():  # a pipe would never end
                self._foreign = self._path.exists()
                return {}
            if self._path.stat().st_size > MOST_BYTES:
                self._foreign = True
                return {}
            values = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):  # broken: the next save mends it
            return {}
        if not isinstance(values, dict) or values.pop("format", None) != FORMAT:
            self._foreign = True  # somebody else's file of this name stays as it is
            return {}
        return values
