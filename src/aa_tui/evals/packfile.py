"""A pack's folder, read and checked: pack.toml and its items, one JSON object a line.

A pack may come from anybody. So nothing outside its folder is read, sizes are bounded, every text loses what a terminal
would obey, and whatever is wrong is told by file and line. Packs are data only: nothing in one is ever run here.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from aa_tui.evals.grading import GRADER_NAMES, Grading, judge
from aa_tui.evals.items import Extraction, Item, Pack, PackError
from aa_tui.evals.jsonlines import BadLineError, object_of
from aa_tui.evals.manifest import MAX_ITEMS, MAX_MANIFEST_BYTES, Manifest, Report, parse_manifest, safe
from aa_tui.outcomes import Outcome
from aa_tui.shellwords import quoted
from aa_tui.textsafe import clean_line

MANIFEST_NAME = "pack.toml"

MAX_ITEM_BYTES = 200_000
"""Bytes (UTF-8) of an item's prompt and choices together."""

MAX_ITEMS_BYTES = 128_000_000
"""Of the file of items, ten times the largest pack; read, it takes several times that."""

MAX_ENTRIES = 10_000
MAX_CHOICES = 26
MAX_LEVEL = 1_000
LONGEST_ID = 200

_PROBES = ("a", " ", "1", "\n", "a ", "A1, ", "-", "*")
_OWN_PROBES = 6
_PROBE_LENGTH = 10_000
_PROBE_S = 5.0
"""A pattern whose time grows with the square of a text takes 1 s for this; one that grows faster never ends."""

_KEYLESS = frozenset({"code", "instructions", "tools", "bfcl"})
"""Graders whose items have their key elsewhere (tests, goals), or need none: where no call is right."""


def read_pack(folder: Path) -> Pack:
    """The pack in a folder. Raises PackError with the first problem; `problems_of` tells them all."""
    report = Report()
    manifest = _read_manifest(folder, report)
    pack = None if manifest is None else _with_items(manifest, folder, report)
    if report.found or pack is None:
        raise PackError(_first(report))
    return pack


def read_manifest(folder: Path) -> Manifest:
    """The pack.toml of a folder, without reading items. Raises PackError."""
    report = Report()
    manifest = _read_manifest(folder, report)
    if report.found or manifest is None:
        raise PackError(_first(report))
    return manifest


def problems_of(folder: Path) -> list[str]:
    """What is wrong with the pack in a folder (the first hundred), as "FILE:LINE: sentence."; none if all is well.

    Beyond what `read_pack` refuses, every item's grader is asked whether it can use the item's key.
    """
    report = Report()
    manifest = _read_manifest(folder, report)
    if manifest is not None:
        _try_patterns(manifest.pack, folder / MANIFEST_NAME, report)
        _with_items(manifest, folder, report, asks_graders=True)
    return report.found


def _try_patterns(pack: Pack, path: Path, report: Report) -> None:
    """Report the first pattern that comes to no end on a dull text, as models that repeat themselves write it.

    It runs as in a run: in a process that is killed when it takes too long.
    """
    item = Item("probe", "probe", "probe", "probe", None, (), MappingProxyType({}))
    with Grading(1) as grading:
        for pattern in pack.extraction.patterns:
            one = replace(pack, extraction=Extraction((pattern,)), graders=MappingProxyType({"*": "exact"}))
            own = [char for char in dict.fromkeys(pattern) if char.isalnum()][:_OWN_PROBES]
            for unit in (*_PROBES, *own):
                text = (unit * _PROBE_LENGTH)[:_PROBE_LENGTH] + "§"
                verdict = grading.grade(one, item, text, timeout_s=_PROBE_S)
                if verdict.outcome == Outcome.ERROR:
                    on = f"{_PROBE_LENGTH:,} characters of {unit!r}"
                    why = f"fails on {on} ({verdict.detail}): let no repeat stand within another."
                    report.add(path, None, f"the pattern {pattern!r} {why}")
                    return


def _first(report: Report) -> str:
    more = len(report.found) - 1
    return report.found[0] + (f" And {more} more: `aa-tui packs check` lists them." if more > 0 else "")


