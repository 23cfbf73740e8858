"""Score GGUF files on the pack `evals/nano/` with llama.cpp, greedy, and print the model card's table.

Usage: python gguf_models/score_nano.py [--after TOKENS] [--sample N] FILE...
       --after: each item behind that many tokens of conversation about problems of the training side
       --sample: only so many items, the same ones every time
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from aa_tui.engine.llama import EngineSettings, LlamaEngine, Token, open_model
from aa_tui.resources import data_folder
from nano import vocabulary
from nano.tasks import FAMILIES, make
from nano.vocabulary import END, START, UNTHINK

_HEAD = """\
| family | right | accuracy | 95 % interval | by level 1, 2, 3 | tokens per reply |
|---|---|---|---|---|---|"""
_Z = 1.959963984540054  # the normal distribution's 97.5 % quantile


@dataclass(frozen=True, slots=True)
class Outcome:
    """One item's reply: its text, its length in tokens, whether it ended by itself and is right."""

    category: str
    level: int
    text: str
    n_tokens: int
    stopped: bool
    right: bool


def wilson(right: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (Wilson 1927)."""
    share, weight = right / n, _Z * _Z / n
    middle = (share + weight / 2) / (1 + weight)
    half = _Z * (share * (1 - share) / n + weight / (4 * n)) ** 0.5 / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)


def read_pack(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The pack's description and its items."""
    pack = tomllib.loads((folder / "pack.toml").read_text(encoding="utf-8"))
    lines = (folder / pack["items"]["file"]).read_text(encoding="utf-8").splitlines()
    return pack, [json.loads(line) for line in lines]


def rendered(message: str) -> str:
    """One user's message in the model's chat template, up to where the model begins."""
    return f"{START}user\n{message}{END}\n{START}assistant\n"


def reply(engine: LlamaEngine, prompt: str, cap: int) -> tuple[str, int, bool]:
    """The greedy reply to a rendered prompt: text without the end token, tokens, whether it ended by itself."""
    tokens = engine.tokenize(prompt, parse_special=True)
    chosen = [event for event in engine.generate(tokens, cap) if isinstance(event, Token)]
    text = b"".join(engine.piece(token.id) for token in chosen if not token.is_eog).decode(errors="replace")
    return text, len(chosen), chosen[-1].is_eog


def answer_of(text: str, pattern: str) -> str | None:
    """The answer in a reply: the last match in what follows the thinking."""
    found = re.findall(pattern, text.rpartition(UNTHINK)[2], re.MULTILINE)
    return str(found[-1]) if found else None


def is_right(grader: str, given: str | None, wanted: str) -> bool:
    """Whether an answer is right: a number by its value, anything else by its text."""
    if given is None:
        return False
    if grader == "numeric":
        return re.fullmatch(r"\d+", given) is not None and int(given) == int(wanted)
    return given == wanted


def conversation(n_tokens: int, source: Random) -> str:
    """Turns about problems of the training side, about `n_tokens` long: a token is a character or a tag."""
    turns: list[str] = []
    length = 0
    while length < n_tokens:
        task = make(source.choice(list(FAMILIES)), source.choice((1, 2)), source, evaluation=False)
        turns.append(f"{rendered(task.question)}{vocabulary.reply(task)}\n")
        length += len(vocabulary.encode(turns[-1]))
    return "".join(turns)


def score(
    engine: LlamaEngine, pack: dict[str, Any], items: Iterable[dict[str, Any]], after_tokens: int = 0
) -> list[Outcome]:
    """Put every item to the model, each behind `after_tokens` of earlier conversation."""
    outcomes = []
    source = Random(after_tokens)
    for item in items:
        message = pack["prompt"]["template"].replace("{prompt}", item["prompt"])
        prompt = conversation(after_tokens, source) + rendered(message)
        text, n_tokens, stopped = reply(engine, prompt, pack["sampling"]["max_output_tokens"])
        given = answer_of(text, pack["answer"]["patterns"][0])
        right = is_right(pack["graders"][item["category"]], given, item["answer"])
        outcomes.append(Outcome(item["category"], item["level"], text, n_tokens, stopped, right))
    return outcomes


def row(name: str, outcomes: Sequence[Outcome]) -> str:
    """A row of the table: share of right answers with its interval, by level, tokens per reply."""
    right = sum(one.right for one in outcomes)
    low, high = wilson(right, len(outcomes))
    levels = []
    for level in sorted({one.level for one in outcomes}):
        part = [one.right for one in outcomes if one.level == level]
        levels.append(f"{sum(part) / len(part):.0%}")
    tokens = sum(one.n_tokens for one in outcomes) / len(outcomes)
    return (
        f"| {name} | {right} / {len(outcomes)} | {right / len(outcomes):.1%} | {low:.1%}–{high:.1%} "
        f"| {', '.join(levels)} | {tokens:.0f} |"
    )


def main(arguments: list[str]) -> None:
    """Print one table per file."""
    parser = argparse.ArgumentParser(description="Score GGUF files on the pack nano.")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--after", type=int, default=0, help="tokens of conversation before each item")
    parser.add_argument("--sample", type=int, default=None, help="how many items; all without it")
    chosen = parser.parse_args(arguments)
    pack, items = read_pack(data_folder("evals") / "nano")
    if chosen.sample is not None:
        items = Random(1).sample(items, chosen.sample)
    for file in chosen.files:
        with open_model(file, EngineSettings(n_ctx=1024 + chosen.after)) as engine:
            outcomes = score(engine, pack, items, chosen.after)
        print(f"\n{file.name}\n\n{_HEAD}")
        for category in pack["graders"]:
            part = [one for one in outcomes if one.category == category]
            if part:
                print(row(category, part))
        print(row("all", outcomes))
        print(f"\n{sum(not one.stopped for one in outcomes)} of {len(outcomes)} did not stop by themselves.")


if __name__ == "__main__":
    main(sys.argv[1:])
