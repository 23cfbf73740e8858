"""From a benchmark's own records to items. One function for each set, by the name that its manifest gives.

Options stand in the order in which a set's authors show them, so that letters mean the same here as in answers that
were written elsewhere, and "all of the above" stays where it belongs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any

from aa_tui.evals.items import PackError
from aa_tui.evals.public import bfcl
from aa_tui.evals.public.records import Record

Fields = dict[str, Any]
Conversion = Callable[[Record], Fields | None]
"""Gives an item's fields, or None for a record that is not of the set."""

_MBPP_TEST_IDS = range(11, 511)
"""The paper's test split (Austin et al. 2021, section 2.1)."""

_OPTION = re.compile(r"^\(([A-Z])\) *(.*?) *$", re.MULTILINE)
_DEFINED = re.compile(r"^def (\w+)", re.MULTILINE)
_LETTER = re.compile(r"\(?([A-Z])\)?")
_IMPORT = re.compile(r"^(?:from [\w.]+ )?import .+", re.MULTILINE)
_AIME_KEY = re.compile(r"\s*\$?\s*(?:\\boxed\{)?(\d{1,3})(?:\.0+)?\}?\s*(?:\^?\{?\\circ\}?|°)?\s*\$?\s*\.?\s*")
_GPQA_SEED = 0


def items_of(conversion: str, records: Iterable[Record]) -> list[Fields]:
    """The items of all records, as they are written. Raises PackError, naming file and line, for a record of another
    shape, and for an unknown conversion."""
    if conversion not in CONVERSIONS:
        raise PackError(f"There is no conversion {conversion!r}: there are {', '.join(CONVERSIONS)}.")
    convert, found = CONVERSIONS[conversion], []
    for record in _JOINED.get(conversion, list)(records):
        try:
            fields = convert(record)
        except _ShapeError as error:
            raise PackError(f"{record.place}: {error}") from None
        if fields is not None:
            if record.canary:
                fields["canary"] = record.canary
            found.append(fields)
    if not found:
        raise PackError("None of the records belongs to the set: is it the right file?")
    return found


class _ShapeError(Exception):
    """A record is not as its set's are. One sentence."""


def _gsm8k(record: Record) -> Fields:
    solution = _text(record, "answer")
    _, mark, answer = solution.rpartition("####")
    if not mark or not answer.strip():
        raise _ShapeError("its answer has no #### with the number behind it.")
    return _item(
        f"test-{record.number:04}", "word-problems", _text(record, "question"), answer.strip().replace(",", "")
    )


def _math(record: Record) -> Fields:
    level = re.search(r"[1-5]", str(record.fields.get("level", "")))
    fields = _item(
        _name(record, "unique_id", f"test-{record.number:03}"),
        _name(record, "subject", "mathematics"),
        _text(record, "problem"),
        _text(record, "answer"),
    )
    return fields | ({"level": int(level[0])} if level else {})


def _aime(record: Record) -> Fields:
    """Answers are whole numbers from 0 to 999; some copies write a degree sign behind one."""
    answer = _AIME_KEY.fullmatch(_text(record, "answer", "Answer"))
    if answer is None:
        raise _ShapeError("its answer is no whole number from 0 to 999.")
    name = f"aime-{record.number:02}"
    return _item(name, "competition", _text(record, "problem", "question", "Problem", "Question"), str(int(answer[1])))


def _gpqa(record: Record) -> Fields:
    """In the order of the authors' baselines, `random.seed(0)` and one shuffle for each question as they come, of the
    wrong options and then the right one (Rein et al. 2023, github.com/idavidrein/gpqa, baselines/utils.py)."""
    right = _text(record, "Correct Answer").strip()
    options = [*(_text(record, f"Incorrect Answer {place}").strip() for place in (1, 2, 3)), right]
    order = _gpqa_order(record.number)
    name, category = (
        _name(record, "Record ID", f"gpqa-{record.number:03}"),
        _name(record, "High-level domain", "science"),
    )
    fields = _chosen(name, category, _text(record, "Question"), [options[place] for place in order], order.index(3))
    canary = record.fields.get("Canary String")
    return fields | ({"canary": canary} if isinstance(canary, str) and canary else {})


