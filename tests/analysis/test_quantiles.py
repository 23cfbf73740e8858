"""Quantiles against printed tables."""

import pytest

from aa_tui.analysis.quantiles import incomplete_beta, t_value, z_value


def test_normal_quantiles_of_the_usual_levels() -> None:
    assert z_value(0.90) == pytest.approx(1.644854, abs=1e-6)
    assert z_value(0.95) == pytest.approx(1.959964, abs=1e-6)
    assert z_value(0.99) == pytest.approx(2.575829, abs=1e-6)


@pytest.mark.parametrize(
    ("level", "df", "printed"),
    [
        (0.95, 1, 12.706),
        (0.95, 2, 4.303),
        (0.95, 4, 2.776),
        (0.95, 10, 2.228),
        (0.95, 30, 2.042),
        (0.95, 120, 1.980),
        (0.90, 7, 1.895),
        (0.99, 5, 4.032),
        (0.99, 1, 63.657),
    ],
)
def test_t_quantiles_agree_with_the_printed_table(level: float, df: int, printed: float) -> None:
    assert t_value(level, df) == pytest.approx(printed, abs=5e-4)


def test_t_becomes_normal_with_many_degrees_of_freedom() -> None:
    assert t_value(0.95, 1_000_000) == pytest.approx(z_value(0.95), abs=1e-5)


def test_incomplete_beta_of_whole_numbers_is_a_binomial_tail() -> None:
    # I_x(2, 3) = P(at least 2 of 4) at x = 0.3: 1 - 0.7^4 - 4·0.3·0.7^3
    assert incomplete_beta(0.3, 2, 3) == pytest.approx(1 - 0.7**4 - 4 * 0.3 * 0.7**3)
    assert incomplete_beta(0.9, 2, 3) == pytest.approx(1 - 0.1**4 - 4 * 0.9 * 0.1**3)
    assert (incomplete_beta(0, 2, 3), incomplete_beta(1, 2, 3)) == (0, 1)


@pytest.mark.parametrize("level", [0, 1, -0.5, 95])
def test_a_level_outside_0_to_1_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="confidence level"):
        z_value(level)
    with pytest.raises(ValueError, match="confidence level"):
        t_value(level, 3)


def test_no_degrees_of_freedom_is_refused() -> None:
    with pytest.raises(ValueError, match="degree of freedom"):
        t_value(0.95, 0)
