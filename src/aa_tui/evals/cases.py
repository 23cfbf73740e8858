"""Answers that were written elsewhere, read from lines of JSON: to a pack's items, or cases with keys of their own."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

from aa_tui.analysis.agreement import Label
from aa_tui.errors import AATuiError
from aa_tui.evals.conversation import talks
from aa_tui.evals.conversation.turns import exported, turns_of
from aa_tui.evals.grading import GRADER_NAMES
from aa_tui.evals.items import Extraction, Item, Pack
from aa_tui.evals.jsonlines import BadLineError, object_of
from aa_tui.evals.manifest import safe
from aa_tui.evals.outputs import parted
from aa_tui.textsafe import clean_line

MOST_OPTIONS = 26
MOST_LINES = 1_000_000
MOST_BYTES = 512_000_000
"""Of a file of answers: a pack's 12,000 items, each answered in 40 kB. All are held in memory."""

LONGEST_ID = 200

_COMPARED = ("compare", "tolerance")
_LABELS: Mapping[str, Label] = {
    "correct": "right",
    "right": "right",
    "holds": "right",
    "wrong": "wrong",
    "no_answer": "wrong",
    "no_single_answer": "wrong",
    "does not": "wrong",
    "unclear": "unclear",
    "undecided": "unclear",
}
"""What a case's `right` says of its answer."""


class CaseError(AATuiError):
    """A file of answers cannot be used. One sentence, with file and line."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to be graded, its thinking taken off.

    `right` is what the line says that its outcome should be, None where it says nothing; `label` the same as a
    person's label, None where the two cannot be compared.
    """

    id: str
    pack: Pack
    item: Item
    text: str
    n_thinking_chars: int
    finish_reason: str = ""
    epoch: int = 1
    position: int = 0
    right: str | None = None
    label: Label | None = None


@dataclass(frozen=True, slots=True)
class PackAnswers:
    """The answers to a pack's items, the ids that are none of its items', and the items without an answer."""

    pack: Pack
    answers: tuple[Answer, ...]
    unknown: tuple[str, ...]
    not_answered: tuple[str, ...]


def pack_answers(pack: Pack, lines: Iterable[bytes], name: str) -> PackAnswers:
    """The answers in a file called `name`: each line has `id` (or `item_id`), `answer`, optionally `thinking` and
    `finish_reason`. An id that comes again is another attempt. Raises CaseError."""
    items = {item.id: item for item in pack.items}
    epochs: Counter[str] = Counter()
    answers: list[Answer] = []
    unknown: dict[str, None] = {}
    for number, fields in _objects(lines, name):
        try:
            item_id = _id(fields.get("id", fields.get("item_id")))
            item = items.get(item_id)
            is_talk = item is not None and talks.is_talk(pack, item)
            text, n_thinking_chars = _conversation(fields) if is_talk else _answer(fields)
        except BadLineError as error:
            raise CaseError(f"{name}:{number}: {error}") from None
        if item is None:
            unknown[item_id] = None
            continue
        epochs[item_id] += 1
        answers.append(
            Answer(
                item_id,
                pack,
                item,
                text,
                n_thinking_chars,
                finish_reason=str(fields.get("finish_reason", "")),
                epoch=epochs[item_id],
                position=len(answers),
            )
        )
    missing = tuple(item.id for item in pack.items if item.id not in epochs)
    return PackAnswers(pack, tuple(answers), tuple(unknown), missing)


def cases(grader: str | None, lines: Iterable[bytes], name: str) -> list[Answer]:
    """The single cases in a file called `name`, each with its `key` and `answer`.

    `grader` judges those that name none of their own. Raises CaseError.
    """
    found: list[Answer] = []
    for number, fields in _objects(lines, name):
        try:
            found.append(_case(grader, fields, number))
        except (BadLineError, RecursionError) as error:
            why = error if isinstance(error, BadLineError) else "it is nested too deep."
            raise CaseError(f"{name}:{number}: {why}") from None
    return found