def _gpqa_order(number: int) -> list[int]:
    """Of the options of the question that is the `number`-th from 1; Python's shuffle of a seed is always the same."""
    source, order = Random(_GPQA_SEED), [0, 1, 2, 3]
    for _ in range(number):
        order = [0, 1, 2, 3]
        source.shuffle(order)
    return order


def _mmlu_pro(record: Record) -> Fields:
    options, index = _list(record, "options"), record.fields.get("answer_index")
    if isinstance(index, str) and index.isdecimal():
        index = int(index)
    if not isinstance(index, int) or not 0 <= index < len(options):
        raise _ShapeError("its answer_index is no index of an option.")
    # The set fills up short lists with "N/A", which its authors leave out; stray spaces are round right options mostly.
    texts = [(place, str(text).strip()) for place, text in enumerate(options)]
    kept = [(place, text) for place, text in texts if place == index or text != "N/A"]
    right = [place for place, _ in kept].index(index)
    name, category = _name(record, "question_id", ""), _name(record, "category", "other")
    if not name:
        raise _ShapeError("it has no field question_id.")
    return _chosen(name, category, _text(record, "question"), [text for _, text in kept], right)


def _arc(record: Record) -> Fields:
    """As on the Hub (choices of text and label lists) or as first published (question with stem and choices)."""
    question: Any = record.fields.get("question")
    stem, choices = question, record.fields.get("choices")
    if isinstance(question, Mapping):
        stem, choices = question.get("stem"), question.get("choices")
    if isinstance(choices, list):
        choices = {key: [one.get(key) for one in choices if isinstance(one, Mapping)] for key in ("text", "label")}
    if not isinstance(stem, str) or not isinstance(choices, Mapping):
        raise _ShapeError("it has no question with choices.")
    texts = [str(text).strip() for text in choices.get("text") or ()]
    labels = [str(label).strip() for label in choices.get("label") or ()]
    key = str(record.fields.get("answerKey", "")).strip()
    if key not in labels or len(labels) != len(texts):
        raise _ShapeError("its answerKey is none of the choices' labels.")
    return _chosen(_name(record, "id", ""), "science", stem, texts, labels.index(key))


def _humaneval(record: Record) -> Fields:
    return {
        "id": _text(record, "task_id"),
        "category": "functions",
        "prompt": _text(record, "prompt"),
        "entry_point": _text(record, "entry_point"),
        "test": _text(record, "test"),
        "canonical_solution": _text(record, "canonical_solution"),
    }


def _mbpp(record: Record) -> Fields | None:
    number = record.fields.get("task_id")
    if isinstance(number, str) and number.isdecimal():
        number = int(number)
    if not isinstance(number, int):
        raise _ShapeError("its task_id is no whole number.")
    if number not in _MBPP_TEST_IDS:
        return None
    tests = [str(test) for test in _list(record, "test_list")]
    imports = record.fields.get("test_imports")
    setup = record.fields.get("test_setup_code") or "\n".join(imports if isinstance(imports, list) else ())
    solution = _text(record, "code").replace("\r\n", "\n")
    setup = "\n".join([*_imports_for("\n".join([setup, *tests]), solution), *([setup] if setup else [])])
    calls = {name: re.search(rf"(?<![\w.]){name}\s*\(", tests[0]) for name in _DEFINED.findall(solution)}
    called = sorted((call.start(), name) for name, call in calls.items() if call)
    fields: Fields = {
        "id": f"mbpp-{number}",
        "category": "functions",
        "prompt": f"{_text(record, 'text', 'prompt').strip()}\n\nThese tests must pass:\n\n```python\n"
        + "\n".join(tests)
        + "\n```",
        "tests": tests,
        "canonical_solution": solution,
    }
    return fields | ({"entry_point": called[0][1]} if called else {}) | ({"setup": setup} if setup else {})


def _imports_for(tests: str, solution: str) -> list[str]:
    """The imports of the reference solution whose names the tests use without importing them: tests have names of
    their own, whatever an answer imports."""
    found = []
    for line in _IMPORT.findall(solution):
        names = re.findall(r"(\w+)\s*(?:,|$)", line.split("#")[0].partition("import ")[2])
        if line not in tests and any(re.search(rf"(?<![\w.\"']){name}\s*[.(]", tests) for name in names):
            found.append(line.strip())
    return found


