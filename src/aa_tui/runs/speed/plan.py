"""From a file and the settings that a person gave to a queued speed run."""

from __future__ import annotations

import sqlite3
from typing import Any

from aa_tui.catalog import runs
from aa_tui.library.registering import Progress, no_check
from aa_tui.runs import offload
from aa_tui.runs.serving.servers import is_server
from aa_tui.runs.speed.options import SpeedOptions
from aa_tui.runs.target import check_memory, check_size, find_file


def prepare(
    conn: sqlite3.Connection,
    target: str,
    *,
    model: str | None = None,
    options: SpeedOptions | None = None,
    on_progress: Progress | None = None,
) -> int:
    """Queue a speed run of a GGUF file, given by its path or by the name of its model, or of what a server serves,
    given by its address or saved name. Returns the run's number.

    Raises:
        RunError: no such file, no file of the model, too large for the memory, or devices that are not there.
        GGUFError: the file is no GGUF, or a damaged one.
        UnknownModelError: no model goes by that name.
        EngineError: llama.cpp is not installed, or the server cannot be asked.
        SpeedError: a test that there is not, or one longer than the model's context.
    """
    from aa_tui.runs.engine_check import check_installed, check_may_run
    from aa_tui.runs.speed.fitting import fitting_tests, test_names
    from aa_tui.runs.speed.plan_served import check_of_file, prepare_load

    options = options or SpeedOptions()
    if is_server(conn, target):
        return prepare_load(conn, target, model=model, options=options)
    check_of_file(options)
    check_installed()
    names = test_names(options)
    settings = _settings(options)
    devices = offload.devices_for(settings)
    check = no_check if options.force or devices else check_size
    file = find_file(conn, target, model=model, on_progress=on_progress, check=check)
    settings["tests"] = fitting_tests(file, options, names)
    if not options.force:
        check_may_run(conn, file)
        if devices:
            offload.check_room(file, settings, devices)
        else:
            check_memory(file)
    return runs.create(conn, kind="speed", file=file, settings=settings)


def _settings(options: SpeedOptions) -> dict[str, Any]:
    from aa_tui.speed.electricity import parse_tariff

    return {
        "repetitions": options.repetitions,
        "n_threads": options.n_threads,
        "n_gpu_layers": options.n_gpu_layers,
        "devices": list(options.devices),
        "tensor_split": list(options.tensor_split),
        "rpc": list(options.rpc),
        "tariff": parse_tariff(options.tariff).to_dict() if options.tariff else None,
    }
