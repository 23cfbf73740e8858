"""The Hugging Face Hub through its own client: which GGUF files a repository has, and what went wrong in a sentence.

The client is imported when first needed (it takes a third of a second). It goes by its own settings: `HF_ENDPOINT`,
`HF_TOKEN` or a token saved by `hf auth login`, `HF_HUB_OFFLINE`, `HF_HUB_CACHE`. Nothing that a server says is believed
before it was looked at: names, sizes and hashes are what they must be, or are left out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar
from urllib.parse import quote

from aa_tui.config.offline import refusal
from aa_tui.errors import INTERRUPTED
from aa_tui.gguf import exchange
from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.kinds import kind_by_name
from aa_tui.gguf.parts import part_of
from aa_tui.host.network import StoppedError, TooSlowError, masked, promptly, why
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from aa_tui.gguf.known import Repository

MAX_REPOSITORIES = 10
MAX_FILE_BYTES = 1 << 50
"""More than any file has; the Hub allows 500 GB."""

_T = TypeVar("_T")
IsCancelled = Callable[[], bool]

_QUANT = re.compile(
    r"(?:^|[-_. ])((?:i1-|ud-)?(?:iq[1-4]_(?:xxs|xs|s|m|nl)|q[2-8]_(?:k(?:_(?:xs|s|m|l|xl))?|[01])|tq[12]_0|mxfp4"
    r"|bf16|f16|fp16|f32))(?=[-_. ]|$)",
    re.IGNORECASE,
)
_REPO = re.compile(r"(?!.*(?:\.\.|--))[A-Za-z0-9_][\w.-]{0,95}/[A-Za-z0-9_][\w.-]{0,95}", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SHA256 = re.compile(r"[0-9a-f]{64}")

RepoType = Literal["model", "dataset"]
"""What a repository of the Hub holds: data sets have addresses of their own."""


class HubError(GGUFError):
    """The Hub does not give what was asked for; `str()` is one sentence with the next step."""


class HubUnreachableError(HubError):
    """Nobody answers, or nobody may be asked: another question would fare no better."""


class CancelledError(HubError):
    """Somebody asked to stop. What was downloaded is kept."""

    exit_code: ClassVar[int] = INTERRUPTED


@dataclass(frozen=True, slots=True)
class Hub:
    """A Hub. Every field of None means the client's own setting."""

    endpoint: str | None = None
    token: str | None = None
    cache: Path | None = None


def hub_here() -> Hub:
    """The Hub that the environment means, looked at now: the client itself looks once, when it is imported."""
    from aa_tui.gguf.places import hub_cache

    endpoint = os.environ.get("HF_ENDPOINT")
    return Hub(endpoint=endpoint.rstrip("/") if endpoint else None, cache=hub_cache())


@dataclass(frozen=True, slots=True)
class HubPart:
    """One file in a repository. `sha256` (hexadecimal) is what the Hub states of large files."""

    file: str
    size_bytes: int | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class HubFile:
    """A model in one quantization: one file, or the parts of one. `size_bytes` of all parts, None where unknown.

    `is_seed` marks what a manifest tells; everything else the Hub told now. `kind` is the name of what it is where its
    name says that it is no model that writes text (see `gguf.kinds`).
    """

    repo: str
    quant: str
    parts: tuple[HubPart, ...]
    is_seed: bool = False
    kind: str = ""

    @property
    def file(self) -> str:
        """The name of the file, or of its first part; empty for one that is only supposed."""
        return self.parts[0].file if self.parts else ""

    @property
    def size_bytes(self) -> int | None:
        """All parts together."""
        sizes = [part.size_bytes for part in self.parts]
        return None if None in sizes or not sizes else sum(size for size in sizes if size is not None)


def quant_of(name: str) -> str:
    """The quantization in a file's name, as llama.cpp writes it; empty when there is none."""
    found = _QUANT.findall(name.removesuffix(".gguf"))
    return str(found[-1]).upper().replace("FP16", "F16").replace("I1-", "").replace("UD-", "") if found else ""


def never() -> bool:
    """Nobody asks to stop."""
    return False


def is_repo(text: str) -> bool:
    """Whether a text may be a repository's name: OWNER/NAME."""
    return _REPO.fullmatch(text) is not None


def seed_files(repositories: Iterable[Repository]) -> list[HubFile]:
    """What the manifests know of these repositories without asking."""
    return [
        HubFile(one.repo, file.quant, (HubPart(file.file, file.size_bytes, None),), is_seed=True)
        for one in repositories
        for file in one.files
    ]


