"""The study "watch": one probe of a file, to be compared with the one that is pinned as its baseline.

Speed is measured in rounds that lie minutes apart, before, between and after the rest, so that what drifts is seen.
Tokens and answers come from one slot without chance: the same file, build and machine write the same each time.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aa_tui.analysis.next_tokens import NextTokens
from aa_tui.analysis.watch import half_width
from aa_tui.catalog import runs
from aa_tui.catalog.db import path_of
from aa_tui.runs.errors import RunError
from aa_tui.runs.identity import engine_words
from aa_tui.runs.patience import patiently
from aa_tui.runs.studies.desk import Desk
from aa_tui.runs.studies.probe_compared import load
from aa_tui.runs.studies.probe_facts import TESTS, against, figures, speeds_of
from aa_tui.runs.studies.probe_plan import AGAINST, BLOCKS, CONDITIONS, ITEMS, SPEED, baseline_of

if TYPE_CHECKING:
    from aa_tui.engine.batcher import OpenBatcher
    from aa_tui.engine.llama import LlamaEngine
    from aa_tui.evals.grading import Grading
    from aa_tui.evals.items import Item, Pack

VERSION: Final = 2
"""Rises whenever the same file would give other tokens or answers: probes of two versions are not compared."""

TEXT: Final = "quick"
"""The pack whose questions are the text."""
QUESTIONS: Final = "instructions"
"""The pack of the answers. Its questions are short, since their own tokens take most of an answer's time, and leave
much open, so that small differences show."""
N_ITEMS: Final = 40
N_BLOCKS: Final = 7
BLOCK_TOKENS: Final = 256
KEPT: Final = 16
"""Likeliest tokens that are kept of each place."""
ANSWER_TOKENS: Final = 32
N_CTX: Final = 1024

REPETITIONS: Final = 3
ROUNDS: Final = 3
MORE_ROUNDS: Final = 5
"""Rounds that are added where speed is not known well enough, while there is time."""
WELL_KNOWN: Final = 0.01
"""Half the interval of a probe's own speed, as a share, at which repeating ends."""
TIME_S: Final = 300.0
"""No round is added later than this."""


def study(desk: Desk) -> bool:
    """Do what is left of a probe. Raises RunError where it cannot be compared with its baseline, or is no longer
    on the machine and build on which it was begun."""
    from aa_tui.engine.batcher import open_batcher
    from aa_tui.engine.settings import EngineSettings

    desk.tell(0.0, "loading")
    context = desk.run.file.context_tokens
    wanted = EngineSettings(n_ctx=min(N_CTX, context) if context else N_CTX, n_threads=desk.run.setup.n_threads)
    began = time.perf_counter()
    plain = _is_plain(desk)
    with open_batcher(Path(desk.run.file.path), wanted, desk.loading, plain=plain) as batcher:
        patiently(lambda: runs.set_load_time(desk.conn, desk.run.id, time.perf_counter() - began))
        return _Probe(desk, batcher).make(began)


def _is_plain(desk: Desk) -> bool:
    from aa_tui.runs.target import chat_template

    return chat_template(desk.run.file) is None


