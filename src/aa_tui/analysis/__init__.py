"""Comparison classes, ranks, derived figures, rounding and wording: pure functions over plain values."""

from aa_tui.analysis import display
from aa_tui.analysis.classes import (
    PRICE_CLASSES,
    SIZE_CLASSES,
    ClassFigures,
    ComparisonClass,
    OfModels,
    PriceClass,
    SizeClass,
    band_of,
    class_with,
    comparison_class,
    members_of,
    newest_version,
)
from aa_tui.analysis.derived import (
    OpennessPoints,
    blended_price_usd_per_m,
    context_pages,
    cost_to_run_usd,
    e2e_s,
    openness_index,
    thinking_time_s,
    ttfat_s,
)
from aa_tui.analysis.display import MISSING
from aa_tui.analysis.licences import CommercialUse, Licence, licence
from aa_tui.analysis.model import METRICS, Metric, Model, metric_value
from aa_tui.analysis.prose import summary
from aa_tui.analysis.questions import Question, faq
from aa_tui.analysis.stats import Quartiles, Standing, class_values, meter_glyphs, quartiles, standing

__all__ = [
    "METRICS",
    "MISSING",
    "PRICE_CLASSES",
    "SIZE_CLASSES",
    "ClassFigures",
    "CommercialUse",
    "ComparisonClass",
    "Licence",
    "Metric",
    "Model",
    "OfModels",
    "OpennessPoints",
    "PriceClass",
    "Quartiles",
    "Question",
    "SizeClass",
    "Standing",
    "band_of",
    "blended_price_usd_per_m",
    "class_values",
    "class_with",
    "comparison_class",
    "context_pages",
    "cost_to_run_usd",
    "display",
    "e2e_s",
    "faq",
    "licence",
    "members_of",
    "meter_glyphs",
    "metric_value",
    "newest_version",
    "openness_index",
    "quartiles",
    "standing",
    "summary",
    "thinking_time_s",
    "ttfat_s",
]
