"""Distributions kept and compared: by hand where the vocabulary has four tokens, and with the bundled model."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.support import tiny

from aa_tui.engine.divergence.blocks import Block, blocks_of, spread
from aa_tui.engine.divergence.comparing import Reference, compare
from aa_tui.engine.divergence.decoding import Decoder
from aa_tui.engine.divergence.rows import KeptRow, RowDistance, Spread, distance, keep
from aa_tui.engine.divergence.store import Store, shape_of
from aa_tui.engine.divergence.whole import WholeStore, whole_bytes
from aa_tui.engine.errors import EngineError
from aa_tui.engine.llama import EngineSettings, open_model
from aa_tui.gguf.bundled import bundled_model

P, Q = (0.5, 0.3, 0.15, 0.05), (0.25, 0.45, 0.2, 0.1)
EXACT = sum(p * log(p / q) for p, q in zip(P, Q, strict=True))
SETTINGS = EngineSettings(n_ctx=64, n_threads=1)
TEXT = "One day a fox met a bear at the river, and both of them wanted the same fish. " * 8


def logits_of(shares: tuple[float, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Logits of these probabilities, at a level of no meaning."""
    return np.asarray([log(share) + 7.0 for share in shares], np.float32)


def kept_of(shares: tuple[float, ...], most: int, seed: int = 1, next_token: int = 2) -> KeptRow:
    held = Spread(len(shares))
    held.take(logits_of(shares))
    return keep(held, next_token, most, np.random.default_rng(seed))


def compared(kept: KeptRow, shares: tuple[float, ...], next_token: int = 2) -> RowDistance:
    held = Spread(len(shares))
    held.take(logits_of(shares))
    return distance(kept, held, next_token)


def test_a_whole_distribution_by_hand() -> None:
    kept = kept_of(P, 4)
    assert kept.ids.tolist() == [0, 1, 2, 3]
    assert kept.tail_mass == 0.0
    found = compared(kept, Q)
    assert found.kld == pytest.approx(EXACT, rel=1e-5)
    assert found.kld_least == found.kld
    assert (found.tail, found.tail_variance) == (0.0, 0.0)
    assert not found.same_top
    assert found.top_dp == pytest.approx(0.25 - 0.5, abs=1e-6)
    assert found.next_dp == pytest.approx(0.2 - 0.15, abs=1e-6)
    assert (exp(found.next_log_p), exp(found.next_log_q)) == pytest.approx((0.15, 0.2))


def test_a_tail_is_kept_as_mass_and_sample() -> None:
    kept = kept_of(P, 2)
    assert kept.ids.tolist() == [0, 1]
    assert kept.tail_mass == pytest.approx(0.2)
    assert set(kept.tail_ids.tolist()) <= {2, 3}
    found = compared(kept, Q)
    top = 0.5 * log(0.5 / 0.25) + 0.3 * log(0.3 / 0.45)
    assert found.kld_least == pytest.approx(top + 0.2 * log(0.2 / 0.3), rel=1e-5)
    assert found.kld_least < EXACT, "lumping the tail can only lose"
    share = kept.tail_ids.tolist().count(2) / len(kept.tail_ids)
    third, fourth = ((q / 0.3) / (p / 0.2) for p, q in ((0.15, 0.2), (0.05, 0.1)))
    mean = share * (third - 1 - log(third)) + (1 - share) * (fourth - 1 - log(fourth))
    assert found.tail == pytest.approx(0.2 * mean, rel=1e-5)
    assert found.kld - found.kld_least == pytest.approx(found.tail)
    assert found.tail > 0.0, "no sample takes the divergence below what the masses tell"


def test_the_sample_of_the_tail_is_right_on_average_and_says_how_sure_it_is() -> None:
    found = [compared(kept_of(P, 1, seed), Q) for seed in range(400)]
    klds = np.asarray([one.kld for one in found])
    stated = sum(one.tail_variance for one in found) / len(found)
    assert klds.var(ddof=1) == pytest.approx(stated, rel=0.3)
    assert klds.mean() == pytest.approx(EXACT, abs=4 * (stated / 400) ** 0.5)


def test_the_same_distribution_is_no_distance_away_whatever_is_kept() -> None:
    for most in (1, 2, 4):
        found = compared(kept_of(P, most), P)
        assert (found.kld, found.kld_least, found.top_dp, found.next_dp) == (0.0, 0.0, 0.0, 0.0)
        assert found.same_top


