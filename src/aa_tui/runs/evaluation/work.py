"""The worker's part of an evaluation: load pack and file, say what the run is, go on where it stopped."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from aa_tui.catalog import life, runs, samples, turns
from aa_tui.catalog.db import file_of, path_of
from aa_tui.catalog.rows import RunRow, RunState
from aa_tui.engine import phases
from aa_tui.engine.errors import EngineError, GivenUpError
from aa_tui.runs.ending import FINISHED, Ending
from aa_tui.runs.errors import RunError
from aa_tui.runs.evaluation.card import card_of_run, sampler_for
from aa_tui.runs.evaluation.earlier import like
from aa_tui.runs.evaluation.holding import note_of
from aa_tui.runs.evaluation.job import Job, Opener, Source
from aa_tui.runs.evaluation.journal import Journal
from aa_tui.runs.evaluation.keeper import Keeper
from aa_tui.runs.evaluation.live import Live
from aa_tui.runs.evaluation.loop import Loop, Task
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.evaluation.orders import RunOrders, Standing
from aa_tui.runs.evaluation.short import chosen, identity_of_choice
from aa_tui.runs.evaluation.tasks import Asked, calls_format, tasks
from aa_tui.runs.guard import Watchman, mark
from aa_tui.runs.identity import differences, identity_of
from aa_tui.runs.locks import Turn
from aa_tui.runs.patience import patiently
from aa_tui.runs.reporter import Reporter

if TYPE_CHECKING:
    from aa_tui.engine.calling import Grammar
    from aa_tui.engine.protocol import Batcher

AS_EVER = ("think/1", "unstated/1")
"""Ways of telling thinking from answer that runs begun before there were others go on with."""


def evaluate(
    conn: sqlite3.Connection, run: RunRow, reporter: Reporter, turn: Turn, opener: Opener | None = None
) -> Ending:
    """Do what is left of the run. `opener` loads its file."""
    source = _source(conn, run, reporter, opener)
    try:
        return _evaluate(conn, run, source, reporter, turn)
    finally:
        source.close()


def _source(conn: sqlite3.Connection, run: RunRow, reporter: Reporter, opener: Opener | None) -> Source:
    if run.file.is_served:
        from aa_tui.runs.evaluation.from_servers import FromServers

        return FromServers(conn, run, reporter)
    from aa_tui.runs.evaluation.from_file import FromFile

    return FromFile(conn, run, reporter, opener)


def _evaluate(conn: sqlite3.Connection, run: RunRow, source: Source, reporter: Reporter, turn: Turn) -> Ending:
    guard = source.guard
    reporter.guard(guard.look)
    job = job_of(conn, run)
    stopping = reporter.should_stop
    source.note()
    try:
        opened = source.open(job)
        job = replace(job, too_long=tuple(opened.too_long))
    except GivenUpError:
        state: RunState = "failed" if guard.why is not None else "stopped"
        return Ending(state, reporter.stop_reason, reporter.stopped_by)
    engine = opened.engine
    try:
        run = runs.get(conn, run.id)
        parts = _identity_parts(job, engine, source)
        patiently(lambda: _continue_or_begin(conn, run, parts), is_to_end=stopping)
        patiently(lambda: runs.set_settings(conn, run.id, _resolved(run, job, engine, source)), is_to_end=stopping)
        wanted = tasks(
            engine,
            job.pack,
            opened.asked,
            job.sampler,
            n_ctx=engine.n_ctx,
            max_output_tokens=job.max_output_tokens,
            epochs=job.options.epochs,
            seed=job.options.seed,
            max_s=job.options.max_sample_s,
            held=partial(_held, engine) if job.options.grammar else _free,
        )
        engine.check_grammars(task.request.grammar for task in wanted if task.request.grammar is not None)
        patiently(lambda: life.set_n_items(conn, run.id, len(wanted)), is_to_end=stopping)
        return _work(conn, runs.get(conn, run.id), job, wanted, engine, reporter=reporter, turn=turn, source=source)
    finally:
        engine.close()


def _free(_asked: Asked) -> None:
    """Nothing is held to anything."""


def _held(engine: Batcher, asked: Asked) -> Grammar | None:
    """What the answers of an item are held to; the template teaches how calls are written."""
    from aa_tui.evals.calls.reading import recognise
    from aa_tui.evals.held import grammar_of

    found = grammar_of(asked.item, asked.prompt.tools, recognise(engine.template))
    return found if found is not None and engine.held_by(found) else None


def job_of(conn: sqlite3.Connection, run: RunRow) -> Job:
    """The run's job, from its row. Raises PackError where its pack is no longer to be had."""
    from aa_tui.evals.packs import load
    from aa_tui.evals.prompts import order

    options = EvalOptions.from_settings(run.settings)
    pack = load(run.setup.pack or run.pack or "", path_of(conn).parent)
    items = order(pack, options.seed) if options.short is None else chosen(pack, options.short)
    sampler, source = sampler_for(options, card_of_run(conn, run, options.template), pack.sampler)
    context = options.context or run.file.context_tokens
    cap = options.max_output_tokens or pack.max_output_tokens
    return Job(run, pack, items[: options.limit], options, sampler, source, min(cap, context) if context else cap)


