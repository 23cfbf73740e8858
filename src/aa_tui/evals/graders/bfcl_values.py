"""The types of BFCL's functions, and values that are written as Java or JavaScript.

A model writes such an argument as a piece of the program's text, `new int[]{1, 2}` or `3.5f`. It is read as the
benchmark's own converters do; what they do not take stays a text, which is then compared as one: the name of a
variable, say. The readers here are as shallow as theirs: a comma ends an element, wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

Language = Literal["python", "java", "javascript"]

PYTHON: Mapping[str, type] = {
    "string": str, "integer": int, "float": float, "boolean": bool, "array": list, "tuple": list, "dict": dict,
    "any": str,
}  # fmt: skip
JAVA: Mapping[str, type] = {
    "byte": int, "short": int, "integer": int, "float": float, "double": float, "long": int, "boolean": bool,
    "char": str, "Array": list, "ArrayList": list, "Set": set, "HashMap": dict, "Hashtable": dict, "Queue": list,
    "Stack": list, "String": str, "any": str,
}  # fmt: skip
JAVASCRIPT: Mapping[str, type] = {
    "String": str, "integer": int, "float": float, "Bigint": int, "Boolean": bool, "dict": dict, "array": list,
    "any": str,
}  # fmt: skip

_TYPES: Mapping[Language, Mapping[str, type]] = {"python": PYTHON, "java": JAVA, "javascript": JAVASCRIPT}
_LISTS = frozenset({"array", "tuple", "Array", "ArrayList"})
_TUPLES = frozenset({"Array", "ArrayList", "array"})

_WHOLE = re.compile(r"-?\d+")
_DECIMAL = re.compile(r"-?\d+(?:\.\d+)?")
_DOUBLE = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_FLOAT = re.compile(r"(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)[fF]")
_LONG = re.compile(r"(-?\d+)[lL]")
_BIGINT = re.compile(r"(-?\d+)n")

_MOST_DIGITS = 4_000
"""Python makes no number of more; such a text stays one."""

LONGEST_READ = 2_000
"""Characters of a list or map that are read: a longer one stays a text, which no item accepts."""

_AS_LIST = re.compile(r"new\s+ArrayList<\w*>\(Arrays\.asList\((.+?)\)\)")
_ADDING = re.compile(r"new\s+ArrayList<\w*>\(\)\s*\{\{\s*(.+?)\s*\}\}", re.DOTALL)
_ADD = re.compile(r"add\((.+?)\)")
_EMPTY_LIST = re.compile(r"new\s+ArrayList<\w*>\(\)")
_JAVA_ARRAY = re.compile(r"new\s+\w+\[\]\s*\{(.*?)\}")
_PUTTING = re.compile(r"new\s+HashMap<.*?>\s*\(\)\s*\{\s*\{?\s*(.*?)\s*\}?\s*\}", re.DOTALL)
_PUT = re.compile(r'put\("(.*?)",\s*(.*?)\)')
_EMPTY_MAP = re.compile(r"new\s+HashMap<.*?>\s*\(\)", re.DOTALL)

_INNER = re.compile(r"\[(.*?)\]")
_TABLE = re.compile(
    r"\[\s*\[.*?\]\s*(?:,\s*\[.*?\]\s*)*\]|new\s+Array\(\s*\[.*?\]\s*(?:,\s*\[.*?\]\s*)*\)",
)
_JS_ARRAY = re.compile(r"\[(.*?)\]|new\s+Array\((.*?)\)")
_JS_OBJECT = re.compile(r"\{(.*?)\}")
_PAIR = re.compile(r"([^:]+):\s*(.*?)(?:,\s*(?=[^,]+:)|$)")


def kind_of(declared: Mapping[str, Any], language: Language) -> tuple[type, type | None]:
    """The type of a parameter, and that of its elements where it is a list. Raises ValueError for an unknown one."""
    if declared.get("type") not in _LISTS:
        return _kind(declared, language), None
    items = declared.get("items")
    return _kind(declared, language), _kind(items if isinstance(items, Mapping) else {}, language)


def _kind(declared: Mapping[str, Any], language: Language) -> type:
    types = _TYPES[language]
    found = types.get(str(declared.get("type")))
    if found is None:
        raise ValueError(f"the type {declared.get('type')!r} is none of {', '.join(types)}")
    return found


def value_of(value: Any, declared: Mapping[str, Any], language: Language) -> Any:
    """An argument's value by its declared type; a text that does not say one stays a text."""
    name = str(declared["type"])
    if language == "python":
        return _float(value) if name == "float" and type(value) is int else value
    inner = str(declared["items"]["type"]) if name in _TUPLES else ""
    return _java(value, name, inner) if language == "java" else _javascript(value, name, inner)


