"""Coding without writing code: what does this program print? Levels by depth and length of the control flow.

The key is what the program prints when run here; the second way is a process of its own without this one's modules.
"""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from random import Random

from generators.problem import Family, Problem
from generators.program_texts import LISTS, LOOPS, RECURSION, STATE, STRINGS, Templates


def printed(program: str) -> str:
    """What a program prints, run in this process."""
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        exec(compile(program, "<program>", "exec"), {"__name__": "program"})
    return written.getvalue().strip()


def printed_apart(program: str) -> str:
    """What a program prints, run by an interpreter of its own."""
    command = [sys.executable, "-I", "-S", "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip()


def _asked(program: str, grader: str) -> Problem:
    output = printed(program)
    forms = {
        "numeric": "N is the number that it prints",
        "python": "L is the list that it prints",
        "text": "T is the text that it prints",
    }
    extra = {} if grader == "numeric" else {"compare": grader}
    prompt = f"What does this Python program print?\n\n```python\n{program}\n```"
    name = "numeric" if grader == "numeric" else "exact"
    return Problem(prompt, output, printed_apart(program), name, forms[grader], extra=extra)


def _family(templates: Templates, grader: str) -> Family:
    """A family whose programs are templates with numbers for <LOW-HIGH> and words for <WORD>."""

    def make(level: int, source: Random) -> Problem:
        while True:
            program = _filled(source.choice(templates[level]).strip("\n"), source)
            output = printed(program)
            # Programs that print next to nothing, or too much to copy, test something else.
            if grader == "numeric" or 3 <= len(output.strip("[]")) <= 90:
                return _asked(program, grader)

    return make


_WORDS = (
    "lantern orchard pebble willow copper saddle marble thunder velvet harbor meadow ribbon walnut cinder puzzle anchor"
).split()  # fmt: skip


def _filled(template: str, source: Random) -> str:
    result = ""
    for part in template.split("<"):
        inside, closed, rest = part.partition(">") if part[:1].isdigit() or part.startswith("WORD>") else ("", "", part)
        if closed and inside == "WORD":
            result += repr(source.choice(_WORDS)).replace("'", '"') + rest
        elif closed:
            low, high = inside.split("-")
            result += str(source.randint(int(low), int(high))) + rest
        else:
            result += ("<" if result else "") + part
    return result


PROGRAMS: dict[str, Family] = {
    "loops": _family(LOOPS, "numeric"),
    "strings": _family(STRINGS, "text"),
    "lists": _family(LISTS, "python"),
    "recursion": _family(RECURSION, "numeric"),
    "state": _family(STATE, "numeric"),
}