def test_no_chance_at_all_is_an_infinite_divergence() -> None:
    held = Spread(4)
    held.take(np.asarray([0.0, -np.inf, 0.0, 0.0], np.float32))
    with pytest.raises(EngineError, match="infinite"):
        distance(kept_of(P, 4), held, 2)


def test_a_text_is_cut_as_llama_perplexity_cuts_it() -> None:
    cut = blocks_of(range(100, 125), 8, 1)
    assert [block.tokens for block in cut] == [
        (1, *range(101, 108)),
        (1, *range(109, 116)),
        (1, *range(117, 124)),
    ]
    assert [(block.first, block.n_scored) for block in cut] == [(4, 3)] * 3
    assert blocks_of(range(7), 8, None) == []
    assert blocks_of(range(8), 8, None)[0].tokens == tuple(range(8))


def test_any_beginning_of_a_text_has_its_share_of_each_kind() -> None:
    def some(kind: str, count: int) -> list[Block]:
        return [Block((0, 1, number), 0, kind) for number in range(count)]

    found = [block.kind for block in spread({"prose": some("prose", 8), "code": some("code", 4)})]
    assert found.count("prose") == 8
    assert [found[:count].count("code") for count in (3, 6, 9, 12)] == [1, 2, 3, 4]


def test_what_is_kept_of_a_text_takes_a_hundred_megabytes_at_most() -> None:
    for n_scored, n_vocab in ((5_355, 166_144), (12_000, 262_144), (12_000, 49_152), (5_355, 358)):
        shape = shape_of(n_scored, n_vocab)
        assert shape.most <= n_vocab
        assert n_scored * (sum(shape) * (6 if n_vocab <= 1 << 16 else 8) + 32) <= 100_000_000
    assert shape_of(5_355, 166_144) == (1024, 256)
    assert shape_of(1_000_000, 166_144) == (64, 32), "of a very long text a row still tells something"


def blocks(path: Path) -> list[Block]:
    with open_model(path, SETTINGS) as engine:
        return blocks_of(engine.tokenize(TEXT), 64, engine.bos)[:3]


@pytest.fixture(scope="module")
def nano_blocks() -> list[Block]:
    return blocks(bundled_model())


def test_a_file_is_no_distance_from_itself_and_some_from_another(nano_blocks: list[Block]) -> None:
    eight, four = bundled_model(), bundled_model().with_name("aa-nano-Q4_0.gguf")
    with open_model(eight, SETTINGS) as engine:
        reference = Reference.of(engine, nano_blocks)
        same = [one.facts() for one in compare(engine, reference)]
    with open_model(four, SETTINGS) as engine:
        other = list(compare(engine, reference))
    assert [facts["sum_kld"] for facts in same] == [0.0, 0.0, 0.0]
    assert [facts["n_same_top"] for facts in same] == [31, 31, 31]
    assert all(facts["sum_nll"] == facts["sum_reference_nll"] > 0 for facts in same)
    klds = [row.kld for one in other for row in one.rows]
    assert 0.001 < sum(klds) / len(klds) < 1.0
    assert all(row.kld > row.kld_least - 0.01 for one in other for row in one.rows)


def test_what_is_kept_is_what_llama_cpp_computes(nano_blocks: list[Block]) -> None:
    """Against the plain softmax of the logits that a token by token decode gives."""
    block = nano_blocks[0]
    with open_model(bundled_model(), SETTINGS) as engine:
        rows = Reference.of(engine, [block]).rows(0)
        engine.clear()
        for place, token in enumerate(block.tokens[:-1]):
            engine.step(token)
            if place < block.first:
                continue
            logits = np.asarray(engine._logits.row(-1), np.float64)
            shares = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
            row = rows[place - block.first]
            assert np.exp(row.log_p) == pytest.approx(shares[row.ids], rel=0.02, abs=1e-4)
            assert row.tail_mass + float(np.exp(row.log_p).sum()) == pytest.approx(1.0, abs=1e-5)
            assert exp(row.next_log_p) == pytest.approx(shares[block.tokens[place + 1]], rel=0.02, abs=1e-4)


