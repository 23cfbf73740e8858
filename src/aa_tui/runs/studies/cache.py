"""The study "cache": each type of KV cache at each depth, one cell of the journal after the other.

A type is opened once. The text is processed once, from depth to depth; at each of them everything is asked on a copy.
"""

from __future__ import annotations

import math
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aa_tui.analysis.cache_types import Spread, spread
from aa_tui.analysis.intervals import wilson
from aa_tui.catalog import telemetry
from aa_tui.catalog.rows import Figure
from aa_tui.runs.errors import RunError
from aa_tui.runs.identity import engine_words
from aa_tui.runs.studies.cache_plan import PLAIN, WHOLE, CachePlan, cache_bytes, n_ctx_of
from aa_tui.runs.studies.desk import Desk

if TYPE_CHECKING:
    from aa_tui.engine.divergence.store import KeptBlock
    from aa_tui.engine.llama import LlamaEngine
    from aa_tui.engine.settings import EngineSettings, FlashAttention
    from aa_tui.host.telemetry import MachineState
    from aa_tui.speed.cache_probe import Found

PART = "cells"
SEED = 0

ASKING_TOKENS = 3_000
"""About as long as processing so many tokens takes what is asked at a depth; only the bar's evenness hangs on it."""


def study(desk: Desk) -> bool:
    """Do the cells that are not done yet; False when stopped before the last. See `Study`."""
    from aa_tui.engine.errors import EngineError, GivenUpError
    from aa_tui.host.telemetry import state
    from aa_tui.speed.cache_probe import StoppedError

    _check_same_machine(desk)
    before = state()
    work = _Work(desk)
    try:
        for types in work.plan.types:
            if not work.left(types):
                continue
            try:
                work.one_type(types)
            except GivenUpError:
                raise
            except EngineError as error:
                if types == PLAIN:
                    raise
                work.leave_out(types, str(error))
    except StoppedError:
        return False
    work.tidy()
    _note_cautions(desk, before)
    return True


def _note_cautions(desk: Desk, before: MachineState) -> None:
    """Why speeds may mislead: the machine's state before, meanwhile and after."""
    from aa_tui.host.telemetry import MachineSample, state
    from aa_tui.host.trust import warnings

    samples = [MachineSample._make(one) for one in telemetry.of_run(desk.conn, desk.run.id)]
    desk.put_settings(cautions=warnings(before, state(busy_over_s=0), samples))


def _check_same_machine(desk: Desk) -> None:
    """Note where the study is made, and that it goes on there. Raises RunError on another machine or build."""
    from aa_tui.engine.build import describe_build
    from aa_tui.host.machine import describe

    machine = describe()
    here = {"machine": machine.fingerprint, "llama_cpp": engine_words(describe_build().to_dict())}
    if desk.done(PART) and desk.settings.get("made_on", here) != here:
        raise RunError(
            f"Run {desk.run.id} was begun on another machine or with another build of llama.cpp: figures of two are "
            "never mixed; start a new run."
        )
    desk.put_settings(made_on=here)


@dataclass(slots=True)
class _Progress:
    """How far the whole study is, in tokens or what counts as so many."""

    desk: Desk
    total: int
    done: int = 0

    def reading(self, name: str, begun: int, now: int) -> None:
        """So many tokens of the text are processed, from those that it began with."""
        self.tell(f"{name}: {now:,} tokens read", now - begun)

    def asking(self, place: str, part: float, what: str) -> None:
        """This part (0 to 1) of what is asked at a depth is done."""
        self.tell(f"{place}: {what}", int(ASKING_TOKENS * part))

    def tell(self, words: str, more: int = 0) -> None:
        self.desk.tell(min((self.done + more) / max(self.total, 1), 1.0), words)


def _after(depth: int) -> str:
    return f"after {depth:,} {'token' if depth == 1 else 'tokens'}" if depth else "with an empty context"


