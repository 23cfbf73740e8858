"""Grader "contains": whether the answer has given texts in it."""

from __future__ import annotations

from aa_tui.evals.extraction import by_patterns, readable, shown
from aa_tui.evals.items import Item, Pack, PackError, Verdict
from aa_tui.outcomes import Outcome


class Contains:
    """Looks in what the pack's patterns take, else in the whole answer (its last 100,000 characters).

    The item's answer is a text or a list of texts: all must be there, or any where its extra `mode` is "any". The
    case counts unless its extra `compare` is "ignore_case"; runs of white space count as one space.
    """

    name = "contains"
    version = 1

    def grade(self, pack: Pack, item: Item, answer: str) -> Verdict:
        """Correct or wrong, with each text as a part; no answer where the answer is empty. Raises PackError."""
        label = f"{self.name}/{self.version}"
        keys = item.answer if isinstance(item.answer, list | tuple) else [item.answer]
        mode = item.extra.get("mode", "all")
        if not keys or mode not in ("all", "any") or not all(str(key).strip() for key in keys):
            raise PackError(f"Item {item.id}: contains needs texts to look for, and all or any as its mode.")
        whole = readable(answer)
        text = by_patterns(pack.extraction, whole) or whole
        if not text.strip():
            return Verdict(Outcome.NO_ANSWER, None, label, "the answer is empty")
        ignore_case = item.extra.get("compare") == "ignore_case"
        said = _folded(text, ignore_case)
        parts = tuple((shown(str(key)) or "", _folded(readable(str(key)), ignore_case) in said) for key in keys)
        right = any(found for _, found in parts) if mode == "any" else all(found for _, found in parts)
        missing = [key for key, found in parts if not found]
        detail = "" if right else f"not there: {', '.join(missing)}"[:300]
        return Verdict(Outcome.CORRECT if right else Outcome.WRONG, shown(text), label, detail, parts=parts)


def _folded(text: str, ignore_case: bool) -> str:
    text = " ".join(text.split())
    return text.casefold() if ignore_case else text


GRADER = Contains()
