"""The bundled model on processors that this machine is not, emulated by qemu-user, with several builds of llama.cpp.

    python tests/bench/processors.py [--build NAME=FOLDER ...] [--cpus Nehalem,Haswell,max]

A build is a folder with libllama.so and what it links to; the installed one is always tried. Prints whether our engine
does what `CHECKS` asks of it, or by which signal it died. Nothing is said of speed: an emulator has none of its own.
The last column says what llama.cpp's build computes with on that processor. Ends with 1 where a processor is left
without any build that works.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from aa_tui.engine import selftest

ROOT = Path(__file__).resolve().parents[2]
HERE, INSTALLED = "this machine", "installed"
CPUS = "Nehalem,IvyBridge,Haswell,EPYC,max"
LIMIT_S = 600.0
PROMPT, N_TOKENS = "What is 17 + 25?", 16


def generate() -> str:
    """A prompt and some greedy tokens through our engine."""
    from aa_tui.engine.llama import Token, open_model
    from aa_tui.engine.settings import EngineSettings
    from aa_tui.gguf.bundled import bundled_model

    with open_model(bundled_model(), EngineSettings(n_ctx=256, n_threads=2)) as engine:
        events = list(engine.generate(engine.tokenize(PROMPT), N_TOKENS, ignore_eos=True))
        return " ".join(str(event.id) for event in events if isinstance(event, Token))


CHECKS: dict[str, Callable[[], str]] = {"a prompt and 16 tokens": generate}
"""What each build has to do on each processor, by the column's title; what one returns must be the same everywhere."""


def main() -> int:
    """Try every processor with every build and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--build", action="append", default=[], metavar="NAME=FOLDER", help="another build of llama.cpp"
    )
    parser.add_argument("--cpus", default=CPUS, help=f"qemu's names of processors ({CPUS})")
    parser.add_argument("--child", choices=CHECKS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        return _be_child(options.child)
    if shutil.which("qemu-x86_64") is None:
        raise SystemExit("There is no qemu-x86_64: install qemu-user.")
    builds: dict[str, str | None] = {INSTALLED: None, **dict(one.split("=", 1) for one in options.build)}
    print(f"| processor | build | self-test | {' | '.join(CHECKS)} | computes with |")
    print(f"|---|---|---|{'---|' * len(CHECKS)}---|")
    known: dict[str, str] = {}
    left_out = False
    for cpu in (HERE, *options.cpus.split(",")):
        works = False
        for name, folder in builds.items():
            cells, features = [_self_test(cpu, folder)], "–"
            for check in CHECKS:
                cell, told = _try(cpu, folder, check, known)
                cells.append(cell)
                features = told or features
            works = works or all(cell.startswith("works") for cell in cells)
            print(f"| {cpu} | {name} | {' | '.join(cells)} | {features} |", flush=True)
        left_out = left_out or not works
    return 1 if left_out else 0


def _self_test(cpu: str, folder: str | None) -> str:
    """In which way the program would run this build on this processor, or the signal that its sentence names."""
    found = selftest.run(launcher=_emulator(cpu), environment=_environment(folder))
    return f"works {found.way.words}" if found.ok else f"works in no way: {found.why_not_as_built()}"


def _emulator(cpu: str) -> list[str]:
    return [] if cpu == HERE else ["qemu-x86_64", "-cpu", cpu]


def _environment(folder: str | None) -> dict[str, str]:
    environ = {"PYTHONPATH": str(ROOT / "src"), "OMP_WAIT_POLICY": "passive"}
    if folder is not None:
        environ["LLAMA_CPP_LIB_PATH"] = str(Path(folder).resolve())  # read by llama_cpp/llama_cpp.py
    return environ


def _be_child(check: str) -> int:
    from aa_tui.engine.build import describe_build

    outcome = CHECKS[check]()
    print(json.dumps([outcome, describe_build().system_info]))
    return 0


def _try(cpu: str, folder: str | None, check: str, known: dict[str, str]) -> tuple[str, str]:
    """The cell of one check, and the features that llama.cpp names."""
    environ = {**os.environ, **_environment(folder)}
    command = [*_emulator(cpu), sys.executable, "-P", str(Path(__file__).resolve()), "--child", check]
    try:
        # A build with GGML_BACKEND_DL looks for its backends beside the program and in the current folder.
        done = subprocess.run(
            command, capture_output=True, text=True, env=environ, timeout=LIMIT_S, check=False, cwd=folder
        )
    except subprocess.TimeoutExpired:
        return f"nothing within {LIMIT_S:.0f} s", ""
    if done.returncode < 0 or done.returncode > 128:  # qemu raises the same signal on itself
        return signal.Signals(-done.returncode if done.returncode < 0 else done.returncode - 128).name, ""
    if done.returncode != 0:
        return f"fails: {done.stderr.strip().splitlines()[-1]}".replace("|", "/"), ""
    outcome, features = json.loads(done.stdout.splitlines()[-1])
    same = outcome == known.setdefault(check, outcome)
    names = [part.replace(" = 1", "").strip() for part in features.replace("CPU : ", "").split("|") if part.strip()]
    return "works" if same else f"works, other tokens: {outcome}", ", ".join(names)


if __name__ == "__main__":
    sys.exit(main())
