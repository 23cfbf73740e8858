"""The sections of a model's page: their keys, titles and names in deep links. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """One section. `chart_section` is the charts' word for it, "" where it holds text; `short` is for narrow tabs."""

    name: str
    key: str
    title: str
    short: str
    chart_section: str = ""

    @property
    def has_charts(self) -> bool:
        """Whether it shows charts."""
        return bool(self.chart_section)


OVERVIEW = Section("overview", "i", "Overview", "Over")
MEASURED = "Measured here"

SECTIONS: tuple[Section, ...] = (
    OVERVIEW,
    Section("index", "1", "Index", "Index", "Index"),
    Section("evals", "2", "Evals", "Evals", "Evals"),
    Section("openness", "3", "Openness", "Open", "Openness"),
    Section("price", "4", "Price", "Price", "Price"),
    Section("tokens", "5", "Tokens", "Toks", "Tokens"),
    Section("cost", "6", "Cost", "Cost", "Cost"),
    Section("context", "7", "Context", "Ctx", "Context"),
    Section("speed", "8", "Speed", "Speed", "Speed"),
    Section("latency", "9", "Latency", "Lat", "Latency"),
    Section("size", "0", "Size", "Size", "Size"),
    Section("measured", "m", "Measured here", "Here", MEASURED),
    Section("faq", "a", "FAQ", "FAQ"),
    Section("files", "w", "Files", "Files"),
    Section("sources", "O", "Sources", "Src"),
)
"""In the order of their tabs. "Measured here" shows its table first, then its charts."""

BY_NAME = {section.name: section for section in SECTIONS}
BY_KEY = {section.key: section for section in SECTIONS}
