"""Where a page leads on the web: the weights, the licence's text, the published page, those who sell it."""

from __future__ import annotations

from dataclasses import dataclass

from aa_tui.analysis import licence
from aa_tui.catalog.rows import ModelRow
from aa_tui.weblinks import checked

PUBLISHER = "Artificial Analysis"
_PUBLISHED = "https://artificialanalysis.ai/models"


@dataclass(frozen=True, slots=True)
class PageLink:
    """An address that was checked, and what is there."""

    label: str
    url: str


def links_of(model: ModelRow) -> list[PageLink]:
    """The links of a page, most wanted first; addresses that must not become links are left out."""
    wanted = [("Weights", model.weights_url or ""), ("Licence", licence(model.license).url if model.license else "")]
    if model.source_name == PUBLISHER and not model.is_local:
        wanted += [
            ("Published page", f"{_PUBLISHED}/{model.slug}"),
            ("Providers", f"{_PUBLISHED}/{model.slug}/providers"),
        ]
    wanted.append(("Table", "" if model.is_local else model.source_url or ""))
    found = {url: label for label, address in reversed(wanted) if (url := checked(address))}
    return [PageLink(label, url) for url, label in reversed(found.items())]
