"""Training: schedule, steps, held-out accuracy, checkpoints that go on where they stopped."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 (its usual name)
from torch import Tensor

from nano import tasks, vocabulary
from nano.network import Network
from nano.rows import IGNORED, Rows
from nano.shape import Shape

_WARM_UP_STEPS = 100
_CHECK_EVERY_STEPS = 100
_CHECK_SEED = 77


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of training: the learning rate goes up in a straight line, then down along a cosine.

    `lengths` are pairs of a fraction of the stage's steps and the row lengths (tokens) that take turns from there on.
    """

    steps: int
    rate: float
    family_weights: Mapping[str, float]
    lengths: tuple[tuple[float, tuple[int, ...]], ...]

    def rate_at(self, step: int, last_rate: float) -> float:
        """Learning rate of a step of this stage."""
        if step < _WARM_UP_STEPS:
            return self.rate * (step + 1) / _WARM_UP_STEPS
        done = (step - _WARM_UP_STEPS) / max(1, self.steps - _WARM_UP_STEPS)
        return last_rate + (self.rate - last_rate) * (1 + math.cos(math.pi * done)) / 2

    def length_at(self, step: int) -> int:
        """Row length in tokens at a step of this stage."""
        turns = [lengths for start, lengths in self.lengths if step >= start * self.steps][-1]
        return turns[step % len(turns)]


