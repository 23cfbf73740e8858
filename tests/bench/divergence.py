"""Compare our divergences with llama-perplexity's on the same text, and what both take.

Usage: uv run python -m tests.bench.divergence REFERENCE FILE... --tools FOLDER --text FILE [--blocks 12] [--exact]
FOLDER has the llama-perplexity of the same build of llama.cpp. One after the other, nothing at once. --exact also
compares whole distributions, as they are, and rounded as llama-perplexity keeps them: 16 bits for each logarithm over
the range that a row has, of 16 nats at most, and nothing of what is not above exp(-16).
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter

import numpy as np

from aa_tui.analysis.divergence import BlockSums, block_of, divergence, quantile
from aa_tui.engine.divergence.blocks import Block, blocks_of
from aa_tui.engine.divergence.comparing import Reference, compare
from aa_tui.engine.divergence.store import Store
from aa_tui.engine.divergence.whole import WholeBlock, WholeStore
from aa_tui.engine.llama import EngineSettings, open_model

THEIRS = {
    "mean KLD": r"Mean    KLD: +([0-9.]+)",
    "median KLD": r"Median  KLD: +([0-9.]+)",
    "90 % KLD": r"90\.0%   KLD: +([0-9.]+)",
    "95 % KLD": r"95\.0%   KLD: +([0-9.]+)",
    "99 % KLD": r"99\.0%   KLD: +([0-9.]+)",
    "largest KLD": r"Maximum KLD: +([0-9.]+)",
    "same top": r"Same top p: +([0-9.]+)",
    "RMS dp": r"RMS Δp    : +([0-9.]+)",
    "PPL": r"Mean PPL\(Q\) +: +([0-9.]+)",
    "PPL of ref.": r"Mean PPL\(base\) +: +([0-9.]+)",
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
    parser.add_argument("--exact", action="store_true")
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
        more: dict[str, Reference] = {}
        if given.exact:
            whole = WholeStore.at(Path(folder) / "whole", {})
            more["exact"] = kept(given.reference, given.text, given.blocks, whole, given.threads)
            more["rounded"] = rounded(more["exact"])
            print(f"exact: {whole.size_bytes() / 1e6:.1f} MB")
        for file in given.files:
            started = perf_counter()
            said = theirs([*tool, "-m", str(file), "--kl-divergence"])
            their_s, started = perf_counter() - started, perf_counter()
            blocks, share = distance(file, reference, given.threads)
            our_s = perf_counter() - started
            print(f"\n{file.name}: llama-perplexity {their_s:.0f} s, ours {our_s:.0f} s, {share:.1%} of it counting")
            columns = {"ours": ours(blocks)}
            for title, one in more.items():
                columns[title] = ours(distance(file, one, given.threads)[0])
            table(said, columns)
            found = divergence(blocks)
            assert found is not None
            print(f"  from samples {found.tail_share:.5f} ± {found.tail_se:.5f}, at least {found.kld_least:.5f}")


def table(said: str, columns: Mapping[str, Mapping[str, float]]) -> None:
    """What llama-perplexity says beside each of ours, with the difference in percent."""
    print(f"  {'':<12} {'theirs':>10}", *(f"{title:>19}" for title in columns))
    for name, pattern in THEIRS.items():
        match = re.search(pattern, said)
        other = float(match[1]) if match else float("nan")
        print(
            f"  {name:<12} {other:>10.5f}",
            *(f"{one[name]:>10.5f} {one[name] / other - 1:>+8.2%}" for one in columns.values()),
        )


def rounded(reference: Reference) -> Reference:
    """Whole distributions as llama-perplexity keeps them."""
    found = Reference(reference.blocks, reference.n_vocab)
    for number, block in enumerate(reference.blocks):
        rows = np.asarray([row.log_p for row in reference.rows(number)], np.float32)
        highest = rows.max(axis=1, keepdims=True)
        lowest = np.maximum(rows.min(axis=1, keepdims=True), highest - 16)
        step = (highest - lowest) / 65_535
        rows = lowest + step * np.rint(np.maximum(rows - lowest, 0) / step)
        after = rows[np.arange(len(rows)), list(block.tokens[block.first + 1 :])]
        found.put(number, WholeBlock(np.where(rows > -16, rows, -np.inf).astype(np.float32), after.astype(np.float64)))
    return found


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


def distance(path: Path, reference: Reference, n_threads: int) -> tuple[list[BlockSums], float]:
    """How far a file is from it block by block, and the share of the time that was our own counting."""
    with open_model(path, EngineSettings(n_ctx=512, n_threads=n_threads)) as engine:
        found = list(compare(engine, reference))
    blocks = [block for one in found if (block := block_of(one.facts())) is not None]
    return blocks, sum(one.counting_s for one in found) / sum(one.all_s for one in found)


def ours(blocks: list[BlockSums]) -> dict[str, float]:
    """Our figures by their names there; shares in percent."""
    found = divergence(blocks)
    assert found is not None
    klds = sorted(value for block in blocks for value in block.klds)
    return {
        "mean KLD": found.kld_mean.value,
        "median KLD": found.kld_median.value,
        "90 % KLD": quantile(klds, 0.9),
        "95 % KLD": quantile(klds, 0.95),
        "99 % KLD": found.kld_p99.value,
        "largest KLD": found.kld_max,
        "same top": 100 * found.same_top.value,
        "RMS dp": 100 * found.rms_next_dp.value,
        "PPL": found.ppl.value,
        "PPL of ref.": found.reference_ppl.value,
        "PPL ratio": found.ppl_ratio.value,
    }


if __name__ == "__main__":
    main()
