"""Which runs tell of the files of one model: the newest speeds, divergences and evaluations that can be compared."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from aa_tui.catalog import files as catalog_files
from aa_tui.catalog import library, models, runs
from aa_tui.catalog.rows import FileRow, RunRow
from aa_tui.gguf.places import typed_path
from aa_tui.library.registering import Progress, register
from aa_tui.runs.errors import OptionsError, RunError
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.target import find_file, has_tokenizer
from aa_tui.textsafe import clean_line

DIVERGENCE = "divergence"
"""The study of a file against its reference."""

_SPEEDS = ("tg128", "pp512")

_VOCABULARY = {
    "tokenizer.ggml.model": "tokenizers",
    "tokenizer.ggml.pre": "ways to cut texts into words",
    "tokenizer.ggml.bos_token_id": "tokens that begin a text",
}
LONGEST_SHOWN = 40
"""Of letters that are shown of what a file calls its tokenizer."""
_TOKENS = "tokenizer.ggml.tokens"


@dataclass(frozen=True, slots=True)
class Told:
    """The runs that tell of a file, None where there is none; `unfinished` have begun, or are still to begin.

    An evaluation is only here if it was made as the reference's was.
    """

    speed: RunRow | None = None
    divergence: RunRow | None = None
    evaluation: RunRow | None = None
    unfinished: Mapping[str, RunRow] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LadderRuns:
    """The files from the largest down, the reference among them, and what runs tell of each, by its sha256."""

    files: tuple[FileRow, ...]
    reference: FileRow
    told: Mapping[str, Told]
    pack: str | None

    def of(self, file: FileRow) -> Told:
        """What is told of a file."""
        return self.told[file.sha256]


class Compared(NamedTuple):
    """Files of one model, largest first, which of them is the reference, and why others of it are left out."""

    files: list[FileRow]
    reference: FileRow
    left_out: tuple[str, ...] = ()


def files_of(
    conn: sqlite3.Connection,
    targets: Sequence[str],
    *,
    reference: str | None = None,
    on_progress: Progress | None = None,
) -> Compared:
    """The files that are meant, largest first, and which of them is the reference: the largest, unless it is named.
    A model's name alone means all of its files here that can be compared.

    Raises RunError where they are not two files of one model at least; as `find_file` for one that is not there.
    """
    found = [find_file(conn, target, on_progress=on_progress) for target in targets]
    chosen = None if reference is None else find_file(conn, reference, on_progress=on_progress)
    if len(targets) == 1 and not typed_path(targets[0]).exists() and found[0].model_id is not None:
        return comparable(conn, found[0].model_id, chosen, on_progress=on_progress)
    return Compared(*checked(conn, found, chosen))


def comparable(
    conn: sqlite3.Connection, model_id: int, reference: FileRow | None = None, *, on_progress: Progress | None = None
) -> Compared:
    """The files of a model here, without those that cannot be compared. Raises RunError where fewer than two are left.

    `reference` of None is the largest that has a tokenizer.
    """
    from aa_tui.gguf.errors import GGUFError

    found: dict[str, FileRow] = {}
    left_out: list[str] = []
    for path in _paths_of_model(conn, model_id):
        try:
            row = register(conn, path, on_progress)[0]
        except GGUFError as error:
            left_out.append(f"Left out: {str(error).rstrip('.')}.")
            continue
        found.setdefault(row.sha256, row)
    ordered = sorted(found.values(), key=lambda one: -one.size_bytes)
    with_words = [one for one in ordered if has_tokenizer(catalog_files.metadata_of(conn, one.id))]
    base = reference or next(iter(with_words or ordered), None)
    kept = []
    for one in ordered:
        why = "" if base is None else _why_left_out(conn, base, one)
        if why:
            left_out.append(f"{one.shown_name} is left out: {why}.")
        else:
            kept.append(one)
    return Compared(*checked(conn, kept, base), tuple(left_out))


def measured_of(conn: sqlite3.Connection, model_id: int) -> Compared | None:
    """The files of a model that runs made here tell of and that can be compared; None where that are not two.

    Only the catalog is read: files may be gone meanwhile.
    """
    measured = {run.file.sha256 for run in runs.list_runs(conn) if run.origin == "here" and not run.file.is_served}
    known = {one.sha256: one for one in catalog_files.files_of_model(conn, model_id) if one.sha256 in measured}
    ordered = sorted(known.values(), key=lambda one: -one.size_bytes)
    with_words = [one for one in ordered if has_tokenizer(catalog_files.metadata_of(conn, one.id))]
    base = next(iter(with_words or ordered), None)
    kept = [one for one in ordered if base is not None and not _why_left_out(conn, base, one)]
    return Compared(*checked(conn, kept, base)) if len(kept) > 1 else None


def of_content(conn: sqlite3.Connection, model_id: int, sha256: str) -> FileRow | None:
    """The file of a model with this content, where it is here."""
    known = catalog_files.files_of_model(conn, model_id)
    return next((one for one in known if one.sha256 == sha256 and is_there(one)), None)


def _why_left_out(conn: sqlite3.Connection, base: FileRow, one: FileRow) -> str:
    if one.sha256 == base.sha256:
        return ""
    if not has_tokenizer(catalog_files.metadata_of(conn, one.id)) and has_tokenizer(
        catalog_files.metadata_of(conn, base.id)
    ):
        return "it has no tokenizer"
    return _why_apart(conn, base, one).rstrip(".")


def _paths_of_model(conn: sqlite3.Connection, model_id: int) -> list[Path]:
    """Where the files of a model lie on this machine now."""
    known = [file.path for file in catalog_files.files_of_model(conn, model_id) if not file.is_served]
    seen = [file.path for file in library.seen_of_model(conn, model_id)]
    return [Path(path) for path in dict.fromkeys((*known, *seen)) if Path(path).is_file()]


def checked(
    conn: sqlite3.Connection, found: Sequence[FileRow], reference: FileRow | None = None
) -> tuple[list[FileRow], FileRow]:
    """The same of files that are known. Raises RunError as `files_of`."""
    twice = next((one for n, one in enumerate(found) if any(one.sha256 == two.sha256 for two in found[:n])), None)
    if twice is not None:
        raise OptionsError(f"{twice.shown_name} is named twice (the same content): name each file once.")
    known = {one.sha256: one for one in found}
    if reference is not None:
        known.setdefault(reference.sha256, reference)
    ordered = sorted(known.values(), key=lambda one: (-one.size_bytes, one.shown_name))
    if len(ordered) < 2:
        raise OptionsError("One file alone cannot be compared: name two quantizations of a model at least.")
    chosen = known[reference.sha256] if reference is not None else ordered[0]
    for one in ordered:
        if why := _why_apart(conn, chosen, one):
            raise RunError(why)
    return ordered, chosen


def ladder_runs(
    conn: sqlite3.Connection,
    ordered: Sequence[FileRow],
    reference: FileRow,
    *,
    pack: str | None = None,
    text_sha256: str | None = None,
    exact: bool = False,
) -> LadderRuns:
    """What runs that were made here tell of these files. `pack` and text None are those that most of them share.

    `exact` takes no unfinished divergence that is not.
    """
    shas = {one.sha256 for one in ordered}
    mine = [run for run in runs.list_runs(conn) if run.origin == "here" and run.file.sha256 in shas]
    speeds = _speeds(conn, mine)
    studies = [run for run in mine if _is_study(run, reference, text_sha256)]
    divergences = _divergences(studies)
    begun = [run for run in mine if run.kind == "eval" and run.n_done and not (run.is_live or run.setup.is_chosen)]
    model = _model_evaluation(begun, reference, pack)
    evaluations = _evaluations(begun, model)
    told = {}
    for one in ordered:
        own = [run for run in mine if run.file.sha256 == one.sha256]
        found = Told(speeds.get(one.sha256), divergences.get(one.sha256), evaluations.get(one.sha256))
        left = _unfinished(own, found, model, pack)
        to_go_on = [run for run in studies if run in own and _is_to_go_on(run) and run.setup.is_exact == exact]
        known = found.divergence
        if to_go_on and (known is None or not on_whole_text(known) or (exact and not known.setup.is_exact)):
            left[DIVERGENCE] = max(to_go_on, key=lambda run: (aims_at_whole_text(run), run.id))
        told[one.sha256] = Told(found.speed, found.divergence, found.evaluation, left)
    return LadderRuns(tuple(ordered), reference, told, model.pack if model is not None else pack)


def same_way(one: RunRow, other: RunRow) -> bool:
    """Whether two evaluations were asked the same items in the same way. How many at once changes no question."""
    if (one.pack, one.pack_version) != (other.pack, other.pack_version):
        return False
    a, b = (EvalOptions.from_settings(run.settings) for run in (one, other))
    caps = {a.max_output_tokens, b.max_output_tokens} - {None}  # a run that has not begun has none yet
    return len(caps) < 2 and _way(a) == _way(b)


def _way(options: EvalOptions) -> tuple[object, ...]:
    return (
        *(options.seed, options.epochs, options.sampling, options.prompt, options.temperature, options.context),
        *(options.type_k, options.type_v, options.loop_guard, options.max_sample_s),
    )


def reference_sha256(run: RunRow) -> str | None:
    """The reference of a study of divergence; None where none was noted."""
    noted = run.settings.get("reference")
    found = noted.get("sha256") if isinstance(noted, dict) else None
    return found if isinstance(found, str) else None


def studied_text(run: RunRow) -> tuple[object, ...]:
    """Which text a divergence was found on, and in blocks of how many tokens: what must be the same to compare."""
    text = run.settings.get("text")
    noted = text if isinstance(text, dict) else {}
    return noted.get("sha256") or noted.get("name"), run.settings.get("n_ctx"), run.settings.get("with_thinking")


def aims_at_whole_text(run: RunRow) -> bool:
    """Whether a divergence was asked for on all of its text."""
    return run.settings.get("max_blocks") is None and run.setup.until_width is None


def on_whole_text(run: RunRow) -> bool:
    """Whether a finished divergence was found on all of its text, whatever it was asked."""
    most = run.settings.get("max_blocks")
    was_cut = isinstance(most, int) and (run.n_items is None or run.n_items >= most)
    return not was_cut and (run.n_items is None or run.n_done >= run.n_items)


def _is_study(run: RunRow, reference: FileRow, text_sha256: str | None) -> bool:
    """Whether it is a study of divergence from this reference, with a cache as the reference's."""
    if run.setup.study != DIVERGENCE or reference_sha256(run) != reference.sha256:
        return False
    if {run.setup.type_k, run.setup.type_v} - {None, "f16"}:
        return False
    return text_sha256 is None or studied_text(run)[0] == text_sha256


