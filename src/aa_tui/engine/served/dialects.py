"""What each kind of server says of itself and its models. All of it is read as from strangers: a field of another type
than it should have counts as not there."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import quote

from aa_tui.engine.renderer import LONGEST_TEMPLATE
from aa_tui.engine.served.exchange import Connections, ServerError
from aa_tui.engine.served.values import Served, ServerKind, Target
from aa_tui.gguf.naming import without_quant
from aa_tui.textsafe import clean_line, cut, has_controls

LONGEST_NAME = 400
SAMPLER = ("temperature", "top_k", "top_p", "min_p", "repeat_penalty", "presence_penalty", "frequency_penalty")
"""What is kept of a server's own sampling settings: what a request may name, too."""

_LOADING_AGAIN_S = 0.5
_PART = re.compile(r"-\d{5}-of-\d{5}$")


@dataclass(frozen=True, slots=True)
class Entry:
    """A model in a server's list, with all that the list says of it."""

    id: str
    says: Mapping[str, Any]

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other names that the server knows it by."""
        found = self.says.get("aliases")
        return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()


@dataclass(slots=True)
class Look:
    """A look at one server, in so many seconds altogether."""

    connections: Connections
    target: Target
    patience_s: float
    end: float = field(init=False)

    def __post_init__(self) -> None:
        self.end = monotonic() + self.patience_s

    @property
    def name(self) -> str:
        """The server in a sentence."""
        return cut(clean_line(self.target.url), 100)

    def left_s(self) -> float:
        """Seconds that are left."""
        return max(self.end - monotonic(), 0.0)

    async def asked(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """What it answers. Raises ServerError."""
        return await self.connections.ask(self.target, path, body, patience_s=self.patience_s)

    async def maybe(self, path: str, body: dict[str, Any] | None = None) -> Mapping[str, Any]:
        """The object that it answers with; empty where it answers with none, or not at all."""
        try:
            found = await self.asked(path, body)
        except ServerError:
            return {}
        return found if isinstance(found, dict) else {}


def entries_of(target: Target, value: Any) -> list[Entry]:
    """The models of a list as OpenAI makes it. Raises ServerError where it is none."""
    found = value.get("data") if isinstance(value, dict) else None
    if found is None and isinstance(value, dict) and isinstance(value.get("models"), list):
        found = value["models"]
    if not isinstance(found, list):
        where = cut(clean_line(target.url), 100)
        raise ServerError(f"{where} answers, but not with a list of models: is it the address of a model server?")
    return [Entry(name, one) for one in found if (name := _name(one, "id") or _name(one, "name"))]


async def recognise(look: Look, entries: Iterable[Entry]) -> ServerKind:
    """Who it is: as the list of its models shows, else by what only one kind of server answers."""
    entries = tuple(entries)
    owners = {str(one.says.get("owned_by", "")).lower() for one in entries}
    for owner, kind in _BY_OWNER.items():
        if owner in owners:
            return kind
    if any(_is_priced(one) for one in entries):
        return "openrouter"
    for path, is_it, kind in _BY_ANSWER:
        if is_it(await look.maybe(path)):
            return kind
    return "other"


_BY_OWNER: dict[str, ServerKind] = {
    "llamacpp": "llama-server", "vllm": "vllm", "sglang": "sglang", "me": "llama-cpp-python",
}  # fmt: skip

_BY_ANSWER: tuple[tuple[str, Callable[[Mapping[str, Any]], bool], ServerKind], ...] = (
    ("/props", lambda found: "total_slots" in found or "default_generation_settings" in found, "llama-server"),
    ("/api/v0/models", lambda found: isinstance(found.get("data"), list), "lm-studio"),
    ("/api/version", lambda found: isinstance(found.get("version"), str), "ollama"),
    ("/get_model_info", lambda found: isinstance(found.get("model_path"), str), "sglang"),
    ("/version", lambda found: isinstance(found.get("version"), str), "vllm"),
)
"""llama-server answers Ollama's questions, too; LM Studio answers any with an object that says it does not know it."""


def _is_priced(entry: Entry) -> bool:
    prices = entry.says.get("pricing")
    return isinstance(prices, dict) and "prompt" in prices and "completion" in prices


