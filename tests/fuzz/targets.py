"""What reads text from strangers, each as a function of bytes that must never raise: for a fuzzer and for its seeds."""

from __future__ import annotations

import io
import json
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import Any

from tests.support.packs import pack_with

from aa_tui.engine.rendering import render
from aa_tui.evals.cases import CaseError, cases, pack_answers
from aa_tui.evals.grading import grader
from aa_tui.evals.items import Item, PackError
from aa_tui.evals.jsonlines import BadLineError, object_of
from aa_tui.evals.outputs import parted
from aa_tui.evals.packfile import read_pack
from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.fit import Plan, memory_of, weights_by_size
from aa_tui.gguf.header import read_source
from aa_tui.gguf.inspection import Inspection
from aa_tui.gguf.shape import shape_of
from aa_tui.outcomes import OUTCOMES
from aa_tui.speed.errors import SpeedError
from aa_tui.speed.llama_bench import parse
from aa_tui.textsafe import has_controls

LONGEST_SENTENCE = 600
"""Characters of a message: a file's content never fills a screen."""

TEMPLATE_S = 2
"""Seconds of a template: in the process that renders one a limit on processor time ends it."""


def header(data: bytes) -> None:
    """A GGUF's header, all that is computed from it, and its JSON."""
    try:
        found = read_source(io.BytesIO(data), len(data), "m.gguf", with_special_tokens=True)
    except GGUFError as error:
        _check_sentence(error)
        return
    shape = shape_of(found)
    plain = Inspection(("m.gguf",), len(data), found, shape).to_dict()
    for value in _texts({**plain, "chat_template": None}):
        assert not has_controls(value), value
    json.dumps(plain)
    memory_of(weights_by_size(len(data), found.quant, frozenset({"Q4_0"}), shape), shape, Plan(4096))


def pack(data: bytes) -> None:
    """A pack's folder: pack.toml, in which SHA256 stands for that of the items, a line with %% alone, its items."""
    manifest, _, items = data.partition(b"\n%%\n")
    manifest = manifest.replace(b"SHA256", sha256(items).hexdigest().encode())
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "pack.toml").write_bytes(manifest)
        (folder / "items.jsonl").write_bytes(items)
        try:
            found = read_pack(folder)
        except PackError as error:
            _check_sentence(error)
            return
        for item in found.items:
            assert not has_controls(item.id)


def lines(data: bytes) -> None:
    """JSON lines: one object, answers of others, tests of llama-bench."""
    whole = data.split(b"\n")
    with suppress(BadLineError):
        object_of(whole[0])
    item = Item("i1", "any", "What?", "42")
    some = pack_with("exact")
    for read in (lambda: cases("exact", whole, "a.jsonl"), lambda: pack_answers(_with(some, item), whole, "a.jsonl")):
        try:
            read()
        except CaseError as error:
            _check_sentence(error)
    try:
        parse(data)
    except SpeedError as error:
        _check_sentence(error)


def template(data: bytes) -> None:
    """A model's chat template, rendered as in the process that does nothing else."""
    turns = [{"role": role, "content": f"\ue000{role}\ue001"} for role in ("system", "user", "assistant", "user")]
    with _time_limit(TEMPLATE_S):
        found = render(data.decode("utf-8", "replace"), turns, {"bos_token": "<s>", "eos_token": "</s>"})
    assert set(found) <= {"text", "invalid", "fails"}
    json.dumps(found).encode()


_KEYS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("choice", 0, ("Paris", "London", "Berlin", "Rome")),
    ("choice", 2, ("10", "12", "100", "1,000")),
    ("numeric", "42", ()),
    ("numeric", "-1234.5", ()),
    ("exact", "Friday", ()),
    ("exact", "[1, 2, 3]", ()),
    ("exact", "14:30", ()),
    ("contains", "whale", ()),
    ("math", "\\frac{\\pi}{2}", ()),
    ("math", "(2, 3]", ()),
    ("math", "x^2 + 1", ()),
    ("math", "12", ()),
)


def answer(data: bytes) -> None:
    """A model's output: thinking told apart, and graded. The first byte says by which grader."""
    if not data:
        return
    name, key, choices = _KEYS[data[0] % len(_KEYS)]
    _, text = parted(data[1:].decode("utf-8", "replace"))
    item = Item("i1", "any", "What?", key, choices=choices)
    verdict = grader(name).grade(pack_with(name), item, text)
    assert verdict.outcome in OUTCOMES, verdict
    assert verdict.outcome != "error", verdict
    json.dumps([verdict.outcome, verdict.extracted, verdict.detail])


TARGETS: dict[str, Callable[[bytes], None]] = {
    "header": header,
    "pack": pack,
    "lines": lines,
    "template": template,
    "answer": answer,
}


def _with(some: Any, item: Item) -> Any:
    return replace(some, items=(item,))


def _check_sentence(error: Exception) -> None:
    said = str(error)
    assert said, type(error)
    assert len(said) <= LONGEST_SENTENCE, said
    assert not has_controls(said), said


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _texts(key)
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    def end(_number: int, _frame: FrameType | None) -> None:
        raise MemoryError

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