def test_a_store_is_read_again_and_its_damaged_blocks_made_again(nano_blocks: list[Block], tmp_path: Path) -> None:
    store = Store.at(tmp_path, {"reference": "nano"})
    with open_model(bundled_model(), SETTINGS) as engine:
        first = Reference.of(engine, nano_blocks, store=store)
        whole = [store.path(number).read_bytes() for number in range(3)]
        assert Reference(nano_blocks, engine.n_vocab, store).missing() == []
        store.path(0).write_bytes(whole[0][:-1])
        store.path(1).unlink()
        store.path(2).write_bytes(bytes(32) + whole[2][32:])
        again = Reference(nano_blocks, engine.n_vocab, Store.at(tmp_path, {"reference": "nano"}))
        assert again.missing() == [0, 1, 2]
        with pytest.raises(EngineError, match="damaged"):
            list(compare(engine, again))
        made = Reference.of(engine, nano_blocks, store=again.store)
        assert made.missing() == []
        assert [made.rows(number)[5].tail_ids.tolist() for number in range(3)] == [
            first.rows(number)[5].tail_ids.tolist() for number in range(3)
        ]
    assert not list(store.folder.glob("*.part"))


def test_whole_distributions_are_compared_without_a_sample(nano_blocks: list[Block], tmp_path: Path) -> None:
    four = bundled_model().with_name("aa-nano-Q4_0.gguf")
    store = WholeStore.at(tmp_path, {"reference": "nano"})
    with open_model(bundled_model(), SETTINGS) as engine:
        sampled = Reference.of(engine, nano_blocks)
        whole = Reference.of(engine, nano_blocks, store=store)
        assert whole.missing() == []
        n_rows, n_vocab = sum(block.n_scored for block in nano_blocks), engine.n_vocab
        assert 0 <= store.size_bytes() - whole_bytes(n_rows, n_vocab) < 2_000
        assert [one.facts()["sum_kld"] for one in compare(engine, whole)] == [0.0, 0.0, 0.0]
        logits = {}
        with Decoder(engine) as decoder:
            logits = {place: row.astype(np.float64) for place, row in decoder.rows(nano_blocks[0])}
    with open_model(four, SETTINGS) as engine:
        exact, near = (list(compare(engine, one)) for one in (whole, sampled))
        with Decoder(engine) as decoder:
            klds = [divergence_of(logits[place], row.astype(np.float64)) for place, row in decoder.rows(nano_blocks[0])]
    assert [row.kld for row in exact[0].rows] == pytest.approx(klds, rel=1e-4, abs=1e-6)
    assert all(row.tail == row.tail_variance == 0.0 and row.kld == row.kld_least for one in exact for row in one.rows)
    for a, b in zip(exact, near, strict=True):
        assert a.facts()["n_same_top"] == b.facts()["n_same_top"]
        assert a.facts()["sum_top_dp2"] == pytest.approx(b.facts()["sum_top_dp2"])
        assert sum(row.kld for row in a.rows) == pytest.approx(sum(row.kld for row in b.rows), rel=0.01)


