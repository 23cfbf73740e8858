"""What people type for a file of the Hub: OWNER/REPO, with a quantization as llama.cpp and Ollama write it, an address.

Taken are OWNER/REPO, OWNER/REPO:QUANT, OWNER/REPO/FILE.gguf, the same after hf.co/ or huggingface.co/, and http(s)
addresses of the Hub's pages and files, on the Hub itself or on the mirror that HF_ENDPOINT names.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from aa_tui.gguf.hub import HubError, is_repo, quant_of
from aa_tui.shellwords import quoted

HOSTS = frozenset({"huggingface.co", "www.huggingface.co", "hf.co", "www.hf.co"})
TAKEN = "a model, OWNER/REPO, OWNER/REPO:QUANT, OWNER/REPO/FILE.gguf, or an address of these on huggingface.co"

_OF_FILES = frozenset({"blob", "resolve", "raw", "tree", "blame", "edit"})
_OTHER_KINDS = frozenset({"datasets", "spaces", "collections", "papers", "docs", "blog", "organizations", "settings"})
_NEWEST = frozenset({"main", "HEAD"})


@dataclass(frozen=True, slots=True)
class Address:
    """A repository of the Hub (OWNER/NAME), and the file or the quantization of it that is meant, if one is."""

    repo: str
    file: str | None = None
    quant: str | None = None


def read_address(text: str, endpoint: str | None = None) -> Address | None:
    """What a text names on the Hub; None where it is no address, so that it may be a model's name.

    `endpoint` is the Hub that is asked, where it is not the usual one. Raises HubError for an address of another site,
    of something that is no model, or of another revision than the newest.
    """
    text = text.strip()
    scheme, sign, _ = text.partition("://")
    if not sign:
        host = text.partition("/")[0].lower()
        if host not in HOSTS and not (endpoint and host == _split(endpoint).netloc.lower() and "/" in text):
            return _plain(text)
        text = f"https://{text}"
    elif scheme.lower() == "hf":
        return _plain(text.partition("://")[2].removeprefix("models/")) or _refused(text)
    address = _split(text)
    above = _above(address, endpoint)
    if above is None:
        raise HubError(
            f"{quoted(text)} is no address on the Hub: name {TAKEN}; a file of another site can be downloaded with a "
            "browser and measured by its path."
        )
    found = _of_page(address, above, text)
    shown = parse_qs(address.query).get("show_file_info", [""])[0]
    return Address(found.repo, shown) if shown.lower().endswith(".gguf") and found.file is None else found


def is_web(text: str) -> bool:
    """Whether a text is an address of the web, on the Hub or elsewhere."""
    return text.strip().lower().startswith(("http://", "https://"))


def is_of_hub(text: str, endpoint: str | None = None) -> bool:
    """Whether an address of the web is on the Hub or the mirror of it that is asked."""
    return is_web(text) and _above(_split(text.strip()), endpoint) is not None


def _split(text: str) -> SplitResult:
    try:
        found = urlsplit(text)
        found.port  # noqa: B018 - raises where it is no number
    except ValueError as error:
        raise HubError(f"{quoted(text)} is no address: name {TAKEN}.") from error
    return found


def _above(address: SplitResult, endpoint: str | None) -> list[str] | None:
    """The folders of the site before the Hub's own paths; None for another site."""
    if address.scheme.lower() not in ("http", "https"):
        return None
    if endpoint:
        there = _split(endpoint)
        above = _segments(there.path)
        if there.netloc.lower() == address.netloc.lower() and _segments(address.path)[: len(above)] == above:
            return above
    return [] if (address.hostname or "") in HOSTS else None


def _plain(text: str) -> Address | None:
    """OWNER/REPO, what may follow it, and nothing before."""
    segments = text.rstrip("/").split("/")
    if len(segments) < 2 or (len(segments) == 2 and text.lower().endswith(".gguf") and ":" not in text):
        return None  # FOLDER/FILE.gguf is a path
    return _of_segments(segments, text)


def _of_page(address: SplitResult, above: list[str], text: str) -> Address:
    segments = _segments(address.path)[len(above) :]
    if segments[:2] == ["api", "models"]:
        segments = segments[2:]
    if segments and segments[0] in _OTHER_KINDS:
        raise HubError(f"{quoted(text)} is no model's address: name {TAKEN}.")
    if len(segments) > 2 and segments[2] not in _OF_FILES and not segments[-1].lower().endswith(".gguf"):
        segments = segments[:2]  # a page about the repository, such as its discussions
    return _of_segments(segments, text) or _refused(text)


def _of_segments(segments: list[str], text: str) -> Address | None:
    if len(segments) < 2:
        return None
    owner, (name, _, tag) = segments[0], segments[1].partition(":")
    repo = f"{owner}/{name}"
    if not is_repo(repo) or not owner.strip(".") or not name.strip("."):
        return None
    rest = segments[2:]
    if rest and rest[0] in _OF_FILES:
        if rest[1:2] and rest[1] not in _NEWEST:
            raise HubError(
                f"{quoted(text)} is of another revision than main, which is what can be pulled: name {repo}."
            )
        folder = rest[0] == "tree"
        rest = rest[2:]
        if folder or not rest:
            return Address(repo, quant=(quant_of(rest[-1]) or None) if rest else None)
    if rest:
        file = "/".join(rest)
        if not file.lower().endswith(".gguf"):
            raise HubError(f"{quoted(file)} of {repo} is no GGUF file: `aa-tui gguf pull {repo} --list` lists them.")
        return Address(repo, file)
    if tag.lower().endswith(".gguf"):
        return Address(repo, tag)
    return Address(repo, quant=tag if tag and tag.lower() != "latest" else None)


def _segments(path: str) -> list[str]:
    return [unquote(one) for one in path.split("/") if one]


def _refused(text: str) -> Address:
    raise HubError(f"{quoted(text)} names no model's repository: name {TAKEN}.")
