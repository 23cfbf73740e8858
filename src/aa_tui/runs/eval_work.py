"""The worker's part of an evaluation: load pack and file, say what the run is, go on where it stopped."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from aa_tui.catalog import files, life, models, runs, samples
from aa_tui.catalog.db import path_of
from aa_tui.catalog.rows import RunRow
from aa_tui.engine import phases
from aa_tui.engine.errors import EngineError, GivenUpError
from aa_tui.engine.settings import GREEDY, EngineSettings, SamplerSettings
from aa_tui.runs.card import Card, card_of
from aa_tui.runs.ending import FINISHED, Ending
from aa_tui.runs.errors import RunError
from aa_tui.runs.eval_live import Live
from aa_tui.runs.eval_loop import Loop, Task
from aa_tui.runs.eval_options import EvalOptions
from aa_tui.runs.eval_orders import RunOrders, Standing
from aa_tui.runs.eval_room import check_slots
from aa_tui.runs.eval_tasks import Asked, ask, fitting, longest, tasks
from aa_tui.runs.identity import differences, engine_words, identity_of
from aa_tui.runs.journal import Journal
from aa_tui.runs.keeper import Keeper
from aa_tui.runs.locks import Lock
from aa_tui.runs.patience import patiently
from aa_tui.runs.reporter import Reporter
from aa_tui.runs.speed_work import check_unchanged, note_machine

if TYPE_CHECKING:
    from aa_tui.engine.protocol import Batcher
    from aa_tui.evals.items import Item, Pack

CONTEXT_STEP = 256
"""Contexts are whole multiples of this, as llama.cpp rounds them."""

BYTES_PER_TOKEN = 2.5
"""For a first guess of the longest prompt's tokens, before there is a tokenizer; English has some 4."""

AS_EVER = ("think/1", "unstated/1")
"""Ways of telling thinking from answer that runs begun before there were others go on with."""

TEMPLATE_TOKENS = 256
"""So many are left for what the template adds, in that guess."""


class Opener(Protocol):
    """What loads a file for an evaluation."""

    def __call__(
        self, path: Path, settings: EngineSettings, on_progress: Callable[[float], object] | None = None
    ) -> Batcher: ...


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be evaluated, and how."""

    run: RunRow
    pack: Pack
    items: Sequence[Item]
    options: EvalOptions
    sampler: SamplerSettings
    sampler_source: str
    max_output_tokens: int
    too_long: tuple[Item, ...] = ()

    @property
    def n_by_category(self) -> Counter[str]:
        """How many items of each category the pack has, without those that are too long for the model."""
        left_out = {item.id for item in self.too_long}
        return Counter(item.category for item in self.pack.items if item.id not in left_out)

    @property
    def n_more(self) -> int:
        """Sequences beside the slots': for the shared prefix, and for forks."""
        return 1 + bool(self.options.budgets)


def evaluate(
    conn: sqlite3.Connection, run: RunRow, reporter: Reporter, turn: Lock, opener: Opener | None = None
) -> Ending:
    """Do what is left of the run."""
    from aa_tui.engine.batcher import open_batcher

    check_unchanged(run)
    job = job_of(conn, run)
    load: Opener = opener or partial(
        open_batcher, loop_guard=job.options.loop_guard, plain=job.options.prompt == "plain"
    )
    stopping = reporter.should_stop
    patiently(lambda: note_machine(conn, run), is_to_end=stopping)
    run = runs.get(conn, run.id)
    try:
        engine, asked, too_long = _open(conn, job, reporter, load)
        job = replace(job, too_long=tuple(too_long))
    except GivenUpError:
        return Ending("stopped", reporter.stop_reason)
    try:
        parts = _identity_parts(run, job, engine)
        patiently(lambda: _continue_or_begin(conn, run, parts), is_to_end=stopping)
        patiently(lambda: runs.set_settings(conn, run.id, _resolved(run, job, engine)), is_to_end=stopping)
        wanted = tasks(
            engine,
            job.pack,
            asked,
            job.sampler,
            n_ctx=engine.n_ctx,
            max_output_tokens=job.max_output_tokens,
            epochs=job.options.epochs,
            seed=job.options.seed,
            max_s=job.options.max_sample_s,
        )
        patiently(lambda: life.set_n_items(conn, run.id, len(wanted)), is_to_end=stopping)
        return _work(conn, runs.get(conn, run.id), job, wanted, engine, reporter=reporter, turn=turn)
    finally:
        engine.close()


def job_of(conn: sqlite3.Connection, run: RunRow) -> Job:
    """The run's job, from its row. Raises PackError where its pack is no longer to be had."""
    from aa_tui.evals.packs import load
    from aa_tui.evals.prompts import order

    options = EvalOptions.from_settings(run.settings)
    pack = load(run.settings["pack"], path_of(conn).parent)
    items = order(pack, options.seed)[: options.limit]
    sampler, source = _sampler(pack, options, _card(conn, run))
    context = run.file.context_tokens
    cap = options.max_output_tokens or pack.max_output_tokens
    return Job(run, pack, items, options, sampler, source, min(cap, context) if context else cap)


