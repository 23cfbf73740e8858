"""What a source's answer would change in a catalog: matched, compared with what is known, nothing written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count

from aa_tui.catalog.syncs import KnownVariant, NewestFigure, NewVariant, SourceKey, SyncFigure, SyncOffer
from aa_tui.sources.errors import SourceError
from aa_tui.sources.matching import Ambiguous, Known, Match, Matcher, NoMatch, Outside, Result, offered
from aa_tui.sources.naming import read
from aa_tui.sources.values import Answer, Figure, New, Told


@dataclass(frozen=True, slots=True)
class Change:
    """A figure that is another than before. `old` is None where there was none."""

    slug: str
    metric: str
    old: float | None
    new: float
    unit: str
    old_source: str = ""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A name that is no model of the catalog, or may be several, with what hung on it."""

    id: str
    name: str
    provider: str
    reason: str
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a sync would write, and what it would change."""

    source: str
    index_version: str
    as_of: str
    new: tuple[NewVariant, ...]
    figures: tuple[SyncFigure, ...]
    offers: tuple[SyncOffer, ...]
    opened: tuple[str, ...]
    added: tuple[Change, ...]
    changed: tuple[Change, ...]
    new_offers: tuple[SyncOffer, ...]
    changed_offers: tuple[tuple[SyncOffer, SyncOffer], ...]
    gone_offers: tuple[SyncOffer, ...]
    unmatched: tuple[Unmatched, ...]
    skipped: Mapping[str, int]
    notes: tuple[str, ...]
    is_same: bool

    @property
    def counts(self) -> dict[str, int]:
        """How much of what."""
        return {
            "new_models": len(self.new),
            "new_figures": len(self.added),
            "changed_figures": len(self.changed),
            "figures": len(self.figures),
            "new_offers": len(self.new_offers),
            "changed_offers": len(self.changed_offers),
            "gone_offers": len(self.gone_offers),
            "offers": len(self.offers),
            "opened": len(self.opened),
            "unmatched": len(self.unmatched),
            "skipped": sum(self.skipped.values()),
        }


@dataclass(frozen=True, slots=True)
class Before:
    """What the catalog has: variants, all slugs, the newest figures, oldest first, and what this source said last."""

    known: Sequence[KnownVariant]
    slugs: Collection[str]
    newest: Sequence[NewestFigure]
    last_figures: Sequence[SyncFigure]
    last_offers: Sequence[SyncOffer]


def plan(source: str, answer: Answer, before: Before, *, today: str, is_restricted: bool) -> Plan:
    """Match and compare. `today` is a date in ISO 8601. Raises SourceError for an answer of the future."""
    if answer.as_of > today:
        raise SourceError(
            f"{answer.name} says that its figures are of {answer.as_of}, which is in the future: check this machine's "
            "clock; nothing was changed."
        )
    day = answer.as_of or today
    work = _Work(answer, before, SourceKey(answer.name, answer.url, day, answer.index_version, is_restricted))
    for told in answer.told:
        work.take(told)
    figures, offers = tuple(work.figures.values()), tuple(one for _, one in work.offers.values())
    added, changed = _compared(figures, before.newest)
    last = {(one.slug, one.provider): one for one in before.last_offers}
    now = {(one.slug, one.provider): one for one in offers}
    return Plan(
        source=source,
        index_version=answer.index_version,
        as_of=day,
        new=tuple(work.new.values()),
        figures=figures,
        offers=offers,
        opened=tuple(sorted(work.opened)),
        added=added,
        changed=changed,
        new_offers=tuple(one for key, one in now.items() if key not in last),
        changed_offers=tuple(
            (last[key], one) for key, one in now.items() if key in last and last[key][1:5] != one[1:5]
        ),
        gone_offers=tuple(one for key, one in last.items() if key not in now),
        unmatched=tuple(work.unmatched),
        skipped=dict(sorted((answer.skipped + work.skipped).items())),
        notes=answer.notes,
        is_same=not work.new
        and not work.opened
        and _told(figures) == _told(before.last_figures)
        and _told(offers) == _told(before.last_offers),
    )


def _told(found: Iterable[SyncFigure | SyncOffer]) -> set[tuple[object, ...]]:
    """What was said, whenever it was."""
    return {(*one[:-1], one.source.name, one.source.url, one.source.index_version) for one in found}


def _compared(
    figures: Iterable[SyncFigure], newest: Iterable[NewestFigure]
) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """What there was no figure of, and what is another figure now; index versions are never compared with others."""
    there = {(one.slug, one.metric, _version(one.metric, one.index_version)): one for one in newest}  # oldest first
    added, changed = [], []
    for one in figures:
        old = there.get((one.slug, one.metric, _version(one.metric, one.source.index_version)))
        if old is None:
            added.append(Change(one.slug, one.metric, None, one.value, one.unit))
        elif abs(old.value - one.value) > 1e-9:
            changed.append(Change(one.slug, one.metric, old.value, one.value, one.unit, old.source_name))
    return tuple(added), tuple(changed)


def _version(metric: str, index_version: str) -> str:
    return index_version if metric in OF_INDEX else ""


OF_INDEX = frozenset(
    {
        "intelligence_index",
        "coding_index",
        "math_index",
        "agentic_index",
        "index_output_tokens_m",
        "reasoning_tokens_m",
        "answer_tokens_m",
        "cost_to_run_usd",
    }
)
"""Metrics that mean something else in each version of the index."""


class _Work:
    """What is gathered while an answer is gone through."""

    def __init__(self, answer: Answer, before: Before, key: SourceKey) -> None:
        self._answer, self._key = answer, key
        self._matcher = Matcher(
            Known(one.slug, one.name, one.creator, one.reasoning, one.release_date, one.weights_url)
            for one in before.known
        )
        self._names = {one.slug: one.name for one in before.known}
        self._untold_open = {one.slug for one in before.known if "open_weights" in one.untold}
        self._creators = {self._matcher.creator_key(one.creator): one.creator for one in before.known}
        self._slugs = set(before.slugs)
        self.new: dict[str, NewVariant] = {}
        self.figures: dict[tuple[str, str], SyncFigure] = {}
        self.offers: dict[tuple[str, str], tuple[tuple[int, int, str], SyncOffer]] = {}
        self.opened: set[str] = set()
        self.unmatched: list[Unmatched] = []
        self.skipped: Counter[str] = Counter()

    def take(self, told: Told) -> None:
        """Match one model, and note what it brings."""
        result = self._match(told)
        slugs = offered(result) if told.offer is not None or told.is_open else ()
        if isinstance(result, Match) and (told.new is None or self._is_same(told.new, result.slug)):
            slugs = (result.slug,)
        elif told.new is not None:
            slugs = (self._add(told.new),)
        if not slugs:
            self._note_unmatched(told, result)
            return
        for slug in slugs:
            if told.is_open and slug in self._untold_open:
                self.opened.add(slug)
            for figure in told.figures:
                self._put(slug, figure)
            if told.offer is not None:
                self._put_offer(slug, told)

    def _match(self, told: Told) -> Result:
        if not told.weights:
            return self._matcher.match(told.outside)
        found = self._matcher.match_weights(told.weights, reasoning=told.reasoning)
        return self._matcher.match(told.outside) if isinstance(found, NoMatch) else found

    def _is_same(self, new: New, slug: str) -> bool:
        """Whether a model of a full list of models is this variant, and not another mode of it."""
        return slug == new.slug or read(new.name) == read(self._names[slug])

    def _add(self, new: New) -> str:
        creator = self._creators.setdefault(self._matcher.creator_key(new.creator), new.creator)
        slug = self._free_slug(new)
        untold = [name for name in ("reasoning", "open_weights") if getattr(new, name) is None]
        self.new[slug] = NewVariant(
            slug,
            new.name,
            family_of(new.name),
            creator,
            new.release_date,
            # A class of models that do not reason is only for those of which that is known.
            new.reasoning if new.reasoning is not None else True,
            bool(new.open_weights),
            tuple(untold),
            self._key,
        )
        return slug

    def _free_slug(self, new: New) -> str:
        wanted = [new.slug, re.sub(r"[^a-z0-9]+", "-", new.name.lower()).strip("-")[:80] or "model"]
        numbered = (f"{wanted[1]}-{n}" for n in count(2))
        slug = next(one for one in chain(filter(None, wanted), numbered) if one not in self._slugs)
        self._slugs.add(slug)
        return slug

    def _put(self, slug: str, figure: Figure) -> None:
        day = figure.as_of or self._key.as_of
        if day > self._key.as_of:
            self.skipped["a figure of the future"] += 1
            return
        key = SourceKey(
            figure.source_name or self._key.name,
            figure.source_url or self._key.url,
            day,
            self._key.index_version,
            self._key.is_restricted,
        )
        self.figures[slug, figure.metric] = SyncFigure(slug, figure.metric, figure.value, figure.unit, key)

    def _put_offer(self, slug: str, told: Told) -> None:
        offer = told.offer
        if offer is None:
            return
        there = self.offers.get((slug, offer.provider))
        if there is not None:
            self.skipped["another offer of the same provider"] += 1
            if there[0] <= offer.rank:
                return
        one = SyncOffer(
            slug,
            offer.provider,
            offer.price_in_usd_per_m,
            offer.price_out_usd_per_m,
            offer.context_tokens,
            self._key,
        )
        self.offers[slug, offer.provider] = (offer.rank, one)

    def _note_unmatched(self, told: Told, result: Result) -> None:
        if isinstance(result, Match):
            return
        candidates = result.slugs if isinstance(result, Ambiguous) else ()
        outside: Outside = told.outside
        provider = told.offer.provider if told.offer is not None else ""
        self.unmatched.append(Unmatched(outside.id, outside.name, provider, result.reason, candidates))


def family_of(name: str) -> str:
    """The weights' name: what is left without the mode and effort in brackets at its end."""
    parts = read(name)
    if parts is None or not parts.is_offered:
        return name
    return re.sub(r"\s*\([^()]*\)\s*$", "", name) or name
