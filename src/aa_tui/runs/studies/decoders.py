"""What a study of speculation is made with: model, draft model and the file's own layers, loaded, and the texts."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aa_tui.engine.errors import EngineError
from aa_tui.runs.errors import RunError
from aa_tui.runs.studies.desk import Desk
from aa_tui.runs.studies.drafting import Asked

if TYPE_CHECKING:
    from aa_tui.engine.llama import LlamaEngine
    from aa_tui.engine.mtp import MtpDrafter
    from aa_tui.engine.speculation import Sequences
    from aa_tui.speed.speculation import Decoders, Text


@dataclass(frozen=True, slots=True)
class Bench:
    """What is measured with: what texts are written with, those that fit, and their tokens."""

    desk: Desk
    asked: Asked
    decoders: Decoders
    texts: tuple[Text, ...]
    prompts: tuple[tuple[int, ...], ...]


def open_bench(stack: ExitStack, desk: Desk, asked: Asked, draft_path: Path | None, n_slots: int = 1) -> Bench | None:
    """Load what is needed; None when somebody wants it stopped meanwhile."""
    from aa_tui.engine.mtp import lacking
    from aa_tui.engine.speculation import Sequences, check_rewinds, check_vocabularies
    from aa_tui.speed.speculation import Decoders, prompts, texts

    wanted = texts(asked.kinds)
    n_ctx = max(len(one.prompt.encode()) for one in wanted) + 1024 + asked.max_output
    limit = desk.run.file.context_tokens
    path, why_not = Path(desk.run.file.path), lacking() if asked.mtp else ""
    mtp_wanted = asked.mtp and not why_not
    engine = stack.enter_context(
        _opened(desk, path, min(n_ctx, limit or n_ctx), n_slots, mtp=mtp_wanted, n_rollback=asked.n_rollback)
    )
    if desk.should_stop():
        return None
    model = plain = stack.enter_context(Sequences(engine))
    check_rewinds(model)
    if asked.n_rollback:  # states kept for going back cost plain decoding time that it would not take
        other = stack.enter_context(engine.beside(replace(engine.settings, n_rollback=0)))
        plain = stack.enter_context(Sequences(other))
    mtp: MtpDrafter | None = None
    if mtp_wanted:
        try:
            mtp = _heads(stack, model, asked.mtp_layers)
        except EngineError as error:
            why_not = str(error).removesuffix(".")
    if mtp is None and not asked.ngram and draft_path is None:
        raise RunError(f"There is nothing to draft with: {why_not}.")
    draft: Sequences | None = None
    n_different = 0
    if draft_path is not None:
        second = stack.enter_context(_opened(desk, draft_path, engine.settings.n_ctx, n_slots))
        n_different = check_vocabularies(engine, second)
        draft = stack.enter_context(Sequences(second))
        check_rewinds(draft)
    tokens = prompts(engine, wanted)
    room = engine.settings.n_ctx - asked.max_output
    fitting = [number for number, prompt in enumerate(tokens) if len(prompt) <= room]
    if not fitting:
        raise RunError(
            f"The context of {engine.settings.n_ctx:,} tokens is too short: the shortest text takes "
            f"{min(map(len, tokens)):,} and {asked.max_output:,} to write; ask for fewer with --max-output."
        )
    decoders = Decoders(plain, model, draft, mtp)
    if n_slots == 1:
        found: dict[str, Any] = {"tokens_different": n_different, "texts_left_out": len(wanted) - len(fitting)}
        if why_not:
            found["mtp_why_not"] = why_not
        _note_settings(desk, decoders, found)
    return Bench(
        desk,
        asked,
        decoders,
        tuple(wanted[number] for number in fitting),
        tuple(tokens[number] for number in fitting),
    )


def _opened(desk: Desk, path: Path, n_ctx: int, n_slots: int, *, mtp: bool = False, n_rollback: int = 0) -> LlamaEngine:
    from aa_tui.engine.llama import open_model
    from aa_tui.engine.settings import EngineSettings

    setup = desk.run.setup
    layers = -1 if setup.n_gpu_layers is None else setup.n_gpu_layers
    # drafts differ in length: in buffers of their own the sequences would be computed one after the other
    wanted = EngineSettings(
        n_ctx=n_ctx,
        n_parallel=n_slots,
        kv_unified=n_slots > 1,
        n_threads=setup.n_threads,
        n_gpu_layers=layers,
        mtp=mtp,
        n_rollback=n_rollback,
    )
    return open_model(path, wanted, on_progress=desk.loading)


def _heads(stack: ExitStack, model: Sequences, n_heads: int) -> MtpDrafter:
    """The file's own layers, in a context of their own."""
    from aa_tui.engine.mtp import HeadSequences, MtpDrafter

    engine = model.engine
    context = stack.enter_context(engine.beside(replace(engine.settings, n_rollback=0), of_heads=True))
    return MtpDrafter(model, stack.enter_context(HeadSequences(context, n_heads)))


def _note_settings(desk: Desk, decoders: Decoders, found: dict[str, Any]) -> None:
    """The settings as they came to be, and what drafting takes of memory beside the model."""
    engine = decoders.model.engine
    if decoders.draft is not None and (taken := _taken(decoders.draft.engine)):
        found["draft_memory_bytes"] = taken
    if decoders.mtp is not None and (taken := _taken(decoders.mtp.heads.engine)):
        found["mtp_memory_bytes"] = taken
    desk.put_settings(**engine.settings.to_dict(), devices_used=list(engine.devices_used), found=found)


def _taken(engine: LlamaEngine) -> int:
    return sum(value for one in engine.devices_used for name, value in one.items() if name.endswith("_bytes"))
