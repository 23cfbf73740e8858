"""Grader "instructions": whether an answer holds to every instruction about its form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aa_tui.evals.extraction import shown
from aa_tui.evals.instructions.registry import InstructionError, holds, holds_loosely
from aa_tui.evals.items import Item, Outcome, Pack, PackError, Verdict


class Instructions:
    """Reads an item's extra `instruction_id_list` and `kwargs`, as IFEval and IFBench write them.

    Correct if all hold as the answer stands (IFEval's strict, prompt-level measure), wrong if one does not. Where none
    fails and one cannot be decided the outcome is "undecided". Each part is recorded twice: under its name, and with
    ", loose" behind it by IFEval's loose measure.
    """

    name = "instructions"
    version = 2

    def grade(self, pack: Pack, item: Item, answer: str) -> Verdict:
        """The verdict on the whole answer. Raises PackError for unknown instructions or unfit arguments."""
        label = f"{self.name}/{self.version}"
        asked = _asked(item)
        # The template, not the model, puts line breaks behind the thinking; a first line's indent is the model's.
        text = answer.replace("\r\n", "\n").strip("\n").rstrip()
        if not text.strip():
            return Verdict(Outcome.NO_ANSWER, None, label, "the answer is empty")
        try:
            strict = [(name, holds(name, arguments, text)) for name, arguments in asked]
            loose = [(name, holds_loosely(name, arguments, text)) for name, arguments in asked]
        except InstructionError as error:
            raise PackError(f"Item {item.id}: {error}.") from None
        undecided = [name for name, held in strict if held is None]
        parts = tuple((name, held) for name, held in strict if held is not None)
        parts += tuple((f"{name}, loose", held) for name, held in loose if held is not None)
        n_strict, n_loose = (sum(1 for _, held in measure if held) for measure in (strict, loose))
        detail = f"strict {n_strict} of {len(asked)}, loose {n_loose} of {len(asked)}"
        if undecided:
            detail += f", not decided: {', '.join(undecided)}"
        failed = any(held is False for _, held in strict)
        outcome = Outcome.WRONG if failed else Outcome.UNDECIDED if undecided else Outcome.CORRECT
        return Verdict(outcome, shown(text), label, detail, parts=parts)


def _asked(item: Item) -> list[tuple[str, Mapping[str, Any]]]:
    names = item.extra.get("instruction_id_list")
    arguments = item.extra.get("kwargs")
    if not isinstance(names, list | tuple) or not names:
        raise PackError(f"Item {item.id}: instruction_id_list must be a list of instructions.")
    if arguments is None:
        arguments = [{} for _ in names]
    if not isinstance(arguments, list | tuple) or len(arguments) != len(names):
        raise PackError(f"Item {item.id}: kwargs must be a list as long as instruction_id_list.")
    if not all(one is None or isinstance(one, Mapping) for one in arguments):
        raise PackError(f"Item {item.id}: each of kwargs must be an object.")
    return [(str(name), one or {}) for name, one in zip(names, arguments, strict=True)]


GRADER = Instructions()
