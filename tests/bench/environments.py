"""The program where something is missing: memory, /proc, room, rights, a home. Prints what each command makes of it.

    python tests/bench/environments.py [NAME ...] [--commands models,bench]

Each environment is a few lines of shell in front of the real program, on a catalog that holds one finished run. What
does not work is shown with its exit code and the sentence that was said; TRACEBACK or a signal is a fault. Afterwards,
out of that environment, the catalog must be sound, hold its run still and have none that seems to go on: else LOST
stands there. Ends with 1 where there is any fault. Namespaces and control groups want root; what cannot be had is said.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.support.terminal import Terminal, WaitError  # noqa: E402 (the sources must be on the path first)

PROGRAM = (sys.executable, "-m", "aa_tui")
COMMANDS = {
    "models": ("models", "--limit", "2"),
    "show": ("show", "nanbeige4.1-3b"),
    "packs": ("packs", "list"),
    "gguf": ("gguf", "list"),
    "fit": ("gguf", "fit", "nanbeige4.1-3b"),
    "doctor": ("doctor",),
    "bench": ("bench", "aa-nano", "--tests", "pp64,tg16", "--repetitions", "1"),
    "eval": ("eval", "aa-nano", "--pack", "quick", "--limit", "5"),
    "demo": ("demo", "--no-tui"),
}
LIMIT_S = 240.0
FAULTS = ("TRACEBACK", "LOST", "HANGS", "killed by")
# A worker thread that spins while others compute makes a shared machine crawl; no figure is told here.
QUIET = {"OMP_WAIT_POLICY": "passive", "HF_HUB_OFFLINE": "1"}
MEMORY_V1, CPU_V1 = "/sys/fs/cgroup/memory/aa-tui-poor", "/sys/fs/cgroup/cpu/aa-tui-poor"
GROUP_V2 = "/sys/fs/cgroup/aa-tui-poor"
MEMORY = (
    f"if [ -d /sys/fs/cgroup/memory ]; then mkdir -p {MEMORY_V1}; echo LIMIT > {MEMORY_V1}/memory.limit_in_bytes; "
    f"echo $$ > {MEMORY_V1}/cgroup.procs; else mkdir -p {GROUP_V2}; echo LIMIT > {GROUP_V2}/memory.max; "
    f"echo 0 > {GROUP_V2}/memory.swap.max; echo $$ > {GROUP_V2}/cgroup.procs; fi"
)
QUOTA = (
    f"if [ -d /sys/fs/cgroup/cpu ]; then mkdir -p {CPU_V1}; echo 50000 > {CPU_V1}/cpu.cfs_quota_us; "
    f"echo $$ > {CPU_V1}/cgroup.procs; else mkdir -p {GROUP_V2}; echo '50000 100000' > {GROUP_V2}/cpu.max; "
    f"echo $$ > {GROUP_V2}/cgroup.procs; fi"
)
READ_ONLY = "mount --bind $AA_TUI_HOME $AA_TUI_HOME; mount -o remount,bind,ro $AA_TUI_HOME"
NO_RIGHTS = "setpriv --bounding-set=-dac_override,-dac_read_search"
USER = "setpriv --reuid 54321 --regid 54321 --clear-groups --inh-caps=+dac_read_search --ambient-caps=+dac_read_search"
TMPFS = "mount -t tmpfs {0} none $TMPDIR"


@dataclass(frozen=True)
class Environment:
    """`shell` runs before the program, in a mount namespace of its own where `mounts`; `through` is put before it."""

    name: str
    shell: str = ":"
    mounts: bool = False
    through: str = ""
    environ: dict[str, str | None] = field(default_factory=dict)
    empty_home: bool = False
    root: bool = False

    def command(self, *arguments: str) -> list[str]:
        """The program with these arguments, in this environment."""
        script = f'set -e; {self.shell}; exec {self.through} "$@"'
        return [*(("/usr/bin/unshare", "-m") if self.mounts else ()), "/bin/sh", "-c", script, "sh", *arguments]

    @property
    def is_root_s(self) -> bool:
        """Whether only root can make it."""
        return self.root or self.mounts


ENVIRONMENTS = (
    Environment("as it is"),
    Environment("`taskset -c 0`", through="taskset -c 0"),
    Environment("control group, half a processor", QUOTA, root=True),
    Environment("control group, 40 MB of memory", MEMORY.replace("LIMIT", "41943040"), root=True),
    Environment("control group, 64 MB of memory", MEMORY.replace("LIMIT", "67108864"), root=True),
    Environment("control group, 160 MB of memory", MEMORY.replace("LIMIT", "167772160"), root=True),
    Environment("`ulimit -v 150000`", "ulimit -v 150000"),
    Environment("`ulimit -v 300000`", "ulimit -v 300000"),
    Environment("`ulimit -v 450000`", "ulimit -v 450000"),
    Environment("`ulimit -v 700000`", "ulimit -v 700000"),
    Environment("`ulimit -v 1000000`", "ulimit -v 1000000"),
    Environment("`ulimit -v 2000000`", "ulimit -v 2000000"),
    Environment("no /proc", "mount -t tmpfs none /proc", mounts=True),
    Environment("no /sys", "mount -t tmpfs none /sys", mounts=True),
    Environment("no /dev/shm", "umount /dev/shm 2>/dev/null || mount -t tmpfs -o ro none /dev/shm", mounts=True),
    Environment("data folder on a read-only disk", READ_ONLY, mounts=True),
    Environment("data folder on a read-only disk, empty", READ_ONLY, mounts=True, empty_home=True),
    Environment("data folder without the right to write", "chmod -R a-w $AA_TUI_HOME", through=NO_RIGHTS, root=True),
    Environment("another's data folder, as another user", "chmod -R go-w $AA_TUI_HOME", through=USER, root=True),
    Environment("data folder on a full disk", "mount -t tmpfs -o size=64k none $AA_TUI_HOME", mounts=True),
    Environment("TMPDIR without exec", TMPFS.format("-o noexec"), mounts=True),
    Environment("TMPDIR read-only", TMPFS.format("-o ro"), mounts=True),
    Environment(
        "no folder for temporary files at all",
        "for d in /tmp /var/tmp /usr/tmp $TMPDIR; do if [ -d $d ]; then mount -t tmpfs -o ro none $d; fi; done; "
        "chmod -R a+rwX $AA_TUI_HOME; cd /",
        mounts=True,
        through=USER,
    ),
    Environment(
        "TMPDIR full", TMPFS.format("-o size=16k") + "; cat /dev/zero > $TMPDIR/full 2>/dev/null || :", mounts=True
    ),
    Environment("TMPDIR that is not there", "export TMPDIR=$TMPDIR/none"),
    Environment("HOME not set", environ={"HOME": None}),
    Environment(
        "a user without a name, HOME not set",
        "cd $TMPDIR; chmod 777 $TMPDIR",
        through=USER,
        environ={"AA_TUI_HOME": None, "HOME": None},
        root=True,
    ),
    Environment("HOME that is not there", "export HOME=$TMPDIR/none", environ={"AA_TUI_HOME": None}),
    Environment(
        "HOME that cannot be written, as another user",
        "export HOME=$TMPDIR; chmod 555 $TMPDIR",
        through=USER,
        environ={"AA_TUI_HOME": None},
        root=True,
    ),
    Environment("a user without a name", through=USER, shell="chmod -R a+rwX $AA_TUI_HOME", root=True),
    Environment("no locale", environ={"LANG": None, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
    Environment("PATH empty", environ={"PATH": ""}),
    Environment("`ulimit -s 256`", "ulimit -s 256"),
    Environment("`ulimit -s unlimited`", "ulimit -s unlimited"),
    Environment("`ulimit -n 64`", "ulimit -n 64"),
    Environment("`ulimit -n 24`", "ulimit -n 24"),
    Environment("`ulimit -f 8`", "ulimit -f 8"),
    Environment(
        "4 processes at most",
        "chmod -R a+rwX $AA_TUI_HOME",
        through=f"{USER} prlimit --nproc=4",
        root=True,
    ),
    Environment("standard output full", through="", shell="exec > /dev/full"),
    Environment("standard streams closed", shell="exec <&- 2>&-"),
)


def main() -> int:
    """Try the environments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", help="parts of the environments' names (all)")
    parser.add_argument("--commands", default="models,fit,doctor,bench,eval,app", help="also show, gguf, packs, demo")
    options = parser.parse_args()
    names = options.commands.split(",")
    print("| environment | works | does not, and says |\n|---|---|---|")
    faults = 0
    place = Path.home() / ".cache"  # /tmp goes away in some environments
    place.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="aa-tui-poor-", dir=place) as folder:
        seed = Path(folder) / "seed"
        _seed(seed)
        for number, one in enumerate(ENVIRONMENTS):
            if options.names and not any(name in one.name for name in options.names):
                continue
            cells = _try(one, names, seed, Path(folder) / str(number))
            faults += sum(any(fault in cell for fault in FAULTS) for cell in cells)
            print(_row(one, dict(zip(names, cells, strict=True))), flush=True)
    return 1 if faults else 0