def _is_to_go_on(run: RunRow) -> bool:
    """Whether it is under way, or can go on; what is planned has its own time."""
    return run.is_live or (run.can_resume and run.state != "planned")


def _speeds(conn: sqlite3.Connection, mine: Sequence[RunRow]) -> dict[str, RunRow]:
    """The newest speeds of each file, all on the machine that measured last."""
    found: dict[str, RunRow] = {}
    machine: int | None = None
    for run in mine:  # newest first
        if run.kind != "speed" or run.is_live or run.machine is None or run.file.sha256 in found:
            continue
        if machine is not None and run.machine.id != machine:
            continue
        if all(one in runs.result_of(conn, run).measurements for one in _SPEEDS):
            found[run.file.sha256] = run
            machine = run.machine.id
    return found


def _divergences(studies: Sequence[RunRow]) -> dict[str, RunRow]:
    """The newest finished ones, on the text that most files were studied on; those on all of it before others, and
    exact ones before those."""
    by_text: dict[tuple[object, ...], dict[str, RunRow]] = {}
    finished = [one for one in studies if one.state == "finished"]  # newest first
    for run in sorted(finished, key=lambda run: (on_whole_text(run), run.setup.is_exact), reverse=True):
        by_text.setdefault(studied_text(run), {}).setdefault(run.file.sha256, run)
    return max(by_text.values(), key=len, default={})


