"""Which tests a speed run makes: those asked for, at depths and in sweeps, as far as model and memory allow."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aa_tui.catalog.rows import FileRow
from aa_tui.runs.errors import RunError

if TYPE_CHECKING:
    from aa_tui.runs.speed.options import SpeedOptions

_SWEPT = ("pp128", "tg32")
"""Short tests: a sweep takes minutes, not hours, and the numbers of threads differ by more than such tests scatter."""


def test_names(options: SpeedOptions) -> tuple[str, ...] | None:
    """The tests' names before a file is looked at; None where nothing was asked for. Raises SpeedError."""
    from aa_tui.host.machine import cores_physical
    from aa_tui.speed.plan import load_pack, select_tests, thread_sweep

    names = list(options.tests or ())
    if options.sustained_s is not None:
        names.append(f"sustained@{options.sustained_s:.0f}s" if options.sustained_s else "sustained")
    if "threads" in options.sweeps:
        counts = thread_sweep(cores_physical(), os.cpu_count() or 1)
        names += [f"{test}@t{count}" for count in counts for test in _SWEPT]
    if "load" in options.sweeps:
        names.append("load-sweep")
    if options.depths is not None and not options.tests:
        names = ["pp512", "tg128", *names]
    select_tests(load_pack(), names or None, repetitions=options.repetitions)
    return tuple(names) or None


def fitting_tests(file: FileRow, options: SpeedOptions, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The names with depths filled in. Raises SpeedError or RunError for a test that has no room."""
    from aa_tui.runs.speed.bench import room_for
    from aa_tui.speed.plan import DEPTHS, at_depths, load_pack, required_context, select_tests

    if options.depths is not None:
        limit = file.context_tokens
        fits = room_for(file.path)
        depths = [depth for depth in options.depths or DEPTHS if depth == 0 or options.force or fits(depth + 512, 1)]
        names = tuple(at_depths(names or (), depths, limit))
    tests = select_tests(load_pack(), names, repetitions=options.repetitions) if names != () else []
    required_context(tests, file.context_tokens)
    if options.force:
        return names
    for test in tests:
        if test.kind == "parallel" and not room_for(file.path)(test.n_ctx, test.n_parallel):
            raise RunError(
                f"The test {test.name} runs {test.n_parallel} requests of {test.n_ctx:,} tokens at once, for which "
                "too little memory is free: close other programs, leave it out, or try all the same with --force."
            )
    return names
