"""From servers that were named to a queued evaluation: what they serve, and all that can be refused beforehand."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from aa_tui.analysis import display
from aa_tui.runs.errors import RunError
from aa_tui.runs.evaluation.holding import check_held
from aa_tui.runs.evaluation.needs import LEAST_OUTPUT
from aa_tui.runs.evaluation.options import BUDGETS, EvalOptions
from aa_tui.runs.evaluation.queueing import found_pack, queue
from aa_tui.runs.serving.reaching import Reached, note
from aa_tui.runs.serving.servers import named

if TYPE_CHECKING:
    from aa_tui.evals.items import Pack

CHARS_PER_TOKEN = 3.0
"""For a first guess of the longest prompt, before any server counts it; English has some 4."""

TEMPLATE_TOKENS = 64
"""What a chat template adds, in that guess."""


def prepare_served(
    conn: sqlite3.Connection,
    targets: Sequence[str],
    pack: str,
    model: str | None = None,
    *,
    options: EvalOptions,
    planned: bool = False,
) -> int:
    """Queue an evaluation of what these servers serve, all of them asked together. Returns the run's number.

    Raises RunError for servers that do not serve the same, a context that is too short, or prices without a limit;
    EngineError for a server that cannot be asked; UsageError for a file among them; PackError.
    """
    options = for_servers(options)
    model_asked = model or options.server_model
    servers = named(conn, targets, model=model_asked, key_env=options.key_env)
    entry, loaded = found_pack(conn, pack)
    with Reached(servers) as reached:
        reached.check_alike(mixed=options.mixed)
        if options.grammar:
            check_held(loaded, reached.first, reached.servers[0].shown)
        _check_context(loaded, options, reached)
        check_price(options, reached)
        files = [note(conn, server, served) for server, (_, served) in zip(reached.servers, reached.pairs, strict=True)]
    asked = replace(options, servers=tuple(server.url for server in servers), server_model=model_asked)
    return queue(conn, files[0], entry, loaded, options=asked, planned=planned)


def for_servers(options: EvalOptions) -> EvalOptions:
    """The options as servers can have them. Raises RunError for one that only a model run here can have."""
    of_here = {
        "-t": options.n_threads,
        "-ngl": options.n_gpu_layers,
        "--device": options.devices,
        "--tensor-split": options.tensor_split,
        "--rpc": options.rpc,
    }
    given = next((name for name, value in of_here.items() if value), None)
    if given is not None:
        raise RunError(f"{given} is for models that run on this machine: a server is set up where it runs.")
    if options.template is not None:
        raise RunError("A server makes prompts with its own chat template: --template needs the model's file.")
    if options.prompt == "plain":
        raise RunError("A server makes prompts with its own chat template: --prompt plain needs the model's file.")
    if options.budgets not in ((), BUDGETS):
        raise RunError(
            "Accuracy against thinking budget needs forks of running answers, which no server makes: leave the budgets "
            "out, or evaluate the model's file."
        )
    return replace(options, budgets=())


def _check_context(pack: Pack, options: EvalOptions, reached: Reached) -> None:
    """Who names an output limit or a context himself knows what answers may take."""
    context = reached.context_tokens
    if context is None or options.force:
        return
    chars = max((len(item.prompt) + sum(map(len, item.choices)) for item in pack.items), default=0)
    n_prompt = int((chars + len(pack.system) + len(pack.template)) / CHARS_PER_TOKEN) + TEMPLATE_TOKENS
    n_output = options.max_output_tokens or (LEAST_OUTPUT if options.context else pack.max_output_tokens)
    if n_prompt + n_output <= context:
        return
    room = context - n_prompt
    shorter = f", or let answers be shorter (--max-output {room})" if room >= LEAST_OUTPUT else ""
    name = reached.servers[0].shown
    raise RunError(
        f"{name} gives a request {context:,} tokens, but the longest prompt of {pack.name} takes about {n_prompt:,} "
        f"and its answer up to {n_output:,}: start the server with a context of {n_prompt + n_output:,} for each "
        f"request{shorter}."
    )


def check_price(options: EvalOptions, reached: Reached) -> None:
    """Raises RunError for prices without a limit of what may be spent, and for a limit without prices."""
    first = reached.first
    prices = (first.price_in_usd_per_m, first.price_out_usd_per_m)
    name = reached.servers[0].shown
    if any(prices) and options.max_usd is None:
        raise RunError(
            f"{name} asks {display.usd(prices[0])} for a million tokens in and {display.usd(prices[1])} out: say how "
            "much the run may cost with --max-usd."
        )
    if options.max_usd is not None and not any(prices):
        raise RunError(
            f"{name} says no prices, so nobody can tell when --max-usd is reached: name them with `aa-tui servers add "
            "URL --price-in X --price-out X`, or leave --max-usd out."
        )
