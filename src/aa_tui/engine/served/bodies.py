"""What is asked, in the words of each kind of server."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from aa_tui.engine.calling import Grammar, Tool
from aa_tui.engine.chat import Message
from aa_tui.engine.served.calling import told
from aa_tui.engine.served.holding import fields_of
from aa_tui.engine.served.values import Served, ServerKind
from aa_tui.engine.settings import GREEDY, SamplerSettings

CHAT, CHAT_OF_OLLAMA = "/v1/chat/completions", "/api/chat"


@dataclass(frozen=True, slots=True)
class Chat:
    """One question to a server. `switches` are the chat template's own, such as `enable_thinking`.

    Without `caches_prompt` nothing that the server has computed before is of use to it: llama-server is told so,
    others find some digits of chance before the first message. `n_ctx` is the context in tokens that Ollama is to
    give the model, which has a short one else; others have theirs since they were started. `grammar` is what the whole
    answer is held to.
    """

    messages: tuple[Message, ...]
    max_tokens: int
    sampler: SamplerSettings = GREEDY
    ignore_eos: bool = False
    caches_prompt: bool = True
    switches: tuple[tuple[str, bool], ...] = ()
    n_ctx: int | None = None
    tools: tuple[Tool, ...] = ()
    grammar: Grammar | None = None


def path_of(kind: ServerKind) -> str:
    """Where a question goes. Ollama's own way has its clocks, its counts and a context of one's choice, and says so
    where a prompt is cut; its OpenAI way has none of these."""
    return CHAT_OF_OLLAMA if kind == "ollama" else CHAT


def body_of(served: Served, chat: Chat) -> dict[str, Any]:
    """The body of a request to the model that is served. Texts to stop at are no part of it: servers look for them
    in the thinking, too, so whoever reads the answer looks for them."""
    body = _of_ollama(served, chat) if served.kind == "ollama" else _of_openai(served, chat)
    return body if chat.grammar is None else {**body, **fields_of(served, chat.grammar)}


def _of_openai(served: Served, chat: Chat) -> dict[str, Any]:
    kind, sampler = served.kind, chat.sampler
    body: dict[str, Any] = {
        "model": served.model,
        "messages": _messages(kind, chat),
        "max_tokens": chat.max_tokens,
        "temperature": sampler.temperature,
        "top_p": sampler.top_p,
        "seed": sampler.seed,
        "stream": True,
        "stream_options": {"include_usage": True},
        **_of_sampler(kind, sampler),
        **_switches(kind, dict(chat.switches)),
    }
    if kind in ("vllm", "sglang"):
        body["stream_options"]["continuous_usage_stats"] = True
    if kind == "llama-server":
        body |= {"timings_per_token": True, "cache_prompt": chat.caches_prompt}
    if kind == "openrouter":
        body["usage"] = {"include": True}
    if chat.tools:
        body["tools"] = [tool.to_dict() for tool in chat.tools]
    if chat.tools and kind in ("llama-server", "vllm"):
        body["parallel_tool_calls"] = True  # llama-server reads the first call alone where it is not asked for all
    if chat.ignore_eos and kind in ("llama-server", "vllm", "sglang"):
        body["ignore_eos"] = True
    return body


def _of_sampler(kind: ServerKind, sampler: SamplerSettings) -> dict[str, Any]:
    """What OpenAI does not know. Servers of one's own are told all of it, since they have other defaults; services,
    which refuse what they do not know, what is wished for."""
    penalty = "repetition_penalty" if kind in ("vllm", "sglang", "openrouter") else "repeat_penalty"
    top_k = sampler.top_k if sampler.top_k > 0 else {"vllm": -1, "sglang": -1}.get(kind, 0)
    found: dict[str, Any] = {"top_k": top_k, "min_p": sampler.min_p, penalty: sampler.repeat_penalty}
    if kind in ("openrouter", "other"):
        off = {"top_k": 0, "min_p": 0.0, penalty: 1.0}
        return {name: value for name, value in found.items() if value != off[name]}
    if kind == "llama-server":
        found["repeat_last_n"] = sampler.repeat_last_n
    return found


def _switches(kind: ServerKind, switches: dict[str, bool]) -> dict[str, Any]:
    if not switches:
        return {}
    if kind == "openrouter":
        thinking = _thinking(switches)
        return {} if thinking is None else {"reasoning": {"enabled": thinking}}
    return {"chat_template_kwargs": switches}


def _thinking(switches: dict[str, bool]) -> bool | None:
    return switches.get("enable_thinking", switches.get("thinking"))


def _of_ollama(served: Served, chat: Chat) -> dict[str, Any]:
    sampler = chat.sampler
    options: dict[str, Any] = {
        "num_predict": chat.max_tokens,
        "temperature": sampler.temperature,
        "top_k": sampler.top_k,
        "top_p": sampler.top_p,
        "min_p": sampler.min_p,
        "repeat_penalty": sampler.repeat_penalty,
        "repeat_last_n": sampler.repeat_last_n,
        "seed": sampler.seed,
    }
    if chat.n_ctx is not None:
        options["num_ctx"] = chat.n_ctx
    body: dict[str, Any] = {
        "model": served.model,
        "messages": _messages("ollama", chat),
        "stream": True,
        "truncate": False,  # a prompt that does not fit is an error, not another prompt
        "shift": False,
        "options": options,
    }
    if chat.tools:
        body["tools"] = [tool.to_dict() for tool in chat.tools]
    thinking = _thinking(dict(chat.switches))
    if thinking is not None:
        body["think"] = thinking
    return body


def _messages(kind: ServerKind, chat: Chat) -> list[dict[str, Any]]:
    found = told(chat.messages, as_ollama=kind == "ollama")
    if not chat.caches_prompt and kind != "llama-server" and found:
        found[0]["content"] = f"[{secrets.token_hex(8)}]\n{found[0]['content']}"
    return found
