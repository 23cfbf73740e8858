"""Whose an outside name is: the variant of the catalog that it certainly means, or none.

Nothing is guessed. A name matches where its parts (`naming.read`) are a known variant's, or where `aliases.csv` says
so. What is left open, such as the mode of a model that has several, is told as ambiguous.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

from aa_tui.sources.naming import NO_DATE, NO_NAME, Date, Name, read

ALIASES_FILE = Path(__file__).with_name("aliases.csv")
"""Outside ids, and the name by which the catalog knows the model."""

CREATORS_FILE = Path(__file__).with_name("creators.csv")
"""Who stands before the slash of an id, and the creator's name in the catalog."""

_HUB = "huggingface.co/"


class Known(NamedTuple):
    """A variant of the catalog. `release_date` is ISO 8601 or None, `weights_url` empty where there is none."""

    slug: str
    name: str
    creator: str
    reasoning: bool
    release_date: str | None = None
    weights_url: str = ""


class Outside(NamedTuple):
    """What others call a model: an id such as "qwen/qwen3-4b:free", a name, or both; who made it, where they say so.

    `provider` is who offers it, whose own name may be in the id. `is_served` is whether it is an offer to run it, for
    which a name without a mode means the model that follows instructions.
    """

    id: str = ""
    name: str = ""
    creator: str = ""
    provider: str = ""
    is_served: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """It is this variant."""

    slug: str
    how: Literal["name", "alias", "weights"]


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """It may be each of these variants. `is_one_model` is whether they are modes of the same weights."""

    slugs: tuple[str, ...]
    reason: str
    is_one_model: bool = False


@dataclass(frozen=True, slots=True)
class NoMatch:
    """It is none that the catalog knows, and why, as a sentence."""

    reason: str


Result = Match | Ambiguous | NoMatch


def offered(result: Result) -> tuple[str, ...]:
    """The variants that an offer of such a name is for: all modes of the weights, where it names none."""
    if isinstance(result, Match):
        return (result.slug,)
    if isinstance(result, Ambiguous) and result.is_one_model:
        return result.slugs
    return ()


class _Variant(NamedTuple):
    known: Known
    name: Name
    creator: str


