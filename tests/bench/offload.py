"""Offload without a GPU: rpc-server lends this machine's processor as devices, and lavapipe makes it a Vulkan device.

Usage: python -m tests.bench.offload LIBRARIES [--rpc-server PATH] [--vulkan] [--llama-bench PATH] [--model PATH ...]

LIBRARIES is a folder of llama.cpp's shared libraries as LLAMA_CPP_LIB_PATH takes it, built with GGML_RPC, GGML_VULKAN
or both. Prints one Markdown table: every backend with no, some and all layers there, by name and shared out; then what
becomes of a run whose server vanishes or falls silent, and of one that the server lacks memory for. Servers listen on
127.0.0.1 only, and end after 20 minutes of processor time.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aa_tui.gguf.bundled import bundled_model
from aa_tui.gguf.header import read_header
from aa_tui.gguf.shape import shape_of

PROMPTS = ("The capital of France is", "1 + 1 =", "Once upon a time", "def area(width, height):")
N_ANSWER = 32
TESTS = ("pp128", "tg32")
REPETITIONS = 3
SERVER_CPU_S = 1_200
"""Of processor time: a server that is forgotten ends by itself."""


@dataclass(frozen=True, slots=True)
class Case:
    """One way to run a model: its name in the table, our options, llama-bench's, and the engine's settings."""

    name: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    settings: dict[str, Any]
    vulkan: bool


class Tool:
    """`aa-tui` with these libraries and a data folder that is thrown away."""

    def __init__(self, libraries: Path, home: Path) -> None:
        self.libraries = libraries
        self.environ = {**os.environ, "AA_TUI_HOME": str(home), "LLAMA_CPP_LIB_PATH": str(libraries)}

    def show_vulkan(self, shown: bool) -> None:
        """Lavapipe is a processor, which llama.cpp takes for a device only where it is told to."""
        self.environ.pop("GGML_VK_VISIBLE_DEVICES", None)
        if shown:
            self.environ["GGML_VK_VISIBLE_DEVICES"] = "0"

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """One command."""
        return subprocess.run(
            [sys.executable, "-m", "aa_tui", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
            env={**self.environ, **environ},
            stdin=subprocess.DEVNULL,
        )

    def read(self, *arguments: str, **environ: str) -> Any:
        """The JSON of one command."""
        done = self.run(*arguments, "--json", **environ)
        if not done.stdout:
            raise SystemExit(f"aa-tui {' '.join(arguments)}: {done.stderr}")
        return json.loads(done.stdout)

    def answers(self, model: Path, settings: dict[str, Any]) -> list[list[int]]:
        """Greedy tokens after each prompt, in a process of its own."""
        asked = json.dumps({"model": str(model), "settings": settings})
        command = [sys.executable, "-m", "tests.bench.offload", "--answers", asked]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900, env=self.environ)
        if done.returncode:
            raise SystemExit(f"{settings}: {done.stderr[-2000:]}")
        found: list[list[int]] = json.loads(done.stdout)
        return found

    def bench_of(self, llama_bench: Path, model: Path, options: Sequence[str]) -> dict[str, float]:
        """llama-bench's tokens/s of the same libraries."""
        sizes = ("-p", TESTS[0][2:], "-n", TESTS[1][2:], "-r", str(REPETITIONS))
        command = [str(llama_bench), "-m", str(model), *sizes, "-t", str(os.cpu_count()), "-o", "json", *options]
        environ = {**self.environ, "LD_LIBRARY_PATH": str(self.libraries)}
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900, env=environ)
        if done.returncode:
            return {}
        return {f"{'pp' if one['n_prompt'] else 'tg'}": one["avg_ts"] for one in json.loads(done.stdout)}


class Server:
    """rpc-server on a free port of the loopback. `memory_bytes` bounds what it may take beyond what it starts with."""

    def __init__(self, program: Path, libraries: Path, memory_bytes: int | None = None) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self._command = [str(program), "-H", "127.0.0.1", "-p", str(self.port), "-t", "1", "-d", "CPU"]
        self._environ = {**os.environ, "LD_LIBRARY_PATH": str(libraries)}
        self._memory_bytes = memory_bytes
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.process = subprocess.Popen(
            self._command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self._environ,
        )
        resource.prlimit(self.process.pid, resource.RLIMIT_CPU, (SERVER_CPU_S, SERVER_CPU_S))
        for _ in range(200):
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                break
            time.sleep(0.05)
        else:
            raise SystemExit("rpc-server does not start")
        if self._memory_bytes is not None:
            size = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[0]) * resource.getpagesize()
            limit = size + self._memory_bytes
            resource.prlimit(self.process.pid, resource.RLIMIT_AS, (limit, limit))

    def stop(self) -> None:
        """End it, without a word to its clients."""
        self.process.kill()
        self.process.wait()