def _identity_parts(job: Job, engine: Batcher, source: Source) -> dict[str, Any]:
    from aa_tui.evals.calls.reading import VERSION as READING
    from aa_tui.evals.conversation.talks import is_talk
    from aa_tui.evals.extraction import VERSION as EXTRACTION
    from aa_tui.evals.grading import grader
    from aa_tui.evals.held import VERSION as HELD
    from aa_tui.evals.packs import pack_identity
    from aa_tui.evals.plain import VERSION
    from aa_tui.gguf.reasoning import formats

    reasoning = f"{engine.reasoning_format}/{formats().version}"
    has_talks = any(is_talk(job.pack, item) for item in job.pack.items)
    names = sorted({job.pack.grader_of(item) for item in job.pack.items})
    options, of_source = job.options, source.identity(job, engine)
    return {
        **of_source,
        **({} if reasoning in AS_EVER else {"reasoning_format": reasoning}),
        **({"calls": f"{calls_format(engine.template)}/{READING}"} if has_talks else {}),
        "pack": f"{job.pack.name} {job.pack.version} {pack_identity(job.pack)}",
        "graders": {name: grader(name).version for name in names},
        "extraction": EXTRACTION,
        "settings": {
            **of_source["settings"],
            "sampler": job.sampler.to_dict(),
            "max_output_tokens": job.max_output_tokens,
            "epochs": options.epochs,
            "order_seed": options.seed,
            "budgets": list(options.budgets),
            "loop_guard": options.loop_guard,
            "max_sample_s": options.max_sample_s,
            "unsafe_code": options.unsafe_code,
            **({"short": identity_of_choice(options.short)} if options.short is not None else {}),
            **({"context": options.context} if options.context else {}),
            **({"grammar": HELD} if options.grammar else {}),
            **({"prompt": VERSION} if options.prompt == "plain" else {}),  # runs of before know of no other style
        },
    }


def _continue_or_begin(conn: sqlite3.Connection, run: RunRow, parts: dict[str, Any]) -> None:
    """Raises RunError where the run was begun as another one."""
    identity = identity_of(parts)
    if run.identity is None or not samples.done(conn, run.id):
        if run.identity != identity:
            turns.forget_run(conn, run.id)  # of a conversation that was begun as another run's
        life.set_identity(conn, run.id, identity, parts)
        return
    if run.identity != identity:
        changed = "; ".join(differences(run.identity_parts, parts)) or "its settings have changed"
        way = "What it has stays; start a new run."
        if {**run.identity_parts, **{name: parts[name] for name in ("graders", "extraction")}} == parts:
            way = f"`aa-tui runs regrade {run.id}` grades what it has with those of today; then it can be resumed."
        raise RunError(f"Run {run.id} cannot be resumed as the run that it was: {changed}. {way}")


