"""Asks a server for the load protocol: each answer with its clocks, tokens and cost."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from contextlib import aclosing
from time import perf_counter
from typing import TYPE_CHECKING

from aa_tui.engine.chat import Message
from aa_tui.engine.errors import EngineError
from aa_tui.engine.served import counting
from aa_tui.engine.served.bodies import Chat
from aa_tui.engine.served.client import Client, Delta, Done, Seen
from aa_tui.engine.served.exchange import ServerError
from aa_tui.speed.load.values import Answer, Question, RefusedError
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.engine.served.chunks import Counts
    from aa_tui.engine.served.values import Served, Target

ROUND_TRIPS = 9
PATIENCE_S = 10.0
_CHEAP = {"llama-server": "/health", "vllm": "/version", "ollama": "/api/version"}
"""What a server answers at once; others list their models."""


class ServedAsker:
    """An `Asker` of `speed.load`. Belongs to one asyncio loop. `spent_usd` is what the answers have cost until now."""

    def __init__(self, client: Client, target: Target, served: Served, n_ctx: int) -> None:
        self._client, self._target, self._served, self._n_ctx = client, target, served, n_ctx
        self.spent_usd = 0.0

    async def ask(self, question: Question) -> Answer:
        """Raises EngineError for a refusal, an answer that breaks off, and one without a token."""
        chat = Chat(
            (Message("user", question.text),),
            question.n_gen,
            ignore_eos=True,
            caches_prompt=False,
            n_ctx=self._n_ctx,
        )
        seen, n_pieces, first, last = Seen(), 0, 0.0, 0.0
        done: Done | None = None
        try:
            async with aclosing(self._client.chat(self._target, self._served, chat, seen=seen)) as parts:
                async for part in parts:  # to the end, so that the connection can be used again
                    if isinstance(part, Delta):
                        first = first if n_pieces else part.at
                        last, n_pieces = part.at, n_pieces + 1
                    else:
                        done = part
        except ServerError as error:
            if error.is_busy:
                raise RefusedError(str(error)) from None
            raise
        if done is None or n_pieces == 0:
            raise EngineError(
                f"{clean_line(self._target.url)} answered without a single token: ask it something by `aa-tui ask` and "
                "see what it says."
            )
        self.spent_usd += _cost_usd(done.counts, self._served)
        pp_tps, tg_tps = own_clocks(dict(done.counts.timings), done.counts)
        return Answer(
            n_prompt=done.counts.n_prompt,
            n_cached=done.counts.n_cached or 0,
            n_output=done.counts.n_output or n_pieces,
            first_s=first - seen.started,
            last_s=last - seen.started,
            tokens_from="usage" if done.counts.n_output else "pieces",
            server_pp_tps=pp_tps,
            server_tg_tps=tg_tps,
        )

    async def count(self, text: str) -> int | None:
        """By the server's template and tokenizer; by the tokenizer alone where it does not tell more."""
        found = await counting.n_prompt(
            self._client.connections, self._target, self._served, (Message("user", text),), {}
        )
        if found is None:
            found = await counting.n_text(self._client.connections, self._target, self._served, text)
        return found

    async def round_trip_s(self) -> float:
        """The median of several, on a connection that is open already."""
        path, found = _CHEAP.get(self._served.kind, "/v1/models"), []
        for number in range(ROUND_TRIPS + 1):
            start = perf_counter()
            try:
                await self._client.connections.ask(self._target, path, patience_s=PATIENCE_S)
            except ServerError as error:
                if error.status is None:
                    raise
            if number:  # the first one has opened the connection
                found.append(perf_counter() - start)
        return statistics.median(found)


def own_clocks(timings: Mapping[str, float], counts: Counts) -> tuple[float | None, float | None]:
    """A server's own prompt and output speeds in tokens/s, where it has clocks that part the two.

    llama-server: `prompt_per_second`, `predicted_per_second`. Ollama: counts over `prompt_eval_duration` and
    `eval_duration`. vLLM: `generation_time_ms`, which begins with the first token.
    """
    if "predicted_per_second" in timings:
        return timings.get("prompt_per_second") or None, timings["predicted_per_second"] or None
    n_output = counts.n_output or 0
    if timings.get("eval_s"):
        prompt_s = timings.get("prompt_eval_s")
        return (counts.n_prompt or 0) / prompt_s if prompt_s else None, n_output / timings["eval_s"]
    if timings.get("generation_time_ms") and n_output > 1:
        return None, (n_output - 1) / (timings["generation_time_ms"] / 1000)
    return None, None


def _cost_usd(counts: Counts, served: Served) -> float:
    if counts.cost_usd is not None:
        return counts.cost_usd
    into, out = served.price_in_usd_per_m or 0.0, served.price_out_usd_per_m or 0.0
    return ((counts.n_prompt or 0) * into + (counts.n_output or 0) * out) / 1e6
