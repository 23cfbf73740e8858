"""Speed through a server: what is to be measured, and all that can be refused beforehand."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aa_tui.analysis import display
from aa_tui.catalog import metric_names, runs
from aa_tui.catalog.run_notes import RunSetup
from aa_tui.runs.errors import RunError
from aa_tui.runs.serving.reaching import Reached, note
from aa_tui.runs.serving.servers import named
from aa_tui.runs.speed.options import SpeedOptions
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.engine.served.values import Served
    from aa_tui.speed.load.plan import LoadPlan


def prepare_load(conn: sqlite3.Connection, target: str, *, model: str | None = None, options: SpeedOptions) -> int:
    """Queue a measurement of what a server serves. Returns the run's number.

    Raises RunError for options of files, and prices without a limit; SpeedError for what does not fit the server's
    context; EngineError for a server that cannot be asked.
    """
    from aa_tui.speed.load import plan as load

    _check_of_server(options)
    slo = load.parsed_slo(options.slo)
    servers = named(conn, [target], model=model or "", key_env=options.key_env)
    n_prompt, n_gen = options.prompt_tokens or load.PROMPT_TOKENS, options.output_tokens or load.OUTPUT_TOKENS
    with Reached(servers) as reached:
        served = reached.first
        stages = load.stages_for(
            depths=options.depths,
            levels=options.parallel,
            rates=options.rates,
            context_tokens=served.context_tokens,
            n_slots=served.n_slots,
            n_prompt=n_prompt,
            n_gen=n_gen,
        )
        _check_price(served, servers[0].name, options.max_usd)
        file = note(conn, servers[0], served)
    settings = {
        "servers": [servers[0].url],
        "server_model": model or "",
        "key_env": options.key_env,
        "max_usd": options.max_usd,
        "tests": [metric_names.of_server(stage.name) for stage in stages],
        "prompt_tokens": n_prompt,
        "output_tokens": n_gen,
        "requests_each": options.repetitions or load.REPETITIONS,
        "for_s": options.for_s or load.FOR_S,
        "slo": ",".join(limit.words for limit in slo),
        "seed": 0,
    }
    return runs.create(conn, kind="speed", file=file, settings=settings)


def plan_of(settings: Mapping[str, Any], setup: RunSetup, served: Served) -> LoadPlan:
    """The plan of a run that was queued so."""
    from aa_tui.speed.load import plan as load

    stages = [load.stage_of(test.removeprefix(metric_names.SERVED)) for test in setup.tests or ()]
    each = settings.get("requests_each")
    return load.LoadPlan(
        tuple(stage for stage in stages if stage is not None),
        n_prompt=setup.prompt_tokens or load.PROMPT_TOKENS,
        n_gen=setup.output_tokens or load.OUTPUT_TOKENS,
        repetitions=each if isinstance(each, int) and each > 0 else load.REPETITIONS,
        for_s=setup.for_s or load.FOR_S,
        slo=load.parsed_slo(setup.slo),
        n_slots=served.n_slots,
        seed=setup.seed or 0,
    )


def context_of(plan: LoadPlan) -> int:
    """Tokens that the longest request takes, with some room: Ollama gives a model the context that it is asked for, and
    loads it anew for another one."""
    from aa_tui.speed.load.plan import PROMPT_TOKENS, SLACK

    depths = [int(stage.value) + PROMPT_TOKENS for stage in plan.stages if stage.kind == "depth"]
    longest = max((*depths, plan.n_prompt)) * SLACK + plan.n_gen
    return math.ceil(longest / 1024) * 1024


def check_of_file(options: SpeedOptions) -> None:
    """Raises RunError for options that only a server can have."""
    of_server = {
        "--parallel": options.parallel,
        "--rate": options.rates,
        "--for": options.for_s,
        "--slo": options.slo,
        "--prompt-tokens": options.prompt_tokens,
        "--output-tokens": options.output_tokens,
        "--key-env": options.key_env,
        "--max-usd": options.max_usd,
    }
    given = next((name for name, value in of_server.items() if value not in (None, "")), None)
    if given is not None:
        hint = "--sweep load does the like with a file" if given == "--parallel" else "a file is measured without it"
        raise RunError(f"{given} is for servers (`aa-tui bench http://HOST:PORT`): {hint}.")


def _check_of_server(options: SpeedOptions) -> None:
    of_file = {
        "--tests": options.tests,
        "--sweep": options.sweeps,
        "--sustained": options.sustained_s is not None,
        "-t": options.n_threads,
        "-ngl": options.n_gpu_layers is not None,
        "--device": options.devices,
        "--tensor-split": options.tensor_split,
        "--rpc": options.rpc,
    }
    given = next((name for name, value in of_file.items() if value), None)
    if given is not None:
        raise RunError(
            f"{given} is for models that run on this machine: through a server --depths, --parallel and --rate say "
            "what is measured."
        )


def _check_price(served: Served, name: str, max_usd: float | None) -> None:
    prices = (served.price_in_usd_per_m, served.price_out_usd_per_m)
    if any(prices) and max_usd is None:
        raise RunError(
            f"{clean_line(name)} asks {display.usd(prices[0])} for a million tokens in and {display.usd(prices[1])} "
            "out: say how much the run may cost with --max-usd."
        )
