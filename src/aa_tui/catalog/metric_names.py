"""Names of metrics that have parts: made here and taken apart here, and nowhere else.

`published.NAME` is a single published evaluation, `claimed.NAME` one that a model's own lab claims, or with its
setting `claimed.NAME@SETTING`, and
`eval.PACK.NAME` or `eval.PACK.CATEGORY.NAME` a figure of an evaluation made here. `log.NAME` is a figure as another
program's log states it. `served.STAGE.NAME` is a speed
through a server, `served.NAME` one of no single stage. `cache.NAME.K-V@DEPTH` is one of a type of KV cache (of keys and
of values) after so many tokens. All others are one word, or a speed test of this machine with
its clock (`speed.names`).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

PUBLISHED: Final = "published."
CLAIMED: Final = "claimed."
MADE_HERE: Final = "eval."
SERVED: Final = "served."
LOGGED: Final = "log."

_SETTING: Final = "@"
_STAGE = re.compile(r"([dcr])([0-9]{1,9}(?:\.[0-9]{1,6})?)")


def of_evaluation(pack: str | None, name: str, category: str | None = None) -> str:
    """The metric of a figure of an evaluation made here, of all its items or of a category."""
    return f"{MADE_HERE}{pack}.{name}" if category is None else f"{MADE_HERE}{pack}.{category}.{name}"


def with_setting(name: str, setting: str) -> str:
    """A single evaluation in one setting: "gsm8k@8-shot CoT". What differs in it is another evaluation."""
    return f"{name}{_SETTING}{setting}" if setting else name


def name_and_setting(name: str) -> tuple[str, str]:
    """The two taken apart; the setting is empty where none is stated."""
    evaluation, _, setting = name.partition(_SETTING)
    return evaluation, setting


def is_made_here(metric: str) -> bool:
    """Whether it is a figure of an evaluation made here."""
    return metric.startswith(MADE_HERE)


def last_part(metric: str) -> str:
    """What is measured: "score_strict" of `eval.PACK.CATEGORY.score_strict`."""
    return metric.rpartition(".")[2]


def within(metric: str, pack: str | None) -> str:
    """An evaluation's metric without the prefix and its pack; any other as it is."""
    return metric.removeprefix(f"{MADE_HERE}{pack}.")


def category_of(metric: str, pack: str | None, name: str) -> str | None:
    """The category that a figure of this pack and name is of; None where it is of all items, or another figure."""
    head, tail = f"{MADE_HERE}{pack}.", f".{name}"
    inner = metric.removeprefix(head).removesuffix(tail)
    return inner if metric == f"{head}{inner}{tail}" else None


def is_strict_score(metric: str) -> bool:
    """Whether it is the score of all of a pack's items, the one that a run is known by."""
    pack, _, name = metric.removeprefix(MADE_HERE).rpartition(".")
    return is_made_here(metric) and name == "score_strict" and "." not in pack


def pack_of(metric: str) -> str:
    """The pack of a figure of an evaluation made here."""
    return metric.removeprefix(MADE_HERE).partition(".")[0]


def shown(metric: str) -> str:
    """An evaluation's metric as people read it: "quick: score strict"."""
    return metric.removeprefix(MADE_HERE).replace(".", ": ").replace("_", " ")


class ServedPart(NamedTuple):
    """A speed through a server: of a depth in tokens ("d"), so many requests at once ("c") or a second ("r"), or of no
    stage (""), and which figure of it."""

    letter: str
    value: float
    name: str


def of_server(stage: str, name: str = "") -> str:
    """The metric of a stage's figure; without a name what the stage's samples are called."""
    return SERVED + ".".join(filter(None, (stage, name)))


def served_part(metric: str) -> ServedPart | None:
    """What a speed through a server is of; None for another metric."""
    if not metric.startswith(SERVED):
        return None
    stage, _, name = metric.removeprefix(SERVED).rpartition(".")
    found = _STAGE.fullmatch(stage)
    if found is None:
        return None if stage else ServedPart("", 0.0, name)
    return ServedPart(found[1], float(found[2]), name)


def between(prefix: str) -> str:
    """SQL for metrics that start so; the character after the dot bounds the range, so that an index can be used."""
    return f"metric >= '{prefix}' AND metric < '{prefix[:-1]}/'"