async def listed_elsewhere(look: Look, kind: ServerKind) -> list[Entry]:
    """The models of a server that has no list as OpenAI makes it."""
    if kind != "ollama":
        return []
    found = (await look.maybe("/api/tags")).get("models")
    return [Entry(name, one) for one in found if (name := _name(one, "name"))] if isinstance(found, list) else []


async def _llama_server(look: Look, entry: Entry) -> Served:
    props = await _props(look, entry)
    if "meta" not in entry.says and "status" in entry.says:  # a router tells of a model that is loaded by now
        listed = _objects(await look.maybe("/v1/models"), "data")
        entry = next((Entry(entry.id, one) for one in listed if one.get("id") == entry.id), entry)
    defaults = _object(props, "default_generation_settings")
    params, meta = _object(defaults, "params"), _object(entry.says, "meta")
    file = _text(props, "model_path") or entry.id
    return Served(
        look.target.url,
        entry.id,
        "llama-server",
        version=_text(props, "build_info"),
        context_tokens=_whole(defaults, "n_ctx") or _whole(meta, "n_ctx"),
        n_slots=_whole(props, "total_slots"),
        n_params=_whole(meta, "n_params"),
        size_bytes=_whole(meta, "size"),
        n_vocab=_whole(meta, "n_vocab"),
        quant=_quant_in(file) or _text(meta, "ftype") or None,
        template=_template(props, "chat_template"),
        sampler=_sampler(params),
    )


async def _props(look: Look, entry: Entry) -> Mapping[str, Any]:
    """What it says of itself. A router loads the model that is asked for first, which is waited for."""
    if "status" not in entry.says:
        return await look.maybe("/props")
    path = f"/props?model={quote(entry.id, safe='')}"
    if _text(_object(entry.says, "status"), "value") != "loaded":
        await look.maybe("/models/load", {"model": entry.id})
    while not (found := await look.maybe(path)):
        if look.left_s() < 2 * _LOADING_AGAIN_S:
            raise ServerError(
                f"{look.name} is still loading {cut(clean_line(entry.id), 80)}: try again in a while.",
                is_passing=True,
                is_busy=True,
            )
        await asyncio.sleep(_LOADING_AGAIN_S)
    return found


async def _llama_cpp_python(look: Look, entry: Entry) -> Served:
    about = _object(await look.maybe("/openapi.json"), "info")
    return Served(  # it computes one request at a time, whatever it is asked
        look.target.url, entry.id, "llama-cpp-python", version=_text(about, "version"), n_slots=1,
        context_tokens=_context(entry), quant=_quant_in(entry.id),
    )  # fmt: skip


async def _vllm(look: Look, entry: Entry) -> Served:
    version = _text(await look.maybe("/version"), "version")
    return Served(look.target.url, entry.id, "vllm", version=version, context_tokens=_context(entry))


async def _sglang(look: Look, entry: Entry) -> Served:
    about = await look.maybe("/get_server_info") or await look.maybe("/server_info")
    return Served(
        look.target.url,
        entry.id,
        "sglang",
        version=_text(about, "version"),
        context_tokens=_context(entry) or _whole(about, "context_length"),
        quant=_text(about, "quantization") or None,
    )


async def _ollama(look: Look, entry: Entry) -> Served:
    shown, version, tags = await asyncio.gather(
        look.maybe("/api/show", {"model": entry.id}), look.maybe("/api/version"), look.maybe("/api/tags")
    )
    details, info = _object(shown, "details"), _object(shown, "model_info")
    own = next((one for one in _objects(tags, "models") if entry.id in (one.get("name"), one.get("model"))), {})
    contexts = [_whole(info, name) for name in info if isinstance(name, str) and name.endswith(".context_length")]
    vocabulary = info.get("tokenizer.ggml.tokens")
    return Served(
        look.target.url,
        entry.id,
        "ollama",
        version=_text(version, "version"),
        context_tokens=next(iter(contexts), None),
        n_params=_whole(info, "general.parameter_count"),
        size_bytes=_whole(own, "size"),
        n_vocab=len(vocabulary) if isinstance(vocabulary, list) and vocabulary else None,
        quant=_text(details, "quantization_level") or None,
        template=_template(shown, "template"),
        sampler=_ollama_sampler(_long_text(shown, "parameters")),
    )


