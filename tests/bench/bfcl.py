"""Our grader of BFCL beside the benchmark's own, over all its items with calls that are right, and with changed ones.

Usage: python -m tests.bench.bfcl [FOLDER] [--limit N]
FOLDER holds the unpacked wheel of bfcl-eval (`pip download --no-deps bfcl-eval`, then `unzip`), where it is not
installed. Its checker is loaded alone: the package's other parts want many others. Prints the table of docs/bfcl.md.
"""

from __future__ import annotations

import argparse
import copy
import importlib
import importlib.util
import json
import sys
import types
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

from aa_tui.engine.calling import Call
from aa_tui.evals import packs
from aa_tui.evals.conversation.turns import Reply, Said, Turn, transcript
from aa_tui.evals.graders.bfcl import GRADER, language_of
from aa_tui.evals.items import Item, Outcome, Pack
from aa_tui.evals.public.conversions import items_of
from aa_tui.evals.public.records import read_records

MODEL = "plain"
Calls = list[dict[str, dict[str, Any]]]

WORDS = ("", "x", "True", "None", "0", "New York, NY", "2024-01-01", "[]", "{}", "null")


def reference(root: Path) -> tuple[Callable[..., Mapping[str, Any]], Any]:
    """The benchmark's checker and its names of languages. Its list of models, which asks for every service's client,
    is left out: names are taken as they are."""
    sys.path.insert(0, str(root))
    models = types.ModuleType("bfcl_eval.constants.model_config")
    models.MODEL_CONFIG_MAPPING = {MODEL: types.SimpleNamespace(underscore_to_dot=False)}  # type: ignore[attr-defined]
    sys.modules[models.__name__] = models
    checker = importlib.import_module("bfcl_eval.eval_checker.ast_eval.ast_checker")
    return checker.ast_checker, importlib.import_module("bfcl_eval.constants.enums").Language


def data(root: Path) -> list[Item]:
    """The items whose calls are compared, as pulling makes them, and not yet cleaned."""
    manifest = packs.public_manifest("bfcl")
    assert manifest.origin is not None
    sources = [one for pattern in manifest.origin.files for one in sorted((root / "bfcl_eval" / "data").glob(pattern))]
    records = [record for one in dict.fromkeys(sources) for record in read_records(one)]
    return [
        Item(one["id"], one["category"], one["prompt"], one["answer"], extra={"functions": one["functions"]})
        for one in items_of("bfcl", records)
        if "answer" in one
    ]


def right_calls(item: Item, source: Random) -> Calls:
    """Calls as they are accepted: each argument one of its values, left out where it may be."""
    found: Calls = []
    for accepted in item.answer:
        for name, arguments in accepted.items():
            given = {key: source.choice(values) for key, values in arguments.items() if values}
            given = {key: _plain(value) for key, value in given.items() if value != ""}
            found.append({name: given})
    return found


def _plain(value: Any) -> Any:
    """An accepted object has lists of values in its fields; a call has one of each."""
    if isinstance(value, dict):
        return {key: one[0] if isinstance(one, list) and one else one for key, one in value.items() if one != [""]}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value


def written(item: Item, calls: Calls) -> Calls:
    """The same as a model writes them: in Java and JavaScript values are texts of code."""
    language = language_of(item)
    if language == "python":
        return calls
    return [
        {name: {key: _code(value, language) for key, value in one.items()} for name, one in call.items()}
        for call in calls
    ]


def _code(value: Any, language: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list) and language == "java":
        return f"new Object[]{{{', '.join(map(str, value))}}}"
    if isinstance(value, dict) and language == "java":
        puts = " ".join(f'put("{key}", {json.dumps(one)});' for key, one in value.items())
        return f"new HashMap<String, Object>() {{{{ {puts} }}}}"
    return value if isinstance(value, str) else json.dumps(value)


def changes(item: Item, calls: Calls, source: Random) -> Iterator[tuple[str, Calls]]:
    """Calls that are nearly right, each with what was changed."""
    yield "as accepted", calls
    yield "none", []
    yield "one more", [*calls, copy.deepcopy(calls[-1])]
    yield "another order", calls[::-1]
    yield "one fewer", calls[:-1]
    for at, call in enumerate(calls):
        ((name, arguments),) = call.items()
        other = source.choice(item.extra["functions"])["name"]
        yield "another function", [*calls[:at], {other: arguments}, *calls[at + 1 :]]
        yield "no such function", [*calls[:at], {f"{name}_": arguments}, *calls[at + 1 :]]
        for what, changed in _of_arguments(arguments, source):
            yield what, [*calls[:at], {name: changed}, *calls[at + 1 :]]


def _of_arguments(arguments: dict[str, Any], source: Random) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "an argument more", {**arguments, "surplus": 1}
    for key, value in arguments.items():
        yield "an argument fewer", {one: other for one, other in arguments.items() if one != key}
        for what, changed in _of_value(value, source):
            yield what, {**arguments, key: changed}


