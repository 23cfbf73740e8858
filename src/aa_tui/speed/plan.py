"""What is to be measured: tests read from the speed pack, by name, and the context that they need.

A name says all: `tg128@d4096@t2` generates 128 tokens after 4,096 others with 2 threads, `ttft512` is the time to the
first token of a 512-token prompt, `sustained@60s` generates for a minute. Workloads are listed in the pack.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from aa_tui.resources import data_folder
from aa_tui.speed.errors import SpeedError
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = [
    "SpeedError",
    "SpeedPack",
    "Test",
    "at_depths",
    "load_pack",
    "parse_test",
    "required_context",
    "select_tests",
    "thread_sweep",
]

DEPTHS = (0, 4096, 16_384)
"""What `--depths` means without numbers."""

Kind = Literal["pp", "tg", "ttft", "sustained", "workload", "parallel", "load"]

_LLAMA_BENCH = re.compile(r"(pp|tg|ttft)([1-9][0-9]{0,6})(?:@d([1-9][0-9]{0,6}))?(?:@t([1-9][0-9]{0,2}))?")
_SUSTAINED = re.compile(r"sustained@([1-9][0-9]{0,4})s")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_MAX_TOKENS = 10_000_000
_MAX_REPETITIONS = 1_000
_MAX_PARALLEL = 254  # llama.cpp's sequences, less two of the engine's own


@dataclass(frozen=True, slots=True)
class Test:
    """One thing to measure: `n_prompt` tokens in, `n_gen` tokens out, `repetitions` times after a warm-up.

    Kind "pp" processes a prompt and "tg" generates text, both as llama-bench does, after `depth` tokens that are in
    the context already; "ttft" is the time to the first token of a prompt, new and then seen before; "sustained"
    generates without a break for `seconds`, `n_gen` tokens from an empty context over and over. A "workload" is a
    request: a prompt and its output; "parallel" are `n_parallel` of them at once, and "load" 1, 2, 4 ... up to
    `n_parallel` at once. `n_threads` of None are the run's.
    """

    __test__: ClassVar[bool] = False  # not one of pytest's

    name: str
    kind: Kind
    n_prompt: int
    n_gen: int
    repetitions: int
    depth: int = 0
    n_threads: int | None = None
    n_parallel: int = 1
    seconds: float | None = None

    @property
    def n_ctx(self) -> int:
        """The context that it needs for each of its requests, in tokens."""
        return self.depth + self.n_prompt + self.n_gen


@dataclass(frozen=True, slots=True)
class SpeedPack:
    """The protocol as data. `repetitions` is what a ppN or tgN that is not listed takes; `default` names what is
    measured when nothing is named.
    """

    name: str
    version: str
    license: str
    repetitions: int
    default: tuple[str, ...]
    tests: tuple[Test, ...]

    def test(self, name: str) -> Test | None:
        """The listed test of that name."""
        return next((test for test in self.tests if test.name == name), None)


def load_pack(folder: Path | None = None) -> SpeedPack:
    """The speed pack in `folder`, by default the bundled one.

    Raises SpeedError when it is missing, is not TOML, or has a wrong or missing field.
    """
    path = (folder or data_folder("evals") / "speed") / "pack.toml"
    label = clean_line(str(path))
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SpeedError(f"The speed pack {label} cannot be read ({clean_line(str(error))}).") from error
    try:
        return _pack(data)
    except KeyError as error:
        raise SpeedError(f"The speed pack {label} lacks {error}.") from error
    except (TypeError, ValueError) as error:
        raise SpeedError(f"The speed pack {label} is wrong: {clean_line(str(error))}.") from error


def parse_test(name: str, pack: SpeedPack) -> Test:
    """The test of that name: one that the pack lists, any ppN, tgN or ttftN, at a depth and with a number of threads
    ("tg64@d4096@t2"), or sustained generation of another length ("sustained@60s").

    Raises SpeedError for another name, listing those there are.
    """
    wanted = name.strip().lower()
    listed = pack.test(wanted)
    if listed is not None:
        return listed
    match = _LLAMA_BENCH.fullmatch(wanted)
    if match and not (match[1] == "ttft" and match[3]):  # a first token comes after nothing but its prompt
        return _llama_bench(wanted, pack.repetitions)
    sustained = _SUSTAINED.fullmatch(wanted)
    listed = pack.test("sustained")
    if sustained and listed is not None:
        return replace(listed, name=wanted, seconds=float(sustained[1]))
    names = ", ".join(test.name for test in pack.tests)
    raise SpeedError(
        f"There is no speed test {clean_line(name) or 'without a name'}: there are {names}, "
        "and ppN, tgN or ttftN for any number N of tokens, such as tg128@d4096 after 4,096 others."
    )


def select_tests(pack: SpeedPack, names: Iterable[str] | None = None, *, repetitions: int | None = None) -> list[Test]:
    """The named tests, each once and in the order named, or the pack's default ones.

    `repetitions` overrides the pack's. Raises SpeedError for an unknown name or repetitions out of range.
    """
    wanted = dict.fromkeys(parse_test(name, pack) for name in (names or pack.default))
    if repetitions is None:
        return list(wanted)
    if not 1 <= repetitions <= _MAX_REPETITIONS:
        raise SpeedError(f"{repetitions} repetitions cannot be made: ask for 1 to {_MAX_REPETITIONS:,}.")
    # sustained generation is one long repetition, and a longer one is asked for by its seconds
    return [test if test.kind == "sustained" else replace(test, repetitions=repetitions) for test in wanted]


def at_depths(names: Iterable[str], depths: Iterable[int], context_tokens: int | None) -> list[str]:
    """Each pp and tg of the names at each depth, as far as the model's context (None: unknown) allows.

    The other names stay as they are. Depth 0 is the test itself.
    """
    found: list[str] = []
    for name in names:
        match = _LLAMA_BENCH.fullmatch(name)
        if match is None or match[1] == "ttft" or match[3]:
            found.append(name)
            continue
        for depth in depths:
            if context_tokens is None or depth + int(match[2]) <= context_tokens:
                threads = f"@t{match[4]}" if match[4] else ""
                found.append(f"{match[1]}{match[2]}{f'@d{depth}' if depth else ''}{threads}")
    return list(dict.fromkeys(found))


def thread_sweep(cores_physical: int, cores_logical: int) -> list[int]:
    """Numbers of threads worth trying: 1, 2, 4 ... with the physical and the logical cores among them."""
    powers = [1 << power for power in range(9) if 1 << power < cores_logical]
    return sorted({*powers, cores_physical, cores_logical})


def required_context(tests: Sequence[Test], context_tokens: int | None) -> int:
    """The context that the tests need, checked against the one the model was trained for (None: unknown).

    Raises SpeedError naming the lengths when it does not fit, and when there are no tests.
    """
    if not tests:
        raise SpeedError("There is nothing to measure: name at least one test, such as pp512.")
    longest = max(tests, key=lambda test: test.n_ctx)
    if context_tokens is not None and longest.n_ctx > context_tokens:
        raise SpeedError(
            f"The test {longest.name} needs a context of {longest.n_ctx:,} tokens but the model was trained "
            f"for {context_tokens:,}: leave it out or choose a shorter one."
        )
    return longest.n_ctx


def _pack(data: dict[str, Any]) -> SpeedPack:
    repetitions = _count(data["llama_bench"]["repetitions"], "llama_bench.repetitions", _MAX_REPETITIONS)
    tests = [_listed(entry, repetitions) for entry in data["tests"]]
    tests += [_sustained(entry) for entry in data.get("sustained", ())]
    tests += [_workload(entry) for entry in data["workloads"]]
    names = [test.name for test in tests]
    if len(set(names)) < len(names):
        raise ValueError("a name is used twice")
    pack = SpeedPack(
        name=_text(data["name"], "name"),
        version=_text(data["version"], "version"),
        license=_text(data["license"], "license"),
        repetitions=repetitions,
        default=tuple(_text(name, "default") for name in data["default"]),
        tests=tuple(tests),
    )
    unknown = [name for name in pack.default if pack.test(name) is None]
    if unknown or not pack.default:
        raise ValueError(f"default names no listed test ({', '.join(unknown) or 'it is empty'})")
    return pack


def _listed(entry: dict[str, Any], repetitions: int) -> Test:
    name = entry["name"]
    if not isinstance(name, str) or not _LLAMA_BENCH.fullmatch(name):
        raise ValueError(f"a test must be called ppN, tgN or ttftN, not {name!r}")
    return _llama_bench(name, _count(entry.get("repetitions", repetitions), name, _MAX_REPETITIONS))


def _llama_bench(name: str, repetitions: int) -> Test:
    match = _LLAMA_BENCH.fullmatch(name)
    if match is None:
        raise ValueError(f"{name!r} is no name of a test")
    tokens, after = int(match[2]), int(match[3] or 0)
    threads = int(match[4]) if match[4] else None
    if match[1] == "tg":
        return Test(name, "tg", 0, tokens, repetitions, after, threads)
    if match[1] == "ttft":
        return Test(name, "ttft", tokens, 1, repetitions, after, threads)
    return Test(name, "pp", tokens, 0, repetitions, after, threads)


def _sustained(entry: dict[str, Any]) -> Test:
    name = entry["name"]
    if name != "sustained":
        raise ValueError(f"sustained generation must be called sustained, not {name!r}")
    n_gen = _count(entry["output_tokens"], name, _MAX_TOKENS)
    return Test(name, "sustained", 0, n_gen, 1, seconds=_count(entry["seconds"], f"{name}.seconds", 99_999))


def _workload(entry: dict[str, Any]) -> Test:
    name = entry["name"]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"a workload's name must be of a to z, 0 to 9 and -, not {name!r}")
    n_prompt = _count(entry["input_tokens"], name, _MAX_TOKENS)
    n_gen = _count(entry["output_tokens"], name, _MAX_TOKENS)
    if n_gen < 2:
        raise ValueError(f"{name} must generate at least 2 tokens, or it has no output speed")
    repetitions = _count(entry["repetitions"], name, _MAX_REPETITIONS)
    if "at_once" in entry:
        n_parallel = _count(entry["at_once"], f"{name}.at_once", _MAX_PARALLEL)
        return Test(name, "parallel", n_prompt, n_gen, repetitions, n_parallel=n_parallel)
    if "at_once_up_to" in entry:
        n_parallel = _count(entry["at_once_up_to"], f"{name}.at_once_up_to", _MAX_PARALLEL)
        return Test(name, "load", n_prompt, n_gen, repetitions, n_parallel=n_parallel)
    return Test(name, "workload", n_prompt, n_gen, repetitions)


def _text(value: object, what: str) -> str:
    if not isinstance(value, str) or not clean_line(value):
        raise ValueError(f"{what} must be a text, not {value!r}")
    return clean_line(value)


def _count(value: object, what: str, largest: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= largest:
        raise ValueError(f"{what} must be a whole number from 1 to {largest:,}, not {value!r}")
    return value
