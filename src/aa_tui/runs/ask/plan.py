"""From what the user typed to a queued run: which file, and what is asked of it."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from aa_tui.catalog import runs
from aa_tui.catalog.asked import Asked, Turn
from aa_tui.catalog.rows import FileRow
from aa_tui.errors import UsageError
from aa_tui.library.registering import Progress, no_check
from aa_tui.runs import offload
from aa_tui.runs.ask.conversation import messages
from aa_tui.runs.ask.options import AskOptions
from aa_tui.runs.engine_check import check_installed, check_may_run
from aa_tui.runs.errors import RunError
from aa_tui.runs.evaluation.plan_served import check_price, for_servers
from aa_tui.runs.evaluation.tasks import check_renders
from aa_tui.runs.serving.reaching import Reached, note
from aa_tui.runs.serving.servers import is_server, named
from aa_tui.runs.target import chat_template, check_memory, check_size, find_file
from aa_tui.textsafe import clean_line

LONGEST_PROMPT = 4_000_000
"""Characters: a million tokens, the longest context that any model has."""


def prepare_ask(
    conn: sqlite3.Connection,
    target: str,
    prompt: str,
    *,
    model: str | None = None,
    options: AskOptions | None = None,
    on_progress: Progress | None = None,
) -> int:
    """Queue a run that answers a prompt on a GGUF file, given by its path or its model's name. Returns its number.

    A file without a chat template is given the text as it is. Raises as `speed.plan.prepare`, and UsageError for an
    empty prompt.
    """
    options = options or AskOptions()
    check_prompt(prompt)
    _check(options)
    if is_server(conn, target):
        return _prepare_served(conn, target, prompt, model, options)
    file = file_to_ask(conn, target, model=model, options=options, on_progress=on_progress)
    other = options.how.template
    if other is not None:
        check_renders(other, [(messages([Turn(Asked(1, prompt, ""), None)], options), ())])
    template = chat_template(file) if other is None else other["text"]
    if template is None:
        options = _without_template(file, options)
    elif not options.thinks:
        name = file.shown_name if other is None else clean_line(other["name"])
        _check_can_leave_out_thinking(name, template)
    return runs.create(conn, kind="ask", file=file, settings=options.to_settings(), prompt=prompt)


def _prepare_served(conn: sqlite3.Connection, target: str, prompt: str, model: str | None, options: AskOptions) -> int:
    """The same of a model that a server serves."""
    servers = named(conn, [target], model=model or options.how.server_model, key_env=options.how.key_env)
    how = for_servers(options.how)
    with Reached(servers) as reached:
        check_price(how, reached)
        file = note(conn, servers[0], reached.first)
    asked = replace(how, servers=(servers[0].url,), server_model=servers[0].model)
    return runs.create(conn, kind="ask", file=file, settings=replace(options, how=asked).to_settings(), prompt=prompt)


def file_to_ask(
    conn: sqlite3.Connection,
    target: str,
    *,
    model: str | None = None,
    options: AskOptions | None = None,
    on_progress: Progress | None = None,
) -> FileRow:
    """The file that is meant, read whole where it is not known yet. Raises as `prepare_ask` where it cannot be run."""
    check_installed()
    options = options or AskOptions()
    settings = options.to_settings()
    devices = offload.devices_for(settings)
    check = no_check if options.how.force or devices else check_size
    file = find_file(conn, target, model=model, on_progress=on_progress, check=check)
    if not options.how.force:
        check_may_run(conn, file)
        if devices:
            offload.check_room(file, settings, devices)
        else:
            check_memory(file)
    return file


def check_prompt(prompt: str) -> None:
    """Raises UsageError for one that asks nothing, or for more text than any model takes."""
    if not prompt.strip():
        raise UsageError("the prompt is empty: write what is to be asked.")
    if len(prompt) > LONGEST_PROMPT:
        raise UsageError(f"a prompt of {len(prompt):,} characters is longer than any model's context: shorten it.")


def _check(options: AskOptions) -> None:
    temperature = options.how.temperature
    if temperature is not None and not 0 <= temperature <= 5:
        raise RunError(f"A temperature of {temperature:g} is no use: take one from 0 to 5.")
    if options.is_raw and options.how.template is not None:
        raise UsageError("--raw uses no chat template: leave out either it or --template.")
    if options.is_raw and options.system:
        raise UsageError("a system message needs the chat template: leave out --system or --raw.")


def _without_template(file: FileRow, options: AskOptions) -> AskOptions:
    if options.system:
        raise RunError(
            f"{file.shown_name} has no chat template, so it takes no system message: write it in the prompt."
        )
    return replace(options, thinks=True, how=replace(options.how, prompt="plain"))


def _check_can_leave_out_thinking(name: str, template: str) -> None:
    from aa_tui.engine.chat import can_leave_out_thinking

    if not can_leave_out_thinking(template):
        raise RunError(f"The chat template of {name} has no switch that turns thinking off: leave out --no-think.")
