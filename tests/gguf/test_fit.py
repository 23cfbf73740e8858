"""Memory and speed worked out before loading, against peaks of real runs and against figures worked out by hand."""

from __future__ import annotations

import pytest

from aa_tui.gguf import fit
from aa_tui.gguf.bundled import bundled_model
from aa_tui.gguf.digest import Digest, digest_of
from aa_tui.gguf.fit import Plan, Weights
from aa_tui.gguf.header import read_header
from aa_tui.gguf.known import known_models
from aa_tui.gguf.shape import Shape

AVX512 = frozenset({"avx2", "avx512f"})
NANBEIGE = Shape((4,) * 32, 128, 128, 2560, 10_496, 166_144)


def nanbeige_q4_k_m() -> Digest:
    """The header of a file in the exact shape of Nanbeige4.1-3B, Q4_K_M: types and bytes as llama.cpp lists them."""
    return Digest(
        architecture="llama",
        n_params=3_933_637_120,
        tensor_bytes={"Q4_K": 1_719_705_600, "Q6_K": 718_771_200, "F32": 665_600},
        embedding_type="Q4_K",
        embedding_bytes=239_247_360,
        has_output=True,
        shape=NANBEIGE,
    )


def test_memory_of_a_real_run_within_15_percent() -> None:
    """A speed run of pp512 and tg32 on two AVX-512 cores, f16 cache of 512 tokens: 4,121,292,800 bytes at its peak."""
    weights = nanbeige_q4_k_m().weights(2_443_243_008, fit.repacked_types(AVX512))
    assert weights.repacked_bytes == 1_480_458_240  # llama.cpp's log: CPU_REPACK model buffer size = 1411.88 MiB
    assert weights.read_per_token_bytes == 1_719_705_600 + 718_771_200 + 665_600 - 239_247_360
    memory = fit.memory_of(weights, NANBEIGE, Plan(512))
    assert memory.kv_cache == 32 << 20  # its log: KV buffer size = 32.00 MiB
    assert memory.total == pytest.approx(4_121_292_800, rel=0.15)
    longer = fit.memory_of(weights, NANBEIGE, Plan(4096))
    assert longer.kv_cache == 256 << 20
    assert longer.total == pytest.approx(4_354_260_992, rel=0.15)


def test_kv_cache_by_slots_types_and_windows() -> None:
    a_token = 32 * 4 * 128 * 2 * 2  # 64 KiB
    assert fit.kv_cache_bytes(NANBEIGE, Plan(4096)) == 4096 * a_token
    assert fit.kv_cache_bytes(NANBEIGE, Plan(4000, n_slots=3)) == 3 * 4096 * a_token  # rounded up to whole cells
    assert fit.kv_cache_bytes(NANBEIGE, Plan(4096, type_k="q8_0", type_v="q8_0")) == 4096 * a_token * 34 // 64
    windowed = Shape((1,) * 6, 256, 256, 64, 64, 100, window_tokens=512, windowed=(True,) * 5 + (False,))
    assert fit.kv_cache_bytes(windowed, Plan(8192)) == (5 * 1024 + 8192) * 256 * 4
    assert fit.kv_cache_bytes(windowed, Plan(256)) == 6 * 256 * 256 * 4
    recurrent = Shape((0, 2, 0, 0), 64, 64, 64, 64, 100)
    assert fit.kv_cache_bytes(recurrent, Plan(256)) == 256 * 2 * 64 * 4


def test_experts_and_tied_embeddings_decide_what_a_token_reads() -> None:
    moe = Shape((8,) * 24, 64, 64, 2880, 2880, 201_088, experts=32, experts_used=4)
    digest = Digest(tensor_bytes={"MXFP4": 1_000}, expert_bytes=800, has_output=False, embedding_bytes=100, shape=moe)
    assert digest.weights(1_000, frozenset()).read_per_token_bytes == 200 + 800 // 8
    tied = Digest(tensor_bytes={"Q8_0": 1_000}, embedding_bytes=300, embedding_type="Q8_0", has_output=False)
    assert tied.weights(1_000, frozenset({"Q8_0"})) == Weights(1_000, 1_000, 1_000, 300)


@pytest.mark.parametrize(
    ("needed", "expected"), [(0, "fits"), (850, "fits"), (851, "tight"), (1_000, "tight"), (1_001, "no")]
)
def test_marks(needed: int, expected: str) -> None:
    assert fit.mark(needed, 1_000) == expected


def test_speed_follows_the_bandwidth() -> None:
    weights = Weights(2_400, 0, 2_000, 400)
    assert fit.tokens_per_s(weights, 40_000, 0.5, 0) == 10
    assert fit.tokens_per_s(weights, 40_000, 0.5, 0.1) == 5
    tiny = Weights(1_000, 0, 1_000, 0)
    assert fit.tokens_per_s(tiny, 40e9) < 1 / fit.TOKEN_OVERHEAD_S, "the caches are no promise of a million tokens/s"
    assert fit.overhead_of(tiny, 40e9, 0.85, 613.0) == pytest.approx(1 / 613, rel=0.01)
    assert fit.efficiency_of(weights, 40_000, 10) == 0.5


def test_processors_keep_different_types_twice() -> None:
    assert fit.repacked_types(frozenset()) == frozenset()
    assert "Q4_K" in fit.repacked_types(frozenset({"avx2"}))
    assert "Q6_K" not in fit.repacked_types(AVX512)
    assert "Q6_K" in fit.repacked_types(frozenset({"dotprod"}))


def test_a_file_known_by_its_size_alone_comes_close_to_one_whose_header_is_known() -> None:
    known = next(one for one in known_models() if one.slug == "nanbeige4-1-3b")
    repacked = fit.repacked_types(AVX512)
    guessed = fit.memory_of(
        fit.weights_by_size(2_443_243_008, "Q4_K_M", repacked, known.shape), known.shape, Plan(4096)
    )
    exact = fit.memory_of(nanbeige_q4_k_m().weights(2_443_243_008, repacked), NANBEIGE, Plan(4096))
    assert guessed.total == pytest.approx(exact.total, rel=0.05)


def test_a_digest_survives_the_catalog() -> None:
    import json

    digest = digest_of(read_header(bundled_model()))
    assert Digest.from_dict(json.loads(json.dumps(digest.to_dict()))) == digest
    assert digest.shape is not None
    assert Digest.from_dict({"of": "another release"}) is None
    assert Digest.from_dict({}) is None


def test_what_must_be_free_grows_with_the_file_whatever_is_kept_twice() -> None:
    sizes = {"Q2_K": 1.7e9, "Q3_K_S": 2.0e9, "Q4_K_S": 2.4e9, "Q4_K_M": 2.5e9, "Q5_K_M": 2.9e9, "Q8_0": 4.3e9}
    for features in (AVX512, frozenset({"dotprod"}), AVX512 | {"amx_int8", "avx512_vnni"}):
        repacked = fit.repacked_types(features)
        found = [
            fit.memory_of(fit.weights_by_size(int(size), quant, repacked, NANBEIGE), NANBEIGE, Plan(4096))
            for quant, size in sizes.items()
        ]
        assert [one.needed for one in found] == sorted(one.needed for one in found)
        assert all(one.total - one.needed == one.repacked for one in found)
        assert any(one.repacked for one in found)