def files_of(hub: Hub, repo: str, is_cancelled: IsCancelled = never) -> list[HubFile]:
    """The models of a repository, smallest first, as the Hub lists them now. Raises HubError where there are none."""
    found = [one for one in all_files_of(hub, repo, is_cancelled) if not one.kind]
    if not found:
        raise HubError(f"{repo} holds no GGUF files that text can be written with: `--list` lists those there are.")
    return found


def all_files_of(hub: Hub, repo: str, is_cancelled: IsCancelled = never) -> list[HubFile]:
    """The same with projectors and other files that go with a model. Raises HubError."""
    answer = _api(hub, f"models/{_quoted(repo)}", {"blobs": True}, repo, is_cancelled)
    found = group_parts(repo, _parts(answer, site_of(hub)))
    if not found:
        raise HubError(f"{repo} holds no GGUF files: look for a repository whose name ends in -GGUF.")
    return found


def dataset_files(hub: Hub, repo: str, revision: str, is_cancelled: IsCancelled = never) -> tuple[str, list[HubPart]]:
    """The commit that a revision of a data set means now, and its files. Raises HubError."""
    path = f"datasets/{_quoted(repo)}/revision/{quote(revision, safe='')}"
    answer = _api(hub, path, {"blobs": True}, repo, is_cancelled, repo_type="dataset")
    parts = _parts(answer, site_of(hub))
    return commit_of(answer.get("sha"), site_of(hub)), parts


def repositories_of(hub: Hub, weights: str, is_cancelled: IsCancelled = never) -> list[str]:
    """Repositories with quantized GGUF files of these weights (OWNER/NAME), most downloaded first. Raises HubError."""
    asked = {
        "filter": ["gguf", f"base_model:quantized:{weights}"],
        "sort": "downloads",
        "limit": MAX_REPOSITORIES,
    }
    answer = _api(hub, "models", asked, weights, is_cancelled, kind=list)
    names = [one.get("id") for one in answer[:MAX_REPOSITORIES] if isinstance(one, dict)]
    return [name for name in names if isinstance(name, str) and is_repo(name)]


def group_parts(repo: str, parts: Sequence[HubPart]) -> list[HubFile]:
    """Models from a repository's files: parts of one model together, what goes with them marked so."""
    groups: dict[tuple[str, int], list[HubPart]] = {}
    for part in sorted(parts, key=lambda one: one.file):
        name = part.file.rpartition("/")[2]
        if not name.lower().endswith(".gguf"):
            continue
        split = part_of(name)
        folder = part.file.removesuffix(name)
        groups.setdefault((folder + split.stem, split.count) if split else (part.file, 1), []).append(part)
    found = [
        HubFile(
            repo,
            quant_of(members[0].file.rpartition("/")[2]) or quant_of(members[0].file),
            tuple(members),
            kind=_kind(members[0].file.rpartition("/")[2]),
        )
        for (_, count), members in groups.items()
        if len(members) == count
    ]
    return sorted(found, key=lambda one: (one.size_bytes or 0, one.file))


def _api(
    hub: Hub,
    path: str,
    params: dict[str, Any],
    what: str,
    is_cancelled: IsCancelled,
    *,
    repo_type: RepoType = "model",
    kind: type = dict,
) -> Any:
    """What the Hub's API answers: an object, or a list."""
    ask = partial(exchange.ask_json, f"{site_of(hub)}/api/{path}", params, hub.token)
    found = asked(ask, hub, what, is_cancelled, repo_type=repo_type)
    if not isinstance(found, kind):
        raise not_a_hub(site_of(hub), f"it is no {'list' if kind is list else 'object'}")
    return found


def asked(
    ask: Callable[[], _T],
    hub: Hub,
    what: str,
    is_cancelled: IsCancelled = never,
    *,
    repo_type: RepoType = "model",
    file: str = "",
) -> _T:
    """What one exchange gives, in bounded time. Raises HubError, CancelledError."""
    words = refusal(clean_line(f"{what}/{file}" if file else what))
    if words is not None:
        raise HubUnreachableError(words)
    exchange.prepare()
    try:
        return promptly(ask, exchange.ANSWER_S, is_cancelled)
    except StoppedError:
        raise CancelledError("Stopped.") from None
    except Exception as error:  # all of them are the client's or the network's
        raise explained(error, what, file, hub.endpoint, repo_type) from error


def site_of(hub: Hub) -> str:
    """Its address."""
    if hub.endpoint:
        return hub.endpoint
    exchange.prepare()
    from huggingface_hub import constants

    return str(constants.ENDPOINT)


def _quoted(repo: str) -> str:
    """A repository's name for an address. Raises HubError for what is none."""
    if not is_repo(repo):
        raise HubError(f"{clean_line(repo)[:100]} is no repository's name: it is OWNER/NAME.")
    return quote(repo)


