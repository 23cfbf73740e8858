"""The command line of what evaluates and of what manages runs. Importing it costs nothing."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from typing import Any

from aa_tui.outcomes import OUTCOMES

ACTIONS = (
    "list",
    "show",
    "start",
    "pause",
    "resume",
    "stop",
    "finish",
    "skip",
    "follow",
    "delete",
    "export",
    "regrade",
)
LABELS = ("right", "wrong", "unclear")
NO_LABEL = "none"
ASK = True
"""What --label says by itself; no text, since those must be labels."""
CACHE_TYPES = ("f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl")


def add_eval(one: argparse.ArgumentParser, positive: Callable[[str], int], number: Callable[[str], float]) -> None:
    """`aa-tui eval`."""
    one.add_argument(
        "targets",
        nargs="+",
        metavar="MODEL_OR_PATH",
        help="a .gguf file, or a model of which one is known; several are run one after the other",
    )
    one.add_argument("--pack", required=True, help="a pack's name or folder; `aa-tui packs` lists them")
    one.add_argument("--model", help="the catalog's model that the file is of")
    one.add_argument("--plan", action="store_true", help="do five items, then tell what more would take and give")
    one.add_argument("--later", action="store_true", help="only plan it: `aa-tui runs start` begins it")
    one.add_argument("--detach", action="store_true", help="start it and return; `aa-tui runs` tells how it goes")
    add_how_far(one, positive, number)
    one.add_argument("--epochs", type=positive, default=1, metavar="N", help="answer each item N times (1)")
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
    one.add_argument("--temperature", type=number, help="instead of the settings' own")
    one.add_argument("--max-output", type=positive, metavar="TOKENS", help="thinking and answer together (the pack's)")
    one.add_argument("--max-sample-time", type=duration, metavar="TIME", help="of one sample, such as 20m")
    one.add_argument("--parallel", default="auto", metavar="N", help="slots at once, or auto: found by measuring")
    one.add_argument("-t", "--threads", type=positive, metavar="N", help="threads (physical cores)")
    add_offload(one)
    one.add_argument("--kv", choices=CACHE_TYPES, default="f16", help="type of the KV cache (f16)")
    one.add_argument("--no-budget-curve", action="store_true", help="without the forks for accuracy against thinking")
    one.add_argument("--no-loop-guard", action="store_true", help="let outputs go in circles until their limit")
    one.add_argument("--unsafe-code", action="store_true", help="run model-written code though nothing isolates it")
    one.add_argument("--force", action="store_true", help="also where the memory seems too small")
    add_conditions(one, number)


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

        try:
            found: tuple[Any, ...] = getattr(offload, name)(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
        return found

    return parse


def add_how_far(one: argparse.ArgumentParser, positive: Callable[[str], int], number: Callable[[str], float]) -> None:
    """What says when it is enough: may be changed when a run is continued."""
    one.add_argument("--limit", type=positive, metavar="N", help="the first N items of the run's fair order")
    one.add_argument("--budget", type=duration, metavar="TIME", help="work so long, such as 30m or 8h")
    one.add_argument("--until-width", type=number, metavar="W", help="until the score is known to ± W, such as 0.05")
    one.add_argument("--until-above", type=number, metavar="S", help="until the score is known to be above or below S")
    one.add_argument(
        "--these-items",
        action="store_true",
        help="intervals for the score on just this pack's items, not for items such as these",
    )


def add_conditions(one: argparse.ArgumentParser, number: Callable[[str], float]) -> None:
    """The night plan."""
    one.add_argument("--start-at", metavar="TIME", help="begin at 22:30, or 2026-01-31T22:30")
    one.add_argument("--stop-by", metavar="TIME", help="stop by this time")
    one.add_argument("--mains-only", action="store_true", help="pause while on battery")
    one.add_argument("--max-temperature", type=number, metavar="C", help="pause above so many °C")
    one.add_argument("--min-battery", type=number, metavar="PERCENT", help="pause below so much charge")
    one.add_argument("--nice", type=int, choices=range(20), metavar="N", help="priority, 0 to 19 (5)")


def add_runs(one: argparse.ArgumentParser, positive: Callable[[str], int], number: Callable[[str], float]) -> None:
    """`aa-tui runs`."""
    one.add_argument("action", nargs="?", choices=ACTIONS, default="list", metavar="ACTION", help=", ".join(ACTIONS))
    one.add_argument("run_id", nargs="?", type=positive, metavar="RUN")
    one.add_argument("item", nargs="?", metavar="ITEM", help="skip: the item whose sample is not wanted")
    one.add_argument("--yes", action="store_true", help="delete: without asking")
    one.add_argument("--dry-run", action="store_true", help="regrade: only tell what would change")
    one.add_argument(
        "--format", choices=("json", "jsonl", "csv", "labels", "llama-bench"), default="json", help="export: as what"
    )
    one.add_argument("--output", metavar="PATH", help="export: to this file")
    add_how_far(one, positive, number)
    add_conditions(one, number)


def add_samples(one: argparse.ArgumentParser, positive: Callable[[str], int]) -> None:
    """`aa-tui samples`."""
    one.add_argument("run_id", type=positive, metavar="RUN")
    one.add_argument("item", nargs="?", metavar="ITEM", help="show this one whole")
    one.add_argument("--epoch", type=positive, default=1, metavar="N", help="which answer to the item (1)")
    one.add_argument("--outcome", action="append", choices=OUTCOMES, help="only these; may be said again")
    one.add_argument("--category", action="append", metavar="NAME", help="only these; may be said again")
    one.add_argument("--thinking", action="store_true", help="show the thinking too")
    labelled = one.add_mutually_exclusive_group()
    labelled.add_argument("--unlabelled", action="store_true", help="only those that nobody has labelled")
    labelled.add_argument("--labelled", action="store_true", help="only those that somebody has labelled")
    labelled.add_argument("--disagree", action="store_true", help="only those whose label and verdict disagree")
    one.add_argument(
        "--label",
        nargs="?",
        const=ASK,
        choices=(*LABELS, NO_LABEL),
        help="go through them and say of each answer whether it is right; with ITEM and a label, say it of this one",
    )
    one.add_argument("--note", metavar="TEXT", default="", help="with ITEM and a label: why")
    one.add_argument("--show-verdict", action="store_true", help="with --label: do not hide what the grader says")


def add_catalog(one: argparse.ArgumentParser, positive: Callable[[str], int]) -> None:
    """`aa-tui catalog`."""
    one.add_argument("action", nargs="?", choices=("size", "vacuum"), default="size", metavar="ACTION")
    one.add_argument(
        "--keep-thinking",
        type=positive,
        metavar="DAYS",
        help="vacuum: drop thinking texts of runs that ended longer ago, now and at each vacuum to come",
    )


def duration(text: str) -> float:
    """Seconds of "90s", "30m", "8h" or "1h30m"; a bare number is minutes."""
    match = re.fullmatch(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?", text.strip().lower())
    if text.strip().isdecimal():
        seconds = 60.0 * int(text)
    elif match and any(match.groups()):
        hours, minutes, rest = (float(part or 0) for part in match.groups())
        seconds = 3600 * hours + 60 * minutes + rest
    else:
        seconds = 0.0
    if not 0 < seconds < 1e9:
        raise argparse.ArgumentTypeError("it must be a time such as 90s, 30m or 8h")
    return seconds
