"""From what the user typed to a queued evaluation: which file, which pack, how far."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aa_tui.catalog.rows import FileRow
from aa_tui.library.registering import Progress, no_check
from aa_tui.runs import conditions, offload
from aa_tui.runs.engine_check import check_installed, check_may_run
from aa_tui.runs.errors import OptionsError, RunError
from aa_tui.runs.evaluation.holding import held_in
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.evaluation.queueing import found_pack, queue
from aa_tui.runs.evaluation.tasks import check_no_talks, check_template
from aa_tui.runs.serving.servers import is_server
from aa_tui.runs.target import chat_template, check_memory, check_size, find_file

if TYPE_CHECKING:
    from aa_tui.evals.items import Pack


def prepare_eval(
    conn: sqlite3.Connection,
    target: str,
    pack: str,
    *,
    model: str | None = None,
    options: EvalOptions | None = None,
    on_progress: Progress | None = None,
    planned: bool = False,
) -> int:
    """Queue an evaluation of a GGUF file, given by its path or its model's name, on a pack. Returns the run's number.

    `planned` keeps it for `aa-tui runs start` instead. Raises as `plan.prepare`, and PackError for the pack.
    """
    found = prepare_evals(conn, [target], pack, model=model, options=options, on_progress=on_progress, planned=planned)
    return found[0]


def prepare_evals(
    conn: sqlite3.Connection,
    targets: Sequence[str],
    pack: str,
    *,
    model: str | None = None,
    options: EvalOptions | None = None,
    on_progress: Progress | None = None,
    planned: bool = False,
) -> list[int]:
    """The same for several files, a run each, in this order. Where one of them cannot be run, none is queued.

    Servers, by address or saved name, share one run; `model` is the one that is meant there.
    """
    options = options or EvalOptions()
    _check(options)
    if options.servers or any(is_server(conn, target) for target in targets):
        from aa_tui.runs.evaluation.plan_served import prepare_served

        return [prepare_served(conn, [*options.servers, *targets], pack, model, options=options, planned=planned)]
    _check_here(options)
    check_installed()
    entry, loaded = found_pack(conn, pack)
    if options.prompt == "plain":
        check_no_talks(loaded)
    if options.grammar:
        _check_grammars(loaded)
    devices = offload.devices_for(options.to_settings())
    check = no_check if options.force or devices else check_size
    files = [find_file(conn, target, model=model, on_progress=on_progress, check=check) for target in targets]
    if options.template is not None:
        check_template(options.template, loaded)
    elif options.prompt == "chat":
        for file in files:
            _check_template(file)
    if not options.force:
        for file in files:
            check_may_run(conn, file)
            if devices:
                offload.check_room(file, options.to_settings(), devices)
            else:
                check_memory(file)
    return [queue(conn, file, entry, loaded, options=options, planned=planned) for file in files]


def _check_here(options: EvalOptions) -> None:
    """Raises `RunError` for what only servers can be told."""
    of_servers = {"--max-usd": options.max_usd, "--key-env": options.key_env, "--mixed": options.mixed}
    given = next((name for name, value in of_servers.items() if value), None)
    if given is not None:
        raise RunError(f"{given} is for servers, such as http://box:8080: a file costs nothing and has no key.")


def _check(options: EvalOptions) -> None:
    conditions.check(options.conditions, conditions.now())
    check_aims(options)
    if options.template is not None and options.prompt == "plain":
        raise OptionsError("--prompt plain uses no chat template: leave out either it or --template.")
    if options.temperature is not None and not 0 <= options.temperature <= 5:
        raise RunError(f"A temperature of {options.temperature:g} is no use: take one from 0 to 5.")


def _check_grammars(pack: Pack) -> None:
    """Raises RunError where nothing can be held, EngineError for a schema that no grammar holds."""
    from aa_tui.engine.grammars import Grammars

    Grammars().check(held_in(pack)[0])


def _check_template(file: FileRow) -> None:
    if chat_template(file) is None:
        raise RunError(
            f"{file.shown_name} has no chat template, so it is a base model, which continues texts: "
            "ask it with --prompt plain (in the app Prompt: plain), solved examples before each question."
        )


def check_aims(options: EvalOptions) -> None:
    """Raises `RunError` for an aim that cannot be reached."""
    if options.short is not None and (options.epochs > 1 or options.until_width or options.until_above):
        raise RunError(
            "A short pack is asked once and to its end: leave out --epochs, --until-width and --until-above."
        )
    if options.until_width is not None and not 0 < options.until_width < 0.5:
        raise OptionsError(f"An interval of ± {options.until_width:g} cannot be aimed at: take one between 0 and 0.5.")
    if options.until_above is not None and not 0 < options.until_above < 1:
        raise OptionsError(f"A score is never above {options.until_above:g}: take a share between 0 and 1.")
    if options.epochs > 1 and (options.until_width or options.until_above):
        raise OptionsError("Stopping by the score goes with one epoch: repeats of an item are no independent samples.")