STAGES = (
    Stage(
        steps=2800,
        rate=3e-3,
        family_weights={
            "addition": 1.2,
            "subtraction": 1.2,
            "comparison": 0.8,
            "sorting": 1.0,
            "counting": 0.8,
            "reversal": 0.9,
            "choice": 1.3,
        },
        lengths=((0.0, (256,)), (0.75, (1024,)), (0.92, (4096,))),
    ),
    # Long rows are mixed in while the rate is high: at the low rate of the first stage's end they are not learned.
    # More choices, and an exercise for finding an option's letter: still not enough for that family.
    Stage(
        steps=800,
        rate=1.5e-3,
        family_weights={
            "addition": 0.8,
            "subtraction": 0.8,
            "comparison": 1.3,
            "sorting": 1.2,
            "counting": 1.0,
            "reversal": 0.8,
            "choice": 4.0,
            "lookup": 3.0,
        },
        lengths=((0.0, (256, 1024, 256, 2048, 256, 1024, 256, 4096)),),
    ),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is trained."""

    stages: tuple[Stage, ...] = STAGES
    batch_tokens: int = 4096
    last_rate: float = 4e-5
    weight_decay: float = 0.05
    seed: int = 20260615
    threads: int = 2

    @property
    def steps(self) -> int:
        """Steps of all stages."""
        return sum(stage.steps for stage in self.stages)

    def scaled(self, share: float) -> Plan:
        """The same with every stage longer or shorter."""
        return replace(self, stages=tuple(replace(one, steps=round(one.steps * share)) for one in self.stages))

    def stage_at(self, step: int) -> tuple[Stage, int]:
        """The stage of a step, and its number in that stage."""
        for stage in self.stages[:-1]:
            if step < stage.steps:
                return stage, step
            step -= stage.steps
        return self.stages[-1], step


@dataclass(slots=True)
class State:
    """Everything that goes on from step to step."""

    network: Network
    optimizers: tuple[torch.optim.Optimizer, ...]
    rows: Rows
    step: int = 0
    tokens: int = 0
    seconds: float = 0.0

    def save(self, path: Path, plan: Plan) -> None:
        """Write a checkpoint; the old one stays until the new one is whole."""
        data = {
            "network": self.network.state_dict(),
            "optimizers": [one.state_dict() for one in self.optimizers],
            "rows": self.rows.state(),
            "step": self.step,
            "tokens": self.tokens,
            "seconds": self.seconds,
            "plan": asdict(plan),
        }
        torch.save(data, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def load(self, data: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.network.load_state_dict(data["network"])
        for one, kept in zip(self.optimizers, data["optimizers"], strict=True):
            one.load_state_dict(kept)
        self.rows.restore(data["rows"])
        self.step, self.tokens, self.seconds = data["step"], data["tokens"], data["seconds"]


def begin(plan: Plan, shape: Shape) -> State:
    """A network at its start."""
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    network = Network(shape)
    of_vocabulary = [network.token_embd.weight, network.output.weight]
    gains = [weight for weight in network.parameters() if weight.dim() == 1]
    matrices = [weight for weight in network.blk.parameters() if weight.dim() == 2]
    # Muon learns these tasks from fewer tokens than AdamW alone; it is for the matrices inside only.
    muon = torch.optim.Muon(matrices, weight_decay=plan.weight_decay, adjust_lr_fn="match_rms_adamw")
    adam = torch.optim.AdamW(of_vocabulary + gains, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    return State(network, (muon, adam), Rows(plan.seed))


def train(
    state: State,
    plan: Plan,
    *,
    until_s: float,
    save_every_s: float,
    save: Callable[[], None],
    say: Callable[[str], None],
) -> bool:
    """Train until the plan is done or `until_s` seconds of training have passed in all; True when it is done."""
    began, saved = time.monotonic() - state.seconds, time.monotonic()
    losses: list[float] = []
    while state.step < plan.steps:
        losses.append(_step(state, plan))
        state.seconds = time.monotonic() - began
        if state.step % _CHECK_EVERY_STEPS == 0 or state.step == plan.steps:
            shown = "; ".join(
                f"{family} {sum(levels) / len(levels):.0%} ({' '.join(f'{share:.0%}' for share in levels)})"
                for family, levels in held_out_accuracy(state.network).items()
            )
            loss = sum(losses) / len(losses)
            say(f"step {state.step}: {state.tokens / 1e6:.1f}M tokens, {state.seconds:.0f} s, loss {loss:.4f}; {shown}")
            losses.clear()
        if time.monotonic() - saved > save_every_s:
            save()
            saved = time.monotonic()
        if state.seconds > until_s:
            break
    save()
    return state.step >= plan.steps


def _batch(rows: Rows, n_tokens: int, length: int, family_weights: Mapping[str, float]) -> tuple[Tensor, Tensor]:
    """Inputs and targets of rows of `length`, `n_tokens` tokens in all."""
    made = [rows.row(length + 1, family_weights) for _ in range(max(1, n_tokens // length))]
    inputs = torch.tensor([tokens[:-1] for tokens, _ in made])
    targets = torch.tensor([wanted[1:] for _, wanted in made])
    return inputs, targets


def _step(state: State, plan: Plan) -> float:
    stage, step = plan.stage_at(state.step)
    for optimizer in state.optimizers:
        for group in optimizer.param_groups:
            group["lr"] = stage.rate_at(step, plan.last_rate)
    inputs, targets = _batch(state.rows, plan.batch_tokens, stage.length_at(step), stage.family_weights)
    wanted = targets != IGNORED
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = state.network(inputs)
        logits = state.network.output(hidden[wanted])
    loss = F.cross_entropy(logits.float(), targets[wanted])
    loss.backward()
    torch.nn.utils.clip_grad_norm_(state.network.parameters(), 1.0)
    for optimizer in state.optimizers:
        optimizer.step()
    state.network.zero_grad(set_to_none=True)
    state.step += 1
    state.tokens += inputs.numel()
    return float(loss.detach())


@torch.no_grad()
def held_out_accuracy(network: Network, per_level: int = 24) -> dict[str, list[float]]:
    """Share of held-out problems whose whole reply is the likeliest text, by family and level.

    Every token of the reply is checked in one pass: since there is one right reply, this is what greedy
    generation would write, but for replies that err in the thought and still end well.
    """
    source = Random(_CHECK_SEED)
    result = {}
    for family in tasks.FAMILIES:
        rows, spans = [], []
        for _ in range(per_level):
            for level in tasks.LEVELS:
                task = tasks.make(family, level, source, evaluation=True)
                prompt = [vocabulary.BOS_ID, *vocabulary.encode(vocabulary.prompt(task.question, instruction=True))]
                rows.append(prompt + vocabulary.encode(vocabulary.reply(task)))
                spans.append((len(prompt), len(rows[-1])))
        longest = max(map(len, rows))
        tokens = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            likeliest = network.output(network(tokens)).argmax(-1)
        right = [
            bool((likeliest[place, start - 1 : end - 1] == tokens[place, start:end]).all())
            for place, (start, end) in enumerate(spans)
        ]
        result[family] = [sum(right[start :: len(tasks.LEVELS)]) / per_level for start in range(len(tasks.LEVELS))]
    return result
