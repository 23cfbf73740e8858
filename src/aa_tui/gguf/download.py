"""Download a file of the Hub: resumed where it was interrupted, checked before it gets its name.

The bytes go through our own hands, since the Hub's client (1.33) keeps nothing of an interrupted download, publishes
a file before anybody has looked at its hash, asks once more before it links one, and tells of progress every 10 MB
only. The cache's layout is the client's: https://huggingface.co/docs/huggingface_hub/guides/manage-cache.
"""

from __future__ import annotations

import errno
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aa_tui.gguf import exchange
from aa_tui.gguf.destination import ETAG, Destination
from aa_tui.gguf.files import sha256_of
from aa_tui.gguf.hub import (
    MAX_FILE_BYTES,
    CancelledError,
    Hub,
    HubError,
    HubPart,
    RepoType,
    asked,
    commit_of,
    explained,
    never,
    not_a_hub,
)
from aa_tui.host.disk import free_bytes
from aa_tui.host.network import PATIENCE_S, StoppedError, TooSlowError, pieces
from aa_tui.shellwords import quoted
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["CancelledError", "Downloaded", "Progress", "check_room", "download", "missing_bytes"]

Progress = Callable[[int, int, str], None]
"""Called with bytes done, bytes in all, and what is being done: "downloading" or "checking"."""

SPARE_BYTES = 256 << 20
"""What a download leaves free: a full disk harms everything else."""

PROGRESS_BYTES = 64 << 10
"""A try that brings less counts as one without progress: a server may break off after each byte for ever."""

LONGEST_WAIT_S = 60.0
"""A server that is busy is waited for as long as it says (`Retry-After`), but no longer than this."""

_TRIES = 5
_LOCK_WAIT_S = 0.2
_SHA256 = re.compile(r"[0-9a-f]{64}")
_BUSY = (408, 429, 500, 502, 503, 504)
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_STOPPED = "Stopped; what was downloaded is kept, and the same command resumes it."


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
    token: str | None
    etag: str
    commit: str
    size_bytes: int

    @property
    def sha256(self) -> str | None:
        return self.etag if _SHA256.fullmatch(self.etag) else None


@dataclass(frozen=True, slots=True)
class _Manner:
    """How a file is fetched: whom to tell, when to stop, how long to wait and to bear with a slow server (s)."""

    tell: Progress
    is_cancelled: Callable[[], bool]
    wait_s: float
    patience_s: float


def download(
    hub: Hub,
    repo: str,
    file: str,
    *,
    to_folder: Path | None = None,
    on_progress: Progress | None = None,
    is_cancelled: Callable[[], bool] = never,
    wait_s: float = 1.0,
    patience_s: float = PATIENCE_S,
    repo_type: RepoType = "model",
    revision: str | None = None,
) -> Downloaded:
    """Get one file, into the Hub's cache or, with `to_folder`, to `to_folder/REPO/FILE`; of `revision`, else of main.

    An interrupted download goes on from where it stopped. Raises HubError: not there, not allowed, no network, no
    room, not the content that the Hub states, too slow; CancelledError. `wait_s` is the first of the growing waits
    between tries, `patience_s` how long the server may be slower than `network.FLOOR_BYTES_PER_S`.
    """
    import httpx
    from filelock import Timeout

    source = _source(hub, repo, file, repo_type=repo_type, revision=revision, is_cancelled=is_cancelled)
    store = Destination(hub, repo, file, to_folder, source.etag, repo_type=repo_type)
    tell = _stoppable(on_progress, is_cancelled)
    done = store.finished()
    if done is None:
        from huggingface_hub.utils import WeakFileLock

        store.prepare()
        check_room(store.folder, source.size_bytes - store.here())
        try:
            with WeakFileLock(store.lock, timeout=_LOCK_WAIT_S):
                _fetch(source, store.partial, _Manner(tell, is_cancelled, wait_s, patience_s))
                sha256 = _checked(source, store.partial, file, tell)
                store.content.parent.mkdir(parents=True, exist_ok=True)
                store.partial.replace(store.content)
        except Timeout as error:
            raise HubError(f"{file} is being downloaded by another program: wait for it, or end it.") from error
        except StoppedError:
            raise CancelledError(_STOPPED) from None
        except TooSlowError as error:
            raise HubError(
                f"The server is too slow ({error}): what was downloaded is kept, and the same command resumes it."
            ) from error
        except OSError as error:
            raise _unwritable(error, store, file) from error
        except (httpx.HTTPError, exchange.AnswerError) as error:
            raise explained(error, repo, file, hub.endpoint, repo_type) from error
    else:
        sha256 = sha256_of(done, lambda at, total: tell(at, total, "checking"))
        if source.sha256 is not None and sha256 != source.sha256:
            raise HubError(
                f"{done} is there but is damaged (its sha256 is not the one that the Hub states): "
                f"`aa-tui gguf remove {quoted(str(done))}` and pull it again."
            )
    path = store.link(source.commit, revision)
    place = repo if repo_type == "model" else f"datasets/{repo}"
    address = f"{hub.endpoint or _site()}/{place}/blob/{source.commit}/{file}"
    return Downloaded(path, source.size_bytes, sha256, source.sha256, address)


