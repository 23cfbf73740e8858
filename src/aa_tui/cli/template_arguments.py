"""The command line of `aa-tui template`. Importing it costs nothing."""

from __future__ import annotations

import argparse

_EPILOG = (
    "Shows the prompt that the template really makes of a conversation with functions, and what is wrong or worth "
    "knowing with it. No weights are loaded. The exit code is 1 only where the template cannot be rendered at all."
)


def add_template(one: argparse.ArgumentParser) -> None:
    """`aa-tui template`."""
    one.epilog = _EPILOG
    one.add_argument("target", metavar="FILE", help="a .gguf file, a Jinja template, or a model's name")
    one.add_argument(
        "--conversation",
        metavar="FILE",
        help='a JSON file with {"messages": […], "tools": […]}, as in OpenAI\'s API (a built-in one with a function)',
    )
    one.add_argument("--no-tools", action="store_true", help="leave out functions, calls and results")
    one.add_argument("--tokens", action="store_true", help="show where one token ends and the next begins")
    one.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="colours (in a terminal)")