def _objects(lines: Iterable[bytes], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    n_found = n_bytes = 0
    for number, line in enumerate(lines, 1):
        n_bytes += len(line)
        if number > MOST_LINES or n_bytes > MOST_BYTES:
            raise CaseError(f"{name}:{number}: it is longer than {MOST_LINES:,} lines or {MOST_BYTES:,} bytes.")
        bare = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if not bare.strip():
            continue
        n_found += 1
        try:
            yield number, object_of(bare)
        except BadLineError as error:
            raise CaseError(f"{name}:{number}: {error}") from None
    if not n_found:
        raise CaseError(f"{name}: there is no line in it.")


def _id(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    found = clean_line(value) if isinstance(value, str) else ""
    if not found:
        raise BadLineError("the id must be a text that is not empty.")
    if len(found) > LONGEST_ID:
        raise BadLineError(f"the id is longer than {LONGEST_ID} characters.")
    return found


def _answer(fields: Mapping[str, Any]) -> tuple[str, int]:
    """The text after the thinking, and how many characters were thought. A model that said nothing has null."""
    if "answer" not in fields:
        raise BadLineError("the answer is missing.")
    answer, thinking = ("" if one is None else one for one in (fields["answer"], fields.get("thinking")))
    if not isinstance(answer, str) or not isinstance(thinking, str):
        raise BadLineError("the answer and the thinking must be text.")
    inside, text = parted(answer)
    return text, len(thinking) + len(inside)


def _conversation(fields: Mapping[str, Any]) -> tuple[str, int]:
    """A conversation as its grader is given it, from its `turns` or from an `answer` that is all of it, and how many
    characters were thought. One that was cut short before its first turn's end has none, and is not graded."""
    told, answer = fields.get("turns"), fields.get("answer")
    try:
        if isinstance(told, list) and told:
            answer = exported(told)
        elif not answer and fields.get("finish_reason", "stop") != "stop":
            return "", 0
        if not isinstance(answer, str):
            raise ValueError("there is no text")
        found = turns_of(answer)
        return answer, sum(len(turn.said.thinking) for turn in found)
    except (ValueError, TypeError, RecursionError):
        raise BadLineError(
            "its item is a conversation: turns must be as `aa-tui runs export RUN --format jsonl` writes them."
        ) from None


def _case(grader: str | None, fields: dict[str, Any], number: int) -> Answer:
    grader = fields.get("grader") or grader
    if grader is None:
        raise BadLineError("it names no grader, and none was named by --grader.")
    if isinstance(grader, str):
        grader = grader.partition("/")[0]
    if grader not in GRADER_NAMES:
        raise BadLineError(f"there is no grader {grader!r}: there are {', '.join(GRADER_NAMES)}.")
    name = _id(fields.get("id", number))
    text, n_thinking_chars = _conversation(fields) if talks.grades_talks(grader) else _answer(fields)
    right = fields.get("right")
    if right is not None and not isinstance(right, str):
        raise BadLineError("right must be a text.")
    extra = _extra(grader, fields)
    key, options = fields.get("key"), _options(fields)
    if grader == "choice" and isinstance(key, list) and not options:
        # The options in the place of the key, and as what is right the letter; none says that no option was named.
        key, options = right if right is None or _is_letter(right) else 0, _options({"options": key})
    if key is None and grader not in ("code", "instructions", "tools"):
        raise BadLineError("the key is missing.")
    if grader == "choice" and options:
        key, extra["shuffle"] = _index(key, options), False
    prompt = fields.get("prompt") or extra.pop("prompt", None) or ""
    if not isinstance(prompt, str):
        raise BadLineError("the prompt must be a text.")
    item = Item(name, "cases", safe(prompt), _safe(key), None, options, MappingProxyType(_safe(extra)))
    label = _label(right, key, options) if grader == "choice" else _LABELS.get(right or "")
    return Answer(
        name,
        _pack(grader, fields),
        item,
        text,
        n_thinking_chars,
        finish_reason=str(fields.get("finish_reason", "")),
        right=None if right is None else clean_line(right),
        label=label,
    )


def _extra(grader: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What special graders need, from `kwargs`; for instructions the key names them and `kwargs` is their arguments."""
    given = fields.get("kwargs")
    if grader == "instructions" and not (isinstance(given, Mapping) and "instruction_id_list" in given):
        return _instructions(fields.get("key"), given)
    if given is not None and not isinstance(given, Mapping):
        raise BadLineError("kwargs must be an object.")
    extra = dict(given or {})
    extra |= {name: fields[name] for name in _COMPARED if fields.get(name) is not None}
    extra.pop("grader", None)
    return extra


def _instructions(key: Any, given: Any) -> dict[str, Any]:
    if isinstance(key, str):
        names, arguments = [key], given if isinstance(given, list) else [given]
    elif isinstance(key, list) and key and all(isinstance(name, str) for name in key):
        names, arguments = key, given if given is not None else [None] * len(key)
    else:
        raise BadLineError("the key must be an instruction's id, or a list of them.")
    if not isinstance(arguments, list) or len(arguments) != len(names):
        raise BadLineError("kwargs must be an object for one instruction, a list as long as the key for several.")
    if not all(one is None or isinstance(one, Mapping) for one in arguments):
        raise BadLineError("each of kwargs must be an object.")
    return {"instruction_id_list": list(names), "kwargs": [dict(one or {}) for one in arguments]}


def _options(fields: Mapping[str, Any]) -> tuple[str, ...]:
    value = fields.get("options")
    if value is None or value == []:
        return ()
    if not isinstance(value, list) or not 2 <= len(value) <= MOST_OPTIONS:
        raise BadLineError(f"the options must be a list of 2 to {MOST_OPTIONS} texts.")
    options = tuple(safe(one) if isinstance(one, str) else "" for one in value)
    if not all(option.strip() for option in options):
        raise BadLineError("every option must be a text that is not empty.")
    return options


def _index(key: Any, options: tuple[str, ...]) -> int:
    """Which option is the right one: by its letter, its index from 0, or its text. A letter comes first."""
    if isinstance(key, int) and not isinstance(key, bool) and 0 <= key < len(options):
        return key
    if isinstance(key, str):
        said = safe(key).strip()
        if len(said) == 1 and said.upper() in string.ascii_uppercase[: len(options)]:
            return string.ascii_uppercase.index(said.upper())
        fitting = [number for number, option in enumerate(options) if option.strip() == said]
        if len(fitting) == 1:
            return fitting[0]
    raise BadLineError("the key must be the letter, the index from 0 or the text of exactly one option.")


def _label(right: str | None, key: Any, options: tuple[str, ...]) -> Label | None:
    """The same for a choice, where `right` may be the letter that should be found."""
    if right is not None and _is_letter(right):
        letter = string.ascii_uppercase[key] if options else str(key).strip().upper()
        return "right" if right == letter else "wrong"
    return _LABELS.get(right or "")


def _is_letter(text: str) -> bool:
    return len(text) == 1 and text in string.ascii_uppercase


def _pack(grader: str, fields: Mapping[str, Any]) -> Pack:
    patterns = fields.get("patterns") or ()
    if not isinstance(patterns, list | tuple) or not all(isinstance(one, str) for one in patterns):
        raise BadLineError("patterns must be a list of texts.")
    return Pack(
        name="cases",
        version="1",
        license="",
        source="",
        description="",
        citation="",
        items=(),
        items_sha256="",
        graders=MappingProxyType({"*": grader}),
        template="{prompt}",
        extraction=Extraction(tuple(patterns)),
    )


def _safe(value: Any) -> Any:
    """All texts within a value of JSON without what a terminal would obey, as a pack's are."""
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, list):
        return [_safe(one) for one in value]
    if isinstance(value, Mapping):
        return {safe(cast("str", name)): _safe(one) for name, one in value.items()}
    return value