def _row(one: Environment, cells: dict[str, str]) -> str:
    """A line of the table: the commands that work, and the others with what they said."""
    works = [name for name, cell in cells.items() if cell == "works"]
    said: dict[str, list[str]] = {}
    for name, cell in cells.items():
        if cell != "works":
            said.setdefault(cell, []).append(name)
    told = "; ".join(f"{', '.join(names)}: {cell}" for cell, names in said.items())
    return f"| {one.name} | {'all' if len(works) == len(cells) else ', '.join(works)} | {told} |"


def _seed(home: Path) -> None:
    """A data folder with one finished run."""
    done = _run(Environment(""), COMMANDS["bench"], _environ(Environment(""), home, home.parent), LIMIT_S)
    if done[0] != 0:
        raise SystemExit(f"The bundled model cannot be measured here at all: {done[1]}")


def _try(one: Environment, names: list[str], seed: Path, folder: Path) -> list[str]:
    if one.is_root_s and os.geteuid() != 0:
        return ["not tried: it wants root"] * len(names)
    cells = []
    for name in names:
        home, temporary = folder / name / "home", folder / name / "tmp"
        temporary.mkdir(parents=True)
        folder.chmod(0o755)
        if one.empty_home:
            home.mkdir()
        else:
            shutil.copytree(seed, home)
        environ = _environ(one, home, temporary)
        try:
            said = _app(one, environ) if name == "app" else _words(*_run(one, COMMANDS[name], environ, LIMIT_S))
            lost = "" if one.empty_home else _lost(home)
            crashed = _crashed(home)
        finally:
            subprocess.run(["chmod", "-R", "u+rwX", str(folder)], check=False)
            for group in (MEMORY_V1, CPU_V1, GROUP_V2):
                _remove(Path(group))
        cell = " ".join(part for part in (crashed, said, lost) if part).replace("|", "/")
        cells.append(cell.replace(str(home), "DATA").replace(str(temporary), "TMPDIR"))
    return cells


