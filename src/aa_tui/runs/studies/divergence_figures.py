"""What a divergence measured, as figures of its run."""

from __future__ import annotations

from collections.abc import Iterator

from aa_tui.analysis.divergence import Divergence, Estimate
from aa_tui.catalog.rows import Figure

METHOD = "Student's t over blocks of text"
METHOD_OF_QUANTILES = "Woodruff over blocks of text"
METHOD_OF_SHARES = "Wilson, clustered by block"


def figures_of(found: Divergence) -> list[Figure]:
    """`divergence.NAME` for each thing that is known: divergences in nats, shares of 1, perplexities of the text."""
    return list(_figures(found))


def _figures(found: Divergence) -> Iterator[Figure]:
    n = found.n
    yield _figure("kld_mean", found.kld_mean, "nats", n, METHOD)
    yield _figure("kld_median", found.kld_median, "nats", n, METHOD_OF_QUANTILES)
    yield _figure("kld_p99", found.kld_p99, "nats", n, METHOD_OF_QUANTILES)
    yield Figure("divergence.kld_max", found.kld_max, "nats", n=n)
    yield _figure("same_top", found.same_top, "share", n, METHOD_OF_SHARES)
    yield _figure("rms_dp", found.rms_dp, "share", n, METHOD)
    yield _figure("rms_next_dp", found.rms_next_dp, "share", n, METHOD)
    yield _figure("ppl", found.ppl, "perplexity", n, METHOD)
    yield _figure("reference_ppl", found.reference_ppl, "perplexity", n, METHOD)
    yield _figure("ppl_ratio", found.ppl_ratio, "ratio", n, METHOD)
    if len(found.kld_by_kind) > 1:
        for name, (estimate, n_of_kind) in found.kld_by_kind.items():
            yield _figure(f"kld_mean.{name}", estimate, "nats", n_of_kind, METHOD)


def _figure(name: str, one: Estimate, unit: str, n: int, method: str) -> Figure:
    metric = f"divergence.{name}"
    if one.low is None or one.high is None:
        return Figure(metric, one.value, unit, n=n)
    return Figure(
        metric,
        one.value,
        unit,
        n=n,
        interval_low=one.low,
        interval_high=one.high,
        interval_method=method,
        interval_kind="fixed",
    )