def missing_bytes(hub: Hub, repo: str, part: HubPart, to_folder: Path | None) -> int:
    """How many bytes of a file are still to be downloaded."""
    store = Destination(hub, repo, part.file, to_folder, part.sha256 or "unknown")
    if store.finished() is not None:
        return 0
    return max(0, (part.size_bytes or 0) - store.here())


def check_room(folder: Path, needed_bytes: int) -> None:
    """Raise HubError unless a download of so much leaves the disk some room."""
    free = free_bytes(folder)
    if needed_bytes and free is not None and needed_bytes + SPARE_BYTES > free:
        raise HubError(
            f"{needed_bytes / 1e9:.1f} GB are to go to {folder} but only {free / 1e9:.1f} GB are free there: "
            "free some room, take a smaller quantization, or set HF_HUB_CACHE or AA_TUI_HOME to another disk."
        )


def _site() -> str:
    from huggingface_hub import constants

    return str(constants.ENDPOINT)


def _source(
    hub: Hub, repo: str, file: str, *, repo_type: RepoType, revision: str | None, is_cancelled: Callable[[], bool]
) -> _Source:
    exchange.prepare()
    from huggingface_hub import hf_hub_url

    def address(of: str | None) -> str:
        return str(hf_hub_url(repo, file, repo_type=repo_type, revision=of, endpoint=hub.endpoint))

    answer = asked(
        lambda: exchange.ask_head(address(revision), hub.token),
        hub,
        repo,
        is_cancelled,
        repo_type=repo_type,
        file=file,
    )
    site, headers = hub.endpoint or _site(), answer.headers
    commit = commit_of(headers.get("X-Repo-Commit"), site)
    etag = (headers.get("X-Linked-Etag") or headers.get("ETag") or "").strip().removeprefix("W/").strip('"')
    size = headers.get("X-Linked-Size") or ("" if answer.has_redirect_location else headers.get("Content-Length", ""))
    if not ETAG.fullmatch(etag):
        raise not_a_hub(site, "it states no ETag that can be one")
    if not re.fullmatch(r"\d{1,16}", size, re.ASCII) or int(size) > MAX_FILE_BYTES:
        raise not_a_hub(site, "it states no size that can be one")
    # The Hub redirects to its storage. It is asked anew for each try, since the storage's signed address expires; by
    # commit, so that all tries are about the same content.
    return _Source(address(commit), hub.token, etag, commit, int(size))


def _fetch(
    source: _Source,
    partial: Path,
    manner: _Manner,
) -> None:
    """Make `partial` as long as the file is. Tries again while there is progress, and some times without."""
    import httpx

    failed = furthest = 0
    while True:
        before = partial.stat().st_size if partial.exists() else 0
        if before > source.size_bytes:
            partial.unlink()
            before = 0
        if before == source.size_bytes and partial.exists():
            return
        wait = 0.0
        try:
            with partial.open("ab") as out:
                _stream(source, out, before, manner)
        except (httpx.TransportError, BrokenOffError) as error:
            reached = partial.stat().st_size
            has_progressed = reached >= max(furthest, before) + PROGRESS_BYTES
            furthest = max(furthest, reached)
            if isinstance(error, _NoRangeError):
                partial.unlink()
            failed = 1 if has_progressed else failed + 1
            asked_to_wait = error.wait_s if isinstance(error, BrokenOffError) else None
            if failed >= _TRIES or (asked_to_wait or 0) > LONGEST_WAIT_S:
                raise HubError(str(error)) if isinstance(error, BrokenOffError) else error from error
            if not has_progressed:
                wait = manner.wait_s * 2 ** (failed - 1) if asked_to_wait is None else asked_to_wait
        _wait(wait, manner.is_cancelled)


class BrokenOffError(Exception):
    """The connection ended in the middle of the file, or the server is busy and asks to wait for `wait_s`."""

    def __init__(self, sentence: str, wait_s: float | None = None) -> None:
        super().__init__(sentence)
        self.wait_s = wait_s


class _NoRangeError(BrokenOffError):
    """The server does not go on in the middle."""


