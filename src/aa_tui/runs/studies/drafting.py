"""From a file, a draft model and what somebody wants to know of speculation to a queued study."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aa_tui.analysis.speculating import N_DRAFT
from aa_tui.catalog.rows import FileRow
from aa_tui.library.registering import Progress
from aa_tui.runs.errors import OptionsError, RunError
from aa_tui.runs.studies.plan import file_to_study, queue
from aa_tui.runs.target import MEMORY_SHARE, find_file
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.gguf.header import Header

NAME = "speculation"
MOST_DRAFTED = 64
MOST_SLOTS = 16
USUAL_REPETITIONS = 3
USUAL_OUTPUT = 96  # tokens


@dataclass(frozen=True, slots=True)
class SpeculationOptions:
    """What the user may set. `draft` is a file or a model; `kinds` of None are all; `exhaustive` runs every setting.

    `mtp` lets the file's own layers for multi-token prediction draft, where it has some. `max_output` are the tokens
    that each text may have, `repetitions` how often each pair is measured; `slots` are the numbers of texts at once
    with which the best setting is measured too.
    """

    draft: str | None = None
    ngram: bool = True
    mtp: bool = True
    kinds: tuple[str, ...] | None = None
    n_draft: tuple[int, ...] = N_DRAFT
    exhaustive: bool = False
    repetitions: int = USUAL_REPETITIONS
    max_output: int = USUAL_OUTPUT
    n_threads: int | None = None
    n_gpu_layers: int | None = None
    slots: tuple[int, ...] = ()
    force: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run's settings ask for. `draft` is the second file's path, None where there is none.

    `mtp` says that the file's own layers draft; of `mtp_layers` that do not `mtp_why_not` says why, unless the user
    left them out. `n_rollback` is how many tokens recurrent layers have to take back.
    """

    ngram: bool
    kinds: tuple[str, ...]
    n_draft: tuple[int, ...]
    exhaustive: bool
    repetitions: int
    max_output: int
    draft: str | None = None
    draft_name: str = ""
    draft_sha256: str = ""
    draft_size_bytes: int = 0
    mtp: bool = False
    mtp_layers: int = 0
    mtp_why_not: str = ""
    n_rollback: int = 0
    slots: tuple[int, ...] = ()

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Asked:
        """Back from a run's settings."""
        values = dict(settings.get(NAME) or {})
        return cls(
            **{**values, "kinds": tuple(values["kinds"]), "n_draft": tuple(values["n_draft"])}
            | {"slots": tuple(values.get("slots", ()))}
        )


def prepare(
    conn: sqlite3.Connection,
    target: str,
    *,
    model: str | None = None,
    options: SpeculationOptions | None = None,
    on_progress: Progress | None = None,
) -> int:
    """Queue a study of speculation with a file. Returns the run's number.

    Raises as `file_to_study`; RunError and SpeedError too for a draft model that cannot draft for it, for a recurrent
    model, and for settings that make no sense.
    """
    from aa_tui.engine.mtp import heads_of
    from aa_tui.engine.speculation import GOES_BACK
    from aa_tui.speed.speculation import KINDS, texts

    options = options or SpeculationOptions()
    texts(options.kinds)
    if not options.ngram and not options.mtp and options.draft is None:
        raise _nothing()
    if not options.n_draft or max(options.n_draft) > MOST_DRAFTED:
        raise OptionsError(f"Drafts have 1 to {MOST_DRAFTED} tokens.")
    if max(options.slots, default=1) > MOST_SLOTS:
        raise OptionsError(f"{max(options.slots)} texts at once are too many: {MOST_SLOTS} at most.")
    file = file_to_study(conn, target, model=model, force=options.force, on_progress=on_progress)
    draft = find_file(conn, options.draft, on_progress=on_progress) if options.draft is not None else None
    header = _checked_header(file, draft)
    heads = heads_of(header)
    mtp = options.mtp and heads.can_draft
    if not options.ngram and not mtp and draft is None:
        raise _nothing(heads.why_not)
    if draft is not None and not options.force:
        _check_both_fit(file, draft)
    asked = Asked(
        ngram=options.ngram,
        kinds=options.kinds or KINDS,
        n_draft=tuple(sorted(options.n_draft)),
        exhaustive=options.exhaustive,
        repetitions=options.repetitions,
        max_output=options.max_output,
        draft=draft.path if draft else None,
        draft_name=draft.shown_name if draft else "",
        draft_sha256=draft.sha256 if draft else "",
        draft_size_bytes=draft.size_bytes if draft else 0,
        mtp=mtp,
        mtp_layers=heads.n,
        mtp_why_not=heads.why_not if options.mtp else "",
        n_rollback=max(options.n_draft) if header.architecture in GOES_BACK else 0,
        slots=tuple(sorted(set(options.slots) - {1})),
    )
    settings = {NAME: asdict(asked), "n_threads": options.n_threads, "n_gpu_layers": options.n_gpu_layers}
    return queue(conn, NAME, file, {name: value for name, value in settings.items() if value is not None})


def _nothing(why_not: str = "") -> OptionsError:
    since = f", since {why_not}" if why_not else ""
    return OptionsError(
        f"There is nothing to draft with{since}: name a smaller model with --draft, or leave out --no-ngram."
    )


def _checked_header(file: FileRow, draft: FileRow | None) -> Header:
    """The file's header, after what two headers tell already; vocabularies are compared once both are loaded."""
    from aa_tui.engine.speculation import GOES_BACK, MOST_SIZE_DIFFERENCE, cannot_rewind_words
    from aa_tui.gguf.parts import read_parts
    from aa_tui.gguf.shape import shape_of

    headers = [read_parts(Path(one.path))[0] for one in (file, draft) if one is not None]
    for header, one in zip(headers, (file, draft), strict=False):
        shape = shape_of(header)
        goes_back = one is file and header.architecture in GOES_BACK
        if one is not None and shape is not None and 0 in shape.kv_heads and not goes_back:
            raise RunError(cannot_rewind_words(one.shown_name))
    sizes = [header.n_vocab for header in headers if header.n_vocab]
    if draft is not None and len(sizes) == 2 and abs(sizes[0] - sizes[1]) > MOST_SIZE_DIFFERENCE:
        raise RunError(
            f"{draft.shown_name} cannot draft for {file.shown_name}: its vocabulary has {sizes[1]:,} tokens instead of "
            f"{sizes[0]:,}; take a smaller model of the same family."
        )
    return headers[0]


def _check_both_fit(file: FileRow, draft: FileRow) -> None:
    from aa_tui.host.machine import available_memory_bytes

    free, needed = available_memory_bytes(), file.size_bytes + draft.size_bytes
    if needed > free * MEMORY_SHARE:
        raise RunError(
            f"{file.shown_name} and {draft.shown_name} take {needed / 1e9:.1f} GB together but only "
            f"{free / 1e9:.1f} GB of memory is free; take a smaller draft model, or measure all the same with --force."
        )


def checked_draft(asked: Asked) -> Path | None:
    """The draft model's path, if what is there is still what was planned. Raises RunError where it is not."""
    from aa_tui.gguf.files import sha256_of_all, state_of
    from aa_tui.gguf.parts import parts_of

    if asked.draft is None:
        return None
    path, name = Path(asked.draft), clean_line(asked.draft_name)
    if not path.exists():
        raise RunError(f"The draft model {name} is no longer where it was: put it back, or start a new run.")
    parts = parts_of(path)
    if state_of(parts).size_bytes != asked.draft_size_bytes or sha256_of_all(parts) != asked.draft_sha256:
        raise RunError(f"The draft model {name} has changed since this run was planned: start a new run.")
    return path
