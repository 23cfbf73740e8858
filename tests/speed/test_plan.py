"""The speed pack as data, tests by name, and the context they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aa_tui.resources import data_folder
from aa_tui.speed.plan import (
    SpeedError,
    SpeedPack,
    Test,
    at_depths,
    load_pack,
    parse_test,
    required_context,
    select_tests,
    thread_sweep,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def pack() -> SpeedPack:
    return load_pack()


def test_the_bundled_pack_is_the_protocol(pack: SpeedPack) -> None:
    assert (pack.name, pack.license, pack.repetitions) == ("speed", "MIT", 5)
    assert pack.default == ("pp512", "tg128", "short")
    assert pack.tests == (
        Test("pp512", "pp", 512, 0, 5),
        Test("tg128", "tg", 0, 128, 5),
        Test("ttft512", "ttft", 512, 1, 5),
        Test("sustained", "sustained", 0, 128, 1, seconds=300),
        Test("short", "workload", 100, 300, 3),
        Test("medium", "workload", 1_000, 1_000, 3),
        Test("long", "workload", 10_000, 1_500, 3),
        Test("very-long", "workload", 100_000, 2_000, 3),
        Test("parallel", "parallel", 1_000, 1_000, 1, n_parallel=10),
        Test("load-sweep", "load", 1_000, 1_000, 1, n_parallel=64),
    )


def test_tests_by_name(pack: SpeedPack) -> None:
    assert parse_test("pp512", pack) == Test("pp512", "pp", 512, 0, 5)
    assert parse_test("TG64 ", pack) == Test("tg64", "tg", 0, 64, 5)
    assert parse_test("short", pack).n_ctx == 400
    deep = parse_test("tg128@d4096", pack)
    assert deep == Test("tg128@d4096", "tg", 0, 128, 5, 4096)
    assert deep.n_ctx == 4224
    assert parse_test("pp512@d16", pack) == Test("pp512@d16", "pp", 512, 0, 5, 16)
    assert parse_test("tg8@d16@t2", pack) == Test("tg8@d16@t2", "tg", 0, 8, 5, 16, 2)
    assert parse_test("ttft64@t3", pack) == Test("ttft64@t3", "ttft", 64, 1, 5, 0, 3)
    assert parse_test("sustained@60s", pack) == Test("sustained@60s", "sustained", 0, 128, 1, seconds=60)
    for name in (
        "ttft512@d4096",
        "sustained@0s",
        "tg8@t0",
        "tg8@t2@d16",
        "",
        "pp",
        "pp0",
        "pp-1",
        "pp0512",
        "tg12345678",
        "tg8@",
        "tg8@d0",
        "tg8@4",
        "pg512",
        "shorter",
        "evil\x1b[31m",
    ):
        with pytest.raises(SpeedError, match=r"There is no speed test .*pp512, tg128, ttft512") as caught:
            parse_test(name, pack)
        assert "\x1b" not in str(caught.value)


def test_select_tests(pack: SpeedPack) -> None:
    assert [test.name for test in select_tests(pack)] == ["pp512", "tg128", "short"]
    assert [test.name for test in select_tests(pack, ["tg8", "pp16", "tg8"])] == ["tg8", "pp16"]
    assert [test.repetitions for test in select_tests(pack, ["tg8", "short"], repetitions=2)] == [2, 2]
    for repetitions in (0, -1, 10_000):
        with pytest.raises(SpeedError, match="repetitions cannot be made"):
            select_tests(pack, repetitions=repetitions)


def test_depths(pack: SpeedPack) -> None:
    names = ["pp512", "tg128", "short", "tg8@d16", "ttft64", "tg4@t2"]
    assert at_depths(names, (0, 4096), 4200) == [
        *("pp512", "tg128", "short", "tg8@d16", "ttft64", "tg4@t2", "tg4@d4096@t2"),
    ]
    assert at_depths(["tg128"], (0, 4096), None) == ["tg128", "tg128@d4096"]
    assert at_depths(["tg128"], (4096,), 4096) == []


def test_thread_sweep_tries_powers_and_all_cores() -> None:
    assert thread_sweep(6, 12) == [1, 2, 4, 6, 8, 12]
    assert thread_sweep(1, 1) == [1]
    assert thread_sweep(2, 2) == [1, 2]


def test_sustained_keeps_its_one_repetition(pack: SpeedPack) -> None:
    assert [test.repetitions for test in select_tests(pack, ["sustained@10s", "tg8"], repetitions=7)] == [1, 7]


def test_required_context(pack: SpeedPack) -> None:
    tests = select_tests(pack, ["pp512", "tg128", "medium"])
    assert required_context(tests, 4096) == 2_000
    assert required_context(tests, 2_000) == 2_000
    assert required_context(tests, None) == 2_000
    with pytest.raises(SpeedError) as caught:
        required_context(select_tests(pack, ["short", "very-long"]), 4096)
    assert str(caught.value) == (
        "The test very-long needs a context of 102,000 tokens but the model was trained for 4,096: "
        "leave it out or choose a shorter one."
    )
    with pytest.raises(SpeedError, match="nothing to measure"):
        required_context([], 4096)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "pp512"', 'name = "fast"', "must be called ppN, tgN or ttftN"),
        ('name = "pp512"', 'name = "tg128"', "a name is used twice"),
        ("repetitions = 5", "repetitions = 0", "must be a whole number from 1 to 1,000, not 0"),
        ("repetitions = 5", "repetitions = true", "not True"),
        ("repetitions = 5", "repetition = 5", "lacks 'repetitions'"),
        ("input_tokens = 100\n", 'input_tokens = "100"\n', "not '100'"),
        ("output_tokens = 300", "output_tokens = 1", "must generate at least 2 tokens"),
        ('name = "short"', 'name = "Short one"', "a workload's name"),
        ('default = ["pp512", "tg128", "short"]', 'default = ["nothing"]', "default names no listed test"),
        ('default = ["pp512", "tg128", "short"]', "default = []", "it is empty"),
        ('license = "MIT"', "license = 1", "is wrong"),
        ("at_once = 10", "at_once = 255", "parallel.at_once must be a whole number from 1 to 254"),
        ('name = "sustained"', 'name = "heat"', "must be called sustained"),
        ("[llama_bench]", "llama_bench = 3\n[other]", "is wrong"),
        ("[llama_bench]", "[[llama_bench", "cannot be read"),
    ],
)
def test_a_wrong_pack_is_one_sentence(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = (data_folder("evals") / "speed" / "pack.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "pack.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SpeedError) as caught:
        load_pack(tmp_path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_pack_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SpeedError, match="cannot be read"):
        load_pack(tmp_path)