def _stream(
    source: _Source,
    out: BinaryIO,
    start: int,
    manner: _Manner,
) -> None:
    body, done, is_first = _Body(source, start), start, True
    for piece in pieces(body.read, manner.is_cancelled, manner.patience_s):
        if is_first and body.begins_at != start:
            out.truncate(body.begins_at)
            done = body.begins_at
        is_first = False
        done += len(piece)
        if done > source.size_bytes:
            out.truncate(0)
            raise HubError("The server sends more than the Hub states: try again, or check HF_ENDPOINT and proxies.")
        out.write(piece)
        manner.tell(done, source.size_bytes, "downloading")
    if done < source.size_bytes:
        raise BrokenOffError(f"The connection broke off after {done:,} of {source.size_bytes:,} bytes: pull it again.")


@dataclass(slots=True)
class _Body:
    """What a server sends of a file from `start` on; where that begins is known with the first piece."""

    source: _Source
    start: int
    begins_at: int = 0

    def read(self) -> Iterator[bytes]:
        """Ask for it. In a thread of its own: changes nothing but this."""
        from huggingface_hub.utils import hf_raise_for_status

        headers = exchange.headers_for(self.source.token)
        if self.start:
            headers["Range"] = f"bytes={self.start}-"
        with exchange.opened("GET", self.source.url, headers, leaves=True) as answer:
            status = answer.status_code
            if status == 416:
                raise _NoRangeError("The server refuses to resume in the middle of the file: pull it again.")
            if status in _BUSY:
                raise _busy(status, answer.headers.get("Retry-After", ""))
            if answer.is_error:
                hf_raise_for_status(exchange.whole(answer))
            if status == 206 and not _goes_on(answer, self.start):
                raise _NoRangeError("The server sends another part of the file than was asked for: pull it again.")
            if status not in (200, 206):
                raise BrokenOffError(f"The server answers with HTTP {status} instead of the file: try again later.")
            self.begins_at = self.start if status == 206 else 0
            stated, due = answer.headers.get("Content-Length", ""), self.source.size_bytes - self.begins_at
            if stated.isdigit() and stated.lstrip("0") != str(due).lstrip("0"):  # a portal's log-in page, as it may be
                raise HubError(
                    f"The server sends {clean_line(stated)[:20]} bytes where {due:,} are due: try again, or check the "
                    "network, HF_ENDPOINT and proxies."
                )
            yield from answer.iter_raw()


def _busy(status: int, retry_after: str) -> BrokenOffError:
    wait_s = float(retry_after) if re.fullmatch(r"\d{1,12}", retry_after.strip(), re.ASCII) else None
    asks = f" and asks to wait for {wait_s:,.0f} s" if wait_s else ""
    return BrokenOffError(
        f"The server is busy (HTTP {status}){asks}: try again later; what was downloaded is kept.", wait_s
    )


def _goes_on(answer: Any, start: int) -> bool:
    """Whether a part of a file is the one that was asked for."""
    return str(answer.headers.get("Content-Range", "")).startswith(f"bytes {start}-")


def _wait(seconds: float, is_cancelled: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if is_cancelled():
            raise StoppedError
        time.sleep(min(left, 0.1))


def _stoppable(on_progress: Progress | None, is_cancelled: Callable[[], bool]) -> Progress:
    """Tells of progress, and stops what tells it: checking a hash takes minutes too. Raises CancelledError."""

    def tell(done: int, total: int, what: str) -> None:
        if on_progress is not None:
            on_progress(done, total, what)
        if is_cancelled():
            raise CancelledError(_STOPPED)

    return tell


def _checked(source: _Source, partial: Path, file: str, tell: Progress) -> str:
    """The content's sha256. One that is not what the Hub states is deleted at once. Raises HubError."""
    sha256 = sha256_of(partial, lambda done, total: tell(done, total, "checking"))
    if source.sha256 is not None and sha256 != source.sha256:
        partial.unlink()
        raise HubError(
            f"What came as {clean_line(file)} is not what the Hub states (sha256 {sha256[:12]}… instead of "
            f"{source.sha256[:12]}…) and was deleted: pull it again, or check HF_ENDPOINT and proxies."
        )
    return sha256


def _unwritable(error: OSError, store: Destination, file: str) -> HubError:
    if error.errno in _NO_ROOM:
        return HubError(
            f"The disk is full ({error.strerror}) after {store.here() / 1e9:.2f} GB of {clean_line(file)}: free some "
            "room and run the same command again to resume."
        )
    return HubError(
        f"{clean_line(file)} cannot be written to {store.folder} ({error.strerror or error}): choose another with --to."
    )
