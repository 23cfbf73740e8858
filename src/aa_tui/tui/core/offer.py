"""What a screen has to be saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aa_tui.export import files
from aa_tui.export.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from aa_tui.export.document import Document


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that can be saved: how it reads, the words of its file's name, and what makes it (in a thread).

    Either `make` gives a document, `data` the file's bytes in one of `kinds`, or `several` files by their paths: of a
    kind without a suffix they belong in a folder.
    """

    label: str
    name: tuple[str, ...]
    make: Callable[[], Document] | None = None
    kinds: tuple[files.Format, ...] = files.FORMATS
    data: Callable[[str], bytes] | None = None
    several: Callable[[str], Mapping[str, bytes]] | None = None

    def contents(self, key: str) -> bytes:
        """The file's bytes in a format. Raises `ExportError` where there is no such format of it."""
        if self.data is not None:
            return self.data(key)
        if self.several is not None:
            return next(iter(self.several(key).values()))
        if self.make is None:
            raise ExportError(f"“{self.label}” cannot be saved.")
        return files.contents(self.make(), key)

    def save(self, kind: files.Format, path: Path, *, replace: bool) -> None:
        """Write it; of a kind without a suffix the path is a folder. Raises as `export.files.write` does."""
        if not kind.suffix and self.several is not None:
            files.write_all(path, self.several(kind.key), replace=replace)
            return
        if not replace and path.exists() and not path.is_dir():
            raise files.FileExistsAlready(path)
        files.write(path, self.contents(kind.key), replace=replace)


def csv_offer(label: str, name: tuple[str, ...], rows: Callable[[], Sequence[Mapping[str, Any]]]) -> Offer:
    """The rows of a list as CSV; `rows` is called in a thread."""

    def data(_: str) -> bytes:
        from aa_tui.export.rows_csv import as_csv

        return as_csv(rows()).encode()

    return Offer(label, name, kinds=files.CSV_FORMATS, data=data)
