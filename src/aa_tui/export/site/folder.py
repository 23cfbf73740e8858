"""The folder of a site: written beside the old one, then put in its place. Nothing that is not the site's is lost."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from aa_tui import __version__
from aa_tui.export.errors import ExportError
from aa_tui.jsontext import dumps
from aa_tui.textsafe import clean_line

MARK = "aa-tui-site.json"
"""The file by which a folder is known to be a site, with the paths of all files that are the site's own."""

_KEY = "aa_tui_site"


class Folder:
    """Takes the files of a site; at `put_in_place` they are the site. Left before that, all is as it was.

    What lies in an old site and is not of it, such as `.git` or `CNAME`, is carried over.
    """

    def __init__(self, out: Path) -> None:
        """Raises ExportError where `out` holds something else, or cannot be made."""
        self.out = Path(os.path.realpath(out))
        self._shown = out
        self._old = _files_of(self.out, out)
        self._new = self.out.with_name(f".{self.out.name}.new-{os.getpid()}")
        self._files: list[str] = []
        self.n_bytes = 0

    @property
    def n_files(self) -> int:
        """How many were written."""
        return len(self._files)

    def __enter__(self) -> Folder:
        with _told(self._shown):
            shutil.rmtree(self._new, ignore_errors=True)  # of a process with this number that was killed
            self._new.mkdir()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        shutil.rmtree(self._new, ignore_errors=True)

    def write(self, path: str, text: str) -> None:
        """A file of the site; `path` is relative, with slashes. Raises ExportError where it cannot be written."""
        target = self._new / path
        data = text.encode("utf-8", "replace")
        with _told(self._shown):
            if not target.parent.is_dir():
                target.parent.mkdir(parents=True)
            target.write_bytes(data)
        self._files.append(path)
        self.n_bytes += len(data)

    def put_in_place(self) -> None:
        """Make what was written the site. Raises ExportError where that cannot be; then the old one is as it was."""
        mark = {_KEY: 1, "made_with": f"aa-tui {__version__}", "files": sorted([*self._files, MARK])}
        self.write(MARK, dumps(mark) + "\n")
        kept = list(_others(self.out, self._old))
        for path in kept:
            if (self._new / path).exists():
                raise ExportError(
                    f"{clean_line(str(self._shown / path))} is not of the site that is there, and the new site has a "
                    "file of that name: move it away, or name another folder."
                )
        with _told(self._shown):
            self._exchange(kept)

    def _exchange(self, kept: list[str]) -> None:
        """Put the new one where the old one is, which a failure or Ctrl-C on the way leaves there."""
        aside = self.out.with_name(f".{self.out.name}.old-{os.getpid()}")
        had_one = self.out.exists()
        moved: list[str] = []
        try:
            if had_one:
                self.out.rename(aside)
            for path in kept:
                (self._new / path).parent.mkdir(parents=True, exist_ok=True)
                (aside / path).rename(self._new / path)
                moved.append(path)
            self._new.rename(self.out)
        except BaseException:
            if not self._new.exists():  # it is in its place already
                raise
            for path in moved:
                (self._new / path).rename(aside / path)
            if had_one and not self.out.exists():
                aside.rename(self.out)
            raise
        finally:
            if self.out.exists() and aside.exists():
                shutil.rmtree(aside, ignore_errors=True)


class _told:  # noqa: N801 - reads as a word
    """Turns what the system refuses into one sentence."""

    def __init__(self, shown: Path) -> None:
        self._shown = shown

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if isinstance(error, OSError):
            raise ExportError(
                f"The site cannot be written to {clean_line(str(self._shown))} ({error.strerror}); name another folder."
            ) from error


def _files_of(out: Path, shown: Path) -> frozenset[str]:
    """The files of the site that is there, none where there is nothing. Raises ExportError for anything else."""
    name = clean_line(str(shown))
    if not out.parent.is_dir():
        raise ExportError(f"There is no folder {clean_line(str(shown.parent))}; make it, or name another one.")
    if not out.exists():
        return frozenset()
    if not out.is_dir():
        raise ExportError(f"{name} is a file; name a folder for the site.")
    mark = out / MARK
    if not mark.is_file():
        with _told(shown):
            if any(out.iterdir()):
                raise ExportError(
                    f"{name} is not empty and no site of aa-tui's; name another folder, so that nothing in it is lost."
                )
        return frozenset()
    found: object = None
    with suppress(OSError, ValueError):
        found = json.loads(mark.read_text(encoding="utf-8"))
    if not isinstance(found, dict) or _KEY not in found or not isinstance(found.get("files"), list):
        raise ExportError(f"{name} has a damaged {MARK}: nobody can say what in it is the site's; name another folder.")
    return frozenset(one for one in found["files"] if isinstance(one, str))


def _others(out: Path, known: frozenset[str]) -> Iterator[str]:
    """What lies in the old site and is not of it: whole folders where nothing in them is the site's."""
    folders = {str(parent) for path in known for parent in Path(path).parents}
    waiting = [out] if out.is_dir() else []
    while waiting:
        for entry in sorted(waiting.pop().iterdir()):
            path = entry.relative_to(out).as_posix()
            if entry.is_dir() and not entry.is_symlink() and path in folders:
                waiting.append(entry)
            elif path not in known:
                yield path
