"""The formats of calls as data (`call_formats.toml`), and which of them a chat template teaches. How they are read is
the business of `aa_tui.evals.calls`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

GENERIC = "generic"
"""The form of models whose template teaches none that is known: any format counts."""


@dataclass(frozen=True, slots=True)
class Tags:
    """How a call looks whose arguments stand in tags. `call` has the group name, perhaps id; `parameter` has key,
    perhaps string or type, which say whether its value is JSON. `begun` is a call's beginning, well written or not.
    Between `whole` and `whole_end` all arguments stand as one JSON object, between `raw` and `raw_end` a value as it
    is. `on_lines`: values stand on lines of their own. `lead` is the text that an argument's tag begins with."""

    call: re.Pattern[str]
    begun: re.Pattern[str]
    parameter: re.Pattern[str]
    value_end: str
    call_end: str
    whole: re.Pattern[str] | None = None
    whole_end: str = ""
    raw: str = ""
    raw_end: str = ""
    on_lines: bool = False
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """How models write their calls in a format, for those that are to be held to it: texts with holes in braces.

    `call` are the ways to write one call, or with the holes `calls`, `python` and `braced` more; `before` and `after`
    stand around all, `separator` parts those that Python writes. `parameter` is an argument in tags. `keys` are those
    of a call in JSON, in order; one for its id may be the last, and be left out. Line ends in these texts may be left
    out; where one has to be there, `line` stands for it.
    """

    call: tuple[str, ...]
    before: str = ""
    after: str = ""
    between: str = "\n"
    separator: str = ", "
    parameter: str = ""
    keys: tuple[str, ...] = ("name", "arguments")


@dataclass(frozen=True, slots=True)
class Format:
    """One way of writing calls. `grammar` is the module that reads it.

    `openings` begin a call or a list of calls, `closings` end it, `wrappers` stand around several; `borrowed` are
    openings that are another format's, and count where this one is taught. `head` is what stands before the arguments
    and `separators` what parts it, empty where a call is JSON wholly. `keyed`: a call is {name: arguments}. `quote` is
    around texts, `languages` are those of fenced blocks. `without_marks`: a whole answer may be calls without the
    marks.
    """

    name: str
    grammar: str
    signs: tuple[tuple[str, ...], ...] = ()
    used_by: tuple[str, ...] = ()
    openings: tuple[str, ...] = ()
    closings: tuple[str, ...] = ()
    wrappers: tuple[str, ...] = ()
    borrowed: tuple[str, ...] = ()
    head: str = ""
    separators: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    quote: str = ""
    keyed: bool = False
    at_line_start: bool = False
    without_marks: bool = False
    left_out: bool = False
    tags: Tags | None = None
    written: Written | None = None

    def is_taught_by(self, template: str) -> bool:
        """Whether one group of its signs stands in a chat template."""
        return any(all(sign in template for sign in group) for group in self.signs)

    @property
    def around_python(self) -> tuple[str, str] | None:
        """What stands around calls as Python writes them, where templates leave these out."""
        if not self.left_out or self.written is None:
            return None
        before, _, after = self.written.call[0].partition("{python}")
        return before, after

    def taught(self) -> Format:
        """The format as its own models write it: with what it borrows."""
        return replace(self, openings=(*self.openings, *self.borrowed), borrowed=())


@dataclass(frozen=True, slots=True)
class Formats:
    """All formats, in the order in which they are looked for."""

    version: int
    all: tuple[Format, ...]

    def named(self, name: str) -> Format | None:
        """The format of a name, None for one that is not known: a generic one."""
        return next((one for one in self.all if one.name == name), None)

    def recognise(self, template: str) -> str:
        """The name of the format that a chat template teaches; `GENERIC` where it is none of these."""
        return next((one.name for one in self.all if one.is_taught_by(template)), GENERIC)


@cache
def formats() -> Formats:
    """The formats that ship with the program."""
    text = resources.files("aa_tui.engine").joinpath("call_formats.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    return Formats(int(data["version"]), tuple(_format(one) for one in data["formats"]))


_TEXTS = ("openings", "borrowed", "closings", "wrappers", "separators", "languages", "used_by")
_ENDS = ("value_end", "call_end", "whole_end", "raw", "raw_end", "on_lines")
_PATTERNS = ("call", "begun", "parameter", "whole")


def _format(data: dict[str, Any]) -> Format:
    fields = dict(data)
    fields["signs"] = tuple(tuple(group) for group in fields["signs"])
    fields |= {key: tuple(fields[key]) for key in _TEXTS if key in fields}
    if "call" in fields:
        tags: dict[str, Any] = {key: re.compile(fields.pop(key)) for key in _PATTERNS if key in fields}
        tags |= {key: fields.pop(key) for key in _ENDS if key in fields}
        tags["lead"] = re.split(r"\\|\(", data["parameter"].replace(r"\|", "|"), maxsplit=1)[0]
        fields["tags"] = Tags(**tags)
    if "written" in fields:
        written: dict[str, Any] = fields["written"]
        written |= {key: tuple(one) for key, one in written.items() if isinstance(one, list)}
        fields["written"] = Written(**written)
    return Format(**fields)