def _card(conn: sqlite3.Connection, run: RunRow) -> Card:
    from aa_tui.gguf.header import read_header
    from aa_tui.gguf.reasoning import formats

    metadata = files.metadata_of(conn, run.file.id)
    model = models.by_slug(conn, run.slug) if run.slug else None
    template = read_header(Path(run.file.path)).chat_template or ""
    thinks = (model is not None and model.reasoning) or formats().thinks(template)
    return card_of(run.slug, run.target, thinks=thinks, metadata=metadata)


def _sampler(pack: Pack, options: EvalOptions, card: Card) -> tuple[SamplerSettings, str]:
    if options.sampling == "greedy":
        sampler, source = GREEDY, "greedy, as asked for"
    elif options.sampling == "card" or pack.sampler is None:
        sampler, source = card.sampler, card.source
    else:
        sampler, source = pack.sampler, "the pack"
    if options.temperature is not None:
        return replace(sampler, temperature=options.temperature), f"{source}; temperature as asked for"
    return sampler, source


def _open(
    conn: sqlite3.Connection, job: Job, reporter: Reporter, opener: Opener
) -> tuple[Batcher, list[Asked], list[Item]]:
    """The engine with a context that every prompt of the pack fits in, as far as the model goes, the prompts that are
    wanted, and the items whose prompts are too long for the model.

    The whole pack counts, whatever the limit: a run that goes further keeps its context.
    """
    largest = max((len(item.prompt.encode()) + sum(map(len, item.choices)) for item in job.pack.items), default=0)
    extra = len(job.pack.system.encode()) + len(job.pack.template.encode())
    if job.options.prompt == "plain":
        from aa_tui.evals.plain import EXAMPLES_CHARS

        extra = EXAMPLES_CHARS
    n_prompt = int((largest + extra) / BYTES_PER_TOKEN) + TEMPLATE_TOKENS
    while True:
        n_ctx = _context(job, n_prompt)
        n_slots = _slots(conn, job, n_ctx, reporter)
        started = time.perf_counter()
        engine = opener(
            Path(job.run.file.path),
            _settings(job, n_ctx, n_slots),
            on_progress=reporter.loading,
        )
        try:
            note = partial(runs.set_load_time, conn, job.run.id, time.perf_counter() - started)
            patiently(note, is_to_end=reporter.should_stop)
            asked = ask(engine, job.pack, job.items, job.options.prompt)
            if _context(job, longest(asked)) <= n_ctx:
                return engine, *fitting(asked, engine.n_ctx)
            n_prompt = longest(ask(engine, job.pack, job.pack.items, job.options.prompt))
        except BaseException:
            engine.close()
            raise
        engine.close()