class Matcher:
    """Looks outside names up among the variants that a catalog knows."""

    def __init__(self, known: Iterable[Known]) -> None:
        self._aliases = _table(ALIASES_FILE)
        self._creators = _table(CREATORS_FILE)
        self._families: dict[tuple[object, ...], list[_Variant]] = {}
        self._weights: dict[str, list[_Variant]] = {}
        self._names: dict[str, list[_Variant]] = {}
        for one in known:
            name = read(one.name)
            if name is None:
                continue
            variant = _Variant(one, name, self.creator_key(one.creator))
            self._names.setdefault(_key(one.name), []).append(variant)
            self._families.setdefault(name.family, []).append(variant)
            if repository := hub_repository(one.weights_url):
                self._weights.setdefault(repository.lower(), []).append(variant)

    def match(self, outside: Outside) -> Result:
        """The variant that is certainly meant."""
        id_tail, creators = self._split(outside)
        if not outside.is_served and not outside.id:
            same = [one for one in self._names.get(_key(outside.name), []) if not creators or one.creator in creators]
            if len(same) == 1:
                return Match(same[0].known.slug, "name")
        by_id, by_name = read(id_tail), read(outside.name)
        if by_id is None and by_name is None:
            return NoMatch("It has no name.")
        if (by_id or by_name or NO_NAME).is_floating:
            return NoMatch("It names whichever version is the newest.")
        by_id, by_name = _completed(by_id, by_name)
        results: list[Result] = []
        if (alias := self._alias(id_tail, outside.name)) is not None:
            named = read(alias)
            told = by_id or by_name
            if named is not None and told is not None and not named.mode:
                named = replace(named, mode=told.mode if told.mode == "reasoning" else "")
            return self._found(named, creators, is_served=True, how="alias") if named else NoMatch("It has no name.")
        for name, other in ((by_name, by_id), (by_id, by_name)):
            if name is None:
                continue
            result = self._found(name, creators, is_served=outside.is_served)
            if not isinstance(result, NoMatch) and other is not None:
                result = _unless_contradicted(result, name, other, outside)
            results.append(result)
        return _together(results)

    def match_weights(self, repository: str, *, reasoning: bool | None = None) -> Result:
        """The variant whose weights lie in this repository of the Hub, in this mode where it has several."""
        found = self._weights.get(repository.lower(), [])
        chosen = [one for one in found if reasoning is None or one.known.reasoning == reasoning]
        if not chosen:
            return NoMatch("No model of the catalog has its weights there.")
        if len(chosen) == 1:
            return Match(chosen[0].known.slug, "weights")
        return Ambiguous(_slugs(chosen), "The model has several modes, and none is named.", True)

    def _found(
        self,
        name: Name,
        creators: frozenset[str],
        *,
        is_served: bool,
        how: Literal["name", "alias"] = "name",
    ) -> Result:
        family = self._families.get(name.family, [])
        if not family:
            return NoMatch("The catalog knows no model of this name.")
        if creators:
            family = [one for one in family if one.creator in creators]
            if not family:
                return NoMatch("A model of this name is known of another creator.")
        dated = [one for one in family if one.name.date == name.date]
        if not dated and name.date != NO_DATE:
            dated = [one for one in family if _same_day(name.date, one)]
        if not dated:
            if name.date != NO_DATE:
                return NoMatch("The catalog knows the model of another date.")
            return Ambiguous(_slugs(family), "The catalog tells versions by their date, and it names none.")
        return _of_mode(dated, name, is_served=is_served, how=how)

    def _alias(self, id_tail: str, name: str) -> str | None:
        key = re.sub(r":(free|thinking|nitro|floor|exacto|extended)$", "", (id_tail or name).strip().lower())
        return self._aliases.get(re.sub(r"[\s_]+", "-", key))

    def _split(self, outside: Outside) -> tuple[str, frozenset[str]]:
        """The id without who stands before it, and the creators that are named."""
        parts = outside.id.strip().strip("/").removeprefix("hf:").removeprefix("~").split("/")
        told = [outside.creator, *parts[:-1]]
        lead, colon, _ = outside.name.partition(": ")
        if colon:
            told.append(lead)
        tail = parts[-1]
        head, dash, rest = tail.partition("--")  # "anthropic--claude-3-sonnet"
        if dash and rest:
            told.append(head)
            tail = rest
        pieces = re.match(r"(?:(?:us|eu|global|apac|au|jp)\.)?([a-z0-9-]+)\.([a-z].*)", tail)  # "us.anthropic.claude-…"
        if pieces is not None and _key(pieces[1]) in self._creators:
            told.append(pieces[1])
            tail = re.sub(r"-v\d+(:\d+)?$|-\d+:\d+$", "", pieces[2])
        named = [self._creators[_key(one)] for one in told if _key(one) in self._creators]
        if outside.creator and not named:
            named = [outside.creator]
        return tail, frozenset(_key(one) for one in named)

    def creator_key(self, name: str) -> str:
        """What all spellings of a creator have in common."""
        return _key(self._creators.get(_key(name), name))


def hub_repository(weights_url: str) -> str:
    """ "owner/name" of an address on the Hub; empty where it is none."""
    path = weights_url.rpartition(_HUB)[2].strip("/").split("/") if _HUB in weights_url else []
    return "/".join(path[:2]) if len(path) >= 2 else ""


def _of_mode(found: Sequence[_Variant], name: Name, *, is_served: bool, how: Literal["name", "alias"]) -> Result:
    """The one variant among those of a family and date that is in the mode of this name."""
    if name.mode == "instruct" and all(one.name.is_offered for one in found):
        name = replace(name, mode="")  # weights that follow instructions, in any mode they have
    same = [one for one in found if (one.name.mode, one.name.effort) == (name.mode, name.effort)]
    if len(same) == 1 and (name.mode or name.effort or len(found) == 1):
        return Match(same[0].known.slug, how)
    if name.effort:
        return NoMatch("The catalog knows the model with other efforts alone.")
    if name.mode:
        reasoning = name.mode == "reasoning"
        chosen = [one for one in found if one.known.reasoning == reasoning]
        if name.mode == "instruct":  # a model that is never offered otherwise follows instructions as well
            chosen = [one for one in chosen if one.name.mode in ("", "instruct", "non-reasoning")]
        if not chosen:
            return NoMatch("The catalog knows the model in another mode alone.")
    elif len(unnamed := [one for one in found if not one.name.mode and not one.name.effort]) == 1 and not any(
        one.name.is_offered for one in found
    ):
        chosen = unnamed  # the others are other weights, which say so: "Kimi K2" beside "Kimi K2 Thinking"
    else:
        chosen = list(found)
    if len(chosen) == 1 and (name.mode or _is_meant(chosen[0], is_served)):
        return Match(chosen[0].known.slug, how)
    is_one = _is_one_model(chosen) and (bool(name.mode) or all(_may_be_unnamed(one, is_served) for one in chosen))
    return Ambiguous(_slugs(chosen), "It does not say which mode of the model it means.", is_one)


