"""The command line of `aa-tui runs`: each action with what belongs to it. Importing it costs nothing."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from aa_tui.cli.argument_types import add_csv, count, duration
from aa_tui.cli.run_arguments import add_conditions, add_how_far

Add = Callable[[argparse.ArgumentParser], None]

RUN_FORMATS = ("json", "jsonl", "csv", "labels")
EXCHANGE_FORMATS = (
    *("inspect", "lm-eval", "every-eval-ever", "hub-yaml", "parquet"),
    *("llama-bench", "llama-bench-jsonl", "llama-bench-md", "llama-bench-sql", "localscore"),
)
"""Those of other programs; `export.exchange` has what each is."""


def add_to(one: argparse.ArgumentParser, common: Add, json: Add) -> None:
    """Add the actions below `aa-tui runs`."""
    actions = one.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=type(one))

    def action(name: str, words: str, *, run: str | None = "RUN") -> argparse.ArgumentParser:
        """An action, on a run where there is one; `[RUN]` may be left out."""
        two = actions.add_parser(name, help=words)
        common(two)
        if run is not None:
            two.add_argument(
                "run_id",
                nargs="?" if run.startswith("[") else None,
                type=count,
                metavar="RUN",
                help="the run's number, as the list shows it",
            )
        json(two)
        return two

    add_csv(action("list", "list the runs, the newest first", run=None))

    two = action("show", "show what a run measured, with what settings, and its history")
    two.add_argument("--these-items", action="store_true", help="intervals for this pack's items only")
    two.add_argument(
        "--control",
        type=count,
        metavar="RUN",
        help="estimate the score of a run with few items by this one, which has answered more of them",
    )

    two = action("start", "start what is planned and what lost its worker, or one run of these", run="[RUN]")
    _add_terms(two)

    action("pause", "pause a run; it keeps its model in memory")

    two = action("resume", "resume a run where it stopped, on the same terms or on others")
    _add_terms(two)

    two = action("stop", "stop a run now; what it has finished is kept")
    _add_yes(two)
    action("finish", "stop a run after the samples that it is writing")

    two = action("skip", "leave out an item that a run is writing")
    two.add_argument("item", metavar="ITEM", help="the item, as `aa-tui runs follow` names it")
    _add_yes(two)

    action("follow", "show a run as it goes on, until it has ended; Ctrl-C leaves it running")

    two = action("wait", "wait until runs have ended: status 0 where all finished, 1 where one failed, 130 stopped")
    two.add_argument("more", nargs="*", type=count, metavar="RUN", help="further runs")
    two.add_argument("--timeout", type=duration, metavar="TIME", help="give up after so long, with status 124")

    two = action("log", "print what a run's worker wrote")
    two.add_argument("-f", "--follow", action="store_true", help="go on until the run has ended")

    two = action("delete", "delete a run and all that it measured")
    _add_yes(two)

    two = action("export", "write all of a run to a file")
    two.add_argument("--format", choices=(*RUN_FORMATS, *EXCHANGE_FORMATS), default="json", help="as what (json)")
    two.add_argument(
        "--output",
        metavar="PATH",
        help="to this file, or this folder where a format is several files; without it, or with -, it is printed",
    )
    two.add_argument("--force", action="store_true", help="replace a file that is there already")

    two = action("regrade", "grade a run's answers again with the graders of today")
    two.add_argument("--dry-run", action="store_true", help="only show what would change")


def _add_yes(two: argparse.ArgumentParser) -> None:
    two.add_argument("--yes", action="store_true", help="do not ask")


def _add_terms(two: argparse.ArgumentParser) -> None:
    add_how_far(two)
    add_conditions(two)
