"""Tries grammars: the program of the process that may die of them (`aa_tui.engine.grammars`).

Reads a JSON object a line (`gbnf`, with the schemas of its `parts`, or `schema`) and writes one a line: the grammar as
`gbnf`, or why it `fails`. Each is parsed by llama.cpp and walked at random over the bundled model's vocabulary, which
has every byte.
"""

from __future__ import annotations

import json
import random
import signal
import sys
from collections.abc import Mapping
from importlib.util import find_spec, module_from_spec
from typing import Any

from aa_tui.engine import native
from aa_tui.engine.errors import EngineError
from aa_tui.engine.gate import Gate
from aa_tui.engine.gbnf import named
from aa_tui.engine.grammars import LONGEST_GBNF_BYTES, MOST_RULES
from aa_tui.engine.vocabulary import Vocabulary, open_vocabulary
from aa_tui.gguf.bundled import bundled_model

MOST_CPU_S = 2.0
"""For one grammar."""

MOST_MEMORY_BYTES = 2 << 30
N_WALKS, N_STEPS = 2, 100

_LOOSE = {
    r'[^"\\]': r'[^"\\\x00-\x1F]',
    "[eE] [-+]? integral-part": "[eE] [-+]? [0-9]{1,2}",
    'space ::= " "?': r'space ::= (" " | "\n" [ \t]{0,20})?',
}
"""What the converter lets pass that no reader of JSON takes, and what it should: line ends in texts, numbers beyond
what a float holds; lines between values."""


def main() -> None:
    """Try what standard input asks for."""
    _limit()
    with open_vocabulary(bundled_model()) as words:
        for line in sys.stdin:
            _alarm(MOST_CPU_S)
            try:
                answer = _tried(json.loads(line), words)
            except (EngineError, MemoryError) as error:
                answer = {"fails": str(error) or "it takes too much memory"}
            sys.stdout.write(f"{json.dumps(answer)}\n")
            sys.stdout.flush()  # what came before a death has to be known


def _limit() -> None:
    """Bound this process's memory, where the system can."""
    try:
        import resource
    except ImportError:  # Windows: the parent's time limit is all there is
        return
    present = resource.getrlimit(resource.RLIMIT_DATA)[1]
    most = MOST_MEMORY_BYTES if present == resource.RLIM_INFINITY else min(MOST_MEMORY_BYTES, present)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _alarm(cpu_s: float) -> None:
    """End this process when it has computed for so long from now: within llama.cpp no exception comes through."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_VIRTUAL, cpu_s)


def _tried(asked: Mapping[str, Any], words: Vocabulary) -> dict[str, str]:
    gbnf = str(asked["gbnf"]) if "gbnf" in asked else _of_schema(asked["schema"])
    for name, schema in asked.get("parts", {}).items():
        gbnf += f"\n{named(str(name), _of_schema(schema))}\n"
    if len(gbnf.encode("utf-8", "replace")) > LONGEST_GBNF_BYTES:
        return {"fails": f"it becomes more than {LONGEST_GBNF_BYTES >> 10} KiB"}
    if gbnf.count("::=") > MOST_RULES:
        return {"fails": f"it has more than {MOST_RULES:,} rules"}
    for seed in range(N_WALKS):
        _walk(gbnf, words, random.Random(seed))
    return {"gbnf": gbnf}


def _of_schema(schema: Any) -> str:
    """The grammar of a JSON schema, by llama-cpp-python's converter without the package round it."""
    spec = find_spec("llama_cpp")
    if spec is not None and "llama_cpp" not in sys.modules:
        sys.modules["llama_cpp"] = module_from_spec(spec)  # found, but not run
    from llama_cpp.llama_grammar import json_schema_to_gbnf

    try:
        found = str(json_schema_to_gbnf(json.dumps(_by_type(schema))))
    except Exception as error:  # it asserts, looks up and recurses through whatever it is given
        raise EngineError(f"no grammar holds its JSON schema ({str(error)[:200] or type(error).__name__})") from error
    for loose, exact in _LOOSE.items():
        found = found.replace(loose, exact)
    return found


_SCHEMA_MAPS = frozenset({"properties", "$defs", "definitions"})
_SCHEMA_LISTS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_SCHEMAS = frozenset({"items", "additionalProperties"})
_SHARED = frozenset({"$defs", "definitions"})
"""Keywords that stay where they are: references name their place."""


def _by_type(schema: Any) -> Any:
    """A schema in which each list of types has become a choice of schemas: of one with several types the converter
    keeps nothing else, no value of an `enum`, no format and no item."""
    if isinstance(schema, list):
        return [_by_type(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {}
    for key, value in schema.items():
        if key in _SCHEMA_MAPS and isinstance(value, dict):
            found[key] = {name: _by_type(one) for name, one in value.items()}
        else:
            found[key] = _by_type(value) if key in _SCHEMA_LISTS or key in _SCHEMAS else value
    kinds = found.get("type")
    if not isinstance(kinds, list) or {"$ref", "anyOf", "oneOf"} & found.keys():
        return found
    rest = {key: value for key, value in found.items() if key != "type" and key not in _SHARED}
    if {"enum", "const"} & rest.keys():  # the values have their types
        return rest | {key: found[key] for key in _SHARED & found.keys()}
    return {"anyOf": [{**rest, "type": kind} for kind in kinds], **{key: found[key] for key in _SHARED & found.keys()}}


def _walk(gbnf: str, words: Vocabulary, source: random.Random) -> None:
    """Write something that the grammar allows. Raises EngineError where it allows nothing, or does not parse."""
    gate = Gate(native.library(), words, gbnf)
    try:
        for step in range(N_STEPS):
            every = gate.all_allowed()
            if not len(every):
                raise EngineError("it leads to where nothing may follow, not even the end")
            allowed = [token for token in every if not words.is_end(token)]
            if not allowed:
                if not step:
                    raise EngineError("it allows no text at all")
                return
            gate.accept(int(source.choice(allowed)))
    finally:
        gate.close()
