"""How llama.cpp works on this machine: tried once for each build, processor and driver, then known from the catalog."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import asdict

from aa_tui.catalog import trials
from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.trials import EngineTrial
from aa_tui.engine import binaries, selftest
from aa_tui.engine.selftest import SelfTest, Try
from aa_tui.engine.ways import AS_BUILT
from aa_tui.host import gpus, processor, signals
from aa_tui.host.installation import OWN_FLAGS, rebuild_command

COSTS = {
    "no-amx": "prompts take 1.5 to 4 times as long, text generation up to 2.5 times",
    "no-extra-buffers": "prompts take up to 4 times as long, text generation 1.2 to 2.7 times",
    "no-flash-attention": "long contexts take more memory and time",
    "no-gpu": "the processor computes everything",
    "plainest": "everything is slower",
}
"""What a way costs against the build as it should be: measured by tests/bench/ways.py, see RESULTS.md there."""


def known(conn: sqlite3.Connection) -> EngineTrial | None:
    """What was found out earlier of the build that is installed, None where nothing was. Tries nothing."""
    return trials.by_stamp(conn, binaries.stamp(), processor.identity(), gpus.driver())


def check(conn: sqlite3.Connection, *, anew: bool = False) -> EngineTrial:
    """How llama.cpp works here: what was found out earlier, else tried now (half a second) and kept.

    A catalog that can only be read is no hindrance: then it is tried each time.
    """
    found = None if anew else known(conn)
    if found is not None:
        return found
    build, cpu, driver = binaries.content_hash(), processor.identity(), gpus.driver()
    found = None if anew else trials.by_build(conn, build, cpu, driver)  # the same files elsewhere, or copied anew
    if found is None:
        test = selftest.run()
        tried = [asdict(one) for one in test.tried]
        found = EngineTrial(build, cpu, driver, "", test.mode, tried, test.engine, utc_now())
    found = found._replace(stamp=binaries.stamp())
    # What fails in every way may be mended by the next time, and a child that was killed from outside tells nothing.
    if found.mode is not None and all(one["signal"] in {None, *signals.CRASHES} for one in found.tried):
        with suppress(sqlite3.OperationalError):
            trials.put(conn, found)
    return found


def as_test(trial: EngineTrial) -> SelfTest:
    """What is kept in the catalog, as the test that it came from."""
    return SelfTest(trial.mode, tuple(Try(**one) for one in trial.tried), trial.engine)


def none_works(test: SelfTest) -> str:
    """The sentence for a machine on which llama.cpp works in no way."""
    if not test.is_loadable:
        return f"llama.cpp cannot be loaded ({test.why_not_as_built()}): `{rebuild_command()}` builds it again."
    return (
        f"llama.cpp does not work on this machine, in none of {len(test.tried)} ways tried: as it was built it ended "
        f"with {test.why_not_as_built() or 'no word'}. Build it for this machine: `{rebuild_command()}`."
    )


def caution(test: SelfTest) -> str | None:
    """The sentence for a machine on which llama.cpp works in a safer way only; None where it works as it was built."""
    if not test.ok or test.mode == AS_BUILT.mode:
        return None
    flags = OWN_FLAGS if test.mode == "no-amx" else ""
    return (
        f"llama.cpp is run {test.way.words}: as it was built it ends with {test.why_not_as_built()}. "
        f"So {COSTS[test.way.mode]}. To fix it for good: `{rebuild_command(flags)}`."
    )
