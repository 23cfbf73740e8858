"""What a model's calls are held to: a grammar of the functions on offer, in the format that its template teaches.

How a format's calls are written stands beside how they are read, in `engine/call_formats.toml`. Arguments in JSON are
held to the function's schema; texts in tags to nothing but that no tag is in them, and what Python writes to types,
choices and names of fields.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aa_tui.engine import gbnf
from aa_tui.engine.call_formats import Format, Written, formats
from aa_tui.engine.calling import Grammar, Tool
from aa_tui.engine.grammars import MOST_TRIGGERS
from aa_tui.evals.calls.pieces import ARGUMENTS, NAMES
from aa_tui.evals.calls.tagged import kinds_of_schema

_HOLES = re.compile(r"(\{\w+\}|\n)")
_RULES = r"""
NAME-whole ::= "-"? ("0" | [1-9] [0-9]{0,14})
NAME-number ::= NAME-whole ("." [0-9]{1,15})?
NAME-list ::= "[" (NAME-value (COMMA NAME-value)*)? "]"
NAME-fields ::= "{" (NAME-field (COMMA NAME-field)*)? "}"
NAME-value ::= NAME-text | NAME-number | NAME-yes | NAME-nothing | NAME-list | NAME-fields
"""
_KINDS = {
    "string": "text", "integer": "whole", "number": "number", "boolean": "yes", "null": "nothing", "array": "list",
    "object": "fields",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Spelling:
    """How values are written that are not JSON: `rules` are those that each spelling has of its own, `after_key` stands
    between an argument and its value, and `quote` is around texts and, in Python, around the names of fields."""

    name: str
    comma: str
    after_key: str
    quote: str
    own_rules: str

    def rules(self) -> str:
        return self.own_rules + _RULES.replace("NAME", self.name).replace("COMMA", gbnf.literal(self.comma))

    def choice(self, value: Any) -> str:
        """One of a schema's choices."""
        if self.name == "py":
            return gbnf.literal(repr(value))
        return gbnf.literal(f"{self.quote}{value}{self.quote}" if isinstance(value, str) else json.dumps(value))

    def key(self, key: str) -> str:
        """The name of a field."""
        return gbnf.literal(f"{key!r}: " if self.name == "py" else f"{key}:")


_PYTHON = _Spelling(
    "py",
    ", ",
    "=",
    "'",
    r"""
py-text ::= "'" ([^'\\\x00-\x1F] | "\\" ['"\\nrt])* "'" | "\"" ([^"\\\x00-\x1F] | "\\" ['"\\nrt])* "\""
py-yes ::= "True" | "False"
py-nothing ::= "None"
py-field ::= py-text ": " py-value
""",
)


def _braces(quote: str) -> _Spelling:
    """Texts between marks of their own, names of fields without any."""
    rules = rf"""
in-text ::= {gbnf.literal(quote)} in-inner {gbnf.literal(quote)}
in-yes ::= "true" | "false"
in-nothing ::= "null"
in-field ::= [A-Za-z_] [A-Za-z0-9_]{{0,40}} ":" in-value
{gbnf.without([quote], "in-inner")}"""
    return _Spelling("in", ",", ":", quote, rules)


_NOTHING = '""'
_MOST_DEPTH = 6
_FIXED = {"\n": '"\\n"?', "{line}": '"\\n"', "{index}": "[0-9]{1,3}", "{id}": "[A-Za-z0-9_-]{1,24}"}


def grammar_of(tools: Sequence[Tool], form: str) -> Grammar | None:
    """The grammar from where a call begins; what is said before it is free. None for a format that has none here, and
    where nothing but the functions' names shows that a call begins and there are too many of those."""
    found = formats().named("plain" if form == "json" else form)
    if not tools or found is None or found.written is None:
        return None
    made = _Made(found, found.written, tools).grammar()
    return made if len(made.triggers) <= MOST_TRIGGERS else None