def _environ(one: Environment, home: Path, temporary: Path) -> dict[str, str]:
    wanted: dict[str, str | None] = {"AA_TUI_HOME": str(home), "TMPDIR": str(temporary), **QUIET, **one.environ}
    kept = {key: value for key, value in os.environ.items() if key not in wanted}
    return {**kept, **{key: value for key, value in wanted.items() if value is not None}}


def _run(one: Environment, arguments: tuple[str, ...], environ: dict[str, str], limit_s: float) -> tuple[int, str]:
    """Exit code (negative: signal, None: not within the limit) and all that was said."""
    program = subprocess.Popen(
        one.command(*PROGRAM, *arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environ,
        start_new_session=True,
    )
    try:
        output, _ = program.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        os.killpg(program.pid, signal.SIGKILL)
        output, _ = program.communicate()
        return 1, f"HANGS {output.decode('utf-8', 'replace')}"
    return program.returncode, output.decode("utf-8", "replace")


def _words(code: int, output: str) -> str:
    """A cell: what came of a command."""
    if "Traceback (most recent call last)" in output:
        return f"TRACEBACK: {output.strip().splitlines()[-1]}"
    if output.startswith("HANGS"):
        return output[:300]
    if code < 0 or (code > 128 + 1 and code != 130):
        name = signal.Signals(-code if code < 0 else code - 128).name
        return f"killed by {name}: {_telling(output)}"
    return "works" if code == 0 else f"{code}: {_telling(output)}"


def _telling(output: str) -> str:
    lines = [line.strip() for line in re.split(r"[\r\n]+", output) if line.strip()]
    for line in lines:
        if line.startswith("aa-tui: "):
            return line.removeprefix("aa-tui: ")
    for before, line in itertools.pairwise(lines):
        if before.endswith("· failed"):
            return line
    return " / ".join(lines[-2:])


def _app(one: Environment, environ: dict[str, str]) -> str:
    """Open the app, look at the leaderboard, a page and the runs, and quit."""
    try:
        with Terminal(one.command(*PROGRAM), env={**environ, "TERM": "xterm-256color"}) as terminal:
            try:
                terminal.wait(lambda: terminal.status is not None or "Claude" in terminal.text, deadline_s=60)
                if terminal.status is None:
                    for key in ("enter", "esc", "R", "q"):
                        terminal.settle()
                        terminal.send(key)
                    terminal.wait_exit(20)
            except WaitError:
                shown = [line.strip() for line in terminal.lines if line.strip()]
                return f"{'TRACEBACK' if 'Traceback' in terminal.text else 'HANGS'}: {' / '.join(shown[-3:])}"
            return _words(terminal.status or 0, terminal.raw.decode("utf-8", "replace"))
    except OSError as error:
        return f"not tried: {error}"


def _crashed(home: Path) -> str:
    """The worker's log may hold a traceback that no command shows."""
    for log in home.glob("logs/*.log"):
        text = log.read_text(encoding="utf-8", errors="replace")
        if "Traceback (most recent call last)" in text:
            return f"TRACEBACK in the worker: {text.strip().splitlines()[-1]};"
    return ""


def _lost(home: Path) -> str:
    """Seen from outside: is the catalog sound, is its run still there, does none seem to go on?"""
    deadline = time.monotonic() + 60
    while True:
        done = subprocess.run(
            [*PROGRAM, "--catalog", str(home / "catalog.db"), "runs", "--json"],
            capture_output=True,
            check=False,
            env={**os.environ, "AA_TUI_HOME": str(home)},
        )
        if done.returncode != 0:
            return f"LOST: {done.stderr.decode()}"
        runs = json.loads(done.stdout)
        going_on = [run for run in runs if run["status"] in ("queued", "running", "paused")]
        if not going_on or time.monotonic() > deadline:
            break
        time.sleep(1)
    if not any(run["run_id"] == 1 and run["status"] == "finished" for run in runs):
        return "LOST: the finished run is gone"
    return f"LOST: run {going_on[0]['run_id']} seems to go on" if going_on else ""


def _remove(group: Path) -> None:
    for _ in range(50):
        if not group.is_dir():
            return
        try:
            group.rmdir()
        except OSError:  # its last process has not ended
            time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
