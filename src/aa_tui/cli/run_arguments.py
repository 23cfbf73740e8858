"""The command line of what evaluates, and of samples. Importing it costs nothing."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from aa_tui.cli.argument_types import count, duration, number, refusing, share, threads
from aa_tui.outcomes import OUTCOMES

LABELS = ("right", "wrong", "unclear")
NO_LABEL = "none"
ASK = True
"""What --label says by itself; no text, since those must be labels."""
ANY = "any"
LOST = ("left", "ran_on", "never", "looped", "starved", "untold")
"""The classes of `analysis.lost`."""
CACHE_TYPES = ("f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl")


def add_eval(one: argparse.ArgumentParser) -> None:
    """`aa-tui eval`."""
    one.add_argument(
        "targets",
        nargs="+",
        metavar="MODEL_OR_PATH",
        help="a .gguf file, or a model of which one is known; several are run one after the other. Or servers, by "
        "address (http://box:8080, ssh://box/8080) or saved name: several share one run",
    )
    one.add_argument("--pack", required=True, help="a pack's name or folder; `aa-tui packs` lists them")
    one.add_argument("--model", help="the catalog's model that the file is of; of a server, the one that it serves")
    one.add_argument("--plan", action="store_true", help="run five items, then estimate time and precision for more")
    one.add_argument("--later", action="store_true", help="only plan it: `aa-tui runs start` begins it")
    one.add_argument(
        "--detach", action="store_true", help="start it in the background; `aa-tui runs` shows how it stands"
    )
    add_how_far(one)
    one.add_argument("--short", metavar="FILE", help="ask only the items that `aa-tui packs short` chose")
    one.add_argument("--epochs", type=count, default=1, metavar="N", help="answer each item N times (1)")
    one.add_argument("--seed", type=int, default=0, help="of the items' order and of sampling (0)")
    one.add_argument(
        "--sampling", choices=("pack", "card", "greedy"), default="pack", help="whose settings (the pack's)"
    )
    one.add_argument(
        "--prompt",
        choices=("chat", "plain"),
        default="chat",
        help="the file's chat template, or plain: solved examples before each question, for base models (chat)",
    )
    one.add_argument("--template", metavar="FILE", help="a Jinja chat template to use instead of the file's own")
    one.add_argument("--temperature", type=number, help="instead of the settings' own")
    one.add_argument("--max-output", type=count, metavar="TOKENS", help="thinking and answer together (the pack's)")
    one.add_argument(
        "--context",
        type=count,
        metavar="TOKENS",
        help="of a slot (what the model was trained for); items that need more are left out and counted",
    )
    one.add_argument("--max-sample-time", type=duration, metavar="TIME", help="of one sample, such as 20m")
    one.add_argument("--parallel", default="auto", metavar="N", help="slots, or auto: found by measuring")
    one.add_argument("-t", "--threads", type=threads, metavar="N", help="threads (physical cores)")
    add_offload(one)
    one.add_argument("--kv", choices=CACHE_TYPES, default="f16", help="type of the KV cache (f16)")
    one.add_argument("--no-budget-curve", action="store_true", help="without the forks for accuracy against thinking")
    one.add_argument("--no-loop-guard", action="store_true", help="let outputs repeat themselves until their limit")
    one.add_argument(
        "--grammar", action="store_true", help="hold answers to the JSON schema or the functions of their questions"
    )
    one.add_argument("--unsafe-code", action="store_true", help="run model-written code without a sandbox")
    one.add_argument("--force", action="store_true", help="even if the memory or a server's context seems too small")
    one.add_argument(
        "--key-env", default="", metavar="VAR", help="the environment variable or keyring entry that holds the key"
    )
    one.add_argument("--mixed", action="store_true", help="take servers of different versions as one")
    add_conditions(one)


def add_offload(one: argparse.ArgumentParser) -> None:
    """Where the layers go."""
    one.add_argument("-ngl", "--gpu-layers", type=int, metavar="N", help="layers on the GPU (all, where there is one)")
    add_devices(one)
    one.add_argument(
        "--tensor-split",
        type=_offload("parse_split"),
        default=(),
        metavar="N,N",
        help="how the devices share the layers, such as 3,1 (by free memory)",
    )


def add_devices(one: argparse.ArgumentParser) -> None:
    """Which devices there are for layers."""
    one.add_argument(
        "--device",
        type=_offload("parse_devices"),
        default=(),
        metavar="NAME,NAME",
        help="devices for the layers, as `aa-tui doctor` lists them; CPU for none (every GPU)",
    )
    one.add_argument(
        "--rpc",
        type=_offload("parse_rpc"),
        default=(),
        metavar="HOST:PORT,HOST:PORT",
        help="other machines' devices, RPC0 and so on, lent by llama.cpp's rpc-server; it has neither authentication "
        "nor encryption: only on a network that you trust",
    )


def _offload(name: str) -> Callable[[str], tuple[Any, ...]]:
    """A parser of `aa_tui.engine.offload`, imported when it is used."""

    def parse(text: str) -> tuple[Any, ...]:
        from aa_tui.engine import offload

        found: tuple[Any, ...] = getattr(offload, name)(text)
        return found

    return refusing(parse)


def add_how_far(one: argparse.ArgumentParser) -> None:
    """What says when it is enough: may be changed when a run is continued."""
    one.add_argument("--limit", type=count, metavar="N", help="the first N items of the run's fair order")
    one.add_argument("--budget", type=duration, metavar="TIME", help="stop after so much work, such as 30m or 8h")
    one.add_argument(
        "--until-width", type=share, metavar="W", help="until the score is known to ± W, such as 0.05 or 5%%"
    )
    one.add_argument("--until-above", type=share, metavar="S", help="until the score is known to be above or below S")
    one.add_argument(
        "--these-items",
        action="store_true",
        help="intervals for this pack's items only, not for similar items",
    )
    one.add_argument("--max-usd", type=number, metavar="USD", help="stop once servers have asked for so much")


def add_conditions(one: argparse.ArgumentParser) -> None:
    """The night plan."""
    one.add_argument("--start-at", metavar="TIME", help="begin at 22:30, or 2026-01-31T22:30")
    one.add_argument("--stop-by", metavar="TIME", help="stop by this time")
    one.add_argument("--mains-only", action="store_true", help="pause while on battery")
    one.add_argument("--max-temperature", type=number, metavar="C", help="pause above so many °C")
    one.add_argument("--min-battery", type=number, metavar="PERCENT", help="pause below so much charge")
    one.add_argument("--nice", type=int, choices=range(20), metavar="N", help="priority, 0 to 19 (5)")


def add_samples(one: argparse.ArgumentParser) -> None:
    """`aa-tui samples`."""
    one.add_argument("run_id", type=count, metavar="RUN", help="an evaluation's number, as `aa-tui runs` shows it")
    one.add_argument("item", nargs="?", metavar="ITEM", help="show this one whole")
    one.add_argument("--epoch", type=count, default=1, metavar="N", help="which answer to the item (1)")
    one.add_argument("--outcome", action="append", choices=OUTCOMES, help="only these; may be repeated")
    one.add_argument("--category", action="append", metavar="NAME", help="only these; may be repeated")
    one.add_argument(
        "--lost",
        action="append",
        nargs="?",
        const=ANY,
        choices=(ANY, *LOST),
        help="only failures, with what became of the right answer; with a class only these; may be repeated",
    )
    one.add_argument("--thinking", action="store_true", help="show the thinking too")
    one.add_argument("--raw", action="store_true", help="of a conversation show what the model wrote as it wrote it")
    labelled = one.add_mutually_exclusive_group()
    labelled.add_argument("--unlabelled", action="store_true", help="only those without a label")
    labelled.add_argument("--labelled", action="store_true", help="only those with a label")
    labelled.add_argument("--disagree", action="store_true", help="only those whose label and verdict disagree")
    one.add_argument(
        "--label",
        nargs="?",
        const=ASK,
        choices=(*LABELS, NO_LABEL),
        help="go through them and say of each answer whether it is right; with ITEM and a label, say it of this one",
    )
    one.add_argument("--note", metavar="TEXT", default="", help="with ITEM and a label: why")
    one.add_argument("--yes", action="store_true", help="with --label none: do not ask")
    one.add_argument("--show-verdict", action="store_true", help="with --label: do not hide what the grader says")
