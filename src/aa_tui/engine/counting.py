"""How many tokens a text has for a file, counted in a process of its own: what asks has no llama.cpp loaded.

The child is given the file's path as an argument and the text on standard input, and writes the number.
"""

from __future__ import annotations

import os
import sys

from aa_tui.host import children

PATIENCE_S = 20.0


def n_tokens(path: str | os.PathLike[str], text: str) -> int | None:
    """The tokens of a text, with those that begin and end it; None where it cannot be told.

    Why not is for the run to find out, which looks at the file in earnest.
    """
    command = children.python("aa_tui.engine.counting", os.fspath(path))
    try:
        done = children.run(command, given=text.encode(), timeout_s=PATIENCE_S, env=children.environment(computes=True))
    except (OSError, children.ChildError):
        return None
    return int(done.said) if done.code == 0 and done.said.strip().isdigit() else None


def main() -> int:
    """Count what standard input says."""
    from aa_tui.engine.errors import EngineError
    from aa_tui.engine.vocabulary import open_vocabulary

    text = sys.stdin.buffer.read().decode("utf-8")
    try:
        with open_vocabulary(sys.argv[1]) as words:
            sys.stdout.write(f"{len(words.tokenize(text))}\n")
    except EngineError:
        return 1
    return 0
