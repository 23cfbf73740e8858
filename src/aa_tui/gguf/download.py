"""Download a file of the Hub: resumed where it was interrupted, checked before it gets its name.

What the Hub's client does well is left to it: tokens, metadata, retries of refused requests, the cache's layout and
its links. The bytes go through our own hands, since the client (1.33) keeps nothing of an interrupted download,
publishes a file before anybody has looked at its hash, and tells of progress every 10 MB only.
"""

from __future__ import annotations

import errno
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aa_tui.gguf.files import sha256_of
from aa_tui.gguf.hub import Hub, HubError, HubPart, RepoType, explained, hush
from aa_tui.host.disk import free_bytes
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from typing import BinaryIO

Progress = Callable[[int, int, str], None]
"""Called with bytes done, bytes in all, and what is being done: "downloading" or "checking"."""

SPARE_BYTES = 256 << 20
"""What a download leaves free: a full disk harms everything else."""

_CHUNK_BYTES = 256 << 10
_TRIES = 5
_LOCK_WAIT_S = 0.2
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class CancelledError(HubError):
    """Somebody asked to stop. What was downloaded is kept."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A complete, checked file. `stated_sha256` is the Hub's word, None for files that it has no hash of."""

    path: Path
    size_bytes: int
    sha256: str
    stated_sha256: str | None
    address: str


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the bytes are, and what they must be."""

    url: str
    headers: dict[str, str]
    etag: str
    commit: str
    size_bytes: int

    @property
    def sha256(self) -> str | None:
        return self.etag if _SHA256.fullmatch(self.etag) else None


def download(
    hub: Hub,
    repo: str,
    file: str,
    *,
    to_folder: Path | None = None,
    on_progress: Progress | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
    wait_s: float = 1.0,
    repo_type: RepoType = "model",
    revision: str | None = None,
) -> Downloaded:
    """Get one file, into the Hub's cache or, with `to_folder`, to `to_folder/REPO/FILE`; of `revision`, else of main.

    An interrupted download goes on from where it stopped. Raises HubError: not there, not allowed, no network, no
    room, not the content that the Hub states; CancelledError. `wait_s` is the first of the growing waits between tries.
    """
    import httpx
    from filelock import Timeout
    from huggingface_hub.utils import WeakFileLock

    source = _source(hub, repo, file, repo_type, revision)
    store = _Store(hub, repo, file, to_folder, source.etag, repo_type=repo_type, revision=revision)
    done = store.finished()
    if done is None:
        store.prepare()
        try:
            with WeakFileLock(store.lock, timeout=_LOCK_WAIT_S):
                _fetch(source, store.partial, on_progress, is_cancelled, wait_s)
                sha256 = _checked(source, store.partial, file, on_progress)
                store.content.parent.mkdir(parents=True, exist_ok=True)
                store.partial.replace(store.content)
        except Timeout as error:
            raise HubError(f"{file} is being downloaded by another program: wait for it, or end it.") from error
        except (OSError, httpx.HTTPError) as error:
            problem = _no_room(error, store.partial, file)
            raise problem or explained(error, repo, file, hub.endpoint, repo_type) from error
    else:
        sha256 = _hash(done, on_progress)
        if source.sha256 is not None and sha256 != source.sha256:
            raise HubError(
                f"{done} is there but is damaged (its sha256 is not the one that the Hub states): "
                f"`aa-tui gguf remove {done.name}` and pull it again."
            )
    path = store.link()
    place = repo if repo_type == "model" else f"datasets/{repo}"
    address = f"{hub.endpoint or _site()}/{place}/blob/{source.commit}/{file}"
    return Downloaded(path, source.size_bytes, sha256, source.sha256, address)


def missing_bytes(hub: Hub, repo: str, part: HubPart, to_folder: Path | None) -> int:
    """How many bytes of a file are still to be downloaded."""
    store = _Store(hub, repo, part.file, to_folder, part.sha256 or "unknown")
    if store.finished() is not None:
        return 0
    return max(0, (part.size_bytes or 0) - (store.partial.stat().st_size if store.partial.is_file() else 0))


def check_room(folder: Path, needed_bytes: int) -> None:
    """Raise HubError unless a download of so much leaves the disk some room."""
    free = free_bytes(folder)
    if needed_bytes and free is not None and needed_bytes + SPARE_BYTES > free:
        raise HubError(
            f"{needed_bytes / 1e9:.1f} GB are to go to {folder} but only {free / 1e9:.1f} GB are free there: "
            "free some room, take a smaller quantization, or set HF_HUB_CACHE or AA_TUI_HOME to another disk."
        )


class _Store:
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
        revision: str | None = None,
    ) -> None:
        from huggingface_hub import constants

        self._hub, self._repo, self._file, self._folder = hub, repo, file, to_folder
        self._repo_type, self._revision = repo_type, revision
        name = re.sub(r"[^\w.-]", "_", etag)
        if to_folder is None:
            self.folder = Path(hub.cache or constants.HF_HUB_CACHE)
            repo_name = f"{repo_type}s--" + repo.replace("/", "--")
            blobs = self.folder / repo_name / "blobs"
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

    def prepare(self) -> None:
        """Make the folders. Raises HubError."""
        try:
            for folder in (self.partial.parent, self.lock.parent):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise HubError(f"{self.folder} cannot be written ({error.strerror}): choose another with --to.") from error

    def link(self) -> Path:
        """The path by which the file is known: in the cache, the client makes a link in a snapshot."""
        if self._folder is not None:
            return self.content
        from huggingface_hub import hf_hub_download

        try:
            linked = hf_hub_download(
                self._repo,
                self._file,
                repo_type=self._repo_type,
                revision=self._revision,
                cache_dir=self._hub.cache,
                endpoint=self._hub.endpoint,
                token=self._hub.token,
            )
        except Exception as error:  # every error of the client becomes a sentence
            raise explained(error, self._repo, self._file, self._hub.endpoint, self._repo_type) from error
        return Path(linked)


def _site() -> str:
    from huggingface_hub import constants

    return str(constants.ENDPOINT)


def _source(hub: Hub, repo: str, file: str, repo_type: RepoType, revision: str | None) -> _Source:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.utils import build_hf_headers

    hush()
    try:
        url = hf_hub_url(repo, file, repo_type=repo_type, revision=revision, endpoint=hub.endpoint)
        metadata = get_hf_file_metadata(url, token=hub.token, endpoint=hub.endpoint)
        headers = build_hf_headers(token=hub.token)
    except Exception as error:  # every error of the client becomes a sentence
        raise explained(error, repo, file, hub.endpoint, repo_type) from error
    if metadata.etag is None or metadata.commit_hash is None or metadata.size is None:
        raise HubError(f"{url} is no file of a Hub (it states no ETag, commit or size): check HF_ENDPOINT.")
    # The Hub redirects to its storage, to which the client sends no token. It is asked anew for each try, since the
    # storage's signed address expires; by commit, so that all tries are about the same content.
    pinned = hf_hub_url(repo, file, repo_type=repo_type, revision=metadata.commit_hash, endpoint=hub.endpoint)
    headers["Accept-Encoding"] = "identity"
    return _Source(pinned, headers, metadata.etag, metadata.commit_hash, metadata.size)


def _fetch(
    source: _Source,
    partial: Path,
    on_progress: Progress | None,
    is_cancelled: Callable[[], bool],
    wait_s: float,
) -> None:
    """Make `partial` as long as the file is. Tries again while there is progress, and some times without."""
    import httpx

    failed = 0
    while True:
        before = partial.stat().st_size if partial.exists() else 0
        if before > source.size_bytes:
            partial.unlink()
            before = 0
        if before == source.size_bytes and partial.exists():
            return
        try:
            with partial.open("ab") as out:
                _stream(source, out, before, on_progress, is_cancelled)
        except (httpx.TransportError, BrokenOffError) as error:
            grown = partial.stat().st_size > before
            failed = 1 if grown else failed + 1
            if failed >= _TRIES and isinstance(error, BrokenOffError):
                raise HubError(str(error)) from error
            if failed >= _TRIES:
                raise
            _wait(wait_s * 2 ** (failed - 1) if not grown else 0.0, is_cancelled)


class BrokenOffError(Exception):
    """The connection ended in the middle of the file."""


def _stream(
    source: _Source,
    out: BinaryIO,
    start: int,
    on_progress: Progress | None,
    is_cancelled: Callable[[], bool],
) -> None:
    from huggingface_hub import constants
    from huggingface_hub.utils import hf_raise_for_status, http_stream_backoff

    headers = {**source.headers, "Range": f"bytes={start}-"} if start else source.headers
    timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
    done = start
    # only refusals are retried in here: once bytes flow, going on is `_fetch`'s business
    with http_stream_backoff(
        "GET", source.url, headers=headers, timeout=timeout, max_retries=2, retry_on_exceptions=()
    ) as answer:
        if answer.status_code == 416:
            out.truncate(0)
            raise BrokenOffError("The server refuses to go on in the middle of the file.")
        hf_raise_for_status(answer)
        if start and not _goes_on(answer, start):
            out.truncate(0)  # it sends the whole file anew
            done = 0
        for chunk in answer.iter_raw(_CHUNK_BYTES):
            if is_cancelled():
                raise CancelledError("Stopped; what was downloaded is kept, and the same command goes on from there.")
            done += len(chunk)
            if done > source.size_bytes:
                out.truncate(0)
                raise HubError("The server sends more than the Hub states: try again, or check HF_ENDPOINT.")
            out.write(chunk)
            if on_progress is not None:
                on_progress(done, source.size_bytes, "downloading")
    if done < source.size_bytes:
        raise BrokenOffError(f"The connection broke off after {done:,} of {source.size_bytes:,} bytes: pull it again.")


def _goes_on(answer: Any, start: int) -> bool:
    """Whether the server sends the rest of the file and not the whole."""
    return answer.status_code == 206 and str(answer.headers.get("Content-Range", "")).startswith(f"bytes {start}-")


def _wait(seconds: float, is_cancelled: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while not is_cancelled() and (left := end - time.monotonic()) > 0:
        time.sleep(min(left, 0.1))


def _checked(source: _Source, partial: Path, file: str, on_progress: Progress | None) -> str:
    """The content's sha256. One that is not what the Hub states is deleted at once. Raises HubError."""
    sha256 = _hash(partial, on_progress)
    if source.sha256 is not None and sha256 != source.sha256:
        partial.unlink()
        raise HubError(
            f"What came as {clean_line(file)} is not what the Hub states (sha256 {sha256[:12]}… instead of "
            f"{source.sha256[:12]}…) and was deleted: pull it again, or check HF_ENDPOINT and proxies."
        )
    return sha256


def _hash(path: Path, on_progress: Progress | None) -> str:
    tell = None if on_progress is None else lambda done, total: on_progress(done, total, "checking")
    return sha256_of(path, tell)


def _no_room(error: Exception, partial: Path, file: str) -> HubError | None:
    if not isinstance(error, OSError) or error.errno not in _NO_ROOM:
        return None
    have = partial.stat().st_size if partial.exists() else 0
    return HubError(
        f"The disk is full ({error.strerror}) after {have / 1e9:.2f} GB of {clean_line(file)}: free some room "
        "and give the same command again, it goes on from there."
    )
