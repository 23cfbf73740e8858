"""The keys of the bundled packs in other usual notations, which are right, and near them what is wrong."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from aa_tui.evals.grading import judge
from aa_tui.evals.items import Item, Pack
from aa_tui.evals.packfile import read_pack
from aa_tui.resources import data_folder

PACKS = tuple(read_pack(data_folder("evals") / name) for name in ("local-index", "long-context"))
ASKED = [(pack, item) for pack in PACKS for item in pack.items if pack.grader_of(item) in ("exact", "numeric")]

ANY = ("{k}", "**{k}**", "`{k}`", "{k}.", "${k}$", "\\boxed{{{k}}}", "$\\boxed{{{k}}}$")
NUMBER = ("N = {k}", "{k}.0", "{k:,}", "${k}.0$", "exactly {k}", "({k})", "\\({k}\\)", "\\text{{{k}}}")
FRACTION = (
    "{a} / {b}",
    "\\frac{{{a}}}{{{b}}}",
    "$\\dfrac{{{a}}}{{{b}}}$",
    "$\\boxed{{\\frac{{{a}}}{{{b}}}}}$",
    "P = {a}/{b}",
    "{a}⁄{b}",
    "{a}÷{b}",
    "{a}/{b} ≈ {decimal}",
    "{a}/{b} (about {decimal})",
    "{a2}/{b2} = {a}/{b}",
)
NOT_THE_FRACTION = ("{b}/{a}", "{decimal}", "{a}", "{a2}/{b}", "1 - {a}/{b}", "-{a}/{b}", "{b} : {a}")
IN_BASE = ("{k}_{base}", "({k})_{base}", "$({k})_{base}$", "{k}{below}", "({k}){below}", "{k} (base {base})", "0{k}")
NOT_IN_BASE = ("{decimal}", "{decimal} (base 10)", "{k}0", "0x{k}", "-{k}")
WORD = ("the {k}", "The {k}.", "'{k}'", '"{k}"', "It is {k}", "\\text{{{k}}}", "$\\text{{{k}}}$", "\\({k}\\)")
NOT_THE_WORD = ("not {k}", "{k} or {other}", "{other} or {k}", "{k}x", "no {k}", "anything but {k}", "{other} / {k}")


def _told(forms: tuple[str, ...], **words: object) -> list[str]:
    return [form.format(**words) for form in forms]


def _of_chance(key: str) -> tuple[list[str], list[str]]:
    value = Fraction(key)
    a, b = value.numerator, value.denominator
    words = {"a": a, "b": b, "a2": 2 * a, "b2": 2 * b, "decimal": f"{float(value):.4f}"}
    return _told(FRACTION, **words), _told(NOT_THE_FRACTION, **words)


def _of_base(key: str, prompt: str) -> tuple[list[str], list[str]]:
    base = int(re.findall(r"base[ -](\d)", prompt)[-1])
    words = {"k": key, "base": base, "below": chr(ord("₀") + base), "decimal": int(key, base)}
    return _told(IN_BASE, **words), _told(NOT_IN_BASE, **words)


def _of_number(key: int) -> tuple[list[str], list[str]]:
    minus = [f"\u2212{-key}", f"minus {-key}"] if key < 0 else []
    near = [f"{key + 1}", f"{key}.5", f"{key} or {key + 1}", f"{key + 1}, not {key}", f"{key} + 1", f"0.{abs(key)}1"]
    return [*_told(NUMBER, k=key), *minus], near


def _readings(pack: Pack, item: Item) -> tuple[list[str], list[str]]:
    """What is right and what is wrong for an item, besides what its text asks for."""
    key, family = str(item.answer), item.extra["family"]
    if family == "chance":
        return _of_chance(key)
    if family == "bases":
        return _of_base(key, item.prompt)
    if pack.grader_of(item) == "numeric":
        return _of_number(int(key))
    if item.extra.get("compare") == "python":
        return [key.replace(" ", ""), f"L = {key}"], [key.replace("[", "[0, "), key[1:-1] + ", 0", f"not {key}"]
    if item.extra.get("compare") == "ignore_case":
        return [*_told(WORD, k=key), key.upper(), key.lower()], _told(NOT_THE_WORD, k=key, other="Zebra")
    return [f"T = {key}", f'"{key}"'], [f"{key}0", f"not {key}", f"{key[1:]}", f"{key} or {key}0"]


FAMILIES = sorted({str(item.extra["family"]) for _, item in ASKED})


@pytest.mark.parametrize("family", FAMILIES)
def test_a_key_may_be_written_otherwise_but_not_changed(family: str) -> None:
    for pack, item in ASKED:
        if item.extra["family"] != family:
            continue
        right, wrong = _readings(pack, item)
        for answer in (*_told(ANY, k=item.answer), *right):
            assert judge(pack, item, f"So:\n\nAnswer: {answer}").outcome == "correct", (item.id, answer)
        for answer in wrong:
            assert judge(pack, item, f"So:\n\nAnswer: {answer}").outcome != "correct", (item.id, answer)