def divergence_of(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    """The divergence of two distributions by their logits, straight from its definition."""
    log_p, log_q = (logits - logits.max() for logits in (one, other))
    log_p, log_q = (logs - np.log(np.exp(logs).sum()) for logs in (log_p, log_q))
    return float(np.sum(np.exp(log_p) * (log_p - log_q)))


def test_a_token_without_a_chance_in_the_reference_adds_nothing(tmp_path: Path) -> None:
    block = Block((0, 1, 2), 0)
    store = WholeStore.at(tmp_path, {})
    row = np.log(
        np.asarray([0.5, 0.5, 0.0, 0.0], np.float32),
        where=[True, True, False, False],
        out=np.full(4, -np.inf, np.float32),
    )
    store.write_rows(0, block, 4, [(row, log(0.5))] * 2)
    held = store.read(0, block.tokens)
    assert held is not None
    found = compared(held.rows()[0], Q)
    assert found.kld == pytest.approx(0.5 * log(0.5 / 0.25) + 0.5 * log(0.5 / 0.45), rel=1e-5)


def test_half_a_whole_block_is_none(nano_blocks: list[Block], tmp_path: Path) -> None:
    store = WholeStore.at(tmp_path, {"reference": "nano"})
    with open_model(bundled_model(), SETTINGS) as engine:
        made = Reference.of(engine, nano_blocks, store=store)
        whole = store.path(1).read_bytes()
        store.path(0).write_bytes(whole[:-1])
        store.path(1).write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
        store.path(2).write_bytes(b"")
        assert made.missing() == [0, 1, 2]
        again = Reference.of(engine, nano_blocks, store=WholeStore.at(tmp_path, {"reference": "nano"}))
    assert again.missing() == []
    assert store.path(1).read_bytes() == whole

    def broken() -> Iterator[tuple[np.ndarray[Any, Any], float]]:
        yield np.zeros(358, np.float32), 0.0
        raise EngineError("gone")

    with pytest.raises(EngineError, match="gone"):
        store.write_rows(1, nano_blocks[1], 358, broken())
    assert store.path(1).read_bytes() == whole, "what was there stays"
    assert not list(store.folder.glob("*.part"))
    other = WholeStore.at(tmp_path, {"reference": "another"})
    assert [one.name for one in tmp_path.iterdir()] == [other.folder.name], "one at a time"


def test_blocks_of_another_text_are_not_taken_for_these(nano_blocks: list[Block], tmp_path: Path) -> None:
    store = Store.at(tmp_path, {"reference": "nano"})
    with open_model(bundled_model(), SETTINGS) as engine:
        Reference.of(engine, nano_blocks, store=store)
    assert Reference(nano_blocks[::-1], 358, store).missing() == [0, 2]


def test_old_stores_make_room(tmp_path: Path) -> None:
    import os

    made = []
    for number in range(9):
        made.append(Store.at(tmp_path, {"reference": number}).folder)
        os.utime(made[-1] / "reference.json", (number, number))
    newest = Store.at(tmp_path, {"reference": 9}).folder
    left = {folder for folder in tmp_path.iterdir() if folder.is_dir()}
    assert newest in left
    assert made[0] not in left
    assert made[8] in left
    assert len(left) <= 6


def test_no_numbers_are_told_with_file_and_place(tmp_path: Path) -> None:
    good = tiny.write(tmp_path / "good.gguf", tiny.SCRIPT, tiny.NANBEIGE)
    bad = tiny.write(tmp_path / "bad.gguf", tiny.SCRIPT, tiny.NANBEIGE, poison="x")
    with open_model(good, SETTINGS) as engine:
        block = Block(tuple(engine.tokenize("abcdefgxij")), 3)
        reference = Reference.of(engine, [block])
    with open_model(bad, SETTINGS) as engine:
        with pytest.raises(EngineError, match=r"bad\.gguf gives no number \(NaN\) after token 8 of block 1"):
            list(compare(engine, reference))
        with pytest.raises(EngineError, match="no number"):
            Reference.of(engine, [block])


def test_another_vocabulary_and_tokens_it_does_not_have_are_refused(tmp_path: Path) -> None:
    small = tiny.write(tmp_path / "small.gguf", {"a": "b"}, None)
    large = tiny.write(tmp_path / "large.gguf", {"a": "b", "▁word": "a"}, None)
    with open_model(small, SETTINGS) as engine:
        reference = Reference.of(engine, [Block((70, 71, 72), 0)])
        with pytest.raises(EngineError, match="does not have"):
            Reference.of(engine, [Block((1, 10_000, 2), 0)])
        with pytest.raises(EngineError, match="does not fit the context"):
            Reference.of(engine, [Block((70,) * 400, 0)])
    with open_model(large, SETTINGS) as engine, pytest.raises(EngineError, match="vocabulary"):
        list(compare(engine, reference))


def test_many_rows_are_computed_in_pieces(nano_blocks: list[Block], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aa_tui.engine.divergence.decoding.LOGITS_BYTES", 1)
    pieces = EngineSettings(n_ctx=64, n_threads=1, n_batch=24, n_ubatch=24)
    with open_model(bundled_model(), SETTINGS) as engine:
        monkeypatch.undo()
        reference = Reference.of(engine, nano_blocks[:1])
    monkeypatch.setattr("aa_tui.engine.divergence.decoding.LOGITS_BYTES", 1)
    with open_model(bundled_model(), pieces) as engine:
        (found,) = compare(engine, reference)
    assert len(found.rows) == 31
    assert max(row.kld for row in found.rows) < 1e-3