def _of_value(value: Any, source: Random) -> Iterator[tuple[str, Any]]:
    yield "a word instead", source.choice(WORDS)
    yield "null", None
    yield "as text", value if isinstance(value, str) else json.dumps(value)
    yield "as list", [value]
    yield "empty list", []
    yield "empty object", {}
    yield "list of lists", [[value]]
    if isinstance(value, bool):
        yield "negated", not value
        yield "as number", int(value)
    elif isinstance(value, int):
        yield "as fraction", float(value)
        yield "next number", value + 1
        yield "negative", -value
        yield "as bool", bool(value)
    elif isinstance(value, float):
        yield "as whole", int(value)
        yield "near", value + 1e-9
        yield "next", value + 1
    elif isinstance(value, str):
        yield "upper", value.upper()
        yield "spaced", f" {value.replace(' ', '  ')} "
        yield "punctuated", value.replace(" ", "-").replace(",", ".") + "."
        yield "quoted", f"'{value}'"
        yield "double quoted", f'"{value}"'
        yield "longer", f"{value}!"
        yield "shorter", value[:-1]
        yield "with a line", f"{value}\n"
        for end in ("f", "L", "n", ".0", "e3"):
            yield f"with {end}", value + end
        yield "spaced commas", value.replace(",", " , ")
        yield "other brackets", value.replace("[", "{").replace("]", "}")
        yield "new Array", f"new Array({value})"
        yield "in a list", f"[{value}, {value}]"
        yield "Arrays.asList", f"new ArrayList<>(Arrays.asList({value}, {value}))"
    elif isinstance(value, list):
        yield "reversed", value[::-1]
        yield "shorter", value[:-1]
        yield "longer", value + value[-1:]
        yield "a list's texts", [str(one) for one in value]
        yield "upper", [one.upper() if isinstance(one, str) else one for one in value]
        yield "numbers as fractions", [float(one) if isinstance(one, int) else one for one in value]
        for at, one in enumerate(value[:3]):
            if isinstance(one, dict):
                for what, changed in _of_value(one, source):
                    yield f"within: {what}", [*value[:at], changed, *value[at + 1 :]]
    elif isinstance(value, dict):
        yield "a field more", {**value, "surplus": 1}
        for key, one in value.items():
            yield "a field fewer", {name: other for name, other in value.items() if name != key}
            yield "a field's text", {**value, key: str(one)}
            yield "a field's case", {**value, key: one.upper() if isinstance(one, str) else [one]}


def ours(item: Item, calls: Calls, pack: Pack) -> str:
    """Our verdict: right, wrong or error."""
    made = tuple(Call(name, json.dumps(one)) for call in calls for name, one in call.items())
    verdict = GRADER.grade(pack, item, transcript([Turn(Said(answer="", calls=made), Reply(made))]))
    return "right" if verdict.outcome == Outcome.CORRECT else "error" if verdict.outcome == Outcome.ERROR else "wrong"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--limit", type=int, default=0)
    options = parser.parse_args()
    root = options.folder
    if root is None:
        spec = importlib.util.find_spec("bfcl_eval")
        root = Path(spec.submodule_search_locations[0]).parent if spec and spec.submodule_search_locations else None
    if root is None or not (root / "bfcl_eval" / "eval_checker").is_dir():
        print("Skipped: bfcl-eval is neither installed nor in a folder that was named.")
        return 0
    try:
        checker, languages = reference(root)
    except ImportError as error:
        print(f"Skipped: the benchmark's checker cannot be loaded ({error}).")
        return 0
    pack = packs.public_manifest("bfcl").pack
    source, differences = Random(1), []
    table: defaultdict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    items = data(root)
    for item in items[: options.limit or None]:
        language = {"python": languages.PYTHON, "java": languages.JAVA, "javascript": languages.JAVASCRIPT}
        right = written(item, right_calls(item, source))
        for what, calls in changes(item, right, source):
            mine = ours(item, calls, pack)
            try:
                given = copy.deepcopy(calls)
                is_valid = checker(
                    item.extra["functions"], given, item.answer, language[language_of(item)], item.category, MODEL
                )["valid"]
                theirs = "right" if is_valid else "wrong"
            except Exception:  # noqa: BLE001  # whatever it breaks off with, it gives no verdict
                theirs = "fails"
            table[item.category][mine, theirs] += 1
            if theirs not in ("fails", mine):
                differences.append((item.id, what, mine, theirs, json.dumps(calls)[:300]))
    print("| category | compared | both right | both wrong | ours alone right | theirs alone right | theirs fails |")
    print("|---|---|---|---|---|---|---|")
    total: Counter[tuple[str, str]] = Counter()
    for category, found in [*sorted(table.items()), ("all", total)]:
        total.update(found if found is not total else {})
        n = sum(count for (_, theirs), count in found.items() if theirs != "fails")
        cells = [found["right", "right"], found["wrong", "wrong"], found["right", "wrong"], found["wrong", "right"]]
        fails = sum(count for (_, theirs), count in found.items() if theirs == "fails")
        print(f"| {category} | {n:,} | " + " | ".join(f"{one:,}" for one in (*cells, fails)) + " |")
    n = sum(count for (_, theirs), count in total.items() if theirs != "fails")
    print(f"\n{len(items):,} items; agreement {100 * (1 - len(differences) / n):.3f} % of {n:,}")
    print("where theirs fails, ours says", Counter(mine for mine, theirs in total.elements() if theirs == "fails"))
    for one in differences[:60]:
        print(*one)
    print(Counter(what for _, what, *_ in differences))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
