"""Compare our divergences with llama-perplexity's on the same text, and what both take.

Usage: uv run python -m tests.bench.divergence REFERENCE FILE... --tools FOLDER --text FILE [--blocks 12] [-t 2]
FOLDER has the llama-perplexity of the same build of llama.cpp. One after the other, nothing at once.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from pathlib import Path
from time import perf_counter

from aa_tui.analysis.divergence import Divergence, block_of, divergence
from aa_tui.engine.divergence.blocks import Block, blocks_of
from aa_tui.engine.divergence.comparing import Reference, compare
from aa_tui.engine.divergence.store import Store
from aa_tui.engine.llama import EngineSettings, open_model

THEIRS = {
    "mean KLD": r"Mean    KLD: +([0-9.]+)",
    "median KLD": r"Median  KLD: +([0-9.]+)",
    "99 % KLD": r"99\.0%   KLD: +([0-9.]+)",
    "same top": r"Same top p: +([0-9.]+)",
    "RMS dp": r"RMS Δp    : +([0-9.]+)",
    "PPL": r"Mean PPL\(Q\) +: +([0-9.]+)",
    "PPL ratio": r"Mean PPL\(Q\)/PPL\(base\) +: +([0-9.]+)",
}


def main() -> None:
    """Both on each file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reference", type=Path)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--tools", type=Path, required=True)
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--blocks", type=int, default=12)
    parser.add_argument("-t", "--threads", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base.kld"
        tool = [str(given.tools / "llama-perplexity"), "-t", str(given.threads), "--kl-divergence-base", str(base)]
        started = perf_counter()
        theirs([*tool, "-m", str(given.reference), "-f", str(given.text), "-c", "512", "--chunks", str(given.blocks)])
        their_s, started = perf_counter() - started, perf_counter()
        reference = kept(given.reference, given.text, given.blocks, Store.at(Path(folder) / "ours", {}), given.threads)
        our_s = perf_counter() - started
        store = reference.store
        assert store is not None
        print(f"reference: llama-perplexity {their_s:.0f} s, {base.stat().st_size / 1e6:.1f} MB;", end=" ")
        print(f"ours {our_s:.0f} s, {store.size_bytes() / 1e6:.1f} MB")
        for file in given.files:
            started = perf_counter()
            said = theirs([*tool, "-m", str(file), "--kl-divergence"])
            their_s, started = perf_counter() - started, perf_counter()
            found, share = distance(file, reference, given.threads)
            our_s = perf_counter() - started
            print(f"\n{file.name}: llama-perplexity {their_s:.0f} s, ours {our_s:.0f} s, {share:.1%} of it counting")
            for name, value in ours(found).items():
                match = re.search(THEIRS[name], said)
                other = float(match[1]) if match else float("nan")
                print(f"  {name:<12} {other:>10.5f} {value:>10.5f} {value / other - 1:>+8.2%}")
            print(f"  from samples {found.tail_share:.5f} ± {found.tail_se:.5f}, at least {found.kld_least:.5f}")


def theirs(command: list[str]) -> str:
    """What llama-perplexity says."""
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


def kept(path: Path, text: Path, n_blocks: int, store: Store, n_threads: int) -> Reference:
    """What the reference expects."""
    with open_model(path, EngineSettings(n_ctx=512, n_threads=n_threads)) as engine:
        tokens = engine.tokenize(text.read_text(encoding="utf-8"))
        blocks: list[Block] = blocks_of(tokens, 512, engine.bos)[:n_blocks]
        return Reference.of(engine, blocks, store=store)


def distance(path: Path, reference: Reference, n_threads: int) -> tuple[Divergence, float]:
    """How far a file is from it, and the share of the time that was our own counting."""
    with open_model(path, EngineSettings(n_ctx=512, n_threads=n_threads)) as engine:
        found = list(compare(engine, reference))
    blocks = [block for one in found if (block := block_of(one.facts())) is not None]
    told = divergence(blocks)
    assert told is not None
    return told, sum(one.counting_s for one in found) / sum(one.all_s for one in found)


def ours(found: Divergence) -> dict[str, float]:
    """Our figures by their names there; shares in percent."""
    return {
        "mean KLD": found.kld_mean.value,
        "median KLD": found.kld_median.value,
        "99 % KLD": found.kld_p99.value,
        "same top": 100 * found.same_top.value,
        "RMS dp": 100 * found.rms_next_dp.value,
        "PPL": found.ppl.value,
        "PPL ratio": found.ppl_ratio.value,
    }


if __name__ == "__main__":
    main()
