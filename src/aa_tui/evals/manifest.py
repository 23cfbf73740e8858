"""pack.toml, format 1, read against a strict schema: every problem with its line, nothing guessed.

A manifest describes a pack: how its items are asked and graded. Those of public benchmarks have an `[origin]` instead
of `[items]`: where the data is to be had, and which conversion makes items of it. Pulling adds `[items]` and a
`[pulled]` table that says what was really taken.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aa_tui.engine.settings import GREEDY, SamplerSettings
from aa_tui.evals.grading import GRADER_NAMES
from aa_tui.evals.items import Extraction, Pack
from aa_tui.evals.jsonlines import LONGEST_SENTENCE
from aa_tui.textsafe import clean, clean_line

FORMAT = 1
"""The newest format of pack.toml that this program reads."""

MAX_MANIFEST_BYTES = 1_000_000
MAX_ITEMS = 200_000
MAX_OUTPUT_TOKENS = 1_000_000
LONGEST_PATTERN = 2_000
MOST_PATTERNS = 20
MOST_PROBLEMS = 100

_LONGEST_HEAD = 200  # characters of a line that are looked at for a key

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_PACKAGE = re.compile(r"[a-z_][a-z0-9_]*(?:/[A-Za-z0-9_-]+)*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_HEADER = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_AT_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)")
_SAMPLER_LIMITS = {
    "temperature": (0.0, 10.0),
    "top_p": (0.0, 1.0),
    "min_p": (0.0, 1.0),
    "repeat_penalty": (0.0, 10.0),
}


def safe(text: str) -> str:
    """A text without what a terminal would obey; tabs stay, since code may need them, old page breaks become lines."""
    text = text.replace("\x0b", "\n").replace("\x0c", "\n")
    return "\t".join(map(clean, text.split("\t")))


class Report:
    """The problems of one pack, each as one sentence behind its file and line."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, path: Path, line: int | None, sentence: str) -> None:
        """Note a problem; beyond `MOST_PROBLEMS` they are dropped."""
        if len(self.found) < MOST_PROBLEMS:
            place = clean_line(str(path)) + ("" if line is None else f":{line}")
            said = clean_line(sentence)
            self.found.append(
                f"{place}: {said if len(said) <= LONGEST_SENTENCE else said[: LONGEST_SENTENCE - 1] + '…'}"
            )


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a public benchmark's data is to be had.

    `repo` is a dataset on the Hub, `revision` a commit or a branch, `files` are names or patterns such as
    `main/test-*.parquet`. `conversion` names what makes items of them, `n_items` is how many the whole set has.
    `is_gated`: the Hub asks to accept terms first. Some data is not fetched from there but comes with a Python package,
    in its folder `package`, such as "bfcl_eval/data".
    """

    repo: str
    revision: str
    files: tuple[str, ...]
    conversion: str
    n_items: int | None
    is_gated: bool
    package: str = ""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pulled pack was made of: the Hub's repository and commit, empty for local files, and each file's
    name with its sha256."""

    repo: str
    commit: str
    files: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A pack.toml. `pack` has no items yet; `items_file` and `n_items` are None where no data is here."""

    pack: Pack
    items_file: str | None
    n_items: int | None
    origin: Origin | None
    pulled: Pulled | None


def parse_manifest(text: str, path: Path, report: Report) -> Manifest | None:
    """The manifest in a text; None, with the problems in `report`, where there are any."""
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        at = _AT_LINE.search(str(error))
        report.add(path, int(at[1]) if at else None, f"it is not TOML ({_AT_LINE.sub('', str(error))}).")
        return None
    before = len(report.found)
    top = _Fields(data, "", _Lines(text), path, report)
    version = top.integer("format", 1, 1 << 31)
    if version is not None and version > FORMAT:
        top.wrong("format", f"the pack is of format {version} and needs a newer aa-tui; this one reads {FORMAT}.")
        return None
    manifest = _manifest(top, path)
    top.end()
    return manifest if len(report.found) == before else None


def _manifest(top: _Fields, path: Path) -> Manifest:
    name = top.line("name")
    if name and not _NAME.fullmatch(name):
        top.wrong("name", "the name may have small letters, digits, dots, hyphens and underscores, 64 at most.")
    origin, pulled = _origin(top), _pulled(top)
    file, count, sha256 = _items(top, is_needed=origin is None)
    template, system = _prompt(top)
    sampler, max_output_tokens, stop = _sampling(top)
    pack = Pack(
        name=name,
        version=top.line("version"),
        license=top.line("license"),
        source=top.line("source"),
        description=top.line("description"),
        citation=top.text("citation", default=""),
        items=(),
        items_sha256=sha256,
        graders=_graders(top),
        template=template,
        system=system,
        extraction=Extraction(_patterns(top)),
        sampler=sampler,
        max_output_tokens=max_output_tokens,
        stop=stop,
        folder=path.parent,
        private_items=top.flag("private_items"),
    )
    return Manifest(pack, file, count, origin, pulled)


def _items(top: _Fields, *, is_needed: bool) -> tuple[str | None, int | None, str]:
    table = top.table("items", is_needed=is_needed)
    if table is None:
        return None, None, ""
    file, count, sha256 = table.text("file"), table.integer("count", 1, MAX_ITEMS), table.text("sha256")
    if file and (Path(file).is_absolute() or ".." in Path(file).parts or "\\" in file or "\0" in file):
        table.wrong("file", "the items' file must lie inside the pack's folder.")
    if sha256 and not _SHA256.fullmatch(sha256):
        table.wrong("sha256", "the sha256 must be 64 hexadecimal digits in small letters.")
    table.end()
    return file, count, sha256


def _prompt(top: _Fields) -> tuple[str, str]:
    table = top.table("prompt")
    if table is None:
        return "", ""
    template, system = table.text("template"), table.text("system", default="")
    if template and "{prompt}" not in template:
        table.wrong("template", "the template has no {prompt} in it.")
    table.end()
    return template, system


def _patterns(top: _Fields) -> tuple[str, ...]:
    table = top.table("answer", is_needed=False)
    if table is None:
        return ()
    patterns = table.texts("patterns")
    if len(patterns) > MOST_PATTERNS:
        table.wrong("patterns", f"there are {len(patterns):,} patterns: {MOST_PATTERNS} at most.")
        return ()
    for pattern in patterns:
        try:
            compiled = re.compile(pattern) if len(pattern) <= LONGEST_PATTERN else None
        except (re.error, OverflowError, RecursionError) as error:
            table.wrong("patterns", f"the pattern {pattern!r} is not a regular expression: {error}.")
            continue
        if compiled is None:
            table.wrong("patterns", f"a pattern is longer than {LONGEST_PATTERN:,} characters.")
        elif not compiled.groups:
            table.wrong("patterns", f"the pattern {pattern!r} has no group: put what is the answer in parentheses.")
    table.end()
    return patterns


def _graders(top: _Fields) -> Mapping[str, str]:
    table = top.table("graders")
    if table is None:
        return {}
    graders = {clean_line(category): table.line(category) for category in table.names()}
    for category, grader in graders.items():
        if grader and grader not in GRADER_NAMES:
            table.wrong(category, f"there is no grader {grader!r}: there are {', '.join(GRADER_NAMES)}.")
    if not graders:
        table.wrong("", 'it names no grader: "*" = "exact" would be one for all categories.')
    return graders


def _sampling(top: _Fields) -> tuple[SamplerSettings | None, int, tuple[str, ...]]:
    table = top.table("sampling")
    if table is None:
        return None, 0, ()
    preset = table.line("preset", default="")
    own = [key for key in (*_SAMPLER_LIMITS, "top_k") if table.has(key)]
    if preset and preset not in ("card", "greedy"):
        table.wrong("preset", f'the preset {preset!r} is neither "card" (as the model\'s makers advise) nor "greedy".')
    if preset and own:
        table.wrong(own[0], f"{own[0]} cannot be set beside a preset.")
    if not preset and "temperature" not in own:
        table.wrong("", 'it needs a preset ("card" or "greedy") or a temperature.')
    numbers: dict[str, Any] = {
        key: table.number(key, *limits) for key, limits in _SAMPLER_LIMITS.items() if table.has(key)
    }
    top_k = table.integer("top_k", 0, 1 << 31, default=0)
    sampler = None
    if preset == "greedy":
        sampler = GREEDY
    elif not preset:
        sampler = SamplerSettings(**numbers, top_k=top_k or 0)
    tokens = table.integer("max_output_tokens", 1, MAX_OUTPUT_TOKENS)
    stop = table.texts("stop")
    table.end()
    return sampler, tokens or 0, stop


def _origin(top: _Fields) -> Origin | None:
    table = top.table("origin", is_needed=False)
    if table is None:
        return None
    package = table.line("package", default="")
    if package and not _PACKAGE.fullmatch(package):
        table.wrong("package", "the package must be a name and folders within it, such as set/data.")
    needed = "" if package else None
    origin = Origin(
        repo=table.line("repo", default=needed),
        revision=table.line("revision", default=needed),
        files=table.texts("files", is_needed=True),
        conversion=table.line("conversion"),
        n_items=table.integer("n_items", 1, MAX_ITEMS) if table.has("n_items") else None,
        is_gated=table.flag("is_gated"),
        package=package,
    )
    table.end()
    return origin


def _pulled(top: _Fields) -> Pulled | None:
    table = top.table("pulled", is_needed=False)
    if table is None:
        return None
    names, hashes = table.texts("files", is_needed=True), table.texts("sha256", is_needed=True)
    if len(names) != len(hashes):
        table.wrong("sha256", "there must be one sha256 for each file.")
    pulled = Pulled(
        table.line("repo", default=""),
        table.line("commit", default=""),
        tuple(zip(map(clean_line, names), map(clean_line, hashes), strict=False)),
    )
    table.end()
    return pulled


class _Lines:
    """Where in a text of TOML a key is set: for messages, so a table inside a text may mislead it."""

    def __init__(self, text: str) -> None:
        self._lines = [line[:_LONGEST_HEAD] for line in text.splitlines()]

    def of(self, table: str, key: str) -> int:
        """The line that sets the key; else that of its table's head; else the first."""
        current, head = "", 1
        sets = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=""")
        for number, line in enumerate(self._lines, 1):
            header = _HEADER.match(line)
            if header and "=" not in line:
                current = header[1]
                head = number if current == table else head
            elif key and current == table and sets.match(line):
                return number
        return head


class _Fields:
    """One table: takes its fields by name and kind, notes what is missing, wrong or left over."""

    def __init__(self, data: Mapping[str, Any], name: str, lines: _Lines, path: Path, report: Report) -> None:
        self._data, self._name, self._lines, self._path, self._report = data, name, lines, path, report
        self._taken: set[str] = set()

    def names(self) -> list[str]:
        """What the table sets."""
        return list(self._data)

    def has(self, key: str) -> bool:
        """Whether the table sets it."""
        return key in self._data

    def wrong(self, key: str, sentence: str) -> None:
        """Note a problem at a key."""
        label = f"[{self._name}] " if self._name else ""
        self._report.add(self._path, self._lines.of(self._name, key), label + sentence)

    def text(self, key: str, default: str | None = None) -> str:
        """A text of any number of lines, without what a terminal would obey."""
        value = self._take(key, str, "a text", default)
        if default is None and value is not None and not value.strip():
            self.wrong(key, f"{key} is empty.")
        return "" if value is None else safe(value)

    def line(self, key: str, default: str | None = None) -> str:
        """A text as one line."""
        return clean_line(self.text(key, default))

    def texts(self, key: str, *, is_needed: bool = False) -> tuple[str, ...]:
        """A list of texts, none of them empty."""
        value = self._take(key, list, "a list of texts", None if is_needed else [])
        if value is None:
            return ()
        if not all(isinstance(one, str) and one for one in value) or (is_needed and not value):
            self.wrong(key, f"{key} must be a list of texts that are not empty.")
            return ()
        return tuple(value)

    def integer(self, key: str, low: int, high: int, default: int | None = None) -> int | None:
        """A whole number within limits."""
        value = self._take(key, int, "a whole number", default)
        if value is not None and not low <= value <= high:
            self.wrong(key, f"{key} must be from {low:,} to {high:,}.")
            return None
        return int(value) if value is not None else None

    def number(self, key: str, low: float, high: float) -> float:
        """A number within limits."""
        value = self._take(key, (int, float), "a number", None)
        if value is None or low <= value <= high:
            return float(value or 0.0)
        self.wrong(key, f"{key} must be from {low:g} to {high:g}.")
        return 0.0

    def flag(self, key: str) -> bool:
        """True or false; false when left out."""
        return bool(self._take(key, bool, "true or false", default=False))

    def table(self, key: str, *, is_needed: bool = True) -> _Fields | None:
        """A table below the top."""
        if key not in self._data and not is_needed:
            return None
        value = self._take(key, dict, "a table", None)
        return None if value is None else _Fields(value, key, self._lines, self._path, self._report)

    def end(self) -> None:
        """Note the fields that nobody asked for."""
        for key in self._data:
            if key not in self._taken:
                self.wrong(key, f"there is no field {clean_line(key)!r} in this format.")

    def _take(self, key: str, kind: type | tuple[type, ...], words: str, default: Any) -> Any:
        self._taken.add(key)
        if key not in self._data:
            if default is None:
                self.wrong("", f"{key} is missing.")
            return default
        value = self._data[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.wrong(key, f"{clean_line(key)} must be {words}.")
            return None
        return value