def _instructions(record: Record) -> Fields:
    """IFEval and IFBench. Arguments of null are those that an instruction does not take."""
    ids, arguments = [str(one) for one in _list(record, "instruction_id_list")], _list(record, "kwargs")
    if len(ids) != len(arguments) or not all(isinstance(one, Mapping) or one is None for one in arguments):
        raise _ShapeError("it must have one object in kwargs for each instruction.")
    families = {one.partition(":")[0] for one in ids}
    return {
        "id": _name(record, "key", ""),
        "category": families.pop() if len(families) == 1 else "several",
        "level": len(ids),
        "prompt": _text(record, "prompt"),
        "instruction_id_list": ids,
        "kwargs": [_arguments(one or {}) for one in arguments],
    }


def _bbh(record: Record) -> Fields:
    """The file (or its folder) is the task. An option's letter is the key where there are options."""
    prompt, target = _text(record, "input"), _text(record, "target").strip()
    options = {text.casefold(): letter for letter, text in _OPTION.findall(prompt)}
    letter = _LETTER.fullmatch(target)
    task = record.group
    name = f"{task}-{record.number:04}"
    if options and letter:
        return _item(name, task, prompt, letter[1])
    if target.casefold() in options:
        return _item(name, task, prompt, options[target.casefold()])
    fields = _item(name, task, prompt, target) | {"compare": "ignore_case"}
    # A few published items have a key that is none of their options: as text it can only be compared.
    return fields | ({"grader": "exact"} if options else {})


def _cruxeval(record: Record) -> Fields:
    """Output prediction: what the function returns for the input."""
    prompt = f"```python\n{_text(record, 'code')}\n```\n\nf({_text(record, 'input', may_be_empty=True)})"
    name = _name(record, "id", f"sample_{record.number}")
    return _item(name, "output-prediction", prompt, _text(record, "output")) | {"compare": "python"}


CONVERSIONS: Mapping[str, Conversion] = {
    "gsm8k": _gsm8k,
    "math": _math,
    "aime": _aime,
    "gpqa": _gpqa,
    "mmlu-pro": _mmlu_pro,
    "arc": _arc,
    "humaneval": _humaneval,
    "mbpp": _mbpp,
    "instructions": _instructions,
    "bbh": _bbh,
    "cruxeval": _cruxeval,
    "bfcl": bfcl.item,
}
_JOINED: Mapping[str, Callable[[Iterable[Record]], list[Record]]] = {"bfcl": bfcl.joined}
"""Sets whose questions and keys lie in files of their own."""


def _item(name: str, category: str, prompt: str, answer: str) -> Fields:
    return {"id": name, "category": category, "prompt": prompt, "answer": answer}


def _chosen(name: str, category: str, prompt: str, choices: list[str], right: int) -> Fields:
    """An item with choices, which stay in their order."""
    if not name:
        raise _ShapeError("it has no id.")
    return {
        "id": name,
        "category": category,
        "prompt": prompt.strip(),
        "answer": right,
        "choices": choices,
        "shuffle": False,
    }


def _text(record: Record, *names: str, may_be_empty: bool = False) -> str:
    """The first of some fields that is there, as text; numbers too."""
    for name in names:
        value = record.fields.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return f"{value:g}" if isinstance(value, float) else str(value)
        if isinstance(value, str) and (value.strip() or may_be_empty):
            return value
    raise _ShapeError(f"it has no text in the field {' or '.join(names)}.")


def _name(record: Record, key: str, default: str) -> str:
    value = record.fields.get(key)
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text or default


def _list(record: Record, key: str) -> list[Any]:
    value = record.fields.get(key)
    if not isinstance(value, list) or not value:
        raise _ShapeError(f"its field {key} must be a list that is not empty.")
    return value


def _arguments(values: Mapping[str, Any]) -> Fields:
    """Without those of null; whole numbers as such, since tables store them as fractions."""
    kept = {key: value for key, value in values.items() if value is not None}
    return {
        key: int(value) if isinstance(value, float) and value.is_integer() else value for key, value in kept.items()
    }
