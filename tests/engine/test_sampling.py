"""Tokens are chosen with exactly the probabilities of the settings, as llama.cpp's own chain does."""

from __future__ import annotations

import ctypes
from collections import Counter
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from aa_tui.engine import native
from aa_tui.engine.logits import Logits, NotANumberError
from aa_tui.engine.sampling import Greedy, Nucleus, sampler
from aa_tui.engine.settings import SamplerSettings

N_DRAWS = 1_500


class Fixed(Logits):
    """Logits that a test gives, in place of a context's."""

    def __init__(self, values: NDArray[np.float32]) -> None:
        super().__init__(native.library(), 0, len(values))
        self.values = values

    def row(self, index: int) -> NDArray[np.float32]:
        """The same whatever the row."""
        return self.values


def logits(n_vocab: int, spread: float, seed: int = 0) -> NDArray[np.float32]:
    """Random ones; a large spread is a model that is sure of itself."""
    return (np.random.default_rng(seed).standard_normal(n_vocab) * spread).astype(np.float32)


def wanted(values: NDArray[np.float32], settings: SamplerSettings) -> NDArray[np.float64]:
    """The distribution by its definition, in double precision: top_p at temperature 1, min_p, then temperature."""
    exact = values.astype(np.float64)
    mass = np.exp(exact - exact.max())
    mass /= mass.sum()
    order = np.argsort(-mass)
    before = np.concatenate([[0.0], mass[order].cumsum()[:-1]])
    kept = np.zeros(len(mass), bool)
    kept[order[before < settings.top_p]] = True
    kept &= mass >= settings.min_p * mass.max()
    weights = np.where(kept, np.exp((exact - exact.max()) / settings.temperature), 0.0)
    found: NDArray[np.float64] = weights / weights.sum()
    return found


def chain(values: NDArray[np.float32], settings: SamplerSettings) -> dict[int, float]:
    """llama.cpp's own chain: the tokens that it keeps, with their probabilities."""
    low = native.library()
    data = (low.llama_token_data * len(values))()
    for token, value in enumerate(values):
        data[token].id, data[token].logit = token, float(value)
    array = low.llama_token_data_array(data, len(values), -1, False)
    links: list[Any] = [
        low.llama_sampler_init_top_p(settings.top_p, 1),
        low.llama_sampler_init_min_p(settings.min_p, 1),
    ]
    links += [low.llama_sampler_init_temp(settings.temperature), low.llama_sampler_init_dist(1)]
    for link in links:
        low.llama_sampler_apply(link, ctypes.byref(array))
        low.llama_sampler_free(link)
    return {array.data[place].id: array.data[place].p for place in range(array.size)}


CASES = [
    SamplerSettings(temperature=0.6, top_p=0.95),  # the card's
    SamplerSettings(temperature=1.0, top_p=0.8),
    SamplerSettings(temperature=1.0),
    SamplerSettings(temperature=0.3, top_p=0.99, min_p=0.05),
    SamplerSettings(temperature=1.5, top_p=0.9, min_p=0.01),
    SamplerSettings(temperature=3.0, top_p=0.6),  # hot: most draws are refused
    SamplerSettings(temperature=0.05, top_p=0.95),  # cold: so are these
]


@pytest.mark.parametrize("spread", [0.5, 2.0, 6.0])
@pytest.mark.parametrize("settings", CASES)
def test_frequencies_are_the_settings_probabilities(settings: SamplerSettings, spread: float) -> None:
    values = logits(3_000, spread)
    expected = wanted(values, settings)
    chosen = sampler(Fixed(values), settings)
    assert isinstance(chosen, Nucleus)
    counts = np.zeros(len(values))
    for _ in range(N_DRAWS):
        counts[chosen.choose()] += 1
    assert not counts[expected == 0].any()
    # Pearson's statistic over tokens that are expected 5 times at least, the others together
    often = expected * N_DRAWS >= 5
    seen = np.append(counts[often], counts[~often].sum())
    hoped = np.append(expected[often], expected[~often].sum()) * N_DRAWS
    seen, hoped = seen[hoped > 0], hoped[hoped > 0]
    statistic, freedom = float(((seen - hoped) ** 2 / hoped).sum()), len(hoped) - 1
    assert statistic <= freedom + 5 * (2 * freedom) ** 0.5 + 5  # five standard deviations; the seed is fixed


@pytest.mark.parametrize("settings", [one for one in CASES if one.top_p < 1])
def test_llama_cpps_chain_keeps_the_same_tokens_with_the_same_probabilities(settings: SamplerSettings) -> None:
    values = logits(3_000, 3.0, seed=4)
    expected, theirs = wanted(values, settings), chain(values, settings)
    ours = set(np.flatnonzero(expected).tolist())
    assert len(ours ^ theirs.keys()) <= 1  # single precision may put the last one on either side
    for token in ours & theirs.keys():
        assert theirs[token] == pytest.approx(expected[token], rel=1e-3, abs=1e-6)


def test_a_seed_repeats_itself() -> None:
    fixed = Fixed(logits(5_000, 1.0))

    def draw(seed: int) -> list[int]:
        chosen = sampler(fixed, SamplerSettings(temperature=0.6, top_p=0.95, seed=seed))
        return [chosen.choose() for _ in range(20)]

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)


def test_equal_tokens_at_the_edge_are_all_kept_and_whole_vocabularies_work() -> None:
    flat = Fixed(np.zeros(1_000, np.float32))
    chosen = sampler(flat, SamplerSettings(temperature=0.6, top_p=0.1))
    assert len(Counter(chosen.choose() for _ in range(3_000))) > 900
    one = Fixed(np.array([3.0], np.float32))
    assert sampler(one, SamplerSettings(temperature=0.6, top_p=0.95)).choose() == 0


def test_greedy_takes_the_first_of_the_likeliest() -> None:
    values = logits(5_000, 1.0)
    values[[40, 70]] = 99.0
    chosen = sampler(Fixed(values), SamplerSettings())
    assert isinstance(chosen, Greedy)
    assert chosen.choose() == 40


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(
    "settings", [SamplerSettings(), SamplerSettings(temperature=0.6), SamplerSettings(temperature=0.6, top_k=3)]
)
def test_what_is_no_number_is_refused(settings: SamplerSettings, value: float) -> None:
    values = logits(1_000, 1.0)
    values[500] = value
    chosen = sampler(Fixed(values), settings)
    with pytest.raises(NotANumberError, match="NaN"):
        chosen.choose()
    chosen.close()
