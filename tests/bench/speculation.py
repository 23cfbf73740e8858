"""How far the cheap search of the study of speculation is from trying every setting.

    python -m tests.bench.speculation [MODEL DRAFT ...]

Pairs of files, `-` as the draft for n-gram lookup alone; the bundled model with itself in fewer bits, and alone, where
none are given. Each pair is studied exhaustively. Of these measurements the cheap search sees those of its own
candidates, the best three predicted: how many times as fast the best of them is, over the best of all, is the figure.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from aa_tui import runs
from aa_tui.analysis import speculated, speculating
from aa_tui.analysis.speculated import Pair
from aa_tui.analysis.speculating import Setting
from aa_tui.catalog import db, studies
from aa_tui.gguf.bundled import bundled_model
from aa_tui.runs.follow import follow
from aa_tui.runs.studies.drafting import SpeculationOptions, prepare

HEAD = ("model and draft", "chosen", "as fast", "best", "as fast", "chosen/best", "±")


def studied(model: str, draft: str | None, options: argparse.Namespace) -> tuple[list[Pair], dict[Setting, float]]:
    """What an exhaustive study measured, and what had been predicted."""
    wanted = SpeculationOptions(
        draft=draft,
        ngram=draft is None,
        kinds=tuple(options.kinds.split(",")),
        n_draft=tuple(int(one) for one in options.n_draft.split(",")),
        exhaustive=True,
        repetitions=options.repetitions,
        max_output=options.max_output,
        n_threads=options.threads,
        n_gpu_layers=0,
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalog.db"
        with closing(db.open_catalog(path)) as conn:
            run_id = prepare(conn, model, options=wanted)
            runs.start(path, conn, run_id)
            ended = list(follow(conn, run_id))[-1]
            if ended.state != "finished":
                raise SystemExit(f"{ended.state}: {ended.reason}")
            pairs = [Pair.from_facts(one.facts) for one in studies.points(conn, run_id, "pairs")]
            chosen = studies.points(conn, run_id, "chosen")[0].facts
    predicted = {Setting.from_facts(one): float(one["speed_up"]) for one in chosen["predicted"] if one["kind"] is None}
    return pairs, predicted


def main() -> None:
    """Print a line for each pair of files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--kinds", default="code,prose,mathematics,copying")
    parser.add_argument("--n-draft", default=",".join(map(str, speculating.N_DRAFT)))
    parser.add_argument("--max-output", type=int, default=64)
    parser.add_argument("--repetitions", type=int, default=2)
    parser.add_argument("--threads", type=int, default=None)
    options = parser.parse_args()
    nano = str(bundled_model())
    files = options.files or [nano, nano.replace("Q8_0", "Q4_0"), nano, "-"]
    out = sys.stdout
    out.write(" | ".join(HEAD) + "\n")
    for model, draft in zip(files[::2], files[1::2], strict=True):
        pairs, predicted = studied(model, None if draft == "-" else draft, options)
        measured = {row.setting: row.speed_up for row in speculated.overall(pairs)}
        best = max(measured, key=lambda one: measured[one].value)
        chosen = max(speculating.best(predicted), key=lambda one: measured[one].value)
        ours, theirs = measured[chosen], measured[best]
        reach = (theirs.high - theirs.low) / 2 if theirs.high is not None and theirs.low is not None else float("nan")
        name = f"{Path(model).name} with {'n-grams' if draft == '-' else Path(draft).name}"
        words = (chosen.name, f"{ours.value:.3f}", best.name, f"{theirs.value:.3f}", f"{ours.value / theirs.value:.3f}")
        out.write(" | ".join((name, *words, f"{reach:.3f}")) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
