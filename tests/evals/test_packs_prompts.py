"""What an item becomes when it is asked, and that any first part of a pack's order is a fair sample."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aa_tui.evals.items import Item, Pack, PackError
from aa_tui.evals.packfile import read_pack
from aa_tui.evals.plain import EXAMPLES_CHARS, N_EXAMPLES, plain
from aa_tui.evals.prompts import messages, order, shuffled, subset
from aa_tui.resources import data_folder


def pack_of(*items: Item, **fields: Any) -> Pack:
    given = {
        "name": "mine",
        "version": "1",
        "license": "MIT",
        "source": "",
        "description": "",
        "citation": "",
        "items": items,
        "items_sha256": "",
        "graders": {"*": "choice"},
        "template": "Q: {prompt}",
        **fields,
    }
    return Pack(**given)


PLANETS = Item("p1", "sky", "Which is largest?", 2, choices=("Mars", "Venus", "Jupiter", "Mercury"))
SHOWN = ("Jupiter", "Venus", "Mars", "Mercury")


def test_choices_are_shuffled_the_same_way_everywhere_and_always() -> None:
    # By the sha256 of mine, 1, p1 and the index, with NUL between; another rule would change what old runs asked.
    assert shuffled(pack_of(PLANETS), PLANETS) == (SHOWN, "A")
    (message,) = messages(pack_of(PLANETS, template="Q: {prompt}\n{choices}\nEnd."), PLANETS)
    lines = "\n".join(f"{letter}. {text}" for letter, text in zip("ABCD", SHOWN, strict=True))
    assert (message.role, message.content) == ("user", f"Q: Which is largest?\n{lines}\nEnd.")
    assert messages(pack_of(PLANETS), PLANETS)[0].content == f"Q: Which is largest?\n\n{lines}"


def test_every_place_of_the_right_choice_is_about_as_likely() -> None:
    pack = pack_of()
    items = [Item(f"i{number}", "c", "p", 0, choices=("a", "b", "c", "d")) for number in range(2000)]
    letters = Counter(shuffled(pack, item)[1] for item in items)
    # 500 each; 5 standard deviations of a binomial count are 97
    assert all(abs(letters[letter] - 500) < 97 for letter in "ABCD")


def test_choices_that_speak_of_each_other_keep_their_order() -> None:
    item = Item("i", "c", "p", "all of the above", choices=("a", "b", "all of the above"), extra={"shuffle": False})
    assert shuffled(pack_of(), item) == (("a", "b", "all of the above"), "C")


def test_a_key_that_is_no_choice() -> None:
    with pytest.raises(PackError, match="none of its choices"):
        shuffled(pack_of(), Item("i", "c", "p", "z", choices=("a", "b")))
    with pytest.raises(PackError, match="has no choices"):
        shuffled(pack_of(), Item("i", "c", "p", "z"))


def test_braces_in_texts_mean_nothing() -> None:
    item = Item("i", "c", "f({choices}) {0} {prompt}", "x")
    found = messages(pack_of(system="Be brief.", template="{a} {prompt} %s"), item)
    assert [(one.role, one.content) for one in found] == [
        ("system", "Be brief."),
        ("user", "{a} f({choices}) {0} {prompt} %s"),
    ]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{prompt}\n\n{choices}\n\nEnd.", "p\n\nEnd."),
        ("{prompt}\n\n{choices}", "p"),
        ("{prompt}\n{choices}\nEnd.", "p\nEnd."),
    ],
)
def test_an_item_without_choices_leaves_no_hole(template: str, text: str) -> None:
    assert messages(pack_of(template=template), Item("i", "c", "p", "x"))[0].content == text


def test_any_first_part_of_nano_is_a_fair_sample() -> None:
    pack = read_pack(data_folder("evals") / "nano")
    for seed in range(3):
        items = order(pack, seed)
        assert sorted(item.id for item in items) == sorted(item.id for item in pack.items)
        for n in range(1, len(items) + 1):
            categories = Counter(item.category for item in items[:n])
            assert max(categories.values()) - min(categories.get(one, 0) for one in pack.graders) <= 1
        levels = Counter((item.category, item.level) for item in items[:140])  # 20 of 40 of each: 6, 7, 7
        assert all(abs(count - {1: 6, 2: 7, 3: 7}[level or 0]) <= 1 for (_, level), count in levels.items())


def test_the_order_depends_on_the_seed_and_on_nothing_else() -> None:
    pack = read_pack(data_folder("evals") / "nano")
    turned = pack_of(*reversed(pack.items), name=pack.name)
    assert order(pack, 1) == order(turned, 1)
    assert order(pack, 1) != order(pack, 2)
    assert subset(pack, 60, 1) == order(pack, 1)[:60]
    assert subset(pack, 999, 1) == order(pack, 1)


@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=8), seed=st.integers(0, 99))
def test_no_category_runs_ahead_in_any_first_part(sizes: list[int], seed: int) -> None:
    items = [Item(f"{group}-{n}", str(group), "p", "x") for group, size in enumerate(sizes) for n in range(size)]
    found = order(pack_of(*items), seed)
    for n in range(1, len(found) + 1):
        counts = Counter(item.category for item in found[:n])
        for group, size in enumerate(sizes):
            share = size / len(items)
            assert abs(counts[str(group)] - n * share) <= 1 + len(sizes) * share


def test_over_seeds_every_item_comes_first_as_often() -> None:
    """A small category is neither favoured nor put off: over 4,000 seeds each of the 10 items leads about 400 times."""
    items = [Item(f"a{n}", "large", "p", "x") for n in range(9)] + [Item("b", "small", "p", "x")]
    first = Counter(order(pack_of(*items), seed)[0].id for seed in range(4000))
    assert all(abs(first[item.id] - 400) < 5 * (4000 * 0.1 * 0.9) ** 0.5 for item in items)


def sums(count: int) -> list[Item]:
    return [Item(f"s{number}", "sums", f"{number} + 1?", str(number + 1)) for number in range(count)]


def test_a_plain_prompt_shows_other_items_of_the_kind_and_then_asks() -> None:
    items = [*sums(9), PLANETS, Item("c1", "code", "Write f.", None)]
    pack = pack_of(*items, graders={"*": "numeric", "sky": "choice", "code": "code"}, template="Say N.\n\n{prompt}")
    found = dict(zip((item.id for item in items), plain(pack, items), strict=True))
    for item in sums(9):
        text = found[item.id].text
        assert text.endswith(f"Question: {item.prompt}\nAnswer:")
        assert text.count(f"Question: {item.prompt}") == 1  # never its own example
        assert text.count("Question: ") == N_EXAMPLES + 1
        assert text.count("Say N.") == 0  # what the template tells an assistant
    letters = "\n".join(f"{letter}. {text}" for letter, text in zip("ABCD", SHOWN, strict=True))
    assert found["p1"].text == f"Question: Which is largest?\n\n{letters}\nAnswer:"  # no other of its kind
    assert found["c1"].text == "Question: Write f.\nAnswer:"
    assert "\n\n" in found["s1"].stop
    assert found["c1"].stop == ("\nQuestion:",)  # code has empty lines


def test_examples_of_a_plain_prompt_are_bounded() -> None:
    items = [Item(f"s{number}", "sums", "word " * 300, "1") for number in range(5)]
    pack = pack_of(*items, graders={"*": "numeric"})
    assert all(len(one.text) <= EXAMPLES_CHARS + 1_600 for one in plain(pack, items))