def _parts(answer: dict[str, Any], site: str) -> list[HubPart]:
    siblings = answer.get("siblings")
    if not isinstance(siblings, list):
        raise not_a_hub(site, "it lists no files")
    found = {part.file: part for part in map(_part, siblings) if part is not None}
    return list(found.values())


def _part(sibling: Any) -> HubPart | None:
    """One file of a list; None for what is none, or has a name that leads elsewhere or that a terminal would obey."""
    if not isinstance(sibling, dict) or not is_file_name(sibling.get("rfilename")):
        return None
    lfs = sibling.get("lfs")
    sha256 = lfs.get("sha256") if isinstance(lfs, dict) else None
    known = isinstance(sha256, str) and _SHA256.fullmatch(sha256)
    size = sibling.get("size")
    is_size = isinstance(size, int) and not isinstance(size, bool) and 0 <= size <= MAX_FILE_BYTES
    return HubPart(sibling["rfilename"], size if is_size else None, sha256 if known else None)


def is_file_name(name: object) -> bool:
    """Whether it can be a file of a repository, below any folder: a clean relative path that stays inside."""
    if not isinstance(name, str) or clean_line(name) != name or len(name) > 1_000 or "\\" in name:
        return False
    parts = name.split("/")
    return all(0 < len(part.encode()) <= 255 and part not in (".", "..") for part in parts)


def commit_of(value: object, site: str) -> str:
    """A commit as a server states it. Raises HubError for what is none."""
    if not isinstance(value, str) or not _COMMIT.fullmatch(value):
        raise not_a_hub(site, "it states no commit")
    return value


def not_a_hub(site: str, why: str) -> HubError:
    """That a server answers otherwise than a Hub does."""
    return HubError(clean_line(f"{masked(site)} does not answer as a Hub ({why}): check HF_ENDPOINT and proxies."))


def _kind(name: str) -> str:
    kind = kind_by_name(name)
    return kind.name if kind is not None else ""


def explained(
    error: Exception, repo: str, file: str = "", endpoint: str | None = None, repo_type: RepoType = "model"
) -> GGUFError:
    """An error of the client, the network or the Hub as a sentence."""
    import httpx
    from huggingface_hub import constants, errors

    what = clean_line(f"{repo}/{file}" if file else repo)
    site = masked(endpoint or constants.ENDPOINT)
    page = f"{site}/{repo}" if repo_type == "model" else f"{site}/datasets/{repo}"
    status = getattr(getattr(error, "response", None), "status_code", None)
    kind: type[HubError] = HubError
    if isinstance(error, GGUFError):
        return error
    if isinstance(error, exchange.AnswerError):
        return not_a_hub(site, str(error))
    if isinstance(error, errors.OfflineModeIsEnabled):
        sentence = f"{what} cannot be asked for, since HF_HUB_OFFLINE is set: unset it, or use a file that is here."
        kind = HubUnreachableError
    elif isinstance(error, errors.GatedRepoError) or status == 403:
        sentence = f"{repo} is gated: accept its terms on {page}, then run `hf auth login` or set HF_TOKEN."
    elif status == 401 and not isinstance(error, errors.RepositoryNotFoundError):
        sentence = f"{site} refuses the token: run `hf auth login` again, or fix or unset HF_TOKEN."
    elif isinstance(error, errors.EntryNotFoundError):
        listed = f"`aa-tui gguf pull {repo} --list` lists those there are" if repo_type == "model" else f"see {page}"
        sentence = f"There is no file {what} on the Hub: {listed}."
    elif isinstance(error, errors.RevisionNotFoundError):
        sentence = f"{page} does not have the revision that was asked for: it may have been removed."
    elif isinstance(error, errors.RepositoryNotFoundError | errors.HFValidationError):
        sentence = f"There is no repository {repo} on {site}, or it is private: check its name, or run `hf auth login`."
    elif status == 429:
        sentence = f"{site} is asked too much from here: wait some minutes, or run `hf auth login` for a higher limit."
    elif isinstance(status, int) and status >= 400:
        sentence = f"{site} cannot give {what} now (HTTP {status}): try again later."
    elif isinstance(error, httpx.HTTPError | TooSlowError | ConnectionError | TimeoutError):
        sentence = f"{site} cannot be reached ({_reason(error)}): check the network, then run it again to resume."
        kind = HubUnreachableError
    else:
        sentence = f"{site} cannot be asked ({_reason(error)}): check HF_ENDPOINT, HF_TOKEN and proxies."
    return kind(clean_line(sentence))


def _reason(error: Exception) -> str:
    return clean_line(masked(why(error)))[:120]