def _model_evaluation(begun: Sequence[RunRow], reference: FileRow, pack: str | None) -> RunRow | None:
    """The reference's evaluation that most other files were evaluated as; the newest of several."""
    own = [run for run in begun if run.file.sha256 == reference.sha256 and pack in (None, run.pack)]
    return max(own, key=lambda run: (len(_evaluations(begun, run)), run.id), default=None)


def _evaluations(begun: Sequence[RunRow], model: RunRow | None) -> dict[str, RunRow]:
    """The newest evaluation of each file that was made as this one."""
    if model is None:
        return {}
    found: dict[str, RunRow] = {model.file.sha256: model}
    for run in begun:
        if same_way(run, model):
            found.setdefault(run.file.sha256, run)
    return found


def _unfinished(own: Sequence[RunRow], found: Told, model: RunRow | None, pack: str | None) -> dict[str, RunRow]:
    """By kind, the newest run that is still to bring what is missing: under way, or to be resumed."""
    left: dict[str, RunRow] = {}
    for run in own:
        if not _is_to_go_on(run):
            continue
        if run.kind == "speed" and found.speed is None and not run.file.is_served:
            left.setdefault("speed", run)
        elif (
            run.kind == "eval"
            and not run.setup.is_chosen
            and pack in (None, run.pack)
            and (model is None or same_way(run, model))
        ):
            left.setdefault("eval", run)
    return left


