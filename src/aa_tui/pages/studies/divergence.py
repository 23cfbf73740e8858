"""What a study of divergence tells: how far a file is from its reference, how surely, and on which texts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from aa_tui.analysis.divergence import BlockSums, Divergence, Estimate, block_of, divergence
from aa_tui.catalog import studies
from aa_tui.catalog.rows import RunRow
from aa_tui.pages.studies.report import StudyReport, StudyTable
from aa_tui.textsafe import clean_line

PART = "blocks"

_MEASURED = (
    "n_tokens",
    "kld_mean_nats",
    "kld_median_nats",
    "kld_p99_nats",
    "kld_max_nats",
    "kld_least_nats",
    "kld_sampled_nats",
    "kld_sampled_se_nats",
    "same_top_share",
    "rms_dp_share",
    "rms_next_dp_share",
    "ppl",
    "reference_ppl",
    "ppl_ratio",
    "by_kind",
    "counting_share",
)


def report(conn: sqlite3.Connection, run: RunRow) -> StudyReport:
    """What came of a divergence so far."""
    points = studies.points(conn, run.id, PART)
    blocks = [block for point in points if (block := block_of(point.facts))]
    found = divergence(blocks)
    base, text = _told(run, "reference"), _told(run, "text")
    title = f"How far {run.file.shown_name} is from {base}"
    if found is None:
        return StudyReport(title, "nothing measured yet", values=_values(run, None, [], points))
    words = f"{_nats(found.kld_mean.value)} nats from {base}, same top token {100 * found.same_top.value:.1f} %"
    return StudyReport(
        title,
        words,
        sentences=tuple(_sentences(run, found, base, text)),
        tables=tuple(_tables(found)),
        values=_values(run, found, blocks, points),
    )


def _told(run: RunRow, what: str) -> str:
    told = run.settings.get(what)
    name = told.get("name") if isinstance(told, Mapping) else None
    return clean_line(str(name)) if name else "an unknown one"


def _sentences(run: RunRow, found: Divergence, base: str, text: str) -> Iterator[str]:
    mean = found.kld_mean
    yield (
        f"What {run.file.shown_name} expects next is {_nats(mean.value)} nats{_plus_minus(mean)} away from what {base} "
        f"expects (mean KL divergence), and the likeliest token is the same at {100 * found.same_top.value:.1f} % of "
        f"{found.n:,} tokens."
    )
    ratio = found.ppl_ratio
    yield (
        f"Its perplexity on the text “{text}” is {found.ppl.value:.3f}, the reference's "
        f"{found.reference_ppl.value:.3f}: {ratio.value:.4f} times as high{_between(ratio, 4)}."
    )
    if run.setup.is_exact:
        yield "It is exact: all tokens of the vocabulary were compared, none by a sample."
    else:
        yield (
            "The likeliest tokens are compared exactly, the others by their sum and a sample: "
            f"{_nats(found.tail_share)} nats of the mean, with a standard error of {_nats(found.tail_se)}. Without it "
            f"the mean is {found.kld_least:.6f} nats at least."
        )
    if run.n_items and found.n_blocks < run.n_items:
        width = run.setup.until_width
        done = f"{found.n_blocks} of {run.n_items} blocks of text"
        if run.state == "finished" and width:
            yield f"It stopped after {done}, once the mean was known within {100 * width:.0f} % of itself, as asked."
        else:
            yield f"So far {done} are done."
    if found.n_blocks < 2:
        yield "One block of text tells no interval: take a longer text."
    if run.settings.get("templates_differ") is True:
        yield (
            "The two files have different chat templates: in a conversation they differ by more than is measured here, "
            "where no template is used."
        )


def _tables(found: Divergence) -> Iterator[StudyTable]:
    rows = (
        ("mean divergence", found.kld_mean, _nats),
        ("median divergence", found.kld_median, _nats),
        ("divergence, 99 % are below", found.kld_p99, _nats),
        ("largest divergence", Estimate(found.kld_max), _nats),
        ("same likeliest token", found.same_top, _percent),
        ("RMS change of the likeliest token's probability", found.rms_dp, _percent),
        ("RMS change of the text's token's probability", found.rms_next_dp, _percent),
        ("perplexity", found.ppl, _three),
        ("perplexity of the reference", found.reference_ppl, _three),
        ("ratio of the perplexities", found.ppl_ratio, _four),
    )
    yield StudyTable(
        "Against the reference",
        ("what", "value", "95 % interval"),
        tuple((name, shown(one.value), _interval(one, shown)) for name, one, shown in rows),
        right=frozenset({1, 2}),
        note=(
            f"Divergences in nats, over {found.n:,} tokens in {found.n_blocks:,} "
            f"block{'' if found.n_blocks == 1 else 's'}."
        ),
    )
    if len(found.kld_by_kind) > 1:
        kinds = sorted(found.kld_by_kind.items(), key=lambda item: -item[1][0].value)
        yield StudyTable(
            "By kind of text",
            ("text", "mean divergence", "95 % interval", "tokens"),
            tuple((clean_line(kind), _nats(one.value), _interval(one, _nats), f"{n:,}") for kind, (one, n) in kinds),
            right=frozenset({1, 2, 3}),
        )


def _values(
    run: RunRow, found: Divergence | None, blocks: list[BlockSums], points: list[studies.Point]
) -> Mapping[str, Any]:
    settings = run.settings
    base, text = settings.get("reference"), settings.get("text")
    values: dict[str, Any] = {
        "reference": _part_of(base, "name", "sha256"),
        "text": _part_of(text, "name", "sha256", "n_tokens"),
        "n_ctx": settings.get("n_ctx"),
        "type_k": settings.get("type_k"),
        "type_v": settings.get("type_v"),
        "max_blocks": settings.get("max_blocks"),
        "until_width": settings.get("until_width"),
        "exact": run.setup.is_exact,
        "templates_differ": settings.get("templates_differ"),
        "loss": settings.get("loss"),
        "n_blocks": len(blocks),
        "n_blocks_planned": run.n_items,
    }
    if found is None:
        return values | dict.fromkeys(_MEASURED)
    counting = [point.facts for point in points]
    all_s = sum(float(one.get("all_s", 0.0)) for one in counting)
    return values | {
        "n_tokens": found.n,
        "kld_mean_nats": _json(found.kld_mean),
        "kld_median_nats": _json(found.kld_median),
        "kld_p99_nats": _json(found.kld_p99),
        "kld_max_nats": found.kld_max,
        "kld_least_nats": found.kld_least,
        "kld_sampled_nats": found.tail_share,
        "kld_sampled_se_nats": found.tail_se,
        "same_top_share": _json(found.same_top),
        "rms_dp_share": _json(found.rms_dp),
        "rms_next_dp_share": _json(found.rms_next_dp),
        "ppl": _json(found.ppl),
        "reference_ppl": _json(found.reference_ppl),
        "ppl_ratio": _json(found.ppl_ratio),
        "by_kind": [
            {"kind": clean_line(kind), "kld_mean_nats": _json(one), "n_tokens": n}
            for kind, (one, n) in found.kld_by_kind.items()
        ],
        "counting_share": sum(float(one.get("counting_s", 0.0)) for one in counting) / all_s if all_s else None,
    }


def _part_of(told: Any, *names: str) -> dict[str, Any]:
    held = told if isinstance(told, Mapping) else {}
    return {name: clean_line(one) if isinstance(one := held.get(name), str) else one for name in names}


def _json(one: Estimate) -> dict[str, float | None]:
    return {"value": one.value, "interval_low": one.low, "interval_high": one.high}


def _nats(value: float) -> str:
    return f"{value:.4f}" if abs(value) >= 0.001 or value == 0.0 else f"{value:.2g}"


def _percent(value: float) -> str:
    return f"{100 * value:.2f} %"


def _three(value: float) -> str:
    return f"{value:.3f}"


def _four(value: float) -> str:
    return f"{value:.4f}"


def _plus_minus(one: Estimate) -> str:
    return "" if one.low is None or one.high is None else f" ± {_nats((one.high - one.low) / 2)}"


def _between(one: Estimate, digits: int) -> str:
    return "" if one.low is None or one.high is None else f" ({one.low:.{digits}f} to {one.high:.{digits}f})"


def _interval(one: Estimate, shown: Any) -> str:
    return "" if one.low is None or one.high is None else f"{shown(one.low)} to {shown(one.high)}"