def answers(asked: dict[str, Any]) -> list[list[int]]:
    """In the child: what the model writes."""
    from aa_tui.engine.llama import Token, open_model
    from aa_tui.engine.settings import EngineSettings

    settings: dict[str, Any] = {
        name: tuple(one) if isinstance(one, list) else one for name, one in asked["settings"].items()
    }
    with open_model(asked["model"], EngineSettings(n_ctx=512, **settings)) as engine:
        return [
            [
                event.id
                for event in engine.generate(engine.tokenize(prompt), N_ANSWER, ignore_eos=True)
                if isinstance(event, Token)
            ]
            for prompt in PROMPTS
        ]


def cases(n_layers: int, servers: Sequence[Server], vulkan: bool) -> Iterator[tuple[str, Case]]:
    """Backend and case. Half of the layers is "part"."""
    part = (n_layers + 1) // 2
    yield "CPU", _case("CPU", (), n_gpu_layers=0)
    backends: list[tuple[str, str, tuple[str, ...]]] = [("RPC", "RPC0", (servers[0].address,))] if servers else []
    backends += [("Vulkan", "Vulkan0", ())] if vulkan else []
    for backend, name, rpc in backends:
        seen = not rpc
        yield backend, _case("-ngl 0", rpc, seen, n_gpu_layers=0)
        yield backend, _case(f"-ngl {part}", rpc, seen, n_gpu_layers=part)
        yield backend, _case("all layers", rpc, seen)
        yield backend, _case(f"--device {name}", rpc, seen, devices=[name])
    both = tuple(server.address for server in servers)
    if len(both) > 1:
        two = ["RPC0", "RPC1"]
        yield "2 RPC", _case("all layers", both, devices=two)
        yield "2 RPC", _case("--tensor-split 3,1", both, devices=two, tensor_split=[3.0, 1.0])
    if servers and vulkan:
        two = ["RPC0", "Vulkan0"]
        yield "RPC + Vulkan", _case("--tensor-split 1,1", both[:1], True, devices=two, tensor_split=[1.0, 1.0])


def _case(name: str, rpc: tuple[str, ...], vulkan: bool = False, **settings: Any) -> Case:
    ours: list[str] = ["--rpc", ",".join(rpc)] if rpc else []
    theirs: list[str] = ["-rpc", ",".join(rpc)] if rpc else []
    if "n_gpu_layers" in settings:
        ours += ["-ngl", str(settings["n_gpu_layers"])]
    theirs += ["-ngl", str(settings.get("n_gpu_layers", 99))]
    if "devices" in settings:
        ours += ["--device", ",".join(settings["devices"])]
        theirs += ["-dev", "/".join(settings["devices"])]
    if "tensor_split" in settings:
        shares = [f"{one:g}" for one in settings["tensor_split"]]
        ours += ["--tensor-split", ",".join(shares)]
        theirs += ["-ts", "/".join(shares)]
    return Case(name, tuple(ours), tuple(theirs), {**settings, "rpc": list(rpc)}, vulkan)


def row(tool: Tool, model: Path, case: Case, llama_bench: Path | None, of_processor: list[list[int]] | None) -> str:
    """What one case measured, beside llama-bench, its answers beside the processor's."""
    bench = ("bench", str(model), "--tests", ",".join(TESTS), "-r", str(REPETITIONS), "--force")
    done = tool.run(*bench, *case.ours, "--json")
    run = json.loads(done.stdout or "{}")
    if run.get("status") != "finished":
        return f"{case.name} | {run.get('reason') or done.stderr.strip().splitlines()[-1]} | | | |"
    rates = {test["name"][:2]: test["tokens_per_s_mean"] for test in run["tests"]}
    beside = tool.bench_of(llama_bench, model, case.theirs) if llama_bench else {}
    told = [f"{rates[kind]:,.0f} ({f'{beside[kind]:,.0f}' if kind in beside else '–'})" for kind in ("pp", "tg")]
    used = ", ".join(
        f"{one['name']} {(one['weights_bytes'] + one['kv_cache_bytes'] + one['compute_bytes']) / 1e6:,.1f}"
        for one in run["settings"]["devices_used"]
    )
    return f"{case.name} | {told[0]} | {told[1]} | {used} | {_alike(tool, model, case, of_processor)} |"


def _alike(tool: Tool, model: Path, case: Case, of_processor: list[list[int]] | None) -> str:
    """ "4 of 4", or after how many tokens the first answer goes another way."""
    if of_processor is None:
        return "–"
    found = tool.answers(model, case.settings)
    same = sum(one == other for one, other in zip(found, of_processor, strict=True))
    firsts = [
        next(n for n, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)
        for one, other in zip(found, of_processor, strict=True)
        if one != other
    ]
    return f"{same} of {len(found)}" + (f", others for {min(firsts)} tokens" if firsts else "")