@dataclass(slots=True)
class _Made:
    """A grammar in the making: its rules, and the JSON schemas of its parts."""

    form: Format
    written: Written
    tools: Sequence[Tool]
    rules: dict[str, str] = field(default_factory=dict)
    parts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    more: list[str] = field(default_factory=list)

    def grammar(self) -> Grammar:
        written = self.written
        # with the calls of one list or line nothing but another such follows; else one call follows another
        ways = [self._way(number, call) for number, call in enumerate(written.call)]
        between = f"({self._texts(written.between)})" if written.between else ""
        calls = f"({' | '.join(f'{way} ({between} {way})*' for way in ways)})"
        before, after = self._texts(written.before), self._texts(written.after)
        root = f"{before} {calls} {after} | {calls}" if written.before else calls
        rules = {"root": root, **self.rules}
        text = "\n".join(f"{name} ::= {rule}" for name, rule in rules.items())
        return Grammar("\n".join([text, *self.more]), triggers=self._triggers(), parts=self.parts)

    def _triggers(self) -> tuple[str, ...]:
        """What a call begins with."""
        begins = [_HOLES.split(text, maxsplit=1)[0] for text in (self.written.before, *self.written.call) if text]
        found: list[str] = []
        for one in begins:
            if one == "[":
                found += [f"[{tool.name}(" for tool in self.tools]
            else:
                found.append(one or f'{{"{self.written.keys[0]}"')
        return tuple(dict.fromkeys(found))

    def _way(self, number: int, call: str) -> str:
        """The rule of one way to write calls."""
        if "{name}" not in call:
            self.rules[f"way-{number}"] = self._texts(call)
            return f"way-{number}"
        each = [self._texts(call, tool, index) for index, tool in enumerate(self.tools)]
        self.rules[f"way-{number}"] = " | ".join(each)
        return f"way-{number}"

    def _texts(self, text: str, tool: Tool | None = None, index: int = 0) -> str:
        """A text with holes as a sequence."""
        return " ".join(self._filled(piece, tool, index) for piece in _HOLES.split(text) if piece)

    def _filled(self, piece: str, tool: Tool | None, index: int) -> str:
        if piece in _FIXED:
            return _FIXED[piece]
        if piece in ("{call}", "{calls}"):
            call = {"anyOf": [self._call(one) for one in self.tools]}
            several = {"type": "array", "items": call, "minItems": 1}
            return self._json(call if piece == "{call}" else several, piece[1:-1])
        if piece == "{python}":
            one = self._listed(_PYTHON, "(", ")")
            return f"{one} ({gbnf.literal(self.written.separator)} {one})*"
        if piece == "{braced}":
            return self._listed(_braces(self.form.quote), "{", "}")
        return gbnf.literal(piece) if tool is None else self._of_tool(piece, tool, index)

    def _of_tool(self, piece: str, tool: Tool, index: int) -> str:
        if piece == "{arguments}":
            return self._json(_arguments(tool), f"arguments-{index}")
        if piece == "{parameters}":
            return self._parameters(tool, index)
        return gbnf.literal(tool.name if piece == "{name}" else piece)

    def _call(self, tool: Tool) -> dict[str, Any]:
        if self.form.keyed:
            return _object({tool.name: _arguments(tool)}, [tool.name])
        properties = {key: self._field(key, tool) for key in self.written.keys}
        # what stands last may be left out: what may be left out stands last
        has_last = self.written.keys[-1] in ARGUMENTS
        return _object(properties, list(self.written.keys[: None if has_last else -1]))

    @staticmethod
    def _field(key: str, tool: Tool) -> dict[str, Any]:
        if key in ARGUMENTS:
            return _arguments(tool)
        return {"const": tool.name} if key in NAMES else {"type": "string", "minLength": 1, "maxLength": 40}

    # -- arguments in tags

    def _parameters(self, tool: Tool, index: int) -> str:
        found = []
        for number, (key, schema, is_required) in enumerate(_fields(tool.parameters)):
            rule = f"parameter-{index}-{number}"
            if rule not in self.rules:
                self.rules[rule] = self._parameter(key, schema, f"value-{index}-{number}")
            found.append(rule if is_required else f"{rule}?")
        return " ".join(found)

    def _parameter(self, key: str, schema: Mapping[str, Any], name: str) -> str:
        choices, kinds = schema.get("enum"), kinds_of_schema(schema)
        is_text = "string" in kinds or (not kinds and not isinstance(choices, list))
        kind = "string" if is_text else "number" if not kinds or "integer" in kinds else min(kinds)
        told = {"{key}": key, "{string}": str(is_text).lower(), "{type}": kind}
        pieces = [told.get(piece, piece) for piece in _HOLES.split(self.written.parameter) if piece]
        value = self._text(schema) if is_text else self._json(schema, name)
        return " ".join(value if one == "{value}" else self._filled(one, None, 0) for one in pieces)

    def _text(self, schema: Mapping[str, Any]) -> str:
        choices = schema.get("enum")
        if isinstance(choices, list) and choices and all(isinstance(one, str) for one in choices):
            return f"({' | '.join(gbnf.literal(one) for one in choices)})"
        tags = self.form.tags
        if tags is not None and not self.more:
            self.more.append(gbnf.without((tags.value_end, tags.call_end, tags.lead, *self.form.wrappers), "text"))
        return "text"

    def _json(self, schema: Mapping[str, Any], name: str) -> str:
        self.parts[name] = schema
        return name

    # -- values that are not JSON

    def _listed(self, spelling: _Spelling, before: str, after: str) -> str:
        """The rule of a call of any function, its arguments between two texts."""
        if spelling.rules() not in self.more:
            self.more.append(spelling.rules())
        self.rules["listed"] = " | ".join(
            f"{gbnf.literal(tool.name + before)} {_named(tool, spelling)} {gbnf.literal(after)}" for tool in self.tools
        )
        return "listed"


