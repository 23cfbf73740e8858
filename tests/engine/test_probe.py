"""The best count of slots: measured on the real llama.cpp, chosen by rule."""

from __future__ import annotations

import pytest

from aa_tui.engine.errors import GivenUpError
from aa_tui.engine.probe import choose, compare, probe_slots
from aa_tui.engine.settings import EngineSettings
from aa_tui.gguf.bundled import bundled_model

SETTINGS = EngineSettings(n_ctx=64, n_threads=1)


@pytest.mark.parametrize(
    ("rates", "best"),
    [
        ([], 1),
        ([(1, 18.4), (2, 20.0), (4, 24.8), (8, 26.7), (16, 48.0)], 16),  # the two-core machine's
        ([(1, 10.0), (2, 20.0), (4, 20.3), (8, 20.4)], 2),  # more slots for 2 % are not worth their memory
        ([(1, 10.0), (2, 8.0), (4, 7.0)], 1),
    ],
)
def test_the_fewest_slots_near_the_highest_rate(rates: list[tuple[int, float]], best: int) -> None:
    assert choose(rates) == best


def test_a_probe_of_the_bundled_model() -> None:
    told: list[tuple[float, str]] = []
    found = probe_slots(
        bundled_model(),
        SETTINGS,
        most=5,
        seconds_each=0.01,
        on_progress=lambda part, text: told.append((part, text)),
    )
    counts = [count for count, _ in found.rates]
    assert counts == [1, 2, 4][: len(counts)]
    assert len(counts) >= 3  # the first two bring nothing at the earliest after the third
    assert all(rate > 0 for _, rate in found.rates)
    assert found.best == choose(found.rates)
    assert found.settings.n_threads == 1
    assert "n_parallel" not in found.key
    assert found.to_dict()["rates"] == [list(rate) for rate in found.rates]
    assert [part for part, _ in told] == sorted(part for part, _ in told)
    assert told[-1] == (1.0, "done")


def test_memory_bounds_the_counts() -> None:
    found = probe_slots(bundled_model(), SETTINGS, seconds_each=0.01, memory_limit_bytes=1)
    assert [count for count, _ in found.rates] == [1]


def test_it_stops_when_told() -> None:
    told: list[str] = []

    def tell(_part: float, what: str) -> None:
        told.append(what)

    found = probe_slots(
        bundled_model(), SETTINGS, seconds_each=0.01, on_progress=tell, should_stop=lambda: "2 slots" in told
    )
    assert [count for count, _ in found.rates][:1] == [1]
    assert "4 slots" not in told
    with pytest.raises(GivenUpError):
        probe_slots(bundled_model(), SETTINGS, seconds_each=0.01, should_stop=lambda: True)


def test_layouts_are_compared_and_what_cannot_be_loaded_is_left_out() -> None:
    variants = [
        EngineSettings(n_ctx=64, n_parallel=2, n_threads=1),
        EngineSettings(n_ctx=64, n_parallel=2, n_threads=1, kv_unified=True),
        EngineSettings(n_ctx=0),
    ]
    found = compare(bundled_model(), variants, seconds_each=0.01)
    assert {settings.kv_unified for settings, _ in found} == {True, False}
    assert found[0][1] >= found[1][1] > 0