def _resolved(run: RunRow, job: Job, engine: Batcher, source: Source) -> dict[str, Any]:
    """The settings as they came to be: a run that is continued takes them from here."""
    from aa_tui.evals.extraction import VERSION
    from aa_tui.gguf.reasoning import formats

    settings = engine.settings
    return {
        **run.settings,
        "extraction": VERSION,
        "n_parallel": settings.n_parallel,
        "n_ctx": settings.n_ctx,
        "max_output_tokens": job.max_output_tokens,
        "sampler": job.sampler.to_dict(),
        "sampler_source": job.sampler_source,
        "reasoning_format": engine.reasoning_format,
        "reasoning_formats_version": formats().version,
        "template_system_turn": engine.system_turn,
        "n_items_of_pack": job.n_by_category.total(),
        "categories": sorted({item.category for item in job.pack.items}),
        "n_items_by_category": job.n_by_category,
        **source.settings(job, engine),
        "too_long": {"context_tokens": engine.n_ctx, "items": [item.id for item in job.too_long]}
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
    turn: Turn,
    source: Source,
) -> Ending:
    from aa_tui.evals.grading import Grading

    guard, around = source.guard, source.around(engine)
    done = samples.done(conn, run.id)
    left = [task for task in wanted if (task.item.id, task.epoch) not in done]
    pilot = job.options.pilot if job.options.pilot and len(done) < job.options.pilot else None
    now_wanted = left if pilot is None else left[: pilot - len(done)]
    population = job.n_by_category.total() if job.options.these_items else None
    standing = Standing(items_repeat=job.options.epochs > 1, population=population)
    keeper = Keeper(run, job, standing)
    with (
        _keeping(conn, keeper, reporter, guard),
        Grading(unsafe_code=job.options.unsafe_code) as grading,
        Journal(
            path_of(conn),
            run.id,
            job.pack,
            grading,
            keeper.on_graded,
            should_stop=reporter.should_stop,
            file=file_of(conn),
        ) as journal,
    ):
        orders = RunOrders(
            conn,
            run,
            job.options,
            reporter=reporter,
            turn=turn,
            standing=standing,
            worked_s=keeper.worked_s,
            spent_usd=around.spent_usd,
        )
        loop = Loop(
            engine,
            now_wanted,
            journal,
            orders,
            budgets=job.options.budgets,
            server_name=around.server_name,
            turns=turns.unfinished(conn, run.id),
            cost_usd=around.cost_usd,
        )
        machine = run.machine.fingerprint if run.machine is not None else None
        earlier = like(conn, run.file, run.pack, machine, but=run.id)
        live = Live(
            loop, len(wanted), len(left) - len(now_wanted), job.max_output_tokens, earlier=earlier, around=around
        )
        keeper.watch(loop, live)
        keeper.look(conn)
        reporter.tell_from(live.news)
        patiently(lambda: life.set_working(conn, run.id, "running"), is_to_end=reporter.should_stop)
        ending = loop.run()
        phases.enter("grading")  # what the last answers are still waiting for
    ending = _changed(conn, run, reporter, guard) or ending
    patiently(lambda: _note_what_came(conn, job, wanted, engine), is_to_end=reporter.should_stop)
    keeper.finish(conn, ending, reporter.should_stop)
    if ending.state == "stopped" and ending.reason is None:
        words = f"{reporter.stop_reason}; what was finished until then is kept"
        return Ending("stopped", words, reporter.stopped_by)
    if len(now_wanted) < len(left) and ending == FINISHED:
        return Ending("planned", f"the pilot of {pilot} items is done")
    return ending


def _note_what_came(conn: sqlite3.Connection, job: Job, wanted: Sequence[Task], engine: Batcher) -> None:
    """Note what shows only at the end: samples that came to nothing, and whether a server held what it was to hold."""
    run = runs.get(conn, job.run.id)
    notes: dict[str, Any] = {}
    n_failed = samples.n_failed(conn, run.id)
    if n_failed != run.setup.n_failed:
        notes["n_failed"] = n_failed
    if job.options.grammar and run.file.is_served:
        notes["held"] = note_of(conn, run.id, engine, wanted)
    if notes:
        runs.set_settings(conn, run.id, {**run.settings, **notes})


@contextmanager
def _keeping(conn: sqlite3.Connection, keeper: Keeper, reporter: Reporter, guard: Watchman) -> Iterator[None]:
    """Where the engine fails, what was finished until then still has its figures."""
    try:
        yield
    except EngineError as error:
        changed = _changed(conn, keeper.run, reporter, guard)
        keeper.finish(conn, changed or Ending("failed", str(error)), reporter.should_stop)
        if changed is not None:
            raise RunError(changed.reason or "") from error
        raise


def _changed(conn: sqlite3.Connection, run: RunRow, reporter: Reporter, guard: Watchman) -> Ending | None:
    """The end of a run whose file was changed: what was finished since it was last seen to hold is marked."""
    why = guard.settle()
    if why is None:
        return None
    n = patiently(partial(mark, conn, run.id, guard.held_at, why), is_to_end=reporter.should_stop)
    marked = f", and {n:,} of what was answered since count in no score" if n else ""
    return Ending("failed", f"{why}{marked}. Put it back and resume, or start a new run of the file as it is now.")
