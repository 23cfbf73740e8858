"""Grader "math": whether two mathematical answers mean the same."""

from __future__ import annotations

import re
from importlib.util import find_spec

from aa_tui.evals.extraction import (
    after_hashes,
    after_marker,
    after_saying,
    by_patterns,
    last_boxed,
    last_line,
    readable,
    shown,
)
from aa_tui.evals.graders.equality import same
from aa_tui.evals.items import Item, Pack, PackError, Verdict

_FORMULA = re.compile(r"\\\((.{1,1000}?)\\\)|\\\[(.{1,1000}?)\\\]|\$\$([^$]{1,1000})\$\$|\$([^$]{1,1000})\$")
_MISSING = "not decided without Math-Verify: install the extra aa-tui[math]"


class Math:
    """Takes the pack's patterns; else the last \\boxed{}, "Answer:", "####", "the answer is", or the last formula or
    number of the last line.

    Most answers are decided by `equality.same`, the same on every machine. The rest goes to Math-Verify where that is
    installed (the extra `math`), and is an "error" where it is not. Runs where it can be killed.
    """

    name = "math"
    version = 1

    def grade(self, pack: Pack, item: Item, answer: str) -> Verdict:
        """Correct or wrong; no answer where none was given, error if undecided. Raises PackError for an empty key."""
        label = f"{self.name}/{self.version}"
        keys = [str(key) for key in (item.answer if isinstance(item.answer, list | tuple) else [item.answer])]
        if not keys or not all(key.strip() for key in keys):
            raise PackError(f"Item {item.id}: math needs an answer to compare with.")
        text = readable(answer)
        phrase = _extracted(pack, text)
        if phrase is None:
            return Verdict("no_answer", None, label, "nothing was found" if text.strip() else "the answer is empty")
        found = [same(key, phrase) for key in keys]
        by = ""
        if True not in found and None in found:
            if find_spec("math_verify") is None:
                return Verdict("error", shown(phrase), label, _MISSING)
            by = "by Math-Verify"
            found = [_verified(key, phrase) for key in keys]
        if True in found:
            return Verdict("correct", shown(phrase), label, by)
        return Verdict("wrong", shown(phrase), label, f"not {shown(keys[0])}" + (f", {by}" if by else ""))


def _extracted(pack: Pack, text: str) -> str | None:
    phrase = by_patterns(pack.extraction, text)
    if phrase is None:
        for find in (last_boxed, after_marker, after_hashes, after_saying):
            phrase = find(text)
            if phrase is not None:
                break
    if phrase is None:
        line = last_line(text)
        return _last_formula(line) if line else None
    inside = last_boxed(phrase)
    return inside if inside is not None else _formula_in_prose(phrase)


def _formula_in_prose(phrase: str) -> str:
    """The last formula of a phrase that has words around it; else the phrase."""
    around = _FORMULA.sub(" ", phrase)
    if around != phrase and re.search(r"[A-Za-z]{2}|=\s*$", around):
        return _last_formula(phrase) or phrase
    return phrase


def _last_formula(line: str) -> str | None:
    """The last formula of a line, or what stands behind its last equals sign, or its last number."""
    formulas = _FORMULA.findall(line)
    if formulas:
        return "".join(formulas[-1])
    if "=" in line:
        return line.rsplit("=", 1)[1].strip() or None
    if not re.search(r"[A-Za-z]{2}", line):
        return line
    numbers = re.findall(r"-?\d[\d,]*(?:\.\d+)?(?:/\d+)?", line)
    return numbers[-1].rstrip(",") if numbers else None


def _verified(key: str, said: str) -> bool:
    """Math-Verify's word. Its own timeouts are off: they are alarms; our process is killed from outside instead."""
    from math_verify import parse, verify

    gold, target = (parse(f"${text.strip('$')}$", parsing_timeout=None) for text in (key, said))
    return bool(verify(gold, target, timeout_seconds=None))


GRADER = Math()
