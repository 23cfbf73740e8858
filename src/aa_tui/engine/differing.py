"""In what two files' vocabularies differ, found in a process of its own: what asks has no llama.cpp loaded.

The child is given both paths as arguments and writes what differs first, or nothing.
"""

from __future__ import annotations

import os
import sys

from aa_tui.host import children
from aa_tui.textsafe import clean_line

PATIENCE_S = 60.0


def first_difference(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> str | None:
    """The first thing in which they differ, as the end of a sentence; None where they are alike or nobody can tell.

    What cannot be told here is for the run to find out, which looks at both files in earnest.
    """
    command = children.python("aa_tui.engine.differing", os.fspath(one), os.fspath(other))
    try:
        done = children.run(command, timeout_s=PATIENCE_S, env=children.environment(computes=True))
    except (OSError, children.ChildError):
        return None
    return clean_line(done.said.decode("utf-8", "replace")) or None if done.code == 0 else None


def main() -> int:
    """Look at both."""
    from aa_tui.engine.errors import EngineError
    from aa_tui.engine.vocabulary import difference, open_vocabulary

    try:
        with open_vocabulary(sys.argv[1]) as one, open_vocabulary(sys.argv[2]) as other:
            sys.stdout.buffer.write((difference(one, other) or "").encode())
    except EngineError:
        return 1
    return 0