def _ollama_sampler(text: str) -> tuple[tuple[str, float], ...]:
    """A model's parameters as Ollama prints them: a name and a value on each line."""
    found: dict[str, Any] = {}
    for line in text.splitlines()[:100]:
        name, _, value = line.strip().partition(" ")
        try:
            found[name] = float(value.strip())
        except ValueError:  # a stop text
            continue
    return _sampler(found)


async def _lm_studio(look: Look, entry: Entry) -> Served:
    listed = _objects(await look.maybe("/api/v0/models"), "data")
    own = next((one for one in listed if one.get("id") == entry.id), {})
    return Served(
        look.target.url,
        entry.id,
        "lm-studio",
        context_tokens=_whole(own, "loaded_context_length") or _whole(own, "max_context_length"),
        quant=_text(own, "quantization") or None,
    )


async def _openrouter(look: Look, entry: Entry) -> Served:
    prices = _object(entry.says, "pricing")
    return Served(
        look.target.url,
        entry.id,
        "openrouter",
        context_tokens=_context(entry),
        price_in_usd_per_m=_per_million(prices.get("prompt")),
        price_out_usd_per_m=_per_million(prices.get("completion")),
    )


async def _other(look: Look, entry: Entry) -> Served:
    return Served(look.target.url, entry.id, "other", context_tokens=_context(entry))


DESCRIBE: dict[ServerKind, Callable[[Look, Entry], Awaitable[Served]]] = {
    "llama-server": _llama_server,
    "llama-cpp-python": _llama_cpp_python,
    "vllm": _vllm,
    "sglang": _sglang,
    "ollama": _ollama,
    "lm-studio": _lm_studio,
    "openrouter": _openrouter,
    "other": _other,
}


def _context(entry: Entry) -> int | None:
    names = ("max_model_len", "context_length", "context_window", "max_context_length")
    return next((found for name in names if (found := _whole(entry.says, name)) is not None), None)


def _name(says: Any, name: str) -> str:
    """A model's name, as it has to be sent back: whole, or none at all."""
    found = says.get(name) if isinstance(says, dict) else None
    if not isinstance(found, str) or found != found.strip() or not 0 < len(found) <= LONGEST_NAME:
        return ""
    return "" if has_controls(found) else found


def _object(says: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = says.get(name)
    return found if isinstance(found, dict) else {}


def _objects(says: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = says.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _text(says: Mapping[str, Any], name: str) -> str:
    found = says.get(name)
    return cut(clean_line(found), LONGEST_NAME) if isinstance(found, str) else ""


def _long_text(says: Mapping[str, Any], name: str) -> str:
    found = says.get(name)
    return found[: 1 << 16] if isinstance(found, str) else ""


def _template(says: Mapping[str, Any], name: str) -> str | None:
    found = says.get(name)
    return found if isinstance(found, str) and 0 < len(found) <= LONGEST_TEMPLATE else None


def _whole(says: Mapping[str, Any], name: str) -> int | None:
    found = says.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 < found < 1 << 53 else None


def _sampler(says: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    found = {name: says.get(name) for name in SAMPLER}
    return tuple(
        (name, round(float(value), 6))  # llama-server tells 0.95 as the nearest number of 32 bits
        for name, value in found.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e6
    )


def _per_million(price: Any) -> float | None:
    """OpenRouter's price of a token, a text or a number of dollars; below 0 it means that it varies."""
    try:
        found = float(price) if isinstance(price, str | int | float) and not isinstance(price, bool) else -1.0
    except (ValueError, OverflowError):
        return None
    return round(found * 1e6, 6) if 0 <= found < 1 else None


def _quant_in(file: str) -> str | None:
    """The quantization at the end of a file's name."""
    name = _PART.sub("", re.split(r"[/\\]", file)[-1].removesuffix(".gguf"))
    short = without_quant(name)
    return name[len(short) :].strip("-_. ") or None if name.startswith(short) else None
