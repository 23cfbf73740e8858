"""Who is talked to over the network, with what, and when: what the environment says, told without asking anybody."""

from __future__ import annotations

import os
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aa_tui.config.offline import forbidden_by
from aa_tui.gguf.exchange import TELEMETRY
from aa_tui.gguf.places import hub_home, typed_path
from aa_tui.host.network import is_web, masked, reach

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_ENDPOINT = "https://huggingface.co"
WHEN = (
    "`gguf pull`, `gguf inspect OWNER/REPO/FILE`, `gguf fit --ask` and `packs pull` ask the Hub, and the app where you "
    "pull; `gguf inspect https://…` asks that server, --rpc those that it names. Nothing is sent unasked."
)


@dataclass(frozen=True, slots=True)
class Talking:
    """The Hub's address, and what goes along. Nothing in here is secret: passwords in addresses are masked.

    `token` says where the client finds one ("HF_TOKEN", a file), "" for none. `reports` is whether the Hub's client
    tells home who uses it. `proxies` are by scheme.
    """

    endpoint: str
    token: str
    reports: bool
    offline: str
    proxies: dict[str, str]


def talking(environ: Mapping[str, str] | None = None) -> Talking:
    """What the environment says, by the same variables as the Hub's client goes by."""
    env = os.environ if environ is None else environ
    disabled = (env.get(TELEMETRY, "1"), env.get("DISABLE_TELEMETRY", ""), env.get("DO_NOT_TRACK", ""))
    client = (name for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE") if _is_true(env.get(name, "")))
    return Talking(
        endpoint=masked(_endpoint(env)),
        token=_token(env),
        reports=not any(map(_is_true, disabled)),
        offline=forbidden_by(env) or next(client, ""),
        proxies={scheme: masked(proxy) for scheme, proxy in sorted(_proxies().items())},
    )


def reach_hub(seconds: float) -> str | None:
    """Why the Hub, or the proxy before it, cannot be reached; None when a connection was made. Asks for nothing."""
    endpoint = _endpoint(os.environ)
    if not is_web(endpoint):
        return "it is no web address"
    parts = urlsplit(endpoint)
    proxy = _proxies().get(parts.scheme) or _proxies().get("all")
    if proxy is None or urllib.request.proxy_bypass(parts.netloc.rpartition("@")[2]):
        return reach(endpoint, seconds)
    why = reach(proxy if "://" in proxy else f"http://{proxy}", seconds)
    return None if why is None else f"its proxy {masked(proxy)}: {why}"


def _endpoint(env: Mapping[str, str]) -> str:
    return env.get("HF_ENDPOINT") or DEFAULT_ENDPOINT


def _token(env: Mapping[str, str]) -> str:
    """Where the client finds a token; what it is, is not looked at."""
    if _is_true(env.get("HF_HUB_DISABLE_IMPLICIT_TOKEN", "")):
        return ""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        if env.get(name, "").strip():
            return name
    path = typed_path(env.get("HF_TOKEN_PATH") or str(hub_home(env) / "token"))
    return str(path) if path.is_file() else ""


def _proxies() -> dict[str, str]:
    return {scheme: proxy for scheme, proxy in urllib.request.getproxies().items() if scheme != "no"}


def _is_true(text: str) -> bool:
    return text.upper() in ("1", "ON", "YES", "TRUE")