class _Work:
    def __init__(self, desk: Desk) -> None:
        from aa_tui.gguf.parts import read_parts
        from aa_tui.gguf.shape import shape_of

        self._desk = desk
        self.plan = CachePlan.from_settings(desk.settings)
        self._shape = shape_of(read_parts(Path(desk.run.file.path))[0])
        self._done = desk.done(PART)
        self._kept: dict[int, Sequence[KeptBlock]] = {}
        self._is_noted = False
        # of all types the same, and quantized values need it
        self._flash: FlashAttention = "off" if desk.settings.get("flash_attn") == "off" else "on"
        self._progress = _Progress(desk, sum(self._cost(one) for one in self.plan.types))

    def left(self, types: tuple[str, str]) -> tuple[int, ...]:
        """The depths of a type that are not done."""
        return tuple(one for one in self.plan.depths_of(types) if self.plan.number(types, one) not in self._done)

    def _cost(self, types: tuple[str, str]) -> int:
        left = self.left(types)
        return max(left, default=0) + ASKING_TOKENS * len(left)

    def one_type(self, types: tuple[str, str]) -> None:
        """Study a type at the depths that are left. Raises StoppedError, EngineError."""
        from aa_tui.engine.branch import Branch
        from aa_tui.speed.cache_probe import go_on, probe
        from aa_tui.speed.cache_text import depth_text

        desk, progress = self._desk, self._progress
        left, name = self.left(types), "/".join(types)
        progress.tell(f"{name}: loading")
        with self._open(types, left) as engine:
            self._note_settings(engine)
            self._read_references(engine)
            start = [] if engine.bos is None else [engine.bos]
            text = depth_text(
                lambda words: engine.tokenize(words, add_special=False), start, self.plan.depths, engine.n_ctx, SEED
            )
            with Branch(engine) as branch:
                at = 0
                for depth in self.plan.depths:
                    if depth > max(left):
                        break
                    tell = partial(progress.reading, name, at)
                    go_on(engine, text, at, depth, stop=desk.should_stop, tell=tell)
                    progress.done += depth - at
                    at = depth
                    if depth in left:
                        reference = None if types == PLAIN else self._kept.get(depth)
                        found = probe(
                            engine,
                            branch,
                            text,
                            depth,
                            reference=reference,
                            stop=desk.should_stop,
                            tell=partial(progress.asking, f"{name} {_after(depth)}"),
                        )
                        self._note(types, depth, found, engine)
                        progress.done += ASKING_TOKENS

    def _open(self, types: tuple[str, str], depths: Sequence[int]) -> LlamaEngine:
        """The file with such a cache. Where llama.cpp refuses flash attention even for f16, all go without it, which
        leaves no type for values but whole ones. Raises EngineError.
        """
        from aa_tui.engine.errors import EngineError, GivenUpError
        from aa_tui.engine.llama import open_model

        path, on_progress = Path(self._desk.run.file.path), self._loading("/".join(types))
        if self._flash == "off" and types[1] not in WHOLE:
            raise EngineError(
                f"llama.cpp keeps values as {types[1]} only with flash attention, which it refuses for this model."
            )
        try:
            return open_model(path, self._settings(types, depths), on_progress)
        except GivenUpError:
            raise
        except EngineError as refused:
            if types != PLAIN or self._flash == "off":
                raise
            self._flash = "off"
            try:
                return open_model(path, self._settings(types, depths), on_progress)
            except EngineError as error:
                raise error if isinstance(error, GivenUpError) else refused from None

    def _settings(self, types: tuple[str, str], depths: Sequence[int]) -> EngineSettings:
        from aa_tui.engine.settings import EngineSettings

        setup = self._desk.run.setup
        type_k, type_v = types
        return EngineSettings(
            n_ctx=math.ceil(n_ctx_of(max(depths)) / 2),  # two sequences in one buffer: together as long as needed
            forks=True,
            kv_unified=True,
            n_threads=setup.n_threads,
            n_gpu_layers=-1 if setup.n_gpu_layers is None else setup.n_gpu_layers,
            flash_attn=self._flash,
            type_k=type_k,  # type: ignore[arg-type]  # one that llama.cpp does not know is refused there
            type_v=type_v,  # type: ignore[arg-type]
        )

    def _loading(self, name: str) -> Any:
        def on_progress(part: float) -> bool:
            self._progress.tell(f"{name}: loading {part:.0%}")
            return not self._desk.should_stop()

        return on_progress

    def _note_settings(self, engine: LlamaEngine) -> None:
        """As they came to be; of the types and lengths the plan tells."""
        from aa_tui.speed.cache_text import VERSION

        if self._is_noted:
            return
        self._is_noted = True
        of_one = ("type_k", "type_v", "n_ctx", "n_parallel", "forks", "shares_prefix", "kv_unified", "seed")
        made = {name: value for name, value in engine.settings.to_dict().items() if name not in of_one}
        self._desk.put_settings(**made, text=VERSION, devices_used=list(engine.devices_used))

    def _read_references(self, engine: LlamaEngine) -> None:
        """What an earlier worker kept of f16. Where it cannot be read nothing is compared with it."""
        from aa_tui.speed.cache_text import windows

        texts = windows(lambda words: engine.tokenize(words, add_special=False))
        for depth in self.plan.depths_of(PLAIN):
            facts = self._done.get(self.plan.number(PLAIN, depth), {})
            if depth in self._kept or not isinstance(facts.get("reference"), list):
                continue
            blocks = [_unpacked(one, text) for one, text in zip(facts["reference"], texts, strict=False)]
            whole = [one for one in blocks if one is not None]
            if len(whole) == len(texts):
                self._kept[depth] = whole

    def _note(self, types: tuple[str, str], depth: int, found: Found, engine: LlamaEngine) -> None:
        """Journal a cell with its figures."""
        facts: dict[str, Any] = {
            "type_k": types[0],
            "type_v": types[1],
            "depth_tokens": depth,
            "n_positions": found.n_positions,
            "n_needles": found.n_needles,
            "n_needles_found": found.n_needles_found,
            "n_facts": found.n_facts,
            "n_facts_right": found.n_facts_right,
            "pp_tps": list(found.pp_tps),
            "tg_tps": list(found.tg_tps),
            "n_ctx": engine.n_ctx,
            "cache_allocated_bytes": sum(int(one["kv_cache_bytes"]) for one in engine.devices_used),
        }
        if found.kld:
            facts |= {
                "kld_nats": list(found.kld),
                "kld_floor_nats": list(found.kld_floor),
                "same_top": list(found.same_top),
                "tail_share": found.tail_share,
            }
        if self._shape is not None and depth:
            facts["cache_bytes"] = cache_bytes(self._shape, types, depth)
        number = self.plan.number(types, depth)
        if types == PLAIN:
            self._kept[depth] = found.kept
            self._desk.note(
                PART, number, {**facts, "reference": [b64encode(one.packed()).decode("ascii") for one in found.kept]}
            )
        else:
            self._desk.note(PART, number, facts)
        self._done[number] = facts
        self._desk.put_figures(list(figures(facts)))

    def leave_out(self, types: tuple[str, str], reason: str) -> None:
        """Note that llama.cpp refuses a type, and why."""
        left = self.left(types)
        self._progress.done += self._cost(types)
        self.plan = self.plan.without(types, left, reason)
        self._desk.put_settings(**self.plan.to_settings())

    def tidy(self) -> None:
        """The distributions are of no use any more; the figures follow from the journal once more, for one that died
        between the two."""
        for number, facts in self._desk.done(PART).items():
            if "reference" in facts:
                self._desk.note(PART, number, {name: value for name, value in facts.items() if name != "reference"})
            self._desk.put_figures(list(figures(facts)))


