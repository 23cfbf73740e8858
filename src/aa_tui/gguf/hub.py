"""The Hugging Face Hub through its own client: which GGUF files a repository has, and what went wrong in a sentence.

The client is imported when first needed (it takes a third of a second). It goes by its own settings: `HF_ENDPOINT`,
`HF_TOKEN` or a token saved by `hf auth login`, `HF_HUB_OFFLINE`, `HF_HUB_CACHE`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.parts import part_of
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from aa_tui.gguf.known import Repository

ANSWER_TIMEOUT_S = 10.0
MAX_REPOSITORIES = 10

_QUANT = re.compile(
    r"(?:^|[-_. ])((?:i1-|ud-)?(?:iq[1-4]_(?:xxs|xs|s|m|nl)|q[2-8]_(?:k(?:_(?:xs|s|m|l|xl))?|[01])|tq[12]_0|mxfp4"
    r"|bf16|f16|fp16|f32))(?=[-_. ]|$)",
    re.IGNORECASE,
)
_REPO = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}")

RepoType = Literal["model", "dataset"]
"""What a repository of the Hub holds: data sets have addresses of their own."""


class HubError(GGUFError):
    """The Hub does not give what was asked for; `str()` is one sentence with the next step."""


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

    `is_seed` marks what a manifest tells; everything else the Hub told now.
    """

    repo: str
    quant: str
    parts: tuple[HubPart, ...]
    is_seed: bool = False

    @property
    def file(self) -> str:
        """The name of the file, or of its first part."""
        return self.parts[0].file

    @property
    def size_bytes(self) -> int | None:
        """All parts together."""
        sizes = [part.size_bytes for part in self.parts]
        return None if None in sizes else sum(size for size in sizes if size is not None)


def hush() -> None:
    """Keep the client from writing to the terminal, which may belong to the app: errors come as sentences."""
    from huggingface_hub.utils import logging

    if "HF_HUB_VERBOSITY" not in os.environ:
        logging.set_verbosity(logging.CRITICAL)


def quant_of(name: str) -> str:
    """The quantization in a file's name, as llama.cpp writes it; empty when there is none."""
    found = _QUANT.findall(name.removesuffix(".gguf"))
    return str(found[-1]).upper().replace("FP16", "F16").replace("I1-", "").replace("UD-", "") if found else ""


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


def files_of(hub: Hub, repo: str) -> list[HubFile]:
    """The GGUF files of a repository, smallest first, as the Hub lists them now. Raises HubError."""
    try:
        from huggingface_hub import HfApi

        hush()
        info = HfApi(endpoint=hub.endpoint, token=hub.token).model_info(
            repo, files_metadata=True, timeout=ANSWER_TIMEOUT_S
        )
    except Exception as error:  # every error of the client becomes a sentence, bugs of ours do not
        raise explained(error, repo, endpoint=hub.endpoint) from error
    found = group_parts(repo, [_part(one) for one in info.siblings or ()])
    if not found:
        raise HubError(f"{repo} holds no GGUF files: look for a repository whose name ends in -GGUF.")
    return found


def dataset_files(hub: Hub, repo: str, revision: str) -> tuple[str, list[HubPart]]:
    """The commit that a revision of a data set means now, and its files. Raises HubError."""
    try:
        from huggingface_hub import HfApi

        hush()
        info = HfApi(endpoint=hub.endpoint, token=hub.token).dataset_info(
            repo, revision=revision, files_metadata=True, timeout=ANSWER_TIMEOUT_S
        )
    except Exception as error:  # as above
        raise explained(error, repo, endpoint=hub.endpoint, repo_type="dataset") from error
    parts = [_part(one) for one in info.siblings or ()]
    return clean_line(str(info.sha or "")), [part for part in parts if part.file]


def repositories_of(hub: Hub, weights: str) -> list[str]:
    """Repositories with quantized GGUF files of these weights (OWNER/NAME), most downloaded first. Raises HubError."""
    try:
        from huggingface_hub import HfApi

        hush()
        models = HfApi(endpoint=hub.endpoint, token=hub.token).list_models(
            filter=["gguf", f"base_model:quantized:{weights}"], sort="downloads", limit=MAX_REPOSITORIES
        )
        return [clean_line(str(model.id)) for model in models if is_repo(str(model.id))]
    except Exception as error:  # as above
        raise explained(error, weights, endpoint=hub.endpoint) from error


def group_parts(repo: str, parts: Sequence[HubPart]) -> list[HubFile]:
    """Models from a repository's files: parts of one model together, projectors and other files left out."""
    groups: dict[tuple[str, int], list[HubPart]] = {}
    for part in sorted(parts, key=lambda one: one.file):
        name = part.file.rpartition("/")[2]
        if not name.lower().endswith(".gguf") or name.lower().startswith("mmproj"):
            continue
        split = part_of(name)
        folder = part.file.removesuffix(name)
        groups.setdefault((folder + split.stem, split.count) if split else (part.file, 1), []).append(part)
    found = [
        HubFile(repo, quant_of(members[0].file.rpartition("/")[2]) or quant_of(members[0].file), tuple(members))
        for (_, count), members in groups.items()
        if len(members) == count
    ]
    return sorted(found, key=lambda one: (one.size_bytes or 0, one.file))


def _part(sibling: Any) -> HubPart:
    name = str(sibling.rfilename)
    sha256 = sibling.lfs.sha256 if sibling.lfs else None
    if clean_line(name) != name or name.startswith("/") or ".." in name.split("/"):
        return HubPart("", None, None)  # a name that leads elsewhere or that a terminal would obey: not for us
    return HubPart(name, sibling.size, sha256)


def explained(
    error: Exception, repo: str, file: str = "", endpoint: str | None = None, repo_type: RepoType = "model"
) -> Exception:
    """The client's error as a HubError; one that is not of the network or the Hub is given back as it is."""
    import httpx
    from huggingface_hub import constants, errors

    what = clean_line(f"{repo}/{file}" if file else repo)
    site = endpoint or constants.ENDPOINT
    page = f"{site}/{repo}" if repo_type == "model" else f"{site}/datasets/{repo}"
    status = getattr(getattr(error, "response", None), "status_code", None)
    cause = error.__cause__ or error.__context__
    if isinstance(error, errors.LocalEntryNotFoundError) and isinstance(cause, Exception):
        return explained(cause, repo, file, endpoint, repo_type)
    sentence = None
    if isinstance(error, errors.OfflineModeIsEnabled):
        sentence = f"{what} cannot be asked for, since HF_HUB_OFFLINE is set: unset it, or use a file that is here."
    elif isinstance(error, errors.GatedRepoError) or status == 403:
        sentence = f"{repo} is gated: accept its terms on {page}, then run `hf auth login` or set HF_TOKEN."
    elif status == 401 and not isinstance(error, errors.RepositoryNotFoundError):
        sentence = f"{site} refuses the token: run `hf auth login` again, or mend or unset HF_TOKEN."
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
    elif isinstance(error, httpx.HTTPError | errors.FileMetadataError | ConnectionError | TimeoutError):
        sentence = f"{site} cannot be reached ({_reason(error)}): check the network; the same command goes on."
    return HubError(clean_line(sentence)) if sentence else error


def _reason(error: Exception) -> str:
    text = clean_line(str(error)) or type(error).__name__
    return text[:120]
