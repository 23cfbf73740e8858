"""From a file, its reference and what is asked to a queued study of how far one is from the other."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from aa_tui.catalog.db import path_of
from aa_tui.catalog.rows import FileRow
from aa_tui.engine.settings import CacheType
from aa_tui.gguf.header import Header
from aa_tui.gguf.reasoning import formats
from aa_tui.library.registering import Progress
from aa_tui.runs.errors import OptionsError, RunError
from aa_tui.runs.studies.divergence_room import check_room, needed_bytes
from aa_tui.runs.studies.divergence_text import Text, check_fills_block, text_to_study
from aa_tui.runs.studies.plan import file_to_study, queue
from aa_tui.shellwords import quoted
from aa_tui.textsafe import clean_line

NAME = "divergence"

LEAST_CTX = 16
"""Of tokens in a block: of fewer nothing is context."""

LONGEST_KIND = 40
"""Of letters that are shown of what a file calls its tokenizer."""


@dataclass(frozen=True, slots=True)
class DivergenceOptions:
    """What is asked of a divergence. Lengths in tokens; None leaves the choice to the program.

    `text` is a file of the user's instead of the bundled text, of which `max_blocks` blocks of `n_ctx` tokens are read
    at most; `until_width` stops once half the 95 % interval of the mean is no more than this share of it. The cache
    types are the file's: the reference has f16. `with_thinking` adds what the reference thinks about some questions.
    `exact` keeps all of what the reference expects while it is compared with, which takes gigabytes, instead of the
    likeliest tokens and a sample. `force` leaves out the looks at memory and earlier crashes.
    """

    n_ctx: int = 512
    text: Path | None = None
    max_blocks: int | None = None
    until_width: float | None = None
    type_k: str = "f16"
    type_v: str = "f16"
    n_threads: int | None = None
    n_gpu_layers: int | None = None
    force: bool = False
    with_thinking: bool = False
    exact: bool = False


def prepare_divergence(
    conn: sqlite3.Connection,
    target: str,
    reference: str,
    *,
    options: DivergenceOptions | None = None,
    on_progress: Progress | None = None,
) -> int:
    """Queue a study of how far a file is from its reference, each a path or a model's name. Returns the run's number.

    Raises:
        RunError: options out of range, a text that is none or too short, files of two vocabularies, too little room
            on the disk to be exact, and as `file_to_study`.
        GGUFError, UnknownModelError, EngineError: as `file_to_study`.
    """
    options = options or DivergenceOptions()
    _check(options)
    text = text_to_study(options.text, options.n_ctx)
    files = [file_to_study(conn, one, force=options.force, on_progress=on_progress) for one in (reference, target)]
    for file in files:
        if file.context_tokens and options.n_ctx > file.context_tokens:
            raise RunError(
                f"{file.shown_name} was made for {file.context_tokens:,} tokens, so blocks cannot have "
                f"{options.n_ctx:,}: ask for fewer with --ctx."
            )
    _check_vocabularies(*files)
    if options.text is not None:
        check_fills_block(options.text, options.n_ctx, files[0].path)
    templates = [_header(file).chat_template for file in files]
    base = files[0]
    if options.with_thinking and not formats().thinks(templates[0] or ""):
        raise RunError(
            f"{base.shown_name} has no chat template with thinking, so it cannot be asked to think: measure without it."
        )
    needed = exact_bytes(base, text, options) if options.exact else None
    check_room(path_of(conn), needed)
    settings: dict[str, Any] = {
        "reference": {"file_id": base.id, "sha256": base.sha256, "name": base.shown_name, "path": base.path},
        "text": {
            "name": text.name,
            "sha256": text.sha256,
            "path": str(options.text.absolute()) if options.text else None,
        },
        "n_ctx": options.n_ctx,
        "type_k": options.type_k,
        "type_v": options.type_v,
        "max_blocks": options.max_blocks,
        "until_width": options.until_width,
        "n_threads": options.n_threads,
        "n_gpu_layers": options.n_gpu_layers,
        "with_thinking": options.with_thinking,
        "exact": options.exact,
        "exact_bytes": needed,
        "templates_differ": templates[0] != templates[1],
    }
    return queue(conn, NAME, files[1], settings, n_points=options.max_blocks)


def exact_bytes(base: FileRow, text: Text, options: DivergenceOptions) -> int | None:
    """About what it takes on disk to be exact; None where that is not known before."""
    return needed_bytes(
        base, text, n_ctx=options.n_ctx, max_blocks=options.max_blocks, with_thinking=options.with_thinking
    )


def _check(options: DivergenceOptions) -> None:
    if options.n_ctx < LEAST_CTX:
        raise OptionsError(f"Blocks of {options.n_ctx:,} tokens are too short: {LEAST_CTX} at least.")
    if options.max_blocks is not None and options.max_blocks < 1:
        raise OptionsError("Nothing can be told of no block: ask for one at least.")
    if options.until_width is not None and not 0.0 < options.until_width < 1.0:
        raise OptionsError("A width is a share of the mean between 0 and 1, such as 0.1 for plus or minus 10 %.")
    for one in (options.type_k, options.type_v):
        if one not in get_args(CacheType):
            raise OptionsError(f"There is no cache type {quoted(one)}: take one of {', '.join(get_args(CacheType))}.")


def _check_vocabularies(reference: FileRow, target: FileRow) -> None:
    """What the headers tell without llama.cpp; the worker looks at each token before it begins."""
    own, other = _header(target), _header(reference)
    kinds = [header.metadata.get("tokenizer.ggml.model") for header in (own, other)]
    for file, kind in zip((target, reference), kinds, strict=True):
        if kind is None and kinds != [None, None]:
            raise other_vocabulary(reference, target, f"{file.shown_name} has no tokenizer")
    if own.n_vocab is not None and other.n_vocab is not None and own.n_vocab != other.n_vocab:
        raise other_vocabulary(reference, target, f"the vocabularies have {own.n_vocab:,} and {other.n_vocab:,} tokens")
    if kinds[0] != kinds[1]:
        names = [clean_line(str(kind))[:LONGEST_KIND] for kind in kinds]
        raise other_vocabulary(reference, target, f"the tokenizers are {names[0]} and {names[1]}")


def other_vocabulary(reference: FileRow, target: FileRow, why: str) -> RunError:
    """The refusal of two files that do not cut texts alike."""
    return RunError(
        f"{target.shown_name} cannot be compared with {reference.shown_name}: {why}; take files of one model."
    )


def _header(file: FileRow) -> Header:
    from aa_tui.gguf.parts import read_parts

    return read_parts(Path(file.path))[0]
