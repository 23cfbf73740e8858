"""What runs that stand beside each other are called: by what tells them apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aa_tui.analysis.display import threads_words
from aa_tui.catalog.rows import RunRow


def apart(runs: Sequence[RunRow]) -> list[str]:
    """A short name for each: the quants of one model, else the models, else both, else a setting; "run 3" at last."""
    one_model = len({run.target for run in runs}) == 1
    readers: list[Callable[[RunRow], str]] = [
        *([_quant] if one_model else [_target]),
        lambda run: f"{_target(run)} {_quant(run)}",
        lambda run: f"{run.setup.prompt} prompts",
        lambda run: f"template {run.setup.template}" if run.setup.template else "own template",
        lambda run: "with a grammar" if run.setup.grammar else "without a grammar",
        lambda run: threads_words(run.setup.n_threads) if run.setup.n_threads else "",
        lambda run: run.log_of or run.made_on,
    ]
    for read in readers:
        names = [read(run).strip() for run in runs]
        if all(names) and len(set(names)) == len(names):
            return names
    return [f"run {run.id}" for run in runs]


def heads(runs: Sequence[RunRow]) -> list[str]:
    """The same for the heads of columns, with the run's number and its model: "Q8_0 · run 2 · aa-nano"."""
    found = []
    for run, name in zip(runs, apart(runs), strict=True):
        parts = [name, f"run {run.id}", _target(run), _quant(run)]
        found.append(" · ".join(part for n, part in enumerate(parts) if part and (n == 0 or part not in name)))
    return found


def _quant(run: RunRow) -> str:
    return run.file.quant or ""


def _target(run: RunRow) -> str:
    return run.target
