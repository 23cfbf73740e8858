"""Where a downloaded file goes, in the Hub's cache or a folder of one's own, and how far it has come."""

from __future__ import annotations

import os
import re
from pathlib import Path

from aa_tui.gguf import exchange
from aa_tui.gguf.hub import Hub, HubError, RepoType, is_file_name, is_repo
from aa_tui.textsafe import clean_line

ETAG = re.compile(r"[A-Za-z0-9_](?:[\w-]|\.(?!\.)){0,127}", re.ASCII)
"""What may name a file's content: the cache's files are called so."""


class Destination:
    """Where a file goes: `partial` until it is complete and checked, then `content`, which `link` makes visible."""

    def __init__(
        self,
        hub: Hub,
        repo: str,
        file: str,
        to_folder: Path | None,
        etag: str,
        *,
        repo_type: RepoType = "model",
    ) -> None:
        exchange.prepare()
        from huggingface_hub import constants

        if not is_repo(repo) or not is_file_name(file) or not ETAG.fullmatch(etag):
            raise HubError(f"{clean_line(f'{repo}/{file}')[:200]} is no file that can be kept: its name is none.")
        self._file, self._is_cached = file, to_folder is None
        name = etag
        if to_folder is None:
            self.folder = Path(hub.cache or constants.HF_HUB_CACHE)
            repo_name = f"{repo_type}s--" + repo.replace("/", "--")
            self._top = self.folder / repo_name
            blobs = self._top / "blobs"
            self.content = blobs / name
            self.partial = blobs / f"{name}.incomplete"  # as older clients name it, so that theirs go on as well
            self.lock = self.folder / ".locks" / repo_name / f"{name}.lock"
        else:
            self.folder = to_folder
            self.content = to_folder / repo / file
            self.partial = to_folder / ".incoming" / f"{name}.incomplete"
            self.lock = to_folder / ".incoming" / f"{name}.lock"

    def finished(self) -> Path | None:
        """The content, when it is there."""
        return self.content if self.content.is_file() else None

    def here(self) -> int:
        """How many bytes have come."""
        return self.partial.stat().st_size if self.partial.is_file() else 0

    def prepare(self) -> None:
        """Make the folders. Raises HubError."""
        try:
            for folder in (self.partial.parent, self.lock.parent):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise HubError(f"{self.folder} cannot be written ({error.strerror}): choose another with --to.") from error

    def link(self, commit: str, revision: str | None) -> Path:
        """The path by which the file is known: in the cache a link in the commit's snapshot, as the client makes it.

        Raises HubError.
        """
        if not self._is_cached:
            return self.content
        pointer = self._top / "snapshots" / commit / self._file
        try:
            pointer.parent.mkdir(parents=True, exist_ok=True)
            if not pointer.exists() or not pointer.samefile(self.content):
                pointer.unlink(missing_ok=True)
                pointer.symlink_to(os.path.relpath(self.content, pointer.parent))
            if revision is None:
                self._note_main(commit)
        except OSError as error:
            raise HubError(
                f"{pointer} cannot be made ({error.strerror or error}): the file is {self.content}, whole and "
                "checked; pull it with --to own where the cache's disk knows no links."
            ) from error
        return pointer

    def _note_main(self, commit: str) -> None:
        ref = self._top / "refs" / "main"
        if not ref.is_file() or ref.read_bytes() != commit.encode():
            ref.parent.mkdir(parents=True, exist_ok=True)
            beside = ref.with_name(f"main.{os.getpid()}.tmp")
            beside.write_bytes(commit.encode())
            beside.replace(ref)
