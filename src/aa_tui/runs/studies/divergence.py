"""The study "divergence": how far a file's next-token distributions are from its reference's, on the same text.

The reference is read first, and what it expects is kept beside the catalog: every other file that is compared with it
on this text finds it there. Each block of the file is journalled when it is done.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aa_tui.analysis.divergence import BlockSums, block_of, divergence
from aa_tui.catalog import files, life, runs
from aa_tui.catalog.db import path_of
from aa_tui.catalog.rows import FileRow
from aa_tui.runs.errors import RunError
from aa_tui.runs.guard import Guard, check_content
from aa_tui.runs.identity import engine_words
from aa_tui.runs.patience import patiently
from aa_tui.runs.studies.desk import Desk
from aa_tui.runs.studies.divergence_figures import figures_of
from aa_tui.runs.studies.divergence_plan import other_vocabulary
from aa_tui.runs.studies.divergence_room import FOLDER, WHOLE_FOLDER, check_room, is_waited_for
from aa_tui.runs.studies.divergence_text import Text, bundled_text, own_text, too_short
from aa_tui.runs.studies.divergence_thinking import KIND, QUESTIONS, thinking_blocks
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.engine.divergence.blocks import Block
    from aa_tui.engine.divergence.comparing import Reference
    from aa_tui.engine.divergence.store import Store
    from aa_tui.engine.settings import EngineSettings

PART = "blocks"
LEAST_BLOCKS = 8
"""Before a run stops because its interval is narrow: of few blocks it may be so by chance."""


@dataclass(frozen=True, slots=True)
class _Job:
    """What is compared with what, on which blocks."""

    file: FileRow
    reference: FileRow
    text: Text
    blocks: list[Block]
    n_planned: int  # tokens to be scored if the reference is ever read to the end


def study(desk: Desk) -> bool:
    """Do what is left. Raises RunError: another text, reference, machine or build than at the beginning."""
    _check_same_machine(desk)
    base = _reference_of(desk)
    text = _text_of(desk)
    job = _job(desk, base, text)
    if job is None:
        return False
    patiently(lambda: life.set_n_items(desk.conn, desk.run.id, len(job.blocks)))
    done = {number: found for number, facts in desk.done(PART).items() if (found := block_of(facts))}
    if not _is_enough(desk, job, done):
        reference = _kept(desk, job)
        if reference is None or not _compare(desk, job, reference, done):
            return False
    _put(desk, done)
    if desk.run.setup.is_exact and not is_waited_for(desk.run, runs.list_runs(desk.conn)):
        _store(desk, job, _settings(desk, of_reference=True)).remove()
    return True


def _check_same_machine(desk: Desk) -> None:
    """What is continued goes on where it began."""
    from aa_tui.engine.build import describe_build
    from aa_tui.host.machine import describe

    run = desk.run
    if run.machine is None or not desk.done(PART):
        return
    build, before = engine_words(describe_build().to_dict()), engine_words(run.engine)
    if run.machine.fingerprint != describe().fingerprint or (before is not None and before != build):
        raise RunError(
            f"Run {run.id} was begun on {run.machine.name} with llama.cpp {before or 'unknown'}: "
            "figures of two machines or builds are never mixed; start a new run."
        )


def _reference_of(desk: Desk) -> FileRow:
    told = desk.settings.get("reference")
    told = told if isinstance(told, dict) else {}
    file_id = told.get("file_id")
    if not isinstance(file_id, int):
        raise RunError("This run names no reference: start a new run.")
    base = files.get(desk.conn, file_id)
    if base.sha256 != told.get("sha256"):
        raise RunError("This run's reference is not known on this machine: start a new run.")
    check_content(desk.conn, desk.run._replace(file=base))
    return files.get(desk.conn, file_id)


def _text_of(desk: Desk) -> Text:
    told = desk.settings.get("text")
    told = told if isinstance(told, dict) else {}
    path = told.get("path")
    text = own_text(Path(path)) if isinstance(path, str) else bundled_text()
    if text.sha256 != told.get("sha256"):
        raise RunError(f"The text {text.name} has changed since run {desk.run.id} was planned: start a new run.")
    return text


def _job(desk: Desk, base: FileRow, text: Text) -> _Job | None:
    """The blocks of both files, None when stopped. Raises RunError where they do not cut the text alike."""
    from aa_tui.engine.divergence.blocks import blocks_of, spread
    from aa_tui.engine.vocabulary import difference, open_vocabulary

    n_ctx = int(desk.settings["n_ctx"])
    desk.tell(0.0, "reading the vocabularies")
    with open_vocabulary(base.path) as one, open_vocabulary(desk.run.file.path) as other:
        if base.sha256 != desk.run.file.sha256:
            why = difference(other, one, [part.text for part in text.parts])
            if why is not None:
                raise other_vocabulary(base, desk.run.file, why)
        cut = [(part.kind, one.tokenize(part.text)) for part in text.parts]
        by_kind: dict[str, list[Block]] = {}
        for kind, tokens in cut:
            by_kind.setdefault(kind, []).extend(blocks_of(tokens, n_ctx, one.bos, kind))
    n_tokens = sum(len(tokens) for _, tokens in cut)
    if desk.settings.get("with_thinking"):
        thoughts = _thinking(desk, base)
        if thoughts is None:
            return None
        by_kind[KIND] = thoughts
    found = spread({kind: blocks for kind, blocks in by_kind.items() if blocks})
    if not found:
        raise too_short(text.name, n_tokens, "tokens", n_ctx)
    desk.put_settings(text={**desk.settings["text"], "n_tokens": n_tokens})
    most = desk.settings.get("max_blocks") or len(found)
    return _Job(desk.run.file, base, text, found[:most], sum(block.n_scored for block in found))


def _thinking(desk: Desk, base: FileRow) -> list[Block] | None:
    """What the reference thinks about some questions; None when stopped."""
    from aa_tui.engine.divergence.store import Store

    def on_token(place: int, n_tokens: int) -> bool:
        n_all = len(QUESTIONS)
        desk.tell(0.0, f"writing the reference's thinking, {place + 1} of {n_all}, {n_tokens:,} tokens")
        return not desk.should_stop()

    settings = _settings(desk, of_reference=True)
    key = {"thinking_of": base.sha256, "questions": QUESTIONS, **_engine_key(settings)}
    store = Store.at(path_of(desk.conn).parent / FOLDER, key)
    loading = _loading(desk, 0.0, "the reference")
    return thinking_blocks(base.path, settings, store, loading=loading, on_token=on_token)


def _kept(desk: Desk, job: _Job) -> Reference | None:
    """What the reference expects, from disk as far as it is there. None when stopped."""
    from aa_tui.engine.divergence.comparing import Reference
    from aa_tui.engine.divergence.whole import whole_bytes
    from aa_tui.engine.vocabulary import open_vocabulary

    settings = _settings(desk, of_reference=True)
    store = _store(desk, job, settings)
    with open_vocabulary(job.reference.path) as words:
        kept = Reference(job.blocks, words.n_tokens, store)
    if missing := kept.missing():
        if desk.run.setup.is_exact:
            n_rows = sum(job.blocks[number].n_scored for number in missing)
            check_room(path_of(desk.conn), whole_bytes(n_rows, kept.n_vocab), is_begun=True)
        _read_reference(desk, job, settings, store)
    _note_loss(desk, job, store, kept.n_vocab)
    return None if desk.should_stop() else kept


def _read_reference(desk: Desk, job: _Job, settings: EngineSettings, store: Store) -> None:
    """Keep what is missing of it, until it is to stop."""
    from aa_tui.engine.divergence.comparing import Reference
    from aa_tui.engine.llama import open_model

    guard = Guard(desk.conn, desk.run._replace(file=job.reference))
    with open_model(job.reference.path, settings, _loading(desk, 0.0, "the reference")) as engine:

        def on_block(number: int, n_blocks: int) -> bool:
            desk.tell(number / (2 * n_blocks), f"reading the reference, block {number + 1} of {n_blocks}")
            return not desk.should_stop() and guard.look() is None

        try:
            Reference.of(engine, job.blocks, store=store, n_planned=job.n_planned, on_block=on_block)
        except OSError as error:
            raise RunError(
                f"What the reference expects cannot be kept in {clean_line(str(store.folder))} "
                f"({error.strerror or error}): make room there, then resume the run."
            ) from error
        finally:
            if guard.settle() is not None:  # what was kept may be of another content than its name says
                store.remove()
    guard.check()


def _store(desk: Desk, job: _Job, settings: EngineSettings) -> Store:
    from aa_tui.engine.divergence.store import Store
    from aa_tui.engine.divergence.whole import WholeStore

    key = {
        "reference_sha256": job.reference.sha256,
        "text_sha256": job.text.sha256,
        "with_thinking": bool(desk.settings.get("with_thinking")),
        **_engine_key(settings),
    }
    root = path_of(desk.conn).parent
    return WholeStore.at(root / WHOLE_FOLDER, key) if desk.run.setup.is_exact else Store.at(root / FOLDER, key)


def _engine_key(settings: EngineSettings) -> dict[str, Any]:
    """What of the engine decides what a reference expects; the number of threads does not."""
    from aa_tui.engine.build import describe_build
    from aa_tui.host.machine import describe

    return {
        "machine": describe().fingerprint,
        "n_ctx": settings.n_ctx,
        "n_batch": settings.n_batch,
        "n_ubatch": settings.n_ubatch,
        "n_gpu_layers": settings.n_gpu_layers,
        "type_k": settings.type_k,
        "type_v": settings.type_v,
        "flash_attn": settings.flash_attn,
        "engine": engine_words(describe_build().to_dict()),
    }


def _note_loss(desk: Desk, job: _Job, store: Store, n_vocab: int) -> None:
    from aa_tui.engine.divergence.rows import TAIL_MASS
    from aa_tui.engine.divergence.store import Shape, shape_of

    exact = desk.run.setup.is_exact
    shape = Shape(n_vocab, 0) if exact else shape_of(job.n_planned, n_vocab)
    desk.put_settings(
        loss={
            "tail_mass": 0.0 if exact else TAIL_MASS,
            "most_kept": shape.most,
            "n_sampled": shape.n_sampled,
            "store_bytes": store.size_bytes(),
        }
    )


def _compare(desk: Desk, job: _Job, reference: Reference, done: dict[int, BlockSums]) -> bool:
    """The blocks that are not done yet. False when stopped."""
    from aa_tui.engine.divergence.comparing import compare
    from aa_tui.engine.llama import open_model

    started = time.perf_counter()
    with open_model(job.file.path, _settings(desk), _loading(desk, 0.5, "the file")) as engine:
        runs.set_load_time(desk.conn, desk.run.id, time.perf_counter() - started)
        desk.put_settings(**_as_made(engine.settings.to_dict()), devices_used=list(engine.devices_used))
        left = [number for number in range(len(job.blocks)) if number not in done]
        for found in compare(engine, reference, left):
            facts = found.facts()
            desk.note(PART, found.number, facts)
            sums = block_of(facts)
            if sums is not None:
                done[found.number] = sums
            _put(desk, done)
            n_done, n_all = len(done), len(job.blocks)
            desk.tell(0.5 + n_done / (2 * n_all), _words(done, n_done, n_all))
            if _is_enough(desk, job, done):
                return True
            if desk.should_stop():
                return False
    return True


def _loading(desk: Desk, fraction: float, what: str) -> Callable[[float], bool]:
    """What says how far a file is loaded, at this place of the whole work, and gives up when the run is to stop."""

    def tell(part: float) -> bool:
        desk.tell(fraction, f"loading {what}, {part:.0%}")
        return not desk.should_stop()

    return tell


def _settings(desk: Desk, *, of_reference: bool = False) -> EngineSettings:
    """How a file is run; the reference always with a cache of f16."""
    from aa_tui.engine.settings import EngineSettings

    asked: dict[str, Any] = desk.settings
    types = {} if of_reference else {"type_k": asked["type_k"], "type_v": asked["type_v"]}
    layers = asked.get("n_gpu_layers")
    return EngineSettings(
        n_ctx=int(asked["n_ctx"]),
        n_threads=asked.get("n_threads"),
        n_gpu_layers=-1 if layers is None else int(layers),
        **types,
    )


def _as_made(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings of the engine as they came to be, but for what the study itself was asked."""
    return {name: value for name, value in settings.items() if name not in ("seed", "n_ctx", "n_gpu_layers")}


def _is_enough(desk: Desk, job: _Job, done: dict[int, BlockSums]) -> bool:
    if len(done) >= len(job.blocks):
        return True
    width = desk.settings.get("until_width")
    if width is None or len(done) < min(LEAST_BLOCKS, len(job.blocks)):
        return False
    found = divergence(list(done.values()))
    return found is not None and found.kld_mean.relative_half_width <= width


def _put(desk: Desk, done: dict[int, BlockSums]) -> None:
    found = divergence([done[number] for number in sorted(done)])
    if found is not None:
        desk.put_figures(figures_of(found))


def _words(done: dict[int, BlockSums], n_done: int, n_all: int) -> str:
    n = sum(block.n for block in done.values())
    mean = sum(block.kld for block in done.values()) / n
    return f"block {n_done} of {n_all} · mean divergence {mean:.4f} nats"
