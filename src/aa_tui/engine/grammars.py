"""Whether answers can be held to a grammar, said before anything is run; JSON schemas become grammars there.

A grammar comes from a pack or a user: llama.cpp's parser and its walk through a grammar may abort the process or take
all its memory. So each is turned into GBNF, parsed and walked in a process of its own first (`grammar_trial`), and
only what came through it gets into ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from aa_tui.engine.calling import Grammar
from aa_tui.engine.errors import EngineError
from aa_tui.host import children
from aa_tui.textsafe import clean_line

LONGEST_SCHEMA_BYTES = 64 << 10
LONGEST_GBNF_BYTES = 256 << 10
"""Of a grammar as llama.cpp reads it; those of real schemas have some thousand."""

MOST_RULES = 2_000
MOST_TRIGGERS = 16
LONGEST_TRIGGER = 256

PATIENCE_S = 60.0
"""For a process that tries many; each grammar has bounds of its own there."""

LONGEST_ANSWER_BYTES = 64 << 20


def check_grammar(grammar: Grammar) -> str:
    """The grammar as GBNF. Raises EngineError, with one sentence, for one that answers cannot be held to."""
    return Grammars().gbnf(grammar)


class Grammars:
    """Grammars that have been tried, as GBNF: each once."""

    def __init__(self) -> None:
        self._tried: dict[str, dict[str, str]] = {}

    def gbnf(self, grammar: Grammar) -> str:
        """The grammar as GBNF. Raises EngineError for one that answers cannot be held to."""
        self._try_all([grammar])
        found = self._tried[_key(grammar)]
        if "gbnf" in found:
            return found["gbnf"]
        reason = clean_line(found["fails"])[:300]
        raise EngineError(f"Answers cannot be held to this grammar ({reason}): change it, or ask without one.")

    def check(self, grammars: Iterable[Grammar]) -> None:
        """Try many at once. Raises EngineError for the first that answers cannot be held to."""
        grammars = list(grammars)
        self._try_all(grammars)
        for grammar in grammars:
            self.gbnf(grammar)

    def _try_all(self, grammars: Sequence[Grammar]) -> None:
        waiting: dict[str, dict[str, object]] = {}
        for grammar in grammars:
            key = _key(grammar)
            if key in self._tried:
                continue
            fault = _fault(grammar)
            if fault:
                self._tried[key] = {"fails": fault}
            else:
                asked = {"gbnf": grammar.gbnf} if grammar.gbnf else {"schema": grammar.schema}
                waiting[key] = {**asked, "parts": dict(grammar.parts)}
        while waiting:
            answers = _tried(list(waiting.values()))
            for key, answer in zip(list(waiting), answers, strict=False):
                self._tried[key] = answer
                del waiting[key]


def _key(grammar: Grammar) -> str:
    return json.dumps([grammar.gbnf, grammar.schema, grammar.triggers, dict(grammar.parts)], default=str)


def _fault(grammar: Grammar) -> str:
    """What is wrong with a grammar at first sight, empty for nothing."""
    if bool(grammar.gbnf) == (grammar.schema is not None):
        return "it has to be either a grammar or a JSON schema"
    if len(grammar.gbnf.encode("utf-8", "replace")) > LONGEST_GBNF_BYTES:
        return f"it has more than {LONGEST_GBNF_BYTES >> 10} KiB"
    if grammar.schema is not None or grammar.parts:
        try:
            text = json.dumps([grammar.schema, dict(grammar.parts)])
        except (TypeError, ValueError, RecursionError):
            return "its JSON schema is not JSON"
        if len(text) > LONGEST_SCHEMA_BYTES:
            return f"its JSON schema has more than {LONGEST_SCHEMA_BYTES >> 10} KiB"
    if len(grammar.triggers) > MOST_TRIGGERS or any(not 0 < len(one) <= LONGEST_TRIGGER for one in grammar.triggers):
        return f"it may begin at {MOST_TRIGGERS} texts of {LONGEST_TRIGGER} characters at most"
    return ""


def _tried(asked: list[dict[str, object]]) -> list[dict[str, str]]:
    """What became of the first of those, one at least: a process that died says what came before."""
    command = children.python("aa_tui.engine.grammar_trial")
    # no device is needed, and some reserve address space without end
    env = children.environment(more={"CUDA_VISIBLE_DEVICES": "", "HIP_VISIBLE_DEVICES": ""})
    given = "".join(f"{json.dumps(one)}\n" for one in asked).encode("ascii")
    try:
        done = children.run(command, given=given, timeout_s=PATIENCE_S, most_bytes=LONGEST_ANSWER_BYTES, env=env)
    except children.ChildError:
        if len(asked) > 1:
            return _tried(asked[: len(asked) // 2])
        return [{"fails": "it takes too much time or memory"}]
    except OSError as error:
        raise EngineError(
            f"A grammar cannot be tried ({clean_line(str(error))}): close other programs, or raise the limits that "
            "`ulimit -a` shows."
        ) from error
    answers: list[dict[str, str]] = []
    for line in done.said.splitlines():
        try:
            answers.append({str(key): str(value) for key, value in json.loads(line).items()})
        except ValueError:  # it died amidst it
            break
    if done.code < 0:
        return [*answers, {"fails": "it takes too much time or memory, or llama.cpp gives up over it"}][: len(asked)]
    if not answers:
        raise EngineError(f"A grammar cannot be tried ({clean_line(done.last_line)[:200] or 'no reason given'}).")
    return answers
