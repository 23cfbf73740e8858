"""The command lines of what is made from the parser: completions, and the manual. Imports nothing of the commands."""

from __future__ import annotations

import argparse

SHELLS = ("bash", "zsh", "fish")
KINDS = ("models", "runs", "packs", "charts")

_EPILOG = (
    'For now: `eval "$(aa-tui completion bash)"`, the same with zsh, or `aa-tui completion fish | source`. For '
    "good: ~/.local/share/bash-completion/completions/aa-tui, a file _aa-tui in a folder of zsh's fpath, or "
    "~/.config/fish/completions/aa-tui.fish. Models, runs, packs and charts are completed from your catalog."
)


def add_completion(one: argparse.ArgumentParser) -> None:
    """`aa-tui completion`."""
    one.epilog = _EPILOG
    one.add_argument("shell", nargs="?", choices=SHELLS, help="the shell (the one that SHELL names)")
    one.add_argument("--names", choices=KINDS, help="print these names instead, one a line: what the scripts ask for")


def add_man(one: argparse.ArgumentParser) -> None:
    """`aa-tui man`."""
    one.epilog = "To read it: `aa-tui man > aa-tui.1 && man ./aa-tui.1`. An installation has it in share/man as well."