def _unpacked(told: object, tokens: Sequence[int]) -> KeptBlock | None:
    """A window's distributions from the journal; None where they are damaged or of another text."""
    from aa_tui.engine.divergence.store import KeptBlock

    try:
        return KeptBlock.unpacked(b64decode(told, validate=True), tokens) if isinstance(told, str) else None
    except ValueError:
        return None


def cell_name(facts: dict[str, Any]) -> str:
    """How a cell is called in the names of figures: "q8_0-q8_0@4096"."""
    return f"{facts['type_k']}-{facts['type_v']}@{facts['depth_tokens']}"


def figures(facts: dict[str, Any]) -> Iterator[Figure]:
    """The figures of a cell. What cannot be told is left out: f16 has no distance from itself."""
    name = cell_name(facts)
    found = spread(facts.get("kld_nats", ()))
    if found is not None:
        yield _figure(f"cache.kld.{name}", "nats", found, n=int(facts["n_positions"]))
    found = spread(facts.get("same_top", ()))
    if found is not None:
        capped = Spread(found.mean, found.low, min(found.high or found.mean, 1.0), found.n)
        yield _figure(f"cache.same_top.{name}", "share", capped, n=int(facts["n_positions"]))
    for what, right, n in (
        ("retrieval", facts["n_needles_found"], facts["n_needles"]),
        ("facts", facts["n_facts_right"], facts["n_facts"]),
    ):
        if n:
            sure = wilson(right, n)
            yield Figure(
                f"cache.{what}.{name}",
                right / n,
                "share",
                n=n,
                interval_low=sure.low,
                interval_high=sure.high,
                interval_method=sure.method,
                interval_kind="fixed",
            )
    for what in ("pp", "tg"):
        found = spread(facts[f"{what}_tps"])
        if found is not None:
            yield _figure(f"cache.{what}.{name}", "tokens/s", found, n=found.n)._replace(stdev=found.stdev)
    if facts.get("cache_bytes"):
        yield Figure(f"cache.bytes.{name}", float(facts["cache_bytes"]), "bytes")


def _figure(metric: str, unit: str, found: Spread, *, n: int) -> Figure:
    if found.low is None or found.high is None:
        return Figure(metric, found.mean, unit, n=n)
    return Figure(
        metric,
        found.mean,
        unit,
        n=n,
        interval_low=found.low,
        interval_high=found.high,
        interval_method="Student",
        interval_kind="fixed",
    )