class _Probe:
    """A probe at work."""

    def __init__(self, desk: Desk, batcher: OpenBatcher) -> None:
        from aa_tui.evals import packs

        self.desk, self.batcher, self.engine = desk, batcher, batcher.engine
        self.text = packs.load(TEXT, path_of(desk.conn).parent)
        self.questions = packs.load(QUESTIONS, path_of(desk.conn).parent)
        self.blocks = blocks_of(self.engine, self.text)
        self.items = asked(self.questions)

    def make(self, began: float) -> bool:
        """All that is left. False when it was stopped."""
        self._note_conditions()
        parts: list[Callable[[], bool]] = [
            partial(self._round, 0),
            self._all_blocks,
            partial(self._round, 1),
            self._all_items,
            *(partial(self._round, number) for number in range(2, ROUNDS)),
            self._against,
        ]
        for part in parts:
            if self.desk.should_stop() or not part():
                return False
        for number in range(ROUNDS, ROUNDS + MORE_ROUNDS):
            speeds = speeds_of(self.desk.done(SPEED))
            if all(half_width(one) < WELL_KNOWN for one in speeds.values()):
                break
            if time.perf_counter() - began > TIME_S:
                break
            if not self._round(number):
                return False
        desk = self.desk
        found = load(desk.conn, runs.get(desk.conn, desk.run.id)).comparison
        desk.put_figures(figures(speeds_of(desk.done(SPEED)), desk.done(AGAINST).get(0), found))
        return True

    def _note_conditions(self) -> None:
        """What the probe is made with. Raises RunError for what cannot be compared or continued."""
        desk = self.desk
        now = self._conditions()
        before = desk.settings.get(CONDITIONS)
        if before is not None and (desk.done(SPEED) or desk.done(BLOCKS)):
            changed = [name for name in ("version", "build", "machine", "text") if before.get(name) != now[name]]
            if changed:
                raise RunError(
                    f"Run {desk.run.id} was begun with another {' and '.join(changed)}: a probe is of one moment, "
                    f"so start a new one with `aa-tui watch`."
                )
        baseline = baseline_of(desk.conn, desk.run)
        if baseline is not None:
            pinned = baseline.settings.get(CONDITIONS) or {}
            if pinned.get("version") != now["version"] or pinned.get("pack") != now["pack"]:
                raise RunError(
                    f"The baseline, run {baseline.id}, was probed in another way, by another version of aa-tui: "
                    "pin a new one with `aa-tui watch FILE --pin`."
                )
            if pinned.get("text") != now["text"]:
                raise RunError(
                    f"{desk.run.file.shown_name} splits texts into other tokens than {baseline.file.shown_name} of run "
                    f"{baseline.id}: two vocabularies cannot be compared; pin a baseline of its own with --pin."
                )
        setup = self.engine.settings
        desk.put_settings(
            **{CONDITIONS: now},
            n_threads=setup.n_threads,
            n_gpu_layers=setup.n_gpu_layers,
            n_ctx=setup.n_ctx,
            devices_used=list(self.engine.devices_used),
            n_parallel=1,
            is_deterministic=True,
        )

    def _conditions(self) -> dict[str, Any]:
        from aa_tui import __version__
        from aa_tui.evals.packs import pack_identity
        from aa_tui.host import gpus

        run = runs.get(self.desk.conn, self.desk.run.id)
        devices = [f"{one.get('name')} {one.get('description')}".strip() for one in run.engine.get("devices") or ()]
        return {
            "version": VERSION,
            "pack": "; ".join(f"{one.name} {one.version} {pack_identity(one)}" for one in (self.text, self.questions)),
            "text": hashlib.sha256(json.dumps(self.blocks).encode()).hexdigest(),
            "build": engine_words(run.engine),
            "llama_cpp_python": run.engine.get("llama_cpp_python"),
            "backend": run.engine.get("backend"),
            "devices": devices,
            "driver": gpus.driver(),
            "template": hashlib.sha256(self.batcher.template.encode()).hexdigest(),
            "file": run.file.sha256,
            "machine": run.machine.fingerprint if run.machine else None,
            "settings": {name: value for name, value in self.engine.settings.to_dict().items() if name != "seed"},
            "aa_tui": __version__,
        }

    def _tell(self, text: str) -> None:
        rounds, blocks, items = (len(self.desk.done(part)) for part in (SPEED, BLOCKS, ITEMS))
        done = 0.3 * min(rounds / ROUNDS, 1.0) + 0.3 * blocks / len(self.blocks) + 0.4 * items / len(self.items)
        self.desk.tell(min(done, 0.99), text)

    def _round(self, number: int) -> bool:
        """A round of speed, noted as one: its repetitions belong together."""
        from aa_tui.speed import protocol
        from aa_tui.speed.plan import load_pack, select_tests

        if number in self.desk.done(SPEED):
            return True
        self._tell(f"speed, round {number + 1}")
        rates: dict[str, list[float]] = {name: [] for name in TESTS}
        tests = select_tests(load_pack(), TESTS, repetitions=REPETITIONS)
        for event in protocol.run(self.engine, tests, self.desk.should_stop):
            if isinstance(event, protocol.SampleEvent) and not event.warmup:
                rates[event.test].append(event.tokens_per_s)
        if any(len(found) < REPETITIONS for found in rates.values()):
            return False
        self.desk.note(SPEED, number, rates)
        return True

    def _all_blocks(self) -> bool:
        from aa_tui.engine.next_tokens import next_tokens

        done = self.desk.done(BLOCKS)
        for number, tokens in enumerate(self.blocks):
            if number in done:
                continue
            if self.desk.should_stop():
                return False
            self._tell(f"tokens, block {number + 1} of {len(self.blocks)}")
            kept = min(KEPT, self.engine.n_vocab)
            self.desk.note(BLOCKS, number, NextTokens(kept, *next_tokens(self.engine, tokens, kept)).to_dict())
        return True

    def _all_items(self) -> bool:
        from aa_tui.evals.grading import Grading

        done = self.desk.done(ITEMS)
        with Grading(1) as grading:
            for number, item in enumerate(self.items):
                if number in done:
                    continue
                if self.desk.should_stop():
                    return False
                self._tell(f"answers, {number + 1} of {len(self.items)}")
                facts = self._answer(item, grading)
                if facts is not None:
                    self.desk.note(ITEMS, number, facts)
        return True

    def _against(self) -> bool:
        """Tokens and answers against the baseline's, noted so that nobody has to compare them again."""
        desk = self.desk
        baseline = baseline_of(desk.conn, desk.run)
        if baseline is not None and not desk.done(AGAINST):
            facts = against(desk.conn, desk.run.id, baseline)
            if facts is not None:
                desk.note(AGAINST, 0, facts)
        return True

    def _answer(self, item: Item, grading: Grading) -> dict[str, Any] | None:
        """One item's answer, cut short; None where its prompt does not fit the model's context."""
        from aa_tui.engine.llama import Token
        from aa_tui.evals.prompts import messages

        prompt = self.batcher.prompt(messages(self.questions, item)).tokens
        if len(prompt) + ANSWER_TOKENS > self.engine.n_ctx:
            return None
        tokens, margins, ended = list[int](), list[float](), False
        for event in self.engine.generate(prompt, ANSWER_TOKENS):
            if not isinstance(event, Token):
                continue
            tokens.append(event.id)
            margins.append(round(_margin(self.engine), 4))
            ended = event.is_eog
        text = self.batcher.text(tokens[:-1] if ended else tokens)
        outcome = grading.grade(self.questions, item, text).outcome.value if ended else None
        return {"item": item.id, "tokens": tokens, "margins": margins, "text": text, "outcome": outcome}


def asked(pack: Pack) -> list[Item]:
    """The items of a probe: the shortest, in the pack's order."""
    chosen = {item.id for item in sorted(pack.items, key=lambda item: (len(item.prompt), item.id))[:N_ITEMS]}
    return [item for item in pack.items if item.id in chosen]


def blocks_of(engine: LlamaEngine, pack: Pack) -> list[list[int]]:
    """The text whose next tokens are compared, the pack's questions, in blocks that each begin anew."""
    text = "\n\n".join(item.prompt for item in pack.items)
    tokens = engine.tokenize(text, add_special=False)
    first = [] if engine.bos is None else [engine.bos]
    size = min(BLOCK_TOKENS, engine.n_ctx) - len(first)
    blocks = [[*first, *tokens[start : start + size]] for start in range(0, len(tokens), size)]
    return blocks[:N_BLOCKS]


def _margin(engine: LlamaEngine) -> float:
    """How much likelier the likeliest token is than the next, as a difference of logarithms."""
    import numpy as np

    second, first = np.partition(engine.row(-1), -2)[-2:]
    return float(first - second)