def _named(tool: Tool, spelling: _Spelling) -> str:
    """The arguments of a function with their names, those that have to be there first."""
    comma = gbnf.literal(spelling.comma)
    named = [
        (f"{gbnf.literal(key + spelling.after_key)} {_value(schema, spelling)}", needed)
        for key, schema, needed in _fields(tool.parameters)
    ]
    first = [one for one, needed in named if needed]
    rest = [one for one, needed in named if not needed]
    if first:
        return f" {comma} ".join(first) + "".join(f" ({comma} {one})?" for one in rest)
    # a comma stands before each but the first that is there
    ways = [" ".join([one, *(f"({comma} {later})?" for later in rest[at + 1 :])]) for at, one in enumerate(rest)]
    return f"({' | '.join([*ways, _NOTHING])})"


def _value(schema: Mapping[str, Any], spelling: _Spelling, depth: int = 0) -> str:
    choices = schema.get("enum")
    if isinstance(choices, list) and choices and all(isinstance(one, str | int | float | None) for one in choices):
        return f"({' | '.join(map(spelling.choice, choices))})"
    every = {kind: f"{spelling.name}-{rule}" for kind, rule in _KINDS.items()}
    items, fields = schema.get("items"), list(_fields(schema))
    comma = gbnf.literal(spelling.comma)
    if isinstance(items, Mapping) and depth < _MOST_DEPTH:
        one = _value(items, spelling, depth + 1)
        every["array"] = f'"[" ({one} ({comma} {one})*)? "]"'
    if fields and depth < _MOST_DEPTH:
        pairs = [f"{spelling.key(key)} {_value(inner, spelling, depth + 1)}" for key, inner, _ in fields]
        every["object"] = '"{" ' + f" {comma} ".join(pairs) + ' "}"'
    kinds = [every[kind] for kind in sorted(kinds_of_schema(schema)) if kind in every]
    return f"({' | '.join(kinds)})" if kinds else f"{spelling.name}-value"


def _fields(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    """The fields of an object, their schemas, and whether they have to be there."""
    properties, required = schema.get("properties"), schema.get("required", ())
    for key, inner in properties.items() if isinstance(properties, Mapping) else ():
        yield key, inner if isinstance(inner, Mapping) else {}, key in required


def _arguments(tool: Tool) -> dict[str, Any]:
    return {"type": "object", **tool.parameters}


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