def _is_meant(variant: _Variant, is_served: bool) -> bool:
    """Whether a name without a mode is this variant, the only one."""
    if variant.name.mode == "instruct":
        return is_served
    return not variant.name.mode and not variant.name.effort


def _may_be_unnamed(variant: _Variant, is_served: bool) -> bool:
    """Whether a name without a mode may mean this variant's weights."""
    return variant.name.is_offered or not variant.name.mode or (is_served and variant.name.mode == "instruct")


def _is_one_model(found: Sequence[_Variant]) -> bool:
    """Whether variants are modes of the same weights, as far as is known."""
    named = [
        read(repository.partition("/")[2]) for one in found if (repository := hub_repository(one.known.weights_url))
    ]
    weights = {(one.family, one.date, one.mode.replace("instruct", "")) for one in named if one is not None}
    other = [one for one in found if one.name.mode and not one.name.is_offered]
    return len(weights) <= 1 and (not other or len(found) == 1)


def _same_day(date: Date, variant: _Variant) -> bool:
    """Whether a date is that of a variant's name or, where that has none, the day it was released."""
    if variant.name.date != NO_DATE:
        return date.fits(variant.name.date)
    released = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", variant.known.release_date or "")
    return released is not None and date.day is not None and date.fits(Date(*map(int, released.groups())))


def _completed(by_id: Name | None, by_name: Name | None) -> tuple[Name | None, Name | None]:
    """Both readings with the mode and date that only the other tells."""
    if by_id is None or by_name is None:
        return by_id, by_name
    date = by_id.date if by_id.date != NO_DATE else by_name.date
    if NO_DATE not in (by_id.date, by_name.date) and not by_id.date.fits(by_name.date):
        return by_id, by_name
    mode = by_id.mode if by_id.mode in ("reasoning", "non-reasoning") else by_name.mode or by_id.mode
    return (
        replace(by_id, mode=mode, date=date, effort=by_id.effort or by_name.effort),
        replace(by_name, mode=mode, date=date, effort=by_name.effort or by_id.effort),
    )


def _unless_contradicted(result: Result, name: Name, other: Name, outside: Outside) -> Result:
    """The result, unless the other of an id and a name says something else or more."""
    own = set(re.findall(r"[a-z]+", f"{outside.provider} {outside.id.rpartition('/')[0]}".lower()))
    more = set(other.words) - set(name.words) - own - {"v", "hf"}
    if more:
        return NoMatch("Its id and its name say different things.")
    sizes, version = dict(name.sizes), other.version
    for kind, value in other.sizes:
        own_size = sizes.get(kind, value)
        if own_size != value and version and f"{own_size / 1000:g}" == f"{version[-1]}.{value / 1000:g}":
            version = version[:-1]  # "1-5b" where an id may hold no point
        elif own_size != value:
            return NoMatch("Its id and its name tell different sizes.")
    if version and _digits(version) != _digits(name.version):  # "27" is 2.7
        return NoMatch("Its id and its name tell different versions.")
    if other.date not in (NO_DATE, name.date):
        return NoMatch("Its id and its name tell different dates.")
    return result


def _digits(version: Sequence[int]) -> str:
    return "".join(map(str, version))


def _together(results: Sequence[Result]) -> Result:
    """What an id and a name say together: where both find something, it must be the same."""
    found = [one for one in results if not isinstance(one, NoMatch)]
    matches = {one.slug: one for one in found if isinstance(one, Match)}
    if len(matches) > 1:
        return Ambiguous(tuple(sorted(matches)), "Its id and its name mean different models.")
    if matches:
        (match,) = matches.values()
        if all(match.slug in one.slugs for one in found if isinstance(one, Ambiguous)):
            return match
        return Ambiguous(tuple(sorted(matches)), "Its id and its name mean different models.")
    if found:
        return found[0]
    return results[0]


def _slugs(found: Sequence[_Variant]) -> tuple[str, ...]:
    return tuple(sorted(one.known.slug for one in found))


def _key(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _table(file: Path) -> Mapping[str, str]:
    rows = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8")))
    return {row["outside"]: row["inside"] for row in rows}