def _context(job: Job, n_prompt: int) -> int:
    """Tokens of a slot's context: the longest prompt and the longest output, as far as the model goes."""
    wanted = -(-(n_prompt + job.max_output_tokens) // CONTEXT_STEP) * CONTEXT_STEP
    most = job.run.file.context_tokens
    return min(wanted, most) if most else wanted


def _settings(job: Job, n_ctx: int, n_slots: int) -> EngineSettings:
    options = job.options
    return EngineSettings(
        n_ctx=n_ctx,
        n_parallel=n_slots,
        shares_prefix=True,
        forks=bool(options.budgets),
        kv_unified=options.kv_unified,
        n_threads=options.n_threads,
        n_gpu_layers=-1 if options.n_gpu_layers is None else options.n_gpu_layers,
        flash_attn=options.flash_attn,
        type_k=options.type_k,
        type_v=options.type_v,
        devices=options.devices,
        tensor_split=options.tensor_split,
        rpc=options.rpc,
    )


def _slots(conn: sqlite3.Connection, job: Job, n_ctx: int, reporter: Reporter) -> int:
    """As many as asked for; else what was measured to be best on this machine, once."""
    from aa_tui.runs.eval_probe import best_slots

    most = check_slots(job.run, job.options, n_ctx, job.n_more)
    if job.options.n_parallel is not None:
        return job.options.n_parallel
    return min(best_slots(conn, job.run, _settings(job, n_ctx, 1), most, reporter), most)


def _identity_parts(run: RunRow, job: Job, engine: Batcher) -> dict[str, Any]:
    from aa_tui.evals.extraction import VERSION as EXTRACTION
    from aa_tui.evals.grading import grader
    from aa_tui.evals.packs import pack_identity
    from aa_tui.evals.plain import VERSION
    from aa_tui.gguf.reasoning import formats

    reasoning = f"{engine.reasoning_format}/{formats().version}"
    names = sorted({job.pack.grader_of(item) for item in job.pack.items})
    options = job.options
    return {
        "file_sha256": run.file.sha256,
        "quant": run.file.quant,
        **({} if reasoning in AS_EVER else {"reasoning_format": reasoning}),
        "template_sha256": hashlib.sha256(engine.template.encode()).hexdigest(),
        "pack": f"{job.pack.name} {job.pack.version} {pack_identity(job.pack)}",
        "graders": {name: grader(name).version for name in names},
        "extraction": EXTRACTION,
        "engine": engine_words(run.engine),
        "machine": run.machine.fingerprint if run.machine else None,
        "settings": {
            # A context fits the longest prompt of the items wanted: with more items it may grow, and changes no result.
            **{name: value for name, value in engine.settings.to_dict().items() if name != "n_ctx"},
            "sampler": job.sampler.to_dict(),
            "max_output_tokens": job.max_output_tokens,
            "epochs": options.epochs,
            "order_seed": options.seed,
            "budgets": list(options.budgets),
            "loop_guard": options.loop_guard,
            "max_sample_s": options.max_sample_s,
            "unsafe_code": options.unsafe_code,
            **({"prompt": VERSION} if options.prompt == "plain" else {}),  # runs of before know of no other style
        },
    }


def _continue_or_begin(conn: sqlite3.Connection, run: RunRow, parts: dict[str, Any]) -> None:
    """Raises RunError where the run was begun as another one."""
    identity = identity_of(parts)
    if run.identity is None or not samples.done(conn, run.id):
        life.set_identity(conn, run.id, identity, parts)
        return
    if run.identity != identity:
        changed = "; ".join(differences(run.identity_parts, parts)) or "its settings have changed"
        way = "What it has stays; run it anew."
        if {**run.identity_parts, **{name: parts[name] for name in ("graders", "extraction")}} == parts:
            way = f"`aa-tui runs regrade {run.id}` grades what it has with those of today; then it can go on."
        raise RunError(f"Run {run.id} cannot go on as what it was begun as: {changed}. {way}")


def _resolved(run: RunRow, job: Job, engine: Batcher) -> dict[str, Any]:
    """The settings as they came to be: a run that is continued takes them from here."""
    from aa_tui.evals.extraction import VERSION
    from aa_tui.gguf.reasoning import formats

    settings = engine.settings
    return {
        **run.settings,
        "extraction": VERSION,
        "n_parallel": settings.n_parallel,
        "n_ctx": settings.n_ctx,
        "n_threads": settings.n_threads,
        "n_gpu_layers": settings.n_gpu_layers,
        "devices_used": list(engine.devices_used),
        "max_output_tokens": job.max_output_tokens,
        "sampler": job.sampler.to_dict(),
        "sampler_source": job.sampler_source,
        "reasoning_format": engine.reasoning_format,
        "reasoning_formats_version": formats().version,
        "template_system_turn": engine.system_turn,
        "n_items_of_pack": job.n_by_category.total(),
        "categories": sorted({item.category for item in job.pack.items}),
        "n_items_by_category": job.n_by_category,
        "is_deterministic": settings.n_parallel == 1 and job.sampler.temperature == 0,
        "engine": settings.to_dict(),
        "too_long": {"context_tokens": settings.n_ctx, "items": [item.id for item in job.too_long]}
        if job.too_long
        else None,
    }


def _work(
    conn: sqlite3.Connection,
    run: RunRow,
    job: Job,
    wanted: Sequence[Task],
    engine: Batcher,
    *,
    reporter: Reporter,
    turn: Lock,
) -> Ending:
    from aa_tui.evals.grading import Grading

    done = samples.done(conn, run.id)
    left = [task for task in wanted if (task.item.id, task.epoch) not in done]
    pilot = job.options.pilot if job.options.pilot and len(done) < job.options.pilot else None
    now_wanted = left if pilot is None else left[: pilot - len(done)]
    population = job.n_by_category.total() if job.options.these_items else None
    standing = Standing(items_repeat=job.options.epochs > 1, population=population)
    keeper = Keeper(run, job, standing)
    with (
        _keeping(conn, keeper, reporter),
        Grading(unsafe_code=job.options.unsafe_code) as grading,
        Journal(
            path_of(conn), run.id, job.pack, grading, keeper.on_graded, should_stop=reporter.should_stop
        ) as journal,
    ):
        orders = RunOrders(
            conn, run, job.options, reporter=reporter, turn=turn, standing=standing, worked_s=keeper.worked_s
        )
        loop = Loop(engine, now_wanted, journal, orders, job.options.budgets)
        live = Live(loop, len(wanted), len(left) - len(now_wanted), job.max_output_tokens)
        keeper.watch(loop, live)
        reporter.tell_from(live.news)
        patiently(lambda: life.set_working(conn, run.id, "running"), is_to_end=reporter.should_stop)
        ending = loop.run()
        phases.enter("grading")  # what the last answers are still waiting for
    keeper.finish(conn, ending, reporter.should_stop)
    if ending.state == "stopped" and ending.reason is None:
        return Ending("stopped", f"{reporter.stop_reason}; what was finished until then is kept")
    if len(now_wanted) < len(left) and ending == FINISHED:
        return Ending("planned", f"the pilot of {pilot} items is done")
    return ending


@contextmanager
def _keeping(conn: sqlite3.Connection, keeper: Keeper, reporter: Reporter) -> Iterator[None]:
    """Where the engine fails, what was finished until then still has its figures."""
    try:
        yield
    except EngineError as error:
        keeper.finish(conn, Ending("failed", str(error)), reporter.should_stop)
        raise
