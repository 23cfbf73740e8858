"""An item as the fields of a single case, which `cases` reads: its key as it was shown, and what its grader needs."""

from __future__ import annotations

from typing import Any

from aa_tui.evals.items import Item, Pack
from aa_tui.evals.prompts import shuffled
from aa_tui.jsontext import dumps

_OF_THE_PACK = frozenset({"grader", "shuffle"})
"""What of an item's extra is of no use outside its pack."""


def as_case(pack: Pack, item: Item) -> dict[str, Any]:
    """`grader, prompt, key` and where there are some `options, kwargs, patterns`. A choice's options are in the order
    shown, its key is their letter. Raises PackError for a choice without a right one."""
    grader = pack.grader_of(item)
    extra = {name: value for name, value in item.extra.items() if name not in _OF_THE_PACK}
    fields: dict[str, Any] = {"grader": grader, "prompt": item.prompt, "key": item.answer}
    if grader == "instructions":
        names = list(extra.get("instruction_id_list", ()))
        fields |= {"key": names, "kwargs": list(extra.get("kwargs") or [{} for _ in names])}
    elif extra:
        fields["kwargs"] = extra
    if grader == "choice" and item.choices:
        options, fields["key"] = shuffled(pack, item)
        fields["options"] = list(options)
    if pack.extraction.patterns:
        fields["patterns"] = list(pack.extraction.patterns)
    return fields


def key_lines(pack: Pack, item: Item) -> list[str]:
    """An item's key for people, a line for each of its parts."""
    case = as_case(pack, item)
    grader, key, extra = case["grader"], case["key"], case.get("kwargs", {})
    if "options" in case:
        return [f"{key}. {case['options'][ord(key) - ord('A')]}"]
    if grader == "instructions":
        told = [{name: value for name, value in (one or {}).items() if value is not None} for one in extra]
        return [f"{name} {arguments or ''}".rstrip() for name, arguments in zip(key, told, strict=False)]
    if grader == "code":
        tests = extra.get("tests") or [text for text in (extra.get("test"),) if text]
        return [*map(str, tests), *(f"{one['input']!r} → {one['output']!r}" for one in extra.get("programs", ()))]
    if grader == "tools":
        calls = [call for step in extra.get("solution", ()) for call in step.get("calls", ())]
        lines = [f"{call['name']}({dumps(call['arguments'])})" for call in calls] or ["no call"]
        return lines if key is None else [*lines, str(key)]
    if isinstance(key, list | tuple):
        return [f"any of {', '.join(map(str, key))}"]
    return str(key).rstrip().split("\n") if grader == "structure" else [str(key)]


def key_in_short(pack: Pack, item: Item) -> str:
    """An item's key for a column of a list: the letter alone of a choice, how many tests or instructions there are."""
    case = as_case(pack, item)
    grader, key = case["grader"], case["key"]
    if grader in ("instructions", "code"):
        count = len(key_lines(pack, item))
        return f"{count} {'instructions' if grader == 'instructions' else 'tests'}".removesuffix("s" * (count == 1))
    if grader == "structure":
        return f"{case.get('kwargs', {}).get('format', '')} document".strip()
    if grader == "tools" and key is None:
        return "its world"
    if isinstance(key, list | tuple):
        return f"{key[0]}, …" if len(key) > 1 else "".join(map(str, key))
    return str(key)