def _float(value: int) -> float | int:
    try:
        return float(value)
    except OverflowError:
        return value


def _java(text: str, name: str, inner: str = "") -> Any:
    if len(text) > LONGEST_READ:
        return text
    read: Mapping[str, Callable[[], Any]] = {
        "byte": lambda: _whole(_WHOLE, text),
        "short": lambda: _whole(_WHOLE, text),
        "integer": lambda: _whole(_WHOLE, text),
        "long": lambda: _whole(_LONG, text),
        "float": lambda: _real(_FLOAT, text),
        "double": lambda: _real(_DOUBLE, text),
        "boolean": lambda: {"true": True, "false": False}.get(text, text),
        "Array": lambda: _java_array(text, inner),
        "ArrayList": lambda: _java_list(text, inner),
        "HashMap": lambda: _java_map(text),
    }
    return read[name]() if name in read else text


def _java_array(text: str, inner: str) -> Any:
    found = _JAVA_ARRAY.search(text)
    if found is None:
        return text
    return [_java_element(one.strip(), inner) for one in found[1].split(",") if one.strip()]


def _java_list(text: str, inner: str) -> Any:
    if found := _AS_LIST.search(text):
        elements = found[1].split(",")
    elif found := _ADDING.search(text):
        elements = _ADD.findall(found[1])
    else:
        return [] if _EMPTY_LIST.search(text) else text
    is_quoted = inner in ("char", "String")
    return [one.strip()[1:-1] if is_quoted else _java_element(one.strip(), inner) for one in elements]


def _java_element(text: str, inner: str) -> Any:
    return _java(text, inner) if inner else _java_literal(text)


def _java_map(text: str) -> Any:
    if found := _PUTTING.search(text):
        return {key: _java_literal(value.strip()) for key, value in _PUT.findall(found[1])}
    return {} if _EMPTY_MAP.search(text) else text


def _java_literal(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    if text.startswith('"') and text.endswith('"'):
        return text[1:-1]
    for form, read in ((_LONG, _whole), (_FLOAT, _real)):
        if form.fullmatch(text):
            return read(form, text)
    return _number(text)


def _javascript(text: str, name: str, inner: str = "") -> Any:
    if len(text) > LONGEST_READ:
        return text
    read: Mapping[str, Callable[[], Any]] = {
        "String": lambda: text[1:-1] if _is_quoted(text) else text,
        "integer": lambda: _whole(_WHOLE, text),
        "float": lambda: _real(_DECIMAL, text),
        "Bigint": lambda: _whole(_BIGINT, text),
        "Boolean": lambda: {"true": True, "false": False}.get(text, text),
        "array": lambda: _js_array(text.strip(), inner),
        "dict": lambda: _js_object(text.strip()),
    }
    return read[name]() if name in read else text


def _js_array(code: str, inner: str = "") -> Any:
    if table := _TABLE.match(code):
        rows = [row.strip().removeprefix("[") if not at else row for at, row in enumerate(_INNER.findall(table[0]))]
        return [[_js_literal(one) for one in row.strip().split(",")] for row in rows]
    found = _JS_ARRAY.match(code)
    if found is None:
        return code
    inside = (found[1] if found[1] is not None else found[2] or "").strip()
    elements = [one.strip() for one in inside.split(",")] if inside else []
    return [_javascript(one, inner) if inner else _js_literal(one) for one in elements]


def _js_object(code: str) -> Any:
    if code == "{}":
        return {}
    found = _JS_OBJECT.match(code)
    if found is None:
        return code
    return {key.strip().strip("'\""): _js_field(value.strip()) for key, value in _PAIR.findall(found[1])}


def _js_field(value: str) -> Any:
    if value.startswith("[") and value.endswith("]"):
        return _js_array(value)
    if value.startswith("{") and value.endswith("}"):
        return _js_object(value)
    return _js_literal(value.strip("'\""))


def _js_literal(text: str) -> Any:
    text = text.strip()
    if text in ("true", "false"):
        return text == "true"
    return text[1:-1] if _is_quoted(text) else _number(text)


def _is_quoted(text: str) -> bool:
    return (text.startswith('"') and text.endswith('"')) or (text.startswith("'") and text.endswith("'"))


def _whole(form: re.Pattern[str], text: str) -> int | str:
    found = form.fullmatch(text.removesuffix("\n"))
    return text if found is None or len(text) > _MOST_DIGITS else int(found[found.re.groups and 1])


def _real(form: re.Pattern[str], text: str) -> float | str:
    found = form.fullmatch(text.removesuffix("\n"))
    return text if found is None else float(found[found.re.groups and 1])


def _number(text: str) -> int | float | str:
    for read in (int, float):
        try:
            number: int | float = read(text)
        except ValueError:
            continue
        return number
    return text