def _why_apart(conn: sqlite3.Connection, one: FileRow, other: FileRow) -> str:
    """Why two files are no quantizations of one model, in a sentence; empty where nothing speaks against it."""
    names = f"{other.shown_name} and {one.shown_name}"
    if one.is_served or other.is_served:
        served = one if one.is_served else other
        return f"{served.shown_name} is no file on this machine: name .gguf files."
    if one.architecture != other.architecture:
        return _of_two_models(names, f"{other.architecture} and {one.architecture}")
    if one.model_id is not None and other.model_id is not None and one.model_id != other.model_id:
        published = {row.model_id: row.name for row in models.all_models(conn) if not row.is_local}
        if one.model_id in published and other.model_id in published:
            return _of_two_models(names, f"{published[other.model_id]} and {published[one.model_id]}")
    return _why_headers_differ(conn, one, other, names)


def _of_two_models(names: str, how: str) -> str:
    return f"{names} are of different models ({how}): name files of one model."


def _why_headers_differ(conn: sqlite3.Connection, one: FileRow, other: FileRow, names: str) -> str:
    a, b = (catalog_files.metadata_of(conn, file.id) for file in (one, other))
    for key in (f"{one.architecture}.embedding_length", f"{one.architecture}.block_count"):
        if a.get(key) != b.get(key):
            return _of_two_models(names, f"their {key.rpartition('.')[2].replace('_', ' ')} differs")
    tokens = _n_tokens(one, a), _n_tokens(other, b)
    told = [(what, a.get(key), b.get(key)) for key, what in _VOCABULARY.items()]
    for what, first, second in (*told, ("numbers of tokens", *tokens)):
        if first != second:
            how = f"their {what}: {_shown(second)} and {_shown(first)}"
            return f"{names} have different vocabularies ({how}), so they cannot be compared token by token."
    return ""


def _shown(value: object) -> str:
    return clean_line(str(value))[:LONGEST_SHOWN] if value is not None else "none"


def _n_tokens(file: FileRow, metadata: Mapping[str, object]) -> object:
    return metadata.get(_TOKENS) or metadata.get(f"{file.architecture}.vocab_size")


def is_there(file: FileRow) -> bool:
    """Whether the file still lies where it was seen."""
    return Path(file.path).is_file()
