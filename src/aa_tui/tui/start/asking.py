"""The dialogs that start a run, for a model or for files: a measurement of speed, an evaluation."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aa_tui.textsafe import clean_line
from aa_tui.tui.core.places import Place

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from aa_tui.catalog.rows import FileRow, ModelRow
    from aa_tui.tui.core.host import Host

NO_WEIGHTS = "{} is proprietary: it has no weights to run here. 9 in the leaderboard lists what fits this machine."
NO_MODEL = "Open a model's page, or stand on one in the leaderboard: {} a file of it."


def measure(host: Host, model: ModelRow | None) -> None:
    """Pick a file of the model, or name one, and start a run."""
    if model is None:
        host.toast(host.keymap.told(NO_MODEL.format("<measure:b> measures")))
    elif not _lacks_weights(host, model):
        measure_files(host, model.slug, model.name, files_of(host, model))


def measure_files(host: Host, slug: str | None, name: str, files: Sequence[FileRow]) -> None:
    """Measure one of these files, or evaluate it instead."""
    from aa_tui.tui.start.bench_dialog import WATCH, MeasureDialog

    if lacks_engine(host):
        return

    def started(answer: int | str | None) -> None:
        if isinstance(answer, int):
            shown = host.keymap.told("<runs:R> shows it.")
            host.toast(f"Run {answer} has started; it continues when the app is closed. {shown}")
            host.look(force=True)
        elif answer is not None and answer.startswith(WATCH):
            watch_file(host, answer.removeprefix(WATCH), name, slug if not files else None)
        elif answer is not None:
            evaluate_files(host, slug, name, files)

    host.ask(MeasureDialog(host.store, slug, name, files), started)


def study_cache(host: Host, path: str, name: str) -> None:
    """Study which types of KV cache are safe and fast for a file, and show the run."""
    from aa_tui.tui.start.cache_dialog import CacheDialog

    if not lacks_engine(host):
        host.ask(CacheDialog(host.store, path, name), partial(_started, host))


def measure_divergence(host: Host, path: str, name: str) -> None:
    """Measure how far a file is from its reference, and show the run."""
    from aa_tui.tui.start.divergence_dialog import DivergenceDialog

    if not lacks_engine(host):
        host.ask(DivergenceDialog(host.store, path, name), partial(_started, host))


def watch_file(host: Host, path: str, name: str, model: str | None) -> None:
    """Probe a file, and show the run."""
    from aa_tui.tui.start.watch_dialog import WatchDialog

    if lacks_engine(host):
        return
    host.ask(WatchDialog(host.store, path, name, model), partial(_started, host))


def evaluate(host: Host, model: ModelRow | None) -> None:
    """Pick a file of the model, a pack and how far, and start an evaluation."""
    if model is None:
        host.toast(host.keymap.told(NO_MODEL.format("<evaluate:E> evaluates")))
    elif not _lacks_weights(host, model):
        evaluate_files(host, model.slug, model.name, files_of(host, model))


def evaluate_files(host: Host, slug: str | None, name: str, files: Sequence[FileRow]) -> None:
    """Evaluate one of these files, and show the run."""
    from aa_tui.tui.start.eval_dialog import EvalDialog

    if lacks_engine(host):
        return

    host.ask(EvalDialog(host.store, slug, name, files), partial(_started, host))


def _started(host: Host, run_id: int | None) -> None:
    """Show the run that was started, at its plan where it waits for one."""
    if run_id is not None:
        host.look(force=True)
        view = "plan" if host.store.read(lambda conn: _is_to_plan(conn, run_id), False) else "run"
        host.call_later(host.go, Place(view, run_id=run_id))


def evaluate_server(host: Host, server: str, model: str) -> None:
    """Evaluate what a server serves, by its name or address, and show the run. It needs no llama.cpp here."""
    from aa_tui.tui.start.eval_dialog import EvalDialog

    host.ask(EvalDialog(host.store, None, model or server, (), server=server), partial(_started, host))


def measure_server(host: Host, server: str, model: str, n_slots: int | None) -> None:
    """Measure what a server serves, by its name or address."""
    from aa_tui.tui.start.load_dialog import LoadDialog

    def started(run_id: int | None) -> None:
        if run_id is not None:
            host.toast(f"Run {run_id} has started; it continues when the app is closed. R shows it.")
            host.look(force=True)

    host.ask(LoadDialog(host.store, server, model, n_slots), started)


def speculate(host: Host, path: str, name: str) -> None:
    """Study whether speculation makes a file faster."""
    from aa_tui.tui.start.speculate_dialog import SpeculateDialog

    if lacks_engine(host):
        return

    def started(run_id: int | None) -> None:
        if run_id is not None:
            shown = host.keymap.told("<runs:R> shows it.")
            host.toast(f"Run {run_id} has started; it continues when the app is closed. {shown}")
            host.look(force=True)

    host.ask(SpeculateDialog(host.store, path, name), started)


def try_prompt(host: Host, model: ModelRow | None) -> None:
    """Pick a file of the model and ask it something."""
    from pathlib import Path

    if model is None:
        host.toast(host.keymap.told(NO_MODEL.format("<try-a-prompt:t> tries")))
        return
    if lacks_engine(host):
        return
    files = [file for file in files_of(host, model) if Path(file.path).exists()]
    if not files:
        then = host.keymap.told("<pull:p> pulls one, then <try-a-prompt:t> tries it.")
        host.toast(f"No file of {model.name} is here: {then}")
    elif len(files) == 1:
        try_file(host, files[0].path)
    else:
        _choose(host, model.name, files)


def _choose(host: Host, name: str, files: Sequence[FileRow]) -> None:
    from aa_tui.analysis import MISSING, display
    from aa_tui.tui.widgets.dialogs import Choice, Option

    options = [
        Option(file.path, file.shown_name, f"{file.quant or MISSING} {display.size_bytes(file.size_bytes)}")
        for file in files
    ]

    def chosen(path: str | None) -> None:
        if path is not None:
            try_file(host, path)

    host.ask(Choice(f"Try a prompt on {name}", options, files[0].path), chosen)


def try_file(host: Host, path: str) -> None:
    """Ask a file something."""
    if not lacks_engine(host):
        host.call_later(host.go, Place("ask", target=path))


def lacks_engine(host: Host) -> bool:
    """Whether no model can be run here because llama.cpp is not installed; then that is said, and what to do shown."""
    from aa_tui.engine.binaries import not_installed

    words = not_installed()
    if words:
        host.toast(words, bad=True)
        host.call_later(host.go, Place("doctor"))
    return bool(words)


def _is_to_plan(conn: sqlite3.Connection, run_id: int) -> bool:
    """Whether a run waits for somebody to choose how far it goes, or is doing its pilot."""
    from aa_tui.catalog import runs
    from aa_tui.runs.evaluation.options import EvalOptions

    run = runs.get(conn, run_id)
    return run.state == "planned" or EvalOptions.from_settings(run.settings).pilot is not None


def _lacks_weights(host: Host, model: ModelRow) -> bool:
    """Whether nobody has weights of the model, which is said."""
    if model.open_weights or model.is_local:
        return False
    host.toast(NO_WEIGHTS.format(clean_line(model.name)))
    return True


def files_of(host: Host, model: ModelRow) -> list[FileRow]:
    """The files of a model that are known here."""
    from aa_tui.catalog import files

    nothing: list[FileRow] = []
    found = host.store.read(lambda conn: files.files_of_model(conn, model.model_id), nothing)
    return [file for file in found if not file.is_served]


def model_of(host: Host, slug: str | None) -> ModelRow | None:
    """The model with a slug, as long as there is one."""
    from aa_tui.catalog import models

    nothing: ModelRow | None = None
    return host.store.read(lambda conn: models.by_slug(conn, slug), nothing) if slug else None
