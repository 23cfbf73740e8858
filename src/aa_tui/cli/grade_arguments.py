"""The command line of `aa-tui grade`. Imports nothing of the commands."""

from __future__ import annotations

import argparse


def add_grade(one: argparse.ArgumentParser) -> None:
    """`aa-tui grade`."""
    one.add_argument("file", metavar="FILE", help="lines of JSON; - reads standard input")
    one.add_argument(
        "--pack", metavar="PACK", help="the lines (id, answer, thinking) answer this pack's items: its name, or folder"
    )
    one.add_argument(
        "--grader", metavar="NAME", help="the lines are cases of their own (key, answer, …) for this grader"
    )
    one.add_argument("--report", action="store_true", help="with --json: what the answers add up to, not each verdict")
    one.add_argument("--these-items", action="store_true", help="with --pack: intervals for this pack's items only")
    one.add_argument("--unsafe-code", action="store_true", help="run model-written code without a sandbox")
