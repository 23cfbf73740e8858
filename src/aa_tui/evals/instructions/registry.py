"""All instruction families by their public names, and the check of an answer against some of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from aa_tui.evals.instructions.check import Arguments, Check
from aa_tui.evals.instructions.ifbench import IFBENCH_WORDS
from aa_tui.evals.instructions.ifbench_form import IFBENCH_FORM
from aa_tui.evals.instructions.ifeval import IFEVAL
from aa_tui.evals.instructions.strict import STRICT

CHECKS: dict[str, Check] = {**IFEVAL, **IFBENCH_WORDS, **IFBENCH_FORM, **STRICT}


class InstructionError(Exception):
    """An instruction is unknown, or its arguments do not fit it. One clause that names it."""


def holds(name: str, arguments: Arguments, text: str) -> bool | None:
    """Whether a text holds to an instruction as it stands; None where that cannot be told. Raises InstructionError."""
    if name not in CHECKS:
        raise InstructionError(f"there is no instruction {name!r}")
    stated = {key: value for key, value in arguments.items() if value is not None}
    try:
        return bool(text.strip()) and CHECKS[name](text, stated)
    except KeyError as error:
        raise InstructionError(f"instruction {name!r} lacks its argument {error}") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise InstructionError(f"instruction {name!r} has arguments that do not fit: {error}") from None


def holds_loosely(name: str, arguments: Arguments, text: str) -> bool | None:
    """IFEval's loose measure: whether the text, or it without its first line, last line, both, or without asterisks,
    holds to the instruction."""
    is_open = False
    for variant in dict.fromkeys(_variants(text)):
        found = holds(name, arguments, variant)
        if found:
            return True
        is_open |= found is None
    return None if is_open else False


def _variants(text: str) -> Iterator[str]:
    rows = text.split("\n")
    for first, last, asterisks in product((0, 1), (0, 1), (True, False)):
        variant = "\n".join(rows[first : len(rows) - last])
        yield variant if asterisks else variant.replace("*", "")