def _read_manifest(folder: Path, report: Report) -> Manifest | None:
    path = folder / MANIFEST_NAME
    data = _content(path, folder, MAX_MANIFEST_BYTES, report)
    if data is None:
        return None
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        report.add(path, data.count(b"\n", 0, error.start) + 1, "it is not UTF-8.")
        return None
    manifest = parse_manifest(text, path, report)
    if manifest is not None:
        _refuse_links_out(folder, report)
    return manifest


def _content(path: Path, folder: Path, most_bytes: int, report: Report) -> bytes | None:
    """A regular file's bytes, if it lies inside the folder and is not too large."""
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(folder.resolve(strict=True)):
            report.add(path, None, "it is a link out of the pack's folder: put the file itself there.")
            return None
        # Non-blocking, since a pipe of that name would keep us waiting.
        descriptor = os.open(real, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                report.add(path, None, "it is no regular file.")
                return None
            # Python takes the memory that it is asked to fill at once: no more than the file can want.
            data = file.read(min(state.st_size, most_bytes) + 1)
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        report.add(path, None, f"it cannot be read ({reason}).")
        return None
    if len(data) > most_bytes:
        report.add(path, None, f"it is larger than {most_bytes:,} bytes.")
        return None
    return data


def _refuse_links_out(folder: Path, report: Report) -> None:
    root, seen = folder.resolve(), 0
    for place, folders, files in os.walk(root):
        for name in (*folders, *files):
            seen += 1
            path = Path(place, name)
            if path.is_symlink() and not _target(path).is_relative_to(root):
                report.add(path, None, "it is a link out of the pack's folder: put the file itself there.")
        if seen > MAX_ENTRIES:
            report.add(folder, None, f"more than {MAX_ENTRIES:,} files are in it: is it a pack's folder?")
            return


def _target(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a circle of links
        return Path(os.sep)


def _with_items(manifest: Manifest, folder: Path, report: Report, *, asks_graders: bool = False) -> Pack | None:
    pack = manifest.pack
    if manifest.items_file is None:
        report.add(
            folder / MANIFEST_NAME, None, f"its items are not here: `aa-tui packs pull {quoted(pack.name)}` gets them."
        )
        return None
    path = folder / manifest.items_file
    data = _content(path, folder, MAX_ITEMS_BYTES, report)
    if data is None:
        return None
    sha256 = hashlib.sha256(data).hexdigest()
    with Grading(1) as grading:
        file = _ItemsFile(pack, path, report, grading if asks_graders else None)
        items = file.read(data)
    if file.n_items != manifest.n_items:
        report.add(path, None, f"it has {file.n_items:,} items, but pack.toml says {manifest.n_items:,}.")
    if sha256 != pack.items_sha256:
        report.add(path, None, f"its sha256 is {sha256}, but pack.toml says {pack.items_sha256}: it was changed.")
    return replace(pack, items=tuple(items))


class _ItemsFile:
    """Reads the lines of a file of items."""

    def __init__(self, pack: Pack, path: Path, report: Report, grading: Grading | None) -> None:
        self._pack, self._path, self._report, self._grading = pack, path, report, grading
        self._line_of_id: dict[str, int] = {}
        self.n_items = 0

    def read(self, data: bytes) -> list[Item]:
        """The items of all lines that are right; the others are in the report."""
        items: list[Item] = []
        for number, line in enumerate(io.BytesIO(data.removeprefix(b"\xef\xbb\xbf")), 1):
            if not line.strip():
                continue
            self.n_items += 1
            if self.n_items > MAX_ITEMS:
                self._report.add(self._path, number, f"a pack may have {MAX_ITEMS:,} items.")
                break
            try:
                item = _item(object_of(line))
                self._check(item, number)
            except (BadLineError, RecursionError) as error:
                self._report.add(self._path, number, str(error) or "it is nested too deep.")
                continue
            items.append(item)
        return items

    def _check(self, item: Item, number: int) -> None:
        earlier = self._line_of_id.setdefault(item.id, number)
        if earlier != number:
            raise BadLineError(f"the id {item.id!r} is there already, in line {earlier}.")
        graders = self._pack.graders
        grader = item.extra.get("grader") or graders.get(item.category) or graders.get("*")
        if grader is None:
            raise BadLineError(f"the category {item.category!r} has no grader in pack.toml.")
        if grader not in GRADER_NAMES:
            raise BadLineError(f"there is no grader {grader!r}: there are {', '.join(GRADER_NAMES)}.")
        if grader not in _KEYLESS and item.answer in (None, "", [], {}):
            raise BadLineError("the answer is missing.")
        if self._grading is not None:
            # An empty answer is never an error of its own, and nothing of it can be run.
            verdict = judge(self._pack, item, "")
            if verdict.outcome == Outcome.ERROR:
                raise BadLineError(f"its grader cannot use it: {verdict.detail}")
            if grader == "code" and (fault := _fault_of_tests(item)):
                raise BadLineError(f"{fault}.")
            if grader == "structure":
                # In a process of its own: a pattern of the schema may come to no end.
                verdict = self._grading.grade(self._pack, item, str(item.answer), timeout_s=_PROBE_S)
                if verdict.outcome != Outcome.CORRECT:
                    raise BadLineError(f"its answer would not be right: {verdict.detail}.")


def _fault_of_tests(item: Item) -> str:
    from aa_tui.evals.graders.code import faults_of_tests

    return faults_of_tests(item)


def _item(fields: dict[str, Any]) -> Item:
    fields = dict(fields)
    name, category = _line(fields, "id"), _line(fields, "category")
    prompt = _prompt(fields)
    answer, level, choices = _cleaned(fields.pop("answer", None)), fields.pop("level", None), _choices(fields)
    if len(name) > LONGEST_ID:
        raise BadLineError(f"the id is longer than {LONGEST_ID} characters.")
    if level is not None and (isinstance(level, bool) or not isinstance(level, int) or not 1 <= level <= MAX_LEVEL):
        raise BadLineError(f"the level must be a whole number from 1 to {MAX_LEVEL:,}.")
    if sum(len(text.encode()) for text in (prompt, *choices)) > MAX_ITEM_BYTES:
        raise BadLineError(f"its prompt and choices are longer than {MAX_ITEM_BYTES:,} bytes together.")
    if choices:
        _check_key(answer, choices)
    extra = _cleaned(fields)
    return Item(name, category, prompt, answer, level, choices, MappingProxyType(extra))


def _line(fields: dict[str, Any], key: str) -> str:
    value = fields.pop(key, None)
    if value is None:
        raise BadLineError(f"the {key} is missing.")
    text = clean_line(value) if isinstance(value, str) else ""
    if not text:
        raise BadLineError(f"the {key} must be a text that is not empty.")
    return text


def _prompt(fields: dict[str, Any]) -> str:
    value = fields.pop("prompt", None)
    if value is None:
        raise BadLineError("the prompt is missing.")
    text = safe(value) if isinstance(value, str) else ""
    if not text.strip():
        raise BadLineError("the prompt must be a text that is not empty.")
    return text


def _choices(fields: dict[str, Any]) -> tuple[str, ...]:
    value = fields.pop("choices", None)
    if value is None or value == []:
        return ()
    if not isinstance(value, list) or not 2 <= len(value) <= MAX_CHOICES:
        raise BadLineError(f"the choices must be a list of 2 to {MAX_CHOICES} texts.")
    choices = tuple(safe(one) if isinstance(one, str) else "" for one in value)
    if not all(choice.strip() for choice in choices):
        raise BadLineError("every choice must be a text that is not empty.")
    return choices


def _check_key(answer: Any, choices: tuple[str, ...]) -> None:
    if isinstance(answer, str):
        if choices.count(answer) != 1:
            raise BadLineError("the answer must be the text of exactly one choice, or its index from 0.")
    elif answer is not None and (
        isinstance(answer, bool) or not isinstance(answer, int) or not 0 <= answer < len(choices)
    ):
        raise BadLineError(f"the answer must be a choice's text or its index, 0 to {len(choices) - 1}.")


def _cleaned(value: Any) -> Any:
    """All texts within a value of JSON made safe."""
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, list):
        return [_cleaned(one) for one in value]
    if isinstance(value, Mapping):
        return {safe(key): _cleaned(one) for key, one in value.items()}
    return value
