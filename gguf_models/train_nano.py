"""Train aa-nano, the bundled model, and export it as GGUF with its manifest.

Usage: python gguf_models/train_nano.py train [--steps N] [--minutes M] [--out FOLDER]
       python gguf_models/train_nano.py export [--out FOLDER] [--to FOLDER]

`train` keeps a checkpoint and a log in FOLDER and goes on from the checkpoint when it is started again.
`export` turns the checkpoint into GGUF files beside this script, and into one in F16, of which other quantizations can
be made, in FOLDER. The same seed, version of torch, number of threads and processor give the same weights; the exported
files depend on the weights alone.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from nano import vocabulary
from nano.export import FULL, NAME, QUANTS, write_manifest, write_model
from nano.shape import Shape
from nano.training import Plan, begin, train

if TYPE_CHECKING:
    from nano.training import State

CHECKPOINT, LOG = "checkpoint.pt", "log.txt"
SAVE_EVERY_S = 180.0


def main(arguments: list[str]) -> None:
    """Run one command."""
    parser = argparse.ArgumentParser(description="Train and export aa-nano.")
    parser.add_argument("command", choices=("train", "export"))
    parser.add_argument("--steps", type=int, default=Plan().steps, help="steps of training, over all stages")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after so many minutes of training")
    parser.add_argument("--out", type=Path, default=Path("nano-training"), help="folder of checkpoint and log")
    parser.add_argument("--to", type=Path, default=Path(__file__).resolve().parent, help="folder of the GGUF files")
    chosen = parser.parse_args(arguments)
    plan = Plan().scaled(chosen.steps / Plan().steps)
    chosen.out.mkdir(parents=True, exist_ok=True)
    checkpoint = chosen.out / CHECKPOINT
    state = begin(plan, Shape(vocabulary.N_VOCAB))
    if checkpoint.exists():
        state.load(torch.load(checkpoint, weights_only=False))
    if chosen.command == "export":
        export(state, chosen.to, chosen.out)
        return
    say = _log(chosen.out / LOG)
    n_params = sum(weight.numel() for weight in state.network.parameters())
    say(f"torch {torch.__version__}, {n_params:,} parameters, from step {state.step}, {plan.steps} steps, {plan}")
    done = train(
        state,
        plan,
        until_s=60 * chosen.minutes,
        save_every_s=SAVE_EVERY_S,
        save=lambda: state.save(checkpoint, plan),
        say=say,
    )
    say("done" if done else "stopped; start it again to go on")


def export(state: State, folder: Path, full: Path) -> None:
    """Write every quantization and the manifest into `folder`, and the weights in F16 into `full`."""
    weights = {name: weight.detach().numpy() for name, weight in state.network.named_parameters()}
    files, n_params = {}, 0
    for quant in QUANTS:
        files[quant] = folder / f"{NAME}-{quant}.gguf"
        n_params = write_model(files[quant], weights, state.network.shape, quant)
        print(f"{files[quant]}: step {state.step}, {n_params:,} parameters, {files[quant].stat().st_size:,} bytes")
    write_model(full / f"{NAME}-{FULL}.gguf", weights, state.network.shape, FULL)
    write_manifest(folder / f"{NAME}.toml", files, n_params, state.network.shape.n_context)


def _log(path: Path) -> Callable[[str], None]:
    def say(text: str) -> None:
        line = f"{time.strftime('%H:%M:%S')} {text}"
        print(line, flush=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    return say


if __name__ == "__main__":
    main(sys.argv[1:])