def lost(tool: Tool, server: Server, *, silent: bool) -> str:
    """Evaluate on a server, take it away after the third sample, bring it back, go on."""
    limit = {"AA_TUI_RPC_TIMEOUT": "5"}
    asked = ("eval", "aa-nano", "--pack", "nano", "--limit", "60", "--parallel", "1", "--nice", "0", "--detach")
    run_id = str(tool.read(*asked, "--rpc", server.address, **limit)["run_id"])
    _until(tool, run_id, lambda run: run["n_done"] >= 3)
    if silent:
        server.process.send_signal(signal.SIGSTOP)
    else:
        server.stop()
    started = time.monotonic()
    run = _until(tool, run_id, _has_ended)
    told = f"after {time.monotonic() - started:.0f} s: {run['status']}, {run['n_done']} of 60 kept, “{run['reason']}”"
    server.stop()  # one that wakes up and finds its client gone ends by itself
    server.start()
    tool.run("runs", "resume", run_id, **limit)
    again = _until(tool, run_id, _has_ended)
    return f"{told}; `runs resume`: {again['status']}, {again['n_done']} of 60"


def _has_ended(run: Any) -> bool:
    return run["status"] in ("finished", "failed", "stopped")


def _until(tool: Tool, run_id: str, is_so: Callable[[Any], bool]) -> Any:
    for _ in range(1200):
        run = tool.read("runs", "show", run_id)
        if is_so(run):
            return run
        time.sleep(0.2)
    raise SystemExit(f"run {run_id} stays {run['status']}")


@contextmanager
def _served(
    program: Path | None, libraries: Path, count: int, memory_bytes: int | None = None
) -> Iterator[list[Server]]:
    with ExitStack() as stack:
        found = []
        for _ in range(count if program else 0):
            found.append(Server(program or Path(), libraries, memory_bytes))
            stack.callback(found[-1].stop)
        yield found


def main(asked: argparse.Namespace) -> None:
    """Print the tables."""
    server, libraries = asked.rpc_server, asked.libraries.absolute()
    with tempfile.TemporaryDirectory() as home, _served(server, libraries, 2) as servers:
        tool = Tool(libraries, Path(home))
        tool.show_vulkan(asked.vulkan)
        for device in tool.read("doctor")["engine"]["devices"]:
            sizes = f"{device['memory_bytes'] / 1e9:.1f} GB, {device['free_bytes'] / 1e9:.1f} GB free"
            print(f"{device['name']}: {device['description']}, {device['kind']}, {sizes}")
        print(f"load {os.getloadavg()[0]:.1f} before it\n")
        print("| file | backend | layers | pp128 (llama-bench) | tg32 | MB on each | answers like the processor's |")
        print("|---|---|---|---:|---:|---|---|")
        for model in [Path(bundled_model()), *asked.model]:
            shape = shape_of(read_header(model))
            of_processor = None
            for backend, case in cases(shape.n_layers if shape else 1, servers, asked.vulkan):
                tool.show_vulkan(case.vulkan)
                if backend == "CPU":
                    of_processor = tool.answers(model, case.settings)
                told = row(tool, model, case, asked.llama_bench, of_processor)
                print(f"| {model.stem} | {backend} | {told}", flush=True)
        if not servers:
            return
        tool.show_vulkan(False)
        print("\n| what happens | what comes of it |\n|---|---|")
        print(f"| rpc-server is killed in mid-run | {lost(tool, servers[0], silent=False)} |", flush=True)
        print(f"| rpc-server falls silent in mid-run | {lost(tool, servers[0], silent=True)} |", flush=True)
        servers[0].process.send_signal(signal.SIGSTOP)
        started = time.monotonic()
        said = tool.run("bench", "aa-nano", "--rpc", servers[0].address).stderr.strip().splitlines()[-1]
        print(f"| it never answers | after {time.monotonic() - started:.0f} s: “{said}” |", flush=True)
        with _served(server, libraries, 1, memory_bytes=1_000_000) as small:
            for model in [Path(bundled_model()), *asked.model][-1:]:
                run = tool.read("bench", str(model), "--tests", "pp32", "-r", "1", "--force", "--rpc", small[0].address)
                print(f"| it has 1 MB left for {model.stem} | {run['status']}: “{run['reason']}” |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", type=Path, nargs="?", help="folder of llama.cpp's shared libraries")
    parser.add_argument("--rpc-server", type=Path, help="llama.cpp's rpc-server of the same build")
    parser.add_argument("--vulkan", action="store_true", help="the first Vulkan device too, a processor if it is one")
    parser.add_argument("--llama-bench", type=Path, help="llama-bench of the same build, to be put beside")
    parser.add_argument("--model", type=Path, action="append", default=[], help="another GGUF file; may be said again")
    parser.add_argument("--answers", type=json.loads, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.answers:
        print(json.dumps(answers(given.answers)))
    elif given.libraries:
        main(given)
    else:
        parser.error("a folder of libraries is needed")
